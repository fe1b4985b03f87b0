//! The API over real sockets, and the tables of who may call what.

use super::*;
use crate::{
    clock::{Clock, SetTime},
    http::{Answer, ConnectionLimits, Problem},
    metrics::Metrics,
    random::{Random, SystemRandom},
    stop::{Drained, Stop},
};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use comity_record::{Hash, Timestamp};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    task::JoinHandle,
};
use tower::ServiceExt;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// Tokens by hash.
#[derive(Default)]
struct Known(BTreeMap<Hash, Grant>);

impl TokenStore for Known {
    fn find(&self, token: Hash) -> Answer<'_, Result<Option<Grant>, Problem>> {
        Box::pin(async move { Ok(self.0.get(&token).cloned()) })
    }
}

impl Known {
    fn add(&mut self, scopes: &[Scope], ends: Timestamp) -> Token {
        let token = Token::draw(&SystemRandom).unwrap();
        let grant = Grant {
            reader: crate::reading::Reader::Own,
            party: "XA".parse().unwrap(),
            officer: "duty.officer".parse().unwrap(),
            scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
            ends,
        };
        self.0.insert(token.hash(), grant);
        token
    }
}

/// An application that counts how often a handler ran.
#[derive(Default)]
struct Counted(AtomicUsize);

/// A noun of the test: two endpoints on one path, one of them with a body.
fn noun() -> Vec<Endpoint<Counted>> {
    let shape = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    vec![
        Endpoint::new(
            "thing.show",
            Verb::Get,
            "/api/v1/things/{id}",
            Access::Scope(Scope::Read),
            "Shows a thing.",
            |app: Arc<Counted>, call: Call| async move {
                app.0.fetch_add(1, Ordering::SeqCst);
                Reply::json(&json!({ "id": call.path("id"), "full": call.query("full") }))
            },
        )
        .query("full", "Whether to show everything."),
        Endpoint::new(
            "thing.change",
            Verb::Put,
            "/api/v1/things/{id}",
            Access::Scope(Scope::Import),
            "Changes a thing.",
            |app: Arc<Counted>, call: Call| async move {
                app.0.fetch_add(1, Ordering::SeqCst);
                let officer = call.grant()?.officer.to_string();
                let body: BTreeMap<String, String> = call.json().await?;
                Reply::json(&json!({ "by": officer, "name": body.get("name") }))
            },
        )
        .body("application/json", shape)
        .body_limit(100),
    ]
}

struct Fixture {
    router: Router,
    app: Arc<Counted>,
    time: Arc<SetTime>,
    readiness: Readiness,
    reader: Token,
    importer: Token,
    ended: Token,
    known: Vec<(String, Token)>,
    endpoints: Vec<(Verb, String)>,
}

fn fixture() -> Fixture {
    let mut tokens = Known::default();
    let later = now().plus_millis(3_600_000);
    let reader = tokens.add(&[Scope::Read], later);
    let importer = tokens.add(&[Scope::Import], later);
    let ended = tokens.add(Scope::ALL, now());
    let mut known = vec![("no scope".to_owned(), tokens.add(&[], later))];
    known.extend(Scope::ALL.iter().map(|scope| (scope.to_string(), tokens.add(&[*scope], later))));
    let time = Arc::new(SetTime::new(now()));
    let app = Arc::new(Counted::default());
    let readiness = Readiness::default();
    let limits = ApiLimits { body: 1_000, requests_per_minute: 30, body_pause: Duration::from_millis(20) };
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let api = Api::new(
        app.clone(),
        Arc::new(tokens),
        Clock::of(time.clone()),
        random,
        limits,
        readiness.clone(),
        Metrics::default(),
    )
    .noun(noun());
    let endpoints = api.endpoints().iter().map(|e| (e.verb, e.path.to_owned())).collect();
    Fixture { router: api.router(), app, time, readiness, reader, importer, ended, known, endpoints }
}

impl Fixture {
    /// Asks without a socket.
    async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    fn ran(&self) -> usize {
        self.app.0.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn handlers_see_path_query_body_and_officer() {
    let api = fixture();
    let (status, body) = api.ask("GET", "/api/v1/things/a%20b?full=yes", Some(api.reader.reveal()), "").await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "id": "a b", "full": "yes" })));
    let (status, body) =
        api.ask("PUT", "/api/v1/things/7", Some(api.importer.reveal()), r#"{"name":"x"}"#).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "by": "duty.officer", "name": "x" })));
}

