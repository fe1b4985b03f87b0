//! Which pieces of text a value must hold for LIKE or MATCHES to be true of it.
//!
//! What is found here is a filter and nothing more: letters of ASCII count without their case, and what passes is tested in
//! full.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter pieces are in too many texts to be worth looking for.
const MIN_BYTES: usize = 2;
/// Most pieces of one expression.
const MAX_PIECES: usize = 64;

/// Pieces of which at least one is in every text that the expression is found in; `None` where there are none.
pub(crate) fn required(expression: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(expression).ok()?;
    pieces(&hir).filter(|pieces| shortest(pieces) >= MIN_BYTES)
}

/// A piece by which a text with wildcards can be looked for.
pub(crate) fn worth_looking_for(piece: &str) -> bool {
    piece.len() >= MIN_BYTES
}

fn shortest(pieces: &[String]) -> usize {
    pieces.iter().map(String::len).min().unwrap_or(0)
}

fn pieces(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(|text| vec![text.to_owned()]),
        HirKind::Capture(capture) => pieces(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => pieces(&repetition.sub),
        HirKind::Class(class) => letter(class).map(|letter| vec![letter.to_string()]),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(pieces(branch)?);
                if all.len() > MAX_PIECES {
                    return None;
                }
            }
            Some(all)
        }
        HirKind::Concat(row) => longest_of(row),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The best among the runs of plain text in a row and what its other members require.
fn longest_of(row: &[Hir]) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    let mut offer = |candidate: Vec<String>| {
        if best.as_ref().is_none_or(|best| shortest(best) < shortest(&candidate)) {
            best = Some(candidate);
        }
    };
    let mut run = String::new();
    for part in row {
        match part.kind() {
            HirKind::Literal(literal) if std::str::from_utf8(&literal.0).is_ok() => {
                run.push_str(std::str::from_utf8(&literal.0).unwrap_or_default());
                continue;
            }
            HirKind::Class(class) if letter(class).is_some() => {
                run.extend(letter(class));
                continue;
            }
            // Nothing is between what stands before an anchor and behind it.
            HirKind::Look(_) | HirKind::Empty => continue,
            _ => {}
        }
        offer(vec![std::mem::take(&mut run)]);
        if let Some(pieces) = pieces(part) {
            offer(pieces);
        }
    }
    offer(vec![run]);
    best
}

/// The letter of ASCII that a class is in both cases, as `(?i)` makes them. Form C makes the Kelvin sign a K; the long s
/// stays what it is, so that a class with it is no letter.
fn letter(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let mut letter = None;
    for range in class.ranges() {
        if range.start() != range.end() {
            return None;
        }
        let c = if range.start() == '\u{212a}' { 'k' } else { range.start().to_ascii_lowercase() };
        if !c.is_ascii() || letter.is_some_and(|letter| letter != c) {
            return None;
        }
        letter = Some(c);
    }
    letter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_there_is_found() {
        for (expression, pieces) in [
            (r"^C:\\Windows\\.*\.exe$", &[r"C:\Windows\"][..]),
            (r".+\.example\.org$", &[".example.org"]),
            ("(?i)powershell.*-enc", &["power"]),
            ("abc|defg", &["abc", "defg"]),
            ("x(foo|bar)+y", &["foo", "bar"]),
            (r"\bcmd\b", &["cmd"]),
            ("a*", &[]),
            ("[a-z]+", &[]),
            ("ab?", &[]),
            ("(abc)?", &[]),
            ("", &[]),
            ("abc|", &[]),
        ] {
            let found = required(expression).unwrap_or_default();
            let found: Vec<String> = found.iter().map(|piece| piece.to_string()).collect();
            assert_eq!(found, pieces, "{expression}");
        }
    }
}
