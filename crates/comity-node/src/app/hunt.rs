//! Hunting: patterns on observed data and logs in files at hand, and on what the party holds.

mod files;
mod follow;

pub use files::{in_files, patterns};
pub use follow::{Next, follow};

use super::{Action, Ctx, Fault, search::Searching};
use crate::{
    matching::Lists,
    projection::index::WITHHELD,
    reading::{Bound, Copy, Query, Reader, Seen, Sight},
};
use comity_exchange::Scope;
use comity_ledger::store::Store;
use comity_threat::{
    Object, SpecVersion,
    hunt::{
        Against, Hunted, Indicator, Judging, Listed, Patterns, Sighted, hunt, indicators_among, is_of_use,
    },
    index::Family,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Hunts among the observed data that the party holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HuntHeld {
    /// The patterns, besides those held.
    pub patterns: Vec<Given>,
    /// Whether the patterns of the indicators held are used.
    pub held: bool,
    /// Whether the validity of indicators is set aside.
    #[serde(default)]
    pub any_time: bool,
}

/// Gives the patterns of the indicators that the party holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeldPatterns {}

/// A pattern to hunt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Given {
    /// The id of its indicator, or where it stood.
    pub indicator: String,
    /// The name of the indicator.
    pub name: Option<String>,
    /// The pattern.
    pub pattern: String,
    /// The edition of STIX: `2.0` or `2.1`.
    pub version: String,
    /// From when it counts.
    #[serde(default)]
    pub from: Option<String>,
    /// Until when it counts (exclusive).
    #[serde(default)]
    pub until: Option<String>,
    /// Whether it was taken back, so that it is not hunted with.
    #[serde(default)]
    pub revoked: bool,
}

/// What a hunt found, and what it could not ask.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct HuntShown {
    /// Patterns given, with those below that were not hunted with.
    pub patterns: u64,
    /// Observations asked.
    pub observations: u64,
    /// What was found, with what stands against it.
    pub found: Vec<FoundShown>,
    /// Indicators that were taken back, and so were not hunted with.
    pub withdrawn: Vec<String>,
    /// Patterns that cannot be evaluated, with the reason.
    pub refused: Vec<String>,
    /// Observed data that cannot be used, with the reason.
    pub unfit: Vec<String>,
    /// Patterns that were left undecided, being too intricate.
    pub undecided: Vec<String>,
    /// Patterns of which the oldest observations were forgotten, being too many.
    pub forgotten: Vec<String>,
    /// Objects that were left, being too intricate.
    pub costly_objects: u64,
    /// Lines of logs that are no observation, for want of a time or of anything that patterns speak of.
    pub unread_lines: u64,
    /// How often, in a log that grows, the patterns of a node were put together anew; what patterns of several
    /// observations had seen until then was let go.
    pub put_together: u64,
}

/// A pattern that matched.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FoundShown {
    /// The indicator.
    pub indicator: String,
    /// Its name.
    pub name: Option<String>,
    /// The observed-data objects that show it.
    pub observations: Vec<String>,
    /// The earliest time.
    pub first: String,
    /// The latest time.
    pub last: String,
    /// How often that was observed.
    pub number: u64,
    /// What stands against it; nothing where it counts.
    pub suppressed: Option<FindSuppressed>,
}

/// Why a find does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindSuppressed {
    /// `valid-from`, `valid-until` or `warning-list`.
    pub by: String,
    /// The time, or the name of the list.
    pub what: String,
    /// How the list names the value; nothing for a time.
    pub how: Option<String>,
}

/// By what finds are judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'j> {
    /// Warning lists.
    pub lists: &'j Lists,
    /// Whether the validity of indicators is set aside.
    pub any_time: bool,
}

