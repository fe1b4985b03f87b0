//! A store in memory: the model that the real stores are compared with, and the disk of simulations.
//!
//! It is deterministic, keeps every rule of [`crate::store`], and lets a test decide the fate of each operation:
//! pass, fail before anything is written, or fail although everything was written. [`MemoryStore::image`] and
//! [`MemoryStore::restore`] are a backup and its return. Its futures never wait; [`block_on`] runs them.

use crate::store::{
    Batch, Blobs, Class, ErasureAuthority, Follow, Kv, LogHead, Order, Pairs, Partition, Projected, Row,
    Store, StoreFault, Table,
};
use comity_record::{Hash, sha256};
use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// Longest key of a row.
pub const MAX_KEY: usize = 1024;
/// Longest value of a row.
pub const MAX_VALUE: usize = 20 << 20;

/// Everything a store holds, as a value: a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    head: LogHead,
    rows: BTreeMap<(&'static str, Partition, Vec<u8>), Vec<u8>>,
    values: BTreeMap<(String, Vec<u8>), Value>,
    blobs: BTreeMap<Hash, Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    bytes: Vec<u8>,
    expires: Option<i64>,
}

/// What is about to be done, for a test to decide about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A commit of rows under a head.
    Commit {
        /// The head after it.
        head: LogHead,
        /// How many rows.
        rows: usize,
    },
    /// A projector's step of rows, written and removed.
    Project {
        /// How many rows.
        rows: usize,
    },
    /// Any read of rows, values, blobs or the head.
    Read,
    /// A write of values ([`Kv`]).
    Values,
    /// A write of a blob.
    Blob,
    /// Removal of rows or blobs.
    Erase,
    /// A projection is dropped.
    Drop,
}

/// How an operation ends.
#[derive(Debug)]
pub enum Fate {
    /// As it should.
    Pass,
    /// With a fault, nothing written.
    Fail(StoreFault),
    /// With a fault, although everything was written: a lost answer.
    FailAfter(StoreFault),
}

type Hook = Box<dyn FnMut(Operation) -> Fate + Send>;

/// A store in memory. Clones share the same contents, as processes share a disk.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    image: Image,
    hook: Option<Hook>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Lets `hook` decide how each operation ends from now on.
    pub fn set_faults(&self, hook: impl FnMut(Operation) -> Fate + Send + 'static) {
        self.lock().hook = Some(Box::new(hook));
    }

    /// Every operation passes again.
    pub fn clear_faults(&self) {
        self.lock().hook = None;
    }

    /// A backup of the contents.
    pub fn image(&self) -> Image {
        self.lock().image.clone()
    }

    /// Puts a backup in place of the contents.
    pub fn restore(&self, image: Image) {
        self.lock().image = image;
    }

    /// Overwrites or removes a row behind the interface's back: damage, for tests of the start-up audit.
    pub fn damage(&self, table: Table, partition: Partition, key: &[u8], value: Option<&[u8]>) {
        let key = (table.name, partition, key.to_vec());
        let rows = &mut self.lock().image.rows;
        match value {
            Some(value) => rows.insert(key, value.to_vec()),
            None => rows.remove(&key),
        };
    }

    /// All rows of a table, in order.
    pub fn rows(&self, table: Table) -> Vec<Row> {
        let shared = self.lock();
        let of_table = shared.image.rows.iter().filter(|((name, _, _), _)| *name == table.name);
        let row = |((_, partition, key), value): (&(_, Partition, Vec<u8>), &Vec<u8>)| Row {
            table,
            partition: *partition,
            key: key.clone(),
            value: value.clone(),
        };
        of_table.map(row).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // A test that panicked while holding the lock left whole rows behind: every change is one insertion.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T>(
        &self,
        operation: Operation,
        work: impl FnOnce(&mut Image) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let mut shared = self.lock();
        let fate = shared.hook.as_mut().map_or(Fate::Pass, |hook| hook(operation));
        match fate {
            Fate::Pass => work(&mut shared.image),
            Fate::Fail(fault) => Err(fault),
            Fate::FailAfter(fault) => work(&mut shared.image).and(Err(fault)),
        }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        write!(f, "MemoryStore({}, {} rows)", shared.image.head, shared.image.rows.len())
    }
}

impl Store for MemoryStore {
    async fn head(&self) -> Result<LogHead, StoreFault> {
        self.run(Operation::Read, |image| Ok(image.head))
    }

