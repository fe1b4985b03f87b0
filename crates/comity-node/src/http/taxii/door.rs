//! The door of TAXII: every request passes it, and nothing of a body is read before.

use super::{
    collection, object,
    path::{Deed, Place},
    reply, root,
};
use crate::{
    app::{Ctx, routes::Parties},
    clock::Clock,
    collections::{Collection, PageFault},
    http::{
        Scheme,
        api::{Grant, Scope},
        callers::{Callers, TurnedAway},
    },
    metrics::{Counter, Histogram, Metrics},
    reading::Sight,
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, header},
    response::Response,
};
use comity_exchange::taxii::{Encoding, Filter, TaxiiFault, accepts, encoding};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Bounds of TAXII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxiiLimits {
    /// The longest body of a request, in bytes.
    pub body: usize,
    /// Requests per minute of each token; callers without one share as many.
    pub requests_per_minute: u32,
    /// How long a body may pause.
    pub body_pause: Duration,
}

/// The server, over the parties of a process.
pub struct TaxiiServer {
    callers: Callers,
    limits: TaxiiLimits,
    /// Requests so far: with the process's own number it names a request.
    requests: AtomicU64,
    number: String,
    took: Histogram,
    answered: Counter,
    refused: Counter,
}

/// A request that passed the door.
pub(super) struct Visit {
    pub(super) grant: Grant,
    pub(super) ctx: Ctx,
    pub(super) base: String,
    pub(super) limits: TaxiiLimits,
    pub(super) encoding: Encoding,
    pub(super) headers: HeaderMap,
    pub(super) filter: Filter,
}

impl fmt::Debug for TaxiiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaxiiServer").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl TaxiiServer {
    /// A server; `number` tells this process's requests from those of others in the log.
    pub fn new(
        parties: Arc<Parties>,
        clock: Clock,
        limits: TaxiiLimits,
        number: String,
        metrics: &Metrics,
    ) -> TaxiiServer {
        let requests = |result| {
            metrics.counter("comity_taxii_requests_total", "Requests of TAXII.", &[("result", result)])
        };
        TaxiiServer {
            callers: Callers::new(parties, clock, limits.requests_per_minute),
            limits,
            requests: AtomicU64::default(),
            number,
            took: metrics.histogram("comity_taxii_request_seconds", "How long requests of TAXII took.", &[]),
            answered: requests("answered"),
            refused: requests("refused"),
        }
    }

    pub(super) async fn answer(&self, request: Request) -> Response {
        let began = Instant::now();
        let place = Place::of(request.uri().path());
        let allowed = place.as_ref().map(Place::allowed);
        let response = match self.serve(place, request).await {
            Ok(response) => {
                self.answered.add(1);
                response
            }
            Err(fault) => {
                self.refused.add(1);
                let id = format!("{}-{}", self.number, self.requests.fetch_add(1, Ordering::Relaxed));
                let fault = self.told(fault, &id);
                reply::fault(&fault, &id, allowed)
            }
        };
        self.took.observe(began.elapsed());
        response
    }

    /// What the client is told; our own log says the rest.
    fn told(&self, fault: PageFault, id: &str) -> TaxiiFault {
        match fault {
            PageFault::Asked(fault) => {
                tracing::debug!(request = %id, code = fault.code(), "refused");
                fault
            }
            PageFault::Store(fault) => {
                tracing::error!(request = %id, code = fault.code(), %fault, "TAXII could not be answered");
                TaxiiFault::Busy { seconds: 5 }
            }
            PageFault::Behind(behind) => {
                tracing::warn!(request = %id, code = behind.code(), %behind, "TAXII could not be answered");
                TaxiiFault::Busy { seconds: 20 }
            }
        }
    }

    async fn serve(&self, place: Option<Place>, request: Request) -> Result<Response, PageFault> {
        let (parts, body) = request.into_parts();
        let grant = self.callers.enter(&parts.headers).map_err(|away| match away {
            TurnedAway::NoToken => TaxiiFault::NoToken,
            TurnedAway::TooMany { seconds } => TaxiiFault::TooMany { seconds },
        })?;
        let place = place.ok_or(TaxiiFault::NotFound)?;
        let ctx = self.callers.parties().ctx(&grant).map_err(|_| TaxiiFault::NotFound)?;
        // A token opens its own party's root; others are not there.
        let own = grant.party.as_str().to_ascii_lowercase();
        if place.root().is_some_and(|root| root != own) {
            return Err(TaxiiFault::NotFound.into());
        }
        let deed = place.deed(parts.method.as_str()).ok_or(TaxiiFault::Method)?;
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        if !accepts(text(header::ACCEPT)) {
            return Err(TaxiiFault::NotAcceptable.into());
        }
        let filter = Filter::read(parts.uri.query().unwrap_or_default(), place.parameters(deed))?;
        let scheme = parts.extensions.get::<Scheme>().copied().unwrap_or_default();
        let host = text(header::HOST).filter(|host| is_host(host)).unwrap_or("localhost");
        let base = format!("{}://{host}/taxii2/", scheme.as_str());
        let encoding = encoding(text(header::ACCEPT_ENCODING));
        let visit = Visit { grant, ctx, base, limits: self.limits, encoding, headers: parts.headers, filter };
        visit.go(place, deed, body).await
    }
}

