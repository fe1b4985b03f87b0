//! The only place that reads the system clock.
//!
//! Everything else takes a [`Timestamp`] as an argument. A [`Clock`] compares the wall clock with the monotonic one at
//! each reading, so that a clock that was set, forward or back, is noticed and can be reported; nothing stops for it.

use comity_record::Timestamp;
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How far wall and monotonic clock may drift apart between two readings before it counts as a jump, in milliseconds.
/// Time services slew by far less.
pub const TOLERANCE_MILLIS: i64 = 2_000;

/// Where time comes from: the system, or a value that was passed in.
pub trait TimeSource: Send + Sync + fmt::Debug {
    /// The calendar time.
    fn wall(&self) -> Timestamp;
    /// Time since an arbitrary start; never runs back.
    fn monotonic(&self) -> Duration;
}

/// A guarded clock. Clones share one guard.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Arc<dyn TimeSource>,
    guard: Arc<Mutex<Guard>>,
}

/// The wall clock moved otherwise than time did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockFault {
    /// It jumped between two readings.
    #[error("the clock jumped by {millis} ms: it says {now} where {expected} was expected")]
    Jumped {
        /// The time that had been expected.
        expected: Timestamp,
        /// The time found.
        now: Timestamp,
        /// How far, in milliseconds; negative where it went back.
        millis: i64,
    },
    /// It is behind what is on record already.
    #[error("the clock says {now}, but the newest entry on record is of {recorded}")]
    BehindRecord {
        /// The newest time on record.
        recorded: Timestamp,
        /// The time found.
        now: Timestamp,
    },
}

impl ClockFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ClockFault::Jumped { .. } => "clock/jumped",
            ClockFault::BehindRecord { .. } => "clock/behind-record",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some("check the machine's time service; the node goes on and keeps both times on record".to_owned())
    }
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock::of(Arc::new(SystemClock { start: Instant::now() }))
    }

    /// A clock that stands still.
    pub fn fixed(at: Timestamp) -> Clock {
        Clock::of(Arc::new(SetTime::new(at)))
    }

    /// A clock over a source of one's own, such as [`SetTime`].
    pub fn of(source: Arc<dyn TimeSource>) -> Clock {
        let guard = Guard { wall: source.wall(), monotonic: source.monotonic(), fault: None };
        Clock { source, guard: Arc::new(Mutex::new(guard)) }
    }

    /// The time. It follows the wall clock through a jump, and stands still through a step back within
    /// [`TOLERANCE_MILLIS`].
    pub fn now(&self) -> Timestamp {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that readings of two threads reach the guard in order.
        let (wall, monotonic) = (self.source.wall(), self.source.monotonic());
        guard.observe(wall, monotonic)
    }

    /// Time since an arbitrary start, for quotas and timeouts.
    pub fn monotonic(&self) -> Duration {
        self.source.monotonic()
    }

    /// The last jump noticed since the last call, if any; each is handed out once.
    pub fn take_fault(&self) -> Option<ClockFault> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).fault.take()
    }

    /// Compares the clock with the newest time on record, at start.
    pub fn check_against(&self, recorded: Timestamp) -> Result<Timestamp, ClockFault> {
        let now = self.now();
        if now.plus_millis(TOLERANCE_MILLIS) < recorded {
            return Err(ClockFault::BehindRecord { recorded, now });
        }
        Ok(now)
    }
}

impl rustls::time_provider::TimeProvider for Clock {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        let seconds = u64::try_from(self.now().as_seconds()).ok()?;
        Some(rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// A time that is set by hand: for tests and exercises.
#[derive(Debug)]
pub struct SetTime {
    wall: AtomicI64,
    monotonic: AtomicI64,
}

impl SetTime {
    /// Starts at a time.
    pub fn new(at: Timestamp) -> SetTime {
        SetTime { wall: AtomicI64::new(at.as_millis()), monotonic: AtomicI64::new(0) }
    }

    /// Lets time pass, in milliseconds.
    pub fn advance(&self, millis: u32) {
        self.wall.fetch_add(i64::from(millis), Ordering::SeqCst);
        self.monotonic.fetch_add(i64::from(millis), Ordering::SeqCst);
    }

    /// Sets the wall clock without letting time pass: a jump.
    pub fn set(&self, at: Timestamp) {
        self.wall.store(at.as_millis(), Ordering::SeqCst);
    }
}

impl TimeSource for SetTime {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.wall.load(Ordering::SeqCst))
    }
    fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.monotonic.load(Ordering::SeqCst)).unwrap_or(0))
    }
}

