//! Walking JSON whose grammar was checked before: members and elements as slices of the input. Nothing is built, so that
//! an event of a hundred thousand attributes costs no more memory than its text.

use memchr::memchr2;
use std::borrow::Cow;

/// One JSON value as it stands in an input, with its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice<'a> {
    /// The exact text of the value.
    pub text: &'a str,
    /// Bytes before it in the input.
    pub at: usize,
}

/// A member of a JSON object: its key, and its value.
pub type Member<'a> = (Cow<'a, str>, Slice<'a>);

impl<'a> Slice<'a> {
    /// The whole of an input, without the white space around.
    pub(super) fn whole(input: &'a str) -> Slice<'a> {
        let start = input.len() - input.trim_start_matches(SPACE).len();
        Slice { text: input.trim_matches(SPACE), at: start }
    }

    /// Whether it is `{…}`.
    pub(super) fn is_object(self) -> bool {
        self.text.starts_with('{')
    }

    /// Whether it is `[…]`.
    pub(super) fn is_list(self) -> bool {
        self.text.starts_with('[')
    }

    /// The members, where it is an object.
    pub(super) fn members(self) -> impl Iterator<Item = Member<'a>> {
        let mut walk = Walk::into(self, self.is_object());
        std::iter::from_fn(move || {
            let key = walk.next_value()?;
            walk.skip(b':');
            let value = walk.next_value()?;
            walk.skip(b',');
            Some((key.as_text()?, value))
        })
    }

    /// The member with this key.
    pub(super) fn get(self, key: &str) -> Option<Slice<'a>> {
        self.members().find(|(found, _)| found == key).map(|(_, value)| value)
    }

    /// The elements, where it is a list.
    pub(super) fn elements(self) -> impl Iterator<Item = Slice<'a>> {
        let mut walk = Walk::into(self, self.is_list());
        std::iter::from_fn(move || {
            let value = walk.next_value()?;
            walk.skip(b',');
            Some(value)
        })
    }

    /// The string it is, unescaped; a number or a Boolean as it is written, since MISP writes ids and flags either way.
    pub(super) fn as_text(self) -> Option<Cow<'a, str>> {
        match self.text.strip_prefix('"') {
            Some(rest) => {
                let inner = rest.strip_suffix('"')?;
                if inner.contains('\\') {
                    return serde_json::from_str(self.text).ok().map(Cow::Owned);
                }
                Some(Cow::Borrowed(inner))
            }
            None if self.is_object() || self.is_list() || self.text == "null" => None,
            None => Some(Cow::Borrowed(self.text)),
        }
    }

    /// Whether it says yes: `true`, `1`, or either as a string.
    pub(super) fn as_flag(self) -> bool {
        matches!(self.text, "true" | "1" | "\"1\"" | "\"true\"")
    }
}

const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

struct Walk<'a> {
    inside: Slice<'a>,
    at: usize,
}

impl<'a> Walk<'a> {
    /// Stands behind the opening bracket, or at the end where there is none.
    fn into(inside: Slice<'a>, opened: bool) -> Walk<'a> {
        Walk { inside, at: if opened { 1 } else { inside.text.len() } }
    }

    fn skip_space(&mut self) {
        let rest = self.inside.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    /// Passes over this sign, where it comes next.
    fn skip(&mut self, sign: u8) {
        self.skip_space();
        self.at += usize::from(self.inside.text.as_bytes().get(self.at) == Some(&sign));
    }

    /// The next value; `None` at the closing bracket.
    fn next_value(&mut self) -> Option<Slice<'a>> {
        self.skip_space();
        let bytes = self.inside.text.as_bytes();
        if matches!(bytes.get(self.at), None | Some(b'}' | b']')) {
            return None;
        }
        let end = end_of_value(bytes, self.at);
        let text = self.inside.text.get(self.at..end)?;
        let found = Slice { text, at: self.inside.at + self.at };
        // A value of no length would be met for ever.
        (end > self.at).then(|| self.at = end)?;
        Some(found)
    }
}

fn end_of_value(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'"') => end_of_string(bytes, at),
        Some(b'{' | b'[') => end_of_nested(bytes, at),
        _ => {
            let rest = bytes.get(at..).unwrap_or_default();
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
            at + rest.iter().take_while(|byte| !ends(byte)).count()
        }
    }
}

pub(super) fn end_of_string(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(found) = memchr2(b'"', b'\\', rest) else { return bytes.len() };
        match rest.get(found) {
            Some(b'"') => return at + found + 1,
            _ => at += found + 2,
        }
    }
}

fn end_of_nested(bytes: &[u8], at: usize) -> usize {
    let (mut at, mut depth) = (at, 0usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_and_elements_are_the_exact_slices() {
        let text = "  {\"a\" : [1, \"x]\\\"\", {\"b\":null}] ,\n\"k\\u0065y\":\"v\", \"e\":{}, \"l\":[ ] }\n";
        let whole = Slice::whole(text);
        let members: Vec<_> = whole.members().collect();
        let shown: Vec<_> = members.iter().map(|(key, value)| (key.as_ref(), value.text)).collect();
        let list = "[1, \"x]\\\"\", {\"b\":null}]";
        assert_eq!(shown, [("a", list), ("key", "\"v\""), ("e", "{}"), ("l", "[ ]")]);
        let elements: Vec<_> = members[0].1.elements().map(|slice| slice.text).collect();
        assert_eq!(elements, ["1", "\"x]\\\"\"", "{\"b\":null}"]);
        assert_eq!(members[3].1.elements().count(), 0);
        for (_, value) in members {
            assert_eq!(text.get(value.at..value.at + value.text.len()), Some(value.text));
        }
    }

    #[test]
    fn ids_and_flags_are_read_in_either_form() {
        let text = r#"{"a":5,"b":"5","c":true,"d":"1","e":null,"f":false}"#;
        let get = |key| Slice::whole(text).get(key).unwrap();
        assert_eq!((get("a").as_text().unwrap(), get("b").as_text().unwrap()), ("5".into(), "5".into()));
        assert_eq!((get("c").as_flag(), get("d").as_flag(), get("f").as_flag()), (true, true, false));
        assert_eq!(get("e").as_text(), None);
    }

    proptest! {
        #[test]
        fn walking_agrees_with_another_reader(keys in proptest::collection::vec(("\\PC{0,6}", "\\PC{0,12}"), 0..6)) {
            let object: serde_json::Map<String, serde_json::Value> =
                keys.into_iter().map(|(key, value)| (key, serde_json::json!([value, {"x": 1.5}, []]))).collect();
            let text = serde_json::to_string(&object).unwrap();
            let walked: serde_json::Map<String, serde_json::Value> = Slice::whole(&text)
                .members()
                .map(|(key, value)| (key.into_owned(), serde_json::from_str(value.text).unwrap()))
                .collect();
            prop_assert_eq!(walked, object);
        }

        #[test]
        fn anything_at_all_ends(text in "[\\[\\]{}\",:\\\\a1 ]{0,60}") {
            let whole = Slice::whole(&text);
            let _ended = whole.members().count() + whole.elements().count();
        }
    }
}
