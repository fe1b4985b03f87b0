//! `Store` on PostgreSQL.

use super::{
    PostgresStore,
    fault::{is_absent_table, of_server},
    pool::Link,
    schema,
};
use crate::bounds;
use comity_ledger::store::{
    Batch, Class, ErasureAuthority, LogHead, Order, Pairs, Partition, Projected, Row, Store, StoreFault,
    Table,
};
use futures_util::future::{join, join_all};
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::{Error, Statement, types::ToSql};

impl Store for PostgresStore {
    async fn head(&self) -> Result<LogHead, StoreFault> {
        let link = self.inner.pool.link().await?;
        let head = link.within(schema::head(&link, &self.inner.schema)).await?;
        self.saw(head.size);
        Ok(head)
    }

    async fn commit(&self, expected: LogHead, batch: Batch) -> Result<LogHead, StoreFault> {
        batch.rows.iter().try_for_each(bounds::row)?;
        let link = self.inner.pool.link().await?;
        let groups = groups(&batch.rows);
        let inserts = link.within(inserts(&link, &self.inner.schema, &groups)).await?;
        link.within(commit(&link, &self.inner.schema, expected, batch.head, &inserts)).await?;
        self.saw(batch.head.size);
        Ok(batch.head)
    }

    async fn project(&self, step: Projected) -> Result<bool, StoreFault> {
        bounds::projected(&step)?;
        let link = self.inner.pool.link().await?;
        let schema = &self.inner.schema;
        link.within(project(&link, schema, &step)).await
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
        let (name, partition) = (schema::table(&self.inner.schema, table), partition.cast_signed());
        let until = if to.is_empty() { "" } else { " AND k < $4" };
        let way = match order {
            Order::Ascending => "ASC",
            Order::Descending => "DESC",
        };
        let sql =
            format!("SELECT k, v FROM {name} WHERE p = $1 AND k >= $2{until} ORDER BY k {way} LIMIT $3");
        let limit = i64::from(limit);
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&partition, &from, &limit];
        if !to.is_empty() {
            values.push(&to);
        }
        let link = self.inner.pool.link().await?;
        let read = async {
            let statement = link.statement(&sql).await?;
            link.client().query(&statement, &values).await
        };
        let rows = link.within(async { none_where_absent(read.await) }).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    async fn get_many(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        bounds::table(table)?;
        let mut wanted: BTreeMap<Partition, Vec<&[u8]>> = BTreeMap::new();
        for (partition, key) in keys {
            wanted.entry(*partition).or_default().push(key);
        }
        let name = schema::table(&self.inner.schema, table);
        let sql = format!("SELECT k, v FROM {name} WHERE p = $1 AND k = ANY($2)");
        let link = self.inner.pool.link().await?;
        let mut found: HashMap<(Partition, Vec<u8>), Vec<u8>> = HashMap::new();
        let read = async {
            let statement = link.statement(&sql).await?;
            for (partition, keys) in &wanted {
                let rows = link.client().query(&statement, &[&partition.cast_signed(), keys]).await?;
                found.extend(rows.iter().map(|row| ((*partition, row.get(0)), row.get(1))));
            }
            Ok(Vec::<()>::new())
        };
        link.within(async { none_where_absent(read.await) }).await?;
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    async fn drop_projection(&self, table: Table) -> Result<(), StoreFault> {
        bounds::table(table)?;
        if table.class == Class::Log {
            let why = "a table of the log is not dropped".to_owned();
            return Err(StoreFault::Bounds { table: table.name, why });
        }
        let link = self.inner.pool.link().await?;
        let sql = format!("TRUNCATE {}", schema::table(&self.inner.schema, table));
        let truncate = async { link.client().batch_execute(&sql).await.map(|()| Vec::<()>::new()) };
        link.within(async { none_where_absent(truncate.await) }).await.map(drop)
    }

    async fn erase(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
        _authority: &ErasureAuthority,
    ) -> Result<(), StoreFault> {
        bounds::table(table)?;
        let name = schema::table(&self.inner.schema, table);
        let link = self.inner.pool.link().await?;
        let delete = async {
            let statement =
                link.statement(&format!("DELETE FROM {name} WHERE p = $1 AND k = ANY($2)")).await?;
            for (partition, key) in keys {
                link.client().execute(&statement, &[&partition.cast_signed(), &vec![key.as_slice()]]).await?;
            }
            Ok(vec![()])
        };
        if link.within(async { none_where_absent(delete.await) }).await?.is_empty() {
            return Ok(());
        }
        rewrite(&link, &name).await
    }
}

/// Rewrites a table's files without what was deleted. It takes as long as the table is large, so nobody's patience
/// counts. The checkpoint removes the former files; a role that may not order one leaves that to the server's next.
pub(super) async fn rewrite(link: &Link, name: &str) -> Result<(), StoreFault> {
    let vacuum = link.client().batch_execute(&format!("VACUUM (FULL) {name}")).await;
    vacuum.map_err(|error| of_server(&error))?;
    if let Err(error) = link.client().batch_execute("CHECKPOINT").await {
        tracing::info!(%error, "the role may not order a checkpoint");
    }
    Ok(())
}

/// A table that was never written has no rows.
fn none_where_absent<T>(outcome: Result<Vec<T>, Error>) -> Result<Vec<T>, StoreFault> {
    match outcome {
        Err(error) if is_absent_table(&error) => Ok(Vec::new()),
        other => other.map_err(|error| of_server(&error)),
    }
}

/// The rows of one table and partition.
struct Group<'a> {
    table: Table,
    partition: i32,
    keys: Vec<&'a [u8]>,
    values: Vec<&'a [u8]>,
    /// Where the keys of a projection are, to let the last of several rows with one key stand.
    places: HashMap<&'a [u8], usize>,
}

