//! The doors of a host, behind the one check that every request passes.

use super::{Caller, ENTRY_LIMIT, ExchangeHandler, LOOKUP_LIMIT, TURN_LIMIT, TurnRefusal};
use crate::{
    clock::Clock,
    http::{
        Problem,
        body::{self, BodyFault},
        quota::{Admitted, Quota, QuotaLimits},
    },
    metrics::{Counter, Metrics},
    tls::{PeerTable, Peers},
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use comity_record::{Hash, PartyCode, PublicKey};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What every request of one host sees.
pub(super) struct HostState {
    pub(super) party: PartyCode,
    pub(super) peers: Arc<Peers>,
    pub(super) handler: Arc<dyn ExchangeHandler>,
    pub(super) clock: Clock,
    pub(super) quota: QuotaLimits,
    pub(super) body_pause: Duration,
    pub(super) accounts: Mutex<HashMap<PartyCode, Arc<Quota>>>,
    pub(super) figures: Figures,
}

/// What is counted of a host's requests.
pub(super) struct Figures {
    answered: Counter,
    refused: Counter,
    bytes_in: Counter,
    bytes_out: Counter,
}

/// The key that the handshake proved; an extension of each request.
#[derive(Clone, Debug)]
pub(super) struct ProvenKey(pub(super) PublicKey);

/// A request that passed identity, path and quota.
struct Entered {
    caller: Caller,
    account: Arc<Quota>,
    _admitted: Admitted,
}

impl Figures {
    pub(super) fn new(metrics: &Metrics, host: &PartyCode) -> Figures {
        let host = host.as_str();
        let requests = |result| {
            let labels = [("host", host), ("result", result)];
            metrics.counter("comity_exchange_requests_total", "Requests of peers.", &labels)
        };
        let bytes = |direction| {
            let labels = [("direction", direction), ("host", host)];
            metrics.counter("comity_exchange_bytes_total", "Bytes of bodies exchanged with peers.", &labels)
        };
        Figures {
            answered: requests("answered"),
            refused: requests("refused"),
            bytes_in: bytes("in"),
            bytes_out: bytes("out"),
        }
    }
}

pub(super) fn router(host: Arc<HostState>) -> Router {
    Router::new()
        .route("/exchange/v1/{host}/turn", post(turn))
        .route("/exchange/v1/{host}/lookup", post(lookup))
        .route("/exchange/v1/{host}/checkpoint", get(checkpoint))
        .route("/exchange/v1/{host}/tile/{*path}", get(tile))
        .route("/exchange/v1/{host}/evidence/{record}", get(consignment).post(close))
        .route("/exchange/v1/{host}/evidence/{record}/{chunk}", get(chunk))
        .fallback(|| async { Problem::not_found() })
        .with_state(host)
}

async fn turn(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path(called): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let body = host.take(&entered, request, TURN_LIMIT).await?;
    let answer = host.handler.turn(entered.caller.clone(), body).await;
    host.reply(&entered, answer, "application/comity-turn")
}

async fn lookup(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path(called): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let body = host.take(&entered, request, LOOKUP_LIMIT).await?;
    let answer = host.handler.lookup(entered.caller.clone(), body).await;
    host.reply(&entered, answer, "application/comity-lookup")
}

async fn checkpoint(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path(called): Path<String>,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let answer = host.handler.checkpoint(entered.caller.clone()).await;
    host.reply(&entered, answer, "text/plain; charset=utf-8")
}

async fn tile(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path((called, path)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let answer = host.handler.tile(entered.caller.clone(), path).await;
    host.reply(&entered, answer, "application/octet-stream")
}

async fn consignment(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path((called, record)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let record = record.parse().map_err(|_| Problem::not_found())?;
    let answer = host.handler.consignment(entered.caller.clone(), record).await;
    host.reply(&entered, answer, "application/octet-stream")
}

async fn chunk(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path((called, record, chunk)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let record = record.parse().map_err(|_| Problem::not_found())?;
    let chunk = Hash::from_hex(&chunk).ok_or_else(Problem::not_found)?;
    let answer = host.handler.chunk(entered.caller.clone(), record, chunk).await;
    host.reply(&entered, answer, "application/octet-stream")
}

async fn close(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path((called, record)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let record = record.parse().map_err(|_| Problem::not_found())?;
    let body = host.take(&entered, request, ENTRY_LIMIT).await?;
    let answer = host.handler.close(entered.caller.clone(), record, body).await;
    host.reply(&entered, answer, "application/octet-stream")
}

impl HostState {
    /// Who calls, whether the peer is still accepted (the table may have changed since the handshake), and whether its
    /// quota allows it. Nothing of a body has been read yet.
    fn enter(&self, key: &ProvenKey, called: &str) -> Result<Entered, Problem> {
        let table: Arc<PeerTable> = self.peers.table();
        let peer = table.find(&key.0, self.clock.now()).map_err(|why| {
            tracing::info!(host = %self.party, code = why.code(), "a peer is no longer accepted: {why}");
            Problem::new(
                axum::http::StatusCode::FORBIDDEN,
                "exchange/not-accepted",
                "the key is not accepted",
            )
        })?;
        if called != self.party.as_str() {
            return Err(Problem::not_found());
        }
        let account = self.account(peer);
        let admitted = account.admit(self.clock.monotonic()).map_err(Problem::too_many)?;
        let caller = Caller { host: self.party.clone(), peer: peer.clone() };
        Ok(Entered { caller, account, _admitted: admitted })
    }

    /// The body of a request that passed every check, counted and charged to the peer.
    async fn take(&self, entered: &Entered, request: Request, limit: usize) -> Result<Vec<u8>, Problem> {
        let body = read(request.into_body(), limit, self.body_pause).await?;
        entered.account.charge(body.len());
        self.figures.bytes_in.add(count(&body));
        Ok(body)
    }

    fn reply(
        &self,
        entered: &Entered,
        answer: Result<Vec<u8>, TurnRefusal>,
        kind: &'static str,
    ) -> Result<Response, Problem> {
        match answer {
            Ok(body) => {
                entered.account.charge(body.len());
                self.figures.answered.add(1);
                self.figures.bytes_out.add(count(&body));
                Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response())
            }
            Err(refusal) => {
                self.figures.refused.add(1);
                Err(refusal.into())
            }
        }
    }

    fn account(&self, peer: &PartyCode) -> Arc<Quota> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Quota::new(self.quota, self.clock.monotonic()));
        accounts.entry(peer.clone()).or_insert_with(fresh).clone()
    }
}

async fn read(body: Body, limit: usize, pause: Duration) -> Result<Vec<u8>, Problem> {
    body::read(body, limit, pause).await.map_err(|fault| match fault {
        BodyFault::TooLong => Problem::too_long(limit),
        BodyFault::TooSlow => Problem::too_slow(),
        BodyFault::Broken(why) => {
            tracing::debug!(%why, "a turn broke off");
            Problem::malformed("the body broke off")
        }
    })
}

fn count(body: &[u8]) -> u64 {
    u64::try_from(body.len()).unwrap_or(u64::MAX)
}
