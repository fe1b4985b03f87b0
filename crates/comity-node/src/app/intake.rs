//! Objects that a client adds to a collection: each is judged alone, and what is sound becomes records of ours by the same
//! way as an import.

use super::{Ctx, Fault, feed::Report, sequencer::NodeDesk};
use crate::collections::{Collection, Of, PageFault, is_there};
use comity_exchange::{
    DeskFault, Manuscript,
    house::Act,
    taxii::{
        Added, Admission, AudienceClass, CollectionId, EnvelopeFault, Filter, Held, HeldVersions, Posted,
        Progress, Status, StatusDetail, TaxiiFault, Verdict, context_of, judge_posted, read_envelope,
        read_posted, unresolved_markings,
    },
};
use comity_ledger::store::Kv;
use comity_record::{Labels, Manifest, Timestamp, label::Tlp};
use comity_threat::{Object, Policy};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Where statuses are kept.
const STATUSES: &str = "taxii_status";
/// For how long: two days; the standard asks for one (section 4.3).
const KEPT: i64 = 48 * 3600 * 1000;
/// Records committed together.
const GROUP: usize = 4;
/// The most failures that a status describes one by one.
const MAX_DETAILS: usize = 1000;

/// An object that was read and judged, on its way.
#[derive(Debug)]
struct Judged {
    id: String,
    version: Option<String>,
    verdict: Verdict,
    /// Its collection, and its id and content under the node's keys.
    known: Option<(Name, Held)>,
    bytes: Vec<u8>,
}

/// An object of a collection.
type Name = (u32, [u8; 16]);

/// Objects of one label class each.
type ByLabels = BTreeMap<Labels, Vec<Vec<u8>>>;

/// What a body's reading came to.
struct Reading {
    judged: Vec<Judged>,
    /// Markings whose definitions the body does not hold.
    unresolved: BTreeSet<String>,
}

/// Adds the objects of an envelope to a collection. What is added is durable, and its status kept, when this returns.
pub async fn add_objects(ctx: &Ctx, collection: &Collection, body: Vec<u8>) -> Result<Status, PageFault> {
    let Of::Class(class) = collection.of.clone() else { return Err(TaxiiFault::ReadOnly.into()) };
    let at = ctx.now();
    let judged = judged(ctx, Some(class), class.tlp, body).await?;
    let known = held_versions(ctx, &judged).await?;
    let (mut status, chunks) = sort(ctx, at, judged, known)?;
    author(ctx, chunks).await?;
    keep(ctx, &mut status).await?;
    Ok(status)
}

/// Takes in the objects of an envelope that a feed brought, whatever their audience, and counts them.
pub async fn take_in(ctx: &Ctx, unmarked: Tlp, body: Vec<u8>, report: &mut Report) -> Result<(), PageFault> {
    let judged = judged(ctx, None, unmarked, body).await?;
    let mut known = held_versions(ctx, &judged).await?;
    let mut by_labels = ByLabels::new();
    for one in judged {
        let labels = match one.verdict {
            Verdict::Take(labels) => labels,
            Verdict::Fail(why) => {
                report.refuse(&format!("{}: {why}", one.id));
                continue;
            }
        };
        let Some((name, new)) = one.known else { continue };
        let versions = known.entry(name).or_default();
        let before = !versions.is_empty();
        match (versions.admit(new), before) {
            (Admission::Known, _) => {
                report.known += 1;
                continue;
            }
            (_, true) => report.changed += 1,
            (_, false) => report.new += 1,
        }
        by_labels.entry(*labels).or_default().push(one.bytes);
    }
    author(ctx, by_labels).await
}

/// The status of an earlier request.
pub async fn status(ctx: &Ctx, id: &str) -> Result<Vec<u8>, PageFault> {
    let found = ctx.collections.store().get(STATUSES, id.as_bytes(), ctx.now().as_millis()).await?;
    found.ok_or_else(|| TaxiiFault::NotFound.into())
}

/// Takes an object out of a collection: all its versions, or those that the filter names. It is an act in the log, and
/// neither an erasure nor a recall: the records that carry the object stay.
pub async fn take_out(
    ctx: &Ctx,
    collection: &Collection,
    id: &str,
    filter: &Filter,
) -> Result<(), PageFault> {
    if matches!(collection.of, Of::Search(_)) {
        return Err(TaxiiFault::ReadOnly.into());
    }
    ctx.collections.reach(ctx.sequencer.size()).await?;
    let found = ctx.collections.objects(collection, [id].into_iter()).await?;
    let versions = found.into_values().find(is_there).ok_or(TaxiiFault::NotFound)?;
    let marks = versions.marks();
    let wanted = |held: &&Held| {
        let version = held.dated.unwrap_or_else(|| held.added.moment());
        filter.takes_out(marks.get(&held.added).copied().unwrap_or_default(), version)
    };
    let chosen: Vec<Added> = versions.iter().filter(wanted).map(|held| held.added).collect();
    let objects: Vec<(u64, u32)> =
        versions.with_same(&chosen).iter().map(|held| (held.entry, held.slot)).collect();
    if objects.is_empty() {
        return Err(TaxiiFault::NotFound.into());
    }
    let act = Act::TakenOut { collection: collection.partition, objects };
    let by = ctx.by.clone();
    let entered = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            desk.act(now, means.entropy(), by, act).await
        })
    });
    let entered = entered.await.map_err(|_| TaxiiFault::Busy { seconds: 2 })?;
    entered.map_err(|fault| failed(&fault))?.map_err(|_| TaxiiFault::Internal)?;
    ctx.collections.reach(ctx.sequencer.size()).await?;
    Ok(())
}

