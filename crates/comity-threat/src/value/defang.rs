//! Values as people write them: with their dots in brackets, so that nobody clicks on them.
//!
//! Defanging is taken back when values come in from people and lists, and never in logs: a log line that says `[.]` is
//! about text, not about a host.

use super::{Kind, Value, address, hash, name, normalise};
use std::borrow::Cow;

/// The value that a text is by its shape; `None` where it is none, or could be more than one.
///
/// 32, 40, 64 and 128 hexadecimal digits are taken for file hashes (a TLS fingerprint looks the same: where the source says
/// what a hash is of, say it with [`normalise`]). A name needs a suffix that exists, so that `setup.exe` is none. A URL may
/// lack its scheme where a path follows its host.
pub fn recognise(text: &str) -> Option<Value> {
    let bare = refang(text.trim())?;
    let text = bare.as_ref();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    if let Some(kind) = hash::of_length(text.len()).filter(|_| text.bytes().all(|b| b.is_ascii_hexdigit())) {
        return normalise(kind, text).ok();
    }
    if text.contains("://") {
        return normalise(Kind::Url, text).ok();
    }
    if let Some(range) = address::range(text) {
        let kind = if range.first.is_ipv4() { Kind::Ipv4 } else { Kind::Ipv6 };
        return normalise(kind, text).ok();
    }
    if let Some((address, port)) = address::split_port(text) {
        return Some(address::written(address, port));
    }
    if let Some((host, _)) = text.split_once('/') {
        return is_host(host).then(|| normalise(Kind::Url, text).ok()).flatten();
    }
    let kind = if text.contains('@') { Kind::Email } else { Kind::Name };
    normalise(kind, text).ok().filter(|value| {
        let domain = value.text().rsplit('@').next().unwrap_or_default();
        name::has_known_suffix(domain)
    })
}

/// Whether a text before a slash is a host: an address, or a name with a suffix that exists.
fn is_host(text: &str) -> bool {
    let bare = super::url::host_and_port(text).map(|(host, _)| host);
    bare.is_some_and(|host| {
        address::ip(host).is_some()
            || normalise(Kind::Name, host).is_ok_and(|name| name::has_known_suffix(name.text()))
    })
}

/// What stands in brackets for a character of a value, in lower case.
const IN_BRACKETS: [(&str, &str); 8] =
    [(".", "."), ("dot", "."), (":", ":"), ("://", "://"), (":/", ":/"), ("/", "/"), ("@", "@"), ("at", "@")];

/// Schemes as defanging writes them.
const SCHEMES: [(&str, &str); 6] = [
    ("hxxps", "https"),
    ("hxxp", "http"),
    ("h**ps", "https"),
    ("h**p", "http"),
    ("hxtps", "https"),
    ("fxp", "ftp"),
];

/// Takes defanging back: `hxxp`, `[.]`, `(dot)`, `[:]//`, `[at]` and the like. `None` where a bracket that stands in the
/// host is neither that nor around an address.
pub fn refang(text: &str) -> Option<Cow<'_, str>> {
    let marked = text.contains(['[', '(', '{', '\\']);
    let scheme = SCHEMES.iter().find(|(written, _)| {
        let start = text.get(..written.len());
        let after = text.get(written.len()..).unwrap_or_default();
        start.is_some_and(|start| start.eq_ignore_ascii_case(written)) && after.starts_with([':', '['])
    });
    if !marked && scheme.is_none() {
        return Some(Cow::Borrowed(text));
    }
    let rest = scheme.map_or(text, |(written, _)| text.get(written.len()..).unwrap_or_default());
    let mut out = String::from(scheme.map_or("", |(_, meant)| meant));
    let mut rest = rest;
    while let Some(first) = rest.chars().next() {
        let (meant, length) = bracketed(rest).unwrap_or((None, first.len_utf8()));
        match meant {
            Some(meant) => out.push_str(meant),
            None => out.push(first),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    host_is_plain(&out).then_some(Cow::Owned(out))
}

/// What the beginning of a text stands for where it is a bracket around a sign, and its length.
fn bracketed(text: &str) -> Option<(Option<&'static str>, usize)> {
    if text.starts_with("\\.") {
        return Some((Some("."), 2));
    }
    let close = match text.chars().next()? {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        _ => return None,
    };
    let end = text.find(close)?;
    let inner = text.get(1..end)?.trim();
    let (_, meant) = IN_BRACKETS.iter().find(|(written, _)| inner.eq_ignore_ascii_case(written))?;
    Some((Some(meant), end + 1))
}

/// Whether no bracket is left in the host, but for those of an IPv6 address.
fn host_is_plain(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let inner = host.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(host, |(inner, _)| inner);
    !inner.contains(['[', ']', '(', ')', '{', '}'])
}