    async fn commit(&self, expected: LogHead, batch: Batch) -> Result<LogHead, StoreFault> {
        let operation = Operation::Commit { head: batch.head, rows: batch.rows.len() };
        self.run(operation, |image| image.commit(expected, batch))
    }

    async fn project(&self, step: Projected) -> Result<bool, StoreFault> {
        let rows = step.rows.len() + step.removed.len() + 1;
        self.run(Operation::Project { rows }, |image| image.project(step))
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
        self.run(Operation::Read, |image| Ok(image.scan(table, partition, from, to, limit, order)))
    }

    async fn get_many(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        let get = |image: &Image, (partition, key): &(Partition, Vec<u8>)| {
            image.rows.get(&(table.name, *partition, key.clone())).cloned()
        };
        self.run(Operation::Read, |image| Ok(keys.iter().map(|key| get(image, key)).collect()))
    }

    async fn drop_projection(&self, table: Table) -> Result<(), StoreFault> {
        self.run(Operation::Drop, |image| {
            if table.class == Class::Log {
                return Err(bounds(&table, "a table of the log cannot be dropped"));
            }
            image.rows.retain(|(name, _, _), _| *name != table.name);
            Ok(())
        })
    }

    async fn erase(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
        _: &ErasureAuthority,
    ) -> Result<(), StoreFault> {
        self.run(Operation::Erase, |image| {
            for (partition, key) in keys {
                image.rows.remove(&(table.name, *partition, key.clone()));
            }
            Ok(())
        })
    }
}

impl Kv for MemoryStore {
    async fn get(&self, space: &str, key: &[u8], now: i64) -> Result<Option<Vec<u8>>, StoreFault> {
        self.run(Operation::Read, |image| Ok(image.value(space, key, now).map(<[u8]>::to_vec)))
    }

    async fn compare_and_set(
        &self,
        space: &str,
        key: &[u8],
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
        expires: Option<i64>,
        now: i64,
    ) -> Result<bool, StoreFault> {
        self.run(Operation::Values, |image| {
            if image.value(space, key, now) != expected {
                return Ok(false);
            }
            image.set(space, key, value, expires);
            Ok(true)
        })
    }

    async fn put_many(&self, space: &str, values: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StoreFault> {
        self.run(Operation::Values, |image| {
            for (key, value) in values {
                image.set(space, key, value.as_deref(), None);
            }
            Ok(())
        })
    }

    async fn list(&self, space: &str, prefix: &[u8], limit: u32, now: i64) -> Result<Pairs, StoreFault> {
        self.run(Operation::Read, |image| {
            let from = (space.to_owned(), prefix.to_vec());
            let of_prefix = |(of, key): &(String, Vec<u8>)| of == space && key.starts_with(prefix);
            let found = image.values.range(from..).take_while(|(key, _)| of_prefix(key));
            let alive = found.filter(|(_, value)| value.is_alive(now)).take(limit as usize);
            Ok(alive.map(|((_, key), value)| (key.clone(), value.bytes.clone())).collect())
        })
    }
}

impl Blobs for MemoryStore {
    async fn put(&self, bytes: &[u8]) -> Result<Hash, StoreFault> {
        let hash = sha256(&[bytes]);
        self.run(Operation::Blob, |image| {
            image.blobs.insert(hash, bytes.to_vec());
            Ok(hash)
        })
    }

    async fn get(&self, hash: Hash, from: u64, to: u64) -> Result<Option<Vec<u8>>, StoreFault> {
        self.run(Operation::Read, |image| Ok(image.blobs.get(&hash).map(|bytes| part(bytes, from, to))))
    }

    async fn exists(&self, hash: Hash) -> Result<bool, StoreFault> {
        self.run(Operation::Read, |image| Ok(image.blobs.contains_key(&hash)))
    }

