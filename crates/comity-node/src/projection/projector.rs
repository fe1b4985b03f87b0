//! The task that keeps one projection up with the log.

use super::{
    Feed, Progress, Projection, Stage,
    cursor::{Cursor, commitment_before},
};
use crate::stop::Stopping;
use comity_ledger::store::{Batch, Projected, Store, StoreFault};
use comity_record::Canonical;
use comity_store::AnyStore;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle};

/// How long a projector rests after a fault of the store.
const REST: Duration = Duration::from_secs(2);
/// How often the cursor of another process is looked at, and how often in vain before its work is taken over.
const GLANCE: Duration = Duration::from_millis(25);
const GLANCES: u32 = 40;
/// Entries between two lines of the log that tell how far building is.
const TOLD: u64 = 100_000;

/// One projection with its place in the log.
#[derive(Debug)]
pub struct Projector<P> {
    projection: P,
    feed: Feed,
    cursor: Cursor,
    /// The cursor's exact row as read or written last.
    stored: Option<Vec<u8>>,
    stage: watch::Sender<Stage>,
    /// Another process took the last step: its rows are waited for before any are made here.
    beside_another: bool,
}

/// Starts the task of a projection over a log that `changes` tells of. It ends when the node stops, or the log's writer.
pub fn start<P: Projection>(
    projection: P,
    feed: Feed,
    changes: watch::Receiver<u64>,
    stopping: Stopping,
) -> (Progress, JoinHandle<()>) {
    let (projector, progress) = Projector::new(projection, feed);
    (progress, tokio::spawn(projector.run(changes, stopping)))
}

/// The same for a projection that nobody may ever want: it sleeps until `wanted` says so, or at once where it was wanted
/// before and has a cursor.
pub fn start_when_wanted<P: Projection>(
    projection: P,
    feed: Feed,
    changes: watch::Receiver<u64>,
    mut stopping: Stopping,
    wanted: Arc<watch::Sender<bool>>,
) -> (Progress, JoinHandle<()>) {
    let (projector, progress) = Projector::new(projection, feed);
    let task = tokio::spawn(async move {
        match Cursor::read(projector.feed.store(), P::NAME).await {
            Ok((None, None)) => {}
            Ok(_) => drop(wanted.send_replace(true)),
            Err(fault) => {
                tracing::error!(view = P::NAME, code = fault.code(), %fault, "a view cannot be read")
            }
        }
        let mut asked = wanted.subscribe();
        tokio::select! {
            asked = asked.wait_for(|wanted| *wanted) => if asked.is_err() { return },
            () = stopping.wait() => return,
        }
        projector.run(changes, stopping).await;
    });
    (progress, task)
}

impl<P: Projection> Projector<P> {
    /// A projector that has read nothing yet.
    pub fn new(projection: P, feed: Feed) -> (Projector<P>, Progress) {
        let (stage, seen) = watch::channel(Stage::default());
        let cursor = Cursor::first(&projection);
        let projector = Projector { projection, feed, cursor, stored: None, stage, beside_another: false };
        (projector, Progress::new(P::NAME, seen))
    }

    async fn run(mut self, mut changes: watch::Receiver<u64>, mut stopping: Stopping) {
        let mut opened = false;
        loop {
            changes.borrow_and_update();
            let done = tokio::select! {
                done = self.follow(&mut opened) => done,
                () = stopping.wait() => return,
            };
            let ended = match done {
                Ok(()) => tokio::select! {
                    changed = changes.changed() => changed.is_err(),
                    () = stopping.wait() => true,
                },
                Err(fault) => {
                    tracing::error!(view = P::NAME, code = fault.code(), %fault, "a view cannot be written");
                    self.stage.send_modify(|stage| stage.fault = Some(fault.to_string()));
                    tokio::time::timeout(REST, stopping.wait()).await.is_ok()
                }
            };
            if ended {
                return;
            }
        }
    }

    async fn follow(&mut self, opened: &mut bool) -> Result<(), StoreFault> {
        if self.projection.refresh() || !*opened {
            self.open().await?;
            *opened = true;
        }
        let caught_up = self.catch_up().await;
        *opened = caught_up.is_ok();
        caught_up
    }

    /// Finds the place to go on from. Rows that do not fit are dropped, and building begins anew.
    pub async fn open(&mut self) -> Result<(), StoreFault> {
        let store = self.feed.store().clone();
        self.projection.refresh();
        let size = store.head().await?.size;
        let (cursor, stored) = Cursor::read(&store, P::NAME).await?;
        self.stored = stored;
        match cursor {
            Some(cursor) if cursor.fits(&self.projection, &store, size).await? => self.cursor = cursor,
            _ => self.begin_anew(&store, size).await?,
        }
        self.projection.open(&store).await
    }

