//! Search: the objects held, by value, type, label, source, time and text.

use super::{Action, Ctx, Fault};
use crate::reading::{
    Bound, Copy, Finder, Found, Query, Seen, Shelf, Sight, Standing, authorise, standings, values_asked,
};
use comity_exchange::Scope;
use comity_ledger::store::{Store, StoreFault};
use comity_record::Timestamp;
use comity_store::AnyStore;
use comity_threat::{
    Object,
    index::{Family, Phrase, fold, suggested},
    value::{Value, recognise},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Searches the objects held. All that is given must hold; of several values, types or sources one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Search {
    /// Values, as typed: defanged or not, names, addresses, ranges, URLs, hashes, mail addresses. At most 20,000.
    #[serde(default)]
    pub values: Vec<String>,
    /// STIX types.
    #[serde(default)]
    pub types: Vec<String>,
    /// Labels that must all be there: of the record as `tlp=amber`, or of the object.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Sources: codes of parties, or ids of identities that created the object.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Words of the text, in any script.
    #[serde(default)]
    pub text: Option<String>,
    /// Added on this day or at this time, or later.
    #[serde(default)]
    pub since: Option<String>,
    /// Added before this day or time.
    #[serde(default)]
    pub until: Option<String>,
    /// Superseded and repeated copies too.
    #[serde(default)]
    pub all_versions: bool,
    /// Most hits; 100 where absent, at most 1,000.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Where the page before ended.
    #[serde(default)]
    pub after: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct SearchShown {
    /// Each value asked for, in order, where nothing but values was asked for.
    pub asked: Vec<AskedShown>,
    /// The objects, newest first.
    pub hits: Vec<HitShown>,
    /// Where the next page begins; absent where this is the last.
    pub next: Option<String>,
}

/// A value asked for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AskedShown {
    /// As typed.
    pub text: String,
    /// Its kind and canonical form; absent where it is no value.
    pub value: Option<String>,
    /// Objects that hold it.
    pub objects: u64,
}

/// An object found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HitShown {
    /// Its id.
    pub id: String,
    /// Its type.
    pub r#type: String,
    /// Its name, value or pattern, shortened.
    pub what: String,
    /// Its version.
    pub modified: Option<String>,
    /// `current`, `conflicting`, `superseded`, `repeated`; `revoked` or `recalled` where it is.
    pub state: String,
    /// Its record.
    pub record: String,
    /// Who signed the record.
    pub origin: String,
    /// From whom it came, where it did not originate here.
    pub from: Option<String>,
    /// The audience.
    pub tlp: String,
    /// When it was added here.
    pub added: String,
    /// The values asked for that it holds.
    pub matched: Vec<String>,
}

/// The most values of one search.
const VALUES: usize = 20_000;
/// Hits of a page.
const PAGE: u32 = 100;
/// The most hits of a page.
const MOST: u32 = 1000;
/// Copies of one object, or holders of one value, that are looked at.
const COPIES: u32 = 200;
/// Values looked up at once.
const AT_ONCE: usize = 64;

impl Action for Search {
    const NAME: &'static str = "search";
    const SUMMARY: &'static str = "searches the objects held by value, type, label, source, time and text";
    const SCOPE: Scope = Scope::Read;
    const LONGEST: Option<usize> = Some(4 << 20);
    const FOR_READERS: bool = true;
    type Reply = SearchShown;

    async fn run(self, ctx: &Ctx) -> Result<SearchShown, Fault> {
        let store = ctx.views.feed().store();
        let size = store.head().await?.size;
        ctx.views.index().objects.reaches(size).await?;
        if self.text.is_some() {
            let words = ctx.views.index().text.as_ref().ok_or_else(no_words)?;
            words.reaches(size).await?;
        }
        let sight = Sight::of(ctx, ctx.reader.clone()).await?;
        let search = Searching { ctx, store, sight: &sight };
        if self.values.len() > VALUES {
            let text = format!("{} values were given, the most is {VALUES}", self.values.len());
            return Err(Fault::input(text));
        }
        match self.is_list() {
            true => search.list(&self).await,
            false => search.page(&self).await,
        }
    }
}

pub(super) fn no_words() -> Fault {
    Fault::new("search/no-words", "no index of words is kept here, so nothing is found by its text")
        .help("set `index_words = true` for the party in `comity.toml` and start again: it is then built from the log")
}

