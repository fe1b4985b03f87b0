//! Properties of evaluation: against an enumeration of every binding, and of compiled sets against single patterns.

use super::{bind::Seen, budget::Budget, *};
use crate::{Object, SpecVersion};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn time(second: u32) -> crate::Moment {
    format!("2026-03-01T12:{:02}:{:02}Z", second / 60, second % 60).parse().unwrap()
}

/// An observation of a person `x` with these numbers, from one second to another.
fn observation(id: usize, first: u32, last: u32, number: u64, ages: &[i64]) -> Observation<'static> {
    let person = |(key, age): (usize, &i64)| Observable {
        key: key.to_string().into(),
        type_name: "p".into(),
        properties: Node::Map(vec![
            ("type".into(), Node::Text("p".into())),
            ("age".into(), Node::Integer(*age)),
            ("name".into(), Node::Text(format!("n{age}").into())),
            ("next_ref".into(), Node::Text(((key + 1) % ages.len()).to_string().into())),
            ("tags".into(), Node::List(vec![Node::Integer(*age), Node::Text(format!("t{age}").into())])),
        ]),
    };
    let objects = ages.iter().enumerate().map(person).collect();
    Observation { id: format!("o{id}").into(), first: time(first), last: time(last), number, objects }
}

/// Every binding of an expression, as the reference matcher enumerates them: instances of observations by expression.
type Binding = Vec<(usize, u64)>;

fn enumerate(
    expression: &ObservationExpression<'_>,
    number: &mut usize,
    seen: &[Seen],
    fired: &[Vec<usize>],
) -> Vec<Binding> {
    let disjoint = |a: &Binding, b: &Binding| a.iter().all(|one| !b.contains(one));
    let mut out: Vec<Binding> = match expression {
        ObservationExpression::Observed(_) => {
            *number += 1;
            fired[*number - 1].iter().flat_map(|o| (0..seen[*o].number).map(move |i| vec![(*o, i)])).collect()
        }
        ObservationExpression::Or(row) => {
            row.iter().flat_map(|one| enumerate(one, number, seen, fired)).collect()
        }
        ObservationExpression::And(row) | ObservationExpression::FollowedBy(row) => {
            let ordered = matches!(expression, ObservationExpression::FollowedBy(_));
            let mut all: Vec<Binding> = vec![Vec::new()];
            for one in row {
                let next = enumerate(one, number, seen, fired);
                let pairs = all.iter().flat_map(|a| next.iter().map(move |b| (a, b)));
                let good = pairs.filter(|(a, b)| {
                    let latest = a.iter().map(|(o, _)| seen[*o].first).max();
                    let earliest = b.iter().map(|(o, _)| seen[*o].last).min();
                    disjoint(a, b) && (!ordered || latest.is_none() || latest <= earliest)
                });
                all = good.map(|(a, b)| [a.as_slice(), b.as_slice()].concat()).collect();
            }
            all
        }
        ObservationExpression::Qualified(inner, qualifiers) => {
            let mut all = enumerate(inner, number, seen, fired);
            for (qualifier, _) in qualifiers {
                all = match qualifier {
                    Qualifier::Within(seconds) => all
                        .into_iter()
                        .filter(|b| {
                            let latest = b.iter().map(|(o, _)| seen[*o].first).max().unwrap();
                            let earliest = b.iter().map(|(o, _)| seen[*o].last).min().unwrap();
                            latest - earliest <= (*seconds * 1e9) as i128
                        })
                        .collect(),
                    Qualifier::StartStop(start, stop) => all
                        .into_iter()
                        .filter(|b| {
                            start < stop
                                && b.iter().all(|(o, _)| {
                                    seen[*o].first < stop.nanos() && seen[*o].last >= start.nanos()
                                })
                        })
                        .collect(),
                    Qualifier::Repeats(times) => {
                        let mut rows: Vec<Binding> = vec![Vec::new()];
                        for _ in 0..*times {
                            rows = rows
                                .iter()
                                .flat_map(|a| {
                                    all.iter()
                                        .filter(|b| disjoint(a, b))
                                        .map(|b| [a.as_slice(), b.as_slice()].concat())
                                })
                                .collect();
                        }
                        rows
                    }
                };
            }
            all
        }
    };
    // The order inside of a binding does not matter to what is asked of it from outside.
    let mut known = BTreeSet::new();
    out.retain_mut(|b| {
        b.sort_unstable();
        known.insert(b.clone())
    });
    out
}

