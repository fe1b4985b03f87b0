//! `comity law`: the register of law. All but `change` read the register built into the program and need no node.

mod bases;
mod change;
mod check;
mod compare;
mod list;
mod matrix;
mod show;

use crate::{Exit, Fault, Screen, World, place::Chosen, screen::Tone, verb::open};
use clap::Subcommand;
use comity_law::{DESIGNATIONS, EXERCISE, Register};
use comity_record::Date;

/// The verbs of the register.
#[derive(Debug, Subcommand)]
pub enum Law {
    /// On which legal basis may one State ask another for a measure?
    Bases(bases::Bases),
    /// Show an instrument: its articles, who is bound, and with which reservations
    Show(show::Show),
    /// Compare two parties: by what is each bound, and what have they in common?
    Compare(compare::Compare),
    /// Show two parties measure by measure: what may be asked, and dual criminality
    Matrix(matrix::MatrixArgs),
    /// Check a register and packs of policies: every fault with file, line and column
    Check(check::Check),
    /// Read, take, hold or refuse a change set of the register
    #[command(subcommand, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
    Change(change::Change),
    /// List the parties that the register knows
    Parties(list::Parties),
    /// List the instruments that the register knows
    Instruments(list::Instruments),
    /// List the measures that one State may ask of another
    Measures(list::Measures),
    /// List the offences that `law bases --offence` takes
    Offences(list::Offences),
}

/// Does what the verb asks.
pub fn run(verb: &Law, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let register = open::register()?;
    match verb {
        Law::Check(verb) => check::run(verb, screen),
        Law::Change(verb) => change::run(verb, chosen, screen),
        Law::Bases(verb) => bases::run(verb, &register, world, screen),
        Law::Show(verb) => show::run(verb, &register, world, screen),
        Law::Matrix(verb) => matrix::run(verb, &register, world, screen),
        Law::Compare(verb) => compare::run(verb, &register, world, screen),
        Law::Parties(verb) => list::parties(verb, &register, screen),
        Law::Instruments(verb) => list::instruments(verb, &register, screen),
        Law::Measures(verb) => list::measures(verb, &register, screen),
        Law::Offences(verb) => list::offences(verb, &register, screen),
    }
}

/// What must stand under a list of parties or instruments.
pub(super) fn notice(screen: &mut Screen<'_>, register: &Register, exercise: bool) {
    screen.blank();
    if exercise {
        screen.say(Tone::Open, EXERCISE);
    }
    screen.say(Tone::Faint, &format!("The register of {}. {DESIGNATIONS}", register.set_date()));
}

/// The day asked about, or today.
pub(super) fn day(on: Option<Date>, world: World) -> Date {
    on.unwrap_or_else(|| world.now.date())
}
