//! Oblivious lookups between two nodes over real TLS: what is answered, what is sent, and the quota.

use crate::support::{Node, Reached, ctx_of, import, start};
use comity_exchange::tables::{LookupRow, LookupSide};
use comity_node::{
    app::{
        Action, Ctx, Fault, Hosted,
        lookup::{Answering, Lookup, LookupShown},
        party,
        proof::ReplayAll,
        search::Search,
        share::{Grounds, Share},
        withdraw::{Erase, Recall},
    },
    clock::Clock,
    config,
    http::{
        Answer, ConnectionLimits, QuotaLimits,
        exchange::{Caller, ExchangeHandler, ExchangeServer, Host, TurnRefusal},
    },
    keys::Keys,
    metrics::Metrics,
    reading::{Finder, Reader, Sight},
    stop::Stop,
    tls::TlsIdentity,
};
use comity_record::{Hash, KeyPurpose, PartyCode, RecordId, label::Purpose};
use comity_threat::index::Family;
use serde_json::json;
use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

/// Values that XA holds and XB may have, that XA holds and XB may not have, and that nobody holds.
const HELD: [&str; 4] = ["bad.example.org", "192.0.2.7", "http://bad.example.org/x", "aa.bad.example.org"];
const HIDDEN: [&str; 2] = ["hidden.example.org", "198.51.100.9"];
const ABSENT: [&str; 3] = ["absent.example.org", "203.0.113.5", "d41d8cd98f00b204e9800998ecf8427e"];

