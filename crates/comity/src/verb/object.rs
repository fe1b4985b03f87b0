//! `comity object`: one object with everything known about it.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::object::{ObjectShown, ShowObject};
use comity_record::label::Purpose;

const NAMES: usize = 12;

const SHOW_HELP: &str = "\
Example:
  comity object show indicator--26ffb872-1dd9-446e-b6f5-d58527e5b5d2 --dir ./xa

Next:
  comity crossing show RECORD --dir ./xa          one crossing explained
  comity share --to XB --purpose cyber-defence --dir ./xa";

/// The verbs of objects.
#[derive(Debug, Subcommand)]
pub enum Object {
    /// Show an object: versions, relations, sightings, where from and where to
    Show(Show),
}

/// `comity object show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// Its STIX id
    #[arg(value_name = "ID")]
    id: String,
    /// The purpose under which it is judged where it may go
    #[arg(long, value_name = "PURPOSE", default_value = "cyber-defence")]
    purpose: Purpose,
    /// The exact text of the newest version alone
    #[arg(long)]
    text: bool,
}

/// Shows one.
pub fn run(verb: &Object, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let Object::Show(wanted) = verb;
    let show = ShowObject { id: wanted.id.clone(), purpose: wanted.purpose.to_string() };
    let shown = reach::ask(&chosen.place()?, show)?;
    screen.answer(&shown, |screen| match shown.versions.first() {
        Some(newest) if wanted.text => screen.verbatim(&newest.json),
        _ => explain(&shown, screen),
    });
    Ok(Exit::Ok)
}

fn explain(shown: &ObjectShown, screen: &mut Screen<'_>) {
    screen.heading(&shown.id);
    let mut table = Table::new(&["modified", "state", "from", "added", "labels", "record"]);
    for version in &shown.versions {
        let tone = if version.state == "current" { Tone::Good } else { Tone::Open };
        table.row([
            version.modified.as_deref().unwrap_or("-").into(),
            Cell::toned(tone, &version.state),
            version.from.as_ref().unwrap_or(&version.origin).as_str().into(),
            version.added.as_str().into(),
            version.labels.join(" ").into(),
            short(&version.record),
        ]);
    }
    screen.table(&table);
    relations(shown, screen);
    if !shown.crossings.is_empty() {
        screen.blank();
        screen.heading("Where it may go");
        let mut table = Table::new(&["record", "to", "entered", "the border now"]);
        for one in &shown.crossings {
            let tone = if one.now == "cleared" { Tone::Good } else { Tone::Bad };
            table.row([
                short(&one.record),
                one.to.as_str().into(),
                one.entered.as_deref().unwrap_or("never").into(),
                Cell::toned(tone, &one.now),
            ]);
        }
        screen.table(&table);
    }
}

fn relations(shown: &ObjectShown, screen: &mut Screen<'_>) {
    let mut table = Table::new(&["relation", "source", "target", "state"]);
    for one in &shown.relations {
        let cells = [&one.r#type, &one.source, &one.target, &one.state];
        table.row(cells.map(|cell| cell.as_str().into()));
    }
    if !table.is_empty() {
        screen.blank();
        screen.table(&table);
    }
    if !shown.sightings.is_empty() {
        screen.blank();
        let mut table = Table::new(&["sighting", "count", "first", "last", "by"]);
        for one in &shown.sightings {
            let text = |text: &Option<String>| Cell::from(text.as_deref().unwrap_or("-"));
            let count = one.count.map_or_else(|| "-".to_owned(), |count| count.to_string());
            table.row([
                one.id.as_str().into(),
                count.into(),
                text(&one.first),
                text(&one.last),
                one.origin.as_str().into(),
            ]);
        }
        screen.table(&table);
    }
    for (name, ids) in [
        ("refers to", shown.refers_to.clone()),
        ("named by", shown.mentions.iter().map(|one| one.id.clone()).collect()),
    ] {
        let mut name = name;
        for id in ids {
            screen.item(NAMES, name, Tone::Plain, &id);
            name = "";
        }
    }
}

fn short(id: &str) -> Cell {
    id.chars().take(12).collect::<String>().into()
}
