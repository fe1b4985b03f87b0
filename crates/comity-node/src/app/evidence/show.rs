//! What is held of evidence, for the officer.

use super::{
    super::{Action, Ctx, Fault, sequencer::NodeDesk, to_hex},
    Held,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::custody::Note;
use comity_exchange::Scope;
use comity_ledger::store::Blobs;
use comity_record::{Canonical, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists the packages held.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListEvidence {}

/// Shows a package.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowEvidence {
    /// The record of its manifest, or at least eight digits of the id.
    pub record: String,
}

/// Gives out what is carried for verification beside the objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceDossier {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
}

/// A dossier.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DossierGiven {
    /// The record of the manifest.
    pub record: String,
    /// The dossier's bytes in base64.
    pub dossier: String,
}

/// A package in a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceListed {
    /// The record of the manifest.
    pub record: String,
    /// Who gives it.
    pub from: String,
    /// The order relied on.
    pub order: String,
    /// When it was closed.
    pub closed: String,
    /// How many objects.
    pub objects: u64,
    /// How many bytes together.
    pub bytes: u64,
    /// `whole`, `manifest only`, or how many pieces are here.
    pub held: String,
    /// The last act of our custody record.
    pub last_act: Option<String>,
    /// After which day access is closed next.
    pub ends: Option<String>,
    /// Defects that nobody decided on.
    pub defects: u64,
}

/// A package in full.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceShown {
    /// In short.
    pub listed: EvidenceListed,
    /// The case.
    pub case: String,
    /// The request that it answers.
    pub request: Option<String>,
    /// The executing unit.
    pub unit: String,
    /// The objects.
    pub objects: Vec<ObjectShown>,
    /// The conditions, each in a line.
    pub conditions: Vec<String>,
    /// Our custody record.
    pub custody: Vec<ActShown>,
    /// The custody records of other holders, as far as they came.
    pub others: Vec<ActShown>,
    /// Notes, each in a line.
    pub notes: Vec<String>,
    /// Time-stamps, by service.
    pub stamps: Vec<String>,
}

/// An object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ObjectShown {
    /// Its id in the package.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size.
    pub size: u64,
    /// SHA-256.
    pub sha256: String,
    /// SHA-512.
    pub sha512: String,
    /// Where it comes from.
    pub source: String,
    /// The selector.
    pub selector: String,
    /// What its times rest on.
    pub time_basis: String,
    /// The tool.
    pub tool: String,
    /// Who operated it.
    pub operator: String,
    /// Whether it may be privileged or immune, and what the filter team said.
    pub filter: Option<String>,
    /// The terms of personal data in it.
    pub personal: Option<String>,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// One act of custody.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ActShown {
    /// The holder.
    pub party: String,
    /// Its number.
    pub number: u32,
    /// When.
    pub at: String,
    /// What.
    pub act: String,
    /// How many objects.
    pub objects: u64,
    /// Who.
    pub officer: String,
    /// The unit.
    pub unit: String,
    /// Where.
    pub place: String,
    /// Why.
    pub reason: String,
    /// With what.
    pub tool: String,
    /// The other holder of a transfer.
    pub other: Option<String>,
}

impl Action for ListEvidence {
    const NAME: &'static str = "evidence.list";
    const SUMMARY: &'static str = "lists the packages of evidence held here";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<EvidenceListed>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<EvidenceListed>, Fault> {
        let listed = ctx.sequencer.run(|desk, _| {
            Box::pin(async move {
                let mut listed = Vec::new();
                for record in desk.manifests().await? {
                    listed.push(list(desk, record).await?);
                }
                Ok::<_, Fault>(listed)
            })
        });
        listed.await?
    }
}

impl Action for ShowEvidence {
    const NAME: &'static str = "evidence.show";
    const SUMMARY: &'static str = "shows a package: objects, conditions, custody, notes and time-stamps";
    const SCOPE: Scope = Scope::Cases;
    type Reply = EvidenceShown;

    async fn run(self, ctx: &Ctx) -> Result<EvidenceShown, Fault> {
        let shown = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move { show(desk, super::find(desk, &self.record).await?).await })
        });
        shown.await?
    }
}

impl Action for EvidenceDossier {
    const NAME: &'static str = "evidence.dossier";
    const SUMMARY: &'static str =
        "gives out manifest, custody records, time-stamps and statements for verification";
    const SCOPE: Scope = Scope::Cases;
    type Reply = DossierGiven;

    async fn run(self, ctx: &Ctx) -> Result<DossierGiven, Fault> {
        let given = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let record = super::find(desk, &self.record).await?;
                let dossier = desk.dossier(record).await?;
                Ok::<_, Fault>(DossierGiven {
                    record: record.to_string(),
                    dossier: STANDARD.encode(dossier.to_bytes()),
                })
            })
        });
        given.await?
    }
}

