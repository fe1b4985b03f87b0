//! The three doors of a host, behind the one check that every request passes.

use super::{
    Caller, ExchangeHandler, TURN_LIMIT, TurnRefusal,
    body::{self, BodyFault},
    quota::{Admitted, Quota, QuotaLimits},
};
use crate::{
    clock::Clock,
    http::Problem,
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
use comity_record::{PartyCode, PublicKey};
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

pub(super) fn router(host: Arc<HostState>) -> Router {
    Router::new()
        .route("/exchange/v1/{host}/turn", post(turn))
        .route("/exchange/v1/{host}/checkpoint", get(checkpoint))
        .route("/exchange/v1/{host}/tile/{*path}", get(tile))
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
    let body = read(request.into_body(), host.body_pause).await?;
    entered.account.charge(body.len());
    let answer = host.handler.turn(entered.caller.clone(), body).await;
    entered.reply(answer, "application/comity-turn")
}

async fn checkpoint(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path(called): Path<String>,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let answer = host.handler.checkpoint(entered.caller.clone()).await;
    entered.reply(answer, "text/plain; charset=utf-8")
}

async fn tile(
    State(host): State<Arc<HostState>>,
    Extension(key): Extension<ProvenKey>,
    Path((called, path)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let entered = host.enter(&key, &called)?;
    let answer = host.handler.tile(entered.caller.clone(), path).await;
    entered.reply(answer, "application/octet-stream")
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

    fn account(&self, peer: &PartyCode) -> Arc<Quota> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Quota::new(self.quota, self.clock.monotonic()));
        accounts.entry(peer.clone()).or_insert_with(fresh).clone()
    }
}

impl Entered {
    fn reply(self, answer: Result<Vec<u8>, TurnRefusal>, kind: &'static str) -> Result<Response, Problem> {
        let body = answer?;
        self.account.charge(body.len());
        Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response())
    }
}

async fn read(body: Body, pause: Duration) -> Result<Vec<u8>, Problem> {
    body::read(body, TURN_LIMIT, pause).await.map_err(|fault| match fault {
        BodyFault::TooLong => Problem::too_long(TURN_LIMIT),
        BodyFault::TooSlow => Problem::too_slow(),
        BodyFault::Broken(why) => {
            tracing::debug!(%why, "a turn broke off");
            Problem::malformed("the body broke off")
        }
    })
}
