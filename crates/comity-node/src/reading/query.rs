//! What somebody looks for.

use comity_record::Timestamp;
use comity_threat::{
    index::{Family, Phrase},
    value::{Kind, Value, names_above, range},
};
use std::net::IpAddr;

/// A search: all that is given must hold; of several values, types or sources one.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Terms of families, each list to be met by one of its terms.
    pub any: Vec<Vec<(Family, String)>>,
    /// Words that must be in the text.
    pub text: Phrase,
    /// Added at this time or later.
    pub since: Option<Timestamp>,
    /// Added before this time.
    pub until: Option<Timestamp>,
}

/// Where a page of results begins: behind this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Time of adding.
    pub at: i64,
    /// The entry.
    pub entry: u64,
    /// The slot.
    pub slot: u32,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.at, self.entry, self.slot)
    }
}

impl std::str::FromStr for Bound {
    type Err = crate::app::Fault;
    fn from_str(text: &str) -> Result<Bound, crate::app::Fault> {
        let read = || {
            let mut parts = text.splitn(3, '.');
            let at = parts.next()?.parse().ok()?;
            Some(Bound { at, entry: parts.next()?.parse().ok()?, slot: parts.next()?.parse().ok()? })
        };
        read().ok_or_else(|| crate::app::Fault::input(format!("`{text}` is no place in results")))
    }
}

/// The terms under which a value may be held: itself; of an address, the ranges around it; of a name, the names above it
/// down to the one below its public suffix, because an indicator of a domain speaks of all names in it, and what is held
/// under it.
pub fn values_asked(value: &Value, lengths: &[u8]) -> Vec<(Family, String)> {
    let term = |kind: Kind, text: &str| (Family::Value, format!("{}:{text}", kind.word()));
    let mut terms = vec![term(value.kind(), value.text())];
    match value.kind() {
        Kind::Name => {
            terms.extend(names_above(value.text()).map(|above| term(Kind::Name, above)));
            terms.push((Family::Below, value.text().to_owned()));
        }
        Kind::Ipv4 | Kind::Ipv6 => {
            if let Ok(address) = value.text().parse::<IpAddr>() {
                terms.extend(lengths.iter().filter_map(|length| around(address, *length)));
            }
        }
        _ => {}
    }
    terms
}

/// The range of this length around an address.
fn around(address: IpAddr, length: u8) -> Option<(Family, String)> {
    let network: IpAddr = match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32u32.checked_sub(length.into())?).unwrap_or(0);
            std::net::Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128u32.checked_sub(length.into())?).unwrap_or(0);
            std::net::Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    };
    // One function decides how a range is written.
    let text = format!("{network}/{length}");
    range(&text)?;
    let value = comity_threat::value::normalise(Kind::Cidr, &text).ok()?;
    Some((Family::Value, format!("{}:{}", value.kind().word(), value.text())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use comity_threat::value::recognise;

    #[test]
    fn a_value_is_looked_for_where_it_may_stand() {
        let asked = |text: &str, lengths: &[u8]| {
            let terms = values_asked(&recognise(text).unwrap(), lengths);
            terms.into_iter().map(|(_, term)| term).collect::<Vec<_>>()
        };
        assert_eq!(
            asked("www.a.example.co.uk", &[]),
            ["name:www.a.example.co.uk", "name:a.example.co.uk", "name:example.co.uk", "www.a.example.co.uk"]
        );
        assert_eq!(
            asked("192.0.2.77", &[24, 8]),
            ["ipv4:192.0.2.77", "cidr:192.0.2.0/24", "cidr:192.0.0.0/8"]
        );
        assert_eq!(asked("2001:db8::1", &[32])[1], "cidr:2001:db8::/32");
    }

    #[test]
    fn a_place_in_results_comes_back() {
        let bound = Bound { at: -5, entry: 7, slot: 9 };
        assert_eq!(bound.to_string().parse::<Bound>().unwrap(), bound);
        assert!("1.2".parse::<Bound>().is_err() && "a.b.c".parse::<Bound>().is_err());
    }
}
