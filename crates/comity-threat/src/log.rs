//! Logs: what a line says about names, addresses, URLs, hashes and mail, and which indicators that hits.
//!
//! [`Reading`] goes over the text of one log. It looks at raw bytes first ([`crate::matching`]) and reads a line only where
//! that found something; then the fields of that one line decide, by the rules of `docs/reference/matching.md`. Nothing of
//! a line leaves this module but the values that hit.

mod combined;
mod csv;
mod format;
mod json;
mod judge;
mod lines;
mod reading;
mod roles;
mod tally;
mod time;
mod zeek;

pub use format::Format;
pub use judge::{Found, Rule};
pub use lines::Lines;
pub use reading::{Reading, Seen, SoFar};
pub use roles::{Role, Roles};
pub use tally::{Hits, Tally, Verdict};

use std::borrow::Cow;

/// A record of a log: one line, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record<'l> {
    /// When it happened, in milliseconds since 1970.
    pub time: Option<i64>,
    /// Its fields, in the order of the line.
    pub fields: Vec<Field<'l>>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'l> {
    /// Its name; empty where the format has none.
    pub name: Cow<'l, str>,
    /// What it says.
    pub role: Role,
    /// Its text, without quotes and escapes.
    pub text: Cow<'l, str>,
    /// Among fields of the same role, the smaller decides first.
    pub rank: u16,
}

/// For fuzzing: reads a log of every format, with indicators that hostile bytes may hit. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    use crate::{
        matching::{Matcher, Scanner},
        value::recognise,
    };
    let Ok(roles) = Roles::built_in() else { return };
    let mut matcher = Matcher::new([5; 32], 0);
    for text in
        ["example.org", "192.0.2.1", "2001:db8::/32", "http://example.org/a", "a@example.org", "192.0.2.2:80"]
    {
        if let Some(value) = recognise(text) {
            let _held = matcher.insert(&value, 0);
        }
    }
    let mut counts = Vec::new();
    for way in comity_scan::Way::ALL {
        for format in Format::ALL {
            let mut reading = Reading::new(&matcher, &roles, Scanner::new(way), Some(format));
            let mut hits = 0usize;
            reading.read(bytes, true, &mut |seen| hits += seen.found.len());
            counts.push((format, hits));
        }
    }
    let (first, rest) = counts.split_at_checked(Format::ALL.len()).unwrap_or_default();
    debug_assert!(rest.chunks(Format::ALL.len()).all(|other| other == first));
}

#[cfg(test)]
mod tests;
