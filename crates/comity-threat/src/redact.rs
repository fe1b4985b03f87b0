//! Cutting parts out of an object, with every other byte as it was.
//!
//! The result keeps `type`, `id`, `created` and `modified` and says in [`REDACTED`] what is gone, so that it can never be
//! taken for another version: whoever holds the fuller copy keeps it (see [`crate::version`]). A name that STIX requires
//! is replaced by [`PLACEHOLDER`]; granular markings of what is gone go too, and selectors into a list that became shorter
//! are counted anew. Whatever is no longer valid STIX afterwards is withheld: an indicator without its pattern, an
//! `email-addr` without its value.
//!
//! Not removed are the ids in references. The id of a cyber observable may follow from its value (STIX 2.1 section 2.9),
//! so that somebody who guesses an address can confirm it by the id.

use crate::{
    Finding, Object, Selector, Step,
    reader::{JsonKind, ReadFault, Value},
    schema::{Class, rule},
    validate::{refuses, validate},
};
use std::collections::{BTreeMap, BTreeSet};

/// The property that lists the selectors of what was removed.
pub const REDACTED: &str = "x_comity_redacted";
/// What stands in the place of a required name.
pub const PLACEHOLDER: &str = "(redacted)";

/// Properties that a redaction never removes, since the object would say less about its own handling, or be another one.
const KEPT: &[&str] = &[
    "type",
    "id",
    "spec_version",
    "created",
    "modified",
    "object_marking_refs",
    "granular_markings",
    crate::marking::OWN_LABELS,
    REDACTED,
];

/// An object with parts removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// The bytes of the derived object.
    pub bytes: Vec<u8>,
    /// What was removed now.
    pub selectors: Vec<Selector>,
}

/// Why an object cannot be redacted and stays at home.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// The bytes are no object.
    #[error("the object cannot be read: {0}")]
    Unreadable(ReadFault),
    /// A selector leads to nothing.
    #[error("`{selector}` leads to nothing in the object")]
    NotThere {
        /// The selector.
        selector: Selector,
    },
    /// A selector leads to what every object keeps.
    #[error("`{selector}` is kept by every object")]
    Kept {
        /// The selector.
        selector: Selector,
    },
    /// What is left is no valid object.
    #[error("the object is not valid without `{}`: {}", join(.selectors), first(.findings))]
    Invalid {
        /// What would have gone.
        selectors: Vec<Selector>,
        /// What is wrong with the rest.
        findings: Vec<Finding>,
    },
}

impl Withheld {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Withheld::Unreadable(fault) => fault.code(),
            Withheld::NotThere { .. } => "threat/unresolved-selector",
            Withheld::Kept { .. } => "threat/not-redactable",
            Withheld::Invalid { .. } => "threat/invalid-when-redacted",
        }
    }
}

/// Removes the selected parts of an object and validates the rest.
pub fn redact(bytes: &[u8], selectors: &[Selector]) -> Result<Redacted, Withheld> {
    let object = Object::read(bytes).map_err(Withheld::Unreadable)?;
    let root = object.root();
    for selector in selectors {
        refuse_kept(selector)?;
        if selector.resolve(root).is_none() {
            return Err(Withheld::NotThere { selector: selector.clone() });
        }
    }
    let edits = Edits::plan(&object, selectors);
    let mut out = Writer { text: object.text(), edits: &edits, out: String::with_capacity(bytes.len() + 64) };
    out.value(root, &mut Vec::new());
    let bytes = out.out.into_bytes();
    revalidate(&bytes, selectors)?;
    Ok(Redacted { bytes, selectors: selectors.to_vec() })
}

/// The selectors in [`REDACTED`]; `None` where the object is not a redacted one.
pub fn redacted_selectors(object: &Object<'_>) -> Option<Vec<String>> {
    let list = object.get(REDACTED)?;
    Some(list.children().filter_map(Value::as_str).map(std::borrow::Cow::into_owned).collect())
}

/// For fuzzing: redacts every property of an object, one by one. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let Ok(object) = Object::read(bytes) else { return };
    let mut paths = Vec::new();
    crate::selector::walk(object.root(), &mut |path, _| {
        if paths.len() < 64 {
            paths.push(path.selector());
        }
    });
    for path in paths {
        if let Ok(redacted) = redact(bytes, std::slice::from_ref(&path)) {
            debug_assert!(Object::read(&redacted.bytes).is_ok());
        }
    }
}

