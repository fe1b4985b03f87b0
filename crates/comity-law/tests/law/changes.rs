//! Change sets: canonical bytes, two dates on every fact, and nobody speaks for another.

use crate::{query, register};
use comity_law::{
    AsOf, Change, ChangeSet, FaultKind, Key, NationalLaw, Outcome, Party, Position, PositionKey, Region,
    Register, Row, Standing, Status, WithoutTreatyLaw,
    vocabulary::{Act, Effect, Membership, Side, StatusWord, UnStatus, WithoutTreatyStatus},
};
use comity_record::{Canonical, Date, Malformed, PartyCode};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn set(author: &str, date: &str, changes: Vec<Change>) -> ChangeSet {
    let id = format!("{}-{date}", author.to_lowercase()).parse().unwrap();
    let source_statement = "stated by the author for this exercise".to_owned();
    ChangeSet { id, author: party(author), date: day(date), source_statement, changes }
}

fn status(instrument: &str, code: &str, in_force: &str) -> Status {
    Status {
        instrument: instrument.parse().unwrap(),
        party: party(code),
        signed: None,
        ratified: Some("2026-06-01".parse().unwrap()),
        act: Some(Act::Accession),
        in_force: Some(in_force.parse().unwrap()),
        ended: None,
        territory: String::new(),
        note: String::new(),
        status: StatusWord::Verified,
        source: "exercise".to_owned(),
        as_of: AsOf::NotDated,
    }
}

fn law(code: &str, stated: WithoutTreatyStatus, measures: &[&str]) -> NationalLaw {
    NationalLaw {
        party: party(code),
        id: format!("mutual-assistance-act-{}", measures.len()).parse().unwrap(),
        title: "Mutual Assistance Act".to_owned(),
        dated: Some("2020".parse().unwrap()),
        consolidated: None,
        link: String::new(),
        language: "en".to_owned(),
        offences: Vec::new(),
        powers: Vec::new(),
        without_treaty: Some(WithoutTreatyLaw {
            status: stated,
            measures: measures.iter().map(|code| code.parse().unwrap()).collect(),
            note: "on a promise to do likewise".to_owned(),
        }),
        oversight: String::new(),
        gap_note: String::new(),
        in_force: Some("2021-01-01".parse().unwrap()),
        ended: None,
        as_of: "2026-09".parse().unwrap(),
    }
}

fn add(row: Row) -> Change {
    Change::Add(row)
}

fn status_row(row: Status) -> Row {
    Row::Status(Box::new(row))
}

fn law_row(row: NationalLaw) -> Row {
    Row::NationalLaw(Box::new(row))
}

fn outcome_29(register: &Register, on: &str, known: Option<&str>) -> (Outcome, Vec<String>) {
    let mut asked = query("XA", "XC", "preserve_stored_data", on);
    asked.known = known.map(day);
    let answer = register.bases(&asked).unwrap();
    let candidate = answer.candidate("budapest", "29").unwrap();
    (candidate.outcome, candidate.reasons.iter().map(ToString::to_string).collect())
}

/// The first fault of a set, and the code of each.
fn refused(register: &Register, set: &ChangeSet) -> (String, Vec<&'static str>) {
    let faults = register.apply(set).unwrap_err();
    (faults[0].to_string(), faults.iter().map(comity_law::Fault::code).collect())
}

/// An accession arrives by change set; before its date the register did not know, and says so.
#[test]
fn an_added_row_is_known_from_the_date_of_its_set() {
    let set = set("XC", "2026-12-01", vec![add(status_row(status("budapest", "XC", "2026-09-01")))]);
    let after = register().apply(&set).unwrap();
    assert_eq!(
        outcome_29(register(), "2026-12-15", None),
        (Outcome::Unsettled, vec!["no-record:XC".to_owned()])
    );
    assert_eq!(outcome_29(&after, "2026-12-15", None), (Outcome::Available, vec![]));
    assert_eq!(outcome_29(&after, "2026-08-31", None), (Outcome::Excluded, vec!["not-yet:XC".to_owned()]));
    assert_eq!(outcome_29(&after, "2026-12-15", Some("2026-11-30")).0, Outcome::Unsettled);
    assert_eq!(outcome_29(&after, "2026-12-15", Some("2026-12-01")).0, Outcome::Available);
    assert_ne!(after.hash(), register().hash());
    assert_eq!(after.applied()[0].hash, set.hash());
}

