//! The texts that a register is loaded from, by name. Reading them from a disk is the caller's business.

use std::{borrow::Cow, collections::BTreeMap};

/// The texts of a register by name, such as `states.csv`; the invented States' are named `exercise/states.csv` and so on.
#[derive(Clone, Debug, Default)]
pub struct Files<'a>(BTreeMap<Cow<'a, str>, Cow<'a, [u8]>>);

macro_rules! shipped {
    ($($name:literal,)+) => {
        &[$(($name, include_bytes!(concat!("../../../data/law/", $name)))),+]
    };
}

const SHIPPED: &[(&str, &[u8])] = shipped![
    "SOURCES.md",
    "states.csv",
    "instruments.csv",
    "instrument_status.csv",
    "instrument_articles.csv",
    "instrument_reservations.csv",
    "measures.csv",
    "offences.csv",
    "purposes.csv",
    "principles.csv",
    "norms.csv",
    "positions.csv",
    "refusal_grounds.csv",
    "request_fields.csv",
];

const EXERCISE: &[(&str, &[u8])] = shipped![
    "exercise/states.csv",
    "exercise/instrument_status.csv",
    "exercise/instrument_reservations.csv",
];

impl<'a> Files<'a> {
    /// No texts.
    pub fn new() -> Files<'a> {
        Files::default()
    }

    /// The data of `data/law`, as built into this program.
    pub fn shipped() -> Files<'static> {
        SHIPPED.iter().fold(Files::new(), |files, (name, text)| files.with(*name, *text))
    }

    /// The data of `data/law` with the invented States of `data/law/exercise`.
    pub fn with_exercise() -> Files<'static> {
        EXERCISE.iter().fold(Files::shipped(), |files, (name, text)| files.with(*name, *text))
    }

    /// The same with this text, in place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, [u8]>>) -> Files<'a> {
        self.0.insert(name.into(), text.into());
        self
    }

    /// The same without the text of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Files<'a> {
        self.0.remove(name);
        self
    }

    /// The text of this name, as bytes.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Cow::as_ref)
    }

    /// The names of the files of which a register consists; those under `exercise/` may be missing.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().chain(EXERCISE).map(|(name, _)| *name)
    }

    /// The names given.
    pub(crate) fn given(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(Cow::as_ref)
    }
}
