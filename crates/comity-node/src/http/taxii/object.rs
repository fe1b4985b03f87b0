//! Objects of a collection: pages of them, one of them, and what is added or taken out.

use super::{door::Visit, reply};
use crate::{
    app::intake,
    collections::{Outside, PageFault, Question, Sort},
    http::{
        api::Scope,
        body::{self, BodyFault},
    },
    reading::Reader,
};
use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use comity_exchange::taxii::{TaxiiFault, is_taxii};

/// A page of objects.
pub(super) async fn objects(visit: &Visit, collection: &str) -> Result<Response, PageFault> {
    page(visit, collection, None, Sort::Objects).await
}

/// A page of the manifest.
pub(super) async fn manifest(visit: &Visit, collection: &str) -> Result<Response, PageFault> {
    page(visit, collection, None, Sort::Manifest).await
}

/// One object.
pub(super) async fn object(visit: &Visit, collection: &str, id: &str) -> Result<Response, PageFault> {
    page(visit, collection, Some(id), Sort::Objects).await
}

/// The versions of one object.
pub(super) async fn versions(visit: &Visit, collection: &str, id: &str) -> Result<Response, PageFault> {
    page(visit, collection, Some(id), Sort::Versions).await
}

async fn page(
    visit: &Visit,
    collection: &str,
    object: Option<&str>,
    sort: Sort,
) -> Result<Response, PageFault> {
    let collection = visit.readable(collection).await?;
    let question =
        Question { collection: &collection, object, sort, filter: &visit.filter, encoding: visit.encoding };
    if visit.ctx.reader == Reader::Own {
        return Ok(reply::page(visit.ctx.collections.page(&question).await?));
    }
    let feed = visit.ctx.views.feed();
    let sight = visit.sight().await?;
    let outside = Outside::new(&visit.ctx, &sight, feed.store(), feed.bodies());
    Ok(reply::page(outside.page(&question).await?))
}

/// Objects to be added. They are durable when the answer goes out, so that its status is always complete.
pub(super) async fn add(visit: &Visit, collection: &str, body: Body) -> Result<Response, PageFault> {
    visit.must(visit.may_write(), Scope::Import)?;
    let collection = visit.collection(collection).await?;
    is_envelope(&visit.headers)?;
    let limit = visit.limits.body;
    let read = body::read(body, limit, visit.limits.body_pause).await;
    let bytes = read.map_err(|fault| match fault {
        BodyFault::TooLong => TaxiiFault::TooLong { limit },
        BodyFault::TooSlow => TaxiiFault::BadBody { why: "the body stopped coming".to_owned() },
        BodyFault::Broken(_) => TaxiiFault::BadBody { why: "the body broke off".to_owned() },
    })?;
    let status = intake::add_objects(&visit.ctx, &collection, bytes).await?;
    Ok(reply::json(StatusCode::ACCEPTED, &status)?)
}

/// An object to be taken out.
pub(super) async fn delete(visit: &Visit, collection: &str, id: &str) -> Result<Response, PageFault> {
    visit.must(visit.may_read(), Scope::Read)?;
    visit.must(visit.may_write(), Scope::Import)?;
    let collection = visit.collection(collection).await?;
    intake::take_out(&visit.ctx, &collection, id, &visit.filter).await?;
    Ok(reply::bytes_of(StatusCode::OK, "{}"))
}

fn is_envelope(headers: &HeaderMap) -> Result<(), TaxiiFault> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let plain =
        text(header::CONTENT_ENCODING).is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"));
    if plain && is_taxii(text(header::CONTENT_TYPE)) { Ok(()) } else { Err(TaxiiFault::MediaType) }
}
