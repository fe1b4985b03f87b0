//! An index of one object's JSON: where each value begins and ends. It is what finds duplicate keys, resolves selectors
//! and cuts out properties without touching the other bytes.
//!
//! The outline checks structure (brackets, commas, colons, depth, keys, surrogates), and the grammar of numbers, literals
//! and strings as far as to say that nothing is wrong with it. Where something may be, `serde_json` reads the same text,
//! and says what.

use super::{Cause, MAX_DEPTH, MAX_VALUES, ReadFault, fault::brief, scalar, stops::Stops};
use std::{borrow::Cow, ops::Range};

/// The JSON types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null`.
    Null,
}

/// The index of one JSON text.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    nodes: Vec<Node>,
    /// Whether some key was written with escapes, so that its text is not its name.
    escaped_keys: bool,
    /// Whether the grammar of some number, literal or string may be broken.
    doubtful: bool,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// Inside the quotes; empty and 0 for elements and the root.
    key: (u32, u32),
    start: u32,
    end: u32,
    /// The node after this one's children.
    after: u32,
    kind: JsonKind,
    /// Whether it is a string with escapes in it.
    escaped: bool,
}

/// One value of an outlined text.
#[derive(Clone, Copy)]
pub struct Value<'o> {
    text: &'o str,
    outline: &'o Outline,
    index: usize,
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.raw())
    }
}

/// Room for the values of a usual object, in less than the kilobyte up to which allocators are quick.
const USUAL_NODES: usize = 40;

impl Outline {
    /// Indexes one JSON text, from its first byte to its last.
    pub fn of(text: &str) -> Result<Outline, ReadFault> {
        let mut builder = Builder {
            text,
            bytes: text.as_bytes(),
            at: 0,
            stops: Stops::of(text.as_bytes()),
            nodes: Vec::with_capacity(USUAL_NODES),
            open: Vec::with_capacity(8),
            escaped_keys: false,
            doubtful: false,
        };
        match builder.run() {
            Ok(()) => {
                let Builder { nodes, escaped_keys, doubtful, .. } = builder;
                Ok(Outline { nodes, escaped_keys, doubtful })
            }
            Err(cause) => {
                let fault = ReadFault::inside(text.as_bytes(), builder.at, cause);
                Err(ReadFault { path: builder.path(), ..fault })
            }
        }
    }

    /// Checks bytes of which nothing else is read: UTF-8, structure and grammar.
    pub fn check(bytes: &[u8]) -> Result<(), ReadFault> {
        let text = utf8(bytes)?;
        let outline = Outline::of(text)?;
        if outline.doubtful { grammar(text, &outline) } else { Ok(()) }
    }

    /// Whether the text may not be JSON after all; [`grammar`] tells.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Whether some key was written with escapes.
    pub(crate) fn has_escaped_keys(&self) -> bool {
        self.escaped_keys
    }

    /// The path to the innermost value at this place, as a STIX selector.
    fn path_at(&self, text: &str, offset: usize) -> String {
        let mut path = String::new();
        let mut value = self.root(text);
        while let Some(parent) = value {
            let list = parent.kind() == JsonKind::Array;
            let around = |child: &Value<'_>| child.span().start <= offset && offset <= child.span().end;
            let found = parent.children().enumerate().find(|(_, child)| around(child));
            if let Some((index, child)) = found {
                let key = (!list).then(|| child.key());
                push_step(&mut path, key.as_deref(), index);
            }
            value = found.map(|(_, child)| child);
        }
        path
    }

    /// The outermost value; `text` is the text that was indexed.
    pub fn root<'o>(&'o self, text: &'o str) -> Option<Value<'o>> {
        (!self.nodes.is_empty()).then_some(Value { text, outline: self, index: 0 })
    }
}

/// The bytes as text.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, ReadFault> {
    std::str::from_utf8(bytes).map_err(|bad| ReadFault::inside(bytes, bad.valid_up_to(), Cause::InvalidUtf8))
}

