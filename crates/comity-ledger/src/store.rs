//! What the ledger and the projections ask of storage: few verbs, each with a promise about durability.
//!
//! The log is the truth. Rows of a [`Class::Log`] table are put once; rows of a [`Class::Projection`] table may be
//! overwritten by their projector and can be dropped and rebuilt. Every key is (table, partition, bytes), and a scan
//! stays in one partition, so that a sharding database stays possible. Reads are batched.
//!
//! There are two implementations (`comity-store`) and one contract suite (`comity-testing`).

use comity_record::Hash;
use std::{fmt, future::Future};

/// Whether rows are put once or may be overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Truth: a row is put once. Putting the same value again is allowed, another value is a fault.
    Log,
    /// A view: rows may be overwritten, and the table dropped and rebuilt.
    Projection,
}

/// A table. The name has 1 to 24 characters of `[a-z0-9_]` and is the table's name in every engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    /// The name.
    pub name: &'static str,
    /// The class.
    pub class: Class,
}

/// A partition: one collection. Rows of one partition are read by range.
pub type Partition = u32;

/// Keys and their values, in the order asked for.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// One row to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The table.
    pub table: Table,
    /// The partition.
    pub partition: Partition,
    /// The key, at most 1,024 bytes, ordered bytewise.
    pub key: Vec<u8>,
    /// The value, at most 20 MiB.
    pub value: Vec<u8>,
}

/// The head of a party's log as the store holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct LogHead {
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over them (RFC 9162 section 2.1.1; SHA-256 of nothing where empty is the ledger's business:
    /// a store that was never written reports 32 zero bytes).
    pub root: Hash,
}

/// Everything that one commit makes durable together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The head after the commit; equal to the head before where only projections are written.
    pub head: LogHead,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What a projector writes together: its rows, and how far it has come. All rows are of projection tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projected {
    /// The row that says how far the projector has come.
    pub cursor: Row,
    /// That row's value as the projector read it last; `None` where there was none.
    pub expected: Option<Vec<u8>>,
    /// Rows to be removed, before `rows` are written. A row that is not there is passed over.
    pub removed: Vec<(Table, Partition, Vec<u8>)>,
    /// Rows to be written or overwritten.
    pub rows: Vec<Row>,
}

/// The direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the smallest key.
    Ascending,
    /// From the largest key.
    Descending,
}

/// What a store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The head was not the expected one: another writer was faster. Nothing was written.
    #[error("the log's head has moved to {found}: another writer committed first")]
    Conflict {
        /// The head found.
        found: LogHead,
    },
    /// A put-once row exists with another value. Nothing was written.
    #[error("a row of `{table}` exists already with another value")]
    Overwrite {
        /// The table.
        table: &'static str,
    },
    /// The store stopped accepting writes: a full or read-only disk, or an engine that lost its files.
    #[error("the store accepts no writes: {why}")]
    ReadOnly {
        /// The engine's reason.
        why: String,
    },
    /// The files are damaged.
    #[error("the store is damaged: {why}")]
    Damaged {
        /// What was found, and where.
        why: String,
    },
    /// The database cannot be reached at present; nothing is known about the last write.
    #[error("the store cannot be reached: {why}")]
    Unreachable {
        /// The reason.
        why: String,
    },
    /// A key or value beyond the bounds.
    #[error("a row of `{table}` breaks the bounds of the store: {why}")]
    Bounds {
        /// The table.
        table: &'static str,
        /// Which bound.
        why: String,
    },
}

impl StoreFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            StoreFault::Conflict { .. } => "store/conflict",
            StoreFault::Overwrite { .. } => "store/overwrite",
            StoreFault::ReadOnly { .. } => "store/read-only",
            StoreFault::Damaged { .. } => "store/damaged",
            StoreFault::Unreachable { .. } => "store/unreachable",
            StoreFault::Bounds { .. } => "store/bounds",
        }
    }
}

impl fmt::Display for LogHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} entries, root {}", self.size, self.root.short())
    }
}

/// Storage of one party. Nothing is shared between parties.
pub trait Store: Send + Sync {
    /// The head as last committed.
    fn head(&self) -> impl Future<Output = Result<LogHead, StoreFault>> + Send;

