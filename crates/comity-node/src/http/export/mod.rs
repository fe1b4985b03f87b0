//! Exports at addresses that stay: `/export/NAME.FORM`, where the name is that of a collection, such as a saved search, and
//! the form a word of [`Format`] or what such files are usually called. `/export/NAME.FORM.report` tells in JSON what was
//! left out and what a warning list suppresses.
//!
//! The token is the password of HTTP's Basic scheme or a bearer token; it does not go into the address, since addresses stand
//! in logs. An `ETag` follows from the text, and equal content is an equal text, so that who asks again with
//! `If-None-Match` gets 304 until something changed.
//!
//! [`Format`]: comity_threat::export::Format

mod door;
mod kept;

pub use door::{ExportLimits, ExportServer};

use axum::{Router, extract::Request, routing::any};
use std::sync::Arc;

/// The routes.
pub fn router(server: ExportServer) -> Router {
    let server = Arc::new(server);
    let answer = move |request: Request| {
        let server = Arc::clone(&server);
        async move { server.answer(request).await }
    };
    Router::new().route("/export/{file}", any(answer))
}
