//! STIX patterns (STIX 2.1 section 9): what indicators say about observations.
//!
//! - [`check`] says whether a text is a pattern, fast and without allocating;
//! - [`read`] makes a tree of it;
//! - [`Plan`] evaluates it on [`Observation`]s;
//! - [`PatternSet`] compiles thousands of them, and a [`Hunt`] leads observations through.
//!
//! The grammar is that of the standard, tokens and precedence as in the grammar file that OASIS publishes beside it.
//! Keywords are written as the standard writes them. Where we and the reference implementation differ is listed one by one
//! in `docs/conformance/patterns.md`.

mod address;
mod bind;
mod budget;
mod check;
mod fault;
mod lexer;
mod observation;
mod parser;
mod plan;
#[cfg(test)]
mod properties;
mod set;
mod syntax;
mod test;
mod textual;
pub(crate) mod words;

pub use check::check;
pub(crate) use check::check_names;
pub use fault::PatternFault;
pub use observation::{Node, Observable, Observation, UnfitObservation, observations};
pub use plan::{DEFAULT_BUDGET, Evaluation, Plan, Verdict};
pub use set::{Found, Gaps, Hunt, MAX_KEPT, PatternSet, SetSize, TooManyPieces};
pub use syntax::{
    Comparator, ComparisonExpression, Constant, ObjectPath, ObservationExpression, Operation, PathStep,
    Qualifier, Test, read,
};

use crate::SpecVersion;

/// The longest pattern that is read, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1 << 20;

/// For fuzzing: reads and checks the bytes as a pattern, and evaluates it where that can be done, alone and in a set. Must
/// never panic, and must end.
pub fn fuzz_entry(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _named = words::words(text).count();
    for version in [SpecVersion::V20, SpecVersion::V21] {
        let tree = read(text, version);
        // The check knows the grammar from the same parser, and asks more.
        debug_assert!(check(text, version).is_err() || tree.is_ok());
        let Ok(plan) = Plan::new(text, version) else { continue };
        let seen = [fuzzed_at(1), fuzzed_at(2)];
        let _alone = plan.evaluate(&seen, 20_000);
        let Ok(set) = PatternSet::new(vec![plan]) else { continue };
        let mut hunt = Hunt::new(&set);
        (0..).zip(&seen).for_each(|(name, observation)| hunt.observe(name, observation, |_| {}));
        let _gaps = hunt.finish(|_| {});
    }
}

