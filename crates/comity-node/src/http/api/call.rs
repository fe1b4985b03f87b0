//! A request as a handler sees it, and what it gives back.

use super::Grant;
use crate::http::{
    Problem,
    body::{self, BodyFault},
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt, time::Duration};

/// A request that passed identity, scope and quota. Its body is still unread.
pub struct Call {
    /// The holder of the token; `None` at an open endpoint.
    pub grant: Option<Grant>,
    /// The request's id, also in the log and in the answer.
    pub id: String,
    pub(super) path: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Body,
    pub(super) limit: usize,
    pub(super) pause: Duration,
}

/// The answer of a handler.
#[derive(Debug)]
pub struct Reply(pub(super) Response);

impl Call {
    /// The holder of the token. At an open endpoint there is none, and a handler that asks for one fails closed.
    pub fn grant(&self) -> Result<&Grant, Problem> {
        self.grant.as_ref().ok_or_else(no_token)
    }

    /// The part of the path that the endpoint calls `{name}`.
    pub fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The body, at most as long as the endpoint allows.
    pub async fn bytes(self) -> Result<Vec<u8>, Problem> {
        body::read(self.body, self.limit, self.pause).await.map_err(|fault| match fault {
            BodyFault::TooLong => Problem::too_long(self.limit),
            BodyFault::TooSlow => Problem::too_slow(),
            BodyFault::Broken(why) => {
                tracing::debug!(%why, "a body broke off");
                Problem::malformed("the body broke off")
            }
        })
    }

    /// The body as JSON of this shape.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let bytes = self.bytes().await?;
        serde_json::from_slice(&bytes)
            .map_err(|why| Problem::malformed(crate::http::shown(&why.to_string(), 300)))
    }

    /// The body piece by piece, for input of any length. The endpoint's limit does not hold; the caller bounds it.
    pub fn into_body(self) -> Body {
        self.body
    }
}

impl Reply {
    /// JSON.
    pub fn json<T: Serialize>(value: &T) -> Result<Reply, Problem> {
        let bytes = serde_json::to_vec(value).map_err(|why| {
            tracing::error!(%why, "an answer could not be written as JSON");
            Problem::internal()
        })?;
        Ok(Reply::bytes("application/json", bytes))
    }

    /// Bytes of a media type.
    pub fn bytes(kind: &'static str, bytes: impl Into<Bytes>) -> Reply {
        let mut response = Response::new(Body::from(bytes.into()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        Reply(response)
    }

    /// Done, and there is nothing to say.
    pub fn empty() -> Reply {
        Reply::bytes("application/json", Bytes::new()).status(StatusCode::NO_CONTENT)
    }

    /// With another status than 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Reply {
        *self.0.status_mut() = status;
        self
    }
}

impl From<Response> for Reply {
    fn from(response: Response) -> Reply {
        Reply(response)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("id", &self.id).field("grant", &self.grant).finish_non_exhaustive()
    }
}

/// What a caller without a usable token gets; unknown and ended ones answer alike.
pub(super) fn no_token() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "api/no-token", "a token in force is needed")
        .help("send `Authorization: Bearer …`; `comity token add` makes one")
}
