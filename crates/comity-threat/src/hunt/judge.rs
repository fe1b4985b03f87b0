//! What stands against a find: an indicator that did not count at the time, or a warning list.

use super::Indicator;
use crate::{
    Moment,
    pattern::{Found, Node, Observation},
    value::{Kind, Value, decisive, normalise, range, values_of_pattern},
};

/// Why a find does not count. It is told all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// The indicator counts from this time on, and all of it was earlier.
    NotYet(Moment),
    /// The indicator counted until this time, and all of it was later.
    NoLonger(Moment),
    /// A warning list names what the pattern speaks of.
    Listed(Listed),
}

/// A warning list that names a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub list: String,
    /// How it names the value.
    pub how: &'static str,
}

/// By what finds are judged.
#[derive(Clone, Copy)]
pub struct Judging<'j> {
    /// The warning list that names a value, where one does.
    pub listed: &'j (dyn Fn(&Value) -> Option<Listed> + Sync),
    /// Whether the validity of indicators is set aside: what was not known to be evil at the time may have been so.
    pub any_time: bool,
}

impl std::fmt::Debug for Judging<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Judging({})", self.any_time)
    }
}

impl Judging<'static> {
    /// By nothing but validity.
    pub const NOTHING: Judging<'static> = Judging { listed: &|_| None, any_time: false };
}

impl Judging<'_> {
    /// An indicator counts for what was seen while it is valid, in part at least.
    pub(super) fn time(&self, indicator: &Indicator, found: &Found) -> Option<Against> {
        let early = indicator.valid_from.filter(|from| found.last < *from).map(Against::NotYet);
        let late = indicator.valid_until.filter(|until| found.first >= *until).map(Against::NoLonger);
        early.or(late).filter(|_| !self.any_time)
    }
}

/// The values that a pattern speaks of, with the lists that name them.
#[derive(Clone, Debug)]
pub(super) enum Speaks {
    /// Of these each alone is enough.
    OneOf(Vec<(Value, Option<Listed>)>),
    /// More than one has to be seen, or something that is no value: the list, where every value is named.
    Of(Option<Listed>),
}

impl Speaks {
    pub(super) fn of(pattern: &str, listed: &dyn Fn(&Value) -> Option<Listed>) -> Speaks {
        if let Some(found) = decisive(pattern) {
            let named = found.values.into_iter().map(|value| {
                let list = listed(&value);
                (value, list)
            });
            return Speaks::OneOf(named.collect());
        }
        let named: Option<Vec<Listed>> = values_of_pattern(pattern).iter().map(listed).collect();
        Speaks::Of(named.and_then(|named| named.into_iter().next()))
    }

    /// What stands against a find in this observation: of several values, only those count that are in it.
    pub(super) fn against(&self, observation: Option<&Observation<'_>>) -> Option<Against> {
        let listed = match self {
            Speaks::Of(listed) => listed.clone(),
            Speaks::OneOf(values) => {
                let is_seen = |value: &Value| observation.is_some_and(|seen| holds(seen, value));
                let seen: Vec<_> = values.iter().filter(|(value, _)| is_seen(value)).collect();
                let counting = if seen.is_empty() { values.iter().collect() } else { seen };
                let all: Option<Vec<&Listed>> = counting.iter().map(|(_, list)| list.as_ref()).collect();
                all.and_then(|all| all.first().map(|first| (*first).clone()))
            }
        };
        listed.map(Against::Listed)
    }
}

/// Whether a value is among the texts of an observation.
fn holds(observation: &Observation<'_>, value: &Value) -> bool {
    observation.objects.iter().any(|object| is_in(&object.properties, value))
}

fn is_in(node: &Node<'_>, value: &Value) -> bool {
    match node {
        Node::Text(text) => is_text(text, value),
        Node::List(several) => several.iter().any(|one| is_in(one, value)),
        Node::Map(members) => members.iter().any(|(_, one)| is_in(one, value)),
        Node::Null | Node::Boolean(_) | Node::Integer(_) | Node::Float(_) | Node::Bytes(_) => false,
    }
}