    /// Writes the batch if the head is `expected`: atomic, durable when it returns, compare-and-set on the head.
    fn commit(
        &self,
        expected: LogHead,
        batch: Batch,
    ) -> impl Future<Output = Result<LogHead, StoreFault>> + Send;

    /// Writes a projector's step if its cursor is still the expected one: atomic, durable when it returns. False, and
    /// nothing written, where another projector moved the cursor. The head is not touched. A fault for a log table.
    fn project(&self, step: Projected) -> impl Future<Output = Result<bool, StoreFault>> + Send;

    /// Rows of one partition with `from <= key < to`, at most `limit`, in order. An empty `to` means the end.
    fn scan(
        &self,
        table: Table,
        partition: Partition,
        from: &[u8],
        to: &[u8],
        limit: u32,
        order: Order,
    ) -> impl Future<Output = Result<Pairs, StoreFault>> + Send;

    /// The values of `keys`, in their order; `None` where there is no row.
    fn get_many(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
    ) -> impl Future<Output = Result<Vec<Option<Vec<u8>>>, StoreFault>> + Send;

    /// Removes all rows of a projection, so that it can be rebuilt. A fault for a log table.
    fn drop_projection(&self, table: Table) -> impl Future<Output = Result<(), StoreFault>> + Send;

    /// Removes rows of any table, log tables too, and compacts so that no file of the store holds them in readable
    /// form. The maker of `authority` has committed the erasure first.
    fn erase(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
        authority: &ErasureAuthority,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
}

/// Proof that an erasure was entered in the ledger before rows are removed. Made only from a committed entry of kind
/// `Erasure`.
#[derive(Clone, Debug)]
pub struct ErasureAuthority {
    /// The index of the erasure's entry.
    pub(crate) index: u64,
}

impl ErasureAuthority {
    /// The index of the erasure's entry in the ledger.
    pub fn index(&self) -> u64 {
        self.index
    }
}

/// Small mutable things with expiry: sessions, quotas, leases, cursors, wrapped keys. Not part of the log.
pub trait Kv: Send + Sync {
    /// The value, unless absent or expired at `now` (milliseconds since the epoch).
    fn get(
        &self,
        space: &str,
        key: &[u8],
        now: i64,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreFault>> + Send;

    /// Sets the value where the present one is `expected` (`None`: absent or expired); false where it is not.
    fn compare_and_set(
        &self,
        space: &str,
        key: &[u8],
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
        expires: Option<i64>,
        now: i64,
    ) -> impl Future<Output = Result<bool, StoreFault>> + Send;

    /// Sets or removes values without condition, all together and durable on return.
    fn put_many(
        &self,
        space: &str,
        values: &[(Vec<u8>, Option<Vec<u8>>)],
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;

    /// All pairs of a space whose key begins with `prefix`, in order, at most `limit`, unexpired at `now`.
    fn list(
        &self,
        space: &str,
        prefix: &[u8],
        limit: u32,
        now: i64,
    ) -> impl Future<Output = Result<Pairs, StoreFault>> + Send;
}

/// Large bodies by hash: a directory, or object storage.
pub trait Blobs: Send + Sync {
    /// Stores bytes under their SHA-256; durable on return; storing twice is harmless.
    fn put(&self, bytes: &[u8]) -> impl Future<Output = Result<Hash, StoreFault>> + Send;
    /// Bytes `from..to` of a blob, or `None`.
    fn get(
        &self,
        hash: Hash,
        from: u64,
        to: u64,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreFault>> + Send;
    /// Whether the blob is held.
    fn exists(&self, hash: Hash) -> impl Future<Output = Result<bool, StoreFault>> + Send;
    /// Removes a blob under the authority of a committed erasure.
    fn erase(
        &self,
        hash: Hash,
        authority: &ErasureAuthority,
    ) -> impl Future<Output = Result<(), StoreFault>> + Send;
}

/// Waiting for a log to grow, over processes where the engine can.
pub trait Follow: Send + Sync {
    /// Returns once the log has more than `size` entries, or after `patience` milliseconds; the size then seen.
    fn changed_after(&self, size: u64, patience: u64)
    -> impl Future<Output = Result<u64, StoreFault>> + Send;
}
