//! `comity replay`: every past decision judged again.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone};
use clap::Args;
use comity_node::app::proof::{ReplayAll, Replayed};

const HELP: &str = "\
Each decision is judged again from its recorded inputs and compared: verdict, \
policies, duties. Packs and registers that are no longer in force are read from the \
ledger's own tables. The exit code is 1 where one comes out differently.

Example:
  comity replay --dir ./xa

Next:
  comity crossing show ID --dir ./xa  one of the decisions";

/// `comity replay`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Replay {}

/// Judges again.
pub fn run(_: &Replay, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let replayed = reach::ask(&chosen.place()?, ReplayAll {})?;
    screen.answer(&replayed, |screen| show(screen, &replayed));
    Ok(if replayed.different.is_empty() { Exit::Ok } else { Exit::No })
}

fn show(screen: &mut Screen<'_>, replayed: &Replayed) {
    let tone = if replayed.different.is_empty() { Tone::Good } else { Tone::Bad };
    screen.say(tone, &format!("{} of {} decisions came out the same.", replayed.same, replayed.decisions));
    replayed.different.iter().for_each(|line| screen.indented(2, Tone::Bad, line));
    if replayed.erased > 0 {
        screen.say(Tone::Open, &format!("{}: inputs erased.", replayed.erased));
    }
    if !replayed.other_inputs.is_empty() {
        screen.say(Tone::Open, "Judged under packs or a register that are not kept here:");
        replayed.other_inputs.iter().for_each(|line| screen.indented(2, Tone::Open, line));
    }
}
