//! Events as clients write them: what is filled in, and how an edit joins what is held.

use super::{fill, flag_of, list_mut, list_of, seconds_of, text_of};
use serde_json::{Map, Value, json};

/// What a write needs from outside.
pub struct Fresh<'f> {
    /// The present, in seconds since 1970.
    pub now: i64,
    /// Today, as `2026-03-01`.
    pub today: String,
    /// Who writes.
    pub organisation: Organisation,
    /// A new UUID each time.
    pub uuid: &'f mut dyn FnMut() -> String,
}

/// An organisation as MISP names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its number here.
    pub number: u64,
    /// Its UUID.
    pub uuid: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Debug for Fresh<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fresh").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Organisation {
    /// As MISP writes it.
    pub fn json(&self) -> Value {
        json!({ "id": self.number.to_string(), "name": self.name, "uuid": self.uuid, "local": true })
    }
}

/// Fills in what a new event leaves out. `false` where it is no event: it needs a title.
///
/// Without a distribution it gets 1, "this community only", which is MISP's own default.
pub fn complete(event: &mut Value, fresh: &mut Fresh<'_>) -> bool {
    let Some(map) = event.as_object_mut() else { return false };
    if map.get("info").and_then(Value::as_str).is_none_or(str::is_empty) {
        return false;
    }
    fill(map, "uuid", (fresh.uuid)());
    fill(map, "date", fresh.today.clone());
    fill(map, "timestamp", fresh.now.to_string());
    fill(map, "distribution", "1");
    fill(map, "threat_level_id", "4");
    fill(map, "analysis", "0");
    fill(map, "published", false);
    fill(map, "publish_timestamp", "0");
    fill(map, "Orgc", fresh.organisation.json());
    map.insert("Org".to_owned(), fresh.organisation.json());
    lists(map, fresh);
    true
}

/// Fills in the attributes, objects, references and reports of an event.
fn lists(map: &mut Map<String, Value>, fresh: &mut Fresh<'_>) {
    each(map, "Attribute", &mut |attribute| attribute_filled(attribute, fresh));
    each(map, "Object", &mut |object| {
        fill(object, "uuid", (fresh.uuid)());
        fill(object, "timestamp", fresh.now.to_string());
        fill(object, "distribution", "5");
        each(object, "Attribute", &mut |attribute| attribute_filled(attribute, fresh));
        each(object, "ObjectReference", &mut |reference| {
            fill(reference, "uuid", (fresh.uuid)());
            fill(reference, "timestamp", fresh.now.to_string());
        });
    });
    each(map, "EventReport", &mut |report| {
        fill(report, "uuid", (fresh.uuid)());
        fill(report, "timestamp", fresh.now.to_string());
        fill(report, "distribution", "5");
    });
}

fn attribute_filled(attribute: &mut Map<String, Value>, fresh: &mut Fresh<'_>) {
    fill(attribute, "uuid", (fresh.uuid)());
    fill(attribute, "timestamp", fresh.now.to_string());
    fill(attribute, "distribution", "5");
    fill(attribute, "to_ids", false);
    fill(attribute, "comment", "");
    fill(attribute, "deleted", false);
    each(attribute, "Sighting", &mut |sighting| {
        fill(sighting, "uuid", (fresh.uuid)());
        fill(sighting, "date_sighting", fresh.now.to_string());
    });
}

fn each(map: &mut Map<String, Value>, key: &str, change: &mut dyn FnMut(&mut Map<String, Value>)) {
    for element in map.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(element) = element.as_object_mut() {
            change(element);
        }
    }
}

