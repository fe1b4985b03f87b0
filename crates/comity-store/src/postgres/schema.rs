//! The party's schema: its format, and tables made on demand.

use super::{fault::of_server, pool::Link};
use crate::bounds;
use comity_ledger::store::{LogHead, StoreFault, Table};
use comity_record::Hash;

/// The version of these tables. What changes them comes with an upgrade step in [`prepare`].
const FORMAT: i32 = 1;

/// Checks the name of a schema, which is written into statements.
pub(super) fn name(schema: &str) -> Result<String, StoreFault> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins =
        schema.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase()) && !schema.starts_with("pg_");
    if begins && schema.len() <= 40 && schema.bytes().all(allowed) {
        return Ok(schema.to_owned());
    }
    let shown: String = schema.chars().take(60).collect();
    let why =
        format!("the schema `{shown}` has not 1 to 40 characters of a-z, 0-9 and _, a letter first, not pg_");
    Err(StoreFault::Bounds { table: bounds::KV, why })
}

/// The table behind a log or projection table.
pub(super) fn table(schema: &str, table: Table) -> String {
    format!("{schema}.t_{}", table.name)
}

/// Creates what is absent and checks the format; the head as it stands. Processes that begin together queue on a lock.
pub(super) async fn prepare(link: &Link, schema: &str) -> Result<LogHead, StoreFault> {
    let client = link.client();
    let sql = format!(
        "BEGIN;
         SELECT pg_advisory_xact_lock(hashtext('comity {schema}'));
         CREATE SCHEMA IF NOT EXISTS {schema};
         CREATE TABLE IF NOT EXISTS {schema}.format (one integer PRIMARY KEY CHECK (one = 1), version integer NOT NULL);
         INSERT INTO {schema}.format VALUES (1, {FORMAT}) ON CONFLICT DO NOTHING;
         CREATE TABLE IF NOT EXISTS {schema}.head
             (one integer PRIMARY KEY CHECK (one = 1), size bigint NOT NULL, root bytea NOT NULL);
         INSERT INTO {schema}.head VALUES (1, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
         CREATE TABLE IF NOT EXISTS {schema}.kv
             (space text, k bytea, v bytea NOT NULL, expires bigint, PRIMARY KEY (space, k));
         CREATE TABLE IF NOT EXISTS {schema}.blobs (hash bytea PRIMARY KEY, size bigint NOT NULL);
         CREATE TABLE IF NOT EXISTS {schema}.blob_chunks
             (hash bytea, n integer, bytes bytea NOT NULL, PRIMARY KEY (hash, n));
         COMMIT"
    );
    let present = format!("SELECT to_regclass('{schema}.blob_chunks') IS NOT NULL");
    let is_present: bool = client.query_one(&present, &[]).await.map_err(|error| of_server(&error))?.get(0);
    if !is_present {
        client.batch_execute(&sql).await.map_err(|error| of_server(&error))?;
    }
    let stated = format!("SELECT version FROM {schema}.format");
    let version: i32 = client.query_one(&stated, &[]).await.map_err(|error| of_server(&error))?.get(0);
    if version != FORMAT {
        let why = format!("schema `{schema}` states format {version}; this program reads format {FORMAT}");
        return Err(StoreFault::Damaged { why });
    }
    head(link, schema).await
}

/// Creates a table where it is absent.
pub(super) async fn ensure(link: &Link, schema: &str, wanted: Table) -> Result<(), StoreFault> {
    let name = table(schema, wanted);
    let sql = format!(
        "BEGIN;
         SELECT pg_advisory_xact_lock(hashtext('comity {schema}'));
         CREATE TABLE IF NOT EXISTS {name} (p integer, k bytea, v bytea NOT NULL, PRIMARY KEY (p, k));
         COMMIT"
    );
    link.client().batch_execute(&sql).await.map_err(|error| of_server(&error))
}

/// The head's row.
pub(super) async fn head(link: &Link, schema: &str) -> Result<LogHead, StoreFault> {
    let read = async {
        let statement =
            link.statement(&format!("SELECT size, root FROM {schema}.head WHERE one = 1")).await?;
        link.client().query_opt(&statement, &[]).await
    };
    let row = read.await.map_err(|error| of_server(&error))?;
    let damaged = |why: &str| StoreFault::Damaged { why: format!("`{schema}.head` {why}") };
    let row = row.ok_or_else(|| damaged("has no row"))?;
    let size = u64::try_from(row.get::<_, i64>(0)).map_err(|_| damaged("has a negative size"))?;
    let root = Hash::from_slice(row.get(1)).ok_or_else(|| damaged("has a root of another length than 32"))?;
    Ok(LogHead { size, root })
}
