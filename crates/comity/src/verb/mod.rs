//! One file per verb. A verb reads what it was given, asks the crate that knows, and shows the answer.

pub mod border;
pub mod law;
pub mod ledger;
pub(crate) mod open;
pub mod receipt;

use crate::{
    Exit, Fault, Screen, World,
    cli::{Command, Verb},
};

/// Does what the command asks.
pub fn run(command: Command, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match command.verb {
        Verb::Law(verb) => law::run(&verb, world, screen),
        Verb::Border(verb) => border::run(&verb, world, screen),
        Verb::Ledger(verb) => ledger::run(&verb, screen),
        Verb::Receipt(verb) => receipt::run(&verb, screen),
    }
}
