//! The door of exports.

use super::kept::{Asked, Ground, Kept, Made};
use crate::{
    app::{
        Ctx, Fault,
        export::{FIRST_RULE, Format, Kind, held},
        routes::Parties,
        search::Search,
    },
    clock::Clock,
    collections::Collection,
    http::{
        Problem,
        api::{Grant, Scope},
        callers::{Callers, TurnedAway},
        shown,
    },
    metrics::{Counter, Histogram, Metrics},
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use comity_record::sha256;
use comity_threat::Moment;
use std::{collections::BTreeSet, fmt, sync::Arc, time::Instant};

/// Bounds of exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportLimits {
    /// Requests per minute of each token; callers without one share as many.
    pub requests_per_minute: u32,
}

/// The server, over the parties of a process.
pub struct ExportServer {
    callers: Callers,
    clock: Clock,
    kept: Kept,
    took: Histogram,
    answered: Counter,
    refused: Counter,
}

/// The headers that count what is not in the text.
const LEFT_OUT: HeaderName = HeaderName::from_static("x-comity-left-out");
const SUPPRESSED: HeaderName = HeaderName::from_static("x-comity-suppressed");

impl fmt::Debug for ExportServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportServer").finish_non_exhaustive()
    }
}

/// What the last part of a path asks for.
struct File {
    name: String,
    format: Format,
    report: bool,
}

impl File {
    fn read(path: &str) -> Option<File> {
        let file = path.strip_prefix("/export/")?;
        let (file, report) = match file.strip_suffix(".report") {
            Some(file) => (file, true),
            None => (file, false),
        };
        let (name, end) = file.rsplit_once('.')?;
        Some(File { name: name.to_owned(), format: Format::of_extension(end)?, report })
    }
}

impl ExportServer {
    /// A server.
    pub fn new(parties: Arc<Parties>, clock: Clock, limits: ExportLimits, metrics: &Metrics) -> ExportServer {
        let requests = |result| {
            metrics.counter("comity_export_requests_total", "Requests of exports.", &[("result", result)])
        };
        ExportServer {
            callers: Callers::new(parties, clock.clone(), limits.requests_per_minute),
            clock,
            kept: Kept::default(),
            took: metrics.histogram("comity_export_request_seconds", "How long exports took.", &[]),
            answered: requests("answered"),
            refused: requests("refused"),
        }
    }

