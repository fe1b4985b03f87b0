//! Reading at this node: another party's officer reads records here, and nothing is sent to that party's node.
//!
//! The first read of a record is a crossing like any other, but judged by our border alone, because no border of the
//! reader's party stands between. The entry says so by its subject. What is not cleared is not shown, so it is no crossing
//! and makes no entry.

use super::{Desk, DeskFault, judge::Judged};
use crate::{Bodies, Entropy, draw};
use comity_border::{Direction, Judgement, Request};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{CrossingId, EntryKind, Hash, RecordId, Timestamp, sha256};
use std::collections::BTreeSet;

/// Crossings entered in one commit.
const GROUP: usize = 256;

/// The subject of an entry that clears a reading at this node: the border of the reader's party was not asked.
pub fn read_here() -> Hash {
    sha256(&[b"comity reading at the node, judged by its border alone"])
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// The records among these that may be read here under a request, whose receiver is the reader's party. Those that it
    /// never had are judged, and entered together, before this returns.
    pub async fn release(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        records: BTreeSet<RecordId>,
        request: Request,
    ) -> Result<BTreeSet<RecordId>, DeskFault> {
        let request = Request { at: now, from: self.party.clone(), direction: Direction::Sending, ..request };
        let (mut released, mut first) = (BTreeSet::new(), Vec::new());
        for record in records {
            if self.is_recalled(record).await? {
                continue;
            }
            let held = match self.envelope(record).await {
                Err(DeskFault::Erased { .. } | DeskFault::NoRecord { .. }) => continue,
                held => held?,
            };
            // Law changes: what was cleared once is judged again, and only the entry is spared.
            let stated = self.state(&held.record, request.clone());
            let judgement = self.judge(&held.record, &stated);
            let Judgement::Cleared(_) = &judgement else { continue };
            if !self.was_cleared(record, &stated).await? {
                let mut judged = self.judged(now, record, stated, &judgement);
                judged.entry.subject = Some(read_here());
                judged.subject = self.narrowed_subject(&held.record);
                first.push(judged);
            }
            released.insert(record);
        }
        while !first.is_empty() {
            let rest = first.split_off(first.len().min(GROUP));
            self.enter_releases(entropy, std::mem::replace(&mut first, rest)).await?;
        }
        Ok(released)
    }

    /// Whether this crossing was cleared here before.
    async fn was_cleared(&self, record: RecordId, request: &Request) -> Result<bool, DeskFault> {
        let crossing = CrossingId::of(&record, &request.from, &request.to);
        for index in self.crossing_entries(&crossing).await? {
            if self.log.entry(&self.store, index).await?.entry().kind == EntryKind::Cleared {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn enter_releases(
        &mut self,
        entropy: &mut dyn Entropy,
        group: Vec<Judged>,
    ) -> Result<(), DeskFault> {
        let (mut entries, mut rows): (Vec<_>, Vec<Row>) = (Vec::with_capacity(group.len()), Vec::new());
        for (index, judged) in (self.log.size()..).zip(group) {
            rows.extend(self.judgement_rows(index, &judged)?);
            entries.push((judged.entry, draw(entropy)));
        }
        rows.sort_by(|a, b| (a.table.name, a.partition, &a.key).cmp(&(b.table.name, b.partition, &b.key)));
        rows.dedup();
        self.commit(entries, rows).await?;
        Ok(())
    }
}
