//! Events of MISP: those that are held in parts come out as they were, all else becomes attributes of one event.
//!
//! An attribute goes no further than its object: red and amber+strict stay with the organisation, amber with the community
//! of the instance, green with those connected, and clear goes to all, but where an onward rule limits it.

use super::{Reach, Row};
use crate::{
    Moment, Object, Uuid,
    misp::{Part, assemble},
    value::{Kind, Value, is_public_suffix},
};
use comity_record::label::Tlp;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The namespace of UUIDs of attributes that had none.
const NAMESPACE: Uuid =
    Uuid([0x1d, 0x6a, 0x2c, 0x55, 0x90, 0x3e, 0x4c, 0x8b, 0xb0, 0x17, 0x7e, 0x44, 0x29, 0xd8, 0x51, 0x6f]);

/// Events in the making.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// How far the object goes that is being taken.
    pub reach: Reach,
    /// Parts of events that are held, with the texts they came in.
    parts: BTreeMap<String, Vec<(Part, String, Reach)>>,
    whole: Vec<String>,
    attributes: Vec<Json>,
    widest: u8,
    strictest: Option<Tlp>,
}

impl Default for Reach {
    fn default() -> Reach {
        Reach { tlp: None, limited: true }
    }
}

impl Reach {
    /// The level of MISP: 0 the organisation, 1 the community, 2 those connected, 3 all.
    fn level(self) -> u8 {
        let level = match self.tlp {
            None | Some(Tlp::Red | Tlp::AmberStrict) => 0,
            Some(Tlp::Amber) => 1,
            Some(Tlp::Green) => 2,
            Some(Tlp::Clear) => 3,
        };
        if self.limited { level.min(1) } else { level }
    }
}

impl Events {
    /// Keeps an object that is a part of an event; what is none is told.
    pub fn part(&mut self, object: &Object<'_>, reach: Reach) -> bool {
        let Some(part) = Part::of(object) else { return false };
        let text = object.text().to_owned();
        self.parts.entry(part.event.clone()).or_default().push((part, text, reach));
        true
    }

    /// Puts together the events whose heads are there. The objects of the others are given back.
    pub fn assemble(&mut self) -> Vec<(String, Reach)> {
        let mut left = Vec::new();
        for (_, found) in std::mem::take(&mut self.parts) {
            let parts: Vec<Part> = found.iter().map(|(part, ..)| part.clone()).collect();
            match assemble(&parts) {
                Some(event) => self.whole.push(event),
                None => left.extend(found.into_iter().map(|(_, text, reach)| (text, reach))),
            }
        }
        left
    }

    /// How many events were put together of parts.
    pub fn assembled(&self) -> u64 {
        self.whole.len() as u64
    }

