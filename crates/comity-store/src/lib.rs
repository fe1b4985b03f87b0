//! The two implementations of the ledger's storage interface, and what rests on it.
//!
//! - [`FjallStore`]: the embedded default, one directory per party.
//! - [`PostgresStore`]: a schema per party, for any number of processes.
//! - [`AnyStore`]: whichever a node was configured with.
//! - [`Lease`]: which of several processes commits.
//! - [`backup`]: the log in a file, and back into either engine.
//! - [`BlobFolder`]: large bodies in a folder, for a backup of them.
//! - [`Vault`]: bodies whose erasure reaches journals and backups.
//!
//! Engine and SQL types stay inside this crate: callers see `comity_ledger::store` only. Everything here needs a tokio
//! runtime, because what blocks is moved off its worker threads. No clock is read and nothing is decided here.

mod any;
pub mod backup;
mod blobs;
mod bounds;
mod embedded;
mod lease;
mod postgres;
pub mod vault;

pub use any::AnyStore;
pub use blobs::BlobFolder;
pub use embedded::{FjallOptions, FjallStore};
pub use lease::{Claim, Lease};
pub use postgres::{PostgresOptions, PostgresStore};
pub use vault::Vault;
