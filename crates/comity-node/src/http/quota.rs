//! How much one caller may ask: requests and bytes per minute, and turns at once. Pure: time is an argument.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The quota of one caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaLimits {
    /// Requests per minute; as many may come at once.
    pub requests_per_minute: u32,
    /// Bytes of bodies per minute, both directions together.
    pub bytes_per_minute: u64,
    /// Requests in work at once.
    pub at_once: u32,
}

impl Default for QuotaLimits {
    fn default() -> QuotaLimits {
        QuotaLimits { requests_per_minute: 1_200, bytes_per_minute: 4 * 1024 * 1024 * 1024, at_once: 4 }
    }
}

/// One caller's account.
#[derive(Debug)]
pub(crate) struct Quota {
    buckets: Mutex<Buckets>,
    at_once: Arc<Semaphore>,
}

/// The right to one request. Bytes are charged to it as they come.
#[derive(Debug)]
pub(crate) struct Admitted {
    _turn: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Buckets {
    requests: Bucket,
    bytes: Bucket,
}

/// A bucket that fills evenly and may go into debt, so that the size of a body need not be known beforehand.
#[derive(Debug)]
struct Bucket {
    /// What a minute adds, and the most it holds.
    per_minute: f64,
    level: f64,
    at: Duration,
}

impl Quota {
    pub(crate) fn new(limits: QuotaLimits, now: Duration) -> Quota {
        let requests = Bucket::full(f64::from(limits.requests_per_minute), now);
        #[expect(clippy::cast_precision_loss, reason = "a quota of more than 2^53 bytes may be off by a few")]
        let bytes = Bucket::full(limits.bytes_per_minute as f64, now);
        let at_once = Arc::new(Semaphore::new(usize::try_from(limits.at_once).unwrap_or(1)));
        Quota { buckets: Mutex::new(Buckets { requests, bytes }), at_once }
    }

    /// Admits a request, or says after how many seconds to try again.
    pub(crate) fn admit(&self, now: Duration) -> Result<Admitted, u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.requests.fill(now);
        buckets.bytes.fill(now);
        let wait = buckets.requests.wait_for(1.0).max(buckets.bytes.wait_for(1.0));
        if wait > 0 {
            return Err(wait);
        }
        let turn = self.at_once.clone().try_acquire_owned().map_err(|_| 1_u32)?;
        buckets.requests.level -= 1.0;
        Ok(Admitted { _turn: turn })
    }

    /// Charges bytes that came or went.
    pub(crate) fn charge(&self, bytes: usize) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.bytes.level -= f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
    }
}

impl Bucket {
    fn full(per_minute: f64, now: Duration) -> Bucket {
        Bucket { per_minute, level: per_minute, at: now }
    }

    fn fill(&mut self, now: Duration) {
        let minutes = now.saturating_sub(self.at).as_secs_f64() / 60.0;
        self.level = (self.level + minutes * self.per_minute).min(self.per_minute);
        self.at = now;
    }

    /// Seconds until `amount` is there, rounded up; 0 if it is. Never above an hour.
    fn wait_for(&self, amount: f64) -> u32 {
        if self.level >= amount {
            return 0;
        }
        let seconds = (amount - self.level) / self.per_minute.max(f64::MIN_POSITIVE) * 60.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=3600")]
        let whole = seconds.ceil().clamp(1.0, 3600.0) as u32;
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn quota(requests_per_minute: u32, bytes_per_minute: u64, at_once: u32) -> Quota {
        Quota::new(QuotaLimits { requests_per_minute, bytes_per_minute, at_once }, seconds(0))
    }

    #[test]
    fn requests_per_minute() {
        let quota = quota(6, 1_000, 10);
        for _ in 0..6 {
            assert!(quota.admit(seconds(0)).is_ok());
        }
        assert_eq!(quota.admit(seconds(0)).unwrap_err(), 10);
        assert_eq!(quota.admit(seconds(4)).unwrap_err(), 6);
        assert!(quota.admit(seconds(10)).is_ok());
        assert!(quota.admit(seconds(10)).is_err());
        // An hour of silence is worth one minute, not sixty.
        let admitted = (0..100).filter(|_| quota.admit(seconds(3610)).is_ok()).count();
        assert_eq!(admitted, 6);
    }

    #[test]
    fn bytes_go_into_debt_and_are_waited_for() {
        let quota = quota(100, 600, 10);
        drop(quota.admit(seconds(0)).unwrap());
        quota.charge(1_200);
        assert_eq!(quota.admit(seconds(0)).unwrap_err(), 61);
        assert_eq!(quota.admit(seconds(60)).unwrap_err(), 1);
        assert!(quota.admit(seconds(61)).is_ok());
    }

    #[test]
    fn turns_at_once() {
        let quota = quota(100, 600, 2);
        let first = quota.admit(seconds(0)).unwrap();
        let _second = quota.admit(seconds(0)).unwrap();
        assert_eq!(quota.admit(seconds(0)).unwrap_err(), 1);
        drop(first);
        assert!(quota.admit(seconds(0)).is_ok());
    }
}
