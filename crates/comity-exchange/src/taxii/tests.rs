//! The codec against the standard's words, and against a plain model of versions and pages.

use super::*;
use comity_record::{Labels, label::Onward, label::Tlp};
use comity_threat::{Moment, Policy, SpecVersion, Tables};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn read(query: &str) -> Result<Filter, &'static str> {
    Filter::read(query, FilterSet::Many).map_err(|fault| fault.code())
}

#[test]
fn filters_are_read_as_the_standard_has_them() {
    let filter =
        read("added_after=2026-03-01T12:00:00.123456Z&limit=10&match%5Bid%5D=a--1,b--2&match[type]=a,b")
            .unwrap();
    assert_eq!(filter.added_after.unwrap().to_string(), "2026-03-01T12:00:00.123456Z");
    assert_eq!((filter.limit.unwrap().get(), filter.ids.len(), filter.types.len()), (10, 2, 2));
    assert!(filter.versions.last && !filter.versions.all && filter.spec_versions.is_empty());
    let filter = read("match[version]=first,2026-03-01T12:00:00Z&match[spec_version]=2.0,2.1").unwrap();
    assert!(filter.versions.first && !filter.versions.last && filter.versions.exact.len() == 1);
    assert_eq!(filter.spec_versions.len(), 2);
    assert_eq!(read(""), Ok(Filter::default()));
}

#[test]
fn wrong_filters_are_refused_by_name() {
    for (query, code) in [
        ("limit=0", "taxii/bad-parameter"),
        ("limit=-1", "taxii/bad-parameter"),
        ("limit=+1", "taxii/bad-parameter"),
        ("limit=ten", "taxii/bad-parameter"),
        ("limit=", "taxii/bad-parameter"),
        ("limit=99999999999", "taxii/bad-parameter"),
        ("limit=1&limit=1", "taxii/bad-parameter"),
        ("added_after=yesterday", "taxii/bad-parameter"),
        ("added_after=2026-03-01T12:00:00", "taxii/bad-parameter"),
        ("added_after=2026-03-01T12:00:00%2B01:00", "taxii/bad-parameter"),
        ("match[version]=newest", "taxii/bad-parameter"),
        ("match[version]=", "taxii/bad-parameter"),
        ("match[type]=a,,b", "taxii/bad-parameter"),
        ("match[spec_version]=1.0", "taxii/bad-parameter"),
        ("match[name]=x", "taxii/unknown-parameter"),
        ("page=2", "taxii/unknown-parameter"),
    ] {
        assert_eq!(read(query), Err(code), "{query}");
    }
    for (set, query) in [
        (FilterSet::One, "match[id]=a"),
        (FilterSet::Versions, "match[version]=all"),
        (FilterSet::Deletion, "limit=1"),
        (FilterSet::Nothing, "limit=1"),
    ] {
        assert_eq!(Filter::read(query, set).unwrap_err().code(), "taxii/unknown-parameter", "{query}");
    }
}

#[test]
fn media_types_are_negotiated() {
    for (accept, expected) in [
        (None, true),
        (Some("application/taxii+json;version=2.1"), true),
        (Some("Application/TAXII+json; Version=2.1"), true),
        (Some("application/taxii+json"), true),
        (Some("application/taxii+json; version=\"2.1\""), true),
        (Some("text/html, application/taxii+json;version=2.1;q=0.5"), true),
        (Some("application/taxii+json;version=2.0, */*;q=0.1"), true),
        (Some("application/taxii+json;version=2.1;q=0"), false),
        (Some("application/taxii+json;version=2.0"), false),
        (Some("application/taxii+json;version=9.9"), false),
        (Some("application/json"), false),
        (Some("application/stix+json;version=2.1"), false),
    ] {
        assert_eq!(accepts(accept), expected, "{accept:?}");
    }
    for (given, expected) in [
        (None, false),
        (Some("application/taxii+json;version=2.1"), true),
        (Some("application/taxii+json; version=2.1"), true),
        (Some("application/taxii+json"), true),
        (Some("application/taxii+json;version=2.0"), false),
        (Some("application/json"), false),
    ] {
        assert_eq!(is_taxii(given), expected, "{given:?}");
    }
    assert_eq!(encoding(Some("gzip, deflate, zstd")), Encoding::Zstd);
    assert_eq!(encoding(Some("gzip;q=0.5, zstd;q=0")), Encoding::Gzip);
    assert_eq!(encoding(Some("br")), Encoding::Identity);
    assert_eq!(encoding(None), Encoding::Identity);
}

