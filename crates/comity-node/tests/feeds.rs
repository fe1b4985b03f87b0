//! Feeds from servers as they are found: over TLS, on a schedule, and from servers that leave out what the standard asks for;
//! and a served node under the pull of another platform.

use crate::{
    support::Node,
    taxii::{Served, TAXII, feed, id, indicator},
};
use comity_node::{
    app::{
        Action,
        feed::{AddFeed, ListFeeds, Report, RunFeed, run_due},
    },
    clock::{Clock, SetTime},
    config::{Listen, Text},
    random::SystemRandom,
};
use comity_record::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

fn counts(report: &Report) -> (u64, u64, u64, u64) {
    (report.new, report.changed, report.known, report.refused)
}

/// A self-signed certificate for `localhost` and its key, in PEM.
fn localhost() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let pem = |name: &str, der: &[u8]| {
        let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, der);
        format!("-----BEGIN {name}-----\n{text}\n-----END {name}-----\n")
    };
    (pem("CERTIFICATE", made.cert.der()), pem("PRIVATE KEY", &made.signing_key.serialize_der()))
}

/// A node whose API speaks TLS under a certificate for `localhost`, and that certificate.
pub(crate) async fn over_tls() -> (Served, String) {
    let (certificate, key) = localhost();
    let chain = certificate.clone();
    let node = Node::start("XA").await;
    let node = node.again(|config, _| {
        let folder = config.node.data_dir.clone();
        fs::write(folder.join("api.pem"), chain).unwrap();
        fs::write(folder.join("api-key.pem"), key).unwrap();
        config.api.certificate = folder.join("api.pem");
        config.api.key = folder.join("api-key.pem");
        config.api.listen = Text(Listen::At("127.0.0.1:0".parse().unwrap()));
    });
    (Served::of(node.await).await, certificate)
}

