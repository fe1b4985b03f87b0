//! Recall and erasure.

use super::{
    Action, Ctx, Fault, NodeDesk,
    share::{Grounds, request},
};
use comity_border::Request;
use comity_exchange::{Entropy, RecallStanding, Scope, Sharing};
use comity_record::{PartyCode, RecordId, Timestamp, body, label::Purpose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Recalls a record of ours: withdraws it or some of its objects, narrows its audience, or puts a corrected record in its
/// place. Everyone who was given it is told.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Recall {
    /// The record.
    pub record: String,
    /// Manifest positions; none means all.
    pub objects: Vec<u32>,
    /// Why, in a sentence.
    pub reason: String,
    /// The purpose under which the record was shared.
    pub purpose: String,
    /// Instead of withdrawal, another audience: TLP at least this.
    #[serde(default)]
    pub to_tlp: Option<String>,
    /// Instead of withdrawal, another audience: these parties alone, besides ourselves.
    #[serde(default)]
    pub narrow_to: Option<Vec<String>>,
    /// The record that corrects it, authored here already; it is shared with everyone who was given the other.
    #[serde(default)]
    pub replaced_by: Option<String>,
}

/// Has a recall applied that waits for an officer under the standing rule `ask`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApplyRecall {
    /// The recall's own record.
    pub recall: String,
}

/// A recall applied.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecallApplied {
    /// The parties to whom that was reported.
    pub reported: Vec<String>,
}

/// A recall as sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecallShown {
    /// The recall's own record.
    pub recall: String,
    /// Each party that was told, with the verdict of our border.
    pub told: Vec<String>,
}

/// Shows who has complied with a recall of ours, and who has not.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowRecall {
    /// The recall's own record.
    pub recall: String,
}

/// A recall and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecallStands {
    /// The record that was withdrawn.
    pub record: String,
    /// The positions withdrawn; none means all.
    pub objects: Vec<u32>,
    /// Why.
    pub reason: String,
    /// `withdrawn`, `narrowed` with to what, or `replaced` with by what.
    pub asks: String,
    /// Each party that had the record.
    pub parties: Vec<RecallParty>,
    /// How many of them complied.
    pub complied: u64,
}

/// Where a party stands with a recall.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecallParty {
    /// The party.
    pub party: String,
    /// Whether the recall was sent to it.
    pub told: bool,
    /// What it acknowledged.
    pub acknowledged: Option<String>,
    /// What it says it did: `narrowed`, `erased`, `kept` or `not-held`.
    pub reported: Option<String>,
    /// When that report came.
    pub at: Option<String>,
    /// Whether it complied.
    pub complied: bool,
}

/// Erases a record held here, or the objects in some slots of it. It cannot be undone.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Erase {
    /// The record.
    pub record: String,
    /// Slots; none means the whole record.
    pub objects: Vec<u32>,
}

/// An erasure done.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EraseShown {
    /// Its entry in the ledger.
    pub entry: u64,
    /// Bodies destroyed.
    pub bodies: u64,
}

impl Action for Recall {
    const NAME: &'static str = "recall";
    const SUMMARY: &'static str = "withdraws a record of ours and tells everyone who was given it";
    const SCOPE: Scope = Scope::Erase;
    type Reply = RecallShown;

    async fn run(self, ctx: &Ctx) -> Result<RecallShown, Fault> {
        let record: RecordId = self.record.parse().map_err(Fault::input)?;
        let purpose: Purpose = self.purpose.parse().map_err(Fault::input)?;
        let by = ctx.by.clone();
        let change = self.change()?;
        let recalled = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let recipients = desk.recipients(record).await?;
                let Some(first) = recipients.first().cloned() else {
                    return Err(Fault::new("recall/nobody", "the record was given to nobody"));
                };
                let to: PartyCode = first;
                let request = request(desk, now, &to, purpose, &Grounds::default(), by.as_ref())?;
                let recall = body::Recall { record, objects: self.objects, reason: self.reason, change };
                if let Some(body::RecallChange::Replaced(by)) = recall.change {
                    replace(desk, now, means.entropy(), by, &recipients, &request).await?;
                }
                Ok(desk.recall(now, means.entropy(), recall, request).await?)
            })
        });
        let recalled = recalled.await??;
        let told =
            recalled.shared.iter().map(|one| format!("{} {}", one.to, one.verdict.decision.ruling.verdict));
        Ok(RecallShown { recall: recalled.recall.record.to_string(), told: told.collect() })
    }
}

