//! `comity unit`, `comity officer` and `comity token`: the house of a party, as dated acts in its ledger.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Table, Tone},
    verb::unit_key,
};
use clap::{Args, Subcommand};
use comity_node::app::{
    house::{AddOfficer, AddToken, AddUnit, EndOfficer, EndToken, EndUnit, HouseShown, ListHouse},
    peer::Entered,
};
use comity_record::{Date, label::Purpose};

const UNIT_HELP: &str = "\
A unit cites the law that makes it competent; voluntary sharing rests on it.

Example:
  comity unit add cert --name 'National CERT' --law 'Cyber Act s 4' --dir ./xa

Next:
  comity officer add duty.officer --unit cert --name 'Duty desk' --dir ./xa";

const OFFICER_HELP: &str = "\
Example:
  comity officer add duty.officer --unit cert --name 'Duty desk' --dir ./xa

Next:
  comity token add duty.officer --scope read --scope share --dir ./xa";

const TOKEN_HELP: &str = "\
A token is shown once and kept only as its hash. It ends with its officer.
Scopes: read, import, share, cases, law, peers, keys, officers, erase, operate, \
tasks (those of the own unit, and nothing else), oversight (counts alone).

Example:
  comity token add duty.officer --scope read --days 30 --dir ./xa

Next:
  comity token end 1a2b3c4d --dir ./xa";

const LIST_HELP: &str = "\
Example:
  comity unit list --dir ./xa

Next:
  comity token list --json --dir ./xa";

const END_HELP: &str = "\
Example:
  comity officer end duty.officer --on 2026-12-31 --dir ./xa

Next:
  comity officer list --dir ./xa";

/// The verbs of units.
#[derive(Debug, Subcommand)]
pub enum Unit {
    /// Add a unit, or replace its entry from a day on
    Add(UnitAdd),
    /// List the units
    List(List),
    /// End a unit
    End(End),
    /// Make, enter and state the keys by which a unit alone opens what is sealed to it
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Key(unit_key::UnitKey),
}

/// The verbs of officers.
#[derive(Debug, Subcommand)]
pub enum Officer {
    /// Add an officer to a unit
    Add(OfficerAdd),
    /// List the officers
    List(List),
    /// End an officer, and every token bound to the officer
    End(End),
}

/// The verbs of tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Give out a token bound to an officer; it is shown once
    Add(TokenAdd),
    /// List the tokens by their hashes
    List(List),
    /// End a token at once
    End(TokenEnd),
}

