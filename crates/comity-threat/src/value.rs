//! Values: what analysts search, match and share. One function, [`normalise`], gives every value its one canonical form
//! for the whole product; `docs/reference/values.md` says the rules in words.
//!
//! Two texts mean the same value exactly where kind and canonical text are equal. [`recognise`] finds the kind by the
//! shape and takes back defanging, for people and lists; [`normalise`] does not: logs and STIX are never defanged.

mod address;
mod defang;
mod fault;
mod hash;
mod host;
mod mail;
mod name;
mod object;
mod pattern;
mod url;

pub use address::{Range, is_ipv4, port, range, v4, v6};
pub use defang::{recognise, refang};
pub use fault::Fault;
pub use host::{host_of, names_above};
pub use name::is_public_suffix;
pub use object::values_of;
pub use pattern::{Decisive, decisive, values_of_pattern};
pub use url::{UrlParts, split as split_url};

use std::{fmt, str::FromStr};

/// The longest text that is taken for a value, in bytes.
pub const MAX_VALUE_BYTES: usize = 1 << 16;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A host or domain name, as A-labels.
    Name,
    /// One IPv4 address.
    Ipv4,
    /// One IPv6 address.
    Ipv6,
    /// A range of addresses in CIDR form, of either family.
    Cidr,
    /// An address with a port.
    AddressPort,
    /// A URL.
    Url,
    /// A mail address.
    Email,
    /// An MD5 hash.
    Md5,
    /// A SHA-1 hash.
    Sha1,
    /// A SHA-256 hash.
    Sha256,
    /// A SHA-512 hash.
    Sha512,
    /// Anything else (file and mutex names, registry keys, fuzzy hashes): the text itself, without white space around it.
    Other,
}

/// A value in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    kind: Kind,
    text: Box<str>,
}

impl Kind {
    /// Every kind, in the order of their words.
    pub const ALL: [Kind; 12] = [
        Kind::Name,
        Kind::Ipv4,
        Kind::Ipv6,
        Kind::Cidr,
        Kind::AddressPort,
        Kind::Url,
        Kind::Email,
        Kind::Md5,
        Kind::Sha1,
        Kind::Sha256,
        Kind::Sha512,
        Kind::Other,
    ];

    /// The word for it, in keys, pages and options. It never changes.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Name => "name",
            Kind::Ipv4 => "ipv4",
            Kind::Ipv6 => "ipv6",
            Kind::Cidr => "cidr",
            Kind::AddressPort => "address-port",
            Kind::Url => "url",
            Kind::Email => "email",
            Kind::Md5 => "md5",
            Kind::Sha1 => "sha-1",
            Kind::Sha256 => "sha-256",
            Kind::Sha512 => "sha-512",
            Kind::Other => "other",
        }
    }

    /// Whether it is a file hash that is compared for equality.
    pub fn is_hash(self) -> bool {
        matches!(self, Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Kind {
    type Err = Fault;
    fn from_str(text: &str) -> Result<Kind, Fault> {
        let known = Kind::ALL.into_iter().find(|kind| kind.word() == text);
        known.ok_or_else(|| Fault::UnknownKind { text: crate::reader::brief(text) })
    }
}

impl Value {
    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its canonical text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text to show to a person: names with their letters instead of Punycode.
    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        match self.kind {
            Kind::Name => name::shown(&self.text),
            _ => std::borrow::Cow::Borrowed(&self.text),
        }
    }

    /// The value of a text that is canonical already, as an index gives it back.
    pub fn of_canonical(kind: Kind, text: &str) -> Result<Value, Fault> {
        let value = normalise(kind, text)?;
        if value.kind == kind && &*value.text == text {
            Ok(value)
        } else {
            Err(Fault::NotCanonical { text: crate::reader::brief(text) })
        }
    }

    fn new(kind: Kind, text: impl Into<Box<str>>) -> Value {
        Value { kind, text: text.into() }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The canonical form of a text that is said to be of this kind.
///
/// The kind that comes back can be a nearer one: an address with a prefix length is [`Kind::Cidr`], a range of one address
/// is that address, and an IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.1`) is [`Kind::Ipv4`].
pub fn normalise(kind: Kind, text: &str) -> Result<Value, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    if text.len() > MAX_VALUE_BYTES {
        return Err(Fault::TooLong);
    }
    match kind {
        Kind::Name => name::normalise(text).map(|name| Value::new(Kind::Name, name)),
        Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr => address::normalise(kind, text),
        Kind::AddressPort => address::with_port(text),
        Kind::Url => url::normalise(text).map(|url| Value::new(Kind::Url, url)),
        Kind::Email => mail::normalise(text).map(|mail| Value::new(Kind::Email, mail)),
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512 => hash::normalise(kind, text),
        Kind::Other => Ok(Value::new(Kind::Other, text)),
    }
}

/// For fuzzing: a canonical form is its own canonical form. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for value in Kind::ALL.into_iter().filter_map(|kind| normalise(kind, text).ok()) {
        debug_assert_eq!(Value::of_canonical(value.kind, &value.text).as_ref(), Ok(&value));
    }
    let _guess = recognise(text);
    let _constants = values_of_pattern(text).len();
    let _decisive = decisive(text);
}

#[cfg(test)]
mod tests;
