//! From changes of the log to rows of collections.
//!
//! Every row follows from the set of objects that are held and were not taken out, in the order in which they came: an
//! erasure, a recall or a deletion leaves what would be there had the object never come, so that a rebuild comes to the
//! same. Dates are given by entry and slot, also for what was erased since, so that they never move.

use super::{
    CollectionKeys, CollectionsView, Known,
    rows::{
        BASES, Base, FIRST_SEARCH, HEADS, Head, ITEMS, OBJECTS, SEARCHES, TABLES, head_row, item, item_row,
        number, object_row, versions,
    },
};
use crate::projection::{Change, Holding, Narrowed, Projection, Rows, What};
use comity_exchange::{
    house::Act,
    search::SavedSearch,
    tables::{RECORDS, RecordRow},
    taxii::{Added, AudienceClass, Held, HeldVersions, Item, Marks},
};
use comity_ledger::{
    log::{ENTRIES, LOG_PARTITION},
    store::{Order, Partition, Row, Store, StoreFault, Table},
};
use comity_record::{Canonical, Entry, EntryKind, EntrySalt, Timestamp};
use comity_store::AnyStore;
use comity_threat::Object;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, atomic::Ordering},
};

/// An object of one collection: its partition, and its id under the node's key.
type Name = (Partition, [u8; 16]);

/// A version on its way into a collection.
struct Incoming {
    name: Name,
    held: Held,
    type_name: String,
}

impl Projection for CollectionsView {
    const NAME: &'static str = "taxii";
    const VERSION: u32 = 1;
    const TABLES: &'static [Table] = TABLES;

    fn stamp(&self) -> u64 {
        self.keys.stamp()
    }

    async fn open(&mut self, store: &AnyStore) -> Result<(), StoreFault> {
        let mut known = Known::default();
        for (key, value) in store.scan(HEADS, 0, &[], &[], u32::MAX, Order::Ascending).await? {
            let head = Head::from_bytes(&value).map_err(|_| super::rows::damaged("a head"))?;
            match number(&key)? {
                0 => known.last = head.added(),
                partition => drop(known.heads.insert(partition, head)),
            }
        }
        for (key, value) in store.scan(SEARCHES, 0, &[], &[], u32::MAX, Order::Ascending).await? {
            let search =
                SavedSearch::from_bytes(&value).map_err(|_| super::rows::damaged("a saved search"))?;
            known.searches.insert(number(&key)?, Arc::new(search));
        }
        self.known = known;
        self.rewritten.clear();
        self.shared.pages.clear();
        self.publish();
        Ok(())
    }

    async fn derive(&mut self, store: &AnyStore, changes: &[Change]) -> Result<Rows, StoreFault> {
        let (mut rows, mut incoming) = (Rows::default(), Vec::new());
        let before = self.known.clone();
        for change in changes {
            match &change.what {
                What::Held(holding) => self.place(change, holding, &mut rows, &mut incoming),
                What::Erased(gone) => self.leave(store, gone.entry, &gone.slots, None, &mut rows).await?,
                What::Recalled(gone) => self.leave(store, gone.entry, &gone.slots, None, &mut rows).await?,
                What::Narrowed(narrowed) => {
                    self.narrow(store, change, narrowed, &mut rows, &mut incoming).await?;
                }
                What::Act(row) => self.act(store, change.index, &row.act, &mut rows).await?,
                What::Other(Some(EntryKind::Authored | EntryKind::Received)) => {
                    let slots = slots_of(store, change.index).await?;
                    self.reserve(change.at.unwrap_or_default(), slots);
                }
                What::Other(_) => {}
            }
        }
        self.admit(store, incoming, &mut rows).await?;
        self.head_rows(&before, &mut rows);
        Ok(rows)
    }

    fn written(&mut self) {
        self.shared.pages.forget(&std::mem::take(&mut self.rewritten));
        self.publish();
        if std::mem::take(&mut self.leaves) {
            self.shared.left.fetch_add(1, Ordering::Release);
        }
    }
}