impl Visit {
    async fn go(self, place: Place, deed: Deed, body: Body) -> Result<Response, PageFault> {
        match (place, deed) {
            (Place::Discovery, _) => root::discovery(&self),
            (Place::Root(_), _) => root::root(&self),
            (Place::Status { id, .. }, _) => root::status(&self, &id).await,
            (Place::Collections { .. }, _) => collection::list(&self).await,
            (Place::Collection { collection, .. }, _) => collection::one(&self, &collection).await,
            (Place::Manifest { collection, .. }, _) => object::manifest(&self, &collection).await,
            (Place::Objects { collection, .. }, Deed::Add) => object::add(&self, &collection, body).await,
            (Place::Objects { collection, .. }, _) => object::objects(&self, &collection).await,
            (Place::Object { collection, object, .. }, Deed::Delete) => {
                object::delete(&self, &collection, &object).await
            }
            (Place::Object { collection, object, .. }, _) => {
                object::object(&self, &collection, &object).await
            }
            (Place::Versions { collection, object, .. }, _) => {
                object::versions(&self, &collection, &object).await
            }
        }
    }

    /// Whether the token lets its holder read.
    pub(super) fn may_read(&self) -> bool {
        self.grant.scopes.contains(&Scope::Read)
    }

    /// Whether the token lets its holder add.
    pub(super) fn may_write(&self) -> bool {
        self.grant.scopes.contains(&Scope::Import)
    }

    /// The collection, once the rows have come to what this node has acknowledged.
    pub(super) async fn collection(&self, name: &str) -> Result<Collection, PageFault> {
        self.ctx.collections.reach(self.ctx.sequencer.size()).await?;
        Ok(self.ctx.collection(name).ok_or(TaxiiFault::NotFound)?)
    }

    /// What a reader who is not of the party may see now, once the indexes have come to what this node has acknowledged.
    pub(super) async fn sight(&self) -> Result<Sight, PageFault> {
        self.ctx.views.index().objects.reaches(self.ctx.sequencer.size()).await?;
        Sight::of(&self.ctx, self.ctx.reader.clone()).await.map_err(|fault| {
            tracing::error!(code = %fault.code, %fault, "what a reader may see could not be judged");
            TaxiiFault::Busy { seconds: 5 }.into()
        })
    }

    /// The same, for a reader; a token that opens nothing of it does not learn that it exists.
    pub(super) async fn readable(&self, name: &str) -> Result<Collection, PageFault> {
        self.must(self.may_read(), Scope::Read)?;
        self.collection(name).await
    }

    pub(super) fn must(&self, may: bool, scope: Scope) -> Result<(), TaxiiFault> {
        match may {
            true => Ok(()),
            false if self.may_read() || self.may_write() => Err(TaxiiFault::Scope { scope: scope.as_str() }),
            false => Err(TaxiiFault::NotFound),
        }
    }
}

/// Whether a `Host` header can be written into an address as it is.
fn is_host(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    !host.is_empty() && host.len() <= 255 && host.bytes().all(plain)
}
