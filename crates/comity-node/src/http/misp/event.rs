//! Events: index, view, search, add, edit, publish and delete.

use super::door::{Answered, Refused, Visit};
use crate::app::misp::{Events, save, us};
use axum::http::StatusCode;
use comity_exchange::misp::{
    Filter, attributes, complete, index_row, merge, minimal_row, revoke, shown, text_of, unwrapped,
};
use comity_threat::misp::number_of;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) async fn answer(visit: Visit<'_>) -> Answered {
    match visit.path.action.as_str() {
        "index" => index(&visit).await,
        "restSearch" => search(&visit).await,
        "view" => view(&visit).await,
        "add" => add(&visit).await,
        "edit" => edit(&visit).await,
        "delete" => delete(&visit).await,
        "publish" | "alert" => publish(&visit, true).await,
        "unpublish" => publish(&visit, false).await,
        "filterEventIdsForPush" => wanted(&visit).await,
        _ => Err(Refused::not_found("action")),
    }
}

/// Reads the conditions of a request.
pub(super) fn filter_of(visit: &Visit<'_>) -> Result<Filter, Refused> {
    let read = Filter::read(&visit.body, visit.ctx.now().as_seconds());
    read.map_err(|fault| Refused::bad(fault.code(), fault.to_string()))
}

/// Labels by which the index narrows a search: types of attributes.
fn labels_of(filter: &Filter) -> Vec<String> {
    let plain = filter.type_name.any.iter().all(|name| !name.contains('%'));
    let types = filter.type_name.any.iter().filter(|_| plain);
    types.map(|name| format!("misp:type=\"{name}\"")).collect()
}

/// The UUIDs of events that may fit, newest first.
pub(super) async fn candidates(events: &Events<'_>, filter: &Filter) -> Result<Vec<String>, Refused> {
    let named: Vec<&String> = filter.event.any.iter().chain(&filter.uuid.any).collect();
    if !named.is_empty() {
        let mut found = Vec::new();
        for name in named {
            let uuid = events.event_of(name).await?;
            found.extend(uuid.filter(|uuid| !found.contains(uuid)));
        }
        return Ok(found);
    }
    Ok(events.candidates(&filter.value.any, &labels_of(filter)).await?)
}

/// An event as this node shows it.
pub(super) async fn show(
    visit: &Visit<'_>,
    events: &Events<'_>,
    uuid: &str,
    deleted: bool,
) -> Result<Option<Value>, Refused> {
    let Some(mut event) = events.event(uuid).await? else { return Ok(None) };
    shown(&mut event, &us(&visit.ctx), deleted);
    Ok(Some(event))
}

async fn index(visit: &Visit<'_>) -> Answered {
    let filter = filter_of(visit)?;
    let minimal = visit
        .body
        .get("minimal")
        .is_some_and(|value| *value != json!(0) && *value != json!(false) && !value.is_null());
    let rows = fitting(visit, &filter, false).await?;
    Ok(rows.iter().map(if minimal { minimal_row } else { index_row }).collect())
}

async fn search(visit: &Visit<'_>) -> Answered {
    let filter = filter_of(visit)?;
    only_json(visit)?;
    let mut found = fitting(visit, &filter, filter.deleted).await?;
    if filter.metadata {
        for event in found.iter_mut().filter_map(Value::as_object_mut) {
            ["Attribute", "Object", "EventReport"].iter().for_each(|list| {
                event.remove(*list);
            });
        }
    }
    Ok(json!({ "response": found.into_iter().map(|event| json!({ "Event": event })).collect::<Vec<_>>() }))
}

/// Searches answer in JSON; other forms come from `comity export`.
pub(super) fn only_json(visit: &Visit<'_>) -> Result<(), Refused> {
    match text_of(&visit.body, "returnFormat").as_str() {
        "" | "json" => Ok(()),
        other => {
            let text = format!("`{}` is no form of answers here; known: json", crate::http::shown(other, 40));
            Err(Refused::bad("misp/return-format", text))
        }
    }
}

async fn fitting(visit: &Visit<'_>, filter: &Filter, deleted: bool) -> Result<Vec<Value>, Refused> {
    let events = visit.events().await?;
    let (before, most) = filter.window();
    let mut found = Vec::new();
    for uuid in candidates(&events, filter).await? {
        if found.len() >= before.saturating_add(most) {
            break;
        }
        let event = show(visit, &events, &uuid, deleted).await?;
        found.extend(event.filter(|event| filter.finds_event(event)));
    }
    Ok(found.split_off(before.min(found.len())))
}

async fn view(visit: &Visit<'_>) -> Answered {
    let events = visit.events().await?;
    let asked = visit.body.get("deleted").is_some_and(|value| *value != json!(0) && *value != json!(false));
    let deleted = asked || visit.path.says("deleted");
    let uuid = events.event_of(visit.path.argument()).await?.ok_or_else(|| Refused::not_found("event"))?;
    let event = show(visit, &events, &uuid, deleted).await?;
    let event =
        event.filter(|event| text_of(event, "deleted") != "1").ok_or_else(|| Refused::not_found("event"))?;
    Ok(json!({ "Event": event }))
}