async fn take_in(ctx: &Ctx, first: u32, patterns: &[(&str, &str)]) -> Vec<String> {
    let objects: Vec<_> = patterns
        .iter()
        .zip(first..)
        .map(|((pattern, marking), number)| {
            json!({ "type": "indicator", "spec_version": "2.1",
                "id": format!("indicator--c0a1170e-2222-4000-8000-{number:012}"),
                "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
                "pattern": pattern, "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z",
                "object_marking_refs": [marking] })
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.json");
    let id = "bundle--c0a1170e-2222-4000-8000-000000000000";
    fs::write(&path, json!({ "type": "bundle", "id": id, "objects": objects }).to_string()).unwrap();
    let shown = import(ctx, &path).await;
    assert_eq!(shown.refused, 0, "{:?}", shown.refusals);
    shown.records
}

async fn fill(ctx: &Ctx) {
    let held = [
        ("[domain-name:value = 'bad.example.org']", GREEN),
        ("[ipv4-addr:value = '192.0.2.7']", GREEN),
        ("[url:value = 'http://bad.example.org/x']", GREEN),
        ("[domain-name:value = 'AA.bad.example.org.']", GREEN),
    ];
    take_in(ctx, 1, &held).await;
    let hidden =
        [("[domain-name:value = 'hidden.example.org']", RED), ("[ipv4-addr:value = '198.51.100.9']", RED)];
    take_in(ctx, 101, &hidden).await;
}

async fn two() -> (Node, Node) {
    let (a, b) = crate::support::two().await;
    fill(a.ctx()).await;
    (a, b)
}

async fn lookup(ctx: &Ctx, values: &[&str]) -> Result<LookupShown, Fault> {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Lookup { values, at: "XA".into(), purpose: "cyber-defence".into(), above: false }.run(ctx).await
}

/// Whether each value is held, as the lookup says.
async fn held(ctx: &Ctx, values: &[&str]) -> Vec<bool> {
    lookup(ctx, values).await.unwrap().asked.iter().map(|one| !one.held.is_empty()).collect()
}

/// Whether each value is held in something that XB would be cleared for, by the index of XA itself.
async fn direct(ctx: &Ctx, values: &[&str]) -> Vec<bool> {
    let party: PartyCode = "XB".parse().unwrap();
    let purpose: Purpose = "cyber-defence".parse().unwrap();
    ctx.views.reach(ctx.sequencer.size()).await.unwrap();
    let sight = Sight::of(ctx, Reader::Other { party, purpose }).await.unwrap();
    let finder = Finder::new(ctx.views.feed().store(), ctx.views.index(), &sight);
    let mut held = Vec::new();
    for value in values {
        let value = comity_threat::value::recognise(value).unwrap();
        let term = format!("{}:{}", value.kind().word(), value.text());
        held.push(!finder.with(Family::Value, &term, 10).await.unwrap().is_empty());
    }
    held
}

async fn blocks(ctx: &Ctx, peer: &str) -> Vec<LookupRow> {
    let peer: PartyCode = peer.parse().unwrap();
    let rows = ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.lookups(&peer).await }));
    rows.await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_equal_a_direct_look() {
    let (a, b) = two().await;
    let all: Vec<&str> = [HELD.as_slice(), &HIDDEN, &ABSENT].concat();
    let expected: Vec<bool> = (0..all.len()).map(|at| at < HELD.len()).collect();
    assert_eq!(direct(a.ctx(), &all).await, expected);
    assert_eq!(held(b.ctx(), &all).await, expected);
    // Typed otherwise, it is the same value.
    assert_eq!(held(b.ctx(), &["hxxp://BAD[.]example[.]org/x", "Bad.Example.Org."]).await, [true, true]);
    // Both ledgers have the block, and one block was enough.
    let (answered, asked) = (blocks(a.ctx(), "XB").await, blocks(b.ctx(), "XA").await);
    assert_eq!((answered.len(), asked.len()), (1, 1));
    assert_eq!((answered[0].side, asked[0].side), (LookupSide::Answers, LookupSide::Asks));
    assert_eq!(answered[0].block, asked[0].block);
    // What comes and goes is seen inside the open block.
    let records = take_in(a.ctx(), 201, &[("[domain-name:value = 'absent.example.org']", GREEN)]).await;
    assert_eq!(held(b.ctx(), &["absent.example.org", "bad.example.org"]).await, [true, true]);
    Erase { record: records[0].clone(), objects: vec![] }.run(a.ctx()).await.unwrap();
    assert_eq!(held(b.ctx(), &["absent.example.org", "bad.example.org"]).await, [false, true]);
    assert_eq!(blocks(a.ctx(), "XB").await.len(), 1);
    // A name is found under the one above it only where that is asked for.
    let above = Lookup {
        values: vec!["www.bad.example.org".into()],
        at: "XA".into(),
        purpose: "cyber-defence".into(),
        above: true,
    };
    assert_eq!(held(b.ctx(), &["www.bad.example.org"]).await, [false]);
    assert_eq!(above.run(b.ctx()).await.unwrap().asked[0].held, ["name:bad.example.org"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quota_holds_over_restarts() {
    let (mut a, b) = crate::support::two().await;
    fill(a.ctx()).await;
    assert_eq!(held(b.ctx(), &["bad.example.org"]).await, [true]);
    // Where it listens must stay the same, since the letter names it.
    let at = a.running.peers_at.unwrap();
    a.config.node.peer_listen = config::Text(config::Listen::At(at));
    a.config.lookup = config::Lookup { per_day: 250, block: 100, key_days: 7 };
    for restarts in 0..2 {
        a.running.stop().await.unwrap();
        a.running = start(&a.config).await.unwrap();
        let answered = lookup(b.ctx(), &["bad.example.org", "absent.example.org"]).await;
        if restarts == 0 {
            let answered = answered.unwrap();
            assert_eq!(answered.left, 98);
            assert_eq!(answered.ask_on.as_deref(), Some("cert"));
        } else {
            // Two blocks of 100 were given out today; a third would be more than 250, whatever was used of them.
            assert_eq!(answered.unwrap_err().code, "lookup/quota");
        }
    }
    assert_eq!(blocks(ctx_of(&a.running, &a.code), "XB").await.len(), 2);
    a.running.stop().await.unwrap();
    a.config.lookup.per_day = 0;
    a.running = start(&a.config).await.unwrap();
    assert_eq!(lookup(b.ctx(), &["bad.example.org"]).await.unwrap_err().code, "lookup/off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_is_used_up_and_another_opened() {
    let (mut a, b) = two().await;
    let at = a.running.peers_at.unwrap();
    a.running.stop().await.unwrap();
    a.config.node.peer_listen = config::Text(config::Listen::At(at));
    a.config.lookup = config::Lookup { per_day: 10, block: 3, key_days: 7 };
    a.running = start(&a.config).await.unwrap();
    assert_eq!(held(b.ctx(), &["bad.example.org", "absent.example.org"]).await, [true, false]);
    assert_eq!(held(b.ctx(), &["192.0.2.7", "absent.example.org"]).await, [true, false]);
    assert_eq!(blocks(ctx_of(&a.running, &a.code), "XB").await.len(), 2);
    let many = lookup(b.ctx(), &HELD).await.unwrap_err();
    assert_eq!(many.code, "lookup/too-many");
    assert_eq!(blocks(ctx_of(&a.running, &a.code), "XB").await.len(), 3);
    assert_eq!(held(b.ctx(), &["192.0.2.7"]).await, [true]);
    assert_eq!(lookup(b.ctx(), &["1.2.3.4", "1.2.3.5", "1.2.3.6"]).await.unwrap_err().code, "lookup/quota");
}

/// Questions with their answers, in order.
type Heard = Arc<Mutex<Vec<(Vec<u8>, Vec<u8>)>>>;

/// Keeps every message in clear, behind TLS.
struct Recording {
    inner: Answering,
    heard: Heard,
}

impl ExchangeHandler for Recording {
    fn turn(&self, _: Caller, _: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async { Err(TurnRefusal::Busy { seconds: 1 }) })
    }
    fn lookup(&self, caller: Caller, body: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move {
            let answer = self.inner.answer(caller.peer, &body).await;
            let kept = (body, answer.clone().unwrap_or_default());
            self.heard.lock().unwrap().push(kept);
            answer
        })
    }
    fn checkpoint(&self, _: Caller) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async { Err(TurnRefusal::NotFound) })
    }
    fn tile(&self, _: Caller, _: String) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async { Err(TurnRefusal::NotFound) })
    }
    fn consignment(&self, _: Caller, _: RecordId) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async { Err(TurnRefusal::NotFound) })
    }
    fn chunk(&self, _: Caller, _: RecordId, _: Hash) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async { Err(TurnRefusal::NotFound) })
    }
    fn close(&self, _: Caller, _: RecordId, _: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async { Err(TurnRefusal::NotFound) })
    }
}

