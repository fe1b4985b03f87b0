//! `comity hunt`: patterns on observed data, at home.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Form as Spoken, Table, Tone},
};
use clap::{Args, ValueEnum};
use comity_node::{
    app::hunt::{FoundShown, HeldPatterns, HuntHeld, HuntShown, in_files, patterns},
    clock::Clock,
    random::{Random, SystemRandom},
};
use serde_json::json;
use std::path::PathBuf;

const HELP: &str = "\
Patterns come from STIX indicators or from a text with one pattern a line; the \
word `held` means the indicators this node holds. They are asked of STIX observed \
data (--observed) and of logs (--log: Zeek, JSON lines, web servers, CSV), or of the \
observed data this node holds (--held). `.zst` and `.gz` are unfolded; files need no \
node. \
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
        reach::ask(&chosen.place()?, HuntHeld { patterns: given, held: wants_held })?
    } else {
        if wants_held {
            given.extend(reach::ask(&chosen.place()?, HeldPatterns {})?);
        }
        let bar = super::matching::bar("logs");
        let sizes: Vec<u64> =
            verb.logs.iter().map(|log| log.metadata().map_or(0, |found| found.len())).collect();
        bar.set_length(sizes.iter().sum::<u64>().max(1));
        let shown = in_files(given, &verb.observed, &verb.logs, &mut |path, read| {
            let before = verb.logs.iter().zip(&sizes).take_while(|(log, _)| log.as_path() != path);
            bar.set_position(before.map(|(_, size)| size).sum::<u64>() + read);
        });
        bar.finish_and_clear();
        shown?
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
    Ok(if shown.found.is_empty() { Exit::No } else { Exit::Ok })
}

fn show(screen: &mut Screen<'_>, shown: &HuntShown) {
    let mut table = Table::new(&["indicator", "name", "first", "last", "number", "observed"]);
    for found in &shown.found {
        table.row([
            found.indicator.as_str().into(),
            found.name.clone().unwrap_or_default().into(),
            found.first.as_str().into(),
            found.last.as_str().into(),
            found.number.to_string().into(),
            found.observations.join(" ").into(),
        ]);
    }
    if !table.is_empty() {
        screen.table(&table);
    }
    let said = format!(
        "{} found by {} patterns in {} observations",
        shown.found.len(),
        shown.patterns,
        shown.observations
    );
    screen.say(if shown.found.is_empty() { Tone::Open } else { Tone::Good }, &said);
    let mut list = |what: &str, lines: &[String]| {
        if !lines.is_empty() {
            screen.say(Tone::Open, &format!("{} {what}:", lines.len()));
            lines.iter().for_each(|line| screen.indented(2, Tone::Plain, line));
        }
    };
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

/// A bundle with one sighting for each. A pattern that stood alone has no indicator that could have been sighted, and a
/// line of a log no object that could be named.
fn sightings(found: &[FoundShown]) -> Result<String, Fault> {
    let now = Clock::system().now().to_string();
    let mut objects = Vec::new();
    for one in found.iter().filter(|found| found.indicator.starts_with("indicator--")) {
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