/// Joins an edit to the event as it is held. What the edit does not mention stays; what it mentions wins where it is newer
/// or says no time, as MISP has it. `false` where the edit is older than what is held.
pub fn merge(held: &mut Value, edit: Value, fresh: &mut Fresh<'_>) -> bool {
    let Value::Object(mut edit) = edit else { return false };
    let said = seconds_of(&Value::Object(edit.clone()), "timestamp");
    if said > 0 && said < seconds_of(held, "timestamp") {
        return false;
    }
    let Some(map) = held.as_object_mut() else { return false };
    let lists = ["Attribute", "Object", "EventReport"];
    let parts: Vec<(&str, Vec<Value>)> = lists
        .iter()
        .filter_map(|list| match edit.remove(*list) {
            Some(Value::Array(parts)) => Some((*list, parts)),
            _ => None,
        })
        .collect();
    // Whose event it is does not change, nor does what it is.
    for kept in ["uuid", "Orgc", "orgc_id", "Org", "org_id", "id", "attribute_count"] {
        edit.remove(kept);
    }
    let before = seconds_of(&Value::Object(map.clone()), "timestamp");
    // The same time again: the event itself is as it was, though parts of it may be newer.
    let newer = if said == before { said.to_string() } else { later(said, before, fresh.now) };
    map.extend(edit);
    map.insert("timestamp".to_owned(), newer.into());
    for (list, parts) in parts {
        for part in parts {
            merge_part(map, list, part, fresh);
        }
    }
    true
}

/// Joins an attribute, object or report to the list it belongs to, by its UUID.
fn merge_part(map: &mut Map<String, Value>, list: &str, part: Value, fresh: &mut Fresh<'_>) {
    let uuid = text_of(&part, "uuid");
    let Some(held) = list_mut(map, list) else { return };
    let Value::Object(mut part) = part else { return };
    let Some(known) = held.iter_mut().find(|known| !uuid.is_empty() && text_of(known, "uuid") == uuid) else {
        let mut new = Map::from_iter([(list.to_owned(), Value::Array(vec![Value::Object(part)]))]);
        lists(&mut new, fresh);
        held.extend(new.remove(list).and_then(|list| list.as_array().cloned()).into_iter().flatten());
        return;
    };
    let before = known.clone();
    let Some(known) = known.as_object_mut() else { return };
    let said = seconds_of(&Value::Object(part.clone()), "timestamp");
    if said > 0 && said < seconds_of(&before, "timestamp") {
        return;
    }
    for inner in ["Attribute", "ObjectReference", "Sighting"] {
        if let Some(Value::Array(parts)) = part.remove(inner) {
            parts.into_iter().for_each(|part| merge_part(known, inner, part, fresh));
        }
    }
    known.extend(
        part.into_iter()
            .filter(|(key, _)| !matches!(key.as_str(), "id" | "event_id" | "object_id" | "timestamp")),
    );
    let after = Value::Object(known.clone());
    if said > seconds_of(&before, "timestamp") || !same(&before, &after) {
        let newer = later(said, seconds_of(&before, "timestamp"), fresh.now);
        known.insert("timestamp".to_owned(), newer.into());
    }
}

/// A version must be later than the one before it, even within a second.
fn later(said: i64, before: i64, now: i64) -> String {
    let time = if said > 0 { said } else { now };
    time.max(before.saturating_add(1)).to_string()
}

/// Whether two states of a part say the same, apart from what stands in it.
fn same(before: &Value, after: &Value) -> bool {
    let plain = |value: &Value| {
        let mut value = value.clone();
        if let Some(map) = value.as_object_mut() {
            ["Attribute", "ObjectReference", "Sighting", "timestamp"].iter().for_each(|key| {
                map.remove(*key);
            });
        }
        value
    };
    plain(before) == plain(after)
}

/// Ends an event: every part of it says that it is deleted.
pub fn revoke(event: &mut Value, now: i64) {
    let Some(map) = event.as_object_mut() else { return };
    let mut end = |part: &mut Map<String, Value>| {
        let newer = later(0, seconds_of(&Value::Object(part.clone()), "timestamp"), now);
        part.insert("deleted".to_owned(), true.into());
        part.insert("timestamp".to_owned(), newer.into());
    };
    end(map);
    each(map, "Attribute", &mut end);
    each(map, "EventReport", &mut end);
    each(map, "Object", &mut |object| {
        end(object);
        each(object, "Attribute", &mut end);
    });
}

