//! What is wrong with a pack is said, with its place; what is right loads.

use comity_border::{
    Adoption, Layer, PackText, Packs,
    pack::{Effect, LayerKind},
};
use comity_law::Register;
use std::collections::BTreeSet;

const PERMIT: &str = "@id(\"t/1\") @citation(\"vclt 26\") @sentence(\"A rule.\")\n";
const FORBID: &str =
    "@id(\"t/1\") @citation(\"vclt 26\") @sentence(\"A rule.\") @code(\"border/tlp\") @lift(\"nothing\")\n";

fn load(layer: Layer, body: &str) -> Result<Packs, Vec<String>> {
    let text = format!("// pack: test\n// version: 3\n{body}");
    let pack = PackText { file: "test.cedar".to_owned(), layer, text };
    Packs::load(vec![pack], &Adoption::Whole)
        .map_err(|faults| faults.iter().map(|fault| format!("{} {fault}", fault.code())).collect())
}

fn refused(layer: Layer, body: &str, wanted: &[&str]) {
    let faults = load(layer, body).map(|_| ()).unwrap_err();
    assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
    for (fault, wanted) in faults.iter().zip(wanted) {
        assert!(fault.starts_with(wanted), "`{fault}` should begin with `{wanted}`");
    }
}

fn national() -> Layer {
    Layer::National("XA".parse().unwrap())
}

#[test]
fn the_shipped_packs_have_no_fault_and_name_their_versions() {
    for party in ["XA", "XB", "XC", "XD"] {
        let packs = Packs::for_party(&party.parse().unwrap(), &Adoption::Whole, Vec::new()).unwrap();
        assert!(packs.info().iter().all(|pack| pack.version >= 1 && pack.policies > 0));
        let national = packs.policies().filter(|policy| policy.layer == LayerKind::National).count();
        assert_eq!(national > 0, party != "XD", "{party}");
    }
    assert!(Packs::exercise_text(&"JP".parse().unwrap()).is_none(), "no real State has a pack");
}

#[test]
fn every_citation_names_a_source() {
    let register = Register::load(&comity_law::Files::with_exercise()).unwrap();
    let known = ["vclt", "led", "first-tlp-2.0", "iep-2.0", "europol-handling"];
    for party in ["XA", "XB", "XC"] {
        let packs = Packs::for_party(&party.parse().unwrap(), &Adoption::Whole, Vec::new()).unwrap();
        for policy in packs.policies() {
            for citation in policy.citation.split(';').map(str::trim) {
                let head = citation.split_whitespace().next().unwrap();
                let found = register.instrument(head).is_some()
                    || register.principle(head).is_some()
                    || register.norm(head).is_some()
                    || known.contains(&head)
                    || citation.starts_with(&format!("{party}: "));
                assert!(found, "{}: `{citation}` names nothing", policy.id);
            }
            assert!(
                policy.sentence.ends_with('.') && policy.sentence.chars().count() <= 160,
                "{}",
                policy.id
            );
        }
    }
}

#[test]
fn a_refusal_from_the_principles_says_whose_policy_it_is() {
    let packs = Packs::shipped().unwrap();
    let letters: BTreeSet<char> = packs.policies().filter_map(|policy| policy.principle).collect();
    assert_eq!(letters, ('a'..='h').collect());
    for policy in packs.policies().filter(|policy| policy.layer == LayerKind::Principles) {
        assert!(policy.reason().starts_with("own policy, guided by the non-binding AALCO proposal ("));
    }
}

#[test]
fn a_policy_that_is_no_policy_is_refused_with_its_place() {
    let broken =
        format!("{PERMIT}permit (principal, action == Action::\"send\", resource)\nwhen {{ context. }};");
    refused(Layer::Instruments, &broken, &["pack/syntax test.cedar:5:"]);
    let unknown = format!(
        "{PERMIT}permit (principal, action == Action::\"send\", resource)\nwhen {{ context.purpos == \"x\" }};"
    );
    refused(Layer::Instruments, &unknown, &["pack/schema test.cedar:5:8: the schema does not allow this: "]);
    let wrong_type = format!(
        "{PERMIT}permit (principal, action == Action::\"send\", resource)\nwhen {{ context.bulk == \"yes\" }};"
    );
    refused(Layer::Instruments, &wrong_type, &["pack/schema test.cedar:5:8:"]);
    let no_action = format!("{PERMIT}permit (principal, action == Action::\"sell\", resource);");
    let faults = load(Layer::Instruments, &no_action).unwrap_err();
    assert!(faults.iter().any(|fault| fault.starts_with("pack/schema test.cedar:4:30: ")), "{faults:?}");
    let slots = format!("{PERMIT}permit (principal == ?principal, action == Action::\"send\", resource);");
    assert!(load(Layer::Instruments, &slots).unwrap_err()[0].starts_with("pack/template"));
}

