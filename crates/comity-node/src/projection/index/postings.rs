//! The rows of one index: written for a record, and changed where objects are erased or recalled.

use super::{
    ClassId, Mac,
    posting::{ADDED, Item, decode, encode, row_key},
};
use crate::projection::Rows;
use comity_ledger::store::{Order, Row, Store, StoreFault, Table};
use std::collections::{BTreeMap, BTreeSet};

/// An index: its rows, and the table that says which rows an entry has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Postings {
    pub terms: Table,
    pub rows: Table,
}

/// A term of a family.
pub type Term = (u32, Mac);

/// Classes that an entry has rows in: before and after.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Classes in which nothing of the entry is left, with the time it was added.
    pub emptied: Vec<(ClassId, i64)>,
}

/// The most classes that the rows of one entry are in: its own, and that of what was recalled.
const CLASSES_OF_ENTRY: u32 = 8;

impl Postings {
    /// The rows of a record's terms.
    pub fn add(&self, rows: &mut Rows, entry: u64, class: &ClassId, at: i64, mut found: Vec<(Term, Item)>) {
        found.sort_unstable();
        found.dedup();
        let mut terms = Vec::new();
        for group in found.chunk_by(|(a, _), (b, _)| a == b) {
            let Some(((partition, mac), _)) = group.first() else { continue };
            let items: Vec<Item> = group.iter().map(|(_, item)| *item).collect();
            rows.written.push(self.row((*partition, *mac), class, at, entry, &items));
            terms.push((*partition, *mac));
        }
        rows.written.push(self.entry_row(entry, class, at, &terms));
    }

    /// Takes slots out of the rows of an entry, and puts them into another class where one is given.
    pub async fn take_out(
        &self,
        store: &impl Store,
        rows: &mut Rows,
        entry: u64,
        slots: &[u32],
        into: Option<&ClassId>,
    ) -> Result<Left, StoreFault> {
        let out: BTreeSet<u32> = slots.iter().copied().collect();
        let (mut left, mut moved, mut at) = (Left::default(), BTreeMap::new(), 0);
        let mut target: BTreeMap<Term, Vec<Item>> = BTreeMap::new();
        for (class, added, terms) in self.entry_rows(store, entry).await? {
            at = added;
            let held = self.items(store, &class, at, entry, terms).await?;
            if into == Some(&class) {
                target = held;
                continue;
            }
            let mut kept_terms = Vec::new();
            for (term, items) in held {
                let (taken, kept): (Vec<Item>, Vec<Item>) =
                    items.into_iter().partition(|item| out.contains(&item.slot));
                if !kept.is_empty() {
                    kept_terms.push(term);
                }
                if taken.is_empty() {
                    continue;
                }
                match kept.as_slice() {
                    [] => {
                        rows.removed.push((self.terms, term.0, row_key(term.0, &term.1, &class, at, entry)));
                    }
                    kept => rows.written.push(self.row(term, &class, at, entry, kept)),
                }
                moved.entry(term).or_insert_with(Vec::new).extend(taken);
            }
            if kept_terms.is_empty() {
                rows.removed.push((self.rows, 0, entry_key(entry, &class)));
                left.emptied.push((class, at));
            } else {
                rows.written.push(self.entry_row(entry, &class, at, &kept_terms));
            }
        }
        if let Some(class) = into.filter(|_| !moved.is_empty()) {
            for (term, items) in moved {
                target.entry(term).or_default().extend(items);
            }
            let found =
                target.into_iter().flat_map(|(term, items)| items.into_iter().map(move |item| (term, item)));
            self.add(rows, entry, class, at, found.collect());
        }
        Ok(left)
    }