impl CollectionsView {
    fn publish(&self) {
        *self.shared.known.write().unwrap_or_else(PoisonError::into_inner) = self.known.clone();
    }

    /// Gives out as many dates as a record has objects, and returns the first.
    fn reserve(&mut self, at: Timestamp, slots: u32) -> Added {
        let first = Added::after(self.known.last, at.as_millis());
        if slots > 0 {
            self.known.last = Added(first.0.saturating_add(i64::from(slots) - 1));
        }
        first
    }

    /// Finds the collections of a record's objects.
    fn place(&mut self, change: &Change, holding: &Holding, rows: &mut Rows, incoming: &mut Vec<Incoming>) {
        let statement = &holding.statement;
        let all = statement.body.manifest().map_or(0, |manifest| manifest.objects.len());
        if all == 0 {
            return;
        }
        let added = self.reserve(change.at.unwrap_or_default(), u32::try_from(all).unwrap_or(u32::MAX));
        let partition = AudienceClass::of(&statement.labels).partition();
        let base = Base { added, partition, record: holding.record };
        rows.written.push(base.row(change.index));
        for one in &holding.objects {
            let Ok(object) = Object::read(&one.bytes) else { continue };
            let held = held(&self.keys, &object, base.at(one.slot), change.index, one.slot);
            let id_key = self.keys.id(object.id());
            let searches = self.known.searches.iter();
            let found = searches
                .filter(|(_, search)| search.query.finds(&object, &statement.origin, &statement.labels))
                .map(|(partition, _)| *partition);
            incoming.extend([partition].into_iter().chain(found).map(|partition| Incoming {
                name: (partition, id_key),
                held,
                type_name: object.type_name().to_owned(),
            }));
        }
    }

    /// Moves what was narrowed into the collection of its narrower class, added now; it leaves that of the wider class,
    /// and saved searches, which do not take it up again.
    async fn narrow(
        &mut self,
        store: &AnyStore,
        change: &Change,
        narrowed: &Narrowed,
        rows: &mut Rows,
        incoming: &mut Vec<Incoming>,
    ) -> Result<(), StoreFault> {
        let partition = AudienceClass::of(&narrowed.labels()).partition();
        let Some(before) = base(store, narrowed.entry).await?.filter(|base| base.partition != partition)
        else {
            return Ok(());
        };
        let slots = narrowed.slots();
        let present: Vec<_> =
            slots.iter().map(|slot| (before.partition, before.at(*slot).key().to_vec())).collect();
        let present = store.get_many(ITEMS, &present).await?;
        self.leave(store, narrowed.entry, &slots, None, rows).await?;
        let manifest = narrowed.holding.statement.body.manifest();
        let all = manifest.map_or(0, |manifest| manifest.objects.len());
        let added = self.reserve(change.at.unwrap_or_default(), u32::try_from(all).unwrap_or(u32::MAX));
        let base = Base { added, partition, record: narrowed.holding.record };
        rows.written.push(base.row(narrowed.entry));
        for (one, present) in narrowed.holding.objects.iter().zip(present) {
            // What was withdrawn or taken out before stays out.
            let Some(object) = present.and_then(|_| Object::read(&one.bytes).ok()) else { continue };
            let held = held(&self.keys, &object, base.at(one.slot), narrowed.entry, one.slot);
            let name = (partition, self.keys.id(object.id()));
            incoming.push(Incoming { name, held, type_name: object.type_name().to_owned() });
        }
        Ok(())
    }

    async fn act(
        &mut self,
        store: &AnyStore,
        index: u64,
        act: &Act,
        rows: &mut Rows,
    ) -> Result<(), StoreFault> {
        match act {
            Act::SearchBegins(search) => self.begin_search(store, index, search, rows).await,
            Act::SearchEnds { name } => self.end_search(store, name, rows).await,
            Act::TakenOut { collection, objects } => {
                let mut by_entry: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
                for (entry, slot) in objects {
                    by_entry.entry(*entry).or_default().push(*slot);
                }
                self.leave_all(store, &by_entry, Some(*collection), rows).await
            }
            _ => Ok(()),
        }
    }

