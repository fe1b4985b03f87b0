//! The stable codes of errors and refusals, read from the sources: every literal in a function called `code`, with the
//! doc comment and the text of the variant it stands for.

use crate::{
    check::purity::product_code,
    token::{self, Kind, Token},
    tree,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

/// One use of a code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meaning {
    /// The crate.
    pub of: String,
    /// The type and variant.
    pub variant: String,
    /// Its doc comment.
    pub doc: String,
    /// What a person reads, with the names of what is filled in.
    pub text: Option<String>,
    /// Where the code stands.
    pub place: String,
    /// Whether any code makes the value.
    pub raised: bool,
}

/// All codes with their meanings.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// By code.
    pub codes: BTreeMap<String, BTreeSet<Meaning>>,
}

impl Catalogue {
    /// Codes that are undocumented or never raised.
    pub fn faults(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (code, meanings) in &self.codes {
            for meaning in meanings {
                let at = format!("{}: `{code}` ({})", meaning.place, meaning.variant);
                if meaning.doc.is_empty() {
                    out.push(format!("{at} has no doc comment"));
                }
                if !meaning.raised {
                    out.push(format!("{at} is never raised"));
                }
            }
        }
        out
    }
}

/// A variant as declared.
#[derive(Clone, Debug, Default)]
struct Variant {
    doc: String,
    text: Option<String>,
    converted: bool,
}

/// What one file has: declared types and variants, codes given, and values made.
#[derive(Debug, Default)]
struct Found {
    declared: BTreeMap<(String, String), Variant>,
    codes: Vec<(String, String, String, usize)>,
    made: BTreeSet<(String, String)>,
}

/// Reads the sources of every crate.
pub fn read(root: &Path) -> io::Result<Catalogue> {
    let mut files = Vec::new();
    let mut made = BTreeSet::new();
    for folder in tree::crates(root)? {
        let of = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if of == "xtask" {
            continue;
        }
        for (path, tokens) in product_code(&folder.join("src"))? {
            let found = found_in(&tokens);
            made.extend(found.made.iter().cloned());
            files.push((of.clone(), tree::shown(root, &path), found));
        }
    }
    let mut declared: BTreeMap<(String, (String, String)), Variant> = BTreeMap::new();
    for (of, _, found) in &files {
        declared.extend(found.declared.iter().map(|(k, v)| ((of.clone(), k.clone()), v.clone())));
    }
    let mut out = Catalogue::default();
    for (of, path, found) in files {
        for (kind, variant, code, line) in found.codes {
            let key = (of.clone(), (kind.clone(), variant.clone()));
            let known = declared.get(&key).cloned().unwrap_or_default();
            let shown = if variant.is_empty() { kind.clone() } else { format!("{kind}::{variant}") };
            let raised = variant.is_empty() || known.converted || made.contains(&(kind, variant));
            out.codes.entry(code).or_default().insert(Meaning {
                of: of.clone(),
                variant: shown,
                doc: known.doc,
                text: known.text,
                place: format!("{path}:{line}"),
                raised,
            });
        }
    }
    Ok(out)
}

fn found_in(tokens: &[Token]) -> Found {
    let mut out = Found::default();
    declarations(tokens, &mut out);
    implementations(tokens, &mut out);
    out
}

/// Every `enum` and `struct` of the file, with docs and error texts.
fn declarations(tokens: &[Token], out: &mut Found) {
    let mut head = Head::default();
    for (at, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Doc(line) => head.doc_line(line),
            Kind::Mark('#') => head.attribute(token::group(tokens, at + 1)),
            Kind::Word(word) if word == "enum" || word == "struct" => {
                let Some(name) = tokens.get(at + 1).and_then(Token::word) else { continue };
                let own = std::mem::take(&mut head);
                out.declared.insert((name.to_owned(), String::new()), own.variant());
                let open = (at..)
                    .take_while(|i| *i < tokens.len())
                    .find(|i| tokens.get(*i).is_some_and(|t| matches!(t.kind, Kind::Mark('{' | ';'))));
                if let (Some(open), "enum") = (open, word.as_str()) {
                    variants(name, token::group(tokens, open), out);
                }
            }
            Kind::Mark('}' | ';') => head = Head::default(),
            _ => {}
        }
    }
}

