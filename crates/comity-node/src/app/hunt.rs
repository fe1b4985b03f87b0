//! Hunting: patterns on observed data and logs in files at hand, and on what the party holds.

use super::{Action, Ctx, Fault, search::Searching};
use crate::{
    projection::index::WITHHELD,
    reading::{Bound, Copy, Query, Reader, Seen, Sight},
};
use comity_exchange::Scope;
use comity_ledger::store::Store;
use comity_threat::{
    Object, SpecVersion,
    hunt::{
        Hunted, Hunting, Indicator, Patterns, hunt, indicators_among, indicators_of, is_of_use,
        observation_of,
    },
    index::Family,
    log::{Lines, Roles},
    pattern::observations,
    reader::read_all,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Hunts among the observed data that the party holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HuntHeld {
    /// The patterns, besides those held.
    pub patterns: Vec<Given>,
    /// Whether the patterns of the indicators held are used.
    pub held: bool,
}

/// Gives the patterns of the indicators that the party holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeldPatterns {}

/// A pattern to hunt with.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Given {
    /// The id of its indicator, or where it stood.
    pub indicator: String,
    /// The name of the indicator.
    pub name: Option<String>,
    /// The pattern.
    pub pattern: String,
    /// The edition of STIX: `2.0` or `2.1`.
    pub version: String,
}

/// What a hunt found, and what it could not ask.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct HuntShown {
    /// Patterns hunted with.
    pub patterns: u64,
    /// Observations asked.
    pub observations: u64,
    /// What was found.
    pub found: Vec<FoundShown>,
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
}

/// Longest file of patterns or observations, unfolded: 1 GiB.
const LONGEST: u64 = 1 << 30;

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
        let patterns = self.held;
        let bytes = held(ctx, Types::OfUse { indicators: patterns }).await?;
        let work = move || {
            let objects = objects(bytes.iter().map(Vec::as_slice));
            if self.held {
                given.extend(indicators_among(objects.iter()));
            }
            run(&given, &objects)
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
        Ok(Indicator { id: self.indicator, name: self.name, pattern: self.pattern, version })
    }
}

