//! `comity match`: logs against indicators, at home.

mod gather;

use crate::{
    Exit, Fault, Screen,
    place::{Chosen, Place},
    reach,
    screen::{Cell, Form as ScreenForm, Table, Tone},
};
use clap::{Args, ValueEnum};
use comity_node::{
    app::{import::ImportOptions, lists::ListOptions},
    clock::Clock,
    config::Text,
    matching::{
        Follow, Hit, Lists, LogShown, MatchFault, Matching, Settings, Sightings, SourceShown, form, format,
    },
    random::SystemRandom,
};
use comity_record::label::Tlp;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{io, path::PathBuf, time::Duration};

/// Hits that a table shows; the rest are counted.
pub(super) const IN_TABLE: usize = 1000;
/// Hits that one JSON document holds.
pub(super) const IN_DOCUMENT: usize = 100_000;
/// How often a followed file is looked at.
pub(super) const PAUSE: Duration = Duration::from_millis(200);
/// How long a node is asked to wait for what comes, in seconds.
pub(super) const WAIT: u32 = 20;
/// After how long a node that did not answer is asked again.
pub(super) const AGAIN: Duration = Duration::from_secs(2);
/// Turns between two records of sightings: ten seconds of pauses.
const SHARED: u32 = 50;

const HELP: &str = "\
Indicators are STIX, or lists: one value a line (defanged or not), trails, tables \
with a URL column, addresses in the first column; folders of them; `.zst` and \
`.gz` are unfolded. `held` means those this node holds, `saved:NAME` those of a saved \
search; its own warning lists then act too, and while a log is followed, what comes \
to the node counts at once. Logs are Zeek (TSV and JSON), Suricata EVE, Windows events as \
JSON lines, web servers, tables with named columns and plain text; `-` is \
standard input. A hit that a warning list names is shown as suppressed. Nothing \
of a log leaves this machine: --share makes a record of sightings, which say \
what was seen, how often and when.

Example:
  comity match --indicators feed.json --log dns.log --warnings lists/
  comity match --indicators held --log dns.log --follow --share --dir ./xa

Next:
  comity match --indicators feed.json --log dns.log --share --dir ./xa
  comity share --to XB --purpose cyber-defence --dir ./xa";

/// How hits are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A table at the end
    Table,
    /// One JSON document a hit, as it is found
    Lines,
    /// A STIX bundle of sightings
    Stix,
}

/// `comity match`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Match {
    /// Files or folders of indicators, `held`, or `saved:NAME`
    #[arg(long, value_name = "WHAT", required = true, num_args = 1..)]
    indicators: Vec<PathBuf>,
    /// The logs: files, folders, or `-`
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    log: Vec<PathBuf>,
    /// What the files of indicators are: stix, trails, url-table, first-column or plain
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
    /// What the logs are: zeek, json, combined, csv or text
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Warning lists in the format of MISP: files or folders
    #[arg(long, value_name = "LIST", num_args = 1..)]
    warnings: Vec<PathBuf>,
    /// Let only strings and host names of warning lists count, and only literally
    #[arg(long)]
    literal: bool,
    /// How hits are shown
    #[arg(long, value_name = "HOW", default_value = "table")]
    output: Output,
    /// Go on reading one log as it grows, through rotation, until stopped
    #[arg(long)]
    follow: bool,
    /// Make a record of sightings at the node
    #[arg(long)]
    share: bool,
}

/// What `--json` answers.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    sources: &'a [SourceShown],
    warning_lists: usize,
    logs: Vec<LogShown>,
    hits: Vec<Hit>,
    /// Hits beyond those shown.
    more: u64,
    /// The records of sightings that were made.
    records: Vec<String>,
}

impl From<MatchFault> for Fault {
    fn from(fault: MatchFault) -> Fault {
        let told = Fault::new(Exit::Fault, fault.code(), fault.to_string());
        match fault.help() {
            Some(help) => told.with_help(help),
            None => told,
        }
    }
}

