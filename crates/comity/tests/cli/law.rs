//! `comity law`.

use super::door::{Case, check, check_in};
use std::{fs, path::Path};

pub const CASES: &[Case] = &[
    ("law-parties-viet", 0, "law parties viet"),
    ("law-parties-json", 0, "law parties japan --json"),
    ("law-parties-none", 1, "law parties atlantis"),
    ("law-instruments-cyber", 0, "law instruments cyber"),
    ("law-measures-data", 0, "law measures data"),
    ("law-offences", 0, "law offences"),
    ("law-show", 0, "law show jp-vn-mla-2021 --on 2026-03-01"),
    ("law-bases-treaty", 0, "law bases --from XA --to XB --measure preserve_stored_data --on 2026-03-01"),
    (
        "law-bases-not-organised",
        1,
        "law bases --from XA --to XC --measure preserve_stored_data --on 2026-03-01 --offence illegal_access --penalty 5 --organised no",
    ),
    (
        "law-bases-json",
        0,
        "law bases --from JP --to PH --measure preserve_stored_data --on 2026-03-01 --json",
    ),
    ("law-bases-before", 1, "law bases --from JP --to PH --measure preserve_stored_data --on 2010-01-01"),
    ("law-compare-exercise", 0, "law compare XA XB --on 2026-03-01"),
    ("law-compare-none", 1, "law compare XA XC --on 2003-03-01"),
    ("law-compare-json", 0, "law compare xb xc --on 2026-03-01 --json"),
    ("law-matrix", 0, "law matrix XA XB --on 2026-03-01"),
    ("law-matrix-none", 1, "law matrix XA XC --on 2003-03-01"),
    ("law-check", 0, "law check"),
];

#[test]
fn the_register_answers() {
    check(CASES);
}

/// In a folder with a register that has faults.
pub const CHECKED: &[Case] =
    &[("law-check-faults", 1, "law check ."), ("law-check-faults-json", 1, "law check . --json")];

#[test]
fn each_fault_of_a_register_has_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/law");
    for entry in fs::read_dir(shipped).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    replace(folder.path(), "instrument_status.csv", "2009-11-10,accession", "2009-11-31,accession");
    replace(folder.path(), "instrument_reservations.csv", "budapest-ap2,JP,7", "budapest-ap2,JPN,7");
    replace(folder.path(), "purposes.csv", "cyber-defence,not_required", "cyber-defence,notrequired");
    fs::remove_file(folder.path().join("norms.csv")).unwrap();
    check_in(folder.path(), CHECKED);
}

fn replace(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
}