    /// Fills a saved search with what is in the collections of audience classes.
    async fn begin_search(
        &mut self,
        store: &AnyStore,
        index: u64,
        search: &SavedSearch,
        rows: &mut Rows,
    ) -> Result<(), StoreFault> {
        let partition = FIRST_SEARCH.saturating_add(u32::try_from(index).unwrap_or(u32::MAX));
        let key = partition.to_be_bytes().to_vec();
        rows.written.push(Row { table: SEARCHES, partition: 0, key, value: search.to_bytes() });
        self.known.searches.insert(partition, Arc::new(search.clone()));
        let (mut incoming, mut from) = (Vec::new(), 0);
        while from < index {
            let page = self.feed.page(from, index).await?;
            for change in &page.changes {
                match &change.what {
                    What::Held(holding) => {
                        incoming.extend(self.find(store, change.index, holding, partition, search).await?);
                    }
                    // What was narrowed before a search began is looked at under its narrower labels.
                    What::Narrowed(narrowed) => {
                        incoming.retain(|one: &Incoming| one.held.entry != narrowed.entry);
                        let holding = narrowed.as_judged();
                        let entry = narrowed.entry;
                        incoming.extend(self.find(store, entry, &holding, partition, search).await?);
                    }
                    _ => {}
                }
            }
            from += page.changes.len().max(1) as u64;
        }
        self.admit(store, incoming, rows).await
    }

    /// What a search finds in a record, so far as it was not taken out of the collection of its class.
    async fn find(
        &self,
        store: &AnyStore,
        entry: u64,
        holding: &Holding,
        partition: Partition,
        search: &SavedSearch,
    ) -> Result<Vec<Incoming>, StoreFault> {
        let Some(base) = base(store, entry).await? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for one in &holding.objects {
            let Ok(object) = Object::read(&one.bytes) else { continue };
            if search.query.finds(&object, &holding.statement.origin, &holding.statement.labels) {
                let held = held(&self.keys, &object, base.at(one.slot), entry, one.slot);
                let name = (partition, self.keys.id(object.id()));
                found.push(Incoming { name, held, type_name: object.type_name().to_owned() });
            }
        }
        let keys: Vec<_> = found.iter().map(|one| (base.partition, one.held.added.key().to_vec())).collect();
        let present = store.get_many(ITEMS, &keys).await?;
        Ok(found.into_iter().zip(present).filter_map(|(one, item)| item.map(|_| one)).collect())
    }

    async fn end_search(&mut self, store: &AnyStore, name: &str, rows: &mut Rows) -> Result<(), StoreFault> {
        let found = self.known.searches.iter().find(|(_, search)| search.name == name).map(|(at, _)| *at);
        let Some(partition) = found else { return Ok(()) };
        self.known.searches.remove(&partition);
        self.known.heads.remove(&partition);
        for table in [ITEMS, OBJECTS] {
            let all = store.scan(table, partition, &[], &[], u32::MAX, Order::Ascending).await?;
            rows.removed.extend(all.into_iter().map(|(key, _)| (table, partition, key)));
        }
        let key = partition.to_be_bytes().to_vec();
        rows.removed.extend([(SEARCHES, 0, key.clone()), (HEADS, 0, key)]);
        self.shared.pages.clear();
        Ok(())
    }

    async fn leave(
        &mut self,
        store: &AnyStore,
        entry: u64,
        slots: &[u32],
        only: Option<Partition>,
        rows: &mut Rows,
    ) -> Result<(), StoreFault> {
        self.leave_all(store, &BTreeMap::from([(entry, slots.to_vec())]), only, rows).await
    }

