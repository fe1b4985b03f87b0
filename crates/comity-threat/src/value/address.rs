//! Addresses, ranges and ports. Exactly four decimal octets, no octal and no short forms; IPv6 as 128 bits, written as
//! RFC 5952 says; a zone is no part of the address.

use super::{Fault, Kind, Value};
use crate::reader::brief;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses: its first one, with the bits after the prefix cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// The first address.
    pub first: IpAddr,
    /// The length of the prefix, in bits.
    pub prefix: u8,
}

/// An IPv4 address.
pub fn v4(text: &str) -> Option<Ipv4Addr> {
    text.parse().ok()
}

/// An IPv6 address, with or without brackets and zone; one that is mapped from IPv4 is not one.
pub fn v6(text: &str) -> Option<Ipv6Addr> {
    match ip(text)? {
        IpAddr::V6(address) => Some(address),
        IpAddr::V4(_) => None,
    }
}

/// Whether the text is an IPv4 address.
pub fn is_ipv4(text: &str) -> bool {
    v4(text).is_some()
}

/// A port from 1 to 65535 without leading zeros.
pub fn port(text: &str) -> Option<u16> {
    let plain = text.len() <= 5 && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A range in CIDR form; one address is a range of itself.
pub fn range(text: &str) -> Option<Range> {
    let Some((address, length)) = text.split_once('/') else {
        return ip(text).map(Range::of);
    };
    let plain = length.len() <= 3 && !(length.len() > 1 && length.starts_with('0'));
    let digits = plain && length.bytes().all(|b| b.is_ascii_digit());
    let prefix: u8 = digits.then(|| length.parse().ok()).flatten()?;
    // The length counts in the family that is written.
    match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) if prefix <= 32 => Some(Range::v4(address, prefix)),
        IpAddr::V6(address) if prefix <= 128 => match address.to_ipv4_mapped() {
            Some(inner) => prefix.checked_sub(96).map(|prefix| Range::v4(inner, prefix)),
            None => Some(Range::v6(address, prefix)),
        },
        _ => None,
    }
}

/// An address of either family, with IPv4 taken out of its IPv6 form.
pub(super) fn ip(text: &str) -> Option<IpAddr> {
    if let Some(address) = v4(text) {
        return Some(IpAddr::V4(address));
    }
    let inner = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => text,
    };
    let address: Ipv6Addr = match inner.split_once('%') {
        Some((address, zone)) if is_zone(zone) => address.parse().ok()?,
        Some(_) => return None,
        None => inner.parse().ok()?,
    };
    Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
}

fn is_zone(zone: &str) -> bool {
    !zone.is_empty()
        && zone.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~'))
}

impl Range {
    /// The range of one address.
    pub fn of(address: IpAddr) -> Range {
        Range { first: address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }

    fn v4(address: Ipv4Addr, prefix: u8) -> Range {
        let mask = u32::MAX.checked_shl(u32::from(32 - prefix)).unwrap_or(0);
        Range { first: IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask)), prefix }
    }

    fn v6(address: Ipv6Addr, prefix: u8) -> Range {
        let mask = u128::MAX.checked_shl(u32::from(128 - prefix)).unwrap_or(0);
        Range { first: IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask)), prefix }
    }

    /// Whether the address is in it.
    pub fn holds(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.prefix <= 32 && Range::v4(address, self.prefix) == self,
            IpAddr::V6(address) => Range::v6(address, self.prefix) == self,
        }
    }

    fn value(self) -> Value {
        match (self.first, self.prefix) {
            (IpAddr::V4(address), 32) => Value::new(Kind::Ipv4, address.to_string()),
            (IpAddr::V6(address), 128) => Value::new(Kind::Ipv6, address.to_string()),
            (first, prefix) => Value::new(Kind::Cidr, format!("{first}/{prefix}")),
        }
    }
}

pub(super) fn normalise(kind: Kind, text: &str) -> Result<Value, Fault> {
    let value = range(text).map(Range::value).filter(|value| fits(kind, value));
    value.ok_or_else(|| {
        let text = brief(text);
        match kind {
            Kind::Ipv4 => Fault::NotAnAddress { text, family: "IPv4" },
            Kind::Ipv6 => Fault::NotAnAddress { text, family: "IPv6" },
            _ => Fault::NotARange { text },
        }
    })
}

/// Whether a value is of the family asked for. An IPv4 address may be written as an IPv6 one, never the other way round.
fn fits(kind: Kind, value: &Value) -> bool {
    let colon = value.text().contains(':');
    match kind {
        Kind::Ipv4 => !colon,
        Kind::Ipv6 => colon || value.kind() != Kind::Cidr,
        _ => true,
    }
}

/// The host and port of `192.0.2.1:443` or `[2001:db8::1]:443`.
pub(super) fn split_port(text: &str) -> Option<(IpAddr, u16)> {
    let (address, digits) = text.rsplit_once(':')?;
    let bare = !address.contains(':') || address.ends_with(']');
    Some((bare.then(|| ip(address)).flatten()?, port(digits)?))
}

/// The canonical form of an address with a port.
pub(super) fn written(address: IpAddr, port: u16) -> Value {
    Value::new(Kind::AddressPort, std::net::SocketAddr::new(address, port).to_string())
}

pub(super) fn with_port(text: &str) -> Result<Value, Fault> {
    let read = split_port(text).map(|(address, port)| written(address, port));
    read.ok_or_else(|| Fault::NotAnAddressPort { text: brief(text) })
}
