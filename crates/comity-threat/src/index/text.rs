//! The words of an object's text, for all scripts without a dictionary.
//!
//! Scripts that put spaces between words give words. Scripts that do not (Chinese, Japanese, Thai, Lao, Khmer, Burmese), and
//! Korean, whose particles cling to words, give single characters and pairs of neighbours: whatever is asked for is then
//! found wherever it stands, and no dictionary has to know it. That the pairs stand next to each other is looked up in
//! the text itself ([`Phrase::is_in`]).

use super::fold;
use crate::{
    Object,
    reader::{JsonKind, Value},
};
use unicode_normalization::char::is_combining_mark;

/// The longest word that is kept, in characters; of a longer one, the beginning.
pub const MAX_WORD: usize = 64;

/// Gives every word of an object's text, some many times.
///
/// Text is every string but ids, references, times, patterns, hashes and words of closed vocabularies, which other indexes
/// have.
pub fn words(object: &Object<'_>, take: &mut impl FnMut(&str)) {
    texts(object.root(), &mut |text| {
        runs(&fold(text), &mut |run| match run {
            Run::Word(word) => take(cut(word)),
            Run::Dense(run) => {
                let units: Vec<&str> = units(run).collect();
                units.iter().for_each(|unit| take(cut(unit)));
                pairs(run).for_each(|pair| take(cut(pair)));
            }
        });
    });
}

/// What somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase {
    /// Words that an object must all have.
    pub words: Vec<String>,
    /// Runs of a dense script, three characters and longer, that must stand in its text as they are.
    runs: Vec<String>,
}

