//! `comity case list`.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Table};
use clap::Args;
use comity_node::app::case::show::ListCases;

const HELP: &str = "\
Example:
  comity case list --dir ./xa

Next:
  comity case show XA-2026-1 --dir ./xa";

/// `comity case list`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct List {
    /// Exercises instead of real cases
    #[arg(long)]
    exercise: bool,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
}

/// Lists the cases.
pub fn run(verb: &List, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let listed =
        reach::ask(&chosen.place()?, ListCases { exercise: verb.exercise, officer: verb.officer.clone() })?;
    screen.answer(&listed, |screen| {
        let mut table = Table::new(&["case", "reference", "with", "side", "flow", "state", "must move"]);
        for one in &listed {
            let case: String = one.case.chars().take(8).collect();
            let mark = if one.exercise { "EXERCISE " } else { "" };
            let reference = format!("{mark}{}", one.reference.as_deref().unwrap_or_default());
            table.row([
                case.into(),
                reference.into(),
                one.party.as_str().into(),
                one.side.as_str().into(),
                one.flow.as_str().into(),
                one.state.as_str().into(),
                one.moves.as_str().into(),
            ]);
        }
        if table.is_empty() { screen.text("No cases yet.") } else { screen.table(&table) }
    });
    Ok(Exit::Ok)
}
