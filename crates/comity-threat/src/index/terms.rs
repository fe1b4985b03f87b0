//! Exact terms: what an object is, holds, says about itself, and refers to.

use crate::{
    Object,
    reader::{JsonKind, Value},
    value::{self, Kind, host_of, names_above, range, values_of},
};
use std::collections::BTreeSet;

/// What kind of term it is. The numbers are partitions of the index and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Family {
    /// The object's id.
    Id = 1,
    /// Its `type`.
    Type = 2,
    /// A value that it holds, in canonical form behind its kind: `name:example.org` (docs/reference/values.md).
    Value = 3,
    /// A label: an entry of the record's labels as `tlp=amber`, or one of the object's own `labels`, folded.
    Label = 4,
    /// Where it comes from: its `created_by_ref`, and the codes of the parties it came through.
    Source = 5,
    /// The id of an object that it refers to.
    Reference = 6,
    /// A name above a name that it holds, also in a URL or mail address: what is held under `example.org`. 7 is that of
    /// words, 8 that of what oblivious lookups ask.
    Below = 9,
    /// What a word of its name or aliases begins with.
    Begins = 10,
    /// A constituent whose addresses, names or networks it speaks of. Derived by the node, which knows them.
    Concerns = 11,
}

impl Family {
    /// The partition of the index.
    pub fn partition(self) -> u32 {
        self as u32
    }
}

/// Gives every term of an object, some perhaps twice.
///
/// References are all strings below keys that end in `_ref` or `_refs`, at any depth, but for markings, which the
/// record's labels tell, and for the creator, which is a source.
pub fn terms(object: &Object<'_>, take: &mut impl FnMut(Family, &str)) {
    if !object.id().is_empty() {
        take(Family::Id, object.id());
    }
    take(Family::Type, object.type_name());
    let mut term = String::new();
    for value in values_of(object) {
        term.clear();
        term.extend([value.kind().word(), ":", value.text()]);
        take(Family::Value, &term);
        if let Some((range, length)) = value.text().split_once('/').filter(|_| value.kind() == Kind::Cidr) {
            let length = length.parse().unwrap_or_default();
            take(Family::Value, &range_length(range.contains(':'), length));
        }
        if let Some(host) = host_of(&value).filter(|host| host.kind() == Kind::Name) {
            // The host of a URL stands under its own name.
            let own = (value.kind() != Kind::Name).then_some(host.text());
            own.into_iter().chain(names_above(host.text())).for_each(|name| take(Family::Below, name));
        }
    }
    super::begins(object, &mut |beginning| take(Family::Begins, beginning));
    if let Some(labels) = object.get("labels") {
        for label in labels.children().filter_map(Value::as_str) {
            take(Family::Label, &super::fold(&label));
        }
    }
    if let Some(creator) = object.common().created_by_ref() {
        take(Family::Source, creator);
    }
    if object.root().any_key(is_reference) {
        references(object.root(), take);
    }
}

/// Whether an object speaks of one of these values, as a search by value finds it: it holds the value, a name below that name
/// (also in a URL or mail address), or a range with that address in it. The values are canonical texts.
pub fn speaks_of(object: &Object<'_>, wanted: &BTreeSet<String>) -> bool {
    values_of(object).iter().any(|held| {
        wanted.contains(held.text())
            || host_of(held).is_some_and(|host| is_under(&host, wanted))
            || range(held.text()).filter(|_| held.kind() == Kind::Cidr).is_some_and(|range| {
                wanted.iter().any(|text| text.parse().is_ok_and(|address| range.holds(address)))
            })
    })
}

fn is_under(host: &value::Value, wanted: &BTreeSet<String>) -> bool {
    host.kind() == Kind::Name
        && (wanted.contains(host.text()) || names_above(host.text()).any(|above| wanted.contains(above)))
}

/// The term that tells that a range of this length is held, of IPv6 addresses or else of IPv4: who looks for an address
/// then looks for the ranges of those lengths only.
pub fn range_length(v6: bool, length: u8) -> String {
    format!("range:{}/{length}", if v6 { 6 } else { 4 })
}

fn references(value: Value<'_>, take: &mut impl FnMut(Family, &str)) {
    for child in value.children() {
        match child.kind() {
            JsonKind::String if is_reference(&child.key()) => {
                child.as_str().inspect(|id| take(Family::Reference, id));
            }
            JsonKind::Array if is_reference(&child.key()) => {
                child.children().filter_map(Value::as_str).for_each(|id| take(Family::Reference, &id));
            }
            JsonKind::Array | JsonKind::Object => references(child, take),
            _ => {}
        }
    }
}

