//! The `comity` command, as a library so that tests can call it without a process.
//!
//! `main` looks at the world once (arguments, clock, terminal) and hands a [`World`] and a [`Screen`] to [`run`]. The
//! tree of verbs and its help is in [`cli`]; each verb is one file under [`verb`]; the demonstration's screenplay is in
//! [`demo`]. Nothing here prints except through the [`Screen`].

pub mod cli;
pub mod demo;
mod fault;
mod held;
mod node_fault;
pub mod place;
mod question;
pub mod reach;
pub mod screen;
pub mod trust;
pub mod verb;
mod world;

pub use fault::{Exit, Fault};
pub use screen::Screen;
pub use world::World;

use screen::Form;
use std::ffi::OsString;

/// Reads the arguments (the first is the program's name), does what they ask, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>, world: World, screen: &mut Screen<'_>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // An error in the arguments is told in the form asked for, although they could not be read.
    if arguments.iter().any(|argument| argument == "--json") {
        screen.speak(Form::Json);
    }
    let ended = match cli::read(arguments) {
        Ok(cli::Read::Command(command)) => verb::run(*command, world, screen),
        Ok(cli::Read::Help(help)) => {
            screen.speak(Form::Text);
            screen.page(&help);
            Ok(Exit::Ok)
        }
        Err(fault) => Err(fault),
    };
    ended.unwrap_or_else(|fault| {
        screen.fault(&fault);
        fault.exit
    })
}
