//! What a party does with its own keys, letter and head: entered, and in force at once.

use crate::support::{Node, start, two};
use comity_exchange::DeskFault;
use comity_node::app::{
    Action, Ctx,
    house::{AddOfficer, AddToken},
    ledger::OverrideHead,
    peer::ListPeers,
    watch::QuorumWatch,
};
use comity_node::{clock::Clock, config::Witness, http::api::Readiness, metrics::Metrics, stop::Stop};
use comity_record::EntryKind;
use std::collections::BTreeSet;

/// An officer with a token of these scopes.
async fn token(ctx: &Ctx, officer: &str, scopes: &[&str]) -> String {
    let add = AddOfficer { id: officer.into(), unit: "cert".into(), name: officer.into(), from: None };
    add.run(ctx).await.unwrap();
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    AddToken { officer: officer.into(), scopes, days: None }.run(ctx).await.unwrap().token
}

async fn may_sign(ctx: &Ctx) -> bool {
    ctx.sequencer.run(|desk, _| Box::pin(async move { desk.may_sign() })).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_officers_answer_for_a_head_that_no_witness_can_confirm() {
    let (a, b) = two().await;
    let duty = token(a.ctx(), "duty", &["operate"]).await;
    let again = AddToken { officer: "duty".into(), scopes: vec!["operate".into()], days: None };
    let again = again.run(a.ctx()).await.unwrap().token;
    let head = token(a.ctx(), "head", &["operate", "read"]).await;
    let reader = token(a.ctx(), "reader", &["read"]).await;
    let both = |tokens: [&String; 2]| OverrideHead {
        tokens: tokens.map(Clone::clone).to_vec(),
        reason: "all lines are down".into(),
    };
    let fault = both([&duty, &head]).run(a.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "ledger/nothing-to-override");
    a.import().await;
    a.share("XB").await;
    a.delivered("XB").await;
    cosigned(a.ctx()).await;
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
    let running = start(&a.config).await.unwrap();
    let ctx = running.hosted.get(&a.code).unwrap();
    assert!(!may_sign(ctx).await, "no witness was reached");
    for (tokens, code) in [
        ([&duty, &duty], "ledger/override-officers"),
        ([&duty, &again], "ledger/override-officers"),
        ([&duty, &reader], "ledger/override-token"),
        ([&duty, &"comity_".to_owned()], "ledger/override-token"),
    ] {
        assert_eq!(both(tokens).run(ctx).await.unwrap_err().code, code);
        assert!(!may_sign(ctx).await);
    }
    let given = both([&duty, &head]).run(ctx).await.unwrap();
    assert_eq!(given.officers, ["duty", "head"]);
    assert!(may_sign(ctx).await);
    let kind = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            Ok::<_, DeskFault>(desk.log().entry(desk.store(), given.entry).await?.entry().kind)
        })
    });
    assert_eq!(kind.await.unwrap().unwrap(), EntryKind::Override);
    running.stop().await.unwrap();
}

/// Waits until a witness cosigned a head of ours.
async fn cosigned(ctx: &Ctx) {
    let mut changes = ctx.sequencer.changes();
    loop {
        let seen = ctx.sequencer.run(|desk, means| {
            let now = means.now();
            Box::pin(async move {
                let note = desk.checkpoint(now).await?;
                // Two lines of our own, and any cosignature after them.
                Ok::<_, DeskFault>(String::from_utf8_lossy(&note).matches("\u{2014} ").count() > 2)
            })
        });
        if seen.await.unwrap().unwrap() {
            return;
        }
        // The log grows by what comes back; a turn follows each growth.
        let _grown = tokio::time::timeout(std::time::Duration::from_millis(200), changes.changed()).await;
    }
}

/// A third party that never came: both sides are alarmed, and nothing stops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crossings_without_a_quorum_alarm_both_sides_and_stop_nothing() {
    let (a, b) = two().await;
    let c = Node::start("XC").await;
    for node in [&a, &b] {
        node.accept(&c).await;
    }
    a.import().await;
    a.share("XB").await;
    a.delivered("XB").await;
    let (stop, _) = Stop::new();
    let watch = |node: &Node, clock: Clock| QuorumWatch {
        party: node.code.clone(),
        sequencer: node.ctx().sequencer.clone(),
        clock,
        witness: Witness::default(),
        metrics: Metrics::default(),
        readiness: Readiness::default(),
        stopping: stop.watch(),
    };
    let now = Clock::system().now();
    for (node, peer) in [(&a, "XB"), (&b, "XA")] {
        let hours = |hours: i64| Clock::fixed(now.plus_millis(hours * 3_600_000));
        let early = watch(node, hours(23));
        assert_eq!(early.look(BTreeSet::new()).await.unwrap(), BTreeSet::new());
        assert!(early.readiness.alarms().is_empty());
        let labels = format!(r#"{{party="{}",peer="{peer}"}}"#, node.code);
        assert!(early.metrics.render().contains(&format!("comity_quorum_alarm{labels} 0")));
        let late = watch(node, hours(25));
        let alarmed = late.look(BTreeSet::new()).await.unwrap();
        assert_eq!(alarmed, BTreeSet::from([peer.parse().unwrap()]), "XC has no crossing that could wait");
        assert!(late.metrics.render().contains(&format!("comity_quorum_alarm{labels} 1")));
        let told = late.readiness.alarms();
        assert!(told.len() == 1 && late.readiness.reasons().is_empty(), "{told:?}");
        assert!(told.first().unwrap().1.contains("wait for a quorum"), "{told:?}");
        // The list of peers, at the node's own time: it waits, and it is not yet an alarm.
        let listed = ListPeers {}.run(node.ctx()).await.unwrap();
        let one = listed.iter().find(|one| one.party == peer).unwrap();
        assert!(one.unwitnessed_since.is_some() && !one.alarm, "{one:?}");
        let impatient =
            Ctx { witness: Witness { alarm_hours: 0, ..Witness::default() }, ..node.ctx().clone() };
        assert!(ListPeers {}.run(&impatient).await.unwrap().iter().any(|one| one.alarm && one.party == peer));
    }
    // The third party comes, cosigns, and the alarm ends.
    c.accept(&a).await;
    c.accept(&b).await;
    for (node, peer) in [(&a, "XB"), (&b, "XA")] {
        let late = watch(node, Clock::fixed(now.plus_millis(25 * 3_600_000)));
        let mut alarmed = BTreeSet::from([peer.parse().unwrap()]);
        while !alarmed.is_empty() {
            alarmed = late.look(alarmed).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert!(late.readiness.alarms().is_empty());
    }
    for node in [a, b, c] {
        node.running.stop().await.unwrap();
    }
}
