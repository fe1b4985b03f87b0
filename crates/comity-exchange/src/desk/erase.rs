//! Erasure: first the ledger says that it happens, then the keys of the bodies are destroyed, then the rows go.
//!
//! A crash between leaves an entry without its erasure; [`Desk::erase`] may be repeated. The decisions about the record
//! and the salts of its entries stay: what was decided is still provable, on what is not.

use super::{Desk, DeskFault};
use crate::{
    Bodies, Entropy, draw,
    tables::{ERASURES, ErasureRow, OBJECTS, object_key},
};
use comity_ledger::store::{ErasureAuthority, Kv, Row, Store};
use comity_record::{Canonical, Entry, EntryKind, OfficerId, RecordId, Timestamp, sha256};

/// An erasure done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Its entry.
    pub index: u64,
    /// How many bodies were destroyed: objects, and the envelope where the whole record was erased.
    pub bodies: usize,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Erases a record held here, or the objects in some slots of it. Done when it returns: no key opens the bodies.
    pub async fn erase(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        slots: &[u32],
        by: Option<&OfficerId>,
    ) -> Result<Erased, DeskFault> {
        let row = self.record_rows(&[record]).await?.pop().flatten();
        let row = row.ok_or_else(|| DeskFault::NoRecord { record: record.0.short() })?;
        let mut entry = Entry::new(EntryKind::Erasure, now, self.party.clone());
        entry.record = Some(record);
        entry.subject = by.map(|officer| sha256(&[officer.as_str().as_bytes()]));
        let slots_row = (!slots.is_empty()).then(|| slots.to_vec());
        let value = ErasureRow { record, slots: slots_row }.to_bytes();
        let key = self.log.size().to_be_bytes().to_vec();
        let rows = vec![Row { table: ERASURES, partition: 0, key, value }];
        let committed = self.commit(vec![(entry, draw(entropy))], rows).await?;
        let authority = committed.first().and_then(ErasureAuthority::from_entry);
        let authority = authority.ok_or_else(|| DeskFault::Other {
            what: "an erasure",
            why: "its entry gave no authority".to_owned(),
        })?;
        let count = row.held.as_ref().map_or(row.objects, |held| held.len() as u32);
        let all: Vec<u32> = (0..count).collect();
        let gone = if slots.is_empty() { &all } else { slots };
        let parts: Vec<u32> = gone.iter().map(|slot| slot.saturating_add(1)).collect();
        // No parts means all of them, the envelope too.
        let destroyed = if slots.is_empty() { Vec::new() } else { parts };
        self.bodies.destroy(record, &destroyed).await?;
        let keys: Vec<_> = gone.iter().map(|slot| (0, object_key(row.index, *slot))).collect();
        self.store.erase(OBJECTS, &keys, &authority).await?;
        self.frames.forget(record);
        self.report_erased(now, entropy, record, slots).await?;
        let envelope = usize::from(slots.is_empty());
        Ok(Erased { index: authority.index(), bodies: gone.len() + envelope })
    }
}
