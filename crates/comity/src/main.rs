//! Looks at the world once and hands over to [`comity::run`].

use comity::{Screen, World, screen::Colour};
use comity_node::clock::Clock;
use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    comity_heap::bound_arenas();
    let out = io::BufWriter::new(io::stdout());
    let mut screen = Screen::new(Box::new(out), Box::new(io::stderr()), colour());
    let ended = comity::run(std::env::args_os(), World { now: Clock::system().now() }, &mut screen);
    match screen.finish() {
        Ok(()) => ExitCode::from(ended.code()),
        Err(failed) => unwritten(&failed),
    }
}

/// Standard output could not be written: the last resort is one line on standard error.
fn unwritten(failed: &io::Error) -> ExitCode {
    let told = writeln!(io::stderr(), "error[cli/output]: the answer could not be written: {failed}");
    // Where even that fails, the exit code alone tells it.
    drop(told);
    ExitCode::from(comity::Exit::Fault.code())
}

/// Colour is for a terminal, unless NO_COLOR (no-color.org) is set to anything.
fn colour() -> Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if io::stdout().is_terminal() && !unwanted { Colour::On } else { Colour::Off }
}
