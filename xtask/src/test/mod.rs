//! `cargo xtask test`: every check and every test, in an order that tells soonest what is wrong.

mod prerequisites;
mod python;
mod suite;

use crate::{
    check, command, generate,
    report::{Outcome, Ran, summary, totals},
    tree,
};
use std::{io, path::Path, time::Instant};

/// How a step is carried out.
type Carry = fn(&Path, &dyn Fn(&str)) -> io::Result<Outcome>;

/// One step of the run.
#[derive(Debug)]
pub struct Step {
    /// Its name, for `--only`.
    pub name: &'static str,
    /// What it looks at, in a line.
    pub about: &'static str,
    carry: Carry,
}

/// All steps, in order.
pub const STEPS: &[Step] = &[
    Step {
        name: "prerequisites",
        about: "toolchain, C compiler, PostgreSQL: looked for, or brought",
        carry: |_, say| Ok(prerequisites::check(say)),
    },
    Step { name: "python", about: "third-party clients in a private environment", carry: python::make },
    Step {
        name: "format",
        about: "cargo fmt --check",
        carry: |root, say| {
            let mut outcome =
                cargo(root, &["fmt", "--all", "--", "--check", "-l"], "the workspace and fuzz/", say)?;
            let apart = ["fmt", "--manifest-path", "fuzz/Cargo.toml", "--", "--check", "-l"];
            outcome.faults.extend(cargo(root, &apart, "", say)?.faults);
            Ok(Outcome::of_check(outcome.ran, outcome.faults))
        },
    },
    Step { name: "edges", about: "which crate depends on which", carry: |root, _| check::edges::check(root) },
    Step {
        name: "purity",
        about: "pure crates name no I/O, clock, environment, randomness",
        carry: |root, _| check::purity::check(root),
    },
    Step {
        name: "words",
        about: "no unfinished work, ignored test or lint switched off",
        carry: |root, _| check::text::words(root),
    },
    Step { name: "length", about: "no source file without end", carry: |root, _| check::text::length(root) },
    Step {
        name: "traces",
        about: "no path or package source of one machine",
        carry: |root, _| check::text::traces(root),
    },
    Step {
        name: "map",
        about: "ARCHITECTURE.md names what exists",
        carry: |root, _| check::map::check(root),
    },
    Step {
        name: "guide",
        about: "README and guide name verbs and options that exist",
        carry: |root, _| check::guide::check(root),
    },
    Step {
        name: "change-log",
        about: "CHANGELOG.md speaks of this version",
        carry: |root, _| check::text::change_log(root),
    },
    Step {
        name: "reference",
        about: "generated pages fresh, codes documented and raised",
        carry: |root, _| generate::check_sources(root),
    },
    Step {
        name: "lints",
        about: "cargo clippy over all targets, warnings denied",
        carry: |root, say| {
            cargo(
                root,
                &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
                "every target",
                say,
            )
        },
    },
    Step {
        name: "commands",
        about: "the pages of the program's help are fresh",
        carry: |root, _| generate::check_commands(root),
    },
    Step { name: "tests", about: "cargo test over the workspace, documentation too", carry: suite::run },
];

/// Runs all steps, or one, and says whether everything held.
pub fn run(only: Option<&str>, say: &dyn Fn(&str)) -> bool {
    let root = tree::root();
    let mut ran = Vec::new();
    for step in STEPS.iter().filter(|step| only.is_none_or(|name| name == step.name)) {
        say(&format!("==> {}: {}", step.name, step.about));
        let begun = Instant::now();
        let outcome = (step.carry)(&root, say).unwrap_or_else(|why| Outcome::broken(why.to_string()));
        outcome.fault_lines().iter().for_each(|line| say(line));
        let stop = step.name == "prerequisites" && !outcome.holds();
        ran.push(Ran { name: step.name, outcome, took: begun.elapsed() });
        if stop {
            say("stopped: nothing was tested without what is missing above");
            break;
        }
    }
    say(summary(&ran).trim_end_matches('\n'));
    totals(&ran).1 == 0
}

/// Runs cargo, shows which of our crates it is at, and keeps the rest of what it says.
fn cargo(root: &Path, arguments: &[&str], ran: &str, say: &dyn Fn(&str)) -> io::Result<Outcome> {
    const NOISE: [&str; 7] =
        ["Checking", "Compiling", "Blocking", "Downloading", "Downloaded", "Updating", "Locking"];
    let mut lines = Vec::new();
    let ended =
        command::stream(command::cargo(root).env("CARGO_TERM_COLOR", "never").args(arguments), |line| {
            let text = line.trim_start();
            if text.starts_with("Checking comity") {
                say(line);
            } else if !text.is_empty() && !NOISE.iter().any(|noise| text.starts_with(noise)) {
                lines.push(line.to_owned());
            }
        })?;
    if ended == command::Ended::Well {
        return Ok(Outcome::of_check(ran, Vec::new()));
    }
    lines.push(format!("`cargo {}` ended without success", arguments.join(" ")));
    Ok(Outcome::of_check(ran, lines))
}