fn leaf() -> impl Strategy<Value = String> {
    (0i64..4).prop_map(|age| format!("[p:age = {age}]"))
}

fn expression() -> impl Strategy<Value = String> {
    leaf().prop_recursive(3, 5, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), prop_oneof![Just("AND"), Just("OR"), Just("FOLLOWEDBY")])
                .prop_map(|(a, b, how)| format!("({a} {how} {b})")),
            (inner.clone(), 1u32..12).prop_map(|(a, s)| format!("({a}) WITHIN {s} SECONDS")),
            (inner.clone(), 1u32..4).prop_map(|(a, n)| format!("({a}) REPEATS {n} TIMES")),
            (inner, 0u32..30, 0u32..30).prop_map(|(a, s, e)| format!(
                "({a}) START t'{}' STOP t'{}'",
                time(s),
                time(e)
            )),
        ]
    })
}

fn seen_ones() -> impl Strategy<Value = Vec<Observation<'static>>> {
    let one = (0u32..30, 0u32..6, 1u64..3, prop::collection::vec(0i64..4, 1..3));
    prop::collection::vec(one, 0..5).prop_map(|all| {
        all.iter()
            .enumerate()
            .map(|(id, (first, length, number, ages))| observation(id, *first, first + length, *number, ages))
            .collect()
    })
}

fn has_age(observation: &Observation<'_>, age: i64) -> bool {
    observation.objects.iter().any(|person| person.properties.member("age") == Some(&Node::Integer(age)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_binding_is_found_where_an_enumeration_finds_one(text in expression(), observations in seen_ones()) {
        let Ok(plan) = Plan::new(&text, SpecVersion::V20) else { return Ok(()) };
        let tree = read(&text, SpecVersion::V20).unwrap();
        let seen: Vec<Seen> = observations.iter().map(plan::seen).collect();
        let fired: Vec<Vec<usize>> = text.split("[p:age = ").skip(1).map(|rest| {
            let age: i64 = rest.split(']').next().unwrap().parse().unwrap();
            (0..observations.len()).filter(|i| has_age(&observations[*i], age)).collect()
        }).collect();
        if fired.iter().map(Vec::len).product::<usize>() > 200 { return Ok(()) }
        let all = enumerate(&tree, &mut 0, &seen, &fired);
        let evaluation = plan.evaluate(&observations, DEFAULT_BUDGET);
        match &evaluation.verdict {
            Verdict::Match(bound) => {
                prop_assert!(!all.is_empty(), "{text}: bound to {bound:?}");
            }
            Verdict::NoMatch => prop_assert!(all.is_empty(), "{text}: {:?}", all[0]),
            Verdict::Undecided => prop_assert!(false, "{text}: undecided"),
        }
        // What is bound suffices by itself.
        if let Verdict::Match(bound) = evaluation.verdict {
            let only: Vec<_> = bound.iter().map(|i| observations[*i].clone()).collect();
            prop_assert!(matches!(plan.evaluate(&only, DEFAULT_BUDGET).verdict, Verdict::Match(_)));
        }
    }
}

const TESTS: &[&str] = &[
    "p:age = 1",
    "p:age != 1",
    "p:age IN (0, 3)",
    "p:age NOT IN (0, 3)",
    "p:age > 1",
    "p:age <= 1.5",
    "p:age NOT != 2",
    "p:name = 'n1'",
    "p:name LIKE 'n_'",
    "p:name LIKE '%n2%'",
    "p:name MATCHES '^n[12]$'",
    "p:name MATCHES '(?i)N3'",
    "p:name > 'n1'",
    "p:name NOT LIKE '%n2'",
    "p:next_ref.age = 2",
    "p:next_ref.next_ref.name = 'n1'",
    "p:tags[*] = 3",
    "p:tags[0] < 2",
    "p:tags[1] MATCHES 't(0|2)'",
    "EXISTS p:age",
    "NOT EXISTS p:none",
    "EXISTS p:none",
    "q:age = 1",
    "p:tags[*] = 't3'",
    "p:name = h'6e31'",
];

fn condition() -> impl Strategy<Value = String> {
    prop::sample::select(TESTS).prop_map(str::to_owned).prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), inner, any::<bool>())
            .prop_map(|(a, b, and)| format!("({a} {} {b})", if and { "AND" } else { "OR" }))
    })
}

