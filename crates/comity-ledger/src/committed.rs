//! The proof, as a type, that something is durably in the ledger.

use crate::{
    store::{ErasureAuthority, LogHead},
    tree::commitment_leaf,
};
use comity_record::{Entry, EntryKind, EntrySalt, Hash};

/// A value that stands in the ledger. Only [`crate::Log`] makes one: over a durable commit, or by reading back what
/// an earlier commit wrote and finding it under its place in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    pub(crate) value: T,
    pub(crate) salt: EntrySalt,
    pub(crate) index: u64,
    pub(crate) commitment: Hash,
    pub(crate) head: LogHead,
}

impl<T> Committed<T> {
    /// What was committed.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The salt of the entry.
    pub fn salt(&self) -> &EntrySalt {
        &self.salt
    }

    /// Its place in the tree, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The 32 bytes in the tree.
    pub fn commitment(&self) -> Hash {
        self.commitment
    }

    /// The hash of its leaf.
    pub fn leaf(&self) -> Hash {
        commitment_leaf(&self.commitment)
    }

    /// The head of the log right after the commit, or under which it was read back.
    pub fn head(&self) -> LogHead {
        self.head
    }
}

impl Committed<Entry> {
    /// The entry.
    pub fn entry(&self) -> &Entry {
        &self.value
    }
}

impl ErasureAuthority {
    /// The authority that a committed erasure gives; `None` for an entry of another kind.
    pub fn from_entry(entry: &Committed<Entry>) -> Option<ErasureAuthority> {
        let erases = entry.value.kind == EntryKind::Erasure;
        erases.then_some(ErasureAuthority { index: entry.index })
    }
}
