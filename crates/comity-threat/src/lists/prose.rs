//! Free text in which values stand, such as a report.
//!
//! Authors defang what is bad and leave plain what they only refer to. So where a text defangs anything, names,
//! addresses and URLs count only where they are defanged; hashes always do. A person sees the result before it is taken.

use super::{Entry, Indicator, Reading, Report, Thing, date};
use crate::value::{Kind, Value, recognise};
use std::collections::HashSet;

/// Reads free text: its values, and a report about them.
pub(super) fn read(text: &str) -> Reading {
    let mut reading = Reading::default();
    let defangs = text.split_whitespace().any(is_defanged);
    let mut seen = HashSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut held = false;
        for word in line.split(|c: char| c.is_whitespace() || matches!(c, '|' | '"' | '`' | '<' | '>')) {
            let word = bare(word);
            let plain = |value: &Value| defangs && !value.kind().is_hash() && !is_defanged(word);
            let Some(value) = recognise(word).filter(|value| !plain(value)).or_else(|| hash_in(word)) else {
                continue;
            };
            held = true;
            if !seen.insert(value.clone()) {
                reading.repeated += 1;
                continue;
            }
            let description = Some(line.trim().chars().take(500).collect());
            let indicator = Indicator {
                value,
                description,
                labels: Vec::new(),
                seen: None,
                confidence: None,
                reference: None,
            };
            reading.entries.push(Entry { line: number, thing: Thing::Indicator(indicator) });
        }
        reading.lines += u64::from(held);
    }
    if !reading.entries.is_empty() {
        let report = report(text, reading.entries.len());
        reading.entries.push(Entry { line: 1, thing: Thing::Report(report) });
    }
    reading
}

fn report(text: &str, values: usize) -> Report {
    let title = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let name: String = title.trim_start_matches(['#', '=', ' ']).chars().take(200).collect();
    let published = title.split([' ', '(']).find_map(date::read);
    let links =
        text.split_whitespace().map(bare).filter(|word| word.starts_with("http") && !is_defanged(word));
    let references: Vec<String> = links
        .filter(|link| recognise(link).is_some_and(|value| value.kind() == Kind::Url))
        .take(20)
        .map(str::to_owned)
        .collect();
    Report {
        key: name.clone(),
        name,
        description: None,
        published,
        modified: None,
        references,
        about: (0..values).collect(),
        tlp: None,
    }
}

/// A hash that stands glued to other text, as in `sha256:…` or the address of a page about a sample.
fn hash_in(word: &str) -> Option<Value> {
    let mut runs = word.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| run.len() >= 32);
    let value = recognise(runs.next()?).filter(|value| value.kind().is_hash());
    // Two of them are no longer one thing.
    value.filter(|_| runs.next().is_none())
}

/// Whether somebody took care that nobody clicks on it.
fn is_defanged(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    ["[.]", "(.)", "{.}", "[dot]", "(dot)", "[:]", "[at]", "[@]", "hxxp", "h**p", "[.", ".]"]
        .iter()
        .any(|mark| lower.contains(mark))
}

/// A word without the signs that a sentence puts around it.
fn bare(word: &str) -> &str {
    let word = word.trim_start_matches(['(', '\'', '“', '‘', ',']);
    let word = word.trim_end_matches([',', ';', '.', ':', '!', '?', '\'', '”', '’']);
    // A bracket that closes none.
    if word.ends_with(')') && !word.contains('(') { word.trim_end_matches(')') } else { word }
}