/// For fuzzing: whether what the outline has no doubt about is JSON to `serde_json` too.
pub(crate) fn is_right_where_it_has_no_doubt(bytes: &[u8]) -> bool {
    let Ok(text) = utf8(bytes) else { return true };
    let sure = Outline::of(text).is_ok_and(|outline| !outline.doubtful);
    !sure || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Reads the text to its end with `serde_json`, keeping nothing.
pub(crate) fn grammar(text: &str, outline: &Outline) -> Result<(), ReadFault> {
    let read = serde_json::from_str::<serde::de::IgnoredAny>(text);
    read.map(|_| ()).map_err(|error| json_fault(text, outline, &error))
}

/// Where `serde_json` found a fault.
pub(crate) fn json_fault(text: &str, outline: &Outline, error: &serde_json::Error) -> ReadFault {
    let full = error.to_string();
    // The place is said by the fault itself.
    let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(message, _)| message);
    let cause = match error.classify() {
        serde_json::error::Category::Data => Cause::WrongType(brief(message)),
        _ => Cause::Syntax(brief(message)),
    };
    let offset = offset_of(text, error.line(), error.column());
    ReadFault { path: outline.path_at(text, offset), ..ReadFault::inside(text.as_bytes(), offset, cause) }
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let newline = memchr::memchr_iter(b'\n', text.as_bytes()).nth(line.wrapping_sub(2));
    let line_start = newline.filter(|_| line > 1).map_or(0, |newline| newline + 1);
    (line_start + column.saturating_sub(1)).min(text.len())
}

