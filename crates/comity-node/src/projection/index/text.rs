//! The index of words. It is a projection of its own: it takes longest, and only who searches for words waits for it.

use super::{
    IndexKey, Item, WITHHELD, WORD_ROWS, WORDS,
    class::subject_of,
    postings::{Postings, Term},
};
use crate::projection::{Change, Holding, Projection, Rows, What};
use comity_ledger::store::{StoreFault, Table};
use comity_record::{Canonical, Timestamp};
use comity_store::AnyStore;
use comity_threat::{Object, index::words};
use std::{collections::HashMap, sync::Arc};

const POSTINGS: Postings = Postings { terms: WORDS, rows: WORD_ROWS };

/// The partition of words; [`super::ADDED`] has another form.
pub const WORD: u32 = 7;

/// The projection of words.
#[derive(Debug)]
pub struct Text {
    key: Arc<IndexKey>,
}

impl Text {
    /// The projection under a key.
    pub fn new(key: Arc<IndexKey>) -> Text {
        Text { key }
    }

    fn add(&self, rows: &mut Rows, entry: u64, at: i64, holding: &Holding) {
        if holding.objects.is_empty() {
            return;
        }
        let class = self.key.class(&subject_of(holding).to_bytes());
        let mut slots: HashMap<String, Vec<u32>> = HashMap::new();
        for held in &holding.objects {
            let Ok(object) = Object::read(&held.bytes) else { continue };
            words(&object, &mut |word| match slots.get_mut(word) {
                Some(known) if known.last() == Some(&held.slot) => {}
                Some(known) => known.push(held.slot),
                None => {
                    slots.insert(word.to_owned(), vec![held.slot]);
                }
            });
        }
        let mut found: Vec<(Term, Item)> = Vec::new();
        for (word, slots) in slots {
            let term = (WORD, self.key.term(WORD, &word));
            found.extend(slots.into_iter().map(|slot| (term, Item { slot, version: None })));
        }
        POSTINGS.add(rows, entry, &class, at, found);
    }
}

impl Projection for Text {
    const NAME: &'static str = "text";
    const VERSION: u32 = 1;
    const TABLES: &'static [Table] = &[WORDS, WORD_ROWS];

    fn stamp(&self) -> u64 {
        self.key.stamp()
    }

    async fn open(&mut self, _: &AnyStore) -> Result<(), StoreFault> {
        Ok(())
    }

    async fn derive(&mut self, store: &AnyStore, changes: &[Change]) -> Result<Rows, StoreFault> {
        let mut rows = Rows::default();
        for change in changes {
            match &change.what {
                What::Held(holding) => {
                    self.add(&mut rows, change.index, change.at.map_or(0, Timestamp::as_millis), holding);
                }
                What::Erased(gone) => {
                    POSTINGS.take_out(store, &mut rows, gone.entry, &gone.slots, None).await?;
                }
                What::Recalled(recall) => {
                    let (entry, slots) = (recall.entry, &recall.slots);
                    POSTINGS.take_out(store, &mut rows, entry, slots, Some(&WITHHELD)).await?;
                }
                What::Narrowed(narrowed) => {
                    let class = self.key.class(&narrowed.subject().to_bytes());
                    let (entry, slots) = (narrowed.entry, narrowed.slots());
                    POSTINGS.take_out(store, &mut rows, entry, &slots, Some(&class)).await?;
                }
                What::Act(_) | What::Other(_) => {}
            }
        }
        Ok(rows)
    }
}
