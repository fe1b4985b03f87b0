//! Every row of the data is handled: a row added to request_fields.csv or refusal_grounds.csv fails here until it is.

use comity_affairs::{
    form::{FIELDS, Form, FormFault, Shown, check, shown},
    ground::{About, Effect, Standing, offered, standing},
};
use comity_law::Register;
use std::collections::{BTreeMap, BTreeSet};

fn register() -> Register {
    Register::with_exercise().unwrap()
}

#[test]
fn every_form_row_has_a_field_and_every_field_a_row() {
    let register = register();
    let rows: Vec<(&str, &str)> =
        register.request_fields().iter().map(|row| (row.section.as_str(), row.field.as_str())).collect();
    let fields: Vec<(&str, &str)> = FIELDS.iter().map(|field| (field.section, field.row)).collect();
    assert_eq!(rows, fields);
    let codes: BTreeSet<&str> = FIELDS.iter().map(|field| field.code).collect();
    assert_eq!(codes.len(), FIELDS.len());
}

#[test]
fn a_row_that_needs_a_value_has_a_field_that_needs_one() {
    use comity_affairs::form::Need;
    let register = register();
    for (row, field) in register.request_fields().iter().zip(FIELDS) {
        let expected: &[Need] = match row.required.as_str() {
            "yes" => &[Need::Always, Need::Offence, Need::Basis, Need::General],
            "yes, except service of documents" => &[Need::Always],
            "no" | "optional" | "if applicable" => &[Need::Optional],
            "if known" | "where possible" => &[Need::IfKnown],
            "if extension or follow-up" | "if follow-up" => &[Need::FollowUp],
            "by requested side" => &[Need::Never],
            other => panic!("`{other}` is not handled: {}", row.field),
        };
        assert!(expected.contains(&field.need), "{}: {:?}", row.field, field.need);
    }
}

#[test]
fn every_field_is_needed_on_the_forms_that_show_it_and_missing_it_is_told() {
    let with = Shown { general: true, other_basis: false, emergency: false };
    let empty = BTreeMap::new();
    for form in Form::ALL {
        let faults = check(*form, with, &empty);
        for (field, needed) in shown(*form, with, &empty) {
            let told = faults.contains(&FormFault::Missing { form: *form, field: field.code });
            assert_eq!(told, needed, "{form}: {}", field.code);
        }
    }
}

#[test]
fn every_measure_that_is_asked_for_by_a_form_has_exactly_one() {
    let register = register();
    let without = ["contact_24_7", "information_sharing", "transborder_access", "content_notice"];
    for measure in register.measures() {
        let code = measure.code.as_str();
        let forms = Form::ALL.iter().filter(|form| form.measures().contains(&code)).count();
        assert_eq!(forms, usize::from(!without.contains(&code)), "{code}");
    }
    for measure in Form::ALL.iter().flat_map(|form| form.measures()) {
        assert!(register.measure(measure).is_some(), "{measure}");
    }
}

/// The safeguard check stands on the form of every measure that measures.csv marks as coercive and on no form without one, and
/// asks for law, authority, necessity, proportion, duration and oversight (principles.csv, aalco-g).
#[test]
fn the_safeguard_check_is_a_part_of_every_coercive_measure_and_of_no_other() {
    use comity_affairs::form::unsaid;
    use comity_law::vocabulary::YesNo;
    let register = register();
    for measure in register.measures() {
        let Some(form) = Form::of_measure(measure.code.as_str()) else { continue };
        let asked = unsaid(form, &BTreeMap::new());
        // A form of several measures has the check where one of them is coercive.
        let is_coercive = |code: &&str| register.measure(code).is_some_and(|one| one.coercive == YesNo::Yes);
        let coercive = form.measures().iter().any(is_coercive);
        // Authority and last day of a collection in real time are needed on its form anyway.
        let expected = match (coercive, form) {
            (false, _) => 0,
            (true, Form::RealTime) => 4,
            (true, _) => 6,
        };
        assert_eq!(asked.len(), expected, "{}", measure.code);
        let said = asked.iter().map(|code| ((*code).to_owned(), "as the court ordered".to_owned())).collect();
        assert_eq!(unsaid(form, &said), Vec::<&str>::new(), "{form}");
    }
}

#[test]
fn a_preservation_has_the_six_contents_of_article_29() {
    // Budapest 29(2): authority; offence and short facts; data and link; custodian if known; need; intention to follow up.
    let with = Shown::default();
    let codes: BTreeSet<&str> = shown(Form::Preservation, with, &BTreeMap::new())
        .into_iter()
        .filter(|(_, needed)| *needed)
        .map(|(f, _)| f.code)
        .collect();
    for code in ["organisation", "offences", "facts", "data-types", "need", "disclosure-intended"] {
        assert!(codes.contains(code), "{code}");
    }
    let custodian =
        shown(Form::Preservation, with, &BTreeMap::new()).into_iter().find(|(f, _)| f.code == "custodian");
    assert_eq!(custodian.map(|(_, needed)| needed), Some(false));
    assert!(!codes.contains("use"), "a preservation gives nothing out, so nothing is used");
}

