//! `comity law parties`, `instruments`, `measures` and `offences`: what the register knows, by code.

use super::notice;
use crate::{
    Exit, Fault, Screen,
    screen::{Cell, Table, Tone},
};
use clap::Args;
use comity_law::{Instrument, Party, Register};
use serde_json::json;

const PARTIES_HELP: &str = "\
Example:
  comity law parties viet

Next:
  comity law compare JP VN            by what each is bound
  comity law show budapest            who is bound by an instrument";

const INSTRUMENTS_HELP: &str = "\
Example:
  comity law instruments cyber

Next:
  comity law show budapest            its articles and who is bound by it";

const MEASURES_HELP: &str = "\
Example:
  comity law measures data

Next:
  comity law bases --from JP --to PH --measure preserve_stored_data";

const OFFENCES_HELP: &str = "\
Example:
  comity law offences access

Next:
  comity law bases --from JP --to PH --measure preserve_stored_data \\
    --offence illegal_access --penalty 5";

/// `comity law parties`
#[derive(Debug, Args)]
#[command(after_help = PARTIES_HELP)]
pub struct Parties {
    /// Only those whose code or name contains this text
    #[arg(value_name = "TEXT")]
    find: Option<String>,
}

/// `comity law instruments`
#[derive(Debug, Args)]
#[command(after_help = INSTRUMENTS_HELP)]
pub struct Instruments {
    /// Only those whose code, title or subject contains this text
    #[arg(value_name = "TEXT")]
    find: Option<String>,
}

/// `comity law measures`
#[derive(Debug, Args)]
#[command(after_help = MEASURES_HELP)]
pub struct Measures {
    /// Only those whose code or name contains this text
    #[arg(value_name = "TEXT")]
    find: Option<String>,
}

/// `comity law offences`
#[derive(Debug, Args)]
#[command(after_help = OFFENCES_HELP)]
pub struct Offences {
    /// Only those whose code or name contains this text
    #[arg(value_name = "TEXT")]
    find: Option<String>,
}

/// Shows the parties.
pub fn parties(verb: &Parties, register: &Register, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let fits = |party: &&Party| {
        fits(&verb.find, &[party.code.as_str(), &party.name, &party.common_name, &party.alpha3])
    };
    let found: Vec<&Party> = register.parties().filter(fits).collect();
    let value = found.iter().map(|party| {
        json!({
            "code": party.code.as_str(), "name": party.name, "un_status": party.un_status,
            "region": party.region.region, "subregion": party.region.subregion,
            "aalco_member": party.aalco_member, "appf_member": party.appf_member,
        })
    });
    screen.answer(&value.collect::<Vec<_>>(), |screen| {
        let mut table = Table::new(&["code", "name", "UN", "AALCO", "APPF"]);
        for party in &found {
            let (aalco, appf) = (party.aalco_member.as_str(), party.appf_member.as_str());
            table.row([
                party.code.as_str().into(),
                party.name.as_str().into(),
                party.un_status.as_str().into(),
                aalco.into(),
                appf.into(),
            ]);
        }
        listed(screen, &table, found.len(), ["party", "parties"]);
        notice(screen, register, found.iter().any(|party| party.is_exercise()));
    });
    Ok(ended(found.is_empty()))
}

/// Shows the instruments.
pub fn instruments(verb: &Instruments, register: &Register, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let fits = |row: &&Instrument| fits(&verb.find, &[row.id.as_str(), &row.title, &row.subject]);
    let found: Vec<&Instrument> = register.instruments().filter(fits).collect();
    let value = found.iter().map(|row| {
        json!({
            "id": row.id, "title": row.title, "kind": row.kind, "binding": row.binding,
            "in_force": row.in_force.map(|date| date.to_string()), "status": row.status,
            "as_of": row.as_of.to_string(),
        })
    });
    screen.answer(&value.collect::<Vec<_>>(), |screen| {
        let mut table = Table::new(&["id", "title", "kind", "in force", "as of"]);
        for row in &found {
            let since = row.in_force.map_or_else(|| "-".to_owned(), |date| date.to_string());
            table.row([
                row.id.as_str().into(),
                row.title.as_str().into(),
                row.kind.as_str().into(),
                since.into(),
                Cell::toned(Tone::Faint, row.as_of.to_string()),
            ]);
        }
        listed(screen, &table, found.len(), ["instrument", "instruments"]);
        notice(screen, register, false);
    });
    Ok(ended(found.is_empty()))
}

/// Shows the measures.
pub fn measures(verb: &Measures, register: &Register, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let found: Vec<_> =
        register.measures().filter(|row| fits(&verb.find, &[row.code.as_str(), &row.name])).collect();
    let value = found.iter().map(|row| {
        json!({
            "code": row.code, "name": row.name, "field": row.field, "coercive": row.coercive,
            "under_general_mla": row.under_general_mla, "data_categories": row.data_categories,
        })
    });
    screen.answer(&value.collect::<Vec<_>>(), |screen| {
        let mut table = Table::new(&["code", "name", "field", "coercive"]);
        for row in &found {
            let name = row.name.as_str();
            table.row([
                row.code.as_str().into(),
                name.into(),
                row.field.as_str().into(),
                row.coercive.as_str().into(),
            ]);
        }
        listed(screen, &table, found.len(), ["measure", "measures"]);
    });
    Ok(ended(found.is_empty()))
}

/// Shows the offences.
pub fn offences(verb: &Offences, register: &Register, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let found: Vec<_> =
        register.offences().filter(|row| fits(&verb.find, &[row.code.as_str(), &row.name])).collect();
    let value = found.iter().map(|row| json!({ "code": row.code, "name": row.name, "class": row.class }));
    screen.answer(&value.collect::<Vec<_>>(), |screen| {
        let mut table = Table::new(&["code", "name", "class"]);
        for row in &found {
            table.row([row.code.as_str().into(), row.name.as_str().into(), row.class.as_str().into()]);
        }
        listed(screen, &table, found.len(), ["offence", "offences"]);
    });
    Ok(ended(found.is_empty()))
}

fn fits(find: &Option<String>, texts: &[&str]) -> bool {
    let Some(find) = find.as_ref().map(|find| find.to_lowercase()) else { return true };
    texts.iter().any(|text| text.to_lowercase().contains(&find))
}

/// The table and how many there are; `what` is one and many of them.
fn listed(screen: &mut Screen<'_>, table: &Table, count: usize, what: [&str; 2]) {
    let [one, many] = what;
    if table.is_empty() {
        screen.text(&format!("No {one} fits."));
        return;
    }
    screen.table(table);
    screen.blank();
    screen.text(&format!("{count} {}", if count == 1 { one } else { many }));
}

/// A search that found nothing answers no.
fn ended(nothing: bool) -> Exit {
    if nothing { Exit::No } else { Exit::Ok }
}
