//! Receipts, and judging past decisions again.

use super::{Action, Ctx, Fault, case::acting::Acting, crossing::find, sequencer::NodeDesk, to_hex};
use crate::keys::Keys;
use comity_affairs::Thread;
use comity_border::{Decision, Inputs, Replay, Standing, StandingEntries, Subject, replay};
use comity_exchange::{
    Acknowledgement, DeskFault, Scope,
    desk::{CHECKPOINTS, PastLaw},
    tables::{ACKNOWLEDGED, DECISIONS, DecisionRow, INPUTS, OUTBOX, OutboxRow},
};
use comity_ledger::{
    Quorum,
    receipt::{Contents, Part, Provisional, RecordPart, Trust},
    store::{Kv, Store},
};
use comity_record::{Attested, Body, Canonical, Letter, OfficerId, PartyCode, RootSigned, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Makes the receipt of a crossing: the offline proof for a court or a parliament.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExportReceipt {
    /// The crossing, or the record it carried, by at least eight digits.
    pub id: String,
    /// Whether the record's envelope goes with it; otherwise only its id.
    pub with_record: bool,
}

/// A receipt.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptExported {
    /// Its bytes in hexadecimal digits.
    pub receipt: String,
    /// Whether it is provisional: no quorum of witnesses has cosigned yet.
    pub provisional: bool,
    /// What was checked in it, in sentences.
    pub checked: Vec<String>,
    /// What it does not show.
    pub unchecked: Vec<String>,
}

/// Judges every past decision again from its recorded inputs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReplayAll {}

/// What judging again gave.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// Decisions looked at.
    pub decisions: u64,
    /// The same verdict, policies and duties.
    pub same: u64,
    /// Another ruling, one line each.
    pub different: Vec<String>,
    /// Decisions whose packs or register are neither in force nor kept here, one line each.
    pub other_inputs: Vec<String>,
    /// Decisions whose inputs were erased.
    pub erased: u64,
}

impl Action for ExportReceipt {
    const NAME: &'static str = "receipt.export";
    const SUMMARY: &'static str = "makes the receipt of a crossing, which anybody can verify offline";
    const SCOPE: Scope = Scope::Read;
    type Reply = ReceiptExported;

    async fn run(self, ctx: &Ctx) -> Result<ReceiptExported, Fault> {
        let keys = Keys::open(&ctx.dir).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let own = keys.own_letter().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let by = ctx.by.clone();
        let exported = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let with_record = self.with_record && may_open(desk, by.as_ref(), &self.id, now).await?;
                let wanted = ExportReceipt { with_record, ..self };
                let (contents, trust) = contents(desk, now, &wanted, &own).await?;
                let provisional = Provisional::new(contents);
                let report = provisional
                    .verify(&trust)
                    .map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
                let (bytes, is_provisional) = match provisional.clone().complete(&trust) {
                    Ok(receipt) => (receipt.to_bytes(), false),
                    Err(_) => (provisional.to_bytes(), true),
                };
                Ok::<_, Fault>(ReceiptExported {
                    receipt: to_hex(&bytes),
                    provisional: is_provisional,
                    checked: report.checked,
                    unchecked: report.unchecked,
                })
            })
        });
        exported.await?
    }
}

/// Whether the envelope may go with the receipt: a request or a step of a case only to who reads every thread, since the
/// receipt does not say whose it is.
async fn may_open(
    desk: &NodeDesk,
    by: Option<&OfficerId>,
    wanted: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let crossing = find(desk, wanted).await?;
    let Some(index) = desk.crossing_entries(&crossing).await?.pop() else { return Ok(true) };
    let Some((row, ..)) = desk.decision(index).await? else { return Ok(true) };
    let of_a_case = match desk.envelope(row.record).await {
        Ok(held) => matches!(held.record.statement().body, Body::CaseEvent { .. } | Body::Request(_)),
        Err(_) => false,
    };
    let on = now.date();
    let acting = Acting::of(desk.house(), by, None, on)?;
    let threads = [Thread::Police, Thread::Judicial, Thread::Diplomatic];
    Ok(!of_a_case || threads.into_iter().all(|thread| acting.reads(desk.house(), thread, on)))
}

