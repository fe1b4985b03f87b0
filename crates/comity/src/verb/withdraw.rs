//! `comity recall` and `comity erase`.

use crate::{Exit, Fault, Screen, place::Chosen, question, reach, screen::Tone};
use clap::Args;
use comity_node::app::withdraw::{Erase as EraseAction, Recall as RecallAction};
use comity_record::label::Purpose;

const RECALL_HELP: &str = "\
Every party that was given the record is told. What they do about it follows their \
own standing rule, and they report it; nobody can make another node act.

Example:
  comity recall 1a2b... --reason 'a false alarm' --purpose cyber-defence --dir ./xa

Next:
  comity inbox --dir ./xa             the reports that come back";

const ERASE_HELP: &str = "\
The body is gone for good; the decisions about it stay provable. Without a \
terminal to ask at it needs --yes.

Example:
  comity erase 1a2b... --yes --dir ./xa

Next:
  comity replay --dir ./xa            the decisions, without the body";

/// `comity recall`
#[derive(Debug, Args)]
#[command(after_help = RECALL_HELP)]
pub struct Recall {
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
