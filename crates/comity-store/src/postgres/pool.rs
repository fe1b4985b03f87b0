//! A few connections with their prepared statements. A connection is handed back only after a whole exchange; one that
//! was left in the middle, by a fault or a caller that went away, is closed.

use super::{PostgresOptions, fault::of_server};
use comity_ledger::store::StoreFault;
use futures_util::future::poll_fn;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::AbortHandle,
};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Statement, error::Severity};

/// A transaction is answered once it is on disk here and, where the server names synchronous standbys, there. A client
/// that died in the middle of one loses its locks.
const SESSION: &str = "SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write');
    SET statement_timeout = 0;
    SET lock_timeout = 0;
    SET idle_in_transaction_session_timeout = '60s';
    SET default_transaction_isolation = 'read committed'";

#[derive(Clone)]
pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    patience: Duration,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Arc<Connection>>>,
}

impl Pool {
    pub(super) fn new(options: &PostgresOptions) -> Result<Pool, StoreFault> {
        let mut config: Config = options.url.parse().map_err(|error| of_server(&error))?;
        config.connect_timeout(options.patience).application_name("comity");
        let shared = Shared {
            config,
            patience: options.patience,
            permits: Arc::new(Semaphore::new(options.connections.clamp(1, 1000))),
            idle: Mutex::default(),
        };
        Ok(Pool { shared: Arc::new(shared) })
    }

    /// A connection for one exchange. Waits for one to become free.
    pub(super) async fn link(&self) -> Result<Link, StoreFault> {
        let gone = |_| StoreFault::Unreachable { why: "the store was closed".to_owned() };
        let permit = self.shared.permits.clone().acquire_owned().await.map_err(gone)?;
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => Arc::new(self.connect(None).await?),
        };
        Ok(Link { connection, whole: AtomicBool::new(false), pool: self.clone(), _permit: permit })
    }

    /// A connection of its own, beside those counted. Notifications go to `heard`.
    pub(super) async fn connect(
        &self,
        heard: Option<mpsc::Sender<String>>,
    ) -> Result<Connection, StoreFault> {
        let connecting = async {
            let (client, mut connection) = self.shared.config.connect(NoTls).await?;
            let warned = Arc::new(AtomicBool::new(false));
            let flag = warned.clone();
            let driver = tokio::spawn(async move {
                while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                    attend(message, &flag, heard.as_ref());
                }
            });
            let statements = Mutex::default();
            let connection = Connection { client, statements, warned, driver: driver.abort_handle() };
            connection.client.batch_execute(SESSION).await?;
            Ok(connection)
        };
        within(self.shared.patience, async { connecting.await.map_err(|error| of_server(&error)) }).await
    }

    fn take_idle(&self) -> Option<Arc<Connection>> {
        let mut idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(connection) = idle.pop() {
            if !connection.client.is_closed() {
                return Some(connection);
            }
        }
        None
    }
}

/// What the server says unasked. It warns before it answers a commit that was written here, but whose replication
/// somebody cancelled: such a commit is not acknowledged. Its words depend on its language, so any warning counts.
fn attend(message: AsyncMessage, warned: &AtomicBool, heard: Option<&mpsc::Sender<String>>) {
    match message {
        AsyncMessage::Notice(notice) => {
            tracing::debug!(notice = notice.message(), "the database server remarks");
            if notice.parsed_severity() == Some(Severity::Warning) {
                warned.store(true, Ordering::Release);
            }
        }
        AsyncMessage::Notification(notification) => {
            // A full queue is as good: the listener reads the newest size anyway.
            let _ = heard.map(|heard| heard.try_send(notification.payload().to_owned()));
        }
        _ => {}
    }
}

/// An open connection; closed when dropped, in the middle of whatever it does.
pub(super) struct Connection {
    pub(super) client: Client,
    statements: Mutex<HashMap<String, Statement>>,
    warned: Arc<AtomicBool>,
    driver: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A connection in use. It goes back to the pool only after an exchange that ended well.
pub(super) struct Link {
    connection: Arc<Connection>,
    whole: AtomicBool,
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

impl Link {
    pub(super) fn client(&self) -> &Client {
        &self.connection.client
    }

    /// Runs an exchange, for as long as the server's answer is waited for.
    pub(super) async fn within<T>(
        &self,
        exchange: impl Future<Output = Result<T, StoreFault>>,
    ) -> Result<T, StoreFault> {
        self.whole.store(false, Ordering::Relaxed);
        let outcome = within(self.pool.shared.patience, exchange).await;
        // These are told after a rollback.
        let clean =
            matches!(&outcome, Ok(_) | Err(StoreFault::Conflict { .. } | StoreFault::Overwrite { .. }));
        self.whole.store(clean, Ordering::Relaxed);
        outcome
    }

    /// A prepared statement, made once per connection.
    pub(super) async fn statement(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let known = self.statements().get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client().prepare(sql).await?;
        self.statements().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Whether the server warned of anything since this was last asked.
    pub(super) fn was_warned(&self) -> bool {
        self.connection.warned.swap(false, Ordering::AcqRel)
    }

    fn statements(&self) -> MutexGuard<'_, HashMap<String, Statement>> {
        self.connection.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if self.whole.load(Ordering::Relaxed) {
            let mut idle = self.pool.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(self.connection.clone());
        }
    }
}

async fn within<T>(
    patience: Duration,
    exchange: impl Future<Output = Result<T, StoreFault>>,
) -> Result<T, StoreFault> {
    match tokio::time::timeout(patience, exchange).await {
        Ok(outcome) => outcome,
        Err(_) => {
            Err(StoreFault::Unreachable { why: format!("no answer within {} s", patience.as_secs_f32()) })
        }
    }
}
