//! Tags of events and attributes.

use super::{
    door::{Answered, Refused, Visit},
    event::{candidates, change, show},
};
use comity_exchange::misp::{Filter, attach_tag, attributes, detach_tag, text_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) async fn answer(visit: Visit<'_>) -> Answered {
    match visit.path.action.as_str() {
        "index" => Ok(json!({ "Tag": list(&visit).await? })),
        "search" => {
            let asked = text_of(&visit.body, "name").to_lowercase();
            let asked = asked.trim_matches('%');
            let found = list(&visit).await?;
            let fits = found.into_iter().filter(|tag| text_of(tag, "name").to_lowercase().contains(asked));
            Ok(fits.map(|tag| json!({ "Tag": tag })).collect())
        }
        "attachTagToObject" => set(&visit, true).await,
        "removeTagFromObject" => set(&visit, false).await,
        _ => Err(Refused::not_found("action")),
    }
}

/// The tags of what the reader may see, by name.
async fn list(visit: &Visit<'_>) -> Result<Vec<Value>, Refused> {
    let events = visit.events().await?;
    let mut tags: BTreeMap<String, Value> = BTreeMap::new();
    for uuid in candidates(&events, &Filter::default()).await? {
        let Some(event) = show(visit, &events, &uuid, false).await? else { continue };
        let holders = attributes(&event).into_iter().map(|(attribute, _)| attribute).chain([&event]);
        for tag in holders.filter_map(|holder| holder.get("Tag")?.as_array()).flatten() {
            tags.entry(text_of(tag, "name")).or_insert_with(|| tag.clone());
        }
    }
    Ok(tags.into_values().collect())
}

async fn set(visit: &Visit<'_>, attach: bool) -> Answered {
    let (name, tag) = (text_of(&visit.body, "uuid"), text_of(&visit.body, "tag"));
    if tag.is_empty() {
        return Err(Refused::bad("misp/no-tag", "which tag is not said"));
    }
    let local = text_of(&visit.body, "local") == "1";
    let now = visit.ctx.now().as_seconds();
    let part = visit.events().await?.part_of(&name).await?.map(|(_, part)| part);
    let part = part.ok_or_else(|| Refused::not_found("event or attribute"))?;
    change(visit, &name, |event| {
        let done = match attach {
            true => attach_tag(event, &part, &tag, local, now),
            false => detach_tag(event, &part, &tag, now),
        };
        done.map(drop).ok_or_else(|| Refused::not_found("event or attribute"))
    })
    .await?;
    let text = if attach { "Tag attached" } else { "Tag removed" };
    Ok(json!({ "saved": true, "success": true, "name": text, "message": text, "url": "/tags" }))
}
