//! A MISP feed of what is published, under a token: `/misp/feed/manifest.json`, `hashes.csv`, and an event by its UUID.

use super::{
    door::{Refused, Visit, reply},
    event::{candidates, show},
};
use axum::{http::StatusCode, response::Response};
use comity_exchange::misp::{Filter, hashes, manifest_row, text_of};
use serde_json::{Map, Value, json};

pub(super) async fn serve(visit: &Visit<'_>, name: &str) -> Result<Response, Refused> {
    match name {
        "manifest" => {
            let mut rows = Map::new();
            published(visit, |event| {
                rows.insert(text_of(event, "uuid"), manifest_row(event));
            })
            .await?;
            Ok(reply(StatusCode::OK, "application/json", Value::Object(rows).to_string()))
        }
        "hashes.csv" => {
            let mut lines = String::new();
            published(visit, |event| hashes(event, &mut lines)).await?;
            Ok(reply(StatusCode::OK, "text/csv; charset=utf-8", lines))
        }
        uuid => {
            let events = visit.events().await?;
            let event = show(visit, &events, uuid, false).await?;
            let event = event.filter(is_published).ok_or_else(|| Refused::not_found("file"))?;
            Ok(reply(StatusCode::OK, "application/json", json!({ "Event": event }).to_string()))
        }
    }
}

fn is_published(event: &Value) -> bool {
    text_of(event, "published") == "1" && text_of(event, "deleted") != "1"
}

async fn published(visit: &Visit<'_>, mut each: impl FnMut(&Value)) -> Result<(), Refused> {
    let events = visit.events().await?;
    for uuid in candidates(&events, &Filter::default()).await? {
        let event = show(visit, &events, &uuid, false).await?;
        event.iter().filter(|event| is_published(event)).for_each(&mut each);
    }
    Ok(())
}