    /// Drops the rows, whatever they are, and begins at the first entry.
    pub async fn rebuild(&mut self) -> Result<(), StoreFault> {
        let store = self.feed.store().clone();
        let size = store.head().await?.size;
        self.begin_anew(&store, size).await?;
        self.projection.open(&store).await
    }

    /// The cursor goes back before the rows are dropped: a crash between leaves rows to be overwritten, never a cursor
    /// beyond rows that are not there.
    async fn begin_anew(&mut self, store: &impl Store, size: u64) -> Result<(), StoreFault> {
        if size > 0 {
            tracing::info!(
                view = P::NAME,
                version = P::VERSION,
                entries = size,
                "a view is built from the log"
            );
        }
        self.stored = Some(drop_rows::<P>(store).await?);
        self.cursor = Cursor::first(&self.projection);
        self.stored = Some(put(store, &self.cursor, P::NAME).await?);
        Ok(())
    }

    /// Reads on to the head.
    pub async fn catch_up(&mut self) -> Result<(), StoreFault> {
        let store = self.feed.store().clone();
        loop {
            let head = store.head().await?.size;
            self.tell(head);
            if self.cursor.next >= head {
                self.feed.forget();
                return Ok(());
            }
            if self.beside_another {
                self.watch_another(&store, head).await?;
            } else {
                self.step(&store, head).await?;
            }
        }
    }

    async fn step(&mut self, store: &AnyStore, head: u64) -> Result<(), StoreFault> {
        let page = self.feed.page(self.cursor.next, head).await?;
        let rows = self.projection.derive(store, &page.changes).await?;
        let next = self.cursor.next.saturating_add(page.changes.len() as u64);
        let cursor = Cursor { next, before: commitment_before(store, next).await?, ..self.cursor };
        let row = cursor.row(P::NAME);
        let value = row.value.clone();
        let expected = self.stored.clone();
        let step = Projected { cursor: row, expected, removed: rows.removed, rows: rows.written };
        if !store.project(step).await? {
            // Another process took this step: what is in memory may be behind the tables.
            self.beside_another = true;
            return self.open().await;
        }
        if self.cursor.next / TOLD != next / TOLD {
            tracing::info!(view = P::NAME, entries = next, of = head, "a view is being built");
        }
        (self.cursor, self.stored) = (cursor, Some(value));
        self.projection.written();
        Ok(())
    }

    /// Follows the cursor of a process that makes the rows, so that they are not made twice. One that stands still has
    /// ended: its work is taken over.
    async fn watch_another(&mut self, store: &AnyStore, head: u64) -> Result<(), StoreFault> {
        for _ in 0..GLANCES {
            tokio::time::sleep(GLANCE).await;
            let (_, stored) = Cursor::read(store, P::NAME).await?;
            if stored != self.stored {
                self.open().await?;
                self.tell(head);
                return Ok(());
            }
        }
        self.beside_another = false;
        Ok(())
    }

    fn tell(&self, head: u64) {
        let through = self.cursor.next;
        self.stage.send_replace(Stage { through, head, fault: None });
    }
}

/// Drops the rows of a projection that is not kept any more, so that an erasure need not reach them. They are built anew
/// from the log where it is kept again.
pub async fn leave_out<P: Projection>(store: &impl Store) -> Result<(), StoreFault> {
    match Cursor::read(store, P::NAME).await? {
        (None, None) => Ok(()),
        _ => drop_rows::<P>(store).await.map(drop),
    }
}

/// Puts back the cursor, to one that fits no rows, and drops them; the cursor's row.
async fn drop_rows<P: Projection>(store: &impl Store) -> Result<Vec<u8>, StoreFault> {
    let unfit = put(store, &Cursor::default(), P::NAME).await?;
    for table in P::TABLES {
        store.drop_projection(*table).await?;
    }
    Ok(unfit)
}

/// Writes a cursor whatever stands there, durably, while others may commit.
async fn put(store: &impl Store, cursor: &Cursor, name: &str) -> Result<Vec<u8>, StoreFault> {
    loop {
        let head = store.head().await?;
        let batch = Batch { head, rows: vec![cursor.row(name)] };
        match store.commit(head, batch).await {
            Err(StoreFault::Conflict { .. }) => {}
            Err(fault) => return Err(fault),
            Ok(_) => return Ok(cursor.to_bytes()),
        }
    }
}
