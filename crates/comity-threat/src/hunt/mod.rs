//! Hunting: patterns of indicators on what was observed.
//!
//! Patterns come from STIX indicators or from a text with one pattern a line. What is observed are STIX observed-data
//! objects with what they refer to. Of several versions of an indicator the latest counts, and revoked ones are left out.
//! What is found outside of an indicator's validity, or is on a warning list, is told with what stands against it.

mod judge;
mod line;

pub use judge::{Against, Judging, Listed};
pub use line::observation_of;

use crate::{
    Moment, Object, SpecVersion,
    pattern::{
        Found, Gaps, Hunt, Observation, PatternFault, PatternSet, Plan, TooManyPieces, UnfitObservation,
        observations,
    },
    reader::{ReadFault, read_all},
};
use judge::Speaks;
use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// A pattern to hunt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// The id of the indicator; `line N` where the pattern stood alone.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The pattern.
    pub pattern: String,
    /// The edition of STIX it is written in.
    pub version: SpecVersion,
    /// From when it counts (inclusive).
    pub valid_from: Option<Moment>,
    /// Until when it counts (exclusive).
    pub valid_until: Option<Moment>,
    /// Whether its author took it back. It is not hunted with then.
    pub revoked: bool,
}

/// A pattern that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighted {
    /// The place of the indicator in the list hunted with.
    pub indicator: usize,
    /// The observations that show it.
    pub observations: Vec<String>,
    /// The earliest of their times.
    pub first: Moment,
    /// The latest.
    pub last: Moment,
    /// How often that was observed.
    pub number: u64,
    /// What stands against it; nothing where it counts.
    pub against: Option<Against>,
}

/// What a hunt found, and what it could not ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunted {
    /// What was found, in the order of the observations.
    pub sighted: Vec<Sighted>,
    /// Observations that were asked.
    pub observations: u64,
    /// Indicators that were taken back, by their place.
    pub withdrawn: Vec<usize>,
    /// Patterns that cannot be evaluated: the place of the indicator, and why.
    pub refused: Vec<(usize, PatternFault)>,
    /// Observed-data objects that cannot be used, and why.
    pub unfit: Vec<(String, UnfitObservation)>,
    /// Indicators whose pattern was left undecided, since its budget ended.
    pub undecided: Vec<usize>,
    /// Indicators of which observations were forgotten, being too many, and how many.
    pub forgotten: Vec<(usize, u64)>,
    /// Objects that were left, being too intricate.
    pub costly_objects: u64,
}

/// The patterns of a file: those of its STIX indicators, or one a line with `#` before a comment.
///
/// # Errors
/// Faults of the JSON, or bytes that are no text.
pub fn indicators_of(bytes: &[u8]) -> Result<Vec<Indicator>, ReadFault> {
    if is_json(bytes) {
        let mut latest = BTreeMap::new();
        read_all(bytes, |raw| {
            let object = Object::read(raw.bytes).map_err(|fault| raw.place(fault))?;
            take(&object, &mut latest);
            Ok(())
        })?;
        return Ok(in_order(latest));
    }
    let text = crate::reader::utf8(bytes)?;
    let patterns = (1..).zip(text.lines()).filter(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    let alone = |(number, line): (u32, &str)| Indicator {
        id: format!("line {number}"),
        name: None,
        pattern: line.trim().to_owned(),
        version: SpecVersion::V21,
        valid_from: None,
        valid_until: None,
        revoked: false,
    };
    Ok(patterns.map(alone).collect())
}

/// The indicators among objects, by what the newest version of each says.
pub fn indicators_among<'o>(objects: impl Iterator<Item = &'o Object<'o>>) -> Vec<Indicator> {
    let mut latest = BTreeMap::new();
    objects.for_each(|object| take(object, &mut latest));
    in_order(latest)
}

type Latest = BTreeMap<String, (Option<Moment>, usize, Indicator)>;

