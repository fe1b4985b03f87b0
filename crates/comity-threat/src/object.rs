//! One STIX object: its exact text, its common properties, and access to every other property by key.

use crate::reader::{Cause, JsonKind, Outline, ReadFault, Value, grammar, json_fault, utf8};
use serde::Deserialize;
use std::borrow::Cow;

/// A STIX object that was read, not yet validated.
#[derive(Debug)]
pub struct Object<'a> {
    text: &'a str,
    outline: Outline,
    common: Common<'a>,
}

/// Properties that STIX 2.0 and 2.1 give to all objects (2.1 section 3.2), as they came.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub struct Common<'a> {
    #[serde(borrow, rename = "type")]
    r#type: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    spec_version: Option<Text<'a>>,
    #[serde(borrow)]
    created: Option<Text<'a>>,
    #[serde(borrow)]
    modified: Option<Text<'a>>,
    #[serde(borrow)]
    created_by_ref: Option<Text<'a>>,
    #[serde(default)]
    revoked: Option<bool>,
    #[serde(borrow, default)]
    object_marking_refs: Vec<Text<'a>>,
}

/// A string that borrows from the input where it has no escapes.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The edition of STIX an object follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpecVersion {
    /// STIX 2.0.
    V20,
    /// STIX 2.1.
    V21,
}

impl SpecVersion {
    /// `2.0` or `2.1`.
    pub fn as_str(self) -> &'static str {
        match self {
            SpecVersion::V20 => "2.0",
            SpecVersion::V21 => "2.1",
        }
    }
}

impl<'a> Object<'a> {
    /// Reads the bytes of one object.
    ///
    /// A fault has its place relative to these bytes. [`ReadFault::is_of_object_only`] tells JSON that is broken from a
    /// common property of a wrong type.
    pub fn read(bytes: &'a [u8]) -> Result<Object<'a>, ReadFault> {
        let text = utf8(bytes)?;
        let outline = Outline::of(text)?;
        if !text.starts_with('{') {
            let found = text.chars().next().map(String::from).unwrap_or_default();
            return Err(ReadFault::inside(bytes, 0, Cause::NotAnObject { found }));
        }
        if let Some(common) = Common::of(text, &outline) {
            return Ok(Object { text, outline, common });
        }
        match serde_json::from_str::<Common<'a>>(text) {
            Ok(common) => Ok(Object { text, outline, common }),
            Err(error) if error.is_data() => {
                // The rest of the text has not been read yet.
                grammar(text, &outline)?;
                Err(json_fault(text, &outline, &error))
            }
            Err(error) => Err(json_fault(text, &outline, &error)),
        }
    }

    /// The exact text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        // `Outline::of` makes at least one node, or fails.
        self.outline.root(self.text).unwrap_or_else(|| Value::nothing(self.text, &self.outline))
    }

    /// A property at the top.
    pub fn get(&self, key: &str) -> Option<Value<'_>> {
        self.root().get(key)
    }

    /// A string property at the top.
    pub fn text_of(&self, key: &str) -> Option<Cow<'_, str>> {
        self.root().text_of(key)
    }

    /// The common properties.
    pub fn common(&self) -> &Common<'a> {
        &self.common
    }

    /// `type`; empty where it is missing.
    pub fn type_name(&self) -> &str {
        text(self.common.r#type.as_ref()).unwrap_or_default()
    }

    /// `id`; empty where it is missing.
    pub fn id(&self) -> &str {
        text(self.common.id.as_ref()).unwrap_or_default()
    }

    /// The edition: as the object says; without a word, 2.1 for cyber observables and 2.0 for all others (2.1 section
    /// 3.2).
    pub fn version(&self) -> SpecVersion {
        match self.common.spec_version() {
            Some("2.0") => SpecVersion::V20,
            Some(_) => SpecVersion::V21,
            None if crate::schema::is_observable(self.type_name()) => SpecVersion::V21,
            None => SpecVersion::V20,
        }
    }

    /// What tells this version of the object from others: `modified`, else `created`, else nothing (cyber observables).
    pub fn moment(&self) -> Option<crate::Moment> {
        self.common.modified().or(self.common.created())?.parse().ok()
    }
}

