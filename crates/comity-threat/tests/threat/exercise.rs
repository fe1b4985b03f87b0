//! Our own exercise bundle: what it shows in the demonstration must stay so.

use comity_record::label::{Personal, Tlp};
use comity_threat::{
    Context, Labelled, Object, Policy, Survey, Tables, import_bytes, labels_for, reader::read_all, redact,
    redact::redacted_selectors, validate, validate::refuses,
};

const BUNDLE: &[u8] = include_bytes!("../../../../data/threat/exercise-bundle.json");

/// Every object with its labels, in order.
fn labelled() -> Vec<(String, Vec<u8>, Labelled)> {
    let tables = Tables::built_in().unwrap();
    let mut survey = Survey::new(Context::new(&tables, Policy::default()));
    survey.feed(BUNDLE).unwrap();
    let (context, count) = survey.finish().unwrap();
    assert_eq!(count, 13);
    let mut out = Vec::new();
    read_all(BUNDLE, |raw| {
        let object = Object::read(raw.bytes).unwrap();
        // What the standard only recommends: descriptions of indicators, and usual relationships.
        let findings = validate(&object);
        assert!(!refuses(&findings), "{findings:?}");
        let name = object.text_of("name").unwrap_or_default().into_owned();
        out.push((name, raw.bytes.to_vec(), labels_for(&object, &context)));
        Ok(())
    })
    .unwrap();
    out
}

fn by_name(name: &str) -> (Vec<u8>, Labelled) {
    let found = labelled().into_iter().find(|(known, ..)| known == name).unwrap();
    (found.1, found.2)
}

#[test]
fn every_object_has_the_labels_the_demonstration_needs() {
    let shown: Vec<String> =
        labelled().iter().map(|(name, _, labelled)| format!("{name}: {}", labelled.labels)).collect();
    assert_eq!(
        shown,
        [
            ": tlp=clear",
            ": tlp=clear sovereign=critical-infrastructure",
            "National CERT of XA (exercise): tlp=clear",
            "PAPERBOAT: tlp=clear category=technical-indicator",
            "PAPERBOAT download host: tlp=clear category=technical-indicator",
            "PAPERBOAT command server: tlp=green category=technical-indicator",
            "PAPERBOAT sample: tlp=red category=technical-indicator",
            "PAPERBOAT second stage: tlp=amber category=technical-indicator",
            "Sensor that saw PAPERBOAT: tlp=red category=technical-indicator",
            "Noor Sample: tlp=green category=identity personal=personal",
            "Remote access of a waterworks: tlp=green category=technical-indicator sovereign=critical-infrastructure",
            ": tlp=clear category=technical-indicator",
            ": tlp=green category=technical-indicator",
        ]
    );
    let (chunks, report) = import_bytes(BUNDLE, &Tables::built_in().unwrap(), Policy::default()).unwrap();
    assert_eq!((report.taken, report.unmarked, report.unresolved, report.granular), (13, 0, 0, 1));
    assert_eq!((report.personal, report.claims, chunks.len()), (1, 0, 8));
}

#[test]
fn the_person_is_redacted_and_the_rest_of_the_bytes_stay() {
    let (bytes, labelled) = by_name("Noor Sample");
    let selectors: Vec<_> = labelled.personal.into_iter().map(|part| part.selector).collect();
    let redacted = redact(&bytes, &selectors).unwrap();
    let text = String::from_utf8(redacted.bytes.clone()).unwrap();
    assert!(!text.contains("oor"), "{text}");
    let expected = String::from_utf8(bytes)
        .unwrap()
        .replace(r#", "contact_information": "noor.sample@utility.example""#, "")
        .replace("Noor Sample", "(redacted)")
        .replace('}', r#","x_comity_redacted":["contact_information","name"]}"#);
    assert_eq!(text, expected);
    let tables = Tables::built_in().unwrap();
    let derived =
        labels_for(&Object::read(&redacted.bytes).unwrap(), &Context::new(&tables, Policy::default()));
    assert_eq!(derived.labels.personal, Personal::None);
}

#[test]
fn a_granular_red_part_is_cut_and_its_marking_with_it() {
    let (bytes, labelled) = by_name("PAPERBOAT sample");
    assert_eq!(labelled.tlp_without_granular, Tlp::Green);
    let redacted = redact(&bytes, &labelled.stricter_than(Tlp::Green)).unwrap();
    let object = Object::read(&redacted.bytes).unwrap();
    assert!(object.get("description").is_none() && object.get("granular_markings").is_none());
    assert_eq!(redacted_selectors(&object).unwrap(), ["description"]);
    let tables = Tables::built_in().unwrap();
    let mut context = Context::new(&tables, Policy::default());
    read_all(BUNDLE, |raw| {
        context.note(&Object::read(raw.bytes)?);
        Ok(())
    })
    .unwrap();
    assert_eq!(labels_for(&object, &context).labels.tlp, Tlp::Green);
}
