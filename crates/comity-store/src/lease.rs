//! The sequencer's lease: of several processes over one party, one commits for all.
//!
//! The lease keeps the others quiet; what protects the log is the head's compare-and-set. Every taking raises the fence
//! number, which never falls, so that two holders can be told apart in records and logs. Time is an argument: a process
//! with a wrong clock can take a lease too early, and then loses a race on the head, no more.

use crate::bounds;
use comity_ledger::store::{Kv, StoreFault};

/// The space that holds leases.
const SPACE: &str = "leases";

/// A lease as its holder knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    name: String,
    holder: String,
    fence: u64,
    until: i64,
}

/// What came of asking for a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours.
    Granted(Lease),
    /// Another holds it.
    Taken {
        /// Its name.
        holder: String,
        /// Until when, in milliseconds since the epoch, unless it renews.
        until: i64,
    },
}

impl Lease {
    /// Asks for the lease called `name` for `ttl` milliseconds from `now`. `holder` names this process, differently from
    /// every other and from its own former runs.
    pub async fn acquire(
        kv: &impl Kv,
        name: &str,
        holder: &str,
        ttl: i64,
        now: i64,
    ) -> Result<Claim, StoreFault> {
        let present = kv.get(SPACE, name.as_bytes(), now).await?;
        let fence = match present.as_deref().map(decode).transpose()? {
            Some(held) if held.until > now => {
                return Ok(Claim::Taken { holder: held.holder, until: held.until });
            }
            Some(held) => held.fence.saturating_add(1),
            None => 1,
        };
        let lease =
            Lease { name: name.to_owned(), holder: holder.to_owned(), fence, until: now.saturating_add(ttl) };
        if lease.put(kv, present.as_deref(), now).await? {
            return Ok(Claim::Granted(lease));
        }
        // Another was faster: it holds the lease now.
        let present = kv.get(SPACE, name.as_bytes(), now).await?;
        let held = present.as_deref().map(decode).transpose()?;
        let (holder, until) = held.map_or((String::new(), now), |held| (held.holder, held.until));
        Ok(Claim::Taken { holder, until })
    }

    /// Holds it for `ttl` milliseconds from `now`; `None` where it has run out or another took it.
    pub async fn renew(self, kv: &impl Kv, ttl: i64, now: i64) -> Result<Option<Lease>, StoreFault> {
        if !self.is_held(now) {
            return Ok(None);
        }
        let longer = Lease { until: now.saturating_add(ttl), ..self.clone() };
        let renewed = longer.put(kv, Some(&self.encode()), now).await?;
        Ok(renewed.then_some(longer))
    }

    /// Gives it up, so that another need not wait; false where another took it already.
    pub async fn release(self, kv: &impl Kv, now: i64) -> Result<bool, StoreFault> {
        let ended = Lease { until: i64::MIN, ..self.clone() };
        ended.put(kv, Some(&self.encode()), now).await
    }

    /// Whether it has not run out at `now`.
    pub fn is_held(&self, now: i64) -> bool {
        self.until > now
    }

    /// The number of this taking, larger than that of every earlier one.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// When it runs out, in milliseconds since the epoch.
    pub fn until(&self) -> i64 {
        self.until
    }

    async fn put(&self, kv: &impl Kv, present: Option<&[u8]>, now: i64) -> Result<bool, StoreFault> {
        kv.compare_and_set(SPACE, self.name.as_bytes(), present, Some(&self.encode()), None, now).await
    }

    fn encode(&self) -> Vec<u8> {
        [&self.fence.to_be_bytes()[..], &self.until.to_be_bytes(), self.holder.as_bytes()].concat()
    }
}

/// A lease as stored. It has no expiry of the store's, so that the fence number outlives it.
struct Held {
    fence: u64,
    until: i64,
    holder: String,
}

fn decode(bytes: &[u8]) -> Result<Held, StoreFault> {
    let read = || {
        let (fence, rest) = bytes.split_first_chunk::<8>()?;
        let (until, holder) = rest.split_first_chunk::<8>()?;
        let holder = String::from_utf8(holder.to_vec()).ok()?;
        Some(Held { fence: u64::from_be_bytes(*fence), until: i64::from_be_bytes(*until), holder })
    };
    read().ok_or_else(|| StoreFault::Damaged {
        why: format!("a lease in space `{SPACE}` of {} has another form", bounds::KV),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use comity_ledger::{MemoryStore, memory::block_on};

    fn granted(claim: Claim) -> Lease {
        match claim {
            Claim::Granted(lease) => lease,
            Claim::Taken { .. } => panic!("{claim:?}"),
        }
    }

    #[test]
    fn one_holds_at_a_time_and_the_fence_grows() {
        block_on(async {
            let kv = MemoryStore::new();
            let first = granted(Lease::acquire(&kv, "sequencer", "a", 100, 0).await.unwrap());
            let taken = Claim::Taken { holder: "a".to_owned(), until: 100 };
            assert_eq!(Lease::acquire(&kv, "sequencer", "b", 100, 99).await.unwrap(), taken);
            assert_eq!(granted(Lease::acquire(&kv, "other", "b", 100, 0).await.unwrap()).fence(), 1);

            let first = first.renew(&kv, 100, 50).await.unwrap().unwrap();
            assert_eq!(first.until(), 150);
            let second = granted(Lease::acquire(&kv, "sequencer", "b", 100, 150).await.unwrap());
            assert_eq!((first.fence(), second.fence()), (1, 2));
            // The first slept through: with a slow clock it still cannot renew or release what is another's.
            assert_eq!(first.clone().renew(&kv, 100, 149).await.unwrap(), None);
            assert!(!first.release(&kv, 149).await.unwrap());

            assert!(second.release(&kv, 160).await.unwrap());
            assert_eq!(granted(Lease::acquire(&kv, "sequencer", "a", 100, 161).await.unwrap()).fence(), 3);
        });
    }

    #[test]
    fn what_has_run_out_is_not_renewed() {
        block_on(async {
            let kv = MemoryStore::new();
            let lease = granted(Lease::acquire(&kv, "sequencer", "a", 100, 0).await.unwrap());
            assert!(lease.is_held(99) && !lease.is_held(100));
            assert_eq!(lease.renew(&kv, 100, 100).await.unwrap(), None);
        });
    }
}
