//! `comity law matrix`: two parties, measure by measure and offence by offence.

use super::day;
use crate::{
    Exit, Fault, Screen, World,
    screen::{Cell, Table, Tone},
    verb::open,
};
use clap::Args;
use comity_law::{ARGUMENT, Asking, Matrix, OffenceLine, Outcome, Register, Section};
use comity_record::Date;

const HELP: &str = "\
For each measure the best article on record by which the one may ask the other, and \
what its instrument says of dual criminality: the test is of the conduct and not of \
its name, a person makes it, and it is not applied to a preservation unless a \
reservation is on record. Below, the offences that the laws on record of both make; \
where a State has stated no law, there is no record. The exit code is 1 where no \
measure has an article that may be relied on.

Example:
  comity law matrix JP PH --on 2026-03-01

Next:
  comity law bases --from JP --to PH --measure preserve_stored_data";

/// `comity law matrix`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct MatrixArgs {
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

/// Shows the matrix of the two.
pub fn run(
    verb: &MatrixArgs,
    register: &Register,
    world: World,
    screen: &mut Screen<'_>,
) -> Result<Exit, Fault> {
    let (a, b) = (open::party(register, &verb.a)?, open::party(register, &verb.b)?);
    let matrix = register.matrix(&a, &b, day(verb.on, world), verb.known);
    let matrix = matrix.map_err(|fault| open::query(&fault))?;
    screen.answer(&matrix, |screen| show(screen, &matrix));
    let usable = matrix.measures.iter().flat_map(|line| [&line.a_asks, &line.b_asks]).any(is_usable);
    Ok(if usable { Exit::Ok } else { Exit::No })
}

fn is_usable(asking: &Asking) -> bool {
    matches!(asking.outcome, Some(Outcome::Available | Outcome::Conditional))
}

fn show(screen: &mut Screen<'_>, matrix: &Matrix) {
    if let Some(exercise) = matrix.exercise() {
        screen.say(Tone::Open, exercise);
        screen.blank();
    }
    let Matrix { a, b, on, .. } = matrix;
    screen.heading(&format!("What {a} and {b} may ask of each other on {on}"));
    screen.blank();
    let (a_asks, b_asks) = (format!("{a} asks {b}"), format!("{b} asks {a}"));
    let mut table = Table::new(&["measure", &a_asks, &b_asks]);
    for line in &matrix.measures {
        table.row([line.measure.as_str().into(), cell(&line.a_asks), cell(&line.b_asks)]);
    }
    screen.table(&table);
    screen.blank();
    screen.heading("Offences in the laws on record");
    screen.blank();
    let mut table = Table::new(&["offence", a.as_str(), b.as_str()]);
    for line in &matrix.offences {
        table.row([offence(line), sections(&line.a), sections(&line.b)]);
    }
    screen.table(&table);
    screen.blank();
    screen.say(Tone::Faint, ARGUMENT);
    screen.say(Tone::Faint, matrix.notice);
}

/// The article, what it is worth and since when that is known; then the test of dual criminality.
fn cell(asking: &Asking) -> Cell {
    let (Some(outcome), Some(instrument), Some(article)) =
        (asking.outcome, &asking.instrument, &asking.article)
    else {
        return Cell::toned(Tone::Faint, "no article on record");
    };
    let as_of = asking.as_of.map_or_else(|| "undated".to_owned(), |date| format!("as of {date}"));
    let grade = asking.grade.map_or_else(String::new, |grade| format!(", {grade}"));
    let mut text = format!("{instrument} {article}: {outcome}{grade}, {as_of}");
    if asking.further > 0 {
        text.push_str(&format!("; {} more", asking.further));
    }
    for one in &asking.dual_criminality {
        text.push_str(&format!("; dual criminality ({}) {}", one.article, one.test.as_str()));
    }
    for power in &asking.powers {
        text.push_str(&format!("; power: {power}"));
    }
    let tone = match outcome {
        Outcome::Available => Tone::Good,
        Outcome::Excluded => Tone::Bad,
        _ => Tone::Open,
    };
    Cell::toned(tone, text)
}

fn offence(line: &OffenceLine) -> Cell {
    let tone = if line.is_on_record_in_both() { Tone::Good } else { Tone::Plain };
    Cell::toned(tone, line.offence.as_str())
}

fn sections(sections: &[Section]) -> Cell {
    if sections.is_empty() {
        return Cell::toned(Tone::Faint, "no record");
    }
    let one = |section: &Section| {
        let treaty = if section.treaty_article.is_empty() {
            String::new()
        } else {
            format!(" ({})", section.treaty_article)
        };
        format!("{} {}{treaty}: {}", section.law, section.section, section.penalty)
    };
    sections.iter().map(one).collect::<Vec<_>>().join("; ").into()
}
