//! Listener and client against each other, over real sockets and real TLS.

use super::*;
use crate::{
    clock::{Clock, SetTime},
    http::ConnectionLimits,
    metrics::Metrics,
    stop::{Drained, Stop},
    tls::{self, PeerTable, Peers, TlsIdentity},
};
use axum::body::{Body, Bytes};
use comity_record::{Ed25519Key, Hash, KeyEntry, KeyPurpose, KeyRing, RecordId, Signer, Timestamp};
use http_body_util::BodyExt;
use hyper::{Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// Each party's key comes from the last letter of its code.
fn signer(code: &str) -> Arc<dyn Signer> {
    Arc::new(Ed25519Key::from_seed(&[code.bytes().last().unwrap(); 32]).unwrap())
}

fn identity(code: &str) -> TlsIdentity {
    TlsIdentity::new(party(code), signer(code)).unwrap()
}

fn table(own: &str, known: &[&str], suspended: &[&str]) -> PeerTable {
    let mut ring = KeyRing::default();
    for code in known {
        ring.insert(KeyEntry {
            party: party(code),
            purpose: KeyPurpose::Tls,
            key: signer(code).public_key().clone(),
            valid_from: now(),
            valid_to: now().plus_millis(86_400_000),
            revoked: None,
        });
    }
    let suspended: BTreeSet<PartyCode> = suspended.iter().map(|code| party(code)).collect();
    PeerTable::new(&party(own), &ring, suspended)
}

/// Says who called whom; does as the body asks.
#[derive(Default)]
struct Echo {
    turns: AtomicUsize,
    entered: Notify,
    release: Notify,
}

impl ExchangeHandler for Echo {
    fn turn(&self, caller: Caller, body: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move {
            self.turns.fetch_add(1, Ordering::SeqCst);
            match body.as_slice() {
                b"refuse" => Err(TurnRefusal::Refused { code: "test/no", text: "no \u{1b}[31m".into() }),
                b"malformed" => Err(TurnRefusal::Malformed { code: "test/bad", text: "bad".into() }),
                b"busy" => Err(TurnRefusal::Busy { seconds: 7 }),
                b"failed" => Err(TurnRefusal::Failed),
                b"big" => Ok(vec![7; TURN_LIMIT + 1]),
                b"largest" => Ok(vec![7; TURN_LIMIT]),
                b"wait" => {
                    self.entered.notify_one();
                    self.release.notified().await;
                    Ok(b"released".to_vec())
                }
                _ => Ok(format!("{} to {}: {} bytes", caller.peer, caller.host, body.len()).into_bytes()),
            }
        })
    }
    fn lookup(&self, caller: Caller, body: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { Ok(format!("lookup of {}: {} bytes", caller.peer, body.len()).into_bytes()) })
    }
    fn checkpoint(&self, caller: Caller) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { Ok(format!("checkpoint of {}\n", caller.host).into_bytes()) })
    }
    fn tile(&self, _: Caller, path: String) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move {
            if path.contains("..") { Err(TurnRefusal::NotFound) } else { Ok(path.into_bytes()) }
        })
    }
    fn consignment(&self, _: Caller, record: RecordId) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { Ok(record.to_string().into_bytes()) })
    }
    fn chunk(&self, _: Caller, _: RecordId, _: Hash) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { Err(TurnRefusal::NotFound) })
    }
    fn close(&self, _: Caller, _: RecordId, entry: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { Ok(entry) })
    }
}

struct Node {
    address: SocketAddr,
    echo: Arc<Echo>,
    peers: Arc<Peers>,
    time: Arc<SetTime>,
    metrics: Metrics,
    stop: Stop,
    running: JoinHandle<Drained>,
}

/// A listener that hosts XA and XH; XB and XC are peers of XA, XB alone is one of XH.
async fn node(quota: QuotaLimits, limits: ConnectionLimits) -> Node {
    let time = Arc::new(SetTime::new(now()));
    let clock = Clock::of(time.clone());
    let echo = Arc::new(Echo::default());
    let metrics = Metrics::default();
    let peers = Arc::new(Peers::new(table("XA", &["XB", "XC"], &[])));
    let other_peers = Arc::new(Peers::new(table("XH", &["XB"], &[])));
    let host = |code: &str, peers: &Arc<Peers>| Host {
        identity: identity(code),
        peers: peers.clone(),
        handler: echo.clone(),
        quota,
    };
    let hosts = vec![host("XA", &peers), host("XH", &other_peers)];
    let server = ExchangeServer::new(hosts, &clock, limits, &metrics).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = Stop::new();
    let running = tokio::spawn(server.run(listener, stopping));
    Node { address, echo, peers, time, metrics, stop, running }
}

