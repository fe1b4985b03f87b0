//! The demonstration as a new user sees it, against its committed transcript.
//!
//! `COMITY_BLESS=1 cargo test -p comity --test demo` writes the transcript anew; read the difference before it is kept.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

/// Figures that differ from run to run: places in a ledger depend on how acknowledgements fell together, a sealed file on
/// its signatures, cosignatures on who was asked first.
fn masked(text: &str) -> String {
    text.lines().map(masked_line).collect::<Vec<_>>().join("\n") + "\n"
}

fn masked_line(line: &str) -> String {
    if line.contains("entries whole") || line.contains("decisions judged") {
        return digits(line);
    }
    let line = match line.split_once(", cosigned by") {
        Some((before, _)) => format!("{before}, cosigned by ..."),
        None => line.to_owned(),
    };
    let varies = ["entry ", "a pouch of "].iter().any(|word| line.contains(word));
    if varies { digits(&line) } else { line }
}

fn digits(line: &str) -> String {
    let mut out = String::new();
    let mut in_number = false;
    for c in line.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !in_number {
            out.push('#');
        }
        in_number = c.is_ascii_digit();
    }
    out
}

#[test]
fn the_demonstration_ends_as_its_transcript_says() {
    let played = Command::new(env!("CARGO_BIN_EXE_comity")).arg("demo").output().unwrap();
    let text = String::from_utf8(played.stdout).unwrap();
    let told = String::from_utf8_lossy(&played.stderr).into_owned();
    assert!(played.status.success(), "{text}\n{told}");
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/demo.transcript");
    let seen = masked(&text);
    if std::env::var_os("COMITY_BLESS").is_some() {
        std::fs::write(&path, &seen).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(seen == kept, "the transcript differs:\n{seen}");
}

#[test]
fn a_bundle_that_is_not_there_is_told_before_anything_starts() {
    let played = Command::new(env!("CARGO_BIN_EXE_comity"))
        .args(["demo", "--bundle", "nowhere.json"])
        .output()
        .unwrap();
    assert_eq!(played.status.code(), Some(3));
    assert!(played.stdout.is_empty());
    assert!(String::from_utf8_lossy(&played.stderr).contains("error[cli/file-missing]"));
}

#[test]
fn whoever_stops_it_in_the_middle_finds_nothing_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut played = Command::new(env!("CARGO_BIN_EXE_comity"))
        .arg("demo")
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first node is up, so all of it is under way.
    let mut lines = BufReader::new(played.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("the node of XA is up")));
    assert!(folder.path().read_dir().unwrap().next().is_some());
    let killed = Command::new("kill").args(["-INT", &played.id().to_string()]).status().unwrap();
    assert!(killed.success());
    lines.for_each(drop);
    let ended = played.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("error[demo/stopped]"));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