impl Search {
    /// Whether values alone are asked for: each is then answered for itself.
    fn is_list(&self) -> bool {
        let others = [&self.types, &self.labels, &self.sources];
        let none = others.iter().all(|list| list.is_empty()) && self.text.is_none();
        none && !self.values.is_empty()
            && self.since.is_none()
            && self.until.is_none()
            && self.after.is_none()
    }

    fn limit(&self) -> usize {
        self.limit.unwrap_or(PAGE).clamp(1, MOST) as usize
    }

    pub(super) fn query(&self, lengths: &(Vec<u8>, Vec<u8>)) -> Result<Query, Fault> {
        let mut any = Vec::new();
        if !self.values.is_empty() {
            let values: Vec<Value> = self.values.iter().filter_map(|text| recognise(text)).collect();
            if values.is_empty() {
                return Err(Fault::input(
                    "none of the values given is a name, address, URL, hash or mail address",
                ));
            }
            let terms = values.iter().flat_map(|value| asked_terms(value, lengths));
            any.push(terms.collect());
        }
        let list = |family: Family, texts: &[String]| -> Vec<(Family, String)> {
            texts.iter().map(|text| (family, text.clone())).collect()
        };
        any.extend((!self.types.is_empty()).then(|| list(Family::Type, &self.types)));
        any.extend((!self.sources.is_empty()).then(|| list(Family::Source, &self.sources)));
        // Each label is a condition of its own. Those of records are written with an equals sign and not folded.
        for label in &self.labels {
            let label = if label.contains('=') { label.clone() } else { fold(label).into_owned() };
            any.push(vec![(Family::Label, label)]);
        }
        let text = self.text.as_deref().map(Phrase::read).unwrap_or_default();
        if self.text.is_some() && text.is_empty() {
            return Err(Fault::input("there is no word in the text to search for"));
        }
        let time = |text: &Option<String>| text.as_deref().map(moment).transpose();
        Ok(Query { any, text, since: time(&self.since)?, until: time(&self.until)? })
    }
}

/// Suggests objects whose names begin as somebody types.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Suggest {
    /// What was typed: whole words, and the beginning of the last.
    pub typed: String,
}

/// A suggestion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SuggestedShown {
    /// The object's name.
    pub name: String,
    /// Its type.
    pub r#type: String,
    /// Its id.
    pub id: String,
}

/// The most suggestions.
const SUGGESTED: usize = 20;

