//! What a party does with its own keys, letter and head: entered, and in force at once.

use crate::support::{start, two};
use comity_exchange::DeskFault;
use comity_node::app::{
    Action, Ctx,
    house::{AddOfficer, AddToken},
    ledger::OverrideHead,
};
use comity_record::EntryKind;

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
