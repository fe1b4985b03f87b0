//! `comity border`: what the border would say. Nothing here sends anything or makes a clearance.

mod check;
mod record;

use crate::{Exit, Fault, Screen, World};
use clap::Subcommand;

/// The verbs of the border.
#[derive(Debug, Subcommand)]
pub enum Border {
    /// Would such a record cross, and if not, what would lift it?
    Check(Box<check::Check>),
}

/// Does what the verb asks.
pub fn run(verb: &Border, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Border::Check(verb) => check::run(verb, world, screen),
    }
}
