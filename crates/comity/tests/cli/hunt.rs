//! Hunts on files and on what a node holds.

use super::door::run_in;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

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

#[test]
fn what_does_not_count_is_told_with_what_stands_against_it() {
    let folder = folder();
    let folder = folder.path();
    let late = INDICATORS
        .replace("\"valid_from\":\"2026-01-01T00:00:00Z\"", "\"valid_from\":\"2026-04-01T00:00:00Z\"");
    fs::write(folder.join("late.json"), late).unwrap();
    let revoked = INDICATORS.replacen("\"name\":\"Panel\"", "\"revoked\":true,\"name\":\"Panel\"", 1);
    fs::write(folder.join("revoked.json"), revoked).unwrap();
    let list = r#"{"name":"Trial list","type":"string","list":["host.paperboat.example"]}"#;
    fs::write(folder.join("list.json"), list).unwrap();
    let hunted = |arguments: &str, exit: i32| -> Value {
        let text = asked(folder, &format!("hunt --log conn.log --log dns.log {arguments} --json"), exit);
        serde_json::from_str(&text).unwrap()
    };
    // Found before the indicators count: told, and no find; unless that is what is asked for.
    let early = hunted("--patterns late.json", 1);
    let by: Vec<&Value> =
        early["found"].as_array().unwrap().iter().map(|one| &one["suppressed"]["by"]).collect();
    assert_eq!(by, ["valid-from", "valid-from"]);
    assert_eq!(early["found"][0]["suppressed"]["what"], "2026-04-01T00:00:00.000Z");
    let past = hunted("--patterns late.json --any-time", 0);
    assert!(past["found"].as_array().unwrap().iter().all(|one| one["suppressed"].is_null()));
    // A warning list names the host; the other pattern asks for more than that.
    let listed = hunted("--patterns indicators.json --warnings list.json", 0);
    let suppressed = |name: &str| {
        let found = listed["found"].as_array().unwrap();
        found.iter().find(|one| one["name"] == name).unwrap()["suppressed"].clone()
    };
    let why = serde_json::json!({ "by": "warning-list", "what": "Trial list", "how": "literally" });
    assert_eq!((suppressed("Host"), suppressed("Panel")), (why, Value::Null));
    let page = asked(folder, "hunt --log dns.log --patterns indicators.json --warnings list.json", 1);
    assert!(page.contains("Trial list") && page.contains("0 found and 1 suppressed"), "{page}");
    let bundle =
        asked(folder, "hunt --log dns.log --patterns indicators.json --warnings list.json --as sightings", 1);
    assert!(!bundle.contains("sighting_of_ref"), "what does not count is no sighting");
    // What its author took back is not hunted with.
    let revoked = hunted("--patterns revoked.json", 0);
    assert_eq!(revoked["withdrawn"], serde_json::json!(["indicator--11111111-2222-4333-8444-555555555551"]));
    assert_eq!(revoked["found"].as_array().unwrap().len(), 1);
}

#[test]
fn a_growing_log_is_hunted_in_until_the_process_is_stopped() {
    let folder = folder();
    let folder = folder.path();
    asked(folder, "hunt --patterns indicators.json --log a --log b --follow", 2);
    let log = folder.join("dns.log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_comity"))
        .args(["hunt", "--patterns", "indicators.json", "--log", "dns.log", "--follow", "--as", "lines"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Each line is waited for, however long it takes.
    let mut next = || {
        let found: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        format!("{} {}", found["name"].as_str().unwrap(), found["observations"])
    };
    assert_eq!(next(), r#"Host ["dns.log:3"]"#);
    let append = |path: &Path, text: &str| {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    // Half a line, then the rest of it; a pattern of two observations over lines and a rotation.
    append(&log, "1772366500.0\t192.0.2.1\t192.0.2.53\thost.paper");
    append(&log, "boat.example\n");
    assert_eq!(next(), r#"Host ["dns.log:5"]"#);
    let both = format!(
        "{}{}",
        CONN.replace("1772366400.0", "1772366450.0"),
        DNS.replace("1772366460.0", "1772366600.0")
    );
    fs::write(folder.join("next.log"), both).unwrap();
    fs::rename(folder.join("next.log"), &log).unwrap();
    let mut found = [next(), next()];
    found.sort();
    assert_eq!(found[0], r#"Host ["dns.log:6"]"#);
    assert!(found[1].starts_with("Panel [\"dns.log:"), "{found:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}
