//! Response policy zones (the form that BIND, Unbound, Knot and PowerDNS read): names and addresses that a resolver denies.

use super::wide;
use crate::{
    Moment,
    value::{Kind, Value, range},
};
use std::{fmt::Write as _, net::IpAddr};

/// Start of authority and name server; the serial is the time in seconds.
pub(super) fn header(name: &str, now: Moment, out: &mut String) {
    let serial = u32::try_from(now.timestamp().as_millis() / 1000).unwrap_or(u32::MAX);
    let _ = write!(
        out,
        "$TTL 300\n@ IN SOA localhost. {name}.localhost. {serial} 3600 600 86400 300\n@ IN NS localhost.\n"
    );
}

/// The records of a value: for a name, itself and everything below it.
pub(super) fn records(value: &Value, out: &mut String) -> Result<u64, &'static str> {
    match value.kind() {
        Kind::Name => name(value.text(), out),
        Kind::Cidr if wide(value) => Err("a block too wide to act on"),
        Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr => address(value.text(), out),
        _ => Err("a kind that a policy zone cannot say"),
    }
}

fn name(name: &str, out: &mut String) -> Result<u64, &'static str> {
    // With the name of the zone behind it, it must stay within 255 octets (RFC 1035 section 2.3.4).
    if name.len() > 200 {
        return Err("a name too long for a policy zone");
    }
    if crate::value::is_public_suffix(name) {
        return Err("a suffix under which everybody registers");
    }
    // Below such labels a zone keeps its rules about addresses and name servers: the name would be one of those.
    if name.rsplit('.').next().is_some_and(|last| last.starts_with("rpz-")) {
        return Err("a name that policy zones keep for themselves");
    }
    let _ = write!(out, "{name} CNAME .\n*.{name} CNAME .\n");
    Ok(2)
}

/// `32.7.100.51.198.rpz-ip`: prefix length, then the address backwards.
fn address(text: &str, out: &mut String) -> Result<u64, &'static str> {
    let range = range(text).ok_or("an address that cannot be read")?;
    let parts: Vec<String> = match range.first {
        IpAddr::V4(address) => address.octets().iter().map(u8::to_string).collect(),
        // The longest row of zeros is `zz`, as two colons in RFC 5952.
        IpAddr::V6(address) => {
            let shown = address.to_string().replace("::", ":zz:");
            shown.trim_matches(':').split(':').map(str::to_owned).collect()
        }
    };
    let backwards: Vec<&str> = parts.iter().rev().map(String::as_str).collect();
    let owner = format!("{}.{}", range.prefix, backwards.join("."));
    let _ = writeln!(out, "{owner}.rpz-ip CNAME .");
    Ok(1)
}
