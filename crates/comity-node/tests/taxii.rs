//! TAXII on a served node: every endpoint and every error, pages under concurrent writers, deletion, erasure, real
//! bundles, and third-party clients as they are.

use crate::support::Node;
use axum::body::{Body, Bytes};
use comity_ledger::store::{Order, Store};
use comity_node::{
    app::{
        Action, SealedBodies,
        collection::{AddCollection, EndCollection, ListCollections},
        feed::{AddFeed, EndFeed, ListFeeds, Report, RunFeed},
        house::{AddOfficer, AddToken},
        withdraw::Erase,
    },
    collections::{CollectionKeys, Collections, TABLES},
    projection::{CURSORS, Projector},
    random::SystemRandom,
};
use comity_testing::{postgres::PrivateCluster, python};
use comity_threat::Tables;
use http_body_util::BodyExt;
use hyper::{HeaderMap, Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::Arc,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const TAXII: &str = "application/taxii+json;version=2.1";
const GREEN: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";

/// A served node with an officer's token.
pub(crate) struct Served {
    pub(crate) node: Node,
    pub(crate) at: SocketAddr,
    pub(crate) token: String,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn objects(&self) -> Vec<Value> {
        self.json()["objects"].as_array().cloned().unwrap_or_default()
    }
}

impl Served {
    async fn start() -> Served {
        Served::start_as("XA").await
    }

    pub(crate) async fn start_as(code: &str) -> Served {
        Served::of(Node::start(code).await).await
    }

    /// A node that runs already.
    pub(crate) async fn of(node: Node) -> Served {
        let at = node.running.api_at.unwrap();
        let add =
            AddOfficer { id: "analyst".into(), unit: "cert".into(), name: "Analyst".into(), from: None };
        add.run(node.ctx()).await.unwrap();
        let mut served = Served { node, at, token: String::new() };
        served.token = served.token_for(&["read", "import"]).await;
        served
    }

    async fn token_for(&self, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let add = AddToken { officer: "analyst".into(), scopes, days: None };
        add.run(self.node.ctx()).await.unwrap().token
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let stream = TcpStream::connect(self.at).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driving = tokio::spawn(connection);
        let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        driving.abort();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let path = path.replace('[', "%5B").replace(']', "%5D");
        Request::builder()
            .method(method)
            .uri(format!("/taxii2/{path}"))
            .header("host", "node.example")
            .header("accept", TAXII)
            .header("authorization", format!("Bearer {}", self.token))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn good(&self, path: &str) -> Reply {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {:?}", reply.body);
        assert_eq!(reply.header("content-type"), TAXII);
        reply
    }

    pub(crate) async fn post(&self, objects: &[Value]) -> Value {
        let body = json!({ "objects": objects }).to_string();
        let path = format!("{}/collections/tlp-green/objects/", self.root());
        let request = self.request("POST", &path).header("content-type", TAXII);
        let reply = self.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(reply.status, 202, "{:?}", reply.body);
        reply.json()
    }

    async fn delete(&self, path: &str) -> StatusCode {
        self.send(self.request("DELETE", path).body(Body::empty()).unwrap()).await.status
    }

    fn root(&self) -> String {
        self.node.code.as_str().to_lowercase()
    }

    /// Every item of the manifest of the class `tlp-green`.
    pub(crate) async fn manifest(&self, query: &str) -> Vec<[String; 3]> {
        self.manifest_of("tlp-green", query).await
    }

    /// Every item of the manifests of all classes.
    pub(crate) async fn classes(&self, query: &str) -> Vec<[String; 3]> {
        let listed = self.good(&format!("{}/collections/", self.root())).await.json();
        let mut all = Vec::new();
        for collection in listed["collections"].as_array().unwrap() {
            let alias = collection["alias"].as_str().unwrap();
            all.extend(self.manifest_of(alias, &format!("limit=1000{query}")).await);
        }
        all
    }

    /// Every item of a manifest, page by page: id, version and date.
    async fn manifest_of(&self, alias: &str, query: &str) -> Vec<[String; 3]> {
        let (mut all, mut next, root) = (Vec::new(), String::new(), self.root());
        loop {
            let page = self.good(&format!("{root}/collections/{alias}/manifest/?{query}{next}")).await.json();
            for one in page["objects"].as_array().unwrap_or(&Vec::new()) {
                all.push(["id", "version", "date_added"].map(|key| one[key].as_str().unwrap().to_owned()));
            }
            match page["next"].as_str() {
                Some(token) => next = format!("&next={token}"),
                None => return all,
            }
        }
    }

    /// Every row of the collections.
    async fn rows(&self) -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
        let store = self.node.ctx().views.feed().store().clone();
        let mut rows = Vec::new();
        for table in TABLES {
            for partition in (0..=10).chain(1 << 16..(1 << 16) + 200) {
                let found =
                    store.scan(*table, partition, &[], &[], u32::MAX, Order::Ascending).await.unwrap();
                rows.extend(found.into_iter().map(|(key, value)| (table.name, key, value)));
            }
        }
        rows
    }
}

pub(crate) fn indicator(number: u32, version: u32) -> Value {
    json!({
        "type": "indicator", "spec_version": "2.1",
        "id": format!("indicator--11111111-2222-4333-8444-{number:012}"),
        "created": "2026-03-01T00:00:00.000Z",
        "modified": format!("2026-03-01T00:00:{version:02}.000Z"),
        "name": format!("exercise {number} at {version}"),
        "pattern": "[ipv4-addr:value = '192.0.2.1']", "pattern_type": "stix",
        "valid_from": "2026-03-01T00:00:00Z", "object_marking_refs": [GREEN],
    })
}

pub(crate) fn id(number: u32) -> String {
    indicator(number, 0)["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn third_party_clients_run_as_they_are() {
    let Some(python) = python::interpreter("third-party clients of TAXII") else { return };
    let served = Served::start().await;
    let discovery = format!("http://{}/taxii2/", served.at);
    let (token, script) = (served.token.clone(), python::script("taxii_clients.py"));
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(python).arg(script).args([&discovery, "analyst", &token]).output().unwrap()
    });
    let ran = ran.await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    println!("{out}");
    assert!(ran.status.success(), "{out}\n{err}");
    served.node.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_endpoint_answers_and_every_error_is_told() {
    let served = Served::start().await;
    let status = served.post(&[indicator(1, 0), indicator(2, 0), indicator(1, 1)]).await;
    assert_eq!((&status["success_count"], &status["failure_count"]), (&json!(3), &json!(0)));
    let one = id(1);
    let green = served.good("xa/collections/tlp-green").await.json()["id"].as_str().unwrap().to_owned();
    let next = served.good("xa/collections/tlp-green/objects/?limit=1").await.json()["next"].clone();
    let next = next.as_str().unwrap();
    let objects = format!("xa/collections/{green}/objects");
    let cases: Vec<(&str, String, u16, &str)> = vec![
        ("GET", String::new(), 200, ""),
        ("GET", "xa".into(), 200, ""),
        ("GET", "xa/collections".into(), 200, ""),
        ("GET", format!("xa/collections/{green}"), 200, ""),
        ("GET", format!("xa/collections/{green}/manifest"), 200, ""),
        ("GET", objects.clone(), 200, ""),
        ("GET", format!("{objects}/{one}"), 200, ""),
        ("GET", format!("{objects}/{one}/versions"), 200, ""),
        ("GET", format!("xa/status/{}", status["id"].as_str().unwrap()), 200, ""),
        ("GET", format!("{objects}?limit=1&next={next}"), 200, ""),
        ("GET", format!("{objects}?limit=2&next={next}"), 200, ""),
        ("GET", "xb".into(), 404, "taxii/not-found"),
        ("GET", "xa/things".into(), 404, "taxii/not-found"),
        ("GET", "xa/status/1".into(), 404, "taxii/not-found"),
        ("GET", "xa/collections/none/objects".into(), 404, "taxii/not-found"),
        ("GET", format!("{objects}/{}", id(9)), 404, "taxii/not-found"),
        ("GET", format!("{objects}/{}/versions", id(9)), 404, "taxii/not-found"),
        ("DELETE", format!("{objects}/{}", id(9)), 404, "taxii/not-found"),
        ("GET", format!("{objects}?limit=0"), 400, "taxii/bad-parameter"),
        ("GET", format!("{objects}?limit=-1"), 400, "taxii/bad-parameter"),
        ("GET", format!("{objects}?added_after=now"), 400, "taxii/bad-parameter"),
        ("GET", format!("{objects}?match[version]=newest"), 400, "taxii/bad-parameter"),
        ("GET", format!("{objects}?next=bogus"), 400, "taxii/bad-next"),
        ("GET", format!("{objects}?next={next}&match[type]=malware"), 400, "taxii/bad-next"),
        ("GET", format!("{objects}/{one}?next={next}"), 400, "taxii/bad-next"),
        ("GET", format!("xa/collections/{green}/manifest?next={next}"), 400, "taxii/bad-next"),
        ("GET", format!("{objects}?match[colour]=red"), 400, "taxii/unknown-parameter"),
        ("GET", format!("{objects}/{one}?match[id]={one}"), 400, "taxii/unknown-parameter"),
        ("GET", format!("xa/collections/{green}?limit=1"), 400, "taxii/unknown-parameter"),
        ("DELETE", format!("{objects}/{one}?limit=1"), 400, "taxii/unknown-parameter"),
        ("POST", "xa/collections".into(), 405, "taxii/method"),
        ("DELETE", objects.clone(), 405, "taxii/method"),
        ("PUT", objects.clone(), 405, "taxii/method"),
    ];
    for (method, path, expected, code) in &cases {
        for slash in ["", "/"] {
            let path = match path.split_once('?') {
                Some((path, query)) => format!("{path}{slash}?{query}"),
                None if path.is_empty() => String::new(),
                None => format!("{path}{slash}"),
            };
            let reply = served.send(served.request(method, &path).body(Body::empty()).unwrap()).await;
            assert_eq!(reply.status.as_u16(), *expected, "{method} {path}: {:?}", reply.body);
            assert_eq!(reply.header("content-type"), TAXII, "{method} {path}");
            if !code.is_empty() {
                let error = reply.json();
                assert_eq!(error["error_code"], *code, "{method} {path}");
                assert_eq!(error["http_status"], expected.to_string());
                assert!(error["title"].as_str().is_some_and(|title| !title.is_empty()));
            }
        }
    }
    wrong_headers(&served, &objects).await;
    wrong_bodies(&served, &objects).await;
    scopes(&served, &objects, &one).await;
    served.node.running.stop().await.unwrap();
}

/// Identity and media types, at one endpoint that has them all.
async fn wrong_headers(served: &Served, objects: &str) {
    let basic =
        |text: &str| format!("Basic {}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text));
    let good = format!("analyst:{}", served.token);
    let other = "comity_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (authorization, accept, expected, code) in [
        (Some(basic(&good)), TAXII, 200, ""),
        (Some(basic(&good)), "application/taxii+json", 200, ""),
        (Some(basic(&good)), "application/taxii+json; version=2.1", 200, ""),
        (Some(basic(&good)), "*/*", 200, ""),
        (Some(basic(&good)), "application/taxii+json;version=9.9", 406, "taxii/not-acceptable"),
        (Some(basic(&good)), "application/vnd.oasis.taxii+json; version=2.0", 406, "taxii/not-acceptable"),
        (Some(basic(&good)), "text/html", 406, "taxii/not-acceptable"),
        (Some(basic(&format!("another:{}", served.token))), TAXII, 401, "taxii/no-token"),
        (Some(basic("analyst:wrong")), TAXII, 401, "taxii/no-token"),
        (Some("Basic !!!".to_owned()), TAXII, 401, "taxii/no-token"),
        (Some(format!("Bearer {other}")), TAXII, 401, "taxii/no-token"),
        (Some("Negotiate x".to_owned()), TAXII, 401, "taxii/no-token"),
        (None, TAXII, 401, "taxii/no-token"),
        // Who asks is settled before anything else: without a token nothing is told of paths or types.
        (None, "text/html", 401, "taxii/no-token"),
    ] {
        let mut request = Request::builder().uri(format!("/taxii2/{objects}")).header("accept", accept);
        if let Some(authorization) = &authorization {
            request = request.header("authorization", authorization);
        }
        let reply = served.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status.as_u16(), expected, "{authorization:?} {accept}");
        assert_eq!(reply.header("content-type"), TAXII);
        if expected == 401 {
            assert!(reply.header("www-authenticate").starts_with("Basic realm="), "{authorization:?}");
        }
        if !code.is_empty() {
            assert_eq!(reply.json()["error_code"], code, "{authorization:?} {accept}");
        }
    }
    let unknown = Request::builder().uri("/taxii2/xz/nothing").body(Body::empty()).unwrap();
    assert_eq!(served.send(unknown).await.status, 401);
}