impl Action for Suggest {
    const NAME: &'static str = "search.suggest";
    const SUMMARY: &'static str = "suggests objects whose names begin as somebody types";
    const SCOPE: Scope = Scope::Read;
    const FOR_READERS: bool = true;
    type Reply = Vec<SuggestedShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<SuggestedShown>, Fault> {
        let Some(term) = suggested(&self.typed) else { return Ok(Vec::new()) };
        let store = ctx.views.feed().store();
        ctx.views.index().objects.reaches(store.head().await?.size).await?;
        let sight = Sight::of(ctx, ctx.reader.clone()).await?;
        let search = Searching { ctx, store, sight: &sight };
        let found = search.finder().with(Family::Begins, &term, COPIES).await?;
        let seen: Vec<Seen> = found.iter().map(|found| found.seen).collect();
        let mut shown = BTreeSet::new();
        for copy in search.read(&seen).await? {
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            if !begins_so(&object, &self.typed) || !search.stands(object.id(), copy.place).await? {
                continue;
            }
            let (id, r#type) = (object.id().to_owned(), object.type_name().to_owned());
            shown.insert(SuggestedShown { name: what(&object), r#type, id });
        }
        Ok(shown.into_iter().take(SUGGESTED).collect())
    }
}

/// Whether every word typed begins a word of the object's name or aliases.
fn begins_so(object: &Object<'_>, typed: &str) -> bool {
    let aliases = object.get("aliases").into_iter().flat_map(comity_threat::reader::Value::children);
    let aliases = aliases.filter_map(comity_threat::reader::Value::as_str);
    let names: Vec<String> =
        object.text_of("name").into_iter().chain(aliases).map(|name| fold(&name).into_owned()).collect();
    let begins = |name: &String, word: &str| name.split_whitespace().any(|known| known.starts_with(word));
    names.iter().any(|name| fold(typed).split_whitespace().all(|word| begins(name, word)))
}

/// One search of one reader.
#[derive(Clone, Copy)]
pub(super) struct Searching<'s> {
    pub ctx: &'s Ctx,
    pub store: &'s AnyStore,
    pub sight: &'s Sight,
}

impl<'s> Searching<'s> {
    pub fn finder(&self) -> Finder<'s, AnyStore> {
        Finder::new(self.store, self.ctx.views.index(), self.sight)
    }

    /// The objects at these places that the reader may read.
    pub async fn read(&self, seen: &[Seen]) -> Result<Vec<Copy>, Fault> {
        let bodies = self.ctx.views.feed().bodies();
        let permitted = authorise(self.ctx, self.sight, self.store, bodies, seen).await?;
        Ok(Shelf::new(self.store, bodies).read(&permitted).await?)
    }

    /// The copies of an object, with the standing of each.
    pub async fn copies(&self, id: &str) -> Result<Vec<(Found, Standing)>, Fault> {
        let copies = self.finder().with(Family::Id, id, COPIES).await?;
        let known = self.ctx.views.index().classes.all();
        let derived = known.into_iter().filter(|(_, known)| known.subject.redacted.is_some());
        let derived: BTreeSet<_> = derived.map(|(id, _)| id).collect();
        let apart = |seen: &Seen| is_withheld(seen) || derived.contains(&seen.class);
        Ok(standings(&copies, apart))
    }

    /// Whether a copy of an object is one that stands.
    pub async fn stands(&self, id: &str, place: crate::reading::Place) -> Result<bool, Fault> {
        let copies = self.copies(id).await?;
        let found = copies.iter().find(|(found, _)| found.seen.place == place);
        Ok(found.is_none_or(|(_, standing)| matches!(standing, Standing::Current | Standing::Conflicting)))
    }

    async fn page(&self, search: &Search) -> Result<SearchShown, Fault> {
        let lengths = self.lengths(&search.values).await?;
        let query = search.query(&lengths)?;
        let after = search.after.as_deref().map(str::parse::<Bound>).transpose()?;
        let found = self.finder().page(&query, after, search.limit()).await?;
        let full = found.len() == search.limit();
        let next = found.last().filter(|_| full).map(|last| {
            let place = last.seen.place;
            Bound { at: last.at, entry: place.entry, slot: place.slot }.to_string()
        });
        let seen: Vec<Seen> = found.iter().map(|found| found.seen).collect();
        let mut copies = self.read(&seen).await?;
        copies.retain(|copy| Object::read(&copy.bytes).is_ok_and(|object| query.text.is_in(&object)));
        let hits = self.shown(copies, search.all_versions, &BTreeMap::new()).await?;
        Ok(SearchShown { asked: Vec::new(), hits, next })
    }

    /// Each value for itself.
    async fn list(&self, search: &Search) -> Result<SearchShown, Fault> {
        let lengths = self.lengths(&search.values).await?;
        let mut asked = Vec::with_capacity(search.values.len());
        let mut matched: BTreeMap<Seen, Vec<String>> = BTreeMap::new();
        for texts in search.values.chunks(AT_ONCE) {
            let values: Vec<Option<Value>> = texts.iter().map(|text| recognise(text)).collect();
            let looked = values.iter().map(|value| self.holders(value.as_ref(), &lengths));
            let looked = futures_util::future::join_all(looked).await;
            for ((text, value), holders) in texts.iter().zip(values).zip(looked) {
                let holders = holders?;
                let shown = value.map(|value| format!("{}:{}", value.kind().word(), value.text()));
                let objects = holders.len() as u64;
                for seen in holders {
                    matched.entry(seen).or_default().push(text.clone());
                }
                asked.push(AskedShown { text: text.clone(), value: shown, objects });
            }
        }
        let newest = matched.keys().rev().take(search.limit()).copied().collect::<Vec<_>>();
        let copies = self.read(&newest).await?;
        let by_place = matched.into_iter().map(|(seen, texts)| (seen.place, texts)).collect();
        let hits = self.shown(copies, search.all_versions, &by_place).await?;
        Ok(SearchShown { asked, hits, next: None })
    }

    async fn holders(
        &self,
        value: Option<&Value>,
        lengths: &(Vec<u8>, Vec<u8>),
    ) -> Result<BTreeSet<Seen>, StoreFault> {
        let mut holders = BTreeSet::new();
        for (family, term) in value.map(|value| asked_terms(value, lengths)).unwrap_or_default() {
            let found = self.finder().with(family, &term, COPIES).await?;
            holders.extend(found.into_iter().map(|found| found.seen));
        }
        Ok(holders)
    }

    /// The lengths of ranges held, where an address is asked for.
    pub async fn lengths(&self, values: &[String]) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        use comity_threat::value::Kind;
        let address = |text: &String| {
            recognise(text).is_some_and(|value| matches!(value.kind(), Kind::Ipv4 | Kind::Ipv6))
        };
        if !values.iter().any(address) {
            return Ok((Vec::new(), Vec::new()));
        }
        Ok(self.finder().range_lengths().await?)
    }

