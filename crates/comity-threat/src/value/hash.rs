//! File hashes: hexadecimal digits in lower case, as many as the algorithm gives.

use super::{Fault, Kind, Value};
use crate::reader::brief;

pub(super) fn normalise(kind: Kind, text: &str) -> Result<Value, Fault> {
    if digits(kind) == text.len() && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Value::new(kind, text.to_ascii_lowercase()));
    }
    Err(Fault::NotAHash { text: brief(text), kind, digits: digits(kind) })
}

/// How many hexadecimal digits a hash of this kind has; 0 for what is no hash.
fn digits(kind: Kind) -> usize {
    match kind {
        Kind::Md5 => 32,
        Kind::Sha1 => 40,
        Kind::Sha256 => 64,
        Kind::Sha512 => 128,
        _ => 0,
    }
}

/// The kind that has so many digits.
pub(super) fn of_length(length: usize) -> Option<Kind> {
    [Kind::Md5, Kind::Sha1, Kind::Sha256, Kind::Sha512].into_iter().find(|kind| digits(*kind) == length)
}

/// The kind that a key of a STIX `hashes` property names (STIX 2.1 section 10.7, and how 2.0 and others write it).
pub(super) fn of_key(key: &str) -> Option<Kind> {
    let letters: String = key.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    match letters.to_ascii_lowercase().as_str() {
        "md5" => Some(Kind::Md5),
        "sha1" => Some(Kind::Sha1),
        "sha256" => Some(Kind::Sha256),
        "sha512" => Some(Kind::Sha512),
        _ => None,
    }
}
