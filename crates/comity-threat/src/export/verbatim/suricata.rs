//! Suricata: one rule that raises an alert and does nothing else. A rule of a stranger that passes, drops, runs a script or
//! writes a file would act on the house that loads it.

use crate::{export::suricata::LONGEST, value::range};
use std::net::IpAddr;

/// Keywords by which a rule does more than raise an alert: it runs a script, reads or writes a file, or takes traffic out of
/// sight.
const ACTING: [&str; 10] = [
    "lua",
    "luajit",
    "luaxform",
    "dataset",
    "datarep",
    "filestore",
    "filemd5",
    "filesha1",
    "filesha256",
    "bypass",
];
const ACTING_TOO: [&str; 4] = ["replace", "config", "noalert", "tag"];
/// Keywords that stand once.
const ONCE: [&str; 4] = ["msg", "sid", "rev", "gid"];
/// The protocols of rules (Suricata 8, "Rules Format").
const PROTOCOLS: &str = "tcp udp icmp icmpv4 icmpv6 ip ipv4 ipv6 ip4 ip6 sctp pkthdr tcp-pkt tcp-stream http http1 http2 \
    ftp ftp-data tls ssl smb dns mdns doh2 dcerpc dhcp ssh smtp imap pop3 modbus dnp3 enip nfs ike krb5 bittorrent-dht \
    ntp rfb rdp snmp tftp sip websocket telnet mqtt ldap quic pgsql arp";

/// The number (`sid`) of the rule that a text is.
///
/// # Errors
/// Why it is none that can be handed on.
pub(super) fn number(text: &str) -> Result<u32, &'static str> {
    if text.contains(['\n', '\r']) {
        return Err("a rule of more than one line");
    }
    if text.len() > LONGEST {
        return Err("a rule longer than Suricata reads");
    }
    let unread = "a rule that cannot be read";
    let (head, rest) = text.split_once('(').ok_or(unread)?;
    header(head)?;
    let mut names: Vec<&str> = Vec::new();
    let mut number = None;
    for option in options(rest.strip_suffix(')').ok_or(unread)?)? {
        let (name, value) =
            option.split_once(':').map_or((option, None), |(name, value)| (name, Some(value)));
        let (name, value) = (name.trim(), value.map(str::trim));
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if name.is_empty() || !name.bytes().all(letter) || (ONCE.contains(&name) && names.contains(&name)) {
            return Err(unread);
        }
        if ACTING.contains(&name) || ACTING_TOO.contains(&name) {
            return Err("a rule that does more than raise an alert");
        }
        match (name, value) {
            ("msg", value) => quoted(value.unwrap_or_default()).map(|_| ())?,
            ("sid", Some(digits)) => number = digits.parse().ok().filter(|number| *number > 0),
            ("content", Some(value)) => content(value.trim_start_matches('!').trim_start())?,
            (_, Some(value)) if value.starts_with('"') => quoted(value).map(|_| ())?,
            _ => {}
        }
        names.push(name);
    }
    number.filter(|_| names.contains(&"msg")).ok_or("a rule without a number or a message")
}

/// Action, protocol, and two ends with a direction between them.
fn header(head: &str) -> Result<(), &'static str> {
    let (mut words, mut depth, mut word) = (Vec::new(), 0_i32, String::new());
    for letter in head.chars() {
        depth += i32::from(letter == '[') - i32::from(letter == ']');
        match letter {
            _ if depth < 0 => return Err("a rule that cannot be read"),
            // Within brackets a list goes on.
            ' ' | '\t' if depth == 0 => {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()))
            }
            _ => word.push(letter),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [_, _, from, from_port, "->" | "<>" | "=>", to, to_port]
            if depth == 0
                && [from, to].iter().all(|text| is_set(text, is_address, 0))
                && [from_port, to_port].iter().all(|text| is_set(text, is_port, 0)) => {}
        _ => return Err("a rule that cannot be read"),
    }
    match words.as_slice() {
        ["alert", protocol, _, _, "->" | "<>", ..] => {
            let known = PROTOCOLS.split(' ').any(|known| known == *protocol);
            if known { Ok(()) } else { Err("a rule of a protocol that is not known") }
        }
        _ => Err("a rule that does more than raise an alert"),
    }
}

/// Lists may be within each other so deep.
const DEEPEST: usize = 8;