/// An observation with a value of every kind, which the seeds of the corpus speak of.
fn fuzzed_at(second: i64) -> Observation<'static> {
    let object = |key: &'static str, type_name: &'static str, members: Vec<(&'static str, Node<'static>)>| {
        Observable {
            key: key.into(),
            type_name: type_name.into(),
            properties: Node::Map(members.into_iter().map(|(name, node)| (name.into(), node)).collect()),
        }
    };
    let time = crate::Moment::from_millis(second * 1000);
    let b = Node::List(vec![Node::Integer(1), Node::Float(2.5), Node::Text("x".into()), Node::Boolean(true)]);
    let members = vec![("b", b), ("c_bin", Node::Bytes(vec![0, 255])), ("d_ref", Node::Text("1".into()))];
    let address = vec![("value", Node::Text("192.0.2.7".into())), ("a_ref", Node::Text("0".into()))];
    Observation {
        id: "fuzzed".into(),
        first: time,
        last: time,
        number: 2,
        objects: vec![object("0", "a", members), object("1", "ipv4-addr", address)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(pattern: &str) -> String {
        let fault = check(pattern, SpecVersion::V21).unwrap_err();
        format!("{} @{}", fault.what, fault.at)
    }

    #[test]
    fn faults_name_the_place_and_what_was_expected() {
        for (pattern, what) in [
            ("", "expected an observation expression in `[ ]` @0"),
            ("[]", "expected a comparison, such as `file:name = 'x'` @1"),
            ("[a:b = 'x'", "expected `AND`, `OR` or `]` @10"),
            ("[a:b = 'x]", "a string that is not closed @7"),
            ("[é:b = 1]", "a character that begins no word @1"),
            ("[[a:b = 1]]", "expected a comparison, such as `file:name = 'x'` @1"),
            ("a:b = 1", "expected an observation expression in `[ ]` @0"),
            ("([a:b = 1]", "expected an observation operator, a qualifier or `)` @10"),
            ("[a:b = 1])", "expected an observation operator, a qualifier or the end @9"),
            ("[a:b = (1]", "expected a constant @7"),
            ("[a:b > true]", "expected a constant that has an order @7"),
            ("[a:b LIKE 1]", "expected a string in single quotes @10"),
            ("[a:b[x] = 1]", "expected an index from 0, or `*` @5"),
            ("[a:b[-1] = 1]", "expected an index from 0, or `*` @5"),
            ("[a: = 1]", "expected a property @4"),
            ("[a:b-c = 1]", "expected a property in single quotes, for its hyphen @3"),
            ("[a:START = 1]", "expected a property in single quotes, being a keyword @3"),
            ("[a:b is 1]", "expected a comparison operator such as `=` @5"),
            ("[a:b = h'0']", "a hexadecimal constant that is none @7"),
            ("[a:b = b'====']", "a binary constant that is not base64 @7"),
            (
                "[a:b = t'2026-13-01T00:00:00Z']",
                "a time constant that is not of the form t'2026-03-01T12:00:00Z' @7",
            ),
            ("[a:b = 'x\\y']", "a `\\` that stands neither before `'` nor before `\\` @9"),
            ("[NOT a:b = 1]", "expected `EXISTS`; elsewhere `NOT` stands before the operator @5"),
            ("[file:hashes.MD5 = 'x']", "a hash that has not the form of its algorithm @19"),
            ("[a:b=1] WITHIN 1 SECONDS WITHIN 2 SECONDS", "a second qualifier of one kind @25"),
            ("[a:b = ☃]", "a character that begins no word @7"),
        ] {
            assert_eq!(fault(pattern), what, "{pattern}");
        }
        let deep = format!("{}[a:b=1]{}", "(".repeat(65), ")".repeat(65));
        assert_eq!(fault(&deep), "brackets that are nested too deeply @64");
        assert_eq!(
            check(deep.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap(), SpecVersion::V21),
            Ok(())
        );
        assert_eq!(
            check("[a:b = 1", SpecVersion::V21).unwrap_err().to_string(),
            "expected `AND`, `OR` or `]` at character 8 of the pattern, which ends there"
        );
    }

    #[test]
    fn the_editions_differ_in_exists_and_in_how_times_of_a_qualifier_are_written() {
        let quoted = "[a:b = 1] START '2018-01-01T00:00:00Z' STOP '2019-01-01T00:00:00Z'";
        for (pattern, in_20, in_21) in
            [("[EXISTS a:b]", false, true), (quoted, true, false), ("[a:EXISTS = 1]", true, false)]
        {
            assert_eq!(check(pattern, SpecVersion::V20).is_ok(), in_20, "{pattern}");
            assert_eq!(check(pattern, SpecVersion::V21).is_ok(), in_21, "{pattern}");
        }
    }

    #[test]
    fn precedence_is_and_before_or_before_followed_by() {
        use ObservationExpression::{And, FollowedBy, Or};
        let tree = read("[a:b=1] OR [a:b=2] AND [a:b=3] FOLLOWEDBY [a:b=4]", SpecVersion::V21).unwrap();
        let FollowedBy(row) = tree else { panic!("{tree:?}") };
        let Or(either) = &row[0] else { panic!("{row:?}") };
        assert!(matches!(&either[1], And(both) if both.len() == 2) && row.len() == 2);
    }

    #[test]
    fn constants_are_read_by_their_kind() {
        let text = r"[a:b IN (1, -2.5, +3, true, 'it\'s \\', h'0F', b'AQI=', t'2026-03-01T12:00:00Z', 99999999999999999999)]";
        let tree = read(text, SpecVersion::V21).unwrap();
        let ObservationExpression::Observed(ComparisonExpression::Test(test)) = tree else { panic!() };
        let Operation::In(set) = test.operation else { panic!() };
        let moment = "2026-03-01T12:00:00Z".parse().unwrap();
        let expected = [
            Constant::Integer(1),
            Constant::Float(-2.5),
            Constant::Integer(3),
            Constant::Boolean(true),
            Constant::Text("it's \\".into()),
            Constant::Bytes(vec![15]),
            Constant::Bytes(vec![1, 2]),
            Constant::Time(moment),
            Constant::Float(1e20),
        ];
        assert_eq!(set, expected);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in r"([\[\]() ',.*\\:=]|a|file|é|AND|1|h'|/\*|//|NOT|EXISTS| IN ){0,40}") {
            fuzz_entry(text.as_bytes());
        }
    }
}
