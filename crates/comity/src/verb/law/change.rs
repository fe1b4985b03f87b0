//! `comity law change`: a change set of the register, read first, then taken, held or refused by this party for itself.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, verb::open};
use clap::{Args, Subcommand};
use comity_node::app::change::{ChangeShown, DisposeChange, ReadChange};
use std::path::{Path, PathBuf};

/// The longest file of a change set.
const LONGEST: u64 = 2 << 20;
const NAMES: usize = 8;

const HELP: &str = "\
A change set proposes dated facts: a party that joined, a status, a reservation, a \
national law. Each party decides for itself; what was known before stays known \
before (`--known`). The decision is entered in the ledger with who made it.

Example:
  comity law change read  xc-mutual-assistance.json --dir ./xa
  comity law change take  xc-mutual-assistance.json --dir ./xa

Next:
  comity law bases --from XA --to XC --measure subscriber_information";

/// The verbs of change sets.
#[derive(Debug, Subcommand)]
#[command(after_help = HELP)]
pub enum Change {
    /// Show what a change set would change, and whether it fits the register here
    Read(File),
    /// Take it into the register of this node
    Take(File),
    /// Hold it for a later decision
    Hold(File),
    /// Refuse it
    Refuse(File),
}

/// A change set in a file.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct File {
    /// The change set, as JSON
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Does what the verb asks.
pub fn run(verb: &Change, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Change::Read(file) => read(&file.file, chosen, screen),
        Change::Take(file) => dispose(&file.file, "take", chosen, screen),
        Change::Hold(file) => dispose(&file.file, "hold", chosen, screen),
        Change::Refuse(file) => dispose(&file.file, "refuse", chosen, screen),
    }
}

fn read(file: &Path, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let shown = reach::ask(&chosen.place()?, ReadChange { change: text(file)? })?;
    screen.answer(&shown, |screen| show(screen, &shown));
    Ok(if shown.faults.is_empty() { Exit::Ok } else { Exit::No })
}

fn show(screen: &mut Screen<'_>, shown: &ChangeShown) {
    screen.heading(&format!("Change set {} by {} of {}", shown.id, shown.author, shown.date));
    screen.item(NAMES, "source", Tone::Plain, &shown.source);
    shown.changes.iter().for_each(|line| screen.item(NAMES, "change", Tone::Plain, line));
    shown.faults.iter().for_each(|line| screen.item(NAMES, "fault", Tone::Bad, line));
    if shown.faults.is_empty() {
        screen.say(Tone::Good, "It fits the register here.");
    }
}

fn dispose(file: &Path, disposal: &str, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let action = DisposeChange { change: text(file)?, disposal: disposal.to_owned() };
    let entered = reach::ask(&chosen.place()?, action)?;
    screen.answer(&entered, |screen| {
        let done = match disposal {
            "take" => "Taken into the register here",
            "hold" => "Held",
            _ => "Refused",
        };
        screen.say(Tone::Good, &format!("{done}; the ledger has {} entries.", entered.ledger_size));
    });
    Ok(Exit::Ok)
}

fn text(file: &Path) -> Result<String, Fault> {
    let bytes = open::file(file, LONGEST)?;
    String::from_utf8(bytes).map_err(|_| {
        Fault::new(Exit::Fault, "cli/not-text", format!("`{}` is not UTF-8 text", file.display()))
    })
}
