//! Wrong input: a clear error that names what is wrong and what would help, and an exit code that tells.

use super::door::{Case, check, run_in};
use std::{fs, os::unix::fs::PermissionsExt};

pub const CASES: &[Case] = &[
    ("wrong-verb", 2, "lwa"),
    ("wrong-verb-inner", 2, "law base"),
    ("wrong-option", 2, "law compare XA XB --onn 2026-03-01"),
    ("wrong-party-near", 2, "law compare JPN PH"),
    ("wrong-party-far", 2, "law compare Atlantis PH"),
    ("wrong-party-same", 2, "law compare jp JP"),
    ("wrong-date", 2, "law compare XA XB --on 2026-02-30"),
    ("wrong-date-json", 2, "law compare XA XB --on tomorrow --json"),
    ("wrong-instrument", 2, "law show budapst"),
    ("wrong-measure", 2, "law bases --from XA --to XB --measure preserve-stored-data"),
    (
        "wrong-offence",
        2,
        "law bases --from XA --to XB --measure preserve_stored_data --offence ilegal_access",
    ),
    ("wrong-penalty", 2, "law bases --from XA --to XB --measure preserve_stored_data --penalty many"),
    ("wrong-missing", 2, "law bases --from XA"),
    ("wrong-organised", 2, "law bases --from XA --to XB --measure preserve_stored_data --organised maybe"),
    ("wrong-folder", 3, "law check nowhere"),
    ("wrong-folder-is-file", 3, "law check a-file.txt"),
];

#[test]
fn wrong_input_gets_a_clear_error() {
    check(CASES);
}

#[test]
fn an_unreadable_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("states.csv");
    fs::write(&file, "alpha2\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        // The superuser reads everything; a folder in place of the file is unreadable for all.
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("states.csv", &file).unwrap();
    }
    let output = run_in(folder.path(), "law check .");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.starts_with("error[cli/file-") && told.contains("states.csv`"), "{told}");
}
