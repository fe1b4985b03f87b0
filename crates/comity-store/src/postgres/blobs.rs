//! `Blobs` on PostgreSQL: chunks in a table, so that all processes share them.

use super::{PostgresStore, fault::of_server, log::rewrite};
use crate::{blobs::Kept, bounds};
use aws_lc_rs::digest::{Context, SHA256};
use comity_ledger::store::{Blobs, ErasureAuthority, StoreFault};
use comity_record::{Hash, sha256};
use futures_util::{TryStreamExt, pin_mut};
use tokio_postgres::{Error, types::ToSql};

/// The size of a chunk, in bytes.
const CHUNK: usize = 256 * 1024;

impl Blobs for PostgresStore {
    async fn put(&self, bytes: &[u8]) -> Result<Hash, StoreFault> {
        let hash = sha256(&[bytes]);
        let size = i64::try_from(bytes.len());
        let size =
            size.map_err(|_| StoreFault::Bounds { table: bounds::KV, why: "a blob's size".to_owned() })?;
        if self.exists(hash).await? {
            return Ok(hash);
        }
        let link = self.inner.pool.link().await?;
        let schema = &self.inner.schema;
        let exchange = async {
            let chunk =
                format!("INSERT INTO {schema}.blob_chunks VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
            let chunk = link.statement(&chunk).await?;
            let whole = format!("INSERT INTO {schema}.blobs VALUES ($1, $2) ON CONFLICT DO NOTHING");
            let whole = link.statement(&whole).await?;
            let name = hash.as_bytes().as_slice();
            link.client().batch_execute("BEGIN").await?;
            for (n, bytes) in (0i32..).zip(bytes.chunks(CHUNK)) {
                link.client().execute(&chunk, &[&name, &n, &bytes]).await?;
            }
            link.client().execute(&whole, &[&name, &size]).await?;
            link.client().batch_execute("COMMIT").await
        };
        link.within(async { exchange.await.map_err(|error: Error| of_server(&error)) }).await?;
        Ok(hash)
    }

    async fn get(&self, hash: Hash, from: u64, to: u64) -> Result<Option<Vec<u8>>, StoreFault> {
        if !self.exists(hash).await? {
            return Ok(None);
        }
        let link = self.inner.pool.link().await?;
        let mut context = Context::new(&SHA256);
        let mut kept = Kept { from, to, ..Kept::default() };
        let exchange = async {
            let sql =
                format!("SELECT bytes FROM {}.blob_chunks WHERE hash = $1 ORDER BY n", self.inner.schema);
            let statement = link.statement(&sql).await?;
            let name = hash.as_bytes().as_slice();
            let values: [&(dyn ToSql + Sync); 1] = [&name];
            let rows = link.client().query_raw(&statement, values).await?;
            pin_mut!(rows);
            while let Some(row) = rows.try_next().await? {
                context.update(row.get(0));
                kept.take(row.get(0));
            }
            Ok(())
        };
        link.within(async { exchange.await.map_err(|error: Error| of_server(&error)) }).await?;
        if context.finish().as_ref() != hash.as_bytes() {
            let why = format!("the chunks of blob {hash} do not match its hash");
            return Err(StoreFault::Damaged { why });
        }
        Ok(Some(kept.bytes))
    }

    async fn exists(&self, hash: Hash) -> Result<bool, StoreFault> {
        let sql = format!("SELECT 1 FROM {}.blobs WHERE hash = $1", self.inner.schema);
        Ok(!self.query(&sql, &[&hash.as_bytes().as_slice()]).await?.is_empty())
    }

    async fn erase(&self, hash: Hash, _authority: &ErasureAuthority) -> Result<(), StoreFault> {
        let schema = &self.inner.schema;
        let sql = format!(
            "WITH whole AS (DELETE FROM {schema}.blobs WHERE hash = $1)
             DELETE FROM {schema}.blob_chunks WHERE hash = $1"
        );
        self.query(&sql, &[&hash.as_bytes().as_slice()]).await?;
        let link = self.inner.pool.link().await?;
        rewrite(&link, &format!("{schema}.blob_chunks")).await
    }
}
