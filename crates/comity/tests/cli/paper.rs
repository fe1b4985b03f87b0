//! A case on paper from the command line: printed, scanned, read, answered; and scans from which nothing is taken in.

use super::{
    case::{drafted, sent},
    crossing::{code, done, text, told, two},
};
use comity_node::paper;
use serde_json::json;
use std::{fs, path::Path};

fn refused(at: &Path, wanted: &str, arguments: &str) {
    assert_eq!(code(&told(at, 3, arguments)), wanted, "{arguments}");
}

#[test]
fn a_case_goes_there_and_back_on_paper() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    sent(at, "XA-2026-1");
    let written = done(at, "paper write XA-2026-1 --out there.html --dir xa");
    assert_eq!((text(&written, "/to"), written.pointer("/records")), ("XB", Some(&json!(2))));
    let read = done(at, "paper read there.html --dir xb");
    assert_eq!((text(&read, "/from"), read.pointer("/known")), ("XA", Some(&json!(0))));
    let again = done(at, "paper read there.html --dir xb");
    assert_eq!(
        (again.pointer("/events"), again.pointer("/known")),
        (Some(&json!([])), again.pointer("/items"))
    );
    done(at, "case step XA-2026-1 acknowledge --ticket XB-9 --dir xb");
    done(at, "paper write XB-9 --out back.html --dir xb");
    done(at, "paper read back.html --dir xa");
    let shown = done(at, "case show XA-2026-1 --dir xa");
    assert_eq!((text(&shown, "/state"), text(&shown, "/ticket")), ("acknowledged", "XB-9"));
    // The other side has everything; a second page is printed only where it is asked for.
    refused(at, "paper/nothing", "paper write XA-2026-1 --out more.html --dir xa");
    assert!(!at.join("more.html").exists());
    done(at, "paper write XA-2026-1 --all --out more.html --dir xa");
}

#[test]
fn a_scan_with_something_wrong_brings_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    drafted(at, "XA-2026-1");
    refused(at, "case/not-sent", "paper write XA-2026-1 --out page.html --dir xa");
    assert!(!at.join("page.html").exists());
    done(at, "case authorise XA-2026-1 --dir xa");
    done(at, "case send XA-2026-1 --dir xa");
    done(at, "paper write XA-2026-1 --out page.html --dir xa");
    refused(at, "cli/file-exists", "paper write XA-2026-1 --out page.html --dir xa");
    refused(at, "paper/other-recipient", "paper read page.html --dir xa");
    let page = fs::read_to_string(at.join("page.html")).unwrap();
    let mut parts = paper::split(&paper::join(&page).unwrap()).unwrap();
    let last = parts.pop().unwrap();
    fs::write(at.join("short.txt"), parts.join("\n")).unwrap();
    refused(at, "paper/missing", "paper read short.txt --dir xb");
    // One sign misread: the last of the last code.
    let end = if last.ends_with('A') { "B" } else { "A" };
    fs::write(at.join("misread.txt"), format!("{}{end}", last.strip_suffix(|_: char| true).unwrap()))
        .unwrap();
    refused(at, "paper/altered", "paper read short.txt misread.txt --dir xb");
    refused(at, "paper/no-code", "paper read head.toml --dir xb");
    // A sound whole of which one record is another than was signed.
    let mut bytes = paper::join(&page).unwrap();
    let account = bytes.windows(8).position(|eight| eight == b"person-1").unwrap();
    bytes[account + 7] = b'2';
    fs::write(at.join("forged.txt"), paper::split(&bytes).unwrap().join("\n")).unwrap();
    refused(at, "paper/not-signed", "paper read forged.txt --dir xb");
    for list in ["inbox", "case list"] {
        assert_eq!(done(at, &format!("{list} --dir xb")), json!([]), "{list}");
    }
    // The codes of one page in two files, in any order.
    fs::write(at.join("last.txt"), last).unwrap();
    done(at, "paper read last.txt short.txt --dir xb");
    let inbox = done(at, "inbox --dir xb");
    assert_eq!([0, 1].map(|one| text(&inbox, &format!("/{one}/outcome"))), ["taken in"; 2]);
    assert_eq!(done(at, "case list --dir xb").as_array().unwrap().len(), 1);
}
