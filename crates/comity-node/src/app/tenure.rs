//! Which of several processes of a party works its ledger at present.
//!
//! On PostgreSQL any number of processes may serve one party. A job runs in the process that holds the sequencer's lease,
//! and only there; the others wait for it, which takes some milliseconds where the holder is idle and a quarter of a second
//! where it is busy. A holder that died is waited for until its lease has run out. So every process takes work and serves,
//! and the log has one writer at a time. The lease keeps the others quiet; what makes a fork impossible is the
//! compare-and-set on the log's head: a holder that slept through the end of its lease meets a conflict and commits
//! nothing.
//!
//! The embedded store belongs to one process, which needs no lease.

use super::sequencer::NodeDesk;
use crate::{clock::Clock, random::Random, stop::Stopping};
use comity_ledger::store::{Kv, Store, StoreFault};
use comity_store::{AnyStore, Claim, Lease};
use std::{
    future::Future,
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::sleep};

/// For how long a lease is held without being renewed, in milliseconds: what a dead holder costs the others.
const TERM: i64 = 5_000;
/// How often a lease is renewed while a long job runs.
const RENEWAL: Duration = Duration::from_millis(1_500);
/// How often a waiting process asks.
const ASKING: Duration = Duration::from_millis(20);
/// For how long a busy holder keeps what others want.
const SLICE: Duration = Duration::from_millis(250);
/// For how long it then stands back, so that one of the others gets it.
const STANDING_BACK: Duration = Duration::from_millis(60);
/// The lease under which a party's ledger is worked.
pub const SEQUENCER: &str = "sequencer";
/// The space in which a waiting process says that it waits.
const WANTED: &str = "wanted";

/// The lease under which a party's peers are called.
const CALLER: &str = "caller";

/// How a process comes to work the ledger.
#[derive(Debug)]
pub enum Tenure {
    /// The store is ours alone.
    Sole,
    /// The store is shared.
    Shared(Box<Shared>),
}

/// A share in a ledger that other processes work too.
#[derive(Debug)]
pub struct Shared {
    store: AnyStore,
    clock: Clock,
    holder: String,
    held: Option<(Lease, Instant)>,
    /// The fence of the last lease of ours: while nobody took one in between, nothing can have changed.
    fence: u64,
}

impl Tenure {
    /// The tenure of a process over a store.
    pub fn of(store: &AnyStore, clock: &Clock, random: &dyn Random) -> Tenure {
        match store {
            AnyStore::Fjall(_) => Tenure::Sole,
            AnyStore::Postgres(_) => Tenure::Shared(Box::new(Shared {
                store: store.clone(),
                clock: clock.clone(),
                // A name that no other process has, nor this one at its next start.
                holder: random.id().unwrap_or_else(|_| format!("process {}", std::process::id())),
                held: None,
                fence: 0,
            })),
        }
    }

