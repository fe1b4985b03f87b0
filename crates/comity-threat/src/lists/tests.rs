//! Small lists of every format, and objects against those that are held.

use super::*;
use crate::{
    Object, SpecVersion, pattern,
    validate::{refuses, validate},
};

/// Kinds and values of a list.
fn values(text: &str) -> Vec<String> {
    let format = Format::of("list", text.as_bytes()).unwrap();
    let reading = read(text.as_bytes(), format, None).unwrap();
    let value = |entry: &Entry| match &entry.thing {
        Thing::Indicator(one) => Some(format!("{} {}", one.value.kind(), one.value)),
        _ => None,
    };
    reading.entries.iter().filter_map(value).collect()
}

#[test]
fn formats_are_known_by_name_and_beginning() {
    for (name, text, format) in [
        ("a.txt", "# list\n198.51.100.7\t10\n198.51.100.8\t9\n", Some(Format::Plain)),
        ("a", "0.0.0.0 bad.example.com\n0.0.0.0 worse.example.com\n", Some(Format::Plain)),
        ("a", "date,URL,description\n2019/01/04,http://bad.example.com/,x\n", Some(Format::Csv)),
        ("a", "Dear all,\n\nwe saw hxxp://bad[.]example[.]com/ today.\n", Some(Format::Prose)),
        ("a.json", "{\"document\":{\"csaf_version\":\"2.0\"}}", Some(Format::Csaf)),
        (
            "a.json",
            "{\"catalogVersion\":\"1\",\"vulnerabilities\":[{\"cveID\":\"CVE-2024-0001\"}]}",
            Some(Format::Kev),
        ),
        ("a.json", "{\"type\":\"bundle\"}", None),
        ("a", "", None),
    ] {
        assert_eq!(Format::of(name, text.as_bytes()), format, "{text}");
    }
}

#[test]
fn plain_lists_have_comments_hosts_and_numbers() {
    let text = "# head\nbad.example.com # loader\n0.0.0.0 worse.example.com\n198.51.100.7\t12\n198.51.100.7\nno value\n\
        hxxp://bad[.]example[.]com/a#b\n";
    assert_eq!(
        values(text),
        [
            "name bad.example.com",
            "name worse.example.com",
            "ipv4 198.51.100.7",
            "url http://bad.example.com/a"
        ]
    );
    let reading = read(text.as_bytes(), Format::Plain, None).unwrap();
    assert_eq!((reading.lines, reading.repeated, reading.refused_by_code["list/no-value"]), (6, 1, 1));
    assert_eq!(reading.refused[0].line, 6);
}

#[test]
fn columns_are_guessed_asked_for_and_shown() {
    let text = "first_seen;ioc;ioc_type;malware;tags;confidence_level\n2026-02-01 10:00:00;bad.example.com;domain;Loader;a,b;75\n\
        2026-02-01;http://x/;domain;;;\n";
    let reading = read(text.as_bytes(), Format::Csv, None).unwrap();
    assert_eq!(
        reading.mapping.as_ref().unwrap().to_string(),
        "first_seen is date, ioc is value, ioc_type is type, malware is description, tags is labels, confidence_level is confidence"
    );
    let Thing::Indicator(one) = &reading.entries[0].thing else { panic!() };
    assert_eq!((one.value.text(), one.confidence, one.labels.len()), ("bad.example.com", Some(75), 2));
    assert_eq!(one.seen.unwrap().to_string(), "2026-02-01T10:00:00.000Z");
    assert_eq!(reading.refused_by_code.values().sum::<u64>(), 1);
    let bare = "x,198.51.100.7\ny,198.51.100.8\n";
    assert_eq!(read(bare.as_bytes(), Format::Csv, None).unwrap().entries.len(), 2);
    assert_eq!(read(bare.as_bytes(), Format::Csv, Some("value=2")).unwrap().entries.len(), 2);
    for (mapping, code) in
        [("value=9", "list/unknown-column"), ("colour=1", "list/bad-mapping"), ("2", "list/bad-mapping")]
    {
        assert_eq!(read(bare.as_bytes(), Format::Csv, Some(mapping)).unwrap_err().code(), code);
    }
    assert_eq!(read(b"a,b\nc,d\n", Format::Csv, None).unwrap_err().code(), "list/no-column");
}

