//! The lost tail: hashes fetched again from a witness refill the tree; the entries stay marked as lost.

use super::{LEAVES, Log, LogFault, head_of, index_key, row, tile_row};
use crate::{
    store::{Batch, Row, Store},
    tile::Edge,
    tree::TreeHead,
};
use comity_record::Hash;

/// Leaf hashes that were found to lead to a head. Only [`Log::check_refill`] makes one.
#[derive(Clone, Debug)]
pub struct Refill {
    leaves: Vec<Hash>,
    head: TreeHead,
}

impl Refill {
    /// The entries that will be marked lost, first and one past the last.
    pub fn range(&self) -> (u64, u64) {
        (self.head.size - self.leaves.len() as u64, self.head.size)
    }
}

impl Log {
    /// The most leaves that one batch of a refill writes.
    const REFILL_BATCH: usize = 4096;

    /// Whether the leaf hashes `leaves`, appended to this log, lead to `head`, which the caller has found signed by
    /// this party and cosigned.
    pub fn check_refill(&self, leaves: Vec<Hash>, head: TreeHead) -> Result<Refill, LogFault> {
        let given = leaves.len() as u64;
        let fault = LogFault::Refill { given, size: head.size };
        if self.size().checked_add(given) != Some(head.size) {
            return Err(fault);
        }
        let mut frontier = self.edge.frontier().clone();
        leaves.iter().for_each(|leaf| frontier.push(*leaf));
        if frontier.root() == head.root { Ok(Refill { leaves, head }) } else { Err(fault) }
    }

    /// Appends lost entries by their hashes. A crash in between leaves a shorter prefix of the same tree, from which
    /// a new refill goes on.
    pub async fn restore_tail<S: Store>(&mut self, store: &S, refill: Refill) -> Result<(), LogFault> {
        if refill.range().0 != self.size() {
            return Err(LogFault::Refill { given: refill.leaves.len() as u64, size: refill.head.size });
        }
        for leaves in refill.leaves.chunks(Log::REFILL_BATCH) {
            let (edge, rows) = self.stage_lost(leaves);
            let head = head_of(&edge);
            store.commit(self.head, Batch { head, rows }).await?;
            self.head = head;
            self.edge = edge;
        }
        Ok(())
    }

    fn stage_lost(&self, leaves: &[Hash]) -> (Edge, Vec<Row>) {
        let mut edge = self.edge.clone();
        let mut full = Vec::new();
        let mut rows = Vec::with_capacity(leaves.len());
        for (leaf, index) in leaves.iter().zip(self.size()..) {
            edge.push(*leaf, &mut full);
            rows.push(row(LEAVES, index_key(index), leaf.0.to_vec()));
        }
        rows.extend(full.into_iter().map(tile_row));
        (edge, rows)
    }
}
