//! Calling a peer: connections kept open and reused, every wait and every answer bounded.

use super::{CHUNK_LIMIT, PARCEL_LIMIT, PeerFault, TILE_LIMIT, TURN_LIMIT};
use crate::{
    clock::Clock,
    http::{
        body::{self, BodyFault},
        problem::ProblemBody,
    },
    tls::{self, Peers, TlsIdentity},
};
use axum::{
    body::{Body, Bytes},
    http::{Method, Request, Response, StatusCode, header},
};
use comity_record::{Hash, PartyCode, PublicKey, RecordId};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientLimits {
    /// For name, socket and handshake together.
    pub connect: Duration,
    /// Until the answer begins; longer than the peer's long poll.
    pub answer: Duration,
    /// How long the answer may pause.
    pub pause: Duration,
    /// Connections kept open per peer.
    pub idle: usize,
}

impl Default for ClientLimits {
    fn default() -> ClientLimits {
        ClientLimits {
            connect: Duration::from_secs(15),
            answer: Duration::from_secs(90),
            pause: Duration::from_secs(30),
            idle: 2,
        }
    }
}

/// Calls the peers of one party. Clone-free: share it behind an `Arc`.
pub struct PeerClient {
    identity: TlsIdentity,
    peers: Arc<Peers>,
    clock: Clock,
    limits: ClientLimits,
    idle: Mutex<HashMap<(PartyCode, String), Vec<Open>>>,
}

/// A connection, and the key that answered at its other end.
struct Open {
    sender: SendRequest<Body>,
    key: PublicKey,
}

