//! Sharing: which records may go to whom, under which duties, and sending them.

use super::{Action, Ctx, Fault, sequencer::NodeDesk};
use comity_border::{
    Basis, Case, Competence, Confirmation, Considered, Decision, Direction, Request, Ruling, Verdict,
};
use comity_exchange::{DeskFault, Scope, Sharing};
use comity_record::{Body, PartyCode, RecordId, Timestamp, label::Purpose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Judges records for parties and, unless `preview` is asked for, sends what is cleared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// The parties.
    pub to: Vec<String>,
    /// What for, a code of purposes.csv.
    pub purpose: String,
    /// The records; none means every record authored here that a party was not yet given.
    pub records: Vec<String>,
    /// Only judge and show; nothing is entered or sent.
    pub preview: bool,
    /// What the crossing rests on, beyond what the register finds by itself.
    pub grounds: Grounds,
}

/// What a crossing rests on.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Grounds {
    /// The sending unit; the first competent one where absent.
    pub unit: Option<String>,
    /// The legal basis as `instrument article`, such as `budapest 29`.
    pub basis: Option<String>,
    /// An assurance of the receiving State, in words.
    pub assurance: Option<String>,
    /// Conditions confirmed, each as `instrument article condition`.
    pub confirmed: Vec<String>,
    /// Whether the officer who asks releases attribution claims among the records.
    pub release_attribution: bool,
    /// Whether the officer who asks releases data of the sovereign sphere.
    pub release_sovereign: bool,
}

/// What became of sharing.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShareReply {
    /// Each record and party, in the order judged.
    pub judged: Vec<JudgedShown>,
    /// How many crossings were cleared.
    pub cleared: u64,
    /// How many were refused.
    pub refused: u64,
    /// How many were redacted first.
    pub redacted: u64,
}

/// One judgement.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct JudgedShown {
    /// The record asked for.
    pub record: String,
    /// The record judged, where it was derived by redaction.
    pub derived: Option<String>,
    /// How many objects it has.
    pub objects: u32,
    /// The party.
    pub to: String,
    /// `cleared`, `redact-first` or `refused`.
    pub verdict: String,
    /// The codes of a refusal.
    pub codes: Vec<String>,
    /// The reasons, in sentences.
    pub reasons: Vec<String>,
    /// What would lift a refusal.
    pub lifts: Vec<String>,
    /// The duties that come with a clearance.
    pub obligations: Vec<String>,
    /// What it rests on.
    pub citations: Vec<String>,
    /// The articles considered, each with its outcome and the reasons for it.
    pub considered: Vec<String>,
    /// Its entry in the ledger; absent in a preview.
    pub entry: Option<u64>,
    /// Its position in the outbox, where cleared and sent.
    pub position: Option<u64>,
}

impl Action for Share {
    const NAME: &'static str = "share";
    const SUMMARY: &'static str = "judges records for parties and sends what is cleared";
    const SCOPE: Scope = Scope::Share;
    type Reply = ShareReply;

    async fn run(self, ctx: &Ctx) -> Result<ShareReply, Fault> {
        let purpose: Purpose = self.purpose.parse().map_err(Fault::input)?;
        let parties: Result<Vec<PartyCode>, _> = self.to.iter().map(|to| to.parse()).collect();
        let parties = parties.map_err(Fault::input)?;
        let records: Result<Vec<RecordId>, _> = self.records.iter().map(|record| record.parse()).collect();
        let records = records.map_err(Fault::input)?;
        let by = ctx.by.clone();
        let judged = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let mut sharings = Vec::new();
                for to in &parties {
                    let request = request(desk, now, to, purpose, &self.grounds, by.as_ref())?;
                    let records = if records.is_empty() { ungiven(desk, to).await? } else { records.clone() };
                    for record in records {
                        let request = with_case(desk, record, request.clone()).await?;
                        sharings.push(Sharing { record, request });
                    }
                }
                if self.preview {
                    return preview(desk, now, sharings).await;
                }
                let shared = desk.share(now, means.entropy(), sharings).await?;
                let mut shown = Vec::with_capacity(shared.len());
                for one in shared {
                    let derived = (one.judged != one.record).then_some(one.judged);
                    let mut judged = show(desk, one.record, &one.verdict.decision).await?;
                    judged.derived = derived.map(|id| id.to_string());
                    judged.entry = Some(one.verdict.index);
                    judged.position = one.position;
                    shown.push(judged);
                }
                Ok::<_, Fault>(shown)
            })
        });
        Ok(summed(judged.await??))
    }
}

fn summed(judged: Vec<JudgedShown>) -> ShareReply {
    let count = |verdict: Verdict| judged.iter().filter(|one| one.verdict == verdict.as_str()).count() as u64;
    let (cleared, refused, redacted) =
        (count(Verdict::Cleared), count(Verdict::Refused), count(Verdict::RedactFirst));
    ShareReply { cleared, refused, redacted, judged }
}

