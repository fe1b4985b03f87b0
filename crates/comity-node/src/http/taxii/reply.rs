//! Answers on their way out.

use crate::collections::Answer;
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use comity_exchange::taxii::{ADDED_FIRST, ADDED_LAST, MEDIA_TYPE, TaxiiFault};
use serde::Serialize;

/// A message as JSON.
pub(super) fn json<T: Serialize>(status: StatusCode, message: &T) -> Result<Response, TaxiiFault> {
    let bytes = serde_json::to_vec(message).map_err(|_| TaxiiFault::Internal)?;
    Ok(bytes_of(status, bytes))
}

/// A message that is written already.
pub(super) fn bytes_of(status: StatusCode, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// A page, with the dates of its first and last item.
pub(super) fn page(answer: Answer) -> Response {
    let mut response = bytes_of(StatusCode::OK, answer.body);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, authorization"));
    if let Some(name) = answer.encoding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    if let Some((first, last)) = answer.span {
        for (name, added) in [(ADDED_FIRST, first), (ADDED_LAST, last)] {
            if let Ok(value) = HeaderValue::from_str(&added) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    response
}

/// A refusal or failure.
pub(super) fn fault(fault: &TaxiiFault, id: &str, allowed: Option<&'static str>) -> Response {
    let message = serde_json::to_vec(&fault.message(id)).unwrap_or_default();
    let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = bytes_of(status, message);
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static(r#"Basic realm="comity", charset="UTF-8""#);
        headers.append(header::WWW_AUTHENTICATE, basic);
        headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="comity""#));
    }
    if let Some(allowed) = allowed.filter(|_| status == StatusCode::METHOD_NOT_ALLOWED) {
        headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
    }
    if let Some(seconds) = fault.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