impl<'o> Value<'o> {
    /// A value that is null; what an empty outline gives.
    pub(crate) fn nothing(text: &'o str, outline: &'o Outline) -> Value<'o> {
        Value { text, outline, index: usize::MAX }
    }

    /// Its number in the outline.
    pub(crate) fn number(self) -> u32 {
        narrow(self.index)
    }

    /// The value with this number in the same outline.
    pub(crate) fn at(self, number: u32) -> Value<'o> {
        Value { index: number as usize, ..self }
    }

    fn node(self) -> Node {
        let none = Node { key: (0, 0), start: 0, end: 0, after: 0, kind: JsonKind::Null, escaped: false };
        self.outline.nodes.get(self.index).copied().unwrap_or(none)
    }

    /// Its JSON type.
    pub fn kind(self) -> JsonKind {
        self.node().kind
    }

    /// Where its text is.
    pub fn span(self) -> Range<usize> {
        let node = self.node();
        node.start as usize..node.end as usize
    }

    /// Where the text of the whole member is, key included; of an element or the root, the value alone.
    pub fn member_span(self) -> Range<usize> {
        let node = self.node();
        let start = if node.key.0 == 0 { node.start } else { node.key.0 - 1 };
        start as usize..node.end as usize
    }

    /// Its exact text.
    pub fn raw(self) -> &'o str {
        self.text.get(self.span()).unwrap_or_default()
    }

    /// Its key, unescaped; empty for elements and the root.
    pub fn key(self) -> Cow<'o, str> {
        let (start, end) = self.node().key;
        if !self.outline.escaped_keys {
            return Cow::Borrowed(self.text.get(start as usize..end as usize).unwrap_or_default());
        }
        unescape(self.text, start as usize..end as usize).unwrap_or_default()
    }

    /// The string it is; `None` where it is none.
    pub fn as_str(self) -> Option<Cow<'o, str>> {
        let node = self.node();
        if node.kind != JsonKind::String {
            return None;
        }
        let inner = (node.start as usize + 1)..(node.end as usize).saturating_sub(1);
        if node.escaped { unescape(self.text, inner) } else { self.text.get(inner).map(Cow::Borrowed) }
    }

    /// Whether it is a string with escapes in it.
    pub(crate) fn is_escaped(self) -> bool {
        self.node().escaped
    }

    /// Whether it is a string, an object or an array with nothing in it, or null.
    pub fn is_empty(self) -> bool {
        match self.kind() {
            JsonKind::Null => true,
            JsonKind::String => self.raw().len() <= 2,
            JsonKind::Object | JsonKind::Array => self.children().next().is_none(),
            JsonKind::Number | JsonKind::Boolean => false,
        }
    }

    /// Whether any value inside is null, or an empty list or object.
    pub(crate) fn holds_empty(self) -> bool {
        let nodes = self.outline.nodes.get(self.index..self.node().after as usize).unwrap_or_default();
        let empty = |at: u32, node: &Node| match node.kind {
            JsonKind::Null => true,
            JsonKind::Object | JsonKind::Array => node.after == at + 1,
            _ => false,
        };
        (narrow(self.index)..).zip(nodes).any(|(at, node)| empty(at, node))
    }

    /// Whether any key inside, as written, is as asked.
    pub(crate) fn any_key(self, asked: impl Fn(&str) -> bool) -> bool {
        let nodes = self.outline.nodes.get(self.index..self.node().after as usize).unwrap_or_default();
        let key = |node: &Node| self.text.get(node.key.0 as usize..node.key.1 as usize).unwrap_or_default();
        self.outline.escaped_keys || nodes.iter().any(|node| node.key.0 > 0 && asked(key(node)))
    }

    /// The members or elements, in order.
    pub fn children(self) -> impl Iterator<Item = Value<'o>> {
        let end = self.node().after as usize;
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            let child = Value { index, ..self };
            let there = index < end;
            index = (child.node().after as usize).max(index + 1);
            there.then_some(child)
        })
    }

    /// The member with this key.
    pub fn get(self, key: &str) -> Option<Value<'o>> {
        if self.kind() != JsonKind::Object {
            return None;
        }
        self.children().find(|child| child.key_is(key))
    }

    /// The element at this index.
    pub fn element(self, index: usize) -> Option<Value<'o>> {
        if self.kind() != JsonKind::Array {
            return None;
        }
        self.children().nth(index)
    }

    /// The string member with this key.
    pub fn text_of(self, key: &str) -> Option<Cow<'o, str>> {
        self.get(key)?.as_str()
    }

    fn key_is(self, key: &str) -> bool {
        let (start, end) = self.node().key;
        let same_length = (end - start) as usize == key.len();
        let raw = self.text.as_bytes().get(start as usize..end as usize).unwrap_or_default();
        (same_length && raw == key.as_bytes()) || (self.outline.escaped_keys && self.key() == key)
    }
}

/// The text of a string from what is between its quotes.
fn unescape(text: &str, inner: Range<usize>) -> Option<Cow<'_, str>> {
    let raw = text.get(inner.clone())?;
    if !raw.contains('\\') {
        return Some(Cow::Borrowed(raw));
    }
    let quoted = text.get(inner.start.checked_sub(1)?..inner.end + 1)?;
    serde_json::from_str(quoted).ok().map(Cow::Owned)
}

struct Builder<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    stops: Stops<'t>,
    nodes: Vec<Node>,
    open: Vec<Open>,
    escaped_keys: bool,
    doubtful: bool,
}

#[derive(Clone, Copy)]
struct Open {
    node: u32,
    keys: u32,
    /// One bit for each fingerprint of a key seen; all bits once a key was written with escapes.
    seen: u64,
}

/// From so many keys on, duplicates are looked for by sorting when the object closes.
const FEW_KEYS: u32 = 48;