#[test]
fn a_collection_has_one_id_per_party_and_name() {
    let id =
        |party: &str, name: &str, since| CollectionId::of(&party.parse().unwrap(), name, since).to_string();
    let first = id("XA", "tlp-green", 0);
    assert_eq!(first, id("XA", "tlp-green", 0));
    let others = [id("XB", "tlp-green", 0), id("XA", "tlp-amber", 0), id("XA", "tlp-green", 7)];
    assert!(others.iter().all(|other| *other != first));
    let form: Vec<usize> = first.split('-').map(str::len).collect();
    assert_eq!((form, first.chars().nth(14)), (vec![8, 4, 4, 4, 12], Some('8')));
    let partitions: BTreeSet<u32> = AudienceClass::all().map(AudienceClass::partition).collect();
    assert_eq!(partitions, (1..=10).collect());
}

fn posted(objects: &[&str], class: AudienceClass) -> Vec<Verdict> {
    let tables = Tables::built_in().unwrap();
    let slices: Vec<&[u8]> = objects.iter().map(|object| object.as_bytes()).collect();
    let posted = read_posted(&slices);
    let context = context_of(&posted, &tables, Policy { unmarked: class.tlp, ..Policy::default() });
    posted.iter().map(|one| judge_posted(one, Some(class), &context)).collect()
}

