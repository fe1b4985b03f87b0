//! A vulnerability told to another party from the command line, until both agree on a day; and reports that are not sent.

use super::{
    case::{LETTERHEAD, carry},
    crossing::{code, done, text, told, two},
};
use serde_json::json;
use std::fs;

const REPORT: &str = "disclosure report --to xb --fields head.toml --vulnerability XA-0001 --field 'products=Mail Server 4.0' \
                      --field part=coordinator --field 'consequence=remote code' --field exploitation=not-seen \
                      --field finder=unnamed --day 2099-06-01 --field reference=XA-V-1 --dir xa";

#[test]
fn a_vulnerability_is_told_and_a_day_agreed() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    fs::write(at.join("head.toml"), LETTERHEAD).unwrap();
    done(at, REPORT);
    assert_eq!(done(at, "disclosure list --dir xa"), json!([]), "a draft was told to nobody");
    done(at, "case authorise XA-V-1 --dir xa");
    done(at, "case send XA-V-1 --dir xa");
    carry(at, "xa", "xb", "1.pouch");
    let listed = done(at, "disclosure list --dir xb");
    assert_eq!((text(&listed, "/0/vulnerability"), text(&listed, "/0/standing")), ("XA-0001", "open"));
    done(at, "case step XA-V-1 acknowledge --ticket XB-1 --dir xb");
    // A day is agreed to as it was proposed, or not at all.
    assert_eq!(code(&told(at, 3, "disclosure agree XB-1 --day 2099-06-02 --dir xb")), "case/needs");
    assert_eq!(text(&done(at, "disclosure list --dir xb"), "/0/standing"), "open");
    done(at, "disclosure agree XB-1 --day 2099-06-01 --dir xb");
    carry(at, "xb", "xa", "2.pouch");
    let listed = done(at, "disclosure list --vulnerability XA-0001 --dir xa");
    assert_eq!((text(&listed, "/0/standing"), text(&listed, "/0/day")), ("agreed", "2099-06-01"));
    assert_eq!(done(at, "disclosure list --vulnerability XA-0002 --dir xa"), json!([]));
    assert_eq!(done(at, "disclosure list --exercise --dir xa"), json!([]));
}

#[test]
fn a_report_with_something_wrong_is_told_to_nobody() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    fs::write(at.join("head.toml"), LETTERHEAD).unwrap();
    let form = done(at, "disclosure report --to xb --show-form --dir xa");
    assert!(form.to_string().contains("publication-day"), "{form}");
    assert_eq!(code(&told(at, 3, &REPORT.replace("--to xb", "--to xc"))), "desk/no-peer");
    assert_eq!(code(&told(at, 2, &REPORT.replace("finder=unnamed", "finder"))), "cli/field");
    assert_eq!(done(at, "case list --dir xa"), json!([]), "nothing is kept");
    // Whether it is made use of has no default, and a day is a day.
    let wrong = REPORT.replace("--field exploitation=not-seen", "").replace("2099-06-01", "soon");
    let draft = told(at, 1, &wrong).to_string();
    assert!(draft.contains("form/missing") && draft.contains("exploitation"), "{draft}");
    assert!(draft.contains("publication-day"), "{draft}");
    told(at, 3, "case authorise XA-V-1 --dir xa");
    assert_eq!(done(at, "outbox --dir xa"), json!([]));
    assert_eq!(done(at, "disclosure list --dir xa"), json!([]));
    // The same draft, gone on with.
    let mended = "disclosure report --case XA-V-1 --field exploitation=not-seen --day 2099-06-01 --dir xa";
    done(at, mended);
    done(at, "case authorise XA-V-1 --dir xa");
}