    /// Takes objects out: of all collections, or only of a saved search. What leaves the collection of its class leaves
    /// the searches too.
    async fn leave_all(
        &mut self,
        store: &AnyStore,
        places: &BTreeMap<u64, Vec<u32>>,
        only: Option<Partition>,
        rows: &mut Rows,
    ) -> Result<(), StoreFault> {
        let mut keys = Vec::new();
        for (entry, slots) in places {
            let Some(base) = base(store, *entry).await? else { continue };
            let partitions = [base.partition].into_iter().chain(self.known.searches.keys().copied());
            let partitions =
                partitions.filter(|one| only.is_none_or(|only| only < FIRST_SEARCH || only == *one));
            let dates = partitions.flat_map(|one| slots.iter().map(move |slot| (one, base.at(*slot))));
            keys.extend(dates.map(|(partition, added)| (partition, added.key().to_vec())));
        }
        let found = store.get_many(ITEMS, &keys).await?;
        let mut leaving: BTreeMap<Name, Vec<Added>> = BTreeMap::new();
        for ((partition, key), value) in keys.iter().zip(found) {
            let Some(item) = value.map(|value| item(key, &value)).transpose()? else { continue };
            leaving.entry((*partition, item.id_key)).or_default().push(item.added);
        }
        let mut objects = versions_of(store, leaving.keys().copied().collect()).await?;
        let before = marks_of(&objects);
        self.leaves |= !leaving.is_empty();
        for (name, dates) in leaving {
            if let Some(versions) = objects.get_mut(&name) {
                dates.iter().for_each(|added| versions.remove(*added));
            }
        }
        self.settle(store, &before, &objects, &BTreeMap::new(), rows).await
    }

    async fn admit(
        &mut self,
        store: &AnyStore,
        incoming: Vec<Incoming>,
        rows: &mut Rows,
    ) -> Result<(), StoreFault> {
        if incoming.is_empty() {
            return Ok(());
        }
        let names = incoming.iter().map(|one| one.name).collect();
        let mut objects = versions_of(store, names).await?;
        let before = marks_of(&objects);
        let mut types = BTreeMap::new();
        for one in incoming {
            objects.entry(one.name).or_default().admit(one.held);
            types.insert((one.name.0, one.held.added), one.type_name);
        }
        self.settle(store, &before, &objects, &types, rows).await
    }

    /// The rows in which objects differ from what they were. `types` are those of versions without a row yet.
    async fn settle(
        &mut self,
        store: &AnyStore,
        before: &BTreeMap<Name, BTreeMap<Added, Marks>>,
        objects: &BTreeMap<Name, HeldVersions>,
        types: &BTreeMap<(Partition, Added), String>,
        rows: &mut Rows,
    ) -> Result<(), StoreFault> {
        let none = BTreeMap::new();
        let mut rewritten = Vec::new();
        for (name, versions) in objects {
            let (was, now) = (before.get(name).unwrap_or(&none), versions.marks());
            self.count(name.0, was, &now);
            for added in was.keys().filter(|added| !now.contains_key(added)) {
                rows.removed.push((ITEMS, name.0, added.key().to_vec()));
                self.rewritten.push((name.0, *added));
            }
            for held in versions.iter() {
                let marks = now.get(&held.added).copied().unwrap_or_default();
                match (types.get(&(name.0, held.added)), was.get(&held.added)) {
                    (Some(type_name), None) => {
                        rows.written.push(item_row(name.0, &item_of(held, marks, name.1, type_name)));
                    }
                    (_, Some(before)) if *before != marks => rewritten.push((name.0, held.added, marks)),
                    _ => {}
                }
            }
            match versions.is_empty() {
                true => rows.removed.push((OBJECTS, name.0, name.1.to_vec())),
                false => rows.written.push(object_row(name.0, name.1, versions)),
            }
        }
        self.rewrite(store, rewritten, rows).await
    }

    /// Items whose marks changed: superseded by a later version, or the last again.
    async fn rewrite(
        &mut self,
        store: &AnyStore,
        changed: Vec<(Partition, Added, Marks)>,
        rows: &mut Rows,
    ) -> Result<(), StoreFault> {
        let keys: Vec<_> =
            changed.iter().map(|(partition, added, _)| (*partition, added.key().to_vec())).collect();
        let found = store.get_many(ITEMS, &keys).await?;
        for ((partition, added, marks), value) in changed.into_iter().zip(found) {
            let value = value.ok_or_else(|| super::rows::damaged("an item that should be there"))?;
            let item = Item { marks, ..item(&added.key(), &value)? };
            rows.written.push(item_row(partition, &item));
            self.rewritten.push((partition, added));
        }
        Ok(())
    }