impl<'a> Group<'a> {
    fn new(row: &Row) -> Group<'a> {
        let partition = row.partition.cast_signed();
        Group { table: row.table, partition, keys: Vec::new(), values: Vec::new(), places: HashMap::new() }
    }

    fn take(&mut self, row: &'a Row) {
        if row.table.class == Class::Projection {
            let place = *self.places.entry(&row.key).or_insert(self.keys.len());
            if let Some(value) = self.values.get_mut(place) {
                *value = &row.value;
                return;
            }
        }
        self.keys.push(&row.key);
        self.values.push(&row.value);
    }
}

/// Rows by table and partition.
fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(&str, Partition), Group<'_>> = BTreeMap::new();
    for row in rows {
        groups.entry((row.table.name, row.partition)).or_insert_with(|| Group::new(row)).take(row);
    }
    groups.into_values().collect()
}

/// A group with the statement that writes it.
struct Insert<'a> {
    group: &'a Group<'a>,
    statement: Statement,
    name: String,
}

async fn inserts<'a>(
    link: &Link,
    schema: &str,
    groups: &'a [Group<'a>],
) -> Result<Vec<Insert<'a>>, StoreFault> {
    let mut inserts = Vec::with_capacity(groups.len());
    for group in groups {
        let name = schema::table(schema, group.table);
        let on_conflict = match group.table.class {
            Class::Log => "NOTHING",
            Class::Projection => "UPDATE SET v = excluded.v",
        };
        let sql = format!(
            "INSERT INTO {name} (p, k, v) SELECT $1, r.k, r.v FROM unnest($2::bytea[], $3::bytea[]) AS r(k, v)
             ON CONFLICT (p, k) DO {on_conflict}"
        );
        let statement = match link.statement(&sql).await {
            Err(error) if is_absent_table(&error) => {
                schema::ensure(link, schema, group.table).await?;
                link.statement(&sql).await
            }
            other => other,
        };
        inserts.push(Insert { group, statement: statement.map_err(|error| of_server(&error))?, name });
    }
    Ok(inserts)
}