#[derive(Debug)]
struct SystemClock {
    start: Instant,
}

impl TimeSource for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one reading of the system clock in the workspace")]
    fn wall(&self) -> Timestamp {
        let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
        };
        Timestamp::from_millis(millis)
    }
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The last reading of both clocks, and the last jump seen.
#[derive(Debug)]
struct Guard {
    wall: Timestamp,
    monotonic: Duration,
    fault: Option<ClockFault>,
}

impl Guard {
    fn observe(&mut self, wall: Timestamp, monotonic: Duration) -> Timestamp {
        let passed = monotonic.saturating_sub(self.monotonic).as_millis();
        let expected = self.wall.plus_millis(i64::try_from(passed).unwrap_or(i64::MAX));
        let drift = wall.as_millis().saturating_sub(expected.as_millis());
        let jumped = drift.saturating_abs() > TOLERANCE_MILLIS;
        if jumped {
            let fault = ClockFault::Jumped { expected, now: wall, millis: drift };
            tracing::warn!(code = fault.code(), millis = drift, "{fault}");
            self.fault = Some(fault);
        }
        self.wall = if jumped { wall } else { wall.max(self.wall) };
        self.monotonic = monotonic;
        self.wall
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn set() -> (Arc<SetTime>, Clock) {
        let time = Arc::new(SetTime::new(at("2026-03-01T12:00:00Z")));
        (time.clone(), Clock::of(time))
    }

    #[test]
    fn ordinary_time_is_no_fault() {
        let (time, clock) = set();
        for _ in 0..100 {
            time.advance(3_600_000);
            clock.now();
        }
        assert_eq!(clock.take_fault(), None);
        assert_eq!(clock.now(), at("2026-03-05T16:00:00Z"));
        let system = Clock::system();
        assert!(system.now() <= system.now());
        assert!(system.now() > at("2025-01-01T00:00:00Z"));
    }

    #[test]
    fn a_jump_back_is_followed_and_reported_once() {
        let (time, clock) = set();
        time.advance(1_000);
        time.set(at("2026-02-28T12:00:00Z"));
        assert_eq!(clock.now(), at("2026-02-28T12:00:00Z"));
        let fault = clock.take_fault().unwrap();
        assert_eq!(fault.code(), "clock/jumped");
        assert!(matches!(fault, ClockFault::Jumped { millis: -86_401_000, .. }), "{fault:?}");
        assert_eq!(clock.take_fault(), None);
    }

    #[test]
    fn a_jump_forward_is_reported_too() {
        let (time, clock) = set();
        time.set(at("2026-03-01T12:00:03Z"));
        clock.now();
        assert!(matches!(clock.take_fault(), Some(ClockFault::Jumped { millis: 3_000, .. })));
    }

    #[test]
    fn a_small_step_back_stands_still() {
        let (time, clock) = set();
        time.set(at("2026-03-01T11:59:59Z"));
        assert_eq!(clock.now(), at("2026-03-01T12:00:00Z"));
        assert_eq!(clock.take_fault(), None);
    }

    #[test]
    fn a_clock_behind_the_record_is_found_at_start() {
        let clock = Clock::fixed(at("2026-03-01T12:00:00Z"));
        assert!(clock.check_against(at("2026-03-01T12:00:01Z")).is_ok());
        let fault = clock.check_against(at("2026-03-02T00:00:00Z")).unwrap_err();
        assert_eq!(fault.code(), "clock/behind-record");
    }
}
