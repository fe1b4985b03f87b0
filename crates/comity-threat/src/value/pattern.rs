//! The values of a STIX pattern: constants that are compared for equality, and the simple patterns in which one of them
//! alone decides.

use super::{Fault, Kind, Value, address, hash, normalise};
use crate::{
    SpecVersion,
    pattern::{
        Comparator, ComparisonExpression, Constant, ObjectPath, ObservationExpression, Operation, PathStep,
        Test, read,
    },
};

/// The values of which each alone makes a pattern true, in the order of the pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisive {
    /// The values.
    pub values: Vec<Value>,
}

/// Values that a pattern compares with `=`, `IN` or `ISSUBSET`, also inside of larger expressions; what it excludes
/// (`NOT`, `!=`) is left out. A text that is no pattern has none.
pub fn values_of_pattern(pattern: &str) -> Vec<Value> {
    let mut out = Vec::new();
    if let Some(tree) = tree(pattern) {
        of_observation(&tree, &mut out);
    }
    out
}

/// The values that decide a pattern alone, where it is made of equalities and nothing but `OR` between them; or of an
/// address and a port of one connection. `None` where more has to hold: such a pattern wants the evaluation of
/// [`crate::pattern`].
pub fn decisive(pattern: &str) -> Option<Decisive> {
    let mut values = Vec::new();
    decide(&tree(pattern)?, &mut values)?;
    Some(Decisive { values })
}

fn tree(pattern: &str) -> Option<ObservationExpression<'_>> {
    read(pattern, SpecVersion::V21).or_else(|_| read(pattern, SpecVersion::V20)).ok()
}

fn of_observation(tree: &ObservationExpression<'_>, out: &mut Vec<Value>) {
    use ObservationExpression::{And, FollowedBy, Observed, Or, Qualified};
    match tree {
        Observed(comparison) => of_comparison(comparison, out),
        And(row) | Or(row) | FollowedBy(row) => row.iter().for_each(|each| of_observation(each, out)),
        Qualified(inner, _) => of_observation(inner, out),
    }
}

fn of_comparison(tree: &ComparisonExpression<'_>, out: &mut Vec<Value>) {
    match tree {
        ComparisonExpression::Test(test) => {
            out.extend(
                compared(test).into_iter().filter_map(|text| value_at(&test.path, text).ok().flatten()),
            );
        }
        ComparisonExpression::And(row) | ComparisonExpression::Or(row) => {
            row.iter().for_each(|each| of_comparison(each, out));
        }
    }
}

/// The texts that a test compares its property with for equality.
fn compared<'t>(test: &'t Test<'_>) -> Vec<&'t str> {
    let text = |constant: &'t Constant<'_>| match constant {
        Constant::Text(text) => Some(text.as_ref()),
        _ => None,
    };
    match &test.operation {
        _ if test.negated => Vec::new(),
        Operation::Compare(Comparator::Equal, constant) => text(constant).into_iter().collect(),
        Operation::In(set) => set.iter().filter_map(text).collect(),
        Operation::IsSubset(range) => vec![range.as_ref()],
        _ => Vec::new(),
    }
}

fn decide(tree: &ObservationExpression<'_>, out: &mut Vec<Value>) -> Option<()> {
    match tree {
        ObservationExpression::Observed(comparison) => decide_comparison(comparison, out),
        ObservationExpression::Or(row) => row.iter().try_for_each(|each| decide(each, out)),
        _ => None,
    }
}

fn decide_comparison(tree: &ComparisonExpression<'_>, out: &mut Vec<Value>) -> Option<()> {
    match tree {
        ComparisonExpression::Or(row) => row.iter().try_for_each(|each| decide_comparison(each, out)),
        ComparisonExpression::And(row) => {
            out.push(address_and_port(row)?);
            Some(())
        }
        ComparisonExpression::Test(test) => {
            // A constant without a canonical form, or of a property that is no value by itself, decides nothing.
            let set = match &test.operation {
                Operation::In(set) => set.len(),
                _ => 1,
            };
            let before = out.len();
            let values = compared(test).into_iter().map(|text| value_at(&test.path, text).ok().flatten());
            out.extend(values.collect::<Option<Vec<Value>>>()?);
            (out.len() - before == set).then_some(())
        }
    }
}

/// The value of a constant that a pattern compares with this property; `None` where the property alone says nothing.
fn value_at(path: &ObjectPath<'_>, text: &str) -> Result<Option<Value>, Fault> {
    let has =
        |wanted: &str| path.steps.iter().any(|step| matches!(step, PathStep::Key(key) if key == wanted));
    let last = match path.steps.last() {
        Some(PathStep::Key(key)) => key.as_ref(),
        _ => "",
    };
    let kind = match (path.object_type, last) {
        ("domain-name", "value") if has("resolves_to_refs") => return host_value(text).map(Some),
        ("network-traffic", "value") => return host_value(text).map(Some),
        ("domain-name", "value") => Kind::Name,
        ("ipv4-addr", "value") => Kind::Ipv4,
        ("ipv6-addr", "value") => Kind::Ipv6,
        ("url", "value") | ("artifact", "url") => Kind::Url,
        ("email-addr" | "email-message", "value") => Kind::Email,
        ("file" | "artifact" | "x509-certificate", _) if has("hashes") => {
            hash::of_key(last).unwrap_or(Kind::Other)
        }
        ("file" | "mutex", "name")
        | ("directory", "path")
        | ("windows-registry-key", "key")
        | ("mac-addr", "value") => Kind::Other,
        _ => return Ok(None),
    };
    normalise(kind, text).map(Some)
}

/// An address or a name: what the end of a connection may be.
fn host_value(text: &str) -> Result<Value, Fault> {
    match address::range(text.trim()) {
        Some(range) if range.first.is_ipv4() => normalise(Kind::Ipv4, text),
        Some(_) => normalise(Kind::Ipv6, text),
        None => normalise(Kind::Name, text),
    }
}

/// `network-traffic:dst_ref.value = 'address' AND network-traffic:dst_port = port`, in either order.
fn address_and_port(row: &[ComparisonExpression<'_>]) -> Option<Value> {
    let [ComparisonExpression::Test(a), ComparisonExpression::Test(b)] = row else { return None };
    let (address, port) = destination(a).zip(port(b)).or_else(|| destination(b).zip(port(a)))?;
    Some(address::written(address, port))
}

fn equal<'t, 'p>(test: &'t Test<'p>, keys: &[&str]) -> Option<&'t Constant<'p>> {
    let steps = test.path.steps.iter();
    let named = steps.len() == keys.len()
        && steps.zip(keys).all(|(step, key)| matches!(step, PathStep::Key(named) if named == key));
    match &test.operation {
        Operation::Compare(Comparator::Equal, constant)
            if named && !test.negated && test.path.object_type == "network-traffic" =>
        {
            Some(constant)
        }
        _ => None,
    }
}

fn destination(test: &Test<'_>) -> Option<std::net::IpAddr> {
    match equal(test, &["dst_ref", "value"])? {
        Constant::Text(text) => address::ip(text.trim()),
        _ => None,
    }
}

fn port(test: &Test<'_>) -> Option<u16> {
    match equal(test, &["dst_port"])? {
        Constant::Integer(port) => u16::try_from(*port).ok().filter(|port| *port > 0),
        _ => None,
    }
}
