//! Waiting for the log to grow: notifications where they come, a look now and then where they do not.

use super::{PostgresStore, log::channel, pool::Pool};
use comity_ledger::store::{Follow, Store, StoreFault};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout_at},
};

/// How often the head is read where no notification comes.
const LOOK: Duration = Duration::from_secs(2);
/// How long a lost listening connection stays lost.
const AGAIN: Duration = Duration::from_secs(1);

impl Follow for PostgresStore {
    async fn changed_after(&self, size: u64, patience: u64) -> Result<u64, StoreFault> {
        let mut seen = self.inner.size.subscribe();
        let end = Instant::now() + Duration::from_millis(patience.min(1 << 40));
        loop {
            let look = end.min(Instant::now() + LOOK);
            if let Ok(Ok(grown)) =
                timeout_at(look, seen.wait_for(|seen| *seen > size)).await.map(|seen| seen.map(|seen| *seen))
            {
                return Ok(grown);
            }
            let head = self.head().await?;
            if head.size > size || Instant::now() >= end {
                return Ok(head.size);
            }
        }
    }
}

/// Listens for as long as the store lives, on a connection of its own.
pub(super) async fn listen(pool: Pool, schema: String, size: watch::Sender<u64>) {
    loop {
        if let Err(fault) = listen_once(&pool, &schema, &size).await {
            tracing::debug!(%fault, "listening for growth of the log ended");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen_once(pool: &Pool, schema: &str, size: &watch::Sender<u64>) -> Result<(), StoreFault> {
    let (told, mut heard) = mpsc::channel(64);
    let connection = pool.connect(Some(told)).await?;
    let listening = connection.client.batch_execute(&format!("LISTEN {}", channel(schema))).await;
    listening.map_err(|error| super::fault::of_server(&error))?;
    // The channel ends with the connection.
    while let Some(payload) = heard.recv().await {
        let grown = payload.parse().unwrap_or(0);
        size.send_if_modified(|seen| {
            let more = grown > *seen;
            *seen = grown.max(*seen);
            more
        });
    }
    Ok(())
}
