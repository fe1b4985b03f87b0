//! One object with everything known about it here.

use super::{
    Action, Ctx, Fault,
    search::{Searching, state, what},
    sequencer::NodeDesk,
    share::{Grounds, request},
};
use crate::reading::{Copy, Reader, Seen, Sight, Standing};
use comity_exchange::{DeskFault, Scope};
use comity_ledger::store::Store;
use comity_record::{CrossingId, RecordId, label::Purpose};
use comity_threat::{
    Object,
    index::{Family, terms},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Shows an object: all its versions, its relations and sightings, where it came from and where it may go.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowObject {
    /// Its STIX id.
    pub id: String,
    /// The purpose under which it is judged where it may go.
    pub purpose: String,
}

/// An object with everything known about it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ObjectShown {
    /// Its id.
    pub id: String,
    /// Its type.
    pub r#type: String,
    /// Its copies: the newest version first.
    pub versions: Vec<VersionShown>,
    /// Relationships with it at either end.
    pub relations: Vec<RelationShown>,
    /// Sightings of it.
    pub sightings: Vec<SightingShown>,
    /// Other objects that refer to it.
    pub mentions: Vec<MentionShown>,
    /// What it refers to itself.
    pub refers_to: Vec<String>,
    /// For each record that holds it and each peer: what happened, and what would be judged now.
    pub crossings: Vec<MayGoShown>,
}

/// A copy of an object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VersionShown {
    /// `modified`, or `created`.
    pub modified: Option<String>,
    /// `current`, `conflicting`, `superseded`, `repeated`, `revoked` or `recalled`.
    pub state: String,
    /// Its record.
    pub record: String,
    /// The entry of the record.
    pub entry: u64,
    /// Its slot in the record.
    pub slot: u32,
    /// When it was added here.
    pub added: String,
    /// Who signed the record.
    pub origin: String,
    /// From whom it came, where it did not originate here.
    pub from: Option<String>,
    /// Whether the record was derived by redaction.
    pub redacted: bool,
    /// The labels of the record.
    pub labels: Vec<String>,
    /// Its exact text.
    pub json: String,
}

/// A relationship.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RelationShown {
    /// Its id.
    pub id: String,
    /// Its type, such as `indicates`.
    pub r#type: String,
    /// From where.
    pub source: String,
    /// To where.
    pub target: String,
    /// `current`, `revoked` or `recalled`.
    pub state: String,
}

/// A sighting.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SightingShown {
    /// Its id.
    pub id: String,
    /// How often, where it says so.
    pub count: Option<u64>,
    /// First seen.
    pub first: Option<String>,
    /// Last seen.
    pub last: Option<String>,
    /// The party whose record says it.
    pub origin: String,
}

/// Another object that refers to it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MentionShown {
    /// Its id.
    pub id: String,
    /// Its name, shortened.
    pub what: String,
}

/// A record and a peer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MayGoShown {
    /// The record.
    pub record: String,
    /// The peer.
    pub to: String,
    /// What was entered last about this crossing, if anything was.
    pub entered: Option<String>,
    /// What our border would say now: `cleared`, `redact-first` or `refused`, with codes.
    pub now: String,
}

/// Objects that refer to one, at most.
const REFERRING: u32 = 1000;

impl Action for ShowObject {
    const NAME: &'static str = "object.show";
    const SUMMARY: &'static str =
        "shows an object with its versions, relations, sightings, and where it may go";
    const SCOPE: Scope = Scope::Read;
    type Reply = ObjectShown;

    async fn run(self, ctx: &Ctx) -> Result<ObjectShown, Fault> {
        let purpose: Purpose = self.purpose.parse().map_err(Fault::input)?;
        let store = ctx.views.feed().store();
        let size = store.head().await?.size;
        ctx.views.index().objects.reaches(size).await?;
        let sight = Sight::of(ctx, Reader::Own).await?;
        let search = Searching { ctx, store, sight: &sight };
        let copies = search.copies(&self.id).await?;
        let seen: Vec<Seen> = copies.iter().map(|(found, _)| found.seen).collect();
        let read = search.read(&seen).await?;
        let mut shown =
            ObjectShown { versions: versions(&copies, &read), ..ObjectShown::of(&self.id, &read) };
        if shown.versions.is_empty() {
            return Err(Fault::new("object/none", format!("there is no object `{}`", self.id))
                .help("`comity search` finds objects by value, type and text"));
        }
        shown.referring(&search).await?;
        let records: BTreeSet<RecordId> = read.iter().map(|copy| copy.header.record).collect();
        let went = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move { crossings(desk, means.now(), records, purpose).await })
        });
        shown.crossings = went.await??;
        Ok(shown)
    }
}

