//! Objects from the store, opened: batched reads, one look at the keys of a record whatever number of its objects is read.

use super::{Permitted, Place};
use comity_exchange::{
    Bodies,
    tables::{Held, OBJECTS, RECORDS, RecordRow, object_key},
};
use comity_ledger::{
    log::{ENTRIES, LOG_PARTITION},
    store::{Kv, Order, Store, StoreFault},
};
use comity_record::{Canonical, Entry, Labels, PartyCode, RecordId, Signed, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// From so many objects of one record on, they are read in one sweep instead of one by one.
const SWEEP: usize = 16;

/// What is known of a record without its objects.
#[derive(Clone, Debug)]
pub struct Header {
    /// The record.
    pub record: RecordId,
    /// When it was added here.
    pub at: Timestamp,
    /// Who signed it.
    pub origin: PartyCode,
    /// From whom it came, where it did not originate here.
    pub received_from: Option<PartyCode>,
    /// Its labels.
    pub labels: Labels,
    /// Whether it was derived by redaction.
    pub derived: bool,
}

/// An object's exact bytes, with its place and its record.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Where it lies.
    pub place: Place,
    /// Its record.
    pub header: Arc<Header>,
    /// Its bytes as received.
    pub bytes: Vec<u8>,
}

/// Where objects lie, with the keys that open them.
#[derive(Clone, Copy, Debug)]
pub struct Shelf<'s, S, B> {
    store: &'s S,
    bodies: &'s B,
}

impl<'s, S: Store + Kv, B: Bodies> Shelf<'s, S, B> {
    /// The shelf of a store whose bodies these are.
    pub fn new(store: &'s S, bodies: &'s B) -> Shelf<'s, S, B> {
        Shelf { store, bodies }
    }

    /// The objects that a reader may read, in their order. One that was erased meanwhile is left out.
    pub async fn read(&self, permitted: &Permitted) -> Result<Vec<Copy>, StoreFault> {
        let keys: Vec<_> =
            permitted.places().iter().map(|place| (0, object_key(place.entry, place.slot))).collect();
        let sealed = self.store.get_many(OBJECTS, &keys).await?;
        let mut by_entry: BTreeMap<u64, Vec<(u32, Vec<u8>)>> = BTreeMap::new();
        for (place, sealed) in permitted.places().iter().zip(sealed) {
            if let Some(sealed) = sealed {
                by_entry.entry(place.entry).or_default().push((place.slot.saturating_add(1), sealed));
            }
        }
        let mut opened: BTreeMap<Place, Vec<u8>> = BTreeMap::new();
        for (entry, parts) in by_entry {
            let Some(header) = permitted.header(entry) else { continue };
            let bodies = self.bodies.open(header.record, &parts).await?;
            for ((part, _), bytes) in parts.iter().zip(bodies) {
                let place = Place { entry, slot: part.saturating_sub(1) };
                bytes.map(|bytes| opened.insert(place, bytes));
            }
        }
        let copy = |place: &Place| {
            let header = Arc::clone(permitted.header(place.entry)?);
            Some(Copy { place: *place, header, bytes: opened.remove(place)? })
        };
        Ok(permitted.places().iter().filter_map(copy).collect())
    }
}

