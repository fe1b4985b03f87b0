//! What a crossing of a case rests on, where an officer names it: an article, an assurance, another basis, a confirmed
//! condition. Whether it holds is for both borders to say.

use crate::app::Fault;
use comity_border::{Basis, Confirmation};
use comity_exchange::NewBasis;
use comity_record::OfficerId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A basis named for a step, in place of that on which the case rested so far; nothing where it rests on the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RestsOn {
    /// The article relied on, as `budapest 29`.
    pub basis: Option<String>,
    /// An assurance of reciprocity, in place of an article.
    pub assurance: Option<String>,
    /// Another basis that the authority names, in place of an article.
    pub other_basis: Option<String>,
    /// Conditions confirmed, each as `instrument article condition`.
    pub confirmed: Vec<String>,
}

impl RestsOn {
    /// Whether anything is named.
    pub fn is_named(&self) -> bool {
        *self != RestsOn::default()
    }

    /// What an officer names.
    pub fn read(&self, by: &OfficerId) -> Result<NewBasis, Fault> {
        let basis = match (&self.basis, &self.assurance, &self.other_basis) {
            (None, None, None) => None,
            (Some(text), None, None) => Some(article(text)?),
            (None, Some(text), None) => Some(Basis::Assurance { text: text.clone(), by: by.clone() }),
            (None, None, Some(name)) => Some(Basis::Other { name: name.clone(), by: by.clone() }),
            _ => return Err(Fault::input("a step rests on one basis: an article, an assurance or another")),
        };
        let confirmed: Result<Vec<Confirmation>, Fault> =
            self.confirmed.iter().map(|text| confirmation(text, by)).collect();
        Ok(NewBasis { basis, confirmed: confirmed? })
    }
}

/// The article that a text names.
pub fn article(text: &str) -> Result<Basis, Fault> {
    let (instrument, article) = text.split_once(' ').ok_or_else(|| {
        Fault::new("input/bad-value", format!("`{text}` is not a basis")).help("write it as `budapest 29`")
    })?;
    Ok(Basis::Instrument { instrument: instrument.to_owned(), article: article.to_owned() })
}

/// The condition that an officer confirms.
pub fn confirmation(text: &str, by: &OfficerId) -> Result<Confirmation, Fault> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [instrument, article, condition] = words.as_slice() else {
        return Err(Fault::new("input/bad-value", format!("`{text}` is not a confirmation"))
            .help("write it as `untoc 18 organised_transnational`"));
    };
    Ok(Confirmation {
        instrument: (*instrument).to_owned(),
        article: (*article).to_owned(),
        condition: (*condition).to_owned(),
        by: by.clone(),
    })
}
