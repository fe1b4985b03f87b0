//! The stable codes of errors and refusals, read from the sources: every literal in a function called `code`, with the
//! doc comment and the text of the variant it stands for; every word of a closed list that has the form of a code; and
//! every further literal of that form in an area so found, with the text that follows it.

use super::meanings::MEANINGS;
use crate::{
    check::purity::product_code,
    token::{self, Kind, Token},
    tree,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
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
                let told_by_text = meaning.variant == ON_THE_SPOT && meaning.text.is_some();
                if meaning.doc.is_empty() && !told_by_text {
                    out.push(format!("{at} has no doc comment"));
                }
                if !meaning.raised {
                    out.push(format!("{at} is never raised"));
                }
            }
        }
        let gone = MEANINGS.iter().filter(|(code, _)| !self.codes.contains_key(*code));
        out.extend(
            gone.map(|(code, _)| format!("xtask/src/generate/meanings.rs: `{code}` is nowhere given")),
        );
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
    inline: Vec<Inline>,
}

/// A code that stands alone, with the comment before it and the text after it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Inline {
    code: String,
    line: usize,
    doc: String,
    text: Option<String>,
}

/// Crates that only build, measure or test: their literals are no codes of the product.
const BESIDE: [&str; 3] = ["xtask", "comity-testing", "comity-bench"];

/// What stands for a type where a code is given on the spot.
const ON_THE_SPOT: &str = "on the spot";

/// The area of codes that no type of its own gives.
const COMMAND_LINE: &str = "cli";

/// Reads the sources of every crate.
pub fn read(root: &Path) -> io::Result<Catalogue> {
    let mut files = Vec::new();
    let mut made = BTreeSet::new();
    for folder in tree::crates(root)? {
        let of = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if BESIDE.contains(&of.as_str()) {
            continue;
        }
        for (path, tokens) in product_code(&folder.join("src"))? {
            let found = found_in(&tokens);
            made.extend(found.made.iter().cloned());
            files.push((of.clone(), tree::shown(root, &path), found));
        }
    }
    let mut out = of_types(&files, &made);
    raise_by_packs(root, &mut out)?;
    add_inline(&files, &mut out);
    for meanings in out.codes.values_mut() {
        // A code that is only compared has no meaning there; where it is given, it has.
        let told = |m: &Meaning| !m.doc.is_empty() || m.text.is_some();
        if meanings.iter().any(told) {
            meanings.retain(|m| m.variant != ON_THE_SPOT || told(m));
        }
    }
    Ok(out)
}

/// Marks the codes that a policy of a pack names.
fn raise_by_packs(root: &Path, out: &mut Catalogue) -> io::Result<()> {
    let mut packs = String::new();
    for path in tree::files_ending(&root.join("packs"), &["cedar"])? {
        packs.push_str(&fs::read_to_string(path)?);
    }
    for (code, meanings) in &mut out.codes {
        if packs.contains(&format!("@code(\"{code}\")")) {
            *meanings = std::mem::take(meanings).into_iter().map(|m| Meaning { raised: true, ..m }).collect();
        }
    }
    Ok(())
}

/// A file: its crate, its path as shown, and what it has.
type File = (String, String, Found);

/// The codes that types give.
fn of_types(files: &[File], made: &BTreeSet<(String, String)>) -> Catalogue {
    let mut declared: BTreeMap<(&str, &(String, String)), &Variant> = BTreeMap::new();
    for (of, _, found) in files {
        declared.extend(found.declared.iter().map(|(key, variant)| ((of.as_str(), key), variant)));
    }
    let mut out = Catalogue::default();
    for (of, path, found) in files {
        for (kind, variant, code, line) in &found.codes {
            let key = (kind.clone(), variant.clone());
            let known = declared.get(&(of.as_str(), &key)).map(|v| (*v).clone()).unwrap_or_default();
            let shown = if variant.is_empty() { kind.clone() } else { format!("{kind}::{variant}") };
            out.codes.entry(code.clone()).or_default().insert(Meaning {
                of: of.clone(),
                variant: shown,
                raised: variant.is_empty() || known.converted || made.contains(&key),
                doc: known.doc,
                text: known.text,
                place: format!("{path}:{line}"),
            });
        }
    }
    out
}

/// Adds the codes that stand alone, in areas that are known by then.
fn add_inline(files: &[File], out: &mut Catalogue) {
    let mut areas: BTreeSet<String> = out.codes.keys().map(|code| area(code).to_owned()).collect();
    areas.insert(COMMAND_LINE.to_owned());
    let of_types: BTreeSet<String> = out.codes.keys().cloned().collect();
    for (of, path, found) in files {
        for inline in &found.inline {
            if of_types.contains(&inline.code) || !areas.contains(area(&inline.code)) {
                continue;
            }
            let meanings = out.codes.entry(inline.code.clone()).or_default();
            let given = MEANINGS.iter().find(|(code, _)| *code == inline.code);
            let doc = given.map_or_else(|| inline.doc.clone(), |(_, doc)| (*doc).to_owned());
            let text = if given.is_some() { None } else { inline.text.clone() };
            if meanings.iter().any(|m| m.text == text && m.doc == doc) {
                continue;
            }
            meanings.insert(Meaning {
                of: of.clone(),
                variant: ON_THE_SPOT.to_owned(),
                doc,
                text,
                place: format!("{path}:{}", inline.line),
                raised: true,
            });
        }
    }
}