    /// Waits until this process may work the ledger, and brings its desk to where the others left it.
    pub async fn take(&mut self, desk: &mut NodeDesk) {
        let Tenure::Shared(shared) = self else { return };
        while let Err(fault) = shared.take(desk).await {
            tracing::warn!(code = fault.code(), %fault, "the sequencer's lease cannot be taken yet");
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// Does a job, and renews the lease while it takes.
    pub async fn during<T>(&mut self, job: impl Future<Output = T>) -> T {
        let Tenure::Shared(shared) = self else { return job.await };
        tokio::pin!(job);
        loop {
            tokio::select! {
                done = &mut job => return done,
                () = sleep(RENEWAL) => shared.renew().await,
            }
        }
    }

    /// Gives the lease up where no job waits, or another process has waited long enough.
    pub async fn leave(&mut self, idle: bool) {
        let Tenure::Shared(shared) = self else { return };
        let over = shared.held.as_ref().is_some_and(|(_, since)| since.elapsed() > SLICE);
        if idle || over && shared.is_wanted().await {
            shared.release().await;
            if !idle {
                sleep(STANDING_BACK).await;
            }
        }
    }
}

/// Why the ledger cannot be worked at present.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    Store(#[from] StoreFault),
    #[error(transparent)]
    Desk(#[from] comity_exchange::DeskFault),
    #[error(transparent)]
    Vault(#[from] comity_store::vault::VaultFault),
}

impl NotTaken {
    fn code(&self) -> &'static str {
        match self {
            NotTaken::Store(fault) => fault.code(),
            NotTaken::Desk(fault) => fault.code(),
            NotTaken::Vault(fault) => fault.code(),
        }
    }
}

impl Shared {
    async fn take(&mut self, desk: &mut NodeDesk) -> Result<(), NotTaken> {
        self.renew().await;
        let mut disturbed = false;
        if self.held.is_none() {
            let lease = self.wait().await?;
            disturbed = lease.fence() != self.fence + 1;
            self.fence = lease.fence();
            self.held = Some((lease, Instant::now()));
        }
        if disturbed {
            desk.bodies().refresh()?;
        }
        // A commit of ours whose outcome was unknown counts as somebody else's.
        if disturbed || self.store.head().await? != desk.log().head() {
            desk.catch_up().await?;
        }
        Ok(())
    }

    async fn wait(&self) -> Result<Lease, StoreFault> {
        loop {
            let now = self.clock.now().as_millis();
            match Lease::acquire(&self.store, SEQUENCER, &self.holder, TERM, now).await? {
                Claim::Granted(lease) => return Ok(lease),
                Claim::Taken { .. } => self.want(now).await?,
            }
            sleep(ASKING).await;
        }
    }

    /// Says that somebody waits; it is forgotten by itself.
    async fn want(&self, now: i64) -> Result<(), StoreFault> {
        let key = SEQUENCER.as_bytes();
        let present = Kv::get(&self.store, WANTED, key, now).await?;
        if present.is_none() {
            let expires = Some(now + 500);
            let value = self.holder.as_bytes();
            self.store.compare_and_set(WANTED, key, None, Some(value), expires, now).await?;
        }
        Ok(())
    }

    async fn is_wanted(&self) -> bool {
        let now = self.clock.now().as_millis();
        let wanted = Kv::get(&self.store, WANTED, SEQUENCER.as_bytes(), now).await;
        wanted.is_ok_and(|by| by.is_some_and(|by| by != self.holder.as_bytes()))
    }

    /// Renews the lease where it is half over; without it where it was lost.
    async fn renew(&mut self) {
        let Some((lease, since)) = self.held.take() else { return };
        let now = self.clock.now().as_millis();
        if lease.until() - now > TERM / 2 {
            self.held = Some((lease, since));
            return;
        }
        match lease.renew(&self.store, TERM, now).await {
            Ok(renewed) => self.held = renewed.map(|lease| (lease, since)),
            // Not known to be held is as good as lost: the next job asks again.
            Err(fault) => {
                tracing::warn!(code = fault.code(), %fault, "the sequencer's lease was not renewed")
            }
        }
    }

    async fn release(&mut self) {
        let Some((lease, _)) = self.held.take() else { return };
        if let Err(fault) = lease.release(&self.store, self.clock.now().as_millis()).await {
            tracing::warn!(code = fault.code(), %fault, "the sequencer's lease was not given up and runs out");
        }
    }
}

/// Whether this process calls the peers. Of several processes one does, since a peer that is called by two gets every item
/// twice; all of them answer.
#[derive(Clone, Debug)]
pub struct Duty(watch::Receiver<bool>);

impl Duty {
    /// The duty of a process over a store, which ends with `stopping`.
    pub fn of(store: &AnyStore, clock: &Clock, random: &dyn Random, stopping: Stopping) -> Duty {
        let alone = matches!(store, AnyStore::Fjall(_));
        let (post, duty) = watch::channel(alone);
        if !alone {
            let holder = random.id().unwrap_or_else(|_| format!("process {}", std::process::id()));
            tokio::spawn(call(store.clone(), clock.clone(), holder, post, stopping));
        }
        Duty(duty)
    }

    /// Waits until the duty is ours; at once where it is.
    pub async fn ours(&mut self) {
        while !*self.0.borrow_and_update() {
            if self.0.changed().await.is_err() {
                // The node is stopping: the duty comes to nobody here any more.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Holds the lease of the caller whenever it is free, and tells whether it is held.
async fn call(
    store: AnyStore,
    clock: Clock,
    holder: String,
    post: watch::Sender<bool>,
    mut stopping: Stopping,
) {
    let mut held: Option<Lease> = None;
    loop {
        let now = clock.now().as_millis();
        let asked = match held.take() {
            Some(lease) => lease.renew(&store, TERM, now).await,
            None => match Lease::acquire(&store, CALLER, &holder, TERM, now).await {
                Ok(Claim::Granted(lease)) => Ok(Some(lease)),
                Ok(Claim::Taken { .. }) => Ok(None),
                Err(fault) => Err(fault),
            },
        };
        held = asked.unwrap_or_else(|fault| {
            tracing::warn!(code = fault.code(), %fault, "the caller's lease cannot be taken or renewed");
            None
        });
        post.send_if_modified(|ours| std::mem::replace(ours, held.is_some()) != held.is_some());
        tokio::select! {
            () = sleep(RENEWAL) => {}
            () = stopping.wait() => break,
        }
    }
    post.send_replace(false);
    if let Some(lease) = held
        && let Err(fault) = lease.release(&store, clock.now().as_millis()).await
    {
        tracing::warn!(code = fault.code(), %fault, "the caller's lease was not given up and runs out");
    }
}
