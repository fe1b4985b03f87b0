//! `comity recall` and `comity erase`.

use crate::{
    Exit, Fault, Screen,
    place::{Chosen, Place},
    question, reach,
    screen::{Cell, Table, Tone},
};
use clap::{ArgGroup, Args, Subcommand};
use comity_node::app::{
    erase_home::EraseHome,
    import::ImportOptions,
    withdraw::{ApplyRecall, Erase as EraseAction, Recall as RecallAction, ShowRecall},
};
use comity_record::{
    PartyCode,
    label::{Purpose, Tlp},
};
use std::path::{Path, PathBuf};

const RECALL_HELP: &str = "\
Without more it withdraws the record: it is passed on no more, nor shown as current. \
--to-tlp and --narrow-to leave it in place for a narrower audience; --replace-with \
puts a corrected record in its place.
Every party that was given the record is told, and passes the recall on to whom it \
passed the record on. What they do about it follows their own standing rule, and they \
report it; nobody can make another node act.

Example:
  comity recall 1a2b... --reason 'a false alarm' --purpose cyber-defence --dir ./xa
  comity recall 1a2b... --reason 'told in confidence' --purpose cyber-defence \
    --to-tlp amber --narrow-to XB --dir ./xa

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

const APPLY_HELP: &str = "\
For a party whose standing rule is `recall = \"ask\"`: the recall that came is applied, \
the author is told, and so is everybody to whom the record was passed on.

Example:
  comity recall apply 5e6f... --dir ./xb

Next:
  comity recall show 5e6f... --dir ./xb    who has complied, of those it was passed to";

const ERASE_HELP: &str = "\
The body is gone for good; the decisions about it stay provable. Without a \
terminal to ask at it needs --yes.
--case erases what was written at home about a case: its drafts, authorisations and \
approvals, the tasks and the orders that serve it; --task erases a task with all that \
was handed on from it. What crossed is erased by its record. That something was \
erased, by whom and why, stays known, and its numbers are given to nothing else.

Example:
  comity erase 1a2b... --yes --dir ./xa
  comity erase --case XA-2026-1 --reason 'asked of the wrong State' --yes --dir ./xa
  comity erase --task 3 --reason 'names a bystander' --yes --dir ./xa

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
    /// Have a recall applied that waits for an officer
    Apply(Apply),
}

/// `comity recall show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// The recall, by its own id
    #[arg(value_name = "RECALL")]
    recall: String,
}

/// `comity recall apply`
#[derive(Debug, Args)]
#[command(after_help = APPLY_HELP)]
pub struct Apply {
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
    /// Narrow instead of withdrawing: TLP at least this
    #[arg(long, value_name = "TLP")]
    to_tlp: Option<Tlp>,
    /// Narrow instead of withdrawing: this party alone may have it; may be repeated
    #[arg(long, value_name = "PARTY")]
    narrow_to: Vec<PartyCode>,
    /// A file with the corrected objects: they become a record that is shared
    /// with everybody who was given this one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to_tlp", "narrow_to", "objects"])]
    replace_with: Option<PathBuf>,
}

/// `comity erase`
#[derive(Debug, Args)]
#[command(
    after_help = ERASE_HELP,
    group(ArgGroup::new("what").required(true).args(["record", "case", "task"]))
)]
pub struct Erase {
    /// The record, by its id
    #[arg(value_name = "RECORD")]
    record: Option<String>,
    /// Only the object in this slot; may be repeated
    #[arg(long = "object", value_name = "NUMBER", requires = "record")]
    objects: Vec<u32>,
    /// What was written at home about this case
    #[arg(long, value_name = "ID", requires = "reason")]
    case: Option<String>,
    /// What was written at home about this task
    #[arg(long, value_name = "NUMBER", requires = "reason")]
    task: Option<u32>,
    /// Why; of what was written at home
    #[arg(long, value_name = "REASON", conflicts_with = "record")]
    reason: Option<String>,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID", conflicts_with = "record")]
    officer: Option<String>,
    /// Erase: it cannot be undone
    #[arg(long)]
    yes: bool,
}

/// Recalls.
pub fn recall(verb: &Recall, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let verb = match (&verb.verb, &verb.withdraw) {
        (Some(OfRecalls::Show(verb)), _) => return show(verb, chosen, screen),
        (Some(OfRecalls::Apply(verb)), _) => return apply(verb, chosen, screen),
        (None, Some(verb)) => verb,
        (None, None) => {
            return Err(Fault::new(Exit::Usage, "cli/missing", "the record to recall is missing"));
        }
    };
    let place = chosen.place()?;
    let narrow_to: Vec<String> = verb.narrow_to.iter().map(ToString::to_string).collect();
    let recall = RecallAction {
        record: verb.record.clone(),
        objects: verb.objects.clone(),
        reason: verb.reason.clone(),
        purpose: verb.purpose.to_string(),
        to_tlp: verb.to_tlp.map(|tlp| tlp.to_string()),
        narrow_to: (!narrow_to.is_empty()).then_some(narrow_to),
        replaced_by: verb.replace_with.as_ref().map(|file| corrected(&place, file)).transpose()?,
    };
    let recalled = reach::ask(&place, recall)?;
    screen.answer(&recalled, |screen| {
        screen.say(Tone::Good, "Recalled. Told:");
        recalled.told.iter().for_each(|told| screen.indented(2, Tone::Plain, told));
        screen.item(6, "recall", Tone::Faint, &recalled.recall);
    });
    Ok(Exit::Ok)
}

/// Takes the corrected objects in; they must make one record.
fn corrected(place: &Place, file: &Path) -> Result<String, Fault> {
    let options = ImportOptions { unmarked: place.default_tlp(), unit: None, list: Default::default() };
    let imported = reach::import(place, file, &options, |_, _| {})?;
    match imported.records.as_slice() {
        [record] => Ok(record.clone()),
        records => {
            let text = format!("`{}` made {} records, and one is wanted", file.display(), records.len());
            Err(Fault::new(Exit::Fault, "cli/not-one-record", text)
                .with_help("give all its objects one marking, and leave out what is held already"))
        }
    }
}

fn apply(verb: &Apply, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let applied = reach::ask(&chosen.place()?, ApplyRecall { recall: verb.recall.clone() })?;
    screen.answer(&applied, |screen| {
        screen.say(Tone::Good, &format!("Applied, and reported to {}.", applied.reported.join(", ")));
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
        screen.item(6, "asks", Tone::Plain, &shown.asks);
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
    if !verb.yes && !question::erasing(screen)? {
        return Ok(Exit::No);
    }
    let place = chosen.place()?;
    let erased = match &verb.record {
        Some(record) => {
            let objects = verb.objects.clone();
            reach::ask(&place, EraseAction { record: record.clone(), objects })?
        }
        None => {
            let reason = verb.reason.clone().unwrap_or_default();
            let (case, task) = (verb.case.clone(), verb.task);
            reach::ask(&place, EraseHome { case, task, reason, officer: verb.officer.clone() })?
        }
    };
    screen.answer(&erased, |screen| {
        let text = format!("Erased: {} bodies, entered as {} in the ledger.", erased.bodies, erased.entry);
        screen.say(Tone::Good, &text);
    });
    Ok(Exit::Ok)
}
