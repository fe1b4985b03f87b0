//! `comity disclosure list`.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Table, Tone},
};
use clap::Args;
use comity_node::app::disclosure::{ListDisclosures, VulnerabilityShown};

const HELP: &str = "\
Each party that knows of a vulnerability has a case of its own with us. The day is \
agreed in each; `differs` means that two parties hold two days, and whoever publishes \
first publishes for all.

Example:
  comity disclosure list --dir ./xa
  comity disclosure list --vulnerability CVE-2026-0001 --dir ./xa

Next:
  comity case show XA-V-1 --dir ./xa";

/// `comity disclosure list`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct List {
    /// Only this vulnerability, as the reports name it
    #[arg(long, value_name = "NAME")]
    vulnerability: Option<String>,
    /// Exercises instead of real matters
    #[arg(long)]
    exercise: bool,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
}

/// Lists them.
pub fn run(verb: &List, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let list = ListDisclosures {
        vulnerability: verb.vulnerability.clone(),
        exercise: verb.exercise,
        officer: verb.officer.clone(),
    };
    let listed = reach::ask(&chosen.place()?, list)?;
    screen.answer(&listed, |screen| {
        if listed.is_empty() {
            screen.text("No disclosures yet.");
        }
        listed.iter().for_each(|one| vulnerability(screen, one));
    });
    Ok(Exit::Ok)
}

fn vulnerability(screen: &mut Screen<'_>, one: &VulnerabilityShown) {
    let day = one.day.as_deref().map(|day| format!(" for {day}")).unwrap_or_default();
    let tone = match one.standing.as_str() {
        "agreed" | "published" => Tone::Good,
        _ => Tone::Open,
    };
    screen.heading(&one.vulnerability);
    screen.say(tone, &format!("The day for publication is {}{day}.", standing(&one.standing)));
    let mut table =
        Table::new(&["case", "with", "state", "we say", "they say", "agreed", "fix", "due", "must move"]);
    for case in &one.cases {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let due = case.due.as_ref().map(|(_, says)| says.clone()).unwrap_or_default();
        table.row([
            text(&case.reference).into(),
            case.party.as_str().into(),
            case.state.as_str().into(),
            text(&case.proposed_by_us).into(),
            text(&case.proposed_by_them).into(),
            text(&case.agreed).into(),
            text(&case.fix).into(),
            due.into(),
            case.moves.as_str().into(),
        ]);
    }
    screen.table(&table);
    screen.blank();
}

fn standing(word: &str) -> &str {
    match word {
        "differs" => "not the same with all parties",
        "published" => "past: a party has published",
        "open" => "not agreed yet",
        other => other,
    }
}
