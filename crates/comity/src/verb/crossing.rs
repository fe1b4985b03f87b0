//! `comity inbox`, `comity outbox` and `comity crossing`: what crossed, and why.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::crossing::{CrossingShown, Inbox as InboxAction, Outbox as OutboxAction, ShowCrossing};

const NAMES: usize = 12;

const INBOX_HELP: &str = "\
Example:
  comity inbox --from XB --dir ./xa

Next:
  comity crossing show 1a2b3c4d --dir ./xa    one of them explained";

const OUTBOX_HELP: &str = "\
Example:
  comity outbox --to XB --dir ./xa

Next:
  comity crossing show 1a2b3c4d --dir ./xa    one of them explained";

const SHOW_HELP: &str = "\
Example:
  comity crossing show 1a2b3c4d --dir ./xa

Next:
  comity receipt export 1a2b3c4d --out crossing.receipt --dir ./xa";

/// `comity inbox`
#[derive(Debug, Args)]
#[command(after_help = INBOX_HELP)]
pub struct Inbox {
    /// Only from this party
    #[arg(long, value_name = "PARTY")]
    from: Option<String>,
}

/// `comity outbox`
#[derive(Debug, Args)]
#[command(after_help = OUTBOX_HELP)]
pub struct Outbox {
    /// Only to this party
    #[arg(long, value_name = "PARTY")]
    to: Option<String>,
}

/// The verbs of crossings.
#[derive(Debug, Subcommand)]
pub enum Crossing {
    /// Explain a crossing: who judged what, on which basis, and what came of it
    Show(Show),
}

/// `comity crossing show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// The crossing or its record, by at least eight digits of the id
    #[arg(value_name = "ID")]
    id: String,
}

/// Shows what was received.
pub fn inbox(verb: &Inbox, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let from = verb.from.as_ref().map(|from| from.to_uppercase());
    let rows = reach::ask(&chosen.place()?, InboxAction { from })?;
    screen.answer(&rows, |screen| {
        let mut table = Table::new(&["from", "crossing", "kind", "objects", "labels", "outcome"]);
        for row in &rows {
            let outcome = if row.recalled { "recalled" } else { row.outcome.as_str() };
            table.row([
                row.from.as_str().into(),
                short(&row.crossing),
                row.kind.as_str().into(),
                row.objects.to_string().into(),
                row.labels.as_str().into(),
                toned(outcome),
            ]);
        }
        show(screen, &table, "Nothing was received yet.");
    });
    Ok(Exit::Ok)
}

/// Shows what was given.
pub fn outbox(verb: &Outbox, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let to = verb.to.as_ref().map(|to| to.to_uppercase());
    let rows = reach::ask(&chosen.place()?, OutboxAction { to })?;
    screen.answer(&rows, |screen| {
        let mut table = Table::new(&["to", "position", "crossing", "record", "entry", "state"]);
        for row in &rows {
            table.row([
                row.to.as_str().into(),
                row.position.to_string().into(),
                short(&row.crossing),
                short(&row.record),
                row.entry.to_string().into(),
                toned(&row.state),
            ]);
        }
        show(screen, &table, "Nothing was given yet: `comity share`.");
    });
    Ok(Exit::Ok)
}

/// Explains one.
pub fn run(verb: &Crossing, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let Crossing::Show(wanted) = verb;
    let shown = reach::ask(&chosen.place()?, ShowCrossing { id: wanted.id.clone() })?;
    screen.answer(&shown, |screen| explain(screen, &shown));
    Ok(Exit::Ok)
}

fn explain(screen: &mut Screen<'_>, shown: &CrossingShown) {
    screen.heading(&format!("{} -> {}", shown.from, shown.to));
    screen.item(NAMES, "crossing", Tone::Plain, &shown.crossing);
    screen.item(NAMES, "record", Tone::Plain, &shown.record);
    let none = "none yet".to_owned();
    screen.item(NAMES, "acknowledged", Tone::Plain, shown.acknowledgement.as_ref().unwrap_or(&none));
    screen.item(NAMES, "twin", Tone::Plain, shown.twin.as_ref().unwrap_or(&none));
    for judgement in &shown.judgements {
        screen.blank();
        screen.heading(&format!("entry {}: {} on {}", judgement.entry, judgement.kind, judgement.at));
        screen.page(&judgement.text);
    }
}

fn short(id: &str) -> Cell {
    id.chars().take(12).collect::<String>().into()
}

fn toned(state: &str) -> Cell {
    let tone = match state {
        "taken in" => Tone::Good,
        "waiting" => Tone::Open,
        _ => Tone::Bad,
    };
    Cell::toned(tone, state)
}

fn show(screen: &mut Screen<'_>, table: &Table, none: &str) {
    if table.is_empty() { screen.text(none) } else { screen.table(table) }
}