/// Matches.
pub fn run(verb: &Match, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let asked = gather::Asked::of(&verb.indicators);
    let place = if verb.share || asked.wants_a_node() { Some(chosen.place()?) } else { None };
    if verb.follow && (verb.log.len() != 1 || verb.log.iter().any(|log| log.as_os_str() == "-")) {
        return Err(Fault::new(Exit::Usage, "match/follow-one", "only one file can be followed"));
    }
    let settings = Settings { format: named(verb.format.as_deref(), format, "format")?, way: None };
    let form = named(verb.form.as_deref(), form, "form")?;
    let mut gathered = asked.gather(form, place.as_ref())?;
    let lists = Lists::load(
        &warning_lists(&verb.warnings, place.as_ref().filter(|_| asked.wants_a_node())),
        verb.literal,
        &SystemRandom,
    )?;
    let (hits, sightings) = (Vec::new(), Sightings::default());
    let mut work = Work { verb, hits, more: 0, sightings, records: Vec::new() };
    let logs = if verb.follow {
        let following = Following { asked: &asked, form, lists: &lists, settings, place: place.as_ref() };
        vec![work.follow(&mut gathered, &following, screen)?]
    } else {
        work.logs(&Matching::new(&gathered.indicators, &lists, settings)?, screen)?
    };
    if let Some(place) = place.as_ref().filter(|_| verb.share) {
        work.records.extend(share(place, &work.sightings)?);
    }
    if verb.output == Output::Stix {
        let bundle = bundle(&work.sightings)?;
        screen.page(&format!("{bundle:#}"));
        return Ok(Exit::Ok);
    }
    let answer = Answer {
        sources: gathered.indicators.sources(),
        warning_lists: lists.len(),
        logs,
        hits: work.hits,
        more: work.more,
        records: work.records,
    };
    screen.answer(&answer, |screen| show(screen, verb.output, &answer));
    Ok(Exit::Ok)
}

fn named<T>(word: Option<&str>, of: fn(&str) -> Option<T>, what: &str) -> Result<Option<T>, Fault> {
    let Some(word) = word else { return Ok(None) };
    let unknown = || {
        let shown: String = word.chars().take(40).collect();
        let fault = Fault::new(Exit::Usage, "match/unknown-word", format!("`{shown}` is no {what}"));
        fault.with_help("`comity match --help` lists them")
    };
    of(word).map(Some).ok_or_else(unknown)
}

/// The warning lists: those named, and those of the node of which something is asked.
pub(super) fn warning_lists(named: &[PathBuf], place: Option<&Place>) -> Vec<PathBuf> {
    let mut paths = named.to_vec();
    if let Some(place) = place {
        let settings = place.config.party.get(&Text(place.party.clone()));
        paths.extend(settings.into_iter().flat_map(|settings| settings.warning_lists.clone()));
    }
    paths
}

struct Work<'v> {
    verb: &'v Match,
    hits: Vec<Hit>,
    more: u64,
    /// What was seen and is not shared yet.
    sightings: Sightings,
    records: Vec<String>,
}

/// What is needed while a log is followed.
struct Following<'f> {
    asked: &'f gather::Asked,
    form: Option<comity_node::matching::Form>,
    lists: &'f Lists,
    settings: Settings,
    place: Option<&'f Place>,
}

impl Work<'_> {
    fn logs(&mut self, matching: &Matching<'_>, screen: &mut Screen<'_>) -> Result<Vec<LogShown>, Fault> {
        let mut out = Vec::new();
        for path in &self.verb.log {
            if path.as_os_str() == "-" {
                let read = matching.stream("-", io::stdin(), &mut |hit| self.take(hit, screen));
                out.push(read.map_err(|why| Fault::file(path, &why))?);
                continue;
            }
            let bar = bar(&path.display().to_string());
            let drawn = bar.clone();
            let read = matching.path(path, &mut |hit| self.take(hit, screen), &mut |done, total| {
                drawn.set_length(total.max(1));
                drawn.set_position(done);
            });
            bar.finish_and_clear();
            out.push(read?);
        }
        Ok(out)
    }

    /// Until the process is stopped; then what was counted is shown. What comes to the node meanwhile is taken between two
    /// turns, and what was seen becomes a record at the first pause, then at most every ten seconds.
    fn follow(
        &mut self,
        gathered: &mut gather::Gathered,
        following: &Following<'_>,
        screen: &mut Screen<'_>,
    ) -> Result<LogShown, Fault> {
        let Following { asked, form, lists, settings, place } = *following;
        let path = self.verb.log.first().cloned().unwrap_or_default();
        let mut followed = Follow::new(&path);
        let runtime = reach::runtime()?;
        let mut stop = Box::pin(tokio::signal::ctrl_c());
        let mut coming = gathered.listen(&runtime, place);
        let mut rested = SHARED;
        loop {
            if gathered.take(&mut coming, &mut |fault| screen.fault(fault)) {
                *gathered = asked.gather(form, place)?;
                coming = gathered.listen(&runtime, place);
            }
            let matching = Matching::new(&gathered.indicators, lists, settings)?;
            let turn = followed.turn(&matching, &mut |hit| self.take(hit, screen));
            let read = turn.map_err(|why| Fault::file(&path, &why))?;
            screen.show_now();
            rested += 1;
            if let Some(place) = place.filter(|_| self.verb.share && !read && rested > SHARED) {
                self.records.extend(share(place, &std::mem::take(&mut self.sightings))?);
                rested = 0;
            }
            let pause = if read { Duration::ZERO } else { PAUSE };
            if runtime.block_on(async { tokio::time::timeout(pause, &mut stop).await }).is_ok() {
                return Ok(followed.finish(&matching, &mut |hit| self.take(hit, screen)));
            }
        }
    }

    fn take(&mut self, hit: &Hit, screen: &mut Screen<'_>) {
        self.sightings.add(hit);
        if self.verb.output == Output::Lines && screen.form() == ScreenForm::Text {
            match serde_json::to_string(hit) {
                Ok(line) => screen.verbatim(&line),
                // A hit is plain text and numbers, which always have a JSON form.
                Err(_) => self.more += 1,
            }
            return;
        }
        let most = if screen.form() == ScreenForm::Json { IN_DOCUMENT } else { IN_TABLE };
        if self.hits.len() < most {
            self.hits.push(hit.clone());
        } else {
            self.more += 1;
        }
    }
}

