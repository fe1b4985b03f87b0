//! Lists in, other tools' forms out, on the command line.

use crate::{
    crossing::{code, done, told},
    door::run_in,
};
use std::fs;

const LIST: &str = "# exercise data\nbad.paperboat.example.com # loader\n198.51.100.23\nnot a value\n";
const REPORT: &str = "2026-02-01 - PAPERBOAT\n\nThe loader comes from hxxp://cdn.paperboat[.]example[.]com/a and talks to \
    203.0.113[.]77; see https://example.org/report.\n";

#[test]
fn a_second_import_of_a_list_brings_only_what_changed() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    assert!(run_in(at, "init --party XA --dir xa").status.success());
    fs::write(at.join("list.txt"), LIST).unwrap();
    let counts = |answer: &serde_json::Value| {
        ["new", "changed", "known"]
            .map(|key| answer.pointer(&format!("/0/list/{key}")).and_then(|n| n.as_u64()))
    };
    let first = done(at, "import list.txt --source trial --dir xa");
    assert_eq!(counts(&first), [Some(2), Some(0), Some(0)], "{first}");
    // The two indicators, and the party as their author.
    assert_eq!(first.pointer("/0/taken").and_then(|n| n.as_u64()), Some(3));
    assert_eq!(first.pointer("/0/list/refused/0/0").and_then(|code| code.as_str()), Some("list/no-value"));
    let again = done(at, "import list.txt --source trial --dir xa");
    assert_eq!(counts(&again), [Some(0), Some(0), Some(2)]);
    fs::write(at.join("list.txt"), LIST.replace("loader", "second stage")).unwrap();
    assert_eq!(counts(&done(at, "import list.txt --source trial --dir xa")), [Some(0), Some(1), Some(1)]);
    // The same values from another source are its own objects.
    assert_eq!(counts(&done(at, "import list.txt --source other --dir xa")), [Some(2), Some(0), Some(0)]);
}

#[test]
fn free_text_is_shown_before_it_is_taken_and_a_bad_mapping_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    assert!(run_in(at, "init --party XA --dir xa").status.success());
    fs::write(at.join("report.txt"), REPORT).unwrap();
    let shown = done(at, "import report.txt --dir xa");
    assert_eq!(shown.pointer("/0/list/preview").and_then(|p| p.as_bool()), Some(true));
    let lines = shown.pointer("/0/list/shown").and_then(|lines| lines.as_array()).unwrap();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        done(at, "import report.txt --dir xa").pointer("/0/list/new").and_then(|n| n.as_u64()),
        Some(3)
    );
    let taken = done(at, "import report.txt --take --dir xa");
    assert_eq!(taken.pointer("/0/taken").and_then(|n| n.as_u64()), Some(4));
    let known = done(at, "import report.txt --take --dir xa");
    assert_eq!(known.pointer("/0/list/known").and_then(|n| n.as_u64()), Some(3));
    fs::write(at.join("table.csv"), "a,b\nx,198.51.100.7\n").unwrap();
    let refused = told(at, 3, "import table.csv --columns value=c --dir xa");
    assert_eq!(code(&refused), "list/unknown-column");
    assert!(refused.to_string().contains("the columns are a, b"), "{refused}");
}

#[test]
fn an_export_is_a_new_file_in_the_form_asked_for() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/threat/exercise-bundle.json");
    let shown = done(at, &format!("export {bundle} --format rpz --out zone --name trial"));
    let zone = fs::read_to_string(at.join("zone")).unwrap();
    assert!(
        zone.contains("\nupdate.paperboat.example CNAME .\n*.update.paperboat.example CNAME .\n"),
        "{zone}"
    );
    assert_eq!(shown["written"].as_u64().unwrap(), zone.lines().count() as u64 - 3);
    assert_eq!(code(&told(at, 3, &format!("export {bundle} --format plain --out zone"))), "cli/file-exists");
    done(at, &format!("export {bundle} --format plain --kind ipv4 --out list"));
    assert_eq!(fs::read_to_string(at.join("list")).unwrap(), "198.51.100.23\n203.0.113.77\n");
    let warning = r#"{"name":"trial","type":"string","list":["198.51.100.23"]}"#;
    fs::write(at.join("warning.json"), warning).unwrap();
    let shown = done(
        at,
        &format!("export {bundle} --format plain --kind ipv4 --warning-list warning.json --out kept"),
    );
    assert_eq!(fs::read_to_string(at.join("kept")).unwrap(), "203.0.113.77\n");
    assert_eq!(shown["suppressed"], serde_json::json!([["198.51.100.23", "trial"]]));
    done(at, &format!("export {bundle} --format stix --out bundle.json"));
    let whole: serde_json::Value =
        serde_json::from_slice(&fs::read(at.join("bundle.json")).unwrap()).unwrap();
    assert_eq!(whole["objects"].as_array().unwrap().len(), 13);
}
