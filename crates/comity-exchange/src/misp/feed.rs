//! The files of a MISP feed: `manifest.json`, `hashes.csv`, and one file for each event.

use super::{attributes, list_of, text_of};
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

/// The row of an event in a manifest.
pub fn manifest_row(event: &Value) -> Value {
    let kept = ["info", "date", "analysis", "threat_level_id", "timestamp"];
    let mut row =
        Map::from_iter(kept.iter().filter_map(|key| Some(((*key).to_owned(), event.get(*key)?.clone()))));
    if let Some(orgc) = event.get("Orgc") {
        row.insert(
            "Orgc".to_owned(),
            json!({ "name": text_of(orgc, "name"), "uuid": text_of(orgc, "uuid") }),
        );
    }
    let tag = |tag: &Value| json!({ "name": text_of(tag, "name"), "colour": text_of(tag, "colour") });
    row.insert("Tag".to_owned(), list_of(event, "Tag").iter().map(tag).collect());
    Value::Object(row)
}

/// The lines of an event in `hashes.csv`: MD5 of each value and of each half of a composite, with the event's UUID. MISP
/// compares feeds by it; it protects nothing.
pub fn hashes(event: &Value, out: &mut String) {
    let uuid = text_of(event, "uuid");
    for (attribute, _) in attributes(event) {
        let (value, type_name) = (text_of(attribute, "value"), text_of(attribute, "type"));
        let halves = type_name.contains('|').then(|| value.split('|')).into_iter().flatten();
        let all: Vec<&str> = if type_name.contains('|') { halves.collect() } else { vec![&value] };
        for text in all {
            for byte in Md5::digest(text.as_bytes()) {
                out.push_str(&format!("{byte:02x}"));
            }
            out.push(',');
            out.push_str(&uuid);
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_manifest_says_what_a_reader_compares() {
        let event = json!({ "info": "a", "timestamp": "5", "Orgc": { "name": "XA", "uuid": "o", "id": "1" },
            "Tag": [{ "name": "tlp:clear", "colour": "#fff", "local": false }], "Attribute": [] });
        let expected = json!({ "info": "a", "timestamp": "5", "Orgc": { "name": "XA", "uuid": "o" },
            "Tag": [{ "name": "tlp:clear", "colour": "#fff" }] });
        assert_eq!(manifest_row(&event), expected);
    }

    #[test]
    fn hashes_are_those_of_the_values() {
        let event = json!({ "uuid": "u", "Attribute": [{ "type": "domain", "value": "abc" }, { "type": "filename|md5", "value": "a|" }] });
        let mut out = String::new();
        hashes(&event, &mut out);
        // RFC 1321 appendix A.5: of `abc`, of `a`, and of nothing.
        assert_eq!(
            out,
            "900150983cd24fb0d6963f7d28e17f72,u\n0cc175b9c0f1b6a831c399e269772661,u\nd41d8cd98f00b204e9800998ecf8427e,u\n"
        );
    }
}
