//! The inputs of the OASIS validator's own tests, with the verdict of the reference validator.

use crate::shared;
use comity_threat::{Object, SpecVersion, pattern::check, validate, validate::refuses};
use serde_json::Value;

fn lines(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

fn is_refused(object: &Value) -> bool {
    let text = object.to_string();
    match Object::read(text.as_bytes()) {
        Ok(object) => refuses(&validate(&object)),
        Err(_) => true,
    }
}

/// No object that the reference accepts is refused. Of those it refuses, presence and form are found here; the rest
/// breaks vocabularies, value formats and rules on custom content, which are not checked.
#[test]
fn objects_the_reference_accepts_are_accepted() {
    let Some(bytes) = shared("conformance/stix-object-vectors.jsonl.zst") else { return };
    let (mut valid, mut invalid, mut caught) = (0, 0, 0);
    for vector in lines(&bytes) {
        let input = &vector["input"];
        let custom = vector["options"]["custom_schemas"] == true;
        if custom || !input.is_object() || input["type"] == "bundle" {
            continue;
        }
        let refused = is_refused(input);
        if vector["must_only_valid"] == true {
            valid += 1;
            assert!(!refused, "{} {input}", vector["test"]);
        } else {
            invalid += 1;
            caught += u32::from(refused);
        }
    }
    assert_eq!((valid, invalid, caught), (310, 211, 103));
}

/// Every verdict on the syntax of a pattern is that of the reference, but for days that no calendar has: the reference
/// takes 30 February, and the 29th of any year, and then fails to evaluate them.
#[test]
fn patterns_are_judged_as_the_reference_judges_them() {
    let Some(bytes) = shared("conformance/stix-pattern-syntax-vectors.jsonl.zst") else { return };
    let (mut valid, mut invalid, mut no_such_day) = (0, 0, 0);
    for vector in lines(&bytes) {
        let pattern = vector["pattern"].as_str().unwrap();
        let version = if vector["stix_version"] == "2.0" { SpecVersion::V20 } else { SpecVersion::V21 };
        let checked = check(pattern, version);
        if pattern.contains("2024-02-30") || pattern.contains("2023-02-29") {
            no_such_day += 1;
            assert!(checked.is_err());
            continue;
        }
        assert_eq!(checked.is_ok(), vector["valid"] == true, "{version:?} {pattern}: {checked:?}");
        *(if checked.is_ok() { &mut valid } else { &mut invalid }) += 1;
    }
    assert_eq!((valid, invalid, no_such_day), (64, 41, 4));
}
