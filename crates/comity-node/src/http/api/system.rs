//! The noun `system`: the state of the process, and who is calling.

use super::{Access, Call, Endpoint, Readiness, Reply, Token, Verb};
use crate::{http::Problem, metrics::Metrics};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// The endpoints of the noun, over any application.
///
/// `document` is filled once all endpoints of all nouns are known.
pub(super) fn endpoints<S: Send + Sync + 'static>(
    readiness: Readiness,
    metrics: Metrics,
    document: Arc<OnceLock<String>>,
) -> Vec<Endpoint<S>> {
    vec![
        Endpoint::new(
            "system.health",
            Verb::Get,
            "/healthz",
            Access::Open,
            "Whether the node is ready; 503 with the reasons where it is not. Alarms need a person and stop nothing.",
            move |_, _| health(readiness.clone()),
        )
        .answer("application/json", health_schema()),
        Endpoint::new(
            "system.metrics",
            Verb::Get,
            "/metrics",
            Access::Open,
            "The figures of the process, in the text format of Prometheus.",
            move |_, _| figures(metrics.clone()),
        )
        .answer("text/plain", json!({ "type": "string" })),
        Endpoint::new(
            "system.openapi",
            Verb::Get,
            "/api/v1/openapi.json",
            Access::Open,
            "This document.",
            move |_, _| openapi(document.clone()),
        ),
        Endpoint::new(
            "system.whoami",
            Verb::Get,
            "/api/v1/whoami",
            Access::AnyToken,
            "Whose token this is and what it opens.",
            |_: Arc<S>, call| whoami(call),
        )
        .answer("application/json", whoami_schema()),
    ]
}

async fn health(readiness: Readiness) -> Result<Reply, Problem> {
    let reasons = readiness.reasons();
    let list = |told: &[(String, String)]| -> Vec<Value> {
        told.iter().map(|(part, why)| json!({ "part": part, "why": why })).collect()
    };
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // An alarm stops nothing: a node with one is ready.
    let (listed, alarms) = (list(&reasons), list(&readiness.alarms()));
    let told = json!({ "ready": reasons.is_empty(), "reasons": listed, "alarms": alarms });
    Ok(Reply::json(&told)?.status(status))
}

async fn figures(metrics: Metrics) -> Result<Reply, Problem> {
    Ok(Reply::bytes("text/plain; version=0.0.4; charset=utf-8", metrics.render()))
}

async fn openapi(document: Arc<OnceLock<String>>) -> Result<Reply, Problem> {
    let text = document.get().ok_or_else(Problem::internal)?;
    Ok(Reply::bytes("application/json", text.clone()))
}

async fn whoami(call: Call) -> Result<Reply, Problem> {
    let grant = call.grant()?;
    let scopes: Vec<&str> = grant.scopes.iter().map(|scope| scope.as_str()).collect();
    Reply::json(&json!({
        "party": grant.party.as_str(),
        "officer": grant.officer.as_str(),
        "scopes": scopes,
        "ends": grant.ends.to_string(),
    }))
}

fn health_schema() -> Value {
    let reason = json!({
        "type": "object",
        "required": ["part", "why"],
        "properties": { "part": { "type": "string" }, "why": { "type": "string" } },
    });
    json!({
        "type": "object",
        "required": ["ready", "reasons", "alarms"],
        "properties": {
            "ready": { "type": "boolean" },
            "reasons": { "type": "array", "items": reason.clone() },
            "alarms": { "type": "array", "items": reason },
        },
    })
}

fn whoami_schema() -> Value {
    json!({
        "type": "object",
        "required": ["party", "officer", "scopes", "ends"],
        "properties": {
            "party": { "type": "string" },
            "officer": { "type": "string" },
            "scopes": { "type": "array", "items": { "type": "string" } },
            "ends": { "type": "string", "format": "date-time" },
        },
    })
}

/// The token of an `Authorization: Bearer` header.
pub(super) fn bearer(headers: &axum::http::HeaderMap) -> Option<Token> {
    let value = headers.get(axum::http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Token::from_text(token.trim()))?
}
