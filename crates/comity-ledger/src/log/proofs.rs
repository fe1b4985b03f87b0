//! Proofs, roots and tiles of a log, from its stored full tiles and its growing end.

use super::{Log, LogFault, open::read_tiles};
use crate::{
    proof::{consistency_ranges, hash_ranges, inclusion_ranges, subtrees_of},
    store::Store,
    tile::{TileId, Tiles, WIDTH, bundle_bytes, tile_bytes},
    tree::{TreeHead, empty_root},
};
use comity_record::{Hash, sha256};

impl Log {
    /// The inclusion proof of the entry at `index` in the tree of the first `size` entries.
    pub async fn inclusion_proof<S: Store>(
        &self,
        store: &S,
        index: u64,
        size: u64,
    ) -> Result<Vec<Hash>, LogFault> {
        let mut proofs = self.inclusion_proofs(store, &[index], size).await?;
        Ok(proofs.pop().unwrap_or_default())
    }

    /// Inclusion proofs of several entries, with each tile read once.
    pub async fn inclusion_proofs<S: Store>(
        &self,
        store: &S,
        indexes: &[u64],
        size: u64,
    ) -> Result<Vec<Vec<Hash>>, LogFault> {
        self.check_size(size)?;
        let mut ranges = Vec::with_capacity(indexes.len());
        for index in indexes {
            ranges.push(inclusion_ranges(*index, size)?);
        }
        let tiles = self.tiles_for(store, &ranges.concat()).await?;
        let mut out = Vec::with_capacity(indexes.len());
        for ranges in ranges {
            out.push(hash_ranges(&ranges, &tiles)?);
        }
        Ok(out)
    }

    /// The consistency proof from the tree of the first `old` entries to that of the first `size`.
    pub async fn consistency_proof<S: Store>(
        &self,
        store: &S,
        old: u64,
        size: u64,
    ) -> Result<Vec<Hash>, LogFault> {
        self.check_size(size)?;
        let ranges = consistency_ranges(old, size)?;
        let tiles = self.tiles_for(store, &ranges).await?;
        Ok(hash_ranges(&ranges, &tiles)?)
    }

    /// The root of the tree of the first `size` entries.
    pub async fn root_at<S: Store>(&self, store: &S, size: u64) -> Result<Hash, LogFault> {
        self.check_size(size)?;
        if size == 0 {
            return Ok(empty_root());
        }
        let ranges = [(0, size)];
        let tiles = self.tiles_for(store, &ranges).await?;
        let roots = hash_ranges(&ranges, &tiles)?;
        Ok(roots.first().copied().unwrap_or_else(empty_root))
    }

    /// Size and root of the tree of the first `size` entries.
    pub async fn head_at<S: Store>(&self, store: &S, size: u64) -> Result<TreeHead, LogFault> {
        Ok(TreeHead { size, root: self.root_at(store, size).await? })
    }

    /// The leaf hashes of entries `from..to`, as a witness keeps them.
    pub async fn leaf_hashes<S: Store>(&self, store: &S, from: u64, to: u64) -> Result<Vec<Hash>, LogFault> {
        self.check_size(to)?;
        let ids: Vec<_> =
            (from / WIDTH..to.div_ceil(WIDTH)).map(|index| TileId { level: 0, index }).collect();
        let tiles = self.load(store, ids.iter().copied()).await?;
        let mut out = Vec::new();
        for id in ids {
            let (first, _) = id.entries();
            for (index, leaf) in (first..).zip(tiles.get(id).unwrap_or_default()) {
                if (from..to).contains(&index) {
                    out.push(*leaf);
                }
            }
        }
        Ok(out)
    }

    /// The bytes of a tile of the given width (1 to 256); `None` where the log is too short for it.
    pub async fn tile<S: Store>(
        &self,
        store: &S,
        id: TileId,
        width: u16,
    ) -> Result<Option<Vec<u8>>, LogFault> {
        if width == 0 || id.width_at(self.size()) < width {
            return Ok(None);
        }
        let tiles = self.load(store, [id]).await?;
        Ok(tiles.get(id).and_then(|hashes| hashes.get(..usize::from(width))).map(tile_bytes))
    }

    /// The bytes of an entry bundle of the given width (1 to 256); `None` where the log is too short for it.
    pub async fn bundle<S: Store>(
        &self,
        store: &S,
        index: u64,
        width: u16,
    ) -> Result<Option<Vec<u8>>, LogFault> {
        if width == 0 || (TileId { level: 0, index }).width_at(self.size()) < width {
            return Ok(None);
        }
        let first = index * WIDTH;
        let rows = super::read::entry_rows(store, first, first + u64::from(width)).await?;
        let mut commitments = Vec::with_capacity(rows.len());
        for (row, index) in rows.iter().zip(first..) {
            let value = row.as_deref().ok_or(LogFault::Lost { index })?;
            commitments.push(sha256(&[value]));
        }
        Ok(Some(bundle_bytes(&commitments)))
    }

    /// The tiles with these positions: full ones from the store, the last of each level from memory.
    pub(super) async fn load<S: Store>(
        &self,
        store: &S,
        ids: impl IntoIterator<Item = TileId>,
    ) -> Result<Tiles, LogFault> {
        let mut tiles = Tiles::default();
        let mut stored = Vec::new();
        for id in ids {
            if u64::from(id.width_at(self.size())) == WIDTH {
                stored.push(id);
            } else {
                tiles.insert(id, self.edge.partial(id.level).to_vec());
            }
        }
        for (id, hashes) in stored.iter().zip(read_tiles(store, &stored).await?) {
            tiles.insert(*id, hashes);
        }
        Ok(tiles)
    }

    async fn tiles_for<S: Store>(&self, store: &S, ranges: &[(u64, u64)]) -> Result<Tiles, LogFault> {
        self.load(store, Tiles::needed(&subtrees_of(ranges))).await
    }

    fn check_size(&self, size: u64) -> Result<(), LogFault> {
        if size <= self.size() {
            return Ok(());
        }
        Err(crate::proof::ProofFault::OutOfRange { from: size, size: self.size() }.into())
    }
}