/// A list.
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity unit add`
#[derive(Debug, Args)]
#[command(after_help = UNIT_HELP)]
pub struct UnitAdd {
    /// Its code, such as police/cyber
    #[arg(value_name = "CODE")]
    code: String,
    /// Its name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The law or decision that makes it competent
    #[arg(long, value_name = "LAW")]
    law: String,
    /// The unit above it
    #[arg(long, value_name = "CODE")]
    parent: Option<String>,
    /// A purpose it is competent for; none means all; may be repeated
    #[arg(long = "purpose", value_name = "PURPOSE")]
    purposes: Vec<Purpose>,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
}

/// `comity officer add`
#[derive(Debug, Args)]
#[command(after_help = OFFICER_HELP)]
pub struct OfficerAdd {
    /// The id, such as duty.officer
    #[arg(value_name = "ID")]
    id: String,
    /// The unit
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// The name or office
    #[arg(long, value_name = "NAME")]
    name: String,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
}

/// `comity token add`
#[derive(Debug, Args)]
#[command(after_help = TOKEN_HELP)]
pub struct TokenAdd {
    /// The officer
    #[arg(value_name = "OFFICER")]
    officer: String,
    /// What it allows; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    scopes: Vec<String>,
    /// For how many days
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    days: u16,
}

/// `comity unit end` and `comity officer end`
#[derive(Debug, Args)]
#[command(after_help = END_HELP)]
pub struct End {
    /// The code or id
    #[arg(value_name = "ID")]
    id: String,
    /// The last day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

/// `comity token end`
#[derive(Debug, Args)]
#[command(after_help = TOKEN_HELP)]
pub struct TokenEnd {
    /// The token's hash, or at least eight digits of it
    #[arg(value_name = "HASH")]
    hash: String,
}

/// Does what the verb asks of units.
pub fn unit(verb: &Unit, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let entered = match verb {
        Unit::Key(verb) => return unit_key::run(verb, chosen, screen),
        Unit::List(_) => return list(chosen, screen, units),
        Unit::Add(add) => reach::ask(
            &chosen.place()?,
            AddUnit {
                code: add.code.clone(),
                name: add.name.clone(),
                parent: add.parent.clone(),
                competence: add.law.clone(),
                purposes: add.purposes.iter().map(ToString::to_string).collect(),
                from: day(add.from),
            },
        )?,
        Unit::End(end) => reach::ask(&chosen.place()?, EndUnit { code: end.id.clone(), on: day(end.on) })?,
    };
    Ok(done(screen, &entered))
}

/// Does what the verb asks of officers.
pub fn officer(verb: &Officer, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let entered = match verb {
        Officer::List(_) => return list(chosen, screen, officers),
        Officer::Add(add) => reach::ask(
            &place,
            AddOfficer {
                id: add.id.clone(),
                unit: add.unit.clone(),
                name: add.name.clone(),
                from: day(add.from),
            },
        )?,
        Officer::End(end) => reach::ask(&place, EndOfficer { id: end.id.clone(), on: day(end.on) })?,
    };
    Ok(done(screen, &entered))
}

/// Does what the verb asks of tokens.
pub fn token(verb: &Token, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    match verb {
        Token::List(_) => list(chosen, screen, tokens),
        Token::Add(add) => {
            let (officer, scopes) = (add.officer.clone(), add.scopes.clone());
            let given = reach::ask(&place, AddToken { officer, scopes, days: Some(add.days) })?;
            screen.answer(&given, |screen| {
                screen.say(
                    Tone::Good,
                    &format!("Good until {}. It is shown now and never again:", given.until),
                );
                screen.verbatim(&given.token);
                screen.say(Tone::Faint, &format!("Its hash: {}", given.hash));
            });
            Ok(Exit::Ok)
        }
        Token::End(end) => Ok(done(screen, &reach::ask(&place, EndToken { hash: end.hash.clone() })?)),
    }
}

fn day(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

pub(super) fn done(screen: &mut Screen<'_>, entered: &Entered) -> Exit {
    screen.answer(entered, |screen| {
        screen.say(
            Tone::Good,
            &format!("Entered in the ledger, which has {} entries now.", entered.ledger_size),
        );
    });
    Exit::Ok
}

fn list(
    chosen: &Chosen,
    screen: &mut Screen<'_>,
    table: impl FnOnce(&mut Screen<'_>, &HouseShown),
) -> Result<Exit, Fault> {
    let house = reach::ask(&chosen.place()?, ListHouse {})?;
    match screen.form() {
        crate::screen::Form::Json => screen.answer(&house, |_| {}),
        crate::screen::Form::Text => table(screen, &house),
    }
    Ok(Exit::Ok)
}

fn units(screen: &mut Screen<'_>, house: &HouseShown) {
    let mut table = Table::new(&["unit", "name", "competent by", "purposes", "from", "until"]);
    for unit in &house.units {
        let purposes = if unit.purposes.is_empty() { "all".to_owned() } else { unit.purposes.join(", ") };
        let until = unit.until.clone().unwrap_or_default();
        let (code, name, law) = (unit.code.as_str(), unit.name.as_str(), unit.competence.as_str());
        table.row([
            code.into(),
            name.into(),
            law.into(),
            purposes.into(),
            unit.from.as_str().into(),
            until.into(),
        ]);
    }
    show(screen, &table, "units");
}

fn officers(screen: &mut Screen<'_>, house: &HouseShown) {
    let mut table = Table::new(&["officer", "unit", "name", "from", "until"]);
    for officer in &house.officers {
        let until = officer.until.clone().unwrap_or_default();
        let (id, unit, name) = (officer.id.as_str(), officer.unit.as_str(), officer.name.as_str());
        table.row([id.into(), unit.into(), name.into(), officer.from.as_str().into(), until.into()]);
    }
    show(screen, &table, "officers");
}

fn tokens(screen: &mut Screen<'_>, house: &HouseShown) {
    let mut table = Table::new(&["hash", "officer", "scopes", "until"]);
    for token in &house.tokens {
        let hash: String = token.hash.chars().take(16).collect();
        let scopes = token.scopes.join(", ");
        table.row([hash.into(), token.officer.as_str().into(), scopes.into(), token.until.as_str().into()]);
    }
    show(screen, &table, "tokens");
}

fn show(screen: &mut Screen<'_>, table: &Table, what: &str) {
    if table.is_empty() { screen.text(&format!("No {what} yet.")) } else { screen.table(table) }
}
