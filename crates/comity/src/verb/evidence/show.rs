//! `comity evidence list` and `show`.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::Args;
use comity_node::app::evidence::show::{ActShown, EvidenceShown, ListEvidence, ObjectShown, ShowEvidence};

const NAMES: usize = 10;

const LIST_HELP: &str = "\
A package whose manifest came and whose objects did not yet is listed as 'manifest \
only'; `comity evidence fetch` brings them.

Example:
  comity evidence list --dir ./xa

Next:
  comity evidence show RECORD";

const SHOW_HELP: &str = "\
The custody record is that of this party; below it stand the records of other \
holders as far as they came.

Example:
  comity evidence show 1a2b3c4d --dir ./xa

Next:
  comity evidence open RECORD OBJECT --proceedings TEXT --out DIR
  comity evidence check RECORD";

/// `comity evidence list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity evidence show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
}

/// Lists.
pub fn list(_: &List, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let listed = reach::ask(&chosen.place()?, ListEvidence {})?;
    screen.answer(&listed, |screen| {
        if listed.is_empty() {
            screen.text("No evidence is held here.");
            return;
        }
        let mut table = Table::new(&["record", "from", "objects", "bytes", "held", "last act", "ends"]);
        for one in &listed {
            let record: String = one.record.chars().take(16).collect();
            let tone = if one.defects > 0 { Tone::Bad } else { Tone::Plain };
            table.row([
                Cell::toned(tone, record),
                one.from.clone().into(),
                one.objects.to_string().into(),
                one.bytes.to_string().into(),
                one.held.clone().into(),
                one.last_act.clone().unwrap_or_default().into(),
                one.ends.clone().unwrap_or_default().into(),
            ]);
        }
        screen.table(&table);
    });
    Ok(Exit::Ok)
}

/// Shows one.
pub fn show(verb: &Show, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let shown = reach::ask(&chosen.place()?, ShowEvidence { record: verb.record.clone() })?;
    screen.answer(&shown, |screen| page(screen, &shown));
    Ok(Exit::Ok)
}

fn page(screen: &mut Screen<'_>, shown: &EvidenceShown) {
    let listed = &shown.listed;
    screen.heading(&format!("Evidence of {}, closed on {}", listed.from, listed.closed));
    let head = [
        ("record", listed.record.clone()),
        ("order", listed.order.clone()),
        ("unit", shown.unit.clone()),
        ("case", shown.case.clone()),
        ("request", shown.request.clone().unwrap_or_default()),
        ("held", listed.held.clone()),
        ("ends", listed.ends.clone().unwrap_or_default()),
    ];
    for (name, text) in head.iter().filter(|(_, text)| !text.is_empty()) {
        screen.item(NAMES, name, Tone::Plain, text);
    }
    lines(screen, "condition", Tone::Open, &shown.conditions);
    shown.objects.iter().for_each(|one| object(screen, one));
    lines(screen, "stamp", Tone::Good, &shown.stamps);
    screen.blank();
    screen.heading("Custody");
    shown.custody.iter().chain(&shown.others).for_each(|one| act(screen, one));
    if !shown.notes.is_empty() {
        screen.blank();
        screen.heading("Notes");
        shown.notes.iter().for_each(|note| screen.indented(2, Tone::Plain, note));
    }
}

fn lines(screen: &mut Screen<'_>, name: &str, tone: Tone, texts: &[String]) {
    let mut name = name;
    for text in texts {
        screen.item(NAMES, name, tone, text);
        name = "";
    }
}

fn object(screen: &mut Screen<'_>, object: &ObjectShown) {
    screen.blank();
    let tone = if object.deleted { Tone::Faint } else { Tone::Strong };
    let gone = if object.deleted { ", deleted" } else { "" };
    let head = format!("{} {} ({}, {} bytes{gone})", object.id, object.name, object.media_type, object.size);
    screen.say(tone, &head);
    let texts = [
        ("SHA-256", &object.sha256),
        ("SHA-512", &object.sha512),
        ("source", &object.source),
        ("selector", &object.selector),
        ("times", &object.time_basis),
        ("tool", &object.tool),
        ("operator", &object.operator),
    ];
    for (name, text) in texts {
        screen.item(NAMES, name, Tone::Plain, text);
    }
    for (name, text) in [("filter", &object.filter), ("personal", &object.personal)] {
        if let Some(text) = text {
            screen.item(NAMES, name, Tone::Open, text);
        }
    }
}

fn act(screen: &mut Screen<'_>, act: &ActShown) {
    let other = act.other.as_ref().map(|other| format!(", with {other}")).unwrap_or_default();
    let place = if act.place.is_empty() { String::new() } else { format!(" in {}", act.place) };
    let tool = if act.tool.is_empty() { String::new() } else { format!(" with {}", act.tool) };
    let text = format!(
        "{}: {} objects {}{other} by {} of {}{place}{tool}: {}",
        act.at, act.objects, act.act, act.officer, act.unit, act.reason
    );
    screen.item(NAMES, &format!("{} {}", act.party, act.number), Tone::Plain, &text);
}
