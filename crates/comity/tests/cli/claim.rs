//! Attribution claims, as an officer comes upon them: held at the border, read, released by name.

use super::{
    crossing::{code, done, told, two},
    door::run_in,
};
use serde_json::Value;
use std::fs;

/// An invented source says something about an invented actor.
const BUNDLE: &str = r#"{"type":"bundle","id":"bundle--22222222-2222-4333-8444-555555555550","objects":[
{"type":"identity","spec_version":"2.1","id":"identity--22222222-2222-4333-8444-555555555551","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Vendor X","identity_class":"organization","object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]},
{"type":"intrusion-set","spec_version":"2.1","id":"intrusion-set--22222222-2222-4333-8444-555555555552","created_by_ref":"identity--22222222-2222-4333-8444-555555555551","created":"2026-02-01T00:00:00.000Z","modified":"2026-02-01T00:00:00.000Z","name":"Paper Kite","description":"In our view linked to an agency of XC.","object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}]}"#;

#[test]
fn a_claim_waits_for_a_person_and_is_released_by_name() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    fs::write(at.join("claim.json"), BUNDLE).unwrap();
    done(at, "import claim.json --dir xa");
    let waiting = done(at, "claim list --waiting --dir xa");
    let [claim] = waiting.as_array().unwrap().as_slice() else { panic!("{waiting}") };
    assert_eq!((&claim["by"], &claim["on"]), (&"Vendor X".into(), &"2026-02-01".into()));
    let record = claim["record"].as_str().unwrap();

    // Sharing holds it, sends the rest, and says where to go.
    let shared = told(at, 0, "share --to xb --purpose cyber-defence --yes --dir xa");
    let held = shared["judged"].as_array().unwrap().iter().find(|one| one["record"] == record).unwrap();
    assert_eq!(held["codes"], serde_json::json!(["border/attribution-held"]));
    let page = run_in(at, &format!("share --to xb --purpose cyber-defence --record {record} --dir xa"));
    assert_eq!(page.status.code(), Some(1));
    assert!(String::from_utf8(page.stdout).unwrap().contains("comity claim show"));

    // It is read as the words of its source.
    let read = done(at, &format!("claim show {record} --dir xa"));
    assert_eq!(read["words"].as_array().unwrap().len(), 1);
    assert_eq!(read["words"][0]["rules"], serde_json::json!(["words"]));
    let page = String::from_utf8(run_in(at, &format!("claim show {record} --dir xa")).stdout).unwrap();
    assert!(page.contains("Vendor X says, on 2026-02-01:") && page.contains("agency of XC"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");

    // What is shown first is not released.
    let release = format!("claim release {record} --to xb --purpose cyber-defence --dir xa");
    assert_eq!(done(at, &release)["cleared"], 1);
    assert_eq!(done(at, "claim list --waiting --dir xa"), waiting);
    assert_eq!(done(at, &format!("{release} --yes"))["cleared"], 1);
    assert_eq!(done(at, "claim list --waiting --dir xa"), Value::Array(vec![]));
    let read = done(at, &format!("claim show {record} --dir xa"));
    assert_eq!(
        (&read["claim"]["released"][0]["to"], &read["claim"]["released"][0]["by"]),
        (&"XB".into(), &"console".into())
    );

    let other = shared["judged"].as_array().unwrap().iter().find(|one| one["record"] != record).unwrap();
    let none = told(at, 3, &format!("claim show {} --dir xa", other["record"].as_str().unwrap()));
    assert_eq!(code(&none), "record/no-claim");
}
