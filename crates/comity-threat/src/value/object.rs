//! The values of a STIX object: of cyber observables of 2.0 and 2.1, of observables inside of observed data, and of the
//! patterns of indicators.

use super::{Kind, Value, hash, normalise, values_of_pattern};
use crate::{
    Object,
    reader::{JsonKind, Value as Json},
};

/// The values of an object, sorted, each once.
///
/// A property that has no canonical form of its kind is kept as [`Kind::Other`], so that it can still be found as it is
/// written.
pub fn values_of(object: &Object<'_>) -> Vec<Value> {
    let mut out = Vec::new();
    let root = object.root();
    match object.type_name() {
        "indicator" => {
            let stix = object.text_of("pattern_type").is_none_or(|kind| kind == "stix");
            let pattern = object.text_of("pattern").filter(|_| stix);
            out.extend(pattern.iter().flat_map(|pattern| values_of_pattern(pattern)));
        }
        "observed-data" => {
            let embedded = root.get("objects").into_iter().flat_map(Json::children);
            for observable in embedded {
                let name = observable.text_of("type");
                of_observable(&mut out, name.as_deref().unwrap_or_default(), observable);
            }
        }
        name => of_observable(&mut out, name, root),
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Properties of a type that are values, with their kinds.
fn properties(name: &str) -> &'static [(&'static str, Kind)] {
    match name {
        "domain-name" => &[("value", Kind::Name)],
        "ipv4-addr" => &[("value", Kind::Ipv4)],
        "ipv6-addr" => &[("value", Kind::Ipv6)],
        "url" => &[("value", Kind::Url)],
        "email-addr" => &[("value", Kind::Email)],
        "artifact" => &[("url", Kind::Url)],
        "mac-addr" => &[("value", Kind::Other)],
        "file" | "mutex" | "vulnerability" => &[("name", Kind::Other)],
        "directory" => &[("path", Kind::Other)],
        "windows-registry-key" => &[("key", Kind::Other)],
        "user-account" => &[("account_login", Kind::Other), ("user_id", Kind::Other)],
        "x509-certificate" => &[("serial_number", Kind::Other)],
        _ => &[],
    }
}

fn of_observable(out: &mut Vec<Value>, name: &str, value: Json<'_>) {
    for (key, kind) in properties(name) {
        let text = value.text_of(key);
        out.extend(
            text.and_then(|text| normalise(*kind, &text).or_else(|_| normalise(Kind::Other, &text)).ok()),
        );
    }
    if name == "autonomous-system"
        && let Some(number) = value.get("number").filter(|number| number.kind() == JsonKind::Number)
    {
        out.push(Value::new(Kind::Other, format!("AS{}", number.raw())));
    }
    if matches!(name, "file" | "artifact" | "x509-certificate") {
        hashes_below(out, value);
    }
}

/// Hashes at any depth: extensions have them for sections and streams.
fn hashes_below(out: &mut Vec<Value>, value: Json<'_>) {
    // The reader has bounded the depth.
    for child in value.children() {
        if child.key() == "hashes" && child.kind() == JsonKind::Object {
            out.extend(child.children().filter_map(of_hash));
        } else if matches!(child.kind(), JsonKind::Object | JsonKind::Array) {
            hashes_below(out, child);
        }
    }
}

fn of_hash(member: Json<'_>) -> Option<Value> {
    let text = member.as_str()?;
    let kind = hash::of_key(&member.key()).unwrap_or(Kind::Other);
    normalise(kind, &text).or_else(|_| normalise(Kind::Other, &text)).ok()
}
