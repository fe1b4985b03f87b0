//! Whichever engine a node was configured with.

use crate::{FjallStore, PostgresStore};
use comity_ledger::store::{
    Batch, Blobs, ErasureAuthority, Follow, Kv, LogHead, Order, Pairs, Partition, Projected, Store,
    StoreFault, Table,
};
use comity_record::Hash;

/// A store of either engine, behind the same interface. Cheap to clone.
#[derive(Clone, Debug)]
pub enum AnyStore {
    /// The embedded engine.
    Fjall(FjallStore),
    /// PostgreSQL.
    Postgres(PostgresStore),
}

macro_rules! either {
    ($self:ident, $store:ident => $call:expr) => {
        match $self {
            AnyStore::Fjall($store) => $call.await,
            AnyStore::Postgres($store) => $call.await,
        }
    };
}

impl AnyStore {
    /// Removes what has expired at `now` in a space of [`Kv`], at most `limit` pairs of it; how many were removed.
    pub async fn sweep(&self, space: &str, limit: u32, now: i64) -> Result<u64, StoreFault> {
        either!(self, store => store.sweep(space, limit, now))
    }
}

impl Store for AnyStore {
    async fn head(&self) -> Result<LogHead, StoreFault> {
        either!(self, store => store.head())
    }

    async fn commit(&self, expected: LogHead, batch: Batch) -> Result<LogHead, StoreFault> {
        either!(self, store => store.commit(expected, batch))
    }

    async fn project(&self, step: Projected) -> Result<bool, StoreFault> {
        either!(self, store => store.project(step))
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
        either!(self, store => store.scan(table, partition, from, to, limit, order))
    }

    async fn get_many(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        either!(self, store => store.get_many(table, keys))
    }

    async fn drop_projection(&self, table: Table) -> Result<(), StoreFault> {
        either!(self, store => store.drop_projection(table))
    }

    async fn erase(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
        authority: &ErasureAuthority,
    ) -> Result<(), StoreFault> {
        either!(self, store => Store::erase(store, table, keys, authority))
    }
}

impl Kv for AnyStore {
    async fn get(&self, space: &str, key: &[u8], now: i64) -> Result<Option<Vec<u8>>, StoreFault> {
        either!(self, store => Kv::get(store, space, key, now))
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
        either!(self, store => store.compare_and_set(space, key, expected, value, expires, now))
    }

    async fn put_many(&self, space: &str, values: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StoreFault> {
        either!(self, store => store.put_many(space, values))
    }

    async fn list(&self, space: &str, prefix: &[u8], limit: u32, now: i64) -> Result<Pairs, StoreFault> {
        either!(self, store => store.list(space, prefix, limit, now))
    }
}

impl Blobs for AnyStore {
    async fn put(&self, bytes: &[u8]) -> Result<Hash, StoreFault> {
        either!(self, store => Blobs::put(store, bytes))
    }

    async fn get(&self, hash: Hash, from: u64, to: u64) -> Result<Option<Vec<u8>>, StoreFault> {
        either!(self, store => Blobs::get(store, hash, from, to))
    }

    async fn exists(&self, hash: Hash) -> Result<bool, StoreFault> {
        either!(self, store => store.exists(hash))
    }

    async fn erase(&self, hash: Hash, authority: &ErasureAuthority) -> Result<(), StoreFault> {
        either!(self, store => Blobs::erase(store, hash, authority))
    }
}

impl Follow for AnyStore {
    async fn changed_after(&self, size: u64, patience: u64) -> Result<u64, StoreFault> {
        either!(self, store => store.changed_after(size, patience))
    }
}
