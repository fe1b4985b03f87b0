//! Guests and constituents over HTTP: what they get follows from what they may see, and from nothing else.

use crate::support::{import, two};
use axum::body::{Body, Bytes};
use comity_node::app::{
    Action, Ctx,
    account::{AddConstituent, AddGuest, AddPass, EndAccount, GiveCircle, ListAccounts, ListHits},
    collection::AddCollection,
};
use http_body_util::BodyExt;
use hyper::{Method, Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{fs, net::SocketAddr};
use tokio::net::TcpStream;

const TAXII: &str = "application/taxii+json;version=2.1";
const GREEN: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
const RED: &str = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";

fn id(number: u32) -> String {
    format!("indicator--c0a1170e-3333-4000-8000-{number:012}")
}

fn indicator(number: u32, second: u32, pattern: &str, marking: &str) -> Value {
    json!({
        "type": "indicator", "spec_version": "2.1", "id": id(number), "name": format!("exercise {number}"),
        "created": "2026-03-01T00:00:00.000Z", "modified": format!("2026-03-01T00:00:{second:02}.000Z"),
        "pattern": pattern, "pattern_type": "stix", "valid_from": "2026-03-01T00:00:00Z",
        "labels": ["phishing"], "object_marking_refs": [marking],
    })
}

async fn take_in(ctx: &Ctx, objects: &[Value]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.json");
    let bundle =
        json!({ "type": "bundle", "id": "bundle--c0a1170e-3333-4000-8000-000000000000", "objects": objects });
    fs::write(&path, bundle.to_string()).unwrap();
    let shown = import(ctx, &path).await;
    assert_eq!(shown.refused, 0, "{:?}", shown.refusals);
}

struct Asking<'a> {
    at: SocketAddr,
    token: &'a str,
}

