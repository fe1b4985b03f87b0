//! MISP feeds and servers: those of a served node pulled by another, and folders and servers that are not as they should be.

use crate::{
    feeds::{over_tls, trusting},
    support::Node,
    taxii::Served,
};
use comity_node::app::{
    Action,
    feed::{AddFeed, ListFeeds, Report, RunFeed},
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

fn uuid(number: u32) -> String {
    format!("5c6d0a52-6a0e-4a52-9a3b-{number:012x}")
}

/// A published event of two attributes that may go to everybody.
fn event(number: u32, timestamp: u32, value: &str) -> Value {
    let attribute = |at: u32, value: String, timestamp: u32| {
        json!({ "uuid": uuid(number * 16 + at), "type": "domain", "category": "Network activity", "value": value,
            "to_ids": true, "distribution": "5", "timestamp": timestamp.to_string() })
    };
    json!({ "Event": { "uuid": uuid(number * 16), "info": format!("event {number}"), "date": "2026-03-01",
        "threat_level_id": "2", "analysis": "2", "distribution": "3", "published": true,
        "timestamp": timestamp.to_string(), "publish_timestamp": timestamp.to_string(),
        "Orgc": { "name": "XA", "uuid": "5c6d0a52-0000-4a52-9a3b-000000000000" },
        "Tag": [{ "name": "tlp:clear" }],
        "Attribute": [attribute(1, format!("a{number}.example"), 1_772_323_200), attribute(2, value.to_owned(), timestamp)] } })
}

fn feed(name: &str, address: String, password: Option<String>) -> AddFeed {
    AddFeed {
        name: name.into(),
        direction: "pull".into(),
        kind: Some("misp".into()),
        address,
        user: None,
        password,
        unmarked: None,
        collection: None,
        to: None,
        minutes: None,
    }
}

async fn run(node: &Node, name: &str) -> Report {
    RunFeed { name: name.into() }.run(node.ctx()).await.unwrap()
}

async fn import(node: &Node, event: &Value) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("event.json");
    fs::write(&path, event.to_string()).unwrap();
    crate::support::import(node.ctx(), &path).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_of_a_served_node_is_pulled_by_another() {
    let (a, b) = (Served::start_as("XA").await, Served::start_as("XB").await);
    import(&a.node, &event(1, 1_772_323_200, "b1.example")).await;
    import(&a.node, &event(2, 1_772_323_200, "b2.example")).await;
    let add = feed("from-a", format!("http://{}/misp/feed/", a.at), Some(a.token.clone()));
    add.run(b.node.ctx()).await.unwrap();
    let first = run(&b.node, "from-a").await;
    assert!(first.new > 6 && (first.changed, first.refused, first.unchanged) == (0, 0, 0), "{first:?}");
    let found = b.good(&format!("xb/collections/tlp-clear/objects/indicator--{}/", uuid(18))).await;
    assert!(found.objects()[0]["pattern"].as_str().unwrap().contains("b1.example"));
    let again = run(&b.node, "from-a").await;
    assert_eq!((again.new, again.changed, again.known, again.refused, again.unchanged), (0, 0, 0, 0, 2));
    // One attribute of one event.
    import(&a.node, &event(1, 1_772_330_000, "c1.example")).await;
    let changed = run(&b.node, "from-a").await;
    assert!(changed.changed > 0 && (changed.refused, changed.unchanged) == (0, 1), "{changed:?}");
    let found = b.good(&format!("xb/collections/tlp-clear/objects/indicator--{}/", uuid(18))).await;
    assert!(found.objects()[0]["pattern"].as_str().unwrap().contains("c1.example"));
    // A key that is wrong.
    let wrong = feed("wrong", format!("http://{}/misp/feed/", a.at), Some("wrong".into()));
    wrong.run(b.node.ctx()).await.unwrap();
    let fault = RunFeed { name: "wrong".into() }.run(b.node.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "feed/refused");
}

/// Files by name; one that is nothing ends the connection without an answer.
type Files = Arc<Mutex<BTreeMap<String, Option<String>>>>;

/// Reads a request with its body. Returns what it asks for.
async fn request(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    head.split(' ').nth(1).unwrap().trim_start_matches("/osint/").to_owned()
}

/// A folder over HTTP, and what was asked of it.
async fn folder(files: Files) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let name = request(&mut stream).await;
            let found = files.lock().unwrap().get(&name).cloned();
            heard.lock().unwrap().push(name);
            let (status, body) = match found {
                Some(None) => continue,
                Some(Some(whole)) if whole.starts_with("HTTP/1.1 ") => {
                    stream.write_all(whole.as_bytes()).await.unwrap();
                    continue;
                }
                Some(Some(body)) => ("200 OK", body),
                None => ("404 Not Found", String::new()),
            };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    (at, asked)
}

