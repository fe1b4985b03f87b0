//! What MISP clients and servers say over HTTP, as values: what an event must have before it is taken in, how an edit
//! joins what is held, what a search asks for, how an event is shown, and the files of a feed, ours and another's.
//!
//! No I/O, no clock, no randomness: times and new UUIDs come in as arguments. How an event becomes objects and labels is in
//! `comity_threat::misp`; who may see which of them is decided before anything gets here.

mod edit;
mod feed;
mod filter;
mod pulled;
mod show;

pub use edit::{Fresh, Organisation, attach_tag, complete, detach_tag, merge, revoke, sight};
pub use feed::{hashes, manifest_row};
pub use filter::{BadFilter, Filter};
pub use pulled::{
    Hashes, Listed, Manifest, ManifestFault, read_hashes, read_index, read_manifest, strangers,
};
pub use show::{attribute_of, attributes, index_row, minimal_row, shown};

use serde_json::{Map, Value};

/// The event inside of `{"Event": …}`, or the value itself.
pub fn unwrapped(value: Value, name: &str) -> Value {
    match value {
        Value::Object(mut map) if map.contains_key(name) => map.remove(name).unwrap_or_default(),
        other => other,
    }
}

/// A member as text; numbers and flags as they are written.
pub fn text_of(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(true)) => "1".to_owned(),
        Some(Value::Bool(false)) => "0".to_owned(),
        _ => String::new(),
    }
}

/// Seconds since 1970 in a member; 0 where there are none.
pub(crate) fn seconds_of(value: &Value, key: &str) -> i64 {
    text_of(value, key).parse().unwrap_or(0)
}

/// Whether a member says yes.
pub(crate) fn flag_of(value: &Value, key: &str) -> bool {
    matches!(text_of(value, key).as_str(), "1" | "true")
}

/// The elements of a member that is a list.
pub(crate) fn list_of<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The elements of a member, to be changed; made where it is not there.
pub(crate) fn list_mut<'v>(value: &'v mut Map<String, Value>, key: &str) -> Option<&'v mut Vec<Value>> {
    let list = value.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    list.as_array_mut()
}

/// Sets a member that is missing or null.
pub(crate) fn fill(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    if map.get(key).is_none_or(Value::is_null) {
        map.insert(key.to_owned(), value.into());
    }
}
