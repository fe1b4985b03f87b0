//! Writing out what is held, as one transaction sees it.

use super::{
    PostgresStore,
    fault::{is_absent_table, of_server},
    pool::Link,
    schema,
};
use crate::backup::{BackupFault, Wanted, Writer, off_thread};
use comity_ledger::store::{LogHead, Pairs, Table};
use tokio_postgres::types::ToSql;

/// Rows read at once.
const PAGE: i64 = 500;
const VIEW: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

impl PostgresStore {
    /// Writes what is wanted and hands the writer back.
    pub(crate) async fn export(&self, wanted: Wanted, writer: Writer) -> Result<Writer, BackupFault> {
        let link = self.inner.pool.link().await?;
        let schema = &self.inner.schema;
        // Tables that were never written are left out before the transaction, which an error would end.
        let mut there = Vec::new();
        if let Wanted::Log(tables) = &wanted {
            for table in tables {
                if is_there(&link, &schema::table(schema, *table)).await? {
                    there.push(*table);
                }
            }
        }
        begin(&link).await?;
        let writer = match wanted {
            Wanted::Log(_) => self.log(&link, &there, writer).await?,
            Wanted::Space(space) => self.space(&link, &space, writer).await?,
        };
        link.within(async { link.client().batch_execute("COMMIT").await.map_err(|error| of_server(&error)) })
            .await?;
        Ok(writer)
    }

    async fn log(&self, link: &Link, tables: &[Table], mut writer: Writer) -> Result<Writer, BackupFault> {
        writer.head(link.within(schema::head(link, &self.inner.schema)).await?)?;
        for table in tables {
            let name = schema::table(&self.inner.schema, *table);
            writer.table(table.name)?;
            let found = query(link, &format!("SELECT DISTINCT p FROM {name}"), &[]).await?;
            let mut partitions: Vec<u32> =
                found.iter().map(|row| row.get::<_, i32>(0).cast_unsigned()).collect();
            partitions.sort_unstable();
            for partition in partitions {
                let sql = format!(
                    "SELECT k, v FROM {name} WHERE p = $1 AND (k > $2 OR $3) ORDER BY k LIMIT {PAGE}"
                );
                writer = all(link, &sql, &partition.cast_signed(), partition, writer).await?;
            }
        }
        Ok(writer)
    }

    async fn space(&self, link: &Link, space: &str, mut writer: Writer) -> Result<Writer, BackupFault> {
        writer.head(LogHead::default())?;
        writer.space(space)?;
        let sql = format!(
            "SELECT k, v FROM {}.kv WHERE space = $1 AND (k > $2 OR $3) AND expires IS NULL ORDER BY k LIMIT {PAGE}",
            self.inner.schema
        );
        all(link, &sql, &space, 0, writer).await
    }
}

/// Writes all rows page by page: `$1` is `of`, `$2` the last key, `$3` true for the first page.
async fn all(
    link: &Link,
    sql: &str,
    of: &(dyn ToSql + Sync),
    partition: u32,
    mut writer: Writer,
) -> Result<Writer, BackupFault> {
    let mut last: Option<Vec<u8>> = None;
    loop {
        let (from, first) = (last.as_deref().unwrap_or_default(), last.is_none());
        let rows = query(link, sql, &[of, &from, &first]).await?;
        let page: Pairs = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let Some((key, _)) = page.last() else { return Ok(writer) };
        last = Some(key.clone());
        writer = off_thread(move || {
            for (key, value) in &page {
                writer.row(partition, key, value)?;
            }
            Ok(writer)
        })
        .await?;
    }
}

async fn begin(link: &Link) -> Result<(), BackupFault> {
    let begun = async { link.client().batch_execute(VIEW).await.map_err(|error| of_server(&error)) };
    Ok(link.within(begun).await?)
}

async fn is_there(link: &Link, name: &str) -> Result<bool, BackupFault> {
    let looked = async {
        match link.client().batch_execute(&format!("SELECT 1 FROM {name} LIMIT 1")).await {
            Err(error) if is_absent_table(&error) => Ok(false),
            other => other.map(|()| true).map_err(|error| of_server(&error)),
        }
    };
    Ok(link.within(looked).await?)
}

async fn query(
    link: &Link,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Vec<tokio_postgres::Row>, BackupFault> {
    let read = async {
        let statement = link.statement(sql).await?;
        link.client().query(&statement, values).await
    };
    Ok(link.within(async { read.await.map_err(|error| of_server(&error)) }).await?)
}