fn take(object: &Object<'_>, latest: &mut Latest) {
    let stix = object.text_of("pattern_type").is_none_or(|kind| kind == "stix");
    if object.type_name() != "indicator" || !stix {
        return;
    }
    let Some(pattern) = object.text_of("pattern") else { return };
    let moment = object.moment();
    let known = latest.get(object.id());
    if known.is_some_and(|(known, ..)| known.is_some() && *known >= moment) {
        return;
    }
    let place = known.map_or(latest.len(), |(_, place, _)| *place);
    let time = |key: &str| object.text_of(key).and_then(|text| text.parse().ok());
    let indicator = Indicator {
        id: object.id().to_owned(),
        name: object.text_of("name").map(|name| name.into_owned()),
        pattern: pattern.into_owned(),
        version: object.version(),
        valid_from: time("valid_from"),
        valid_until: time("valid_until"),
        revoked: object.common().is_revoked(),
    };
    latest.insert(object.id().to_owned(), (moment, place, indicator));
}

fn in_order(latest: Latest) -> Vec<Indicator> {
    let mut all: Vec<_> = latest.into_values().collect();
    all.sort_by_key(|(_, place, _)| *place);
    all.into_iter().map(|(_, _, indicator)| indicator).collect()
}

/// A pattern begins with `[` too, but never with `[{`.
fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    match bytes.split_first() {
        Some((b'{', _)) => true,
        Some((b'[', rest)) => matches!(rest.trim_ascii_start().first(), Some(b'{' | b']')),
        _ => false,
    }
}

/// Hunts with these patterns among these objects.
pub fn hunt(patterns: &Arc<Patterns>, objects: &[Object<'_>], judging: &Judging<'_>) -> Hunted {
    let (seen, unfit) = observations(objects);
    let mut hunting = Hunting::new(Arc::clone(patterns));
    for (name, observation) in (0..).zip(&seen) {
        hunting.observe(name, observation, judging);
    }
    let named =
        |name: u64| seen.get(name as usize).map(|one| one.id.clone().into_owned()).unwrap_or_default();
    let mut hunted = hunting.finish(&named, judging);
    hunted.unfit = unfit.into_iter().map(|(id, why)| (id.to_owned(), why)).collect();
    hunted
}

/// Indicators whose patterns are compiled together.
#[derive(Debug)]
pub struct Patterns {
    indicators: Vec<Indicator>,
    set: PatternSet,
    /// The indicator of each pattern of the set.
    places: Vec<usize>,
    withdrawn: Vec<usize>,
    refused: Vec<(usize, PatternFault)>,
}

impl Patterns {
    /// Compiles the patterns that can be evaluated and were not taken back.
    ///
    /// # Errors
    /// Where they cannot be compiled together.
    pub fn new(indicators: Vec<Indicator>) -> Result<Patterns, TooManyPieces> {
        let (mut plans, mut places) = (Vec::new(), Vec::new());
        let (mut withdrawn, mut refused) = (Vec::new(), Vec::new());
        for (place, indicator) in indicators.iter().enumerate() {
            if indicator.revoked {
                withdrawn.push(place);
                continue;
            }
            match Plan::new(&indicator.pattern, indicator.version) {
                Ok(plan) => {
                    plans.push(plan);
                    places.push(place);
                }
                Err(fault) => refused.push((place, fault)),
            }
        }
        Ok(Patterns { indicators, set: PatternSet::new(plans)?, places, withdrawn, refused })
    }

    /// The indicators, in their order.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    fn place(&self, pattern: usize) -> usize {
        self.places.get(pattern).copied().unwrap_or(pattern)
    }
}

/// A set that a hunt shares with who shows what it finds.
#[derive(Clone, Debug)]
struct Shared(Arc<Patterns>);

impl Borrow<PatternSet> for Shared {
    fn borrow(&self) -> &PatternSet {
        &self.0.set
    }
}

