//! The indexes, seen through a sight: only rows of the reader's classes are read.

use super::{Bound, Place, Query, Seen, Sight};
use crate::projection::index::{
    ADDED, ClassId, Index, Item, Mac, ROWS, TERMS, Version, WORD, WORDS, decode, entry_terms, row_key,
    sortable,
};
use comity_ledger::store::{Order, Store, StoreFault, Table};
use comity_threat::index::Family;
use std::collections::{BTreeMap, BTreeSet};

/// Rows read at once while a class is searched.
const PAGE: u32 = 128;

/// An object found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where, and under which class.
    pub seen: Seen,
    /// When it was added, where the index of times was read.
    pub at: i64,
    /// Of ids, which version it is.
    pub version: Option<Version>,
}

/// A record's objects of one class, as they were added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedRow {
    /// The class.
    pub class: ClassId,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The entry of the record.
    pub entry: u64,
    /// The slots, in order.
    pub slots: Vec<u32>,
}

/// A search through the indexes of a party for one reader.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'s, S> {
    store: &'s S,
    index: &'s Index,
    sight: &'s Sight,
}

/// The rows of one term: a table, a partition and a hash.
type Term = (Table, u32, Mac);

impl<'s, S: Store> Finder<'s, S> {
    /// The indexes of a store for a reader.
    pub fn new(store: &'s S, index: &'s Index, sight: &'s Sight) -> Finder<'s, S> {
        Finder { store, index, sight }
    }

    /// Every object with a term, at most `limit` entries of each class, newest entries first within a class.
    pub async fn with(&self, family: Family, term: &str, limit: u32) -> Result<Vec<Found>, StoreFault> {
        let term = self.term(family, term);
        let mut found = Vec::new();
        if let Some(all) = self.with_any_class(&term, limit).await? {
            return Ok(all);
        }
        for class in self.sight.classes() {
            let (from, to) = range(&term.2, class, u64::MAX);
            for (key, value) in self.store.scan(term.0, term.1, &from, &to, limit, Order::Descending).await? {
                let items = decode(term.1, &value)?;
                found.extend(items.into_iter().map(|item| found_at(entry_of(&key), class, item)));
            }
        }
        Ok(found)
    }

    /// The same in one read for the party itself, from whom no class is hidden, where a term has few rows.
    async fn with_any_class(&self, term: &Term, limit: u32) -> Result<Option<Vec<Found>>, StoreFault> {
        if !self.sight.is_own() {
            return Ok(None);
        }
        let end = u128::from_be_bytes(term.2).checked_add(1).map(u128::to_be_bytes);
        let to = end.map(|end| end.to_vec()).unwrap_or_default();
        let rows = self.store.scan(term.0, term.1, &term.2, &to, limit, Order::Ascending).await?;
        if u32::try_from(rows.len()).is_ok_and(|rows| rows >= limit) {
            return Ok(None);
        }
        let mut found = Vec::new();
        for (key, value) in rows {
            let class = key.get(16..24).and_then(|class| ClassId::try_from(class).ok()).unwrap_or_default();
            if self.sight.classes().contains(&class) {
                let items = decode(term.1, &value)?;
                found.extend(items.into_iter().map(|item| found_at(entry_of(&key), &class, item)));
            }
        }
        Ok(Some(found))
    }

    /// The lengths of the address ranges held, of IPv4 and IPv6.
    pub async fn range_lengths(&self) -> Result<(Vec<u8>, Vec<u8>), StoreFault> {
        let mut lengths = (Vec::new(), Vec::new());
        for length in 1..=128u8 {
            let term = comity_threat::index::range_length(false, length);
            if length <= 32 && self.any(&term).await? {
                lengths.0.push(length);
            }
            if self.any(&comity_threat::index::range_length(true, length)).await? {
                lengths.1.push(length);
            }
        }
        Ok(lengths)
    }

    async fn any(&self, term: &str) -> Result<bool, StoreFault> {
        Ok(!self.with(Family::Value, term, 1).await?.is_empty())
    }

    /// What was added in these classes from a time and entry on, oldest first. At most `limit` rows of each class are read;
    /// what comes back ends where the first class with more rows does, and it is told whether one has more.
    pub async fn added(
        &self,
        classes: &BTreeSet<ClassId>,
        (at, entry): (i64, u64),
        limit: u32,
    ) -> Result<(Vec<AddedRow>, bool), StoreFault> {
        let (mut rows, mut end) = (Vec::new(), None);
        for class in classes.intersection(self.sight.classes()) {
            let from = row_key(ADDED, &[0; 16], class, at, entry);
            let to = [class.as_slice(), &[0xff; 17]].concat();
            let found = self.store.scan(TERMS, ADDED, &from, &to, limit, Order::Ascending).await?;
            if u32::try_from(found.len()).is_ok_and(|found| found >= limit)
                && let Some((last, _)) = found.last()
            {
                let last = (time_of(last), entry_of(last));
                end = Some(end.map_or(last, |end: (i64, u64)| end.min(last)));
            }
            for (key, value) in found {
                let slots = decode(ADDED, &value)?.into_iter().map(|item| item.slot).collect();
                rows.push(AddedRow { class: *class, at: time_of(&key), entry: entry_of(&key), slots });
            }
        }
        rows.retain(|row| end.is_none_or(|end| (row.at, row.entry) <= end));
        rows.sort_by_key(|row| (row.at, row.entry));
        Ok((rows, end.is_some()))
    }

    /// Of a row those slots that meet the conditions of a query; `None` where none does.
    pub async fn meeting_query(&self, row: AddedRow, query: &Query) -> Result<Option<AddedRow>, StoreFault> {
        let conditions: Vec<Vec<Term>> = query
            .any
            .iter()
            .map(|any| any.iter().map(|(family, term)| self.term(*family, term)).collect())
            .collect();
        let items = row.slots.iter().map(|slot| Item { slot: *slot, version: None }).collect();
        let met = self.meeting(&row.class, vec![(row.entry, row.at, items)], &conditions).await?;
        Ok(met.into_iter().next().map(|(_, _, slots)| AddedRow { slots: slots.into_iter().collect(), ..row }))
    }

    /// The hashes of the ids that stand in a row, by slot, with their versions.
    pub async fn ids_of(&self, row: &AddedRow) -> Result<BTreeMap<u32, (Mac, Version)>, StoreFault> {
        let partition = Family::Id.partition();
        let Some((_, terms)) = self.terms_of(row.entry, &row.class).await? else {
            return Ok(BTreeMap::new());
        };
        let macs: Vec<Mac> =
            terms.into_iter().filter(|(of, _)| *of == partition).map(|(_, mac)| mac).collect();
        let keys: Vec<_> = macs
            .iter()
            .map(|mac| (partition, row_key(partition, mac, &row.class, row.at, row.entry)))
            .collect();
        let mut ids = BTreeMap::new();
        for (mac, value) in macs.iter().zip(self.store.get_many(TERMS, &keys).await?) {
            for item in decode(partition, &value.unwrap_or_default())? {
                item.version.and_then(|version| ids.insert(item.slot, (*mac, version)));
            }
        }
        Ok(ids)
    }

    /// Every copy of an object that the reader may see, by the hash of its id.
    pub async fn copies_of(&self, mac: &Mac, limit: u32) -> Result<Vec<Found>, StoreFault> {
        let partition = Family::Id.partition();
        let mut found = Vec::new();
        for class in self.sight.classes() {
            let (from, to) = range(mac, class, u64::MAX);
            for (key, value) in
                self.store.scan(TERMS, partition, &from, &to, limit, Order::Descending).await?
            {
                let items = decode(partition, &value)?;
                found.extend(items.into_iter().map(|item| found_at(entry_of(&key), class, item)));
            }
        }
        Ok(found)
    }

    /// When the objects of an entry that are of a class were added; `None` for a class that the reader may not see.
    pub async fn time_of(&self, entry: u64, class: &ClassId) -> Result<Option<i64>, StoreFault> {
        Ok(self.terms_of(entry, class).await?.map(|(at, _)| at))
    }

    /// When they were added, and the terms that stand in them.
    async fn terms_of(
        &self,
        entry: u64,
        class: &ClassId,
    ) -> Result<Option<(i64, Vec<(u32, Mac)>)>, StoreFault> {
        if !self.sight.classes().contains(class) {
            return Ok(None);
        }
        let key = [entry.to_be_bytes().as_slice(), class].concat();
        let row = self.store.get_many(ROWS, &[(0, key)]).await?.pop().flatten();
        row.map(|row| entry_terms(&row)).transpose()
    }

    /// A page of what fits a query, newest first: by the time of adding, then entry, then slot.
    pub async fn page(
        &self,
        query: &Query,
        after: Option<Bound>,
        limit: usize,
    ) -> Result<Vec<Found>, StoreFault> {
        let terms: Vec<Vec<Term>> = query
            .any
            .iter()
            .map(|any| any.iter().map(|(family, term)| self.term(*family, term)).collect())
            .collect();
        let words = query.text.words.iter().map(|word| vec![(WORDS, WORD, self.index.key.term(WORD, word))]);
        let conditions: Vec<Vec<Term>> = terms.into_iter().chain(words).collect();
        let mut page = Vec::new();
        for class in self.sight.classes() {
            page.extend(self.page_of_class(class, query, &conditions, after, limit).await?);
        }
        page.sort_by_key(|found| {
            (std::cmp::Reverse((found.at, found.seen.place.entry)), found.seen.place.slot)
        });
        page.truncate(limit);
        Ok(page)
    }

    /// The newest of one class. The list of all that was added is followed, and each of its rows looked up in the rows of
    /// the conditions; where a condition is narrow, its own rows say which entries are worth it.
    async fn page_of_class(
        &self,
        class: &ClassId,
        query: &Query,
        conditions: &[Vec<Term>],
        after: Option<Bound>,
        limit: usize,
    ) -> Result<Vec<Found>, StoreFault> {
        let narrow = self.narrow(class, conditions).await?;
        let from =
            [class.as_slice(), &sortable(query.since.map_or(i64::MIN, |since| since.as_millis()))].concat();
        let mut to = match (after, query.until) {
            (Some(after), _) => {
                [row_key(ADDED, &[0; 16], class, after.at, after.entry).as_slice(), &[0]].concat()
            }
            (None, Some(until)) => [class.as_slice(), &sortable(until.as_millis())].concat(),
            (None, None) => [class.as_slice(), &[0xff; 17]].concat(),
        };
        let mut page = Vec::new();
        let mut left = narrow.as_ref().map(BTreeSet::len);
        while page.len() < limit && left != Some(0) {
            let rows = self.store.scan(TERMS, ADDED, &from, &to, PAGE, Order::Descending).await?;
            let Some((last, _)) = rows.last() else { break };
            to.clone_from(last);
            let mut added = Vec::new();
            for (key, value) in &rows {
                let entry = entry_of(key);
                if narrow.as_ref().is_none_or(|narrow| narrow.contains(&entry)) {
                    left = left.map(|left| left.saturating_sub(1));
                    added.push((entry, time_of(key), decode(ADDED, value)?));
                }
            }
            for (entry, at, slots) in self.meeting(class, added, conditions).await? {
                let behind =
                    |slot: &u32| after.is_none_or(|b| (b.at, b.entry) != (at, entry) || *slot > b.slot);
                let place = |slot| Seen { place: Place { entry, slot }, class: *class };
                let found = slots.into_iter().filter(behind).map(|slot| Found {
                    seen: place(slot),
                    at,
                    version: None,
                });
                page.extend(found);
            }
        }
        page.truncate(limit);
        Ok(page)
    }

    /// The entries of the narrowest condition, where one has few rows.
    async fn narrow(
        &self,
        class: &ClassId,
        conditions: &[Vec<Term>],
    ) -> Result<Option<BTreeSet<u64>>, StoreFault> {
        for any in conditions {
            let mut entries = BTreeSet::new();
            let mut few = true;
            for term in any {
                let (from, to) = range(&term.2, class, u64::MAX);
                let rows = self.store.scan(term.0, term.1, &from, &to, PAGE, Order::Descending).await?;
                few &= u32::try_from(rows.len()).is_ok_and(|rows| rows < PAGE);
                entries.extend(rows.iter().map(|(key, _)| entry_of(key)));
            }
            if few {
                return Ok(Some(entries));
            }
        }
        Ok(None)
    }

    /// Of entries with their slots, those slots that meet every condition.
    async fn meeting(
        &self,
        class: &ClassId,
        added: Vec<(u64, i64, Vec<Item>)>,
        conditions: &[Vec<Term>],
    ) -> Result<Vec<(u64, i64, BTreeSet<u32>)>, StoreFault> {
        let mut left: Vec<(u64, i64, BTreeSet<u32>)> = added
            .into_iter()
            .map(|(entry, at, items)| (entry, at, items.into_iter().map(|item| item.slot).collect()))
            .collect();
        for any in conditions {
            let mut met: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
            for term in any {
                let keys: Vec<_> = left
                    .iter()
                    .map(|(entry, _, _)| (term.1, row_key(term.1, &term.2, class, 0, *entry)))
                    .collect();
                for ((entry, _, _), row) in left.iter().zip(self.store.get_many(term.0, &keys).await?) {
                    if let Some(row) = row {
                        let slots = decode(term.1, &row)?.into_iter().map(|item| item.slot);
                        met.entry(*entry).or_default().extend(slots);
                    }
                }
            }
            for (entry, _, slots) in &mut left {
                let met = met.get(entry);
                slots.retain(|slot| met.is_some_and(|met| met.contains(slot)));
            }
            left.retain(|(_, _, slots)| !slots.is_empty());
        }
        Ok(left)
    }

    fn term(&self, family: Family, term: &str) -> Term {
        (TERMS, family.partition(), self.index.key.term(family.partition(), term))
    }
}

fn found_at(entry: u64, class: &ClassId, item: Item) -> Found {
    let seen = Seen { place: Place { entry, slot: item.slot }, class: *class };
    Found { seen, at: 0, version: item.version }
}

/// The rows of a term in a class, of entries below one.
fn range(mac: &Mac, class: &ClassId, below: u64) -> (Vec<u8>, Vec<u8>) {
    (row_key(WORD, mac, class, 0, 0), row_key(WORD, mac, class, 0, below))
}

/// Every key ends with its entry.
fn entry_of(key: &[u8]) -> u64 {
    key.last_chunk::<8>().copied().map_or(0, u64::from_be_bytes)
}

/// The time in a key of [`ADDED`].
fn time_of(key: &[u8]) -> i64 {
    let sorted = key.get(8..16).and_then(|at| <[u8; 8]>::try_from(at).ok()).map_or(0, u64::from_be_bytes);
    (sorted ^ (1 << 63)).cast_signed()
}
