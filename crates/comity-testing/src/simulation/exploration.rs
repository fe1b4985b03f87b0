//! Runs with seeds nobody chose, for as long as asked.

use super::{Failure, Report, run};
use std::time::{Duration, Instant};

/// What an exploration saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exploration {
    /// How many runs held.
    pub runs: u64,
    /// The sum of what happened in them.
    pub seen: Report,
}

/// Runs seeds from `first` on, until `time` is over and at least `runs` were done.
pub fn explore(first: u64, steps: u32, time: Duration, runs: u64) -> Result<Exploration, Box<Failure>> {
    let begun = Instant::now();
    let mut exploration = Exploration::default();
    for seed in first.. {
        if exploration.runs >= runs && begun.elapsed() >= time {
            break;
        }
        exploration.seen.add(&run(seed, steps)?);
        exploration.runs += 1;
    }
    Ok(exploration)
}
