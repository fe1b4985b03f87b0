//! MISP events become objects that carry every field, and are put together again of those that a reader may see.

use crate::{shared, shared_archive};
use comity_record::{Labels, label::Tlp};
use comity_threat::{
    Context, Object, Policy, Tables, import_bytes, labels_for,
    misp::{Arrival, Conversion, Converted, Mapping, Part, PartKind, assemble, events},
    reader::ReadFault,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const WHOLE: &str = include_str!("../../../../tests/misp/whole.json");

/// The objects of the events of an input, event by event, and what was done.
fn convert(input: &[u8]) -> Result<(Vec<Vec<String>>, Converted), ReadFault> {
    let (mapping, tables) = (Mapping::built_in().unwrap(), Tables::built_in().unwrap());
    let context = Context::new(&tables, Policy::default());
    let conversion = Conversion { mapping: &mapping, context: &context, arrival: Arrival::Written };
    let (mut all, mut sum) = (Vec::new(), Converted::default());
    for event in events(input)? {
        let mut objects = Vec::new();
        let done = conversion.event(input, event, &mut |object| objects.push(object))?;
        sum.attributes += done.attributes;
        sum.objects += done.objects;
        sum.custom += done.custom;
        all.push(objects);
    }
    Ok((all, sum))
}

fn part(object: &str) -> Option<Part> {
    Part::of(&Object::read(object.as_bytes()).unwrap())
}

fn together(objects: &[String]) -> Value {
    let parts: Vec<Part> = objects.iter().filter_map(|object| part(object)).collect();
    serde_json::from_str(&assemble(&parts).unwrap()).unwrap()
}

/// The events of an input as an independent parser has them.
fn expected(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| expected(one, found)),
        Value::Object(map) => match map.get("Event").or_else(|| map.get("response")) {
            Some(inner) => expected(inner, found),
            None if map.contains_key("info") => found.push(value.clone()),
            None => {}
        },
        _ => {}
    }
}

/// Converts and assembles an input, and wants every event back with equal content.
fn check(name: &str, input: &[u8]) -> (u64, u64) {
    let (all, done) = convert(input).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let mut events = Vec::new();
    expected(&serde_json::from_slice(input).unwrap(), &mut events);
    assert_eq!(all.len(), events.len(), "{name}");
    let mut count = 0;
    for (objects, event) in all.iter().zip(&events) {
        assert_eq!(together(objects)["Event"], *event, "{name}");
        count += attributes_of(event);
        let text = format!("[{}]", objects.join(","));
        let (_, report) =
            import_bytes(text.as_bytes(), &Tables::built_in().unwrap(), Policy::default()).unwrap();
        assert_eq!((report.refusals(), report.conflicting), (0, 0), "{name}: {:?}", report.refused.first());
        assert_eq!(report.taken + report.repeated, objects.len() as u64, "{name}");
    }
    assert_eq!(done.attributes, count, "{name}");
    (events.len() as u64, done.attributes)
}

fn attributes_of(event: &Value) -> u64 {
    let list = |value: &Value| value["Attribute"].as_array().map_or(0, Vec::len) as u64;
    list(event) + event["Object"].as_array().into_iter().flatten().map(list).sum::<u64>()
}

/// The labels of each object by its id.
fn labels(objects: &[String]) -> BTreeMap<String, Labels> {
    let tables = Tables::built_in().unwrap();
    let mut context = Context::new(&tables, Policy::default());
    let read: Vec<Object<'_>> = objects.iter().map(|text| Object::read(text.as_bytes()).unwrap()).collect();
    read.iter().for_each(|object| context.note(object));
    read.iter().map(|object| (object.id().to_owned(), labels_for(object, &context).labels)).collect()
}

#[test]
fn an_event_with_everything_comes_back_with_every_field() {
    assert_eq!(check("whole.json", WHOLE.as_bytes()), (1, 7));
}

