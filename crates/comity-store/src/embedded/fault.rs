//! The engine's errors in the words of the interface.

use comity_ledger::store::StoreFault;
use fjall::{Error, LsmError};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// Runs `work` on the files at `place` and translates what goes wrong. The engine panics on some damaged files, so a
/// panic is damage too.
pub(super) fn guarded<T>(place: &Path, work: impl FnOnce() -> Result<T, Error>) -> Result<T, StoreFault> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| of_engine(place, error)),
        Err(_) => Err(StoreFault::Damaged {
            why: format!("the engine gave up over files in `{}`", place.display()),
        }),
    }
}

/// A fault of the operating system over `path`: damage where files are missing or short, else the store takes no more
/// writes.
pub(crate) fn of_system(path: &Path, error: &io::Error) -> StoreFault {
    let why = format!("`{}`: {error}", path.display());
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
            StoreFault::Damaged { why }
        }
        _ => StoreFault::ReadOnly { why },
    }
}

fn of_engine(place: &Path, error: Error) -> StoreFault {
    let at = place.display();
    match error {
        Error::Io(error) | Error::Storage(LsmError::Io(error)) => of_system(place, &error),
        Error::Poisoned => StoreFault::ReadOnly {
            why: format!("an earlier write to `{at}` failed; make room or repair the disk, then restart"),
        },
        Error::Locked => StoreFault::Unreachable { why: format!("`{at}` is open in another process") },
        Error::JournalRecovery(error) => damaged(at, &format!("a journal ({error:?})")),
        Error::Storage(LsmError::ChecksumMismatch { .. }) => damaged(at, "a block's checksum does not match"),
        Error::Storage(error) => damaged(at, &format!("a table file ({error:?})")),
        other => damaged(at, &format!("{other:?}")),
    }
}

fn damaged(at: std::path::Display<'_>, what: &str) -> StoreFault {
    StoreFault::Damaged { why: format!("in `{at}`: {what}") }
}