#[tokio::test]
async fn who_am_i() {
    let api = fixture();
    let (_, body) = api.ask("GET", "/api/v1/whoami", Some(api.reader.reveal()), "").await;
    let expected = json!({
        "party": "XA", "officer": "duty.officer", "scopes": ["read"], "ends": "2026-03-01T13:00:00.000Z",
    });
    assert_eq!(body, expected);
    api.time.advance(3_600_000);
    let (status, _) = api.ask("GET", "/api/v1/whoami", Some(api.reader.reveal()), "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "the token has ended meanwhile");
}

/// What is refused, with which code; no handler runs.
#[tokio::test]
async fn refusals_come_before_the_handler() {
    let api = fixture();
    let (reader, importer) = (api.reader.reveal(), api.importer.reveal());
    let never_drawn = Token::draw(&SystemRandom).unwrap();
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(100));
    let cases = [
        ("GET", "/api/v1/things/1", None, "", 401, "api/no-token"),
        ("GET", "/api/v1/things/1", Some("comity_x"), "", 401, "api/no-token"),
        ("GET", "/api/v1/things/1", Some(never_drawn.reveal()), "", 401, "api/no-token"),
        ("GET", "/api/v1/things/1", Some(api.ended.reveal()), "", 401, "api/no-token"),
        ("GET", "/api/v1/things/1", Some(importer), "", 403, "api/scope"),
        ("PUT", "/api/v1/things/1", Some(reader), "{}", 403, "api/scope"),
        ("GET", "/api/v1/things/1?ful=1", Some(reader), "", 400, "http/malformed"),
        ("GET", "/api/v1/things/1?full=1&full=2", Some(reader), "", 400, "http/malformed"),
        ("GET", "/api/v1/things/1", Some(reader), "a body", 413, "http/too-long"),
        ("PUT", "/api/v1/things/1", Some(importer), &long, 413, "http/too-long"),
        ("POST", "/api/v1/things/1", Some(importer), "", 405, "http/method"),
        ("GET", "/api/v1/nothing", Some(reader), "", 404, "http/not-found"),
        ("GET", "/", None, "", 404, "http/not-found"),
    ];
    for (method, path, token, body, status, code) in cases {
        let (found, body) = api.ask(method, path, token, body).await;
        assert_eq!((found.as_u16(), body["code"].as_str()), (status, Some(code)), "{method} {path}: {body}");
    }
    assert_eq!(api.ran(), 0);
    let (status, body) = api.ask("PUT", "/api/v1/things/1", Some(importer), "{\"name\": 5}").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["text"].as_str().unwrap().contains("line 1 column"), "{body}");
}

