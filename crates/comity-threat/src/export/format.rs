//! The forms of an export.

use std::{fmt, str::FromStr};

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A STIX bundle; the bytes of objects as they came.
    Stix,
    /// Events of MISP: those held as they are, and one made of all else.
    Misp,
    /// CSV with named columns (RFC 4180).
    Csv,
    /// One value a line.
    Plain,
    /// Suricata rules.
    Suricata,
    /// A file of Zeek's intelligence framework.
    Zeek,
    /// A response policy zone for name servers.
    Rpz,
    /// Sigma rules, where the indicator is one.
    Sigma,
    /// YARA rules, where the indicator is one.
    Yara,
}

impl Format {
    /// Every form.
    pub const ALL: [Format; 9] = [
        Format::Stix,
        Format::Misp,
        Format::Csv,
        Format::Plain,
        Format::Suricata,
        Format::Zeek,
        Format::Rpz,
        Format::Sigma,
        Format::Yara,
    ];

    /// The word for it, in options and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Format::Stix => "stix",
            Format::Misp => "misp",
            Format::Csv => "csv",
            Format::Plain => "plain",
            Format::Suricata => "suricata",
            Format::Zeek => "zeek",
            Format::Rpz => "rpz",
            Format::Sigma => "sigma",
            Format::Yara => "yara",
        }
    }

    /// The media type of the text.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Stix => "application/stix+json;version=2.1",
            Format::Misp => "application/json",
            Format::Csv => "text/csv; charset=utf-8",
            Format::Sigma => "application/yaml",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// The form that the end of a file's name tells: its word, or what such files are usually called.
    pub fn of_extension(text: &str) -> Option<Format> {
        Some(match text {
            "json" => Format::Stix,
            "txt" => Format::Plain,
            "rules" => Format::Suricata,
            "intel" => Format::Zeek,
            "zone" => Format::Rpz,
            "yml" => Format::Sigma,
            "yar" => Format::Yara,
            word => return word.parse().ok(),
        })
    }

    /// Whether only indicators that are rules of this language can be written.
    pub(super) fn takes_rules_only(self) -> bool {
        matches!(self, Format::Sigma | Format::Yara)
    }

    /// The `pattern_type` whose patterns are rules of this form.
    pub(super) fn rule_type(self) -> Option<&'static str> {
        match self {
            Format::Suricata => Some("suricata"),
            Format::Sigma => Some("sigma"),
            Format::Yara => Some("yara"),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no form of export; known: stix, misp, csv, plain, suricata, zeek, rpz, sigma, yara")]
pub struct UnknownFormat {
    text: String,
}

impl UnknownFormat {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "export/unknown-format"
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(text: &str) -> Result<Format, UnknownFormat> {
        let known = Format::ALL.into_iter().find(|format| format.word() == text);
        known.ok_or_else(|| UnknownFormat { text: crate::reader::brief(text) })
    }
}
