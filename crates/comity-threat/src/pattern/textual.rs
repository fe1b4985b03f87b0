//! LIKE and MATCHES.
//!
//! Both compare in Unicode form C, as the standard asks. LIKE has no escape; `%` is any text and `_` one character. MATCHES
//! is a search by a regular expression. The standard's is PCRE; ours is that of the `regex` crate, which answers in time
//! linear in the text and in exchange has no look-around and no back-references: such a pattern is refused with the reason,
//! and what the two write differently is rewritten.

use regex::{Regex, RegexBuilder, bytes};
use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Most bytes of a compiled expression, and of what its search may keep.
const MAX_COMPILED: usize = 1 << 18;

/// The text in Unicode form C.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

/// Bytes of a text whose characters are all below 256.
pub(crate) fn as_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// A text with wildcards, composed.
#[derive(Clone, Debug)]
pub(crate) struct Wildcards {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    One,
    Any,
}

impl Wildcards {
    pub(crate) fn new(text: &str) -> Wildcards {
        let mut parts: Vec<Part> = Vec::new();
        for c in composed(text).chars() {
            match (c, parts.last_mut()) {
                ('%', Some(Part::Any)) => {}
                ('%', _) => parts.push(Part::Any),
                ('_', _) => parts.push(Part::One),
                (c, Some(Part::Text(text))) => text.push(c),
                (c, _) => parts.push(Part::Text(c.to_string())),
            }
        }
        Wildcards { parts }
    }

    /// Whether the whole text is like it. Goes back only to the last `%`, so that the time is at most the product of both
    /// lengths.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let text = composed(text);
        let (mut part, mut rest) = (0, text.as_ref());
        let mut again: Option<(usize, &str)> = None;
        loop {
            match (self.parts.get(part), rest) {
                (None, "") => return true,
                (Some(Part::Any), _) => {
                    again = Some((part + 1, rest));
                    part += 1;
                    continue;
                }
                (Some(found), _) => {
                    if let Some(after) = found.pass(rest) {
                        (part, rest) = (part + 1, after);
                        continue;
                    }
                }
                (None, _) => {}
            }
            let Some((from, tried)) = again else { return false };
            let mut chars = tried.chars();
            if chars.next().is_none() {
                return false;
            }
            again = Some((from, chars.as_str()));
            (part, rest) = (from, chars.as_str());
        }
    }

    /// How many pieces it has, wildcards counted.
    pub(crate) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The longest piece of text that must be there.
    pub(crate) fn required(&self) -> Option<&str> {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::One | Part::Any => None,
        });
        texts.max_by_key(|text| text.len())
    }
}

impl Part {
    /// What is left of a text behind this part.
    fn pass<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Part::Text(own) => text.strip_prefix(own.as_str()),
            Part::One => {
                let mut chars = text.chars();
                chars.next().map(|_| chars.as_str())
            }
            Part::Any => Some(text),
        }
    }
}

/// A regular expression for texts and for bytes.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    text: Regex,
    bytes: Option<bytes::Regex>,
    rewritten: String,
}

impl Expression {
    /// Compiles an expression; `for_bytes` also for values that are bytes, which it can match where all of its characters
    /// are below 256.
    ///
    /// # Errors
    /// Why it cannot be evaluated, as a fragment.
    pub(crate) fn new(written: &str, for_bytes: bool) -> Result<Expression, String> {
        let composed = composed(written);
        let rewritten = rewrite(&composed)?;
        let text = RegexBuilder::new(&rewritten)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .nest_limit(64)
            .build()
            .map_err(|error| reason(&error))?;
        let bytes = if for_bytes { bytes_expression(&rewritten)? } else { None };
        Ok(Expression { text, bytes, rewritten })
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.text.is_match(&composed(text))
    }

    pub(crate) fn is_in_bytes(&self, value: &[u8]) -> bool {
        self.bytes.as_ref().is_some_and(|expression| expression.is_match(value))
    }

    /// As it is given to the compiler.
    pub(crate) fn rewritten(&self) -> &str {
        &self.rewritten
    }
}

fn bytes_expression(rewritten: &str) -> Result<Option<bytes::Regex>, String> {
    let mut latin = String::with_capacity(rewritten.len());
    for c in rewritten.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) if byte >= 0x80 => latin.push_str(&format!("\\x{byte:02x}")),
            Ok(_) => latin.push(c),
            Err(_) => return Ok(None),
        }
    }
    let built = bytes::RegexBuilder::new(&latin)
        .unicode(false)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .nest_limit(64)
        .build();
    built.map(Some).map_err(|error| reason(&error))
}

