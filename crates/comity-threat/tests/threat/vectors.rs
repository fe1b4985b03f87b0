//! The inputs of the OASIS validator's own tests, with the verdict of the reference validator.

use crate::shared;
use comity_threat::{
    Level, Object, SpecVersion,
    pattern::{DEFAULT_BUDGET, Plan, Verdict, check, observations},
    reader::read_all,
    validate,
    validate::refuses,
    validate_musts,
};
use serde_json::Value;
use std::collections::BTreeMap;

fn lines(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}

/// The verdict on one input: whether a finding refuses it, and what is found.
fn verdict(input: &Value) -> (bool, Vec<String>) {
    // Some inputs are texts, which the reference reads itself.
    let text = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
    let (mut refused, mut shown) = (false, Vec::new());
    let read = read_all(text.as_bytes(), |raw| {
        match Object::read(raw.bytes) {
            Ok(object) => {
                let findings = validate(&object);
                let musts = findings.iter().filter(|found| found.level == Level::Must);
                assert_eq!(validate_musts(&object), musts.cloned().collect::<Vec<_>>());
                refused |= refuses(&findings);
                shown.extend(findings.iter().map(|finding| format!("{} {finding}", finding.code)));
            }
            Err(fault) => return Err(fault),
        }
        Ok(())
    });
    if let Err(fault) = read {
        refused = true;
        shown.push(fault.to_string());
    }
    (refused, shown)
}

/// Where we differ from the reference validator, one by one; docs/conformance/objects.md says why.
const DISAGREEMENTS: &[(&str, usize)] = &[
    ("v20/bundle_tests.py::BundleTestCases::test_bundle_object_categories", 1),
    ("v20/indicator_tests.py::IndicatorTestCases::test_pattern_custom_object_prefix_lax", 1),
    ("v21/indicator_tests.py::IndicatorTestCases::test_custom_property_name_invalid_character", 1),
    ("v21/indicator_tests.py::IndicatorTestCases::test_custom_property_name_long", 1),
    ("v21/interop_tests.py::InteropTestCases::test_interop_sro_specifics_Non_Compliant", 1),
    ("v21/interop_tests.py::InteropTestCases::test_obj_markings_invalid", 1),
    ("v21/network_traffic_tests.py::ObservedDataTestCases::test_invalid_start_end_time", 1),
    ("v21/network_traffic_tests.py::ObservedDataTestCases::test_network_traffic_end_is_active", 1),
    ("v21/network_traffic_tests.py::ObservedDataTestCases::test_network_traffic_http_request_header", 2),
    ("v21/network_traffic_tests.py::ObservedDataTestCases::test_network_traffic_ipfix", 2),
    ("v21/network_traffic_tests.py::ObservedDataTestCases::test_network_traffic_protocols", 3),
    ("v21/network_traffic_tests.py::ObservedDataTestCases::test_network_traffic_socket_options", 2),
    ("v21/network_traffic_tests.py::ObservedDataTestCases::test_wellformed_network_traffic", 1),
    ("v21/spec_version_tests.py::SpecVersionTestCases::test_cmd_and_obj", 2),
];

/// The verdict at level `must` is that of the reference, but for the disagreements that are listed.
#[test]
fn objects_have_the_verdict_of_the_reference() {
    let Some(bytes) = shared("conformance/stix-object-vectors.jsonl.zst") else { return };
    let (mut valid, mut invalid) = (0, 0);
    let mut disagreements: BTreeMap<String, usize> = BTreeMap::new();
    for vector in lines(&bytes) {
        if vector["options"]["custom_schemas"] == true {
            continue;
        }
        // Without the option `strict` the verdict is that at level `must` anyway.
        let accepted = vector["must_only_valid"].as_bool().or(vector["valid"].as_bool()).unwrap();
        let (refused, shown) = verdict(&vector["input"]);
        *(if accepted { &mut valid } else { &mut invalid }) += 1;
        if refused == accepted {
            let test = vector["test"].as_str().unwrap().trim_start_matches("stix2validator/test/");
            *disagreements.entry(test.to_owned()).or_default() += 1;
            eprintln!("{test} accepted={accepted} {} ours={shown:?} {}", vector["errors"], vector["input"]);
        }
    }
    assert_eq!((valid, invalid), (362, 221));
    let expected = DISAGREEMENTS.iter().map(|(test, count)| ((*test).to_owned(), *count)).collect();
    assert_eq!(disagreements, expected);
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

/// Evaluates a vector of the reference matcher's own tests: `match`, `no-match` or `error`.
fn judged(vector: &Value) -> &'static str {
    let version = if vector["stix_version"] == "2.0" { SpecVersion::V20 } else { SpecVersion::V21 };
    let Ok(plan) = Plan::new(vector["pattern"].as_str().unwrap(), version) else { return "error" };
    let mut texts = Vec::new();
    for given in vector["observed_data"].as_array().unwrap() {
        match given["objects"].as_array() {
            Some(bundled) => texts.extend(bundled.iter().map(Value::to_string)),
            // Some of the reference's observations have no `type`, or one of STIX 1; they are taken for what they are.
            None => texts.push({
                let mut given = given.clone();
                given["type"] = "observed-data".into();
                given.to_string()
            }),
        }
    }
    let objects: Vec<Object<'_>> = texts.iter().map(|text| Object::read(text.as_bytes()).unwrap()).collect();
    let (observations, unfit) = observations(&objects);
    assert!(unfit.is_empty(), "{unfit:?}");
    let evaluation = plan.evaluate(&observations, DEFAULT_BUDGET);
    match evaluation.verdict {
        Verdict::Match(_) => "match",
        Verdict::NoMatch if evaluation.incomparable > 0 => "error",
        Verdict::NoMatch => "no-match",
        Verdict::Undecided => "undecided",
    }
}

/// Every verdict is that of the reference matcher.
#[test]
fn patterns_match_as_the_reference_matches_them() {
    let Some(bytes) = shared("conformance/stix-pattern-match-vectors.jsonl.zst") else { return };
    let mut counts = std::collections::BTreeMap::new();
    let mut wrong = Vec::new();
    for vector in lines(&bytes) {
        let verdict = judged(&vector);
        *counts.entry(verdict).or_insert(0) += 1;
        if vector["result"] != verdict {
            wrong.push(format!(
                "{verdict}, not {}: {} on {}",
                vector["result"], vector["pattern"], vector["observed_data"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(counts, [("error", 43), ("match", 282), ("no-match", 247)].into());
}