impl Judged<'_> {
    fn with<T>(self, work: impl FnOnce(&Judging<'_>) -> T) -> T {
        let listed = |value: &comity_threat::value::Value| {
            let warning = self.lists.check(value)?;
            Some(Listed { list: warning.list.to_owned(), how: warning.how.word() })
        };
        work(&Judging { listed: &listed, any_time: self.any_time })
    }
}

/// Objects held that are read at once.
const PAGE: usize = 1000;

impl Action for HuntHeld {
    const NAME: &'static str = "hunt.held";
    const SUMMARY: &'static str = "hunts with patterns among the observed data that the party holds";
    const SCOPE: Scope = Scope::Read;
    const LONGEST: Option<usize> = Some(64 << 20);
    type Reply = HuntShown;

    async fn run(self, ctx: &Ctx) -> Result<HuntShown, Fault> {
        let mut given = Vec::with_capacity(self.patterns.len());
        for pattern in self.patterns {
            given.push(pattern.read()?);
        }
        let bytes = held(ctx, Types::OfUse { indicators: self.held }).await?;
        let lists = ctx.warnings.lists(&ctx.random).await?;
        let work = move || {
            let objects = objects(bytes.iter().map(Vec::as_slice));
            if self.held {
                given.extend(indicators_among(objects.iter()));
            }
            run(given, &objects, Judged { lists: &lists, any_time: self.any_time })
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|fault| Fault::new("hunt/broken", fault.to_string()))?
    }
}

impl Action for HeldPatterns {
    const NAME: &'static str = "hunt.patterns";
    const SUMMARY: &'static str = "gives the patterns of the indicators that the party holds";
    const SCOPE: Scope = Scope::Read;
    type Reply = Vec<Given>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<Given>, Fault> {
        let bytes = held(ctx, Types::Indicators).await?;
        let objects = objects(bytes.iter().map(Vec::as_slice));
        Ok(indicators_among(objects.iter()).into_iter().map(Given::from).collect())
    }
}

impl Given {
    fn read(self) -> Result<Indicator, Fault> {
        let version = match self.version.as_str() {
            "2.0" => SpecVersion::V20,
            "2.1" => SpecVersion::V21,
            other => return Err(Fault::input(format!("`{other}` is neither 2.0 nor 2.1"))),
        };
        let moment = |text: Option<String>| text.map(|text| text.parse().map_err(Fault::input)).transpose();
        Ok(Indicator {
            id: self.indicator,
            name: self.name,
            pattern: self.pattern,
            version,
            valid_from: moment(self.from)?,
            valid_until: moment(self.until)?,
            revoked: self.revoked,
        })
    }
}

impl From<Indicator> for Given {
    fn from(indicator: Indicator) -> Given {
        Given {
            indicator: indicator.id,
            name: indicator.name,
            pattern: indicator.pattern,
            version: indicator.version.as_str().to_owned(),
            from: indicator.valid_from.map(|moment| moment.to_string()),
            until: indicator.valid_until.map(|moment| moment.to_string()),
            revoked: indicator.revoked,
        }
    }
}

/// The objects held of these types, found by the index of types: the copies that stand.
async fn held(ctx: &Ctx, types: Types) -> Result<Vec<Vec<u8>>, Fault> {
    let store = ctx.views.feed().store();
    ctx.views.index().objects.reaches(store.head().await?.size).await?;
    let sight = Sight::of(ctx, Reader::Own).await?;
    let search = Searching { ctx, store, sight: &sight };
    let query = match types {
        Types::Indicators => {
            Query { any: vec![vec![(Family::Type, "indicator".to_owned())]], ..Query::default() }
        }
        // Types that the standard does not have may be of use too, so that only what is of none is passed over.
        Types::OfUse { .. } => Query::default(),
    };
    let (mut out, mut after) = (Vec::new(), None);
    loop {
        let page = search.finder().page(&query, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(out) };
        let place = last.seen.place;
        after = Some(Bound { at: last.at, entry: place.entry, slot: place.slot });
        let seen: Vec<Seen> =
            page.iter().map(|found| found.seen).filter(|seen| seen.class != WITHHELD).collect();
        let kept =
            |copy: &Copy| Object::read(&copy.bytes).is_ok_and(|object| types.wants(object.type_name()));
        out.extend(search.read(&seen).await?.into_iter().filter(kept).map(|copy| copy.bytes));
    }
}