fn bundle(sightings: &Sightings) -> Result<serde_json::Value, Fault> {
    let made = sightings.bundle(Clock::system().now(), &SystemRandom);
    made.map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))
}

/// Has the node import the sightings, as it imports any bundle.
fn share(place: &crate::place::Place, sightings: &Sightings) -> Result<Vec<String>, Fault> {
    if sightings.is_empty() {
        return Ok(Vec::new());
    }
    let file = tempfile::Builder::new().prefix("sightings-").suffix(".json").tempfile_in(&place.folder);
    let file = file.map_err(|why| Fault::file(&place.folder, &why))?;
    let text = bundle(sightings)?.to_string();
    std::fs::write(file.path(), text).map_err(|why| Fault::file(file.path(), &why))?;
    let configured =
        place.config.party.get(&Text(place.party.clone())).map_or(Tlp::Green, |party| party.default_tlp.0);
    let options = ImportOptions { unmarked: configured, unit: None, list: ListOptions::default() };
    Ok(reach::import(place, file.path(), &options, |_, _| {})?.records)
}

/// A bar for long work.
pub(super) fn bar(what: &str) -> ProgressBar {
    let bar = ProgressBar::new(1);
    // The template is fixed; where it were wrong, the default style shows the same bar.
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar.set_message(what.to_owned());
    bar
}

fn show(screen: &mut Screen<'_>, output: Output, answer: &Answer<'_>) {
    if output == Output::Lines {
        return;
    }
    for source in answer.sources {
        let text = format!(
            "`{}` ({}): {} values, {} refused, {} withdrawn, {} patterns of more than one value",
            source.source, source.form, source.values, source.refused, source.withdrawn, source.patterns
        );
        screen.say(Tone::Faint, &text);
    }
    if !answer.hits.is_empty() {
        screen.blank();
        hits(screen, answer);
    }
    if answer.more > 0 {
        screen.say(Tone::Open, &format!("and {} hits more; `--output lines` shows all", answer.more));
    }
    screen.blank();
    counts(screen, answer);
    for record in &answer.records {
        screen.item(10, "sightings", Tone::Good, record);
    }
}

fn hits(screen: &mut Screen<'_>, answer: &Answer<'_>) {
    let mut table = Table::new(&["Line", "Rule", "In the log", "Indicator", "Source", "Verdict"]);
    for hit in &answer.hits {
        let source =
            hit.indicators.first().map(|first| first.id.clone().unwrap_or_else(|| first.source.clone()));
        let verdict = match &hit.suppressed {
            Some(by) => Cell::toned(Tone::Faint, format!("suppressed: {}", by.list)),
            None => Cell::toned(Tone::Bad, "kept"),
        };
        let how = if hit.exact { hit.rule.clone() } else { format!("{} below", hit.rule) };
        table.row([
            hit.line.to_string().into(),
            how.into(),
            hit.value.clone().into(),
            hit.indicator.clone().into(),
            source.unwrap_or_default().into(),
            verdict,
        ]);
    }
    screen.table(&table);
}

fn counts(screen: &mut Screen<'_>, answer: &Answer<'_>) {
    let mut table = Table::new(&["Log", "Records", "Rule", "Exact", "Sub", "Suppressed", "Kept"]);
    for log in &answer.logs {
        let mut first = [log.log.clone(), log.records.to_string()];
        if log.rules.is_empty() {
            let [log, records] = first.clone();
            table.row([log.into(), records.into(), Cell::toned(Tone::Good, "no hit")]);
        }
        for rule in &log.rules {
            let [log, records] = std::mem::take(&mut first);
            let numbers =
                [rule.exact, rule.sub, rule.suppressed, rule.kept].map(|n| Cell::from(n.to_string()));
            let head = [Cell::from(log), records.into(), rule.rule.clone().into()];
            table.row(head.into_iter().chain(numbers));
        }
    }
    screen.table(&table);
}
