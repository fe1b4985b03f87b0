//! Erasing what was written at home: the drafts and approvals of a case, tasks, orders to providers.

use super::{
    Action, Ctx, Fault,
    case::{acting::Acting, authorise::thread_of},
    task,
    withdraw::EraseShown,
};
use comity_affairs::home::TaskFault;
use comity_exchange::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Erases what was written at home about a case, or about a task with what was handed on from it. It cannot be undone.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct EraseHome {
    /// The case: its drafts, authorisations and approvals, the tasks and the orders that serve it. What crossed stays.
    pub case: Option<String>,
    /// The number of a task.
    pub task: Option<u32>,
    /// Why.
    pub reason: String,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
}

impl Action for EraseHome {
    const NAME: &'static str = "erase.home";
    const SUMMARY: &'static str =
        "erases what was written at home about a case or a task; that it was done stays provable";
    const SCOPE: Scope = Scope::Erase;
    type Reply = EraseShown;

    async fn run(self, ctx: &Ctx) -> Result<EraseShown, Fault> {
        if self.reason.trim().is_empty() {
            return Err(Fault::input("an erasure needs its reason"));
        }
        if self.case.is_some() == self.task.is_some() {
            return Err(Fault::input("an erasure at home is of a case or of a task"));
        }
        if let Some(number) = self.task {
            let seen = task::seen(ctx, None).await?;
            let known = seen.tasks.iter().any(|task| task.given.number == number);
            known.then_some(()).ok_or(TaskFault::None { number })?;
        }
        let by = ctx.by.clone();
        let erased = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let case = match &self.case {
                    Some(wanted) => {
                        let named = self.officer.as_deref();
                        let acting = Acting::of(desk.house(), by.as_ref(), named, now.date())?;
                        let case = desk.find_case(wanted).await?;
                        acting.must_read(desk.house(), thread_of(desk, case).await?, wanted, now.date())?;
                        Some(case)
                    }
                    None => None,
                };
                let what = (case, self.task);
                let erased = desk.erase_home(now, means.entropy(), by.as_ref(), what, &self.reason).await?;
                erased.ok_or_else(|| {
                    Fault::new("erase/nothing", "nothing that was written at home about it is left")
                })
            })
        });
        let erased = erased.await??;
        Ok(EraseShown { entry: erased.index, bodies: erased.bodies as u64 })
    }
}
