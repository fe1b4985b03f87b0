//! Objects with one fault each, and what is found.

use super::*;

const ID: &str = "11111111-2222-4333-8444-555555555555";

/// The codes found in an object of this type with these members.
fn check(name: &str, members: &str) -> Vec<String> {
    check_text(&format!(r#"{{"type":"{name}","id":"{name}--{ID}"{members}}}"#))
}

fn check_text(text: &str) -> Vec<String> {
    let object = Object::read(text.as_bytes()).unwrap();
    let show = |f: Finding| {
        let level = if f.level == Level::Must { "must" } else { "should" };
        format!("{level} {} {}", f.code.trim_start_matches("threat/"), f.path)
    };
    validate(&object).into_iter().map(show).collect()
}

/// The same for a cyber observable, whose id is of version 5.
fn check_observable(name: &str, members: &str) -> Vec<String> {
    check_text(&format!(
        r#"{{"type":"{name}","id":"{name}--11111111-2222-5333-8444-555555555555"{members}}}"#
    ))
}

const MARK: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
const TIMES: &str = r#","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z""#;

#[test]
fn required_properties_differ_between_editions() {
    let v21 = |members: &str| format!(r#","spec_version":"2.1"{TIMES}{members}"#);
    assert_eq!(check("malware", &v21(r#","is_family":false"#)), [""; 0]);
    assert_eq!(check("malware", &v21(r#","is_family":true"#)), ["must missing-property name"]);
    assert_eq!(check("malware", &v21("")), ["must missing-property is_family"]);
    assert_eq!(check("malware", TIMES), ["must missing-property name", "must missing-property labels"]);
    assert_eq!(check("location", &v21("")), ["must missing-property "]);
    assert_eq!(check("location", &v21(r#","country":"XA""#)), [""; 0]);
    assert_eq!(check("identity", r#","name":"A","identity_class":"group""#).len(), 2);
    assert_eq!(check_observable("email-addr", ""), ["must missing-property value"]);
    assert_eq!(check_observable("email-addr", r#","value":"a@example.org""#), [""; 0]);
    assert_eq!(check("x-custom", ""), ["should custom-content type"]);
    assert_eq!(check("x-custom", TIMES), [""; 0]);
    let half = r#","created":"2026-01-01T00:00:00.000Z""#;
    assert_eq!(check("x-custom", half), ["must missing-property modified"]);
    assert_eq!(check("bundle", ""), ["must nested-bundle type"]);
}

#[test]
fn identifiers_times_references_selectors_and_patterns_are_checked() {
    let note = |members: &str| check("x-note", &format!("{TIMES}{members}"));
    assert_eq!(
        check("x-a", r#","created":"2026-01-02T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z""#),
        ["must time-order modified"]
    );
    assert_eq!(
        check("x-a", r#","created":"2026-01-02","modified":"2026-01-01T00:00:00.000Z""#).first().unwrap(),
        "must bad-timestamp created"
    );
    assert_eq!(note(r#","created_by_ref":"x""#), ["must bad-reference created_by_ref"]);
    assert_eq!(
        note(r#","object_marking_refs":["identity--1"]"#),
        ["must bad-reference object_marking_refs.[0]"]
    );
    let marked = |selectors: &str| {
        note(&format!(
            r#","granular_markings":[{{"marking_ref":"{MARK}","selectors":{selectors}}}],"abc":[{{"b":1}}]"#
        ))
    };
    assert_eq!(marked(r#"["abc.[0].b"]"#), [""; 0]);
    assert_eq!(marked(r#"["abc.[1].b"]"#), ["must unresolved-selector granular_markings.[0].selectors.[0]"]);
    assert_eq!(
        marked("[]"),
        [
            "must bad-granular-marking granular_markings.[0]",
            "should empty-value granular_markings.[0].selectors"
        ]
    );
    let indicator = |pattern: &str, kind: &str| {
        let members = format!(
            r#","spec_version":"2.1"{TIMES},"name":"N","description":"D","valid_from":"2026-01-01T00:00:00Z","pattern_type":"{kind}","pattern":"{pattern}""#
        );
        check("indicator", &members)
    };
    assert_eq!(indicator("[url:value = 'x']", "stix"), [""; 0]);
    assert_eq!(indicator("url:value = 'x'", "stix"), ["must bad-pattern pattern"]);
    assert_eq!(indicator("alert tcp any", "snort"), [""; 0]);
    assert_eq!(indicator("[u:value = 'x']", "stix"), ["must bad-pattern pattern"]);
    assert_eq!(note(r#","abc":null"#), ["must empty-value abc"]);
    assert_eq!(note(r#","abc":{"x":[]}"#), ["should empty-value abc.x"]);
}

#[test]
fn identifiers_have_a_type_and_a_uuid() {
    let read = |id: &str| {
        let text = format!(r#"{{"type":"x-a","id":"{id}"{TIMES}}}"#);
        validate(&Object::read(text.as_bytes()).unwrap()).len()
    };
    assert_eq!(read(&format!("x-a--{ID}")), 0);
    for id in ["x-a", "x-a--1", &format!("x-b--{ID}"), &format!("x-a-{ID}"), &format!("x-a--{ID}0")] {
        assert_eq!(read(id), 1, "{id}");
    }
    assert!(is_identifier(&format!("x-a--{ID}")) && !is_identifier(&format!("X--{ID}")));
}

#[test]
fn observables_inside_observed_data_are_checked() {
    let observed = |objects: &str| {
        let members = format!(
            r#"{TIMES},"first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":1,"objects":{objects}"#
        );
        check("observed-data", &members)
    };
    assert_eq!(
        observed(r#"{"0":{"type":"file","name":"a"},"1":{"type":"x-b"}}"#),
        ["should custom-content objects.1.type"]
    );
    let refers = |to: &str| {
        observed(&format!(
            r#"{{"0":{{"type":"ipv4-addr","value":"198.51.100.7","resolves_to_refs":["{to}"]}},"1":{{"type":"mac-addr","value":"02:00:5e:00:53:01"}},"2":{{"type":"file","name":"a"}}}}"#
        ))
    };
    assert_eq!(refers("1"), [""; 0]);
    assert_eq!(refers("2"), ["must bad-reference objects.0.resolves_to_refs.[0]"]);
    assert_eq!(refers("9"), ["must bad-reference objects.0.resolves_to_refs.[0]"]);
    assert_eq!(observed(r#"{"0":{"type":"file"}}"#), ["must missing-property objects.0"]);
    assert_eq!(
        observed(r#"{"0":{"type":"url"},"1":{}}"#),
        [
            "must missing-property objects.0.value",
            "must missing-property objects.1.type",
            "should empty-value objects.1"
        ]
    );
    assert_eq!(observed("[]"), ["must bad-observables objects"]);
}

/// One fault each, in objects of 2.1 that are otherwise sound.
#[test]
fn each_rule_finds_its_fault_and_names_the_place() {
    const ADVICE: &str = "extension-definition--04b2d3ef-d061-4912-ab77-6bbe807a5bd5";
    for (name, members, expected) in [
        ("campaign", r#""name":5"#, "must wrong-kind name"),
        ("campaign", r#""name":"a","aliases":[]"#, "must empty-value aliases"),
        ("campaign", r#""name":"a","aliases":["b",7]"#, "must wrong-kind aliases.[1]"),
        ("campaign", r#""name":"a","confidence":101"#, "must out-of-range confidence"),
        ("campaign", r#""name":"a","confidence":1.5"#, "must wrong-kind confidence"),
        ("campaign", r#""name":"a","lang":"foo""#, "must bad-value lang"),
        ("campaign", r#""name":"a","severity":1"#, "must reserved-name severity"),
        ("campaign", r#""name":"a","Custom":1"#, "must bad-name Custom"),
        ("campaign", r#""name":"a","x_abc":1"#, "should custom-content x_abc"),
        (
            "campaign",
            r#""name":"a","first_seen":"2026-02-01T00:00:00Z","last_seen":"2026-01-01T00:00:00Z""#,
            "must time-order last_seen",
        ),
        (
            "campaign",
            r#""name":"a","external_references":[{"source_name":"cve","external_id":"CVE-24-1"}]"#,
            "must bad-value external_references.[0].external_id",
        ),
        (
            "campaign",
            r#""name":"a","external_references":[{"source_name":"x"}]"#,
            "must missing-property external_references.[0]",
        ),
        ("location", r#""latitude":1.0"#, "must properties-clash latitude"),
        ("location", r#""country":"JP","region":"atlantis""#, "should open-vocabulary region"),
        ("location", r#""latitude":91,"longitude":0"#, "must out-of-range latitude"),
        (
            "opinion",
            r#""opinion":"maybe","object_refs":["identity--c0a1170e-0000-4000-8000-000000000003"]"#,
            "must unknown-value opinion",
        ),
        (
            "relationship",
            r#""relationship_type":"indicates","source_ref":"identity--c0a1170e-0000-4000-8000-000000000003","target_ref":"tool--c0a1170e-0000-4000-8000-000000000003""#,
            "should unusual-relation relationship_type",
        ),
        (
            "relationship",
            r#""relationship_type":"related-to","source_ref":"sighting--c0a1170e-0000-4000-8000-000000000003","target_ref":"tool--c0a1170e-0000-4000-8000-000000000003""#,
            "must bad-reference source_ref",
        ),
        (
            "sighting",
            r#""sighting_of_ref":"tool--c0a1170e-0000-4000-8000-000000000003","count":1000000000"#,
            "must out-of-range count",
        ),
        (
            "extension-definition",
            r#""created_by_ref":"identity--c0a1170e-0000-4000-8000-000000000003","name":"a","description":"b","schema":"c","version":"1.0.0","extension_types":["other"]"#,
            "must unknown-value extension_types.[0]",
        ),
        (
            "language-content",
            r#""object_ref":"tool--c0a1170e-0000-4000-8000-000000000003","contents":{"español":{"name":"x"}}"#,
            "must bad-name contents.español",
        ),
    ] {
        let found = check(name, &format!(r#","spec_version":"2.1"{TIMES},{members}"#));
        assert_eq!(found, [expected], "{name} {members}");
    }
    let extended = |extension: &str| {
        check(
            "campaign",
            &format!(r#","spec_version":"2.1"{TIMES},"name":"a","x_abc":1,"extensions":{{{extension}}}"#),
        )
    };
    assert_eq!(
        extended(&format!(r#""{ADVICE}":{{"extension_type":"toplevel-property-extension"}}"#)),
        [""; 0]
    );
    assert_eq!(
        extended(&format!(r#""{ADVICE}":{{"extension_type":"other"}}"#)).last().unwrap(),
        &format!("must unknown-value extensions.{ADVICE}.extension_type")
    );
    assert_eq!(extended(r#""thing":{"abc":1}"#).last().unwrap(), "must bad-extension extensions.thing");
    let sdo = |kind: &str| {
        check(
            "some-thing",
            &format!(
                r#","spec_version":"2.1"{TIMES},"extensions":{{"{ADVICE}":{{"extension_type":"{kind}"}}}}"#
            ),
        )
    };
    assert_eq!(sdo("new-sdo"), [""; 0]);
    assert_eq!(sdo("property-extension"), ["should custom-content type"]);
}

#[test]
fn observables_keep_their_rules() {
    for (name, members, expected) in [
        ("file", r#""hashes":{"MD5":"x"}"#, "must bad-hash hashes.MD5"),
        ("file", r#""hashes":{"MD":"x"}"#, "must bad-hash hashes.MD"),
        ("file", r#""hashes":{"FNV":"x"}"#, "should open-vocabulary hashes.FNV"),
        ("file", r#""name":"a","size":-1"#, "must out-of-range size"),
        (
            "file",
            r#""name":"a","extensions":{"pdf-ext":{"other":1}}"#,
            "must missing-property extensions.pdf-ext",
        ),
        ("ipv4-addr", r#""value":"198.51.100""#, "must bad-value value"),
        ("network-traffic", r#""protocols":["tcp"],"src_port":1,"dst_port":2"#, "must missing-property "),
        (
            "artifact",
            r#""payload_bin":"QUJD","url":"http://example.org/","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}"#,
            "must properties-clash url",
        ),
        (
            "email-message",
            r#""is_multipart":false,"subject":"a","body_multipart":[{"body":"x"}]"#,
            "must properties-clash body_multipart",
        ),
        ("windows-registry-key", r#""key":"HKLM\\a""#, "must bad-value key"),
        ("process", r#""pid":1"#, "must bad-id id"),
    ] {
        let shown = check_observable(name, &format!(",{members}"));
        assert!(shown.iter().any(|found| found == expected), "{name} {members} {shown:?}");
    }
}