#[test]
fn in_a_text_that_defangs_only_what_is_defanged_counts() {
    let text = "2026-02-01 - LOADER\nSee https://example.org/report and README.md.\n- hxxps://bad[.]example[.]com/a, (198.51.100[.]7)\n\
        - d41d8cd98f00b204e9800998ecf8427e\n";
    assert_eq!(
        values(text),
        ["url https://bad.example.com/a", "ipv4 198.51.100.7", "md5 d41d8cd98f00b204e9800998ecf8427e"]
    );
    let reading = read(text.as_bytes(), Format::Prose, None).unwrap();
    let Thing::Report(report) = &reading.entries.last().unwrap().thing else { panic!() };
    assert_eq!((report.about.len(), report.references.len()), (3, 1));
    assert_eq!(report.published.unwrap().to_string(), "2026-02-01T00:00:00.000Z");
}

#[test]
fn a_second_import_finds_the_first_and_a_changed_line_is_the_next_version() {
    let author = Author::exercise();
    let mut reading = read(b"bad.example.com # loader\n", Format::Plain, None).unwrap();
    let first = author.write(&reading.entries[0].thing, &reading.entries);
    let later = Author { now: author.now.plus_millis(86_400_000), ..author.clone() };
    let held = Object::read(first.text.as_bytes()).unwrap();
    assert_eq!(later.against(&reading.entries[0].thing, &reading.entries, &held), Standing::Known);
    let Thing::Indicator(one) = &mut reading.entries[0].thing else { panic!() };
    one.description = Some("loader, second stage".to_owned());
    let Standing::Changed(next) = later.against(&reading.entries[0].thing, &reading.entries, &held) else {
        panic!()
    };
    let next = Object::read(next.text.as_bytes()).unwrap();
    assert_eq!((next.id(), next.common().created()), (held.id(), held.common().created()));
    assert!(next.moment() > held.moment());
}

#[test]
fn every_kind_of_value_has_a_pattern_that_means_it() {
    for text in [
        "bad.example.com",
        "198.51.100.7",
        "198.51.100.0/24",
        "2001:db8::1",
        "2001:db8::/32",
        "198.51.100.7:443",
        "[2001:db8::1]:443",
        "http://bad.example.com/a'b\\c",
        "a@example.com",
        "d41d8cd98f00b204e9800998ecf8427e",
    ] {
        let value = crate::value::recognise(text).unwrap();
        let written = author::pattern(&value);
        assert_eq!(pattern::check(&written, SpecVersion::V21), Ok(()), "{written}");
        assert_eq!(crate::value::decisive(&written).unwrap().values, [value], "{written}");
    }
}

#[test]
fn what_we_author_breaks_no_rule() {
    let author = Author::exercise();
    let texts = [
        "bad.example.com\n198.51.100.7:443\n",
        "{\"catalogVersion\":\"1\",\"vulnerabilities\":[{\"cveID\":\"CVE-2024-0001\",\"dateAdded\":\"2024-01-02\",\"notes\":\"https://example.org/ ; x\"}]}",
        "{\"document\":{\"title\":\"T\",\"csaf_version\":\"2.0\",\"distribution\":{\"tlp\":{\"label\":\"AMBER\"}},\"tracking\":{\"id\":\"X-1\",\"initial_release_date\":\"2024-01-02T00:00:00Z\",\"current_release_date\":\"2024-02-02T00:00:00Z\"}},\"vulnerabilities\":[{\"cve\":\"CVE-2024-0001\"}]}",
    ];
    let mut written = vec![author.identity()];
    for text in texts {
        let reading = read(text.as_bytes(), Format::of("x", text.as_bytes()).unwrap(), None).unwrap();
        written.extend(reading.entries.iter().map(|entry| author.write(&entry.thing, &reading.entries)));
    }
    assert_eq!(written.len(), 6);
    for one in written {
        let findings = validate(&Object::read(one.text.as_bytes()).unwrap());
        // Ids that follow from content are of version 5, and no list gives hashes of the pages it refers to.
        let expected = ["threat/uuid-version", "threat/better-with"];
        let others: Vec<_> = findings.iter().filter(|found| !expected.contains(&found.code)).collect();
        assert!(!refuses(&findings) && others.is_empty(), "{} {others:?}", one.text);
    }
}