fn is_text(text: &str, value: &Value) -> bool {
    match value.kind() {
        Kind::Cidr => range(value.text()).is_some_and(|range| text.parse().is_ok_and(|ip| range.holds(ip))),
        // The port stands apart from the address in an observation.
        Kind::AddressPort => {
            let address = value.text().parse::<std::net::SocketAddr>().map(|both| both.ip());
            address.is_ok_and(|address| text.parse() == Ok(address))
        }
        kind => normalise(kind, text).is_ok_and(|found| found == *value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Object,
        hunt::{Patterns, hunt, indicators_of},
    };
    use std::sync::Arc;

    const OBSERVED: &[&str] = &[
        r#"{"type":"observed-data","spec_version":"2.1","id":"observed-data--1","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","first_observed":"2026-02-01T00:00:00Z","last_observed":"2026-02-02T00:00:00Z","number_observed":1,"object_refs":["domain-name--1"]}"#,
        r#"{"type":"observed-data","spec_version":"2.1","id":"observed-data--2","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","first_observed":"2026-02-01T00:00:00Z","last_observed":"2026-02-02T00:00:00Z","number_observed":1,"object_refs":["ipv4-addr--1"]}"#,
        r#"{"type":"domain-name","spec_version":"2.1","id":"domain-name--1","value":"Good.example"}"#,
        r#"{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--1","value":"192.0.2.9"}"#,
    ];

    /// What stands against the find of a pattern that is valid from one time until another.
    fn against(pattern: &str, from: &str, until: &str, any_time: bool) -> Option<String> {
        let indicator = format!(
            r#"[{{"type":"indicator","id":"indicator--1","modified":"2026-01-01T00:00:00Z","pattern_type":"stix","pattern":"{pattern}","valid_from":"{from}","valid_until":"{until}"}}]"#
        );
        let listed = |value: &Value| {
            let named = matches!(value.text(), "good.example" | "192.0.2.0/24");
            named.then(|| Listed { list: "trial".to_owned(), how: "literally" })
        };
        let objects: Vec<_> = OBSERVED.iter().map(|text| Object::read(text.as_bytes()).unwrap()).collect();
        let judging = Judging { listed: &listed, any_time };
        let patterns = Patterns::new(indicators_of(indicator.as_bytes()).unwrap()).unwrap();
        let hunted = hunt(&Arc::new(patterns), &objects, &judging);
        assert_eq!(hunted.sighted.len(), 1, "{pattern}");
        Some(match hunted.sighted[0].against.clone()? {
            Against::NotYet(from) => format!("from {from}"),
            Against::NoLonger(until) => format!("until {until}"),
            Against::Listed(listed) => listed.list,
        })
    }

    #[test]
    fn validity_counts_as_in_matching_and_may_be_set_aside() {
        let (name, none) = ("[domain-name:value LIKE 'G%']", None);
        let early = Some("from 2026-02-02T00:00:00.001Z".to_owned());
        let late = Some("until 2026-02-01T00:00:00.000Z".to_owned());
        for (from, until, expected) in [
            ("2026-02-02T00:00:00Z", "2026-03-01T00:00:00Z", &none),
            ("2026-02-02T00:00:00.001Z", "2026-03-01T00:00:00Z", &early),
            ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00.001Z", &none),
            ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", &late),
        ] {
            assert_eq!(against(name, from, until, false), *expected, "{from} {until}");
            assert_eq!(against(name, from, until, true), None);
        }
    }

    #[test]
    fn a_warning_list_counts_where_all_that_was_seen_is_on_it() {
        let against = |pattern: &str| against(pattern, "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", false);
        let listed = Some("trial".to_owned());
        assert_eq!(against("[domain-name:value = 'Good.example']"), listed);
        assert_eq!(against("[ipv4-addr:value ISSUBSET '192.0.2.0/24']"), listed);
        // The value that is on no list was not seen, and the other way round.
        assert_eq!(against("[domain-name:value IN ('Good.example', 'bad.example')]"), listed);
        assert_eq!(against("[ipv4-addr:value IN ('192.0.2.9')] OR [domain-name:value = 'x.example']"), None);
        // More than one value has to hold: all of them are on a list, or one is not.
        let both = "[domain-name:value = 'Good.example'] AND [ipv4-addr:value ISSUBSET '192.0.2.0/24']";
        assert_eq!(against(both), listed);
        assert_eq!(against("[domain-name:value = 'Good.example'] AND [ipv4-addr:value = '192.0.2.9']"), None);
        assert_eq!(against("[domain-name:value LIKE 'Good%']"), None, "no value at all");
    }
}