impl Asking<'_> {
    async fn ask(&self, method: Method, path: &str, body: &str) -> (StatusCode, Bytes) {
        let stream = TcpStream::connect(self.at).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driving = tokio::spawn(connection);
        let kind = if path.starts_with("/taxii2") { TAXII } else { "application/json" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "node.example")
            .header("accept", kind)
            .header("content-type", kind)
            .header("authorization", format!("Bearer {}", self.token))
            .body(Body::from(body.to_owned()))
            .unwrap();
        let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        driving.abort();
        (parts.status, body)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let (status, body) = self.ask(Method::GET, path, "").await;
        (status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
    }

    /// Everything that it gets; of a refusal the status, since its text has the number of the request.
    async fn everything(&self) -> Vec<(String, u16, String)> {
        let mut all = Vec::new();
        for path in [
            "/taxii2/".to_owned(),
            "/taxii2/xa/".to_owned(),
            "/taxii2/xa/collections/".to_owned(),
            "/taxii2/xa/collections/tlp-green/".to_owned(),
            "/taxii2/xa/collections/tlp-green/objects/".to_owned(),
            "/taxii2/xa/collections/tlp-green/objects/?limit=1".to_owned(),
            "/taxii2/xa/collections/tlp-green/objects/?match%5Btype%5D=indicator".to_owned(),
            "/taxii2/xa/collections/tlp-green/manifest/?match%5Bversion%5D=all".to_owned(),
            format!("/taxii2/xa/collections/tlp-green/objects/{}/", id(1)),
            format!("/taxii2/xa/collections/tlp-green/objects/{}/versions/", id(1)),
            format!("/taxii2/xa/collections/tlp-green/objects/{}/", id(7)),
            "/taxii2/xa/collections/tlp-red/objects/".to_owned(),
            "/taxii2/xa/collections/hits/objects/".to_owned(),
            "/taxii2/xa/collections/phish/objects/".to_owned(),
            "/export/tlp-green.csv".to_owned(),
            "/export/tlp-green.json".to_owned(),
            "/export/tlp-green.misp".to_owned(),
            "/export/tlp-red.csv".to_owned(),
            "/export/hits.txt".to_owned(),
            "/events/index".to_owned(),
            "/organisations".to_owned(),
            "/sharing_groups/index".to_owned(),
            "/tags/index".to_owned(),
            "/servers/getVersion".to_owned(),
            "/misp/feed/manifest.json".to_owned(),
        ] {
            let (status, body) = self.get(&path).await;
            all.push((path, status, if status == 200 { body } else { String::new() }));
        }
        for (path, body) in [
            ("/api/v1/search", json!({ "types": ["indicator"], "all_versions": true })),
            ("/api/v1/search", json!({ "values": ["bad.example.org", "example.org", "hidden.example.org"] })),
            ("/api/v1/search", json!({ "text": "exercise" })),
            ("/api/v1/search/suggest", json!({ "typed": "pap" })),
            ("/attributes/restSearch", json!({ "value": "bad.example.org" })),
            ("/events/restSearch", json!({})),
        ] {
            let (status, text) = self.ask(Method::POST, path, &body.to_string()).await;
            let text = if status == 200 { String::from_utf8(text.to_vec()).unwrap() } else { String::new() };
            all.push((format!("{path} {body}"), status.as_u16(), text));
        }
        all
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_get_what_is_shown_to_them_and_nothing_tells_of_the_rest() {
    let (node, other) = two().await;
    let (ctx, at) = (node.ctx(), node.running.api_at.unwrap());
    let (one, two) = ("[domain-name:value = 'a.bad.example.org']", "[ipv4-addr:value = '192.0.2.9']");
    take_in(ctx, &[indicator(1, 1, one, GREEN)]).await;
    let search =
        AddCollection { name: "phish".into(), labels: vec!["phishing".into()], ..Default::default() };
    search.run(ctx).await.unwrap();
    let guest = AddGuest {
        id: "xb.duty".into(),
        party: "XB".into(),
        name: "Duty officer".into(),
        purpose: "cyber-defence".into(),
        ..AddGuest::default()
    };
    let unknown = AddGuest { party: "XC".into(), ..guest.clone() }.run(ctx).await;
    assert_eq!(unknown.unwrap_err().code, "desk/no-peer");
    guest.run(ctx).await.unwrap();
    let hospital = AddConstituent {
        id: "hospital".into(),
        name: "Hospital".into(),
        ranges: vec!["192.0.2.0/24".into()],
        domains: vec!["Bad.Example.org".into()],
        circles: vec!["health".into()],
        ..AddConstituent::default()
    };
    hospital.run(ctx).await.unwrap();
    let circle = GiveCircle { circle: "health".into(), collections: vec!["phish".into()] };
    circle.run(ctx).await.unwrap();
    let pass = |id: &str| AddPass { id: id.into(), days: None };
    let guest = pass("xb.duty").run(ctx).await.unwrap().token;
    let served = pass("hospital").run(ctx).await.unwrap().token;
    // What comes later is told of as well as what was held.
    take_in(
        ctx,
        &[indicator(2, 1, two, GREEN), indicator(3, 1, "[ipv4-addr:value = '198.51.100.1']", GREEN)],
    )
    .await;
    let (guest, served) = (Asking { at, token: &guest }, Asking { at, token: &served });
    assert_eq!(served.get("/export/hits.txt").await, (200, "192.0.2.9\na.bad.example.org\n".to_owned()));
    assert_eq!(guest.get("/export/hits.txt").await.0, 404);
    assert_eq!(served.get("/taxii2/xa/collections/phish/objects/").await.0, 200);
    assert_eq!(guest.get("/taxii2/xa/collections/phish/objects/").await.0, 404);

    // Nothing but reading: no other action, no body, and no word about others.
    for (method, path, body) in [
        (Method::POST, "/api/v1/house/list", "{}"),
        (Method::POST, "/api/v1/object/show", r#"{"id":"x","purpose":"cyber-defence"}"#),
        (Method::POST, "/api/v1/constituent/hits", "{}"),
        (Method::POST, "/api/v1/import", "{}"),
        (Method::POST, "/taxii2/xa/collections/tlp-green/objects/", r#"{"objects":[]}"#),
        (Method::DELETE, "/taxii2/xa/collections/tlp-green/objects/indicator--1/", ""),
        (Method::POST, "/events/add", "{}"),
    ] {
        assert_eq!(guest.ask(method.clone(), path, body).await.0, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(served.ask(method, path, body).await.0, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(guest.get("/taxii2/xa/status/00000000-0000-8000-8000-000000000000/").await.0, 404);

    // A first read of another party enters crossings; from then on nothing changes.
    guest.everything().await;
    let (of_guest, of_served) = (guest.everything().await, served.everything().await);
    let objects = of_guest.iter().find(|(path, ..)| path.ends_with("tlp-green/objects/")).unwrap();
    assert_eq!(objects.2.matches("\"id\":\"indicator--").count(), 3, "{}", objects.2);
    for round in 0..4 {
        let mut hidden = vec![
            indicator(1, 10 + round, "[domain-name:value = 'hidden.example.org']", RED),
            indicator(7, round, one, RED),
            json!({ "type": "malware", "spec_version": "2.1", "id": format!("malware--c0a1170e-3333-4000-8000-{round:012}"),
                "created": "2026-03-01T00:00:00.000Z", "modified": "2026-03-01T00:00:00.000Z", "is_family": true,
                "name": "Papersecret", "object_marking_refs": [RED] }),
        ];
        hidden.truncate(1 + round as usize);
        take_in(ctx, &hidden).await;
        assert_eq!(guest.everything().await, of_guest, "round {round}");
        assert_eq!(served.everything().await, of_served, "round {round}");
    }

    // The party itself sees who of its own is hit, and what they are not shown.
    let hits = ListHits { id: Some("hospital".into()) }.run(ctx).await.unwrap();
    let mut told: Vec<_> = hits.iter().map(|hit| (hit.id.clone(), hit.values.join(" "), hit.shown)).collect();
    told.sort();
    // The newest version of the first is hidden and speaks of nobody.
    assert_eq!(told, [(id(2), "192.0.2.9".to_owned(), true), (id(7), "a.bad.example.org".to_owned(), false)]);
    // Page by page, exactly, by date and by `next`.
    let page = |query: String| {
        let served = &served;
        async move {
            let (status, text) =
                served.get(&format!("/taxii2/xa/collections/tlp-green/manifest/?limit=1{query}")).await;
            assert_eq!(status, 200, "{text}");
            serde_json::from_str::<Value>(&text).unwrap()
        }
    };
    for by_date in [false, true] {
        let (mut query, mut seen) = (String::new(), Vec::new());
        loop {
            let manifest = page(query.clone()).await;
            let Some(first) = manifest["objects"].as_array().and_then(|all| all.first()) else { break };
            seen.push(first["id"].as_str().unwrap().to_owned());
            let date = first["date_added"].as_str().unwrap().to_owned();
            match (by_date, manifest["next"].as_str()) {
                (true, _) => query = format!("&added_after={date}"),
                (false, Some(next)) => query = format!("&next={next}"),
                (false, None) => break,
            }
        }
        assert_eq!(seen, [id(1), id(2), id(3)], "by date: {by_date}");
    }
    EndAccount { id: "hospital".into() }.run(ctx).await.unwrap();
    assert_eq!(served.get("/export/hits.txt").await.0, 401);
    assert_eq!(guest.get("/export/tlp-green.txt").await.0, 200);
    assert_eq!(ListAccounts {}.run(ctx).await.unwrap().guests[0].tokens, 1);
    for node in [node, other] {
        node.running.stop().await.unwrap();
    }
}
