//! What every store promises, as checks that run against any implementation.
//!
//! A test binary gives [`run`] a way to make fresh [`Place`]s; each check gets one of its own. The checks compare with
//! [`comity_ledger::MemoryStore`] where a model helps, and return what was broken instead of panicking, so that the
//! caller's test shows the promise by name.

mod blobs;
mod commit;
mod durable;
mod erase;
mod kv;
mod model;
mod read;

use comity_ledger::store::{Blobs, Class, Follow, Kv, LogHead, Row, Store, StoreFault, Table};
use comity_record::sha256;
use std::path::PathBuf;

pub use erase::authority;

/// Somewhere a store can live: a directory, a schema.
pub trait Place: Send + Sync {
    /// The implementation under test.
    type Store: Store + Kv + Blobs + Follow + Clone + Send + Sync + 'static;

    /// Opens the store that lives here, creating it the first time.
    fn open(&self) -> impl Future<Output = Result<Self::Store, StoreFault>> + Send;

    /// Ends the use of a store as a clean stop does.
    fn close(&self, store: Self::Store) -> impl Future<Output = Result<(), StoreFault>> + Send;

    /// The folders whose files an erasure must clear, searched byte by byte.
    fn files(&self) -> Vec<PathBuf>;

    /// Whether several processes may have this place open at once.
    fn shared(&self) -> bool;
}

/// A broken promise.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A call failed that should not.
    #[error("{0}")]
    Fault(#[from] StoreFault),
    /// Something else than promised was found.
    #[error("{promise}: {found}")]
    Promise {
        /// What was promised.
        promise: &'static str,
        /// What was found.
        found: String,
    },
    /// The check itself could not work.
    #[error("the check could not run: {0}")]
    Check(String),
}

/// Runs every check, each in a place of its own.
pub async fn run<P: Place>(fresh: impl AsyncFn() -> P) -> Result<(), (&'static str, Broken)> {
    macro_rules! each {
        ($($module:ident :: $check:ident),+ $(,)?) => {
            $($module::$check(&fresh().await).await.map_err(|broken| (stringify!($check), broken))?;)+
        };
    }
    each!(
        commit::begins_empty,
        commit::writes_all_or_nothing,
        commit::one_wins_per_head,
        commit::log_rows_are_put_once,
        commit::projection_rows_are_overwritten,
        commit::projectors_step_with_their_cursor,
        commit::bounds_are_kept,
        commit::large_values,
        commit::many_rows,
        commit::an_abandoned_commit_is_whole,
        read::scans_in_order,
        read::scans_stay_in_their_partition,
        read::get_many_keeps_order,
        read::drops_projections_only,
        read::follows_growth,
        kv::compares_and_sets,
        kv::one_setter_wins,
        kv::expires,
        kv::lists_by_prefix,
        kv::puts_many,
        blobs::holds_bytes_by_hash,
        durable::everything_survives_reopening,
        durable::processes_share_or_exclude,
        erase::leaves_no_trace,
        erase::blobs_are_erased,
        model::agrees_with_the_model,
    );
    Ok(())
}

/// A log table of the suite.
pub const LOG: Table = Table { name: "contract_log", class: Class::Log };
/// A projection of the suite.
pub const VIEW: Table = Table { name: "contract_view", class: Class::Projection };

/// A row of [`LOG`] in partition 1.
pub fn log_row(key: &[u8], value: &[u8]) -> Row {
    Row { table: LOG, partition: 1, key: key.to_vec(), value: value.to_vec() }
}

/// A row of [`VIEW`] in partition 1.
pub fn view_row(key: &[u8], value: &[u8]) -> Row {
    Row { table: VIEW, partition: 1, key: key.to_vec(), value: value.to_vec() }
}

/// A head of `size` entries. `branch` tells heads of equal size apart.
pub fn head(size: u64, branch: u8) -> LogHead {
    LogHead { size, root: sha256(&[&size.to_be_bytes(), &[branch]]) }
}

/// Asks for a promise.
fn promise(kept: bool, promise: &'static str, found: impl FnOnce() -> String) -> Result<(), Broken> {
    if kept { Ok(()) } else { Err(Broken::Promise { promise, found: found() }) }
}

/// Asks for equality.
fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T, what: &'static str) -> Result<(), Broken> {
    promise(found == wanted, what, || {
        let text = format!("found {found:?}, wanted {wanted:?}");
        text.chars().take(2000).collect()
    })
}

/// Asks for a fault with this code.
fn refused<T: std::fmt::Debug>(
    outcome: Result<T, StoreFault>,
    code: &'static str,
    what: &'static str,
) -> Result<(), Broken> {
    match outcome {
        Err(fault) if fault.code() == code => Ok(()),
        other => Err(Broken::Promise { promise: what, found: format!("wanted {code}, found {other:?}") }),
    }
}
