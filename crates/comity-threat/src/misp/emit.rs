//! Writing STIX objects as text, member by member.

use super::scan::Slice;

/// An object under construction.
#[derive(Debug)]
pub(super) struct Emit {
    out: String,
}

impl Emit {
    /// Begins an object of a type with an id.
    pub(super) fn new(type_name: &str, id: &str) -> Emit {
        let mut emit = Emit { out: String::with_capacity(1024) };
        emit.out.push('{');
        emit.text("type", type_name);
        emit.raw("spec_version", "\"2.1\"");
        emit.text("id", id);
        emit
    }

    /// Begins an object without any member.
    pub(super) fn bare() -> Emit {
        Emit { out: "{".to_owned() }
    }

    /// A member whose value is JSON already.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push_str(value);
    }

    /// The same under a key that a stranger chose.
    pub(super) fn raw_quoted(&mut self, key: &str, value: &str) {
        if self.out.len() > 1 {
            self.out.push(',');
        }
        push_json(&mut self.out, key);
        self.out.push(':');
        self.out.push_str(value);
    }

    /// A member whose value is a string.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        push_json(&mut self.out, value);
    }

    /// A member whose value is a string, left out where it is empty.
    pub(super) fn text_if(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.text(key, value);
        }
    }

    /// A member whose value is a list of strings, left out where there are none.
    pub(super) fn texts<T: AsRef<str>>(&mut self, key: &str, values: impl IntoIterator<Item = T>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        self.key(key);
        let mut before = '[';
        for value in values {
            self.out.push(before);
            push_json(&mut self.out, value.as_ref());
            before = ',';
        }
        self.out.push(']');
    }

    /// A member whose value is a string that holds the JSON given, without its white space.
    pub(super) fn json_as_text(&mut self, key: &str, json: &str) {
        self.key(key);
        push_compact(&mut self.out, json);
    }

    /// The object's text.
    pub(super) fn finish(mut self) -> String {
        self.out.push('}');
        self.out
    }

    fn key(&mut self, key: &str) {
        if self.out.len() > 1 {
            self.out.push(',');
        }
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
    }
}

/// Appends a text as a JSON string.
pub(super) fn push_json(out: &mut String, text: &str) {
    out.push('"');
    push_escaped(out, text);
    out.push('"');
}

/// Appends the members of an object again, with the lists named in `emptied` empty.
pub(super) fn without_lists(object: Slice<'_>, emptied: &[&str]) -> String {
    let mut out = String::with_capacity(object.text.len().min(4096));
    out.push('{');
    for (key, value) in object.members() {
        if out.len() > 1 {
            out.push(',');
        }
        push_json(&mut out, &key);
        out.push(':');
        let emptied = value.is_list() && emptied.contains(&key.as_ref());
        out.push_str(if emptied { "[]" } else { value.text });
    }
    out.push('}');
    out
}

fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        let (clean, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(clean);
        let mut signs = tail.chars();
        if let Some(sign) = signs.next() {
            push_sign(out, sign);
        }
        rest = signs.as_str();
    }
    out.push_str(rest);
}

fn push_sign(out: &mut String, sign: char) {
    match sign {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        other => {
            let code = u32::from(other);
            out.push_str("\\u00");
            out.extend(char::from_digit(code >> 4, 16));
            out.extend(char::from_digit(code & 15, 16));
        }
    }
}

/// Appends JSON as a JSON string, leaving out white space between its values.
fn push_compact(out: &mut String, json: &str) {
    out.push('"');
    let mut rest = json;
    while let Some(quote) = memchr::memchr(b'"', rest.as_bytes()) {
        let (between, string) = rest.split_at_checked(quote).unwrap_or((rest, ""));
        out.extend(between.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')));
        let end = super::scan::end_of_string(string.as_bytes(), 0);
        let (string, after) = string.split_at_checked(end).unwrap_or((string, ""));
        push_escaped(out, string);
        rest = after;
    }
    out.extend(rest.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_read_back_as_they_were(text in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            let mut out = String::new();
            push_json(&mut out, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }

        #[test]
        fn json_in_a_string_keeps_its_content(text in "\\PC{0,20}", number in any::<i32>()) {
            let value = serde_json::json!({ text.clone(): [text, number, null, {"a": []}], "b": " x " });
            let mut emit = Emit::new("x-a", "x-a--1");
            emit.json_as_text("j", &serde_json::to_string_pretty(&value).unwrap());
            let object: serde_json::Value = serde_json::from_str(&emit.finish()).unwrap();
            let inner = object["j"].as_str().unwrap();
            prop_assert_eq!(inner.len(), serde_json::to_string(&value).unwrap().len());
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(inner).unwrap(), value);
        }
    }
}
