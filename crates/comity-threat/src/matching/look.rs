//! Exact lookups, for values that a field has given.

use super::{Class, EXACT_ONLY, Entry, HAS_PORTS, HAS_URLS, Matcher, bits_of};
use crate::value::{self, Range};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How a name hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// It is the indicator.
    Exact,
    /// It is below the indicator.
    Sub,
}

/// The indicator that a name hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameHit {
    /// The head of its chain.
    pub head: u32,
    /// How.
    pub depth: Depth,
}

impl Matcher {
    /// The indicator that a name in lower case, without port and root dot, hits: itself, else its nearest parent. Whatever
    /// stands before the parent counts; a public suffix is no parent.
    pub fn name(&self, name: &str) -> Option<NameHit> {
        self.names(name).next()
    }

    /// All indicators that a name hits, as [`Matcher::name`] finds the first of them.
    pub fn names<'m>(&'m self, name: &'m str) -> impl Iterator<Item = NameHit> + 'm {
        let itself = self.name_head(name, 0).map(|head| NameHit { head, depth: Depth::Exact });
        let dots = memchr::memchr_iter(b'.', name.as_bytes());
        let parents = dots.filter_map(|dot| name.get(dot + 1..)).filter(|parent| parent.contains('.'));
        let below = parents.filter_map(|parent| self.name_head(parent, EXACT_ONLY));
        itself.into_iter().chain(below.map(|head| NameHit { head, depth: Depth::Sub }))
    }

    fn name_head(&self, name: &str, without: u8) -> Option<u32> {
        let head = self.host(name)?;
        let entry = self.entry(head)?;
        (entry.kind.is_some() && entry.marks & without == 0).then_some(head)
    }

    fn host(&self, name: &str) -> Option<u32> {
        let hash = self.keys.host(name.as_bytes());
        if !self.hosts.may_hold(hash) {
            return None;
        }
        self.head(hash, |entry| entry.class == Class::Host && self.text_of(entry) == name)
    }

    /// The head of a host that URLs lead to.
    pub fn url_host(&self, host: &str) -> Option<u32> {
        self.host(host).filter(|head| self.is_marked(*head, HAS_URLS))
    }

    /// Whether URLs lead to this host or address.
    pub fn has_urls(&self, head: u32) -> bool {
        self.is_marked(head, HAS_URLS)
    }

    fn is_marked(&self, head: u32, mark: u8) -> bool {
        self.entry(head).is_some_and(|entry| entry.marks & mark != 0)
    }

    /// The heads of everything that holds an address: itself, then ranges from the narrowest on.
    pub fn heads_of(&self, address: IpAddr, mut each: impl FnMut(u32)) {
        match address {
            IpAddr::V4(address) => self.heads_of_four(address.to_bits(), each),
            IpAddr::V6(address) => {
                let bits = address.to_bits();
                let hash = self.keys.bits(Class::Six, bits, 0);
                let same = |entry: &Entry| {
                    entry.class == Class::Six && value::v6(self.text_of(entry)) == Some(address)
                };
                if self.six.may_hold(hash)
                    && let Some(head) = self.head(hash, same)
                {
                    each(head);
                }
                self.ranges_of_six(address, each);
            }
        }
    }

    pub(super) fn heads_of_four(&self, address: u32, mut each: impl FnMut(u32)) {
        if !self.four.holds(address) {
            return;
        }
        let hash = self.keys.bits(Class::Four, u128::from(address), 0);
        let same = |entry: &Entry| {
            entry.class == Class::Four
                && value::v4(self.text_of(entry)).is_some_and(|found| found.to_bits() == address)
        };
        if let Some(head) = self.head(hash, same) {
            each(head);
        }
        if !self.four_ranges.holds(address) {
            return;
        }
        let mut lengths = self.four_lengths;
        while lengths != 0 {
            let prefix = 63 - lengths.leading_zeros();
            lengths ^= 1 << prefix;
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            let first = IpAddr::V4(Ipv4Addr::from_bits(address & mask));
            if let Some(head) = self.range_head(Range { first, prefix: prefix as u8 }) {
                each(head);
            }
        }
    }

