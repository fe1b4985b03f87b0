//! Words of a STIX pattern: object paths, constants, operators and brackets (STIX 2.1 section 9).
//!
//! This is the tokenizer only: enough to say which properties a pattern speaks of, and that its brackets hold together.

use crate::reader::brief;
use std::borrow::Cow;

/// A word of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'p> {
    /// An object path such as `file:hashes.'SHA-256'`.
    Path(ObjectPath<'p>),
    /// A string constant.
    Text(Cow<'p, str>),
    /// A hexadecimal, binary or time constant with its letter, or a number.
    Constant(&'p str),
    /// A word such as `AND` or `LIKE`.
    Word(&'p str),
    /// A sign such as `=` or `(`.
    Sign(&'p str),
}

/// An object path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectPath<'p> {
    /// The type before the colon.
    pub object_type: &'p str,
    /// What is after the colon, as written.
    pub path: &'p str,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at character {at} of the pattern, before `{rest}`")]
pub struct PatternFault {
    /// What is wrong.
    pub what: &'static str,
    /// Characters before the place.
    pub at: usize,
    /// The text that follows, at most 80 characters.
    pub rest: String,
}

/// The longest pattern that is read, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1 << 20;

/// The words of a pattern, one after another.
#[derive(Clone, Debug)]
pub struct Tokens<'p> {
    text: &'p str,
    at: usize,
}

/// The words of a pattern.
pub fn tokens(pattern: &str) -> Tokens<'_> {
    Tokens { text: pattern, at: 0 }
}

/// Checks the shape of a pattern: words that can be read, observation expressions in brackets that are closed and not
/// nested, object paths inside them only, and round brackets in pairs.
pub fn check_shape(pattern: &str) -> Result<(), PatternFault> {
    let mut words = tokens(pattern);
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(words.fault("a pattern that is too long"));
    }
    let (mut inside, mut paths, mut observations) = (false, 0usize, 0usize);
    let (mut round, mut round_outside) = (0usize, 0usize);
    while let Some(word) = words.next_token()? {
        match word {
            Token::Sign("[") if inside => return Err(words.fault("`[` inside of `[`")),
            Token::Sign("[") => (inside, paths, round_outside, round) = (true, 0, round, 0),
            Token::Sign("]") if !inside || paths == 0 || round > 0 => {
                return Err(words.fault("`]` that ends no comparison"));
            }
            Token::Sign("]") => {
                (inside, round) = (false, round_outside);
                observations += 1;
            }
            Token::Sign("(") => round += 1,
            Token::Sign(")") => round = round.checked_sub(1).ok_or_else(|| words.fault("`)` without `(`"))?,
            Token::Path(_) if !inside => return Err(words.fault("an object path outside of `[ ]`")),
            Token::Path(_) => paths += 1,
            _ => {}
        }
    }
    if inside || round > 0 {
        return Err(words.fault("an open bracket"));
    }
    if observations == 0 {
        return Err(words.fault("no `[ ]`"));
    }
    Ok(())
}

/// For fuzzing. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let checked = check_shape(text);
    let read: Result<Vec<Token<'_>>, PatternFault> = tokens(text).collect();
    debug_assert!(checked.is_err() || read.is_ok());
    for word in read.into_iter().flatten() {
        if let Token::Path(path) = word {
            let _keys = path.keys().count();
        }
    }
}

impl<'p> ObjectPath<'p> {
    /// The keys of the path in order, without list indexes.
    pub fn keys(self) -> impl Iterator<Item = Cow<'p, str>> {
        let mut words = tokens(self.path);
        std::iter::from_fn(move || words.path_key())
    }
}

impl<'p> Iterator for Tokens<'p> {
    type Item = Result<Token<'p>, PatternFault>;
    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_token().transpose();
        if matches!(next, Some(Err(_))) {
            self.at = self.text.len();
        }
        next
    }
}

const WORDS: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "FOLLOWEDBY",
    "LIKE",
    "MATCHES",
    "ISSUPERSET",
    "ISSUBSET",
    "EXISTS",
    "LAST",
    "IN",
    "START",
    "STOP",
    "SECONDS",
    "TRUE",
    "FALSE",
    "WITHIN",
    "REPEATS",
    "TIMES",
];

const SIGNS: &[&str] = &["==", "=", "!=", "<>", "<=", "<", ">=", ">", "(", ")", "[", "]", ","];

