//! Attributes and objects of events.

use super::{
    door::{Answered, Refused, Visit},
    event::{attribute_in, candidates, change, filter_of, only_json, show},
};
use comity_exchange::misp::{merge, text_of, unwrapped};
use serde_json::{Value, json};

pub(super) async fn answer(visit: Visit<'_>) -> Answered {
    let list = if visit.path.controller == "objects" { "Object" } else { "Attribute" };
    match (list, visit.path.action.as_str()) {
        ("Attribute", "restSearch") => search(&visit).await,
        ("Attribute", "index") => {
            let found = search(&visit).await?;
            Ok(found.pointer("/response/Attribute").cloned().unwrap_or_default())
        }
        (_, "view") => view(&visit, list).await,
        (_, "add") => add(&visit, list).await,
        (_, "edit") => edit(&visit, list).await,
        (_, "delete") => set_deleted(&visit, list, true).await,
        ("Attribute", "restore") => set_deleted(&visit, list, false).await,
        _ => Err(Refused::not_found("action")),
    }
}

async fn search(visit: &Visit<'_>) -> Answered {
    let filter = filter_of(visit)?;
    only_json(visit)?;
    let events = visit.events().await?;
    let (before, most) = filter.window();
    let mut found: Vec<Value> = Vec::new();
    for uuid in candidates(&events, &filter).await? {
        if found.len() >= before.saturating_add(most) {
            break;
        }
        let event = show(visit, &events, &uuid, filter.deleted).await?;
        found.extend(event.into_iter().flat_map(|event| filter.attributes_of(&event)));
    }
    let page: Vec<Value> = found.into_iter().skip(before).take(most).collect();
    Ok(json!({ "response": { "Attribute": page } }))
}

/// The attribute or object of a shown event.
fn found(event: &Value, list: &str, name: &str) -> Option<Value> {
    if list == "Attribute" {
        return attribute_in(event, name);
    }
    let objects = event.get("Object").and_then(Value::as_array).into_iter().flatten();
    let is = |one: &&Value| text_of(one, "uuid") == name || text_of(one, "id") == name;
    objects.into_iter().find(is).cloned()
}

async fn told(visit: &Visit<'_>, list: &str, name: &str, deleted: bool) -> Answered {
    let events = visit.events().await?;
    let absent = || Refused::not_found(if list == "Object" { "object" } else { "attribute" });
    let uuid = events.event_of(name).await?.ok_or_else(absent)?;
    let event = show(visit, &events, &uuid, deleted).await?.ok_or_else(absent)?;
    let part = found(&event, list, name).ok_or_else(absent)?;
    Ok(Value::Object([(list.to_owned(), part)].into_iter().collect()))
}

async fn view(visit: &Visit<'_>, list: &str) -> Answered {
    told(visit, list, visit.path.argument(), true).await
}

async fn add(visit: &Visit<'_>, list: &str) -> Answered {
    let many = visit.body.is_array();
    let parts = match unwrapped(visit.body.clone(), list) {
        Value::Array(parts) => parts,
        one => vec![one],
    };
    let mut new: Vec<Value> = parts.into_iter().map(|part| unwrapped(part, list)).collect();
    let whole = |part: &Value| match list {
        "Object" => !text_of(part, "name").is_empty(),
        _ => !text_of(part, "type").is_empty() && !text_of(part, "value").is_empty(),
    };
    if !new.iter().all(whole) {
        let text =
            if list == "Object" { "an object needs a name" } else { "an attribute needs a type and a value" };
        return Err(Refused::bad("misp/no-part", text));
    }
    visit.with_fresh(|fresh| {
        for part in new.iter_mut().filter_map(Value::as_object_mut) {
            if part.get("uuid").and_then(Value::as_str).is_none_or(str::is_empty) {
                part.insert("uuid".to_owned(), (fresh.uuid)().into());
            }
        }
    })?;
    let edit = Value::Object([(list.to_owned(), Value::Array(new.clone()))].into_iter().collect());
    let act = |event: &mut Value| {
        visit.with_fresh(|fresh| merge(event, edit, fresh))?;
        Ok(())
    };
    change(visit, visit.path.argument(), act).await?;
    let mut made = Vec::new();
    for part in &new {
        made.push(told(visit, list, &text_of(part, "uuid"), true).await?);
    }
    match (many, made.len()) {
        (true, 2..) => {
            let parts: Vec<Value> =
                made.into_iter().filter_map(|mut one| one.get_mut(list).map(Value::take)).collect();
            Ok(Value::Object([(list.to_owned(), Value::Array(parts))].into_iter().collect()))
        }
        _ => made.into_iter().next().ok_or_else(|| Refused::bad("misp/no-part", "nothing was given")),
    }
}

