//! Opening a log: the end of the tree is rebuilt and compared with the stored head; the full audit reads everything.

use super::{ENTRIES, LEAVES, LOG_PARTITION, Log, LogFault, TILES, index_key};
use crate::{
    store::{LogHead, Order, Store},
    tile::{Edge, MAX_LEVEL, TileId, WIDTH, parse_tile},
    tree::{TreeHead, commitment_leaf, empty_root, perfect_root},
};
use comity_record::{Hash, sha256};

/// What a full audit found in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The head that was audited.
    pub head: TreeHead,
    /// Entries whose content was lost earlier; their hashes are in order.
    pub lost: u64,
}

impl Log {
    /// Opens the log: reads the head, rebuilds the end of the tree from the last full tiles and the entries after
    /// them, and compares size, root and last entry with the head. Reads at most 255 tiles a level and 255 entries,
    /// whatever the size; [`Log::audit`] reads everything.
    ///
    /// Another process may commit in the meantime. What is found is judged by the head that was read first, so a fault
    /// counts only where the head is still that one.
    pub async fn open<S: Store>(store: &S) -> Result<Log, LogFault> {
        loop {
            let head = store.head().await?;
            match Log::open_at(store, head).await {
                Err(fault) if store.head().await? == head => return Err(fault),
                Err(_) => {}
                opened => return opened,
            }
        }
    }

    async fn open_at<S: Store>(store: &S, head: LogHead) -> Result<Log, LogFault> {
        let log = Log { head, edge: read_edge(store, head.size).await? };
        log.check_root()?;
        log.check_last(store).await?;
        log.check_nothing_beyond(store).await?;
        Ok(log)
    }

    /// Takes in what another process appended, or what a commit with a lost answer wrote. True where the log grew.
    pub async fn catch_up<S: Store>(&mut self, store: &S) -> Result<bool, LogFault> {
        let head = store.head().await?;
        if head == self.head {
            return Ok(false);
        }
        let grown = Log::open(store).await?;
        if grown.size() < self.size() {
            return Err(LogFault::MissingEntry { index: grown.size(), size: self.size() });
        }
        let before = grown.root_at(store, self.size()).await?;
        if before != self.tree_head().root {
            return Err(root_fault(self.size(), before, self.head.root));
        }
        *self = grown;
        Ok(true)
    }

    /// Reads every entry and every tile and compares them all: the slow, complete audit.
    pub async fn audit<S: Store>(&self, store: &S) -> Result<Audit, LogFault> {
        let mut edge = Edge::default();
        let mut lost = 0;
        let mut from = 0;
        while from < self.size() {
            let to = (from + WIDTH).min(self.size());
            let mut full = Vec::new();
            for (leaf, held) in stored_leaves(store, from, to, self.size()).await? {
                edge.push(leaf, &mut full);
                lost += u64::from(held == Content::Lost);
            }
            for tile in full {
                if read_tile(store, tile.id).await? != tile.hashes {
                    return Err(LogFault::AlteredTile { level: tile.id.level, index: tile.id.index });
                }
            }
            from = to;
        }
        let found = edge.frontier().head();
        if found != self.tree_head() {
            return Err(root_fault(found.size, found.root, self.head.root));
        }
        Ok(Audit { head: found, lost })
    }

    fn check_root(&self) -> Result<(), LogFault> {
        let never_written = self.head == LogHead::default();
        let found = self.edge.frontier().root();
        let stored = if never_written { empty_root() } else { self.head.root };
        if found == stored { Ok(()) } else { Err(root_fault(self.head.size, found, stored)) }
    }

    /// Where the log ends with a full tile, its last entry was not read yet.
    async fn check_last<S: Store>(&self, store: &S) -> Result<(), LogFault> {
        let Some(last) = self.size().checked_sub(1) else { return Ok(()) };
        if !self.size().is_multiple_of(WIDTH) {
            return Ok(());
        }
        let entry = stored_leaves(store, last, last + 1, self.size()).await?;
        let tile = read_tile(store, TileId { level: 0, index: last / WIDTH }).await?;
        let same = entry.first().map(|(leaf, _)| leaf) == tile.last();
        if same { Ok(()) } else { Err(LogFault::Altered { index: last }) }
    }

