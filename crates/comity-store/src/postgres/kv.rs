//! `Kv` on PostgreSQL: one table, one statement per change.

use super::{PostgresStore, fault::of_server};
use crate::bounds;
use comity_ledger::store::{Kv, Pairs, StoreFault};
use std::collections::BTreeMap;
use tokio_postgres::{Error, Row, types::ToSql};

/// Not expired at `$3`.
const ALIVE: &str = "(expires IS NULL OR expires > $3)";

impl Kv for PostgresStore {
    async fn get(&self, space: &str, key: &[u8], now: i64) -> Result<Option<Vec<u8>>, StoreFault> {
        bounds::space(space, key)?;
        let sql = format!("SELECT v FROM {}.kv WHERE space = $1 AND k = $2 AND {ALIVE}", self.inner.schema);
        let rows = self.query(&sql, &[&space, &key, &now]).await?;
        Ok(rows.first().map(|row| row.get(0)))
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
        bounds::space(space, key)?;
        bounds::value(bounds::KV, value.map_or(0, <[u8]>::len))?;
        let at = format!("{}.kv", self.inner.schema);
        let rows = match (expected, value) {
            (None, None) => {
                let sql = format!("SELECT 1 FROM {at} WHERE space = $1 AND k = $2 AND {ALIVE}");
                return Ok(self.query(&sql, &[&space, &key, &now]).await?.is_empty());
            }
            (None, Some(value)) => {
                let sql = format!(
                    "INSERT INTO {at} AS present (space, k, v, expires) VALUES ($1, $2, $4, $5)
                     ON CONFLICT (space, k) DO UPDATE SET v = excluded.v, expires = excluded.expires
                     WHERE present.expires <= $3 RETURNING 1"
                );
                self.query(&sql, &[&space, &key, &now, &value, &expires]).await?
            }
            (Some(expected), Some(value)) => {
                let sql = format!(
                    "UPDATE {at} SET v = $5, expires = $6 WHERE space = $1 AND k = $2 AND {ALIVE} AND v = $4
                     RETURNING 1"
                );
                self.query(&sql, &[&space, &key, &now, &expected, &value, &expires]).await?
            }
            (Some(expected), None) => {
                let sql = format!(
                    "DELETE FROM {at} WHERE space = $1 AND k = $2 AND {ALIVE} AND v = $4 RETURNING 1"
                );
                self.query(&sql, &[&space, &key, &now, &expected]).await?
            }
        };
        Ok(!rows.is_empty())
    }

    async fn put_many(&self, space: &str, values: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StoreFault> {
        // In order of the keys, so that two of these never wait for each other in a circle; of two values the last.
        let mut latest: BTreeMap<&[u8], Option<&[u8]>> = BTreeMap::new();
        for (key, value) in values {
            bounds::space(space, key)?;
            bounds::value(bounds::KV, value.as_ref().map_or(0, Vec::len))?;
            latest.insert(key, value.as_deref());
        }
        let removed: Vec<&[u8]> =
            latest.iter().filter(|(_, value)| value.is_none()).map(|(key, _)| *key).collect();
        let (keys, set): (Vec<&[u8]>, Vec<&[u8]>) =
            latest.iter().filter_map(|(key, value)| value.map(|value| (*key, value))).unzip();
        // One statement, hence one transaction; its two halves touch different rows.
        let sql = format!(
            "WITH removed AS (DELETE FROM {at} WHERE space = $1 AND k = ANY($2))
             INSERT INTO {at} (space, k, v, expires)
             SELECT $1, r.k, r.v, NULL FROM unnest($3::bytea[], $4::bytea[]) AS r(k, v)
             ON CONFLICT (space, k) DO UPDATE SET v = excluded.v, expires = NULL",
            at = format_args!("{}.kv", self.inner.schema)
        );
        self.query(&sql, &[&space, &removed, &keys, &set]).await.map(drop)
    }

    async fn list(&self, space: &str, prefix: &[u8], limit: u32, now: i64) -> Result<Pairs, StoreFault> {
        bounds::space(space, prefix)?;
        let end = after_prefix(prefix);
        let until = if end.is_some() { "AND k < $5" } else { "" };
        let sql = format!(
            "SELECT k, v FROM {}.kv WHERE space = $1 AND k >= $2 {until} AND {ALIVE} ORDER BY k LIMIT $4",
            self.inner.schema
        );
        let limit = i64::from(limit);
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&space, &prefix, &now, &limit];
        if let Some(end) = &end {
            values.push(end);
        }
        let rows = self.query(&sql, &values).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}

impl PostgresStore {
    /// Removes what has expired at `now` in a space, at most `limit` pairs of it; how many were removed.
    pub async fn sweep(&self, space: &str, limit: u32, now: i64) -> Result<u64, StoreFault> {
        bounds::space(space, b"")?;
        let sql = format!(
            "DELETE FROM {at} WHERE space = $1 AND k IN
             (SELECT k FROM {at} WHERE space = $1 AND expires <= $2 LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING 1",
            at = format_args!("{}.kv", self.inner.schema)
        );
        let removed = self.query(&sql, &[&space, &now, &i64::from(limit)]).await?;
        Ok(u64::try_from(removed.len()).unwrap_or(u64::MAX))
    }

    /// One statement on a connection of the pool.
    pub(super) async fn query(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreFault> {
        let link = self.inner.pool.link().await?;
        let exchange = async {
            let statement = link.statement(sql).await?;
            link.client().query(&statement, values).await
        };
        link.within(async { exchange.await.map_err(|error: Error| of_server(&error)) }).await
    }
}

/// The first key after all keys with this prefix, if there is one.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}