async fn list(desk: &NodeDesk, record: RecordId) -> Result<EvidenceListed, Fault> {
    let Held { package, store, .. } = Held::find(desk, &record.to_string()).await?;
    let care = desk.care(record).await?;
    let (mut here, mut all) = (0u64, 0u64);
    let row = desk.evidence_row(record).await?;
    let of_object = row.as_ref().map(|row| row.chunks.clone()).unwrap_or_default();
    for chunks in of_object {
        for chunk in chunks {
            all += 1;
            here += u64::from(store.exists(chunk).await?);
        }
    }
    let whole = package.items.iter().all(|item| !care.deleted.contains(&item.sha256));
    let held = match row {
        None => "manifest only".to_owned(),
        Some(_) if !whole => "deleted in part or whole".to_owned(),
        Some(_) if here == all => "whole".to_owned(),
        Some(_) => format!("{here} of {all} pieces"),
    };
    let chain = desk.own_chain(record).await?;
    let last = chain.entries().last().map(|last| format!("{} on {}", last.act, last.at));
    Ok(EvidenceListed {
        record: record.to_string(),
        from: package.from.to_string(),
        order: package.order.clone(),
        closed: package.closed.to_string(),
        objects: package.items.len() as u64,
        bytes: package.items.iter().map(|item| item.size).sum(),
        held,
        last_act: last,
        ends: care.ends(&package, &Default::default()).map(|day| day.to_string()),
        defects: if care.defects_open { care.defects.len() as u64 } else { 0 },
    })
}

async fn show(desk: &NodeDesk, record: RecordId) -> Result<EvidenceShown, Fault> {
    let Held { package, held, .. } = Held::find(desk, &record.to_string()).await?;
    let care = desk.care(record).await?;
    let objects = package.items.iter().map(|item| {
        let withheld = care.withheld.get(&item.sha256).map(|why| format!("kept by the filter team: {why}"));
        let waits = item.privileged.then(|| match care.passed.contains(&item.sha256) {
            true => "passed by the filter team".to_owned(),
            false => "waits for the filter team".to_owned(),
        });
        ObjectShown {
            id: item.id.clone(),
            name: item.name.clone(),
            media_type: item.media_type.clone(),
            size: item.size,
            sha256: item.sha256.to_string(),
            sha512: item.sha512.to_string(),
            source: item.source.clone(),
            selector: item.selector.clone(),
            time_basis: item.time_basis.clone(),
            tool: item.tool.clone(),
            operator: item.operator.to_string(),
            filter: withheld.or(waits),
            personal: item
                .personal
                .as_ref()
                .map(|terms| format!("for {}, under {}, until {}", terms.purpose, terms.basis, terms.until)),
            deleted: care.deleted.contains(&item.sha256),
        }
    });
    let conditions = package.conditions.iter().map(|condition| {
        let waived = if care.waived.contains(&condition.number) { " (waived)" } else { "" };
        let by = condition.by.map(|day| format!(" by {day}")).unwrap_or_default();
        format!("{}. {} {}{by}{waived}", condition.number, condition.kind.as_str(), condition.text)
    });
    let mut others = Vec::new();
    for party in desk.peers().keys() {
        others.extend(desk.chain_of(record, party).await?.entries().iter().map(act));
    }
    let notes = desk.notes(record).await?;
    Ok(EvidenceShown {
        listed: list(desk, record).await?,
        case: package.case.to_string(),
        request: held.record.statement().thread.map(|thread| thread.to_string()),
        unit: package.unit.to_string(),
        objects: objects.collect(),
        conditions: conditions.collect(),
        custody: desk.own_chain(record).await?.entries().iter().map(act).collect(),
        others,
        notes: notes.iter().map(|(_, row)| note(row)).collect(),
        stamps: desk
            .stamps(record)
            .await?
            .into_iter()
            .map(|stamp| format!("{} ({} bytes, {}…)", stamp.service, stamp.token.len(), start(&stamp.token)))
            .collect(),
    })
}

fn start(bytes: &[u8]) -> String {
    to_hex(bytes.get(..8).unwrap_or(bytes))
}

fn act(entry: &comity_affairs::custody::Entry) -> ActShown {
    ActShown {
        party: entry.party.to_string(),
        number: entry.number,
        at: entry.at.to_string(),
        act: entry.act.to_string(),
        objects: entry.objects.len() as u64,
        officer: entry.officer.to_string(),
        unit: entry.unit.to_string(),
        place: entry.place.clone(),
        reason: entry.reason.clone(),
        tool: entry.tool.clone(),
        other: entry.transfer.as_ref().map(|transfer| transfer.party.to_string()),
    }
}

fn note(row: &comity_affairs::custody::NoteRow) -> String {
    let by = row.by.as_ref().map_or_else(|| "the node".to_owned(), ToString::to_string);
    let more = match &row.note {
        Note::Held { hold, reference } => format!(": {hold}, {reference}"),
        Note::HoldEnds { hold, reason } => format!(": {hold}, {reason}"),
        Note::Passed { object, reason } | Note::Withheld { object, reason } => {
            format!(": object {}, {reason}", object.short())
        }
        Note::Defects { found } => {
            let lines = found.iter().map(|defect| format!("{} {}", defect.object, defect.found));
            format!(": {}", lines.collect::<Vec<_>>().join("; "))
        }
        Note::DefectsDecided { accepted, reason } => {
            format!(": {}, {reason}", if *accepted { "accepted" } else { "not accepted" })
        }
        Note::Disclosed { objects, to } => format!(": {} objects to {to}", objects.len()),
        Note::DisclosureDeferred { until, reason } | Note::NoticeDeferred { until, reason } => {
            format!(" until {until}: {reason}")
        }
        Note::PersonTold { person } => format!(": {person}"),
        Note::Exculpatory { objects, .. } => format!(": {} objects", objects.len()),
        Note::Ended { on } => format!(" after {on}"),
        Note::Deleted { objects, .. } => format!(": {} objects", objects.len()),
        Note::Waived { condition, reference } => format!(": {condition}, {reference}"),
    };
    format!("{} {} by {by}{more}", row.at, row.note.as_str())
}