    fn count(&mut self, partition: Partition, was: &BTreeMap<Added, Marks>, now: &BTreeMap<Added, Marks>) {
        let served = |marks: &BTreeMap<Added, Marks>| {
            marks.values().filter(|marks| marks.contains(Marks::SERVED)).count() as u64
        };
        let head = self.known.heads.entry(partition).or_default();
        head.count = (head.count + served(now)).saturating_sub(served(was));
        let last = now.last_key_value().map_or(Added::NEVER, |(added, _)| *added);
        head.last = head.last.max(last.0);
    }

    /// The rows of heads that are not what they were.
    fn head_rows(&self, before: &Known, rows: &mut Rows) {
        if self.known.last != before.last {
            rows.written.push(head_row(0, &Head { last: self.known.last.0, count: 0 }));
        }
        let changed =
            self.known.heads.iter().filter(|(partition, head)| before.heads.get(partition) != Some(head));
        rows.written.extend(changed.map(|(partition, head)| head_row(*partition, head)));
    }
}

/// An object as the row of its versions knows it.
pub(super) fn held(keys: &CollectionKeys, object: &Object<'_>, added: Added, entry: u64, slot: u32) -> Held {
    let redacted = comity_threat::redact::redacted_selectors(object).is_some();
    Held {
        added,
        entry,
        slot,
        marks: Marks::of(object.version(), redacted),
        dated: object.moment(),
        content: keys.content(object.text().as_bytes()),
    }
}

fn item_of(held: &Held, marks: Marks, id_key: [u8; 16], type_name: &str) -> Item {
    Item {
        added: held.added,
        entry: held.entry,
        slot: held.slot,
        marks,
        dated: held.dated,
        id_key,
        type_name: type_name.to_owned(),
    }
}

fn marks_of(objects: &BTreeMap<Name, HeldVersions>) -> BTreeMap<Name, BTreeMap<Added, Marks>> {
    objects.iter().map(|(name, versions)| (*name, versions.marks())).collect()
}

/// The versions of objects, by name; an object that is not there has none.
pub(super) async fn versions_of(
    store: &AnyStore,
    names: BTreeSet<Name>,
) -> Result<BTreeMap<Name, HeldVersions>, StoreFault> {
    let keys: Vec<_> = names.iter().map(|(partition, id_key)| (*partition, id_key.to_vec())).collect();
    let found = store.get_many(OBJECTS, &keys).await?;
    names.into_iter().zip(found).map(|(name, value)| Ok((name, versions(value.as_deref())?))).collect()
}

/// The place of a record in time.
pub(super) async fn base(store: &AnyStore, entry: u64) -> Result<Option<Base>, StoreFault> {
    let found = store.get_many(BASES, &[(0, entry.to_be_bytes().to_vec())]).await?.pop().flatten();
    found.map(|value| Base::from_value(&value)).transpose()
}

/// How many objects the record has that began at an entry, though nothing of it can be opened any more.
async fn slots_of(store: &AnyStore, index: u64) -> Result<u32, StoreFault> {
    let key = (LOG_PARTITION, index.to_be_bytes().to_vec());
    let Some(row) = store.get_many(ENTRIES, &[key]).await?.pop().flatten() else { return Ok(0) };
    let entry = row.get(size_of::<EntrySalt>()..).and_then(|bytes| Entry::from_bytes(bytes).ok());
    let Some(record) = entry.and_then(|entry| entry.record) else { return Ok(0) };
    let row = store.get_many(RECORDS, &[(0, record.0.0.to_vec())]).await?.pop().flatten();
    let row = row.and_then(|row| RecordRow::from_bytes(&row).ok());
    Ok(row.filter(|row| row.index == index).map_or(0, |row| row.objects))
}