impl From<Indicator> for Given {
    fn from(indicator: Indicator) -> Given {
        Given {
            indicator: indicator.id,
            name: indicator.name,
            pattern: indicator.pattern,
            version: indicator.version.as_str().to_owned(),
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

/// The patterns of files: STIX, or one pattern a line; `.zst` and `.gz` are unfolded.
pub fn patterns(files: &[PathBuf]) -> Result<Vec<Given>, Fault> {
    let mut all = Vec::new();
    for file in files {
        let bytes = unfolded(file)?;
        let found = indicators_of(&bytes).map_err(|fault| unsound(file, &fault))?;
        all.extend(found.into_iter().map(Given::from));
    }
    Ok(all)
}

/// Hunts among the observed data in files of STIX, and in logs. Both are read here, and nothing of them is sent.
/// `progress` hears of each log how many of its bytes are read.
pub fn in_files(
    patterns: Vec<Given>,
    observed: &[PathBuf],
    logs: &[PathBuf],
    progress: &mut dyn FnMut(&Path, u64),
) -> Result<HuntShown, Fault> {
    let mut indicators = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        indicators.push(pattern.read()?);
    }
    let kept = observed_in(observed)?;
    let objects = objects(kept.iter().map(Vec::as_slice));
    let (seen, unfit) = observations(&objects);
    let compiled = compiled(&indicators)?;
    let mut hunting = Hunting::new(&compiled);
    (0..).zip(&seen).for_each(|(name, observation)| hunting.observe(name, observation));
    let mut unread = 0;
    for (place, path) in (1..).zip(logs) {
        unread += in_log(&mut hunting, place << LINE_BITS, path, progress)?;
    }
    let mut hunted = hunting.finish(|name| match name >> LINE_BITS {
        0 => seen.get(name as usize).map(|one| one.id.clone().into_owned()).unwrap_or_default(),
        place => {
            let path = logs.get(place as usize - 1).map(|path| path.display().to_string());
            format!("{}:{}", path.unwrap_or_default(), name & ((1 << LINE_BITS) - 1))
        }
    });
    hunted.unfit = unfit.into_iter().map(|(id, why)| (id.to_owned(), why)).collect();
    Ok(HuntShown { unread_lines: unread, ..show(&indicators, &hunted) })
}

/// The name of an observation in a log is its line, below the place of the log.
const LINE_BITS: u32 = 40;
/// Lines between two words about progress.
const TOLD: u64 = 4096;
/// Objects held that are read at once.
const PAGE: usize = 1000;
/// The longest line of a log that is read; what is behind it is passed over.
const LONGEST_LINE: u64 = 1 << 20;

/// Leads the lines of a log through a hunt. Returns how many lines were no observation: those without a time, or without
/// anything that patterns speak of.
fn in_log(
    hunting: &mut Hunting<'_>,
    first: u64,
    path: &Path,
    progress: &mut dyn FnMut(&Path, u64),
) -> Result<u64, Fault> {
    let roles = Roles::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let count = Arc::default();
    let mut input = BufReader::new(opened(path, &count)?);
    let (mut lines, mut unread) = (Lines::new(&roles, None), 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(|why| unreadable(path, &why))? == 0 {
            return Ok(unread);
        }
        if lines.number().is_multiple_of(TOLD) {
            progress(path, count.load(Relaxed));
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST_LINE {
            input.skip_until(b'\n').map_err(|why| unreadable(path, &why))?;
        }
        lines.read(&line, |number, record| match observation_of(String::new(), record) {
            Some(observation) => hunting.observe(first | number, &observation),
            None => unread += 1,
        });
    }
}

/// What hunts have a use for in files of STIX.
fn observed_in(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Fault> {
    let mut kept = Vec::new();
    for file in files {
        let bytes = unfolded(file)?;
        let read = read_all(&bytes, |raw| {
            let object = Object::read(raw.bytes).map_err(|fault| raw.place(fault))?;
            if is_of_use(object.type_name()) {
                kept.push(raw.bytes.to_vec());
            }
            Ok(())
        });
        read.map_err(|fault| unsound(file, &fault))?;
    }
    Ok(kept)
}

fn compiled(indicators: &[Indicator]) -> Result<Patterns, Fault> {
    Patterns::new(indicators).map_err(|fault| Fault::new(fault.code(), fault.to_string()))
}

fn run(indicators: &[Indicator], objects: &[Object<'_>]) -> Result<HuntShown, Fault> {
    let hunted = hunt(indicators, objects).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    Ok(show(indicators, &hunted))
}

fn show(indicators: &[Indicator], hunted: &Hunted) -> HuntShown {
    let id = |place: usize| indicators.get(place).map(|one| one.id.clone()).unwrap_or_default();
    let found = hunted.sighted.iter().map(|one| FoundShown {
        indicator: id(one.indicator),
        name: indicators.get(one.indicator).and_then(|indicator| indicator.name.clone()),
        observations: one.observations.clone(),
        first: one.first.to_string(),
        last: one.last.to_string(),
        number: one.number,
    });
    HuntShown {
        patterns: indicators.len() as u64,
        observations: hunted.observations,
        found: found.collect(),
        refused: hunted
            .refused
            .iter()
            .map(|(place, why)| format!("{}: {why} [{}]", id(*place), why.code))
            .collect(),
        unfit: hunted.unfit.iter().map(|(name, why)| format!("{name}: {why} [{}]", why.code())).collect(),
        undecided: hunted.undecided.iter().map(|place| id(*place)).collect(),
        forgotten: hunted.forgotten.iter().map(|(place, count)| format!("{}: {count}", id(*place))).collect(),
        costly_objects: hunted.costly_objects,
        unread_lines: 0,
    }
}

/// A file, unfolded where its first bytes say that it is folded; `count` hears how many of its bytes were read.
fn opened(path: &Path, count: &Arc<AtomicU64>) -> Result<Box<dyn Read + Send>, Fault> {
    let file = File::open(path).map_err(|why| unreadable(path, &why))?;
    crate::matching::unfold(file, Arc::clone(count)).map_err(|why| unreadable(path, &why))
}

fn unfolded(path: &Path) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = opened(path, &Arc::default())?.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|why| unreadable(path, &why))?;
    if bytes.len() as u64 > LONGEST {
        let text = format!("`{}` is longer than {LONGEST} bytes", path.display());
        return Err(Fault::new("hunt/too-long", text).help("split the file"));
    }
    Ok(bytes)
}

fn unreadable(path: &Path, why: &io::Error) -> Fault {
    Fault::new("hunt/unreadable", format!("`{}` cannot be read: {why}", path.display()))
}

fn unsound(path: &Path, fault: &comity_threat::reader::ReadFault) -> Fault {
    Fault::new(fault.code(), format!("`{}`: {fault}", path.display()))
}