/// The variants in an enum's braces.
fn variants(name: &str, tokens: &[Token], out: &mut Found) {
    let mut head = Head::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Doc(line) => head.doc_line(line),
            Kind::Mark('#') => {
                let inside = token::group(tokens, at + 1);
                head.attribute(inside);
                at += inside.len() + 2;
            }
            Kind::Word(variant) => {
                let mut own = std::mem::take(&mut head).variant();
                let next = tokens.get(at + 1);
                if next.is_some_and(|t| t.is_mark('{') || t.is_mark('(')) {
                    let inside = token::group(tokens, at + 1);
                    own.converted = inside.windows(3).any(
                        |w| matches!(w, [a, b, c] if a.is_mark('#') && b.is_mark('[') && c.is_word("from")),
                    );
                    at += inside.len() + 2;
                }
                out.declared.insert((name.to_owned(), variant.clone()), own);
            }
            _ => {}
        }
        at += 1;
    }
}

/// Docs and attributes gathered before a declaration.
#[derive(Debug, Default)]
struct Head {
    doc: Vec<String>,
    text: Option<String>,
}

impl Head {
    fn doc_line(&mut self, line: &str) {
        self.doc.push(line.to_owned());
    }

    /// Keeps the text of `error("…")`.
    fn attribute(&mut self, inside: &[Token]) {
        if inside.first().is_some_and(|t| t.is_word("error")) {
            self.text = inside.iter().find_map(|t| match &t.kind {
                Kind::Text(text) => Some(unescaped(text)),
                _ => None,
            });
        }
    }

    fn variant(self) -> Variant {
        let first: Vec<String> = self.doc.into_iter().take_while(|line| !line.is_empty()).collect();
        Variant { doc: first.join(" "), text: self.text, converted: false }
    }
}

/// Every `impl`: the codes its `code` function gives, and the values that its other functions make.
fn implementations(tokens: &[Token], out: &mut Found) {
    let code = token::code(tokens);
    let mut ends: Vec<(usize, String)> = Vec::new();
    let mut at = 0;
    while let Some(token) = code.get(at) {
        ends.retain(|(end, _)| at < *end);
        let own = ends.last().map(|(_, name)| name.clone());
        if token.is_word("impl") && starts_item(&code, at) {
            if let Some((name, open)) = implemented(&code, at) {
                ends.push((open + token::group(&code, open).len() + 1, name));
                at = open;
            }
        } else if let (true, Some(own)) = (token.is_word("fn"), own.as_deref()) {
            if let Some(body) = speaking_function(&code, at) {
                let inside = token::group(&code, body);
                if code.get(at + 1).is_some_and(|t| t.is_word("code")) {
                    codes_in(own, inside, out);
                }
                at = body + inside.len() + 1;
            }
        } else if let Some(value) = made_at(&code, at, own.as_deref()) {
            out.made.insert(value);
        }
        at += 1;
    }
}

/// Whether a word begins an item, rather than standing in a type (`impl Trait`).
fn starts_item(code: &[Token], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|i| code.get(i)) else { return true };
    matches!(before.kind, Kind::Mark('}' | ';' | ']' | '{')) || before.is_word("unsafe")
}

/// The type that an `impl` is of, and where its braces open.
fn implemented(code: &[Token], at: usize) -> Option<(String, usize)> {
    let open = (at..code.len()).find(|i| code.get(*i).is_some_and(|t| t.is_mark('{')))?;
    let head = code.get(at + 1..open)?;
    let after_for = head.iter().position(|t| t.is_word("for")).map_or(0, |i| i + 1);
    let mut depth = 0i32;
    for token in head.get(after_for..)? {
        match &token.kind {
            Kind::Mark('<') => depth += 1,
            Kind::Mark('>') => depth -= 1,
            Kind::Word(word) if depth == 0 && word != "where" => {
                let last = word.clone();
                return Some((last, open));
            }
            _ => {}
        }
    }
    None
}

/// Where the body opens of a function that only speaks about a value: `code`, `help`, `fmt`.
fn speaking_function(code: &[Token], at: usize) -> Option<usize> {
    let name = code.get(at + 1)?.word()?;
    if !matches!(name, "code" | "help" | "fmt") {
        return None;
    }
    (at..code.len()).find(|i| code.get(*i).is_some_and(|t| t.is_mark('{')))
}

/// The codes in the body of `code`: for each literal, the variants that stand before its arrow.
fn codes_in(own: &str, body: &[Token], out: &mut Found) {
    let mut pattern: Vec<String> = Vec::new();
    for (at, token) in body.iter().enumerate() {
        match &token.kind {
            Kind::Word(word) => {
                let of_path =
                    at >= 2 && [1, 2].iter().all(|i| body.get(at - i).is_some_and(|t| t.is_mark(':')));
                if of_path && word.starts_with(char::is_uppercase) {
                    pattern.push(word.clone());
                }
            }
            Kind::Text(text) if is_code(text) => {
                let variants =
                    if pattern.is_empty() { vec![String::new()] } else { std::mem::take(&mut pattern) };
                for variant in variants {
                    out.codes.push((own.to_owned(), variant, text.clone(), token.line));
                }
            }
            Kind::Mark(',') if !in_pattern(body, at) => pattern.clear(),
            _ => {}
        }
    }
}