fn pattern() -> impl Strategy<Value = String> {
    (condition(), condition(), 0..6).prop_map(|(a, b, how)| match how {
        0 | 1 => format!("[{a}]"),
        2 => format!("[{a}] OR [{b}]"),
        3 => format!("[{a}] AND [{b}]"),
        4 => format!("([{a}] FOLLOWEDBY [{b}]) WITHIN 8 SECONDS"),
        _ => format!("[{a}] REPEATS 3 TIMES"),
    })
}

/// The patterns of a set that match these observations, and those that do so one by one.
fn both(texts: &[String], observations: &[Observation<'_>]) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let plans: Vec<Plan> = texts.iter().map(|text| Plan::new(text, SpecVersion::V21).unwrap()).collect();
    let matches =
        |plan: &Plan| matches!(plan.evaluate(observations, DEFAULT_BUDGET).verdict, Verdict::Match(_));
    let single = (0..plans.len()).filter(|i| matches(&plans[*i])).collect();
    let set = PatternSet::new(plans).unwrap();
    let mut compiled = BTreeSet::new();
    let mut hunt = Hunt::new(&set);
    for (name, observation) in observations.iter().enumerate() {
        hunt.observe(name as u64, observation, |found| {
            compiled.insert(found.pattern);
        });
    }
    let gaps = hunt.finish(|found| {
        compiled.insert(found.pattern);
    });
    assert_eq!(gaps, Gaps::default());
    (compiled, single)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_compiled_set_gives_the_verdicts_of_its_patterns(
        texts in prop::collection::vec(pattern(), 1..12),
        observations in seen_ones(),
    ) {
        let (compiled, single) = both(&texts, &observations);
        prop_assert_eq!(compiled, single, "{:?}", texts);
    }
}

#[test]
fn addresses_are_found_by_block_from_both_sides() {
    let text = r#"{"type":"observed-data","id":"o","first_observed":"2026-03-01T12:00:00Z","last_observed":"2026-03-01T12:00:00Z","number_observed":1,
        "objects":{"0":{"type":"ipv4-addr","value":"192.0.2.7"},"1":{"type":"ipv4-addr","value":"198.51.100.0/24"},"2":{"type":"ipv6-addr","value":"2001:db8::1"},"3":{"type":"x","payload_bin":"YWxpY2U=","at":"2026-03-01T12:00:00.5Z"}}}"#;
    let objects = [Object::read(text.as_bytes()).unwrap()];
    let (observations, unfit) = super::observations(&objects);
    assert!(unfit.is_empty());
    let patterns = [
        ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", true),
        ("[ipv4-addr:value ISSUBSET '192.0.3.0/24']", false),
        ("[ipv4-addr:value ISSUBSET '0.0.0.0/0']", true),
        ("[ipv4-addr:value ISSUPERSET '198.51.100.9']", true),
        ("[ipv4-addr:value ISSUPERSET '198.51.101.9']", false),
        ("[ipv4-addr:value ISSUPERSET '198.51.0.0/16']", false),
        ("[ipv6-addr:value ISSUBSET '2001:db8::/32']", true),
        ("[ipv6-addr:value ISSUBSET '0.0.0.0/0']", false),
        ("[x:payload_bin = 'alice']", true),
        ("[x:payload_bin = h'616c696365']", true),
        ("[x:payload_bin LIKE 'al%']", true),
        ("[x:payload_bin > 'aardvark']", true),
        ("[x:at = t'2026-03-01T12:00:00.500Z']", true),
        ("[x:at < t'2026-03-01T12:00:00.500Z']", false),
        ("[x:at >= t'2026-03-01T12:00:00Z']", true),
        ("[x:at > '2026']", true),
    ];
    let texts: Vec<String> = patterns.iter().map(|(text, _)| (*text).to_owned()).collect();
    let (compiled, single) = both(&texts, &observations);
    let expected: BTreeSet<usize> = (0..patterns.len()).filter(|i| patterns[*i].1).collect();
    assert_eq!((compiled, single), (expected.clone(), expected));
}

