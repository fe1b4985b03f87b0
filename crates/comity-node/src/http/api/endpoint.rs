//! An endpoint: route, access and documentation in one value.

use super::{Call, Reply, Scope};
use crate::http::{Answer, Problem};
use axum::routing::MethodFilter;
use serde_json::Value;
use std::{fmt, future::Future, sync::Arc};

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody who reaches the listener, and nobody is known: the state of the process is told, and reports of irregularities
    /// are taken in.
    Open,
    /// The holder of any token in force.
    AnyToken,
    /// The holder of a token of this scope.
    Scope(Scope),
}

/// The method of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Look.
    Get,
    /// Make, or have something done.
    Post,
    /// Replace.
    Put,
    /// Take away.
    Delete,
}

/// The handler of an endpoint over the application `S`.
pub(super) type Handler<S> =
    Arc<dyn Fn(Arc<S>, Call) -> Answer<'static, Result<Reply, Problem>> + Send + Sync>;

/// One endpoint of the API.
pub struct Endpoint<S> {
    pub(super) name: &'static str,
    pub(super) verb: Verb,
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) summary: &'static str,
    pub(super) query: Vec<(&'static str, &'static str)>,
    pub(super) body: Option<(&'static str, Value)>,
    pub(super) body_limit: Option<usize>,
    pub(super) answer: (&'static str, Value),
    pub(super) handler: Handler<S>,
}

impl<S> Endpoint<S> {
    /// An endpoint. `name` is `noun.verb` and unique; `path` may hold `{parts}`; `summary` is one sentence.
    pub fn new<F, Fut>(
        name: &'static str,
        verb: Verb,
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: F,
    ) -> Endpoint<S>
    where
        F: Fn(Arc<S>, Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        Endpoint {
            name,
            verb,
            path,
            access,
            summary,
            query: Vec::new(),
            body: None,
            body_limit: None,
            answer: ("application/json", serde_json::json!({ "type": "object" })),
            handler: Arc::new(move |app, call| Box::pin(handler(app, call))),
        }
    }

    /// Documents a parameter of the query. Parameters that are not documented are refused.
    #[must_use]
    pub fn query(mut self, name: &'static str, about: &'static str) -> Endpoint<S> {
        self.query.push((name, about));
        self
    }

    /// Documents the body: media type and JSON schema.
    #[must_use]
    pub fn body(mut self, kind: &'static str, schema: Value) -> Endpoint<S> {
        self.body = Some((kind, schema));
        self
    }

    /// Another limit for the body than the listener's, in bytes.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Endpoint<S> {
        self.body_limit = Some(bytes);
        self
    }

    /// Documents the answer: media type and JSON schema.
    #[must_use]
    pub fn answer(mut self, kind: &'static str, schema: Value) -> Endpoint<S> {
        self.answer = (kind, schema);
        self
    }

    /// The names of the `{parts}` of the path.
    pub(super) fn parts(&self) -> Vec<&'static str> {
        let parts = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        parts.map(|part| part.trim_start_matches('*')).collect()
    }
}

impl Verb {
    /// The method as HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
        }
    }

    pub(super) const fn filter(self) -> MethodFilter {
        match self {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Put => MethodFilter::PUT,
            Verb::Delete => MethodFilter::DELETE,
        }
    }
}

impl<S> fmt::Debug for Endpoint<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.verb.as_str(), self.path, self.access)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Access::Open => f.write_str("open"),
            Access::AnyToken => f.write_str("any token"),
            Access::Scope(scope) => write!(f, "scope {scope}"),
        }
    }
}