/// A listener of XA's at an address of its own, that keeps what is said to it.
async fn recorder(tcp: TcpListener, node: &Node, stop: &Stop) -> Heard {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (ctx, clock) = (node.ctx().clone(), Clock::system());
    let keys = Keys::open(&party::folder(node.dir.path().join("comity-data").as_path(), &node.code)).unwrap();
    let signer = keys.signer(KeyPurpose::Tls, clock.now()).unwrap();
    let peers = Arc::clone(ctx.caller.as_ref().unwrap().peers());
    let answering = Answering::new(ctx.clone(), ctx.lookup_keys.clone(), config::Lookup::default());
    let host = Host {
        identity: TlsIdentity::new(node.code.clone(), signer).unwrap(),
        peers,
        handler: Arc::new(Recording { inner: answering, heard: Arc::clone(&heard) }),
        quota: QuotaLimits::default(),
    };
    let limits = ConnectionLimits::default();
    let server = ExchangeServer::new(vec![host], &clock, limits, &Metrics::default()).unwrap();
    tokio::spawn(server.run(tcp, stop.watch()));
    heard
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_value_is_sent_and_every_answer_has_one_size() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = tcp.local_addr().unwrap().to_string();
    let (a, b) = (Node::start_reached("XA", Reached::At(at)).await, Node::start("XB").await);
    let (stop, _) = Stop::new();
    a.accept(&b).await;
    let heard = recorder(tcp, &a, &stop).await;
    b.accept(&a).await;
    fill(a.ctx()).await;
    let all = [HELD.as_slice(), &HIDDEN, &ABSENT].concat();
    let mut sizes = Vec::new();
    for value in &all {
        lookup(b.ctx(), &[value]).await.unwrap();
        let (question, answer) = heard.lock().unwrap().last().unwrap().clone();
        sizes.push((question.len(), answer.len()));
    }
    sizes.dedup();
    assert_eq!(sizes.len(), 1, "{sizes:?}");
    let heard = heard.lock().unwrap().clone();
    // One message opens the block, each run looks at the set, each value is one question.
    assert_eq!(heard.len(), 1 + 2 * all.len());
    for value in &all {
        let canonical = comity_threat::value::recognise(value).unwrap();
        let input = comity_exchange::lookup::input(&canonical);
        let output = a.ctx().lookup_keys.current().prf.output(input.as_bytes()).unwrap();
        for (question, answer) in &heard {
            for bytes in [question, answer] {
                assert!(!has(bytes, value.as_bytes()) && !has(bytes, canonical.text().as_bytes()), "{value}");
                assert!(!has(bytes, &input.as_bytes()[..8]), "{value}");
            }
            // The asker never tells the output either; it stands in the set alone, and there only where it may.
            assert!(!has(question, &output[..8]));
        }
        let in_set = heard.iter().any(|(_, answer)| has(answer, &output[..8]));
        assert_eq!(in_set, HELD.contains(value), "{value}");
    }
    stop.now();
}

