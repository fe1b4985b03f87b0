//! Pages of a collection for readers who are not of the party: guests and constituents.
//!
//! Nothing is read but the index rows of the classes that are cleared for the reader, so that answers, dates and the number of
//! reads follow from what the reader may see alone. Bytes come through the one authorisation function.
//!
//! `date_added` is the millisecond in which the record was added and, in nanoseconds, the object's rank among what the reader
//! may see of that millisecond: in the order of the log, and the same whatever else came in at that time. Such pages are not
//! kept: they are one reader's.

use super::{
    Answer, Collection, Of, PageFault, Question, Sort,
    page::{PAGE, present_in, unwritten},
};
use crate::{
    app::Ctx,
    projection::index::{ClassId, Version},
    reading::{AddedRow, Finder, Place, Query, Seen, Shelf, Sight, authorise},
};
use comity_exchange::{
    Bodies,
    search::SavedSearch,
    taxii::{
        Added, AudienceClass, Encoding, Filter, Held, HeldVersions, Manifest, ManifestEntry, Marks,
        TaxiiFault, VersionList, envelope, object_media_type,
    },
};
use comity_ledger::store::{Kv, Store, StoreFault};
use comity_threat::{Moment, Object, SpecVersion, index::Family};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Rows of a class that are read at once.
const ROWS: u32 = 32;
/// Copies of one object that are looked at.
const COPIES: u32 = 200;
/// Nanoseconds of a millisecond.
const NANOS: i64 = 1_000_000;

/// A collection as one reader sees it.
#[derive(Debug)]
pub struct Outside<'o, S, B> {
    ctx: &'o Ctx,
    sight: &'o Sight,
    store: &'o S,
    bodies: &'o B,
}

/// An object that may be on the page.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    seen: Seen,
    /// Nanoseconds since 1970.
    date: i64,
    dated: Option<Moment>,
}

/// Where a collection is looked for.
struct Scope {
    classes: BTreeSet<ClassId>,
    query: Query,
    saved: Option<Arc<SavedSearch>>,
    /// The partition in which deletions show.
    partition: Option<u32>,
    /// Classes of what was derived by redaction.
    redacted: BTreeSet<ClassId>,
}

/// An object with its bytes, on its way out.
struct Going {
    id: String,
    spec: SpecVersion,
    date: i64,
    version: Moment,
    bytes: Vec<u8>,
}