/// The event itself or the attribute of it with this UUID.
fn holder<'v>(event: &'v mut Value, uuid: &str) -> Option<&'v mut Map<String, Value>> {
    if text_of(event, "uuid") == uuid {
        return event.as_object_mut();
    }
    let own = list_of(event, "Attribute").iter().any(|one| text_of(one, "uuid") == uuid);
    let map = event.as_object_mut()?;
    let lists: Vec<&mut Value> = match own {
        true => map.get_mut("Attribute").and_then(Value::as_array_mut).into_iter().flatten().collect(),
        false => {
            let objects = map.get_mut("Object").and_then(Value::as_array_mut).into_iter().flatten();
            objects.filter_map(|object| object.get_mut("Attribute")?.as_array_mut()).flatten().collect()
        }
    };
    lists.into_iter().find(|one| text_of(one, "uuid") == uuid).and_then(Value::as_object_mut)
}

/// Puts a tag on the event or attribute with this UUID. `None` where there is no such, `false` where it has the tag.
pub fn attach_tag(event: &mut Value, uuid: &str, tag: &str, local: bool, now: i64) -> Option<bool> {
    let holder = holder(event, uuid)?;
    let before = seconds_of(&Value::Object(holder.clone()), "timestamp");
    let tags = list_mut(holder, "Tag")?;
    if tags.iter().any(|one| text_of(one, "name") == tag && flag_of(one, "local") == local) {
        return Some(false);
    }
    tags.push(json!({ "name": tag, "colour": "#0088cc", "local": local, "exportable": true }));
    holder.insert("timestamp".to_owned(), later(0, before, now).into());
    Some(true)
}

/// Takes a tag away again, in the same way.
pub fn detach_tag(event: &mut Value, uuid: &str, tag: &str, now: i64) -> Option<bool> {
    let holder = holder(event, uuid)?;
    let before = seconds_of(&Value::Object(holder.clone()), "timestamp");
    let tags = list_mut(holder, "Tag")?;
    let count = tags.len();
    tags.retain(|one| text_of(one, "name") != tag);
    let gone = tags.len() < count;
    if gone {
        holder.insert("timestamp".to_owned(), later(0, before, now).into());
    }
    Some(gone)
}

