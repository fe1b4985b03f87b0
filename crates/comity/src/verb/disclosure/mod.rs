//! `comity disclosure`: vulnerabilities told to who can mend them or is hit by them, until a person publishes.
//!
//! A disclosure is a case: its form, authorisation, steps and proof are those of `comity case`. Here stand the words of
//! this one matter, and the view over all parties that know of one vulnerability.

mod list;
mod report;
mod step;

use crate::{Exit, Fault, Screen, place::Chosen};
use clap::Subcommand;

/// The verbs of disclosures.
#[derive(Debug, Subcommand)]
pub enum Disclosure {
    /// Write the report of a vulnerability to one party
    Report(Box<report::Report>),
    /// List vulnerabilities with the day of each party, and whether all agree
    List(list::List),
    /// Say what was found: found, not-found, not-ours or cannot-tell
    Assess(step::Assess),
    /// Say when a remedy is to be ready
    Plan(step::Plan),
    /// Propose a day for publication, or another one
    Propose(step::Propose),
    /// Agree to the day that the other party proposed
    Agree(step::Agree),
    /// Say that a day is not taken, and why
    Dispute(step::Dispute),
    /// Tell the other party that we published: this publishes nothing
    Published(step::Published),
}

/// Does what the verb asks.
pub fn run(verb: &Disclosure, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Disclosure::Report(wanted) => report::run(wanted, chosen, screen),
        Disclosure::List(wanted) => list::run(wanted, chosen, screen),
        Disclosure::Assess(wanted) => step::assess(wanted, chosen, screen),
        Disclosure::Plan(wanted) => step::plan(wanted, chosen, screen),
        Disclosure::Propose(wanted) => step::propose(wanted, chosen, screen),
        Disclosure::Agree(wanted) => step::agree(wanted, chosen, screen),
        Disclosure::Dispute(wanted) => step::dispute(wanted, chosen, screen),
        Disclosure::Published(wanted) => step::published(wanted, chosen, screen),
    }
}