impl<'o, S: Store + Kv, B: Bodies> Outside<'o, S, B> {
    /// What a reader sees of a party's collections.
    pub fn new(ctx: &'o Ctx, sight: &'o Sight, store: &'o S, bodies: &'o B) -> Outside<'o, S, B> {
        Outside { ctx, sight, store, bodies }
    }

    /// The page that answers a question.
    ///
    /// # Errors
    /// A `next` that was not given out for this question, an object that is not there, and faults of the store.
    pub async fn page(&self, question: &Question<'_>) -> Result<Answer, PageFault> {
        let keys = self.ctx.collections.keys.page();
        let bound =
            [self.ctx.collections.bound(question), format!("{:?}", self.sight.reader()).into()].concat();
        let filter = question.filter;
        let resumed = filter.next.as_deref().map(|next| keys.position(&bound, next)).transpose()?;
        let after = filter.after.map(|moment| nanos_of(moment.parts()));
        let start = resumed.map(|position| position.0).max(after).unwrap_or(-1);
        let limit = filter.limit.map_or(PAGE, |limit| limit.get().min(PAGE)) as usize;
        let scope = self.scope(question)?;
        let mut found = match self.ids(question) {
            Some(ids) => self.of_ids(&scope, question, &ids, start).await?,
            None => self.scan(&scope, filter, start, limit).await?,
        };
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| keys.token(&bound, Added(last.date)));
        let going = self.read(&scope, filter, &found).await?;
        let span = going.first().zip(going.last()).map(|(first, last)| (shown(first.date), shown(last.date)));
        let body = body(question.sort, &going, next).map_err(|why| unwritten(&why))?;
        Ok(Answer { body: body.into(), encoding: Encoding::Identity, span })
    }

    fn finder(&self) -> Finder<'o, S> {
        Finder::new(self.store, self.ctx.views.index(), self.sight)
    }

    fn ids<'q>(&self, question: &'q Question<'_>) -> Option<Vec<&'q str>> {
        match question.object {
            Some(id) => Some(vec![id]),
            None if question.filter.ids.is_empty() => None,
            None => Some(question.filter.ids.iter().map(String::as_str).collect()),
        }
    }

    fn scope(&self, question: &Question<'_>) -> Result<Scope, PageFault> {
        let known = self.ctx.views.index().classes.all();
        let redacted = known.iter().filter(|(_, known)| known.subject.redacted.is_some());
        let redacted = redacted.map(|(id, _)| *id).collect();
        let visible = known.into_iter().filter(|(id, _)| self.sight.classes().contains(id));
        let mut scope = Scope {
            classes: BTreeSet::new(),
            query: Query::default(),
            saved: None,
            partition: Some(question.collection.partition),
            redacted,
        };
        match &question.collection.of {
            Of::Class(class) => {
                let classes = visible.filter(|(_, known)| AudienceClass::of(&known.subject.labels) == *class);
                scope.classes = classes.map(|(id, _)| id).collect();
            }
            Of::Search(saved) => {
                scope.classes = visible.map(|(id, _)| id).collect();
                scope.query.any = crate::app::export::held::conditions(&saved.query);
                scope.saved = Some(Arc::clone(saved));
            }
            Of::Concerning(id) => {
                scope.classes = visible.map(|(id, _)| id).collect();
                let term = self.ctx.views.index().concerned.term(id).ok_or(TaxiiFault::NotFound)?;
                scope.query.any.push(vec![(Family::Concerns, term)]);
                scope.partition = None;
            }
        }
        let types = &question.filter.types;
        if !types.is_empty() {
            scope.query.any.push(types.iter().map(|name| (Family::Type, name.clone())).collect());
        }
        Ok(scope)
    }

    /// Candidates in their order from where the page begins, one more than the limit where there are more.
    async fn scan(
        &self,
        scope: &Scope,
        filter: &Filter,
        start: i64,
        limit: usize,
    ) -> Result<Vec<Candidate>, PageFault> {
        let finder = self.finder();
        let mut out = Vec::new();
        let mut from = (start.div_euclid(NANOS).max(0), 0);
        let (mut millisecond, mut rank) = (i64::MIN, 0);
        loop {
            let (rows, more) = finder.added(&scope.classes, from, ROWS).await?;
            let Some(last) = rows.last() else { return Ok(out) };
            from = (last.at, last.entry.saturating_add(1));
            for row in rows {
                if row.at != millisecond {
                    (millisecond, rank) = (row.at, 0);
                }
                let dates = ranked(&row, rank);
                rank += row.slots.len() as i64;
                let slots =
                    row.slots.iter().copied().filter(|slot| dates.get(slot).is_some_and(|d| *d > start));
                let row = AddedRow { slots: slots.collect(), ..row };
                for (seen, version) in self.fitting(scope, row).await? {
                    let date = dates.get(&seen.place.slot).copied().unwrap_or_default();
                    if let Some(candidate) = self.admitted(scope, filter, seen, version, date).await? {
                        out.push(candidate);
                    }
                }
                if out.len() > limit {
                    out.truncate(limit + 1);
                    return Ok(out);
                }
            }
            if !more {
                return Ok(out);
            }
        }
    }

    /// The objects of a row that meet the conditions of the collection and were not taken out of it, with the hash of the id.
    async fn fitting(
        &self,
        scope: &Scope,
        row: AddedRow,
    ) -> Result<Vec<(Seen, (crate::projection::index::Mac, Version))>, StoreFault> {
        if row.slots.is_empty() {
            return Ok(Vec::new());
        }
        let class = row.class;
        let Some(row) = self.finder().meeting_query(row, &scope.query).await? else { return Ok(Vec::new()) };
        let places: Vec<(u64, u32)> = row.slots.iter().map(|slot| (row.entry, *slot)).collect();
        let there = match scope.partition {
            Some(partition) => present_in(self.store, partition, &places).await?,
            None => vec![true; places.len()],
        };
        let ids = self.finder().ids_of(&row).await?;
        let kept = places.into_iter().zip(there).filter(|(_, there)| *there);
        let kept = kept.filter_map(|((entry, slot), _)| {
            Some((Seen { place: Place { entry, slot }, class }, *ids.get(&slot)?))
        });
        Ok(kept.collect())
    }

    /// The candidate, where its version is one that is asked for among those that the reader may see.
    async fn admitted(
        &self,
        scope: &Scope,
        filter: &Filter,
        seen: Seen,
        (mac, version): (crate::projection::index::Mac, Version),
        date: i64,
    ) -> Result<Option<Candidate>, PageFault> {
        let mut copies = Vec::new();
        for found in self.finder().copies_of(&mac, COPIES).await? {
            if scope.classes.contains(&found.seen.class) {
                copies.push((found.seen, found.version));
            }
        }
        copies.sort_by_key(|(seen, _)| seen.place);
        let marks = marks(scope, &copies);
        let own = marks.get(&seen.place).copied().unwrap_or_default();
        let dated = moment_of(version);
        let asked = Filter { spec_versions: BTreeSet::new(), ..filter.clone() };
        let admitted = asked.admits_version(own, dated.unwrap_or_else(|| moment(date)));
        Ok(admitted.then_some(Candidate { seen, date, dated }))
    }

    /// Candidates of these objects, of all their versions that are asked for.
    async fn of_ids(
        &self,
        scope: &Scope,
        question: &Question<'_>,
        ids: &[&str],
        start: i64,
    ) -> Result<Vec<Candidate>, PageFault> {
        let finder = self.finder();
        let mut filter = question.filter.clone();
        if question.sort == Sort::Versions {
            filter.versions = comity_exchange::taxii::VersionFilter::every();
        }
        let (mut out, mut known) = (Vec::new(), false);
        for id in ids {
            for found in finder.with(Family::Id, id, COPIES).await? {
                let Seen { place, class } = found.seen;
                if !scope.classes.contains(&class) {
                    continue;
                }
                let Some(at) = finder.time_of(place.entry, &class).await? else { continue };
                let row = AddedRow { class, at, entry: place.entry, slots: vec![place.slot] };
                for (seen, version) in self.fitting(scope, row).await? {
                    known = true;
                    let date = at.saturating_mul(NANOS).saturating_add(self.rank(scope, at, place).await?);
                    if date > start {
                        out.extend(self.admitted(scope, &filter, seen, version, date).await?);
                    }
                }
            }
        }
        if question.object.is_some() && !known {
            return Err(TaxiiFault::NotFound.into());
        }
        out.sort_by_key(|candidate| candidate.date);
        Ok(out)
    }

    /// The rank of a place among what the reader may see of its millisecond.
    async fn rank(&self, scope: &Scope, at: i64, place: Place) -> Result<i64, StoreFault> {
        let (mut from, mut rank) = ((at, 0), 0);
        loop {
            let (rows, more) = self.finder().added(&scope.classes, from, ROWS).await?;
            let before = |row: &&AddedRow| row.at == at && row.entry <= place.entry;
            for row in rows.iter().filter(before) {
                let slots = row.slots.iter().filter(|slot| row.entry < place.entry || **slot < place.slot);
                rank += slots.count() as i64;
            }
            match rows.last().filter(|last| more && last.at == at && last.entry < place.entry) {
                Some(last) => from = (at, last.entry.saturating_add(1)),
                None => return Ok(rank),
            }
        }
    }

    /// The bytes of candidates, through the authorisation; what it refuses is left out.
    async fn read(
        &self,
        scope: &Scope,
        filter: &Filter,
        found: &[Candidate],
    ) -> Result<Vec<Going>, PageFault> {
        let seen: Vec<Seen> = found.iter().map(|candidate| candidate.seen).collect();
        let permitted = authorise(self.ctx, self.sight, self.store, self.bodies, &seen).await;
        let permitted = permitted.map_err(|fault| {
            tracing::error!(code = %fault.code, %fault, "a page could not be authorised");
            TaxiiFault::Internal
        })?;
        let copies = Shelf::new(self.store, self.bodies).read(&permitted).await?;
        let mut by_place: BTreeMap<Place, _> = copies.into_iter().map(|copy| (copy.place, copy)).collect();
        let mut going = Vec::new();
        for candidate in found {
            let Some(copy) = by_place.remove(&candidate.seen.place) else { continue };
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            let (id, spec) = (object.id().to_owned(), object.version());
            let header = &copy.header;
            let found = scope.saved.as_ref();
            let found = found.is_none_or(|saved| saved.query.finds(&object, &header.origin, &header.labels));
            if found && (filter.spec_versions.is_empty() || filter.spec_versions.contains(&spec)) {
                let version = candidate.dated.unwrap_or_else(|| moment(candidate.date));
                going.push(Going { id, spec, date: candidate.date, version, bytes: copy.bytes });
            }
        }
        Ok(going)
    }
}