fn versions(copies: &[(crate::reading::Found, Standing)], read: &[Copy]) -> Vec<VersionShown> {
    let by_place: BTreeMap<_, &Copy> = read.iter().map(|copy| (copy.place, copy)).collect();
    let mut versions = Vec::with_capacity(copies.len());
    for (found, standing) in copies {
        let Some(copy) = by_place.get(&found.seen.place) else { continue };
        let Ok(object) = Object::read(&copy.bytes) else { continue };
        let header = &copy.header;
        let labels = header.labels.entries().into_iter().map(|(key, value)| format!("{key}={value}"));
        versions.push(VersionShown {
            modified: object.moment().map(|moment| moment.to_string()),
            state: state(&object, Some((*found, *standing))),
            record: header.record.to_string(),
            entry: copy.place.entry,
            slot: copy.place.slot,
            added: header.at.to_string(),
            origin: header.origin.to_string(),
            from: header.received_from.as_ref().map(ToString::to_string),
            redacted: header.derived,
            labels: labels.collect(),
            json: object.text().to_owned(),
        });
    }
    versions
}

impl ObjectShown {
    fn of(id: &str, read: &[Copy]) -> ObjectShown {
        let mut refers_to = BTreeSet::new();
        let mut name = String::new();
        for copy in read {
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            object.type_name().clone_into(&mut name);
            terms(&object, &mut |family, term| {
                if family == Family::Reference {
                    refers_to.insert(term.to_owned());
                }
            });
        }
        ObjectShown {
            id: id.to_owned(),
            r#type: name,
            versions: Vec::new(),
            relations: Vec::new(),
            sightings: Vec::new(),
            mentions: Vec::new(),
            refers_to: refers_to.into_iter().collect(),
            crossings: Vec::new(),
        }
    }

    /// What refers to it: of each object the copies that stand.
    async fn referring(&mut self, search: &Searching<'_>) -> Result<(), Fault> {
        let found = search.finder().with(Family::Reference, &self.id, REFERRING).await?;
        let seen: Vec<Seen> = found.iter().map(|found| found.seen).collect();
        for copy in search.read(&seen).await? {
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            let copies = search.copies(object.id()).await?;
            let standing = copies.iter().find(|(found, _)| found.seen.place == copy.place).copied();
            let stands = standing
                .is_none_or(|(_, standing)| matches!(standing, Standing::Current | Standing::Conflicting));
            if stands {
                self.refers(&object, &copy, state(&object, standing));
            }
        }
        Ok(())
    }

    fn refers(&mut self, object: &Object<'_>, copy: &Copy, state: String) {
        let id = object.id().to_owned();
        let text = |key: &str| object.text_of(key).map(|text| text.into_owned());
        match object.type_name() {
            "relationship" => self.relations.push(RelationShown {
                id,
                r#type: text("relationship_type").unwrap_or_default(),
                source: text("source_ref").unwrap_or_default(),
                target: text("target_ref").unwrap_or_default(),
                state,
            }),
            "sighting" => self.sightings.push(SightingShown {
                id,
                count: object.get("count").and_then(|count| count.raw().parse().ok()),
                first: text("first_seen"),
                last: text("last_seen"),
                origin: copy.header.origin.to_string(),
            }),
            _ => self.mentions.push(MentionShown { id, what: what(object) }),
        }
    }
}

async fn crossings(
    desk: &NodeDesk,
    now: comity_record::Timestamp,
    records: BTreeSet<RecordId>,
    purpose: Purpose,
) -> Result<Vec<MayGoShown>, Fault> {
    let mut shown = Vec::new();
    for record in records {
        let held = match desk.envelope(record).await {
            Err(DeskFault::Erased { .. } | DeskFault::NoRecord { .. }) => continue,
            held => held?,
        };
        for peer in desk.peers().keys() {
            let asked = request(desk, now, peer, purpose, &Grounds::default(), None)?;
            let judgement = desk.preview(&held.record, &asked);
            let ruling = &judgement.decision().ruling;
            let codes: Vec<String> = ruling.codes.iter().map(ToString::to_string).collect();
            let said = format!("{} {}", ruling.verdict, codes.join(", "));
            let crossing = CrossingId::of(&record, desk.party(), peer);
            let entered = match desk.crossing_entries(&crossing).await?.pop() {
                Some(entry) => {
                    let committed = desk.log().entry(desk.store(), entry).await.map_err(DeskFault::from)?;
                    Some(format!("{} on {}", committed.entry().kind, committed.entry().at))
                }
                None => None,
            };
            shown.push(MayGoShown {
                record: record.to_string(),
                to: peer.to_string(),
                entered,
                now: said.trim_end().to_owned(),
            });
        }
    }
    Ok(shown)
}
