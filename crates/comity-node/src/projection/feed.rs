//! Reads the log for projectors: entries with the records they brought, opened.
//!
//! Projectors that stand at the same place get the same page, so that bodies are opened once for all of them.

use super::change::{Change, Gone, HeldObject, Holding, Narrowed, What, Withdrawn};
use crate::app::SealedBodies;
use comity_exchange::{
    Bodies,
    house::ActRow,
    tables::{ACTS, ERASURES, ErasureRow, Held, OBJECTS, RECALLED, RECORDS, RecordRow, object_key},
};
use comity_ledger::{
    log::{ENTRIES, LOG_PARTITION},
    store::{Order, Pairs, Store, StoreFault},
};
use comity_record::{
    Canonical, Entry, EntryKind, Malformed, RecordId, Signed,
    body::{Narrowing, Recall},
};
use comity_store::AnyStore;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Entries read at once.
const ENTRIES_AT_ONCE: u32 = 256;
/// Beyond so many objects a page ends: it bounds what a projector holds in memory.
const OBJECTS_AT_ONCE: u32 = 4000;
/// Pages kept for projectors that come to the same place a moment later.
const KEPT: usize = 2;
/// Bytes of the salt before an entry.
const SALT: usize = size_of::<comity_record::EntrySalt>();

/// The log, opened page by page. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Feed {
    store: AnyStore,
    bodies: SealedBodies,
    kept: Arc<Mutex<Kept>>,
}

/// Pages by the entry they begin at.
type Kept = VecDeque<(u64, Arc<Page>)>;

/// Changes that follow one another.
#[derive(Debug)]
pub struct Page {
    /// The changes of the entries from where it was asked for, one for each.
    pub changes: Vec<Change>,
}

impl Feed {
    /// The log of a store whose bodies these are.
    pub fn new(store: AnyStore, bodies: SealedBodies) -> Feed {
        Feed { store, bodies, kept: Arc::default() }
    }

    /// The store.
    pub fn store(&self) -> &AnyStore {
        &self.store
    }

    /// Its sealed bodies.
    pub fn bodies(&self) -> &SealedBodies {
        &self.bodies
    }

    /// The changes of entries from `from` on, at least one where `from` is below `size`. A change of earlier rows comes
    /// alone.
    pub async fn page(&self, from: u64, size: u64) -> Result<Arc<Page>, StoreFault> {
        if let Some(page) = self.kept(from) {
            return Ok(page);
        }
        let page = Arc::new(self.read(from, size).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((from, Arc::clone(&page)));
        while kept.len() > KEPT {
            kept.pop_front();
        }
        Ok(page)
    }

    /// Lets go of the pages kept: an erasure forgets them, and so does a projector that has nothing more to read.
    pub fn forget(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn kept(&self, from: u64) -> Option<Arc<Page>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(at, _)| *at == from).map(|(_, page)| Arc::clone(page))
    }

    async fn read(&self, from: u64, size: u64) -> Result<Page, StoreFault> {
        let entries = self.entries(from, size).await?;
        let rows = self.record_rows(&entries).await?;
        let taken = first_page(entries, &rows);
        let objects = self.objects(&taken, &rows).await?;
        let mut changes = Vec::with_capacity(taken.len());
        for (index, entry) in taken {
            let what = match &entry {
                Some(entry) => self.what(index, entry, &rows, &objects).await?,
                None => What::Other(None),
            };
            changes.push(Change { index, at: entry.map(|entry| entry.at), what });
        }
        Ok(Page { changes })
    }

    /// The entries by index; `None` where the content was lost.
    async fn entries(&self, from: u64, size: u64) -> Result<Vec<(u64, Option<Entry>)>, StoreFault> {
        let to = size.min(from.saturating_add(ENTRIES_AT_ONCE.into()));
        let (first, last) = (from.to_be_bytes(), to.to_be_bytes());
        let rows =
            self.store.scan(ENTRIES, LOG_PARTITION, &first, &last, ENTRIES_AT_ONCE, Order::Ascending).await?;
        let mut found = BTreeMap::new();
        for (key, value) in rows {
            let Some(index) = key.first_chunk::<8>().copied().map(u64::from_be_bytes) else { continue };
            let entry =
                Entry::from_bytes(value.get(SALT..).unwrap_or_default()).map_err(|why| damaged(&why))?;
            found.insert(index, entry);
        }
        Ok((from..to).map(|index| (index, found.remove(&index))).collect())
    }

    async fn record_rows(
        &self,
        entries: &[(u64, Option<Entry>)],
    ) -> Result<BTreeMap<RecordId, RecordRow>, StoreFault> {
        let ids = entries.iter().filter_map(|(_, entry)| entry.as_ref().filter(|entry| holds(entry))?.record);
        let mut ids: Vec<RecordId> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let keys: Vec<_> = ids.iter().map(|id| (0, id.0.0.to_vec())).collect();
        let mut rows = BTreeMap::new();
        for (id, row) in ids.iter().zip(self.store.get_many(RECORDS, &keys).await?) {
            if let Some(row) = row {
                rows.insert(*id, RecordRow::from_bytes(&row).map_err(|why| damaged(&why))?);
            }
        }
        Ok(rows)
    }

