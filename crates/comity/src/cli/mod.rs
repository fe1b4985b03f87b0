//! The tree of verbs, and help that teaches: what a verb is for, an example, and what comes next.

mod refuse;
mod values;

pub use values::{ReadLabel, label};

use crate::{
    Fault,
    screen::{COLUMNS, wrap},
    verb::{
        account, agenda, ask, authority, backup, border, case, claim, collection, config, crossing, demo,
        disclosure, evidence, export, feed, house, hunt, import, index, init, irregularity, keys, law,
        ledger, letter, lookup, matching, object, paper, peer, ping, pouch, principles, protected, provider,
        receipt, replay, search, serve, share, statistics, task, withdraw,
    },
};
use clap::{Parser, Subcommand, error::ErrorKind};
use std::{ffi::OsString, path::PathBuf};

/// States exchange records under the law that each cites, with proof.
#[derive(Debug, Parser)]
#[command(
    name = "comity",
    version,
    term_width = 80,
    max_term_width = 80,
    long_about = LONG_ABOUT,
    after_help = AFTER_HELP,
    subcommand_help_heading = "Verbs",
    subcommand_value_name = "VERB",
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    infer_subcommands = false
)]
pub struct Command {
    /// Answer with one JSON document (faults too, on standard error)
    #[arg(long, global = true, display_order = 900)]
    pub json: bool,
    /// The node's folder
    #[arg(long, global = true, display_order = 901, value_name = "DIR", default_value = "./comity-node")]
    pub dir: PathBuf,
    /// The party meant, where a node hosts several
    #[arg(long, global = true, display_order = 902, value_name = "PARTY")]
    pub party: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const LONG_ABOUT: &str = "\
States exchange records under the law that each cites, with proof.

Every party runs its own node. A record crosses from one party to another only \
if the border of both clears it; each crossing and each refusal is entered in a \
ledger that nobody can quietly rewrite.

Verbs of law, border check, ledger, receipt verify and principles need no node. \
The others ask the node that runs on a folder (--dir), or open the folder \
themselves where none runs. Designations of States and territories follow the United \
Nations lists and imply no opinion about their status.";

const AFTER_HELP: &str = "\
Exit codes:
  0  done, or the answer is yes
  1  the answer is no: refused, excluded, not verified, faults found
  2  the command was not understood; nothing was done
  3  something failed: a file, a store, a network

Begin with:
  comity demo
  comity law bases --from JP --to PH --measure preserve_stored_data";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Watch three invented States exchange records, in thirteen acts
    Demo(demo::Demo),
    /// Ask the register of law: who is bound by what, and what may be asked
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Law(law::Law),
    /// Ask the border what it would say to a crossing
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Border(border::Border),
    /// Show what carries out each AALCO and APPF principle
    Principles(principles::Principles),
    /// Verify a ledger, and let two officers answer for its head
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Ledger(ledger::Ledger),
    /// Verify the receipt of a crossing offline
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Receipt(receipt::Verb),
    /// Make a node's folder: a party's keys, its letter and the configuration
    Init(init::Init),
    /// Run the node: peers connect over TLS, the local API answers
    Serve(serve::Serve),
    /// Show the configuration with every key and its comment
    Config(config::Config),
    /// Show, issue and read letters: the signed introductions of nodes
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Letter(letter::Letter),
    /// List, rotate and revoke a party's purpose keys
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Key(keys::Key),
    /// List, suspend and resume peers
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Peer(peer::Peer),
    /// Add, list and end units: the authorities inside a party
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Unit(house::Unit),
    /// Keep the register of authorities: dated, in a tree of any depth
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Authority(authority::Authority),
    /// Hand tasks down the tree of authorities, and answers back up
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Task(task::Task),
    /// Show what is due for whom, soonest first
    Agenda(agenda::Agenda),
    /// Disclose vulnerabilities by agreement on a day, until a person publishes
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Disclosure(disclosure::Disclosure),
    /// Write records of a case on paper with codes, and read them back
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Paper(paper::Paper),
    /// Keep the register of protected objects, whose sign a case shows
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Protected(protected::Protected),
    /// Give orders to providers and take their answers back
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Provider(provider::Provider),
    /// Count cases per pair, measure and ground
    Statistics(statistics::Statistics),
    /// Make and verify the report for a body of oversight
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Oversight(statistics::Oversight),
    /// Report an irregularity to a body of oversight, unnamed and sealed
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Irregularity(irregularity::Irregularity),
    /// Check whether the desks of other parties are there
    Ping(ping::Ping),
    /// Add, list and end officers
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Officer(house::Officer),
    /// Add, list and end tokens for the local API
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Token(house::Token),
    /// Let officers of other parties read here what is cleared for them
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Guest(account::GuestVerb),
    /// Serve the people at home: accounts, and who of them is hit
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Constituent(account::ConstituentVerb),
    /// Offer saved searches to the members of a circle
    Circle(account::Circle),
    /// Hunt with patterns in observed data and logs
    Hunt(hunt::Hunt),
    /// Take in STIX and lists from files
    Import(import::Import),
    /// Write STIX as lists, rules and zones for other tools
    Export(Box<export::Export>),
    /// Match logs against indicators, at home
    Match(Box<matching::Match>),
    /// Search what is held, by value, type, label, source, time and text
    Search(search::Search),
    /// Show an object with its versions, relations and sightings
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Object(object::Object),
    /// Show how far the views of the log are, and have them built anew
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Index(index::Index),
    /// Show who gets what under which duties, and send it
    Share(share::Share),
    /// Read what alleges a State's involvement, and release it by name
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Claim(claim::Verb),
    /// Ask another State whether it has seen a value, without showing the value
    Lookup(lookup::Lookup),
    /// Ask another State for help
    Ask(Box<ask::Ask>),
    /// Carry a case between States, from the draft to its proof
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Case(case::Verb),
    /// Pull from and push to other TAXII servers
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Feed(feed::Verb),
    /// List, begin and end the collections that tools read over TAXII
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Collection(collection::Verb),
    /// List what was received
    Inbox(crossing::Inbox),
    /// List what was given, and whether it arrived
    Outbox(crossing::Outbox),
    /// Explain a crossing
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Crossing(crossing::Crossing),
    /// Pack and open pouches: the same crossings without a network
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Pouch(pouch::Pouch),
    /// Withdraw a record of ours and tell everyone who was given it
    Recall(withdraw::Recall),
    /// Erase a record held here; the decisions about it stay provable
    Erase(withdraw::Erase),
    /// Judge every past decision again from its recorded inputs
    Replay(replay::Replay),
    /// Hold evidence: pack, transfer, check, open and verify it
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Evidence(Box<evidence::Evidence>),
    /// Back the party up while it serves: the log sealed, the keys apart
    Backup(backup::Backup),
    /// Bring a party back from a backup
    Restore(backup::Restore),
}

