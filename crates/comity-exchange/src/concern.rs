//! Of which constituents an object speaks: their addresses, names and networks against the values that it holds.

use crate::account::Constituent;
use comity_record::OfficerId;
use comity_threat::{
    Object,
    value::{Kind, Value, host_of, range, values_of},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// The territories of constituents, looked up together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Territories {
    /// By family and first address: prefix and constituent.
    ranges: BTreeMap<(bool, u128), Vec<(u8, OfficerId)>>,
    /// The lengths of prefixes there are.
    lengths: BTreeSet<(bool, u8)>,
    domains: BTreeMap<String, Vec<OfficerId>>,
    networks: BTreeMap<String, Vec<OfficerId>>,
}

impl Territories {
    /// Of these constituents.
    pub fn of<'c>(constituents: impl IntoIterator<Item = &'c Constituent>) -> Territories {
        let mut all = Territories::default();
        for one in constituents {
            for block in one.ranges.iter().filter_map(|text| Block::of(text)) {
                all.lengths.insert((block.six, block.prefix));
                let at = all.ranges.entry((block.six, block.first)).or_default();
                at.push((block.prefix, one.id.clone()));
            }
            for name in &one.domains {
                all.domains.entry(name.clone()).or_default().push(one.id.clone());
            }
            for number in &one.networks {
                all.networks.entry(format!("AS{number}")).or_default().push(one.id.clone());
            }
        }
        all
    }

    /// The constituents of whom an object speaks.
    pub fn concerned(&self, object: &Object<'_>) -> BTreeSet<&OfficerId> {
        if self.ranges.is_empty() && self.domains.is_empty() && self.networks.is_empty() {
            return BTreeSet::new();
        }
        values_of(object).iter().flat_map(|value| self.holders(value)).collect()
    }

    /// The constituents to whom a value belongs: an address in their ranges or a range that meets one, a name at or below
    /// one of theirs, the number of their network; the host of a URL, a mail address or an address with a port.
    pub fn holders(&self, value: &Value) -> BTreeSet<&OfficerId> {
        if value.kind() == Kind::Other {
            return self.networks.get(value.text()).into_iter().flatten().collect();
        }
        let Some(host) = host_of(value) else { return BTreeSet::new() };
        match host.kind() {
            Kind::Name => {
                let up = std::iter::successors(Some(host.text()), |name| Some(name.split_once('.')?.1));
                up.filter_map(|name| self.domains.get(name)).flatten().collect()
            }
            _ => Block::of(host.text()).map(|block| self.meeting(block)).unwrap_or_default(),
        }
    }

    /// Those whose ranges meet a block: one that holds it, or lies in it.
    fn meeting(&self, block: Block) -> BTreeSet<&OfficerId> {
        let around = self.lengths.iter().filter(|(six, length)| *six == block.six && *length <= block.prefix);
        let around = around.filter_map(|(six, length)| {
            let found = self.ranges.get(&(*six, block.cut(*length)))?;
            Some(found.iter().filter(move |(prefix, _)| prefix == length))
        });
        let within = self.ranges.range((block.six, block.first)..=(block.six, block.last()));
        let within = within.map(|(_, found)| found.iter().filter(|(prefix, _)| *prefix >= block.prefix));
        around.flatten().chain(within.flatten()).map(|(_, id)| id).collect()
    }
}

/// A range as numbers.
#[derive(Clone, Copy)]
struct Block {
    six: bool,
    first: u128,
    prefix: u8,
}

impl Block {
    fn of(text: &str) -> Option<Block> {
        let range = range(text)?;
        let (six, first) = match range.first {
            IpAddr::V4(address) => (false, u128::from(address.to_bits())),
            IpAddr::V6(address) => (true, address.to_bits()),
        };
        Some(Block { six, first, prefix: range.prefix })
    }

    fn bits(self) -> u32 {
        if self.six { 128 } else { 32 }
    }

    /// The bits behind a prefix of this length.
    fn behind(self, length: u8) -> u128 {
        let width = self.bits().saturating_sub(u32::from(length));
        1u128.checked_shl(width).map_or(u128::MAX, |one| one - 1)
    }

    fn cut(self, length: u8) -> u128 {
        self.first & !self.behind(length)
    }

    fn last(self) -> u128 {
        self.first | self.behind(self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use comity_threat::value::recognise;

    fn constituent(id: &str, ranges: &[&str], domains: &[&str], networks: &[u32]) -> Constituent {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Constituent {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            contact: String::new(),
            ranges: texts(ranges),
            networks: networks.iter().copied().collect(),
            domains: texts(domains),
            circles: BTreeSet::new(),
            collections: BTreeSet::new(),
            from: "2026-01-01".parse().unwrap(),
        }
    }

    #[test]
    fn values_belong_to_whom_their_host_belongs() {
        let all = [
            constituent(
                "hospital",
                &["192.0.2.0/24", "2001:db8:1::/48"],
                &["hospital.example.net"],
                &[64500],
            ),
            constituent("bank", &["192.0.2.128/25", "198.51.100.7"], &["pay.bank.example.org"], &[]),
        ];
        let territories = Territories::of(&all);
        for (text, expected) in [
            ("192.0.2.1", "hospital"),
            ("192.0.2.200", "bank hospital"),
            ("192.0.3.1", ""),
            ("198.51.100.7:443", "bank"),
            ("http://192.0.2.130/a", "bank hospital"),
            // A range that holds theirs, lies in it, or lies beside it.
            ("192.0.0.0/16", "bank hospital"),
            ("192.0.2.0/26", "hospital"),
            ("198.51.100.0/24", "bank"),
            ("198.51.101.0/24", ""),
            ("2001:db8:1:2::3", "hospital"),
            ("2001:db8:2::3", ""),
            ("www.hospital.example.net", "hospital"),
            ("x@hospital.example.net", "hospital"),
            ("nothospital.example.net", ""),
            ("bank.example.org", ""),
            ("https://a.pay.bank.example.org/x", "bank"),
            ("d41d8cd98f00b204e9800998ecf8427e", ""),
        ] {
            let found = territories.holders(&recognise(text).unwrap());
            let found: Vec<&str> = found.into_iter().map(OfficerId::as_str).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
        let system = r#"{"type":"autonomous-system","id":"autonomous-system--1","number":64500}"#;
        let found = territories.concerned(&Object::read(system.as_bytes()).unwrap()).len();
        assert_eq!(found, 1);
    }

    #[test]
    fn nobody_is_given_a_suffix_or_a_text_that_is_not_canonical() {
        let codes = |ranges: &[&str], domains: &[&str]| {
            constituent("a", ranges, domains, &[]).check().err().map(|fault| fault.code())
        };
        assert_eq!(codes(&["192.0.2.0/24", "192.0.2.1"], &["a.example"]), None);
        assert_eq!(codes(&["192.0.2.1/24"], &[]), Some("account/range"));
        assert_eq!(codes(&[], &["co.uk"]), Some("account/domain"));
        assert_eq!(codes(&[], &["A.example"]), Some("account/domain"));
    }
}