    pub(super) async fn answer(&self, request: Request) -> Response {
        let began = Instant::now();
        let response = match self.serve(request).await {
            Ok(response) => {
                self.answered.add(1);
                response
            }
            Err(problem) => {
                self.refused.add(1);
                tracing::info!(code = %problem.code, "an export was refused");
                let asks = problem.status == StatusCode::UNAUTHORIZED;
                let mut response = problem.into_response();
                if asks {
                    let basic = HeaderValue::from_static(r#"Basic realm="comity", charset="UTF-8""#);
                    response.headers_mut().append(header::WWW_AUTHENTICATE, basic);
                    let bearer = HeaderValue::from_static(r#"Bearer realm="comity""#);
                    response.headers_mut().append(header::WWW_AUTHENTICATE, bearer);
                }
                response
            }
        };
        self.took.observe(began.elapsed());
        response
    }

    async fn serve(&self, request: Request) -> Result<Response, Problem> {
        let grant = self.callers.enter(request.headers()).map_err(|away| match away {
            TurnedAway::NoToken => {
                Problem::new(StatusCode::UNAUTHORIZED, "api/no-token", "a token in force is needed")
            }
            TurnedAway::TooMany { seconds } => Problem::too_many(seconds),
        })?;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let text = "an export is only read";
            return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "http/method", text));
        }
        if !grant.scopes.contains(&Scope::Read) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "api/scope", "the token does not open `read`"));
        }
        let file = File::read(request.uri().path()).ok_or_else(Problem::not_found)?;
        let kinds = kinds(request.uri().query().unwrap_or_default())?;
        let ctx = self.callers.parties().ctx(&grant)?;
        let collection = collection(&ctx, &file.name).await?;
        let made = self.made(&ctx, &grant, collection, &file, kinds).await?;
        let head = *request.method() == Method::HEAD;
        if file.report {
            let report = serde_json::to_vec(&made.shown).map_err(|_| Problem::internal())?;
            return Ok(reply(
                &made,
                "application/json",
                if head { Body::empty() } else { Body::from(report) },
            ));
        }
        if is_known(request.headers(), &made.tag) {
            let mut response = reply(&made, file.format.media_type(), Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(header::CONTENT_TYPE);
            return Ok(response);
        }
        let body = if head { Body::empty() } else { Body::from(made.text.clone()) };
        Ok(reply(&made, file.format.media_type(), body))
    }

    /// The text as it is now: one that was made and is still good, or a new one.
    async fn made(
        &self,
        ctx: &Ctx,
        grant: &Grant,
        collection: Collection,
        file: &File,
        kinds: BTreeSet<Kind>,
    ) -> Result<Arc<Made>, Problem> {
        let asked = Asked {
            party: ctx.party.clone(),
            reader: grant.reader.clone(),
            collection: collection.id.to_string(),
            format: file.format.word(),
            kinds: kinds.iter().map(|kind| kind.word()).collect(),
        };
        let now: Moment = self.clock.now().to_string().parse().map_err(|_| Problem::internal())?;
        let lists = ctx.warnings.lists(&ctx.random).await?;
        let ground = Ground { size: ctx.sequencer.size(), lists };
        if let Some(made) = self.kept.find(&asked, &ground, now) {
            return Ok(made);
        }
        let wanted = held::Wanted {
            search: Search::default(),
            format: file.format,
            kinds,
            name: collection.alias.clone(),
            collection: Some(collection),
            first_rule: FIRST_RULE,
        };
        let written = held::write(ctx, grant.reader.clone(), &wanted).await?;
        let tag = format!("\"{}\"", sha256(&[written.text.as_bytes()]));
        let (text, shown, turns) = (written.text.into(), written.shown, written.turns);
        let made = Arc::new(Made { ground, turns, text, tag, shown });
        self.kept.keep(asked, &made);
        Ok(made)
    }
}

/// The collection of a name. What is absent and what is hidden answer alike.
async fn collection(ctx: &Ctx, name: &str) -> Result<Collection, Problem> {
    ctx.collections.reach(ctx.sequencer.size()).await.map_err(Fault::from)?;
    ctx.collection(name).ok_or_else(Problem::not_found)
}

/// The kinds of value that a query asks for.
fn kinds(query: &str) -> Result<BTreeSet<Kind>, Problem> {
    let mut kinds = BTreeSet::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name != "kind" {
            let text = format!("there is no parameter `{}`", shown(&name, 40));
            return Err(Problem::malformed(text).help("known parameters: kind"));
        }
        kinds.insert(value.parse().map_err(|fault: comity_threat::value::Fault| {
            Problem::malformed(fault.to_string()).help("such as `name`, `ipv4` or `url`")
        })?);
    }
    Ok(kinds)
}

/// Whether who asks has this text already (RFC 9110 section 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(|one| one.trim());
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn reply(made: &Made, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    if let Ok(tag) = HeaderValue::from_str(&made.tag) {
        headers.insert(header::ETAG, tag);
    }
    let left: u64 = made.shown.left_out.iter().map(|(_, count)| count).sum();
    headers.insert(LEFT_OUT, HeaderValue::from(left));
    headers.insert(SUPPRESSED, HeaderValue::from(made.shown.suppressed.len()));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_collection_and_form() {
        let read = |path: &str| File::read(path).map(|file| (file.name, file.format.word(), file.report));
        assert_eq!(read("/export/phishing.csv"), Some(("phishing".into(), "csv", false)));
        assert_eq!(read("/export/phishing.rules.report"), Some(("phishing".into(), "suricata", true)));
        assert_eq!(read("/export/phishing.zone"), Some(("phishing".into(), "rpz", false)));
        assert!(read("/export/phishing").is_none() && read("/export/phishing.exe").is_none());
    }

    #[test]
    fn a_tag_is_known_alone_in_a_list_and_weakly() {
        let known = |value: &'static str| {
            is_known(
                &HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]),
                "\"a\"",
            )
        };
        assert!(known("\"a\"") && known("\"b\", W/\"a\"") && known("*") && !known("\"b\""));
    }
}
