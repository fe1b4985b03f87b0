//! `comity statistics` and `comity oversight`: counts for the State itself, and the signed report for its body of oversight.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Table, Tone},
    trust::attested,
    verb::{open, paper::joined},
};
use clap::{Args, Subcommand};
use comity_affairs::oversight::Report;
use comity_node::{
    app::{
        hex,
        safeguards::StateSafeguards,
        statistics::{CountsShown, MakeReport, ShowStatistics, lines},
    },
    paper,
};
use serde::Serialize;
use std::path::PathBuf;

const STATISTICS_HELP: &str = "\
Exercises and pings are not counted. Times are hours from the sending: the middle \
one, and within brackets what a quarter and three quarters took at most.

Example:
  comity statistics --year 2026 --dir ./xa
  comity statistics --peer XB --csv --dir ./xa

Next:
  comity oversight report --year 2026 --out 2026.txt --dir ./xa";

const REPORT_HELP: &str = "\
Counts and safeguards of a year, other parties taken together, without content. A \
number below the least one is withheld, and so is any other from which it could be \
worked out. What the node cannot count is shown here and stands in no report.

Example:
  comity oversight report --year 2026 --out 2026.txt --dir ./xa

Next:
  comity oversight verify 2026.txt --trust xa.letter";

const VERIFY_HELP: &str = "\
Anybody can verify a report with the State's letter, offline.

Example:
  comity oversight verify 2026.txt --trust xa.letter

Next:
  comity ledger verify --dir ./xa";

/// `comity statistics`
#[derive(Debug, Args)]
#[command(after_help = STATISTICS_HELP)]
pub struct Statistics {
    /// Only cases sent in this year
    #[arg(long, value_name = "YEAR")]
    year: Option<i16>,
    /// Only those with this party
    #[arg(long, value_name = "PEER")]
    peer: Option<String>,
    /// Answer with a table of comma-separated values
    #[arg(long)]
    csv: bool,
}

const STATE_HELP: &str = "\
Numbers alone, and only at home: the steps of a case do not say them. The last \
statement counts; what nobody has stated is reported as that, and not as none.

Example:
  comity oversight state XA-2026-1 --persons 3 --notified 2 --dir ./xa

Next:
  comity oversight report --year 2026 --out 2026.txt --dir ./xa";

/// The verbs of oversight.
#[derive(Debug, Subcommand)]
pub enum Oversight {
    /// State how many persons a case affects, who was told, and what went wrong
    State(StateArgs),
    /// Make the signed report of a year
    Report(ReportArgs),
    /// Verify a report with the State's letter, offline
    Verify(VerifyArgs),
}

/// `comity oversight state`
#[derive(Debug, Args)]
#[command(after_help = STATE_HELP)]
pub struct StateArgs {
    /// The case, by its id or reference
    #[arg(value_name = "CASE")]
    case: String,
    /// Persons whose data were kept, taken or given, or who were otherwise affected
    #[arg(long, value_name = "NUMBER")]
    persons: u32,
    /// Of these, persons who were given notice
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    notified: u32,
    /// Errors found: too much taken, the wrong person, a limit passed
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    errors: u32,
    /// Complaints
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    complaints: u32,
}

/// `comity oversight report`
#[derive(Debug, Args)]
#[command(after_help = REPORT_HELP)]
pub struct ReportArgs {
    /// The year
    #[arg(long, value_name = "YEAR")]
    year: i16,
    /// The least number that is told; never below 3
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u32).range(3..))]
    least: u32,
    /// Where to write the report
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `comity oversight verify`
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub struct VerifyArgs {
    /// The report
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The letter of the State
    #[arg(long, value_name = "FILE", required = true)]
    trust: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Verified {
    party: String,
    year: i16,
    lines: Vec<String>,
}

/// Does what `comity statistics` asks.
pub fn statistics(verb: &Statistics, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let peer = verb.peer.as_ref().map(|peer| peer.to_uppercase());
    let counts = reach::ask(&place, ShowStatistics { year: verb.year, peer })?;
    screen.answer(&counts, |screen| match verb.csv {
        true => csv(&counts).iter().for_each(|line| screen.verbatim(line)),
        false => table(screen, &counts),
    });
    Ok(Exit::Ok)
}

/// Does what `comity oversight` asks.
pub fn oversight(verb: &Oversight, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Oversight::Report(ReportArgs { year, least, out }) => {
            let made = reach::ask(&chosen.place()?, MakeReport { year: *year, least: Some(*least) })?;
            let signed = hex(&made.report).unwrap_or_default();
            let parts = paper::split(&signed).map_err(comity_node::app::Fault::from)?;
            let file = format!("{}\n\n{}\n", made.lines.join("\n"), parts.join("\n"));
            open::write_new(out, file.as_bytes())?;
            screen.answer(&made, |screen| {
                made.lines.iter().for_each(|line| screen.verbatim(line));
                for gap in &made.gaps {
                    screen.say(Tone::Open, &format!("at home only: {gap}"));
                }
                screen.say(Tone::Good, &format!("Signed, in {}.", out.display()));
            });
            Ok(Exit::Ok)
        }
        Oversight::State(StateArgs { case, persons, notified, errors, complaints }) => {
            let (persons, notified, errors, complaints) = (*persons, *notified, *errors, *complaints);
            let asked = StateSafeguards { case: case.clone(), persons, notified, errors, complaints };
            let stated = reach::ask(&chosen.place()?, asked)?;
            screen.answer(&stated, |screen| {
                let text = format!("Stated of {case}: {persons} persons, {notified} of them given notice, ");
                let rest = format!("{errors} errors, {complaints} complaints.");
                screen.say(Tone::Good, &(text + &rest));
            });
            Ok(Exit::Ok)
        }
        Oversight::Verify(VerifyArgs { file, trust }) => verify(screen, file, trust),
    }
}

