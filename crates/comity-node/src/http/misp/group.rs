//! Sharing groups. What is in one stays at home: its members are organisations of MISP, and none of them is a party by that.

use super::door::{Answered, Refused, Visit};
use crate::app::misp::{end_group, save_group, us};
use comity_exchange::misp::{Organisation, text_of};
use comity_threat::misp::number_of;
use serde_json::{Value, json};

pub(super) async fn answer(visit: Visit<'_>) -> Answered {
    match visit.path.action.as_str() {
        "index" => {
            let groups = visit.events().await?.groups().await?;
            Ok(json!({ "response": groups.into_iter().map(shown).collect::<Vec<_>>() }))
        }
        "view" => Ok(shown(held(&visit, visit.path.argument()).await?)),
        "add" => add(&visit).await,
        "edit" => edit(&visit).await,
        "delete" => {
            end_group(&visit.ctx, &held(&visit, visit.path.argument()).await?).await?;
            Ok(saved("SharingGroup deleted"))
        }
        "addOrg" => member(&visit, true).await,
        "removeOrg" => member(&visit, false).await,
        "addServer" | "removeServer" => {
            held(&visit, &text_of(&visit.body, "sg_id")).await?;
            let text = "a group has no servers here: nothing in it leaves this node";
            Err(Refused::bad("misp/group-server", text))
        }
        _ => Err(Refused::not_found("action")),
    }
}

fn saved(text: &str) -> Value {
    json!({ "saved": true, "success": true, "name": text, "message": text, "url": "/sharing_groups" })
}

fn uuid_of(group: &Value) -> String {
    group.get("SharingGroup").map_or_else(String::new, |inner| text_of(inner, "uuid"))
}

/// The group with this UUID, number or name.
async fn held(visit: &Visit<'_>, name: &str) -> Result<Value, Refused> {
    let groups = visit.events().await?.groups().await?;
    let is = |group: &Value| {
        let uuid = uuid_of(group);
        let named = group.get("SharingGroup").is_some_and(|inner| text_of(inner, "name") == name);
        uuid == name || number_of(&uuid).to_string() == name || named
    };
    groups.into_iter().find(is).ok_or_else(|| Refused::not_found("sharing group"))
}

fn shown(mut group: Value) -> Value {
    let number = number_of(&uuid_of(&group)).to_string();
    if let Some(inner) = group.get_mut("SharingGroup").and_then(Value::as_object_mut) {
        inner.insert("id".to_owned(), number.into());
    }
    if let Some(map) = group.as_object_mut() {
        map.insert("editable".to_owned(), true.into());
        map.insert("deletable".to_owned(), true.into());
    }
    group
}

async fn add(visit: &Visit<'_>) -> Answered {
    let asked = visit.body.get("SharingGroup").unwrap_or(&visit.body);
    let name = text_of(asked, "name");
    if name.is_empty() {
        return Err(Refused::bad("misp/no-group", "a sharing group needs a name"));
    }
    if visit
        .events()
        .await?
        .groups()
        .await?
        .iter()
        .any(|group| group.get("SharingGroup").is_some_and(|inner| text_of(inner, "name") == name))
    {
        return Err(Refused::bad("misp/group-exists", "there is a sharing group of this name"));
    }
    let us = us(&visit.ctx);
    let uuid = match text_of(asked, "uuid") {
        uuid if comity_threat::Uuid::read(&uuid).is_some() => uuid.to_ascii_lowercase(),
        _ => visit.with_fresh(|fresh| (fresh.uuid)())?,
    };
    let group = json!({
        "SharingGroup": {
            "uuid": uuid, "name": name, "description": text_of(asked, "description"),
            "releasability": text_of(asked, "releasability"), "active": true, "local": true, "roaming": false,
            "organisation_uuid": us.uuid, "org_id": us.number.to_string(), "sync_user_id": "0",
            "created": visit.ctx.now().to_string(), "modified": visit.ctx.now().to_string(),
        },
        "Organisation": us.json(),
        "SharingGroupOrg": [seat(&us, true)],
        "SharingGroupServer": [],
    });
    save_group(&visit.ctx, &group).await?;
    Ok(shown(group))
}

async fn edit(visit: &Visit<'_>) -> Answered {
    let mut group = held(visit, visit.path.argument()).await?;
    let asked = visit.body.get("SharingGroup").unwrap_or(&visit.body);
    if let Some(inner) = group.get_mut("SharingGroup").and_then(Value::as_object_mut) {
        for key in ["name", "description", "releasability", "active"] {
            if let Some(value) = asked.get(key) {
                inner.insert(key.to_owned(), value.clone());
            }
        }
    }
    save_group(&visit.ctx, &group).await?;
    Ok(shown(group))
}

fn seat(organisation: &Organisation, extend: bool) -> Value {
    json!({ "org_id": organisation.number.to_string(), "extend": extend, "Organisation": organisation.json() })
}

async fn member(visit: &Visit<'_>, join: bool) -> Answered {
    let mut group = held(visit, &text_of(&visit.body, "sg_id")).await?;
    let name = text_of(&visit.body, "org_id");
    let known = visit.events().await?.organisations().await?;
    let is = |one: &&Organisation| one.uuid == name || one.name == name || one.number.to_string() == name;
    let organisation = known.iter().find(is).ok_or_else(|| Refused::not_found("organisation"))?;
    let number = organisation.number.to_string();
    if let Some(seats) = group.get_mut("SharingGroupOrg").and_then(Value::as_array_mut) {
        seats.retain(|seat| text_of(seat, "org_id") != number);
        if join {
            seats.push(seat(organisation, text_of(&visit.body, "extend") == "1"));
        }
    }
    save_group(&visit.ctx, &group).await?;
    Ok(saved(if join {
        "Organisation added to the sharing group."
    } else {
        "Organisation removed from the sharing group."
    }))
}
