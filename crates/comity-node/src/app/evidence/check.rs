//! Hashing what is held again: on arrival, when a person asks, and on schedule. What does not agree is reported as data;
//! whether the report is accepted is a person's decision.

use super::{
    super::{Action, Ctx, Fault},
    Held, hand,
    vessel::{Spoilt, open_chunk},
};
use comity_affairs::{
    Defect,
    custody::{Act, Care, Digest, Note, Package},
};
use comity_exchange::{Hand, Scope, Vessel};
use comity_ledger::store::Blobs;
use comity_record::{OfficerId, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hashes the objects of a package again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CheckEvidence {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
}

/// What a check found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceChecked {
    /// The record of the manifest.
    pub record: String,
    /// How many objects were hashed.
    pub objects: u64,
    /// What does not agree with the manifest, one line each.
    pub defects: Vec<String>,
}

impl Action for CheckEvidence {
    const NAME: &'static str = "evidence.check";
    const SUMMARY: &'static str = "hashes the objects of a package again and compares them with its manifest";
    const SCOPE: Scope = Scope::Cases;
    type Reply = EvidenceChecked;

    async fn run(self, ctx: &Ctx) -> Result<EvidenceChecked, Fault> {
        let asker = ctx.clone();
        let found = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let record = super::find(desk, &self.record).await?;
                let hand = hand(&asker, desk, None, ("", "checked on demand", tool()))?;
                Ok::<_, Fault>((record, hand))
            })
        });
        let (record, hand) = found.await??;
        check(ctx, record, hand, ctx.by.clone()).await
    }
}

/// The tool that hashes.
pub(super) const fn tool() -> &'static str {
    comity_record::ENGINE_VERSION
}

/// Hashes a package again; the result is entered.
pub(super) async fn check(
    ctx: &Ctx,
    record: RecordId,
    hand: Hand,
    by: Option<OfficerId>,
) -> Result<EvidenceChecked, Fault> {
    let read = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            let Held { package, store, .. } = Held::find(desk, &record.to_string()).await?;
            Ok::<_, Fault>((package, store, desk.vessels(record).await?, desk.care(record).await?))
        })
    });
    let (package, store, vessels, care) = read.await??;
    let defects = examine(&package, &vessels, &care, &store).await?;
    let kept: Vec<_> = package.items.iter().map(|item| item.sha256).collect();
    let kept: Vec<_> = kept.into_iter().filter(|object| !care.deleted.contains(object)).collect();
    let (objects, found) = (kept.len() as u64, defects.clone());
    let entered = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            // Before a package was received whole, our custody record has not begun.
            if !desk.own_chain(record).await?.entries().is_empty() && !kept.is_empty() {
                let acts = vec![hand.does(desk.party(), now, Act::Hashed, kept)];
                desk.enter_custody(now, means.entropy(), record, acts).await?;
            }
            if !found.is_empty() {
                desk.note(now, means.entropy(), record, by, Note::Defects { found }).await?;
            }
            Ok::<_, Fault>(())
        })
    });
    entered.await??;
    let lines = defects.iter().map(|defect| format!("{}: {}", defect.object, defect.found));
    Ok(EvidenceChecked { record: record.to_string(), objects, defects: lines.collect() })
}

/// Every object that does not agree with the manifest; those that were deleted are not looked for.
pub(super) async fn examine(
    package: &Package,
    vessels: &[Option<Vessel>],
    care: &Care,
    store: &impl Blobs,
) -> Result<Vec<Defect>, Fault> {
    let mut defects = Vec::new();
    for (item, vessel) in package.items.iter().zip(vessels) {
        if care.deleted.contains(&item.sha256) {
            continue;
        }
        let mut defect = |found: String| defects.push(Defect { object: item.id.clone(), found });
        let Some(vessel) = vessel else {
            defect("its key is gone".to_owned());
            continue;
        };
        match digest(vessel, store).await? {
            Err((number, spoilt)) => {
                defect(format!("piece {number} of {} is {spoilt}", vessel.chunks.len()));
            }
            Ok(found) if found != (item.size, item.sha256, item.sha512) => {
                defect(format!("another hash: SHA-256 is {}", found.1));
            }
            Ok(_) => {}
        }
    }
    Ok(defects)
}

type Found = (u64, comity_record::Hash, comity_affairs::custody::Sha512);

async fn digest(vessel: &Vessel, store: &impl Blobs) -> Result<Result<Found, (usize, Spoilt)>, Fault> {
    let mut digest = Digest::new();
    for number in 0..vessel.chunks.len() {
        match open_chunk(vessel, number, store).await? {
            Ok(bytes) => digest.update(&bytes),
            Err(spoilt) => return Ok(Err((number, spoilt))),
        }
    }
    Ok(Ok(digest.finish()))
}
