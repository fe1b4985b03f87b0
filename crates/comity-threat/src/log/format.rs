//! The formats of logs, and how one is told from its first lines.

use super::roles::Roles;

/// A format of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Zeek's own: columns that a header names.
    Zeek,
    /// One JSON object a line: Zeek, Suricata EVE, Windows events, and others by the names of their fields.
    Json,
    /// Web servers: the combined log format, and the common one.
    Combined,
    /// Columns with commas, semicolons or tabs between them, which the first line names.
    Csv,
    /// Any text.
    Text,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 5] = [Format::Zeek, Format::Json, Format::Combined, Format::Csv, Format::Text];

    /// Its word, in options and answers.
    pub fn word(self) -> &'static str {
        match self {
            Format::Zeek => "zeek",
            Format::Json => "json",
            Format::Combined => "combined",
            Format::Csv => "csv",
            Format::Text => "text",
        }
    }

    /// The format with this word.
    pub fn of_word(word: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.word() == word)
    }

    /// The format that the first line of a log has.
    pub fn of_first_line(line: &str, roles: &Roles) -> Format {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.starts_with("#separator") || line.starts_with("#fields") {
            return Format::Zeek;
        }
        if line.starts_with('{') {
            return Format::Json;
        }
        if super::combined::is_combined(line) {
            return Format::Combined;
        }
        let named = |name: &str| roles.generic(name.trim().trim_matches('"')).is_some();
        let columns: Vec<&str> = line.split(super::csv::separator(line)).collect();
        if columns.len() > 1 && columns.into_iter().any(named) { Format::Csv } else { Format::Text }
    }
}
