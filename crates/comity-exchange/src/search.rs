//! Saved searches: a question that stays, answered by a read-only collection over TAXII and by exports at a stable address.
//!
//! A search is begun and ended by an act of the house, so that what a collection held on a day can be shown. Whether an
//! object is found follows from the object and the record that carries it, and from nothing else.

use comity_record::{Canonical, Labels, PartyCode, label::Tlp};
use comity_threat::{Object, index::speaks_of, reader::Value, value};
use minicbor::{Decode, Encode};
use std::{collections::BTreeSet, fmt};

/// A search under a name.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SavedSearch {
    /// Its name: small letters, digits and hyphens, at most 40; not that of another collection.
    #[n(0)]
    pub name: String,
    /// Its title, for people.
    #[n(1)]
    pub title: String,
    /// What it finds.
    #[n(2)]
    pub query: Query,
}

impl Canonical for SavedSearch {
    const NAME: &'static str = "a saved search";
    const LIMIT: usize = 1 << 20;
}

/// What is searched for. Several values of one property are joined by "or", properties by "and"; an empty one asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Query {
    /// STIX types.
    #[n(0)]
    pub types: BTreeSet<String>,
    /// The TLP of the record.
    #[n(1)]
    pub tlp: BTreeSet<Tlp>,
    /// Values of the object's own `labels`.
    #[n(2)]
    pub labels: BTreeSet<String>,
    /// Ids in `created_by_ref`.
    #[n(3)]
    pub authors: BTreeSet<String>,
    /// The party where the record originated.
    #[n(4)]
    pub origins: BTreeSet<PartyCode>,
    /// Texts that stand in any string of the object, without regard to case.
    #[n(5)]
    pub texts: BTreeSet<String>,
    /// Names, addresses, URLs, hashes and mail addresses that it speaks of, as a search by value finds them, in canonical form;
    /// absent for none, so that searches saved before there were values keep their form.
    #[n(6)]
    pub values: Option<BTreeSet<String>>,
}

/// Why a search cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchFault {
    /// The name has other characters, or is too long.
    #[error(
        "`{name}` is no name for a collection: small letters, digits and hyphens, at most 40, a letter first"
    )]
    Name {
        /// The name, shortened.
        name: String,
    },
    /// The name is that of an audience class.
    #[error("`{name}` is the collection of an audience class")]
    Class {
        /// The name.
        name: String,
    },
    /// A value that is none.
    #[error("`{text}` is no name, address, URL, hash or mail address")]
    Value {
        /// The text, shortened.
        text: String,
    },
    /// It asks nothing, or too much.
    #[error("a search has between 1 and {limit} conditions, and each has 1 to 500 characters")]
    Size {
        /// The most conditions.
        limit: usize,
    },
}

impl SearchFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            SearchFault::Name { .. } => "search/name",
            SearchFault::Class { .. } => "search/class",
            SearchFault::Value { .. } => "search/value",
            SearchFault::Size { .. } => "search/size",
        }
    }
}

/// The most conditions of a query.
const MAX_CONDITIONS: usize = 1000;

impl SavedSearch {
    /// Whether it can be saved.
    pub fn check(&self) -> Result<(), SearchFault> {
        let name = self.name.chars().take(60).collect::<String>();
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let first = self.name.starts_with(|c: char| c.is_ascii_lowercase());
        if !first || self.name.len() > 40 || !self.name.chars().all(letters) {
            return Err(SearchFault::Name { name });
        }
        if self.name.starts_with("tlp-") {
            return Err(SearchFault::Class { name });
        }
        if let Some(text) =
            self.query.values().find(|text| value::recognise(text).is_none_or(|value| value.text() != *text))
        {
            return Err(SearchFault::Value { text: text.chars().take(60).collect() });
        }
        let texts = self.query.conditions();
        let sound = texts.iter().all(|text| (1..=500).contains(&text.chars().count()));
        if !sound || texts.is_empty() || texts.len() > MAX_CONDITIONS {
            return Err(SearchFault::Size { limit: MAX_CONDITIONS });
        }
        Ok(())
    }
}

impl Query {
    /// Whether an object is found in a record of this origin and with these labels.
    pub fn finds(&self, object: &Object<'_>, origin: &PartyCode, labels: &Labels) -> bool {
        let any = |set: &BTreeSet<String>, value: Option<&str>| {
            set.is_empty() || value.is_some_and(|value| set.contains(value))
        };
        any(&self.types, Some(object.type_name()))
            && (self.tlp.is_empty() || self.tlp.contains(&labels.tlp))
            && (self.origins.is_empty() || self.origins.contains(origin))
            && any(&self.authors, object.common().created_by_ref())
            && (self.labels.is_empty() || self.has_label(object))
            && (self.texts.is_empty() || self.has_text(object))
            && self.has_value(object)
    }

    /// The values, as they were given.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().flatten().map(String::as_str)
    }

    fn has_value(&self, object: &Object<'_>) -> bool {
        self.values.as_ref().is_none_or(|wanted| speaks_of(object, wanted))
    }

    fn has_label(&self, object: &Object<'_>) -> bool {
        let known = |label: Value<'_>| label.as_str().is_some_and(|text| self.labels.contains(text.as_ref()));
        object.get("labels").is_some_and(|labels| labels.children().any(known))
    }

    fn has_text(&self, object: &Object<'_>) -> bool {
        let wanted: Vec<String> = self.texts.iter().map(|text| text.to_lowercase()).collect();
        let mut waiting = vec![object.root()];
        while let Some(value) = waiting.pop() {
            if let Some(text) = value.as_str().map(|text| text.to_lowercase())
                && wanted.iter().any(|wanted| text.contains(wanted.as_str()))
            {
                return true;
            }
            waiting.extend(value.children());
        }
        false
    }

    fn conditions(&self) -> Vec<String> {
        let texts = [&self.types, &self.labels, &self.authors, &self.texts].into_iter().flatten().cloned();
        let texts = texts.chain(self.values().map(str::to_owned));
        let tlp = self.tlp.iter().map(ToString::to_string);
        texts.chain(tlp).chain(self.origins.iter().map(ToString::to_string)).collect()
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" or ");
        let tlp = self.tlp.iter().map(ToString::to_string).collect();
        let origins = self.origins.iter().map(ToString::to_string).collect();
        let values = self.values.clone().unwrap_or_default();
        let parts = [
            ("value", &values),
            ("type", &self.types),
            ("tlp", &tlp),
            ("label", &self.labels),
            ("author", &self.authors),
            ("origin", &origins),
            ("text", &self.texts),
        ];
        let named = parts.iter().filter(|(_, set)| !set.is_empty());
        let shown: Vec<String> = named.map(|(name, set)| format!("{name} {}", words(set))).collect();
        f.write_str(&shown.join(", and "))
    }
}
