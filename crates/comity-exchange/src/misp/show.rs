//! Events as they are shown: with numbers of this node, without what was deleted, with the lists that clients expect.

use super::{Filter, edit::Organisation, flag_of, list_of, text_of};
use comity_threat::misp::number_of;
use serde_json::{Map, Value, json};

/// Lists that a client finds in every event.
const EVENT_LISTS: &[&str] = &[
    "Attribute",
    "ShadowAttribute",
    "RelatedEvent",
    "Galaxy",
    "Object",
    "EventReport",
    "CryptographicKey",
    "Tag",
];

/// An event as this node shows it; `us` is who runs it. Deleted parts are left out unless asked for.
pub fn shown(event: &mut Value, us: &Organisation, deleted: bool) {
    let Some(map) = event.as_object_mut() else { return };
    let number = number_of(&text(map, "uuid")).to_string();
    map.insert("id".to_owned(), number.clone().into());
    EVENT_LISTS.iter().for_each(|list| {
        map.entry(*list).or_insert_with(|| Value::Array(Vec::new()));
    });
    map.insert("Org".to_owned(), us.json());
    map.insert("org_id".to_owned(), us.number.to_string().into());
    map.entry("Orgc").or_insert_with(|| us.json());
    let orgc = organisation_number(map.get("Orgc"));
    map.insert("orgc_id".to_owned(), orgc.to_string().into());
    if let Some(orgc) = map.get_mut("Orgc").and_then(Value::as_object_mut) {
        orgc.insert("id".to_owned(), orgc_text(orgc).into());
    }
    let mut count = 0;
    parts(map, "Attribute", deleted, &mut |attribute| {
        count += 1;
        attribute_shown(attribute, &number, "0");
    });
    parts(map, "Object", deleted, &mut |object| {
        let own = number_of(&text(object, "uuid")).to_string();
        object.insert("id".to_owned(), own.clone().into());
        object.insert("event_id".to_owned(), number.clone().into());
        object.entry("ObjectReference").or_insert_with(|| Value::Array(Vec::new()));
        parts(object, "Attribute", deleted, &mut |attribute| {
            count += 1;
            attribute_shown(attribute, &number, &own);
        });
    });
    parts(map, "EventReport", deleted, &mut |report| {
        report.insert("id".to_owned(), number_of(&text(report, "uuid")).to_string().into());
        report.insert("event_id".to_owned(), number.clone().into());
    });
    tags_shown(map);
    map.insert("attribute_count".to_owned(), count.to_string().into());
    defaults(
        map,
        &[("sharing_group_id", "0"), ("threat_level_id", "4"), ("analysis", "0"), ("extends_uuid", "")],
    );
}

fn attribute_shown(attribute: &mut Map<String, Value>, event: &str, object: &str) {
    let number = number_of(&text(attribute, "uuid")).to_string();
    for (key, value) in [("id", number.as_str()), ("event_id", event), ("object_id", object)] {
        attribute.insert(key.to_owned(), value.into());
    }
    for sighting in attribute.get_mut("Sighting").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(sighting) = sighting.as_object_mut() {
            sighting.insert("id".to_owned(), number_of(&text(sighting, "uuid")).to_string().into());
            sighting.insert("attribute_id".to_owned(), number.clone().into());
            sighting.insert("event_id".to_owned(), event.into());
        }
    }
    tags_shown(attribute);
    defaults(attribute, &[("sharing_group_id", "0"), ("distribution", "5"), ("comment", "")]);
}

/// Tags have numbers too; a tag is known by its name.
fn tags_shown(map: &mut Map<String, Value>) {
    for tag in map.get_mut("Tag").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(tag) = tag.as_object_mut() {
            tag.insert("id".to_owned(), number_of(&text(tag, "name")).to_string().into());
        }
    }
}

fn defaults(map: &mut Map<String, Value>, values: &[(&str, &str)]) {
    for (key, value) in values {
        map.entry(*key).or_insert_with(|| (*value).into());
    }
}

fn parts(
    map: &mut Map<String, Value>,
    list: &str,
    deleted: bool,
    each: &mut dyn FnMut(&mut Map<String, Value>),
) {
    let Some(parts) = map.get_mut(list).and_then(Value::as_array_mut) else { return };
    parts.retain(|part| deleted || !flag_of(part, "deleted"));
    parts.iter_mut().filter_map(Value::as_object_mut).for_each(each);
}

