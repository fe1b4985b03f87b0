//! Published bundles: every object is read, byte for byte, and taken.

use crate::{shared, shared_archive};
use comity_record::label::Tlp;
use comity_threat::{ImportReport, Policy, Tables, import_bytes, reader::read_all};
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads a file in both ways and wants every object of an independent parser, in order and with its exact bytes.
fn check(name: &str, bytes: &[u8]) -> ImportReport {
    let mut slices = Vec::new();
    let count = read_all(bytes, |raw| {
        let start = usize::try_from(raw.at.offset).unwrap();
        assert_eq!(&bytes[start..start + raw.bytes.len()], raw.bytes, "{name}");
        slices.push(raw.bytes.to_vec());
        Ok(())
    });
    assert_eq!(count.unwrap_or_else(|fault| panic!("{name}: {fault}")), slices.len() as u64);
    let whole: Value = serde_json::from_slice(bytes).unwrap();
    let expected = match &whole {
        Value::Array(list) => list,
        object => object["objects"].as_array().unwrap(),
    };
    assert_eq!(slices.len(), expected.len(), "{name}");
    for (slice, expected) in slices.iter().zip(expected) {
        assert_eq!(&serde_json::from_slice::<Value>(slice).unwrap(), expected, "{name}");
    }

    let (chunks, report) = import_bytes(bytes, &Tables::built_in().unwrap(), Policy::default()).unwrap();
    let mut taken: Vec<&[u8]> = chunks.iter().flat_map(|chunk| &chunk.objects).map(Vec::as_slice).collect();
    assert_eq!(taken.len() as u64, report.taken, "{name}");
    assert_eq!(report.objects, report.taken + report.refusals() + report.repeated, "{name}");
    let mut all: Vec<&[u8]> = slices.iter().map(Vec::as_slice).collect();
    taken.sort_unstable();
    all.sort_unstable();
    all.dedup();
    if report.refusals() == 0 {
        taken.dedup();
        assert_eq!(taken, all, "{name}");
    }
    report
}

/// Objects, refused, personal and claims of a file; the number of objects was counted with another JSON parser.
fn check_counts(report: &ImportReport, name: &str, expected: [u64; 4]) {
    let found = [report.objects, report.refusals(), report.personal, report.claims];
    assert_eq!(found, expected, "{name} {:?}", report.refused);
}

#[test]
fn single_bundles_are_read_whole() {
    for (name, expected) in [
        ("attack-enterprise-18.1.stix20.json.zst", [24771, 0, 0, 194]),
        ("attack-ics-17.1.stix21.json.zst", [1651, 0, 0, 15]),
        ("attack-ics-18.1.stix21.json.zst", [1826, 0, 0, 15]),
        ("capec-3.9.stix21.json.zst", [2683, 0, 0, 0]),
        ("amnesty-cytrox.stix21.json.zst", [687, 0, 0, 0]),
        ("amnesty-nso.stix21.json.zst", [3099, 0, 29, 0]),
        ("oasis-examples/apt1.json", [76, 0, 4, 14]),
        ("oasis-examples/defining-campaigns-threat-actors-intrusion-sets.json", [26, 0, 0, 7]),
        ("oasis-examples/identifying-a-threat-actor-profile.json", [3, 0, 0, 0]),
        ("oasis-examples/indicator-for-malicious-url.json", [3, 0, 0, 0]),
        ("oasis-examples/malware-indicator-for-file-hash.json", [3, 0, 0, 0]),
        ("oasis-examples/poisonivy.json", [155, 0, 0, 1]),
        // Three payloads are abbreviated, so that they are no base64.
        ("oasis-examples/sco-examples.json", [82, 3, 11, 0]),
        ("oasis-examples/sighting-of-an-indicator.json", [4, 0, 0, 0]),
        ("oasis-examples/sighting-of-observed-data.json", [8, 0, 0, 0]),
        ("oasis-examples/threat-actor-leveraging-attack-patterns-and-malware.json", [7, 0, 0, 0]),
        ("oasis-examples/using-granular-markings.json", [4, 0, 1, 0]),
        ("oasis-examples/using-marking-definitions.json", [4, 0, 0, 0]),
    ] {
        let Some(bytes) = shared(&format!("stix/{name}")) else { continue };
        check_counts(&check(name, &bytes), name, expected);
    }
}

#[test]
fn archives_of_bundles_are_read_whole() {
    for (name, files, expected) in [
        // One observed address has no scheme.
        ("talos-reports-2022-2024.stix20.tar.zst", 73, [11028, 1, 3, 9]),
        ("opencti-geography-sectors-companies.stix21.tar.zst", 3, [723, 0, 0, 0]),
        // The converted idioms break rules here and there, as the reference says too: `x_ID` in patterns, absent
        // properties, UUIDs of no known version.
        ("elevator-idioms-json-2.0-valid.tar.zst", 42, [5011, 408, 14, 5]),
        ("elevator-idioms-json-2.1-valid.tar.zst", 42, [5042, 398, 18, 5]),
    ] {
        let Some(bundles) = shared_archive(&format!("stix/{name}")) else { continue };
        assert_eq!(bundles.len(), files, "{name}");
        let mut sum = ImportReport::default();
        for (bundle, bytes) in &bundles {
            let report = check(bundle, bytes);
            sum.objects += report.objects;
            sum.personal += report.personal;
            sum.claims += report.claims;
            for (code, count) in report.refused_by_code {
                *sum.refused_by_code.entry(code).or_default() += count;
            }
        }
        check_counts(&sum, name, expected);
    }
}

#[test]
fn markings_of_the_published_examples_are_read() {
    let Some(bytes) = shared("stix/oasis-examples/using-granular-markings.json") else { return };
    let report = check("using-granular-markings", &bytes);
    assert_eq!(report.by_tlp, BTreeMap::from([(Tlp::Green, 1), (Tlp::Red, 3)]));
    assert_eq!((report.unmarked, report.granular), (2, 1));
    let Some(bytes) = shared("stix/oasis-examples/using-marking-definitions.json") else { return };
    let report = check("using-marking-definitions", &bytes);
    assert_eq!(report.by_tlp, BTreeMap::from([(Tlp::Clear, 2), (Tlp::Green, 1), (Tlp::Amber, 1)]));
}
