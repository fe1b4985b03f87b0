//! Files as they come: folded, rotated, growing.

use super::*;
use crate::random::SystemRandom;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

const HEADER: &str = "#separator \\x09\n#unset_field\t-\n#fields\tts\tid.orig_h\tquery\n";

fn write(path: &Path, bytes: impl AsRef<[u8]>) -> PathBuf {
    fs::write(path, bytes).unwrap();
    path.to_owned()
}

fn row(query: &str) -> String {
    format!("1772366400.5\t192.0.2.1\t{query}\n")
}

fn indicators(dir: &Path) -> Indicators {
    let list = write(&dir.join("list.txt"), "evil[.]com # x\nbad.net\nsetup.exe\n");
    let stix = r#"{"type":"bundle","id":"bundle--1","objects":[
        {"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","modified":"2026-01-02T00:00:00Z",
         "pattern_type":"stix","pattern":"[domain-name:value = 'late.net']","valid_from":"2026-04-01T00:00:00Z"},
        {"type":"indicator","id":"indicator--1e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","modified":"2026-01-02T00:00:00Z",
         "pattern_type":"stix","pattern":"[domain-name:value = 'gone.net']","revoked":true},
        {"type":"indicator","id":"indicator--1e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","modified":"2026-01-01T00:00:00Z",
         "pattern_type":"stix","pattern":"[domain-name:value = 'gone.net']"},
        {"type":"indicator","id":"indicator--2e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","modified":"2026-01-01T00:00:00Z",
         "confidence":70,"pattern_type":"stix","pattern":"[domain-name:value = 'evil.com']"}]}"#;
    let stix = write(&dir.join("feed.json"), stix);
    Indicators::load(&[list, stix], None, &SystemRandom, |_| {}).unwrap()
}

fn lists(dir: &Path) -> Lists {
    let list =
        write(&dir.join("warning.json"), r#"{"name":"Big sites","type":"hostname","list":["bad.net"]}"#);
    Lists::load(&[list], false, &SystemRandom).unwrap()
}

#[test]
fn indicators_say_what_was_refused_and_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let indicators = indicators(dir.path());
    let shown: Vec<_> = indicators
        .sources()
        .iter()
        .map(|source| (source.form.as_str(), source.values, source.refused, source.withdrawn))
        .collect();
    assert_eq!(shown, [("plain", 2, 1, 0), ("stix", 2, 0, 2)]);
}

#[test]
fn folded_and_rotated_logs_give_the_same_hits() {
    let dir = tempfile::tempdir().unwrap();
    let (indicators, lists) = (indicators(dir.path()), lists(dir.path()));
    let matching = Matching::new(&indicators, &lists, Settings::default()).unwrap();
    let names = ["x.evil.com", "good.org", "bad.net", "late.net", "gone.net"];
    let text = format!("{HEADER}{}", names.map(row).concat());
    let gzip = |bytes: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let rotated = dir.path().join("rotated");
    fs::create_dir(&rotated).unwrap();
    write(&rotated.join("dns.00.log"), format!("{HEADER}{}", names.map(row).get(..2).unwrap().concat()));
    write(
        &rotated.join("dns.01.log.gz"),
        gzip(&format!("{HEADER}{}", names.map(row).get(2..).unwrap().concat())),
    );
    for (log, files) in [
        (write(&dir.path().join("plain.log"), &text), 1),
        (write(&dir.path().join("log.zst"), zstd::encode_all(text.as_bytes(), 1).unwrap()), 1),
        (write(&dir.path().join("log.gz"), gzip(&text)), 1),
        (rotated, 2),
    ] {
        let mut hits = Vec::new();
        let shown = matching
            .path(
                &log,
                &mut |hit| {
                    hits.push(format!("{} {} {}", hit.value, hit.indicators.len(), hit.suppressed.is_some()))
                },
                &mut |_, _| {},
            )
            .unwrap();
        assert_eq!((shown.files, shown.records), (files, 5), "{log:?}");
        // The feed and the list both say `evil.com`; `late.net` is not valid yet at the time of the log.
        assert_eq!(hits, ["x.evil.com 2 false", "bad.net 1 true"], "{log:?}");
        let rule = shown.rules.first().unwrap();
        assert_eq!((rule.exact, rule.sub, rule.suppressed, rule.kept), (1, 1, 1, 1));
    }
}

