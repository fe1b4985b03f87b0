//! All indexes but that of words.

use super::{
    CLASSES, CONSTITUENTS, ClassId, Classes, Concerned, IndexKey, Item, Mac, ROWS, TERMS, Version, WITHHELD,
    class::{class_row, subject_of},
    concern::Constituents,
    posting::ADDED,
    postings::{ADDED_TERM, Left, Postings, Term},
};
use crate::projection::{Change, Feed, Holding, Projection, Rows, What};
use comity_border::Subject;
use comity_exchange::{account::Constituent, concern::Territories, house::Act};
use comity_ledger::store::{Order, Store, StoreFault, Table};
use comity_record::{Canonical, Timestamp};
use comity_store::AnyStore;
use comity_threat::{
    Object,
    index::{Family, terms},
};
use std::{collections::BTreeSet, sync::Arc};

const POSTINGS: Postings = Postings { terms: TERMS, rows: ROWS };

/// The projection of ids, types, values, labels, sources, references and times.
#[derive(Debug)]
pub struct Objects {
    key: Arc<IndexKey>,
    classes: Classes,
    /// Classes whose rows were derived and are not yet durable.
    new: Vec<(ClassId, Subject)>,
    gone: Vec<ClassId>,
    constituents: Constituents,
    feed: Feed,
}

impl Objects {
    /// The projection under a key; it fills `classes` and `concerned`, and reads through `feed` what is held when a
    /// constituent begins.
    pub fn new(key: Arc<IndexKey>, classes: Classes, concerned: Concerned, feed: Feed) -> Objects {
        let constituents = Constituents::new(concerned);
        Objects { key, classes, new: Vec::new(), gone: Vec::new(), constituents, feed }
    }

    /// A constituent begins: what is held is looked through, record by record.
    async fn begin(
        &mut self,
        store: &AnyStore,
        rows: &mut Rows,
        constituent: &Constituent,
        since: u64,
    ) -> Result<(), StoreFault> {
        rows.written.push(self.constituents.begin(&self.key, constituent, since)?);
        let partition = Family::Concerns.partition();
        let Some(mac) = self.constituents.mac(&self.key, partition, &constituent.id) else { return Ok(()) };
        let territory = Territories::of([constituent]);
        let mut at = 0;
        while at < since {
            let page = self.feed.page(at, since).await?;
            for change in &page.changes {
                let What::Held(holding) = &change.what else { continue };
                let speaks = |bytes: &[u8]| {
                    Object::read(bytes).is_ok_and(|object| !territory.concerned(&object).is_empty())
                };
                let slots = holding.objects.iter().filter(|held| speaks(&held.bytes)).map(|held| held.slot);
                POSTINGS.extend(store, rows, change.index, (partition, mac), &slots.collect()).await?;
            }
            at += page.changes.len().max(1) as u64;
        }
        Ok(())
    }

    fn add(&mut self, rows: &mut Rows, entry: u64, at: i64, holding: &Holding) -> Result<(), StoreFault> {
        if holding.objects.is_empty() {
            return Ok(());
        }
        let class = self.class(rows, subject_of(holding))?;
        let mut found = Vec::with_capacity(holding.objects.len() * 6);
        let mut known = Known::default();
        let shared = self.shared_terms(holding);
        for held in &holding.objects {
            let item = Item { slot: held.slot, version: None };
            found.push((ADDED_TERM, item));
            found.extend(shared.iter().map(|term| (*term, item)));
            // An object that cannot be read is found by its record alone.
            let Ok(object) = Object::read(&held.bytes) else { continue };
            let version = Version::new(object.moment(), self.key.digest(&held.bytes));
            terms(&object, &mut |family, term| {
                let version = (family == Family::Id).then_some(version);
                found.push((known.term(&self.key, family, term), Item { version, ..item }));
            });
            let partition = Family::Concerns.partition();
            for id in self.constituents.territories().concerned(&object) {
                let mac = self.constituents.mac(&self.key, partition, id);
                found.extend(mac.map(|mac| ((partition, mac), item)));
            }
        }
        POSTINGS.add(rows, entry, &class, at, found);
        Ok(())
    }

    /// Terms of the record that hold for every object of it: its labels, and the parties it came from and through.
    fn shared_terms(&self, holding: &Holding) -> BTreeSet<Term> {
        let labels =
            holding.statement.labels.entries().into_iter().map(|(key, value)| format!("{key}={value}"));
        let term = |family: Family, text: &str| {
            let partition = family.partition();
            (partition, self.key.term(partition, text))
        };
        let mut shared: BTreeSet<Term> = labels.map(|label| term(Family::Label, &label)).collect();
        let origin = holding.statement.labels.origin.as_ref();
        for party in
            [Some(&holding.statement.origin), origin, holding.received_from.as_ref()].into_iter().flatten()
        {
            shared.insert(term(Family::Source, party.as_str()));
        }
        shared
    }

