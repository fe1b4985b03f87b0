//! `comity import`: STIX and lists from files become records of our own.

use crate::{
    Exit, Fault, Screen,
    place::{Chosen, Place},
    reach,
    screen::Tone,
};
use clap::Args;
use comity_node::app::{
    import::{ImportOptions, ImportShown},
    lists::{Format, ListOptions, ListShown, Look},
};
use comity_record::{UnitCode, label::Tlp};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};

const NAMES: usize = 11;

const HELP: &str = "\
STIX 2.0 and 2.1 bundles, arrays and envelopes are read, and lists: one value a \
line, CSV, free text, CSAF 2.0 advisories and the KEV catalogue. `.zst` is unfolded. \
Lists become objects of our own; a second import of one brings only what is new or \
changed. Free text is only shown until `--take` is given. An input that is not \
sound leaves nothing behind. Objects without a TLP marking get the configured one, \
and the answer says how many. The exit code is 1 where objects were refused.

Examples:
  comity import bundle.json more.json.zst --dir ./xa
  comity import urls.csv --source phishing --columns value=URL,date=date --dir ./xa

Next:
  comity share --to XB --purpose cyber-defence --dir ./xa";

/// `comity import`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Import {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The TLP of objects that carry none, in place of the configured one
    #[arg(long, value_name = "TLP")]
    unmarked: Option<Tlp>,
    /// The unit that is the author
    #[arg(long, value_name = "CODE")]
    unit: Option<UnitCode>,
    /// What a list is called; without it, its file
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// The format of a list: plain, csv, prose, csaf or kev
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The columns of a table, such as `value=URL,date=date`
    #[arg(long, value_name = "USES")]
    columns: Option<String>,
    /// Show what a list would bring, and take nothing
    #[arg(long, conflicts_with = "take")]
    preview: bool,
    /// Take what was found in free text
    #[arg(long)]
    take: bool,
}

/// Imports the files, one after another.
pub fn run(verb: &Import, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let unmarked = verb.unmarked.unwrap_or(place.default_tlp());
    let options = ImportOptions { unmarked, unit: verb.unit.clone(), list: list_options(verb) };
    let shown = import(&place, &verb.files, &options)?;
    screen.answer(&shown, |screen| {
        verb.files.iter().zip(&shown).for_each(|(file, shown)| show(screen, file, shown))
    });
    let refused = shown.iter().any(|shown| shown.refused > 0);
    Ok(if refused { Exit::No } else { Exit::Ok })
}

fn list_options(verb: &Import) -> ListOptions {
    let look = match (verb.preview, verb.take) {
        (true, _) => Look::Preview,
        (_, true) => Look::Take,
        _ => Look::ByFormat,
    };
    let (source, columns) = (verb.source.clone(), verb.columns.clone());
    ListOptions { source, format: verb.format, columns, look }
}

fn import(place: &Place, files: &[PathBuf], options: &ImportOptions) -> Result<Vec<ImportShown>, Fault> {
    let mut shown = Vec::with_capacity(files.len());
    for file in files {
        let bar = bar(file);
        let drawn = bar.clone();
        let taken = reach::import(place, file, options, move |done, total| advance(&drawn, done, total));
        bar.finish_and_clear();
        shown.push(taken?);
    }
    Ok(shown)
}

/// A bar on standard error, where that is a terminal.
fn bar(file: &Path) -> ProgressBar {
    let bar = ProgressBar::new(1);
    // The template is fixed; where it were wrong, the default style shows the same bar.
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar.set_message(file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
    bar
}

fn advance(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total.max(1));
    bar.set_position(done);
}

/// What a list gave.
fn show_list(screen: &mut Screen<'_>, file: &Path, list: &ListShown) {
    let verb = if list.preview { "would bring" } else { "brought" };
    let counts = format!("{} new, {} changed, {} known already", list.new, list.changed, list.known);
    let head = format!("`{}` ({}, from `{}`) {verb} {counts}", file.display(), list.format, list.source);
    screen.say(if list.preview { Tone::Open } else { Tone::Good }, &head);
    if let Some(columns) = &list.columns {
        screen.item(NAMES, "columns", Tone::Plain, columns);
    }
    if list.repeated > 0 {
        screen.item(NAMES, "", Tone::Open, &format!("{} came again in the list", list.repeated));
    }
    for (code, count) in &list.refused {
        screen.item(NAMES, "", Tone::Open, &format!("{count} lines gave nothing [{code}]"));
    }
    list.shown.iter().for_each(|line| screen.indented(4, Tone::Plain, line));
    list.refusals.iter().take(20).for_each(|refusal| screen.indented(4, Tone::Bad, refusal));
    if list.preview {
        screen.item(NAMES, "next", Tone::Plain, "nothing was taken; `--take` takes it");
    }
}

fn show(screen: &mut Screen<'_>, file: &Path, shown: &ImportShown) {
    if let Some(list) = &shown.list {
        show_list(screen, file, list);
        if list.preview || list.new + list.changed == 0 {
            return;
        }
    }
    let (tone, records) = (if shown.refused > 0 { Tone::Open } else { Tone::Good }, shown.records.len());
    let head = format!(
        "`{}`: {} of {} objects taken, in {records} records",
        file.display(),
        shown.taken,
        shown.objects
    );
    screen.say(tone, &head);
    let list = |counts: &[(String, u64)]| {
        counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    };
    let unmarked = format!("{} without a TLP marking got {}", shown.unmarked, shown.unmarked_as);
    if shown.taken > 0 {
        screen.item(NAMES, "types", Tone::Plain, &list(&shown.by_type));
        screen.item(NAMES, "audience", Tone::Plain, &list(&shown.by_tlp));
        screen.item(NAMES, "markings", Tone::Plain, &unmarked);
    }
    let notes = [
        (shown.unresolved, "with a marking that is not known, kept at red"),
        (shown.granular, "with granular markings"),
        (shown.personal, "with personal data"),
        (shown.claims, "claim a State's involvement and wait for a person"),
        (shown.repeated, "came twice"),
        (shown.conflicting, "came before with other bytes; both are kept"),
        (shown.refused, "refused"),
    ];
    for (count, what) in notes.into_iter().filter(|(count, _)| *count > 0) {
        screen.item(NAMES, "", Tone::Open, &format!("{count} {what}"));
    }
    shown.refusals.iter().for_each(|refusal| screen.indented(4, Tone::Bad, refusal));
}