impl Builder<'_> {
    fn run(&mut self) -> Result<(), Cause> {
        self.skip_space();
        let mut key = (0, 0);
        loop {
            let opened = self.value(key)?;
            key = (0, 0);
            // After a value: close what ends here, then go on with the next member or element.
            let mut first = opened;
            loop {
                self.skip_space();
                let Some(open) = self.open.last().copied() else {
                    return if self.at == self.bytes.len() {
                        Ok(())
                    } else {
                        Err(self.syntax("text after the end"))
                    };
                };
                let object = self.kind_of(open.node) == JsonKind::Object;
                let close = if object { b'}' } else { b']' };
                match self.bytes.get(self.at) {
                    Some(&byte) if byte == close => {
                        self.close(open)?;
                        first = false;
                        continue;
                    }
                    Some(b',') if !first => {
                        self.at += 1;
                        self.skip_space();
                    }
                    Some(_) if first => {}
                    Some(_) => return Err(self.syntax("`,` or the end of a list or object is missing")),
                    None => return Err(Cause::Truncated { inside: "an object" }),
                }
                if object {
                    key = self.key()?;
                }
                break;
            }
        }
    }

    /// Reads one value; whether it opened an object or array.
    fn value(&mut self, key: (u32, u32)) -> Result<bool, Cause> {
        if self.nodes.len() >= MAX_VALUES {
            return Err(Cause::TooManyValues);
        }
        let start = self.at;
        let kind = match self.bytes.get(self.at) {
            Some(b'{') => JsonKind::Object,
            Some(b'[') => JsonKind::Array,
            Some(b'"') => JsonKind::String,
            Some(b't' | b'f') => JsonKind::Boolean,
            Some(b'n') => JsonKind::Null,
            Some(b'-' | b'0'..=b'9') => JsonKind::Number,
            Some(_) => return Err(self.syntax("no value where one must be")),
            None => return Err(Cause::Truncated { inside: "an object" }),
        };
        let opens = matches!(kind, JsonKind::Object | JsonKind::Array);
        let index = narrow(self.nodes.len());
        let mut escaped = false;
        if opens {
            if self.open.len() >= MAX_DEPTH {
                return Err(Cause::TooDeep);
            }
            self.open.push(Open { node: index, keys: 0, seen: 0 });
            self.at += 1;
        } else if kind == JsonKind::String {
            escaped = self.string()?;
        } else {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let ends = |b: &u8| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
            let scalar = rest.split(ends).next().unwrap_or_default();
            self.doubtful |= !scalar::is_well_formed(scalar);
            self.at += scalar.len();
        }
        let end = narrow(self.at);
        self.nodes.push(Node { key, start: narrow(start), end, after: index + 1, kind, escaped });
        Ok(opens)
    }

    fn close(&mut self, open: Open) -> Result<(), Cause> {
        self.at += 1;
        if open.keys > FEW_KEYS {
            self.sorted_duplicates(open.node)?;
        }
        let (end, after) = (narrow(self.at), narrow(self.nodes.len()));
        if let Some(node) = self.nodes.get_mut(open.node as usize) {
            (node.end, node.after) = (end, after);
        }
        self.open.pop();
        Ok(())
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Result<(u32, u32), Cause> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.syntax("a key must be a string"));
        }
        let start = self.at + 1;
        let escaped = self.string()?;
        let range = start..self.at - 1;
        self.escaped_keys |= escaped;
        self.refuse_duplicate(range.clone(), escaped)?;
        self.skip_space();
        if self.bytes.get(self.at) != Some(&b':') {
            return Err(self.syntax("`:` must follow a key"));
        }
        self.at += 1;
        self.skip_space();
        Ok((narrow(range.start), narrow(range.end)))
    }

    fn refuse_duplicate(&mut self, range: Range<usize>, escaped: bool) -> Result<(), Cause> {
        let raw = self.bytes.get(range.clone()).unwrap_or_default();
        let bit = 1u64 << fingerprint(raw);
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let suspicious = escaped || open.seen & bit != 0;
        open.seen |= if escaped { u64::MAX } else { bit };
        open.keys += 1;
        let open = *open;
        if !suspicious || open.keys > FEW_KEYS {
            return Ok(());
        }
        let key = || unescape(self.text, range.clone());
        let twice = if self.escaped_keys {
            let Some(key) = key() else { return Err(self.syntax("a key that cannot be read")) };
            self.keys_of(open.node).any(|(other, _)| other == key)
        } else {
            self.key_spans(open.node).any(|(start, end)| self.bytes.get(start..end) == Some(raw))
        };
        if twice {
            let key = brief(&key().unwrap_or_default());
            self.at = range.start - 1;
            return Err(Cause::DuplicateKey { key });
        }
        Ok(())
    }

    fn sorted_duplicates(&mut self, node: u32) -> Result<(), Cause> {
        let mut keys: Vec<_> = self.keys_of(node).collect();
        keys.sort_unstable();
        let twice = keys.iter().zip(keys.iter().skip(1)).find(|(a, b)| a.0 == b.0);
        let Some((_, (key, at))) = twice.map(|(a, (key, at))| (a, (brief(key), *at))) else { return Ok(()) };
        self.at = (at as usize).saturating_sub(1);
        Err(Cause::DuplicateKey { key })
    }

    /// The keys of an object that is still open, unescaped, each with its place.
    fn keys_of(&self, node: u32) -> impl Iterator<Item = (Cow<'_, str>, u32)> {
        self.key_spans(node)
            .map(|(start, end)| (unescape(self.text, start..end).unwrap_or_default(), narrow(start)))
    }

    /// Where the keys of an object that is still open are.
    fn key_spans(&self, node: u32) -> impl Iterator<Item = (usize, usize)> {
        let mut index = node as usize + 1;
        std::iter::from_fn(move || {
            let child = self.nodes.get(index)?;
            index = child.after as usize;
            Some((child.key.0 as usize, child.key.1 as usize))
        })
    }

    /// Passes a string; whether it has escapes.
    fn string(&mut self) -> Result<bool, Cause> {
        self.at += 1;
        let mut escaped = false;
        loop {
            let Some(found) = self.stops.from(self.at) else {
                self.at = self.bytes.len();
                return Err(Cause::Truncated { inside: "a string" });
            };
            self.at = found;
            match self.bytes.get(found) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                // A control character, which must be written as an escape.
                _ => {
                    self.doubtful = true;
                    self.at += 1;
                }
            }
        }
    }

    /// Passes one escape; a high surrogate must have its low one.
    fn escape(&mut self) -> Result<(), Cause> {
        let Some(unit) = self.unicode_escape(self.at) else {
            let letter = self.bytes.get(self.at + 1).copied().unwrap_or_default();
            self.doubtful |= !matches!(letter, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't');
            self.at += 2;
            return Ok(());
        };
        match unit {
            0xDC00..=0xDFFF => Err(Cause::LoneSurrogate),
            0xD800..=0xDBFF => match self.unicode_escape(self.at + 6) {
                Some(0xDC00..=0xDFFF) => {
                    self.at += 12;
                    Ok(())
                }
                _ => Err(Cause::LoneSurrogate),
            },
            _ => {
                self.at += 6;
                Ok(())
            }
        }
    }

    /// The number of a `\uXXXX` at this place.
    fn unicode_escape(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        // A sign is no digit, though a number may begin with one.
        let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| all)
    }

    /// The path to the innermost object or list that is open.
    fn path(&self) -> String {
        let mut path = String::new();
        for (parent, child) in self.open.iter().zip(self.open.iter().skip(1)) {
            let list = self.kind_of(parent.node) == JsonKind::Array;
            let next = |at: &usize| self.nodes.get(*at).map(|node| node.after as usize);
            let siblings = std::iter::successors(Some(parent.node as usize + 1), next);
            let index = siblings.take_while(|at| *at < child.node as usize).count();
            let (start, end) = self.nodes.get(child.node as usize).map_or((0, 0), |node| node.key);
            let key = unescape(self.text, start as usize..end as usize).filter(|_| !list);
            push_step(&mut path, key.as_deref(), index);
        }
        path
    }

    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn kind_of(&self, node: u32) -> JsonKind {
        self.nodes.get(node as usize).map_or(JsonKind::Null, |node| node.kind)
    }

    fn syntax(&self, what: &str) -> Cause {
        Cause::Syntax(what.to_owned())
    }
}