impl Verb {
    /// Whether the verb shows what a party's node holds.
    pub fn is_of_a_node(&self) -> bool {
        let page = matches!(self, Verb::Hunt(hunt) if hunt.shows_a_node())
            || matches!(self, Verb::Case(case) if case.shows_a_node())
            || matches!(self, Verb::Irregularity(report) if report.is_of_a_node())
            || matches!(self, Verb::Protected(object) if object.is_of_a_node());
        let export = matches!(self, Verb::Evidence(evidence) if evidence.is_of_a_node())
            || matches!(self, Verb::Export(export) if export.is_of_a_node());
        page || export
            || matches!(
                self,
                Verb::Peer(_)
                    | Verb::Unit(_)
                    | Verb::Officer(_)
                    | Verb::Token(_)
                    | Verb::Guest(_)
                    | Verb::Constituent(_)
                    | Verb::Circle(_)
                    | Verb::Import(_)
                    | Verb::Search(_)
                    | Verb::Object(_)
                    | Verb::Index(_)
                    | Verb::Share(_)
                    | Verb::Ping(_)
                    | Verb::Disclosure(_)
                    | Verb::Paper(_)
                    | Verb::Provider(_)
                    | Verb::Statistics(_)
                    | Verb::Oversight(_)
                    | Verb::Agenda(_)
                    | Verb::Task(_)
                    | Verb::Authority(_)
                    | Verb::Lookup(_)
                    | Verb::Ask(_)
                    | Verb::Feed(_)
                    | Verb::Collection(_)
                    | Verb::Inbox(_)
                    | Verb::Outbox(_)
                    | Verb::Crossing(_)
                    | Verb::Pouch(_)
                    | Verb::Recall(_)
                    | Verb::Erase(_)
                    | Verb::Replay(_)
                    | Verb::Backup(_)
            )
    }
}

/// What the arguments come to.
#[derive(Debug)]
pub enum Read {
    /// Something to do.
    Command(Box<Command>),
    /// Help or version, to be shown.
    Help(String),
}

/// Reads the arguments; the first is the program's name.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Read, Fault> {
    match Command::try_parse_from(arguments) {
        Ok(command) => Ok(Read::Command(Box::new(command))),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Read::Help(folded(&error.render().to_string())))
            }
            _ => Err(refuse::fault(&error)),
        },
    }
}

/// Help with its usage line broken, which the parser leaves as long as it is.
fn folded(help: &str) -> String {
    const INDENT: &str = "       ";
    let mut out = String::with_capacity(help.len());
    for line in help.lines() {
        match line.strip_prefix("Usage: ") {
            Some(usage) => {
                let lines = wrap(usage, COLUMNS - INDENT.len());
                out.push_str(&format!("Usage: {}\n", lines.join(&format!("\n{INDENT}"))));
            }
            None => out.push_str(&format!("{}\n", line.trim_end())),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::width;
    use clap::CommandFactory;

    #[test]
    fn the_tree_is_sound_and_every_help_fits() {
        let mut command = Command::command();
        command.build();
        command.clone().debug_assert();
        check(&mut command, "comity");
    }

    fn check(command: &mut clap::Command, path: &str) {
        for line in folded(&command.render_long_help().to_string()).lines() {
            assert!(width(line) <= COLUMNS, "{path}: {line}");
        }
        assert!(command.get_about().is_some(), "{path} has no purpose");
        let leaf = command.get_subcommands().next().is_none();
        let after = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
        let after = after.unwrap_or_default();
        assert!(!leaf || (after.contains("Example") && after.contains("Next")), "{path} has no example");
        for inner in command.get_subcommands_mut() {
            let path = format!("{path} {}", inner.get_name());
            check(inner, &path);
        }
    }
}