/// One transaction: move the head if it is the expected one, write the rows, commit. Everything but the commit goes in
/// one flight; the head's row is locked by its first statement, so commits of all processes queue there.
async fn commit(
    link: &Link,
    schema: &str,
    expected: LogHead,
    new: LogHead,
    inserts: &[Insert<'_>],
) -> Result<(), StoreFault> {
    let fault = |error: Error| of_server(&error);
    let client = link.client();
    let sql =
        format!("UPDATE {schema}.head SET size = $3, root = $4 WHERE one = 1 AND size = $1 AND root = $2");
    let moving = link.statement(&sql).await.map_err(fault)?;
    let (from, to) = (size(expected)?, size(new)?);
    let (from_root, to_root) = (expected.root.as_bytes().as_slice(), new.root.as_bytes().as_slice());
    let head: [&(dyn ToSql + Sync); 4] = [&from, &from_root, &to, &to_root];
    let writes = join_all(inserts.iter().map(|insert| write(link, insert)));
    let (begun, (moved, written)) =
        join(client.batch_execute("BEGIN"), join(client.execute(&moving, &head), writes)).await;
    begun.map_err(fault)?;
    if moved.map_err(fault)? == 0 {
        client.batch_execute("ROLLBACK").await.map_err(fault)?;
        return Err(StoreFault::Conflict { found: schema::head(link, schema).await? });
    }
    for (insert, count) in inserts.iter().zip(written) {
        let all = u64::try_from(insert.group.keys.len()).unwrap_or(u64::MAX);
        let count = count.map_err(fault)?;
        if insert.group.table.class == Class::Log
            && count < all
            && differs(link, insert).await.map_err(fault)?
        {
            client.batch_execute("ROLLBACK").await.map_err(fault)?;
            return Err(StoreFault::Overwrite { table: insert.group.table.name });
        }
    }
    link.was_warned();
    client.batch_execute("COMMIT").await.map_err(fault)?;
    if link.was_warned() {
        let why = "it was committed there, but waiting for its replication was cancelled".to_owned();
        return Err(StoreFault::Unreachable { why });
    }
    notify(link, schema, expected, new).await;
    Ok(())
}

/// One transaction: projectors queue on a lock, so that of two that read the same cursor the second sees it moved.
async fn project(link: &Link, schema: &str, step: &Projected) -> Result<bool, StoreFault> {
    let fault = |error: Error| of_server(&error);
    let mut rows = step.rows.clone();
    rows.push(step.cursor.clone());
    let groups = groups(&rows);
    let inserts = inserts(link, schema, &groups).await?;
    let removals = removals(link, schema, &step.removed).await?;
    let client = link.client();
    let cursor = &step.cursor;
    let table = schema::table(schema, cursor.table);
    let reading = link.statement(&format!("SELECT v FROM {table} WHERE p = $1 AND k = $2")).await;
    let reading = reading.map_err(fault)?;
    let lock = format!("BEGIN; SELECT pg_advisory_xact_lock(hashtext('comity {schema} projection'))");
    client.batch_execute(&lock).await.map_err(fault)?;
    let found = client.query_opt(&reading, &[&cursor.partition.cast_signed(), &cursor.key]).await;
    let found: Option<Vec<u8>> = found.map_err(fault)?.map(|row| row.get(0));
    if found != step.expected {
        client.batch_execute("ROLLBACK").await.map_err(fault)?;
        return Ok(false);
    }
    for (statement, partition, keys) in &removals {
        client.execute(statement, &[partition, keys]).await.map_err(fault)?;
    }
    for written in join_all(inserts.iter().map(|insert| write(link, insert))).await {
        written.map_err(fault)?;
    }
    client.batch_execute("COMMIT").await.map_err(fault)?;
    Ok(true)
}

/// A statement that removes rows, the partition and the keys.
type Removal<'a> = (Statement, i32, Vec<&'a [u8]>);

async fn removals<'a>(
    link: &Link,
    schema: &str,
    removed: &'a [(Table, Partition, Vec<u8>)],
) -> Result<Vec<Removal<'a>>, StoreFault> {
    let mut removed: Vec<_> = removed.iter().collect();
    removed.sort_by_key(|(table, partition, _)| (table.name, *partition));
    let mut removals = Vec::new();
    for group in removed.chunk_by(|a, b| (a.0.name, a.1) == (b.0.name, b.1)) {
        let Some((table, partition, _)) = group.first() else { continue };
        schema::ensure(link, schema, *table).await?;
        let name = schema::table(schema, *table);
        let statement = link.statement(&format!("DELETE FROM {name} WHERE p = $1 AND k = ANY($2)")).await;
        let keys = group.iter().map(|(_, _, key)| key.as_slice()).collect();
        removals.push((statement.map_err(|error| of_server(&error))?, partition.cast_signed(), keys));
    }
    Ok(removals)
}

async fn write(link: &Link, insert: &Insert<'_>) -> Result<u64, Error> {
    let group = insert.group;
    link.client().execute(&insert.statement, &[&group.partition, &group.keys, &group.values]).await
}

/// Whether a row that was there already has another value.
async fn differs(link: &Link, insert: &Insert<'_>) -> Result<bool, Error> {
    let sql = format!(
        "SELECT count(*) FROM unnest($2::bytea[], $3::bytea[]) AS r(k, v)
         JOIN {} AS t ON t.p = $1 AND t.k = r.k WHERE t.v <> r.v",
        insert.name
    );
    let statement = link.statement(&sql).await?;
    let group = insert.group;
    let row = link.client().query_one(&statement, &[&group.partition, &group.keys, &group.values]).await?;
    Ok(row.get::<_, i64>(0) > 0)
}

/// Tells followers. The commit is done: a lost notification only lets them find out at their next look.
async fn notify(link: &Link, schema: &str, expected: LogHead, new: LogHead) {
    if new.size == expected.size {
        return;
    }
    let told = async {
        let statement = link.statement("SELECT pg_notify($1, $2)").await?;
        link.client().query(&statement, &[&channel(schema), &new.size.to_string()]).await
    };
    if let Err(error) = told.await {
        tracing::debug!(%error, "followers were not told");
    }
}

/// The channel on which growth of the log is told.
pub(super) fn channel(schema: &str) -> String {
    format!("comity_{schema}")
}

fn size(head: LogHead) -> Result<i64, StoreFault> {
    let why = || format!("a log of {} entries", head.size);
    i64::try_from(head.size).map_err(|_| StoreFault::Bounds { table: "head", why: why() })
}
