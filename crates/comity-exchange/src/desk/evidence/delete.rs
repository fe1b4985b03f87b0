//! Deletion of objects: the ledger and the custody record say so first, then the keys go, and with them every copy.

use super::EvidenceFault;
use crate::{
    Bodies, Desk, DeskFault, Entropy, Hand, draw,
    tables::{ERASURES, EVIDENCE_NOTES, ErasureRow, evidence_key, evidence_shelf},
};
use comity_affairs::{
    conditions::{Deletion, DeletionStatement},
    custody::{Act, Note, NoteRow},
};
use comity_ledger::store::{ErasureAuthority, Kv, Row, Store};
use comity_record::{Attested, Canonical, Entry, EntryKind, Hash, PartyCode, RecordId, Timestamp};

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Deletes what `deletion` names: a person's act that was found to be due and not held. The signed statement, the
    /// authority to remove the sealed pieces, and those pieces. A crash after the commit leaves keys that are to go; it is
    /// repeated by asking again.
    pub async fn delete_objects(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        deletion: Deletion,
        to: PartyCode,
        hand: &Hand,
    ) -> Result<(Vec<u8>, ErasureAuthority, Vec<Hash>), EvidenceFault> {
        let (_, package) = self.manifest(record).await?;
        let row = self.evidence_row(record).await?;
        let row = row.ok_or_else(|| EvidenceFault::NotHeld { record: record.0.short() })?;
        let (mut slots, mut chunks) = (Vec::new(), Vec::new());
        for (slot, (item, of_item)) in (0u32..).zip(package.items.iter().zip(row.chunks)) {
            if deletion.objects.contains(&item.sha256) {
                slots.push(slot);
                chunks.extend(of_item);
            }
        }
        let objects = deletion.objects.clone();
        let statement = DeletionStatement { from: self.party.clone(), to, record, deletion };
        let statement = Attested::sign(statement, &*self.signers.record).map_err(DeskFault::from)?;
        let mut own = self.own_chain(record).await?;
        let act = hand.does(&self.party, now, Act::Destroyed, objects.clone());
        let written = self.write_custody(now, entropy, record, &mut own, vec![act])?;
        let mut erasure = Entry::new(EntryKind::Erasure, now, self.party.clone());
        (erasure.record, erasure.subject) = (Some(record), Some(statement.hash()));
        let index = self.log.size();
        let note = Note::Deleted { objects, statement: statement.as_bytes().to_vec().into() };
        let note = NoteRow { by: Some(hand.officer.clone()), at: now, note };
        let shelf = evidence_shelf(&record);
        let mut rows = written.rows;
        rows.push(Row {
            table: ERASURES,
            partition: 0,
            key: index.to_be_bytes().to_vec(),
            value: ErasureRow { record: shelf, slots: Some(slots.clone()) }.to_bytes(),
        });
        rows.push(Row {
            table: EVIDENCE_NOTES,
            partition: 0,
            key: evidence_key(&record, index),
            value: note.to_bytes(),
        });
        let mut entries = vec![(erasure, draw(entropy))];
        entries.extend(written.entries);
        let committed = self.commit(entries, rows).await?;
        let authority = committed.first().and_then(ErasureAuthority::from_entry);
        let authority = authority.ok_or_else(|| DeskFault::Other {
            what: "a deletion",
            why: "its entry gave no authority".to_owned(),
        })?;
        let parts: Vec<u32> = slots.iter().map(|slot| slot.saturating_add(1)).collect();
        self.bodies.destroy(shelf, &parts).await?;
        Ok((statement.as_bytes().to_vec(), authority, chunks))
    }
}