    /// The sealed objects of the records that begin in these entries, by entry and slot.
    async fn objects(
        &self,
        entries: &[(u64, Option<Entry>)],
        rows: &BTreeMap<RecordId, RecordRow>,
    ) -> Result<BTreeMap<u64, Vec<(u32, Vec<u8>)>>, StoreFault> {
        let begun = entries.iter().filter(|(index, entry)| begins(*index, entry.as_ref(), rows).is_some());
        let begun: Vec<u64> = begun.map(|(index, _)| *index).collect();
        let mut objects: BTreeMap<u64, Vec<(u32, Vec<u8>)>> = BTreeMap::new();
        let (Some(first), Some(last)) = (begun.first(), begun.last()) else { return Ok(objects) };
        let (from, to) = (object_key(*first, 0), object_key(last.saturating_add(1), 0));
        let found: Pairs = self.store.scan(OBJECTS, 0, &from, &to, u32::MAX, Order::Ascending).await?;
        for (key, sealed) in found {
            let Some((index, slot)) = place(&key) else { continue };
            objects.entry(index).or_default().push((slot, sealed));
        }
        Ok(objects)
    }

    async fn what(
        &self,
        index: u64,
        entry: &Entry,
        rows: &BTreeMap<RecordId, RecordRow>,
        objects: &BTreeMap<u64, Vec<(u32, Vec<u8>)>>,
    ) -> Result<What, StoreFault> {
        let other = What::Other(Some(entry.kind));
        Ok(match (entry.kind, entry.record) {
            (EntryKind::Erasure, Some(record)) => self.gone(index, record).await?.map_or(other, What::Erased),
            (EntryKind::Recall, Some(record)) => self.recalled(record, entry).await?.unwrap_or(other),
            (EntryKind::Administration, _) => self.act(index).await?.map_or(other, What::Act),
            _ => match begins(index, Some(entry), rows) {
                Some((record, row)) => {
                    let sealed = objects.get(&index).map(Vec::as_slice).unwrap_or_default();
                    self.holding(record, row, sealed).await?.map_or(other, What::Held)
                }
                None => other,
            },
        })
    }

    /// A record opened; `None` where its envelope was erased.
    async fn holding(
        &self,
        record: RecordId,
        row: &RecordRow,
        sealed: &[(u32, Vec<u8>)],
    ) -> Result<Option<Box<Holding>>, StoreFault> {
        let mut parts = vec![(0, row.sealed.to_vec())];
        parts.extend(sealed.iter().map(|(slot, bytes)| (slot.saturating_add(1), bytes.clone())));
        let mut opened = self.bodies.open(record, &parts).await?.into_iter();
        let Some(envelope) = opened.next().flatten() else { return Ok(None) };
        let held = Held::from_bytes(&envelope).map_err(|why| damaged(&why))?;
        // Its signature was verified before it was held, and the seal keeps its bytes.
        let signed = Signed::from_bytes(&held.envelope).map_err(|why| damaged(&why))?;
        let object = |((slot, _), bytes): (&(u32, Vec<u8>), Option<Vec<u8>>)| {
            Some(HeldObject { slot: *slot, position: position(row, *slot), bytes: bytes? })
        };
        Ok(Some(Box::new(Holding {
            record,
            kind: signed.header().kind.clone(),
            statement: signed.statement().clone(),
            received_from: row.received_from.clone(),
            objects: sealed.iter().zip(opened).filter_map(object).collect(),
        })))
    }

    /// What an erasure takes of a record: what its row says, since the entry comes before the keys are destroyed. Logs of
    /// the first format have entries without a row; there it is looked at what is left.
    async fn gone(&self, index: u64, record: RecordId) -> Result<Option<Gone>, StoreFault> {
        let Some(row) = self.row(record).await? else { return Ok(None) };
        let key = (0, index.to_be_bytes().to_vec());
        if let Some(erasure) = self.store.get_many(ERASURES, &[key]).await?.pop().flatten() {
            let erasure = ErasureRow::from_bytes(&erasure).map_err(|why| damaged(&why))?;
            // Deleted evidence is named by its shelf, and no object of the record goes.
            let gone = (erasure.record == record).then(|| {
                let whole = erasure.slots.is_none();
                let slots = erasure.slots.unwrap_or_else(|| (0..slots(&row)).collect());
                Gone { record, entry: row.index, whole, slots }
            });
            return Ok(gone);
        }
        let whole = self.bodies.open(record, &[(0, row.sealed.to_vec())]).await?.pop().flatten().is_none();
        let keys: Vec<_> = (0..slots(&row)).map(|slot| (0, object_key(row.index, slot))).collect();
        let left = self.store.get_many(OBJECTS, &keys).await?;
        let gone = (0..).zip(left).filter(|(_, sealed)| whole || sealed.is_none()).map(|(slot, _)| slot);
        Ok(Some(Gone { record, entry: row.index, whole, slots: gone.collect() }))
    }