#[test]
fn a_posted_object_must_belong_to_the_class() {
    let green = AudienceClass { tlp: Tlp::Green, limited: false };
    let with = |more: &str| {
        format!(
            r#"{{"type":"url","id":"url--11111111-2222-4333-8444-000000000001","value":"http://example.org/"{more}}}"#
        )
    };
    let verdicts = posted(
        &[
            &with(""),
            &with(r#","labels":["tlp:green"]"#),
            &with(r#","labels":["tlp:amber"]"#),
            &with(r#","x_comity_labels":{"onward":"prohibited"}"#),
            &with(r#","object_marking_refs":["marking-definition--11111111-2222-4333-8444-000000000099"]"#),
            &with("").replace("url--", "uri--"),
            "5",
        ],
        green,
    );
    let failed: Vec<Option<&str>> = verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Take(labels) => {
                assert_eq!(labels.tlp, Tlp::Green);
                None
            }
            Verdict::Fail(why) => Some(why.as_str()),
        })
        .collect();
    assert_eq!(failed[..2], [None, None]);
    assert_eq!(failed[2], Some("it is marked `tlp:amber`, and this collection is for `tlp:green`"));
    assert!(failed[3].unwrap().contains("limited onward rule"), "{failed:?}");
    assert!(failed[4].unwrap().contains("tlp:red"), "{failed:?}");
    assert!(failed[5].unwrap().contains("threat/bad-id"), "{failed:?}");
    assert!(failed[6].is_some());
    let mut labels = Labels::new(Tlp::Amber);
    labels.onward = Onward::Listed(BTreeSet::new());
    assert_eq!(AudienceClass::of(&labels).alias(), "tlp-amber-limited");
}

#[test]
fn an_error_message_has_what_the_standard_asks_for() {
    let message = TaxiiFault::BadNext.message("r-1");
    let json = serde_json::to_value(&message).unwrap();
    assert_eq!(json["title"], "`next` does not belong to this request");
    assert_eq!((&json["http_status"], &json["error_id"]), (&"400".into(), &"r-1".into()));
}

#[test]
fn envelopes_are_spliced_and_read() {
    let objects: [&[u8]; 2] = [br#"{"a": [1,2]}"#, br#"{"b":"\u00e9"}"#];
    assert_eq!(envelope([], None), b"{}");
    assert_eq!(envelope([], Some("t")), br#"{"more":true,"next":"t","objects":[]}"#);
    let bytes = envelope(objects, Some("t"));
    let read = read_envelope(&bytes).unwrap();
    assert_eq!((read.more, read.next.as_deref(), read.objects), (true, Some("t"), objects.to_vec()));
    let bytes = envelope(objects, None);
    let read = read_envelope(&bytes).unwrap();
    assert_eq!((read.more, read.next, read.objects), (false, None, objects.to_vec()));
    // A server that gives only `next`, and a bundle.
    assert!(read_envelope(br#"{"next":"x","objects":[]}"#).unwrap().more);
    assert_eq!(read_envelope(br#"{"type":"bundle","id":"b","objects":[{}]}"#).unwrap().objects.len(), 1);
    for (text, code) in [
        ("", "taxii/not-json"),
        ("{", "taxii/not-json"),
        ("[1]", "taxii/not-an-envelope"),
        (r#"{"objects":{}}"#, "taxii/not-an-envelope"),
        (r#"{"objects":[],"objects":[]}"#, "taxii/not-an-envelope"),
    ] {
        assert_eq!(read_envelope(text.as_bytes()).unwrap_err().code(), code, "{text}");
    }
    let many = format!(r#"{{"objects":[{}0]}}"#, "0,".repeat(MAX_OBJECTS));
    assert_eq!(read_envelope(many.as_bytes()).unwrap_err().code(), "taxii/not-an-envelope");
}

fn held(at: i64, dated: Option<i64>, spec: SpecVersion, content: u8, redacted: bool) -> Held {
    let dated = dated.map(|day| Moment::from_micros(day * 86_400_000_000));
    Held {
        added: Added(at),
        entry: 7,
        slot: 1,
        marks: Marks::of(spec, redacted),
        dated,
        content: [content; 8],
    }
}

#[test]
fn an_older_version_that_comes_late_does_not_become_the_last() {
    let mut versions = HeldVersions::default();
    let v21 = SpecVersion::V21;
    assert_eq!(versions.admit(held(1, Some(20), v21, 1, false)), Admission::Added);
    assert_eq!(versions.admit(held(2, Some(10), v21, 2, false)), Admission::Added);
    assert_eq!(versions.admit(held(3, Some(10), v21, 2, false)), Admission::Known);
    assert_eq!(versions.admit(held(4, Some(10), v21, 3, false)), Admission::Conflict);
    let marks = versions.marks();
    let has = |at: i64, wanted| marks[&Added(at)].contains(wanted);
    assert_eq!([1, 2, 3, 4].map(|at| has(at, Marks::SERVED)), [true, true, false, false]);
    assert!(has(1, Marks::LAST) && !has(1, Marks::FIRST) && has(2, Marks::FIRST) && !has(2, Marks::LAST));
    // A redacted copy yields to the full one, which comes in anew.
    assert_eq!(versions.admit(held(5, Some(30), v21, 4, true)), Admission::Added);
    assert_eq!(versions.admit(held(6, Some(30), v21, 5, false)), Admission::Fuller);
    // Of another specification: a version of its own.
    assert_eq!(versions.admit(held(7, Some(40), SpecVersion::V20, 6, false)), Admission::Added);
    let marks = versions.marks();
    let has = |at: i64, wanted| marks[&Added(at)].contains(wanted);
    assert!(has(6, Marks::LAST.with(Marks::NEWEST_SPEC)) && !has(5, Marks::SERVED));
    assert!(has(7, Marks::LAST) && !has(7, Marks::NEWEST_SPEC));
    // Taken out, the full one leaves the redacted one; taken out together, neither comes to light.
    let together: Vec<Added> = versions.with_same(&[Added(6)]).iter().map(|held| held.added).collect();
    assert_eq!(together, [Added(5), Added(6)]);
    versions.remove(Added(6));
    assert!(versions.marks()[&Added(5)].contains(Marks::SERVED));
    // A cyber observable has no date: other bytes are another version.
    let mut versions = HeldVersions::default();
    versions.admit(held(1, None, v21, 1, false));
    assert_eq!(versions.admit(held(2, None, v21, 1, false)), Admission::Known);
    assert_eq!(versions.admit(held(3, None, v21, 2, false)), Admission::Added);
}

fn served(versions: &HeldVersions) -> BTreeMap<Added, (Held, Marks)> {
    let marks = versions.marks();
    let all = versions.iter().map(|held| (held.added, (*held, marks[&held.added])));
    all.filter(|(_, (_, marks))| marks.contains(Marks::SERVED)).collect()
}

fn any_held() -> impl Strategy<Value = Held> {
    (1i64..1_000_000, prop::option::of(0i64..5), any::<bool>(), 0u8..3).prop_map(
        |(at, dated, newer, content)| {
            // Equal bytes are equally redacted.
            let redacted = content == 2;
            let spec = if newer { SpecVersion::V21 } else { SpecVersion::V20 };
            held(at, dated, spec, content, redacted)
        },
    )
}

proptest! {
    #[test]
    fn dates_added_are_shown_and_read(micros in 0i64..4_000_000_000_000_000) {
        let shown = Added(micros).to_string();
        prop_assert_eq!(shown.len(), 27);
        prop_assert_eq!(shown.parse::<Added>().unwrap(), Added(micros));
        prop_assert_eq!(Added::from_key(&Added(micros).key()), Some(Added(micros)));
    }

    #[test]
    fn dates_added_only_grow(steps in prop::collection::vec(0i64..5, 1..50)) {
        let (mut clock, mut last) = (0, Added::NEVER);
        for step in steps {
            clock += step - 2;
            let next = Added::after(last, clock);
            prop_assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn a_token_is_good_for_its_question_alone(
        key in any::<[u8; 32]>(), position in 0i64..i64::MAX, question in ".{0,40}", other in ".{0,40}",
        at in 0usize..32,
    ) {
        let key = PageKey::new(key);
        let token = key.token(question.as_bytes(), Added(position));
        prop_assert_eq!(key.position(question.as_bytes(), &token), Ok(Added(position)));
        prop_assert_eq!(key.position(other.as_bytes(), &token).is_ok(), other == question);
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        prop_assert!(key.position(question.as_bytes(), &changed).is_err());
        prop_assert!(key.position(question.as_bytes(), token.get(1..).unwrap()).is_err());
    }

    #[test]
    fn questions_differ_where_filters_do(a in any_query(), b in any_query()) {
        let (a, b) = (read(&a).unwrap(), read(&b).unwrap());
        let alike = Filter { limit: None, ..a.clone() } == Filter { limit: None, ..b.clone() };
        prop_assert_eq!(a.question() == b.question(), alike);
    }

    #[test]
    fn rows_come_back_as_they_were(held in any_held(), entry: u64, slot: u32, id_key: [u8; 16]) {
        let Held { added, marks, dated, .. } = held;
        let item = Item { added, entry, slot, marks, dated, id_key, type_name: "x-y".to_owned() };
        prop_assert_eq!(Item::from_row(&added.key(), &item.to_value()), Some(item));
        let mut versions = HeldVersions::default();
        versions.admit(held);
        prop_assert_eq!(HeldVersions::from_value(&versions.to_value()), Some(versions));
    }

    /// Against the plain reading of the standard: of each specification one first and one last, the last being the
    /// newest by date; no version twice; and what was taken out leaves what would be there had it never come.
    #[test]
    fn what_is_served_follows_from_what_is_held(
        steps in prop::collection::vec(any_held(), 1..20), out in prop::collection::btree_set(0usize..20, 0..8),
    ) {
        let (mut versions, mut without) = (HeldVersions::default(), HeldVersions::default());
        for (at, held) in steps.into_iter().enumerate() {
            let held = Held { added: Added(at as i64 + 1), ..held };
            let before = served(&versions);
            let admission = versions.admit(held);
            if matches!(admission, Admission::Known | Admission::Conflict) {
                prop_assert_eq!(&before, &served(&versions));
            }
            if !out.contains(&at) {
                without.admit(held);
            }
        }
        let served = served(&versions);
        for spec in [SpecVersion::V20, SpecVersion::V21] {
            let of_spec: Vec<_> = served.values().filter(|(held, _)| held.marks.spec() == spec).collect();
            let having = |mark| of_spec.iter().filter(|(_, marks)| marks.contains(mark)).collect::<Vec<_>>();
            let expected = usize::from(!of_spec.is_empty());
            prop_assert_eq!((having(Marks::FIRST).len(), having(Marks::LAST).len()), (expected, expected));
            for (last, _) in having(Marks::LAST) {
                prop_assert!(of_spec.iter().all(|(held, _)| held.dated <= last.dated));
            }
        }
        let name = |held: &Held| (held.dated, held.marks.spec(), held.dated.map_or(held.content, |_| [9; 8]));
        let names: BTreeSet<_> = served.values().map(|(held, _)| name(held)).collect();
        prop_assert_eq!(names.len(), served.len());
        for at in out {
            versions.remove(Added(at as i64 + 1));
        }
        prop_assert_eq!(versions.marks(), without.marks());
    }
}

fn any_query() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "match[id]=a",
        "match[id]=a,b",
        "match[type]=a",
        "match[version]=all",
        "match[version]=first,last",
        "match[version]=last",
        "match[spec_version]=2.1",
        "added_after=2026-03-01T12:00:00Z",
        "limit=3",
    ]);
    prop::collection::btree_map("[a-d]", part, 0..4).prop_map(|parts| {
        let mut seen = BTreeSet::new();
        let kept = parts
            .into_values()
            .filter(|part| seen.insert(part.split_once('=').map(|(name, _)| name.to_owned())));
        kept.collect::<Vec<_>>().join("&")
    })
}