    fn class(&mut self, rows: &mut Rows, subject: Subject) -> Result<ClassId, StoreFault> {
        let described = subject.to_bytes();
        let id = self.key.class(&described);
        if !self.classes.has(&id) && !self.new.iter().any(|(new, _)| *new == id) {
            rows.written.push(class_row(&self.key, &id, &described)?);
            self.new.push((id, subject));
        }
        Ok(id)
    }

    /// A class without any object is forgotten: its description says what labels an erased record had.
    async fn forget_empty(
        &mut self,
        store: &AnyStore,
        rows: &mut Rows,
        entry: u64,
        left: Left,
    ) -> Result<(), StoreFault> {
        for (class, _) in left.emptied {
            let to = class_end(&class);
            let others = store.scan(TERMS, ADDED, &class, &to, 2, Order::Ascending).await?;
            let mut others = others.iter().filter(|(key, _)| !key.ends_with(&entry.to_be_bytes()));
            if others.next().is_none() && self.classes.has(&class) {
                rows.removed.push((CLASSES, 0, class.to_vec()));
                self.gone.push(class);
            }
        }
        Ok(())
    }
}

/// The smallest key after all of a class.
pub(super) fn class_end(class: &ClassId) -> Vec<u8> {
    match u64::from_be_bytes(*class).checked_add(1) {
        Some(next) => next.to_be_bytes().to_vec(),
        None => Vec::new(),
    }
}

impl Projection for Objects {
    const NAME: &'static str = "index";
    const VERSION: u32 = 2;
    const TABLES: &'static [Table] = &[TERMS, ROWS, CLASSES, CONSTITUENTS];

    fn stamp(&self) -> u64 {
        self.key.stamp()
    }

    async fn open(&mut self, store: &AnyStore) -> Result<(), StoreFault> {
        (self.new, self.gone) = (Vec::new(), Vec::new());
        self.constituents.read(store, &self.key).await?;
        self.classes.read(store, &self.key).await
    }

    async fn derive(&mut self, store: &AnyStore, changes: &[Change]) -> Result<Rows, StoreFault> {
        let mut rows = Rows::default();
        for change in changes {
            match &change.what {
                What::Held(holding) => {
                    let at = change.at.map_or(0, Timestamp::as_millis);
                    self.add(&mut rows, change.index, at, holding)?;
                }
                What::Erased(gone) => {
                    let left = POSTINGS.take_out(store, &mut rows, gone.entry, &gone.slots, None).await?;
                    self.forget_empty(store, &mut rows, gone.entry, left).await?;
                }
                What::Recalled(recall) => {
                    let (entry, slots) = (recall.entry, &recall.slots);
                    let left = POSTINGS.take_out(store, &mut rows, entry, slots, Some(&WITHHELD)).await?;
                    self.forget_empty(store, &mut rows, entry, left).await?;
                }
                What::Narrowed(narrowed) => {
                    let class = self.class(&mut rows, narrowed.subject())?;
                    let (entry, slots) = (narrowed.entry, narrowed.slots());
                    let left = POSTINGS.take_out(store, &mut rows, entry, &slots, Some(&class)).await?;
                    self.forget_empty(store, &mut rows, entry, left).await?;
                }
                What::Act(row) => match &row.act {
                    Act::ConstituentBegins(constituent) => {
                        self.begin(store, &mut rows, constituent, change.index).await?;
                    }
                    Act::AccountEnds { id } => {
                        let gone = self.constituents.end(&self.key, id);
                        rows.removed.extend(gone.map(|key| (CONSTITUENTS, 0, key)));
                    }
                    _ => {}
                },
                What::Other(_) => {}
            }
        }
        Ok(rows)
    }

    fn written(&mut self) {
        for (id, subject) in self.new.drain(..) {
            self.classes.put(id, subject);
        }
        for id in self.gone.drain(..) {
            self.classes.remove(&id);
        }
        self.constituents.publish();
    }
}

/// The last term of each family: neighbours often share type and source.
#[derive(Default)]
struct Known([Option<(String, Mac)>; 12]);

impl Known {
    fn term(&mut self, key: &IndexKey, family: Family, term: &str) -> Term {
        let partition = family.partition();
        let Some(last) = self.0.get_mut(partition as usize) else {
            return (partition, key.term(partition, term));
        };
        match last {
            Some((text, mac)) if text == term => (partition, *mac),
            _ => {
                let mac = key.term(partition, term);
                *last = Some((term.to_owned(), mac));
                (partition, mac)
            }
        }
    }
}