#[test]
fn a_policy_says_what_it_rests_on() {
    let scope = "(principal, action == Action::\"send\", resource)";
    let bare = format!("permit {scope};");
    refused(
        Layer::Instruments,
        &bare,
        &[
            "pack/missing-annotation test.cedar:3:1: policy `policy0` lacks `@id`",
            "pack/missing",
            "pack/missing",
        ],
    );
    let uncited = format!("@id(\"t/1\") @sentence(\"A rule.\")\npermit {scope};");
    refused(
        Layer::Instruments,
        &uncited,
        &["pack/missing-annotation test.cedar:3:1: policy `t/1` lacks `@citation`"],
    );
    let empty = format!("@id(\"t/1\") @citation(\" \") @sentence(\"A rule.\")\npermit {scope};");
    refused(
        Layer::Instruments,
        &empty,
        &["pack/missing-annotation test.cedar:3:1: policy `t/1` lacks `@citation`"],
    );
    let wordless = format!("@id(\"t/1\") @citation(\"vclt 26\")\npermit {scope};");
    refused(
        Layer::Instruments,
        &wordless,
        &["pack/missing-annotation test.cedar:3:1: policy `t/1` lacks `@sentence`"],
    );
    let codeless = format!("{PERMIT}@lift(\"x\")\nforbid {scope};");
    refused(
        Layer::Safeguards,
        &codeless,
        &["pack/missing-annotation test.cedar:3:1: policy `t/1` lacks `@code`"],
    );
    let other_code = format!("{PERMIT}@lift(\"x\") @code(\"border/whim\")\nforbid {scope};");
    refused(
        Layer::Safeguards,
        &other_code,
        &["pack/bad-value test.cedar:3:1: policy `t/1`: `@code(\"border/whim\")`"],
    );
    let stray = format!("{PERMIT}@colour(\"red\")\npermit {scope};");
    refused(
        Layer::Instruments,
        &stray,
        &["pack/unexpected-annotation test.cedar:3:1: policy `t/1` has `@colour`"],
    );
    let twice = format!("{PERMIT}permit {scope};\n{PERMIT}permit {scope};");
    refused(
        Layer::Instruments,
        &twice,
        &["pack/duplicate-id test.cedar:5:1: policy `t/1` stands twice; it is also in test.cedar:3:1"],
    );
}

#[test]
fn a_scope_names_its_actions() {
    let any = format!("{PERMIT}permit (principal, action, resource);");
    refused(Layer::Instruments, &any, &["pack/unscoped-action test.cedar:3:1"]);
    let mixed = format!(
        "{PERMIT}permit (principal, action in [Action::\"send\", Action::\"oblige-no-onward\"], resource);"
    );
    refused(Layer::Instruments, &mixed, &["pack/mixed-actions test.cedar:3:1"]);
    let foreign = format!("{FORBID}forbid (principal, action == Action::\"send\", resource);");
    refused(national(), &foreign, &["pack/foreign-principal test.cedar:3:1"]);
    let others =
        format!("{FORBID}forbid (principal == Party::\"XB\", action == Action::\"send\", resource);");
    refused(national(), &others, &["pack/foreign-principal test.cedar:3:1"]);
    let own = format!("{FORBID}forbid (principal == Party::\"XA\", action == Action::\"send\", resource);");
    assert!(load(national(), &own).is_ok());
}

#[test]
fn each_layer_has_its_effects() {
    let forbid = format!("{FORBID}forbid (principal, action == Action::\"send\", resource);");
    let permit = format!("{PERMIT}permit (principal, action == Action::\"send\", resource);");
    let duty = format!(
        "{PERMIT}@obligation(\"no-onward\")\npermit (principal, action == Action::\"oblige-no-onward\", resource);"
    );
    refused(Layer::Instruments, &forbid, &["pack/wrong-layer"]);
    refused(Layer::Safeguards, &permit, &["pack/wrong-layer"]);
    refused(Layer::Obligations, &permit, &["pack/wrong-layer"]);
    refused(Layer::Obligations, &forbid, &["pack/wrong-layer"]);
    refused(Layer::Instruments, &duty, &["pack/wrong-layer"]);
    refused(
        Layer::Principles,
        &forbid,
        &["pack/missing-annotation test.cedar:3:1: policy `t/1` lacks `@principle`"],
    );
    assert!(load(Layer::Obligations, &duty).is_ok());
}

