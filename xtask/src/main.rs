//! Project tasks, run as `cargo xtask VERB`: the checks and tests, long runs, fuzzing, and generated pages.
//!
//! It has no dependency, so that it is built in a moment and can say what is missing before anything else is built.

mod arguments;
mod check;
mod command;
mod fuzz;
mod generate;
mod manifest;
mod report;
mod soak;
mod test;
mod token;
mod tree;

use arguments::Task;
use std::{io::Write, process::ExitCode};

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    match arguments::read(&given) {
        Ok(task) => carry_out(task),
        Err(fault) => {
            say(&format!("{fault}\nhelp: `cargo xtask --help` names the tasks"));
            ExitCode::from(2)
        }
    }
}

fn carry_out(task: Task) -> ExitCode {
    let held = match task {
        Task::Help(text) => {
            say(text.trim_end());
            Ok(true)
        }
        Task::Test { only } => Ok(test::run(only.as_deref(), &say)),
        Task::Soak(length) => soak::run(length, &say),
        Task::Fuzz { seconds, target } => fuzz::run(seconds, target.as_deref(), &say),
        Task::Generate { sources_only: true } => generate::write_sources(&say),
        Task::Generate { sources_only: false } => generate::write(&say),
    };
    match held {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            say(&format!("the task could not be carried out: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints a line at once. Where nobody reads any more, the work goes on: the exit status still counts.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
