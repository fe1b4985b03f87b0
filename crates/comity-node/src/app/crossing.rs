//! What crossed: records received, positions given, and one crossing with everything known about it.

use super::{Action, Ctx, Fault, sequencer::NodeDesk};
use comity_border::{Decision, Request};
use comity_exchange::{
    Acknowledgement, DeskFault, Outcome, Scope,
    tables::{ACKNOWLEDGED, INBOX, InboxRow, OUTBOX, OutboxRow},
};
use comity_ledger::store::Store;
use comity_record::{Attested, Canonical, CrossingId, EntryKind, PartyCode, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists the records received.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Inbox {
    /// Only from this party.
    pub from: Option<String>,
}

/// A record received or refused.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InboxShown {
    /// From whom.
    pub from: String,
    /// The sender's position.
    pub position: u64,
    /// The record.
    pub record: String,
    /// The crossing.
    pub crossing: String,
    /// `taken in`, `refused` or `faulty`, with the code.
    pub outcome: String,
    /// When.
    pub at: String,
    /// What kind of record.
    pub kind: String,
    /// How many objects.
    pub objects: u32,
    /// Its labels.
    pub labels: String,
    /// Whether it was recalled.
    pub recalled: bool,
}

/// Lists what was given to peers, and whether it arrived.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Outbox {
    /// Only to this party.
    pub to: Option<String>,
}

/// A position of an outbox.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OutboxShown {
    /// To whom.
    pub to: String,
    /// The position.
    pub position: u64,
    /// The record.
    pub record: String,
    /// The crossing.
    pub crossing: String,
    /// `waiting`, or what the receiver acknowledged.
    pub state: String,
    /// The entry of the clearance.
    pub entry: u64,
}

/// Explains a crossing, given by its id, its first digits, or a record's id.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowCrossing {
    /// The id, or at least eight digits of it.
    pub id: String,
}

/// A crossing with everything known about it here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CrossingShown {
    /// The id; the other node has the same.
    pub crossing: String,
    /// The record.
    pub record: String,
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// The judgements made here, oldest first.
    pub judgements: Vec<JudgementShown>,
    /// What the receiver acknowledged, where this is the sender's node.
    pub acknowledgement: Option<String>,
    /// The receiver's own entry, as it opened it to us: index and kind.
    pub twin: Option<String>,
}

/// One judgement.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct JudgementShown {
    /// The entry.
    pub entry: u64,
    /// Its kind.
    pub kind: String,
    /// The recorded time.
    pub at: String,
    /// The purpose.
    pub purpose: String,
    /// The decision as text, for people.
    pub text: String,
}

impl Action for Inbox {
    const NAME: &'static str = "inbox";
    const SUMMARY: &'static str = "lists the records received, and those that our border refused";
    const SCOPE: Scope = Scope::Read;
    type Reply = Vec<InboxShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<InboxShown>, Fault> {
        let only = party(self.from.as_deref())?;
        let shown = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let mut shown = Vec::new();
                for (from, number) in peers(desk, only.as_ref()) {
                    for (key, value) in desk.rows(INBOX, number).await? {
                        let row = InboxRow::from_bytes(&value)?;
                        shown.extend(inbox_row(desk, &from, &key, row).await?);
                    }
                }
                Ok::<_, DeskFault>(shown)
            })
        });
        Ok(shown.await??)
    }
}

async fn inbox_row(
    desk: &NodeDesk,
    from: &PartyCode,
    key: &[u8],
    row: InboxRow,
) -> Result<Option<InboxShown>, DeskFault> {
    let (Some(record), Some(outcome)) = (row.record, row.outcome) else { return Ok(None) };
    let held = match desk.envelope(record).await {
        Ok(held) => Some(held),
        Err(DeskFault::NoRecord { .. } | DeskFault::Erased { .. }) => None,
        Err(fault) => return Err(fault),
    };
    let held = held.as_ref();
    let objects =
        held.and_then(|held| held.record.statement().body.manifest()).map_or(0, |m| m.objects.len());
    Ok(Some(InboxShown {
        from: from.to_string(),
        position: position(key),
        record: record.to_string(),
        crossing: CrossingId::of(&record, from, desk.party()).to_string(),
        outcome: outcome_text(&outcome),
        at: row.at.to_string(),
        kind: held.map_or_else(String::new, |held| held.record.header().kind.to_string()),
        objects: u32::try_from(objects).unwrap_or(u32::MAX),
        labels: held.map_or_else(String::new, |held| held.record.labels().to_string()),
        recalled: desk.is_recalled(record).await?,
    }))
}

impl Action for Outbox {
    const NAME: &'static str = "outbox";
    const SUMMARY: &'static str = "lists what was given to peers, and whether it arrived";
    const SCOPE: Scope = Scope::Read;
    type Reply = Vec<OutboxShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<OutboxShown>, Fault> {
        let only = party(self.to.as_deref())?;
        let shown = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let mut shown = Vec::new();
                for (to, number) in peers(desk, only.as_ref()) {
                    for (key, value) in desk.rows(OUTBOX, number).await? {
                        let row = OutboxRow::from_bytes(&value)?;
                        let acknowledged = acknowledgement(desk, number, position(&key)).await?;
                        shown.push(OutboxShown {
                            to: to.to_string(),
                            position: position(&key),
                            record: row.record.to_string(),
                            crossing: CrossingId::of(&row.record, desk.party(), &to).to_string(),
                            state: acknowledged
                                .map_or_else(|| "waiting".to_owned(), |ack| outcome_text(&ack.outcome)),
                            entry: row.index,
                        });
                    }
                }
                Ok::<_, DeskFault>(shown)
            })
        });
        Ok(shown.await??)
    }
}

