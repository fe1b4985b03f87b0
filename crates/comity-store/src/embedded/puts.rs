//! Put-once: which rows of a commit are new, and which exist already with which value.
//!
//! Log keys mostly grow within their partition, so the highest key of each is remembered: a key above it is new without
//! a look into the tables.

use super::{engine::Engine, log::joined};
use comity_ledger::store::{Class, Partition, Row, StoreFault};
use fjall::{Keyspace, Readable};
use std::{collections::HashMap, ops::Bound};

/// Beyond this many partitions the memory is cleared and learned again.
const REMEMBERED: usize = 4096;

/// The highest key of each partition of each log table, as far as known.
pub(super) type Tops = HashMap<(&'static str, Partition), Vec<u8>>;

/// Checks the log rows of a commit against the store and each other. Returns the rows that need no writing because they
/// are there already, and the highest keys after the commit.
pub(super) fn check(
    engine: &Engine,
    rows: &[Row],
    spaces: &[Keyspace],
) -> Result<(Vec<bool>, Tops), StoreFault> {
    let mut present = vec![false; rows.len()];
    let mut tops = Tops::new();
    let mut older: Vec<usize> = Vec::new();
    for (index, (row, space)) in rows.iter().zip(spaces).enumerate() {
        if row.table.class != Class::Log {
            continue;
        }
        let at = (row.table.name, row.partition);
        let top = match tops.get_mut(&at) {
            Some(top) => top,
            None => tops.entry(at).or_insert(highest(engine, at, space)?),
        };
        if row.key > *top {
            top.clone_from(&row.key);
        } else {
            older.push(index);
        }
    }
    if !older.is_empty() {
        compare(engine, rows, spaces, &older, &mut present)?;
    }
    Ok((present, tops))
}

/// Remembers the highest keys once their commit is durable.
pub(super) fn remember(known: &mut Tops, new: Tops) {
    if known.len() + new.len() > REMEMBERED {
        known.clear();
    }
    known.extend(new);
}

/// Rows at or below the highest key: each is compared with the row before it in the commit, else with the store.
fn compare(
    engine: &Engine,
    rows: &[Row],
    spaces: &[Keyspace],
    older: &[usize],
    present: &mut [bool],
) -> Result<(), StoreFault> {
    let mut first: HashMap<(&str, Partition, &[u8]), &[u8]> = HashMap::new();
    for (index, (row, space)) in rows.iter().zip(spaces).enumerate() {
        if row.table.class != Class::Log {
            continue;
        }
        let key = (row.table.name, row.partition, row.key.as_slice());
        let before = match first.get(&key) {
            Some(value) => Some(value.to_vec()),
            None if older.binary_search(&index).is_ok() => stored(engine, row, space)?,
            None => None,
        };
        match before {
            Some(value) if value != row.value => return Err(StoreFault::Overwrite { table: row.table.name }),
            Some(_) => {
                if let Some(flag) = present.get_mut(index) {
                    *flag = true;
                }
            }
            None => {}
        }
        first.insert(key, &row.value);
    }
    Ok(())
}

fn highest(engine: &Engine, at: (&'static str, Partition), space: &Keyspace) -> Result<Vec<u8>, StoreFault> {
    let known = engine.tops.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&at).cloned();
    if let Some(top) = known {
        return Ok(top);
    }
    let snapshot = engine.snapshot();
    let from = at.1.to_be_bytes().to_vec();
    let to = match at.1.checked_add(1) {
        Some(next) => Bound::Excluded(next.to_be_bytes().to_vec()),
        None => Bound::Unbounded,
    };
    let last = snapshot.range(space, (Bound::Included(from), to)).next_back();
    let Some(guard) = last else { return Ok(Vec::new()) };
    let key = engine.guarded(|| guard.key())?;
    Ok(key.get(4..).unwrap_or_default().to_vec())
}

fn stored(engine: &Engine, row: &Row, space: &Keyspace) -> Result<Option<Vec<u8>>, StoreFault> {
    let value = engine.guarded(|| space.get(joined(row.partition, &row.key)))?;
    Ok(value.map(|value| value.to_vec()))
}