/// Adds a sighting to the attribute with this UUID and gives it back; `None` where there is no such attribute.
pub fn sight(event: &mut Value, uuid: &str, asked: &Value, fresh: &mut Fresh<'_>) -> Option<Value> {
    let said = seconds_of(asked, "timestamp").max(seconds_of(asked, "date_sighting"));
    let kind = text_of(asked, "type");
    let sighting = json!({
        "uuid": (fresh.uuid)(),
        "attribute_uuid": uuid,
        "date_sighting": if said > 0 { said } else { fresh.now }.to_string(),
        "source": text_of(asked, "source"),
        "type": if kind.is_empty() { "0".to_owned() } else { kind },
        "org_id": fresh.organisation.number.to_string(),
        "Organisation": fresh.organisation.json(),
    });
    if text_of(event, "uuid") == uuid {
        return None;
    }
    list_mut(holder(event, uuid)?, "Sighting")?.push(sighting.clone());
    Some(sighting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(now: i64, act: impl FnOnce(&mut Fresh<'_>) -> T) -> T {
        let mut count = 0;
        let mut uuid = || {
            count += 1;
            format!("00000000-0000-4000-8000-{count:012}")
        };
        let organisation = Organisation { number: 7, uuid: "o".into(), name: "XA".into() };
        act(&mut Fresh { now, today: "2026-03-01".into(), organisation, uuid: &mut uuid })
    }

    fn event() -> Value {
        let mut event = json!({
            "info": "a",
            "Attribute": [{ "type": "domain", "value": "a.example" }, { "type": "md5", "value": "x" }],
            "Object": [{ "name": "file", "Attribute": [{ "type": "filename", "value": "f" }] }],
        });
        assert!(with(100, |fresh| complete(&mut event, fresh)));
        event
    }

    #[test]
    fn a_new_event_gets_what_it_leaves_out() {
        let event = event();
        for (path, expected) in [
            ("/distribution", json!("1")),
            ("/timestamp", json!("100")),
            ("/date", json!("2026-03-01")),
            ("/Orgc/name", json!("XA")),
            ("/Attribute/1/distribution", json!("5")),
            ("/Object/0/Attribute/0/timestamp", json!("100")),
        ] {
            assert_eq!(event.pointer(path), Some(&expected), "{path}");
        }
        let mut no_event = json!({ "Attribute": [] });
        assert!(!with(1, |fresh| complete(&mut no_event, fresh)));
    }

    #[test]
    fn an_edit_changes_what_it_mentions_and_keeps_the_rest() {
        let mut held = event();
        let uuid = text_of(&held["Attribute"][0], "uuid");
        let edit = json!({ "info": "b", "uuid": "other", "Attribute": [{ "uuid": uuid, "value": "b.example" }, { "type": "ip-dst", "value": "192.0.2.1" }] });
        assert!(with(100, |fresh| merge(&mut held, edit, fresh)));
        assert_eq!((text_of(&held, "info"), text_of(&held, "timestamp")), ("b".into(), "101".into()));
        assert_ne!(text_of(&held, "uuid"), "other");
        let attributes = list_of(&held, "Attribute");
        assert_eq!(attributes.len(), 3);
        assert_eq!(
            (text_of(&attributes[0], "value"), text_of(&attributes[0], "timestamp")),
            ("b.example".into(), "101".into())
        );
        assert_eq!(
            (text_of(&attributes[0], "type"), text_of(&attributes[1], "timestamp")),
            ("domain".into(), "100".into())
        );
        assert_eq!(text_of(&attributes[2], "timestamp"), "100");
    }

    #[test]
    fn an_older_edit_changes_nothing() {
        let mut held = event();
        let before = held.clone();
        assert!(!with(200, |fresh| merge(&mut held, json!({ "info": "b", "timestamp": "99" }), fresh)));
        assert_eq!(held, before);
        let uuid = text_of(&held["Attribute"][0], "uuid");
        let edit = json!({ "Attribute": [{ "uuid": uuid, "value": "old.example", "timestamp": "1" }] });
        assert!(with(200, |fresh| merge(&mut held, edit, fresh)));
        assert_eq!(held["Attribute"], before["Attribute"]);
    }

    #[test]
    fn tags_and_sightings_reach_what_they_are_meant_for() {
        let mut event = event();
        let (own, inner) = (text_of(&event, "uuid"), text_of(&event["Object"][0]["Attribute"][0], "uuid"));
        assert_eq!(attach_tag(&mut event, &own, "tlp:amber", false, 100), Some(true));
        assert_eq!(attach_tag(&mut event, &own, "tlp:amber", false, 100), Some(false));
        assert_eq!(attach_tag(&mut event, &inner, "x", true, 100), Some(true));
        assert_eq!(attach_tag(&mut event, "nobody", "x", true, 100), None);
        assert_eq!(text_of(&event["Object"][0]["Attribute"][0], "timestamp"), "101");
        assert_eq!(detach_tag(&mut event, &own, "tlp:amber", 100), Some(true));
        assert_eq!(list_of(&event, "Tag").len(), 0);
        let seen = with(300, |fresh| sight(&mut event, &inner, &json!({ "type": "1" }), fresh)).unwrap();
        assert_eq!((text_of(&seen, "type"), text_of(&seen, "date_sighting")), ("1".into(), "300".into()));
        assert_eq!(list_of(&event["Object"][0]["Attribute"][0], "Sighting").len(), 1);
        assert_eq!(with(300, |fresh| sight(&mut event, "nobody", &json!({}), fresh)), None);
    }

    #[test]
    fn what_is_ended_says_so_in_every_part() {
        let mut event = event();
        revoke(&mut event, 100);
        for path in ["/deleted", "/Attribute/0/deleted", "/Object/0/deleted", "/Object/0/Attribute/0/deleted"]
        {
            assert_eq!(event.pointer(path), Some(&json!(true)), "{path}");
        }
        assert_eq!(event["timestamp"], "101");
    }
}
