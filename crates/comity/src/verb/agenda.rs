//! `comity agenda`: what is due for whom, soonest first.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::Args;
use comity_node::app::agenda::{AgreedShown, DueShown, ShowAgenda, ShowClocks};

const HELP: &str = "\
Clocks warn and offer; they decide nothing, and nothing happens where nobody acts. \
Each is counted in the time zone, working days and holidays of whoever is to act. \
Lengths are changed only by both sides: each states in a consultation, as its \
position, a line such as
  clock acknowledgment for subscriber_information: 3 working days

Example:
  comity agenda --dir ./xa
  comity agenda --unit moj/north --dir ./xa
  comity agenda --clocks --dir ./xa

Next:
  comity task show 1 --dir ./xa";

/// `comity agenda`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Agenda {
    /// Only what is due for this unit
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Only what is due for the unit of this officer
    #[arg(long, value_name = "OFFICER", conflicts_with = "unit")]
    officer: Option<String>,
    /// Only what stands with this party
    #[arg(long, value_name = "PEER")]
    peer: Option<String>,
    /// Exercises instead of real matters
    #[arg(long)]
    exercise: bool,
    /// Show the lengths of clocks on which both sides have agreed
    #[arg(long, conflicts_with_all = ["unit", "officer", "exercise"])]
    clocks: bool,
}

/// Does what the verb asks.
pub fn run(verb: &Agenda, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let peer = verb.peer.as_ref().map(|peer| peer.to_uppercase());
    if verb.clocks {
        let agreed = reach::ask(&place, ShowClocks { peer })?;
        screen.answer(&agreed, |screen| clocks(screen, &agreed));
        return Ok(Exit::Ok);
    }
    let (unit, officer, exercise) = (verb.unit.clone(), verb.officer.clone(), verb.exercise);
    let items = reach::ask(&place, ShowAgenda { unit, officer, peer, exercise })?;
    screen.answer(&items, |screen| list(screen, &items));
    Ok(Exit::Ok)
}

fn list(screen: &mut Screen<'_>, items: &[DueShown]) {
    if items.is_empty() {
        return screen.text("Nothing is due.");
    }
    for item in items {
        let tone = match item.says.as_str() {
            "overdue" => Tone::Bad,
            "soon" => Tone::Open,
            _ => Tone::Plain,
        };
        let mark = if item.exercise { "EXERCISE  " } else { "" };
        let warning = item.warning_days.map_or_else(String::new, |days| format!(", ends within {days} days"));
        screen.say(tone, &format!("{mark}{}  {} by {}{warning}", item.says, item.what, item.by_whom));
        let there = item.due_there.as_ref().map_or_else(String::new, |there| format!(" ({there})"));
        screen.item(9, "  due", Tone::Plain, &format!("{}{there}", item.due));
        if let Some(task) = item.task {
            screen.item(9, "  task", Tone::Plain, &task.to_string());
        }
        if let Some(case) = &item.case {
            let reference = item.reference.as_deref().unwrap_or("no reference");
            let peer = item.peer.as_deref().unwrap_or("home");
            let short: String = case.chars().take(12).collect();
            screen.item(9, "  case", Tone::Plain, &format!("{short}, {reference}, with {peer}"));
        }
        if !item.offers.is_empty() {
            screen.item(9, "  offered", Tone::Faint, &item.offers.join("; "));
        }
    }
}

fn clocks(screen: &mut Screen<'_>, agreed: &[AgreedShown]) {
    let mut table = Table::new(&["peer", "clock", "measure", "length", "since"]);
    for one in agreed {
        let mark = if one.exercise { " (EXERCISE)" } else { "" };
        table.row([
            Cell::toned(Tone::Plain, format!("{}{mark}", one.peer)),
            one.clock.as_str().into(),
            one.measure.as_deref().unwrap_or("any").into(),
            one.length.as_str().into(),
            one.since.as_str().into(),
        ]);
    }
    if table.is_empty() {
        screen.text("Nothing was agreed on by both sides: the defaults hold.");
    } else {
        screen.table(&table);
    }
}
