//! The outputs of the oblivious function for every value held, by class: what keyed sets are made of
//! (`docs/design/lookup.md`).
//!
//! It sleeps until somebody asks for the first time, because an output costs as much as all other rows of an object. From then on
//! it follows the log like the other indexes. When the key is replaced its rows are made anew.

use super::{
    IndexKey, Item, Mac, OUTPUT, OUTPUT_ROWS, OUTPUTS, WITHHELD,
    class::subject_of,
    postings::{Postings, Term},
};
use crate::{
    app::lookup::{LookupKey, LookupKeys},
    projection::{Change, Holding, Projection, Rows, What},
};
use comity_exchange::lookup::input;
use comity_ledger::store::{StoreFault, Table};
use comity_record::{Canonical, Timestamp};
use comity_store::AnyStore;
use comity_threat::{
    Object,
    value::{Value, values_of},
};
use std::{collections::HashMap, sync::Arc};

const POSTINGS: Postings = Postings { terms: OUTPUTS, rows: OUTPUT_ROWS };

/// The projection of outputs.
#[derive(Debug)]
pub struct Outputs {
    classes: Arc<IndexKey>,
    keys: LookupKeys,
    /// The key that the rows are made with.
    key: Arc<LookupKey>,
}

impl Outputs {
    /// The projection under the newest of these keys; `classes` is the key under which classes have their ids.
    pub fn new(classes: Arc<IndexKey>, keys: LookupKeys) -> Outputs {
        let key = keys.current();
        Outputs { classes, keys, key }
    }

    fn add(&self, rows: &mut Rows, entry: u64, at: i64, holding: &Holding) -> Result<(), StoreFault> {
        if holding.objects.is_empty() {
            return Ok(());
        }
        let class = self.classes.class(&subject_of(holding).to_bytes());
        let mut known: HashMap<Value, Mac> = HashMap::new();
        let mut found: Vec<(Term, Item)> = Vec::new();
        for held in &holding.objects {
            let Ok(object) = Object::read(&held.bytes) else { continue };
            for value in values_of(&object) {
                let output = match known.get(&value) {
                    Some(output) => *output,
                    None => *known.entry(value.clone()).or_insert(self.output(&value)?),
                };
                found.push(((OUTPUT, output), Item { slot: held.slot, version: None }));
            }
        }
        if !found.is_empty() {
            POSTINGS.add(rows, entry, &class, at, found);
        }
        Ok(())
    }

    fn output(&self, value: &Value) -> Result<Mac, StoreFault> {
        let output = self.key.prf.output(input(value).as_bytes());
        output.ok_or_else(|| StoreFault::Damaged {
            why: "a value has no output under the key of lookups".to_owned(),
        })
    }
}

impl Projection for Outputs {
    const NAME: &'static str = "lookup";
    const VERSION: u32 = 1;
    const TABLES: &'static [Table] = &[OUTPUTS, OUTPUT_ROWS];

    fn stamp(&self) -> u64 {
        // Ids of classes change with the key of the indexes.
        self.key.stamp ^ self.classes.stamp()
    }

    fn refresh(&mut self) -> bool {
        let current = self.keys.look();
        let changed = current.stamp != self.key.stamp;
        self.key = current;
        changed
    }

    async fn open(&mut self, _: &AnyStore) -> Result<(), StoreFault> {
        Ok(())
    }

    async fn derive(&mut self, store: &AnyStore, changes: &[Change]) -> Result<Rows, StoreFault> {
        let mut rows = Rows::default();
        for change in changes {
            match &change.what {
                What::Held(holding) => {
                    let at = change.at.map_or(0, Timestamp::as_millis);
                    self.add(&mut rows, change.index, at, holding)?;
                    // Outputs take long; others of this thread have their turn between records.
                    tokio::task::yield_now().await;
                }
                What::Erased(gone) => {
                    POSTINGS.take_out(store, &mut rows, gone.entry, &gone.slots, None).await?;
                }
                What::Recalled(recall) => {
                    POSTINGS.take_out(store, &mut rows, recall.entry, &recall.slots, Some(&WITHHELD)).await?;
                }
                What::Narrowed(narrowed) => {
                    let class = self.classes.class(&narrowed.subject().to_bytes());
                    let (entry, slots) = (narrowed.entry, narrowed.slots());
                    POSTINGS.take_out(store, &mut rows, entry, &slots, Some(&class)).await?;
                }
                What::Act(_) | What::Other(_) => {}
            }
        }
        Ok(rows)
    }
}