fn area(code: &str) -> &str {
    code.split('/').next().unwrap_or_default()
}

fn found_in(tokens: &[Token]) -> Found {
    let mut out = Found::default();
    declarations(tokens, &mut out);
    implementations(tokens, &mut out);
    lists(tokens, &mut out);
    inline(tokens, &mut out);
    out
}

/// Every `words! { … }`: a closed list whose lines are a doc comment, a number, a name and a text.
fn lists(tokens: &[Token], out: &mut Found) {
    for (at, token) in tokens.iter().enumerate() {
        let opens =
            tokens.get(at + 1).is_some_and(|t| t.is_mark('!')) && tokens.get(at + 2).is_some_and(is_brace);
        if !token.is_word("words") || !opens {
            continue;
        }
        let inside = token::group(tokens, at + 2);
        let Some(name) = inside.iter().find_map(Token::word) else { continue };
        let mut head = Head::default();
        for window in inside.windows(3) {
            let [first, second, third] = window else { continue };
            match (&first.kind, &second.kind, &third.kind) {
                (Kind::Doc(line), ..) => head.doc_line(line),
                (Kind::Other, Kind::Word(variant), Kind::Text(text)) if is_code(text) => {
                    let key = (name.to_owned(), variant.clone());
                    out.codes.push((key.0.clone(), key.1.clone(), text.clone(), third.line));
                    out.declared.insert(key, std::mem::take(&mut head).variant());
                }
                (Kind::Mark(':'), ..) => head = Head::default(),
                _ => {}
            }
        }
    }
}

fn is_brace(token: &Token) -> bool {
    token.is_mark('{')
}

/// Every literal with the form of a code. Which of them are codes is known only when all files are read.
fn inline(tokens: &[Token], out: &mut Found) {
    for (at, token) in tokens.iter().enumerate() {
        let Kind::Text(code) = &token.kind else { continue };
        if !is_code(code) {
            continue;
        }
        let rest = tokens.get(at + 1..).unwrap_or_default();
        let words = |t: &Token| match &t.kind {
            Kind::Text(text) if !is_code(text) && text.contains(' ') => Some(unescaped(text)),
            _ => None,
        };
        let after = rest.iter().take(8).take_while(|t| !t.is_mark(';')).find_map(words);
        let before = tokens.get(at.saturating_sub(40)..at).unwrap_or_default();
        let text = after.or_else(|| before.iter().rev().take_while(|t| !t.is_mark('}')).find_map(words));
        let near = |t: &&Token| t.line == token.line || t.line + 1 == token.line;
        let beside = tokens.iter().filter(near).find_map(|t| match &t.kind {
            Kind::Comment(text) => Some(text.trim_start_matches('/').trim().to_owned()),
            _ => None,
        });
        out.inline.push(Inline {
            code: code.clone(),
            line: token.line,
            doc: beside.unwrap_or_default(),
            text,
        });
    }
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
    let mut pattern: Vec<(String, String)> = Vec::new();
    for (at, token) in body.iter().enumerate() {
        match &token.kind {
            Kind::Word(word) if word.starts_with(char::is_uppercase) => {
                let of = kind_before(body, at).map(|kind| if kind == "Self" { own } else { kind });
                pattern.extend(of.map(|kind| (kind.to_owned(), word.clone())));
            }
            Kind::Text(text) if is_code(text) => {
                let itself = vec![(own.to_owned(), String::new())];
                let variants = if pattern.is_empty() { itself } else { std::mem::take(&mut pattern) };
                for (kind, variant) in variants {
                    out.codes.push((kind, variant, text.clone(), token.line));
                }
            }
            Kind::Mark(',') if !in_pattern(body, at) => pattern.clear(),
            _ => {}
        }
    }
}

/// The type in `Type::Variant`, where the variant is at `at`.
fn kind_before(body: &[Token], at: usize) -> Option<&str> {
    let before = |steps: usize| at.checked_sub(steps).and_then(|i| body.get(i));
    let colons = (1..=2).all(|steps| before(steps).is_some_and(|t| t.is_mark(':')));
    before(3)?.word().filter(|_| colons)
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
    fn closed_lists_give_codes() {
        let source = r#"words! {
            /// Why.
            Code, "code":
            /// Nobody knows it.
            0 Unknown "border/unknown"
            /// Not a code.
            1 Other "other"
        }"#;
        let found = found_in(&token::tokens(source));
        assert_eq!(found.codes.len(), 1);
        assert_eq!(found.declared[&("Code".to_owned(), "Unknown".to_owned())].doc, "Nobody knows it.");
    }

    #[test]
    fn codes_on_the_spot_have_their_text() {
        let found =
            found_in(&token::tokens("fn a() { Fault::new(Exit::No, \"cli/none\", format!(\"no {x}\")) }"));
        assert_eq!(found.inline[0].code, "cli/none");
        assert_eq!(found.inline[0].text.as_deref(), Some("no {x}"));
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
        let of_code = |fault: &&String| fault.contains("`a/b`");
        assert_eq!(catalogue.faults().iter().filter(of_code).count(), 2);
    }
}