/// A hunt that goes on: observations come one after another and are not kept.
#[derive(Debug)]
pub struct Hunting {
    patterns: Arc<Patterns>,
    running: Hunt<Shared>,
    found: Vec<(Found, Option<Against>)>,
    /// What the patterns speak of, of those that were found.
    speaks: HashMap<usize, Speaks>,
    observations: u64,
}

impl Hunting {
    /// A hunt that begins.
    pub fn new(patterns: Arc<Patterns>) -> Hunting {
        let running = Hunt::new(Shared(Arc::clone(&patterns)));
        Hunting { patterns, running, found: Vec::new(), speaks: HashMap::new(), observations: 0 }
    }

    /// Takes an observation under a name.
    pub fn observe(&mut self, name: u64, observation: &Observation<'_>, judging: &Judging<'_>) {
        self.observations += 1;
        let Hunting { patterns, running, found, speaks, .. } = self;
        running.observe(name, observation, |one| {
            let against = judged(patterns, speaks, &one, Some(observation), judging);
            found.push((one, against));
        });
    }

    /// What was found since this was asked last; `named` says what an observation is called.
    pub fn found(&mut self, named: &dyn Fn(u64) -> String) -> Vec<Sighted> {
        let found = std::mem::take(&mut self.found).into_iter();
        let shown = found.map(|(one, against)| Sighted {
            indicator: self.patterns.place(one.pattern),
            observations: one.observations.into_iter().map(named).collect(),
            first: one.first,
            last: one.last,
            number: one.number,
            against,
        });
        shown.collect()
    }

    /// Ends it, with what was found since that was asked last.
    pub fn finish(mut self, named: &dyn Fn(u64) -> String, judging: &Judging<'_>) -> Hunted {
        let mut last = Vec::new();
        let running = std::mem::replace(&mut self.running, Hunt::new(Shared(Arc::clone(&self.patterns))));
        let Gaps { undecided, forgotten, costly_objects } = running.finish(|one| last.push(one));
        for one in last {
            let against = judged(&self.patterns, &mut self.speaks, &one, None, judging);
            self.found.push((one, against));
        }
        let sighted = self.found(named);
        let Hunting { patterns, observations, .. } = self;
        let place = |pattern: usize| patterns.place(pattern);
        Hunted {
            sighted,
            observations,
            withdrawn: patterns.withdrawn.clone(),
            refused: patterns.refused.clone(),
            unfit: Vec::new(),
            undecided: undecided.into_iter().map(place).collect(),
            forgotten: forgotten.into_iter().map(|(pattern, count)| (place(pattern), count)).collect(),
            costly_objects,
        }
    }
}

fn judged(
    patterns: &Patterns,
    speaks: &mut HashMap<usize, Speaks>,
    found: &Found,
    observation: Option<&Observation<'_>>,
    judging: &Judging<'_>,
) -> Option<Against> {
    let indicator = patterns.indicators.get(patterns.place(found.pattern))?;
    let speaks =
        speaks.entry(found.pattern).or_insert_with(|| Speaks::of(&indicator.pattern, judging.listed));
    judging.time(indicator, found).or_else(|| speaks.against(observation))
}

