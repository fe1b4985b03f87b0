//! Collections as resources.

use super::{door::Visit, reply};
use crate::collections::{Collection, Of, PageFault};
use axum::{http::StatusCode, response::Response};
use comity_exchange::taxii::{CollectionList, CollectionResource, TaxiiFault, object_media_type};
use comity_threat::SpecVersion;

/// All collections, in a fixed order.
pub(super) async fn list(visit: &Visit) -> Result<Response, PageFault> {
    known(visit)?;
    visit.ctx.collections.reach(visit.ctx.sequencer.size()).await?;
    let collections = visit.ctx.collections_seen().iter().map(|one| resource(visit, one)).collect();
    Ok(reply::json(StatusCode::OK, &CollectionList { collections })?)
}

/// One collection.
pub(super) async fn one(visit: &Visit, name: &str) -> Result<Response, PageFault> {
    known(visit)?;
    let collection = visit.collection(name).await?;
    Ok(reply::json(StatusCode::OK, &resource(visit, &collection))?)
}

/// A token that neither reads nor adds does not learn which collections there are.
fn known(visit: &Visit) -> Result<(), TaxiiFault> {
    if visit.may_read() || visit.may_write() { Ok(()) } else { Err(TaxiiFault::NotFound) }
}

fn resource(visit: &Visit, collection: &Collection) -> CollectionResource {
    CollectionResource {
        id: collection.id.to_string(),
        title: collection.title.clone(),
        description: Some(collection.description.clone()),
        alias: Some(collection.alias.clone()),
        can_read: visit.may_read(),
        can_write: visit.may_write() && matches!(collection.of, Of::Class(_)),
        media_types: [SpecVersion::V21, SpecVersion::V20]
            .map(|spec| object_media_type(spec).to_owned())
            .into(),
    }
}
