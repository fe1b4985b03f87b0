//! A party's log over its store: append, open, read, prove.
//!
//! Rows: `entries` holds salt and entry by index; `tiles` holds full tiles; `leaves` holds the leaf hash of an entry
//! whose content was lost. Partial tiles are not stored: the end of the tree is rebuilt at start from the last full
//! tiles and the entries after them.

mod open;
mod proofs;
mod read;
mod restore;

pub use open::Audit;
pub use read::Held;
pub use restore::Refill;

use crate::{
    committed::Committed,
    invariant::checkpoint_never_shrinks,
    proof::ProofFault,
    store::{Batch, Class, LogHead, Partition, Row, Store, StoreFault, Table},
    tile::{Edge, FullTile, tile_bytes},
    tree::{TreeHead, commitment_leaf},
};
use comity_record::{Canonical, Entry, EntrySalt, Hash, Malformed};

/// Salt and canonical entry by index (eight bytes, big-endian).
pub const ENTRIES: Table = Table { name: "entries", class: Class::Log };
/// Full tiles by [`crate::tile::TileId::key`].
pub const TILES: Table = Table { name: "tiles", class: Class::Log };
/// Leaf hashes of lost entries by index.
pub const LEAVES: Table = Table { name: "leaves", class: Class::Log };
/// The partition of the three tables above.
pub const LOG_PARTITION: Partition = 0;

/// Why the log cannot be read, opened or proved from. At start it names the part that is missing.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// An entry's row is not there.
    #[error("entry {index} of {size} is missing from the store")]
    MissingEntry {
        /// The entry.
        index: u64,
        /// The size of the log.
        size: u64,
    },
    /// A full tile's row is not there or has another length.
    #[error("tile {level}/{index} over entries {from} to {to} is missing or cut off")]
    MissingTile {
        /// Its level.
        level: u8,
        /// Its position.
        index: u64,
        /// First entry it spans.
        from: u64,
        /// One past the last.
        to: u64,
    },
    /// An entry's row cannot be read.
    #[error("the row of entry {index} cannot be read")]
    Entry {
        /// The entry.
        index: u64,
        /// Why.
        #[source]
        why: Malformed,
    },
    /// An entry is not the one that the tree commits to.
    #[error("entry {index} is not the one that the tree commits to")]
    Altered {
        /// The entry.
        index: u64,
    },
    /// A tile does not agree with the entries or tiles below it.
    #[error("tile {level}/{index} does not agree with what it was made of")]
    AlteredTile {
        /// Its level.
        level: u8,
        /// Its position.
        index: u64,
    },
    /// The entries give another root than the head says.
    #[error("the {size} entries give root {found}, the stored head says {stored}")]
    Root {
        /// The size.
        size: u64,
        /// The root computed, shortened.
        found: String,
        /// The root stored, shortened.
        stored: String,
    },
    /// Rows follow after the head.
    #[error("entry {index} stands in the store, but the head counts only {size} entries")]
    Beyond {
        /// The entry.
        index: u64,
        /// The size by the head.
        size: u64,
    },
    /// An entry's content was lost; only its hash is held.
    #[error("the content of entry {index} was lost, only its hash is held")]
    Lost {
        /// The entry.
        index: u64,
    },
    /// A proof could not be made.
    #[error(transparent)]
    Proof(#[from] ProofFault),
    /// The leaf hashes given do not lead to the head given.
    #[error("the {given} leaf hashes offered do not lead to the head of {size} entries")]
    Refill {
        /// How many were given.
        given: u64,
        /// The size of the head.
        size: u64,
    },
}

impl LogFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            LogFault::Store(fault) => fault.code(),
            LogFault::MissingEntry { .. } => "ledger/missing-entry",
            LogFault::MissingTile { .. } => "ledger/missing-tile",
            LogFault::Entry { .. } => "ledger/unreadable-entry",
            LogFault::Altered { .. } => "ledger/altered-entry",
            LogFault::AlteredTile { .. } => "ledger/altered-tile",
            LogFault::Root { .. } => "ledger/root",
            LogFault::Beyond { .. } => "ledger/beyond-head",
            LogFault::Lost { .. } => "ledger/lost-entry",
            LogFault::Proof(fault) => fault.code(),
            LogFault::Refill { .. } => "ledger/refill",
        }
    }

    /// What a person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            LogFault::Store(_) | LogFault::Proof(_) | LogFault::Lost { .. } => None,
            LogFault::Refill { .. } => Some("ask another witness for the leaf hashes".to_owned()),
            _ => Some("restore the latest backup, then refill the tail from the witnesses".to_owned()),
        }
    }
}