#[test]
fn the_same_event_gives_the_same_objects() {
    assert_eq!(convert(WHOLE.as_bytes()).unwrap(), convert(WHOLE.as_bytes()).unwrap());
}

#[test]
fn each_part_goes_as_far_as_it_may_and_no_further() {
    let objects = convert(WHOLE.as_bytes()).unwrap().0.remove(0);
    let labels = labels(&objects);
    let of =
        |id: &str| labels.get(id).unwrap_or_else(|| panic!("no {id} in {:?}", labels.keys())).to_string();
    let id = |type_name: &str, tail: &str| format!("{type_name}--3c6f0a52-6a0e-4a52-9a3b-0d0a64c1{tail}");
    let claim = "attribution-claim=CERT XB:2026-03-03";
    let indicator = "pap=green category=technical-indicator";
    assert_eq!(of(&id("report", "0001")), format!("tlp=clear {indicator} {claim}"));
    assert_eq!(of(&id("indicator", "0010")), format!("tlp=green {indicator}"));
    assert_eq!(of(&id("indicator", "0020")), format!("tlp=red {indicator} onward=prohibited"));
    assert_eq!(
        of(&id("observed-data", "0021")),
        "tlp=clear pap=green category=technical-indicator,identity personal=personal"
    );
    assert_eq!(of(&id("grouping", "0030")), format!("tlp=amber {indicator} onward=prohibited"));
    assert_eq!(
        of(&id("indicator", "0034")),
        "tlp=amber pap=green category=technical-indicator,malware-sample onward=prohibited"
    );
    assert_eq!(of(&id("sighting", "0011")), format!("tlp=green {indicator}"));
    assert_eq!(of(&id("relationship", "0031")), format!("tlp=amber {indicator} onward=prohibited"));
    // A copy of something that stands in no event at hand.
    assert_eq!(of(&id("relationship", "0032")), "tlp=red category=technical-indicator onward=prohibited");
    assert_eq!(of(&id("note", "0050")), format!("tlp=clear {indicator}"));
    for (id, labels) in &labels {
        if id.starts_with("x-misp-instance") {
            assert_eq!(labels.tlp, Tlp::Red);
        }
    }
}

#[test]
fn no_object_tells_of_one_that_is_stricter() {
    let objects = convert(WHOLE.as_bytes()).unwrap().0.remove(0);
    let labels = labels(&objects);
    let secrets = [
        "192.0.2.77",
        "c10020",
        "our:queue",
        "workflow:state",
        "analyst@cert",
        "nobody's business",
        "attribute_count",
    ];
    for audience in [Tlp::Clear, Tlp::Green, Tlp::Amber] {
        let seen: Vec<&String> = objects
            .iter()
            .filter(|text| labels[Object::read(text.as_bytes()).unwrap().id()].tlp <= audience)
            .collect();
        let ids: BTreeSet<String> =
            seen.iter().map(|text| Object::read(text.as_bytes()).unwrap().id().to_owned()).collect();
        for text in &seen {
            for secret in secrets {
                assert!(!text.contains(secret), "{audience}: {secret} in {text}");
            }
            for hidden in labels.keys().filter(|id| !ids.contains(*id) && !id.starts_with("identity")) {
                let (_, uuid) = hidden.split_once("--").unwrap();
                assert!(!text.contains(uuid), "{audience}: {hidden} is named in {text}");
            }
        }
    }
}

#[test]
fn an_event_is_assembled_of_what_a_reader_may_see() {
    let objects = convert(WHOLE.as_bytes()).unwrap().0.remove(0);
    let labels = labels(&objects);
    let seen: Vec<String> = objects
        .iter()
        .filter(|text| labels[Object::read(text.as_bytes()).unwrap().id()].tlp <= Tlp::Green)
        .cloned()
        .collect();
    let event = together(&seen)["Event"].clone();
    assert_eq!(attributes_of(&event), 4);
    assert_eq!(event["Object"].as_array().unwrap().len(), 1);
    for gone in ["attribute_count", "RelatedEvent", "event_creator_email"] {
        assert_eq!(event.get(gone), None, "{gone}");
    }
    let names: Vec<&str> =
        event["Tag"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"tlp:clear") && !names.iter().any(|name| name.starts_with("workflow")));
    // Without the event itself nothing is told of its parts.
    let parts: Vec<Part> =
        seen.iter().filter_map(|text| part(text)).filter(|p| p.kind != PartKind::Event).collect();
    assert_eq!(assemble(&parts), None);
}

