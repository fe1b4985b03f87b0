//! Sightings: of an attribute, or of every attribute with a value.

use super::{
    door::{Answered, Refused, Visit},
    event::{candidates, change, show},
};
use comity_exchange::misp::{Filter, attributes, sight, text_of};
use serde_json::{Value, json};

pub(super) async fn answer(visit: Visit<'_>) -> Answered {
    match visit.path.action.as_str() {
        "add" => add(&visit).await,
        "index" | "listSightings" => {
            let asked = text_of(&visit.body, "id");
            let name = if asked.is_empty() { visit.path.argument().to_owned() } else { asked };
            Ok(list(&visit, &name).await?.into_iter().map(|(sighting, ..)| sighting).collect())
        }
        "restSearch" => {
            let found = list(&visit, &text_of(&visit.body, "id")).await?;
            let wanted = text_of(&visit.body, "type");
            let fits =
                found.into_iter().filter(|(one, ..)| wanted.is_empty() || text_of(one, "type") == wanted);
            let told: Vec<Value> = fits.map(|found| told(&visit, found)).collect();
            Ok(json!({ "response": told }))
        }
        _ => Err(Refused::not_found("action")),
    }
}

fn told(visit: &Visit<'_>, (mut sighting, attribute, event): (Value, Value, Value)) -> Value {
    if let Some(map) = sighting.as_object_mut() {
        if text_of(&visit.body, "includeAttribute") == "1" {
            map.insert("Attribute".to_owned(), attribute);
        }
        if text_of(&visit.body, "includeEvent") == "1" {
            map.insert("Event".to_owned(), event);
        }
    }
    json!({ "Sighting": sighting })
}

/// The sightings of an attribute or event, or all: each with its attribute and its event's head.
async fn list(visit: &Visit<'_>, name: &str) -> Result<Vec<(Value, Value, Value)>, Refused> {
    let events = visit.events().await?;
    let (uuids, of) = match name {
        "" => (candidates(&events, &Filter::default()).await?, None),
        name => {
            let found = events.part_of(name).await?;
            let Some((event, part)) = found else { return Ok(Vec::new()) };
            let of = (part != event).then_some(part);
            (vec![event], of)
        }
    };
    let mut found = Vec::new();
    for uuid in uuids {
        let Some(event) = show(visit, &events, &uuid, false).await? else { continue };
        let head = comity_exchange::misp::index_row(&event);
        for (attribute, _) in attributes(&event) {
            if of.as_ref().is_some_and(|of| *of != text_of(attribute, "uuid")) {
                continue;
            }
            let sightings = attribute.get("Sighting").and_then(Value::as_array).into_iter().flatten();
            found.extend(sightings.map(|sighting| (sighting.clone(), attribute.clone(), head.clone())));
        }
    }
    Ok(found)
}

async fn add(visit: &Visit<'_>) -> Answered {
    let asked = visit.body.get("Sighting").unwrap_or(&visit.body).clone();
    let targets = targets(visit, &asked).await?;
    let mut last = None;
    for (event, attribute) in targets {
        let mut made = None;
        change(visit, &event, |event| {
            made = visit.with_fresh(|fresh| sight(event, &attribute, &asked, fresh))?;
            Ok(())
        })
        .await?;
        last = made.or(last);
    }
    let sighting = last.ok_or_else(|| Refused::not_found("attribute"))?;
    Ok(json!({ "Sighting": sighting }))
}

/// The events and attributes that a sighting is of.
async fn targets(visit: &Visit<'_>, asked: &Value) -> Result<Vec<(String, String)>, Refused> {
    let events = visit.events().await?;
    let named = [visit.path.argument().to_owned(), text_of(asked, "uuid"), text_of(asked, "id")];
    if let Some(name) = named.iter().find(|name| !name.is_empty()) {
        return Ok(events.part_of(name).await?.into_iter().collect());
    }
    let values = asked.get("values").or_else(|| asked.get("value")).cloned().unwrap_or_default();
    let filter = Filter::read(&json!({ "value": values }), 0);
    let filter = filter.map_err(|fault| Refused::bad(fault.code(), fault.to_string()))?;
    if filter.value.is_empty() {
        return Err(Refused::bad("misp/no-sighting", "a sighting names an attribute or a value"));
    }
    let mut targets = Vec::new();
    for uuid in candidates(&events, &filter).await? {
        let Some(event) = show(visit, &events, &uuid, false).await? else { continue };
        let fitting = filter.attributes_of(&event);
        targets.extend(fitting.iter().map(|one| (uuid.clone(), text_of(one, "uuid"))));
    }
    Ok(targets)
}