fn is_reference(key: &str) -> bool {
    let marking = matches!(key, "object_marking_refs" | "marking_ref" | "created_by_ref");
    !marking && (key.ends_with("_ref") || key.ends_with("_refs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(Family, String)> {
        let mut found = Vec::new();
        terms(&Object::read(text.as_bytes()).unwrap(), &mut |family, term| {
            found.push((family, term.to_owned()))
        });
        found.sort();
        found
    }

    #[test]
    fn an_object_is_found_by_what_it_is_holds_and_refers_to() {
        let found = all(
            r#"{"type":"indicator","id":"indicator--1","created_by_ref":"identity--1","labels":["Bad Thing"],
            "object_marking_refs":["marking-definition--1"],"granular_markings":[{"marking_ref":"marking-definition--2"}],
            "pattern":"[domain-name:value = 'Example.ORG.' OR ipv4-addr:value = '192.0.2.1']","pattern_type":"stix",
            "x":{"deep_ref":"tool--1","other":[{"thing_refs":["a--1","b--1"]}]}}"#,
        );
        let wanted = [
            (Family::Id, "indicator--1"),
            (Family::Type, "indicator"),
            (Family::Value, "ipv4:192.0.2.1"),
            (Family::Value, "name:example.org"),
            (Family::Label, "bad thing"),
            (Family::Source, "identity--1"),
            (Family::Reference, "a--1"),
            (Family::Reference, "b--1"),
            (Family::Reference, "tool--1"),
        ];
        assert!(found.iter().all(|(family, _)| *family != Family::Below), "a name right below its suffix");
        assert_eq!(found, wanted.map(|(family, term)| (family, term.to_owned())));
    }

    #[test]
    fn what_is_held_is_found_under_every_name_above_it() {
        let found = all(r#"{"type":"indicator","id":"indicator--1","pattern_type":"stix",
            "pattern":"[domain-name:value = 'a.b.example.co.uk' OR url:value = 'http://example.org/x' OR email-addr:value = 'x@m.example.net']"}"#);
        let below: Vec<_> =
            found.iter().filter(|(f, _)| *f == Family::Below).map(|(_, t)| t.as_str()).collect();
        assert_eq!(
            below,
            ["b.example.co.uk", "example.co.uk", "example.net", "example.org", "m.example.net"]
        );
    }

    #[test]
    fn a_value_is_spoken_of_as_a_search_finds_it() {
        let text = r#"{"type":"indicator","id":"indicator--1","pattern_type":"stix","pattern":"[domain-name:value = 'a.b.example.co.uk' OR url:value = 'http://example.org/x' OR email-addr:value = 'x@m.example.net' OR ipv4-addr:value ISSUBSET '192.0.2.0/24']"}"#;
        let object = Object::read(text.as_bytes()).unwrap();
        let canonical = |text: &str| value::recognise(text).unwrap().text().to_owned();
        let speaks = |text: &str| speaks_of(&object, &BTreeSet::from([canonical(text)]));
        for held in [
            "A.B.example.co.uk",
            "b.example.co.uk",
            "example.org",
            "http://example.org/x",
            "m.example.net",
            "example.net",
            "x@m.example.net",
            "192.0.2.0/24",
            "192.0.2.9",
        ] {
            assert!(speaks(held), "{held}");
        }
        for other in
            ["z.a.b.example.co.uk", "http://example.org/", "y@m.example.net", "192.0.3.9", "192.0.2.0/25"]
        {
            assert!(!speaks(other), "{other}");
        }
    }

    #[test]
    fn relationships_and_sightings_are_found_from_both_ends() {
        let found =
            all(r#"{"type":"relationship","id":"relationship--1","source_ref":"a--1","target_ref":"b--1"}"#);
        assert!(
            found.contains(&(Family::Reference, "a--1".into()))
                && found.contains(&(Family::Reference, "b--1".into()))
        );
        let found = all(
            r#"{"type":"sighting","id":"sighting--1","sighting_of_ref":"a--1","observed_data_refs":["o--1"]}"#,
        );
        assert!(
            found.contains(&(Family::Reference, "a--1".into()))
                && found.contains(&(Family::Reference, "o--1".into()))
        );
    }
}