/// Whether a hunt has use for an object: observed data, an observable, or a type that the standard does not have.
pub fn is_of_use(type_name: &str) -> bool {
    type_name == "observed-data"
        || crate::schema::rule(type_name).is_none_or(|rule| rule.class == crate::schema::Class::Observable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDICATORS: &str = r#"[
        {"type":"indicator","spec_version":"2.1","id":"indicator--1","name":"Old","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","pattern_type":"stix","pattern":"[url:value = 'http://x.example/']"},
        {"type":"indicator","spec_version":"2.1","id":"indicator--2","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","pattern_type":"stix","pattern":"[domain-name:value LIKE '%.example'] FOLLOWEDBY [ipv4-addr:value ISSUBSET '192.0.2.0/24']"},
        {"type":"indicator","spec_version":"2.1","id":"indicator--1","name":"New","created":"2026-01-01T00:00:00Z","modified":"2026-01-02T00:00:00Z","pattern_type":"stix","pattern":"[domain-name:value = 'x.example']"},
        {"type":"indicator","spec_version":"2.1","id":"indicator--3","revoked":true,"created":"2026-01-01T00:00:00Z","modified":"2026-01-02T00:00:00Z","pattern_type":"stix","pattern":"[domain-name:value = 'x.example']"},
        {"type":"indicator","spec_version":"2.1","id":"indicator--4","created":"2026-01-01T00:00:00Z","modified":"2026-01-02T00:00:00Z","pattern_type":"stix","pattern":"[domain-name:value MATCHES '(?=x)']"},
        {"type":"indicator","spec_version":"2.1","id":"indicator--5","created":"2026-01-01T00:00:00Z","modified":"2026-01-02T00:00:00Z","pattern_type":"snort","pattern":"alert"}]"#;

    const OBSERVED: &[&str] = &[
        r#"{"type":"observed-data","spec_version":"2.1","id":"observed-data--1","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:09Z","number_observed":2,"object_refs":["domain-name--1"]}"#,
        r#"{"type":"domain-name","spec_version":"2.1","id":"domain-name--1","value":"x.example"}"#,
        r#"{"type":"observed-data","id":"observed-data--2","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","first_observed":"2026-01-02T00:00:00Z","last_observed":"2026-01-02T00:00:00Z","number_observed":1,"objects":{"0":{"type":"ipv4-addr","value":"192.0.2.9"}}}"#,
        r#"{"type":"observed-data","id":"observed-data--3","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","first_observed":"2026-01-02T00:00:00Z","last_observed":"2026-01-02T00:00:00Z","number_observed":0,"objects":{}}"#,
    ];

    #[test]
    fn a_hunt_says_what_was_seen_and_what_could_not_be_asked() {
        let indicators = indicators_of(INDICATORS.as_bytes()).unwrap();
        let ids: Vec<_> =
            indicators.iter().map(|one| (one.id.as_str(), one.name.as_deref(), one.revoked)).collect();
        assert_eq!(
            ids,
            [
                ("indicator--1", Some("New"), false),
                ("indicator--2", None, false),
                ("indicator--3", None, true),
                ("indicator--4", None, false)
            ]
        );
        let objects: Vec<Object<'_>> =
            OBSERVED.iter().map(|text| Object::read(text.as_bytes()).unwrap()).collect();
        let patterns = Arc::new(Patterns::new(indicators).unwrap());
        let hunted = hunt(&patterns, &objects, &Judging::NOTHING);
        let found: Vec<_> = hunted
            .sighted
            .iter()
            .map(|one| (one.indicator, one.observations.join(" "), one.last.to_string(), one.number))
            .collect();
        let (one, two) = ("observed-data--1", "observed-data--1 observed-data--2");
        assert_eq!(
            found,
            [
                (0, one.to_owned(), "2026-01-01T00:00:09.000Z".to_owned(), 2),
                (1, two.to_owned(), "2026-01-02T00:00:00.000Z".to_owned(), 3)
            ]
        );
        assert_eq!((hunted.observations, hunted.refused.len(), hunted.refused[0].0), (2, 1, 3));
        assert_eq!(hunted.withdrawn, [2]);
        assert_eq!(hunted.unfit, [("observed-data--3".to_owned(), UnfitObservation::Number)]);
    }

    #[test]
    fn a_text_has_a_pattern_a_line() {
        let text = "# ours\n[a:b = 1]\n\n  [a:b = 2] AND [a:c = 3]\n";
        let indicators = indicators_of(text.as_bytes()).unwrap();
        let lines: Vec<_> = indicators.iter().map(|one| (one.id.as_str(), one.pattern.as_str())).collect();
        assert_eq!(lines, [("line 2", "[a:b = 1]"), ("line 4", "[a:b = 2] AND [a:c = 3]")]);
        assert!(indicators_of(b"\xff").is_err() && indicators_of(b"[{").is_err());
        assert!(is_of_use("url") && is_of_use("x-own") && !is_of_use("relationship"));
    }
}
