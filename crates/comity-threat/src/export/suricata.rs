//! Suricata rules of values.

use super::{
    Row,
    line::{one_line, safe_id},
    wide,
};
use crate::value::{Kind, Value, is_ipv4, split_url};
use std::fmt::Write as _;

/// Most bytes of one `content`: older Suricata counts its length in eight bits.
const PIECE: usize = 200;
/// Most bytes of a rule that Suricata reads (`DETECT_MAX_RULE_SIZE` with room to spare).
pub(super) const LONGEST: usize = 8000;

/// One Suricata rule, which takes a number where it is written. Hashes are left out: Suricata reads them from files of
/// their own.
pub(super) fn rule(
    row: &Row<'_>,
    number: impl FnOnce() -> u32,
    out: &mut String,
) -> Result<(), &'static str> {
    let (head, body) = signature(row.value)?;
    let message = quoted(&one_line(if row.name.is_empty() { row.value.text() } else { row.name }));
    let id = safe_id(row.id);
    if head.len() + message.len() + body.len() + id.len() > LONGEST - 100 {
        return Err("a rule longer than Suricata reads");
    }
    let number = number();
    let written = writeln!(
        out,
        "alert {head} (msg:\"{message}\"; {body}classtype:trojan-activity; metadata:stix_id {id}; sid:{number}; rev:1;)"
    );
    written.map_err(|_| "no room")
}

/// Protocol and addresses of a rule, and its match.
fn signature(value: &Value) -> Result<(String, String), &'static str> {
    let text = value.text();
    Ok(match value.kind() {
        Kind::Name => (
            "dns $HOME_NET any -> any any".to_owned(),
            // The name itself and what is below it; `dotprefix` puts a dot before both.
            format!("dns.query; dotprefix; content:\".{}\"; nocase; endswith; ", content(text.as_bytes())),
        ),
        Kind::Cidr if wide(value) => return Err("a block too wide to act on"),
        Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr => (format!("ip $HOME_NET any -> [{text}] any"), String::new()),
        Kind::AddressPort => {
            let (address, port) = text.rsplit_once(':').unwrap_or((text, "any"));
            (format!("tcp $HOME_NET any -> [{}] {port}", address.trim_matches(['[', ']'])), String::new())
        }
        Kind::Url => url(text)?,
        Kind::Email => ("smtp any any -> any any".to_owned(), contents(text, "nocase; ", "")),
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512 => {
            return Err("a hash, which Suricata reads from a file of hashes");
        }
        Kind::Other => return Err("a kind that Suricata rules cannot say"),
    })
}

/// Host and path of a request, both whole. Over TLS only the name is seen: a rule of the name alone would speak of
/// every other path of that host.
fn url(text: &str) -> Result<(String, String), &'static str> {
    let parts = split_url(text).ok_or("a URL that cannot be taken apart")?;
    let is_address = parts.host.starts_with('[') || is_ipv4(parts.host);
    let port = parts.port.map_or_else(|| "any".to_owned(), |port| port.to_string());
    let host = format!("content:\"{}\"; bsize:{}; ", content(parts.host.as_bytes()), parts.host.len());
    match parts.scheme {
        "https" if parts.target != "/" || is_address => {
            Err("a path or address behind TLS, which Suricata does not see")
        }
        "https" => Ok((format!("tls $HOME_NET any -> any {port}"), format!("tls.sni; {host}nocase; "))),
        "http" | "" => {
            // `http.uri` has percent-encoding undone; what is written with it is looked for as it was sent.
            let buffer = if parts.target.contains('%') { "http.uri.raw" } else { "http.uri" };
            let target = contents(parts.target, "", "startswith; ");
            let body = format!("http.host; {host}{buffer}; {target}bsize:{}; ", parts.target.len());
            Ok((format!("http $HOME_NET any -> any {port}"), body))
        }
        _ => Err("a URL of a scheme that Suricata does not take apart"),
    }
}

/// A text as one `content`, or as several that follow each other without a gap.
fn contents(text: &str, each: &str, first: &str) -> String {
    let mut out = String::new();
    for (place, piece) in text.as_bytes().chunks(PIECE).enumerate() {
        let (content, length) = (content(piece), piece.len());
        let at = if place == 0 { first.to_owned() } else { format!("distance:0; within:{length}; ") };
        // Writing to a `String` cannot fail.
        let _always = write!(out, "content:\"{content}\"; {each}{at}");
    }
    out
}

/// The text of a `content`: whatever has a meaning there, and all that is no printable ASCII, between bars.
fn content(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'"' | b';' | b':' | b'\\' | b'|' => out.push_str(&format!("|{byte:02X}|")),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("|{byte:02X}|")),
        }
    }
    out
}

/// The text of a message: signs with a meaning go.
fn quoted(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '"' | ';' | '\\' | ':') { ' ' } else { c }).collect()
}
