//! `comity law bases`: on which legal basis may one party ask another?

use super::day;
use crate::{
    Exit, Fault, Screen, World,
    screen::{COLUMNS, Tone},
    verb::open,
};
use clap::Args;
use comity_law::{Answer, Organised, Outcome, Penalty, Query, Register};
use comity_record::Date;

const HELP: &str = "\
The exit code is 0 where an article is available or conditional, else 1.

Example:
  comity law bases --from JP --to PH --measure preserve_stored_data \\
    --on 2026-03-01
  comity law bases --from XA --to XC --measure preserve_stored_data \\
    --offence illegal_access --penalty 5 --organised no

Next:
  comity law show budapest            an instrument named in the answer
  comity law compare JP PH            all by which the two are bound
  comity border check --from JP --to PH --purpose preservation
                                      what the border would say";

/// `comity law bases`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Bases {
    /// The party that asks, such as JP
    #[arg(long, value_name = "PARTY")]
    from: String,
    /// The party that is asked
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// What is asked, such as preserve_stored_data
    #[arg(long, value_name = "MEASURE")]
    measure: String,
    /// On which day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// The offence, such as illegal_access
    #[arg(long, value_name = "OFFENCE")]
    offence: Option<String>,
    /// Its greatest penalty in years, such as 4 or 2.5
    #[arg(long, value_name = "YEARS")]
    penalty: Option<Penalty>,
    /// Whether an organised criminal group is involved
    #[arg(long, value_name = "YES|NO", value_parser = ["yes", "no"])]
    organised: Option<String>,
    /// Only what the register knew on this day
    #[arg(long, value_name = "DATE")]
    known: Option<Date>,
}

/// Asks and answers.
pub fn run(verb: &Bases, register: &Register, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let query = query(verb, register, world)?;
    let answer = register.bases(&query).map_err(|fault| open::query(&fault))?;
    screen.answer(&answer, |screen| show(screen, &answer));
    Ok(if answer.usable().next().is_some() { Exit::Ok } else { Exit::No })
}

fn query(verb: &Bases, register: &Register, world: World) -> Result<Query, Fault> {
    let (from, to) = (open::party(register, &verb.from)?, open::party(register, &verb.to)?);
    let measure = register.find_measure(&verb.measure).map_err(|fault| open::query(&fault))?;
    let offence = verb.offence.as_deref().map(|offence| register.find_offence(offence)).transpose();
    let mut query = Query::new(from, to, measure, day(verb.on, world));
    query.offence = offence.map_err(|fault| open::query(&fault))?;
    query.penalty = verb.penalty;
    query.organised =
        verb.organised.as_deref().map(|said| if said == "yes" { Organised::Yes } else { Organised::No });
    query.known = verb.known;
    Ok(query)
}

/// The answer in a sentence, then in full.
fn show(screen: &mut Screen<'_>, answer: &Answer) {
    // Among equals, the article on this very measure.
    let first = answer.candidates.first();
    let own =
        answer.candidates.iter().find(|row| row.through.is_none() && Some(row.outcome) == answer.best());
    let best = own.or(first);
    let under =
        best.map(|best| format!("article {} of {}", best.article, best.instrument)).unwrap_or_default();
    let (tone, short) = match best.map(|best| best.outcome) {
        Some(Outcome::Available) => (Tone::Good, format!("Yes: {under} is available.")),
        Some(Outcome::Conditional) => {
            (Tone::Open, format!("If an authority confirms the condition: {under}."))
        }
        Some(Outcome::Unsettled) => {
            (Tone::Open, format!("Open: {under}, to be confirmed with the depositary."))
        }
        Some(Outcome::Supports) => (Tone::Open, "No binding basis; soft law supports it.".to_owned()),
        Some(Outcome::Excluded) | None => (Tone::Bad, "No article on record is open for this.".to_owned()),
    };
    screen.say(tone, &short);
    screen.blank();
    screen.page(&answer.to_text(COLUMNS));
}
