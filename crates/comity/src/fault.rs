//! What a verb says when it cannot answer, and the exit codes.

use std::{borrow::Cow, io, path::Path};

/// How a command ended, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: it was done, or the answer is yes.
    Ok,
    /// 1: the answer is no: refused, excluded, not verified, faults found.
    No,
    /// 2: the command was not understood; nothing was done.
    Usage,
    /// 3: something failed: a file, a store, a network.
    Fault,
}

impl Exit {
    /// The number a shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::No => 1,
            Exit::Usage => 2,
            Exit::Fault => 3,
        }
    }
}

/// Why there is no answer: a stable code, a sentence, and where possible what would help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    /// How the command ends.
    pub exit: Exit,
    /// The stable code, such as `cli/file-unreadable`.
    pub code: Cow<'static, str>,
    /// What is wrong, a lower-case fragment.
    pub text: String,
    /// What would help.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without help.
    pub fn new(exit: Exit, code: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Fault {
        Fault { exit, code: code.into(), text: text.into(), help: None }
    }

    /// The same with help.
    pub fn with_help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    /// A file or folder that cannot be read or written.
    pub fn file(path: &Path, failed: &io::Error) -> Fault {
        let shown = path.display();
        let (code, why) = match failed.kind() {
            io::ErrorKind::NotFound => ("cli/file-missing", "there is no such file or folder".to_owned()),
            io::ErrorKind::PermissionDenied => {
                ("cli/file-denied", "the operating system does not permit it".to_owned())
            }
            io::ErrorKind::IsADirectory => {
                ("cli/file-is-folder", "it is a folder, a file is wanted".to_owned())
            }
            io::ErrorKind::NotADirectory => {
                ("cli/file-no-folder", "it is a file, a folder is wanted".to_owned())
            }
            io::ErrorKind::StorageFull => ("cli/disk-full", "the disk is full".to_owned()),
            io::ErrorKind::ReadOnlyFilesystem => ("cli/disk-read-only", "the disk is read-only".to_owned()),
            _ => ("cli/file-unreadable", failed.to_string().to_lowercase()),
        };
        Fault::new(Exit::Fault, code, format!("`{shown}`: {why}"))
    }
}