    async fn erase(&self, hash: Hash, _: &ErasureAuthority) -> Result<(), StoreFault> {
        self.run(Operation::Erase, |image| {
            image.blobs.remove(&hash);
            Ok(())
        })
    }
}

impl Follow for MemoryStore {
    /// Time does not pass here: the patience is over at once.
    async fn changed_after(&self, _: u64, _: u64) -> Result<u64, StoreFault> {
        self.run(Operation::Read, |image| Ok(image.head.size))
    }
}

impl Image {
    fn commit(&mut self, expected: LogHead, batch: Batch) -> Result<LogHead, StoreFault> {
        if self.head != expected {
            return Err(StoreFault::Conflict { found: self.head });
        }
        let mut new = BTreeMap::new();
        for row in batch.rows {
            check_bounds(&row)?;
            let key = (row.table.name, row.partition, row.key);
            let present = new.get(&key).or_else(|| self.rows.get(&key));
            let other = present.is_some_and(|value| *value != row.value);
            if row.table.class == Class::Log && other {
                return Err(StoreFault::Overwrite { table: row.table.name });
            }
            new.insert(key, row.value);
        }
        self.rows.append(&mut new);
        self.head = batch.head;
        Ok(self.head)
    }

    fn project(&mut self, step: Projected) -> Result<bool, StoreFault> {
        let mut rows = step.rows;
        rows.push(step.cursor.clone());
        rows.iter().try_for_each(check_bounds)?;
        let mut tables =
            rows.iter().map(|row| row.table).chain(step.removed.iter().map(|(table, _, _)| *table));
        if let Some(table) = tables.find(|table| table.class == Class::Log) {
            return Err(bounds(&table, "a table of the log is no projection"));
        }
        let Row { table, partition, key, .. } = step.cursor;
        if self.rows.get(&(table.name, partition, key)) != step.expected.as_ref() {
            return Ok(false);
        }
        for (table, partition, key) in step.removed {
            self.rows.remove(&(table.name, partition, key));
        }
        self.rows.extend(rows.into_iter().map(|row| ((row.table.name, row.partition, row.key), row.value)));
        Ok(true)
    }

    fn scan(
        &self,
        table: Table,
        partition: Partition,
        from: &[u8],
        to: &[u8],
        limit: u32,
        order: Order,
    ) -> Pairs {
        let start = Bound::Included((table.name, partition, from.to_vec()));
        let end = match (to.is_empty(), partition.checked_add(1)) {
            (false, _) if to <= from => return Vec::new(),
            (false, _) => Bound::Excluded((table.name, partition, to.to_vec())),
            (true, Some(next)) => Bound::Excluded((table.name, next, Vec::new())),
            (true, None) => Bound::Unbounded,
        };
        let found = self.rows.range((start, end)).filter(|((name, _, _), _)| *name == table.name);
        let pair = |((_, _, key), value): (&(_, _, Vec<u8>), &Vec<u8>)| (key.clone(), value.clone());
        match order {
            Order::Ascending => found.take(limit as usize).map(pair).collect(),
            Order::Descending => found.rev().take(limit as usize).map(pair).collect(),
        }
    }

    fn value(&self, space: &str, key: &[u8], now: i64) -> Option<&[u8]> {
        let value = self.values.get(&(space.to_owned(), key.to_vec()))?;
        value.is_alive(now).then_some(&value.bytes)
    }

    fn set(&mut self, space: &str, key: &[u8], value: Option<&[u8]>, expires: Option<i64>) {
        let key = (space.to_owned(), key.to_vec());
        match value {
            Some(bytes) => self.values.insert(key, Value { bytes: bytes.to_vec(), expires }),
            None => self.values.remove(&key),
        };
    }
}

impl Value {
    fn is_alive(&self, now: i64) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// Runs a future that never waits for anything outside, such as one over a [`MemoryStore`].
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::hint::spin_loop();
    }
}

fn check_bounds(row: &Row) -> Result<(), StoreFault> {
    let name = row.table.name;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !(1..=24).contains(&name.len()) || !name.bytes().all(plain) {
        return Err(bounds(&row.table, "a table's name has 1 to 24 small letters, digits or underscores"));
    }
    if row.key.len() > MAX_KEY {
        return Err(bounds(&row.table, "a key has at most 1,024 bytes"));
    }
    if row.value.len() > MAX_VALUE {
        return Err(bounds(&row.table, "a value has at most 20 MiB"));
    }
    Ok(())
}

fn bounds(table: &Table, why: &str) -> StoreFault {
    StoreFault::Bounds { table: table.name, why: why.to_owned() }
}

fn part(bytes: &[u8], from: u64, to: u64) -> Vec<u8> {
    let clip = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    bytes.get(clip(from)..clip(to)).unwrap_or_default().to_vec()
}
