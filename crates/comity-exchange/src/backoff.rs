//! When to try a silent peer again: exponential, with jitter, bounded.

/// Waiting times after failed turns, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The first wait is drawn below this many milliseconds.
    pub const FIRST: u64 = 500;
    /// No wait is longer than this.
    pub const LONGEST: u64 = 60_000;

    /// No failure yet.
    pub const fn new() -> Backoff {
        Backoff { failures: 0 }
    }

    /// A turn worked: the next failure starts from the beginning.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A turn failed. The wait is drawn evenly from half the current bound to the whole, by `draw`, any number; the
    /// bound doubles with each failure. Half a bound is always waited, so that a peer that is down is not hammered, and
    /// the rest is spread, so that many peers of a node that comes back do not all arrive at once.
    pub fn failed(&mut self, draw: u64) -> u64 {
        let bound = Backoff::FIRST.saturating_mul(1 << self.failures.min(20)).min(Backoff::LONGEST);
        self.failures = self.failures.saturating_add(1);
        bound / 2 + draw % (bound / 2 + 1)
    }
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_their_bounds_and_start_again_after_success() {
        let mut backoff = Backoff::new();
        let bounds = [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
        for (bound, draw) in bounds.into_iter().zip([0, 7, u64::MAX, 3, 99, 12_345, 1, 2, 50_000]) {
            let wait = backoff.failed(draw);
            assert!((bound / 2..=bound).contains(&wait), "{wait} for a bound of {bound}");
        }
        backoff.succeeded();
        assert!(backoff.failed(0) <= Backoff::FIRST);
    }
}
