//! Reading back what is held.

use super::{Desk, DeskFault};
use crate::{
    Bodies,
    tables::{Held, OBJECTS, OUTBOX, OutboxRow, RECORDS, RecordRow, object_key},
};
use comity_ledger::store::{Kv, Order, Store};
use comity_record::{Canonical, Frame, Hash, PartyCode, RecordId, Salts, Signed, Verified};
use std::collections::BTreeSet;

/// Rows of records read at once; one may be a hundred kilobytes long.
const FEW: u32 = 64;

/// A record held here, verified again, with the objects that were not erased.
#[derive(Clone, Debug)]
pub struct HeldRecord {
    /// The record.
    pub record: Verified,
    /// Its entry.
    pub index: u64,
    /// From whom it came, where it did not originate here.
    pub received_from: Option<PartyCode>,
    /// Objects by manifest position.
    pub objects: Vec<(u32, Vec<u8>)>,
    salts: Salts,
    positions: Option<Vec<u32>>,
}

impl HeldRecord {
    /// The frame that carries the record with everything still held of it.
    pub fn frame(&self) -> Result<Frame, DeskFault> {
        let signed = Signed::from_bytes(self.record.as_bytes())?;
        let in_manifest = self.record.statement().body.manifest().map_or(0, |m| m.objects.len());
        Ok(match &self.salts {
            Salts::None => Frame::bare(&signed),
            Salts::Complete(salt) if self.objects.len() == in_manifest => {
                Frame::complete(&signed, *salt, self.objects.iter().map(|(_, bytes)| bytes.clone()).collect())
            }
            salts => {
                let salted = self.objects.iter().filter_map(|(position, bytes)| {
                    object_salt(salts, *position).map(|salt| (*position, salt, bytes.clone()))
                });
                Frame::partial(&signed, salted.collect())
            }
        })
    }
}

fn object_salt(salts: &Salts, position: u32) -> Option<comity_record::ObjectSalt> {
    match salts {
        Salts::Complete(salt) => Some(salt.object(position)),
        Salts::Partial(salts) => salts.iter().find(|(at, _)| *at == position).map(|(_, salt)| **salt),
        Salts::None => None,
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// The rows of records, in the order asked; `None` where there is none.
    pub async fn record_rows(&self, records: &[RecordId]) -> Result<Vec<Option<RecordRow>>, DeskFault> {
        let keys: Vec<_> = records.iter().map(|id| (0, id.0.0.to_vec())).collect();
        let rows = self.store.get_many(RECORDS, &keys).await?;
        Ok(rows
            .into_iter()
            .map(|row| row.map(|row| RecordRow::from_bytes(&row)).transpose())
            .collect::<Result<_, _>>()?)
    }

    /// Every record authored here, oldest first, with its row; derived ones too.
    pub async fn own_records(&self) -> Result<Vec<(RecordId, RecordRow)>, DeskFault> {
        self.records_where(|id, row| row.received_from.is_none().then_some((row.index, (id, row)))).await
    }

    /// Every record received, oldest first, with its row.
    pub async fn received_records(&self) -> Result<Vec<(RecordId, RecordRow)>, DeskFault> {
        self.records_where(|id, row| row.received_from.is_some().then_some((row.index, (id, row)))).await
    }

    /// What `keep` keeps of each record, by its entry, oldest first. The rows are read few at a time, since each holds a
    /// manifest of up to a thousand objects.
    pub(super) async fn records_where<T>(
        &self,
        keep: impl Fn(RecordId, RecordRow) -> Option<(u64, T)>,
    ) -> Result<Vec<T>, DeskFault> {
        let (mut found, mut from) = (Vec::new(), Vec::new());
        loop {
            let page = self.store.scan(RECORDS, 0, &from, &[], FEW, Order::Ascending).await?;
            for (key, value) in &page {
                let row = RecordRow::from_bytes(value)?;
                let Some(id) = Hash::from_slice(key).map(RecordId) else { continue };
                found.extend(keep(id, row));
            }
            match page.last() {
                Some((last, _)) if page.len() == FEW as usize => from = [last.as_slice(), &[0]].concat(),
                _ => break,
            }
        }
        found.sort_by_key(|(index, _)| *index);
        Ok(found.into_iter().map(|(_, kept)| kept).collect())
    }

    /// The records that have a position in a peer's outbox.
    pub async fn given(&self, party: &PartyCode) -> Result<BTreeSet<RecordId>, DeskFault> {
        let number = self.peer(party)?.number;
        let rows = self.rows(OUTBOX, number).await?;
        rows.iter().map(|(_, value)| Ok(OutboxRow::from_bytes(value)?.record)).collect()
    }

    /// The record without its objects, verified again. That its key was revoked since does not matter: the log
    /// says that it was entered before.
    pub async fn envelope(&self, id: RecordId) -> Result<HeldRecord, DeskFault> {
        let row = self.record_rows(&[id]).await?.pop().flatten();
        let row = row.ok_or_else(|| DeskFault::NoRecord { record: id.0.short() })?;
        let opened = self.bodies.open(id, &[(0, row.sealed.to_vec())]).await?.pop().flatten();
        let held = opened.ok_or_else(|| DeskFault::Erased { record: id.0.short() })?;
        let held = Held::from_bytes(&held)?;
        let record = Signed::from_bytes(&held.envelope)?.verify(&self.held_keys)?;
        Ok(HeldRecord {
            record,
            index: row.index,
            received_from: row.received_from,
            objects: Vec::new(),
            salts: held.salts,
            positions: row.held,
        })
    }

    /// The record with the objects that were not erased.
    pub async fn held(&self, id: RecordId) -> Result<HeldRecord, DeskFault> {
        let mut held = self.envelope(id).await?;
        let (from, to) = (object_key(held.index, 0), object_key(held.index, u32::MAX));
        let limit = comity_record::Manifest::MAX_OBJECTS as u32;
        let rows = self.store.scan(OBJECTS, 0, &from, &to, limit, Order::Ascending).await?;
        let mut parts = Vec::with_capacity(rows.len());
        for (key, sealed) in rows {
            let slot = key.last_chunk::<4>().copied().map_or(u32::MAX, u32::from_be_bytes);
            parts.push((slot.saturating_add(1), sealed));
        }
        let opened = self.bodies.open(id, &parts).await?;
        for ((part, _), bytes) in parts.iter().zip(opened) {
            let slot = part.saturating_sub(1);
            // Where only some objects came, their positions stand in the record's row, by slot.
            let position = match &held.positions {
                Some(positions) => positions.get(slot as usize).copied().unwrap_or(u32::MAX),
                None => slot,
            };
            held.objects.extend(bytes.map(|bytes| (position, bytes)));
        }
        Ok(held)
    }
}
