//! Lists and feeds that are not STIX: plain lists, CSV, free text, CSAF 2.0 and the KEV catalogue. They become STIX
//! objects authored by us.
//!
//! - [`Format::of`] says what an input is, by its name and beginning;
//! - [`read`] takes it apart into [`Entry`]s, each with its line, and says what it refused and why;
//! - [`Author`] writes the object of an entry. Its id follows from party, source and value, so that a second import finds
//!   the objects of the first; [`Author::against`] says whether one that is held is the same.
//!
//! What stands defanged is taken back here and nowhere else (see [`crate::value`]).

mod author;
mod csaf;
mod date;
mod format;
mod kev;
mod plain;
mod prose;
mod table;

pub use author::{Author, Standing, Written};
pub use format::Format;
pub use table::{Column, Mapping};

use crate::{Moment, reader::brief, value::Value};
use comity_record::label::Tlp;
use std::collections::BTreeMap;

/// The longest list that is read, in bytes.
pub const MAX_LIST_BYTES: usize = 256 << 20;
/// Most refused lines that are described one by one.
pub const MAX_REFUSED: usize = 1000;

/// One thing that a list names.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its line, from 1; 1 in documents that are JSON.
    pub line: u64,
    /// What it is.
    pub thing: Thing,
}

/// What a list can name.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// A value that matches.
    Indicator(Indicator),
    /// A vulnerability.
    Vulnerability(Vulnerability),
    /// A document about others.
    Report(Report),
}

/// A value with what its line says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// The value.
    pub value: Value,
    /// What the list says of it.
    pub description: Option<String>,
    /// Words the list gives it.
    pub labels: Vec<String>,
    /// When the list says that it was seen or added.
    pub seen: Option<Moment>,
    /// 0 to 100.
    pub confidence: Option<u8>,
    /// Where the list says more is to be found.
    pub reference: Option<String>,
}

/// A vulnerability.
#[derive(Clone, Debug, PartialEq)]
pub struct Vulnerability {
    /// Its CVE number, or another name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Words such as `known-exploited`.
    pub labels: Vec<String>,
    /// When the source named it first.
    pub created: Option<Moment>,
    /// When the source changed it last.
    pub modified: Option<Moment>,
    /// Addresses.
    pub references: Vec<String>,
    /// The audience that the document names.
    pub tlp: Option<Tlp>,
}

/// A document, such as an advisory or a report in free text.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What tells it from others of its source.
    pub key: String,
    /// Its title.
    pub name: String,
    /// Its summary.
    pub description: Option<String>,
    /// When it was published first.
    pub published: Option<Moment>,
    /// When it was changed last.
    pub modified: Option<Moment>,
    /// Addresses.
    pub references: Vec<String>,
    /// What it is about; entries of the same reading, by their place in it.
    pub about: Vec<usize>,
    /// The audience that it names.
    pub tlp: Option<Tlp>,
}

/// A line that gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLine {
    /// Its number, from 1.
    pub line: u64,
    /// The code of the reason.
    pub code: &'static str,
    /// The reason.
    pub message: String,
}

/// What a reading gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What was found, in the order of the list.
    pub entries: Vec<Entry>,
    /// The columns that were read, where the list has columns.
    pub mapping: Option<Mapping>,
    /// Lines that held something.
    pub lines: u64,
    /// Values that came again.
    pub repeated: u64,
    /// Refused lines; the first [`MAX_REFUSED`] of them.
    pub refused: Vec<RefusedLine>,
    /// Refused lines by code.
    pub refused_by_code: BTreeMap<&'static str, u64>,
}

/// Why a list cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// Longer than is read at once.
    #[error("a list of more than {} bytes", MAX_LIST_BYTES)]
    TooLong,
    /// Not text.
    #[error("not UTF-8 at byte {at}")]
    NotText {
        /// Bytes before the place.
        at: usize,
    },
    /// No column holds values.
    #[error("no column of values was found; the columns are {columns}")]
    NoColumn {
        /// The names of the columns, or their first fields.
        columns: String,
    },
    /// A mapping that names no column.
    #[error("`{name}` is no column of this list; the columns are {columns}")]
    UnknownColumn {
        /// The name as given.
        name: String,
        /// The names of the columns.
        columns: String,
    },
    /// A document that is not what it says.
    #[error("not a document of {format}: {why}")]
    BadDocument {
        /// The format.
        format: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A word of a mapping that is no use of a column.
    #[error("`{text}` is not of the form USE=COLUMN with {known} for the use")]
    BadMapping {
        /// The text as given.
        text: String,
        /// The known uses.
        known: &'static str,
    },
}

impl ListFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ListFault::TooLong => "list/too-long",
            ListFault::NotText { .. } => "list/not-text",
            ListFault::NoColumn { .. } => "list/no-column",
            ListFault::UnknownColumn { .. } => "list/unknown-column",
            ListFault::BadDocument { .. } => "list/bad-document",
            ListFault::BadMapping { .. } => "list/bad-mapping",
        }
    }

    /// What may help.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            ListFault::TooLong => Some("split the list"),
            ListFault::NotText { .. } => Some("lists are UTF-8; convert it first"),
            ListFault::NoColumn { .. } | ListFault::UnknownColumn { .. } => {
                Some("say which column is what, as in `--columns value=URL,date=date`")
            }
            ListFault::BadDocument { .. } | ListFault::BadMapping { .. } => None,
        }
    }
}

/// Reads a list. Lines that give nothing are counted with the reason; only what makes the whole unreadable is an error.
pub fn read(bytes: &[u8], format: Format, mapping: Option<&str>) -> Result<Reading, ListFault> {
    if bytes.len() > MAX_LIST_BYTES {
        return Err(ListFault::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|bad| ListFault::NotText { at: bad.valid_up_to() })?;
    let text = text.trim_start_matches('\u{feff}');
    match format {
        Format::Plain => Ok(plain::read(text)),
        Format::Csv => table::read(text, mapping),
        Format::Prose => Ok(prose::read(text)),
        Format::Csaf => csaf::read(text),
        Format::Kev => kev::read(text),
    }
}

impl Reading {
    fn refuse(&mut self, line: u64, code: &'static str, message: impl Into<String>) {
        *self.refused_by_code.entry(code).or_default() += 1;
        if self.refused.len() < MAX_REFUSED {
            self.refused.push(RefusedLine { line, code, message: message.into() });
        }
    }

    fn refuse_value(&mut self, line: u64, text: &str) {
        self.refuse(line, "list/no-value", format!("`{}` is no value that can be matched", brief(text)));
    }
}

/// For fuzzing: reads bytes in every format. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let _guess = Format::of("list", bytes);
    for format in Format::ALL {
        let Ok(reading) = read(bytes, format, None) else { continue };
        let author = Author::exercise();
        for entry in reading.entries.iter().take(50) {
            let written = author.write(&entry.thing, &[]);
            debug_assert!(crate::Object::read(written.text.as_bytes()).is_ok());
        }
    }
}

#[cfg(test)]
mod tests;
