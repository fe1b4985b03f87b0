//! What STIX asks of one object: ids, times, required properties, references, selectors and pattern shape.
//!
//! A finding at level `must` refuses the object; one at level `should` is counted. Custom types are accepted. Vocabularies,
//! relationship matrices and value formats are not checked here.

use crate::{
    Moment, Object, Selector, SpecVersion,
    pattern::check,
    reader::{JsonKind, Value, brief},
    schema::{Class, TypeRule, rule},
    selector,
};
use std::fmt;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// STIX says SHOULD, or tools disagree; the object is taken.
    Should,
    /// STIX says MUST, or nothing could be done with the object; it is refused.
    Must,
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How grave.
    pub level: Level,
    /// The stable code, such as `threat/missing-property`.
    pub code: &'static str,
    /// The property, as a STIX selector.
    pub path: String,
    /// What is wrong, as a fragment.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.message)
    }
}

/// Everything found wrong with an object, in no order of gravity.
pub fn validate(object: &Object<'_>) -> Vec<Finding> {
    let mut check = Check { object, found: Vec::new() };
    check.identity();
    if object.type_name() == "bundle" {
        check.must("threat/nested-bundle", "type", "a bundle inside of a bundle, or one without `objects`");
        return check.found;
    }
    check.version();
    let rule = rule(object.type_name());
    if let Some(rule) = rule {
        check.required(rule);
    }
    check.times(rule);
    check.references();
    check.granular_markings();
    check.pattern();
    check.embedded_observables();
    crate::marking::check_definition(object, &mut check.found);
    crate::labels::check_own_labels(object, &mut check.found);
    check.emptiness();
    check.found
}

/// Whether anything found refuses the object.
pub fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.level == Level::Must)
}

/// Whether the text is a STIX identifier: `type--UUID` (STIX 2.1 section 2.9).
pub fn is_identifier(text: &str) -> bool {
    text.split_once("--").is_some_and(|(name, uuid)| is_type_name(name) && is_uuid(uuid))
}

struct Check<'o, 'a> {
    object: &'o Object<'a>,
    found: Vec<Finding>,
}

impl Check<'_, '_> {
    fn must(&mut self, code: &'static str, path: &str, message: impl Into<String>) {
        self.found.push(Finding { level: Level::Must, code, path: path.to_owned(), message: message.into() });
    }

