//! Two parties measure by measure: the best article each way, the test of dual criminality, and the offences on record.

use crate::{query, register};
use comity_law::{
    AsOf, Change, ChangeSet, MeasureLine, NationalLaw, NationalOffence, NationalPower, Outcome, Register,
    Row, Test,
};
use comity_record::{Date, PartyCode};

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn line<'m>(matrix: &'m comity_law::Matrix, measure: &str) -> &'m MeasureLine {
    matrix.measures.iter().find(|line| line.measure.as_str() == measure).unwrap()
}

fn day() -> Date {
    "2026-03-01".parse().unwrap()
}

/// XB has reserved the test for preservation under Budapest 29, XA has not; 25(5) leaves it open for other measures.
#[test]
fn dual_criminality_stands_as_the_instrument_and_the_reservation_have_it() {
    let matrix = register().matrix(&party("XA"), &party("XB"), day(), None).unwrap();
    let kept = line(&matrix, "preserve_stored_data");
    let tests = |asking: &comity_law::Asking| -> Vec<(String, Test)> {
        asking.dual_criminality.iter().map(|one| (one.article.clone(), one.test)).collect()
    };
    assert_eq!(tests(&kept.a_asks), [("29(4)".to_owned(), Test::Reserved)]);
    assert_eq!(tests(&kept.b_asks), [("29(4)".to_owned(), Test::OnlyIfReserved)]);
    let content = line(&matrix, "stored_content");
    assert_eq!(tests(&content.a_asks), [("25(5)".to_owned(), Test::May)]);
    // No measure is left out but the State's own act, and each says what the question itself would have said.
    let asked: Vec<&str> = register()
        .measures()
        .map(|measure| measure.code.as_str())
        .filter(|code| *code != "transborder_access")
        .collect();
    assert_eq!(matrix.measures.iter().map(|line| line.measure.as_str()).collect::<Vec<_>>(), asked);
    for line in &matrix.measures {
        for (asking, from, to) in [(&line.a_asks, "XA", "XB"), (&line.b_asks, "XB", "XA")] {
            let answer = register().bases(&query(from, to, line.measure.as_str(), "2026-03-01")).unwrap();
            assert_eq!(asking.outcome, answer.best());
            let all = answer.usable().count();
            let best = usize::from(matches!(asking.outcome, Some(Outcome::Available | Outcome::Conditional)));
            assert_eq!(asking.further + best, all);
        }
    }
    // No State has stated a law: no record, for either.
    assert!(matrix.offences.iter().all(|line| line.a.is_empty() && line.b.is_empty()));
    assert_eq!(matrix.offences.len(), register().offences().count());
}

fn stating(register: &Register, code: &str, offences: &[&str]) -> Register {
    let law = NationalLaw {
        party: party(code),
        id: "criminal-code".parse().unwrap(),
        title: "Criminal Code".to_owned(),
        dated: None,
        consolidated: None,
        link: String::new(),
        language: "en".to_owned(),
        offences: offences
            .iter()
            .map(|offence| NationalOffence {
                offence: offence.parse().unwrap(),
                section: "s 202".to_owned(),
                treaty_article: "budapest 2".to_owned(),
                penalty: "up to five years".to_owned(),
            })
            .collect(),
        powers: vec![NationalPower {
            measure: "preserve_stored_data".parse().unwrap(),
            section: "s 9".to_owned(),
            conditions: String::new(),
        }],
        without_treaty: None,
        oversight: String::new(),
        gap_note: String::new(),
        in_force: Some("2021-01-01".parse().unwrap()),
        ended: None,
        as_of: AsOf::NotDated,
    };
    let set = ChangeSet {
        id: format!("{}-2026-02-01", code.to_lowercase()).parse().unwrap(),
        author: party(code),
        date: "2026-02-01".parse().unwrap(),
        source_statement: "stated by the author for this exercise".to_owned(),
        changes: vec![Change::Add(Row::NationalLaw(Box::new(law)))],
    };
    register.apply(&set).unwrap()
}

#[test]
fn an_offence_is_on_record_in_both_only_where_both_have_stated_it() {
    let one = stating(register(), "XA", &["illegal_access", "system_interference"]);
    let both = stating(&one, "XB", &["illegal_access"]);
    let matrix = both.matrix(&party("XA"), &party("XB"), day(), None).unwrap();
    let on_record: Vec<&str> = matrix
        .offences
        .iter()
        .filter(|line| line.is_on_record_in_both())
        .map(|line| line.offence.as_str())
        .collect();
    assert_eq!(on_record, ["illegal_access"]);
    let alone = matrix.offences.iter().find(|line| line.offence.as_str() == "system_interference").unwrap();
    assert_eq!((alone.a.len(), alone.b.len()), (1, 0));
    assert_eq!(line(&matrix, "preserve_stored_data").a_asks.powers, ["Criminal Code s 9"]);
    // Before the law was in force there is none; and a party is not compared with itself.
    let before = both.matrix(&party("XA"), &party("XB"), "2020-12-31".parse().unwrap(), None).unwrap();
    assert!(before.offences.iter().all(|line| line.a.is_empty()));
    assert!(both.matrix(&party("XA"), &party("XA"), day(), None).is_err());
}
