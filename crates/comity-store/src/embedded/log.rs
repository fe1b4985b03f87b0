//! `Store` on fjall: commits, scans and point reads.

use super::{
    FjallStore, blocking,
    engine::{Engine, table_name},
    in_place, puts,
};
use crate::bounds;
use comity_ledger::store::{
    Batch, Class, ErasureAuthority, LogHead, Order, Pairs, Partition, Projected, Row, Store, StoreFault,
    Table,
};
use fjall::{Keyspace, Readable, UserKey};
use std::{ops::Bound, sync::PoisonError};

/// Reads of at most this many rows stay on the calling thread.
const SMALL: usize = 64;

impl Store for FjallStore {
    async fn head(&self) -> Result<LogHead, StoreFault> {
        self.engine().await.get().map(Engine::head)
    }

    async fn commit(&self, expected: LogHead, batch: Batch) -> Result<LogHead, StoreFault> {
        batch.rows.iter().try_for_each(bounds::row)?;
        let writing = self.inner.writing.clone().lock_owned().await;
        let guard = self.engine().await;
        let store = self.clone();
        // The right to write moves along, so that a caller that goes away cannot leave half a commit behind.
        in_place(move || {
            let _writing = writing;
            let head = commit(guard.get()?, expected, &batch)?;
            store.inner.head.send_replace(head);
            Ok(head)
        })
        .await
    }

    async fn project(&self, step: Projected) -> Result<bool, StoreFault> {
        bounds::projected(&step)?;
        // Beside the right to commit: a projection is not dropped while rows are written to it.
        let writing = self.inner.writing.clone().lock_owned().await;
        let guard = self.engine().await;
        blocking(move || {
            let _writing = writing;
            project(guard.get()?, &step)
        })
        .await
    }

    async fn scan(
        &self,
        table: Table,
        partition: Partition,
        from: &[u8],
        to: &[u8],
        limit: u32,
        order: Order,
    ) -> Result<Pairs, StoreFault> {
        bounds::table(table)?;
        let range = Range { from: joined(partition, from).to_vec(), to: end(partition, to) };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let guard = self.engine().await;
        if limit <= SMALL {
            return scan(guard.get()?, table, range, limit, order);
        }
        blocking(move || scan(guard.get()?, table, range, limit, order)).await
    }

    async fn get_many(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        bounds::table(table)?;
        let guard = self.engine().await;
        if keys.len() <= SMALL {
            return get_many(guard.get()?, table, keys);
        }
        let keys = keys.to_vec();
        blocking(move || get_many(guard.get()?, table, &keys)).await
    }

    async fn drop_projection(&self, table: Table) -> Result<(), StoreFault> {
        bounds::table(table)?;
        if table.class == Class::Log {
            return Err(StoreFault::Bounds {
                table: table.name,
                why: "a table of the log is not dropped".to_owned(),
            });
        }
        let writing = self.inner.writing.clone().lock_owned().await;
        let guard = self.engine().await;
        blocking(move || {
            let _writing = writing;
            guard.get()?.remove_space(&table_name(table))
        })
        .await
    }

    async fn erase(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
        _authority: &ErasureAuthority,
    ) -> Result<(), StoreFault> {
        bounds::table(table)?;
        self.erase_rows(table_name(table), keys.iter().map(|(p, key)| joined(*p, key).to_vec()).collect())
            .await
    }
}

fn commit(engine: &Engine, expected: LogHead, batch: &Batch) -> Result<LogHead, StoreFault> {
    let found = engine.head();
    if found != expected {
        return Err(StoreFault::Conflict { found });
    }
    let spaces = spaces(engine, &batch.rows)?;
    let (present, tops) = puts::check(engine, &batch.rows, &spaces)?;
    let mut writes = engine.batch(batch.rows.len() + 1);
    for ((row, space), present) in batch.rows.iter().zip(&spaces).zip(present) {
        if !present {
            writes.insert(space, joined(row.partition, &row.key), row.value.as_slice());
        }
    }
    engine.write_with_head(writes, batch.head)?;
    puts::remember(&mut engine.tops.lock().unwrap_or_else(PoisonError::into_inner), tops);
    Ok(batch.head)
}