/// The receipt of the crossing of a record, and whether it is provisional. The envelope stands beside it where it is used.
pub(super) async fn receipt_of(
    desk: &mut NodeDesk,
    now: Timestamp,
    record: &str,
    own: &RootSigned<Letter>,
) -> Result<(Vec<u8>, bool), Fault> {
    let wanted = ExportReceipt { id: record.to_owned(), with_record: false };
    let (contents, trust) = contents(desk, now, &wanted, own).await?;
    let provisional = Provisional::new(contents);
    Ok(match provisional.clone().complete(&trust) {
        Ok(receipt) => (receipt.to_bytes(), false),
        Err(_) => (provisional.to_bytes(), true),
    })
}

/// What goes into the receipt, and the trust under which it is checked before it is given out.
async fn contents(
    desk: &mut NodeDesk,
    now: Timestamp,
    wanted: &ExportReceipt,
    own: &RootSigned<Letter>,
) -> Result<(Contents, Trust), Fault> {
    let crossing = find(desk, &wanted.id).await?;
    let index = desk.crossing_entries(&crossing).await?.pop();
    let missing = || Fault::new("crossing/no-judgement", "no judgement of that crossing is held here");
    let index = index.ok_or_else(missing)?;
    let (row, _, request) = desk.decision(index).await?.ok_or_else(missing)?;
    let committed = desk.log().entry(desk.store(), index).await.map_err(DeskFault::from)?;
    let counterpart = if request.from == *desk.party() { request.to.clone() } else { request.from.clone() };
    let note = best_checkpoint(desk, now, index, &counterpart).await?;
    let signed =
        desk.checkpoint_keys().verify(&note).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let size = signed.head().size;
    let proof = desk.log().inclusion_proof(desk.store(), index, size).await.map_err(DeskFault::from)?;
    let record = match desk.envelope(row.record).await {
        Ok(held) if wanted.with_record => RecordPart::Envelope(held.record.as_bytes().to_vec().into()),
        Ok(_) | Err(DeskFault::Erased { .. } | DeskFault::NoRecord { .. }) => RecordPart::Id(row.record),
        Err(fault) => return Err(fault.into()),
    };
    let acknowledgement = acknowledgement_of(desk, &counterpart, row.record).await?;
    let twin = acknowledgement.as_deref().and_then(twin);
    let mut letters = vec![own.to_bytes().into()];
    letters.extend(desk.peers().values().take(15).map(|peer| peer.signed.clone().into()));
    let contents = Contents {
        record,
        own: Part::of(&committed, Some(row.decision.to_vec()), proof, &signed),
        twin,
        acknowledgement: acknowledgement.map(Into::into),
        letters,
    };
    let mut trust =
        Trust::new(desk.peers().values().map(|peer| peer.letter.clone()).chain([desk.letter().clone()]));
    trust.quorum = Quorum::default();
    Ok((contents, trust))
}

/// The smallest checkpoint over the entry that a third party cosigned; else the newest.
async fn best_checkpoint(
    desk: &mut NodeDesk,
    now: Timestamp,
    index: u64,
    counterpart: &PartyCode,
) -> Result<Vec<u8>, DeskFault> {
    let newest = desk.checkpoint(now).await?;
    let third: Vec<_> = desk.peers().iter().filter(|(party, _)| *party != counterpart).collect();
    let witnesses: Vec<_> = third
        .iter()
        .flat_map(|(_, peer)| comity_ledger::CheckpointKeys::of_letter(&peer.letter, now))
        .collect();
    for (key, note) in desk.store().list(CHECKPOINTS, b"", 100_000, now.as_millis()).await? {
        let size = key.first_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
        let Ok(signed) = desk.checkpoint_keys().verify(&note) else { continue };
        let cosigned = witnesses.iter().any(|keys| matches!(keys.cosignature(&signed), Ok(Some(_))));
        if size > index && cosigned {
            return Ok(note);
        }
    }
    Ok(newest)
}