/// A correction overwrites nothing: asked as known before it, the register gives the old answer.
#[test]
fn a_correction_keeps_the_old_answer() {
    let corrected = status("budapest", "XB", "2027-06-01");
    let set = set("XB", "2027-01-10", vec![Change::Correct(status_row(corrected))]);
    let after = register().apply(&set).unwrap();
    let standing = |known: Option<&str>| {
        after.standing("budapest", &party("XB"), day("2027-02-01"), known.map(day)).unwrap().standing
    };
    assert_eq!(standing(None), Standing::NotYet);
    assert_eq!(standing(Some("2027-01-10")), Standing::NotYet);
    assert_eq!(standing(Some("2027-01-09")), Standing::Bound);
    assert_eq!(standing(Some("2026-01-31")), Standing::Bound);
    assert_eq!(standing(Some("2026-01-30")), Standing::NoRecord, "the row rests on a source of January 2026");
}

#[test]
fn an_end_counts_from_its_day_and_is_known_from_its_set() {
    let key = Key::Status("budapest".parse().unwrap(), party("XB"));
    let ends = set("XB", "2027-01-10", vec![Change::End(key.clone(), day("2027-06-01"))]);
    let after = register().apply(&ends).unwrap();
    let standing = |on: &str, known: Option<&str>| {
        after.standing("budapest", &party("XB"), day(on), known.map(day)).unwrap().standing
    };
    assert_eq!(standing("2027-05-31", None), Standing::Bound);
    assert_eq!(standing("2027-06-01", None), Standing::Ended);
    assert_eq!(standing("2027-06-01", Some("2027-01-09")), Standing::Bound);
    assert_eq!(after.next_threshold(day("2027-02-01"), &[party("XB")]), Some(day("2027-06-01")));
    let again = set("XB", "2027-01-11", vec![Change::End(key.clone(), day("2028-06-01"))]);
    assert_eq!(refused(&after, &again).1, ["law/cannot-end"]);
    let before_its_beginning = set("XB", "2027-01-11", vec![Change::End(key, day("2016-05-31"))]);
    assert_eq!(refused(register(), &before_its_beginning).1, ["law/cannot-end"]);
}

#[test]
fn a_withdrawn_reservation_no_longer_excludes() {
    let key = Key::Reservation(
        "budapest".parse().unwrap(),
        party("XB"),
        "34".to_owned(),
        Side::Both,
        Effect::Excluded,
    );
    let after =
        register().apply(&set("XB", "2027-01-10", vec![Change::End(key, day("2027-03-01"))])).unwrap();
    let outcome = |on: &str, known: Option<&str>| {
        let mut asked = query("XA", "XB", "interception_content", on);
        asked.known = known.map(day);
        after.bases(&asked).unwrap().candidate("budapest", "34").unwrap().outcome
    };
    assert_eq!(outcome("2027-02-28", None), Outcome::Excluded);
    assert_eq!(outcome("2027-03-01", None), Outcome::Available);
    assert_eq!(outcome("2027-03-01", Some("2027-01-09")), Outcome::Excluded);
}

#[test]
fn helping_without_a_treaty_comes_from_the_asked_partys_own_law() {
    let rows = vec![
        add(law_row(law("XC", WithoutTreatyStatus::NeedsAssurance, &[]))),
        add(law_row(law("XC", WithoutTreatyStatus::Excluded, &["interception_content"]))),
    ];
    let after = register().apply(&set("XC", "2026-12-01", rows.clone())).unwrap();
    let stated = |from: &str, to: &str, measure: &str, on: &str| {
        let answer = after.bases(&query(from, to, measure, on)).unwrap();
        (
            answer.without_treaty.status.as_str(),
            answer.without_treaty.law_of.to_string(),
            answer.without_treaty.note,
        )
    };
    let (status, of, note) = stated("XA", "XC", "preserve_stored_data", "2026-12-02");
    assert_eq!((status, of.as_str()), ("needs-assurance", "XC"));
    assert!(
        note.contains("Mutual Assistance Act (as of 2026-09)") && note.contains("to do likewise"),
        "{note}"
    );
    assert_eq!(stated("XA", "XC", "interception_content", "2026-12-02").0, "excluded");
    assert_eq!(
        stated("XA", "XC", "preserve_stored_data", "2020-12-31").0,
        "not-on-record",
        "not yet in force"
    );
    assert_eq!(
        stated("XC", "XA", "preserve_stored_data", "2026-12-02").0,
        "not-on-record",
        "never the asking party's"
    );
    // Nobody states the law of another.
    let (shown, codes) = refused(register(), &set("XA", "2026-12-01", rows));
    assert_eq!(codes, ["law/not-theirs", "law/not-theirs"]);
    assert_eq!(
        shown,
        "change set xa-2026-12-01:1:0: only `XC` itself can state or confirm this, and the author is `XA`"
    );
}