    async fn recalled(&self, record: RecordId, entry: &Entry) -> Result<Option<What>, StoreFault> {
        let Some(row) = self.row(record).await? else { return Ok(None) };
        let recall = entry.subject.map(|recall| [record.0.0, recall.0].concat());
        let keys: Vec<_> = recall.into_iter().map(|key| (0, key)).collect();
        let Some(recall) = self.store.get_many(RECALLED, &keys).await?.pop().flatten() else {
            return Ok(None);
        };
        let recall = Recall::from_bytes(&recall).map_err(|why| damaged(&why))?;
        if recall.narrowing().is_some() {
            return Ok(self.narrowed(record, &row).await?.map(|narrowed| What::Narrowed(Box::new(narrowed))));
        }
        let all = recall.objects.is_empty();
        let recalled = |slot: &u32| all || recall.objects.contains(&position(&row, *slot));
        let slots = (0..slots(&row)).filter(recalled).collect();
        Ok(Some(What::Recalled(Withdrawn { record, entry: row.index, slots })))
    }

    /// All narrowings of a record together, since only the last state counts. `None` where the record was erased.
    async fn narrowed(&self, record: RecordId, row: &RecordRow) -> Result<Option<Narrowed>, StoreFault> {
        let to = [record.0.0.as_slice(), &[0xff; 32], &[0xff]].concat();
        let mut narrowing = Narrowing::default();
        for (_, value) in self.store.scan(RECALLED, 0, &record.0.0, &to, u32::MAX, Order::Ascending).await? {
            let recall = Recall::from_bytes(&value).map_err(|why| damaged(&why))?;
            narrowing = recall.narrowing().map_or(narrowing.clone(), |by| narrowing.clone().and(by));
        }
        let (from, to) = (object_key(row.index, 0), object_key(row.index.saturating_add(1), 0));
        let found: Pairs = self.store.scan(OBJECTS, 0, &from, &to, u32::MAX, Order::Ascending).await?;
        let sealed = found.into_iter().filter_map(|(key, sealed)| Some((place(&key)?.1, sealed)));
        let sealed: Vec<(u32, Vec<u8>)> = sealed.collect();
        let holding = self.holding(record, row, &sealed).await?;
        Ok(holding.map(|holding| Narrowed { entry: row.index, holding: *holding, narrowing }))
    }

    async fn act(&self, index: u64) -> Result<Option<Box<ActRow>>, StoreFault> {
        let key = (0, index.to_be_bytes().to_vec());
        let row = self.store.get_many(ACTS, &[key]).await?.pop().flatten();
        row.map(|row| ActRow::from_bytes(&row).map(Box::new).map_err(|why| damaged(&why))).transpose()
    }

    async fn row(&self, record: RecordId) -> Result<Option<RecordRow>, StoreFault> {
        let row = self.store.get_many(RECORDS, &[(0, record.0.0.to_vec())]).await?.pop().flatten();
        row.map(|row| RecordRow::from_bytes(&row).map_err(|why| damaged(&why))).transpose()
    }
}

/// Whether a record is held from an entry of this kind on.
fn holds(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::Authored | EntryKind::Received)
}

/// The record that begins at an entry. A record that was held already begins at its first entry only.
fn begins<'a>(
    index: u64,
    entry: Option<&Entry>,
    rows: &'a BTreeMap<RecordId, RecordRow>,
) -> Option<(RecordId, &'a RecordRow)> {
    let record = entry.filter(|entry| holds(entry))?.record?;
    rows.get(&record).filter(|row| row.index == index).map(|row| (record, row))
}

/// The entries that make a page: as many as their objects allow, and a change of earlier rows alone.
fn first_page(
    entries: Vec<(u64, Option<Entry>)>,
    rows: &BTreeMap<RecordId, RecordRow>,
) -> Vec<(u64, Option<Entry>)> {
    let (mut objects, mut taken) = (0, Vec::new());
    for (index, entry) in entries {
        let alone = entry.as_ref().is_some_and(|entry| changes_rows(entry.kind));
        if (alone && !taken.is_empty()) || objects > OBJECTS_AT_ONCE {
            break;
        }
        objects += begins(index, entry.as_ref(), rows).map_or(0, |(_, row)| slots(row));
        taken.push((index, entry));
        if alone {
            break;
        }
    }
    taken
}

fn changes_rows(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Erasure | EntryKind::Recall | EntryKind::Administration)
}

/// How many objects of a record came.
fn slots(row: &RecordRow) -> u32 {
    row.held.as_ref().map_or(row.objects, |held| u32::try_from(held.len()).unwrap_or(u32::MAX))
}

/// The manifest position of a slot: where only some objects came, the record's row lists them.
fn position(row: &RecordRow, slot: u32) -> u32 {
    match &row.held {
        Some(held) => held.get(slot as usize).copied().unwrap_or(u32::MAX),
        None => slot,
    }
}

/// Entry and slot of an object's key.
fn place(key: &[u8]) -> Option<(u64, u32)> {
    let (index, slot) = key.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*index), u32::from_be_bytes(slot.try_into().ok()?)))
}

fn damaged(why: &Malformed) -> StoreFault {
    StoreFault::Damaged { why: format!("a row of the log cannot be read: {why}") }
}
