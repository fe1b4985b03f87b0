//! Identifiers that follow from content: those of cyber observables (STIX 2.1 section 2.9), and those of objects that we
//! author from lists, so that a second import of one list finds the objects of the first.

use crate::{
    Object,
    reader::{JsonKind, Value},
};
use comity_record::Uuid;

/// The namespace of cyber observables, fixed by the standard.
const OBSERVABLES: Uuid = Uuid(0x00abedb4_aa42_466c_9c01_fed23315a9b7);
/// The namespace of what we author from lists.
const LISTS: Uuid = Uuid(0x6f3a0d1c_52d8_4a0e_9c41_7d3c1e8b5a90);

/// The id that the properties of a cyber observable give it; `None` where the type has none or no property contributes,
/// so that its id is random.
pub fn deterministic_id(object: &Object<'_>) -> Option<String> {
    let (kind, root) = (object.type_name(), object.root());
    let mut members: Vec<(&str, String)> = Vec::new();
    for key in contributing(kind)? {
        let Some(value) = root.get(key) else { continue };
        members.push((key, if *key == "hashes" { one_hash(value)? } else { canonical(value) }));
    }
    if members.is_empty() {
        return None;
    }
    members.sort_unstable();
    let body: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    let name = format!("{{{}}}", body.join(","));
    Some(format!("{kind}--{}", Uuid::of_name(OBSERVABLES, name.as_bytes())))
}

/// The id of an object of this type that these words tell from others.
pub fn authored_id(kind: &str, words: &[&str]) -> String {
    format!("{kind}--{}", Uuid::of_name(LISTS, words.join("\u{1f}").as_bytes()))
}

/// The properties that contribute to the id of each type (STIX 2.1 section 6).
fn contributing(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "artifact" => &["hashes", "payload_bin"],
        "autonomous-system" => &["number"],
        "directory" => &["path"],
        "domain-name" | "email-addr" | "ipv4-addr" | "ipv6-addr" | "mac-addr" | "url" => &["value"],
        "email-message" => &["from_ref", "subject", "body"],
        "file" => &["hashes", "name", "extensions", "parent_directory_ref"],
        "mutex" => &["name"],
        "network-traffic" => {
            &["start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"]
        }
        "software" => &["name", "cpe", "swid", "vendor", "version"],
        "user-account" => &["account_type", "user_id", "account_login"],
        "windows-registry-key" => &["key", "values"],
        "x509-certificate" => &["hashes", "serial_number"],
        _ => return None,
    })
}

/// Of several hashes one contributes: the first of these, else the first by name.
fn one_hash(hashes: Value<'_>) -> Option<String> {
    const FIRST: [&str; 4] = ["MD5", "SHA-1", "SHA-256", "SHA-512"];
    let preferred = FIRST.iter().find_map(|name| hashes.get(name));
    let chosen = preferred.or_else(|| hashes.children().min_by_key(|hash| hash.key().into_owned()))?;
    Some(format!("{{{}:{}}}", text(&chosen.key()), canonical(chosen)))
}

/// A value as RFC 8785 writes it.
pub(crate) fn canonical(value: Value<'_>) -> String {
    match value.kind() {
        JsonKind::Object => {
            let mut members: Vec<(String, Value<'_>)> =
                value.children().map(|child| (child.key().into_owned(), child)).collect();
            // Names are sorted by their UTF-16 code units (section 3.2.3).
            members.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            let body: Vec<String> =
                members.iter().map(|(key, child)| format!("{}:{}", text(key), canonical(*child))).collect();
            format!("{{{}}}", body.join(","))
        }
        JsonKind::Array => {
            let body: Vec<String> = value.children().map(canonical).collect();
            format!("[{}]", body.join(","))
        }
        JsonKind::String => text(&value.as_str().unwrap_or_default()),
        JsonKind::Number => number(value.raw()),
        JsonKind::Boolean | JsonKind::Null => value.raw().to_owned(),
    }
}

fn text(text: &str) -> String {
    // serde_json escapes as section 3.2.2.2 asks: the two-letter forms, and \u00xx for other controls.
    serde_json::to_string(text).unwrap_or_default()
}

/// A number as ECMAScript writes it (section 3.2.2.3).
fn number(raw: &str) -> String {
    let Ok(number) = raw.parse::<f64>() else { return raw.to_owned() };
    if number == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&number.abs()) {
        return format!("{number}");
    }
    let shown = format!("{number:e}");
    match shown.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::Outline;

    fn id(text: &str) -> Option<String> {
        deterministic_id(&Object::read(text.as_bytes()).unwrap())
    }

    /// The ids that another implementation (`stix2` 3.0.2 for Python) gives the same objects. Those in the examples of
    /// the standard follow from no rule of it.
    #[test]
    fn ids_are_those_of_another_implementation() {
        for (object, uuid) in [
            (r#"{"type":"ipv4-addr","value":"198.51.100.3"}"#, "28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
            (r#"{"type":"domain-name","value":"example.com"}"#, "bedb4899-d24b-5401-bc86-8f6b4cc18ec7"),
            (
                r#"{"type":"file","name":"\u00fc \"a\".exe","hashes":{"SHA-256":"35a01331e9ad96f751278b891b6ea09699806faedfa237d40513d92ad1b7100f","MD5":"d41d8cd98f00b204e9800998ecf8427e"}}"#,
                "cbe1802d-b428-5a06-b107-f8979d5776b7",
            ),
            (
                r#"{"type":"network-traffic","src_port":24678,"src_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","protocols":["ipv4","tcp"]}"#,
                "26bca92f-59f9-5fd3-a013-02aaf45b04ad",
            ),
            (r#"{"type":"software","vendor":"X","name":"Word"}"#, "5210682b-6ae1-5d8e-b9ae-f216adecc327"),
        ] {
            assert!(id(object).unwrap().ends_with(uuid), "{object} {:?}", id(object));
        }
        assert_eq!(id(r#"{"type":"process","pid":1}"#), None);
        assert_eq!(id(r#"{"type":"file","size":1}"#), None);
    }

    #[test]
    fn canonical_json_is_that_of_rfc_8785() {
        let text = r#"{ "b":[56, {"d":true,"10":null, "1":1E30}], "\u20ac":"\u000f\n\"", "a":4.50, "peach":0.002, "z":1e-7}"#;
        let outline = Outline::of(text).unwrap();
        let expected = "{\"a\":4.5,\"b\":[56,{\"1\":1e+30,\"10\":null,\"d\":true}],\"peach\":0.002,\"z\":1e-7,\"€\":\"\\u000f\\n\\\"\"}";
        assert_eq!(canonical(outline.root(text).unwrap()), expected);
    }
}