async fn wrong_bodies(served: &Served, objects: &str) {
    // Too long by its own word: refused before a byte of it is sent.
    let head = format!(
        "POST /taxii2/{objects} HTTP/1.1\r\nhost: node.example\r\nauthorization: Bearer {}\r\naccept: {TAXII}\r\n\
         content-type: {TAXII}\r\ncontent-length: 16777217\r\n\r\n",
        served.token
    );
    let mut stream = TcpStream::connect(served.at).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
    let unsound = json!({ "objects": [{ "type": "indicator" }, 5, indicator(3, 0)] }).to_string();
    for (kind, encoding, body, expected, code) in [
        ("application/json", "identity", "{}", 415, "taxii/media-type"),
        ("application/taxii+json;version=2.0", "identity", "{}", 415, "taxii/media-type"),
        (TAXII, "gzip", "{}", 415, "taxii/media-type"),
        (TAXII, "identity", "{", 400, "taxii/bad-body"),
        (TAXII, "identity", "", 400, "taxii/bad-body"),
        (TAXII, "identity", "[1]", 422, "taxii/unprocessable"),
        (TAXII, "identity", "{}", 422, "taxii/unprocessable"),
        (TAXII, "identity", r#"{"objects":[]}"#, 422, "taxii/unprocessable"),
        (TAXII, "identity", r#"{"objects":{}}"#, 422, "taxii/unprocessable"),
        ("application/taxii+json", "identity", unsound.as_str(), 202, ""),
        ("Application/TAXII+json; Version=2.1", "identity", unsound.as_str(), 202, ""),
    ] {
        let request = served.request("POST", objects).header("content-type", kind);
        let request = request.header("content-encoding", encoding);
        let reply = served.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        let shown: String = body.chars().take(80).collect();
        assert_eq!(reply.status.as_u16(), expected, "{kind} {encoding} {shown}: {:?}", reply.body);
        match expected {
            202 => {
                // One bad object does not fail the others, and the sum holds.
                let status = reply.json();
                let count = |name: &str| status[name].as_u64().unwrap();
                assert_eq!(
                    (count("success_count"), count("failure_count"), count("pending_count")),
                    (1, 2, 0)
                );
                assert_eq!(count("total_count"), 3);
                assert!(status["failures"][0]["message"].as_str().unwrap().contains('['), "{status}");
            }
            _ => assert_eq!(reply.json()["error_code"], code, "{shown}"),
        }
    }
}

async fn scopes(served: &Served, objects: &str, one: &str) {
    let (reader, writer, neither) = (
        served.token_for(&["read"]).await,
        served.token_for(&["import"]).await,
        served.token_for(&["law"]).await,
    );
    let body = json!({ "objects": [indicator(1, 0)] }).to_string();
    for (token, method, path, expected) in [
        (&reader, "GET", objects.to_owned(), 200),
        (&writer, "GET", objects.to_owned(), 403),
        (&neither, "GET", objects.to_owned(), 404),
        (&writer, "POST", objects.to_owned(), 202),
        (&reader, "POST", objects.to_owned(), 403),
        (&neither, "POST", objects.to_owned(), 404),
        (&reader, "DELETE", format!("{objects}/{one}"), 403),
        (&writer, "DELETE", format!("{objects}/{one}"), 403),
        (&neither, "DELETE", format!("{objects}/{one}"), 404),
        (&neither, "GET", "xa/collections".to_owned(), 404),
        (&writer, "GET", "xa/collections".to_owned(), 200),
    ] {
        let request =
            Request::builder().method(method).uri(format!("/taxii2/{path}")).header("accept", TAXII);
        let request =
            request.header("authorization", format!("Bearer {token}")).header("content-type", TAXII);
        let reply = served.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(reply.status.as_u16(), expected, "{method} {path}: {:?}", reply.body);
    }
    let mut listed = served.request("GET", "xa/collections").body(Body::empty()).unwrap();
    listed.headers_mut().insert("authorization", format!("Bearer {writer}").parse().unwrap());
    let listed = served.send(listed).await.json();
    assert_eq!(
        (&listed["collections"][0]["can_read"], &listed["collections"][0]["can_write"]),
        (&json!(false), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_neither_skip_nor_repeat_while_others_write() {
    const WRITERS: u32 = 3;
    const EACH: u32 = 12;
    const OBJECTS: u32 = 9;
    let served = Arc::new(Served::start().await);
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let served = Arc::clone(&served);
            tokio::spawn(async move {
                for post in 0..EACH {
                    let first = (writer * EACH + post) * OBJECTS;
                    let objects: Vec<Value> = (first..first + OBJECTS).map(|n| indicator(n, 0)).collect();
                    assert_eq!(served.post(&objects).await["success_count"], OBJECTS);
                }
            })
        })
        .collect();
    // A poller as a tool has it: it pages with `next` to the end, then asks for what came after the last date.
    let (mut seen, mut dates, mut after) = (Vec::new(), Vec::new(), String::new());
    while seen.len() < (WRITERS * EACH * OBJECTS) as usize {
        for [id, _, added] in served.manifest(&format!("limit=7{after}")).await {
            seen.push(id);
            dates.push(added);
        }
        if let Some(last) = dates.last() {
            after = format!("&added_after={last}");
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "no object twice");
    assert!(dates.windows(2).all(|pair| pair[0] < pair[1]), "dates grow");
    assert_eq!(served.manifest("limit=1000").await.len(), seen.len(), "and none was skipped");
    let page = served.good("xa/collections/tlp-green/objects/?limit=5").await;
    assert_eq!(page.header("x-taxii-date-added-first"), dates[0]);
    assert_eq!(page.header("x-taxii-date-added-last"), dates[4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_or_erased_leaves_no_trace_and_a_rebuild_comes_to_the_same() {
    leaves_no_trace(Served::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collections_on_postgres_are_the_same() {
    let cluster = PrivateCluster::start(&[]).unwrap();
    let store = json!({ "postgres": cluster.url(), "schema": "collections" });
    leaves_no_trace(Served::of(Node::start_stored("XA", &store).await).await).await;
    // It was there that the rows were.
    let rows =
        cluster.sql("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'collections'");
    assert!(rows.is_ok(), "{rows:?}");
}

async fn leaves_no_trace(served: Served) {
    let search =
        AddCollection { name: "late".into(), texts: vec!["AT 1".into()], ..AddCollection::default() };
    search.run(served.node.ctx()).await.unwrap();
    let objects: Vec<Value> = (0..30).flat_map(|n| [indicator(n, 0), indicator(n, 1)]).collect();
    served.post(&objects).await;
    // A kept page, in both encodings.
    let kept = |encoding: &'static str| {
        let request = served.request("GET", "xa/collections/tlp-green/objects/?limit=20");
        served.send(request.header("accept-encoding", encoding).body(Body::empty()).unwrap())
    };
    for encoding in ["zstd", "gzip"] {
        let (first, again) = (kept(encoding).await, kept(encoding).await);
        assert_eq!((first.header("content-encoding"), &first.body), (encoding, &again.body));
        let read: Value = match encoding {
            "zstd" => serde_json::from_slice(&zstd::stream::decode_all(&*first.body).unwrap()).unwrap(),
            _ => serde_json::from_reader(flate2::read::GzDecoder::new(&*first.body)).unwrap(),
        };
        assert_eq!(read["objects"].as_array().unwrap().len(), 20);
    }
    let before = served.manifest("match[version]=all").await;
    assert_eq!(before.len(), 60);
    // One version: the one before it is the last again, and the kept page is cut again.
    let path = format!("xa/collections/tlp-green/objects/{}/", id(3));
    assert_eq!(served.delete(&format!("{path}?match[version]=last")).await, 200);
    let left = served.good(&path).await.objects();
    assert_eq!(left[0]["name"], "exercise 3 at 0");
    let cut = kept("zstd").await;
    let cut = String::from_utf8(zstd::stream::decode_all(&*cut.body).unwrap()).unwrap();
    assert!(cut.contains("exercise 3 at 0") && !cut.contains("exercise 3 at 1"), "{cut}");
    // All versions, and added again: a new date.
    assert_eq!(served.delete(&format!("xa/collections/tlp-green/objects/{}/", id(4))).await, 200);
    assert_eq!(served.get(&format!("xa/collections/tlp-green/objects/{}/", id(4))).await.status, 404);
    let status = served.post(&[indicator(4, 0), indicator(5, 0)]).await;
    assert_eq!(status["successes"][1]["message"], "it was there already");
    let after = served.manifest("match[version]=all").await;
    let dates = |all: &[[String; 3]], number| {
        let of: Vec<_> = all.iter().filter(|one| one[0] == id(number)).map(|one| one[2].clone()).collect();
        of
    };
    assert!(dates(&after, 4)[0] > before.last().unwrap()[2], "a new date: {:?}", dates(&after, 4));
    assert_eq!(dates(&after, 5), dates(&before, 5), "the old date");
    // A saved search sees the same, and is read-only.
    let late = served.good("xa/collections/late/objects/").await.objects();
    assert_eq!(late.len(), 28, "30 without the two deleted");
    let request = served.request("POST", "xa/collections/late/objects/").header("content-type", TAXII);
    let body = Body::from(json!({ "objects": [indicator(1, 0)] }).to_string());
    assert_eq!(served.send(request.body(body).unwrap()).await.status, 403);
    assert_eq!(served.delete(&format!("xa/collections/late/objects/{}/", id(5))).await, 403);
    // An erasure: nothing of it is served, from no page.
    let records =
        served.node.ctx().sequencer.run(|desk, _| Box::pin(async move { desk.own_records().await }));
    let record = records.await.unwrap().unwrap()[0].0.to_string();
    Erase { record, objects: vec![10, 11] }.run(served.node.ctx()).await.unwrap();
    assert_eq!(served.get(&format!("xa/collections/tlp-green/objects/{}/", id(5))).await.status, 404);
    let text =
        String::from_utf8(served.good("xa/collections/tlp-green/objects/").await.body.to_vec()).unwrap();
    assert!(!text.contains("exercise 5 at"));
    assert_eq!(served.good("xa/collections/late/objects/").await.objects().len(), 27);
    // A search that begins now finds what is there now.
    let search =
        AddCollection { name: "later".into(), texts: vec!["at 1".into()], ..AddCollection::default() };
    assert_eq!(search.run(served.node.ctx()).await.unwrap().objects, 27);
    rebuilt_equal(&served).await;
    EndCollection { name: "later".into() }.run(served.node.ctx()).await.unwrap();
    let listed = ListCollections {}.run(served.node.ctx()).await.unwrap();
    assert!(listed.iter().all(|one| one.alias != "later"));
    served.node.running.stop().await.unwrap();
}

/// Drops every row and builds again from the log: the same rows, dates too.
async fn rebuilt_equal(served: &Served) {
    let before = served.rows().await;
    assert!(before.len() > 100);
    let feed = served.node.ctx().views.feed().clone();
    let (store, dir) = (feed.store().clone(), served.node.ctx().dir.clone());
    let keys = CollectionKeys::open(&dir.join("collections.key"), &SystemRandom).unwrap();
    let bodies = SealedBodies::open(store.clone(), &dir.join("epoch.key")).await.unwrap();
    let tables = Arc::new(Tables::built_in().unwrap());
    let (_, view) = Collections::new(served.node.code.clone(), feed.clone(), bodies, tables, keys);
    store.drop_projection(CURSORS).await.unwrap();
    let (mut projector, progress) = Projector::new(view, feed);
    projector.open().await.unwrap();
    projector.catch_up().await.unwrap();
    progress.reaches(store.head().await.unwrap().size).await.unwrap();
    assert_eq!(served.rows().await, before);
}

/// A feed over loopback, as an officer sets it up.
pub(crate) fn feed(name: &str, direction: &str, of: &Served, party: &str) -> AddFeed {
    AddFeed {
        name: name.into(),
        direction: direction.into(),
        kind: None,
        address: format!("http://{}/taxii2/{party}/collections/tlp-green/", of.at),
        user: Some("analyst".into()),
        password: Some(of.token.clone()),
        unmarked: None,
        collection: Some("tlp-green".into()),
        to: None,
        minutes: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_bring_what_is_new_and_push_only_what_was_cleared() {
    let (a, b) = (Served::start().await, Served::start_as("XB").await);
    a.node.accept(&b.node).await;
    b.node.accept(&a.node).await;
    let all: Vec<Value> = (0..1500).map(|number| indicator(number, 0)).collect();
    a.post(&all).await;
    feed("from-a", "pull", &a, "xa").run(b.node.ctx()).await.unwrap();
    let pull = || async { RunFeed { name: "from-a".into() }.run(b.node.ctx()).await.unwrap() };
    let counts = |report: &Report| (report.new, report.changed, report.known, report.refused);
    assert_eq!(counts(&pull().await), (1500, 0, 0, 0));
    assert_eq!(counts(&pull().await), (0, 0, 0, 0));
    a.post(&[indicator(7, 1), indicator(2000, 0)]).await;
    assert_eq!(counts(&pull().await), (1, 1, 0, 0));
    assert_eq!(b.manifest("limit=1000").await.len(), 1501);
    // To a server of another party: nothing before the border has cleared it, then that, and once.
    let push = AddFeed { to: Some("XA".into()), ..feed("to-a", "push", &a, "xa") };
    push.run(b.node.ctx()).await.unwrap();
    b.post(&[indicator(3000, 0)]).await;
    let push = || async { RunFeed { name: "to-a".into() }.run(b.node.ctx()).await.unwrap() };
    assert_eq!(counts(&push().await), (0, 0, 0, 0));
    assert_eq!(a.get(&format!("xa/collections/tlp-green/objects/{}", id(3000))).await.status, 404);
    b.node.share("XA").await;
    assert!(push().await.new > 0);
    assert_eq!(a.get(&format!("xa/collections/tlp-green/objects/{}", id(3000))).await.status, 200);
    assert_eq!(counts(&push().await), (0, 0, 0, 0));
    // A wrong password is told, and the feed stays.
    EndFeed { name: "from-a".into() }.run(b.node.ctx()).await.unwrap();
    let wrong = AddFeed { password: Some("wrong".into()), ..feed("from-a", "pull", &a, "xa") };
    wrong.run(b.node.ctx()).await.unwrap();
    let fault = RunFeed { name: "from-a".into() }.run(b.node.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "feed/refused", "{fault:?}");
    let listed = ListFeeds {}.run(b.node.ctx()).await.unwrap();
    let last = listed.iter().find(|feed| feed.name == "from-a").unwrap().last.clone().unwrap();
    assert!(last.fault.unwrap().contains("401"));
}

/// The newest version of each object of a bundle, read apart from the product.
pub(crate) fn newest(bundle: &Value) -> BTreeMap<String, String> {
    let mut newest: BTreeMap<String, String> = BTreeMap::new();
    for object in bundle["objects"].as_array().unwrap() {
        let time = |key: &str| object[key].as_str().map(str::to_owned);
        let version = time("modified").or(time("created")).unwrap_or_default();
        let id = object["id"].as_str().unwrap().to_owned();
        newest.entry(id).and_modify(|known| *known = known.clone().max(version.clone())).or_insert(version);
    }
    newest
}

/// Two releases of ATT&CK, the older of them again at the end: what is served is the newer, and after each import
/// `added_after` gives exactly what had changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_release_that_comes_again_changes_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/threat/stix");
    let read = |name: &str| fs::read(folder.join(format!("attack-ics-{name}.stix21.json.zst")));
    let (Ok(older), Ok(newer)) = (read("17.1"), read("18.1")) else {
        let _unread =
            writeln!(std::io::stderr(), "not run: two releases of ATT&CK, the folder `shared` is not there");
        return;
    };
    let [older, newer] = [older, newer].map(|bytes| {
        let text = zstd::stream::decode_all(&*bytes).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()
    });
    let served = Served::start().await;
    let dir = tempfile::tempdir().unwrap();
    let (mut held, mut after): (BTreeMap<String, String>, _) = (BTreeMap::new(), String::new());
    for bundle in [&older, &newer, &older] {
        let path = dir.path().join("bundle.json");
        fs::write(&path, bundle.to_string()).unwrap();
        crate::support::import(served.node.ctx(), &path).await;
        let mut changed = BTreeMap::new();
        for (id, version) in newest(bundle) {
            if held.get(&id).is_none_or(|known| *known < version) {
                changed.insert(id.clone(), version.clone());
                held.insert(id, version);
            }
        }
        let mut all = served.classes(&after).await;
        let told: BTreeMap<String, String> =
            all.iter().map(|[id, version, _]| (id.clone(), version.clone())).collect();
        assert_eq!((told.len(), &told), (all.len(), &changed));
        all.sort_by(|a, b| a[2].cmp(&b[2]));
        if let Some(last) = all.last() {
            after = format!("&added_after={}", last[2]);
        }
    }
    let all: BTreeMap<String, String> =
        served.classes("").await.into_iter().map(|[id, version, _]| (id, version)).collect();
    assert_eq!(all, held);
    assert!(newest(&newer).iter().all(|(id, version)| held.get(id) >= Some(version)));
}
