//! Published lists: what was found, against counts made in another way.

use crate::{shared, shared_archive};
use comity_threat::{
    Object,
    lists::{Author, Format, Reading, Thing, read},
    validate::refuses,
    validate_musts,
    value::Kind,
};
use std::collections::BTreeSet;

fn author() -> Author {
    Author {
        party: "XA".to_owned(),
        name: "State XA".to_owned(),
        source: "published".to_owned(),
        now: comity_record::Timestamp::from_millis(1_772_323_200_000),
        tlp: comity_record::label::Tlp::Green,
    }
}

/// Reads a list by its own format; everything that is written of it keeps the rules.
fn check(name: &str, bytes: &[u8], format: Format) -> Reading {
    assert_eq!(Format::of(name, bytes), Some(format), "{name}");
    let reading = read(bytes, format, None).unwrap();
    // A row can hold several values; none is lost without a word.
    let refused: u64 = reading.refused_by_code.values().sum();
    assert!(reading.entries.len() as u64 + reading.repeated + refused >= reading.lines, "{name}");
    let author = author();
    for entry in reading.entries.iter().step_by(17) {
        let written = author.write(&entry.thing, &reading.entries);
        let findings = validate_musts(&Object::read(written.text.as_bytes()).unwrap());
        assert!(!refuses(&findings), "{name} {} {findings:?}", written.text);
    }
    reading
}

#[test]
fn lists_and_tables_are_read_whole() {
    if let Some(bytes) = shared("indicators/ipsum-2026-08-22.txt.zst") {
        let lines = bytes.split(|b| *b == b'\n').filter(|line| line.first().is_some_and(u8::is_ascii_digit));
        let reading = check("ipsum.txt", &bytes, Format::Plain);
        assert_eq!((reading.entries.len(), reading.refused.len()), (lines.count(), 0));
    }
    let mut rows = 0;
    for (name, bytes) in
        shared_archive("indicators/jpcert-phishing-urls-2019-2023.tar.zst").unwrap_or_default()
    {
        if !name.ends_with(".csv") {
            continue;
        }
        let reading = check(&name, &bytes, Format::Csv);
        let refused: u64 = reading.refused_by_code.values().sum();
        let told = reading.entries.len() as u64 + reading.repeated + refused;
        assert_eq!(told, reading.lines, "{name}");
        // Nearly all are URLs that can be matched.
        assert!(refused * 50 <= reading.lines, "{name} {:?}", reading.refused.first());
        rows += reading.lines;
    }
    assert!(rows == 0 || rows > 160_000, "{rows}");
}

#[test]
fn catalogues_and_advisories_become_vulnerabilities() {
    if let Some(bytes) = shared("advisories/cisa-kev-2025-08-25.json.zst") {
        assert_eq!(check("kev.json", &bytes, Format::Kev).entries.len(), 1404);
    }
    let Some(advisories) = shared_archive("advisories/cisa-csaf-ot-2023.tar.zst") else { return };
    let (mut count, mut flaws) = (0, 0);
    for (name, bytes) in advisories.iter().filter(|(name, _)| name.ends_with(".json")) {
        let reading = check(name, bytes, Format::Csaf);
        let document: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let expected = document["vulnerabilities"].as_array().map_or(0, Vec::len);
        assert_eq!(reading.entries.len() + reading.refused.len(), expected + 1, "{name}");
        (count, flaws) = (count + 1, flaws + expected);
    }
    assert_eq!(count, 380);
    assert!(flaws > 380);
}

/// Every SHA-256 that stands in a report is found, and nothing else is taken for one.
#[test]
fn hashes_in_reports_are_those_that_a_plain_scan_finds() {
    let Some(reports) = shared_archive("indicators/unit42-reports.tar.zst") else { return };
    let mut found = 0;
    for (name, bytes) in reports.iter().filter(|(name, _)| name.ends_with(".txt")) {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        let reading = read(bytes, Format::Prose, None).unwrap();
        let ours: BTreeSet<String> = reading
            .entries
            .iter()
            .filter_map(|entry| match &entry.thing {
                Thing::Indicator(one) if one.value.kind() == Kind::Sha256 => {
                    Some(one.value.text().to_owned())
                }
                _ => None,
            })
            .collect();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() == 64);
        let plain: BTreeSet<String> = words
            .filter(|word| word.bytes().all(|b| b.is_ascii_hexdigit()))
            .map(str::to_ascii_lowercase)
            .collect();
        assert!(ours.is_subset(&plain), "{name}");
        // What stands glued to other text (`sha256:…`, a path) is left to the person who looks at the preview.
        found += ours.len();
        assert!(ours.len() * 10 >= plain.len() * 8, "{name} {} of {}", ours.len(), plain.len());
    }
    assert!(found > 1000, "{found}");
}
