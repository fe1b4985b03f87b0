//! What can go wrong with a file.

use comity_threat::{reader::ReadFault, warning};
use std::{io, path::Path};

/// Why a matching came to an end.
#[derive(Debug, thiserror::Error)]
pub enum MatchFault {
    /// A file or folder that cannot be read.
    #[error("`{name}` cannot be read: {why}")]
    Unreadable {
        /// Its name.
        name: String,
        /// What the system says.
        why: String,
    },
    /// A file of indicators or a list that unfolds to more than is read.
    #[error("`{name}` unfolds to more than {most} bytes")]
    TooLong {
        /// Its name.
        name: String,
        /// The most that is read.
        most: u64,
    },
    /// A file of indicators that is not sound.
    #[error("`{name}`: {fault}")]
    Unsound {
        /// Its name.
        name: String,
        /// What is wrong.
        fault: ReadFault,
    },
    /// A warning list that cannot be used.
    #[error("`{name}`: {fault}")]
    WarningList {
        /// Its name.
        name: String,
        /// What is wrong.
        fault: warning::Fault,
    },
    /// No indicator to match with.
    #[error("none of the files has an indicator that logs can be matched against")]
    NoIndicators,
    /// Randomness failed.
    #[error("the system's random generator failed")]
    Random,
    /// A table built into the program is faulty: a mistake of the build.
    #[error("the table of log fields is faulty: {0}")]
    Table(String),
}

impl MatchFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            MatchFault::Unreadable { .. } => "match/unreadable",
            MatchFault::TooLong { .. } => "match/file-too-long",
            MatchFault::Unsound { .. } => "match/unsound",
            MatchFault::WarningList { .. } => "match/warning-list",
            MatchFault::NoIndicators => "match/no-indicators",
            MatchFault::Random => "match/random",
            MatchFault::Table(_) => "match/table",
        }
    }

    /// What may help.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            MatchFault::Unsound { fault, .. } => return fault.help(),
            MatchFault::NoIndicators => {
                "say with --form what the file is: stix, trails, url-table, first-column or plain"
            }
            MatchFault::TooLong { .. } => "split the file",
            _ => return None,
        };
        Some(text.to_owned())
    }

    pub(super) fn unreadable(path: &Path, why: &io::Error) -> MatchFault {
        MatchFault::Unreadable { name: path.display().to_string(), why: why.to_string().to_lowercase() }
    }
}

impl From<MatchFault> for crate::app::Fault {
    fn from(fault: MatchFault) -> crate::app::Fault {
        let told = crate::app::Fault::new(fault.code(), fault.to_string());
        match fault.help() {
            Some(help) => told.help(help),
            None => told,
        }
    }
}