#[test]
fn what_others_report_stays_hidden_until_the_party_confirms() {
    let japan = party("JP");
    let reported =
        register().positions_to_confirm(&japan).next().expect("positions.csv reports one").position.clone();
    assert_eq!(register().positions(&japan).count(), 0);
    let PositionKey { party: of, topic, position } = PositionKey {
        party: japan.clone(),
        topic: reported.topic.clone(),
        position: reported.position.clone(),
    };
    let confirm = || {
        Change::Confirm(PositionKey { party: of.clone(), topic: topic.clone(), position: position.clone() })
    };
    let (_, codes) = refused(register(), &set("XA", "2026-12-01", vec![confirm()]));
    assert_eq!(codes, ["law/not-theirs"]);
    let after = register().apply(&set("JP", "2026-12-01", vec![confirm()])).unwrap();
    let held: Vec<_> = after.positions(&japan).collect();
    assert_eq!((held.len(), &held[0].position, held[0].confirmed), (1, &reported, Some(day("2026-12-01"))));
    let own = Position {
        party: party("XA"),
        topic: "due_diligence".to_owned(),
        position: "rule".to_owned(),
        summary: "an obligation of conduct".to_owned(),
        source: "exercise".to_owned(),
        as_of: AsOf::NotDated,
    };
    let after = register().apply(&set("XA", "2026-12-01", vec![add(Row::Position(Box::new(own)))])).unwrap();
    assert_eq!(after.positions(&party("XA")).count(), 1);
}

#[test]
fn an_organisation_or_territory_joins_by_change_set() {
    let joined = Party {
        code: party("XA-ISLE"),
        alpha3: String::new(),
        m49: String::new(),
        name: "Isle of A".to_owned(),
        common_name: String::new(),
        un_status: UnStatus::Exercise,
        un_since: None,
        region: Region::default(),
        aalco_member: Membership::No,
        appf_member: Membership::No,
        part_of: Some(party("XA")),
        ended: None,
    };
    let changes = vec![
        add(Row::Party(Box::new(joined.clone()))),
        add(status_row(status("budapest", "XA-ISLE", "2026-09-01"))),
    ];
    let after = register().apply(&set("XA", "2026-12-01", changes)).unwrap();
    let answer = after.bases(&query("XA-ISLE", "XB", "preserve_stored_data", "2026-12-02")).unwrap();
    assert_eq!(answer.candidate("budapest", "29").unwrap().outcome, Outcome::Available);
    let (_, codes) = refused(&after, &set("XB", "2026-12-02", vec![add(Row::Party(Box::new(joined)))]));
    assert_eq!(codes, ["law/duplicate"]);
    let ended = Change::End(Key::Party(party("XA-ISLE")), day("2027-01-01"));
    let ended = after.apply(&set("XA", "2026-12-05", vec![ended])).unwrap();
    let asked = |on: &str| {
        ended.bases(&query("XA-ISLE", "XB", "preserve_stored_data", on)).map_err(|fault| fault.code())
    };
    assert!(asked("2026-12-31").is_ok());
    assert_eq!(asked("2027-01-01").unwrap_err(), "law/party-ended");
}

#[test]
fn a_set_is_refused_whole_with_every_fault() {
    let mut unsourced = status("budapest", "XC", "2026-09-01");
    unsourced.source = "memory".to_owned();
    let changes = vec![
        add(status_row(status("untoc", "XC", "2026-09-01"))),
        add(status_row(status("budapest", "QQ", "2026-09-01"))),
        add(status_row(unsourced)),
        Change::Correct(status_row(status("malabo", "XC", "2026-09-01"))),
        add(status_row(status("coe-108", "XC", "2026-09-01"))),
    ];
    let faults = register().apply(&set("XC", "2026-12-01", changes)).unwrap_err();
    let found: Vec<(u64, &str)> = faults.iter().map(|fault| (fault.line, fault.code())).collect();
    assert_eq!(
        found,
        [
            (1, "law/duplicate"),
            (2, "law/unknown-party"),
            (3, "law/verified-without-source"),
            (4, "law/no-such-row")
        ]
    );
    let nothing = set("XC", "2026-12-01", Vec::new());
    assert_eq!(register().apply(&nothing).unwrap_err()[0].kind, FaultKind::SaysNothing);
    let once = set("XC", "2026-12-01", vec![add(status_row(status("budapest", "XC", "2026-09-01")))]);
    let after = register().apply(&once).unwrap();
    assert!(refused(&after, &once).1.contains(&"law/applied-already"));
}

