//! `comity border`.

use super::door::{Case, check};

pub const CASES: &[Case] = &[
    (
        "border-cleared",
        0,
        "border check --from XA --to XB --purpose cyber-defence --label tlp=green --label category=technical-indicator --on 2026-03-01",
    ),
    (
        "border-tlp-red",
        1,
        "border check --from XA --to XB --purpose cyber-defence --label tlp=red --on 2026-03-01",
    ),
    (
        "border-assume-nothing",
        1,
        "border check --from XA --to XB --purpose cyber-defence --assume-nothing --on 2026-03-01",
    ),
    (
        "border-preservation",
        0,
        "border check --from XA --to XB --purpose preservation --measure preserve_stored_data --offence illegal_access --penalty 5 --organised no --on 2026-03-01",
    ),
    (
        "border-no-basis",
        1,
        "border check --from XA --to XC --purpose preservation --measure preserve_stored_data --offence illegal_access --penalty 5 --organised no --on 2026-03-01",
    ),
    (
        "border-personal",
        1,
        "border check --from XA --to XB --purpose cyber-defence --label personal=personal --on 2026-03-01",
    ),
    (
        "border-real",
        0,
        "border check --from JP --to PH --purpose incident-response --label tlp=green --on 2026-03-01",
    ),
    (
        "border-json",
        1,
        "border check --from XA --to XB --purpose cyber-defence --label sovereign=core-data --on 2026-03-01 --json",
    ),
    ("border-label-unknown", 2, "border check --from XA --to XB --purpose cyber-defence --label colour=red"),
    ("border-label-value", 2, "border check --from XA --to XB --purpose cyber-defence --label tlp=white"),
    ("border-purpose-unknown", 2, "border check --from XA --to XB --purpose war"),
    ("border-basis-unknown", 2, "border check --from XA --to XB --purpose preservation --basis budapest:99"),
    (
        "border-record-missing",
        3,
        "border check --from XA --to XB --purpose cyber-defence --record nowhere.record",
    ),
    ("border-record-wrong", 3, "border check --from XA --to XB --purpose cyber-defence --record a-file.txt"),
];

#[test]
fn both_borders_answer() {
    check(CASES);
}
