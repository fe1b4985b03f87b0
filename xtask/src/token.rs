//! A small reader of Rust source: enough to tell code from comments, strings and tests.
//!
//! It does not parse. The gates need to know which paths a file names, which words stand in its comments and which
//! literals in its code, and must not be fooled by a word in a string.

/// One token and the line it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Line, from 1.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword.
    Word(String),
    /// The content of a string literal, escapes left as written.
    Text(String),
    /// A line of an item's doc comment, without its slashes.
    Doc(String),
    /// Any other comment, a module's own too, with its slashes.
    Comment(String),
    /// A single character of punctuation.
    Mark(char),
    /// A number, character or lifetime: of no interest here.
    Other,
}

impl Token {
    /// Whether this is the word given.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(own) if own == word)
    }

    /// Whether this is the mark given.
    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// The identifier or keyword.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// Reads a file's tokens.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { rest: source.chars().collect(), at: 0, line: 1 };
    let mut out = Vec::new();
    while let Some(c) = reader.peek(0) {
        let line = reader.line;
        if c.is_whitespace() {
            reader.next();
        } else {
            out.push(Token { line, kind: reader.token(c) });
        }
    }
    out
}

/// The tokens of code: without comments and doc comments.
pub fn code(tokens: &[Token]) -> Vec<Token> {
    tokens.iter().filter(|t| !matches!(t.kind, Kind::Comment(_) | Kind::Doc(_))).cloned().collect()
}

/// The tokens outside of items marked `#[cfg(test)]`, and the names of modules so marked that live in other files.
pub fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    const INNER: [&str; 8] = ["#", "!", "[", "cfg", "(", "test", ")", "]"];
    const OUTER: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut modules = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        if spells(rest, &INNER) {
            return (Vec::new(), modules);
        }
        if spells(rest, &OUTER) {
            let item = rest.get(OUTER.len()..).unwrap_or_default();
            let length = item_length(item);
            modules.extend(outside_module(item.get(..length).unwrap_or_default()));
            rest = item.get(length..).unwrap_or_default();
            continue;
        }
        kept.push(first.clone());
        rest = after;
    }
    (kept, modules)
}

/// The paths that code names (`std::fs`, a group in braces spread out), each with its line.
pub fn paths(code: &[Token]) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(token) = code.get(at) {
        if token.word().is_some() {
            at = path_at(code, at, "", &mut out);
        } else {
            at += 1;
        }
    }
    out
}

/// The tokens between the bracket at `open` and its partner, both left out; the rest where it is never closed.
pub fn group(tokens: &[Token], open: usize) -> &[Token] {
    let inside = tokens.get(open + 1..).unwrap_or_default();
    let mut depth = 1usize;
    for (index, token) in inside.iter().enumerate() {
        match token.kind {
            Kind::Mark('{' | '(' | '[') => depth += 1,
            Kind::Mark('}' | ')' | ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return inside.get(..index).unwrap_or_default();
        }
    }
    inside
}

fn spells(tokens: &[Token], text: &[&str]) -> bool {
    let same = |(token, part): (&Token, &&str)| match &token.kind {
        Kind::Word(word) => word == part,
        Kind::Mark(mark) => part.chars().eq([*mark]),
        _ => false,
    };
    tokens.len() >= text.len() && tokens.iter().zip(text).all(same)
}

/// How many tokens an item has: up to a `;` outside of brackets, or to the end of its first braces.
fn item_length(tokens: &[Token]) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']') => depth = depth.saturating_sub(1),
            Kind::Mark('}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            Kind::Mark(';' | ',') if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn outside_module(item: &[Token]) -> Option<String> {
    let at = item.iter().position(|t| t.is_word("mod"))?;
    let name = item.get(at + 1)?.word()?;
    item.get(at + 2)?.is_mark(';').then(|| name.to_owned())
}

/// Reads one path from `at`, adds it (or each path of its group) to `out`, and says where the next begins.
fn path_at(code: &[Token], mut at: usize, prefix: &str, out: &mut Vec<(usize, String)>) -> usize {
    let mut path = prefix.to_owned();
    let line = code.get(at).map_or(0, |t| t.line);
    while let Some(part) = code.get(at) {
        match &part.kind {
            Kind::Word(word) => path.push_str(word),
            Kind::Mark('*') if !path.is_empty() => path.push('*'),
            Kind::Mark('{') if path.ends_with("::") => return group_at(code, at, &path, out),
            _ => break,
        }
        at += 1;
        let goes_on = (0..2).all(|i| code.get(at + i).is_some_and(|t| t.is_mark(':')));
        if !goes_on {
            break;
        }
        path.push_str("::");
        at += 2;
    }
    out.push((line, path));
    at
}

