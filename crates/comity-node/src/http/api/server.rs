//! The one door of the API, and its listeners.

use super::{
    Access, Call, Endpoint, Grant, Readiness, Reply, TokenStore,
    call::no_token,
    document,
    system::{self, bearer},
};
use crate::{
    clock::Clock,
    http::{
        Answer, ConnectionLimits, Problem, Scheme,
        connection::{drain, pause_after, serve},
        quota::{Quota, QuotaLimits},
    },
    metrics::{Counter, Histogram, Metrics},
    random::Random,
    stop::{Drained, Stopping},
};
use axum::{
    Router,
    extract::{Query, RawPathParams, Request},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::{MethodRouter, on},
};
use comity_record::Hash;
use std::{
    collections::{BTreeMap, HashMap},
    fmt, fs, io,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream, UnixListener},
    sync::Semaphore,
    task::JoinSet,
};

/// The header that carries a request's id in the answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Bounds of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiLimits {
    /// The longest body, in bytes.
    pub body: usize,
    /// Requests per minute of each token; callers without one share ten times as many.
    pub requests_per_minute: u32,
    /// How long a body may pause.
    pub body_pause: Duration,
}

/// The API of a process, over the application `S`.
pub struct Api<S> {
    app: Arc<S>,
    tokens: Arc<dyn TokenStore>,
    clock: Clock,
    random: Arc<dyn Random>,
    limits: ApiLimits,
    metrics: Metrics,
    endpoints: Vec<Endpoint<S>>,
    document: Arc<OnceLock<String>>,
}

/// What the door needs at each request.
struct Door {
    tokens: Arc<dyn TokenStore>,
    clock: Clock,
    random: Arc<dyn Random>,
    limits: ApiLimits,
    /// One account per token, and one (`None`) for all callers without.
    accounts: Mutex<HashMap<Option<Hash>, Arc<Quota>>>,
}

/// One endpoint behind the door.
struct Served<S> {
    app: Arc<S>,
    door: Arc<Door>,
    endpoint: Endpoint<S>,
    took: Histogram,
    metrics: Metrics,
}

impl<S> fmt::Debug for Api<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("limits", &self.limits)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

impl<S: Send + Sync + 'static> Api<S> {
    /// An API that knows the endpoints of the process itself.
    pub fn new(
        app: Arc<S>,
        tokens: Arc<dyn TokenStore>,
        clock: Clock,
        random: Arc<dyn Random>,
        limits: ApiLimits,
        readiness: Readiness,
        metrics: Metrics,
    ) -> Api<S> {
        let document = Arc::new(OnceLock::new());
        let endpoints = system::endpoints(readiness, metrics.clone(), document.clone());
        Api { app, tokens, clock, random, limits, metrics, endpoints, document }
    }

    /// With the endpoints of a noun.
    #[must_use]
    pub fn noun(mut self, endpoints: Vec<Endpoint<S>>) -> Api<S> {
        self.endpoints.extend(endpoints);
        self
    }

    /// The endpoints, for lists and tests.
    pub fn endpoints(&self) -> &[Endpoint<S>] {
        &self.endpoints
    }

    /// The routes. From here on `/api/v1/openapi.json` describes them all.
    pub fn router(self) -> Router {
        self.document.get_or_init(|| document(&self.endpoints).to_string());
        let door = Arc::new(Door {
            tokens: self.tokens,
            clock: self.clock,
            random: self.random,
            limits: self.limits,
            accounts: Mutex::default(),
        });
        let mut routes: BTreeMap<&'static str, MethodRouter> = BTreeMap::new();
        for endpoint in self.endpoints {
            let (path, filter) = (endpoint.path, endpoint.verb.filter());
            let took = self.metrics.histogram(
                "comity_api_request_seconds",
                "How long requests of the local API took.",
                &[("endpoint", endpoint.name)],
            );
            let (app, door, metrics) = (self.app.clone(), door.clone(), self.metrics.clone());
            let served = Arc::new(Served { app, door, endpoint, took, metrics });
            let before = routes.remove(path).unwrap_or_default();
            let handler = move |parts: RawPathParams, request: Request| served.clone().answer(parts, request);
            routes.insert(path, before.merge(on(filter, handler)));
        }
        let router = routes.into_iter().fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods.fallback(|| async { wrong_method() }))
        });
        router.fallback(|| async { Problem::not_found() })
    }
}

