//! `comity law show`: one instrument with its articles, parties and reservations.

use super::day;
use crate::{Exit, Fault, Screen, World, screen::COLUMNS, verb::open};
use clap::Args;
use comity_law::Register;
use comity_record::Date;

const HELP: &str = "\
Example:
  comity law show budapest
  comity law show untoc --on 2016-06-01 --known 2020-01-01

Next:
  comity law compare JP PH            by what two parties are bound
  comity law bases --from JP --to PH --measure preserve_stored_data";

/// `comity law show`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Show {
    /// The instrument's code, such as budapest
    #[arg(value_name = "INSTRUMENT")]
    instrument: String,
    /// How the parties stood on which day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// Only what the register knew on this day
    #[arg(long, value_name = "DATE")]
    known: Option<Date>,
}

/// Shows the instrument.
pub fn run(verb: &Show, register: &Register, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let shown = register.show(&verb.instrument, day(verb.on, world), verb.known);
    let shown = shown.map_err(|fault| open::query(&fault))?;
    screen.answer(&shown, |screen| screen.page(&shown.to_text(COLUMNS)));
    Ok(Exit::Ok)
}
