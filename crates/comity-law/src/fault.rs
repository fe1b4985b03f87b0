//! What is wrong with a text of the register or with a change set, and where.

use comity_record::{BadDate, Date};
use std::{collections::BTreeSet, fmt};

/// One fault with its place. Shown as `file:line:column: text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file's name, or `change set <id>`.
    pub file: String,
    /// The line, counted from 1; in a change set the number of the change.
    pub line: u64,
    /// The column in characters, counted from 1; in a change set 0.
    pub column: u64,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// A file of the register is missing.
    #[error("this file of the register is missing")]
    MissingFile,
    /// A file that is no part of the register.
    #[error("no file of the register has this name")]
    UnknownFile,
    /// Not UTF-8.
    #[error("the text is not UTF-8 from here")]
    NotUtf8,
    /// More than is read.
    #[error("{what} is longer than the {limit} bytes that are read")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// A column is missing from the first line.
    #[error("the column `{0}` is missing")]
    MissingColumn(&'static str),
    /// A column that the file does not have.
    #[error("`{0}` is not a column of this file")]
    UnknownColumn(String),
    /// A column that occurs twice.
    #[error("the column `{0}` occurs twice")]
    TwiceColumn(String),
    /// A row with too few or too many cells.
    #[error("the row has {found} columns, the first line has {expected}")]
    ColumnCount {
        /// Columns of the first line.
        expected: usize,
        /// Columns of the row.
        found: usize,
    },
    /// A cell that may not be empty.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// A party that the register does not know.
    #[error("no party has the code `{text}`{}", or_near(.near))]
    UnknownParty {
        /// The code as given.
        text: String,
        /// Codes like it.
        near: Vec<String>,
    },
    /// An instrument that the register does not know.
    #[error("no instrument has the code `{text}`{}", or_near(.near))]
    UnknownInstrument {
        /// The code as given.
        text: String,
        /// Codes like it.
        near: Vec<String>,
    },
    /// A measure that the register does not know.
    #[error("no measure has the code `{text}`{}", or_near(.near))]
    UnknownMeasure {
        /// The code as given.
        text: String,
        /// Codes like it.
        near: Vec<String>,
    },
    /// An offence that the register does not know.
    #[error("no offence has the code `{text}`{}", or_near(.near))]
    UnknownOffence {
        /// The code as given.
        text: String,
        /// Codes like it.
        near: Vec<String>,
    },
    /// A word outside its vocabulary, or a code against its grammar.
    #[error("{0}")]
    UnknownValue(String),
    /// Not a date, or a day that does not exist.
    #[error("{0}")]
    BadDate(BadDate),
    /// Two rows where one may be.
    #[error("{what} has a row already")]
    Duplicate {
        /// Whose row it is.
        what: String,
    },
    /// Graded as verified without a source.
    #[error("graded `{grade}`, but no source is named")]
    VerifiedWithoutSource {
        /// The grade.
        grade: &'static str,
    },
    /// SOURCES.md does not say when the set was prepared.
    #[error("no line says `Prepared` with a day such as 2026-11-22")]
    NoSetDate,
    /// More faults than are listed.
    #[error("more faults follow; the first {0} are listed")]
    TooMany(usize),
    /// A change to a row that is not there.
    #[error("the register has no row of {0} to change")]
    NoSuchRow(String),
    /// An end that is dated before the row's beginning, or a row that has ended already.
    #[error("{what} cannot end on {on}")]
    CannotEnd {
        /// Whose row it is.
        what: String,
        /// The end asked for.
        on: Date,
    },
    /// A statement that only the State itself can make.
    #[error("only `{party}` itself can state or confirm this, and the author is `{author}`")]
    NotTheirs {
        /// Whose statement it is.
        party: String,
        /// Who made the change set.
        author: String,
    },
    /// A change set that was applied already.
    #[error("this change set has been applied already")]
    AppliedAlready,
    /// A change set that says nothing.
    #[error("the change set has no changes, or no statement of its source")]
    SaysNothing,
}

/// `, near it are ...` for a list of near matches, nothing for an empty one.
pub(crate) fn or_near(near: &[String]) -> String {
    match near {
        [] => String::new(),
        near => format!("; near it: {}", near.join(", ")),
    }
}

impl Fault {
    /// The stable code of what is wrong.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl FaultKind {
    /// The code that the register does not know, where that is the fault.
    fn unknown_code(&self) -> Option<&str> {
        match self {
            FaultKind::UnknownParty { text, .. }
            | FaultKind::UnknownInstrument { text, .. }
            | FaultKind::UnknownMeasure { text, .. }
            | FaultKind::UnknownOffence { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            FaultKind::MissingFile => "law/missing-file",
            FaultKind::UnknownFile => "law/unknown-file",
            FaultKind::NotUtf8 => "law/not-utf8",
            FaultKind::TooLong { .. } => "law/too-long",
            FaultKind::MissingColumn(_) => "law/missing-column",
            FaultKind::UnknownColumn(_) => "law/unknown-column",
            FaultKind::TwiceColumn(_) => "law/twice-column",
            FaultKind::ColumnCount { .. } => "law/column-count",
            FaultKind::Empty(_) => "law/empty",
            FaultKind::UnknownParty { .. } => "law/unknown-party",
            FaultKind::UnknownInstrument { .. } => "law/unknown-instrument",
            FaultKind::UnknownMeasure { .. } => "law/unknown-measure",
            FaultKind::UnknownOffence { .. } => "law/unknown-offence",
            FaultKind::UnknownValue(_) => "law/unknown-value",
            FaultKind::BadDate(_) => "law/bad-date",
            FaultKind::Duplicate { .. } => "law/duplicate",
            FaultKind::VerifiedWithoutSource { .. } => "law/verified-without-source",
            FaultKind::NoSetDate => "law/no-set-date",
            FaultKind::TooMany(_) => "law/too-many-faults",
            FaultKind::NoSuchRow(_) => "law/no-such-row",
            FaultKind::CannotEnd { .. } => "law/cannot-end",
            FaultKind::NotTheirs { .. } => "law/not-theirs",
            FaultKind::AppliedAlready => "law/applied-already",
            FaultKind::SaysNothing => "law/says-nothing",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.kind)
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.kind)
    }
}

/// A list of faults with a bound, so that a hostile file cannot fill memory with them.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    excused: BTreeSet<String>,
}

impl Faults {
    const LIMIT: usize = 1_000;

    pub(crate) fn push(&mut self, fault: Fault) {
        if fault.kind.unknown_code().is_some_and(|code| self.excused.contains(code)) {
            return;
        }
        match self.list.len() {
            0..Self::LIMIT => self.list.push(fault),
            Self::LIMIT => self.list.push(Fault { kind: FaultKind::TooMany(Self::LIMIT), ..fault }),
            _ => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// A code whose own row is faulty: that other rows refer to it is no further fault.
    pub(crate) fn excuse(&mut self, code: String) {
        self.excused.insert(code);
    }

    /// The value where there is no fault, else the faults.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.list.is_empty() { Ok(value) } else { Err(self.list()) }
    }

    /// The faults, in order of place within each file.
    pub(crate) fn list(mut self) -> Vec<Fault> {
        self.list.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        self.list
    }
}