/// What holds of each copy among the others, in the order in which they came.
fn marks(scope: &Scope, copies: &[(Seen, Option<Version>)]) -> BTreeMap<Place, Marks> {
    let mut versions = HeldVersions::default();
    for ((seen, version), order) in copies.iter().zip(1..) {
        versions.admit(Held {
            added: Added(order),
            entry: seen.place.entry,
            slot: seen.place.slot,
            marks: Marks::of(SpecVersion::V21, scope.redacted.contains(&seen.class)),
            dated: version.and_then(moment_of),
            content: version.map_or([0; 8], |version| version.digest),
        });
    }
    let marks = versions.marks();
    let places = copies.iter().zip(1..).map(|((seen, _), order)| (seen.place, Added(order)));
    places.filter_map(|(place, order)| Some((place, *marks.get(&order)?))).collect()
}

/// The dates of the slots of a row, the first of which has this rank in its millisecond.
fn ranked(row: &AddedRow, rank: i64) -> BTreeMap<u32, i64> {
    let first = row.at.saturating_mul(NANOS).saturating_add(rank);
    row.slots.iter().copied().zip((0..).map(|more| first.saturating_add(more))).collect()
}

fn nanos_of((millis, nanos): (i64, u32)) -> i64 {
    millis.saturating_mul(NANOS).saturating_add(nanos.into())
}