impl<'p> Tokens<'p> {
    /// The next word; `None` at the end.
    pub fn next_token(&mut self) -> Result<Option<Token<'p>>, PatternFault> {
        self.skip_space()?;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        if first == '\'' {
            return self.quoted().map(|text| Some(Token::Text(text)));
        }
        let second = rest.as_bytes().get(1).copied();
        if matches!(first, 'h' | 'b' | 't') && second == Some(b'\'') {
            let start = self.at;
            self.at += 1;
            let inner = self.quoted()?;
            if !is_constant(first, &inner) {
                return Err(self.fault("a constant that is not what its letter says"));
            }
            return Ok(self.text.get(start..self.at).map(Token::Constant));
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.at += sign.len();
            return Ok(Some(Token::Sign(sign)));
        }
        if first.is_ascii_digit() || matches!(first, '+' | '-' | '.') {
            let digits = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
            return Ok(Some(Token::Constant(self.take_while(digits))));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return self.word_or_path().map(Some);
        }
        Err(self.fault("a character that begins no word"))
    }

    fn word_or_path(&mut self) -> Result<Token<'p>, PatternFault> {
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !self.rest().starts_with(':') {
            let known = WORDS.iter().any(|word| word.eq_ignore_ascii_case(name));
            return if known {
                Ok(Token::Word(name))
            } else {
                Err(self.fault("a word that patterns do not have"))
            };
        }
        self.at += 1;
        let start = self.at;
        self.path_end()?;
        let path = self.text.get(start..self.at).unwrap_or_default();
        Ok(Token::Path(ObjectPath { object_type: name, path }))
    }

    /// Passes `key`, `'key'`, `[0]`, `[*]` and the dots between.
    fn path_end(&mut self) -> Result<(), PatternFault> {
        loop {
            if self.rest().starts_with('\'') {
                self.quoted()?;
            } else if self.take_while(is_key).is_empty() {
                return Err(self.fault("a path without a key"));
            }
            while self.rest().starts_with('[') {
                self.at += 1;
                if self.take_while(|c| c.is_ascii_digit() || matches!(c, '*' | '-')).is_empty() {
                    return Err(self.fault("an index that is no number and no `*`"));
                }
                if !self.rest().starts_with(']') {
                    return Err(self.fault("an index that is not closed"));
                }
                self.at += 1;
            }
            if !self.rest().starts_with('.') {
                return Ok(());
            }
            self.at += 1;
        }
    }

    /// The next key of a path that was passed before.
    fn path_key(&mut self) -> Option<Cow<'p, str>> {
        self.take_while(|c| matches!(c, '.' | '[' | ']' | '*' | '-') || c.is_ascii_digit());
        if self.rest().starts_with('\'') {
            return self.quoted().ok();
        }
        let key = self.take_while(is_key);
        (!key.is_empty()).then_some(Cow::Borrowed(key))
    }

    /// Reads a string in single quotes, with `\'` and `\\`.
    fn quoted(&mut self) -> Result<Cow<'p, str>, PatternFault> {
        let start = self.at + 1;
        let mut escaped = false;
        let mut chars = self.text.get(start..).unwrap_or_default().char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '\'' => {
                    let raw = self.text.get(start..start + offset).unwrap_or_default();
                    self.at = start + offset + 1;
                    return Ok(if escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) });
                }
                '\\' => {
                    escaped = true;
                    chars.next();
                }
                _ => {}
            }
        }
        Err(self.fault("a string that is not closed"))
    }

    fn skip_space(&mut self) -> Result<(), PatternFault> {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest().starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest().starts_with("/*") {
                let end = self.rest().find("*/").ok_or_else(|| self.fault("a comment that is not closed"))?;
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'p str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn rest(&self) -> &'p str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault(&self, what: &'static str) -> PatternFault {
        let at = self.text.get(..self.at).unwrap_or(self.text).chars().count();
        PatternFault { what, at, rest: brief(self.rest()) }
    }
}

/// Whether the text is a constant of the kind that this letter begins: hexadecimal, base64 or a time.
fn is_constant(letter: char, inner: &str) -> bool {
    match letter {
        'h' => inner.len().is_multiple_of(2) && inner.bytes().all(|b| b.is_ascii_hexdigit()),
        'b' => {
            let digits = inner.trim_end_matches('=');
            let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
            inner.len().is_multiple_of(4) && inner.len() - digits.len() <= 2 && digits.bytes().all(base64)
        }
        _ => inner.parse::<crate::Moment>().is_ok(),
    }
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_and_constants_are_read_with_their_quotes() {
        let pattern = r"[file:hashes.'SHA-256' = 'a\'b\\' AND email-message:to_refs[*].value IN ('x@example.org', h'0f', 1.5)] WITHIN 5 SECONDS";
        let words: Result<Vec<_>, _> = tokens(pattern).collect();
        let words = words.unwrap();
        assert_eq!(words[1], Token::Path(ObjectPath { object_type: "file", path: "hashes.'SHA-256'" }));
        assert_eq!(words[3], Token::Text("a'b\\".into()));
        let Token::Path(path) = &words[5] else { panic!("{words:?}") };
        assert_eq!(path.keys().collect::<Vec<_>>(), ["to_refs", "value"]);
        assert_eq!(words[10], Token::Constant("h'0f'"));
        assert_eq!(check_shape(pattern), Ok(()));
        let quoted = ObjectPath { object_type: "file", path: "hashes.'SHA-256'" };
        assert_eq!(quoted.keys().collect::<Vec<_>>(), ["hashes", "SHA-256"]);
    }

    #[test]
    fn broken_patterns_are_refused() {
        for (pattern, what) in [
            ("", "no `[ ]`"),
            ("[]", "`]` that ends no comparison"),
            ("[a:b = 'x'", "an open bracket"),
            ("[a:b = 'x]", "a string that is not closed"),
            ("[[a:b = 1]]", "`[` inside of `[`"),
            ("a:b = 1", "an object path outside of `[ ]`"),
            ("([a:b = 1]", "an open bracket"),
            ("[a:b = 1])", "`)` without `(`"),
            ("[a:b = (1]", "`]` that ends no comparison"),
            ("[a:b[x] = 1]", "an index that is no number and no `*`"),
            ("[a: = 1]", "a path without a key"),
            ("[a:b = x]", "a word that patterns do not have"),
            ("[a:b = h'0']", "a constant that is not what its letter says"),
            ("[a:b = b'====']", "a constant that is not what its letter says"),
            ("[a:b = t'2026-13-01T00:00:00Z']", "a constant that is not what its letter says"),
            ("[a:b = ☃]", "a character that begins no word"),
        ] {
            assert_eq!(check_shape(pattern).unwrap_err().what, what, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in r"([\[\]() ',.*\\:=]|a|file|é|AND|1|h'|/\*|//){0,40}") {
            fuzz_entry(text.as_bytes());
        }
    }
}