async fn add(visit: &Visit<'_>) -> Answered {
    let _edit = visit.server.one_at_a_time().await;
    let mut event = unwrapped(visit.body.clone(), "Event");
    if !visit.with_fresh(|fresh| complete(&mut event, fresh))? {
        return Err(Refused::bad("misp/no-event", "an event needs a title in `info`"));
    }
    let uuid = text_of(&event, "uuid").to_ascii_lowercase();
    let known = visit.events().await?.event(&uuid).await?;
    if known.is_some_and(|known| text_of(&known, "deleted") != "1") {
        let text = "Event already exists, if you would like to edit it, use events/edit";
        return Err(Refused::new(StatusCode::FORBIDDEN, "misp/event-exists", text));
    }
    if let Some(map) = event.as_object_mut() {
        map.insert("uuid".to_owned(), uuid.clone().into());
    }
    save(&visit.ctx, None, &event, visit.arrival).await?;
    told(visit, &uuid).await
}

/// An event after it was written.
pub(super) async fn told(visit: &Visit<'_>, uuid: &str) -> Answered {
    let events = visit.events().await?;
    let event = show(visit, &events, uuid, false).await?.ok_or_else(|| Refused::not_found("event"))?;
    Ok(json!({ "Event": event }))
}

/// Changes an event and writes what is new of it.
pub(super) async fn change(
    visit: &Visit<'_>,
    name: &str,
    act: impl FnOnce(&mut Value) -> Result<(), Refused>,
) -> Result<String, Refused> {
    let _edit = visit.server.one_at_a_time().await;
    let events = visit.events().await?;
    let uuid = events.event_of(name).await?.ok_or_else(|| Refused::not_found("event"))?;
    let before = events.event(&uuid).await?.ok_or_else(|| Refused::not_found("event"))?;
    let mut after = before.clone();
    act(&mut after)?;
    save(&visit.ctx, Some(&before), &after, visit.arrival).await?;
    Ok(uuid)
}

async fn edit(visit: &Visit<'_>) -> Answered {
    let edit = unwrapped(visit.body.clone(), "Event");
    let name = match visit.path.argument() {
        "" => text_of(&edit, "uuid"),
        name => name.to_owned(),
    };
    let uuid = change(visit, &name, |event| match visit.with_fresh(|fresh| merge(event, edit, fresh))? {
        true => Ok(()),
        false => {
            let text = "what is held is newer than this edit; fetch the event again";
            Err(Refused::new(StatusCode::FORBIDDEN, "misp/not-newer", text))
        }
    });
    let uuid = uuid.await?;
    told(visit, &uuid).await
}

async fn publish(visit: &Visit<'_>, published: bool) -> Answered {
    let now = visit.ctx.now().as_seconds();
    let act = |event: &mut Value| {
        if let Some(map) = event.as_object_mut() {
            let before = text_of(&Value::Object(map.clone()), "publish_timestamp").parse().unwrap_or(0);
            map.insert("published".to_owned(), published.into());
            map.insert("publish_timestamp".to_owned(), now.max(before + 1).to_string().into());
        }
        Ok(())
    };
    change(visit, visit.path.argument(), act).await?;
    let text = if published { "Event published" } else { "Event unpublished" };
    Ok(
        json!({ "saved": true, "success": true, "name": text, "message": text, "url": format!("/events/{}", visit.path.action) }),
    )
}

async fn delete(visit: &Visit<'_>) -> Answered {
    let now = visit.ctx.now().as_seconds();
    let act = |event: &mut Value| {
        revoke(event, now);
        Ok(())
    };
    change(visit, visit.path.argument(), act).await?;
    let text = "Event deleted.";
    Ok(json!({ "saved": true, "success": true, "name": text, "message": text, "url": "/events/delete" }))
}

/// Of the events that another instance offers, those that are not held here in that version.
async fn wanted(visit: &Visit<'_>) -> Answered {
    let events = visit.events().await?;
    let offered = visit.body.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut wanted: BTreeMap<String, Value> = BTreeMap::new();
    for offer in offered.iter().take(100_000) {
        let event = offer.get("Event").unwrap_or(offer);
        let uuid = text_of(event, "uuid").to_ascii_lowercase();
        let timestamp: i64 = text_of(event, "timestamp").parse().unwrap_or(0);
        let held = events.event(&uuid).await?;
        let known = held.is_some_and(|held| text_of(&held, "timestamp").parse().unwrap_or(0) >= timestamp);
        if !known {
            wanted.insert(uuid.clone(), uuid.into());
        }
    }
    Ok(wanted.into_values().collect())
}

/// The attribute of a shown event with this UUID or number, with what is told of its event.
pub(super) fn attribute_in(event: &Value, name: &str) -> Option<Value> {
    let is =
        |one: &Value| text_of(one, "uuid") == name || number_of(&text_of(one, "uuid")).to_string() == name;
    let found = attributes(event).into_iter().find(|(attribute, _)| is(attribute));
    found.map(|(attribute, _)| comity_exchange::misp::attribute_of(event, attribute))
}
