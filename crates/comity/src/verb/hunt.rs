//! `comity hunt`: patterns on observed data, at home.

mod follow;

use super::matching::{bar, warning_lists};
use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Form as Spoken, Table, Tone},
};
use clap::{Args, ValueEnum};
use comity_node::{
    app::hunt::{FoundShown, Given, HeldPatterns, HuntHeld, HuntShown, Judged, in_files, patterns},
    clock::Clock,
    matching::Lists,
    random::{Random, SystemRandom},
};
use serde_json::json;
use std::path::PathBuf;

const HELP: &str = "\
Patterns come from STIX indicators or from a text with one pattern a line; the \
word `held` means the indicators this node holds. They are asked of STIX observed \
data (--observed) and of logs (--log: Zeek, JSON lines, web servers, CSV), or of the \
observed data this node holds (--held). `.zst` and `.gz` are unfolded; files need no \
node. What an indicator did not count for when it was seen (valid from, valid until), \
and what a warning list names, is shown as suppressed, and why; --any-time lets \
finds count that are older than what is known. With `held` the node's own warning lists \
act too, and while a log is followed, what comes to the node is hunted with at once. \
Nothing leaves the machine; a sighting crosses only if you share it. The exit code \
is 1 where nothing was found.

Example:
  comity hunt --patterns indicators.json --log conn.log --log dns.log
  comity hunt --patterns held --held --as sightings --dir ./xa > seen.json

Next:
  comity import seen.json --dir ./xa          the sightings as a record";

/// `comity hunt`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Hunt {
    /// A file of STIX indicators or of patterns, or `held`; may be repeated
    #[arg(long = "patterns", value_name = "WHAT", required = true)]
    patterns: Vec<PathBuf>,
    /// A file of STIX with observed data; may be repeated
    #[arg(long = "observed", value_name = "FILE", required_unless_present_any = ["held", "logs"])]
    observed: Vec<PathBuf>,
    /// A log; may be repeated
    #[arg(long = "log", id = "logs", value_name = "FILE")]
    logs: Vec<PathBuf>,
    /// Among the observed data this node holds
    #[arg(long, conflicts_with_all = ["observed", "logs"])]
    held: bool,
    /// Warning lists in the format of MISP: files or folders
    #[arg(long, value_name = "LIST", num_args = 1.., conflicts_with = "held")]
    warnings: Vec<PathBuf>,
    /// Let what was seen before or after an indicator counts be found too
    #[arg(long)]
    any_time: bool,
    /// Go on reading one log as it grows, through rotation, until stopped
    #[arg(long, conflicts_with_all = ["held", "observed"], requires = "logs")]
    follow: bool,
    /// How what was found is written
    #[arg(long = "as", value_name = "FORM", default_value = "table")]
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A table
    Table,
    /// One JSON object a line
    Lines,
    /// A bundle of STIX sightings
    Sightings,
}

impl Hunt {
    /// Whether a page of what a node holds is shown; lines and bundles are for programs.
    pub fn shows_a_node(&self) -> bool {
        self.held && self.form == Form::Table
    }
}

/// Hunts.
pub fn run(verb: &Hunt, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let files: Vec<PathBuf> =
        verb.patterns.iter().filter(|what| what.as_os_str() != "held").cloned().collect();
    let wants_held = files.len() < verb.patterns.len();
    let mut given = patterns(&files)?;
    let shown = if verb.held {
        reach::ask(&chosen.place()?, HuntHeld { patterns: given, held: wants_held, any_time: verb.any_time })?
    } else {
        let place = if wants_held { Some(chosen.place()?) } else { None };
        let lists = Lists::load(&warning_lists(&verb.warnings, place.as_ref()), false, &SystemRandom)?;
        let judged = Judged { lists: &lists, any_time: verb.any_time };
        if verb.follow {
            follow::run(verb, given, judged, place.as_ref(), screen)?
        } else {
            if let Some(place) = &place {
                given.extend(reach::ask(place, HeldPatterns {})?);
            }
            in_logs(verb, given, judged)?
        }
    };
    match (screen.form(), verb.form) {
        (Spoken::Json, _) | (_, Form::Table) => screen.answer(&shown, |screen| show(screen, &shown)),
        (_, Form::Lines) => {
            for found in &shown.found {
                screen.verbatim(&json!(found).to_string());
            }
        }
        (_, Form::Sightings) => screen.verbatim(&sightings(&shown.found)?),
    }
    let counts = shown.found.iter().any(|found| found.suppressed.is_none());
    Ok(if counts { Exit::Ok } else { Exit::No })
}

