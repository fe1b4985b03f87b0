//! MISP: an event of many attributes, taken apart into objects and put together again.

use crate::{
    Outcome,
    line::{Line, Target, rounded},
    machine::Since,
    peer::{Interpreters, NOT_RUN},
};
use comity_threat::{
    Context, Object, Policy, Tables,
    misp::{Arrival, Conversion, Mapping, Part, assemble, events},
};
use serde_json::{Value, json};
use std::{fs, path::Path};

const ATTRIBUTES: usize = 50_000;
/// What the peer in Python is given.
const FEWER: usize = 1_000;
const ROUNDS: usize = 3;

/// Measures.
pub fn measure(dir: &Path, peers: &Interpreters) -> Outcome<Vec<Line>> {
    let event = event(ATTRIBUTES).to_string();
    let (mut best, mut back) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let since = Since::on_this_thread();
        let objects = converted(event.as_bytes())?;
        best = best.min(since.cpu());
        let since = Since::on_this_thread();
        let part = |text: &String| Some(Part::of(&Object::read(text.as_bytes()).ok()?)).flatten();
        let parts: Vec<Part> = objects.iter().filter_map(part).collect();
        let text = assemble(&parts).ok_or("no event came of the objects")?;
        back = back.min(since.cpu());
        if serde_json::from_str::<Value>(&text)? != serde_json::from_str::<Value>(&event)? {
            return Err("another event came back".into());
        }
    }
    let path = dir.join("event.json");
    fs::write(&path, self::event(FEWER).to_string())?;
    let told = peers.run("misp-stix", &path)?;
    let rate =
        Line::new("misp", ATTRIBUTES as f64 / best, "attributes per CPU-second", Target::AtLeast(50_000.0))
            .beside("attributes", ATTRIBUTES)
            .beside("back_per_cpu_second", rounded(ATTRIBUTES as f64 / back))
            .beside("peer", told.map_or_else(|| NOT_RUN.into(), |told| told.shown()));
    Ok(vec![rate])
}

fn converted(event: &[u8]) -> Outcome<Vec<String>> {
    let (mapping, tables) = (Mapping::built_in()?, Tables::built_in()?);
    let context = Context::new(&tables, Policy::default());
    let conversion = Conversion { mapping: &mapping, context: &context, arrival: Arrival::Written };
    let mut objects = Vec::new();
    for one in events(event)? {
        conversion.event(event, one, &mut |object| objects.push(object))?;
    }
    Ok(objects)
}

/// An event with so many attributes of the usual kinds.
fn event(attributes: usize) -> Value {
    let uuid = |number: usize| format!("3c6f0a52-6a0e-4a52-9a3b-{number:012x}");
    let attribute = |number: usize| {
        let hash = comity_record::sha256(&[b"file", &number.to_be_bytes()]);
        let (kind, category, value) = match number % 4 {
            0 => ("domain", "Network activity", format!("host{number}.example.net")),
            1 => ("ip-dst", "Network activity", format!("198.18.{}.{}", number >> 8 & 255, number & 255)),
            2 => ("url", "Network activity", format!("https://host{number}.example.org/p/{number}")),
            _ => ("sha256", "Payload delivery", hash.to_string()),
        };
        json!({
            "uuid": uuid(number + 1), "type": kind, "category": category, "value": value, "to_ids": true,
            "distribution": "5", "timestamp": "1772536000", "comment": "seen by a sensor of the exercise",
        })
    };
    json!({ "Event": {
        "uuid": uuid(0), "info": "Exercise: a long list", "date": "2026-03-01", "timestamp": "1772536000",
        "published": true, "distribution": "3", "threat_level_id": "2", "analysis": "2",
        "Tag": [{ "name": "tlp:green" }],
        "Attribute": (0..attributes).map(attribute).collect::<Vec<_>>(),
    } })
}
