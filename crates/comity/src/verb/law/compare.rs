//! `comity law compare`: by what two parties are bound, side by side.

use super::day;
use crate::{
    Exit, Fault, Screen, World,
    screen::{COLUMNS, Tone},
    verb::open,
};
use clap::Args;
use comity_law::{ComparedInstrument, Comparison, Register, Standing};
use comity_record::Date;

const HELP: &str = "\
Binding instruments on record for either party are compared. The exit code is 1 \
where none on record binds both on that day.

Example:
  comity law compare JP PH --on 2026-03-01

Next:
  comity law bases --from JP --to PH --measure preserve_stored_data
  comity law show budapest            one of the instruments in full";

/// `comity law compare`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Compare {
    /// One party's code, such as JP
    #[arg(value_name = "A")]
    a: String,
    /// The other's
    #[arg(value_name = "B")]
    b: String,
    /// On which day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// Only what the register knew on this day
    #[arg(long, value_name = "DATE")]
    known: Option<Date>,
}

/// Compares the two.
pub fn run(
    verb: &Compare,
    register: &Register,
    world: World,
    screen: &mut Screen<'_>,
) -> Result<Exit, Fault> {
    let (a, b) = (open::party(register, &verb.a)?, open::party(register, &verb.b)?);
    let compared = register.compare(&a, &b, day(verb.on, world), verb.known);
    let compared = compared.map_err(|fault| open::query(&fault))?;
    let common: Vec<&str> = compared
        .instruments
        .iter()
        .filter(|row| binds_both(row))
        .map(|row| row.instrument.as_str())
        .collect();
    screen.answer(&compared, |screen| show(screen, &compared, &common));
    Ok(if common.is_empty() { Exit::No } else { Exit::Ok })
}

fn binds_both(row: &ComparedInstrument) -> bool {
    row.a == Standing::Bound && row.b == Standing::Bound
}

fn show(screen: &mut Screen<'_>, compared: &Comparison, common: &[&str]) {
    let Comparison { a, b, on, .. } = compared;
    if common.is_empty() {
        screen.say(Tone::Open, &format!("No instrument on record binds both {a} and {b} on {on}."));
    } else {
        screen.say(
            Tone::Good,
            &format!("On record as binding both {a} and {b} on {on}: {}.", common.join(", ")),
        );
    }
    screen.blank();
    screen.page(&compared.to_text(COLUMNS));
}
