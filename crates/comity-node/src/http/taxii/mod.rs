//! TAXII 2.1 on the ordinary listener, below `/taxii2/`: discovery, and one API root for each hosted party.
//!
//! A request passes [`door`] first: who asks, whether the quota holds, whether the path exists for this reader, whether
//! the method and media types fit, and whether the token opens it. Nothing of a body was read by then. Paths are accepted
//! with and without the last `/`. Every answer, errors too, is `application/taxii+json;version=2.1`.

mod collection;
mod door;
mod object;
mod path;
mod reply;
mod root;

pub use door::{TaxiiLimits, TaxiiServer};

use axum::{Router, extract::Request, routing::any};
use std::sync::Arc;

/// Where discovery answers.
pub const DISCOVERY: &str = "/taxii2/";

/// The routes.
pub fn router(server: TaxiiServer) -> Router {
    let server = Arc::new(server);
    let answer = move |request: Request| {
        let server = Arc::clone(&server);
        async move { server.answer(request).await }
    };
    Router::new()
        .route("/taxii2", any(answer.clone()))
        .route("/taxii2/", any(answer.clone()))
        .route("/taxii2/{*rest}", any(answer))
}
