//! `comity ledger` and `comity receipt`: verification from files alone.

use super::{
    built::{Node, receipt, time},
    door::{Case, check_in, run_in},
};
use comity_ledger::receipt::Trust;
use comity_record::{Canonical, EntryKind};
use std::{fs, path::Path};

/// In a folder with ledgers and letters.
pub const LEDGER: &[Case] = &[
    ("ledger-verify", 0, "ledger verify xa --trust xa.letter --trust xc.letter"),
    ("ledger-verify-untrusted", 0, "ledger verify xa"),
    ("ledger-verify-json", 0, "ledger verify xa --trust xa.letter --trust xc.letter --json"),
    ("ledger-wrong-letter", 1, "ledger verify xa --trust xb.letter"),
    ("ledger-no-letter", 1, "ledger verify xa --trust xa/checkpoint"),
    ("ledger-no-checkpoint", 3, "ledger verify ."),
    ("ledger-key-expired", 1, "ledger verify late --trust xa.letter"),
    ("ledger-entry-altered", 1, "ledger verify altered --trust xa.letter"),
    ("ledger-tile-missing", 1, "ledger verify missing --trust xa.letter"),
    ("ledger-tile-cut", 1, "ledger verify cut --json"),
    ("ledger-root", 1, "ledger verify other-root"),
];

/// In the same folder, with receipts.
pub const RECEIPT: &[Case] = &[
    (
        "receipt-verify",
        0,
        "receipt verify full.receipt --trust xa.letter --trust xb.letter --trust xc.letter",
    ),
    (
        "receipt-json",
        0,
        "receipt verify full.receipt --trust xa.letter --trust xb.letter --trust xc.letter --json",
    ),
    (
        "receipt-provisional",
        1,
        "receipt verify early.receipt --trust xa.letter --trust xb.letter --trust xc.letter",
    ),
    ("receipt-stranger", 1, "receipt verify full.receipt --trust xb.letter"),
    ("receipt-is-no-receipt", 1, "receipt verify xa.letter --trust xa.letter"),
    ("receipt-trust-missing", 2, "receipt verify full.receipt"),
];

#[test]
fn ledgers_are_verified_from_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (mut a, b, c) = (Node::new("XA"), Node::new("XB"), Node::new("XC"));
    a.enter(EntryKind::Cleared, &b, 0, 300);
    [&a, &b, &c].into_iter().for_each(|node| node.write_letter(folder));
    for name in ["xa", "altered", "missing", "cut", "other-root"] {
        a.write_ledger(&folder.join(name), &a.cosigned(&Node::new("XC")));
    }
    a.write_ledger(&folder.join("late"), &a.checkpoint_at(time("2027-06-01T00:00:00Z")));
    let altered = folder.join("altered/tile/entries/001.p/44");
    let mut bytes = fs::read(&altered).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&altered, bytes).unwrap();
    fs::remove_file(folder.join("missing/tile/0/000")).unwrap();
    fs::write(folder.join("cut/tile/1/000.p/1"), b"short").unwrap();
    // Another tree of the same size, under a's checkpoint.
    let mut other = Node::new("XA");
    other.enter(EntryKind::Refused, &b, 0, 300);
    other.write_ledger(&folder.join("other-root"), &a.checkpoint());
    check_in(folder, LEDGER);
}

/// Sizes at which tiles and levels begin, end and are absent.
#[test]
fn every_shape_of_tree_verifies_and_any_changed_byte_does_not() {
    for size in [1, 255, 256, 257, 512, 66_000] {
        let folder = tempfile::tempdir().unwrap();
        let (mut a, b) = (Node::new("XA"), Node::new("XB"));
        a.enter(EntryKind::Cleared, &b, 0, size);
        a.write_ledger(folder.path(), &a.checkpoint());
        let output = run_in(folder.path(), "ledger verify .");
        assert_eq!(output.status.code(), Some(0), "{size}: {}", String::from_utf8(output.stderr).unwrap());
        for file in files(&folder.path().join("tile")).iter().rev().take(4) {
            let sound = fs::read(file).unwrap();
            let mut bytes = sound.clone();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(file, bytes).unwrap();
            let output = run_in(folder.path(), "ledger verify .");
            assert_eq!(output.status.code(), Some(1), "{size}: {}", file.display());
            fs::write(file, sound).unwrap();
        }
    }
}

#[test]
fn receipts_are_verified_from_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (mut a, mut b, c) = (Node::new("XA"), Node::new("XB"), Node::new("XC"));
    a.enter(EntryKind::Cleared, &b, 0, 3);
    b.enter(EntryKind::Received, &a, 0, 3);
    [&a, &b, &c].into_iter().for_each(|node| node.write_letter(folder));
    let early = receipt(&a, &b, &a.checkpoint(), &b.checkpoint());
    fs::write(folder.join("early.receipt"), early.to_bytes()).unwrap();
    let full = receipt(&a, &b, &a.cosigned(&c), &b.checkpoint());
    let letters = [&a, &b, &c].map(|node| node.letter.introduce().unwrap());
    let full = full.complete(&Trust::new(letters)).unwrap();
    fs::write(folder.join("full.receipt"), full.to_bytes()).unwrap();
    check_in(folder, RECEIPT);
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