fn project(engine: &Engine, step: &Projected) -> Result<bool, StoreFault> {
    let cursor = &step.cursor;
    let key = (cursor.partition, cursor.key.clone());
    if get_many(engine, cursor.table, &[key])?.pop().flatten() != step.expected {
        return Ok(false);
    }
    let mut writes = engine.batch(step.removed.len() + step.rows.len() + 1);
    for (table, partition, key) in &step.removed {
        if let Some(space) = engine.existing(&table_name(*table))? {
            writes.remove(&space, joined(*partition, key));
        }
    }
    for (row, space) in step.rows.iter().zip(&spaces(engine, &step.rows)?) {
        writes.insert(space, joined(row.partition, &row.key), row.value.as_slice());
    }
    let space = engine.table(cursor.table)?;
    writes.insert(&space, joined(cursor.partition, &cursor.key), cursor.value.as_slice());
    engine.write(writes)?;
    Ok(true)
}

/// The keyspace of each row. Rows of one table mostly follow each other.
fn spaces(engine: &Engine, rows: &[Row]) -> Result<Vec<Keyspace>, StoreFault> {
    let mut known: Vec<(&str, Keyspace)> = Vec::new();
    let mut spaces = Vec::with_capacity(rows.len());
    for row in rows {
        let space = match known.iter().find(|(name, _)| *name == row.table.name) {
            Some((_, space)) => space.clone(),
            None => {
                let space = engine.table(row.table)?;
                known.push((row.table.name, space.clone()));
                space
            }
        };
        spaces.push(space);
    }
    Ok(spaces)
}

struct Range {
    from: Vec<u8>,
    to: Bound<Vec<u8>>,
}

fn scan(
    engine: &Engine,
    table: Table,
    range: Range,
    limit: usize,
    order: Order,
) -> Result<Pairs, StoreFault> {
    let Some(space) = engine.existing(&table_name(table))? else { return Ok(Vec::new()) };
    if matches!(&range.to, Bound::Excluded(to) if *to <= range.from) {
        return Ok(Vec::new());
    }
    engine.guarded(|| {
        let rows = engine.snapshot().range(&space, (Bound::Included(range.from), range.to));
        match order {
            Order::Ascending => pairs(rows.take(limit)),
            Order::Descending => pairs(rows.rev().take(limit)),
        }
    })
}

fn pairs(rows: impl Iterator<Item = fjall::Guard>) -> Result<Pairs, fjall::Error> {
    let mut out = Vec::new();
    for row in rows {
        let (key, value) = row.into_inner()?;
        out.push((key.get(4..).unwrap_or_default().to_vec(), value.to_vec()));
    }
    Ok(out)
}

fn get_many(
    engine: &Engine,
    table: Table,
    keys: &[(Partition, Vec<u8>)],
) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
    let Some(space) = engine.existing(&table_name(table))? else { return Ok(vec![None; keys.len()]) };
    engine.guarded(|| {
        let snapshot = engine.snapshot();
        let mut out = Vec::with_capacity(keys.len());
        for (partition, key) in keys {
            out.push(snapshot.get(&space, joined(*partition, key))?.map(|value| value.to_vec()));
        }
        Ok(out)
    })
}

/// The engine's key: partition, big-endian, then the key.
pub(super) fn joined(partition: Partition, key: &[u8]) -> UserKey {
    UserKey::from([&partition.to_be_bytes()[..], key].concat())
}

/// Where a scan of a partition ends.
fn end(partition: Partition, to: &[u8]) -> Bound<Vec<u8>> {
    match (to.is_empty(), partition.checked_add(1)) {
        (false, _) => Bound::Excluded(joined(partition, to).to_vec()),
        (true, Some(next)) => Bound::Excluded(next.to_be_bytes().to_vec()),
        (true, None) => Bound::Unbounded,
    }
}
