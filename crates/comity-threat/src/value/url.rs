//! URLs (RFC 3986 section 6.2): scheme and host in lower case, the host as a name or address, no user information, no
//! fragment, no default port, dot segments removed, an empty path as `/`, percent-encoding only where it is needed and in
//! upper case. Case of path and query, and the order of the query, stay.
//!
//! A URL without a scheme keeps none: `//example.org/a` is that path of that host under any scheme.

use super::{Fault, address, name, port};
use std::{fmt::Write as _, net::IpAddr};

/// The parts of a canonical URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlParts<'u> {
    /// The scheme; empty where any is meant.
    pub scheme: &'u str,
    /// Host, in brackets where it is an IPv6 address.
    pub host: &'u str,
    /// The port, where one is written.
    pub port: Option<u16>,
    /// Path and query, from the first `/`.
    pub target: &'u str,
}

/// Takes a canonical URL apart.
pub fn split(url: &str) -> Option<UrlParts<'_>> {
    let (before, rest) = url.split_once("//")?;
    let (authority, _) = rest.split_once('/')?;
    let target = rest.get(authority.len()..)?;
    let (host, port) = host_and_port(authority)?;
    Some(UrlParts { scheme: before.trim_end_matches(':'), host, port, target })
}

pub(super) fn normalise(text: &str) -> Result<String, Fault> {
    let fault = |why| Fault::url(text, why);
    if text.contains(char::is_control) {
        return Err(fault("a control character"));
    }
    let (scheme, rest) = scheme_and_rest(text).ok_or_else(|| fault("the scheme is no word"))?;
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
    // Whatever stands before the last `@` is not the host; phishing lives on readers who think otherwise.
    let authority = match authority.rsplit_once('@') {
        Some(_) if !text.starts_with("//") && scheme.is_empty() => {
            return Err(fault("an `@` in the host, and no scheme"));
        }
        Some((_, host)) => host,
        None => authority,
    };
    let (host, port) = host_and_port(authority).ok_or_else(|| fault("the port is no number"))?;
    let mut out = String::with_capacity(text.len() + 8);
    if !scheme.is_empty() {
        out.push_str(&scheme);
        out.push(':');
    }
    out.push_str("//");
    push_host(&mut out, host).ok_or_else(|| fault("the host is neither a name nor an address"))?;
    if let Some(port) = port.filter(|port| default_port(&scheme) != Some(*port)) {
        // Writing to a `String` cannot fail.
        let _always = write!(out, ":{port}");
    }
    push_target(&mut out, target);
    Ok(out)
}

/// The scheme in lower case (empty: any) and what follows `//`.
fn scheme_and_rest(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix("//") {
        return Some((String::new(), rest));
    }
    let Some((scheme, rest)) = text.split_once("://") else { return Some((String::new(), text)) };
    if scheme.contains(['/', '?', '#', '@']) {
        // `example.org/?to=http://…`: the scheme of another URL inside of this one.
        return Some((String::new(), text));
    }
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let word = scheme.bytes().all(letter) && scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    word.then(|| (scheme.to_ascii_lowercase(), rest))
}

/// Host and port of an authority without user information; `None` where the port is no number.
pub(super) fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    match authority.rsplit_once(':') {
        Some((host, _)) if host.starts_with('[') && !host.ends_with(']') => Some((authority, None)),
        Some((host, "")) => Some((host, None)),
        Some((host, digits)) => port(digits).map(|port| (host, Some(port))),
        None => Some((authority, None)),
    }
}

fn push_host(out: &mut String, host: &str) -> Option<()> {
    // A bare IPv6 address has colons that would be read as a port.
    let literal = host.starts_with('[') || !host.contains(':');
    match literal.then(|| address::ip(host)).flatten() {
        Some(IpAddr::V6(address)) => write!(out, "[{address}]").ok(),
        Some(IpAddr::V4(address)) => write!(out, "{address}").ok(),
        None if host.contains([':', '*', '%']) => None,
        None => {
            out.push_str(&name::normalise(host).ok()?);
            Some(())
        }
    }
}

/// The port that a scheme has where none is written.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

fn push_target(out: &mut String, target: &str) {
    let end = target.find('?').unwrap_or(target.len());
    let (path, query) = target.split_at_checked(end).unwrap_or((target, ""));
    // What browsers do with a backslash in a path is what attackers count on.
    let path = percent(&path.replace('\\', "/"));
    push_without_dots(out, &path);
    out.push_str(&percent(query));
}

/// Removes `.` and `..` segments (RFC 3986 section 5.2.4).
fn push_without_dots(out: &mut String, path: &str) {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    for segment in &kept {
        out.push('/');
        out.push_str(segment);
    }
    if kept.is_empty() {
        out.push('/');
    }
}

/// Percent-encoding in its one form: unreserved characters bare, everything else that needs it as `%` and two digits.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((&first, rest)) = bytes.split_first() {
        bytes = rest;
        let encoded = if first == b'%' { hex_pair(rest) } else { None };
        let byte = encoded.unwrap_or(first);
        if encoded.is_some() {
            bytes = rest.get(2..).unwrap_or_default();
        }
        let bare = is_unreserved(byte) || (encoded.is_none() && is_kept(byte));
        if bare {
            out.push(char::from(byte));
        } else {
            let _always = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn hex_pair(rest: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match rest {
        [high, low, ..] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Reserved characters that may stand bare in a path or query. Their encoded forms mean something else and stay encoded.
fn is_kept(byte: u8) -> bool {
    matches!(
        byte,
        b'/' | b'?'
            | b':'
            | b'@'
            | b'!'
            | b'$'
            | b'&'
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'='
    )
}
