//! `comity lookup`: whether another State has seen a value, without showing it.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::Args;
use comity_node::app::lookup::{AskedValue, Lookup as LookupAction, LookupShown};
use comity_record::{PartyCode, label::Purpose};

const HELP: &str = "\
The value never leaves this node: it is blinded before it is sent (RFC 9497), and \
the other State does not learn whether it was a hit. You learn whether it is held in \
something that its border would clear for you and this purpose, and nothing else.
A value is looked up exactly. Every question counts against the quota that the \
other State gives you for a day; both ledgers say that you asked, not what.
The exit code is 1 where nothing is held.

Example:
  comity lookup bad[.]example.org --at XB --purpose cyber-defence --dir ./xa
  comity lookup www.bad.example.org --above --at XB --purpose cyber-defence \
    --dir ./xa                          the names above it as well

Next:
  comity ask --help                     ask on, where something is held";

/// `comity lookup`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Lookup {
    /// Names, addresses, ranges, URLs, hashes, mail addresses; defanged or not
    #[arg(value_name = "VALUE", required = true)]
    values: Vec<String>,
    /// The party asked
    #[arg(long, value_name = "PARTY")]
    at: PartyCode,
    /// What for
    #[arg(long, value_name = "PURPOSE")]
    purpose: Purpose,
    /// Also the names above a name and common ranges around an address, each a
    /// question of its own
    #[arg(long)]
    above: bool,
}

/// Asks.
pub fn run(verb: &Lookup, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let lookup = LookupAction {
        values: verb.values.clone(),
        at: verb.at.to_string(),
        purpose: verb.purpose.to_string(),
        above: verb.above,
    };
    let shown = reach::ask(&chosen.place()?, lookup)?;
    screen.answer(&shown, |screen| show(&shown, &verb.at, screen));
    let any = shown.asked.iter().any(|one| !one.held.is_empty());
    Ok(if any { Exit::Ok } else { Exit::No })
}

fn show(shown: &LookupShown, at: &PartyCode, screen: &mut Screen<'_>) {
    let mut table = Table::new(&["value", "answer", "held as"]);
    for one in &shown.asked {
        table.row([one.text.as_str().into(), answer(one), one.held.join(", ").as_str().into()]);
    }
    screen.table(&table);
    screen.blank();
    if shown.asked.iter().any(|one| !one.held.is_empty()) {
        let whom = match &shown.ask_on {
            Some(unit) => format!("the unit `{unit}` of {at}"),
            None => format!("{at}, whose letter names no unit for this purpose"),
        };
        screen.say(Tone::Plain, &format!("Ask on: {whom}."));
    }
    screen.say(Tone::Faint, &format!("{} questions are left in this block.", shown.left));
}

fn answer(one: &AskedValue) -> Cell {
    if one.held.is_empty() { "no record held".into() } else { Cell::toned(Tone::Good, "held") }
}
