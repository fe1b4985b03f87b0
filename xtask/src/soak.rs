//! `cargo xtask soak`: the tests that kill processes and shake networks, at the length asked for.
//!
//! The tests are the ordinary ones. They read how long they may take from the variables set here, and take little where
//! these are not set.

use crate::{
    command::{self, Ended},
    tree,
};
use std::io;

/// How long to soak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Minutes for the simulation.
    pub minutes: u64,
    /// Kills on the embedded store; PostgreSQL gets a quarter of them.
    pub kills: u64,
}

/// Runs the kill tests and the simulation, optimised, and says whether they held.
pub fn run(length: Length, say: &dyn Fn(&str)) -> io::Result<bool> {
    let root = tree::root();
    say(&format!("soaking: {} kills, {} minutes of simulation", length.kills, length.minutes));
    let mut command = command::cargo(&root);
    command
        .args([
            "test",
            "--release",
            "--workspace",
            "--no-fail-fast",
            "--",
            "--nocapture",
            "kill",
            "simulation",
        ])
        .env("COMITY_KILLS", length.kills.to_string())
        .env("COMITY_KILLS_POSTGRES", length.kills.div_ceil(4).to_string())
        .env("COMITY_SIM_SECONDS", (length.minutes * 60).to_string());
    let mut ran = 0;
    let ended = command::stream(&mut command, |line| {
        ran += u64::from(line.starts_with("test ") && line.contains(" ... "));
        say(line);
    })?;
    if ran == 0 {
        say("no test was found whose name has `kill` or `simulation` in it");
    }
    Ok(ended == Ended::Well && ran > 0)
}
