//! Several processes of one party keep one set of indexes, so they must work with the same keys: a process with others
//! would find the rows unfit, drop them and begin anew, and the rest would do the same to it, without end.
//!
//! The first process writes down which keys it works with, and every process with the same ones renews that. One with
//! others is refused while it stands. Where all processes have ended, it is gone after a few seconds, and a process with
//! new keys is welcome.

use super::Fault;
use crate::{clock::Clock, stop::Stopping};
use comity_ledger::store::{Kv, StoreFault};
use comity_store::AnyStore;
use std::time::Duration;
use tokio::time::sleep;

/// The space and the key under which the keys in use are written down.
const SPACE: &str = "views";
const KEY: &[u8] = b"keys";
/// For how long it stands without being renewed, in milliseconds.
const TERM: i64 = 5_000;
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_millis(1_500);
/// How often a process with other keys looks whether those in use are renewed or gone.
const ASKING: Duration = Duration::from_millis(100);

/// What is written down: the stamps of the keys, and how often it was renewed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct InUse {
    stamps: [u64; 2],
    renewals: u64,
}

/// Agrees with the other processes over a store on the keys with these stamps, until `stopping`. The embedded store belongs
/// to one process, which need not ask.
pub(super) async fn agree(
    store: &AnyStore,
    clock: &Clock,
    stamps: [u64; 2],
    stopping: Stopping,
) -> Result<(), Fault> {
    if matches!(store, AnyStore::Fjall(_)) {
        return Ok(());
    }
    let mut seen = None;
    while let Some(others) = write_down(store, clock, stamps).await? {
        // What is renewed belongs to a process that lives; what an ended one left behind is soon gone.
        if seen.is_some_and(|seen| seen != others) {
            return Err(other_keys());
        }
        seen = Some(others);
        sleep(ASKING).await;
    }
    tokio::spawn(renew(store.clone(), clock.clone(), stamps, stopping));
    Ok(())
}

/// Writes down that these keys are in use, for another term, unless others are: those.
async fn write_down(store: &AnyStore, clock: &Clock, stamps: [u64; 2]) -> Result<Option<InUse>, Fault> {
    let of_store = |fault: StoreFault| Fault::new(fault.code(), fault.to_string());
    loop {
        let now = clock.now().as_millis();
        let present = Kv::get(store, SPACE, KEY, now).await.map_err(of_store)?;
        let in_use = present.as_deref().map(InUse::read);
        if let Some(others) = in_use.filter(|in_use| in_use.stamps != stamps) {
            return Ok(Some(others));
        }
        let renewals = in_use.map_or(0, |in_use| in_use.renewals.wrapping_add(1));
        let next = InUse { stamps, renewals }.to_bytes();
        let put =
            store.compare_and_set(SPACE, KEY, present.as_deref(), Some(&next), Some(now + TERM), now).await;
        if put.map_err(of_store)? {
            return Ok(None);
        }
    }
}

async fn renew(store: AnyStore, clock: Clock, stamps: [u64; 2], mut stopping: Stopping) {
    while tokio::time::timeout(RENEWAL, stopping.wait()).await.is_err() {
        match write_down(&store, &clock, stamps).await {
            Ok(None) => {}
            Ok(Some(_)) => {
                let fault = other_keys();
                tracing::error!(code = %fault.code, %fault, "another process took over");
            }
            Err(fault) => {
                tracing::warn!(code = %fault.code, %fault, "the keys in use were not written down again");
            }
        }
    }
}

impl InUse {
    fn to_bytes(self) -> Vec<u8> {
        let [first, second] = self.stamps;
        [first, second, self.renewals].map(u64::to_be_bytes).concat()
    }

    /// Bytes of another form are those of no key.
    fn read(bytes: &[u8]) -> InUse {
        let mut numbers = bytes.as_chunks::<8>().0.iter().map(|number| u64::from_be_bytes(*number));
        let mut next = || numbers.next().unwrap_or(0);
        InUse { stamps: [next(), next()], renewals: next() }
    }
}

fn other_keys() -> Fault {
    Fault::new("view/other-keys", "another process of this party works with other keys of the indexes").help(
        "link `index.key` and `collections.key` in this party's folder to those of that process; or, where they \
         were replaced on purpose, end every process of the party before the first is started with the new ones",
    )
}