impl fmt::Debug for PeerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerClient")
            .field("identity", &self.identity)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl PeerClient {
    /// A client of the identity's party.
    pub fn new(identity: TlsIdentity, peers: Arc<Peers>, clock: Clock, limits: ClientLimits) -> PeerClient {
        PeerClient { identity, peers, clock, limits, idle: Mutex::default() }
    }

    /// The table of whom it may call.
    pub fn peers(&self) -> &Arc<Peers> {
        &self.peers
    }

    /// One turn with `peer` at `address` (`host:port`, as its letter gives it). The answer has at most
    /// [`TURN_LIMIT`] bytes. A turn is never sent twice.
    pub async fn turn(&self, address: &str, peer: &PartyCode, body: Vec<u8>) -> Result<Vec<u8>, PeerFault> {
        if body.len() > TURN_LIMIT {
            return Err(PeerFault::TooLong { peer: peer.clone(), limit: TURN_LIMIT });
        }
        let request = (Method::POST, format!("/exchange/v1/{peer}/turn"), Bytes::from(body));
        self.call(address, peer, request, TURN_LIMIT).await
    }

    /// One message of an oblivious lookup at `peer`.
    pub async fn lookup(&self, address: &str, peer: &PartyCode, body: Vec<u8>) -> Result<Vec<u8>, PeerFault> {
        let request = (Method::POST, format!("/exchange/v1/{peer}/lookup"), Bytes::from(body));
        self.call(address, peer, request, TURN_LIMIT).await
    }

    /// The latest checkpoint of `peer`.
    pub async fn checkpoint(&self, address: &str, peer: &PartyCode) -> Result<Vec<u8>, PeerFault> {
        let request = (Method::GET, format!("/exchange/v1/{peer}/checkpoint"), Bytes::new());
        self.call(address, peer, request, TILE_LIMIT).await
    }

    /// A tile of the ledger of `peer`; `path` is what follows `tile/`, such as `0/x001/234.p/5`.
    pub async fn tile(&self, address: &str, peer: &PartyCode, path: &str) -> Result<Vec<u8>, PeerFault> {
        let request = (Method::GET, format!("/exchange/v1/{peer}/tile/{path}"), Bytes::new());
        self.call(address, peer, request, TILE_LIMIT).await
    }

    /// The parcel of an evidence package of `peer`, with its custody record.
    pub async fn consignment(
        &self,
        address: &str,
        peer: &PartyCode,
        record: &RecordId,
    ) -> Result<Vec<u8>, PeerFault> {
        let request = (Method::GET, format!("/exchange/v1/{peer}/evidence/{record}"), Bytes::new());
        self.call(address, peer, request, PARCEL_LIMIT).await
    }

    /// A sealed piece of an evidence package of `peer`.
    pub async fn chunk(
        &self,
        address: &str,
        peer: &PartyCode,
        record: &RecordId,
        chunk: &Hash,
    ) -> Result<Vec<u8>, PeerFault> {
        let path = format!("/exchange/v1/{peer}/evidence/{record}/{chunk}");
        self.call(address, peer, (Method::GET, path, Bytes::new()), CHUNK_LIMIT).await
    }

    /// Tells `peer` that a package came, by our signed entry; its custody record comes back.
    pub async fn close(
        &self,
        address: &str,
        peer: &PartyCode,
        record: &RecordId,
        entry: Vec<u8>,
    ) -> Result<Vec<u8>, PeerFault> {
        let request = (Method::POST, format!("/exchange/v1/{peer}/evidence/{record}"), Bytes::from(entry));
        self.call(address, peer, request, PARCEL_LIMIT).await
    }

    /// Closes connections that are kept open, such as after a change of keys.
    pub fn close_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn call(
        &self,
        address: &str,
        peer: &PartyCode,
        (method, path, body): (Method, String, Bytes),
        limit: usize,
    ) -> Result<Vec<u8>, PeerFault> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, tls::host_name(peer))
            .body(Body::from(body))
            .map_err(|why| broken(peer, why))?;
        self.peers.table().callable(peer, self.clock.now()).map_err(|why| not_accepted(peer, why))?;
        let (mut open, response) = self.send(address, peer, request).await?;
        let (head, incoming) = response.into_parts();
        let wanted = if head.status.is_success() { limit } else { 16 * 1024 };
        let bytes = body::read(incoming, wanted, self.limits.pause).await.map_err(|fault| match fault {
            BodyFault::TooLong => PeerFault::TooLong { peer: peer.clone(), limit: wanted },
            BodyFault::TooSlow => PeerFault::Timeout { peer: peer.clone(), doing: "reading the answer" },
            BodyFault::Broken(why) => PeerFault::Broken { peer: peer.clone(), why },
        })?;
        if open.sender.ready().await.is_ok() {
            self.keep(address, peer, open);
        }
        judge(peer, head.status, head.headers.get(header::RETRY_AFTER), bytes)
    }

    /// Sends over an open connection, or a new one where that was closed before the request left.
    async fn send(
        &self,
        address: &str,
        peer: &PartyCode,
        mut request: Request<Body>,
    ) -> Result<(Open, Response<Incoming>), PeerFault> {
        while let Some(mut open) = self.reuse(address, peer) {
            let sent = open.sender.try_send_request(request);
            match self.in_time(self.limits.answer, peer, "waiting for the answer", sent).await? {
                Ok(response) => return Ok((open, response)),
                Err(mut unsent) => match unsent.take_message() {
                    Some(back) => request = back,
                    None => return Err(broken(peer, unsent.into_error())),
                },
            }
        }
        let connecting = self.connect(address, peer);
        let mut open = self.in_time(self.limits.connect, peer, "connecting", connecting).await??;
        let sent = open.sender.send_request(request);
        let answered = self.in_time(self.limits.answer, peer, "waiting for the answer", sent).await?;
        let response = answered.map_err(|why| handshake_or_broken(peer, &why))?;
        Ok((open, response))
    }

    async fn connect(&self, address: &str, peer: &PartyCode) -> Result<Open, PeerFault> {
        let unreachable =
            |why| PeerFault::Unreachable { peer: peer.clone(), address: address.to_owned(), why };
        let config = tls::client_config(&self.identity, self.peers.clone(), peer, &self.clock)
            .map_err(|why| handshake(peer, why))?;
        let name = tls::server_name(peer).map_err(|why| handshake(peer, why))?;
        let tcp = TcpStream::connect(address).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let stream = TlsConnector::from(config).connect(name, tcp).await;
        let stream = stream.map_err(|why| match tls::refusal(&why) {
            Some(why) => not_accepted(peer, why),
            None => handshake(peer, why),
        })?;
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let certificate = certificates.first().ok_or_else(|| handshake(peer, "no certificate"))?;
        let key = tls::spki_key(certificate).map_err(|why| not_accepted(peer, why))?;
        let met = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = met.map_err(|why| handshake_or_broken(peer, &why))?;
        let shown = peer.clone();
        tokio::spawn(async move {
            if let Err(why) = connection.await {
                tracing::debug!(peer = %shown, %why, "a connection to a peer broke");
            }
        });
        Ok(Open { sender, key })
    }

    /// An open connection whose key the peer may still use.
    fn reuse(&self, address: &str, peer: &PartyCode) -> Option<Open> {
        let table = self.peers.table();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let open = idle.get_mut(&(peer.clone(), address.to_owned()))?;
        while let Some(one) = open.pop() {
            if one.sender.is_ready() && table.expect(peer, &one.key, self.clock.now()).is_ok() {
                return Some(one);
            }
        }
        None
    }

    fn keep(&self, address: &str, peer: &PartyCode, open: Open) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.entry((peer.clone(), address.to_owned())).or_default();
        if kept.len() < self.limits.idle {
            kept.push(open);
        }
    }

    async fn in_time<T>(
        &self,
        limit: Duration,
        peer: &PartyCode,
        doing: &'static str,
        work: impl Future<Output = T>,
    ) -> Result<T, PeerFault> {
        let late = |_| PeerFault::Timeout { peer: peer.clone(), doing };
        tokio::time::timeout(limit, work).await.map_err(late)
    }
}

/// What the status says.
fn judge(
    peer: &PartyCode,
    status: StatusCode,
    retry_after: Option<&header::HeaderValue>,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, PeerFault> {
    if status.is_success() {
        return Ok(bytes);
    }
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        let seconds: u32 = seconds.unwrap_or(30).clamp(1, 3_600);
        return Err(PeerFault::Busy { peer: peer.clone(), seconds });
    }
    let said: Option<ProblemBody> = serde_json::from_slice(&bytes).ok();
    let (code, text) = said.map_or_else(Default::default, |body| (body.code, body.text));
    Err(PeerFault::refused(peer.clone(), status.as_u16(), &code, &text))
}

fn not_accepted(peer: &PartyCode, why: tls::PeerRefused) -> PeerFault {
    PeerFault::NotAccepted { peer: peer.clone(), why }
}

fn handshake(peer: &PartyCode, why: impl fmt::Display) -> PeerFault {
    PeerFault::Handshake { peer: peer.clone(), why: why.to_string() }
}

fn broken(peer: &PartyCode, why: impl fmt::Display) -> PeerFault {
    PeerFault::Broken { peer: peer.clone(), why: why.to_string() }
}

/// In TLS 1.3 a server's refusal of our certificate arrives only with the first answer.
fn handshake_or_broken(peer: &PartyCode, why: &hyper::Error) -> PeerFault {
    let mut cause = std::error::Error::source(why);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return handshake(peer, tls);
        }
        cause = error.source();
    }
    broken(peer, why)
}