/// Adds a step to a selector; the whole stays short enough for an error.
fn push_step(path: &mut String, key: Option<&str>, index: usize) {
    if path.len() > 200 {
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    match key {
        Some(key) => path.push_str(&brief(key)),
        None => path.push_str(&format!("[{index}]")),
    }
}

/// Six bits that differ for most pairs of keys in use.
fn fingerprint(key: &[u8]) -> u32 {
    let middle = key.get(key.len() / 2).copied().unwrap_or_default();
    let (first, last) = (key.first().copied().unwrap_or_default(), key.last().copied().unwrap_or_default());
    let mixed = u32::from(first) * 37 + u32::from(middle) * 11 + u32::from(last) * 5 + narrow(key.len());
    mixed & 63
}

/// Offsets are below the bound of one object, far below 4 GiB.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) -> Result<(), String> {
        Outline::check(text.as_bytes()).map_err(|fault| format!("{}@{}", fault.code(), fault.at.offset))
    }

    #[test]
    fn values_are_found_by_key_and_index() {
        let text = r#" {"a" : [1, {"b":"x\u00e9"}], "c\n":true,"d":null,"e":{}} "#;
        let outline = Outline::of(text).unwrap();
        let root = outline.root(text).unwrap();
        let b = root.get("a").unwrap().element(1).unwrap().get("b").unwrap();
        assert_eq!((b.as_str().unwrap().as_ref(), b.raw()), ("xé", r#""x\u00e9""#));
        assert_eq!(root.get("c\n").unwrap().kind(), JsonKind::Boolean);
        assert_eq!(root.children().map(|c| c.key().into_owned()).collect::<Vec<_>>(), ["a", "c\n", "d", "e"]);
        assert_eq!(text.get(root.get("d").unwrap().member_span()), Some("\"d\":null"));
        assert!(root.get("e").unwrap().is_empty() && root.get("x").is_none());
    }

    #[test]
    fn duplicate_keys_are_found_at_every_level_and_however_written() {
        let many: Vec<String> = (0..100).map(|n| format!("\"k{n}\":{n}")).collect();
        let many_twice = format!("{{{},\"k7\":1}}", many.join(","));
        for (text, expected) in [
            (r#"{"a":1,"b":{"a":1}}"#, Ok(())),
            (r#"{"a":1,"a":2}"#, Err("threat/duplicate-key@7")),
            (r#"[{"x":{"a":1,"b":[],"a":2}}]"#, Err("threat/duplicate-key@20")),
            (r#"{"a":1,"\u0061":2}"#, Err("threat/duplicate-key@7")),
            (r#"{"\u0061":1,"a":2}"#, Err("threat/duplicate-key@12")),
            (r#"{"":1,"":2}"#, Err("threat/duplicate-key@6")),
            (&format!("{{{}}}", many.join(",")), Ok(())),
            (&many_twice, Err("threat/duplicate-key@881")),
        ] {
            assert_eq!(check(text), expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn a_fault_names_its_path() {
        for (text, path) in [
            (r#"{"a":{"b":[1,{"c":2,"c":3}]}}"#, "a.b.[1]"),
            (r#"{"a":[[],[{}],{"x":"\ud800"}]}"#, "a.[2]"),
            (r#"{"a":[0,{"b":tru}]}"#, "a.[1].b"),
            (r#"{"a":1,"a":2}"#, ""),
        ] {
            assert_eq!(Outline::check(text.as_bytes()).unwrap_err().path, path, "{text}");
        }
    }

    #[test]
    fn hostile_text_is_refused() {
        let deep = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert_eq!(check(&deep), Ok(()));
        for (text, code) in [
            (format!("[{deep}]"), "too-deep"),
            (format!("[{}1]", "1,".repeat(MAX_VALUES)), "too-many-values"),
            (r#"{"a":"\ud800"}"#.into(), "lone-surrogate"),
            (r#"{"a":"\ud800\u0041"}"#.into(), "lone-surrogate"),
            (r#"{"a":"\udc00\ud800"}"#.into(), "lone-surrogate"),
            (r#"{"a":NaN}"#.into(), "json-syntax"),
            (r#"{"a":1e}"#.into(), "json-syntax"),
            (r#"{"a":01}"#.into(), "json-syntax"),
            (r#"{"a":tru}"#.into(), "json-syntax"),
            (r#"{"a":1,}"#.into(), "json-syntax"),
            (r#"{,"a":1}"#.into(), "json-syntax"),
            (r#"{"a" 1}"#.into(), "json-syntax"),
            (r#"{"a":[1}"#.into(), "json-syntax"),
            ("{\"a\":\"\n\"}".into(), "json-syntax"),
            (r#"{"a":"\x"}"#.into(), "json-syntax"),
            (r#"{"a":"#.into(), "truncated"),
            (r#"{"a":"b"#.into(), "truncated"),
        ] {
            let found = check(&text).unwrap_err();
            assert!(found.starts_with(&format!("threat/{code}@")), "{found} {}", brief(&text));
        }
        assert_eq!(check("{\"a\":\"\u{1f600}\\ud83d\\ude00\"}"), Ok(()));
        assert_eq!(Outline::check(b"{\"a\":\"\xff\"}").unwrap_err().code(), "threat/invalid-utf8");
    }

    /// Scalars and strings of which nearly half are wrong: whoever has no doubt is right.
    fn doubt(inner: &str) -> (bool, bool) {
        let text = format!("[{inner}]");
        let serde = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        (Outline::of(&text).is_ok_and(|outline| !outline.is_doubtful()), serde)
    }

    #[test]
    fn there_is_no_doubt_about_what_is_well_formed() {
        for inner in [
            "0",
            "-0",
            "10",
            "1.5",
            "-1.05e+10",
            "1E9",
            "0e-1",
            "true",
            "false",
            "null",
            r#""""#,
            r#""a\n\"\\""#,
            r#""\u00e9\ud83d\ude00""#,
            r#"[{"a":[]}]"#,
            "1e999",
        ] {
            assert_eq!(doubt(inner), (true, true), "{inner}");
        }
    }

    proptest! {
        #[test]
        fn no_doubt_is_never_wrong(
            scalar in r#"-?[01]{0,3}(\.[0-9]{0,2})?([eE][-+]?[0-9]{0,2})?|t?rue?|fals?e|nul{1,3}"#,
            string in r#""([a-z\x00-\x1f]|\\[bfnrtuxU/"\\]|\\u[0-9a-fA-F+]{3,4}|é){0,6}""#,
        ) {
            for inner in [&scalar, &string] {
                let (sure, serde) = doubt(inner);
                prop_assert!(!sure || serde, "{inner:?}");
            }
        }

        /// What serde_json reads, the outline reads, and the other way round, but for keys, surrogates and bounds.
        #[test]
        fn outline_and_serde_agree(text in r#"([\[\]{},:" ]|"a"|"b":|1|-|true|null|\\u00e9|\\|x){0,24}"#) {
            let serde = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            if let Ok(outline) = Outline::of(&text) && !outline.is_doubtful() {
                prop_assert!(serde, "no doubt about what is wrong");
            }
            match Outline::check(text.as_bytes()) {
                Ok(()) => prop_assert!(serde),
                Err(fault) => prop_assert!(!serde || fault.code() == "threat/duplicate-key", "{}", fault),
            }
        }
    }
}
