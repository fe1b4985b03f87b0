//! A seeded simulation of six desks: five honest ones and one Byzantine peer.
//!
//! Turns travel as bytes over a network that loses, duplicates, delays and reorders them and that falls apart and
//! heals. Nodes crash at any write, come back, have their disks rolled back, and their clocks are askew and jump. One
//! node can only call. The desks are the ones the node runs, over the store in memory.
//!
//! After each step the predicates of [`invariant`] must hold. After the last, everything is healed and turns are run
//! until nothing changes: then what was cleared must have been acknowledged, and both views must agree. One seed gives
//! one run, always the same; a [`Failure`] says which, and how to repeat it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test support: the run is caught, and a failure is reported with its seed"
)]

mod byzantine;
mod cases;
mod cast;
mod exploration;
mod invariant;
mod node;
mod observer;
mod settle;
mod steps;
mod turns;
mod world;

pub use exploration::{Exploration, explore};
pub use world::Report;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};
use world::World;

/// A rule that did not hold, or a fault that nothing explains, in a sentence.
pub(crate) type Broken = String;

/// A run that failed, with what is needed to see it again.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// How many steps the run had.
    pub steps: u32,
    /// What did not hold.
    pub why: String,
    /// What happened last, oldest first.
    pub events: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the simulation of seed {} failed: {}", self.seed, self.why)?;
        for event in &self.events {
            writeln!(f, "  {event}")?;
        }
        let (seed, steps) = (self.seed, self.steps);
        write!(
            f,
            "again: COMITY_SIM_SEED={seed} COMITY_SIM_STEPS={steps} COMITY_SIM_RUNS=1 cargo test -p comity-testing --test simulation \
             simulation_explores -- --nocapture"
        )
    }
}

/// Events that a failure shows.
const SHOWN: usize = 60;

/// One run.
pub fn run(seed: u64, steps: u32) -> Result<Report, Box<Failure>> {
    let mut world = World::new(seed);
    // A panic inside a desk is a failure of the run like any other, and is told with its seed.
    let outcome = catch_unwind(AssertUnwindSafe(|| world.live(steps)));
    let why = match outcome {
        Ok(Ok(())) => return Ok(world.report()),
        Ok(Err(why)) => why,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            format!("a panic: {}", text.unwrap_or_default())
        }
    };
    Err(Box::new(Failure { seed, steps, why, events: world.last_events(SHOWN) }))
}
