//! `comity case`: requests, notices and offers between States, from the draft to the last step, and their proof.

mod authorise;
mod basis;
mod list;
mod new;
mod rules;
mod show;
mod step;
mod verify;

pub(in crate::verb) use authorise::stepped;
pub(in crate::verb) use new::{Keeping, letterhead, pairs};

use crate::{Exit, Fault, Screen, place::Chosen};
use clap::Subcommand;

/// The verbs of cases.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write a draft, or more into one, and see what is still wrong with it
    New(Box<new::New>),
    /// List the cases, drafts among them, with who must move
    List(list::List),
    /// Show where a case stands, who must move, what is open and due
    Show(show::Show),
    /// Show exactly what the other State will see of a draft
    Preview(show::Preview),
    /// Authorise a draft in a role, give it up, or approve a step
    Authorise(authorise::Authorise),
    /// Send an authorised draft, or again what did not arrive
    Send(authorise::Send),
    /// Take a step, or see which are open and what each wants to be told
    Step(Box<step::Step>),
    /// Make one file of a case that anybody can verify offline
    Export(verify::Export),
    /// Verify an exported case offline: signatures, steps, crossings
    Verify(verify::Verify),
    /// Say in which roles a unit authorises and which threads it reads
    Mandate(rules::SetMandate),
    /// Say who must authorise cases before they are sent
    Rule(rules::SetRule),
}

/// Does what the verb asks.
pub fn run(verb: &Verb, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Verb::New(wanted) => new::run(wanted, chosen, screen),
        Verb::List(wanted) => list::run(wanted, chosen, screen),
        Verb::Show(wanted) => show::run(wanted, chosen, screen),
        Verb::Preview(wanted) => show::preview(wanted, chosen, screen),
        Verb::Authorise(wanted) => authorise::run(wanted, chosen, screen),
        Verb::Send(wanted) => authorise::send(wanted, chosen, screen),
        Verb::Step(wanted) => step::run(wanted, chosen, screen),
        Verb::Export(wanted) => verify::export(wanted, chosen, screen),
        Verb::Verify(wanted) => verify::run(wanted, screen),
        Verb::Mandate(wanted) => rules::mandate(wanted, chosen, screen),
        Verb::Rule(wanted) => rules::rule(wanted, chosen, screen),
    }
}

impl Verb {
    /// Whether the verb shows what a party's node holds; an export is verified without one.
    pub fn shows_a_node(&self) -> bool {
        !matches!(self, Verb::Verify(_))
    }
}
