//! Which crossings still wait for a quorum of witnesses, and since when.
//!
//! A crossing has its quorum once a checkpoint over its entry here is cosigned by enough parties that are neither its
//! sender nor its receiver; where there are no others, by the counterpart. Nothing stops for the lack of one: it is told.

use super::{Desk, DeskFault, head::COSIGNED};
use crate::{
    Bodies,
    tables::{INBOX, InboxRow, OUTBOX, OutboxRow},
};
use comity_ledger::{
    LogFault,
    store::{Kv, Order, Store, Table},
};
use comity_record::{Canonical, PartyCode, Timestamp};
use std::collections::BTreeMap;

/// The oldest crossing with a peer that no quorum has cosigned yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its entry.
    pub entry: u64,
    /// When it was entered.
    pub since: Timestamp,
}

/// Rows read in one call.
const PAGE: u32 = 256;
/// What the keys begin with under which the size is kept that a party cosigned last.
const BY: &[u8] = b"by:";

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// For each peer with whom a crossing waits for a quorum of this many witnesses, the oldest such crossing.
    pub async fn waiting_for_quorum(&self, quorum: u32) -> Result<BTreeMap<PartyCode, Waiting>, DeskFault> {
        let mut waiting = BTreeMap::new();
        for (party, peer) in &self.peers {
            let covered = self.covered(party, quorum);
            let sent = self.oldest(OUTBOX, peer.number, covered, sent_entry).await?;
            let came = self.oldest(INBOX, peer.number, covered, received_entry).await?;
            let Some(entry) = sent.into_iter().chain(came).min() else { continue };
            match self.log.entry(&self.store, entry).await {
                Ok(found) => {
                    waiting.insert(party.clone(), Waiting { entry, since: found.entry().at });
                }
                // Of an entry whose content was lost nobody knows when it was made.
                Err(LogFault::Lost { .. }) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(waiting)
    }

    /// The size up to which a quorum cosigned our ledger, for crossings with a peer.
    fn covered(&self, party: &PartyCode, quorum: u32) -> u64 {
        let is_third = |other: &&PartyCode| *other != party;
        let by = |other: &PartyCode| self.cosigned.get(other).copied().unwrap_or(0);
        let mut sizes: Vec<u64> = self.peers.keys().filter(is_third).map(by).collect();
        if sizes.is_empty() {
            return by(party);
        }
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let needed = usize::try_from(quorum).unwrap_or(usize::MAX).max(1);
        sizes.get(needed - 1).copied().unwrap_or(0)
    }

    /// The smallest entry from `from` on that a row of this partition names. Positions are given in the order of entries, so
    /// the newest rows are read until one is older.
    async fn oldest(
        &self,
        table: Table,
        number: u32,
        from: u64,
        entry: fn(&[u8]) -> Result<Option<u64>, DeskFault>,
    ) -> Result<Option<u64>, DeskFault> {
        let (mut oldest, mut to) = (None, Vec::new());
        loop {
            let page = self.store.scan(table, number, &[], &to, PAGE, Order::Descending).await?;
            for (_, value) in &page {
                match entry(value)? {
                    Some(index) if index >= from => {
                        oldest = Some(oldest.map_or(index, |known: u64| known.min(index)))
                    }
                    Some(_) => return Ok(oldest),
                    None => {}
                }
            }
            match page.last() {
                Some((key, _)) if page.len() == PAGE as usize => to.clone_from(key),
                _ => return Ok(oldest),
            }
        }
    }

    /// Notes how far a party cosigned our ledger.
    pub(super) async fn note_cosigner(&mut self, party: &PartyCode, size: u64) -> Result<(), DeskFault> {
        if self.cosigned.get(party).is_none_or(|known| *known < size) {
            self.cosigned.insert(party.clone(), size);
            let key = [BY, party.as_str().as_bytes()].concat();
            self.store.put_many(COSIGNED, &[(key, Some(size.to_be_bytes().to_vec()))]).await?;
        }
        Ok(())
    }

    pub(super) async fn read_cosigners(&mut self) -> Result<(), DeskFault> {
        self.cosigned.clear();
        for (key, value) in self.store.list(COSIGNED, BY, 10_000, 0).await? {
            let party = key.strip_prefix(BY).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
            let size = value.first_chunk::<8>().copied().map(u64::from_be_bytes);
            self.cosigned.extend(party.zip(size));
        }
        Ok(())
    }
}

fn sent_entry(row: &[u8]) -> Result<Option<u64>, DeskFault> {
    Ok(Some(OutboxRow::from_bytes(row)?.index))
}

fn received_entry(row: &[u8]) -> Result<Option<u64>, DeskFault> {
    Ok(InboxRow::from_bytes(row)?.index)
}