impl<S: Send + Sync + 'static> Served<S> {
    async fn answer(self: Arc<Self>, parts: RawPathParams, request: Request) -> Response {
        let began = Instant::now();
        let id = self.door.random.id().unwrap_or_else(|_| "none".to_owned());
        let mut response = match self.handle(&id, parts, request).await {
            Ok(Reply(response)) => response,
            Err(problem) => {
                tracing::info!(request = %id, endpoint = self.endpoint.name, code = %problem.code, "refused");
                problem.into_response()
            }
        };
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        self.took.observe(began.elapsed());
        self.count(response.status()).add(1);
        response
    }

    async fn handle(&self, id: &str, parts: RawPathParams, request: Request) -> Result<Reply, Problem> {
        let grant = self.door.enter(self.endpoint.access, request.headers()).await?;
        let path = parts.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let query = self.query(&request)?;
        let limit = self.body_limit();
        let declared = hyper::body::Body::size_hint(request.body()).lower();
        if usize::try_from(declared).map_or(true, |declared| declared > limit) {
            return Err(Problem::too_long(limit));
        }
        let pause = self.door.limits.body_pause;
        let call = Call { grant, id: id.to_owned(), path, query, body: request.into_body(), limit, pause };
        (self.endpoint.handler)(self.app.clone(), call).await
    }

    /// The query, each parameter documented and given once.
    fn query(&self, request: &Request) -> Result<BTreeMap<String, String>, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())
            .map_err(|_| Problem::malformed("the query cannot be read"))?;
        let mut query = BTreeMap::new();
        for (name, value) in pairs {
            let shown = crate::http::shown(&name, 40);
            if !self.endpoint.query.iter().any(|(known, _)| *known == name) {
                let known: Vec<&str> = self.endpoint.query.iter().map(|(known, _)| *known).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(Problem::malformed(format!("there is no parameter `{shown}`"))
                    .help(format!("known parameters: {known}")));
            }
            if query.insert(name, value).is_some() {
                return Err(Problem::malformed(format!("the parameter `{shown}` is given twice")));
            }
        }
        Ok(query)
    }

    /// An endpoint that documents no body takes none.
    fn body_limit(&self) -> usize {
        match self.endpoint.body {
            Some(_) => self.endpoint.body_limit.unwrap_or(self.door.limits.body),
            None => 0,
        }
    }

    fn count(&self, status: StatusCode) -> Counter {
        self.metrics.counter(
            "comity_api_requests_total",
            "Requests of the local API.",
            &[("endpoint", self.endpoint.name), ("status", status.as_str())],
        )
    }
}

impl Door {
    /// Who is calling, whether the token opens this endpoint, and whether its quota holds.
    async fn enter(&self, access: Access, headers: &axum::http::HeaderMap) -> Result<Option<Grant>, Problem> {
        if access == Access::Open {
            self.admit(None)?;
            return Ok(None);
        }
        let Some(token) = bearer(headers) else {
            self.admit(None)?;
            return Err(no_token());
        };
        let hash = token.hash();
        let found = self.tokens.find(hash).await?;
        let Some(grant) = found.filter(|grant| self.clock.now() < grant.ends) else {
            self.admit(None)?;
            return Err(no_token());
        };
        self.admit(Some(hash))?;
        match access {
            Access::Scope(scope) if !grant.scopes.contains(&scope) => {
                let text = format!("the token does not open `{scope}`");
                Err(Problem::new(StatusCode::FORBIDDEN, "api/scope", text))
            }
            _ => Ok(Some(grant)),
        }
    }

    fn admit(&self, token: Option<Hash>) -> Result<(), Problem> {
        let now = self.clock.monotonic();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let per_minute = self.limits.requests_per_minute;
        let requests_per_minute = if token.is_some() { per_minute } else { per_minute.saturating_mul(10) };
        let limits = QuotaLimits { requests_per_minute, bytes_per_minute: u64::MAX, at_once: u32::MAX >> 4 };
        let account = accounts.entry(token).or_insert_with(|| Arc::new(Quota::new(limits, now)));
        account.admit(now).map(drop).map_err(Problem::too_many)
    }
}

/// Serves the API on the listeners given, until the stop signal; then connections may finish. With `tls`, whoever comes
/// over TCP speaks it.
pub async fn run(
    router: Router,
    tcp: Option<TcpListener>,
    tls: Option<Arc<rustls::ServerConfig>>,
    unix: Option<UnixListener>,
    limits: ConnectionLimits,
    stopping: Stopping,
) -> Drained {
    let accept_tcp = || async {
        match &tcp {
            Some(listener) => listener.accept().await.map(|(stream, _)| stream),
            None => std::future::pending().await,
        }
    };
    let accept_unix = || async {
        match &unix {
            Some(listener) => listener.accept().await.map(|(stream, _)| stream),
            None => std::future::pending().await,
        }
    };
    let mut connections = JoinSet::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut stopped = stopping.clone();
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { break };
        let accepted: io::Result<Answer<'static, ()>> = tokio::select! {
            stream = accept_tcp() => stream.map(|stream| match &tls {
                None => Box::pin(serve(stream, router.clone(), Scheme::Http, limits.head, stopping.clone())) as _,
                Some(tls) => {
                    Box::pin(secure(stream, tls.clone(), router.clone(), limits, stopping.clone())) as _
                }
            }),
            stream = accept_unix() => stream.map(|stream| {
                Box::pin(serve(stream, router.clone(), Scheme::Http, limits.head, stopping.clone())) as _
            }),
            () = stopped.wait() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok(connection) => {
                connections.spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            Err(why) => pause_after(&why).await,
        }
    }
    drain(connections, limits.drain).await
}

/// Serves a connection once its handshake is done.
async fn secure(
    stream: TcpStream,
    tls: Arc<rustls::ServerConfig>,
    router: Router,
    limits: ConnectionLimits,
    stopping: Stopping,
) {
    let handshake = tokio_rustls::TlsAcceptor::from(tls).accept(stream);
    match tokio::time::timeout(limits.handshake, handshake).await {
        Ok(Ok(stream)) => serve(stream, router, Scheme::Https, limits.head, stopping).await,
        Ok(Err(why)) => tracing::info!(code = "tls/handshake", "no handshake: {why}"),
        Err(_) => tracing::info!(code = "tls/too-slow", "no handshake in time"),
    }
}

/// Binds a Unix socket for this user alone. One that a dead process left is replaced; one that answers is not.
pub fn bind_socket(path: &Path) -> io::Result<UnixListener> {
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another node answers at this socket"));
    }
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "http/method", "this path does not take that method")
}
