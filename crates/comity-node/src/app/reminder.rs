//! Reminders of a node that serves: how much is due stands in the figures, and what has newly fallen due is told in the log
//! by its kind alone. No content, no reference and no name of a unit goes there. **Invariant:** looking changes nothing.

use super::{
    Ctx, Fault,
    agenda::{DueShown, look},
};
use crate::{metrics::Metrics, stop::Stopping};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How often it is looked.
const PAUSE: Duration = Duration::from_secs(60);

/// What marks one thing that is due, so that it is told once.
pub type Mark = (String, Option<String>, Option<u32>, String, Option<u16>);

/// Reminds of what is due at one party.
#[derive(Debug)]
pub struct Reminder {
    /// The party, as the console sees it.
    pub ctx: Ctx,
    /// Where the figures go.
    pub metrics: Metrics,
    /// Ends the reminders.
    pub stopping: Stopping,
}

impl Reminder {
    /// Looks once a minute until the node stops.
    pub async fn run(mut self) {
        let mut told = BTreeSet::new();
        while !self.stopping.is_stopping() {
            match self.look(&told).await {
                Ok(now) => told = now,
                Err(fault) => {
                    tracing::warn!(party = %self.ctx.party, code = fault.code, %fault, "no look at the agenda")
                }
            }
            let _stopped = tokio::time::timeout(PAUSE, self.stopping.wait()).await.is_ok();
        }
    }

    /// Looks once and tells what is new against `told`; what is to be told no more.
    pub async fn look(&self, told: &BTreeSet<Mark>) -> Result<BTreeSet<Mark>, Fault> {
        let items = look(&self.ctx, self.ctx.now(), None).await?;
        let mut marks = BTreeSet::new();
        let mut counts: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
        for says in ["overdue", "soon", "later", "paused"] {
            for whose in ["ours", "theirs"] {
                counts.insert((says, whose, "real"), 0);
                counts.insert((says, whose, "exercise"), 0);
            }
        }
        for item in &items {
            let whose = if item.ours { "ours" } else { "theirs" };
            let space = if item.exercise { "exercise" } else { "real" };
            *counts.entry((&item.says, whose, space)).or_default() += 1;
            if item.says == "overdue" || item.warning_days.is_some() {
                let mark = mark(item);
                if !told.contains(&mark) {
                    self.tell(item);
                }
                marks.insert(mark);
            }
        }
        for ((says, whose, space), count) in counts {
            let labels =
                [("party", self.ctx.party.as_str()), ("says", says), ("whose", whose), ("space", space)];
            let help = "How much is due on the agenda, by what its clock says and whose turn it is.";
            self.metrics.gauge("comity_agenda", help, &labels).set(count);
        }
        Ok(marks)
    }

    fn tell(&self, item: &DueShown) {
        let party = &self.ctx.party;
        match item.warning_days {
            Some(days) => {
                tracing::warn!(%party, days, exercise = item.exercise, "preserved data end soon; `comity agenda` tells which")
            }
            None => {
                tracing::warn!(%party, clock = item.what, ours = item.ours, exercise = item.exercise, "something is overdue; `comity agenda` tells what")
            }
        }
    }
}

fn mark(item: &DueShown) -> Mark {
    (item.what.clone(), item.case.clone(), item.task, item.due.clone(), item.warning_days)
}