#[test]
fn a_duty_cannot_be_forbidden_and_has_its_parameters() {
    let duty = |annotations: &str, effect: &str, action: &str| {
        format!(
            "{PERMIT}{annotations}\n{effect} (principal, action == Action::\"oblige-{action}\", resource);"
        )
    };
    let forbids = duty("@obligation(\"no-onward\")", "forbid", "no-onward");
    refused(national(), &forbids, &["pack/forbids-duty test.cedar:3:1"]);
    refused(Layer::Obligations, &forbids, &["pack/forbids-duty test.cedar:3:1"]);
    for (annotations, action, wanted) in [
        ("@obligation(\"pay\")", "no-onward", "pack/bad-value"),
        ("@obligation(\"no-onward\")", "log-access", "pack/bad-value"),
        ("", "no-onward", "pack/missing-annotation"),
        ("@obligation(\"retain\")", "retain", "pack/missing-annotation"),
        ("@obligation(\"retain\") @days(\"0\")", "retain", "pack/bad-value"),
        ("@obligation(\"retain\") @days(\"soon\")", "retain", "pack/bad-value"),
        ("@obligation(\"retain\") @days(\"999999\")", "retain", "pack/bad-value"),
        ("@obligation(\"retain\") @until(\"tomorrow\")", "retain", "pack/bad-value"),
        ("@obligation(\"retain\") @days(\"9\") @hours(\"9\")", "retain", "pack/unexpected-annotation"),
        ("@obligation(\"redact\")", "redact", "pack/missing-annotation"),
        ("@obligation(\"redact\") @fields(\"a,,b\")", "redact", "pack/bad-value"),
        ("@obligation(\"restrict-access\") @role(\"king\")", "restrict-access", "pack/bad-value"),
        ("@obligation(\"seek-consent\") @from(\"somebody\")", "seek-consent", "pack/bad-value"),
        ("@obligation(\"log-access\") @owner(\"nobody\")", "log-access", "pack/bad-value"),
        ("@obligation(\"log-access\") @days(\"3\")", "log-access", "pack/unexpected-annotation"),
        ("@obligation(\"acknowledge\") @days(\"3\")", "acknowledge", "pack/"),
    ] {
        let faults = load(Layer::Obligations, &duty(annotations, "permit", action)).map(|_| ()).unwrap_err();
        assert!(faults.iter().any(|fault| fault.starts_with(wanted)), "{annotations}: {faults:?}");
    }
}

#[test]
fn a_pack_names_itself_and_a_policy_that_can_never_apply_is_a_fault() {
    let nameless = PackText {
        file: "x.cedar".into(),
        layer: Layer::Instruments,
        text: "permit (principal, action, resource);".into(),
    };
    let faults = Packs::load(vec![nameless], &Adoption::Whole).unwrap_err();
    assert_eq!(faults[0].code(), "pack/header");
    let never = format!("{PERMIT}permit (principal, action == Action::\"send\", resource) when {{ false }};");
    assert!(load(Layer::Instruments, &never).unwrap_err()[0].starts_with("pack/schema"));
}

#[test]
fn the_hash_commits_to_texts_and_adoption() {
    let without = |id: &str| Adoption::Without(BTreeSet::from([id.to_owned()]));
    let xa = "XA".parse().unwrap();
    let load = |adoption: &Adoption| Packs::for_party(&xa, adoption, Vec::new()).unwrap();
    let whole = load(&Adoption::Whole);
    assert_eq!(whole.hash(), load(&Adoption::Whole).hash());
    let fewer = load(&without("principles/f-harmful-means"));
    let declined = load(&Adoption::Declined);
    let hashes =
        BTreeSet::from([whole.hash(), fewer.hash(), declined.hash(), Packs::shipped().unwrap().hash()]);
    assert_eq!(hashes.len(), 4);
    assert!(whole.policy("principles/f-harmful-means").is_some());
    assert!(fewer.policy("principles/f-harmful-means").is_none());
    assert!(!declined.policies().any(|policy| policy.layer == LayerKind::Principles));
    let faults = Packs::for_party(&xa, &without("safeguards/tlp-red"), Vec::new()).unwrap_err();
    assert_eq!(faults[0].code(), "pack/nothing-to-decline", "safeguards are not declined");
}

#[test]
fn every_code_is_raised_by_a_policy_or_by_the_engine() {
    let packs = Packs::for_party(&"XA".parse().unwrap(), &Adoption::Whole, Vec::new()).unwrap();
    let of_forbids: BTreeSet<&str> = packs
        .policies()
        .filter_map(|policy| match policy.effect {
            Effect::Forbid { code, .. } => Some(code.as_str()),
            _ => None,
        })
        .collect();
    // These arise in the engine, not in a policy.
    let of_the_engine = [
        "border/no-basis",
        "border/no-competence",
        "border/not-permitted",
        "border/mismatch",
        "border/redact-first",
        "border/policy-error",
    ];
    for code in comity_border::Code::ALL {
        let known = of_forbids.contains(code.as_str()) || of_the_engine.contains(&code.as_str());
        assert!(known, "{code} is raised by nothing");
    }
}
