//! Which objects speak of which constituents: the family [`Family::Concerns`], derived for what comes in, and for what is
//! held when a constituent begins.
//!
//! A constituent that begins again, with other ranges, has other terms: the rows of the former ones stay behind unread, as
//! keyed as any, until their objects are erased.
//!
//! [`Family::Concerns`]: comity_threat::index::Family::Concerns

use super::{CONSTITUENTS, IndexKey, Mac};
use comity_exchange::{account::Constituent, concern::Territories};
use comity_ledger::store::{Order, Row, Store, StoreFault};
use comity_record::{Canonical, OfficerId};
use minicbor::{Decode, Encode};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// The constituents as the index knows them, for readers. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Concerned(Arc<RwLock<BTreeMap<OfficerId, u64>>>);

impl Concerned {
    /// The term under which the objects stand that speak of a constituent; `None` where the index knows no such.
    pub fn term(&self, id: &OfficerId) -> Option<String> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(id).map(|since| term(id, *since))
    }
}

fn term(id: &OfficerId, since: u64) -> String {
    format!("{id} {since}")
}

/// A constituent with the entry by which it began.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Known {
    #[n(0)]
    since: u64,
    #[n(1)]
    constituent: Constituent,
}

impl Canonical for Known {
    const NAME: &'static str = "a constituent of the index";
    const LIMIT: usize = 4 << 20;
}

/// The constituents as the projector knows them.
#[derive(Debug, Default)]
pub(super) struct Constituents {
    known: BTreeMap<OfficerId, Known>,
    territories: Territories,
    shared: Concerned,
}

impl Constituents {
    /// Those that readers are told of through `shared`.
    pub(super) fn new(shared: Concerned) -> Constituents {
        Constituents { shared, ..Constituents::default() }
    }

    /// Reads them from their table.
    pub(super) async fn read(&mut self, store: &impl Store, key: &IndexKey) -> Result<(), StoreFault> {
        self.known.clear();
        for (id, sealed) in store.scan(CONSTITUENTS, 0, &[], &[], u32::MAX, Order::Ascending).await? {
            let known = id.first_chunk().and_then(|id| Known::from_bytes(&key.open(id, &sealed)?).ok());
            let known = known.ok_or_else(damaged)?;
            self.known.insert(known.constituent.id.clone(), known);
        }
        self.survey();
        self.publish();
        Ok(())
    }

    /// Takes a constituent in, and returns its row.
    pub(super) fn begin(
        &mut self,
        key: &IndexKey,
        constituent: &Constituent,
        since: u64,
    ) -> Result<Row, StoreFault> {
        let known = Known { since, constituent: constituent.clone() };
        let place = place(key, &constituent.id);
        let value = key.seal(&place, &known.to_bytes()).ok_or_else(damaged)?;
        self.known.insert(constituent.id.clone(), known);
        self.survey();
        Ok(Row { table: CONSTITUENTS, partition: 0, key: place.to_vec(), value })
    }

    /// Lets one go, and returns the key of its row.
    pub(super) fn end(&mut self, key: &IndexKey, id: &OfficerId) -> Option<Vec<u8>> {
        self.known.remove(id)?;
        self.survey();
        Some(place(key, id).to_vec())
    }

    /// The territories of all.
    pub(super) fn territories(&self) -> &Territories {
        &self.territories
    }

    /// The hash of a constituent's term.
    pub(super) fn mac(&self, key: &IndexKey, partition: u32, id: &OfficerId) -> Option<Mac> {
        self.known.get(id).map(|known| key.term(partition, &term(id, known.since)))
    }

    /// Readers are told once the rows are durable.
    pub(super) fn publish(&self) {
        let told = self.known.iter().map(|(id, known)| (id.clone(), known.since)).collect();
        *self.shared.0.write().unwrap_or_else(PoisonError::into_inner) = told;
    }

    fn survey(&mut self) {
        self.territories = Territories::of(self.known.values().map(|known| &known.constituent));
    }
}

fn place(key: &IndexKey, id: &OfficerId) -> [u8; 8] {
    key.class(&[b"constituent\0", id.as_str().as_bytes()].concat())
}

fn damaged() -> StoreFault {
    StoreFault::Damaged { why: "a constituent's row of the index cannot be read".to_owned() }
}