impl Recall {
    /// What is asked instead of withdrawal.
    fn change(&self) -> Result<Option<body::RecallChange>, Fault> {
        let tlp = self.to_tlp.as_ref().map(|tlp| tlp.parse()).transpose().map_err(Fault::input)?;
        let to = self.narrow_to.as_ref().map(|to| to.iter().map(|party| party.parse()).collect());
        let to = to.transpose().map_err(Fault::input)?;
        let by = self.replaced_by.as_ref().map(|by| by.parse()).transpose().map_err(Fault::input)?;
        let narrows = tlp.is_some() || to.is_some();
        if narrows && (by.is_some() || !self.objects.is_empty()) {
            let text = "an audience is narrowed for a whole record, and not together with a correction";
            return Err(Fault::input(text));
        }
        let narrow = narrows.then_some(body::RecallChange::Narrow(body::Narrowing { tlp, to }));
        Ok(narrow.or(by.map(body::RecallChange::Replaced)))
    }
}

/// Shares the correction with everyone who was given what it corrects. Who may not have it is still told of the recall.
async fn replace(
    desk: &mut NodeDesk,
    now: Timestamp,
    entropy: &mut dyn Entropy,
    by: RecordId,
    recipients: &BTreeSet<PartyCode>,
    request: &Request,
) -> Result<(), Fault> {
    let mut sharings = Vec::new();
    for to in recipients {
        let given = desk.given(to).await?.contains(&by);
        let request = Request { to: to.clone(), ..request.clone() };
        sharings.extend((!given).then_some(Sharing { record: by, request }));
    }
    desk.share(now, entropy, sharings).await?;
    Ok(())
}

fn asks(recall: &body::Recall) -> String {
    match &recall.change {
        None => "withdrawn".to_owned(),
        Some(body::RecallChange::Replaced(by)) => format!("replaced by {by}"),
        Some(body::RecallChange::Narrow(body::Narrowing { tlp, to })) => {
            let tlp = tlp.map(|tlp| format!(" to TLP:{tlp}")).unwrap_or_default();
            let to = to.as_ref().map(|to| {
                let to: Vec<&str> = to.iter().map(PartyCode::as_str).collect();
                format!(" to {} alone", if to.is_empty() { "its author".to_owned() } else { to.join(", ") })
            });
            format!("narrowed{tlp}{}", to.unwrap_or_default())
        }
    }
}

impl Action for ApplyRecall {
    const NAME: &'static str = "recall.apply";
    const SUMMARY: &'static str = "has a recall applied that waits for an officer";
    const SCOPE: Scope = Scope::Erase;
    type Reply = RecallApplied;

    async fn run(self, ctx: &Ctx) -> Result<RecallApplied, Fault> {
        let id: RecordId = self.recall.parse().map_err(Fault::input)?;
        let told = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.comply_with(now, means.entropy(), id).await
            })
        });
        Ok(RecallApplied { reported: told.await??.iter().map(ToString::to_string).collect() })
    }
}

impl Action for ShowRecall {
    const NAME: &'static str = "recall.show";
    const SUMMARY: &'static str = "shows who has complied with a recall of ours, and who has not";
    const SCOPE: Scope = Scope::Read;
    type Reply = RecallStands;

    async fn run(self, ctx: &Ctx) -> Result<RecallStands, Fault> {
        let id: RecordId = self.recall.parse().map_err(Fault::input)?;
        let shown = ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.recall_standing(id).await }));
        let (recall, standings) = shown.await??;
        let parties: Vec<RecallParty> = standings.iter().map(party).collect();
        let complied = parties.iter().filter(|party| party.complied).count() as u64;
        let asks = asks(&recall);
        let (record, objects, reason) = (recall.record.to_string(), recall.objects, recall.reason);
        Ok(RecallStands { record, objects, reason, asks, parties, complied })
    }
}

fn party(standing: &RecallStanding) -> RecallParty {
    let (reported, at) = standing.reported.clone().unzip();
    RecallParty {
        party: standing.party.to_string(),
        told: standing.told.is_some(),
        acknowledged: standing.acknowledged.as_ref().map(super::crossing::outcome_text),
        reported,
        at: at.map(|at| at.to_string()),
        complied: standing.has_complied(),
    }
}

impl Action for Erase {
    const NAME: &'static str = "erase";
    const SUMMARY: &'static str = "erases a record held here; the decisions about it stay provable";
    const SCOPE: Scope = Scope::Erase;
    type Reply = EraseShown;

    async fn run(self, ctx: &Ctx) -> Result<EraseShown, Fault> {
        let record: RecordId = self.record.parse().map_err(Fault::input)?;
        let by = ctx.by.clone();
        let erased = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.erase(now, means.entropy(), record, &self.objects, by.as_ref()).await
            })
        });
        let erased = erased.await??;
        // No key opens the bodies any more. It counts as done once no view points at them either.
        ctx.views.feed().forget();
        ctx.views.reach(erased.index.saturating_add(1)).await?;
        Ok(EraseShown { entry: erased.index, bodies: erased.bodies as u64 })
    }
}