impl<'a> Common<'a> {
    /// Reads them along the outline; `None` where something is not as usual, and `serde_json` is to say what.
    fn of(text: &'a str, outline: &Outline) -> Option<Common<'a>> {
        if outline.is_doubtful() || outline.has_escaped_keys() {
            return None;
        }
        let mut common = Common::default();
        for member in outline.root(text)?.children() {
            match member.key().as_ref() {
                "type" => common.r#type = string(text, member)?,
                "id" => common.id = string(text, member)?,
                "spec_version" => common.spec_version = string(text, member)?,
                "created" => common.created = string(text, member)?,
                "modified" => common.modified = string(text, member)?,
                "created_by_ref" => common.created_by_ref = string(text, member)?,
                "revoked" => common.revoked = flag(member)?,
                "object_marking_refs" => common.object_marking_refs = strings(text, member)?,
                _ => {}
            }
        }
        Some(common)
    }
}

/// A string, or nothing for null; `None` for another type, and where something is escaped.
fn string<'a>(text: &'a str, value: Value<'_>) -> Option<Option<Text<'a>>> {
    match value.kind() {
        JsonKind::Null => Some(None),
        JsonKind::String => plain(text, value).map(Some),
        _ => None,
    }
}

fn strings<'a>(text: &'a str, list: Value<'_>) -> Option<Vec<Text<'a>>> {
    (list.kind() == JsonKind::Array).then_some(())?;
    list.children().map(|element| plain(text, element)).collect()
}

fn plain<'a>(text: &'a str, value: Value<'_>) -> Option<Text<'a>> {
    let plain = value.kind() == JsonKind::String && !value.is_escaped();
    let quoted = text.get(value.span()).filter(|_| plain)?;
    Some(Text(Cow::Borrowed(quoted.strip_prefix('"')?.strip_suffix('"')?)))
}

fn flag(value: Value<'_>) -> Option<Option<bool>> {
    match value.raw() {
        "null" => Some(None),
        "true" => Some(Some(true)),
        "false" => Some(Some(false)),
        _ => None,
    }
}

impl Common<'_> {
    /// `spec_version`.
    pub fn spec_version(&self) -> Option<&str> {
        text(self.spec_version.as_ref())
    }

    /// `created`, as text.
    pub fn created(&self) -> Option<&str> {
        text(self.created.as_ref())
    }

    /// `modified`, as text.
    pub fn modified(&self) -> Option<&str> {
        text(self.modified.as_ref())
    }

    /// `created_by_ref`.
    pub fn created_by_ref(&self) -> Option<&str> {
        text(self.created_by_ref.as_ref())
    }

    /// Whether the object is revoked.
    pub fn is_revoked(&self) -> bool {
        self.revoked == Some(true)
    }

    /// `object_marking_refs`.
    pub fn object_marking_refs(&self) -> impl Iterator<Item = &str> {
        self.object_marking_refs.iter().map(|text| text.0.as_ref())
    }
}

fn text<'t>(value: Option<&'t Text<'_>>) -> Option<&'t str> {
    value.map(|text| text.0.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_properties_are_borrowed_and_the_rest_is_reached_by_key() {
        let text = r#"{"type":"identity","id":"identity--1","revoked":true,"name":"Ministère \"A\"",
            "object_marking_refs":["m1","m2"],"created":"2026-01-01T00:00:00Z"}"#;
        let object = Object::read(text.as_bytes()).unwrap();
        assert_eq!(
            (object.type_name(), object.id(), object.version()),
            ("identity", "identity--1", SpecVersion::V20)
        );
        assert_eq!(object.common().object_marking_refs().collect::<Vec<_>>(), ["m1", "m2"]);
        assert!(object.common().is_revoked());
        assert_eq!(object.text_of("name").unwrap(), "Ministère \"A\"");
        assert_eq!(object.moment().unwrap().to_string(), "2026-01-01T00:00:00.000Z");
        let observable = Object::read(br#"{"type":"url","value":"http://example.org/"}"#).unwrap();
        assert_eq!((observable.version(), observable.moment()), (SpecVersion::V21, None));
    }

    #[test]
    fn the_outline_gives_the_common_properties_that_serde_gives() {
        for text in [
            r#"{"type":"identity","id":"identity--1","spec_version":"2.1","created":"a","modified":"b",
                "created_by_ref":"c","revoked":false,"object_marking_refs":[],"name":"é"}"#,
            r#"{"type":null,"revoked":null,"object_marking_refs":["x","y"],"x":{"type":"inner","id":[1]}}"#,
            "{}",
        ] {
            let outline = Outline::of(text).unwrap();
            assert_eq!(Common::of(text, &outline), Some(serde_json::from_str(text).unwrap()), "{text}");
        }
        for text in [
            r#"{"type":5}"#,
            r#"{"revoked":"true"}"#,
            r#"{"object_marking_refs":null}"#,
            r#"{"object_marking_refs":["a",1]}"#,
            r#"{"created":"a\n"}"#,
            r#"{"ty\u0070e":"a"}"#,
            r#"{"x":01}"#,
        ] {
            assert_eq!(Common::of(text, &Outline::of(text).unwrap()), None, "{text}");
        }
    }

    #[test]
    fn a_wrong_type_refuses_the_object_and_broken_json_the_input() {
        for (text, code, only) in [
            (r#"{"type":5}"#, "threat/wrong-type", true),
            (r#"{"type":5,"x":tru}"#, "threat/json-syntax", false),
            (r#"{"revoked":"yes"}"#, "threat/wrong-type", true),
            (r#"{"type":"a","type":"b"}"#, "threat/duplicate-key", false),
        ] {
            let fault = Object::read(text.as_bytes()).unwrap_err();
            assert_eq!((fault.code(), fault.is_of_object_only()), (code, only), "{text}");
        }
    }
}
