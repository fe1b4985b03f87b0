//! Discovery, the API root and statuses.

use super::{door::Visit, reply};
use crate::{app::intake, collections::PageFault, reading::Reader};
use axum::{http::StatusCode, response::Response};
use comity_exchange::taxii::{ApiRoot, Discovery, MEDIA_TYPE, TaxiiFault};
use comity_law::EXERCISE;

/// What this server offers to this reader: the root of the party whose token it holds.
pub(super) fn discovery(visit: &Visit) -> Result<Response, PageFault> {
    let root = format!("{}{}/", visit.base, visit.grant.party.as_str().to_ascii_lowercase());
    let discovery = Discovery {
        title: format!("Comity, {}", visit.grant.party),
        description: visit.ctx.exercise.then(|| EXERCISE.to_owned()),
        contact: None,
        default: Some(root.clone()),
        api_roots: vec![root],
    };
    Ok(reply::json(StatusCode::OK, &discovery)?)
}

/// The API root of a party.
pub(super) fn root(visit: &Visit) -> Result<Response, PageFault> {
    let root = ApiRoot {
        title: visit.grant.party.to_string(),
        description: Some("what this node holds, by audience class, and saved searches".to_owned()),
        versions: vec![MEDIA_TYPE.to_owned()],
        max_content_length: visit.limits.body as u64,
    };
    Ok(reply::json(StatusCode::OK, &root)?)
}

/// What became of an earlier request to add objects.
pub(super) async fn status(visit: &Visit, id: &str) -> Result<Response, PageFault> {
    // Whoever may read or add may ask.
    let own = visit.ctx.reader == Reader::Own;
    if !own || !visit.may_read() && !visit.may_write() {
        return Err(TaxiiFault::NotFound.into());
    }
    Ok(reply::bytes_of(StatusCode::OK, intake::status(&visit.ctx, id).await?))
}
