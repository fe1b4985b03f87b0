//! The shapes in which events come: `{"Event": …}`, `{"response": […]}`, a list of either, or an event without a name.

use super::{MAX_INPUT_BYTES, scan::Slice};
use crate::reader::{Cause, Outline, Position, ReadFault, json_fault, utf8};
use serde::de::IgnoredAny;

/// Whether the first bytes of an input are those of MISP events and not of STIX.
pub fn looks_like_misp(window: &[u8]) -> bool {
    let text = match std::str::from_utf8(window) {
        Ok(text) => text,
        // The window may end inside a character.
        Err(bad) => {
            std::str::from_utf8(window.get(..bad.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
    };
    let first = text.trim_start().trim_start_matches(['[', '{', ' ', '\t', '\n', '\r']);
    let named = |key: &str| first.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    if named("\"Event\"") || named("\"response\"") {
        return true;
    }
    // An event without a name around it: keys that MISP has and STIX has not.
    let stix = text.contains("\"spec_version\"") || text.contains("\"objects\"");
    !stix
        && text.contains("\"info\"")
        && (text.contains("\"threat_level_id\"") || text.contains("\"Attribute\""))
}

/// The events of an input. Its JSON is read to the end before any of it is used: a fault refuses the whole.
pub fn events(input: &[u8]) -> Result<Vec<Slice<'_>>, ReadFault> {
    if input.len() > MAX_INPUT_BYTES {
        return Err(fault(Cause::InputTooLarge, Position::START));
    }
    let text = utf8(input)?;
    let whole = Slice::whole(text);
    if whole.text.is_empty() {
        return Err(fault(Cause::Empty, Position::START));
    }
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|error| json_fault(text, &Outline::default(), &error))?;
    let mut found = Vec::new();
    collect(whole, 0, &mut found);
    if found.is_empty() {
        return Err(fault(Cause::NotMisp, Position::START.within(input, whole.at)));
    }
    Ok(found)
}

/// Envelopes are at most four deep: a list of replies with lists of events.
fn collect<'a>(slice: Slice<'a>, depth: u8, found: &mut Vec<Slice<'a>>) {
    if depth > 4 {
        return;
    }
    if slice.is_list() {
        slice.elements().for_each(|element| collect(element, depth + 1, found));
    } else if let Some(inner) = slice.get("Event").or_else(|| slice.get("response")) {
        collect(inner, depth + 1, found);
    } else if slice.get("info").is_some() {
        found.push(slice);
    }
}

fn fault(cause: Cause, at: Position) -> ReadFault {
    ReadFault { cause, at, object: None, path: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &[&str]) {
        let found: Vec<_> = events(input.as_bytes()).unwrap().iter().map(|slice| slice.text).collect();
        assert_eq!(found, expected, "{input}");
        assert!(looks_like_misp(input.as_bytes()), "{input}");
    }

    #[test]
    fn every_envelope_in_use_is_opened() {
        let (a, b) = (r#"{"info":"a","Attribute":[]}"#, r#"{"info":"b"}"#);
        check(&format!("{{\"Event\":{a}}}"), &[a]);
        check(&format!("{{\"response\":[{{\"Event\":{a}}},{{\"Event\":{b}}}]}}"), &[a, b]);
        check(&format!("{{\"response\":{{\"Event\":{a}}}}}"), &[a]);
        check(&format!(" [ {{\"Event\":{a}}} ]"), &[a]);
        check(a, &[a]);
    }

    #[test]
    fn what_is_no_event_is_refused_with_its_place() {
        for (input, code, line, column) in [
            ("", "threat/empty", 1, 1),
            ("{\"a\":1}", "threat/not-misp", 1, 1),
            ("{\"Event\":\n {\"info\": \"a\\x\"}}", "threat/json-syntax", 2, 14),
            ("{\"Event\":{\"info\":1}", "threat/json-syntax", 1, 19),
        ] {
            let fault = events(input.as_bytes()).unwrap_err();
            assert_eq!((fault.code(), fault.at.line, fault.at.column), (code, line, column), "{input}");
        }
        assert!(!looks_like_misp(br#"{"type":"bundle","objects":[]}"#));
        assert!(!looks_like_misp(br#"[{"type":"indicator","spec_version":"2.1"}]"#));
    }
}