fn refuse_kept(selector: &Selector) -> Result<(), Withheld> {
    match selector.steps().first() {
        Some(Step::Key(key)) if !KEPT.contains(&key.as_str()) => Ok(()),
        _ => Err(Withheld::Kept { selector: selector.clone() }),
    }
}

fn revalidate(bytes: &[u8], selectors: &[Selector]) -> Result<(), Withheld> {
    let object = Object::read(bytes).map_err(Withheld::Unreadable)?;
    let findings = validate(&object);
    if refuses(&findings) {
        return Err(Withheld::Invalid { selectors: selectors.to_vec(), findings });
    }
    Ok(())
}

/// What happens to the values of an object.
#[derive(Debug, Default)]
struct Edits {
    by_path: BTreeMap<Vec<Step>, Edit>,
    /// The JSON of [`REDACTED`].
    note: String,
    /// Whether the object has that property already.
    note_is_there: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Edit {
    Remove,
    /// By this JSON.
    Replace(String),
}

impl Edits {
    fn plan(object: &Object<'_>, selectors: &[Selector]) -> Edits {
        let mut edits = Edits::default();
        for selector in selectors {
            edits.remove(object, selector);
        }
        edits.granular_markings(object.root(), selectors);
        edits.emptied(object.root());
        edits.note(object, selectors);
        edits
    }

    fn remove(&mut self, object: &Object<'_>, selector: &Selector) {
        let required_name = rule(object.type_name()).is_some_and(|rule| {
            rule.class == Class::Domain
                && rule.requires("name", object.version())
                && *selector == Selector::top("name")
        });
        let edit = if required_name { Edit::Replace(json_string(PLACEHOLDER)) } else { Edit::Remove };
        self.by_path.insert(selector.steps().to_vec(), edit);
    }

    fn is_removed(&self, path: &[Step]) -> bool {
        self.by_path.get(path) == Some(&Edit::Remove)
    }

    /// Drops selectors into what is gone, and corrects the indexes of the others.
    fn granular_markings(&mut self, root: Value<'_>, removed: &[Selector]) {
        let Some(markings) = root.get("granular_markings").filter(|list| list.kind() == JsonKind::Array)
        else {
            return;
        };
        for (index, marking) in markings.children().enumerate() {
            let mut path = vec![Step::Key("granular_markings".to_owned()), Step::Index(index)];
            let mut left = 0;
            let mut changes = Vec::new();
            for (position, text) in marking.get("selectors").into_iter().flat_map(Value::children).enumerate()
            {
                let Some(selector) = text.as_str().and_then(|text| text.parse::<Selector>().ok()) else {
                    continue;
                };
                // A replaced name is a placeholder now, which needs no marking.
                if removed.iter().any(|gone| gone.covers(&selector)) {
                    changes.push((position, Edit::Remove));
                    continue;
                }
                left += 1;
                let moved = self.moved(&selector);
                if moved != selector {
                    changes.push((position, Edit::Replace(json_string(&moved.to_string()))));
                }
            }
            if left == 0 {
                self.by_path.insert(path, Edit::Remove);
                continue;
            }
            path.push(Step::Key("selectors".to_owned()));
            for (position, edit) in changes {
                let mut path = path.clone();
                path.push(Step::Index(position));
                self.by_path.insert(path, edit);
            }
        }
    }

    /// The selector after elements before its own are gone.
    fn moved(&self, selector: &Selector) -> Selector {
        let mut old: Vec<Step> = Vec::new();
        let mut new: Vec<Step> = Vec::new();
        for step in selector.steps() {
            let moved = match step {
                Step::Index(index) => {
                    let gone = (0..*index).filter(|before| {
                        old.push(Step::Index(*before));
                        let gone = self.is_removed(&old);
                        old.pop();
                        gone
                    });
                    Step::Index(index - gone.count())
                }
                key => key.clone(),
            };
            old.push(step.clone());
            new.push(moved);
        }
        Selector::new(new)
    }

    /// Removes lists and objects of which nothing would be left, since STIX has no empty ones.
    fn emptied(&mut self, root: Value<'_>) {
        let parents: BTreeSet<Vec<Step>> = self
            .by_path
            .keys()
            .flat_map(|path| (1..path.len()).map(|length| path.iter().take(length).cloned().collect()))
            .collect();
        // Deeper ones first, so that emptiness climbs.
        let mut parents: Vec<_> = parents.into_iter().collect();
        parents.sort_by_key(|path| std::cmp::Reverse(path.len()));
        for path in parents {
            let Some(parent) = Selector::new(path.clone()).resolve(root) else { continue };
            let list = parent.kind() == JsonKind::Array;
            let all_gone = parent.children().enumerate().all(|(index, child)| {
                let mut path = path.clone();
                path.push(if list { Step::Index(index) } else { Step::Key(child.key().into_owned()) });
                self.is_removed(&path)
            });
            if all_gone {
                self.by_path.insert(path, Edit::Remove);
            }
        }
    }