impl Action for ShowCrossing {
    const NAME: &'static str = "crossing.show";
    const SUMMARY: &'static str = "explains a crossing: who judged what, on which basis, and what came of it";
    const SCOPE: Scope = Scope::Read;
    type Reply = CrossingShown;

    async fn run(self, ctx: &Ctx) -> Result<CrossingShown, Fault> {
        let shown = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let crossing = find(desk, &self.id).await?;
                show(desk, crossing).await
            })
        });
        shown.await?
    }
}

/// The crossing whose id begins so, or that carried a record whose id begins so.
pub async fn find(desk: &NodeDesk, wanted: &str) -> Result<CrossingId, Fault> {
    let wanted = wanted.to_lowercase();
    if wanted.len() < 8 {
        return Err(Fault::new("crossing/too-short", "at least eight digits of the id are needed"));
    }
    let mut found = desk.crossings_like(&wanted).await?;
    match (found.pop(), found.pop()) {
        (Some(crossing), None) => Ok(crossing),
        (None, _) => Err(Fault::new("crossing/none", format!("there is no crossing `{wanted}` here"))
            .help("`comity outbox` and `comity inbox` list the crossings")),
        (Some(_), Some(_)) => {
            Err(Fault::new("crossing/ambiguous", "several crossings begin so")
                .help("give more digits of the id"))
        }
    }
}

async fn show(desk: &NodeDesk, crossing: CrossingId) -> Result<CrossingShown, Fault> {
    let mut judgements = Vec::new();
    let mut last: Option<(RecordId, Decision, Request)> = None;
    for entry in desk.crossing_entries(&crossing).await? {
        let Some((row, decision, request)) = desk.decision(entry).await? else { continue };
        let committed = desk.log().entry(desk.store(), entry).await.map_err(DeskFault::from)?;
        judgements.push(JudgementShown {
            entry,
            kind: committed.entry().kind.to_string(),
            at: committed.entry().at.to_string(),
            purpose: request.purpose.to_string(),
            text: decision.to_string(),
        });
        last = Some((row.record, decision, request));
    }
    let Some((record, _, request)) = last else {
        return Err(Fault::new("crossing/no-judgement", "no judgement of that crossing is held here"));
    };
    let mut acknowledged = None;
    if request.from == *desk.party() {
        let number = desk.peer(&request.to)?.number;
        for (key, value) in desk.rows(OUTBOX, number).await? {
            if OutboxRow::from_bytes(&value).map_err(DeskFault::from)?.record == record {
                acknowledged = acknowledgement(desk, number, position(&key)).await?.or(acknowledged);
            }
        }
    }
    let twin = acknowledged.as_ref().and_then(|ack| {
        let entry = comity_record::Entry::from_bytes(&ack.entry).ok()?;
        Some(format!("entry {} of {}: {}", ack.index, entry.party, kind_text(entry.kind)))
    });
    Ok(CrossingShown {
        crossing: crossing.to_string(),
        record: record.to_string(),
        from: request.from.to_string(),
        to: request.to.to_string(),
        judgements,
        acknowledgement: acknowledged.map(|ack| format!("{} on {}", outcome_text(&ack.outcome), ack.at)),
        twin,
    })
}

fn kind_text(kind: EntryKind) -> &'static str {
    kind.as_str()
}

async fn acknowledgement(
    desk: &NodeDesk,
    number: u32,
    position: u64,
) -> Result<Option<Acknowledgement>, DeskFault> {
    let key = (number, position.to_be_bytes().to_vec());
    let bytes = desk.store().get_many(ACKNOWLEDGED, &[key]).await?.pop().flatten();
    let signed = bytes.map(|bytes| Attested::<Acknowledgement>::from_bytes(&bytes)).transpose()?;
    // It was verified when it was taken in; keys may have been rotated since.
    Ok(signed.map(|signed| signed.claimed().clone()))
}

/// How a dispatch was dealt with, in words.
pub fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::TakenIn => "taken in".to_owned(),
        Outcome::Refused(refusal) => {
            let codes: Vec<String> = refusal.codes.iter().map(ToString::to_string).collect();
            let reasons = refusal.reasons.join(" ");
            format!("refused {} {reasons}", codes.join(", ")).trim_end().to_owned()
        }
        Outcome::Faulty { code } => format!("faulty {code}"),
    }
}

fn peers(desk: &NodeDesk, only: Option<&PartyCode>) -> Vec<(PartyCode, u32)> {
    let wanted = |party: &PartyCode| only.is_none_or(|only| only == party);
    desk.peers()
        .iter()
        .filter(|(party, _)| wanted(party))
        .map(|(party, peer)| (party.clone(), peer.number))
        .collect()
}

fn party(text: Option<&str>) -> Result<Option<PartyCode>, Fault> {
    text.map(|text| text.parse().map_err(Fault::input)).transpose()
}

fn position(key: &[u8]) -> u64 {
    key.first_chunk::<8>().copied().map_or(0, u64::from_be_bytes)
}