#[test]
fn in_danger_to_life_the_offence_may_follow() {
    let needs = |emergency| {
        check(Form::Emergency, Shown { emergency, ..Shown::default() }, &BTreeMap::new())
            .contains(&FormFault::Missing { form: Form::Emergency, field: "offences" })
    };
    assert!(needs(false) && !needs(true));
}

#[test]
fn a_territory_notice_has_no_default_for_actor_and_character() {
    let faults = check(Form::Territory, Shown::default(), &BTreeMap::new());
    for field in ["actor", "character", "confidence"] {
        assert!(faults.contains(&FormFault::Missing { form: Form::Territory, field }), "{field}");
    }
    let stated = BTreeMap::from([("actor".to_owned(), "state".to_owned())]);
    let bad = check(Form::Territory, Shown::default(), &stated);
    assert!(
        bad.iter()
            .any(|fault| fault.to_string() == "`actor` must be one of non-state, not-stated, not `state`")
    );
}

#[test]
fn values_have_one_notation_each() {
    let told = |form, field: &str, value: &str| {
        let values = BTreeMap::from([(field.to_owned(), value.to_owned())]);
        check(form, Shown::default(), &values)
            .iter()
            .any(|fault| matches!(fault, FormFault::BadValue { field: told, .. } if *told == field))
    };
    for (field, good, bad) in [
        ("date", "2026-03-01", "1.3.2026"),
        ("period", "2026-01-01/2026-01-31", "2026-01-31/2026-01-01"),
        ("time-zone", "Asia/Tokyo", "JST"),
        ("time-zone", "+09:00", "+25:00"),
        ("disclosure-intended", "yes", "perhaps"),
        ("data-types", "traffic, content", "everything"),
        ("status", "new", "old"),
        ("reference", "A-1", "two\nlines"),
    ] {
        assert!(!told(Form::Preservation, field, good), "{field}: {good}");
        assert!(told(Form::Preservation, field, bad), "{field}: {bad}");
    }
    let unknown = BTreeMap::from([("colour".to_owned(), "red".to_owned())]);
    let faults = check(Form::Preservation, Shown::default(), &unknown);
    assert!(faults.iter().any(|fault| fault.code() == "form/unknown-field"));
}

/// Each row is offered for exactly the measures that its `applies_to` names, and stands as its effect says.
#[test]
fn every_refusal_row_is_offered_where_it_applies() {
    let register = register();
    let instruments: BTreeSet<&str> = register.instruments().map(|one| one.id.as_str()).collect();
    let mut rows = 0;
    for instrument in instruments {
        for row in register.refusal_grounds(instrument) {
            rows += 1;
            assert!(Effect::of_code(&row.effect).is_some(), "`{}` is not handled", row.effect);
            let mut seen = 0;
            for measure in register.measures() {
                let about = About {
                    instrument: Some(instrument),
                    measure: measure.code.as_str(),
                    personal: true,
                    reserved: false,
                };
                let here =
                    offered(&register, about).into_iter().find(|offered| std::ptr::eq(offered.row, row));
                seen += usize::from(here.is_some());
                if let Some(here) = here {
                    let barred = row.effect == "barred_ground";
                    assert_eq!(here.standing == Standing::Barred, barred, "{}", row.ground);
                }
            }
            assert!(seen > 0, "{instrument} {} applies to nothing", row.ground);
        }
    }
    let data = include_str!("../../../../data/law/refusal_grounds.csv");
    assert_eq!(rows, data.lines().count() - 1);
}

#[test]
fn the_groups_of_measures_mean_what_the_issue_says() {
    let register = register();
    let about = |measure, personal| About { instrument: Some("uncac"), measure, personal, reserved: false };
    let has = |measure, ground: &str| {
        offered(&register, about(measure, false)).iter().any(|offered| offered.row.ground == ground)
    };
    assert!(has("stored_content", "dual_criminality") && !has("extradition", "dual_criminality"));
    // de_minimis is open for measures that are not coercive only.
    assert!(has("video_hearing", "de_minimis") && !has("stored_content", "de_minimis"));
    let protection = |personal| {
        let about =
            About { instrument: Some("un-cybercrime"), measure: "video_hearing", personal, reserved: false };
        standing(&register, about, "data_protection")
    };
    assert_eq!((protection(true), protection(false)), (Standing::Listed, Standing::NotListed));
}

#[test]
fn dual_criminality_is_no_ground_against_a_preservation_without_a_reservation() {
    let register = register();
    let of = |reserved| {
        let about = About {
            instrument: Some("budapest"),
            measure: "preserve_stored_data",
            personal: false,
            reserved,
        };
        let rows = offered(&register, about);
        rows.iter().find(|o| o.row.article == "29(4)").map(|offered| offered.standing)
    };
    assert_eq!((of(false), of(true)), (Some(Standing::NotReserved), Some(Standing::Listed)));
    let barred =
        About { instrument: Some("uncac"), measure: "bank_records", personal: true, reserved: false };
    assert_eq!(standing(&register, barred, "bank_secrecy"), Standing::Barred);
    assert_eq!(standing(&register, barred, "our_own_law"), Standing::NotListed);
}