impl Phrase {
    /// Reads what somebody typed.
    pub fn read(text: &str) -> Phrase {
        let mut phrase = Phrase::default();
        runs(&fold(text), &mut |run| match run {
            Run::Word(word) => phrase.words.push(cut(word).to_owned()),
            Run::Dense(run) => match units(run).count() {
                1 => phrase.words.push(cut(run).to_owned()),
                count => {
                    phrase.words.extend(pairs(run).map(|pair| cut(pair).to_owned()));
                    phrase.runs.extend((count > 2).then(|| run.to_owned()));
                }
            },
        });
        phrase.words.sort();
        phrase.words.dedup();
        phrase
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether an object that has all the words has the runs too.
    pub fn is_in(&self, object: &Object<'_>) -> bool {
        if self.runs.is_empty() {
            return true;
        }
        let mut left: Vec<&str> = self.runs.iter().map(String::as_str).collect();
        texts(object.root(), &mut |text| {
            let folded = fold(text);
            left.retain(|run| !folded.contains(run));
        });
        left.is_empty()
    }
}

/// Every string of a value that is text.
fn texts(value: Value<'_>, take: &mut impl FnMut(&str)) {
    for child in value.children() {
        match child.kind() {
            JsonKind::String | JsonKind::Array | JsonKind::Object if is_apart(&child.key()) => {}
            JsonKind::String => {
                child.as_str().inspect(|text| take(text));
            }
            JsonKind::Array | JsonKind::Object => texts(child, take),
            _ => {}
        }
    }
}

/// Keys whose values are no text; elements of lists have no key.
fn is_apart(key: &str) -> bool {
    matches!(
        key,
        "id" | "type"
            | "spec_version"
            | "created"
            | "modified"
            | "pattern"
            | "pattern_type"
            | "pattern_version"
            | "valid_from"
            | "valid_until"
            | "first_seen"
            | "last_seen"
            | "first_observed"
            | "last_observed"
            | "published"
            | "lang"
            | "hashes"
            | "payload_bin"
            | "granular_markings"
            | "extension_type"
            | "phase_name"
            | "kill_chain_name"
    ) || key.ends_with("_ref")
        || key.ends_with("_refs")
}

enum Run<'t> {
    Word(&'t str),
    Dense(&'t str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Between,
    Word,
    Dense,
}

/// The runs of a folded text. A combining mark belongs to what it stands on.
fn runs(text: &str, take: &mut impl FnMut(Run<'_>)) {
    let (mut start, mut now) = (0, Class::Between);
    let mut end = |from: usize, to: usize, class: Class| {
        let Some(run) = text.get(from..to).filter(|run| !run.is_empty()) else { return };
        match class {
            Class::Between => {}
            Class::Word => take(Run::Word(run)),
            Class::Dense => take(Run::Dense(run)),
        }
    };
    for (at, c) in text.char_indices() {
        let class = match class_of(c) {
            Class::Between if now != Class::Between && is_combining_mark(c) => now,
            class => class,
        };
        if class != now {
            end(start, at, now);
            (start, now) = (at, class);
        }
    }
    end(start, text.len(), now);
}

fn class_of(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Word } else { Class::Between };
    }
    if is_dense(c) {
        return Class::Dense;
    }
    if c.is_alphanumeric() { Class::Word } else { Class::Between }
}

/// Letters of scripts without spaces between words, and Hangul (Unicode blocks).
fn is_dense(c: char) -> bool {
    matches!(c,
        // Thai and Lao, Tibetan, Burmese, Khmer.
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e80}'..='\u{ecf}' | '\u{edc}'..='\u{edf}'
        | '\u{f40}'..='\u{f84}' | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{109d}' | '\u{1780}'..='\u{17d3}'
        // Jamo, kana and bopomofo, ideographs, Hangul.
        | '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3031}'..='\u{3035}' | '\u{3041}'..='\u{3096}'
        | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{3105}'..='\u{312f}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The characters of a dense run, each with the marks on it.
fn units(run: &str) -> impl Iterator<Item = &str> {
    let starts = starts(run);
    let ends = starts.clone().skip(1).chain([run.len()]);
    starts.zip(ends).filter_map(|(from, to)| run.get(from..to))
}

/// Pairs of neighbours.
fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let starts = starts(run);
    let ends = starts.clone().skip(2).chain([run.len()]);
    starts.zip(ends).filter_map(|(from, to)| run.get(from..to))
}

fn starts(run: &str) -> impl Iterator<Item = usize> + Clone {
    run.char_indices().filter(|(at, c)| *at == 0 || !is_combining_mark(*c)).map(|(at, _)| at)
}

fn cut(word: &str) -> &str {
    word.char_indices().nth(MAX_WORD).and_then(|(at, _)| word.get(..at)).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn found(text: &str, asked: &str) -> bool {
        let json = serde_json::json!({ "type": "note", "id": "note--1", "content": text }).to_string();
        let object = Object::read(json.as_bytes()).unwrap();
        let mut have = BTreeSet::new();
        words(&object, &mut |word| {
            have.insert(word.to_owned());
        });
        let phrase = Phrase::read(asked);
        !phrase.is_empty() && phrase.words.iter().all(|word| have.contains(word)) && phrase.is_in(&object)
    }

    #[test]
    fn texts_of_every_script_are_found() {
        for (text, asked) in [
            ("The LAZARUS group used CVE-2024-1234.", "cve-2024-1234 lazarus"),
            ("攻击者利用恶意软件窃取数据", "恶意软件"),
            ("攻击者利用恶意软件窃取数据", "毒" /* not there, see below */),
            ("標的型攻撃によるマルウェア感染", "マルウェア"),
            ("標的型攻撃によるマルウェア感染", "攻撃"),
            ("การโจมตีทางไซเบอร์ครั้งใหญ่", "ไซเบอร์"),
            ("Cuộc tấn công mạng vào ngân hàng", "tan cong"),
            ("Cuộc tấn công mạng vào ngân hàng", "TẤN CÔNG"),
            ("هُجُومٌ إلكترونيٌّ على البنية التحتية", "هجوم الكتروني"),
            ("حملهٔ سایبری به زیرساخت‌ها", "سايبري"),
            ("사이버 공격을 탐지했다", "공격"),
            ("साइबर हमला", "हमला"),
        ] {
            assert_eq!(found(text, asked), asked != "毒", "{text} {asked}");
        }
        for (text, asked) in [
            ("软件恶意", "恶意软件"),
            ("攻击。者利", "击者"),
            ("มไซ เบอร์", "ไซเบอร์"),
            ("attacking", "attack"),
            ("a b", ""),
        ] {
            assert!(!found(text, asked), "{text} {asked}");
        }
    }

    #[test]
    fn pairs_that_do_not_stand_together_are_no_run() {
        // All pairs of 甲乙丙 are there, the run is not.
        assert!(!found("甲乙 乙丙", "甲乙丙"));
        assert!(found("甲乙丙", "甲乙丙"));
    }

    #[test]
    fn ids_times_and_patterns_are_no_text() {
        let json = r#"{"type":"indicator","id":"indicator--1","created":"2026-01-01T00:00:00Z","name":"one",
            "pattern":"[a:b = 'two']","external_references":[{"source_name":"three","external_id":"T1059"}],
            "x":{"some_ref":"four--1","list":["five",["six"]]}}"#;
        let object = Object::read(json.as_bytes()).unwrap();
        let mut have = Vec::new();
        words(&object, &mut |word| have.push(word.to_owned()));
        assert_eq!(have, ["one", "three", "t1059", "five", "six"]);
    }
}