/// The request for a party: units on both sides, and what the asker adds.
pub fn request(
    desk: &NodeDesk,
    now: Timestamp,
    to: &PartyCode,
    purpose: Purpose,
    grounds: &Grounds,
    by: Option<&comity_record::OfficerId>,
) -> Result<Request, Fault> {
    let peer = desk.peer(to)?;
    let mut request = Request::new(Direction::Sending, desk.party().clone(), to.clone(), purpose, now);
    request.sender_unit = match &grounds.unit {
        Some(unit) => desk.house().competence(&unit.parse().map_err(Fault::input)?, purpose, now.date()),
        None => desk.house().any_competence(purpose, now.date()),
    };
    request.receiver_unit = peer
        .letter
        .unit_for(purpose)
        .map(|unit| Competence { unit: unit.unit.clone(), citation: unit.competence.clone() });
    let officer = || {
        let console = "console".parse().map_err(Fault::input);
        by.cloned().map_or(console, Ok)
    };
    if let Some(basis) = &grounds.basis {
        let (instrument, article) = basis.split_once(' ').ok_or_else(|| {
            Fault::new("input/bad-value", format!("`{basis}` is not a basis"))
                .help("write it as `budapest 29`")
        })?;
        request.legal_basis =
            Some(Basis::Instrument { instrument: instrument.to_owned(), article: article.to_owned() });
    } else if let Some(text) = &grounds.assurance {
        request.legal_basis = Some(Basis::Assurance { text: text.clone(), by: officer()? });
    }
    for text in &grounds.confirmed {
        let mut words = text.split_whitespace().map(str::to_owned);
        let (Some(instrument), Some(article), Some(condition)) = (words.next(), words.next(), words.next())
        else {
            return Err(Fault::new("input/bad-value", format!("`{text}` is not a confirmation"))
                .help("write it as `untoc 18 organised_transnational`"));
        };
        request.confirmed.push(Confirmation { instrument, article, condition, by: officer()? });
    }
    if grounds.release_attribution {
        request.attribution_release = Some(officer()?);
    }
    if grounds.release_sovereign {
        request.sovereign_release = Some(officer()?);
    }
    Ok(request)
}

/// Where the record is a request, the case is what it asks for.
async fn with_case(desk: &NodeDesk, record: RecordId, request: Request) -> Result<Request, DeskFault> {
    let held = desk.envelope(record).await?;
    let asked = match (&held.record.statement().body, held.record.statement().thread) {
        (Body::Request(asked), _) => asked.clone(),
        // What answers a request is judged under the basis of that request.
        (Body::Answer(_) | Body::Evidence(_), Some(thread)) => match desk.envelope(thread).await {
            Ok(of_thread) => match &of_thread.record.statement().body {
                Body::Request(asked) => asked.clone(),
                _ => return Ok(request),
            },
            Err(DeskFault::NoRecord { .. } | DeskFault::Erased { .. }) => return Ok(request),
            Err(fault) => return Err(fault),
        },
        _ => return Ok(request),
    };
    let case = Case {
        measure: asked.measure.clone(),
        offence: asked.offence.clone(),
        penalty: asked.penalty,
        organised: asked.organised,
        asking: None,
    };
    Ok(Request { case: Some(case), ..request })
}

/// The records authored here that a party was not yet given: threat information, not derived, not recalled, not
/// erased.
async fn ungiven(desk: &NodeDesk, to: &PartyCode) -> Result<Vec<RecordId>, DeskFault> {
    let given = desk.given(to).await?;
    let mut records = Vec::new();
    for (record, row) in desk.own_records().await? {
        if row.objects == 0 || given.contains(&record) || desk.is_recalled(record).await? {
            continue;
        }
        match desk.envelope(record).await {
            // An erased record is still entered, and there is nothing left of it to share.
            Err(DeskFault::Erased { .. }) => {}
            held => records.push(held.map(|_| record)?),
        }
    }
    Ok(records)
}

async fn preview(desk: &NodeDesk, now: Timestamp, sharings: Vec<Sharing>) -> Result<Vec<JudgedShown>, Fault> {
    let mut shown = Vec::with_capacity(sharings.len());
    for sharing in sharings {
        let held = desk.envelope(sharing.record).await?;
        let request = Request { at: now, ..sharing.request };
        let judgement = desk.preview(&held.record, &request);
        shown.push(show(desk, sharing.record, judgement.decision()).await?);
    }
    Ok(shown)
}

async fn show(desk: &NodeDesk, record: RecordId, decision: &Decision) -> Result<JudgedShown, DeskFault> {
    let row = desk.record_rows(&[record]).await?.pop().flatten();
    let shown = ruled(&record.to_string(), &decision.to, &decision.ruling);
    Ok(JudgedShown { objects: row.map_or(0, |row| row.objects), ..shown })
}

/// A ruling on a record, for the officer.
pub(super) fn ruled(record: &str, to: &PartyCode, ruling: &Ruling) -> JudgedShown {
    JudgedShown {
        record: record.to_owned(),
        derived: None,
        objects: 0,
        to: to.to_string(),
        verdict: ruling.verdict.to_string(),
        codes: ruling.codes.iter().map(ToString::to_string).collect(),
        reasons: ruling.reasons().into_iter().map(str::to_owned).collect(),
        lifts: ruling.lifts().into_iter().map(str::to_owned).collect(),
        obligations: ruling.obligations.iter().map(ToString::to_string).collect(),
        citations: ruling.citations.clone(),
        considered: ruling.considered.iter().map(article).collect(),
        entry: None,
        position: None,
    }
}

/// An article in one line: `untoc 18: excluded (out-of-scope), as of 2026-01`.
fn article(considered: &Considered) -> String {
    let Considered { instrument, article, outcome, reasons, as_of, .. } = considered;
    let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let as_of = as_of.as_ref().map_or_else(|| "no date".to_owned(), |as_of| format!("as of {as_of}"));
    format!("{instrument} {article}: {outcome}{reasons}, {as_of}")
}