/// The objects of a body, each judged. What it refers to and does not hold is looked for among what is held here.
async fn judged(
    ctx: &Ctx,
    class: Option<AudienceClass>,
    unmarked: Tlp,
    body: Vec<u8>,
) -> Result<Vec<Judged>, PageFault> {
    let body = Arc::new(body);
    let reading = read(ctx, class, unmarked, &body, Vec::new()).await?;
    if reading.unresolved.is_empty() {
        return Ok(reading.judged);
    }
    let definitions = held_objects(ctx, &reading.unresolved).await?;
    if definitions.is_empty() {
        return Ok(reading.judged);
    }
    Ok(read(ctx, class, unmarked, &body, definitions).await?.judged)
}

/// Reads and judges a body on a thread that may take its time.
async fn read(
    ctx: &Ctx,
    class: Option<AudienceClass>,
    unmarked: Tlp,
    body: &Arc<Vec<u8>>,
    definitions: Vec<Vec<u8>>,
) -> Result<Reading, PageFault> {
    let (body, collections, on) = (Arc::clone(body), ctx.collections.clone(), ctx.now().date());
    let reading = tokio::task::spawn_blocking(move || {
        let envelope = read_envelope(&body).map_err(|fault| match fault {
            EnvelopeFault::NotJson { .. } => TaxiiFault::BadBody { why: fault.to_string() },
            EnvelopeFault::NotAnEnvelope { .. } => TaxiiFault::Unprocessable { why: fault.to_string() },
        })?;
        if envelope.objects.is_empty() {
            return Err(TaxiiFault::Unprocessable { why: "the envelope holds no objects".to_owned() });
        }
        let posted = read_posted(&envelope.objects);
        let policy = Policy { unmarked, ..Policy::new(on) };
        let mut context = context_of(&posted, collections.tables(), policy);
        for definition in &definitions {
            if let Ok(object) = Object::read(definition) {
                context.note(&object);
            }
        }
        let unresolved = unresolved_markings(&posted, &context);
        let judge = |one: &Posted<'_>| {
            let verdict = judge_posted(one, class, &context);
            let known = match (&verdict, &one.object) {
                (Verdict::Take(labels), Ok(object)) => {
                    let (id_key, held) = collections.named(object);
                    Some(((AudienceClass::of(labels).partition(), id_key), held))
                }
                _ => None,
            };
            Judged { id: one.id(), version: one.version(), verdict, known, bytes: one.bytes.to_vec() }
        };
        Ok(Reading { judged: posted.iter().map(judge).collect(), unresolved })
    });
    Ok(reading.await.map_err(|_| TaxiiFault::Internal)??)
}

/// Objects held here by id, in whatever collection: marking definitions that the objects of a body refer to.
async fn held_objects(ctx: &Ctx, ids: &BTreeSet<String>) -> Result<Vec<Vec<u8>>, PageFault> {
    let mut found = Vec::new();
    for collection in ctx.collections.list().iter().filter(|one| matches!(one.of, Of::Class(_))) {
        let filter = Filter { ids: ids.clone(), ..Filter::default() };
        let items = ctx.collections.of_ids(collection, &filter).await?;
        found.extend(ctx.collections.bytes(&items).await?.into_iter().flatten());
    }
    Ok(found)
}

/// What the collections hold of the objects that are to be added.
async fn held_versions(ctx: &Ctx, judged: &[Judged]) -> Result<BTreeMap<Name, HeldVersions>, PageFault> {
    ctx.collections.reach(ctx.sequencer.size()).await?;
    let names = judged.iter().filter_map(|one| one.known.as_ref().map(|(name, _)| *name)).collect();
    Ok(ctx.collections.versions(names).await?)
}