fn manifest(rows: &[(u32, u32)]) -> Option<String> {
    let row = |(number, timestamp): &(u32, u32)| {
        (uuid(number * 16), json!({ "timestamp": timestamp.to_string(), "info": "" }))
    };
    let mut rows: Map<String, Value> = rows.iter().map(row).collect();
    rows.insert("../manifest".to_owned(), json!({ "timestamp": "1" }));
    Some(Value::Object(rows).to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_event_of_a_folder_is_told_and_holds_up_no_other() {
    const T: u32 = 1_772_323_200;
    let file = |number: u32| format!("{}.json", uuid(number * 16));
    let good = |number: u32, timestamp: u32, value: &str| Some(event(number, timestamp, value).to_string());
    let files: Files = Arc::default();
    let put = |name: String, text: Option<String>| drop(files.lock().unwrap().insert(name, text));
    put(
        "manifest.json".into(),
        manifest(&[(1, T), (2, T + 1), (3, T + 2), (4, T + 3), (5, T + 4), (6, T + 5)]),
    );
    put(file(1), Some("{\"Event\": {\"info\": \"cut".into()));
    put(file(2), good(2, T + 1, "b2.example"));
    // 3 is not there, 4 ends the connection, 5 is another event than its name says.
    put(file(4), None);
    put(file(5), good(2, T + 1, "b2.example"));
    put(file(6), good(6, T + 5, "b6.example"));
    // RFC 1321 appendix A.5: of `abc`, which is no value of the event.
    put("hashes.csv".into(), Some(format!("900150983cd24fb0d6963f7d28e17f72,{}\n", uuid(96))));
    let (at, asked) = folder(Arc::clone(&files)).await;
    let node = Node::start("XB").await;
    feed("osint", format!("http://{at}/osint"), None).run(node.ctx()).await.unwrap();
    let first = run(&node, "osint").await;
    assert!(first.new > 3 && first.changed == 0, "{first:?}");
    // The row that is no event, then 1, 3, 4, 5 and 6, each with its reason.
    assert_eq!((first.refused, first.reasons.len()), (6, 6), "{first:?}");
    for (at, (number, why)) in (1..).zip([
        (1, "feed/misp-event"),
        (3, "feed/absent"),
        (4, "feed/unreachable"),
        (5, "another event"),
        (6, "1 hashes"),
    ]) {
        let reason = &first.reasons[at];
        assert!(reason.starts_with(&uuid(number * 16)) && reason.contains(why), "{reason}");
    }
    assert!(asked.lock().unwrap().iter().all(|name| !name.contains("..")));
    // What was mended, and one that has changed: nothing else is asked for.
    asked.lock().unwrap().clear();
    put("manifest.json".into(), manifest(&[(1, T), (2, T + 60), (6, T + 5)]));
    put(file(1), good(1, T, "b1.example"));
    put(file(2), good(2, T + 60, "c2.example"));
    put("hashes.csv".into(), Some(String::new()));
    let second = run(&node, "osint").await;
    assert!(second.new > 6 && second.changed > 0, "{second:?}");
    assert_eq!((second.refused, second.unchanged), (1, 0));
    asked.lock().unwrap().clear();
    put("manifest.json".into(), manifest(&[(1, T), (2, T + 60), (6, T + 70)]));
    put(file(6), good(6, T + 70, "c6.example"));
    let third = run(&node, "osint").await;
    assert!(third.changed > 0 && (third.refused, third.unchanged) == (1, 2), "{third:?}");
    assert_eq!(*asked.lock().unwrap(), ["manifest.json".to_owned(), "hashes.csv".to_owned(), file(6)]);
    // A folder that is gone is no fault of one event.
    files.lock().unwrap().clear();
    let fault = RunFeed { name: "osint".into() }.run(node.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "feed/absent");
    assert!(ListFeeds {}.run(node.ctx()).await.unwrap()[0].last.clone().unwrap().fault.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_served_node_is_pulled_over_the_rest_interface_of_misp() {
    let (a, certificate) = over_tls().await;
    let b = Served::of(trusting("XB", certificate).await).await;
    import(&a.node, &event(1, 1_772_323_200, "b1.example")).await;
    import(&a.node, &event(2, 1_772_323_200, "b2.example")).await;
    let mut draft = event(3, 1_772_323_200, "b3.example");
    draft["Event"]["published"] = json!(false);
    import(&a.node, &draft).await;
    let address = format!("https://localhost:{}/", a.at.port());
    let server = |name: &str, password: &str| AddFeed {
        kind: Some("misp-server".into()),
        ..feed(name, address.clone(), Some(password.into()))
    };
    server("csirt", &a.token).run(b.node.ctx()).await.unwrap();
    let first = run(&b.node, "csirt").await;
    assert!(first.new > 6 && (first.changed, first.refused, first.unchanged) == (0, 0, 0), "{first:?}");
    let of = |number: u32| format!("xb/collections/tlp-clear/objects/indicator--{}/", uuid(number));
    assert!(b.good(&of(18)).await.objects()[0]["pattern"].as_str().unwrap().contains("b1.example"));
    let draft = b.get(&of(50)).await;
    assert!(
        !String::from_utf8_lossy(&draft.body).contains("b3.example"),
        "what is not published is not pulled"
    );
    let again = run(&b.node, "csirt").await;
    assert_eq!((again.new, again.changed, again.known, again.refused, again.unchanged), (0, 0, 0, 0, 2));
    import(&a.node, &event(1, 1_772_330_000, "c1.example")).await;
    let changed = run(&b.node, "csirt").await;
    assert!(changed.changed > 0 && (changed.refused, changed.unchanged) == (0, 1), "{changed:?}");
    assert!(b.good(&of(18)).await.objects()[0]["pattern"].as_str().unwrap().contains("c1.example"));
    // A key that is wrong.
    server("wrong", "wrong").run(b.node.ctx()).await.unwrap();
    let fault = RunFeed { name: "wrong".into() }.run(b.node.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "feed/refused");
    let shown = ListFeeds {}.run(b.node.ctx()).await.unwrap();
    assert!(shown.iter().all(|feed| feed.kind == "misp-server"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_misp_that_is_not_as_it_should_be_loses_no_event_of_another() {
    const T: u32 = 1_772_323_200;
    let view = |number: u32| format!("events/view/{}", uuid(number * 16));
    let row = |number: u32, timestamp: u32| json!({ "id": number.to_string(), "uuid": uuid(number * 16), "timestamp": timestamp.to_string(), "published": true });
    let answer = |status: &str, body: &str| {
        let length = body.len();
        Some(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"))
    };
    let files: Files = Arc::default();
    let put = |name: &str, text: Option<String>| drop(files.lock().unwrap().insert(name.to_owned(), text));
    let mut rows = vec![row(1, T), row(2, T + 1), row(3, T + 2), row(4, T + 3)];
    rows.push(json!({ "id": "9", "uuid": "../../users/index", "timestamp": "5", "published": true }));
    rows.push(json!({ "id": "10", "uuid": uuid(160), "published": true }));
    put("events/index", Some(json!(rows).to_string()));
    put(&view(1), answer("403 Forbidden", r#"{"name":"Forbidden","message":"You do not have permission"}"#));
    put(&view(2), Some(event(2, T + 1, "b2.example").to_string()));
    put(&view(3), Some(event(1, T + 2, "b1.example").to_string()));
    put(&view(4), Some("<html>".to_owned()));
    let (at, asked) = folder(Arc::clone(&files)).await;
    let node = Node::start("XB").await;
    let add =
        AddFeed { kind: Some("misp-server".into()), ..feed("odd", format!("http://{at}/osint/"), None) };
    add.run(node.ctx()).await.unwrap();
    let first = run(&node, "odd").await;
    assert!(first.new > 3 && first.changed == 0, "{first:?}");
    assert_eq!((first.refused, first.reasons.len()), (5, 5), "{first:?}");
    assert!(first.reasons[2].contains("You do not have permission"), "{first:?}");
    assert!(first.reasons[3].contains("another event"), "{first:?}");
    assert!(asked.lock().unwrap().iter().all(|name| !name.contains("..") && !name.contains("users")));
    // One that has had enough for now ends the run, and the next goes on.
    asked.lock().unwrap().clear();
    put(&view(1), answer("429 Too Many Requests", "{}"));
    let fault = RunFeed { name: "odd".into() }.run(node.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "feed/busy");
    assert_eq!(*asked.lock().unwrap(), ["events/index".to_owned(), view(1)]);
    put(&view(1), Some(event(1, T, "b1.example").to_string()));
    put("events/index", Some(json!([row(1, T), row(2, T + 1)]).to_string()));
    let second = run(&node, "odd").await;
    assert!(second.new > 3 && (second.refused, second.unchanged) == (0, 1), "{second:?}");
    // No server of MISP at all.
    put("events/index", Some("<html>log in</html>".to_owned()));
    let fault = RunFeed { name: "odd".into() }.run(node.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "misp/index");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_tells_how_far_it_is_while_it_runs() {
    const T: u32 = 1_772_323_200;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (heard, held) = (Arc::clone(&asked), Arc::clone(&go_on));
    // The second event is given only when the test says so.
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let row =
                |number: u32| json!({ "uuid": uuid(number * 16), "timestamp": (T + number).to_string() });
            let body = match request(&mut stream).await {
                name if name == "events/index" => json!([row(1), row(2)]).to_string(),
                name if name.ends_with(&uuid(16)) => event(1, T + 1, "b1.example").to_string(),
                _ => {
                    heard.notify_one();
                    held.notified().await;
                    event(2, T + 2, "b2.example").to_string()
                }
            };
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    let node = Node::start("XB").await;
    let add =
        AddFeed { kind: Some("misp-server".into()), ..feed("slow", format!("http://{at}/osint/"), None) };
    add.run(node.ctx()).await.unwrap();
    let ctx = node.ctx().clone();
    let running = tokio::spawn(async move { RunFeed { name: "slow".into() }.run(&ctx).await });
    asked.notified().await;
    let shown = ListFeeds {}.run(node.ctx()).await.unwrap();
    let so_far = shown[0].running.clone().unwrap();
    assert!(so_far.new > 3 && shown[0].last.is_none(), "{so_far:?}");
    go_on.notify_one();
    let report = running.await.unwrap().unwrap();
    assert!(report.new > so_far.new);
    assert!(ListFeeds {}.run(node.ctx()).await.unwrap()[0].running.is_none());
}
