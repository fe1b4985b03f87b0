//! Rules of detection tools.

use super::{Format, Row, line::one_line};
use crate::value::{Kind, Value, split_url};
use std::fmt::Write as _;

/// One Suricata rule. Hashes are left out: Suricata reads them from files of their own.
pub(super) fn suricata(row: &Row<'_>, number: u32, out: &mut String) -> Result<(), &'static str> {
    let (head, body) = signature(row.value)?;
    let message = quoted(&one_line(if row.name.is_empty() { row.value.text() } else { row.name }));
    let written = writeln!(
        out,
        "alert {head} (msg:\"{message}\"; {body}classtype:trojan-activity; metadata:stix_id {}; sid:{number}; rev:1;)",
        row.id
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
            format!("dns.query; dotprefix; content:\".{}\"; nocase; endswith; ", content(text)),
        ),
        Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr => (format!("ip $HOME_NET any -> [{text}] any"), String::new()),
        Kind::AddressPort => {
            let (address, port) = text.rsplit_once(':').unwrap_or((text, "any"));
            (format!("tcp $HOME_NET any -> [{}] {port}", address.trim_matches(['[', ']'])), String::new())
        }
        Kind::Url => url(text)?,
        Kind::Email => {
            ("smtp any any -> any any".to_owned(), format!("content:\"{}\"; nocase; ", content(text)))
        }
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512 => {
            return Err("a hash, which Suricata reads from a file of hashes");
        }
        Kind::Other => return Err("a kind that Suricata rules cannot say"),
    })
}

/// Host and path of a request; over TLS only the name is seen.
fn url(text: &str) -> Result<(String, String), &'static str> {
    let parts = split_url(text).ok_or("a URL that cannot be taken apart")?;
    if parts.scheme == "https" {
        let body =
            format!("tls.sni; content:\"{}\"; nocase; bsize:{}; ", content(parts.host), parts.host.len());
        return Ok(("tls $HOME_NET any -> any any".to_owned(), body));
    }
    let body = format!(
        "http.host; content:\"{}\"; bsize:{}; http.uri; content:\"{}\"; startswith; ",
        content(parts.host),
        parts.host.len(),
        content(parts.target)
    );
    Ok(("http $HOME_NET any -> any any".to_owned(), body))
}

/// The text of a `content`: whatever has a meaning there, and all that is no printable ASCII, between bars.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
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

/// A rule that the indicator is, as it came.
pub(super) fn verbatim(
    format: Format,
    id: &str,
    pattern: &str,
    out: &mut String,
) -> Result<(), &'static str> {
    let pattern = pattern.trim();
    let one_line = !pattern.contains(['\n', '\r']);
    match format {
        Format::Suricata if !one_line => return Err("a rule of more than one line"),
        Format::Suricata => out.push_str(pattern),
        // Documents of YAML are apart by three hyphens; one that holds such a line would be two.
        Format::Sigma if pattern.lines().any(|line| line.trim_end() == "---") => {
            return Err("a rule of more than one document");
        }
        Format::Sigma => {
            let _ = write!(out, "---\n# {id}\n{pattern}");
        }
        Format::Yara => {
            let _ = write!(out, "// {id}\n{pattern}");
        }
        _ => return Err("not written in this language"),
    }
    out.push('\n');
    Ok(())
}
