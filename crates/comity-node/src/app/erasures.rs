//! Erasures that the log knows of, carried out where the keys are still there.
//!
//! An erasure is entered first and carried out then. A crash between the two, or a copy of the keys from before, leaves
//! keys that the ledger says are gone.

use super::{Fault, SealedBodies, link::chain};
use comity_exchange::tables::{ERASURES, ErasureRow};
use comity_ledger::store::{Order, Store, StoreFault};
use comity_record::{Canonical, RecordId};
use comity_store::{AnyStore, vault::VaultFault};
use std::collections::{BTreeMap, BTreeSet};

/// Erasures read at once.
const PAGE: u32 = 1000;

/// What was erased: parts of records, the envelope being part 0 and object slots following it; `None`: all of it.
#[derive(Debug, Default)]
pub struct Erasures(BTreeMap<RecordId, Option<BTreeSet<u32>>>);

impl Erasures {
    /// Those that a store's log knows of.
    pub async fn of_log(store: &AnyStore) -> Result<Erasures, Fault> {
        let (mut erasures, mut from) = (Erasures::default(), Vec::new());
        loop {
            let page = store.scan(ERASURES, 0, &from, &[], PAGE, Order::Ascending).await;
            let page = page.map_err(|fault: StoreFault| Fault::new(fault.code(), fault.to_string()))?;
            let Some((last, _)) = page.last() else { return Ok(erasures) };
            from = [last.as_slice(), &[0]].concat();
            for (_, row) in &page {
                erasures.add(row)?;
            }
        }
    }

    /// Adds the one that a row tells of.
    pub fn add(&mut self, row: &[u8]) -> Result<(), Fault> {
        let row = ErasureRow::from_bytes(row);
        let row = row.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let known = self.0.entry(row.record).or_insert_with(|| Some(BTreeSet::new()));
        match (row.slots, known.as_mut()) {
            (Some(slots), Some(parts)) => parts.extend(slots.iter().map(|slot| slot.saturating_add(1))),
            _ => *known = None,
        }
        Ok(())
    }

    /// How many records they concern.
    pub fn records(&self) -> u64 {
        self.0.len() as u64
    }

    /// Those of which keys are still there.
    pub async fn unfinished(self, bodies: &SealedBodies) -> Result<Unfinished, Fault> {
        let mut left = Vec::new();
        for (record, parts) in self.0 {
            let parts = parts.map(Vec::from_iter);
            if bodies.opens(record, parts.as_deref()).await.map_err(of_vault)? {
                left.push((record, parts));
            }
        }
        Ok(Unfinished(left))
    }
}

/// Erasures that were entered and not carried out.
#[derive(Debug)]
pub struct Unfinished(Vec<(RecordId, Option<Vec<u32>>)>);

impl Unfinished {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Destroys the keys, with one change of epoch. In the turn of the party's sequencer, or where nobody else is at work.
    pub async fn carry_out(self, bodies: &SealedBodies) -> Result<(), Fault> {
        if self.is_empty() {
            return Ok(());
        }
        bodies.destroy_many(&self.0).await.map_err(of_vault)
    }
}

fn of_vault(fault: VaultFault) -> Fault {
    Fault { help: fault.help(), ..Fault::new(fault.code(), chain(&fault)) }
}
