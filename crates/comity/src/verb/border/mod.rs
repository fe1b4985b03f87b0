//! `comity border`: what the border would say. Nothing here sends anything or makes a clearance.

mod check;
mod record;

use crate::{Exit, Fault, Screen, World, place::Chosen, verb::share};
use clap::Subcommand;

/// The verbs of the border.
#[derive(Debug, Subcommand)]
pub enum Border {
    /// Would such a record cross, and if not, what would lift it?
    Check(Box<check::Check>),
    /// Which peers may get a record of ours, and under which duties?
    Who(Box<share::Who>),
}

/// Does what the verb asks.
pub fn run(verb: &Border, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Border::Check(verb) => check::run(verb, world, screen),
        Border::Who(verb) => share::who(verb, chosen, screen),
    }
}