async fn plain_node() -> Node {
    node(QuotaLimits::default(), ConnectionLimits::default()).await
}

fn client(code: &str) -> PeerClient {
    client_with(code, ClientLimits::default())
}

fn client_with(code: &str, limits: ClientLimits) -> PeerClient {
    let peers = Arc::new(Peers::new(table(code, &["XA", "XH"], &[])));
    PeerClient::new(identity(code), peers, Clock::fixed(now()), limits)
}

impl Node {
    async fn turn(&self, client: &PeerClient, body: &[u8]) -> Result<Vec<u8>, PeerFault> {
        client.turn(&self.address.to_string(), &party("XA"), body.to_vec()).await
    }
}

#[tokio::test]
async fn turns_know_caller_and_host() {
    let node = plain_node().await;
    let address = node.address.to_string();
    let (xb, xc) = (client("XB"), client("XC"));
    assert_eq!(node.turn(&xb, b"abc").await.unwrap(), b"XB to XA: 3 bytes");
    assert_eq!(node.turn(&xc, b"").await.unwrap(), b"XC to XA: 0 bytes");
    assert_eq!(xb.turn(&address, &party("XH"), vec![0; 9]).await.unwrap(), b"XB to XH: 9 bytes");
    assert_eq!(xb.checkpoint(&address, &party("XH")).await.unwrap(), b"checkpoint of XH\n");
    assert_eq!(xb.tile(&address, &party("XA"), "0/x001/234.p/5").await.unwrap(), b"0/x001/234.p/5");
    // XC is a peer of XA only: hosting shares no key space.
    let fault = xc.turn(&address, &party("XH"), vec![]).await.unwrap_err();
    assert_eq!(fault.code(), "peer/handshake", "{fault}");
    let figures = node.metrics.render();
    for line in [
        "comity_exchange_requests_total{host=\"XA\",result=\"answered\"} 3",
        "comity_exchange_requests_total{host=\"XH\",result=\"answered\"} 2",
        "comity_exchange_bytes_total{direction=\"in\",host=\"XH\"} 9",
    ] {
        assert!(figures.contains(line), "{line}\n{figures}");
    }
}

#[tokio::test]
async fn the_largest_body_passes_in_both_directions() {
    let node = plain_node().await;
    let xb = client("XB");
    let answer = node.turn(&xb, &vec![1; TURN_LIMIT]).await.unwrap();
    assert_eq!(answer, format!("XB to XA: {TURN_LIMIT} bytes").into_bytes());
    assert_eq!(node.turn(&xb, b"largest").await.unwrap().len(), TURN_LIMIT);
    assert_eq!(node.turn(&xb, b"big").await.unwrap_err().code(), "peer/too-long");
    let fault = node.turn(&xb, &vec![1; TURN_LIMIT + 1]).await.unwrap_err();
    assert_eq!(fault.code(), "peer/too-long");
}

#[tokio::test]
async fn refusals_reach_the_caller_bounded_and_harmless() {
    let node = plain_node().await;
    let xb = client("XB");
    let cases: [(&[u8], &str); 4] = [
        (b"refuse", "`XA` refused with `test/no`: no \\u{1b}[31m"),
        (b"malformed", "`XA` refused with `test/bad`: bad"),
        (b"busy", "`XA` asks to try again after 7 s"),
        (b"failed", "`XA` refused with `http/internal`: the node could not do it"),
    ];
    for (body, expected) in cases {
        assert_eq!(node.turn(&xb, body).await.unwrap_err().to_string(), expected);
    }
}

#[tokio::test]
async fn a_suspension_takes_effect_on_open_connections_on_both_sides() {
    let node = plain_node().await;
    let xb = client("XB");
    node.turn(&xb, b"").await.unwrap();
    node.peers.replace(table("XA", &["XB", "XC"], &["XB"]));
    let fault = node.turn(&xb, b"").await.unwrap_err();
    assert_eq!(fault.to_string(), "`XA` refused with `exchange/not-accepted`: the key is not accepted");
    node.peers.replace(table("XA", &["XB", "XC"], &[]));
    node.turn(&xb, b"").await.unwrap();
    assert_eq!(node.echo.turns.load(Ordering::SeqCst), 2);

    xb.peers().replace(table("XB", &["XA"], &["XA"]));
    assert_eq!(node.turn(&xb, b"").await.unwrap_err().code(), "peer/not-accepted");
    xb.peers().replace(table("XB", &["XH"], &[]));
    assert_eq!(node.turn(&xb, b"").await.unwrap_err().code(), "peer/not-accepted");
    assert_eq!(node.echo.turns.load(Ordering::SeqCst), 2);
}