    fn ranges_of_six(&self, address: Ipv6Addr, mut each: impl FnMut(u32)) {
        let mut lengths = self.six_lengths;
        while lengths != 0 {
            let bit = 127 - lengths.leading_zeros();
            lengths ^= 1 << bit;
            let mask = u128::MAX.checked_shl(127 - bit).unwrap_or(0);
            let first = IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask));
            if let Some(head) = self.range_head(Range { first, prefix: bit as u8 + 1 }) {
                each(head);
            }
        }
    }

    fn range_head(&self, range: Range) -> Option<u32> {
        self.head(self.range_hash(range), |entry| {
            entry.class == Class::Range && value::range(self.text_of(entry)) == Some(range)
        })
    }

    /// The head of exactly this address or range.
    pub fn exactly(&self, text: &str) -> Option<u32> {
        let range = value::range(text)?;
        let held = |entry: &Entry| value::range(self.text_of(entry)) == Some(range);
        let (class, bits) = bits_of(range.first);
        if range == Range::of(range.first) {
            let same = |entry: &Entry| entry.class == class && entry.kind.is_some() && held(entry);
            return self.head(self.keys.bits(class, bits, 0), same);
        }
        self.head(self.range_hash(range), |entry| entry.class == Class::Range && held(entry))
    }

    /// Whether any IPv6 address or range is held.
    pub(super) fn holds_six(&self) -> bool {
        self.six.keys() > 0 || self.six_lengths != 0
    }

    /// The head of an address with a port.
    pub fn port(&self, address: IpAddr, port: u16) -> Option<u32> {
        let (class, bits) = bits_of(address);
        let hash = self.keys.bits(class, bits, 0);
        // Most addresses have no ports here: ask the mark before writing the value out.
        let marked = match address {
            IpAddr::V4(address) => self.four.holds(address.to_bits()),
            IpAddr::V6(_) => self.six.may_hold(hash),
        };
        let same = |entry: &Entry| entry.class == class && self.text_of(entry).parse() == Ok(address);
        let head = marked.then(|| self.head(hash, same)).flatten()?;
        if !self.is_marked(head, HAS_PORTS) {
            return None;
        }
        let text = std::net::SocketAddr::new(address, port).to_string();
        let hash = self.keys.text(Class::Port, text.as_bytes());
        self.head(hash, |entry| entry.class == Class::Port && self.text_of(entry) == text)
    }

    /// The heads of a canonical URL. One that has no scheme, on either side, is of any scheme.
    pub fn url(&self, url: &str) -> Option<u32> {
        let (scheme, rest) = url.split_at_checked(url.find("//")?)?;
        let hash = self.keys.text(Class::Url, rest.as_bytes());
        self.head(hash, |entry| {
            let held = self.text_of(entry);
            entry.class == Class::Url
                && held.strip_suffix(rest).is_some_and(|held_scheme| {
                    held_scheme.is_empty() || scheme.is_empty() || held_scheme == scheme
                })
        })
    }

    /// The head of a canonical mail address.
    pub fn mail(&self, mail: &str) -> Option<u32> {
        let hash = self.keys.text(Class::Mail, mail.as_bytes());
        let held = self.mails.may_hold(hash);
        held.then(|| self.head(hash, |entry| entry.class == Class::Mail && self.text_of(entry) == mail))
            .flatten()
    }

    /// The head of a file hash, in digits of any case.
    pub fn file_hash(&self, digits: &str) -> Option<u32> {
        let hash = self.keys.digits(digits.as_bytes(), 0, digits.len());
        let held = self.hashes.may_hold(hash);
        let same =
            |entry: &Entry| entry.class == Class::Hash && self.text_of(entry).eq_ignore_ascii_case(digits);
        held.then(|| self.head(hash, same)).flatten()
    }
}
