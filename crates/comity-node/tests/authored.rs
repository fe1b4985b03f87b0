//! What Comity authors itself, judged by the reference validator of STIX and carried through other converters of MISP.

use comity_node::{
    matching::{Hit, HitIndicator, Sightings},
    random::SystemRandom,
};
use comity_record::{Timestamp, label::Tlp};
use comity_testing::python;
use comity_threat::{
    Context, Object, Policy, Tables, import_bytes,
    lists::{Author, Format, read},
    misp::{Arrival, Conversion, Mapping, Part, assemble, events},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

const WHOLE: &str = include_str!("../../../tests/misp/whole.json");
const NOW: Timestamp = Timestamp::from_millis(1_772_323_200_000);

/// A list with one value of every kind, and what stands defanged.
const PLAIN: &str = "# invented\nwww.xb.example\n192.0.2.7\n2001:db8::7\n192.0.2.0/24\n2001:db8::/32\n192.0.2.9:8443\n\
    hxxps://xb[.]example/login?a='b'&c=\\d\nmail@xb.example\nb2a5abfeef9e36964281a31e17b57c97\n\
    2fd4e1c67a2d28fced849ee1bb76e7391b93eb12\n\
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
const TABLE: &str = "value,description,first_seen,confidence,reference\nxc.example,a mail server,2026-01-02,80,\
    https://xa.example/report/7\n192.0.2.44,\"quoted, with a comma\",2026-01-03T10:00:00Z,5,\n";

fn author(source: &str) -> Author {
    Author {
        party: "XA".to_owned(),
        name: "State XA".to_owned(),
        source: source.to_owned(),
        now: NOW,
        tlp: Tlp::Green,
    }
}

fn bundle(number: u32, objects: Vec<Value>) -> Value {
    json!({
        "type": "bundle", "id": format!("bundle--3c6f0a52-6a0e-4a52-9a3b-0d0a64c1{number:04x}"), "objects": objects,
    })
}

/// The objects that are authored for a list: every one up to 500, then a part of them.
fn of_list(name: &str, bytes: &[u8], format: Format) -> Vec<Value> {
    let reading = read(bytes, format, None).unwrap();
    assert!(!reading.entries.is_empty(), "{name}");
    let author = author(name);
    let step = reading.entries.len() / 500 + 1;
    let mut objects = vec![author.identity().text];
    objects.extend(
        reading.entries.iter().step_by(step).map(|one| author.write(&one.thing, &reading.entries).text),
    );
    objects.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// The sightings of a hit on an indicator, and of one on each kind of value of a list.
fn sightings() -> Value {
    let mut sightings = Sightings::default();
    let values = [
        ("name", "www.xb.example"),
        ("ipv4", "192.0.2.7"),
        ("ipv6", "2001:db8::7"),
        ("cidr", "192.0.2.0/24"),
        ("url", "https://xb.example/login"),
        ("sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ];
    let ids = [Some("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"), None];
    for ((kind, value), id) in values.iter().flat_map(|value| ids.map(|id| (*value, id))) {
        sightings.add(&Hit {
            log: "dns.log".to_owned(),
            line: 7,
            time: Some("2026-03-01T00:00:00.000Z".to_owned()),
            rule: kind.to_owned(),
            exact: true,
            field: "query".to_owned(),
            value: value.to_owned(),
            indicator: value.to_owned(),
            kind: kind.to_owned(),
            indicators: vec![HitIndicator {
                source: "list".to_owned(),
                id: id.map(str::to_owned),
                confidence: None,
                grade: 0,
            }],
            suppressed: None,
        });
    }
    sightings.bundle(NOW, &SystemRandom).unwrap()
}

fn shared(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/threat").join(name);
    let Ok(bytes) = fs::read(path) else {
        let _ = writeln!(std::io::stderr(), "not run: {name} is not beside the repository");
        return None;
    };
    Some(zstd::decode_all(bytes.as_slice()).unwrap())
}

/// The JSON files of a shared archive.
fn archive(name: &str) -> Vec<(String, Vec<u8>)> {
    let Some(bytes) = shared(name) else { return Vec::new() };
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut out = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if path.ends_with(".json") {
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            out.push((path, content));
        }
    }
    out.sort();
    out
}

/// Runs a script of the tests over a folder. What it prints is shown where it fails, and given back where it does not.
fn run(python: &Path, name: &str, folder: &Path) -> String {
    let ended = Command::new(python).arg(python::script(name)).arg(folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ended.status.success(), "{}{}", text(&ended.stdout), text(&ended.stderr));
    text(&ended.stdout)
}

#[test]
fn what_is_authored_passes_the_reference_validator() {
    let Some(python) = python::interpreter("stix2-validator over what Comity authors") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut lists = vec![
        ("plain.txt".to_owned(), PLAIN.as_bytes().to_vec(), Format::Plain),
        ("table.csv".to_owned(), TABLE.as_bytes().to_vec(), Format::Csv),
        ("prose.txt".to_owned(), PLAIN.replace('\n', " and ").into_bytes(), Format::Prose),
    ];
    let kev = shared("advisories/cisa-kev-2025-08-25.json.zst");
    lists.extend(kev.map(|bytes| ("kev.json".to_owned(), bytes, Format::Kev)));
    let advisories = archive("advisories/cisa-csaf-ot-2023.tar.zst");
    lists.extend(advisories.into_iter().step_by(20).map(|(name, bytes)| (name, bytes, Format::Csaf)));
    let mut bundles: Vec<Value> = lists
        .iter()
        .zip(0..)
        .map(|((name, bytes, format), number)| bundle(number, of_list(name, bytes, *format)))
        .collect();
    bundles.push(sightings());
    let count: usize = bundles.iter().map(|one| one["objects"].as_array().unwrap().len()).sum();
    for (number, one) in bundles.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.json")), one.to_string()).unwrap();
    }
    let said = run(&python, "stix_checked.py", folder.path());
    assert!(said.ends_with(&format!("{} bundles, {count} objects\n", bundles.len())), "{said}");
}

/// The events of an input, each whole and as a file of its own.
fn each_event(input: &[u8]) -> Vec<Value> {
    fn walk(value: Value, found: &mut Vec<Value>) {
        match value {
            Value::Array(list) => list.into_iter().for_each(|one| walk(one, found)),
            Value::Object(mut map) => match map.remove("Event").or_else(|| map.remove("response")) {
                Some(inner) => walk(inner, found),
                None if map.contains_key("info") => found.push(json!({ "Event": map })),
                None => {}
            },
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(serde_json::from_slice(input).unwrap_or_default(), &mut found);
    found
}

/// The objects that are made of an event.
fn converted(event: &[u8]) -> Vec<String> {
    let (mapping, tables) = (Mapping::built_in().unwrap(), Tables::built_in().unwrap());
    let context = Context::new(&tables, Policy::default());
    let conversion = Conversion { mapping: &mapping, context: &context, arrival: Arrival::Written };
    let mut objects = Vec::new();
    for one in events(event).unwrap() {
        conversion.event(event, one, &mut |object| objects.push(object)).unwrap();
    }
    objects
}

/// The events that are tried: ours, and the published ones where they are there.
fn tried() -> Vec<Value> {
    let mut inputs = vec![WHOLE.as_bytes().to_vec()];
    for name in ["misp/eset-events.tar.zst", "misp/pymisp-test-events.tar.zst"] {
        inputs.extend(archive(name).into_iter().map(|(_, bytes)| bytes));
    }
    inputs.extend(shared("misp/stalkerware-event.json.zst"));
    inputs.iter().flat_map(|input| each_event(input)).collect()
}

#[test]
fn events_go_through_other_converters_and_back() {
    let Some(python) = python::interpreter("MISP events through PyMISP and misp-stix") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file =
        |number: usize, what: &str| -> PathBuf { folder.path().join(format!("{number:03}.{what}.json")) };
    let tried = tried();
    for (number, event) in tried.iter().enumerate() {
        let event = event.to_string();
        let objects = converted(event.as_bytes());
        let part = |text: &String| Part::of(&Object::read(text.as_bytes()).unwrap());
        let parts: Vec<Part> = objects.iter().filter_map(part).collect();
        fs::write(file(number, "event"), &event).unwrap();
        fs::write(file(number, "assembled"), assemble(&parts).unwrap()).unwrap();
        let objects = objects.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        fs::write(file(number, "ours"), bundle(u32::try_from(number).unwrap(), objects).to_string()).unwrap();
    }
    let said = run(&python, "misp_round_trip.py", folder.path());
    assert!(said.ends_with(&format!("{} events\n", tried.len())), "{said}");
    // What misp-stix makes of an event is taken in, but for what breaks a rule of STIX: it writes MISP's free words into
    // `relationship_type`, which holds a-z, 0-9 and hyphens alone (STIX 2.1 section 5.1.1), hives of a registry in short,
    // which have to be written out (section 6.17), and names where an address belongs (section 6.15).
    let known = ["`relationship_type`", "`key`", "RFC 3986"];
    for number in 0..tried.len() {
        let Ok(theirs) = fs::read(file(number, "theirs")) else { continue };
        let (_, report) = import_bytes(&theirs, &Tables::built_in().unwrap(), Policy::default()).unwrap();
        let unknown =
            report.refused.iter().find(|one| !known.iter().any(|known| one.message.contains(known)));
        assert!(unknown.is_none() && report.conflicting == 0, "{number} {unknown:?}");
    }
}