impl<S: Store + Kv, B: Bodies> Shelf<'_, S, B> {
    /// The bytes of the party's own objects in their order, many of a record in one sweep; `None` where they were erased.
    pub async fn sweep(&self, permitted: &Permitted) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        let mut by_entry: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for place in permitted.places() {
            by_entry.entry(place.entry).or_default().push(place.slot);
        }
        let mut opened: BTreeMap<Place, Vec<u8>> = BTreeMap::new();
        for (entry, parts) in self.sealed(&by_entry).await? {
            let Some(record) = permitted.record(entry) else { continue };
            let bodies = self.bodies.open(record, &parts).await?;
            let found = parts.iter().zip(bodies).filter_map(|((part, _), body)| Some((*part, body?)));
            opened.extend(found.map(|(part, body)| (Place { entry, slot: part.saturating_sub(1) }, body)));
        }
        Ok(permitted.places().iter().map(|place| opened.remove(place)).collect())
    }

    /// Sealed parts by entry: in one sweep where many of a record are wanted, the rest together.
    async fn sealed(
        &self,
        wanted: &BTreeMap<u64, Vec<u32>>,
    ) -> Result<BTreeMap<u64, Vec<(u32, Vec<u8>)>>, StoreFault> {
        let store = self.store;
        let mut sealed: BTreeMap<u64, Vec<(u32, Vec<u8>)>> = BTreeMap::new();
        let mut single = Vec::new();
        for (entry, slots) in wanted {
            let span = slots.iter().min().copied().zip(slots.iter().max().copied());
            let Some((first, last)) = span else { continue };
            if slots.len() < SWEEP || slots.len() * 4 < (last - first) as usize {
                single.extend(slots.iter().map(|slot| (*entry, *slot)));
                continue;
            }
            let (from, to) = (object_key(*entry, first), object_key(*entry, last.saturating_add(1)));
            let rows = store.scan(OBJECTS, 0, &from, &to, u32::MAX, Order::Ascending).await?;
            let set: BTreeSet<u32> = slots.iter().copied().collect();
            let parts = rows.into_iter().filter_map(|(key, value)| {
                let slot = key.last_chunk::<4>().copied().map(u32::from_be_bytes)?;
                set.contains(&slot).then_some((slot.saturating_add(1), value))
            });
            sealed.insert(*entry, parts.collect());
        }
        let keys: Vec<_> = single.iter().map(|(entry, slot)| (0, object_key(*entry, *slot))).collect();
        for ((entry, slot), value) in single.into_iter().zip(store.get_many(OBJECTS, &keys).await?) {
            if let Some(value) = value {
                sealed.entry(entry).or_default().push((slot.saturating_add(1), value));
            }
        }
        Ok(sealed)
    }
}

/// The headers of the records that begin at these entries; without those that were erased.
pub(super) async fn headers<S: Store, B: Bodies>(
    store: &S,
    bodies: &B,
    entries: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, Arc<Header>>, StoreFault> {
    let keys: Vec<_> = entries.iter().map(|entry| (LOG_PARTITION, entry.to_be_bytes().to_vec())).collect();
    let mut begun = Vec::with_capacity(keys.len());
    for (entry, row) in entries.iter().zip(store.get_many(ENTRIES, &keys).await?) {
        // An entry whose content was lost has no record that can be told.
        let Some(row) = row else { continue };
        let salt = size_of::<comity_record::EntrySalt>();
        let read = Entry::from_bytes(row.get(salt..).unwrap_or_default()).map_err(|why| damaged(&why))?;
        begun.extend(read.record.map(|record| (*entry, record, read.at)));
    }
    let keys: Vec<_> = begun.iter().map(|(_, record, _)| (0, record.0.0.to_vec())).collect();
    let mut headers = BTreeMap::new();
    for ((entry, record, at), row) in begun.iter().zip(store.get_many(RECORDS, &keys).await?) {
        let Some(row) = row else { continue };
        let row = RecordRow::from_bytes(&row).map_err(|why| damaged(&why))?;
        let opened = bodies.open(*record, &[(0, row.sealed.to_vec())]).await?.pop().flatten();
        let Some(opened) = opened else { continue };
        headers.insert(*entry, Arc::new(header(*record, *at, row, &opened)?));
    }
    Ok(headers)
}

/// The signature was verified before the record was held, and the seal keeps its bytes.
fn header(record: RecordId, at: Timestamp, row: RecordRow, opened: &[u8]) -> Result<Header, StoreFault> {
    let held = Held::from_bytes(opened).map_err(|why| damaged(&why))?;
    let signed = Signed::from_bytes(&held.envelope).map_err(|why| damaged(&why))?;
    let statement = signed.statement();
    Ok(Header {
        record,
        at,
        origin: statement.origin.clone(),
        received_from: row.received_from,
        labels: statement.labels.clone(),
        derived: statement.derived.is_some(),
    })
}

fn damaged(why: &comity_record::Malformed) -> StoreFault {
    StoreFault::Damaged { why: format!("a row of the log cannot be read: {why}") }
}
