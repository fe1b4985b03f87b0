//! Decisions are judged again under the packs and the register of their time.

use crate::support::{ctx_of, start, two};
use comity_node::app::{
    Action, Ctx,
    change::DisposeChange,
    proof::{ReplayAll, Replayed},
};
use std::fs;

async fn replay(ctx: &Ctx) -> Replayed {
    ReplayAll {}.run(ctx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_decisions_are_judged_under_the_law_of_their_time() {
    let (a, b) = two().await;
    a.import().await;
    a.share("XB").await;
    let then = replay(a.ctx()).await;
    assert!(then.decisions > 0 && then.same == then.decisions);
    // The register changes by a change set of XA's own, twice.
    for number in [1, 2] {
        let change = format!(
            r#"{{"id":"xa-{number}","author":"XA","date":"2026-03-0{number}","source_statement":"an exercise",
                "changes":[{{"add":{{"national_laws":{{"party":"XA","id":"act-{number}","title":"Exercise Act {number}",
                "dated":"2020","language":"en","in_force":"2021-01-01","as_of":"2026-03-01"}}}}}}]}}"#
        );
        DisposeChange { change, disposal: "take".into() }.run(a.ctx()).await.unwrap();
        a.import().await;
        a.share("XB").await;
    }
    let now = replay(a.ctx()).await;
    assert!(now.decisions > then.decisions);
    assert_eq!(now.same, now.decisions, "{now:?}");
    // Then other packs come into force.
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
    let mut config = a.config.clone();
    let folder = a.dir.path().join("packs");
    fs::create_dir(&folder).unwrap();
    let national = include_str!("../../../packs/exercise/XA.cedar").to_owned() + "\n// Another version.\n";
    fs::write(folder.join("XA.cedar"), national).unwrap();
    for party in config.party.values_mut() {
        party.packs = vec![folder.clone()];
    }
    let running = start(&config).await.unwrap();
    let ctx = ctx_of(&running, &a.code);
    let changed =
        ctx.sequencer.run(|desk, _| Box::pin(async move { desk.law().packs.hash() })).await.unwrap();
    let later = replay(ctx).await;
    // What was not sent yet was judged again under them.
    assert!(later.decisions >= now.decisions && later.same == later.decisions, "{later:?}");
    running.stop().await.unwrap();
    // And the former ones again.
    let running = start(&a.config).await.unwrap();
    let ctx = ctx_of(&running, &a.code);
    let former = ctx.sequencer.run(|desk, _| Box::pin(async move { desk.law().packs.hash() })).await.unwrap();
    assert_ne!(changed, former);
    let last = replay(ctx).await;
    assert!(last.decisions >= later.decisions && last.same == last.decisions, "{last:?}");
    running.stop().await.unwrap();
}
