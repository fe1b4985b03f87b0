//! The door: who asks, whether the quota holds, and what is answered where something cannot be done.

use super::{attribute, event, feed, group, path::Path, server, sighting, tag};
use crate::{
    app::{Ctx, Fault, misp::Events, routes::Parties},
    clock::Clock,
    http::{
        Problem,
        api::{Grant, Scope, Token, TokenStore},
        body::{self, BodyFault},
        quota::{Quota, QuotaLimits},
    },
    metrics::{Counter, Histogram, Metrics},
    random::Random,
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use comity_exchange::misp::Fresh;
use comity_record::Hash;
use comity_threat::misp::Arrival;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Bounds of what speaks MISP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MispLimits {
    /// The longest body of a request, in bytes.
    pub body: usize,
    /// Requests per minute of each token; callers without one share as many.
    pub requests_per_minute: u32,
    /// How long a body may pause.
    pub body_pause: Duration,
}

/// The server, over the parties of a process.
pub struct MispServer {
    parties: Arc<Parties>,
    clock: Clock,
    random: Arc<dyn Random>,
    limits: MispLimits,
    /// One account per token, and one (`None`) for all callers without.
    accounts: Mutex<HashMap<Option<Hash>, Arc<Quota>>>,
    /// An edit reads an event, changes it and writes it: one at a time, so that none is lost.
    edits: tokio::sync::Mutex<()>,
    took: Histogram,
    answered: Counter,
    refused: Counter,
}

/// A request that passed the door, with its body.
pub(super) struct Visit<'s> {
    pub(super) grant: Grant,
    pub(super) ctx: Ctx,
    pub(super) path: Path,
    pub(super) body: Value,
    pub(super) arrival: Arrival,
    pub(super) server: &'s MispServer,
    head: bool,
}

/// Why a request was not done, as MISP's clients read it.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) text: String,
}

/// What a handler gives back.
pub(super) type Answered = Result<Value, Refused>;

impl fmt::Debug for MispServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MispServer").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &str, text: impl Into<String>) -> Refused {
        Refused { status, code: code.to_owned(), text: text.into() }
    }

    /// What is absent and what is hidden answer alike.
    pub(super) fn not_found(what: &str) -> Refused {
        Refused::new(StatusCode::NOT_FOUND, "http/not-found", format!("there is no such {what}"))
    }

    pub(super) fn bad(code: &str, text: impl Into<String>) -> Refused {
        Refused::new(StatusCode::BAD_REQUEST, code, text)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Refused {
        Problem::from(fault).into()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused { status: problem.status, code: problem.code, text: problem.text }
    }
}

impl MispServer {
    /// A server.
    pub fn new(
        parties: Arc<Parties>,
        clock: Clock,
        random: Arc<dyn Random>,
        limits: MispLimits,
        metrics: &Metrics,
    ) -> MispServer {
        let requests = |result| {
            metrics.counter("comity_misp_requests_total", "Requests of MISP clients.", &[("result", result)])
        };
        MispServer {
            parties,
            clock,
            random,
            limits,
            accounts: Mutex::default(),
            edits: tokio::sync::Mutex::default(),
            took: metrics.histogram(
                "comity_misp_request_seconds",
                "How long requests of MISP clients took.",
                &[],
            ),
            answered: requests("answered"),
            refused: requests("refused"),
        }
    }

    pub(super) async fn answer(&self, request: Request) -> Response {
        let began = Instant::now();
        let url = request.uri().path().to_owned();
        let response = match self.serve(request).await {
            Ok(response) => {
                self.answered.add(1);
                response
            }
            Err(refused) => {
                self.refused.add(1);
                tracing::info!(code = %refused.code, "a MISP client was refused");
                let text = json!({
                    "saved": false, "success": false, "name": refused.text, "message": refused.text, "url": url,
                    "errors": refused.text, "code": refused.code,
                });
                reply(refused.status, "application/json", text.to_string())
            }
        };
        self.took.observe(began.elapsed());
        response
    }

    async fn serve(&self, request: Request) -> Result<Response, Refused> {
        let (parts, body) = request.into_parts();
        let grant = self.enter(&parts.headers).await?;
        let ctx = self.parties.ctx(&grant)?;
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // Another instance says which it is: what it pushes was in another community.
        let synced = !text("misp-uuid").is_empty() || text("user-agent").starts_with("MISP ");
        let mut visit = Visit {
            grant,
            ctx,
            path: Path::read(parts.uri.path()),
            body: Value::Null,
            arrival: if synced { Arrival::Pulled } else { Arrival::Written },
            server: self,
            head: parts.method == Method::HEAD,
        };
        visit.admitted(&parts.method)?;
        visit.body = self.read(body).await?;
        visit.go().await
    }

    /// Who asks, and whether the quota holds.
    async fn enter(&self, headers: &HeaderMap) -> Result<Grant, Refused> {
        let token = credentials(headers);
        let found = match &token {
            Some(token) => self.parties.find(token.hash()).await?,
            None => None,
        };
        let grant = found.filter(|grant| self.clock.now() < grant.ends);
        self.admit(token.filter(|_| grant.is_some()).map(|token| token.hash()))?;
        grant.ok_or_else(|| {
            let text = "authentication failed: send a token in force in the `Authorization` header";
            Refused::new(StatusCode::FORBIDDEN, "api/no-token", text)
        })
    }