/// `any`, a variable, one of them, or a list; each perhaps negated.
fn is_set(text: &str, is_one: fn(&str) -> bool, depth: usize) -> bool {
    let text = text.trim();
    let text = text.strip_prefix('!').unwrap_or(text);
    if let Some(name) = text.strip_prefix('$') {
        return !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    }
    let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return text == "any" || is_one(text);
    };
    let (mut open, mut begin, mut sound) = (0_i32, 0, depth < DEEPEST);
    for (at, letter) in inner.char_indices() {
        open += i32::from(letter == '[') - i32::from(letter == ']');
        if letter == ',' && open == 0 {
            sound = sound && is_set(inner.get(begin..at).unwrap_or_default(), is_one, depth + 1);
            begin = at + 1;
        }
    }
    sound && is_set(inner.get(begin..).unwrap_or_default(), is_one, depth + 1)
}

/// An address, a block, or from one address to another.
fn is_address(text: &str) -> bool {
    range(text).is_some()
        || text
            .split_once('-')
            .is_some_and(|(from, to)| [from, to].iter().all(|one| one.parse::<IpAddr>().is_ok()))
}

/// A port, or from one to another; one end may be left open.
fn is_port(text: &str) -> bool {
    let is_one = |text: &str| text.parse::<u16>().is_ok();
    match text.split_once(':') {
        None => is_one(text),
        Some(("", to)) => is_one(to),
        Some((from, "")) => is_one(from),
        Some((from, to)) => is_one(from) && is_one(to),
    }
}

/// The options, as Suricata takes them apart: at every semicolon that no backslash stands before, also within quotes.
fn options(text: &str) -> Result<Vec<&str>, &'static str> {
    let (mut options, mut begin, mut escaped) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        if letter == ';' && !escaped {
            options.push(text.get(begin..at).unwrap_or_default().trim());
            begin = at + 1;
        }
        escaped = letter == '\\' && !escaped;
    }
    let rest = text.get(begin..).unwrap_or_default();
    if rest.trim().is_empty() { Ok(options) } else { Err("a rule that cannot be read") }
}

fn quoted(value: &str) -> Result<&str, &'static str> {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    inner.filter(|inner| !inner.is_empty()).ok_or("a rule that cannot be read")
}

/// A quoted text with bytes in hexadecimal between bars.
fn content(value: &str) -> Result<(), &'static str> {
    for (place, part) in quoted(value)?.split('|').enumerate() {
        let digits = part.bytes().filter(|byte| *byte != b' ');
        let hexadecimal = place % 2 == 1;
        if hexadecimal && !(digits.clone().all(|byte| byte.is_ascii_hexdigit()) && digits.count() % 2 == 0) {
            return Err("a rule that cannot be read");
        }
    }
    let bars = value.matches('|').count();
    if bars.is_multiple_of(2) { Ok(()) } else { Err("a rule that cannot be read") }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn an_alert_is_taken_and_what_acts_or_cannot_be_read_is_not() {
        let whole = r#"alert http $HOME_NET any -> [192.0.2.1, 192.0.2.2] any (msg:"a \; b"; content:"x|3B 20|y"; sid:7; rev:1;)"#;
        assert_eq!(number(whole), Ok(7));
        let lists = r#"alert tcp ![$HOME_NET,[2001:db8::/32,!192.0.2.1-192.0.2.9]] [80,!1024:] <> any :53 (msg:"a"; sid:8;)"#;
        assert_eq!(number(lists), Ok(8));
        for (text, why) in [
            (r#"pass ip any any -> any any (msg:"a"; sid:7;)"#, "a rule that does more than raise an alert"),
            (
                r#"alert ip any any -> any any (msg:"a"; lua:x.lua; sid:7;)"#,
                "a rule that does more than raise an alert",
            ),
            (
                r#"alert ip any any -> any any (msg:"a"; content:"a|3|"; sid:7;)"#,
                "a rule that cannot be read",
            ),
            (r#"alert ip any any -> any any (msg:"a"; sid:7;) alert tcp"#, "a rule that cannot be read"),
            (r#"alert ip any any -> any any (msg:"a"; sid:7; sid:8;)"#, "a rule that cannot be read"),
            (
                r#"alert gopher any any -> any any (msg:"a"; sid:7;)"#,
                "a rule of a protocol that is not known",
            ),
            (r#"alert ip any any -> any any (msg:"a";)"#, "a rule without a number or a message"),
            ("# alert ip any any -> any any (sid:7;)", "a rule that cannot be read"),
            ("alert ip any any -> any any (sid:7;)\nx", "a rule of more than one line"),
            (r#"alert ip [192.0.2.1, .2.2] any -> any any (msg:"a"; sid:7;)"#, "a rule that cannot be read"),
            (r#"alert ip $A;B any -> any any (msg:"a"; sid:7;)"#, "a rule that cannot be read"),
            (r#"alert ip any 99999 -> any any (msg:"a"; sid:7;)"#, "a rule that cannot be read"),
            (r#"alert ip any any -> any any (msg:a"; sid:7;)"#, "a rule that cannot be read"),
        ] {
            assert_eq!(number(text), Err(why), "{text}");
        }
    }
}
