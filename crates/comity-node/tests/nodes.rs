//! Whole nodes on loopback: real TLS, real stores, letters exchanged by hand.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

mod accounts;
mod authored;
mod backup;
mod beside;
mod console;
mod evidence;
mod evidence_kills;
mod evidence_unit;
mod exports;
mod feeds;
mod files;
mod flow_evidence;
mod flows;
mod home;
mod home_acts;
mod import_order;
mod index;
mod kills;
mod leak;
mod lookup;
mod lost_tail;
mod misp;
mod misp_feeds;
mod own_acts;
mod past_law;
mod processes;
mod real_input;
mod search;
mod stamps;
mod support;
mod taxii;
mod views;

use comity_node::{
    app::{
        Action, Running,
        ask::{Ask, SelectorAsked},
        crossing::{Inbox, Outbox, ShowCrossing},
        init::issue_letter,
        peer::{AcceptLetter, SuspendPeer, fingerprint},
        pouch::{OpenPouch, PackPouch},
        proof::{ExportReceipt, ReplayAll},
        share::Grounds,
        to_hex,
        withdraw::Erase,
    },
    clock::Clock,
    config::Text,
    random::SystemRandom,
};
use comity_record::Canonical;
use std::sync::Arc;
use support::{Node, two};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_crosses_and_is_provable() {
    let (a, b) = two().await;
    let imported = a.import().await;
    assert_eq!(imported.refused, 0, "{:?}", imported.refusals);
    let shared = a.share("XB").await;
    assert!(shared.cleared > 0 && shared.refused > 0, "{shared:?}");
    a.delivered("XB").await;
    let inbox = Inbox { from: None }.run(b.ctx()).await.unwrap();
    assert!(inbox.iter().any(|one| one.outcome == "taken in"), "{inbox:?}");
    let crossing = inbox.iter().find(|one| one.outcome == "taken in").unwrap().crossing.clone();
    let shown = ShowCrossing { id: crossing.clone() }.run(a.ctx()).await.unwrap();
    assert!(shown.acknowledgement.unwrap().starts_with("taken in") && shown.twin.is_some());
    for node in [&a, &b] {
        let receipt =
            ExportReceipt { id: crossing.clone(), with_record: true }.run(node.ctx()).await.unwrap();
        assert!(!receipt.checked.is_empty());
        let replayed = ReplayAll {}.run(node.ctx()).await.unwrap();
        assert!(replayed.decisions > 0);
        assert_eq!(replayed.decisions, replayed.same, "{replayed:?}");
    }
    a.running.stop().await.unwrap();
    // A node that was stopped opens again with everything.
    b.running.stop().await.unwrap();
    let again = Running::start(&b.config, Clock::system(), Arc::new(SystemRandom)).await.unwrap();
    let ctx = again.hosted.get(&b.code).unwrap();
    assert_eq!(Inbox { from: None }.run(ctx).await.unwrap().len(), inbox.len());
    again.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pouch_carries_the_same_crossings_and_may_be_opened_twice() {
    let (a, b) = (Node::start("XA").await, Node::start("XB").await);
    // No network: each accepts a letter of the other without an address.
    for (node, other) in [(&a, &b), (&b, &a)] {
        let path = other.config.node.data_dir.parent().unwrap().join("comity.toml");
        let mut config = other.config.clone();
        config.party.get_mut(&Text(other.code.clone())).unwrap().address.clear();
        let units = other.letter.introduce().unwrap().units;
        let letter = issue_letter(&config, &path, &other.code, units, &Clock::system()).unwrap();
        let fingerprint = fingerprint(&letter.introduce().unwrap());
        AcceptLetter { letter: to_hex(&letter.to_bytes()), fingerprint }.run(node.ctx()).await.unwrap();
    }
    a.import().await;
    a.share("XB").await;
    let pouch = PackPouch { to: "XB".into(), after: None }.run(a.ctx()).await.unwrap();
    assert!(pouch.items > 0);
    let first = OpenPouch { pouch: pouch.pouch.clone() }.run(b.ctx()).await.unwrap();
    assert!(first.events.iter().any(|event| event.starts_with("taken in")), "{first:?}");
    let second = OpenPouch { pouch: pouch.pouch.clone() }.run(b.ctx()).await.unwrap();
    assert_eq!(second.events, Vec::<String>::new());
    let fault = OpenPouch { pouch: pouch.pouch }.run(a.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "seal/other-recipient", "{fault:?}");
    let back = PackPouch { to: "XA".into(), after: None }.run(b.ctx()).await.unwrap();
    OpenPouch { pouch: back.pouch }.run(a.ctx()).await.unwrap();
    let outbox = Outbox { to: None }.run(a.ctx()).await.unwrap();
    assert!(outbox.iter().all(|one| one.state != "waiting"), "{outbox:?}");
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}

fn preservation(to: &str) -> Ask {
    Ask {
        to: to.into(),
        measure: "preserve_stored_data".into(),
        offence: Some("illegal_access".into()),
        penalty: Some(5),
        organised: Some(false),
        selector: SelectorAsked::Account { provider: "mail.example".into(), account: "person-1".into() },
        facts: "a login from this account opened the door".into(),
        reference: "XA-2026-1".into(),
        purpose: "preservation".into(),
        grounds: Grounds::default(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_crosses_under_a_treaty_and_not_without_one() {
    let (a, b) = two().await;
    let c = Node::start("XC").await;
    a.accept(&c).await;
    c.accept(&a).await;
    let asked = preservation("XB").run(a.ctx()).await.unwrap();
    let judged = asked.judged.first().unwrap();
    assert_eq!(judged.verdict, "cleared", "{judged:?}");
    assert!(judged.citations.iter().any(|citation| citation.contains("budapest")), "{judged:?}");
    a.delivered("XB").await;
    let asked = preservation("XC").run(a.ctx()).await.unwrap();
    let judged = asked.judged.first().unwrap();
    assert_eq!(judged.verdict, "refused", "{judged:?}");
    assert!(judged.codes.iter().any(|code| code == "border/no-basis"), "{judged:?}");
    for node in [a, b, c] {
        node.running.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspension_and_erasure_hold() {
    let (a, b) = two().await;
    a.import().await;
    a.share("XB").await;
    a.delivered("XB").await;
    let inbox = Inbox { from: None }.run(b.ctx()).await.unwrap();
    let record = inbox.iter().find(|one| one.objects > 0).unwrap().record.clone();
    let erased = Erase { record: record.clone(), objects: vec![] }.run(b.ctx()).await.unwrap();
    assert!(erased.bodies > 1);
    let replayed = ReplayAll {}.run(b.ctx()).await.unwrap();
    assert_eq!(replayed.erased, 1, "{replayed:?}");
    SuspendPeer { party: "XA".into(), reason: "exercise".into() }.run(b.ctx()).await.unwrap();
    let shared = b.share("XA").await;
    assert_eq!(shared.cleared, 0);
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}