fn verify(screen: &mut Screen<'_>, file: &PathBuf, trust: &[PathBuf]) -> Result<Exit, Fault> {
    let bytes = joined(std::slice::from_ref(file))?;
    let report: Report = attested(&bytes, trust, "made it")?;
    let verified = Verified { party: report.party.to_string(), year: report.year, lines: lines(&report) };
    screen.answer(&verified, |screen| {
        verified.lines.iter().for_each(|line| screen.verbatim(line));
        screen.say(
            Tone::Good,
            &format!("Signed by {}. What counts is this text, read from the signed part.", verified.party),
        );
    });
    Ok(Exit::Ok)
}

fn table(screen: &mut Screen<'_>, counts: &[CountsShown]) {
    if counts.is_empty() {
        return screen.text("No cases.");
    }
    let mut table = Table::new(&["peer", "measure", "all", "granted", "refused", "open", "decided after"]);
    for one in counts {
        let decided = one.times.iter().find(|times| times.stage == "decided");
        let after =
            decided.map_or_else(String::new, |t| format!("{} h ({} to {})", t.median, t.lower, t.upper));
        table.row([
            format!("{} {}", one.direction, one.peer).into(),
            one.measure.as_str().into(),
            one.all.to_string().into(),
            one.granted.to_string().into(),
            one.refused.to_string().into(),
            one.open.to_string().into(),
            after.into(),
        ]);
    }
    screen.table(&table);
    for one in counts.iter().filter(|one| !one.grounds.is_empty()) {
        let grounds: Vec<String> =
            one.grounds.iter().map(|(ground, count)| format!("{ground} {count}")).collect();
        let text =
            format!("{} {}, {}: refused for {}", one.direction, one.peer, one.measure, grounds.join(", "));
        screen.say(Tone::Faint, &text);
    }
}

/// One line for each cell, after a line of names (RFC 4180).
fn csv(counts: &[CountsShown]) -> Vec<String> {
    let names = "peer,direction,measure,all,granted,refused,not_possible,not_pursued,withdrawn,open,emergency,reviewed,conditions,grounds,times";
    let mut lines = vec![names.to_owned()];
    for one in counts {
        let grounds: Vec<String> =
            one.grounds.iter().map(|(ground, count)| format!("{ground}={count}")).collect();
        let time = |t: &comity_node::app::statistics::TimesShown| {
            format!("{}={}/{}/{}/{}/{}", t.stage, t.least, t.lower, t.median, t.upper, t.most)
        };
        let times: Vec<String> = one.times.iter().map(time).collect();
        let numbers = [
            one.all,
            one.granted,
            one.refused,
            one.not_possible,
            one.not_pursued,
            one.withdrawn,
            one.open,
            one.emergency,
            one.reviewed,
            one.conditions,
        ];
        let texts = [&one.peer, &one.direction, &one.measure].map(|text| quoted(text));
        let numbers = numbers.map(|number| number.to_string());
        let last = [quoted(&grounds.join(";")), quoted(&times.join(";"))];
        lines.push([texts.as_slice(), &numbers, &last].concat().join(","));
    }
    lines
}

fn quoted(text: &str) -> String {
    // A cell that begins as a formula would be worked out by a spreadsheet.
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