    fn admit(&self, account: Option<Hash>) -> Result<(), Refused> {
        let now = self.clock.monotonic();
        let requests_per_minute = self.limits.requests_per_minute;
        let limits = QuotaLimits { requests_per_minute, bytes_per_minute: u64::MAX, at_once: u32::MAX >> 4 };
        let quota = {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(accounts.entry(account).or_insert_with(|| Arc::new(Quota::new(limits, now))))
        };
        quota.admit(now).map(drop).map_err(|seconds| Problem::too_many(seconds).into())
    }

    async fn read(&self, body: Body) -> Result<Value, Refused> {
        let read = body::read(body, self.limits.body, self.limits.body_pause).await;
        let bytes = read.map_err(|fault| match fault {
            BodyFault::TooLong => Problem::too_long(self.limits.body),
            BodyFault::TooSlow => Problem::too_slow(),
            BodyFault::Broken(_) => Problem::malformed("the body broke off"),
        })?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        let bad =
            |why: serde_json::Error| Problem::malformed(crate::http::shown(&why.to_string(), 300)).into();
        serde_json::from_slice(&bytes).map_err(bad)
    }

    /// Keeps edits apart.
    pub(super) async fn one_at_a_time(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.edits.lock().await
    }
}

/// Actions that only look, whatever their method: MISP asks its searches by POST.
fn only_looks(path: &Path) -> bool {
    matches!(
        path.action.as_str(),
        "index"
            | "view"
            | "restSearch"
            | "listSightings"
            | "getVersion"
            | "getPyMISPVersion"
            | "filterEventIdsForPush"
            | "search"
            | "feed"
            | "info"
            | "postTest"
    )
}

impl Visit<'_> {
    /// Whether the token opens what is asked for. Nothing of a body was read by then.
    fn admitted(&self, method: &Method) -> Result<(), Refused> {
        let looks = only_looks(&self.path) || matches!(*method, Method::GET | Method::HEAD);
        let wanted = if looks { Scope::Read } else { Scope::Import };
        match self.grant.scopes.contains(&wanted) {
            true => Ok(()),
            false => Err(Refused::new(
                StatusCode::FORBIDDEN,
                "api/scope",
                format!("the token does not open `{wanted}`"),
            )),
        }
    }

    async fn go(self) -> Result<Response, Refused> {
        let path = self.path.clone();
        if path.controller == "misp" && path.action == "feed" {
            return feed::serve(&self, path.argument()).await;
        }
        let head = self.head;
        let value = match (path.controller.as_str(), path.action.as_str()) {
            ("servers" | "users" | "organisations", _) => server::answer(&self).await,
            ("events", _) => event::answer(self).await,
            ("attributes" | "objects", _) => attribute::answer(self).await,
            ("sightings", _) => sighting::answer(self).await,
            ("tags", _) => tag::answer(self).await,
            ("sharing_groups" | "sharingGroups", _) => group::answer(self).await,
            // Proposals, clusters and reports apart from events are not kept: there are none.
            ("shadow_attributes" | "shadowAttributes" | "eventReports" | "event_reports", "index") => {
                Ok(json!([]))
            }
            ("galaxy_clusters", "restSearch") => Ok(json!({ "response": [] })),
            _ => Err(Refused::not_found("action")),
        }?;
        let text = if head { String::new() } else { value.to_string() };
        Ok(reply(StatusCode::OK, "application/json", text))
    }

    /// What the reader may see now.
    pub(super) async fn events(&self) -> Result<Events<'_>, Refused> {
        Ok(Events::of(&self.ctx, self.ctx.reader.clone()).await?)
    }

    /// Calls `act` with what a write needs from outside.
    pub(super) fn with_fresh<T>(&self, act: impl FnOnce(&mut Fresh<'_>) -> T) -> Result<T, Refused> {
        let now = self.ctx.now();
        let mut failed = false;
        let mut uuid = || match self.server.random.bytes::<16>() {
            Ok(bytes) => comity_threat::Uuid::random(bytes).to_string(),
            Err(_) => {
                failed = true;
                String::new()
            }
        };
        let mut fresh = Fresh {
            now: now.as_seconds(),
            today: now.date().to_string(),
            organisation: crate::app::misp::us(&self.ctx),
            uuid: &mut uuid,
        };
        let out = act(&mut fresh);
        match failed {
            true => Err(Problem::internal().into()),
            false => Ok(out),
        }
    }
}

/// The token in MISP's own headers, or in a Bearer header (RFC 6750).
fn credentials(headers: &HeaderMap) -> Option<Token> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let value = text("authorization").or_else(|| text("x-misp-auth"))?.trim();
    let token = match value.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        _ => value,
    };
    Token::from_text(token)
}

pub(super) fn reply(status: StatusCode, kind: &'static str, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
