//! Host and domain names: A-labels in lower case, without the root's dot (RFC 1035, RFC 5890, UTS #46 non-transitional).
//!
//! The underscore is a letter here: service names and much of what malware registers carry it. ASCII names are kept as
//! they came, lower-cased, also where an `xn--` label is none that UTS #46 would make: the DNS carries such names.

use super::{Fault, port};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use psl::{Psl, Type};
use std::borrow::Cow;

/// Most bytes of a name, and of one label (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

pub(super) fn normalise(text: &str) -> Result<String, Fault> {
    let bare = without_port(text.strip_prefix("*.").unwrap_or(text));
    let mut name = if bare.is_ascii() { bare.to_ascii_lowercase() } else { to_ascii(bare)? };
    if name.ends_with('.') {
        name.pop();
    }
    match wrong_with(&name) {
        Some(why) => Err(Fault::name(text, why)),
        None => Ok(name),
    }
}

/// What is wrong with a lower-case name of ASCII letters.
pub(super) fn wrong_with(name: &str) -> Option<&'static str> {
    if name.len() > MAX_NAME {
        return Some("longer than 253 letters");
    }
    let mut last = "";
    for label in name.split('.') {
        if label.is_empty() {
            return Some("an empty label");
        }
        if label.len() > MAX_LABEL {
            return Some("a label longer than 63 letters");
        }
        if !label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')) {
            return Some("a character that names do not have");
        }
        last = label;
    }
    // What ends in a number is an address, a version or nothing (WHATWG URL, "ends in a number").
    last.bytes().all(|b| b.is_ascii_digit()).then_some("the last label is a number")
}

fn without_port(text: &str) -> &str {
    match text.rsplit_once(':') {
        Some((name, digits)) if port(digits).is_some() => name,
        _ => text,
    }
}

fn to_ascii(text: &str) -> Result<String, Fault> {
    let made =
        Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore);
    made.map(Cow::into_owned).map_err(|_| Fault::name(text, "not in the form of UTS #46"))
}

/// The name with its letters instead of Punycode; as it is where that has no form.
pub(super) fn shown(name: &str) -> Cow<'_, str> {
    if !name.contains("xn--") {
        return Cow::Borrowed(name);
    }
    let (shown, read) = Uts46::new().to_unicode(name.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    if read.is_ok() { shown } else { Cow::Borrowed(name) }
}

/// Whether a canonical name is a suffix below which strangers register names: one label, or a name of the ICANN section of
/// the public-suffix list. Such a name never stands for the names below it.
pub fn is_public_suffix(name: &str) -> bool {
    !name.contains('.') || is_listed(name.as_bytes()) || is_listed(shown(name).as_bytes())
}

fn is_listed(name: &[u8]) -> bool {
    psl::List
        .suffix(name)
        .is_some_and(|suffix| suffix.typ() == Some(Type::Icann) && suffix.as_bytes() == name)
}

/// Whether the name ends in a suffix of the list, or in one that malware uses beside the DNS.
pub(super) fn has_known_suffix(name: &str) -> bool {
    const BESIDE_THE_DNS: [&str; 3] = ["onion", "i2p", "bit"];
    let last = name.rsplit('.').next().unwrap_or_default();
    let known = |name: &[u8]| psl::List.suffix(name).is_some_and(|suffix| suffix.is_known());
    name.contains('.')
        && (BESIDE_THE_DNS.contains(&last) || known(name.as_bytes()) || known(shown(name).as_bytes()))
}
