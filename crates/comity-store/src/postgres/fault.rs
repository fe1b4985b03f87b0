//! The server's errors in the words of the interface.

use comity_ledger::store::StoreFault;
use std::error::Error as _;
use tokio_postgres::{Error, error::SqlState};

/// What became of a statement. Nothing is known where the server's answer is missing.
pub(super) fn of_server(error: &Error) -> StoreFault {
    let Some(said) = error.as_db_error() else {
        return StoreFault::Unreachable { why: plain(error) };
    };
    let why = format!("{} (SQLSTATE {})", said.message(), said.code().code());
    match said.code().code() {
        "25006" => StoreFault::ReadOnly { why: format!("the server is a standby: {why}") },
        "53100" | "58030" | "42501" | "25P02" => StoreFault::ReadOnly { why },
        code if code.starts_with("XX") || code.starts_with("42") || code.starts_with("22") => {
            StoreFault::Damaged { why }
        }
        _ => StoreFault::Unreachable { why },
    }
}

/// Whether a statement failed because its table was never created.
pub(super) fn is_absent_table(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNDEFINED_TABLE)
}

/// The error and its cause, on one line.
fn plain(error: &Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}").replace('\n', " ")
}
