//! `comity export`: STIX from files, or what a node holds, becomes what other tools read.

use crate::{Exit, Fault, Screen, held::Held, place::Chosen, reach, screen::Tone, verb::open};
use clap::Args;
use comity_node::{
    app::{
        export::{ExportOptions, ExportShown, FIRST_RULE, Format, Kind, export, held::ExportHeld},
        search::Search,
    },
    clock::Clock,
    random::SystemRandom,
};
use std::path::PathBuf;

const NAMES: usize = 9;

const HELP: &str = "\
Forms: stix (the bytes as they came), misp, csv, plain, suricata, zeek, rpz, sigma \
and yara. Indicators that were revoked, have ended or do not count yet are left \
out, and so is what a form cannot say and what a warning list holds; the answer \
counts each reason. Of patterns, only those go out that a single value decides. \
With --search the node's own warning lists act (`warning_lists` of the party). A \
served node gives every collection at an address that stays, to tokens of the \
scope read: /export/NAME.csv, .rules, .zone, .json and so on.

Example:
  comity export bundle.json --format suricata --out local.rules
  comity export --search saved:phishing --format rpz --out zone --dir ./xa
  comity export --search held --type indicator --since 2026-03-01 \\
    --format misp --out events.json --dir ./xa

Next:
  comity collection add phishing --label phishing --dir ./xa   a saved search";

/// `comity export`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Export {
    /// STIX files; `.zst` is unfolded
    #[arg(value_name = "FILE", required_unless_present = "search", conflicts_with = "search")]
    files: Vec<PathBuf>,
    /// What the node holds instead: `held`, or `saved:NAME`
    #[arg(long, value_name = "WHAT")]
    search: Option<Held>,
    /// Only what holds this value; may be repeated, as those below
    #[arg(long = "value", value_name = "VALUE", requires = "search")]
    values: Vec<String>,
    /// Only this STIX type
    #[arg(long = "type", value_name = "TYPE", requires = "search")]
    types: Vec<String>,
    /// Only with this label, of the record as tlp=amber or of the object
    #[arg(long = "label", value_name = "LABEL", requires = "search")]
    labels: Vec<String>,
    /// Only from this party, or by the identity of this id
    #[arg(long = "source", value_name = "SOURCE", requires = "search")]
    sources: Vec<String>,
    /// Only with these words in the text
    #[arg(long, value_name = "WORDS", requires = "search")]
    text: Option<String>,
    /// Only what was added on this day or at this time, or later
    #[arg(long, value_name = "TIME", requires = "search")]
    since: Option<String>,
    /// Only what was added before this day or time
    #[arg(long, value_name = "TIME", requires = "search")]
    until: Option<String>,
    /// The form
    #[arg(long, value_name = "FORM")]
    format: Format,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Kinds of value, such as `name` or `ipv4`; without it, all
    #[arg(long, value_name = "KIND")]
    kind: Vec<Kind>,
    /// What the export is called in its header
    #[arg(long, value_name = "NAME", default_value = "comity")]
    name: String,
    /// The number of the first Suricata rule
    #[arg(long, value_name = "SID", default_value_t = FIRST_RULE)]
    first_rule: u32,
    /// A warning list in the format of MISP; what it holds is left out and shown
    #[arg(long, value_name = "FILE", conflicts_with = "search")]
    warning_list: Vec<PathBuf>,
}

impl Export {
    /// Whether it shows what a node holds.
    pub fn is_of_a_node(&self) -> bool {
        self.search.is_some()
    }
}

/// Writes the export.
pub fn run(verb: &Export, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let (text, shown) = match &verb.search {
        Some(held) => {
            let answer = reach::ask(&chosen.place()?, asked(verb, held))?;
            (answer.text.into_bytes(), answer.shown)
        }
        None => of_files(verb)?,
    };
    open::write_new(&verb.out, &text)?;
    screen.answer(&shown, |screen| show(screen, verb, &shown));
    Ok(Exit::Ok)
}

fn asked(verb: &Export, held: &Held) -> ExportHeld {
    let search = Search {
        values: verb.values.clone(),
        types: verb.types.clone(),
        labels: verb.labels.clone(),
        sources: verb.sources.clone(),
        text: verb.text.clone(),
        since: verb.since.clone(),
        until: verb.until.clone(),
        ..Search::default()
    };
    ExportHeld {
        search,
        saved: held.saved().map(str::to_owned),
        format: verb.format.to_string(),
        kinds: verb.kind.iter().map(ToString::to_string).collect(),
        name: verb.name.clone(),
        first_rule: verb.first_rule,
    }
}

fn of_files(verb: &Export) -> Result<(Vec<u8>, ExportShown), Fault> {
    let options = ExportOptions {
        files: verb.files.clone(),
        format: verb.format,
        kinds: verb.kind.iter().copied().collect(),
        name: verb.name.clone(),
        now: Clock::system().now(),
        first_rule: verb.first_rule,
        warning_lists: verb.warning_list.clone(),
    };
    let mut text = Vec::new();
    let shown = export(&options, &SystemRandom, &mut text)?;
    Ok((text, shown))
}

fn show(screen: &mut Screen<'_>, verb: &Export, shown: &ExportShown) {
    let head = format!("`{}`: {} written of {} objects", verb.out.display(), shown.written, shown.objects);
    screen.say(Tone::Good, &head);
    if shown.repeated > 0 {
        screen.item(NAMES, "", Tone::Plain, &format!("{} values came again", shown.repeated));
    }
    for (reason, count) in &shown.left_out {
        screen.item(NAMES, "", Tone::Open, &format!("{count} left out: {reason}"));
    }
    for (value, list) in shown.suppressed.iter().take(20) {
        screen.indented(4, Tone::Open, &format!("{value} is on `{list}`"));
    }
}