#[test]
fn a_growing_file_is_followed_through_rotation_and_half_lines() {
    let dir = tempfile::tempdir().unwrap();
    let (indicators, lists) = (indicators(dir.path()), lists(dir.path()));
    let matching = Matching::new(&indicators, &lists, Settings::default()).unwrap();
    let log = dir.path().join("grows.log");
    let mut followed = Follow::new(&log);
    let mut hits = Vec::new();
    let mut turn = |followed: &mut Follow| {
        let before = hits.len();
        followed.turn(&matching, &mut |hit| hits.push(hit.value.clone())).unwrap();
        hits.split_off(before)
    };
    assert_eq!(turn(&mut followed), [""; 0], "no file yet");
    let append = |text: &str| {
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&log)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    };
    append(&format!("{HEADER}{}", row("a.evil.com")));
    assert_eq!(turn(&mut followed), ["a.evil.com"]);
    append("1772366400.5\t192.0.2.1\tb.ev");
    assert_eq!(turn(&mut followed), [""; 0], "half a line");
    append("il.com\n");
    assert_eq!(turn(&mut followed), ["b.evil.com"]);
    // Rotated: what was written to the old file after the last turn still counts, and so does the new one.
    append(&row("c.evil.com"));
    fs::rename(&log, dir.path().join("grows.log.1")).unwrap();
    append(&format!("{HEADER}{}", row("d.evil.com")));
    assert_eq!(turn(&mut followed), ["c.evil.com", "d.evil.com"]);
    // Cut in place and written anew.
    write(&log, format!("{HEADER}{}", row("e.evil.com")).replace("1772366400.5", "1"));
    assert_eq!(turn(&mut followed), ["e.evil.com"]);
    append("1\t192.0.2.1\tf.evil.com");
    assert_eq!(turn(&mut followed), [""; 0]);
    let shown = followed.finish(&matching, &mut |hit| assert_eq!(hit.value, "f.evil.com"));
    assert_eq!((shown.files, shown.records), (3, 6));
}

#[test]
fn indicators_that_come_while_a_log_is_followed_count_from_then_on() {
    use crate::app::indicators::{IndicatorShown, IndicatorsShown};
    let shown = |id: &str, modified: u32, revoked: bool, name: &str| IndicatorShown {
        id: format!("indicator--{id}"),
        modified: Some(format!("2026-01-01T00:00:{modified:02}.000Z")),
        from: None,
        until: None,
        revoked,
        confidence: None,
        values: vec![("name".to_owned(), name.to_owned())],
    };
    let page = |indicators| IndicatorsShown { indicators, ..IndicatorsShown::default() };
    let dir = tempfile::tempdir().unwrap();
    let (lists, log) = (lists(dir.path()), dir.path().join("grows.log"));
    let mut indicators = Indicators::none(&SystemRandom).unwrap();
    let mut followed = Follow::new(&log);
    let mut turn = |indicators: &Indicators, names: &[&str]| {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(&log).unwrap();
        names.iter().for_each(|name| file.write_all(row(name).as_bytes()).unwrap());
        let matching = Matching::new(indicators, &lists, Settings::default()).unwrap();
        let mut hits = Vec::new();
        followed.turn(&matching, &mut |hit| hits.push(format!("{} {}", hit.line, hit.value))).unwrap();
        hits
    };
    fs::write(dir.path().join("grows.log"), HEADER).unwrap();
    let names = ["one.example", "two.example", "three.example"];
    assert_eq!(turn(&indicators, &names), [""; 0]);
    indicators.take_held(
        "held",
        &page(vec![shown("1", 1, false, "one.example"), shown("2", 1, false, "two.example")]),
    );
    assert_eq!(turn(&indicators, &names), ["7 one.example", "8 two.example"]);
    // A later version says another name, another one is taken back; an older version changes nothing.
    let later = vec![
        shown("1", 2, false, "three.example"),
        shown("2", 2, true, "two.example"),
        shown("1", 0, false, "one.example"),
    ];
    indicators.take_held("held", &page(later));
    assert_eq!(turn(&indicators, &names), ["12 three.example"]);
    assert_eq!(indicators.sources()[0].withdrawn, 2);
}

#[test]
fn what_cannot_be_matched_is_a_clear_fault() {
    let dir = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        let list = write(&dir.path().join("x"), text);
        Indicators::load(&[list], None, &SystemRandom, |_| {}).unwrap_err().code()
    };
    assert_eq!(load("setup.exe\n"), "match/no-indicators");
    assert_eq!(load("{\"type\":\"bundle\",\"objects\":[{\"type\":"), "match/unsound");
    let missing = Indicators::load(&[dir.path().join("nowhere")], None, &SystemRandom, |_| {});
    assert_eq!(missing.unwrap_err().code(), "match/unreadable");
    let list = write(&dir.path().join("list"), "{}");
    assert_eq!(Lists::load(&[list], false, &SystemRandom).unwrap_err().code(), "match/warning-list");
}
