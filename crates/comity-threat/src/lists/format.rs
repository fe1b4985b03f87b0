//! What an input is, by its name and beginning.

use super::{plain, table};
use std::{fmt, str::FromStr};

/// A form of list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// One value a line, with comments.
    Plain,
    /// Columns, named or not.
    Csv,
    /// Text for people, in which values stand.
    Prose,
    /// A CSAF 2.0 advisory.
    Csaf,
    /// The catalogue of known exploited vulnerabilities.
    Kev,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 5] = [Format::Plain, Format::Csv, Format::Prose, Format::Csaf, Format::Kev];

    /// The word for it in options.
    pub fn word(self) -> &'static str {
        match self {
            Format::Plain => "plain",
            Format::Csv => "csv",
            Format::Prose => "prose",
            Format::Csaf => "csaf",
            Format::Kev => "kev",
        }
    }

    /// What an input is; `None` where it is STIX or nothing that is known here.
    pub fn of(name: &str, bytes: &[u8]) -> Option<Format> {
        let head = bytes.get(..bytes.len().min(1 << 16)).unwrap_or_default();
        let head = String::from_utf8_lossy(head);
        let head = head.trim_start_matches('\u{feff}').trim_start();
        if head.starts_with(['{', '[']) {
            return Format::of_json(head);
        }
        if head.is_empty() {
            return None;
        }
        let lower = name.to_ascii_lowercase();
        let named = |ending: &str| lower.trim_end_matches(".zst").ends_with(ending);
        if named(".csv") || named(".tsv") || table::has_header(head) {
            return Some(Format::Csv);
        }
        Some(if plain::is_list(head) { Format::Plain } else { Format::Prose })
    }

    fn of_json(head: &str) -> Option<Format> {
        if head.contains("\"csaf_version\"") {
            return Some(Format::Csaf);
        }
        (head.contains("\"catalogVersion\"") && head.contains("\"cveID\"")).then_some(Format::Kev)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format; known: plain, csv, prose, csaf, kev")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(text: &str) -> Result<Format, UnknownFormat> {
        let known = Format::ALL.into_iter().find(|format| format.word() == text);
        known.ok_or_else(|| UnknownFormat(crate::reader::brief(text)))
    }
}