fn moment(date: i64) -> Moment {
    let nanos = u32::try_from(date.rem_euclid(NANOS)).unwrap_or_default();
    Moment::from_parts(date.div_euclid(NANOS), nanos).unwrap_or_else(|| Moment::from_millis(date / NANOS))
}

/// With nine digits, always.
fn shown(date: i64) -> String {
    let millis = Moment::from_millis(date.div_euclid(NANOS)).timestamp().to_string();
    format!("{}{:06}Z", millis.trim_end_matches('Z'), date.rem_euclid(NANOS))
}

/// The time of a version as the index knows it; none for what has none.
fn moment_of(version: Version) -> Option<Moment> {
    let (millis, nanos) = version.moment.split_first_chunk::<8>()?;
    let nanos = u32::from_be_bytes(nanos.try_into().ok()?);
    let millis = (u64::from_be_bytes(*millis) ^ (1 << 63)).cast_signed();
    (version.moment != [0; 12]).then(|| Moment::from_parts(millis, nanos)).flatten()
}

fn body(sort: Sort, going: &[Going], next: Option<String>) -> Result<Vec<u8>, serde_json::Error> {
    match sort {
        Sort::Objects => Ok(envelope(going.iter().map(|one| one.bytes.as_slice()), next.as_deref())),
        Sort::Manifest => {
            let objects = going.iter().map(|one| ManifestEntry {
                id: one.id.clone(),
                date_added: shown(one.date),
                version: one.version.to_string(),
                media_type: Some(object_media_type(one.spec).to_owned()),
            });
            serde_json::to_vec(&Manifest { more: next.is_some(), next, objects: objects.collect() })
        }
        Sort::Versions => {
            let versions = going.iter().map(|one| one.version.to_string()).collect();
            serde_json::to_vec(&VersionList { more: next.is_some(), next, versions })
        }
    }
}

/// A collection of what speaks of a constituent.
pub(super) fn concerning(party: &comity_record::PartyCode, id: &comity_record::OfficerId) -> Collection {
    Collection {
        partition: 0,
        id: comity_exchange::taxii::CollectionId::of(party, &format!("hits of {id}"), 0),
        alias: super::HITS.to_owned(),
        title: "what concerns you".to_owned(),
        description: "objects that speak of your addresses, names and networks".to_owned(),
        of: Of::Concerning(id.clone()),
        head: super::Head::default(),
    }
}