/// Hunts in files, and shows how far it is.
fn in_logs(verb: &Hunt, given: Vec<Given>, judged: Judged<'_>) -> Result<HuntShown, Fault> {
    let bar = bar("logs");
    let sizes: Vec<u64> = verb.logs.iter().map(|log| log.metadata().map_or(0, |found| found.len())).collect();
    bar.set_length(sizes.iter().sum::<u64>().max(1));
    let shown = in_files(given, &verb.observed, &verb.logs, judged, &mut |path, read| {
        let before = verb.logs.iter().zip(&sizes).take_while(|(log, _)| log.as_path() != path);
        bar.set_position(before.map(|(_, size)| size).sum::<u64>() + read);
    });
    bar.finish_and_clear();
    Ok(shown?)
}

fn show(screen: &mut Screen<'_>, shown: &HuntShown) {
    let mut table = Table::new(&["indicator", "name", "first", "last", "number", "observed", "verdict"]);
    for found in &shown.found {
        table.row([
            found.indicator.as_str().into(),
            found.name.clone().unwrap_or_default().into(),
            found.first.as_str().into(),
            found.last.as_str().into(),
            found.number.to_string().into(),
            found.observations.join(" ").into(),
            verdict(found),
        ]);
    }
    if !table.is_empty() {
        screen.table(&table);
    }
    let suppressed = shown.found.iter().filter(|found| found.suppressed.is_some()).count();
    let kept = shown.found.len() - suppressed;
    let said = format!(
        "{kept} found and {suppressed} suppressed by {} patterns in {} observations",
        shown.patterns, shown.observations
    );
    screen.say(if kept == 0 { Tone::Open } else { Tone::Good }, &said);
    let mut list = |what: &str, lines: &[String]| {
        if !lines.is_empty() {
            screen.say(Tone::Open, &format!("{} {what}:", lines.len()));
            lines.iter().for_each(|line| screen.indented(2, Tone::Plain, line));
        }
    };
    list("indicators were taken back by their authors", &shown.withdrawn);
    list("patterns cannot be evaluated", &shown.refused);
    list("observations cannot be used", &shown.unfit);
    list("patterns were left undecided", &shown.undecided);
    list("patterns of which the oldest observations were forgotten", &shown.forgotten);
    if shown.unread_lines > 0 {
        let said =
            format!("{} lines of logs are no observation: no time, or nothing to ask", shown.unread_lines);
        screen.say(Tone::Open, &said);
    }
    if shown.costly_objects > 0 {
        let said = format!("{} objects were left, being too intricate", shown.costly_objects);
        screen.say(Tone::Open, &said);
    }
}

/// What stands against a find, in words.
fn verdict(found: &FoundShown) -> Cell {
    let Some(suppressed) = &found.suppressed else { return Cell::toned(Tone::Bad, "kept") };
    let why = match suppressed.by.as_str() {
        "valid-from" => format!("counts from {}", suppressed.what),
        "valid-until" => format!("counted until {}", suppressed.what),
        _ => suppressed.what.clone(),
    };
    Cell::toned(Tone::Faint, format!("suppressed: {why}"))
}

/// A bundle with one sighting for each that counts. A pattern that stood alone has no indicator that could have been sighted, and a
/// line of a log no object that could be named.
fn sightings(found: &[FoundShown]) -> Result<String, Fault> {
    let now = Clock::system().now().to_string();
    let mut objects = Vec::new();
    let counts =
        |found: &&FoundShown| found.suppressed.is_none() && found.indicator.starts_with("indicator--");
    for one in found.iter().filter(counts) {
        let mut sighting = json!({
            "type": "sighting", "spec_version": "2.1", "id": format!("sighting--{}", uuid()?),
            "created": now, "modified": now, "sighting_of_ref": one.indicator,
            "first_seen": one.first, "last_seen": one.last, "count": one.number.min(999_999_999),
        });
        let named: Vec<&String> =
            one.observations.iter().filter(|name| name.starts_with("observed-data--")).collect();
        if let Some(members) = sighting.as_object_mut().filter(|_| !named.is_empty()) {
            members.insert("observed_data_refs".to_owned(), json!(named));
        }
        objects.push(sighting);
    }
    Ok(json!({"type": "bundle", "id": format!("bundle--{}", uuid()?), "objects": objects}).to_string())
}

/// A random UUID, version 4 (RFC 9562 section 5.4).
fn uuid() -> Result<String, Fault> {
    let mut bytes = [0u8; 16];
    SystemRandom
        .fill(&mut bytes)
        .map_err(|failed| Fault::new(Exit::Fault, failed.code(), failed.to_string()))?;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let digits = comity_node::app::to_hex(&bytes);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}
