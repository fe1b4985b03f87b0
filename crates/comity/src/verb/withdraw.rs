//! `comity recall` and `comity erase`.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    question, reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::withdraw::{Erase as EraseAction, Recall as RecallAction, ShowRecall};
use comity_record::label::Purpose;

const RECALL_HELP: &str = "\
Every party that was given the record is told. What they do about it follows their \
own standing rule, and they report it; nobody can make another node act.

Example:
  comity recall 1a2b... --reason 'a false alarm' --purpose cyber-defence --dir ./xa

Next:
  comity recall show 5e6f... --dir ./xa    who has complied, by the recall's own id";

const SHOW_HELP: &str = "\
A party complied where it says that it passes the record on no more, has erased it, \
or never had it. Who said nothing yet has not.
The exit code is 1 while somebody has not complied.

Example:
  comity recall show 5e6f... --dir ./xa

Next:
  comity crossing show 5e6f... --dir ./xa  how the recall itself crossed";

const ERASE_HELP: &str = "\
The body is gone for good; the decisions about it stay provable. Without a \
terminal to ask at it needs --yes.

Example:
  comity erase 1a2b... --yes --dir ./xa

Next:
  comity replay --dir ./xa            the decisions, without the body";

/// `comity recall`
#[derive(Debug, Args)]
#[command(
    after_help = RECALL_HELP,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    subcommand_help_heading = "Verbs",
    subcommand_value_name = "VERB"
)]
pub struct Recall {
    /// What else there is to do with recalls.
    #[command(subcommand)]
    verb: Option<OfRecalls>,
    /// What to withdraw, and why.
    #[command(flatten)]
    withdraw: Option<Withdraw>,
}

/// The verbs of recalls.
#[derive(Debug, Subcommand)]
pub enum OfRecalls {
    /// Show who has complied with a recall of ours, and who has not
    Show(Show),
}

/// `comity recall show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// The recall, by its own id
    #[arg(value_name = "RECALL")]
    recall: String,
}

/// What is withdrawn, and why.
#[derive(Debug, Args)]
pub struct Withdraw {
    /// The record, by its id
    #[arg(value_name = "RECORD")]
    record: String,
    /// Only the object at this position of the record; may be repeated
    #[arg(long = "object", value_name = "NUMBER")]
    objects: Vec<u32>,
    /// Why, in a sentence
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The purpose under which the record was shared
    #[arg(long, value_name = "PURPOSE")]
    purpose: Purpose,
}

/// `comity erase`
#[derive(Debug, Args)]
#[command(after_help = ERASE_HELP)]
pub struct Erase {
    /// The record, by its id
    #[arg(value_name = "RECORD")]
    record: String,
    /// Only the object in this slot; may be repeated
    #[arg(long = "object", value_name = "NUMBER")]
    objects: Vec<u32>,
    /// Erase: it cannot be undone
    #[arg(long)]
    yes: bool,
}

/// Recalls.
pub fn recall(verb: &Recall, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let verb = match (&verb.verb, &verb.withdraw) {
        (Some(OfRecalls::Show(verb)), _) => return show(verb, chosen, screen),
        (None, Some(verb)) => verb,
        (None, None) => {
            return Err(Fault::new(Exit::Usage, "cli/missing", "the record to recall is missing"));
        }
    };
    let recall = RecallAction {
        record: verb.record.clone(),
        objects: verb.objects.clone(),
        reason: verb.reason.clone(),
        purpose: verb.purpose.to_string(),
    };
    let recalled = reach::ask(&chosen.place()?, recall)?;
    screen.answer(&recalled, |screen| {
        screen.say(Tone::Good, "Recalled. Told:");
        recalled.told.iter().for_each(|told| screen.indented(2, Tone::Plain, told));
        screen.item(6, "recall", Tone::Faint, &recalled.recall);
    });
    Ok(Exit::Ok)
}

fn show(verb: &Show, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let shown = reach::ask(&chosen.place()?, ShowRecall { recall: verb.recall.clone() })?;
    screen.answer(&shown, |screen| {
        let all = shown.complied == shown.parties.len() as u64;
        let tone = if all { Tone::Good } else { Tone::Open };
        let text = format!("{} of {} parties have complied.", shown.complied, shown.parties.len());
        screen.say(tone, &text);
        screen.item(6, "record", Tone::Plain, &shown.record);
        screen.item(6, "why", Tone::Plain, &shown.reason);
        let mut table = Table::new(&["party", "told", "acknowledged", "says it", "since"]);
        for party in &shown.parties {
            let tone = if party.complied { Tone::Good } else { Tone::Open };
            table.row([
                party.party.as_str().into(),
                if party.told { "yes".into() } else { "no".into() },
                party.acknowledged.clone().unwrap_or_else(|| "not yet".to_owned()).into(),
                Cell::toned(tone, party.reported.clone().unwrap_or_else(|| "nothing yet".to_owned())),
                party.at.clone().unwrap_or_default().into(),
            ]);
        }
        screen.table(&table);
    });
    Ok(if shown.complied == shown.parties.len() as u64 { Exit::Ok } else { Exit::No })
}

/// Erases.
pub fn erase(verb: &Erase, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    if !verb.yes {
        match question::confirmed("An erasure cannot be undone. Erase?", screen)? {
            Some(true) => {}
            Some(false) => {
                screen.say(Tone::Open, "Nothing was erased.");
                return Ok(Exit::No);
            }
            None => {
                let fault = Fault::new(Exit::Usage, "cli/not-confirmed", "an erasure cannot be undone");
                return Err(fault.with_help("add --yes to erase"));
            }
        }
    }
    let erase = EraseAction { record: verb.record.clone(), objects: verb.objects.clone() };
    let erased = reach::ask(&chosen.place()?, erase)?;
    screen.answer(&erased, |screen| {
        let text = format!("Erased: {} bodies, entered as {} in the ledger.", erased.bodies, erased.entry);
        screen.say(Tone::Good, &text);
    });
    Ok(Exit::Ok)
}