/// The edit of one part, wrapped in what it stands in.
async fn edit(visit: &Visit<'_>, list: &str) -> Answered {
    let mut part = unwrapped(visit.body.clone(), list);
    let name = visit.path.argument();
    let uuid = visit.events().await?.part_of(name).await?.map(|(_, uuid)| uuid);
    let uuid = uuid.ok_or_else(|| Refused::not_found("attribute"))?;
    if let Some(map) = part.as_object_mut() {
        map.insert("uuid".to_owned(), uuid.clone().into());
    }
    change(visit, name, |event| put(visit, event, list, &uuid, part)).await?;
    told(visit, list, &uuid, true).await
}

/// Joins a part to the event, inside of the object that it stands in.
fn put(visit: &Visit<'_>, event: &mut Value, list: &str, uuid: &str, part: Value) -> Result<(), Refused> {
    let holds = |object: &&Value| {
        let inner = object.get("Attribute").and_then(Value::as_array).into_iter().flatten();
        list == "Attribute" && inner.into_iter().any(|one| text_of(one, "uuid") == uuid)
    };
    let objects = event.get("Object").and_then(Value::as_array).into_iter().flatten();
    let edit = match objects.into_iter().find(holds) {
        Some(object) => json!({ "Object": [{ "uuid": text_of(object, "uuid"), "Attribute": [part] }] }),
        None => Value::Object([(list.to_owned(), json!([part]))].into_iter().collect()),
    };
    visit.with_fresh(|fresh| merge(event, edit, fresh)).map(drop)
}

async fn set_deleted(visit: &Visit<'_>, list: &str, deleted: bool) -> Answered {
    let name = visit.path.argument();
    let uuid = visit.events().await?.part_of(name).await?.map(|(_, uuid)| uuid);
    let uuid = uuid.ok_or_else(|| Refused::not_found("attribute"))?;
    let part = json!({ "uuid": uuid, "deleted": deleted });
    change(visit, name, |event| {
        put(visit, event, list, &uuid, part)?;
        if list == "Object" {
            end_inner(visit, event, &uuid, deleted)?;
        }
        Ok(())
    })
    .await?;
    if !deleted {
        return told(visit, list, &uuid, true).await;
    }
    let text = format!("{list} deleted.");
    Ok(json!({ "saved": true, "success": true, "name": text, "message": text, "url": "/attributes/delete" }))
}

/// The attributes of an object end with it.
fn end_inner(visit: &Visit<'_>, event: &mut Value, object: &str, deleted: bool) -> Result<(), Refused> {
    let objects = event.get("Object").and_then(Value::as_array).into_iter().flatten();
    let inner = objects
        .into_iter()
        .find(|one| text_of(one, "uuid") == object)
        .and_then(|one| one.get("Attribute")?.as_array());
    let parts: Vec<Value> = inner
        .into_iter()
        .flatten()
        .map(|one| json!({ "uuid": text_of(one, "uuid"), "deleted": deleted }))
        .collect();
    let edit = json!({ "Object": [{ "uuid": object, "Attribute": parts }] });
    visit.with_fresh(|fresh| merge(event, edit, fresh)).map(drop)
}
