//! `cargo xtask soak`: the tests that kill processes and shake networks, at the length asked for.
//!
//! The tests are the ordinary ones. They read how often and how long from the variables set here, and take little where
//! these are not set.

use crate::{
    command::{self, Ended},
    tree,
};
use std::{io, path::Path, process::Command};

/// How long to soak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Minutes for the simulation.
    pub minutes: u64,
    /// Kills on the embedded store; PostgreSQL gets a quarter of them, of the client and of the server each.
    pub kills: u64,
}

/// How often a kill test kills.
pub const KILLS: &str = "COMITY_KILLS";
/// How long a simulation goes on.
pub const SECONDS: &str = "COMITY_SIM_SECONDS";

/// One part of the soak: which tests, and the variable that says how much of them.
struct Part {
    about: String,
    filter: &'static [&'static str],
    variable: &'static str,
    amount: u64,
}

/// Runs the kill tests and the simulation, optimised, and says whether they held.
pub fn run(length: Length, say: &dyn Fn(&str)) -> io::Result<bool> {
    let root = tree::root();
    let mut held = true;
    for part in parts(length) {
        say(&format!("==> {}", part.about));
        held &= carry_out(&root, &part, say)?;
    }
    say(if held { "all of it held" } else { "something did not hold, or did not run" });
    Ok(held)
}

fn parts(length: Length) -> [Part; 3] {
    let on_postgres = length.kills.div_ceil(4);
    [
        Part {
            about: format!("{} kills on the embedded store", length.kills),
            filter: &["kill", "--skip", "postgres"],
            variable: KILLS,
            amount: length.kills,
        },
        Part {
            about: format!("{on_postgres} kills on PostgreSQL, of the client and of the server each"),
            filter: &["postgres_survives_kill"],
            variable: KILLS,
            amount: on_postgres,
        },
        Part {
            about: format!("{} minutes of simulation", length.minutes),
            filter: &["simulation"],
            variable: SECONDS,
            amount: length.minutes * 60,
        },
    ]
}

fn carry_out(root: &Path, part: &Part, say: &dyn Fn(&str)) -> io::Result<bool> {
    let mut ran = 0;
    let ended = command::stream(&mut tests(root, part), |line| {
        let of_test = line.starts_with("test ") && line.contains(" ... ");
        ran += u64::from(of_test);
        let empty = line.is_empty() || line == "running 0 tests" || line.contains(" 0 passed; 0 failed;");
        if !empty && !line.trim_start().starts_with("Running ") {
            say(line);
        }
    })?;
    if ran == 0 {
        say("no such test was found");
    }
    Ok(ended == Ended::Well && ran > 0)
}

fn tests(root: &Path, part: &Part) -> Command {
    let mut command = command::cargo(root);
    command
        .args(["test", "--release", "--workspace", "--no-fail-fast", "--", "--nocapture"])
        .args(part.filter);
    command.env(part.variable, part.amount.to_string());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_gets_a_quarter_of_the_kills() {
        let amounts = parts(Length { minutes: 2, kills: 200 }).map(|part| part.amount);
        assert_eq!(amounts, [200, 50, 120]);
    }
}
