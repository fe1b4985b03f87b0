//! Indicators and warning lists from files.

use super::{MatchFault, input};
use crate::{
    app::indicators::{IndicatorShown, IndicatorsShown},
    random::Random,
};
use comity_threat::{
    Moment,
    indicators::{self, Form, StixIndicator, Word},
    matching::{Matcher, Origin},
    value::Value,
    warning::{How, Warning, WarningLists},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

/// What came of a file of indicators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceShown {
    /// The file.
    pub source: String,
    /// Its form.
    pub form: String,
    /// Values taken.
    pub values: u64,
    /// Lines, rows or values that were refused.
    pub refused: u64,
    /// Why, for the first ten.
    pub refusals: Vec<String>,
    /// Indicators that are taken back, or that a later version replaces.
    pub withdrawn: u64,
    /// Indicators whose pattern wants more than one value, or another language; they are not matched here.
    pub patterns: u64,
}

/// Where an indicator came from, and when it counts.
#[derive(Clone, Debug)]
pub(super) struct Come {
    pub source: u32,
    pub id: Option<Box<str>>,
    /// Milliseconds since 1970.
    pub from: i64,
    pub until: i64,
    pub confidence: Option<u8>,
    pub sightings: u32,
    pub false_positives: u32,
}

impl Come {
    /// Of a list, whose lines say nothing but values.
    fn of_list(source: u32) -> Come {
        let (from, until) = (i64::MIN, i64::MAX);
        Come { source, id: None, from, until, confidence: None, sightings: 0, false_positives: 0 }
    }

    /// It counts no more, at whatever time: a later version took its place, or took it back.
    fn end(&mut self) {
        self.until = i64::MIN;
    }
}

/// Indicators, ready to be matched.
#[derive(Debug)]
pub struct Indicators {
    pub(super) matcher: Matcher,
    pub(super) come: Vec<Come>,
    sources: Vec<SourceShown>,
    stix: BTreeMap<String, (u32, StixIndicator)>,
    /// Of what a node holds: where each indicator is kept, and of which version.
    held: HashMap<Box<str>, (Origin, Option<Moment>)>,
    /// Sightings and false positives by the id of the indicator.
    words: BTreeMap<String, (u32, u32)>,
}

const REFUSALS_SHOWN: usize = 10;

impl Indicators {
    /// Reads files and folders; `form` is that of all of them, or each is told by its beginning. `progress` hears each
    /// file as it is done.
    ///
    /// # Errors
    /// A file that cannot be read or is not sound ends it; so does having nothing to match with.
    pub fn load(
        paths: &[PathBuf],
        form: Option<Form>,
        random: &dyn Random,
        mut progress: impl FnMut(&Path),
    ) -> Result<Indicators, MatchFault> {
        let mut read = Indicators::none(random)?;
        for path in paths {
            for file in input::files(path)? {
                read.file(&file, form)?;
                progress(&file);
            }
        }
        read.settle();
        if read.matcher.is_empty() {
            return Err(MatchFault::NoIndicators);
        }
        Ok(read)
    }

    /// None yet: those that a node holds are still to come.
    ///
    /// # Errors
    /// Only where randomness fails.
    pub fn none(random: &dyn Random) -> Result<Indicators, MatchFault> {
        let secret = random.bytes().map_err(|_| MatchFault::Random)?;
        Ok(Indicators {
            matcher: Matcher::new(secret, 1 << 16),
            come: Vec::new(),
            sources: Vec::new(),
            stix: BTreeMap::new(),
            held: HashMap::new(),
            words: BTreeMap::new(),
        })
    }

    /// Takes what a node holds under this name, and what comes later, without making anything anew. A later version of an
    /// indicator takes the place of the one before it.
    pub fn take_held(&mut self, source: &str, page: &IndicatorsShown) {
        let number = self.number_of(source);
        for (id, seen) in &page.words {
            let word = self.words.entry(id.clone()).or_default();
            let count = if *seen { &mut word.0 } else { &mut word.1 };
            *count = count.saturating_add(1);
            let (sightings, false_positives) = *word;
            let known =
                self.held.get(id.as_str()).and_then(|(origin, _)| self.come.get_mut(*origin as usize));
            if let Some(come) = known {
                (come.sightings, come.false_positives) = (sightings, false_positives);
            }
        }
        for one in &page.indicators {
            self.take_one(number, one);
        }
    }