    async fn check_nothing_beyond<S: Store>(&self, store: &S) -> Result<(), LogFault> {
        let size = self.size();
        let from = index_key(size);
        let beyond = store.scan(ENTRIES, LOG_PARTITION, &from, &[], 1, Order::Ascending).await?;
        match beyond.first() {
            None => Ok(()),
            Some((key, _)) => Err(LogFault::Beyond { index: read_index(key).unwrap_or(size), size }),
        }
    }
}

/// Whether an entry's content is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Held,
    Lost,
}

/// The leaf hashes of entries `from..to` from their rows, at most 256 of them.
pub(super) async fn stored_leaves<S: Store>(
    store: &S,
    from: u64,
    to: u64,
    size: u64,
) -> Result<Vec<(Hash, Content)>, LogFault> {
    let keys: Vec<_> = (from..to).map(|index| (LOG_PARTITION, index_key(index))).collect();
    let entries = store.get_many(ENTRIES, &keys).await?;
    let any_missing = entries.iter().any(Option::is_none);
    let leaves = if any_missing { store.get_many(LEAVES, &keys).await? } else { Vec::new() };
    let mut leaves = leaves.into_iter().map(|row| row.and_then(|bytes| Hash::from_slice(&bytes)));
    let mut out = Vec::with_capacity(keys.len());
    for (index, entry) in (from..to).zip(entries) {
        let lost = leaves.next().flatten();
        let leaf = match (entry, lost) {
            (Some(value), _) => (commitment_leaf(&sha256(&[&value])), Content::Held),
            (None, Some(leaf)) => (leaf, Content::Lost),
            (None, None) => return Err(LogFault::MissingEntry { index, size }),
        };
        out.push(leaf);
    }
    Ok(out)
}

/// The full tile of a row.
pub(super) async fn read_tile<S: Store>(store: &S, id: TileId) -> Result<Vec<Hash>, LogFault> {
    let tiles = read_tiles(store, &[id]).await?;
    tiles.into_iter().next().ok_or_else(|| missing_tile(id))
}

/// Full tiles, in order of `ids`.
pub(super) async fn read_tiles<S: Store>(store: &S, ids: &[TileId]) -> Result<Vec<Vec<Hash>>, LogFault> {
    let keys: Vec<_> = ids.iter().map(|id| (LOG_PARTITION, id.key())).collect();
    let rows = store.get_many(TILES, &keys).await?;
    let mut out = Vec::with_capacity(ids.len());
    for (id, row) in ids.iter().zip(rows) {
        let hashes = row.as_deref().and_then(parse_tile).filter(|hashes| hashes.len() as u64 == WIDTH);
        out.push(hashes.ok_or_else(|| missing_tile(*id))?);
    }
    Ok(out)
}

pub(super) fn read_index(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}

/// The end of a tree of `size`: the tail of level 0 from entries, of each higher level from the full tiles below.
async fn read_edge<S: Store>(store: &S, size: u64) -> Result<Edge, LogFault> {
    let tail = stored_leaves(store, size / WIDTH * WIDTH, size, size).await?;
    let mut partial = vec![tail.into_iter().map(|(leaf, _)| leaf).collect::<Vec<_>>()];
    for level in 1..=MAX_LEVEL {
        let in_level = size >> (8 * u32::from(level));
        if in_level == 0 {
            break;
        }
        let below = |index| TileId { level: level - 1, index };
        let ids: Vec<_> = (in_level / WIDTH * WIDTH..in_level).map(below).collect();
        let tiles = read_tiles(store, &ids).await?;
        partial.push(tiles.iter().filter_map(|tile| perfect_root(tile)).collect());
    }
    Edge::new(size, partial).ok_or(LogFault::MissingEntry { index: size, size })
}

fn missing_tile(id: TileId) -> LogFault {
    let (from, to) = id.entries();
    LogFault::MissingTile { level: id.level, index: id.index, from, to }
}

fn root_fault(size: u64, found: Hash, stored: Hash) -> LogFault {
    LogFault::Root { size, found: found.short(), stored: stored.short() }
}
