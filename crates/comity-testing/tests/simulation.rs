//! The seeded simulation: fixed seeds, seeds that once found something, and as many more as time is given.

use comity_testing::simulation::{Report, explore, run};
use std::time::Duration;

/// Seeds that once found something in the desk that the first twenty did not: a conflict entered each time it is shown; a
/// recall forgotten by a crash.
const FOUND: [u64; 2] = [31, 27];

/// Steps of a run.
const STEPS: u32 = 150;

#[expect(clippy::panic, reason = "a run that fails is shown in full")]
fn check(seeds: impl IntoIterator<Item = u64>) -> Report {
    let mut seen = Report::default();
    for seed in seeds {
        match run(seed, STEPS) {
            Ok(report) => seen.add(&report),
            Err(failure) => panic!("{failure}"),
        }
    }
    seen
}

#[test]
fn simulation_holds_for_fixed_seeds() {
    let seen = check((1..=20).chain(FOUND));
    println!("{seen:?}");
    // A simulation in which nothing happens proves nothing.
    let happened = [
        seen.cleared,
        seen.refused,
        seen.taken_in,
        seen.lost,
        seen.duplicated,
        seen.crashes,
        seen.rollbacks,
        seen.attacks,
        seen.conflicts,
        seen.cosigned,
        seen.recalls,
        seen.counted,
        seen.mended,
        seen.succeeded,
        seen.moved,
        seen.steps,
        seen.agreed,
    ];
    assert!(happened.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn simulation_of_a_seed_is_always_the_same() {
    assert_eq!(run(3, 60).unwrap(), run(3, 60).unwrap());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long to explore is said by whoever runs the tests")]
fn simulation_explores() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("COMITY_SIM_SECONDS").unwrap_or(0);
    let runs = number("COMITY_SIM_RUNS").unwrap_or(0);
    let steps = number("COMITY_SIM_STEPS").and_then(|steps| u32::try_from(steps).ok()).unwrap_or(STEPS);
    let first = number("COMITY_SIM_SEED").unwrap_or(1_000_000);
    match explore(first, steps, Duration::from_secs(seconds), runs) {
        Ok(explored) => println!("{} runs from seed {first}: {:?}", explored.runs, explored.seen),
        Err(failure) => panic!("{failure}"),
    }
}
