//! Logs against indicators.

use super::sources::Come;
use super::{Hit, HitIndicator, Indicators, Lists, LogShown, MatchFault, RuleShown, SuppressedBy, input};
use comity_record::Timestamp;
use comity_threat::{
    grade::{Evidence, grade},
    log::{Format, Found, Reading, Roles, Seen, SoFar, Tally, Verdict},
    matching::{Scanner, Way},
};
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Bytes read at a time.
const WINDOW: usize = 1 << 20;
/// The longest line that is read as one: 16 MiB. A longer one is read in parts.
const LONGEST_LINE: usize = 16 << 20;
/// Most indicators that are named with one hit.
const NAMED: usize = 100;

/// How logs are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// The format of all of them; else each is told by its first line.
    pub format: Option<Format>,
    /// The way bytes are classified; else the best that this machine has.
    pub way: Option<Way>,
}

/// A matching of logs.
#[derive(Debug)]
pub struct Matching<'m> {
    indicators: &'m Indicators,
    lists: &'m Lists,
    settings: Settings,
    roles: Roles,
}

impl<'m> Matching<'m> {
    /// Of these indicators.
    ///
    /// # Errors
    /// Only where the program itself was built wrongly.
    pub fn new(
        indicators: &'m Indicators,
        lists: &'m Lists,
        settings: Settings,
    ) -> Result<Matching<'m>, MatchFault> {
        let roles = Roles::built_in().map_err(|fault| MatchFault::Table(fault.to_string()))?;
        Ok(Matching { indicators, lists, settings, roles })
    }

    /// The format of every log, where it is given.
    pub(super) fn format(&self) -> Option<Format> {
        self.settings.format
    }

    /// Matches a file, or the files of a folder. `progress` hears how many bytes of how many are read.
    ///
    /// # Errors
    /// A file that cannot be read to its end. What was found before it was told.
    pub fn path(
        &'m self,
        path: &Path,
        each: &mut dyn FnMut(&Hit),
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<LogShown, MatchFault> {
        let files = input::files(path)?;
        let sizes = files.iter().map(|file| file.metadata().map_or(0, |found| found.len()));
        let total = sizes.sum();
        let (mut tally, mut before) = (Tally::default(), 0);
        for file in &files {
            let failed = |why: io::Error| MatchFault::unreadable(file, &why);
            let opened = File::open(file).map_err(failed)?;
            let mut done = 0;
            let name = file.display().to_string();
            let of_file = self.reader(&name, opened, each, &mut |count| {
                done = count;
                progress(before + count, total);
            });
            tally.join(&of_file.map_err(failed)?);
            before += done;
        }
        Ok(shown(path.display().to_string(), files.len() as u64, &tally))
    }

    /// Matches what comes from a reader, such as standard input.
    ///
    /// # Errors
    /// What the reader says.
    pub fn stream(
        &'m self,
        name: &str,
        reader: impl Read + Send + 'static,
        each: &mut dyn FnMut(&Hit),
    ) -> io::Result<LogShown> {
        Ok(shown(name.to_owned(), 1, &self.reader(name, reader, each, &mut |_| {})?))
    }

    fn reader(
        &'m self,
        name: &str,
        reader: impl Read + Send + 'static,
        each: &mut dyn FnMut(&Hit),
        progress: &mut dyn FnMut(u64),
    ) -> io::Result<Tally> {
        let count = Arc::new(AtomicU64::new(0));
        let mut input = input::unfolded(reader, count.clone())?;
        let mut log = self.log(name);
        let mut window = Window::default();
        loop {
            let read = window.fill(&mut input)?;
            let taken = log.read(window.bytes(), read == 0 || window.is_over_long(), each);
            window.drop_first(taken);
            progress(count.load(Relaxed));
            if read == 0 {
                return Ok(log.finish());
            }
        }
    }

    /// One log, from its first byte.
    fn log(&'m self, name: &str) -> Log<'m> {
        let so_far = Paused::new(self.settings.format);
        self.going_on(name, so_far)
    }

    /// One log, from where another matching of it was paused.
    pub(super) fn going_on(&'m self, name: &str, paused: Paused) -> Log<'m> {
        let scanner = Scanner::new(self.settings.way.unwrap_or_else(Way::best));
        let reading = Reading::new(&self.indicators.matcher, &self.roles, scanner, self.settings.format)
            .valid(|origin, time| self.indicators.counts(origin, time))
            .going_on(paused.so_far);
        Log { matching: self, name: name.to_owned(), reading, tally: paused.tally, warned: HashMap::new() }
    }

    /// The values of a chain that count at a time, and the list that suppresses them.
    fn hit(&self, name: &str, seen: &Seen<'_>, found: &Found, suppressed: Option<SuppressedBy>) -> Hit {
        let matcher = &self.indicators.matcher;
        let counting = matcher.indicators(found.head).filter(|i| self.indicators.counts(i.origin, seen.time));
        let named = counting.take(NAMED).filter_map(|indicator| {
            let come = self.indicators.come_of(indicator.origin)?;
            Some(HitIndicator {
                source: self.indicators.source_of(come).to_owned(),
                id: come.id.as_deref().map(str::to_owned),
                confidence: come.confidence,
                grade: grade(indicator.kind, evidence(come, seen.time)),
            })
        });
        let first = matcher.indicators(found.head).next();
        Hit {
            log: name.to_owned(),
            line: seen.line,
            time: seen.time.map(|millis| Timestamp::from_millis(millis).to_string()),
            rule: found.rule.word().to_owned(),
            exact: found.exact,
            field: found.field.clone(),
            value: found.text.clone(),
            indicator: first.map(|indicator| indicator.text.to_owned()).unwrap_or_default(),
            kind: first.map(|indicator| indicator.kind.word().to_owned()).unwrap_or_default(),
            indicators: named.collect(),
            suppressed,
        }
    }

    fn suppressed(&self, head: u32) -> Option<SuppressedBy> {
        let value = self.indicators.matcher.indicators(head).next()?.value()?;
        let warning = self.lists.check(&value)?;
        Some(SuppressedBy { list: warning.list.to_owned(), how: warning.how.word().to_owned() })
    }
}

/// What is known of an indicator at a time; without one, and without a beginning, it has no age.
fn evidence(come: &Come, time: Option<i64>) -> Evidence {
    let age = time.filter(|_| come.from != i64::MIN).map_or(0, |time| time.saturating_sub(come.from));
    let Come { confidence, sightings, false_positives, .. } = *come;
    Evidence { confidence, age, sightings, false_positives }
}

/// A log that is not being read at the moment.
#[derive(Debug)]
pub(super) struct Paused {
    so_far: SoFar,
    pub(super) tally: Tally,
}

impl Paused {
    /// Before its first byte.
    pub(super) fn new(format: Option<Format>) -> Paused {
        Paused { so_far: SoFar::of_format(format), tally: Tally::default() }
    }
}

/// One log that is being read.
#[derive(Debug)]
pub(super) struct Log<'m> {
    matching: &'m Matching<'m>,
    name: String,
    reading: Reading<'m>,
    tally: Tally,
    /// What warning lists say of a chain, looked up once.
    warned: HashMap<u32, Option<SuppressedBy>>,
}

impl Log<'_> {
    /// Reads whole lines; see [`Reading::read`].
    pub(super) fn read(&mut self, text: &[u8], last: bool, each: &mut dyn FnMut(&Hit)) -> usize {
        let Log { matching, name, reading, tally, warned } = self;
        reading.read(text, last, &mut |seen| {
            for found in seen.found {
                let suppressed =
                    warned.entry(found.head).or_insert_with(|| matching.suppressed(found.head)).clone();
                tally.add(found, if suppressed.is_some() { Verdict::Suppressed } else { Verdict::Kept });
                each(&matching.hit(name, &seen, found, suppressed));
            }
        })
    }

    /// Its counts.
    fn finish(self) -> Tally {
        self.pause().tally
    }

    /// What is kept of it until another matching goes on.
    pub(super) fn pause(mut self) -> Paused {
        self.tally.records = self.reading.records();
        Paused { so_far: self.reading.stop(), tally: self.tally }
    }
}