    fn should(&mut self, code: &'static str, path: &str, message: impl Into<String>) {
        self.found.push(Finding {
            level: Level::Should,
            code,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    fn identity(&mut self) {
        let (name, id) = (self.object.type_name(), self.object.id());
        if name.is_empty() {
            return self.must("threat/missing-property", "type", "is missing");
        }
        if !is_type_name(name) {
            self.must("threat/bad-type", "type", format!("`{}` is no name of a type", brief(name)));
        }
        if id.is_empty() {
            return self.must("threat/missing-property", "id", "is missing");
        }
        match id.split_once("--") {
            Some((prefix, uuid)) if is_uuid(uuid) => {
                if prefix != name {
                    let message = format!("`{}` does not begin with the type `{}`", brief(id), brief(name));
                    self.must("threat/bad-id", "id", message);
                }
            }
            _ => self.must("threat/bad-id", "id", format!("`{}` is not of the form type--UUID", brief(id))),
        }
    }

    fn version(&mut self) {
        if let Some(text) = self.object.common().spec_version().filter(|text| !matches!(*text, "2.0" | "2.1"))
        {
            let message = format!("`{}` is neither 2.0 nor 2.1; read as 2.1", brief(text));
            self.should("threat/unknown-version", "spec_version", message);
        }
    }

    fn required(&mut self, rule: &TypeRule) {
        let version = self.object.version();
        // A type that 2.0 does not know is custom there, but what 2.1 asks of it is known.
        let required = rule.required(version).or(rule.required(SpecVersion::V21)).unwrap_or_default();
        let root = self.object.root();
        let times: &[&str] = match rule.class {
            Class::Domain => &["created", "modified"],
            Class::Marking => &["created"],
            Class::Observable => &[],
        };
        for key in required.iter().chain(times) {
            if root.get(key).is_none() {
                self.must("threat/missing-property", key, missing(rule.name, version));
            }
        }
        let one_of = rule.one_of(version);
        if !one_of.is_empty() && !one_of.iter().any(|key| root.get(key).is_some()) {
            let few: Vec<&str> = one_of.iter().take(4).copied().collect();
            let message =
                format!("{} needs at least one of its properties, such as {}", rule.name, few.join(", "));
            self.must("threat/missing-property", "", message);
        }
    }

    fn times(&mut self, rule: Option<&TypeRule>) {
        // A cyber observable has neither; `modified` of a registry key is something else.
        if rule.is_none_or(|rule| rule.class != Class::Observable) {
            self.period("created", "modified", Level::Must);
        }
        for (earlier, later) in PERIODS {
            self.period(earlier, later, Level::Should);
        }
        self.time("published");
    }

    /// Reads two times; `level` is that of the finding where the second is before the first.
    fn period(&mut self, earlier: &str, later: &str, level: Level) {
        if let (Some(first), Some(second)) = (self.time(earlier), self.time(later))
            && first > second
        {
            let message = format!("{second} is before {earlier} {first}");
            self.found.push(Finding { level, code: "threat/time-order", path: later.to_owned(), message });
        }
    }

    fn time(&mut self, key: &str) -> Option<Moment> {
        let value = self.object.get(key)?;
        let read = value.as_str().and_then(|text| text.parse().ok());
        if read.is_none() {
            let message =
                format!("`{}` is not a time of the form 2026-03-01T12:00:00.000Z", brief(value.raw()));
            self.must("threat/bad-timestamp", key, message);
        }
        read
    }

    fn references(&mut self) {
        let common = self.object.common();
        for reference in common.object_marking_refs() {
            if !reference.starts_with("marking-definition--") || !is_identifier(reference) {
                let message = format!("`{}` names no marking definition", brief(reference));
                self.must("threat/bad-reference", "object_marking_refs", message);
            }
        }
        if let Some(author) = common.created_by_ref().filter(|author| !author.starts_with("identity--")) {
            self.should(
                "threat/bad-reference",
                "created_by_ref",
                format!("`{}` names no identity", brief(author)),
            );
        }
        if let Some(author) = common.created_by_ref().filter(|author| !is_identifier(author)) {
            self.must("threat/bad-reference", "created_by_ref", not_an_identifier(author));
        }
        let keys: &[&str] = match self.object.type_name() {
            "relationship" => &["source_ref", "target_ref"],
            "sighting" => &["sighting_of_ref"],
            _ => return,
        };
        for key in keys {
            let Some(value) = self.object.get(key) else { continue };
            if !value.as_str().is_some_and(|text| is_identifier(&text)) {
                self.must("threat/bad-reference", key, not_an_identifier(value.raw()));
            }
        }
    }

    fn granular_markings(&mut self) {
        let Some(markings) = self.object.get("granular_markings") else { return };
        if markings.kind() != JsonKind::Array {
            return self.must("threat/bad-granular-marking", "granular_markings", "is not a list");
        }
        for (index, marking) in markings.children().enumerate() {
            let path = format!("granular_markings.[{index}]");
            if marking.text_of("marking_ref").is_none() && marking.text_of("lang").is_none() {
                self.must("threat/bad-granular-marking", &path, "names neither a marking nor a language");
            }
            let selectors =
                marking.get("selectors").filter(|list| list.kind() == JsonKind::Array && !list.is_empty());
            match selectors {
                Some(selectors) => self.selectors(&path, selectors),
                None => self.must("threat/bad-granular-marking", &path, "has no selectors"),
            }
        }
    }

    fn selectors(&mut self, path: &str, selectors: Value<'_>) {
        for (position, value) in selectors.children().enumerate() {
            let selector = value.as_str().and_then(|text| text.parse::<Selector>().ok());
            if selector.and_then(|selector| selector.resolve(self.object.root())).is_none() {
                let message = format!("{} leads to nothing in this object", brief(value.raw()));
                self.must("threat/unresolved-selector", &format!("{path}.selectors.[{position}]"), message);
            }
        }
    }

    fn pattern(&mut self) {
        let (object, is_indicator) = (self.object, self.object.type_name() == "indicator");
        let Some(value) = object.get("pattern").filter(|_| is_indicator) else { return };
        let Some(pattern) = value.as_str() else {
            return self.must("threat/bad-pattern", "pattern", "is not a text");
        };
        let stix = object.text_of("pattern_type").is_none_or(|kind| kind == "stix");
        if let Some(fault) = stix.then(|| check(&pattern, object.version())).and_then(Result::err) {
            self.must("threat/bad-pattern", "pattern", fault.to_string());
        }
    }

    /// The map of observables inside STIX 2.0 observed data.
    fn embedded_observables(&mut self) {
        let (object, is_observed) = (self.object, self.object.type_name() == "observed-data");
        let Some(map) = object.get("objects").filter(|_| is_observed) else { return };
        if map.kind() != JsonKind::Object || map.is_empty() {
            return self.must("threat/bad-observables", "objects", "is not a map of observables");
        }
        for observable in map.children() {
            let path = format!("objects.{}", brief(&observable.key()));
            let Some(name) = observable.text_of("type") else {
                self.must("threat/missing-property", &format!("{path}.type"), "is missing");
                continue;
            };
            let Some(rule) = rule(&name).filter(|rule| rule.class == Class::Observable) else { continue };
            for key in rule.required(SpecVersion::V20).unwrap_or_default() {
                if observable.get(key).is_none() {
                    self.must(
                        "threat/missing-property",
                        &format!("{path}.{key}"),
                        missing(rule.name, SpecVersion::V20),
                    );
                }
            }
            let one_of = rule.one_of(SpecVersion::V20);
            if !one_of.is_empty() && !one_of.iter().any(|key| observable.get(key).is_some()) {
                self.must("threat/missing-property", &path, format!("{name} has none of its properties"));
            }
        }
    }

    fn emptiness(&mut self) {
        let root = self.object.root();
        if !root.holds_empty() {
            return;
        }
        let mut empty = Vec::new();
        selector::walk(root, &mut |path, value| {
            if value.kind() != JsonKind::String && value.is_empty() && empty.len() < 8 {
                empty.push(path.selector().to_string());
            }
        });
        for path in empty {
            self.should("threat/empty-value", &path, "is null, or an empty list or object");
        }
    }
}

/// Properties at the top of an object that are times, in pairs of which the first is not after the second.
const PERIODS: &[(&str, &str)] =
    &[("valid_from", "valid_until"), ("first_seen", "last_seen"), ("first_observed", "last_observed")];

fn not_an_identifier(text: &str) -> String {
    format!("`{}` is not of the form type--UUID", brief(text))
}

fn missing(name: &str, version: SpecVersion) -> String {
    format!("is missing; STIX {} requires it of {name}", version.as_str())
}

/// 3 to 250 of a-z, 0-9 and hyphen (STIX 2.1 section 3.1).
fn is_type_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (3..=250).contains(&name.len()) && name.bytes().all(allowed)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    /// The codes found in an object of this type with these members.
    fn check(name: &str, members: &str) -> Vec<String> {
        let text = format!(r#"{{"type":"{name}","id":"{name}--{ID}"{members}}}"#);
        let object = Object::read(text.as_bytes()).unwrap();
        let show = |f: Finding| {
            let level = if f.level == Level::Must { "must" } else { "should" };
            format!("{level} {} {}", f.code.trim_start_matches("threat/"), f.path)
        };
        validate(&object).into_iter().map(show).collect()
    }

    const TIMES: &str = r#","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z""#;

    #[test]
    fn required_properties_differ_between_editions() {
        let v21 = |members: &str| format!(r#","spec_version":"2.1"{TIMES}{members}"#);
        assert_eq!(check("malware", &v21(r#","is_family":false"#)), [""; 0]);
        assert_eq!(check("malware", &v21("")), ["must missing-property is_family"]);
        assert_eq!(check("malware", TIMES), ["must missing-property labels", "must missing-property name"]);
        assert_eq!(check("location", &v21("")), ["must missing-property "]);
        assert_eq!(check("location", &v21(r#","country":"XA""#)), [""; 0]);
        assert_eq!(check("identity", r#","name":"A","identity_class":"group""#).len(), 2);
        assert_eq!(check("email-addr", ""), ["must missing-property value"]);
        assert_eq!(check("email-addr", r#","value":"a@example.org""#), [""; 0]);
        assert_eq!(check("x-custom", ""), [""; 0]);
        assert_eq!(check("bundle", ""), ["must nested-bundle type"]);
    }

    #[test]
    fn identifiers_times_references_selectors_and_patterns_are_checked() {
        let note = |members: &str| check("x-note", &format!("{TIMES}{members}"));
        assert_eq!(
            check("x-a", r#","created":"2026-01-02T00:00:00Z","modified":"2026-01-01T00:00:00Z""#),
            ["must time-order modified"]
        );
        assert_eq!(check("x-a", r#","created":"2026-01-02""#), ["must bad-timestamp created"]);
        assert_eq!(
            note(r#","created_by_ref":"x""#),
            ["should bad-reference created_by_ref", "must bad-reference created_by_ref"]
        );
        assert_eq!(
            note(r#","object_marking_refs":["identity--1"]"#),
            ["must bad-reference object_marking_refs"]
        );
        let marked = |selectors: &str| {
            note(&format!(
                r#","granular_markings":[{{"marking_ref":"m","selectors":{selectors}}}],"a":[{{"b":1}}]"#
            ))
        };
        assert_eq!(marked(r#"["a.[0].b"]"#), [""; 0]);
        assert_eq!(
            marked(r#"["a.[1].b"]"#),
            ["must unresolved-selector granular_markings.[0].selectors.[0]"]
        );
        assert_eq!(
            marked("[]"),
            [
                "must bad-granular-marking granular_markings.[0]",
                "should empty-value granular_markings.[0].selectors"
            ]
        );
        let indicator = |pattern: &str, kind: &str| {
            let members = format!(
                r#","spec_version":"2.1"{TIMES},"valid_from":"2026-01-01T00:00:00Z","pattern_type":"{kind}","pattern":"{pattern}""#
            );
            check("indicator", &members)
        };
        assert_eq!(indicator("[url:value = 'x']", "stix"), [""; 0]);
        assert_eq!(indicator("url:value = 'x'", "stix"), ["must bad-pattern pattern"]);
        assert_eq!(indicator("alert tcp any", "snort"), [""; 0]);
        assert_eq!(note(r#","x":null"#), ["should empty-value x"]);
    }

    #[test]
    fn identifiers_have_a_type_and_a_uuid() {
        let read = |id: &str| {
            let text = format!(r#"{{"type":"x-a","id":"{id}"}}"#);
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
        assert_eq!(observed(r#"{"0":{"type":"file","name":"a"},"1":{"type":"x-b"}}"#), [""; 0]);
        assert_eq!(observed(r#"{"0":{"type":"file"}}"#), ["must missing-property objects.0"]);
        assert_eq!(
            observed(r#"{"0":{"type":"url"},"1":{}}"#),
            [
                "must missing-property objects.0.value",
                "must missing-property objects.1.type",
                "should empty-value objects.1"
            ]
        );
        assert_eq!(observed("[]"), ["must bad-observables objects", "should empty-value objects"]);
    }
}