#[tokio::test]
async fn quotas_are_kept_per_token() {
    let api = fixture();
    for _ in 0..30 {
        assert_eq!(api.ask("GET", "/api/v1/whoami", Some(api.reader.reveal()), "").await.0, StatusCode::OK);
    }
    let (status, body) = api.ask("GET", "/api/v1/whoami", Some(api.reader.reveal()), "").await;
    assert_eq!((status, body["code"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("http/too-many")));
    assert_eq!(api.ask("GET", "/api/v1/whoami", Some(api.importer.reveal()), "").await.0, StatusCode::OK);
    assert_eq!(api.ask("GET", "/healthz", None, "").await.0, StatusCode::OK);
    api.time.advance(2_000);
    assert_eq!(api.ask("GET", "/api/v1/whoami", Some(api.reader.reveal()), "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn health_says_why_not() {
    let api = fixture();
    assert_eq!(
        api.ask("GET", "/healthz", None, "").await,
        (StatusCode::OK, json!({ "ready": true, "reasons": [], "alarms": [] }))
    );
    api.readiness.not_ready("store XA", "starting");
    let expected =
        json!({ "ready": false, "reasons": [{ "part": "store XA", "why": "starting" }], "alarms": [] });
    assert_eq!(api.ask("GET", "/healthz", None, "").await, (StatusCode::SERVICE_UNAVAILABLE, expected));
    api.readiness.ready("store XA");
    assert_eq!(api.ask("GET", "/healthz", None, "").await.0, StatusCode::OK);
}

/// Every role against every endpoint, as asked over the router itself. A new endpoint changes the golden file.
#[tokio::test]
async fn role_by_endpoint() {
    let api = fixture();
    let mut table = String::new();
    for (verb, path) in &api.endpoints {
        let (method, asked) = (verb.as_str(), path.replace("{id}", "1"));
        let mut may = Vec::new();
        if passes(api.ask(method, &asked, None, "").await.0) {
            may.push("no token");
        }
        for (role, token) in &api.known {
            if passes(api.ask(method, &asked, Some(token.reveal()), "").await.0) {
                may.push(role);
            }
        }
        let tokens = api.known.len();
        let shown = match may.as_slice() {
            ["no token", rest @ ..] if rest.len() == tokens => "everybody".to_owned(),
            all if all.len() == tokens && all.first() != Some(&"no token") => "any token".to_owned(),
            some => some.join(", "),
        };
        table.push_str(&format!("{method} {path}: {shown}\n"));
    }
    assert_eq!(table, include_str!("../../../tests/golden/api-access.txt"));
}

fn passes(status: StatusCode) -> bool {
    !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS)
}

#[tokio::test]
async fn every_route_is_in_the_document() {
    let api = fixture();
    let (status, document) = api.ask("GET", "/api/v1/openapi.json", None, "").await;
    assert_eq!((status, document["openapi"].as_str()), (StatusCode::OK, Some("3.1.0")));
    let mut names = BTreeSet::new();
    for (verb, path) in &api.endpoints {
        let operation = &document["paths"][path][verb.as_str().to_lowercase()];
        assert!(operation.is_object(), "{path} is missing");
        assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
        let declared: Vec<&str> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|p| p["in"] == "path")
            .map(|p| p["name"].as_str().unwrap())
            .collect();
        let in_path: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        assert_eq!(declared, in_path, "{path}");
        let (anonymous, _) = api.ask(verb.as_str(), &path.replace("{id}", "1"), None, "").await;
        let secured = operation["security"].is_array();
        assert_eq!(secured, anonymous == StatusCode::UNAUTHORIZED, "{path}");
    }
    let described: usize =
        document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(described, api.endpoints.len());
}

struct Running {
    tcp: std::net::SocketAddr,
    socket: std::path::PathBuf,
    stop: Stop,
    ended: JoinHandle<Drained>,
    _dir: tempfile::TempDir,
}

async fn running(api: &Fixture) -> Running {
    let dir = tempfile::TempDir::new().unwrap();
    let socket = dir.path().join("api.sock");
    let unix = bind_socket(&socket).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tcp = listener.local_addr().unwrap();
    let (stop, stopping) = Stop::new();
    let router = api.router.clone();
    let ended =
        tokio::spawn(run(router, Some(listener), None, Some(unix), ConnectionLimits::default(), stopping));
    Running { tcp, socket, stop, ended, _dir: dir }
}

#[tokio::test]
async fn both_listeners_answer_and_stop() {
    let api = fixture();
    let running = running(&api).await;
    let tcp = TcpStream::connect(running.tcp).await.unwrap();
    let unix = UnixStream::connect(&running.socket).await.unwrap();
    let (mut over_tcp, connection) = http1::handshake(TokioIo::new(tcp)).await.unwrap();
    tokio::spawn(connection);
    let (mut over_unix, connection) = http1::handshake(TokioIo::new(unix)).await.unwrap();
    tokio::spawn(connection);
    let request = || Request::get("/metrics").body(Body::empty()).unwrap();
    for sender in [&mut over_tcp, &mut over_unix] {
        let response = sender.send_request(request()).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(response.headers()["x-request-id"].len(), 16);
        let text = response.into_body().collect().await.unwrap().to_bytes();
        assert!(text.starts_with(b"# HELP comity_api_"), "{text:?}");
    }
    running.stop.now();
    assert_eq!(running.ended.await.unwrap(), Drained { finished: 2, cut: 0 });
}

#[tokio::test]
async fn a_token_is_checked_before_the_body_is_read() {
    let api = fixture();
    let running = running(&api).await;
    let head = "PUT /api/v1/things/1 HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n";
    let mut stream = TcpStream::connect(running.tcp).await.unwrap();
    // The body is announced and never sent.
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
    // With a token it is waited for, and given up.
    let mut stream = TcpStream::connect(running.tcp).await.unwrap();
    let token = api.importer.reveal();
    stream.write_all(format!("{head}authorization: Bearer {token}\r\n\r\n").as_bytes()).await.unwrap();
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_socket_is_closed_to_others_and_not_stolen() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("api.sock");
    let first = bind_socket(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(bind_socket(&path).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    drop(first);
    bind_socket(&path).unwrap();
}

#[test]
fn tokens_are_not_shown_and_not_guessed_from_other_text() {
    let token = Token::draw(&SystemRandom).unwrap();
    assert_eq!(Token::from_text(token.reveal()).as_ref(), Some(&token));
    let secret = token.reveal().strip_prefix("comity_").unwrap();
    let shown = format!("{token:?}");
    assert!(
        !secret.as_bytes().windows(9).any(|piece| shown.as_bytes().windows(9).any(|w| w == piece)),
        "{shown}"
    );
    for text in ["", "comity_", "comity_short", secret, &format!("{}x", token.reveal())] {
        assert_eq!(Token::from_text(text), None, "{text}");
    }
    assert_eq!("share".parse::<Scope>(), Ok(Scope::Share));
    assert!("shar".parse::<Scope>().unwrap_err().to_string().contains("known: read, import"));
}
