//! Hunts on files and on what a node holds.

use super::door::run_in;
use serde_json::Value;
use std::{fs, path::Path};

const INDICATORS: &str = r#"{"type":"bundle","id":"bundle--11111111-2222-4333-8444-555555555550","objects":[
{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-2222-4333-8444-555555555551","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Panel","indicator_types":["malicious-activity"],"pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","pattern":"[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24' AND network-traffic:dst_port = 443] FOLLOWEDBY [domain-name:value LIKE '%.paperboat.example']"},
{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-2222-4333-8444-555555555552","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Host","indicator_types":["malicious-activity"],"pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","pattern":"[domain-name:value = 'host.paperboat.example']"},
{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-2222-4333-8444-555555555553","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Ahead","indicator_types":["malicious-activity"],"pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","pattern":"[file:name MATCHES '(?=a)b']"}]}"#;

const OBSERVED: &str = r#"[
{"type":"observed-data","spec_version":"2.1","id":"observed-data--11111111-2222-4333-8444-555555555554","created":"2026-03-01T12:00:00.000Z","modified":"2026-03-01T12:00:00.000Z","first_observed":"2026-03-01T12:00:00Z","last_observed":"2026-03-01T12:00:05Z","number_observed":3,"object_refs":["domain-name--11111111-2222-4333-8444-555555555555"]},
{"type":"domain-name","spec_version":"2.1","id":"domain-name--11111111-2222-4333-8444-555555555555","value":"host.paperboat.example"}]"#;

const CONN: &str = "#separator \\x09\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\n1772366400.0\t192.0.2.1\t4000\t198.51.100.7\t443\n";
const DNS: &str = "#separator \\x09\n#fields\tts\tid.orig_h\tid.resp_h\tquery\n1772366460.0\t192.0.2.1\t192.0.2.53\thost.paperboat.example\n-\t192.0.2.1\t192.0.2.53\twww.example\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files =
        [("indicators.json", INDICATORS), ("observed.json", OBSERVED), ("conn.log", CONN), ("dns.log", DNS)];
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    folder
}

fn asked(folder: &Path, arguments: &str, exit: i32) -> String {
    let output = run_in(folder, arguments);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{arguments}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn logs_are_hunted_in_together_and_lines_are_named() {
    let folder = folder();
    let logs = "hunt --patterns indicators.json --log conn.log --log dns.log";
    let shown: Value = serde_json::from_str(&asked(folder.path(), &format!("{logs} --json"), 0)).unwrap();
    let found: Vec<String> = shown["found"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["name"].as_str().unwrap(), one["observations"]))
        .collect();
    assert_eq!(found, [r#"Host ["dns.log:3"]"#, r#"Panel ["conn.log:3","dns.log:3"]"#]);
    assert_eq!((&shown["observations"], &shown["unread_lines"]), (&2.into(), &1.into()));
    assert!(shown["refused"][0].as_str().unwrap().contains("look-ahead"));
    let bundle: Value =
        serde_json::from_str(&asked(folder.path(), &format!("{logs} --as sightings"), 0)).unwrap();
    let sightings = bundle["objects"].as_array().unwrap();
    assert_eq!(sightings.len(), 2);
    assert!(sightings.iter().all(|one| one["type"] == "sighting" && one.get("observed_data_refs").is_none()));
    assert!(!bundle.to_string().contains("paperboat"), "nothing of the log is in a sighting");
}

#[test]
fn what_a_node_holds_is_hunted_in_with_what_it_holds() {
    let folder = folder();
    let folder = folder.path();
    asked(folder, "init --party xa --dir xa --address node.xa.example:4433", 0);
    asked(folder, "import indicators.json observed.json --dir xa", 0);
    let lines = asked(folder, "hunt --patterns held --held --as lines --dir xa", 0);
    let found: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(found["name"], "Host");
    assert_eq!(found["number"], 3);
    assert_eq!(found["observations"][0], "observed-data--11111111-2222-4333-8444-555555555554");
    // The same indicators on a log, and one that finds nothing.
    asked(folder, "hunt --patterns held --log dns.log --dir xa", 0);
    fs::write(folder.join("one.txt"), "# ours\n[url:value = 'http://nowhere.example/']\n").unwrap();
    asked(folder, "hunt --patterns one.txt --observed observed.json", 1);
    asked(folder, "hunt --patterns nowhere.json --log dns.log", 3);
    asked(folder, "hunt --patterns one.txt", 2);
}