/// What PCRE and our expressions write differently: `\<` and `\>` are letters there, `\Z` and `\h` are unknown here, and in
/// a class `[`, `&&` and `~~` mean themselves there.
fn rewrite(written: &str) -> Result<String, String> {
    let mut out = String::with_capacity(written.len() + 8);
    let mut chars = written.chars().peekable();
    let mut class = Class::Outside;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                None => return Err("a regular expression that ends with `\\`".to_owned()),
                Some(angle @ ('<' | '>')) if class == Class::Outside => out.push(angle),
                Some('Z') if class == Class::Outside => out.push_str("\\z"),
                Some('h') if class == Class::Outside => out.push_str("[\\t ]"),
                Some('h') => out.push_str("\\t "),
                Some(digit @ '1'..='9') if class == Class::Outside => {
                    return Err(format!("a back-reference `\\{digit}`, which is not supported"));
                }
                Some(other) => out.extend(['\\', other]),
            },
            '(' if class == Class::Outside => {
                out.push('(');
                refuse_group(&chars.clone().take(3).collect::<String>())?;
            }
            '[' if class == Class::Outside => {
                out.push('[');
                class = Class::First;
                continue;
            }
            '^' if class == Class::First => {
                out.push('^');
                continue;
            }
            ']' if class == Class::Inside => {
                out.push(']');
                class = Class::Outside;
            }
            ']' if class == Class::First => out.push_str("\\]"),
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' if class != Class::Outside => out.extend(['\\', c]),
            '-' if class == Class::Inside && chars.peek() == Some(&'-') => {
                return Err("a class with `--`, which is not supported".to_owned());
            }
            other => out.push(other),
        }
        if class == Class::First {
            class = Class::Inside;
        }
    }
    Ok(out)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Outside,
    First,
    Inside,
}

fn refuse_group(after: &str) -> Result<(), String> {
    let look = ["?=", "?!", "?<=", "?<!"].iter().any(|look| after.starts_with(look));
    if look {
        return Err("a look-ahead or look-behind, which is not supported".to_owned());
    }
    if after.starts_with("?>")
        || after.starts_with("?P=")
        || after.starts_with("?R")
        || after.starts_with("?(")
    {
        return Err("an atomic, recursive or conditional group, which is not supported".to_owned());
    }
    Ok(())
}

fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "a regular expression that is too large".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("no regular expression: {}", last.trim_start_matches("error: "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_text_and_characters() {
        for (like, text, fits) in [
            ("he%", "hello", true),
            ("he__o", "hello", true),
            ("he_o", "hello", false),
            ("%", "", true),
            ("_", "", false),
            ("_", "é", true),
            ("%a%b%c", "xaxbxc", true),
            ("%a%b%c", "xaxcxb", false),
            ("%ab", "aab", true),
            ("a%b_", "a\nbbc", true),
            ("", "", true),
            ("", "a", false),
            ("ḍ\u{307}", "d\u{323}\u{307}", true),
            ("%.exe", "a.exe.exe", true),
            ("a.c", "abc", false),
        ] {
            assert_eq!(Wildcards::new(like).fits(text), fits, "{like} {text}");
        }
        let hostile = Wildcards::new(&"a%".repeat(500));
        assert!(!hostile.fits(&format!("{}b", "a".repeat(400))));
        assert_eq!(Wildcards::new("a%bcd_ef").required(), Some("bcd"));
    }

    #[test]
    fn expressions_of_the_other_dialect_are_rewritten_or_refused_with_the_reason() {
        let found = |expression: &str, text: &str| Expression::new(expression, true).unwrap().is_in(text);
        assert!(found(r"^C:\\Windows", r"C:\Windows\x"));
        assert!(found(r"\<script\>", "<script>") && !found(r"\<script\>", "script"));
        assert!(found(r"[[]x[]]", "[x]") && found("[a&&b]", "&") && found(r"[^[]", "x"));
        assert!(found(r"[[:digit:]]+x", "12x") && found(r"a\Z", "a"));
        assert!(found(r"\x61li[c\x01]e", "alice"));
        for (expression, why) in [
            ("(?=a)", "a look-ahead or look-behind, which is not supported"),
            ("(?<!a)", "a look-ahead or look-behind, which is not supported"),
            (r"(a)\1", "a back-reference `\\1`, which is not supported"),
            ("(?>a)", "an atomic, recursive or conditional group, which is not supported"),
            ("a\\", "a regular expression that ends with `\\`"),
            ("[a--b]", "a class with `--`, which is not supported"),
            ("(", "no regular expression: unclosed group"),
            (r"\w{10000}", "a regular expression that is too large"),
        ] {
            assert_eq!(Expression::new(expression, false).unwrap_err(), why, "{expression}");
        }
        let bytes = Expression::new(r".*\x03", true).unwrap();
        assert!(bytes.is_in_bytes(&[1, 2, 3]) && !bytes.is_in_bytes(&[1, 2]));
        assert!(!Expression::new("ă", true).unwrap().is_in_bytes("ă".as_bytes()));
        assert!(Expression::new("é", true).unwrap().is_in_bytes(&[0xe9]));
    }
}
