//! `comity export`: STIX from files becomes what other tools read.

use crate::{Exit, Fault, Screen, screen::Tone, verb::open};
use clap::Args;
use comity_node::{
    app::export::{ExportOptions, ExportShown, FIRST_RULE, Format, Kind, export},
    clock::Clock,
    random::SystemRandom,
};
use std::path::PathBuf;

const NAMES: usize = 9;

const HELP: &str = "\
Forms: stix (the bytes as they came), csv, plain, suricata, zeek, rpz, sigma and \
yara. Indicators that were revoked or have ended are left out, and so is what a \
form cannot say; the answer counts each reason. Of patterns, only those go out \
that a single value decides.

Example:
  comity export bundle.json --format suricata --out local.rules

Next:
  comity import local.json --dir ./xa     take the same objects in";

/// `comity export`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Export {
    /// STIX files; `.zst` is unfolded
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
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
    #[arg(long, value_name = "FILE")]
    warning_list: Vec<PathBuf>,
}

/// Writes the export.
pub fn run(verb: &Export, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
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
    open::write_new(&verb.out, &text)?;
    screen.answer(&shown, |screen| show(screen, verb, &shown));
    Ok(Exit::Ok)
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
