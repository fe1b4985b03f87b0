//! What the register knew, and when: nothing is overwritten, so that an old question keeps its old answer.

use comity_record::Date;
use minicbor::Encode;

/// A row and when the register knew it.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Version<T> {
    /// The row.
    #[n(0)]
    pub row: T,
    /// From this day on the register knew the row so.
    #[n(1)]
    pub known_from: Date,
    /// From this day on it knows it otherwise; `None`: it still knows it so.
    #[n(2)]
    pub known_until: Option<Date>,
}

/// Every version of one row, oldest first; the last is what the register knows now.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
#[cbor(transparent)]
pub struct Versions<T>(#[n(0)] Vec<Version<T>>);

impl<T> Versions<T> {
    /// A row known from a day on.
    pub(crate) fn new(row: T, known_from: Date) -> Versions<T> {
        Versions(vec![Version { row, known_from, known_until: None }])
    }

    /// Ends the knowledge of the current row on a day and adds another known from that day.
    pub(crate) fn correct(&mut self, row: T, on: Date) {
        if let Some(last) = self.0.last_mut() {
            last.known_until = Some(on);
        }
        self.0.push(Version { row, known_from: on, known_until: None });
    }

    /// The row as the register knows it now, or as it knew it on a day.
    pub fn known(&self, on: Option<Date>) -> Option<&T> {
        let Some(on) = on else { return self.current() };
        let knew = |version: &&Version<T>| {
            version.known_from <= on && version.known_until.is_none_or(|until| on < until)
        };
        self.0.iter().rev().find(knew).map(|version| &version.row)
    }

    /// The row as the register knows it now.
    pub fn current(&self) -> Option<&T> {
        self.0.last().map(|version| &version.row)
    }

    /// Every version, oldest first.
    pub fn all(&self) -> &[Version<T>] {
        &self.0
    }
}