/// A node that trusts an authority for its feeds.
pub(crate) async fn trusting(code: &str, authority: String) -> Node {
    let node = Node::start(code).await;
    let again = node.again(|config, code| {
        let path = config.node.data_dir.join("authorities.pem");
        fs::write(&path, authority).unwrap();
        config.party.get_mut(&Text(code.clone())).unwrap().feed_authorities = path;
    });
    again.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_over_tls_trusts_its_authorities_and_no_other() {
    let (a, certificate) = over_tls().await;
    let (other, _) = localhost();
    let (b, c) = (trusting("XB", certificate).await, trusting("XC", other).await);
    let at = |host: &str| AddFeed {
        address: format!("https://{host}:{}/taxii2/xa/collections/tlp-green/", a.at.port()),
        ..feed("over-tls", "pull", &a, "xa")
    };
    for node in [&b, &c] {
        at("localhost").run(node.ctx()).await.unwrap();
    }
    // By its push first: what is pulled after was written over the same listener.
    let push = AddFeed { direction: "push".into(), name: "push".into(), ..at("localhost") };
    push.run(b.ctx()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bundle.json");
    let objects: Vec<Value> = (0..30).map(|number| indicator(number, 0)).collect();
    let bundle =
        json!({ "type": "bundle", "id": "bundle--c0a1170e-2222-4000-8000-000000000000", "objects": objects });
    fs::write(&path, bundle.to_string()).unwrap();
    crate::support::import(b.ctx(), &path).await;
    let run = |name: &str| RunFeed { name: name.into() };
    assert_eq!(counts(&run("push").run(b.ctx()).await.unwrap()), (30, 0, 0, 0));
    assert_eq!(counts(&run("over-tls").run(b.ctx()).await.unwrap()), (0, 0, 30, 0));
    // Another authority, and a name that the certificate does not have.
    let fault = run("over-tls").run(c.ctx()).await.unwrap_err();
    assert!(fault.code == "feed/unreachable" && fault.to_string().contains("certificate"), "{fault}");
    AddFeed { name: "by-number".into(), ..at("127.0.0.1") }.run(b.ctx()).await.unwrap();
    let fault = run("by-number").run(b.ctx()).await.unwrap_err();
    assert!(fault.code == "feed/unreachable" && fault.to_string().contains("certificate"), "{fault}");
    // In clear the listener answers nobody.
    let address = format!("http://localhost:{}/taxii2/xa/collections/tlp-green/", a.at.port());
    AddFeed { name: "in-clear".into(), address, ..at("localhost") }.run(b.ctx()).await.unwrap();
    assert_eq!(run("in-clear").run(b.ctx()).await.unwrap_err().code, "feed/unreachable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_runs_when_it_is_due_and_a_broken_one_waits_longer_each_time() {
    const MINUTE: u32 = 60_000;
    let a = Served::start_as("XA").await;
    let all: Vec<Value> = (0..20).map(|number| indicator(number, 0)).collect();
    a.post(&all).await;
    let node = Node::start("XB").await;
    let (code, config) = (node.code.clone(), node.config.clone());
    node.running.stop().await.unwrap();
    let time = Arc::new(SetTime::new(Clock::system().now()));
    let clock = Clock::of(Arc::clone(&time) as Arc<_>);
    let running = comity_node::app::Running::start(&config, clock, Arc::new(SystemRandom)).await.unwrap();
    let ctx = crate::support::ctx_of(&running, &code);
    AddFeed { minutes: Some(30), ..feed("due", "pull", &a, "xa") }.run(ctx).await.unwrap();
    feed("asked", "pull", &a, "xa").run(ctx).await.unwrap();
    let wrong =
        AddFeed { minutes: Some(30), password: Some("wrong".into()), ..feed("broken", "pull", &a, "xa") };
    wrong.run(ctx).await.unwrap();
    let began = ctx.now();
    // Minutes that pass, and when each feed last ran, in minutes since the beginning.
    for (pass, due, broken) in [
        (0, 0, 0),
        (29, 0, 0),
        (1, 30, 0),
        (29, 30, 0),
        (1, 60, 60),
        (30, 90, 60),
        (90, 180, 180),
        (239, 419, 180),
        (1, 419, 420),
    ] {
        time.advance(pass * MINUTE);
        run_due(ctx).await;
        let listed = ListFeeds {}.run(ctx).await.unwrap();
        let last = |name: &str| listed.iter().find(|feed| feed.name == name).unwrap().last.clone();
        let minutes = |report: &Report| {
            let at: Timestamp = report.at.parse().unwrap();
            (at.as_millis() - began.as_millis()) / i64::from(MINUTE)
        };
        let (ran, failed) = (last("due").unwrap(), last("broken").unwrap());
        assert_eq!((minutes(&ran), minutes(&failed)), (due, broken), "{pass} minutes later");
        assert!(failed.fault.unwrap().contains("401"));
        assert!(last("asked").is_none(), "only when asked");
        if pass == 29 && due == 0 {
            a.post(&[indicator(500, 0)]).await;
        }
        if due == 30 && pass == 1 {
            assert_eq!(counts(&ran), (1, 0, 0, 0));
        }
    }
    running.stop().await.unwrap();
}

/// What a server of pages answers to each address that it is asked, in turn.
type Answers = Vec<(&'static str, Option<&'static str>, Value)>;

/// A server that gives the answers in turn, each with an `X-TAXII-Date-Added-Last` where it has one, and keeps what it was asked.
async fn scripted(answers: Answers) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        for (_, date, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let text = String::from_utf8(head).unwrap();
            heard.lock().unwrap().push(text.split(' ').nth(1).unwrap().to_owned());
            let date = date.map_or(String::new(), |date| format!("X-TAXII-Date-Added-Last: {date}\r\n"));
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {TAXII}\r\n{date}content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (at, asked)
}

fn page(numbers: std::ops::Range<u32>, more: Value) -> Value {
    let mut page = more;
    page["objects"] = numbers.map(|number| indicator(number, 0)).collect();
    page
}

/// What is asked of a server, what it comes to, and with which code a run ended early.
struct Odd {
    name: &'static str,
    answers: Answers,
    /// For each run: objects new, known, and the code of what ended it.
    runs: Vec<(u64, u64, Option<&'static str>)>,
}

const FIRST: &str = "2026-03-01T10:00:00.000001Z";
const SECOND: &str = "2026-03-01T10:00:00.000002Z";

fn odd_servers() -> Vec<Odd> {
    let more = || json!({ "more": true });
    let next = |token: &str| json!({ "more": true, "next": token });
    vec![
        Odd {
            name: "more-without-next",
            answers: vec![
                ("", Some(FIRST), page(0..5, more())),
                (FIRST, Some(SECOND), page(5..9, more())),
                (SECOND, None, json!({})),
                // The run after goes on where that one ended.
                (SECOND, None, json!({ "more": false, "objects": [] })),
            ],
            runs: vec![(9, 0, None), (0, 0, None)],
        },
        Odd {
            name: "more-for-ever",
            answers: vec![
                ("", Some(FIRST), page(0..5, more())),
                // Inclusive: the last object again, and so on without end.
                (FIRST, Some(FIRST), page(4..5, more())),
                (FIRST, Some(SECOND), page(4..7, json!({}))),
            ],
            runs: vec![(5, 1, Some("feed/loop")), (2, 1, None)],
        },
        Odd {
            name: "next-again",
            answers: vec![
                ("", Some(FIRST), page(0..5, next("a"))),
                ("&next=a", Some(SECOND), page(5..8, next("a"))),
                (SECOND, None, json!({})),
            ],
            runs: vec![(8, 0, Some("feed/loop")), (0, 0, None)],
        },
        Odd {
            name: "no-dates",
            answers: vec![
                ("", None, page(0..5, next("a"))),
                ("&next=a", None, page(5..8, json!({ "more": false }))),
                // An hour is asked for again.
                ("added_after=", None, page(3..9, json!({}))),
                ("", None, page(0..1, more())),
            ],
            runs: vec![(8, 0, None), (1, 5, None), (0, 1, Some("feed/loop"))],
        },
        Odd {
            name: "empty-pages",
            answers: vec![
                ("", None, page(0..0, next("a"))),
                ("&next=a", None, next("b")),
                ("&next=b", Some(FIRST), page(0..4, json!({ "more": false }))),
                (FIRST, None, page(0..0, more())),
            ],
            runs: vec![(4, 0, None), (0, 0, Some("feed/loop"))],
        },
        Odd {
            name: "no-envelope",
            answers: vec![
                ("", Some(FIRST), page(0..4, next("a"))),
                ("&next=a", Some(SECOND), json!([1])),
                (FIRST, Some(SECOND), page(4..6, json!({}))),
            ],
            runs: vec![(4, 0, Some("taxii/not-an-envelope")), (2, 0, None)],
        },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_leave_things_out_lose_nothing_and_hold_up_nothing() {
    for odd in odd_servers() {
        let node = Node::start("XB").await;
        let expected: Vec<&str> = odd.answers.iter().map(|(asked, ..)| *asked).collect();
        let (at, asked) = scripted(odd.answers.clone()).await;
        let add = AddFeed {
            name: odd.name.into(),
            direction: "pull".into(),
            kind: None,
            address: format!("http://{at}/collections/1/"),
            user: None,
            password: None,
            unmarked: None,
            collection: None,
            to: None,
            minutes: None,
        };
        add.run(node.ctx()).await.unwrap();
        for (run, (new, known, code)) in odd.runs.iter().enumerate() {
            let ran = RunFeed { name: odd.name.into() }.run(node.ctx()).await;
            assert_eq!(
                ran.as_ref().err().map(|fault| fault.code.as_ref()),
                *code,
                "{} {run}: {ran:?}",
                odd.name
            );
            let listed = ListFeeds {}.run(node.ctx()).await.unwrap();
            let last = listed[0].last.clone().unwrap();
            assert_eq!((last.new, last.known), (*new, *known), "{} {run}: {last:?}", odd.name);
        }
        let asked = asked.lock().unwrap().clone();
        assert_eq!(asked.len(), expected.len(), "{}: {asked:?}", odd.name);
        for (asked, expected) in asked.iter().zip(expected) {
            let expected = expected.replace(':', "%3A");
            assert!(asked.contains(&expected), "{}: `{expected}` in {asked}", odd.name);
            assert!(!expected.is_empty() || !asked.contains("next="), "{}: {asked}", odd.name);
        }
        node.running.stop().await.unwrap();
    }
}

/// The pull of OpenCTI, by what its ingestion of TAXII 2.1 does at each turn (opencti-graphql, ingestionManager): it keeps a
/// `next` and a date. With more and a `next` only that changes; else the date becomes the last date of the page, cut to
/// milliseconds, and the `next` is forgotten. A page without objects forgets the `next` too.
#[derive(Default)]
struct OpenCti {
    next: Option<String>,
    added_after: Option<String>,
}

impl OpenCti {
    /// One turn: the ids it got, and whether there is more at once.
    async fn turn(&mut self, served: &Served) -> (Vec<String>, bool) {
        let mut query = vec!["limit=100".to_owned()];
        query.extend(self.next.as_ref().map(|next| format!("next={next}")));
        query.extend(self.added_after.as_ref().map(|date| format!("added_after={date}")));
        let path = format!("xa/collections/tlp-green/objects/?{}", query.join("&"));
        let reply = served.good(&path).await;
        let (body, objects) = (reply.json(), reply.objects());
        let next = body["next"].as_str().map(str::to_owned).filter(|_| body["more"] == true);
        if !objects.is_empty() && next.is_none() {
            let last: Timestamp = millis(reply.header("x-taxii-date-added-last"));
            self.added_after = Some(last.to_string());
        }
        self.next = next.filter(|_| !objects.is_empty());
        (
            objects.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect(),
            self.next.is_some(),
        )
    }
}

/// A date with what is finer than a millisecond cut off.
fn millis(date: &str) -> Timestamp {
    let (whole, fraction) = date.trim_end_matches('Z').split_once('.').unwrap();
    format!("{whole}.{}Z", fraction.get(..3).unwrap()).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opencti_pages_to_the_end_and_misses_nothing() {
    let served = Served::start_as("XA").await;
    let post = async |numbers: std::ops::Range<u32>| {
        served.post(&numbers.map(|number| indicator(number, 0)).collect::<Vec<_>>()).await;
    };
    post(0..450).await;
    let mut platform = OpenCti::default();
    let (mut seen, mut turns) = (BTreeSet::new(), 0);
    loop {
        let (ids, more) = platform.turn(&served).await;
        seen.extend(ids);
        turns += 1;
        if turns == 2 {
            // What comes in between pages.
            post(450..460).await;
        }
        if !more {
            break;
        }
    }
    assert_eq!((turns, seen.len()), (5, 460));
    // Asked again, some of the last millisecond come again, and never anything less.
    post(460..470).await;
    let (ids, more) = platform.turn(&served).await;
    assert!(!more && ids.contains(&id(460)) && ids.contains(&id(469)));
    seen.extend(ids);
    assert_eq!(seen.len(), 470);
    let (ids, more) = platform.turn(&served).await;
    assert!(!more && ids.iter().all(|id| seen.contains(id)));
}