/// What a hunt wants of what is held.
#[derive(Clone, Copy)]
enum Types {
    /// Indicators alone.
    Indicators,
    /// Whatever observations are made of, and perhaps indicators.
    OfUse { indicators: bool },
}

impl Types {
    fn wants(self, name: &str) -> bool {
        match self {
            Types::Indicators => name == "indicator",
            Types::OfUse { indicators } => is_of_use(name) || (indicators && name == "indicator"),
        }
    }
}

/// What was read once as an object is read as one again.
fn objects<'b>(bytes: impl Iterator<Item = &'b [u8]>) -> Vec<Object<'b>> {
    bytes.filter_map(|bytes| Object::read(bytes).ok()).collect()
}

fn compiled(given: Vec<Given>) -> Result<Patterns, Fault> {
    let indicators: Result<Vec<Indicator>, Fault> = given.into_iter().map(Given::read).collect();
    Patterns::new(indicators?).map_err(|fault| Fault::new(fault.code(), fault.to_string()))
}

fn run(indicators: Vec<Indicator>, objects: &[Object<'_>], judged: Judged<'_>) -> Result<HuntShown, Fault> {
    let patterns = Patterns::new(indicators).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let patterns = Arc::new(patterns);
    let hunted = judged.with(|judging| hunt(&patterns, objects, judging));
    let mut shown = HuntShown::default();
    add(&mut shown, &patterns, hunted);
    Ok(shown)
}

/// Adds what a hunt with these patterns found.
fn add(shown: &mut HuntShown, patterns: &Patterns, hunted: Hunted) {
    let id = |place: usize| patterns.indicators().get(place).map(|one| one.id.clone()).unwrap_or_default();
    shown.patterns += patterns.indicators().len() as u64;
    shown.observations += hunted.observations;
    shown.found.extend(hunted.sighted.into_iter().map(|one| found_shown(patterns, one)));
    shown.withdrawn.extend(hunted.withdrawn.iter().map(|place| id(*place)));
    let refused = |(place, why): (usize, comity_threat::pattern::PatternFault)| {
        format!("{}: {why} [{}]", id(place), why.code)
    };
    shown.refused.extend(hunted.refused.into_iter().map(refused));
    let unfit = hunted.unfit.iter().map(|(name, why)| format!("{name}: {why} [{}]", why.code()));
    shown.unfit.extend(unfit);
    shown.undecided.extend(hunted.undecided.iter().map(|place| id(*place)));
    let forgotten = hunted.forgotten.iter().map(|(place, count)| format!("{}: {count}", id(*place)));
    shown.forgotten.extend(forgotten);
    shown.costly_objects += hunted.costly_objects;
}

fn found_shown(patterns: &Patterns, found: Sighted) -> FoundShown {
    let indicator = patterns.indicators().get(found.indicator);
    FoundShown {
        indicator: indicator.map(|one| one.id.clone()).unwrap_or_default(),
        name: indicator.and_then(|one| one.name.clone()),
        observations: found.observations,
        first: found.first.to_string(),
        last: found.last.to_string(),
        number: found.number,
        suppressed: found.against.map(FindSuppressed::from),
    }
}

impl From<Against> for FindSuppressed {
    fn from(against: Against) -> FindSuppressed {
        let (by, what, how) = match against {
            Against::NotYet(from) => ("valid-from", from.to_string(), None),
            Against::NoLonger(until) => ("valid-until", until.to_string(), None),
            Against::Listed(listed) => ("warning-list", listed.list, Some(listed.how.to_owned())),
        };
        FindSuppressed { by: by.to_owned(), what, how }
    }
}
