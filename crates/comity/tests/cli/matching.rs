//! `comity match` from its command line.

use super::door::{Case, check, run_in};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

pub const CASES: &[Case] = &[
    ("help-match", 0, "match --help"),
    ("match-form-unknown", 2, "match --indicators a-file.txt --log a-file.txt --form xml"),
    ("match-follow-two", 2, "match --indicators a-file.txt --log a b --follow"),
    ("match-none", 3, "match --indicators a-file.txt --log a-file.txt"),
    ("match-missing", 3, "match --indicators nowhere.json --log a-file.txt"),
];

#[test]
fn what_is_fixed_is_as_agreed() {
    check(CASES);
}

const LOG: &str = "#separator \\x09\n#unset_field\t-\n#fields\tts\tid.orig_h\tquery\n\
    1772366400.5\t10.0.0.7\tsecret-host.evil.com\n1772366401.5\t10.0.0.8\tgood.org\n1772366402.5\t192.0.2.1\tbad.net\n";

fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("list.txt"), "evil[.]com\nbad.net\n192.0.2.1\n").unwrap();
    fs::write(folder.path().join("dns.log"), LOG).unwrap();
    let list = r#"{"name":"Big sites","type":"string","list":["bad.net"]}"#;
    fs::write(folder.path().join("warning.json"), list).unwrap();
    folder
}

fn done(folder: &Path, arguments: &str) -> Value {
    let output = run_in(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8(output.stderr).unwrap());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn hits_are_shown_with_their_source_and_what_suppresses_them() {
    let folder = prepared();
    let asked = "match --indicators list.txt --log dns.log --warnings warning.json";
    let answer = done(folder.path(), &format!("{asked} --json"));
    assert_eq!(answer["logs"][0]["records"], 3);
    let rules: Vec<String> = answer["logs"][0]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            format!(
                "{} {} {} {} {}",
                rule["rule"], rule["exact"], rule["sub"], rule["suppressed"], rule["kept"]
            )
        })
        .collect();
    assert_eq!(rules, ["\"name\" 1 1 1 1", "\"source\" 1 0 0 1"]);
    assert_eq!(answer["hits"][1]["suppressed"]["list"], "Big sites");
    assert_eq!(answer["hits"][0]["indicators"][0]["source"], "list.txt");
    let table = String::from_utf8(run_in(folder.path(), asked).stdout).unwrap();
    assert!(table.contains("suppressed:") && table.contains("kept"), "{table}");
    let lines = String::from_utf8(run_in(folder.path(), &format!("{asked} --output lines")).stdout).unwrap();
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{lines}");
    assert_eq!(lines.lines().count(), 3);
}

#[test]
fn what_is_shared_says_nothing_of_the_log() {
    let folder = prepared();
    let output = run_in(folder.path(), "match --indicators list.txt --log dns.log --output stix");
    let text = String::from_utf8(output.stdout).unwrap();
    let bundle: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(bundle["objects"].as_array().unwrap().len(), 6);
    for of_the_log in ["secret-host", "good.org", "10.0.0.7", "10.0.0.8", "dns.log"] {
        assert!(!text.contains(of_the_log), "{text}");
    }
    done(folder.path(), "init --party XA --dir xa --json");
    let answer = done(folder.path(), "match --indicators list.txt --log dns.log --share --dir xa --json");
    assert_eq!(answer["records"].as_array().unwrap().len(), 1);
}

#[test]
fn a_growing_log_is_followed_until_the_process_is_stopped() {
    let folder = prepared();
    let log = folder.path().join("dns.log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_comity"))
        .args(["match", "--indicators", "list.txt", "--log", "dns.log", "--follow", "--output", "lines"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || {
        let line = lines.next().unwrap().unwrap();
        serde_json::from_str::<Value>(&line).unwrap()["value"].as_str().unwrap().to_owned()
    };
    // Each line is waited for, however long it takes.
    assert_eq!([next(), next(), next()], ["secret-host.evil.com", "bad.net", "192.0.2.1"]);
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(b"1772366403.5\t10.0.0.9\tlater.evil.com\n").unwrap();
    assert_eq!(next(), "later.evil.com");
    child.kill().unwrap();
    child.wait().unwrap();
}
