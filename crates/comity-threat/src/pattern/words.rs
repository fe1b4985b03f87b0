//! Which properties a pattern speaks of, and which strings it holds, without asking that it be a pattern.
//!
//! What is personal is looked for in whatever came, also where the grammar was broken: this reading goes on behind a
//! fault.

use super::lexer::{Kind, Lexer, Sign, Token};
use crate::SpecVersion;
use std::borrow::Cow;

/// A property or a string that a pattern names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word<'p> {
    /// An object path such as `file:hashes.'SHA-256'`.
    Path(NamedPath<'p>),
    /// A string constant.
    Text(Cow<'p, str>),
}

/// The type and the keys of an object path, without list indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath<'p> {
    pub object_type: &'p str,
    pub keys: Vec<Cow<'p, str>>,
}

/// The paths and strings of a pattern in order.
pub(crate) fn words(pattern: &str) -> impl Iterator<Item = Word<'_>> {
    let mut reader = Reader { lexer: Lexer::new(pattern, SpecVersion::V21), ahead: None };
    std::iter::from_fn(move || reader.word())
}

/// The text of a string or key, without its quotes and escapes.
pub(crate) fn unquoted(written: &str) -> Cow<'_, str> {
    let Some(inner) = written.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) else {
        return Cow::Borrowed(written);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Cow::Owned(out)
}

struct Reader<'p> {
    lexer: Lexer<'p>,
    ahead: Option<Token<'p>>,
}

impl<'p> Reader<'p> {
    fn next(&mut self) -> Token<'p> {
        if let Some(token) = self.ahead.take() {
            return token;
        }
        loop {
            if let Ok(token) = self.lexer.next() {
                return token;
            }
        }
    }

    fn take(&mut self, sign: Sign) -> bool {
        let token = self.next();
        let found = token.kind == Kind::Sign(sign);
        self.ahead = (!found).then_some(token);
        found
    }

    fn word(&mut self) -> Option<Word<'p>> {
        loop {
            let token = self.next();
            match token.kind {
                Kind::End => return None,
                Kind::Text => return Some(Word::Text(unquoted(token.text))),
                Kind::Name | Kind::HyphenName | Kind::Keyword(_) if self.take(Sign::Colon) => {
                    return Some(Word::Path(self.path(token.text)));
                }
                _ => {}
            }
        }
    }

    fn path(&mut self, object_type: &'p str) -> NamedPath<'p> {
        let mut keys = Vec::new();
        loop {
            let token = self.next();
            match token.kind {
                Kind::Name | Kind::HyphenName | Kind::Keyword(_) | Kind::Text => {
                    keys.push(unquoted(token.text));
                }
                _ => {
                    self.ahead = Some(token);
                    return NamedPath { object_type, keys };
                }
            }
            while self.take(Sign::OpenSquare) {
                let index = self.next();
                if index.kind == Kind::End || !self.take(Sign::CloseSquare) {
                    return NamedPath { object_type, keys };
                }
            }
            if !self.take(Sign::Dot) {
                return NamedPath { object_type, keys };
            }
        }
    }
}
