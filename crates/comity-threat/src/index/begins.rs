//! Beginnings of names, for suggestions while somebody types. Terms are keyed hashes in the index, which have no order, so
//! every beginning is a term of its own; that is bounded by the types that have names of their own, and in length.

use super::fold;
use crate::{Object, reader::Value};

/// Types whose names people look for. Indicators and observables are found by value, and there are too many of them.
const NAMED: &[&str] = &[
    "attack-pattern",
    "campaign",
    "course-of-action",
    "grouping",
    "identity",
    "incident",
    "infrastructure",
    "intrusion-set",
    "location",
    "malware",
    "report",
    "threat-actor",
    "tool",
    "vulnerability",
];
/// Letters of the shortest and the longest beginning.
const SHORTEST: usize = 2;
const LONGEST: usize = 8;
/// Words of one name.
const WORDS: usize = 8;

/// Gives what the words of an object's name and aliases begin with, folded.
pub fn begins(object: &Object<'_>, take: &mut impl FnMut(&str)) {
    if !NAMED.contains(&object.type_name()) {
        return;
    }
    for name in names(object) {
        for word in fold(&name).split_whitespace().take(WORDS) {
            let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
            let ends = ends.skip(SHORTEST - 1).take(LONGEST + 1 - SHORTEST);
            ends.filter_map(|end| word.get(..end)).for_each(&mut *take);
        }
    }
}

/// The term to look for, for what was typed: its last word, so far as beginnings are held. `None` while that is too short.
pub fn suggested(typed: &str) -> Option<String> {
    let folded = fold(typed);
    let word = folded.split_whitespace().next_back()?;
    (word.chars().count() >= SHORTEST).then(|| word.chars().take(LONGEST).collect())
}

fn names(object: &Object<'_>) -> Vec<String> {
    let aliases = object.get("aliases").into_iter().flat_map(Value::children);
    let aliases = aliases.filter_map(Value::as_str).map(|name| name.into_owned());
    object.text_of("name").map(|name| name.into_owned()).into_iter().chain(aliases.take(WORDS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_their_words_and_indicators_have_no_beginnings() {
        let all = |text: &str| {
            let mut found = Vec::new();
            begins(&Object::read(text.as_bytes()).unwrap(), &mut |term| found.push(term.to_owned()));
            found
        };
        let malware = r#"{"type":"malware","id":"malware--1","name":"Paper Kite","aliases":["É1"]}"#;
        assert_eq!(all(malware), ["pa", "pap", "pape", "paper", "ki", "kit", "kite", "e1"]);
        assert!(all(r#"{"type":"indicator","id":"indicator--1","name":"Paper"}"#).is_empty());
        assert_eq!(suggested("Big PAPERKITES and").as_deref(), Some("and"));
        assert_eq!(suggested("big PAPERKITES").as_deref(), Some("paperkit"));
        assert_eq!((suggested("p"), suggested("  ")), (None, None));
    }
}
