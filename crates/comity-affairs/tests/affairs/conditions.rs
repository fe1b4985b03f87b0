//! What a condition forbids is blocked; what it demands is shown; deletion is a person's.

use comity_affairs::{
    Condition, ConditionKind,
    conditions::{Hold, Use, delete, rule},
};
use comity_record::{Date, sha256};

fn condition(kind: ConditionKind, text: &str, by: Option<&str>) -> Condition {
    Condition { number: 1, kind, text: text.to_owned(), by: by.map(|day| day.parse().unwrap()) }
}

fn blocked(kind: ConditionKind, text: &str, by: Option<&str>, wanted: Use<'_>) -> bool {
    let day: Date = "2026-03-01".parse().unwrap();
    !rule([condition(kind, text, by)].iter(), wanted, day).is_free()
}

const OURS: &str = "court 7, case 12";

#[test]
fn each_condition_blocks_what_it_forbids_and_nothing_else() {
    let other = "XC".parse().unwrap();
    let open = Use::Open { proceedings: OURS };
    let elsewhere = Use::Open { proceedings: "another case" };
    let court = Use::InCourt { proceedings: OURS, consulted: false };
    let consulted = Use::InCourt { proceedings: OURS, consulted: true };
    let export = Use::Export { proceedings: OURS };
    let pass = Use::PassOn { to: &other };
    use ConditionKind::*;
    let table: [(ConditionKind, &str, Option<&str>, [bool; 6]); 9] = [
        // open, open elsewhere, in court, in court after consulting, export, pass on
        (Secret, "", None, [false, false, false, false, true, true]),
        (OnlyFor, OURS, None, [false, true, false, false, false, true]),
        (NoOnward, "", None, [false, false, false, false, false, true]),
        (DeleteBy, "", Some("2026-03-01"), [false; 6]),
        (DeleteBy, "", Some("2026-02-28"), [true; 6]),
        (ReturnAfterUse, "", Some("2026-02-28"), [true; 6]),
        (ReportUse, "", None, [false; 6]),
        (ConsultBeforeCourt, "", None, [false, false, true, false, false, false]),
        (Other, "read the note first", None, [false; 6]),
    ];
    for (kind, text, by, expected) in table {
        let found =
            [open, elsewhere, court, consulted, export, pass].map(|wanted| blocked(kind, text, by, wanted));
        assert_eq!(found, expected, "{}", kind.as_str());
    }
}

#[test]
fn a_condition_in_words_is_confirmed_by_a_person() {
    let day = "2026-03-01".parse().unwrap();
    let ruling = rule(
        [condition(ConditionKind::Other, "read the note first", None)].iter(),
        Use::Open { proceedings: OURS },
        day,
    );
    assert_eq!(
        ruling.confirm.iter().map(|bar| bar.why.as_str()).collect::<Vec<_>>(),
        ["read the note first"]
    );
}

#[test]
fn deletion_needs_its_day_and_stops_for_a_hold() {
    let at = |text: &str| text.parse().unwrap();
    let due = condition(ConditionKind::DeleteBy, "", Some("2026-03-01"));
    let objects = vec![sha256(&[b"x"])];
    let by = || "keeper".parse().unwrap();
    let early = delete(&due, objects.clone(), &[], by(), at("2026-02-28T12:00:00Z")).unwrap_err();
    assert_eq!(early.code(), "case/deletion-not-due");
    for hold in [Hold::Court, Hold::Appeal, Hold::Exculpatory] {
        let held = delete(&due, objects.clone(), &[hold], by(), at("2026-03-02T12:00:00Z")).unwrap_err();
        assert_eq!(held.to_string(), format!("deletion is stopped by {hold}"));
    }
    let done = delete(&due, objects.clone(), &[], by(), at("2026-03-02T12:00:00Z")).unwrap();
    assert_eq!((done.objects, done.officer.as_str()), (objects, "keeper"));
    let secret = condition(ConditionKind::Secret, "", None);
    assert_eq!(
        delete(&secret, vec![], &[], by(), at("2026-03-02T12:00:00Z")).unwrap_err().code(),
        "case/deletion-not-due"
    );
}
