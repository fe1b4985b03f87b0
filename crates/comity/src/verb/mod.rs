//! One file per verb. A verb reads what it was given, asks the crate that knows, and shows the answer.

pub mod border;
pub mod config;
pub mod demo;
pub mod init;
pub mod keys;
pub mod law;
pub mod ledger;
pub mod letter;
pub(crate) mod open;
pub mod principles;
pub mod receipt;

use crate::{
    Exit, Fault, Screen, World,
    cli::{Command, Verb},
    place::Chosen,
};

/// Does what the command asks.
pub fn run(command: Command, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let chosen = Chosen { dir: command.dir, party: command.party };
    match command.verb {
        Verb::Law(verb) => law::run(&verb, world, screen),
        Verb::Border(verb) => border::run(&verb, world, screen),
        Verb::Ledger(verb) => ledger::run(&verb, screen),
        Verb::Receipt(verb) => receipt::run(&verb, screen),
        Verb::Principles(verb) => principles::run(&verb, screen),
        Verb::Demo(verb) => demo::run(&verb, screen),
        Verb::Init(verb) => init::run(&verb, &chosen, world, screen),
        Verb::Config(verb) => config::run(&verb, &chosen, screen),
        Verb::Letter(verb) => letter::run(&verb, &chosen, world, screen),
        Verb::Key(verb) => keys::run(&verb, &chosen, world, screen),
    }
}
