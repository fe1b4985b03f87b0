//! Deleting objects at an end: a person's act, stopped by a court hold, an appeal or an exculpatory claim, and followed by a
//! signed statement for the other State.

use super::{
    super::{Action, Ctx, Fault},
    Held, hand, hashes, objects,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::{Condition, ConditionKind, conditions};
use comity_exchange::{EvidenceFault, Scope};
use comity_ledger::store::Blobs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Deletes objects whose end has come.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeleteEvidence {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// The objects; none means all.
    pub objects: Vec<String>,
    /// The condition whose day has come; absent where the end of personal data has.
    pub condition: Option<u16>,
    /// Where this happens.
    pub place: String,
    /// Why.
    pub reason: String,
}

/// A deletion done.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deleted {
    /// The record of the manifest.
    pub record: String,
    /// How many objects.
    pub objects: u64,
    /// The entry of the erasure in the ledger.
    pub entry: u64,
    /// To whom the statement is addressed.
    pub to: String,
    /// The signed statement in base64.
    pub statement: String,
}

impl Action for DeleteEvidence {
    const NAME: &'static str = "evidence.delete";
    const SUMMARY: &'static str = "deletes objects whose end has come, and states so under signature";
    const SCOPE: Scope = Scope::Erase;
    type Reply = Deleted;

    async fn run(self, ctx: &Ctx) -> Result<Deleted, Fault> {
        let asker = ctx.clone();
        let deleted = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let Held { record, held, package, store } = Held::find(desk, &self.record).await?;
                let places = objects(&package, &self.objects)?;
                let hashes = hashes(&package, &places);
                let about = (self.place.as_str(), self.reason.as_str(), "");
                let hand = hand(&asker, desk, None, about)?;
                let care = desk.care(record).await?;
                let mut statement = None;
                for condition in self.ends(&package, &places)? {
                    let officer = hand.officer.clone();
                    let one = conditions::delete(&condition, hashes.clone(), &care.holding(), officer, now);
                    statement = Some(one.map_err(EvidenceFault::from)?);
                }
                let deletion = statement.ok_or_else(|| {
                    Fault::new("evidence/no-end", "nothing in this package says that it must be deleted")
                })?;
                let to = held.received_from.clone().unwrap_or_else(|| desk.party().clone());
                let (signed, authority, chunks) =
                    desk.delete_objects(now, means.entropy(), record, deletion, to.clone(), &hand).await?;
                // No key opens them any more; what is left of them only takes room.
                for chunk in chunks {
                    store.erase(chunk, &authority).await?;
                }
                Ok::<_, Fault>(Deleted {
                    record: record.to_string(),
                    objects: hashes.len() as u64,
                    entry: authority.index(),
                    to: to.to_string(),
                    statement: STANDARD.encode(signed),
                })
            })
        });
        deleted.await?
    }
}

impl DeleteEvidence {
    /// What says that the objects must go: the condition named, or the end of the personal data in each of them.
    fn ends(
        &self,
        package: &comity_affairs::custody::Package,
        places: &[usize],
    ) -> Result<Vec<Condition>, Fault> {
        if let Some(number) = self.condition {
            let found = package.conditions.iter().find(|condition| condition.number == number);
            let none = || {
                Fault::input(format!("the package has no condition {number}"))
                    .help("`comity evidence show` lists them")
            };
            return Ok(vec![found.cloned().ok_or_else(none)?]);
        }
        let items = places.iter().filter_map(|place| package.items.get(*place));
        let one = |item: &comity_affairs::custody::Item| {
            let terms = item.personal.as_ref();
            let terms = terms.ok_or_else(|| {
                Fault::new(
                    "evidence/no-end",
                    format!("object {} holds no personal data with an end", item.id),
                )
                .help("name the condition whose day has come with --condition")
            })?;
            // The last day of access is still a day of access.
            let by = Some(terms.until.plus_days(1));
            Ok(Condition { number: 0, kind: ConditionKind::DeleteBy, text: String::new(), by })
        };
        items.map(one).collect()
    }
}