/// What may not be read changes no byte of the set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_read_is_not_in_the_set() {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = tcp.local_addr().unwrap().to_string();
    let (a, b) = (Node::start_reached("XA", Reached::At(at)).await, Node::start("XB").await);
    let (stop, _) = Stop::new();
    a.accept(&b).await;
    let heard = recorder(tcp, &a, &stop).await;
    b.accept(&a).await;
    take_in(a.ctx(), 1, &[("[domain-name:value = 'bad.example.org']", GREEN)]).await;
    lookup(b.ctx(), &["absent.example.org"]).await.unwrap();
    take_in(a.ctx(), 2, &[("[domain-name:value = 'absent.example.org']", RED)]).await;
    lookup(b.ctx(), &["absent.example.org"]).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    // Open, set, question; set, question: the second set is the one that XB has.
    let sets = [heard[1].1.len(), heard[3].1.len()];
    assert!(sets[0] > 2_000 && sets[1] < 10, "{sets:?}");
    assert_eq!((heard[2].0.len(), heard[2].1.len()), (heard[4].0.len(), heard[4].1.len()));
    assert_ne!(heard[2].0, heard[4].0);
    stop.now();
}

/// Without a node that serves nobody is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_alone_asks_nobody() {
    let b = Node::start("XB").await;
    b.running.stop().await.unwrap();
    let settings = b.config.party.values().next().unwrap();
    let random = Arc::new(comity_node::random::SystemRandom);
    let dir: &Path = &b.config.node.data_dir;
    let hosted = Hosted::open(dir, &b.code, settings, Clock::system(), random).await.unwrap();
    assert_eq!(lookup(&hosted.ctx, &["bad.example.org"]).await.unwrap_err().code, "lookup/not-serving");
    hosted.close().await.unwrap();
}

/// A narrowed record is read by nobody outside of its audience: not by a lookup, not by a reader, and it is shown at home
/// with the marking that it is judged by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_narrowed_is_read_under_its_narrower_labels() {
    let (a, b) = crate::support::two().await;
    let values = ["bad.example.org", "192.0.2.7"];
    let patterns = [("[domain-name:value = 'bad.example.org']", GREEN)];
    let audience = take_in(a.ctx(), 1, &patterns).await.remove(0);
    let marked = take_in(a.ctx(), 2, &[("[ipv4-addr:value = '192.0.2.7']", GREEN)]).await.remove(0);
    a.share("XB").await;
    a.delivered("XB").await;
    assert_eq!(held(b.ctx(), &values).await, [true, true]);
    let recall = |record: &String| Recall {
        record: record.clone(),
        reason: "told in confidence".into(),
        purpose: "cyber-defence".into(),
        ..Recall::default()
    };
    Recall { narrow_to: Some(vec!["XC".into()]), ..recall(&audience) }.run(a.ctx()).await.unwrap();
    Recall { to_tlp: Some("red".into()), ..recall(&marked) }.run(a.ctx()).await.unwrap();
    a.delivered("XB").await;
    b.delivered("XA").await;
    for ctx in [a.ctx(), b.ctx()] {
        ctx.views.reach(ctx.sequencer.size()).await.unwrap();
        let search = Search { values: vec![values[0].into(), values[1].into()], ..Search::default() };
        let mut shown: Vec<(String, String)> =
            search.run(ctx).await.unwrap().hits.into_iter().map(|hit| (hit.what, hit.tlp)).collect();
        shown.sort();
        let tlp = |at: usize| (shown[at].0.contains("192.0.2.7"), shown[at].1.clone());
        assert_eq!([tlp(0), tlp(1)], [(false, "green".into()), (true, "red".into())], "{shown:?}");
    }
    assert_eq!(direct(a.ctx(), &values).await, [false, false]);
    assert_eq!(held(b.ctx(), &values).await, [false, false]);
    for recall in [&audience, &marked] {
        let again = Share {
            to: vec!["XB".into()],
            purpose: "cyber-defence".into(),
            records: vec![recall.clone()],
            preview: false,
            grounds: Grounds::default(),
        };
        let again = again.run(a.ctx()).await.unwrap();
        assert_eq!((again.cleared, again.refused), (0, 1), "{again:?}");
    }
    for node in [&a, &b] {
        let replayed = ReplayAll {}.run(node.ctx()).await.unwrap();
        assert_eq!(replayed.same, replayed.decisions, "{replayed:?}");
    }
}
