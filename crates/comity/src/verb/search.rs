//! `comity search`: the objects held, by value, type, label, source, time and text.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::Args;
use comity_node::app::search::{Search as SearchAction, SearchShown, Suggest, SuggestedShown};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

const HELP: &str = "\
All that is given must hold; of several values, types or sources one. Values may \
be defanged. A name is also found where a name above it is held, and finds what is \
held under it; an address is found where a range around it is. --suggest gives \
objects whose names begin so. Without --all-versions only copies that stand are shown.

Example:
  comity search bad[.]example.org 192.0.2.7 --dir ./xa
  comity search --values seen.txt --dir ./xa      ten thousand at once
  comity search --type malware --text '勒索软件' --since 2026-03-01 --dir ./xa

Next:
  comity object show ID --dir ./xa                one of them in full";

/// The longest list of values that is read, in bytes.
const LONGEST: u64 = 4 << 20;

/// `comity search`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Search {
    /// Values: names, addresses, ranges, URLs, hashes, mail addresses
    #[arg(value_name = "VALUE")]
    value: Vec<String>,
    /// A file with a value on each line, or - for standard input
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// A STIX type; may be repeated
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// A label, of the record as tlp=amber or of the object; may be repeated
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
    /// A party, or the id of an identity; may be repeated
    #[arg(long = "source", value_name = "SOURCE")]
    sources: Vec<String>,
    /// Words of the text, in any script
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Added on this day or at this time, or later
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Added before this day or time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Superseded and repeated copies too
    #[arg(long)]
    all_versions: bool,
    /// Most hits, 1 to 1000
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
    /// Where the page before ended
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    /// Suggest names that begin so, instead of searching
    #[arg(long, value_name = "BEGINNING", conflicts_with_all = ["value", "values", "types", "labels", "sources", "text"])]
    suggest: Option<String>,
}

/// Searches.
pub fn run(verb: &Search, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    if let Some(typed) = &verb.suggest {
        let shown = reach::ask(&chosen.place()?, Suggest { typed: typed.clone() })?;
        screen.answer(&shown, |screen| suggest(&shown, screen));
        return Ok(if shown.is_empty() { Exit::No } else { Exit::Ok });
    }
    let mut values = verb.value.clone();
    if let Some(path) = &verb.values {
        values.extend(listed(path)?);
    }
    let search = SearchAction {
        values,
        types: verb.types.clone(),
        labels: verb.labels.clone(),
        sources: verb.sources.clone(),
        text: verb.text.clone(),
        since: verb.since.clone(),
        until: verb.until.clone(),
        all_versions: verb.all_versions,
        limit: Some(verb.limit),
        after: verb.after.clone(),
    };
    let shown = reach::ask(&chosen.place()?, search)?;
    screen.answer(&shown, |screen| show(&shown, screen));
    Ok(if shown.hits.is_empty() { Exit::No } else { Exit::Ok })
}

fn suggest(shown: &[SuggestedShown], screen: &mut Screen<'_>) {
    let mut table = Table::new(&["name", "type", "id"]);
    for one in shown {
        table.row([one.name.as_str().into(), one.r#type.as_str().into(), one.id.as_str().into()]);
    }
    if table.is_empty() { screen.text("No name held begins so.") } else { screen.table(&table) }
}

fn show(shown: &SearchShown, screen: &mut Screen<'_>) {
    let mut table = Table::new(&["type", "what", "state", "tlp", "source", "id"]);
    for hit in &shown.hits {
        let tone = if hit.state == "current" { Tone::Good } else { Tone::Open };
        table.row([
            hit.r#type.as_str().into(),
            hit.what.as_str().into(),
            Cell::toned(tone, &hit.state),
            hit.tlp.as_str().into(),
            hit.from.as_ref().unwrap_or(&hit.origin).as_str().into(),
            hit.id.as_str().into(),
        ]);
    }
    if table.is_empty() {
        screen.text("Nothing is held that fits.");
    } else {
        screen.table(&table);
    }
    let unknown = shown.asked.iter().filter(|asked| asked.value.is_none()).count();
    let held = shown.asked.iter().filter(|asked| asked.objects > 0).count();
    if !shown.asked.is_empty() {
        screen.blank();
        screen.say(Tone::Plain, &format!("{held} of {} values are held.", shown.asked.len()));
    }
    if unknown > 0 {
        screen.say(
            Tone::Open,
            &format!("{unknown} are no values: not a name, address, URL, hash or mail address."),
        );
    }
    if let Some(next) = &shown.next {
        screen.blank();
        screen.say(Tone::Faint, &format!("More: add --after {next}"));
    }
}

/// The values of a file, one a line; empty lines are passed over.
fn listed(path: &Path) -> Result<Vec<String>, Fault> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
    };
    read.map_err(|why| Fault::file(path, &why))?;
    if text.len() as u64 > LONGEST {
        let text = format!("`{}` is longer than {LONGEST} bytes", path.display());
        return Err(Fault::new(Exit::Fault, "cli/long-list", text).with_help("split it"));
    }
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