/// Whether a comma at `at` stands inside the brackets of a pattern.
fn in_pattern(body: &[Token], at: usize) -> bool {
    let before = body.get(..at).unwrap_or_default();
    let depth = before.iter().fold(0i32, |depth, t| match t.kind {
        Kind::Mark('(' | '{' | '[') => depth + 1,
        Kind::Mark(')' | '}' | ']') => depth - 1,
        _ => depth,
    });
    depth > 1
}

/// A value made at `at`: `Type::Variant` that is no pattern.
fn made_at(code: &[Token], at: usize, own: Option<&str>) -> Option<(String, String)> {
    let kind = code.get(at)?.word()?;
    let colons = (1..=2).all(|i| code.get(at + i).is_some_and(|t| t.is_mark(':')));
    let variant = code.get(at + 3)?.word().filter(|_| colons)?;
    let mut after = at + 4;
    if code.get(after).is_some_and(|t| t.is_mark('{') || t.is_mark('(')) {
        after += token::group(code, after).len() + 2;
    }
    let next = code.get(after);
    let arrow = next.is_some_and(|t| t.is_mark('=')) && code.get(after + 1).is_some_and(|t| t.is_mark('>'));
    let pattern = arrow || next.is_some_and(|t| t.is_mark('|') || t.is_word("if"));
    let kind = if kind == "Self" { own? } else { kind };
    (!pattern).then(|| (kind.to_owned(), variant.to_owned()))
}

/// Whether a literal has the form of a code: `border/no-basis`.
fn is_code(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    text.split_once('/').is_some_and(|(area, name)| part(area) && part(name))
}

/// A string literal as it reads: escapes resolved as far as error texts use them.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some('\n')) => while rest.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some(_)) => out.extend(rest.next()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r##"
        /// Why a door stays shut.
        #[derive(Debug, thiserror::Error)]
        pub enum DoorFault {
            /// The key does not fit.
            ///
            /// More about it.
            #[error("the key `{key}` does \
                     not fit")]
            Key { key: String },
            /// Nobody answered.
            #[error(transparent)]
            Silent(#[from] Silence),
            #[error("the door is gone")]
            Gone,
        }
        impl DoorFault {
            /// The code.
            pub fn code(&self) -> &'static str {
                match self {
                    DoorFault::Key { .. } => "door/key",
                    Self::Silent(why) => why.code(),
                    Self::Gone => "door/gone",
                }
            }
            fn open() -> Result<(), Self> {
                match x { DoorFault::Gone => {} _ => {} }
                Err(DoorFault::Key { key: k() })
            }
        }
        impl Silence { fn code(&self) -> &'static str { "door/silence" } }
        /// Silence.
        pub struct Silence;
    "##;

    fn found() -> Found {
        found_in(&token::tokens(SOURCE))
    }

    #[test]
    fn codes_belong_to_their_variants() {
        let codes: Vec<_> =
            found().codes.into_iter().map(|(kind, variant, code, _)| (kind, variant, code)).collect();
        let expect = [
            ("DoorFault", "Key", "door/key"),
            ("DoorFault", "Gone", "door/gone"),
            ("Silence", "", "door/silence"),
        ];
        assert_eq!(codes, expect.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn docs_and_texts_are_read() {
        let declared = found().declared;
        let key = &declared[&("DoorFault".to_owned(), "Key".to_owned())];
        assert_eq!(key.doc, "The key does not fit.");
        assert_eq!(key.text.as_deref(), Some("the key `{key}` does not fit"));
        assert!(declared[&("DoorFault".to_owned(), "Silent".to_owned())].converted);
        assert_eq!(declared[&("Silence".to_owned(), String::new())].doc, "Silence.");
    }

    #[test]
    fn a_pattern_is_not_a_value() {
        let made = found().made;
        assert!(made.contains(&("DoorFault".to_owned(), "Key".to_owned())));
        assert!(!made.contains(&("DoorFault".to_owned(), "Gone".to_owned())));
    }

    #[test]
    fn undocumented_and_unraised_codes_are_faults() {
        let meaning = |doc: &str, raised| Meaning {
            of: String::new(),
            variant: "A::B".to_owned(),
            doc: doc.to_owned(),
            text: None,
            place: "a.rs:1".to_owned(),
            raised,
        };
        let mut catalogue = Catalogue::default();
        catalogue.codes.insert("a/b".to_owned(), BTreeSet::from([meaning("", true), meaning("Doc.", false)]));
        assert_eq!(catalogue.faults().len(), 2);
    }
}