/// Tells what is new from what is known and what failed, and puts what is new together by labels.
fn sort(
    ctx: &Ctx,
    at: Timestamp,
    judged: Vec<Judged>,
    mut held: BTreeMap<Name, HeldVersions>,
) -> Result<(Status, ByLabels), TaxiiFault> {
    let id = ctx.random.bytes().map_err(|_| TaxiiFault::Internal)?;
    let mut status = Status {
        id: CollectionId::marked(id).to_string(),
        status: Progress::Complete,
        request_timestamp: Some(at.to_string()),
        total_count: judged.len() as u64,
        success_count: 0,
        successes: Vec::new(),
        failure_count: 0,
        failures: Vec::new(),
        pending_count: 0,
        pendings: Vec::new(),
    };
    let mut by_labels = ByLabels::new();
    for one in judged {
        let version = one.version.unwrap_or_else(|| at.to_string());
        let mut detail = StatusDetail { id: one.id, version, message: None };
        let labels = match one.verdict {
            Verdict::Take(labels) => labels,
            Verdict::Fail(why) => {
                detail.message = Some(why);
                status.failure_count += 1;
                if status.failures.len() < MAX_DETAILS {
                    status.failures.push(detail);
                }
                continue;
            }
        };
        let admission = match one.known {
            Some((name, new)) => held.entry(name).or_default().admit(new),
            None => Admission::Added,
        };
        detail.message = match admission {
            Admission::Added | Admission::Fuller => None,
            Admission::Known => Some("it was there already".to_owned()),
            Admission::Conflict => Some(
                "this version is there with another content; both are kept, the first is served".to_owned(),
            ),
        };
        status.success_count += 1;
        status.successes.push(detail);
        if admission != Admission::Known {
            by_labels.entry(*labels).or_default().push(one.bytes);
        }
    }
    Ok((status, by_labels))
}

/// Makes records of what is new, within the bounds of a record, a few in each commit.
async fn author(ctx: &Ctx, by_labels: ByLabels) -> Result<(), PageFault> {
    let by = ctx.by.clone();
    let house = ctx.sequencer.house();
    let unit = by.as_ref().and_then(|by| house.officers.get(by)).map(|officer| officer.unit.clone());
    let mut manuscripts = Vec::new();
    for (labels, objects) in by_labels {
        for chunk in chunks(objects) {
            let mut manuscript = Manuscript::objects(labels.clone(), chunk);
            (manuscript.unit, manuscript.officer) = (unit.clone(), by.clone());
            manuscripts.push(manuscript);
        }
    }
    while !manuscripts.is_empty() {
        let rest = manuscripts.split_off(manuscripts.len().min(GROUP));
        let group = std::mem::replace(&mut manuscripts, rest);
        let authored = ctx.sequencer.run(move |desk: &mut NodeDesk, means| {
            Box::pin(async move {
                let now: Timestamp = means.now();
                desk.author(now, means.entropy(), group).await
            })
        });
        authored.await.map_err(|_| TaxiiFault::Busy { seconds: 2 })?.map_err(|fault| failed(&fault))?;
    }
    ctx.views.keep_pace(ctx.sequencer.size()).await;
    Ok(())
}

/// Objects as records can hold them: a thousand, or a mebibyte, or a single larger one.
fn chunks(objects: Vec<Vec<u8>>) -> Vec<Vec<Vec<u8>>> {
    let (mut chunks, mut open, mut bytes) = (Vec::new(), Vec::new(), 0);
    for object in objects {
        let full = open.len() == Manifest::MAX_OBJECTS || bytes + object.len() > Manifest::MAX_BYTES;
        if full && !open.is_empty() {
            chunks.push(std::mem::take(&mut open));
            bytes = 0;
        }
        bytes += object.len();
        open.push(object);
    }
    if !open.is_empty() {
        chunks.push(open);
    }
    chunks
}

/// Keeps a status for those who ask later. The ids of what was added are not kept in it: they belong to records that may
/// be erased; the reply itself has them.
async fn keep(ctx: &Ctx, status: &mut Status) -> Result<(), PageFault> {
    let successes = std::mem::take(&mut status.successes);
    let kept = serde_json::to_vec(&status).map_err(|_| TaxiiFault::Internal)?;
    status.successes = successes;
    let now = ctx.now().as_millis();
    let store = ctx.collections.store();
    let expires = Some(now.saturating_add(KEPT));
    store.compare_and_set(STATUSES, status.id.as_bytes(), None, Some(&kept), expires, now).await?;
    Ok(())
}

/// A fault of the desk, which the client need not know in full.
fn failed(fault: &DeskFault) -> TaxiiFault {
    tracing::error!(code = fault.code(), %fault, "objects could not be added");
    match fault {
        DeskFault::Store(_) => TaxiiFault::Busy { seconds: 10 },
        _ => TaxiiFault::Internal,
    }
}

impl From<PageFault> for Fault {
    fn from(fault: PageFault) -> Fault {
        match fault {
            PageFault::Asked(fault) => Fault::new(fault.code(), fault.to_string()),
            PageFault::Store(fault) => Fault::new(fault.code(), fault.to_string()),
            PageFault::Behind(behind) => behind.into(),
        }
    }
}