    async fn shown(
        &self,
        copies: Vec<Copy>,
        all_versions: bool,
        matched: &BTreeMap<crate::reading::Place, Vec<String>>,
    ) -> Result<Vec<HitShown>, Fault> {
        let mut known: BTreeMap<String, Vec<(Found, Standing)>> = BTreeMap::new();
        let mut hits = Vec::with_capacity(copies.len());
        for copy in copies {
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            let id = object.id().to_owned();
            if !known.contains_key(&id) {
                known.insert(id.clone(), self.copies(&id).await?);
            }
            let standing =
                known.get(&id).and_then(|all| all.iter().find(|(found, _)| found.seen.place == copy.place));
            let hidden = standing
                .is_some_and(|(_, standing)| matches!(standing, Standing::Superseded | Standing::Repeated));
            if hidden && !all_versions {
                continue;
            }
            let matched = matched.get(&copy.place).cloned().unwrap_or_default();
            let mut hit = hit(&copy, &object, standing.copied(), matched);
            // From whom we have it is our own business.
            hit.from = hit.from.filter(|_| self.sight.is_own());
            hits.push(hit);
        }
        Ok(hits)
    }
}

pub(super) fn asked_terms(value: &Value, (v4, v6): &(Vec<u8>, Vec<u8>)) -> Vec<(Family, String)> {
    let lengths = if value.text().contains(':') { v6 } else { v4 };
    values_asked(value, lengths)
}

fn is_withheld(seen: &Seen) -> bool {
    seen.class == crate::projection::index::WITHHELD
}

fn hit(
    copy: &Copy,
    object: &Object<'_>,
    standing: Option<(Found, Standing)>,
    matched: Vec<String>,
) -> HitShown {
    HitShown {
        id: object.id().to_owned(),
        r#type: object.type_name().to_owned(),
        what: what(object),
        modified: object.moment().map(|moment| moment.to_string()),
        state: state(object, standing),
        record: copy.header.record.to_string(),
        origin: copy.header.origin.to_string(),
        from: copy.header.received_from.as_ref().map(ToString::to_string),
        tlp: copy.header.labels.tlp.to_string(),
        added: copy.header.at.to_string(),
        matched,
    }
}

/// How a copy stands, in a word.
pub(super) fn state(object: &Object<'_>, standing: Option<(Found, Standing)>) -> String {
    let word = match standing {
        Some((found, _)) if is_withheld(&found.seen) => "recalled",
        Some((_, Standing::Current)) if object.common().is_revoked() => "revoked",
        Some((_, standing)) => standing.as_str(),
        None => "current",
    };
    word.to_owned()
}

/// What an object is about, in at most 120 characters.
pub(super) fn what(object: &Object<'_>) -> String {
    let keys =
        ["name", "value", "pattern", "relationship_type", "abstract", "content", "path", "key", "user_id"];
    let text = keys.iter().find_map(|key| object.text_of(key)).unwrap_or_default();
    text.chars().take(120).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A time, or the beginning of a day.
fn moment(text: &str) -> Result<Timestamp, Fault> {
    let day = format!("{text}T00:00:00Z");
    let full = if text.contains('T') { text } else { day.as_str() };
    let moment = full.parse::<comity_threat::Moment>();
    moment.map(comity_threat::Moment::timestamp).map_err(|_| {
        Fault::input(format!("`{text}` is no day or time")).help("write 2026-03-01 or 2026-03-01T12:00:00Z")
    })
}
