//! Plain lists: one value a line, comments, hosts files, and numbers behind the value.

use super::{Entry, Indicator, Reading, Thing};
use crate::value::{Value, recognise};
use std::collections::HashSet;

/// Reads a plain list.
pub(super) fn read(text: &str) -> Reading {
    let mut reading = Reading::default();
    let mut seen = HashSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((field, rest)) = value_of(line) else { continue };
        reading.lines += 1;
        let Some(value) = recognise(field) else {
            reading.refuse_value(number, field);
            continue;
        };
        if !seen.insert(value.clone()) {
            reading.repeated += 1;
            continue;
        }
        reading.entries.push(entry(number, value, rest));
    }
    reading
}

/// Whether most of the first lines hold a value and little else.
pub(super) fn is_list(head: &str) -> bool {
    // The last line may be cut.
    let lines: Vec<&str> = head.lines().filter(|line| value_of(line).is_some()).take(60).collect();
    let whole = lines.len().saturating_sub(1).max(1);
    let short = |line: &&&str| line.split_whitespace().count() <= 4;
    let good = lines
        .iter()
        .take(whole)
        .filter(short)
        .filter(|line| value_of(line).is_some_and(|(field, _)| recognise(field).is_some()));
    good.count() * 2 > whole
}

/// The field of a line that should be a value, and the comment behind it; `None` for a line of nothing else.
fn value_of(line: &str) -> Option<(&str, Option<&str>)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', ';', '!']) || line.starts_with("//") {
        return None;
    }
    // A comment begins after white space; `#` inside of an address is part of it.
    let (body, comment) = match line.find(" #").or_else(|| line.find("\t#")) {
        Some(at) => {
            (line.get(..at)?, line.get(at..).map(|comment| comment.trim_start_matches([' ', '\t', '#'])))
        }
        None => (line, None),
    };
    let mut fields = body.split([' ', '\t', ',', ';']).filter(|field| !field.is_empty());
    let first = fields.next()?;
    // Hosts files send names to nowhere.
    let field = if matches!(first, "0.0.0.0" | "127.0.0.1" | "::1") { fields.next()? } else { first };
    Some((field.trim_matches(['"', '\'']), comment.filter(|comment| !comment.is_empty())))
}

fn entry(line: u64, value: Value, comment: Option<&str>) -> Entry {
    let description = comment.map(|text| text.chars().take(500).collect());
    let thing =
        Indicator { value, description, labels: Vec::new(), seen: None, confidence: None, reference: None };
    Entry { line, thing: Thing::Indicator(thing) }
}