async fn acknowledgement_of(
    desk: &NodeDesk,
    counterpart: &PartyCode,
    record: comity_record::RecordId,
) -> Result<Option<Vec<u8>>, DeskFault> {
    let number = desk.peer(counterpart)?.number;
    let mut found = None;
    for (key, value) in desk.rows(OUTBOX, number).await? {
        if OutboxRow::from_bytes(&value)?.record == record {
            found = desk.store().get_many(ACKNOWLEDGED, &[(number, key)]).await?.pop().flatten().or(found);
        }
    }
    Ok(found)
}

/// The other side's entry as its acknowledgement opens it.
fn twin(acknowledgement: &[u8]) -> Option<Part> {
    let signed = Attested::<Acknowledgement>::from_bytes(acknowledgement).ok()?;
    let claimed = signed.claimed();
    let entry = comity_record::Entry::from_bytes(&claimed.entry).ok()?;
    Some(Part { entry, salt: claimed.salt, decision: None, place: None })
}

impl Action for ReplayAll {
    const NAME: &'static str = "replay";
    const SUMMARY: &'static str = "judges every past decision again from its recorded inputs";
    const SCOPE: Scope = Scope::Read;
    type Reply = Replayed;

    async fn run(self, ctx: &Ctx) -> Result<Replayed, Fault> {
        let replayed = ctx.sequencer.run(|desk, _| Box::pin(async move { replay_all(desk).await }));
        Ok(replayed.await??)
    }
}

async fn replay_all(desk: &NodeDesk) -> Result<Replayed, DeskFault> {
    let mut replayed = Replayed::default();
    let (mut packs, mut registers) = (PastLaw::default(), PastLaw::default());
    for (key, _) in desk.rows(DECISIONS, 0).await? {
        let index = key.first_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
        let Some((row, decision, request)) = desk.decision(index).await? else { continue };
        let (standing, subject) = kept_inputs(desk, &row, &decision).await?;
        let law = desk.law();
        // What is in force stands in where no text is kept: the outcome then names what is another.
        let packs = desk.packs_of(decision.pack, &mut packs).await?.unwrap_or(&law.packs);
        let register = desk.register_of(decision.register, &mut registers).await?.unwrap_or(&law.register);
        let inputs = Inputs {
            packs: Some(packs),
            register: Some(register),
            standing: standing.as_ref(),
            subject: subject.as_ref(),
            request: Some(&request),
        };
        replayed.take(index, &decision, replay(inputs, &decision));
    }
    Ok(replayed)
}

/// The standing and what was looked at of the record, as far as they are kept.
async fn kept_inputs(
    desk: &NodeDesk,
    row: &DecisionRow,
    decision: &Decision,
) -> Result<(Option<Standing>, Option<Subject>), DeskFault> {
    let keys = [(0, decision.standing.0.to_vec()), (0, decision.subject.0.to_vec())];
    let mut kept = desk.store().get_many(INPUTS, &keys).await?.into_iter();
    let standing = kept.next().flatten();
    let standing = standing.map(|bytes| StandingEntries::from_bytes(&bytes)).transpose()?.map(Standing::new);
    // What was refused on arrival, or narrowed by its author before, is not what the record says by itself.
    let looked_at = kept.next().flatten().map(|bytes| Subject::from_bytes(&bytes)).transpose()?;
    let subject = match desk.envelope(row.record).await {
        Ok(held) => Some(looked_at.unwrap_or_else(|| Subject::of(&held.record))),
        Err(DeskFault::Erased { .. } | DeskFault::NoRecord { .. }) => looked_at,
        Err(fault) => return Err(fault),
    };
    Ok((standing, subject))
}

impl Replayed {
    fn take(&mut self, index: u64, decision: &Decision, outcome: Replay) {
        self.decisions += 1;
        match outcome {
            Replay::Same => self.same += 1,
            Replay::Different { now, .. } => {
                let text = format!("entry {index}: {} then, {} now", decision.ruling.verdict, now.verdict);
                self.different.push(text);
            }
            Replay::OtherInputs(which) => {
                self.other_inputs
                    .push(format!("entry {index}: the {} of that time not kept", which.join(", ")));
            }
            Replay::InputsErased(_) => self.erased += 1,
        }
    }
}
