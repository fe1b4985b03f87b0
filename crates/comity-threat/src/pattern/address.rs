//! Address blocks, as ISSUBSET and ISSUPERSET compare them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An address block; a single address is the block of itself alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Block {
    family: Family,
    /// The first address; of IPv4 the lowest 32 bits.
    first: u128,
    prefix: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    fn bits(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }
}

impl Block {
    /// Reads `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. Bits behind the prefix do not count. Octal and short forms of
    /// IPv4 are no addresses.
    pub(crate) fn read(text: &str) -> Option<Block> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let (family, bits) = match address.parse::<Ipv4Addr>() {
            Ok(v4) => (Family::V4, u128::from(u32::from(v4))),
            Err(_) => (Family::V6, u128::from(address.parse::<Ipv6Addr>().ok()?)),
        };
        let prefix = match prefix {
            None => family.bits(),
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        (prefix <= family.bits()).then(|| Block { family, first: bits, prefix }.cut(prefix))
    }

    /// The block of this prefix around it; `prefix` is not longer than its own.
    pub(crate) fn cut(self, prefix: u8) -> Block {
        let host = u32::from(self.family.bits().saturating_sub(prefix));
        let first = self.first.checked_shr(host).unwrap_or(0).checked_shl(host).unwrap_or(0);
        Block { first, prefix, ..self }
    }

    /// Whether all of its addresses are in the other.
    pub(crate) fn is_within(self, other: Block) -> bool {
        self.family == other.family && self.prefix >= other.prefix && self.cut(other.prefix) == other
    }

    pub(crate) fn prefix(self) -> u8 {
        self.prefix
    }

    pub(crate) fn family(self) -> Family {
        self.family
    }

    pub(crate) fn first(self) -> u128 {
        self.first
    }

    /// Its last address.
    pub(crate) fn last(self) -> u128 {
        let host = u32::from(self.family.bits().saturating_sub(self.prefix));
        self.first | 1u128.checked_shl(host).map_or(u128::MAX, |above| above - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_what_they_say() {
        let block = |text: &str| Block::read(text).unwrap();
        for (inner, outer, within) in [
            ("11.22.33.44", "11.22.41.123/20", true),
            ("11.22.33.44", "11.22.123.41/20", false),
            ("11.22.33.44/13", "11.22.33.44/20", false),
            ("2001:db8::1", "2001:db8::/32", true),
            ("2001:db9::1", "2001:db8::/32", false),
            ("192.0.2.1", "0.0.0.0/0", true),
            ("192.0.2.1", "::/0", false),
            ("::1", "::/0", true),
        ] {
            assert_eq!(block(inner).is_within(block(outer)), within, "{inner} {outer}");
        }
        assert_eq!(block("192.0.2.0/24").last(), block("192.0.2.255").first());
        assert_eq!(block("::/0").last(), u128::MAX);
        for bad in ["", "1.2.3", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+1", "::/129", "x"] {
            assert_eq!(Block::read(bad), None, "{bad}");
        }
    }
}