    fn note(&mut self, object: &Object<'_>, selectors: &[Selector]) {
        let before = redacted_selectors(object);
        self.note_is_there = before.is_some();
        let mut list: Vec<String> = before.unwrap_or_default();
        for selector in selectors.iter().map(Selector::to_string) {
            if !list.contains(&selector) {
                list.push(selector);
            }
        }
        let quoted: Vec<String> = list.iter().map(|text| json_string(text)).collect();
        self.note = format!("[{}]", quoted.join(","));
        if self.note_is_there {
            self.by_path.insert(vec![Step::Key(REDACTED.to_owned())], Edit::Replace(self.note.clone()));
        }
    }

    /// Whether anything below this path changes.
    fn touches(&self, path: &[Step]) -> bool {
        let after =
            self.by_path.range::<[Step], _>((std::ops::Bound::Excluded(path), std::ops::Bound::Unbounded));
        path.is_empty() || after.take(1).any(|(next, _)| next.starts_with(path))
    }
}

/// Copies a text with the edits made.
struct Writer<'t> {
    text: &'t str,
    edits: &'t Edits,
    out: String,
}

impl Writer<'_> {
    fn copy(&mut self, start: usize, end: usize) {
        self.out.push_str(self.text.get(start..end).unwrap_or_default());
    }

    fn value(&mut self, value: Value<'_>, path: &mut Vec<Step>) {
        if let Some(Edit::Replace(json)) = self.edits.by_path.get(path.as_slice()) {
            self.out.push_str(json);
        } else if self.edits.touches(path) {
            self.container(value, path);
        } else {
            self.out.push_str(value.raw());
        }
    }

    /// Copies what is kept, with the white space and comma that stood before each kept member but the first.
    fn container(&mut self, value: Value<'_>, path: &mut Vec<Step>) {
        let span = value.span();
        let list = value.kind() == JsonKind::Array;
        let mut gap = span.start;
        let mut opening = None;
        let mut kept = false;
        for (index, child) in value.children().enumerate() {
            let member = child.member_span();
            let opening = *opening.get_or_insert(member.start);
            path.push(if list { Step::Index(index) } else { Step::Key(child.key().into_owned()) });
            if !self.edits.is_removed(path) {
                if kept {
                    self.copy(gap, member.start);
                } else {
                    self.copy(span.start, opening);
                }
                kept = true;
                self.copy(member.start, child.span().start);
                self.value(child, path);
            }
            gap = member.end;
            path.pop();
        }
        if path.is_empty() && !self.edits.note_is_there {
            self.out.push_str(if kept { "," } else { "{" });
            self.out.push_str(&format!("\"{REDACTED}\":{}", self.edits.note));
            kept = true;
        }
        if kept { self.copy(gap, span.end) } else { self.copy(span.start, span.end) }
    }
}

fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn join(selectors: &[Selector]) -> String {
    selectors.iter().take(8).map(Selector::to_string).collect::<Vec<_>>().join("`, `")
}

