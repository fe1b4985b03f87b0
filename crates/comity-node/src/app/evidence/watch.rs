//! The schedule: everything held is hashed again every so many hours, and where access has ended that is entered once.

use super::{
    super::{Ctx, Fault},
    check, hand,
};
use crate::stop::Stopping;
use comity_affairs::custody::{Act, Note};
use comity_record::{Date, RecordId, Timestamp};
use std::time::Duration;

const HOUR: i64 = 3_600_000;
/// How often the schedule is looked at.
const LOOK: Duration = Duration::from_secs(300);

/// Keeps the schedule of a party until the node stops.
pub async fn keep(ctx: Ctx, mut stopping: Stopping) {
    let hours = ctx.evidence.settings.evidence.check_hours;
    loop {
        if let Err(fault) = round(&ctx, hours).await {
            tracing::warn!(party = %ctx.party, code = %fault.code, "evidence was not checked: {}", fault.text);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stopping.wait() => return,
        }
    }
}

/// One look: what is due is hashed, what has ended is entered.
pub async fn round(ctx: &Ctx, hours: u32) -> Result<u64, Fault> {
    let now = ctx.now();
    let due = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            let (mut due, mut ended) = (Vec::new(), Vec::new());
            for record in desk.packages().await? {
                let (_, package) = desk.manifest(record).await?;
                let care = desk.care(record).await?;
                let waived = super::care::waived(desk, &package).await?;
                if let Some(day) = care.ends(&package, &waived)
                    && now.date() > day
                    && !care.ended.contains(&day)
                {
                    ended.push((record, day));
                }
                let whole = package.items.iter().all(|item| !care.deleted.contains(&item.sha256));
                let last = desk
                    .own_chain(record)
                    .await?
                    .entries()
                    .iter()
                    .rev()
                    .find(|entry| matches!(entry.act, Act::Hashed | Act::Received))
                    .map(|entry| entry.at);
                let is_due = last.is_some_and(|last| is_due(last, now, hours));
                if hours > 0 && whole && is_due {
                    due.push(record);
                }
            }
            Ok::<_, Fault>((due, ended))
        })
    });
    let (due, ended) = due.await??;
    for (record, day) in ended {
        enter_end(ctx, record, day).await?;
    }
    let checked = due.len() as u64;
    for record in due {
        check_one(ctx, record).await?;
    }
    Ok(checked)
}

fn is_due(last: Timestamp, now: Timestamp, hours: u32) -> bool {
    last.plus_millis(i64::from(hours) * HOUR) <= now
}

async fn enter_end(ctx: &Ctx, record: RecordId, on: Date) -> Result<(), Fault> {
    let entered = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            desk.note(now, means.entropy(), record, None, Note::Ended { on }).await
        })
    });
    entered.await??;
    tracing::warn!(party = %ctx.party, record = %record.0.short(), "access to evidence ended after {on}");
    Ok(())
}

async fn check_one(ctx: &Ctx, record: RecordId) -> Result<(), Fault> {
    let asker = ctx.clone();
    let hand = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move { hand(&asker, desk, None, ("", "on schedule", check::tool())) })
    });
    let checked = check::check(ctx, record, hand.await??, None).await?;
    if !checked.defects.is_empty() {
        tracing::error!(
            party = %ctx.party,
            record = %record.0.short(),
            defects = checked.defects.len(),
            "evidence does not agree with its manifest"
        );
    }
    Ok(())
}