/// The log of one party: its head and the growing end of its tree. One value of it writes; others may follow with
/// [`Log::catch_up`].
#[derive(Clone, Debug)]
pub struct Log {
    head: LogHead,
    edge: Edge,
}

/// Entries with their places and the rows that a commit writes. Nothing is durable yet.
#[derive(Debug)]
struct Staged {
    head: LogHead,
    edge: Edge,
    rows: Vec<Row>,
    entries: Vec<(Entry, EntrySalt, Hash)>,
}

impl Log {
    /// Number of entries; also the index that the next entry gets.
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// The head as the store holds it (32 zero bytes as root of a log that was never written).
    pub fn head(&self) -> LogHead {
        self.head
    }

    /// The head of the tree.
    pub fn tree_head(&self) -> TreeHead {
        self.edge.frontier().head()
    }

    /// Commits entries, in order, and the caller's own rows in one batch: all durable, or nothing. The first entry
    /// gets index [`Log::size`]. Many entries in one call are one synchronisation of the disk.
    ///
    /// After an error nothing has changed in memory. Where the fault is `Unreachable` or `Conflict`, the store may
    /// hold more than this log knows: call [`Log::catch_up`] before the next commit.
    pub async fn commit<S: Store>(
        &mut self,
        store: &S,
        entries: Vec<(Entry, EntrySalt)>,
        rows: Vec<Row>,
    ) -> Result<Vec<Committed<Entry>>, StoreFault> {
        let mut staged = self.stage(entries)?;
        let mut batch = Batch { head: staged.head, rows: std::mem::take(&mut staged.rows) };
        batch.rows.extend(rows);
        let head = store.commit(self.head, batch).await?;
        if head != staged.head {
            let why = format!("it reports {head} after a commit of {}", staged.head);
            return Err(StoreFault::Damaged { why });
        }
        Ok(self.accept(staged))
    }

    /// Commits rows alone; the head stays, and must still be the store's.
    pub async fn write<S: Store>(&self, store: &S, rows: Vec<Row>) -> Result<(), StoreFault> {
        store.commit(self.head, Batch { head: self.head, rows }).await.map(drop)
    }

    fn stage(&self, entries: Vec<(Entry, EntrySalt)>) -> Result<Staged, StoreFault> {
        let mut edge = self.edge.clone();
        let mut full = Vec::new();
        let mut rows = Vec::with_capacity(entries.len() + 1);
        let mut staged = Vec::with_capacity(entries.len());
        for ((entry, salt), index) in entries.into_iter().zip(self.head.size..) {
            let value = [&salt[..], &entry.to_bytes()].concat();
            if value.len() > salt.len() + Entry::LIMIT {
                let why = format!("an entry has at most {} bytes", Entry::LIMIT);
                return Err(StoreFault::Bounds { table: ENTRIES.name, why });
            }
            // The row is salt ‖ canonical entry, so its hash is the entry's commitment.
            let commitment = comity_record::sha256(&[&value]);
            edge.push(commitment_leaf(&commitment), &mut full);
            rows.push(row(ENTRIES, index_key(index), value));
            staged.push((entry, salt, commitment));
        }
        rows.extend(full.into_iter().map(tile_row));
        let head = if staged.is_empty() { self.head } else { head_of(&edge) };
        debug_assert!(checkpoint_never_shrinks(self.head.size, head.size), "a commit made the log shorter");
        Ok(Staged { head, edge, rows, entries: staged })
    }

    fn accept(&mut self, staged: Staged) -> Vec<Committed<Entry>> {
        let first = self.head.size;
        self.head = staged.head;
        self.edge = staged.edge;
        let head = self.head;
        let committed =
            |((value, salt, commitment), index)| Committed { value, salt, index, commitment, head };
        staged.entries.into_iter().zip(first..).map(committed).collect()
    }
}

fn head_of(edge: &Edge) -> LogHead {
    let TreeHead { size, root } = edge.frontier().head();
    LogHead { size, root }
}

fn index_key(index: u64) -> Vec<u8> {
    index.to_be_bytes().to_vec()
}

fn row(table: Table, key: Vec<u8>, value: Vec<u8>) -> Row {
    Row { table, partition: LOG_PARTITION, key, value }
}

fn tile_row(tile: FullTile) -> Row {
    row(TILES, tile.id.key(), tile_bytes(&tile.hashes))
}