    /// Takes a value as an attribute.
    pub fn value(&mut self, row: &Row<'_>) -> Result<(), &'static str> {
        let text = row.value.text();
        let (kind, category, value) = match row.value.kind() {
            Kind::Name => (type_of_name(text), "Network activity", text.to_owned()),
            Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr => ("ip-dst", "Network activity", text.to_owned()),
            Kind::AddressPort => ("ip-dst|port", "Network activity", with_bar(text)),
            Kind::Url => ("url", "Network activity", text.to_owned()),
            Kind::Email => ("email", "Payload delivery", text.to_owned()),
            Kind::Md5 => ("md5", "Payload delivery", text.to_owned()),
            Kind::Sha1 => ("sha1", "Payload delivery", text.to_owned()),
            Kind::Sha256 => ("sha256", "Payload delivery", text.to_owned()),
            Kind::Sha512 => ("sha512", "Payload delivery", text.to_owned()),
            Kind::Other => return Err("a kind that has no attribute of MISP"),
        };
        let labels = row.labels.split('|').filter(|label| !label.is_empty());
        let mut attribute = self.attribute(&uuid_of(row.id, row.value), kind, category, &value);
        attribute.insert("to_ids".to_owned(), json!(row.id.starts_with("indicator--")));
        attribute.insert("comment".to_owned(), json!(row.name));
        for (key, text) in [("first_seen", row.valid_from), ("last_seen", row.valid_until)] {
            if !text.is_empty() {
                attribute.insert(key.to_owned(), json!(text));
            }
        }
        self.put(attribute, labels.map(str::to_owned).collect());
        Ok(())
    }

    /// Takes a pattern or rule as an attribute.
    pub fn whole(&mut self, object: &Object<'_>, kind: &str, pattern: &str) {
        let category = if kind == "snort" { "Network activity" } else { "Payload installation" };
        let name = object.text_of("name").unwrap_or_default();
        let uuid = object.id().split_once("--").map_or_else(String::new, |(_, uuid)| uuid.to_owned());
        let mut attribute = self.attribute(&uuid, kind, category, pattern);
        attribute.insert("to_ids".to_owned(), json!(true));
        attribute.insert("comment".to_owned(), json!(name));
        self.put(attribute, Vec::new());
    }

    fn attribute(&self, uuid: &str, kind: &str, category: &str, value: &str) -> Map<String, Json> {
        let mut attribute = Map::new();
        let level = self.reach.level().to_string();
        for (key, text) in [("uuid", uuid), ("type", kind), ("category", category), ("value", value)] {
            attribute.insert(key.to_owned(), json!(text));
        }
        attribute.insert("distribution".to_owned(), json!(level));
        attribute
    }

    fn put(&mut self, mut attribute: Map<String, Json>, labels: Vec<String>) {
        self.widest = self.widest.max(self.reach.level());
        self.strictest = self.strictest.max(self.reach.tlp);
        let tags = self.reach.tlp.map(tag_of).into_iter().chain(labels);
        let tags: Vec<Json> = tags.map(|name| json!({ "name": name })).collect();
        if !tags.is_empty() {
            attribute.insert("Tag".to_owned(), json!(tags));
        }
        self.attributes.push(Json::Object(attribute));
    }

    /// The whole text.
    pub fn finish(mut self, name: &str, stamp: Moment) -> String {
        if !self.attributes.is_empty() {
            let made = self.made(name, stamp).to_string();
            self.whole.push(made);
        }
        format!("{{\"response\":[{}]}}\n", self.whole.join(",\n"))
    }

    /// The event of what was none.
    fn made(&mut self, name: &str, stamp: Moment) -> Json {
        let seconds = stamp.timestamp().as_millis().div_euclid(1000).to_string();
        let tags: Vec<Json> =
            self.strictest.map(tag_of).map(|name| json!({ "name": name })).into_iter().collect();
        for attribute in self.attributes.iter_mut().filter_map(Json::as_object_mut) {
            attribute.insert("timestamp".to_owned(), json!(seconds));
        }
        json!({ "Event": {
            "uuid": Uuid::of_name(NAMESPACE, &[b"event\0", name.as_bytes()]).to_string(),
            "info": name, "date": stamp.date().to_string(), "timestamp": seconds, "published": false,
            "analysis": "2", "threat_level_id": "4", "distribution": self.widest.to_string(), "Tag": tags,
            "Attribute": std::mem::take(&mut self.attributes),
        }})
    }
}

/// The tag of an audience in MISP's taxonomy of TLP.
fn tag_of(tlp: Tlp) -> String {
    format!("tlp:{}", tlp.as_str())
}

/// A name right below a public suffix is a domain to MISP, any other a host.
fn type_of_name(name: &str) -> &'static str {
    match name.split_once('.') {
        Some((_, above)) if !is_public_suffix(above) => "hostname",
        _ => "domain",
    }
}

/// MISP puts a bar between address and port.
fn with_bar(text: &str) -> String {
    let (address, port) = text.rsplit_once(':').unwrap_or((text, ""));
    format!("{}|{port}", address.trim_start_matches('[').trim_end_matches(']'))
}

/// Follows from object and value, so that a second export of the same has the same.
fn uuid_of(id: &str, value: &Value) -> String {
    let parts: [&[u8]; 4] = [id.as_bytes(), b"\0", value.kind().word().as_bytes(), value.text().as_bytes()];
    Uuid::of_name(NAMESPACE, &parts).to_string()
}
