//! `comity evidence`: packages with custody, from the first touch to the court.

pub(super) mod bar;
mod case_uco;
mod certificate;
mod decide;
mod hold;
mod open;
mod pack;
mod show;
mod transfer;
mod verify;

use crate::{Exit, Fault, Screen, place::Chosen};
use clap::Subcommand;

/// The verbs of evidence.
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Take files in as a package: hashed, sealed, with a signed manifest
    Pack(Box<pack::Pack>),
    /// List the packages held here
    List(show::List),
    /// Show a package: objects, conditions, custody, notes
    Show(show::Show),
    /// Open objects where their conditions allow it
    Open(open::Open),
    /// Write a package out for others: objects, manifest, custody
    Export(open::Export),
    /// Hash what is held again and compare it with the manifest
    Check(hold::Check),
    /// Enter what was done with objects by hand
    Record(hold::Record),
    /// Have the manifest stamped by services of time-stamps
    Stamp(hold::Stamp),
    /// Enter a decision: hold, filter, disclosure, notice, defects
    Decide(decide::Decide),
    /// Delete objects whose end has come, and state so
    Delete(hold::Delete),
    /// Fetch a package from the State that gave its manifest
    Fetch(transfer::Fetch),
    /// Write a package for a courier, sealed to a State
    Seal(transfer::Seal),
    /// Take in a package that a courier brought
    Take(transfer::Take),
    /// Close a transfer by courier on the giver's side
    Close(transfer::Close),
    /// Verify a package offline: hashes, signatures, custody
    Verify(verify::Verify),
}

impl Evidence {
    /// Whether the verb shows what a party's node holds.
    pub fn is_of_a_node(&self) -> bool {
        !matches!(self, Evidence::Verify(_))
    }
}

/// Does what the verb asks.
pub fn run(verb: &Evidence, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Evidence::Pack(verb) => pack::run(verb, chosen, screen),
        Evidence::List(verb) => show::list(verb, chosen, screen),
        Evidence::Show(verb) => show::show(verb, chosen, screen),
        Evidence::Open(verb) => open::open(verb, chosen, screen),
        Evidence::Export(verb) => open::export(verb, chosen, screen),
        Evidence::Check(verb) => hold::check(verb, chosen, screen),
        Evidence::Record(verb) => hold::record(verb, chosen, screen),
        Evidence::Stamp(verb) => hold::stamp(verb, chosen, screen),
        Evidence::Decide(verb) => decide::run(verb, chosen, screen),
        Evidence::Delete(verb) => hold::delete(verb, chosen, screen),
        Evidence::Fetch(verb) => transfer::fetch(verb, chosen, screen),
        Evidence::Seal(verb) => transfer::seal(verb, chosen, screen),
        Evidence::Take(verb) => transfer::take(verb, chosen, screen),
        Evidence::Close(verb) => transfer::close(verb, chosen, screen),
        Evidence::Verify(verb) => verify::run(verb, screen),
    }
}
