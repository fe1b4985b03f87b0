//! `comity index`: the views of the log.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::index::{RebuildIndex, ShowIndex};

const SHOW_HELP: &str = "\
Example:
  comity index show --dir ./xa

Next:
  comity search --type indicator --dir ./xa";

const REBUILD_HELP: &str = "\
Rows of the indexes hold keyed hashes, so an erased object cannot be read in old \
copies of them. A fresh key makes that they cannot even be compared with a guess.

Example:
  comity index rebuild --dir ./xa

Next:
  comity index show --dir ./xa                how far it is";

/// The verbs of views.
#[derive(Debug, Subcommand)]
pub enum Index {
    /// Show how far every view of the log is
    Show(Show),
    /// Have the indexes built anew under a fresh key at the next start
    Rebuild(Rebuild),
}

/// `comity index show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {}

/// `comity index rebuild`
#[derive(Debug, Args)]
#[command(after_help = REBUILD_HELP)]
pub struct Rebuild {}

/// Shows or rebuilds.
pub fn run(verb: &Index, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Index::Show(_) => show(chosen, screen),
        Index::Rebuild(_) => rebuild(chosen, screen),
    }
}

fn show(chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let shown = reach::ask(&chosen.place()?, ShowIndex {})?;
    screen.answer(&shown, |screen| {
        let mut table = Table::new(&["view", "entries read", "of", "state"]);
        for view in &shown.views {
            let state = match &view.fault {
                Some(fault) => Cell::toned(Tone::Bad, fault),
                None if view.through < view.entries => Cell::toned(Tone::Open, "being built"),
                None => Cell::toned(Tone::Good, "up to date"),
            };
            let cells = [view.name.clone(), view.through.to_string(), view.entries.to_string()];
            table.row(cells.into_iter().map(Cell::from).chain([state]));
        }
        screen.table(&table);
        for reads in &shown.reads {
            screen.item(12, &reads.party, Tone::Plain, &format!("read {} objects here", reads.objects));
        }
    });
    let behind = shown.views.iter().any(|view| view.fault.is_some());
    Ok(if behind { Exit::No } else { Exit::Ok })
}

fn rebuild(chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let shown = reach::ask(&chosen.place()?, RebuildIndex {})?;
    screen.answer(&shown, |screen| {
        let text = format!("At the next start these views are built anew: {}.", shown.views.join(", "));
        screen.say(Tone::Good, &text);
    });
    Ok(Exit::Ok)
}