#[test]
fn a_pulled_event_has_one_step_less() {
    let input = br#"{"Event":{"info":"a","uuid":"3c6f0a52-6a0e-4a52-9a3b-0d0a64c10001","distribution":"2"}}"#;
    let (mapping, tables) = (Mapping::built_in().unwrap(), Tables::built_in().unwrap());
    let context = Context::new(&tables, Policy::default());
    let mut shown = Vec::new();
    for arrival in [Arrival::Written, Arrival::Pulled] {
        let conversion = Conversion { mapping: &mapping, context: &context, arrival };
        let mut objects = Vec::new();
        conversion.event(input, events(input).unwrap()[0], &mut |object| objects.push(object)).unwrap();
        shown.push(labels(&objects)["report--3c6f0a52-6a0e-4a52-9a3b-0d0a64c10001"].tlp);
    }
    assert_eq!(shown, [Tlp::Amber, Tlp::Red]);
}

#[test]
fn doubtful_json_refuses_the_event_with_its_place() {
    for (input, expected) in [
        (
            "{\"Event\":{\"info\":\"a\",\n\"Attribute\":[{\"type\":\"md5\",\"type\":\"sha1\"}]}}",
            "the key `type` appears twice in one object at line 2, column 28 (byte 49, `Event.Attribute.[0]`)",
        ),
        (
            "{\"Event\":{\"info\":\"a\",\"Attribute\":[{},7]}}",
            "`7` begins no object at line 1, column 38 (byte 37, `Event.Attribute.[1]`)",
        ),
        (
            "{\"Event\":{\"info\":\"a\",\"info\":\"b\"}}",
            "the key `info` appears twice in one object at line 1, column 29 (byte 28)",
        ),
    ] {
        assert_eq!(convert(input.as_bytes()).unwrap_err().to_string(), expected, "{input}");
    }
}

#[test]
fn published_events_come_back_with_every_field() {
    let mut sum = (0, 0);
    for archive in ["misp/eset-events.tar.zst", "misp/pymisp-test-events.tar.zst"] {
        let Some(files) = shared_archive(archive) else { return };
        for (name, bytes) in files {
            // The archives also hold templates, bundles, and one file that is not JSON.
            let Ok(value) = serde_json::from_slice::<Value>(&bytes) else {
                assert_eq!(convert(&bytes).unwrap_err().code(), "threat/json-syntax", "{name}");
                continue;
            };
            let mut events = Vec::new();
            expected(&value, &mut events);
            if events.is_empty() {
                assert_eq!(convert(&bytes).unwrap_err().code(), "threat/not-misp", "{name}");
                continue;
            }
            let (events, attributes) = check(&name, &bytes);
            sum = (sum.0 + events, sum.1 + attributes);
        }
    }
    let Some(stalkerware) = shared("misp/stalkerware-event.json.zst") else { return };
    let (events, attributes) = check("stalkerware", &stalkerware);
    // Counted with another JSON parser.
    assert_eq!((sum.0 + events, sum.1 + attributes), (66, 9810));
}

#[test]
fn the_malformed_published_event_is_refused_with_its_place() {
    let Some(bytes) = shared("misp/malformed/malicious_pypi_packages.misp-event.json.zst") else { return };
    let fault = convert(&bytes).unwrap_err();
    // Line and column are those of another JSON parser.
    let place = (fault.at.line, fault.at.column, fault.at.offset);
    assert_eq!((fault.code(), place), ("threat/json-syntax", (37374, 9, 1_532_403)), "{fault}");
}
