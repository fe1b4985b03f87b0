//! Exports of what is held: by search, and at addresses that stay.

use crate::support::{Node, configured, ctx_of, import, start};
use axum::body::{Body, Bytes};
use comity_node::{
    app::{
        Action, Ctx,
        collection::AddCollection,
        export::held::{ExportHeld, HeldExport},
        house::{AddOfficer, AddToken},
        search::{Search, Suggest},
    },
    config::Text,
};
use http_body_util::BodyExt;
use hyper::{HeaderMap, Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{fs, net::SocketAddr};
use tokio::net::TcpStream;

const GREEN: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";

fn indicator(number: u32, modified: u32, pattern: &str, more: Value) -> Value {
    let mut object = json!({
        "type": "indicator", "spec_version": "2.1",
        "id": format!("indicator--c0a1170e-2222-4000-8000-{number:012}"),
        "created": "2026-03-01T00:00:00.000Z", "modified": format!("2026-03-01T00:00:{modified:02}.000Z"),
        "name": format!("exercise {number}"), "pattern": pattern, "pattern_type": "stix",
        "valid_from": "2026-03-01T00:00:00Z", "labels": ["phishing"], "object_marking_refs": [GREEN],
    });
    for (key, value) in more.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

async fn take_in(ctx: &Ctx, objects: &[Value]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.json");
    let bundle =
        json!({ "type": "bundle", "id": "bundle--c0a1170e-2222-4000-8000-000000000000", "objects": objects });
    fs::write(&path, bundle.to_string()).unwrap();
    let shown = import(ctx, &path).await;
    assert_eq!(shown.refused, 0, "{:?}", shown.refusals);
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

async fn get(at: SocketAddr, path: &str, token: &str, known: &str) -> Reply {
    let stream = TcpStream::connect(at).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let driving = tokio::spawn(connection);
    let mut request = Request::get(path).header("host", "node.example");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !known.is_empty() {
        request = request.header("if-none-match", known);
    }
    let (parts, body) = sender.send_request(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    driving.abort();
    Reply { status: parts.status, headers: parts.headers, body }
}

async fn export(ctx: &Ctx, format: &str, search: Search) -> HeldExport {
    let export = ExportHeld {
        format: format.into(),
        search,
        name: "trial".into(),
        first_rule: 1,
        ..Default::default()
    };
    export.run(ctx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_goes_out_by_search_and_at_an_address_that_stays() {
    let node = Node::start("XA").await;
    node.running.stop().await.unwrap();
    let lists = node.dir.path().join("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(lists.join("a.json"), r#"{"name":"trial list","type":"string","list":["good.example.org"]}"#)
        .unwrap();
    let mut config = configured(node.dir.path());
    config.party.get_mut(&Text(node.code.clone())).unwrap().warning_lists = vec![lists.clone()];
    let running = start(&config).await.unwrap();
    let (ctx, at) = (ctx_of(&running, &node.code), running.api_at.unwrap());
    let officer = AddOfficer { id: "analyst".into(), unit: "cert".into(), name: "A".into(), from: None };
    officer.run(ctx).await.unwrap();
    let give = |scope: &str| AddToken { officer: "analyst".into(), scopes: vec![scope.into()], days: None };
    let token = give("read").run(ctx).await.unwrap().token;
    let writer = give("import").run(ctx).await.unwrap().token;
    take_in(
        ctx,
        &[
            indicator(1, 1, "[domain-name:value = 'a.bad.example.org']", json!({})),
            indicator(2, 1, "[domain-name:value = 'old.example.org']", json!({})),
            indicator(3, 1, "[domain-name:value = 'good.example.org']", json!({})),
            indicator(4, 1, "[ipv4-addr:value = '192.0.2.1']", json!({ "labels": ["other"] })),
            indicator(5, 1, "[ipv4-addr:value = '192.0.2.2']", json!({ "valid_until": "2026-03-02T00:00:00Z" })),
            json!({ "type": "malware", "spec_version": "2.1", "id": "malware--c0a1170e-2222-4000-8000-000000000009",
                "created": "2026-03-01T00:00:00.000Z", "modified": "2026-03-01T00:00:00.000Z", "is_family": true,
                "name": "Paper Kite", "aliases": ["Boat"], "object_marking_refs": [GREEN] }),
        ],
    )
    .await;
    // A later version takes the place of the one before it, in whatever order they came.
    take_in(ctx, &[indicator(2, 9, "[domain-name:value = 'new.example.org']", json!({}))]).await;
    take_in(ctx, &[indicator(1, 0, "[domain-name:value = 'older.example.org']", json!({}))]).await;

    let all = export(ctx, "plain", Search::default()).await;
    let mut lines: Vec<&str> = all.text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["192.0.2.1", "a.bad.example.org", "new.example.org"]);
    assert_eq!(all.shown.suppressed, [("good.example.org".to_owned(), "trial list".to_owned())]);
    let ended = all.shown.left_out.iter().find(|(reason, _)| reason == "no longer valid");
    assert_eq!(ended.map(|(_, count)| *count), Some(1));
    // By what stands under a name, and by label.
    let under = Search { values: vec!["bad.example.org".into()], ..Search::default() };
    assert_eq!(export(ctx, "plain", under).await.text, "a.bad.example.org\n");
    let other = Search { labels: vec!["other".into()], ..Search::default() };
    assert_eq!(export(ctx, "plain", other).await.text, "192.0.2.1\n");
    let event: Value = serde_json::from_str(&export(ctx, "misp", Search::default()).await.text).unwrap();
    assert_eq!(event["response"][0]["Event"]["Attribute"].as_array().unwrap().len(), 3);
    let suggest = |typed: &str| Suggest { typed: typed.into() };
    assert_eq!(suggest("paper ki").run(ctx).await.unwrap()[0].name, "Paper Kite");
    assert_eq!(suggest("bo").run(ctx).await.unwrap().len(), 1);
    assert!(suggest("paper boat").run(ctx).await.unwrap().is_empty(), "words of two names");

    let saved =
        AddCollection { name: "phishing".into(), labels: vec!["phishing".into()], ..Default::default() };
    saved.run(ctx).await.unwrap();
    let first = get(at, "/export/phishing.txt", &token, "").await;
    assert_eq!((first.status, first.header("content-type")), (StatusCode::OK, "text/plain; charset=utf-8"));
    assert_eq!(first.text(), "new.example.org\na.bad.example.org\n");
    assert_eq!((first.header("x-comity-suppressed"), first.header("x-comity-left-out")), ("1", "2"));
    let tag = first.header("etag").to_owned();
    assert_eq!(get(at, "/export/phishing.txt", &token, &tag).await.status, StatusCode::NOT_MODIFIED);
    // What else the log takes in changes nothing; the same text has the same tag.
    take_in(ctx, &[indicator(6, 1, "[domain-name:value = 'x.example.net']", json!({ "labels": ["other"] }))])
        .await;
    assert_eq!(get(at, "/export/phishing.txt", &token, &tag).await.status, StatusCode::NOT_MODIFIED);
    let zone = get(at, "/export/phishing.zone", &token, "").await.header("etag").to_owned();
    take_in(ctx, &[indicator(7, 1, "[domain-name:value = 'y.example.net']", json!({}))]).await;
    let second = get(at, "/export/phishing.txt", &token, &tag).await;
    assert!(
        second.status == StatusCode::OK && second.text().starts_with("y.example.net\n"),
        "{}",
        second.text()
    );
    assert_ne!(get(at, "/export/phishing.rpz", &token, "").await.header("etag"), zone);
    let report: Value =
        serde_json::from_slice(&get(at, "/export/phishing.csv.report", &token, "").await.body).unwrap();
    assert_eq!(report["suppressed"], json!([["good.example.org", "trial list"]]));
    // A list that changes acts at once.
    fs::write(lists.join("b.json"), r#"{"name":"b","type":"string","list":["y.example.net"]}"#).unwrap();
    assert!(!get(at, "/export/phishing.txt", &token, "").await.text().contains("y.example.net"));

    for (path, token, status) in [
        ("/export/phishing.txt", "", 401),
        ("/export/phishing.txt", writer.as_str(), 403),
        ("/export/nothing.txt", &token, 404),
        ("/export/phishing.exe", &token, 404),
        ("/export/phishing.txt?sort=1", &token, 400),
        ("/export/phishing.txt?kind=name", &token, 200),
        ("/export/tlp-green.json", &token, 200),
    ] {
        assert_eq!(get(at, path, token, "").await.status.as_u16(), status, "{path}");
    }
    running.stop().await.unwrap();
}
