//! The store on PostgreSQL: a schema per party, reached by any number of processes.
//!
//! Each table is `(p integer, k bytea, v bytea, primary key (p, k))` and each statement names one partition, so that a
//! sharding PostgreSQL stays possible. A commit is one transaction that first moves the head's row if it is the
//! expected one: that row's lock puts the writers of all processes in a queue, and its value fences the slower one.
//! With synchronous standbys a commit is answered only once they have it.

mod blobs;
mod export;
mod fault;
mod follow;
mod kv;
mod log;
mod pool;
mod schema;

use comity_ledger::store::StoreFault;
use pool::Pool;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::watch, task::AbortHandle};

/// How a party's schema is reached.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Where the server is, as libpq takes it: `host=/run/postgresql user=comity dbname=comity`. Several hosts with
    /// `target_session_attrs=read-write` follow a failover.
    pub url: String,
    /// The party's schema: 1 to 40 characters of `a-z`, `0-9` and `_`.
    pub schema: String,
    /// Most connections at once, beside the one that listens.
    pub connections: usize,
    /// How long the server may take to answer before its outcome counts as unknown.
    pub patience: Duration,
}

impl PostgresOptions {
    /// Eight connections and thirty seconds of patience.
    pub fn new(url: impl Into<String>, schema: impl Into<String>) -> PostgresOptions {
        PostgresOptions {
            url: url.into(),
            schema: schema.into(),
            connections: 8,
            patience: Duration::from_secs(30),
        }
    }
}

/// The store of one party in a PostgreSQL schema. Cheap to clone.
///
/// After [`StoreFault::Unreachable`] from a commit its outcome is unknown: read the head again. While such a commit is
/// still under way at the server, it holds the head's row, and later commits wait for it.
///
/// An erasure rewrites the tables. The write-ahead log and the operator's own base backups still hold what was erased
/// until they are recycled; bodies are unreadable there because their keys are gone (see [`crate::Vault`]).
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool,
    schema: String,
    /// The largest size of the log that was seen.
    size: watch::Sender<u64>,
    listener: AbortHandle,
}

impl PostgresStore {
    /// Connects, and creates the party's schema where it is absent.
    ///
    /// Faults: `Unreachable` where there is no server, `Damaged` where the schema has a newer format, `Bounds` for a bad
    /// name.
    pub async fn open(options: PostgresOptions) -> Result<PostgresStore, StoreFault> {
        let schema = schema::name(&options.schema)?;
        let pool = Pool::new(&options)?;
        let link = pool.link().await?;
        let head = link.within(schema::prepare(&link, &schema)).await?;
        drop(link);
        let size = watch::Sender::new(head.size);
        let listener =
            tokio::spawn(follow::listen(pool.clone(), schema.clone(), size.clone())).abort_handle();
        Ok(PostgresStore { inner: Arc::new(Inner { pool, schema, size, listener }) })
    }

    fn saw(&self, size: u64) {
        self.inner.size.send_if_modified(|seen| {
            let grown = size > *seen;
            *seen = size.max(*seen);
            grown
        });
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("schema", &self.inner.schema).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
