//! Where answers go: standard output, errors to standard error, colour nowhere without a terminal.

use super::door::run;
use std::{
    io::Read,
    process::{Command, Stdio},
};

#[test]
fn there_is_no_colour_without_a_terminal() {
    let output = run("law compare XA XB --on 2026-03-01");
    assert!(!output.stdout.contains(&0x1b) && !output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_comity"))
        .args(["law", "parties"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(child.wait().unwrap().success() && told.is_empty(), "{told}");
}

#[test]
fn a_full_disk_is_a_fault() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_comity")).args(["law", "parties"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error[cli/output]"));
}
