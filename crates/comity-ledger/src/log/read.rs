//! Reading committed entries back, each compared with the leaf that the tree holds for it.

use super::{ENTRIES, LOG_PARTITION, Log, LogFault, index_key};
use crate::{committed::Committed, store::Store, tree::commitment_leaf};
use comity_record::{Canonical, Entry, EntrySalt, Hash, sha256};

/// The most entries that one call of [`Log::read`] returns.
pub const MAX_READ: u64 = 1024;

/// What the log holds at an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The entry.
    Entry(Box<Committed<Entry>>),
    /// Only the hash: the content was lost and the hash fetched again from a witness.
    Lost {
        /// The index.
        index: u64,
        /// The hash of the leaf.
        leaf: Hash,
    },
}

impl Held {
    /// The entry, unless it was lost.
    pub fn entry(self) -> Option<Committed<Entry>> {
        match self {
            Held::Entry(entry) => Some(*entry),
            Held::Lost { .. } => None,
        }
    }
}

impl Log {
    /// The entries from index `from` on, at most `limit` and [`MAX_READ`] of them, each checked against its leaf.
    pub async fn read<S: Store>(&self, store: &S, from: u64, limit: u64) -> Result<Vec<Held>, LogFault> {
        let from = from.min(self.size());
        let to = from.saturating_add(limit.min(MAX_READ)).min(self.size());
        let leaves = self.leaf_hashes(store, from, to).await?;
        let rows = entry_rows(store, from, to).await?;
        let mut out = Vec::with_capacity(rows.len());
        for ((row, leaf), index) in rows.into_iter().zip(leaves).zip(from..) {
            out.push(match row {
                Some(value) => Held::Entry(Box::new(self.open_row(index, &value, leaf)?)),
                None => Held::Lost { index, leaf },
            });
        }
        Ok(out)
    }

    /// The entry at an index. A lost entry is a fault, as is an index beyond the end.
    pub async fn entry<S: Store>(&self, store: &S, index: u64) -> Result<Committed<Entry>, LogFault> {
        match self.read(store, index, 1).await?.pop() {
            Some(Held::Entry(entry)) => Ok(*entry),
            Some(Held::Lost { .. }) => Err(LogFault::Lost { index }),
            None => Err(LogFault::MissingEntry { index, size: self.size() }),
        }
    }

    fn open_row(&self, index: u64, value: &[u8], leaf: Hash) -> Result<Committed<Entry>, LogFault> {
        let commitment = sha256(&[value]);
        if commitment_leaf(&commitment) != leaf {
            return Err(LogFault::Altered { index });
        }
        let Some((salt, entry)) = value.split_first_chunk::<{ size_of::<EntrySalt>() }>() else {
            return Err(LogFault::Altered { index });
        };
        let entry = Entry::from_bytes(entry).map_err(|why| LogFault::Entry { index, why })?;
        Ok(Committed { value: entry, salt: *salt, index, commitment, head: self.head })
    }
}

/// The rows of entries `from..to`.
pub(super) async fn entry_rows<S: Store>(
    store: &S,
    from: u64,
    to: u64,
) -> Result<Vec<Option<Vec<u8>>>, LogFault> {
    let keys: Vec<_> = (from..to).map(|index| (LOG_PARTITION, index_key(index))).collect();
    Ok(store.get_many(ENTRIES, &keys).await?)
}