/// What was read and is not yet taken.
#[derive(Debug, Default)]
pub(super) struct Window {
    buffer: Vec<u8>,
    end: usize,
}

impl Window {
    /// Reads more behind what is there; returns the bytes read, zero at the end.
    pub(super) fn fill(&mut self, input: &mut dyn Read) -> io::Result<usize> {
        if self.buffer.len() < self.end + WINDOW {
            self.buffer.resize(self.end + WINDOW, 0);
        }
        loop {
            match input.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read);
                }
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) => return Err(why),
            }
        }
    }

    /// What is there.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.end).unwrap_or_default()
    }

    /// Whether a line is so long that it is read in parts.
    pub(super) fn is_over_long(&self) -> bool {
        self.end >= LONGEST_LINE
    }

    /// Lets go of what was taken.
    pub(super) fn drop_first(&mut self, taken: usize) {
        self.buffer.copy_within(taken.min(self.end)..self.end, 0);
        self.end -= taken.min(self.end);
    }
}

pub(super) fn shown(log: String, files: u64, tally: &Tally) -> LogShown {
    let rule = |(rule, hits): (&comity_threat::log::Rule, &comity_threat::log::Hits)| RuleShown {
        rule: rule.word().to_owned(),
        exact: hits.exact,
        sub: hits.sub,
        suppressed: hits.suppressed,
        kept: hits.kept,
    };
    LogShown { log, files, records: tally.records, rules: tally.hits.iter().map(rule).collect() }
}
