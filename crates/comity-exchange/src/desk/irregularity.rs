//! Reports of irregularities, as the party keeps them: what was done stands in the ledger, what was told is sealed to whom it
//! is for before it comes here, and sealed once more like the body of a record, so that it can be erased.

use super::{Desk, DeskFault};
use crate::{
    Bodies, Entropy, draw,
    tables::{ERASURES, ErasureRow, IRREGULARITIES, IRREGULARITY_BODIES, IrregularityRow, irregularity_key},
};
use comity_affairs::irregularity::{Deed, Done, Irregularity, Kept, Place, reports};
use comity_ledger::store::{ErasureAuthority, Kv, Order, Row, Store};
use comity_record::{Canonical, Entry, EntryKind, Hash, OfficerId, RecordId, Timestamp, UnitCode, sha256};
use std::collections::BTreeMap;

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Enters something done about a report; durable on return. The ledger takes a hash of it.
    pub async fn irregularity_enter(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        about: (Place, UnitCode),
        by: Option<OfficerId>,
        deed: Deed,
        kept: Option<Kept>,
    ) -> Result<u64, DeskFault> {
        let (place, unit) = about;
        let index = self.log.size();
        let body = kept.is_some().then(|| RecordId(Hash(draw(entropy))));
        let row = IrregularityRow { unit, by, at: now, deed, body, nonce: draw::<32>(entropy).into() };
        let bytes = row.to_bytes();
        let content = kept.as_ref().map(Canonical::to_bytes).unwrap_or_default();
        let mut told = Entry::new(EntryKind::Administration, now, self.party.clone());
        told.subject = Some(sha256(&[b"comity irregularity\0", place.0.as_bytes(), &bytes, &content]));
        let mut rows = vec![Row {
            table: IRREGULARITIES,
            partition: 0,
            key: irregularity_key(&place, index),
            value: bytes,
        }];
        if let Some(name) = body {
            let sealed = self.bodies.seal(&[(name, vec![content])]).await?;
            let value = sealed.into_iter().flatten().next().unwrap_or_default();
            rows.push(Row { table: IRREGULARITY_BODIES, partition: 0, key: body_key(index), value });
        }
        self.commit(vec![(told, draw(entropy))], rows).await?;
        Ok(index)
    }

    /// Every report, by its place.
    pub async fn irregularities(&self) -> Result<BTreeMap<Place, Irregularity>, DeskFault> {
        let mut deeds = Vec::new();
        for (key, value) in self.rows(IRREGULARITIES, 0).await? {
            let row = IrregularityRow::from_bytes(&value)?;
            let Some((place, index)) = place_of(&key) else { continue };
            deeds.push((index, (place, row.unit, Done { at: row.at, by: row.by, deed: row.deed })));
        }
        deeds.sort_by_key(|(index, _)| *index);
        Ok(reports(deeds.into_iter().map(|(_, deed)| deed)))
    }

    /// What was told and answered in a report, each with its deed, oldest first. What was erased is left out.
    pub async fn irregularity_bodies(&self, place: &Place) -> Result<Vec<(Done, Kept)>, DeskFault> {
        let mut found = Vec::new();
        for (index, row) in self.irregularity_rows(place).await? {
            let Some(name) = row.body else { continue };
            let sealed = self.store.get_many(IRREGULARITY_BODIES, &[(0, body_key(index))]).await?;
            let sealed = sealed.into_iter().flatten().next();
            let Some(sealed) = sealed else { continue };
            let opened = self.bodies.open(name, &[(0, sealed)]).await?.pop().flatten();
            if let Some(bytes) = opened {
                found.push((Done { at: row.at, by: row.by, deed: row.deed }, Kept::from_bytes(&bytes)?));
            }
        }
        Ok(found)
    }

    /// Erases what was told and answered in a report; that it was there, and what was done, stays. How many bodies went.
    pub async fn irregularity_erase(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        place: Place,
        unit: UnitCode,
        by: Option<OfficerId>,
    ) -> Result<usize, DeskFault> {
        let mut names: Vec<(u64, RecordId)> = Vec::new();
        for (index, row) in self.irregularity_rows(&place).await? {
            let Some(name) = row.body else { continue };
            let held = self.store.get_many(IRREGULARITY_BODIES, &[(0, body_key(index))]).await?;
            if held.into_iter().flatten().next().is_some() {
                names.push((index, name));
            }
        }
        let first = self.log.size();
        let (mut entries, mut erasures) = (Vec::new(), Vec::new());
        for (number, (_, name)) in (first..).zip(&names) {
            let mut entry = Entry::new(EntryKind::Erasure, now, self.party.clone());
            entry.record = Some(*name);
            entries.push((entry, draw(entropy)));
            let value = ErasureRow { record: *name, slots: None }.to_bytes();
            erasures.push(Row { table: ERASURES, partition: 0, key: body_key(number), value });
        }
        if !names.is_empty() {
            // A crash after this leaves keys that the next start destroys, as the log says.
            let committed = self.commit(entries, erasures).await?;
            for (_, name) in &names {
                self.bodies.destroy(*name, &[]).await?;
            }
            if let Some(authority) = committed.first().and_then(ErasureAuthority::from_entry) {
                let keys: Vec<_> = names.iter().map(|(index, _)| (0, body_key(*index))).collect();
                self.store.erase(IRREGULARITY_BODIES, &keys, &authority).await?;
            }
        }
        self.irregularity_enter(now, entropy, (place, unit), by, Deed::Erased, None).await?;
        Ok(names.len())
    }

    async fn irregularity_rows(&self, place: &Place) -> Result<Vec<(u64, IrregularityRow)>, DeskFault> {
        let to = [place.0.as_bytes().as_slice(), &[0xff; 9]].concat();
        let from = place.0.as_bytes();
        let rows = self.store.scan(IRREGULARITIES, 0, from, &to, 10_000, Order::Ascending).await?;
        let mut found = Vec::with_capacity(rows.len());
        for (key, value) in rows {
            let Some((_, index)) = place_of(&key) else { continue };
            found.push((index, IrregularityRow::from_bytes(&value)?));
        }
        Ok(found)
    }
}

/// The place and the entry index of a key.
fn place_of(key: &[u8]) -> Option<(Place, u64)> {
    let place = Place(Hash::from_slice(key.get(..32)?)?);
    let index = key.last_chunk::<8>().copied().map(u64::from_be_bytes)?;
    Some((place, index))
}

fn body_key(index: u64) -> Vec<u8> {
    index.to_be_bytes().to_vec()
}