#[test]
fn hostile_patterns_end_and_say_so() {
    let observations: Vec<_> =
        (0..60).map(|i| observation(i, i as u32 % 50, i as u32 % 50, 1, &[1, 2, 3])).collect();
    let row: Vec<String> = (0..24).map(|i| format!("[p:age = {}]", 1 + i % 3)).collect();
    // No two of them follow one another so closely; trying every order would not end.
    let chain = format!("({}) WITHIN 1 SECONDS", row.join(" FOLLOWEDBY "));
    let plan = Plan::new(&chain, SpecVersion::V21).unwrap();
    assert_eq!(plan.evaluate(&observations, 200_000).verdict, Verdict::Undecided);
    for (pattern, what) in [
        (
            format!("({}) REPEATS 900000 TIMES", row.join(" AND ")),
            "a pattern with too many ways to be fulfilled",
        ),
        (
            format!("({}) REPEATS 300 TIMES", "([p:age=1] AND [p:age=2]) OR ([p:age=2] AND [p:age=3])"),
            "a pattern with too many ways to be fulfilled",
        ),
        ("[p:age = 1] REPEATS 0 TIMES".to_owned(), "REPEATS no times at all"),
        ("[p:age = 1] WITHIN 0.0 SECONDS".to_owned(), "WITHIN no time at all"),
        ("[p:age IN (1, 'a')]".to_owned(), "a set whose constants are not of one kind"),
        ("[p:age ISSUBSET 'x']".to_owned(), "no address and no CIDR block"),
        (format!("[p:{}age = 1]", "next_ref.".repeat(70)), "a path of too many steps"),
    ] {
        let fault = Plan::new(&pattern, SpecVersion::V21).unwrap_err();
        assert_eq!((fault.code, fault.what.as_ref()), ("threat/pattern-not-evaluated", what));
    }
    // As many repetitions as a whole number holds are counted, not tried.
    let many = Plan::new("[p:age = 1] REPEATS 99999999999999999999 TIMES", SpecVersion::V21).unwrap();
    assert_eq!(many.evaluate(&observations, 200_000).verdict, Verdict::NoMatch);
}

#[test]
fn more_observations_than_are_kept_are_counted() {
    let set =
        PatternSet::new(vec![Plan::new("[p:age = 1] FOLLOWEDBY [p:age = 9]", SpecVersion::V21).unwrap()])
            .unwrap();
    let mut hunt = Hunt::new(&set);
    for name in 0..MAX_KEPT as u64 + 10 {
        hunt.observe(name, &observation(0, 1, 1, 1, &[1]), |found| panic!("{found:?}"));
    }
    let gaps = hunt.finish(|found| panic!("{found:?}"));
    assert_eq!(gaps.forgotten, [(0, MAX_KEPT as u64 / 2)]);
}

#[test]
fn binding_counts_what_was_observed_several_times() {
    let one = [observation(0, 1, 1, 5, &[1, 2])];
    for (pattern, matches) in [
        ("[p:age = 1] REPEATS 5 TIMES", true),
        ("[p:age = 1] REPEATS 6 TIMES", false),
        ("[p:age = 1] REPEATS 3 TIMES AND [p:age = 2] REPEATS 2 TIMES", true),
        ("[p:age = 1] REPEATS 3 TIMES AND [p:age = 2] REPEATS 3 TIMES", false),
        ("([p:age = 1] FOLLOWEDBY [p:age = 2]) REPEATS 2 TIMES", true),
    ] {
        let plan = Plan::new(pattern, SpecVersion::V20).unwrap();
        let found = matches!(plan.evaluate(&one, DEFAULT_BUDGET).verdict, Verdict::Match(_));
        assert_eq!(found, matches, "{pattern}");
    }
    assert!(Budget::new(1).spend(2).is_err());
}