    fn take_one(&mut self, source: u32, one: &IndicatorShown) {
        let moment = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Moment>().ok());
        let modified = moment(&one.modified);
        if let Some((origin, known)) = self.held.get(one.id.as_str()).copied() {
            if known >= modified {
                return;
            }
            if let Some(come) = self.come.get_mut(origin as usize) {
                come.end();
            }
            self.shown(source, |shown| shown.withdrawn += 1);
        }
        let millis =
            |moment: Option<Moment>, none: i64| moment.map_or(none, |moment| moment.timestamp().as_millis());
        let (sightings, false_positives) = self.words.get(&one.id).copied().unwrap_or_default();
        let mut come = Come {
            source,
            id: Some(one.id.as_str().into()),
            sightings,
            false_positives,
            from: millis(moment(&one.from), i64::MIN),
            until: millis(moment(&one.until), i64::MAX),
            confidence: one.confidence,
        };
        if one.revoked {
            come.end();
        }
        let origin = self.origin(come);
        self.held.insert(one.id.as_str().into(), (origin, modified));
        if one.values.is_empty() && one.id.starts_with("indicator--") {
            self.shown(source, |shown| shown.patterns += 1);
        }
        for (kind, text) in one.values.iter().filter(|_| !one.revoked) {
            match kind.parse().and_then(|kind| Value::of_canonical(kind, text)) {
                Ok(value) => self.take(source, origin, &value),
                Err(fault) => self.refuse(source, fault.to_string()),
            }
        }
    }

    /// The number of a source that is no file.
    fn number_of(&mut self, source: &str) -> u32 {
        if let Some(number) = self.sources.iter().position(|shown| shown.source == source) {
            return number as u32;
        }
        let (source, form) = (source.to_owned(), Form::Stix.word().to_owned());
        self.sources.push(SourceShown { source, form, ..SourceShown::default() });
        (self.sources.len() - 1) as u32
    }

    /// What came of each file.
    pub fn sources(&self) -> &[SourceShown] {
        &self.sources
    }

    /// How many values there are.
    pub fn values(&self) -> usize {
        self.matcher.len()
    }

    fn file(&mut self, path: &Path, form: Option<Form>) -> Result<(), MatchFault> {
        let bytes = input::whole(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let form = form.unwrap_or_else(|| Form::of_beginning(&text));
        let number = self.sources.len() as u32;
        let (source, word) = (path.display().to_string(), form.word().to_owned());
        self.sources.push(SourceShown { source, form: word, ..SourceShown::default() });
        if form == Form::Stix {
            return self.stix(path, &bytes, number);
        }
        let origin = self.origin(Come::of_list(number));
        if form == Form::UrlTable {
            let mut values = Vec::new();
            let refused = indicators::of_url_table(&text, |value| values.push(value));
            values.into_iter().for_each(|value| self.take(number, origin, &value));
            self.shown(number, |shown| shown.refused += refused);
            return Ok(());
        }
        for line in text.trim_start_matches('\u{feff}').lines() {
            match indicators::of_line(form, line) {
                Some(Ok(value)) => self.take(number, origin, &value),
                Some(Err(fault)) => self.refuse(number, fault.to_string()),
                None => {}
            }
        }
        Ok(())
    }

    fn origin(&mut self, come: Come) -> Origin {
        self.come.push(come);
        (self.come.len() - 1) as Origin
    }

    fn take(&mut self, source: u32, origin: Origin, value: &Value) {
        match self.matcher.insert(value, origin) {
            Ok(()) => self.shown(source, |shown| shown.values += 1),
            Err(fault) => self.refuse(source, fault.to_string()),
        }
    }

    fn refuse(&mut self, source: u32, why: String) {
        self.shown(source, |shown| {
            shown.refused += 1;
            if shown.refusals.len() < REFUSALS_SHOWN {
                shown.refusals.push(why);
            }
        });
    }

    fn shown(&mut self, source: u32, change: impl FnOnce(&mut SourceShown)) {
        if let Some(shown) = self.sources.get_mut(source as usize) {
            change(shown);
        }
    }

    /// Keeps the latest version of each indicator, whatever the order in which they come.
    fn stix(&mut self, path: &Path, bytes: &[u8], source: u32) -> Result<(), MatchFault> {
        let mut found = Vec::new();
        let unsound = |fault| MatchFault::Unsound { name: path.display().to_string(), fault };
        indicators::of_stix(bytes, |indicator| found.push(indicator)).map_err(unsound)?;
        indicators::words_of_stix(bytes, |id, word| {
            let (sightings, against) = self.words.entry(id.to_owned()).or_default();
            let count = if word == Word::Sighted { sightings } else { against };
            *count = count.saturating_add(1);
        })
        .map_err(unsound)?;
        for indicator in found {
            let older = match self.stix.get(&indicator.id) {
                Some((_, held)) if held.modified >= indicator.modified => Some(source),
                Some((held_source, _)) => {
                    let held_source = *held_source;
                    self.stix.insert(indicator.id.clone(), (source, indicator));
                    Some(held_source)
                }
                None => {
                    self.stix.insert(indicator.id.clone(), (source, indicator));
                    None
                }
            };
            if let Some(source) = older {
                self.shown(source, |shown| shown.withdrawn += 1);
            }
        }
        Ok(())
    }

    /// Takes what is left of the STIX indicators when all files were read.
    fn settle(&mut self) {
        for (id, (source, indicator)) in std::mem::take(&mut self.stix) {
            if indicator.revoked {
                self.shown(source, |shown| shown.withdrawn += 1);
                continue;
            }
            if indicator.values.is_empty() {
                if id.starts_with("indicator--") {
                    self.shown(source, |shown| shown.patterns += 1);
                }
                continue;
            }
            let millis = |moment: Option<comity_threat::Moment>, none: i64| {
                moment.map_or(none, |moment| moment.timestamp().as_millis())
            };
            let (sightings, false_positives) = self.words.get(&id).copied().unwrap_or_default();
            let come = Come {
                source,
                id: Some(id.into()),
                sightings,
                false_positives,
                from: millis(indicator.valid_from, i64::MIN),
                until: millis(indicator.valid_until, i64::MAX),
                confidence: indicator.confidence,
            };
            let origin = self.origin(come);
            indicator.values.iter().for_each(|value| self.take(source, origin, value));
        }
    }

    pub(super) fn come_of(&self, origin: Origin) -> Option<&Come> {
        self.come.get(origin as usize)
    }

    pub(super) fn source_of(&self, come: &Come) -> &str {
        self.sources.get(come.source as usize).map_or("", |shown| shown.source.as_str())
    }

    /// Whether an indicator counts at a time; without a time it does.
    pub(super) fn counts(&self, origin: Origin, time: Option<i64>) -> bool {
        let Some(come) = self.come_of(origin).filter(|come| come.until != i64::MIN) else { return false };
        time.is_none_or(|time| come.from <= time && time < come.until)
    }
}

/// Warning lists from files.
#[derive(Debug)]
pub struct Lists {
    lists: WarningLists,
    literal: bool,
}

impl Lists {
    /// Reads files and folders of lists in the format of MISP. `literal` lets only those names count that lists of type
    /// `string` and `hostname` have literally.
    ///
    /// # Errors
    /// A file that cannot be read or used ends it.
    pub fn load(paths: &[PathBuf], literal: bool, random: &dyn Random) -> Result<Lists, MatchFault> {
        let mut lists = WarningLists::new(random.bytes().map_err(|_| MatchFault::Random)?);
        for path in paths {
            for file in input::files(path)? {
                let taken = lists.add(&input::whole(&file)?);
                taken.map_err(|fault| MatchFault::WarningList { name: file.display().to_string(), fault })?;
            }
        }
        Ok(Lists { lists, literal })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lists.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// The list that names a value.
    pub fn check(&self, value: &Value) -> Option<Warning<'_>> {
        let found = if self.literal { self.lists.literally(value) } else { self.lists.check(value) };
        debug_assert!(!self.literal || found.is_none_or(|warning| warning.how == How::Literally));
        found
    }
}
