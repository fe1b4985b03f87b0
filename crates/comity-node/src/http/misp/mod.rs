//! The part of MISP's REST that PyMISP and other MISP instances need, on the ordinary listener.
//!
//! A request passes [`door`] first: who asks, whether the quota holds, and only then its body. Paths are those of MISP:
//! `controller/action/argument`, with parameters as `name:value` and perhaps `.json` at the end. What is read comes
//! through the one authorisation function of [`crate::reading`], what is written goes the way of every import.
//!
//! An absent event and one that the reader may not see answer alike. Numbers follow from UUIDs, so that none of them
//! tells how many there are.

mod attribute;
mod door;
mod event;
mod feed;
mod group;
mod path;
mod server;
mod sighting;
mod tag;

pub use door::{MispLimits, MispServer};

use axum::{Router, extract::Request, routing::any};
use std::sync::Arc;

/// The controllers of MISP that are answered.
const CONTROLLERS: &[&str] = &[
    "events",
    "attributes",
    "objects",
    "sightings",
    "tags",
    "servers",
    "users",
    "organisations",
    "sharing_groups",
    "sharingGroups",
    "shadow_attributes",
    "shadowAttributes",
    "galaxy_clusters",
    "eventReports",
    "event_reports",
    "misp",
];

/// The routes.
pub fn router(server: MispServer) -> Router {
    let server = Arc::new(server);
    let answer = move |request: Request| {
        let server = Arc::clone(&server);
        async move { server.answer(request).await }
    };
    CONTROLLERS.iter().fold(Router::new(), |router, controller| {
        router
            .route(&format!("/{controller}"), any(answer.clone()))
            .route(&format!("/{controller}/{{*rest}}"), any(answer.clone()))
    })
}