/// XA has announced a new key and revoked the old one: a connection that the old key opened is not used again.
#[tokio::test]
async fn an_open_connection_of_a_revoked_key_is_not_used() {
    let node = plain_node().await;
    let xb = client("XB");
    node.turn(&xb, b"").await.unwrap();
    let mut ring = KeyRing::default();
    for (code, revoked) in [("XA", Some(now())), ("XZ", None)] {
        ring.insert(KeyEntry {
            party: party("XA"),
            purpose: KeyPurpose::Tls,
            key: signer(code).public_key().clone(),
            valid_from: now(),
            valid_to: now().plus_millis(86_400_000),
            revoked,
        });
    }
    xb.peers().replace(PeerTable::new(&party("XB"), &ring, BTreeSet::new()));
    let fault = node.turn(&xb, b"").await.unwrap_err();
    assert!(
        matches!(&fault, PeerFault::NotAccepted { why, .. } if why.code() == "tls/key-revoked"),
        "{fault:?}"
    );
    assert_eq!(node.echo.turns.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_key_that_expires_is_refused_on_an_open_connection() {
    let node = plain_node().await;
    let xb = client("XB");
    node.turn(&xb, b"").await.unwrap();
    node.time.advance(86_400_000);
    let fault = node.turn(&xb, b"").await.unwrap_err();
    assert!(matches!(fault, PeerFault::Refused { status: 403, .. }), "{fault}");
}

#[tokio::test]
async fn quotas_are_kept_per_peer() {
    let quota = QuotaLimits { requests_per_minute: 2, bytes_per_minute: 1_000_000, at_once: 4 };
    let node = node(quota, ConnectionLimits::default()).await;
    let (xb, xc) = (client("XB"), client("XC"));
    node.turn(&xb, b"").await.unwrap();
    node.turn(&xb, b"").await.unwrap();
    assert_eq!(node.turn(&xb, b"").await.unwrap_err().retry_after(), Some(30));
    node.turn(&xc, b"").await.unwrap();
    node.time.advance(30_000);
    node.turn(&xb, b"").await.unwrap();
    assert!(node.turn(&xb, b"").await.is_err());
    node.time.advance(60_000);
    node.turn(&xb, &vec![0; 2_000_000]).await.unwrap();
    assert_eq!(node.turn(&xb, b"").await.unwrap_err().retry_after(), Some(61));
}

#[tokio::test]
async fn connections_are_reused() {
    // A relay in between counts the connections, and reads nothing: TLS is end to end.
    let node = plain_node().await;
    let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = relay.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let (target, counted) = (node.address, count.clone());
    tokio::spawn(async move {
        loop {
            let (mut from, _) = relay.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut to = TcpStream::connect(target).await.unwrap();
                let _ends = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    let xb = client("XB");
    for _ in 0..5 {
        xb.turn(&address, &party("XA"), vec![1]).await.unwrap();
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    xb.close_idle();
    xb.turn(&address, &party("XA"), vec![1]).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

/// A connection of XB to the host, for requests that our own client would not send.
async fn raw(node: &Node, host: &str) -> http1::SendRequest<Body> {
    let peers = Arc::new(Peers::new(table("XB", &["XA", "XH"], &[])));
    let config = tls::client_config(&identity("XB"), peers, &party(host), &Clock::fixed(now())).unwrap();
    let tcp = TcpStream::connect(node.address).await.unwrap();
    let name = tls::server_name(&party(host)).unwrap();
    let stream = tokio_rustls::TlsConnector::from(config).connect(name, tcp).await.unwrap();
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask(
    sender: &mut http1::SendRequest<Body>,
    method: &str,
    path: &str,
    body: Body,
) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path).header("host", "x").body(body).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn one_host_does_not_answer_for_another() {
    let node = plain_node().await;
    let mut xa = raw(&node, "XA").await;
    for (method, path) in [
        ("POST", "/exchange/v1/XH/turn"),
        ("GET", "/exchange/v1/XH/checkpoint"),
        ("GET", "/exchange/v1/XH/tile/0/000"),
        ("GET", "/exchange/v1/XZ/checkpoint"),
        ("GET", "/"),
        ("GET", "/exchange/v1/XA/tile/../../etc/passwd"),
    ] {
        let (status, _) = ask(&mut xa, method, path, Body::empty()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
    }
    assert_eq!(
        ask(&mut xa, "GET", "/exchange/v1/XA/turn", Body::empty()).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(ask(&mut xa, "GET", "/exchange/v1/XA/checkpoint", Body::empty()).await.0, StatusCode::OK);
    assert_eq!(node.echo.turns.load(Ordering::SeqCst), 0);
}

/// A body of unknown length that never ends on its own.
struct Endless(usize);

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;
    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        if self.0 == 0 {
            return std::task::Poll::Pending;
        }
        self.0 -= 1;
        std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from_static(&[0; 65_536])))))
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_limit() {
    let node = plain_node().await;
    let mut xa = raw(&node, "XA").await;
    let pieces = TURN_LIMIT / 65_536 + 1;
    let (status, body) = ask(&mut xa, "POST", "/exchange/v1/XA/turn", Body::new(Endless(pieces))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{body}");
    assert_eq!(node.echo.turns.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let limits = ConnectionLimits { body_pause: Duration::from_millis(20), ..ConnectionLimits::default() };
    let node = node(QuotaLimits::default(), limits).await;
    let mut xa = raw(&node, "XA").await;
    let (status, _) = ask(&mut xa, "POST", "/exchange/v1/XA/turn", Body::new(Endless(1))).await;
    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn a_declared_length_beyond_the_limit_is_refused_unread() {
    let node = plain_node().await;
    let peers = Arc::new(Peers::new(table("XB", &["XA"], &[])));
    let config = tls::client_config(&identity("XB"), peers, &party("XA"), &Clock::fixed(now())).unwrap();
    let tcp = TcpStream::connect(node.address).await.unwrap();
    let name = tls::server_name(&party("XA")).unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(config).connect(name, tcp).await.unwrap();
    let head = "POST /exchange/v1/XA/turn HTTP/1.1\r\nhost: x\r\ncontent-length: 25165825\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn silence_before_or_during_a_handshake_ends() {
    let limits = ConnectionLimits { handshake: Duration::from_millis(20), ..ConnectionLimits::default() };
    let node = node(QuotaLimits::default(), limits).await;
    let mut tcp = TcpStream::connect(node.address).await.unwrap();
    let mut rest = Vec::new();
    tcp.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
    let mut tcp = TcpStream::connect(node.address).await.unwrap();
    tcp.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    // Whatever the alert says: no HTTP answer, and the connection is over.
    let _reset_or_end = tcp.read_to_end(&mut rest).await;
    assert!(!rest.starts_with(b"HTTP"));
}

#[tokio::test]
async fn a_graceful_stop_lets_a_turn_finish() {
    let node = plain_node().await;
    let xb = Arc::new(client("XB"));
    let (caller, address) = (xb.clone(), node.address.to_string());
    let waiting = tokio::spawn(async move { caller.turn(&address, &party("XA"), b"wait".to_vec()).await });
    node.echo.entered.notified().await;
    node.stop.now();
    node.echo.release.notify_one();
    assert_eq!(waiting.await.unwrap().unwrap(), b"released");
    assert_eq!(node.running.await.unwrap(), Drained { finished: 1, cut: 0 });
    let fault = xb.turn(&node.address.to_string(), &party("XA"), vec![]).await.unwrap_err();
    assert_eq!(fault.code(), "peer/unreachable", "{fault}");
}

#[tokio::test]
async fn a_turn_beyond_the_deadline_is_cut() {
    let limits = ConnectionLimits { drain: Duration::from_millis(20), ..ConnectionLimits::default() };
    let node = node(QuotaLimits::default(), limits).await;
    let (xb, address) = (client("XB"), node.address.to_string());
    let waiting = tokio::spawn(async move { xb.turn(&address, &party("XA"), b"wait".to_vec()).await });
    node.echo.entered.notified().await;
    node.stop.now();
    assert_eq!(node.running.await.unwrap(), Drained { finished: 0, cut: 1 });
    assert_eq!(waiting.await.unwrap().unwrap_err().code(), "peer/broken");
}

#[tokio::test]
async fn a_client_does_not_wait_for_ever() {
    let node = plain_node().await;
    let short = ClientLimits { answer: Duration::from_millis(50), ..ClientLimits::default() };
    let fault = node.turn(&client_with("XB", short), b"wait").await.unwrap_err();
    assert_eq!(fault.to_string(), "`XA` did not answer in time while waiting for the answer");
    // A listener that never speaks TLS.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let short = ClientLimits { connect: Duration::from_millis(50), ..ClientLimits::default() };
    let address = mute.local_addr().unwrap().to_string();
    let fault = client_with("XB", short).turn(&address, &party("XA"), vec![]).await.unwrap_err();
    assert_eq!(fault.to_string(), "`XA` did not answer in time while connecting");
}