fn first(findings: &[Finding]) -> String {
    let grave = findings.iter().find(|finding| finding.level == crate::Level::Must);
    grave.map(Finding::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "11111111-2222-4333-8444-555555555555";
    const MARK: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";

    fn run(members: &str, selectors: &[&str]) -> Result<String, Withheld> {
        let text = format!("{{ \"type\":\"x-a\",\n \"id\":\"x-a--{UUID}\"{members}}}");
        let selectors: Vec<Selector> = selectors.iter().map(|s| s.parse().unwrap()).collect();
        let redacted = redact(text.as_bytes(), &selectors)?;
        let text = String::from_utf8(redacted.bytes).unwrap();
        let prefix = format!("{{ \"type\":\"x-a\",\n \"id\":\"x-a--{UUID}\"");
        Ok(text.strip_prefix(&prefix).unwrap().strip_suffix('}').unwrap().to_owned())
    }

    fn check(members: &str, selectors: &[&str], expected: &str) {
        assert_eq!(run(members, selectors).unwrap(), expected, "{members} {selectors:?}");
    }

    #[test]
    fn parts_go_and_all_other_bytes_stay() {
        check(", \"aaa\" : 1 ,  \"bbb\":2\n", &["aaa"], " ,  \"bbb\":2,\"x_comity_redacted\":[\"aaa\"]\n");
        check(
            ",\"aaa\":1, \"bbb\":2, \"ccc\":3",
            &["bbb"],
            ",\"aaa\":1, \"ccc\":3,\"x_comity_redacted\":[\"bbb\"]",
        );
        check(",\"aaa\":1", &["aaa"], ",\"x_comity_redacted\":[\"aaa\"]");
        check(
            ",\"aaa\":{ \"x\":1, \"y\":[ 1, 2 , 3 ] }",
            &["aaa.x", "aaa.y.[1]"],
            ",\"aaa\":{ \"y\":[ 1 , 3 ] },\"x_comity_redacted\":[\"aaa.x\",\"aaa.y.[1]\"]",
        );
        check(",\"aaa\":[ 1, 2 ]", &["aaa.[0]"], ",\"aaa\":[ 2 ],\"x_comity_redacted\":[\"aaa.[0]\"]");
        check(
            ",\"aaa\":{\"bbb\":[{\"ccc\":1}]},\"ddd\":0",
            &["aaa.bbb.[0].ccc"],
            ",\"ddd\":0,\"x_comity_redacted\":[\"aaa.bbb.[0].ccc\"]",
        );
        check(
            ",\"x_comity_redacted\":[\"zzz\"],\"aaa\":1",
            &["aaa"],
            ",\"x_comity_redacted\":[\"zzz\",\"aaa\"]",
        );
    }

    #[test]
    fn granular_markings_follow_what_is_left() {
        let marked = |selectors: &str, rest: &str| {
            format!(
                ",\"granular_markings\":[{{\"marking_ref\":\"{MARK}\",\"selectors\":{selectors}}}],{rest}"
            )
        };
        check(
            &marked("[\"aaa\",\"bbb\"]", "\"aaa\":1,\"bbb\":2"),
            &["aaa"],
            &marked("[\"bbb\"]", "\"bbb\":2,\"x_comity_redacted\":[\"aaa\"]"),
        );
        check(&marked("[\"aaa.x\"]", "\"aaa\":{\"x\":1}"), &["aaa"], ",\"x_comity_redacted\":[\"aaa\"]");
        check(
            &marked("[\"aaa.[2].bbb\", \"aaa.[0]\"]", "\"aaa\":[{\"bbb\":0},{\"bbb\":1},{\"bbb\":2}]"),
            &["aaa.[1]"],
            &marked(
                "[\"aaa.[1].bbb\", \"aaa.[0]\"]",
                "\"aaa\":[{\"bbb\":0},{\"bbb\":2}],\"x_comity_redacted\":[\"aaa.[1]\"]",
            ),
        );
    }

    #[test]
    fn required_names_are_replaced_and_what_becomes_invalid_is_withheld() {
        let identity = format!(
            r#"{{"type":"identity","id":"identity--{UUID}","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","name":"Jane Doe","identity_class":"individual","contact_information":"jane@example.org"}}"#
        );
        let selectors = [Selector::top("contact_information"), Selector::top("name")];
        let redacted = redact(identity.as_bytes(), &selectors).unwrap();
        let expected = identity.replace("Jane Doe", "(redacted)").replace(
            ",\"contact_information\":\"jane@example.org\"}",
            ",\"x_comity_redacted\":[\"contact_information\",\"name\"]}",
        );
        assert_eq!(String::from_utf8(redacted.bytes).unwrap(), expected);
        let address = format!(r#"{{"type":"email-addr","id":"email-addr--{UUID}","value":"a@example.org"}}"#);
        let withheld = redact(address.as_bytes(), &[Selector::top("value")]).unwrap_err();
        assert_eq!(withheld.code(), "threat/invalid-when-redacted");
        assert_eq!(
            withheld.to_string(),
            "the object is not valid without `value`: `value`: is missing; STIX 2.1 requires it of email-addr"
        );
        for (selector, code) in [
            ("nothing", "threat/unresolved-selector"),
            ("id", "threat/not-redactable"),
            ("object_marking_refs.[0]", "threat/not-redactable"),
        ] {
            assert_eq!(redact(address.as_bytes(), &[selector.parse().unwrap()]).unwrap_err().code(), code);
        }
    }
}