    /// Adds a term to slots of an entry, in every class in which they stand.
    pub async fn extend(
        &self,
        store: &impl Store,
        rows: &mut Rows,
        entry: u64,
        term: Term,
        slots: &BTreeSet<u32>,
    ) -> Result<(), StoreFault> {
        if slots.is_empty() {
            return Ok(());
        }
        for (class, at, mut terms) in self.entry_rows(store, entry).await? {
            let held = self.items(store, &class, at, entry, vec![ADDED_TERM]).await?;
            let standing = held.into_values().flatten().filter(|item| slots.contains(&item.slot));
            let items: Vec<Item> = standing.map(|item| Item { slot: item.slot, version: None }).collect();
            if items.is_empty() {
                continue;
            }
            rows.written.push(self.row(term, &class, at, entry, &items));
            if !terms.contains(&term) {
                terms.push(term);
            }
            rows.written.push(self.entry_row(entry, &class, at, &terms));
        }
        Ok(())
    }

    fn row(&self, (partition, mac): Term, class: &ClassId, at: i64, entry: u64, items: &[Item]) -> Row {
        let key = row_key(partition, &mac, class, at, entry);
        Row { table: self.terms, partition, key, value: encode(partition, items) }
    }

    /// The row that says which rows an entry has: the time it was added, then partition and term of each.
    fn entry_row(&self, entry: u64, class: &ClassId, at: i64, terms: &[Term]) -> Row {
        let mut value = at.to_be_bytes().to_vec();
        for (partition, mac) in terms {
            value.push(u8::try_from(*partition).unwrap_or(u8::MAX));
            value.extend(mac);
        }
        Row { table: self.rows, partition: 0, key: entry_key(entry, class), value }
    }

    async fn entry_rows(
        &self,
        store: &impl Store,
        entry: u64,
    ) -> Result<Vec<(ClassId, i64, Vec<Term>)>, StoreFault> {
        let (from, to) = (entry.to_be_bytes(), entry.saturating_add(1).to_be_bytes());
        let rows = store.scan(self.rows, 0, &from, &to, CLASSES_OF_ENTRY, Order::Ascending).await?;
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            let (at, terms) = entry_terms(&value)?;
            Ok((*key.last_chunk::<8>().ok_or_else(damaged)?, at, terms))
        };
        rows.into_iter().map(read).collect()
    }

    async fn items(
        &self,
        store: &impl Store,
        class: &ClassId,
        at: i64,
        entry: u64,
        terms: Vec<Term>,
    ) -> Result<BTreeMap<Term, Vec<Item>>, StoreFault> {
        let key = |(partition, mac): &Term| (*partition, row_key(*partition, mac, class, at, entry));
        let keys: Vec<_> = terms.iter().map(key).collect();
        let mut items = BTreeMap::new();
        for (term, row) in terms.into_iter().zip(store.get_many(self.terms, &keys).await?) {
            items.insert(term, decode(term.0, &row.ok_or_else(damaged)?)?);
        }
        Ok(items)
    }
}

/// The row of an entry in a class: the time it was added, and the terms that stand in it.
pub fn entry_terms(value: &[u8]) -> Result<(i64, Vec<Term>), StoreFault> {
    let read = || {
        let (at, terms) = value.split_first_chunk::<8>()?;
        let (terms, rest) = terms.as_chunks::<17>();
        let term = |term: &[u8; 17]| {
            let (partition, mac) = term.split_first()?;
            Some((u32::from(*partition), Mac::try_from(mac).ok()?))
        };
        let terms: Option<Vec<Term>> = terms.iter().map(term).collect();
        rest.is_empty().then_some((i64::from_be_bytes(*at), terms?))
    };
    read().ok_or_else(damaged)
}

/// The term of [`ADDED`], which has none.
pub(super) const ADDED_TERM: Term = (ADDED, [0; 16]);

fn entry_key(entry: u64, class: &ClassId) -> Vec<u8> {
    [entry.to_be_bytes().as_slice(), class].concat()
}

fn damaged() -> StoreFault {
    StoreFault::Damaged { why: "the rows of an index do not agree with each other".to_owned() }
}
