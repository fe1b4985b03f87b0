//! What the sender states lets the receiver judge the same crossing; what it leaves unsaid does not.

use crate::{
    act::{body, judged, packs_of, record, request, three_peers, unit},
    law::register,
};
use comity_border::{
    Case, Code, Consent, Direction, Judgement, Pair, Period, Request, Standing, StandingEntries, Subject,
    redacted_labels,
};
use comity_record::{
    Labels, Verified,
    label::{Category, Onward, Personal, Purpose, Tlp},
};

fn receiving(request: &Request) -> Request {
    Request { direction: Direction::Receiving, ..request.clone() }
}

fn code(judgement: &Judgement) -> Option<Code> {
    judgement.decision().ruling.code()
}

/// Judged by the sender, then as the receiver sees it, with and without what the sender states.
fn both_sides(entries: StandingEntries, record: &Verified, request: Request, untold: Code) {
    let (ours, theirs) = (Standing::new(entries), Standing::new(three_peers()));
    let (sender, receiver) = (packs_of(&request.from), packs_of(&request.to));
    let stated = request.clone().stating(register(), &ours, &Subject::of(record));
    assert_eq!(code(&judged(sender, None, &ours, record, &stated)), None, "the sender clears it");
    assert_eq!(
        code(&judged(receiver, None, &theirs, record, &receiving(&stated))),
        None,
        "so does the receiver"
    );
    assert_eq!(code(&judged(receiver, None, &theirs, record, &receiving(&request))), Some(untold));
    assert_eq!(receiving(&stated).stating(register(), &theirs, &Subject::of(record)), receiving(&stated));
}

#[test]
fn a_consent_is_stated() {
    let mut labels = Labels::new(Tlp::Green);
    labels.onward = Onward::PriorAuthorisation;
    let record = record(&"XC".parse().unwrap(), labels, body("threat", None), None);
    let mut request = request("XA", "XB", "cyber-defence", "2026-03-01", "XA");
    (request.sender_unit, request.receiver_unit) = (Some(unit(&request.from)), Some(unit(&request.to)));
    let consent = |until: &str| Consent {
        by: "XC".parse().unwrap(),
        to: "XB".parse().unwrap(),
        record: None,
        purpose: None,
        from: "2025-01-01".parse().unwrap(),
        until: Some(until.parse().unwrap()),
        reference: "letter".to_owned(),
    };
    let mut entries = three_peers();
    entries.consents = vec![consent("2025-06-30"), consent("2026-06-30")];
    let standing = Standing::new(entries.clone());
    let stated = request.clone().stating(register(), &standing, &Subject::of(&record));
    assert_eq!(stated.consents, [consent("2026-06-30")], "only what holds is stated");
    both_sides(entries, &record, request, Code::Onward);
}

#[test]
fn a_ground_is_stated() {
    let mut labels = Labels::new(Tlp::Amber);
    labels.personal = Personal::Personal;
    labels.purpose = [Purpose::CriminalInvestigation].into();
    let record = record(&"XA".parse().unwrap(), labels, body("answer", None), None);
    let mut request = request("XA", "XC", "criminal-investigation", "2026-03-01", "XA");
    request.case = Some(Case {
        measure: "stored_content".to_owned(),
        offence: Some("illegal_access".to_owned()),
        penalty: Some(5),
        organised: Some(true),
        asking: None,
    });
    let mut entries = three_peers();
    entries.adequacy = vec![Pair {
        from: "XA".parse().unwrap(),
        to: "XC".parse().unwrap(),
        period: Period::from("2025-01-01".parse().unwrap()),
        reference: "decision 7".to_owned(),
    }];
    both_sides(entries, &record, request, Code::PersonalWithoutGround);
}

#[test]
fn the_labels_of_a_redacted_record_name_no_person() {
    let mut labels = Labels::new(Tlp::Green);
    labels.personal = Personal::MinorOrVictim;
    labels.category = [Category::Identity, Category::TechnicalIndicator].into();
    let redacted = redacted_labels(&labels, &["personal".to_owned()].into());
    assert_eq!(redacted.personal, Personal::None);
    assert_eq!(redacted.category, [Category::TechnicalIndicator].into());
    assert_eq!(
        redacted_labels(&labels, &["hostname".to_owned()].into()),
        labels,
        "other fields leave the labels"
    );
}