#[test]
fn a_set_has_one_encoding() {
    let changes = vec![
        add(status_row(status("budapest", "XC", "2026-09-01"))),
        add(law_row(law("XC", WithoutTreatyStatus::Possible, &["stored_content"]))),
        Change::End(Key::Status("untoc".parse().unwrap(), party("XC")), day("2027-01-01")),
    ];
    let set = set("XC", "2026-12-01", changes);
    let bytes = set.to_bytes();
    assert_eq!(ChangeSet::from_bytes(&bytes).unwrap(), set);
    for cut in 0..bytes.len() {
        assert!(ChangeSet::from_bytes(&bytes[..cut]).is_err());
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(ChangeSet::from_bytes(&longer).is_err());
    let huge = vec![0; 1024 * 1024 + 1];
    assert!(matches!(ChangeSet::from_bytes(&huge), Err(Malformed::TooLong { .. })));
}

/// The hash is of the content: equal however the register came to be loaded, different with any cell.
#[test]
fn the_hash_is_of_the_content() {
    let again = Register::with_exercise().unwrap();
    assert_eq!(again.hash(), register().hash());
    assert_ne!(Register::shipped().unwrap().hash(), register().hash());
    let text = String::from_utf8(comity_law::Files::shipped().get("norms.csv").unwrap().to_vec()).unwrap();
    let files = comity_law::Files::with_exercise()
        .with("norms.csv", text.replacen("norm-k", "norm-l", 1).into_bytes());
    assert_ne!(Register::load(&files).unwrap().hash(), register().hash());
}

/// The sample of the invented State C, as a person writes it.
#[test]
fn a_set_is_read_as_a_person_writes_it() {
    let text = include_str!("../../../../data/law/exercise/changes/xc-mutual-assistance.json");
    let set = ChangeSet::from_json("xc.json", text).unwrap();
    assert_eq!(ChangeSet::from_bytes(&set.to_bytes()).unwrap(), set);
    let shown: Vec<String> = set.changes.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["add the law `mutual-assistance-act` of `XC`: Mutual Assistance Act (exercise data)"]);
    let after = register().apply(&set).unwrap();
    let answer = after.bases(&query("XA", "XC", "preserve_stored_data", "2026-12-01")).unwrap();
    assert_eq!(answer.without_treaty.status, WithoutTreatyStatus::NeedsAssurance);
}

#[test]
fn written_rows_have_the_columns_of_the_tables() {
    let written = |changes: &str| {
        let head = r#""id":"s","author":"XC","date":"2026-12-01","source_statement":"exercise""#;
        ChangeSet::from_json("set.json", &format!("{{{head},\"changes\":[{changes}]}}"))
    };
    let status = |more: &str| {
        format!(
            r#"{{"add":{{"instrument_status":{{"instrument":"budapest","state":"XC","act":"accession","in_force":"2026-09",
            "status":"verified","source":"exercise","as_of":"n.d."{more}}}}}}}"#
        )
    };
    let end =
        r#"{"end":{"row":{"instrument_status":{"instrument":"untoc","state":"XC"}},"on":"2027-01-01"}}"#;
    let set = written(&format!("{},{end}", status(""))).unwrap();
    let shown: Vec<String> = set.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "add `XC` under `budapest`: verified, in force from 2026-09",
            "end `XC` under `untoc` on 2027-01-01"
        ]
    );
    assert!(register().apply(&set).is_ok());
    let fault = |changes: &str| written(changes).unwrap_err()[0].to_string();
    assert_eq!(fault(&status(r#","inforce":"x""#)), "set.json:1:0: `inforce` is not a column of this file");
    assert_eq!(
        fault(&status(r#","signed":"2026-02-30""#)),
        "set.json:1:0: `2026-02-30` is not a date such as 2004, 2004-07 or 2004-07-01"
    );
    assert!(fault(r#"{"ad":{}}"#).starts_with("set.json:1:"));
    assert!(
        fault(r#"{"end":{"row":{"instrument_status":{"state":"XC"}},"on":"2027-01-01"}}"#)
            .ends_with("`instrument` is empty")
    );
    let deep = "[".repeat(100_000);
    assert_eq!(ChangeSet::from_json("set.json", &deep).unwrap_err().len(), 1);
    let long = " ".repeat(1024 * 1024 + 1);
    assert_eq!(ChangeSet::from_json("set.json", &long).unwrap_err()[0].code(), "law/too-long");
}
