//! What a node holds, as verbs name it: all of it, or what a saved search finds.

use std::str::FromStr;

/// `held`, or `saved:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// All that is held.
    All,
    /// What the collection of this alias holds.
    Saved(String),
}

impl Held {
    /// The alias of the collection.
    pub fn saved(&self) -> Option<&str> {
        match self {
            Held::All => None,
            Held::Saved(name) => Some(name),
        }
    }
}

impl FromStr for Held {
    type Err = String;
    fn from_str(text: &str) -> Result<Held, String> {
        match text.split_once(':') {
            None if text == "held" => Ok(Held::All),
            Some(("saved", name)) if !name.is_empty() => Ok(Held::Saved(name.to_owned())),
            _ => Err("write `held`, or `saved:` and the name of a saved search".to_owned()),
        }
    }
}
