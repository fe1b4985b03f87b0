//! What a caller gets instead of an answer: a status, and JSON with a stable code, a text and, where useful, help.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};

/// A refusal or failure as the caller may know it. What our own log should know beyond that is logged where it is
/// found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code, such as `api/unknown-token`.
    pub code: String,
    /// A lower-case fragment.
    pub text: String,
    /// What to do.
    pub help: Option<String>,
    /// After how many seconds to try again.
    pub retry_after: Option<u32>,
}

/// The JSON form of a [`Problem`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProblemBody {
    pub(crate) code: String,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) help: Option<String>,
}

impl Problem {
    /// A problem without help.
    pub fn new(status: StatusCode, code: &str, text: impl Into<String>) -> Problem {
        Problem { status, code: code.to_owned(), text: text.into(), help: None, retry_after: None }
    }

    /// With help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// With a time to wait, in seconds; at least one.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// What is absent and what is hidden answer alike.
    pub fn not_found() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "http/not-found", "there is nothing here")
    }

    /// Too many requests or bytes.
    pub fn too_many(seconds: u32) -> Problem {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "http/too-many", "the quota of this minute is used up")
            .retry_after(seconds)
    }

    /// A body beyond the limit.
    pub fn too_long(limit: usize) -> Problem {
        let text = format!("the body is longer than {limit} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "http/too-long", text)
    }

    /// A body that stopped coming.
    pub fn too_slow() -> Problem {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "http/too-slow", "the body stopped coming")
    }

    /// A request that cannot be read.
    pub fn malformed(text: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "http/malformed", text)
    }

    /// Something failed here; the reason is in our log under the request's id.
    pub fn internal() -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "http/internal", "the node could not do it")
            .help("the reason stands in the node's log under the request id of this answer")
    }

    /// Not at the moment.
    pub fn unavailable(text: impl Into<String>, seconds: u32) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "http/unavailable", text).retry_after(seconds)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let body = ProblemBody { code: self.code, text: self.text, help: self.help };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(json));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Foreign text as it may be shown: at most `limit` characters, control characters escaped.
pub fn shown(text: &str, limit: usize) -> String {
    let cut: String = text.chars().take(limit).collect();
    let tail = if cut.len() < text.len() { "…" } else { "" };
    cut.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect::<String>()
        + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_bounded_and_harmless() {
        assert_eq!(shown("a\u{1b}[31mb\n", 40), "a\\u{1b}[31mb\\n");
        assert_eq!(shown("日本語", 2), "日本…");
    }
}
