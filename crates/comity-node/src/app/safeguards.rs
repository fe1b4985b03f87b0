//! What officers state of a case for the body of oversight, since its steps do not say it: how many persons it affects, how many
//! were given notice, errors and complaints. Numbers alone, at home, and the last statement counts.

use super::{
    Action, Ctx, Fault,
    case::{acting::Acting, authorise::thread_of},
    paper::held,
};
use comity_affairs::oversight::Safeguards;
use comity_exchange::{Scope, inner::InnerAct};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// States the safeguards of a case, in place of what was stated before.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StateSafeguards {
    /// The case, by its id or a reference.
    pub case: String,
    /// Persons affected.
    pub persons: u32,
    /// Of these, persons who were given notice.
    pub notified: u32,
    /// Errors found.
    pub errors: u32,
    /// Complaints.
    pub complaints: u32,
}

/// What stands of a case now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SafeguardsStated {
    /// The case.
    pub case: String,
    /// Persons affected.
    pub persons: u32,
    /// Of these, persons who were given notice.
    pub notified: u32,
    /// Errors found.
    pub errors: u32,
    /// Complaints.
    pub complaints: u32,
}

impl Action for StateSafeguards {
    const NAME: &'static str = "oversight.state";
    const SUMMARY: &'static str =
        "states how many persons a case affects, how many were given notice, errors and complaints";
    const SCOPE: Scope = Scope::Cases;
    type Reply = SafeguardsStated;

    async fn run(self, ctx: &Ctx) -> Result<SafeguardsStated, Fault> {
        let StateSafeguards { case, persons, notified, errors, complaints } = self;
        if notified > persons {
            let text = format!("{notified} persons cannot have been given notice of {persons}");
            return Err(Fault::new("input/bad-value", text));
        }
        let stated = Safeguards { persons, notified, errors, complaints };
        let by = ctx.by.clone();
        let entered = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let acting = Acting::of(desk.house(), by.as_ref(), None, now.date())?;
                let id = desk.find_case(&case).await?;
                acting.must_read(desk.house(), thread_of(desk, id).await?, &case, now.date())?;
                let id = held(desk, id).await?.case;
                let act = InnerAct::Safeguards { case: id, stated };
                desk.enter_inner(now, means.entropy(), by, act).await?;
                Ok::<_, Fault>(id)
            })
        });
        let case = entered.await??.to_string();
        Ok(SafeguardsStated { case, persons, notified, errors, complaints })
    }
}