fn group_at(code: &[Token], open: usize, prefix: &str, out: &mut Vec<(usize, String)>) -> usize {
    let inside = group(code, open);
    let mut at = 0;
    while let Some(token) = inside.get(at) {
        let begins = token.word().is_some() || token.is_mark('*');
        at = if begins { path_at(inside, at, prefix, out).max(at + 1) } else { at + 1 };
    }
    open + inside.len() + 2
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut out = String::new();
        while self.peek(0).is_some_and(&wanted) {
            out.extend(self.next());
        }
        out
    }

    fn token(&mut self, c: char) -> Kind {
        match (c, self.peek(1)) {
            ('/', Some('/')) => self.line_comment(),
            ('/', Some('*')) => self.block_comment(),
            ('"', _) => self.string(),
            ('\'', _) => self.quote(),
            _ if c.is_ascii_digit() => {
                self.take_while(|c| c.is_alphanumeric() || c == '_');
                Kind::Other
            }
            _ if c.is_alphabetic() || c == '_' => self.word(),
            _ => {
                self.next();
                Kind::Mark(c)
            }
        }
    }

    fn line_comment(&mut self) -> Kind {
        let text = self.take_while(|c| c != '\n');
        match text.strip_prefix("///") {
            Some(doc) if !text.starts_with("////") => Kind::Doc(doc.trim().to_owned()),
            _ => Kind::Comment(text),
        }
    }

    fn block_comment(&mut self) -> Kind {
        let mut text = String::new();
        let mut depth = 0usize;
        while let Some(c) = self.next() {
            text.push(c);
            if c == '/' && self.peek(0) == Some('*') {
                depth += 1;
                text.extend(self.next());
            } else if c == '*' && self.peek(0) == Some('/') {
                depth -= 1;
                text.extend(self.next());
                if depth == 0 {
                    break;
                }
            }
        }
        Kind::Comment(text)
    }

    /// A word, or the prefix of a string: `r"…"`, `r#"…"#`, `b"…"`, `c"…"`, `br#"…"#`, `b'…'`.
    fn word(&mut self) -> Kind {
        let word = self.take_while(|c| c.is_alphanumeric() || c == '_');
        let prefix = matches!(word.as_str(), "r" | "b" | "c" | "br" | "cr");
        match self.peek(0) {
            Some('"') if prefix && word.contains('r') => self.raw_string(0),
            Some('"') if prefix => self.string(),
            Some('\'') if word == "b" => self.quote(),
            Some('#') if prefix && word.contains('r') => {
                let hashes = (0..).take_while(|i| self.peek(*i) == Some('#')).count();
                if self.peek(hashes) == Some('"') {
                    self.at += hashes;
                    return self.raw_string(hashes);
                }
                self.next();
                self.word()
            }
            _ => Kind::Word(word),
        }
    }

    fn string(&mut self) -> Kind {
        let mut text = String::new();
        self.next();
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => {
                    text.push(c);
                    text.extend(self.next());
                }
                _ => text.push(c),
            }
        }
        Kind::Text(text)
    }

    fn raw_string(&mut self, hashes: usize) -> Kind {
        let mut text = String::new();
        self.next();
        while let Some(c) = self.next() {
            if c == '"' && (0..hashes).all(|i| self.peek(i) == Some('#')) {
                self.at += hashes;
                break;
            }
            text.push(c);
        }
        Kind::Text(text)
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) -> Kind {
        self.next();
        let escaped = self.peek(0) == Some('\\');
        if escaped {
            self.next();
            self.next();
            self.take_while(|c| c != '\'');
            self.next();
        } else if self.peek(1) == Some('\'') {
            self.next();
            self.next();
        } else {
            self.take_while(|c| c.is_alphanumeric() || c == '_');
        }
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str) -> Vec<String> {
        paths(&code(&tokens(source))).into_iter().map(|(_, path)| path).collect()
    }

    #[test]
    fn groups_are_spread_out() {
        let found = named("use std::{fmt, fs::{self, File}, io::*};");
        assert_eq!(found, ["use", "std::fmt", "std::fs::self", "std::fs::File", "std::io::*"]);
    }

    #[test]
    fn strings_comments_and_characters_are_not_code() {
        let found = named(
            "// std::fs\n/* std::env /* std::net */ */ let x = (\"std::fs\", r#\"a\"std::fs\"#, '\"', b'\\'', 'a);",
        );
        assert_eq!(found, ["let", "x"]);
    }

    #[test]
    fn lines_are_counted() {
        let source = "fn a() {}\n\n\"two\nlines\"; std::fs::read";
        let (line, path) = paths(&code(&tokens(source))).pop().unwrap();
        assert_eq!((line, path.as_str()), (4, "std::fs::read"));
    }

    #[test]
    fn test_items_are_left_out() {
        let source = "fn a() {} #[cfg(test)] mod tests { fn b() { c(); } } #[cfg(test)] mod far; fn d() {}";
        let (kept, modules) = without_tests(&code(&tokens(source)));
        let words: Vec<&str> = kept.iter().filter_map(Token::word).collect();
        assert_eq!(words, ["fn", "a", "fn", "d"]);
        assert_eq!(modules, ["far"]);
    }

    #[test]
    fn a_whole_test_file_is_left_out() {
        let (kept, _) = without_tests(&code(&tokens("#![cfg(test)] use std::fs;")));
        assert_eq!(kept, []);
    }
}
