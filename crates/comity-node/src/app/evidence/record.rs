//! Recording by hand what was done with objects outside the node.

use super::{
    super::{Action, Ctx, Fault, peer::Entered},
    Held, hand, hashes, objects,
};
use comity_affairs::custody::Act;
use comity_exchange::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Enters an act of custody.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecordAct {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// What was done: copied, moved, opened, analysed, exported, returned or destroyed.
    pub act: String,
    /// The objects; none means all.
    pub objects: Vec<String>,
    /// Where.
    pub place: String,
    /// Why.
    pub reason: String,
    /// With which tool; empty where none.
    pub tool: String,
}

impl Action for RecordAct {
    const NAME: &'static str = "evidence.record";
    const SUMMARY: &'static str = "enters an act of custody: signed, and linked to the one before it";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let act = Act::BY_HAND.iter().copied().find(|act| act.as_str() == self.act);
        let act = act.ok_or_else(|| {
            let known = Act::BY_HAND.iter().map(|act| act.as_str()).collect::<Vec<_>>().join(", ");
            Fault::input(format!("`{}` is not recorded by hand", self.act)).help(format!("known: {known}"))
        })?;
        if self.place.trim().is_empty() || self.reason.trim().is_empty() {
            return Err(Fault::input("an act of custody needs place and reason"));
        }
        let asker = ctx.clone();
        let entered = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let Held { record, package, .. } = Held::find(desk, &self.record).await?;
                let places = objects(&package, &self.objects)?;
                let about = (self.place.as_str(), self.reason.as_str(), self.tool.as_str());
                let hand = hand(&asker, desk, None, about)?;
                let acts = vec![hand.does(desk.party(), now, act, hashes(&package, &places))];
                desk.enter_custody(now, means.entropy(), record, acts).await?;
                Ok::<_, Fault>(Entered { ledger_size: desk.log().size() })
            })
        });
        entered.await?
    }
}