fn text(map: &Map<String, Value>, key: &str) -> String {
    map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn orgc_text(orgc: &Map<String, Value>) -> String {
    organisation_number(Some(&Value::Object(orgc.clone()))).to_string()
}

fn organisation_number(organisation: Option<&Value>) -> u64 {
    let text = |key| organisation.map_or_else(String::new, |organisation| text_of(organisation, key));
    let uuid = text("uuid");
    number_of(if uuid.is_empty() { text("name") } else { uuid }.as_str())
}

/// The attributes of an event with the objects they stand in.
pub fn attributes(event: &Value) -> Vec<(&Value, Option<&Value>)> {
    let own = list_of(event, "Attribute").iter().map(|attribute| (attribute, None));
    let inner = list_of(event, "Object").iter().flat_map(|object| {
        list_of(object, "Attribute").iter().map(move |attribute| (attribute, Some(object)))
    });
    own.chain(inner).collect()
}

/// An attribute of an event that is shown, with what a search tells of its event.
pub fn attribute_of(event: &Value, attribute: &Value) -> Value {
    let mut out = attribute.clone();
    if let Some(map) = out.as_object_mut() {
        let keys = [
            "id",
            "org_id",
            "orgc_id",
            "distribution",
            "info",
            "uuid",
            "date",
            "published",
            "threat_level_id",
        ];
        let told =
            keys.iter().map(|key| ((*key).to_owned(), event.get(*key).cloned().unwrap_or(Value::Null)));
        map.insert("Event".to_owned(), Value::Object(told.collect()));
    }
    out
}

/// A row of the index for an event that is shown.
pub fn index_row(event: &Value) -> Value {
    let keys = [
        "id",
        "org_id",
        "orgc_id",
        "date",
        "info",
        "uuid",
        "published",
        "analysis",
        "timestamp",
        "distribution",
        "sharing_group_id",
        "proposal_email_lock",
        "locked",
        "threat_level_id",
        "publish_timestamp",
        "disable_correlation",
        "extends_uuid",
        "Org",
        "Orgc",
        "attribute_count",
    ];
    let mut row =
        Map::from_iter(keys.iter().filter_map(|key| Some(((*key).to_owned(), event.get(*key)?.clone()))));
    let tags = list_of(event, "Tag")
        .iter()
        .map(|tag| json!({ "tag_id": text_of(tag, "id"), "local": flag_of(tag, "local"), "Tag": tag }));
    row.insert("EventTag".to_owned(), Value::Array(tags.collect()));
    row.insert("sighting_timestamp".to_owned(), "0".into());
    Value::Object(row)
}

/// The same for a server that compares: no more than it needs.
pub fn minimal_row(event: &Value) -> Value {
    json!({
        "id": text_of(event, "id"),
        "timestamp": text_of(event, "timestamp"),
        "sighting_timestamp": "0",
        "published": flag_of(event, "published"),
        "uuid": text_of(event, "uuid"),
        "orgc_uuid": event.get("Orgc").map_or_else(String::new, |orgc| text_of(orgc, "uuid")),
    })
}

impl Filter {
    /// The attributes of a shown event that fit, as a search tells them.
    pub fn attributes_of(&self, event: &Value) -> Vec<Value> {
        let number = text_of(event, "id").parse().unwrap_or(0);
        if !self.fits_event(event, number) {
            return Vec::new();
        }
        let fitting =
            attributes(event).into_iter().filter(|(one, object)| self.fits_attribute(event, one, *object));
        fitting.map(|(one, _)| attribute_of(event, one)).collect()
    }

    /// Whether an event is among the results.
    pub fn finds_event(&self, event: &Value) -> bool {
        let number = text_of(event, "id").parse().unwrap_or(0);
        let any =
            || attributes(event).into_iter().any(|(one, object)| self.fits_attribute(event, one, object));
        let tagged = || {
            self.tags.is_empty()
                || self.fits_attribute(event, &json!({ "uuid": text_of(event, "uuid") }), None)
        };
        self.fits_event(event, number) && if self.asks_of_attributes() { any() } else { tagged() || any() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ours_and_what_was_deleted_is_gone() {
        let us = Organisation { number: 7, uuid: "o".into(), name: "XA".into() };
        let mut event = json!({
            "id": "4711", "uuid": "3c6f0a52-6a0e-4a52-9a3b-0d0a64c10001", "info": "a", "attribute_count": "99",
            "Attribute": [{ "id": "1", "uuid": "a1", "type": "domain", "value": "x" }, { "uuid": "a2", "deleted": true }],
            "Object": [{ "uuid": "o1", "Attribute": [{ "uuid": "a3", "Sighting": [{ "uuid": "s1" }] }] }],
        });
        shown(&mut event, &us, false);
        assert_eq!(text_of(&event, "attribute_count"), "2");
        assert_eq!(text_of(&event, "id"), number_of("3c6f0a52-6a0e-4a52-9a3b-0d0a64c10001").to_string());
        let inner = &event["Object"][0]["Attribute"][0];
        assert_eq!(text_of(inner, "object_id"), text_of(&event["Object"][0], "id"));
        assert_eq!(text_of(&inner["Sighting"][0], "attribute_id"), text_of(inner, "id"));
        let filter = Filter::read(&json!({ "type": "domain" }), 0).unwrap();
        assert_eq!(filter.attributes_of(&event).len(), 1);
        assert!(filter.finds_event(&event));
        assert_eq!(text_of(&minimal_row(&event), "id"), text_of(&event, "id"));
    }
}
