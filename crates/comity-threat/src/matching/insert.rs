//! Putting values in, one at a time and without making anything anew.

use super::{
    Class, EXACT_ONLY, Entry, Fault, HAS_PORTS, HAS_URLS, Matcher, NONE, Origin, bits_of, filter::Filter,
    texts::Place,
};
use crate::{
    reader::brief,
    value::{self, Kind, Range, Value},
};
use std::net::{IpAddr, SocketAddr};

/// The shortest prefixes of ranges: a wider range would be a hit on everything.
pub(super) const WIDEST_FOUR: u8 = 8;
pub(super) const WIDEST_SIX: u8 = 16;

impl Matcher {
    /// Puts a value in. The same value of the same origin again changes nothing.
    ///
    /// # Errors
    /// A value that is not looked for in logs, a range that would hit everything, and a matcher that is full.
    pub fn insert(&mut self, value: &Value, origin: Origin) -> Result<(), Fault> {
        let text = value.text();
        match value.kind() {
            Kind::Name => {
                let marks = if value::is_public_suffix(text) { EXACT_ONLY } else { 0 };
                self.put(self.keys.host(text.as_bytes()), Class::Host, value, origin, marks).map(drop)
            }
            Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr => self.insert_range(value, origin),
            Kind::AddressPort => self.insert_port(value, origin),
            Kind::Url => self.insert_url(value, origin),
            Kind::Email => self
                .put(self.keys.text(Class::Mail, text.as_bytes()), Class::Mail, value, origin, 0)
                .map(drop),
            Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512 => {
                let hash = self.keys.digits(text.as_bytes(), 0, text.len());
                self.put(hash, Class::Hash, value, origin, 0).map(drop)
            }
            Kind::Other => Err(Fault::NotMatched { text: brief(text) }),
        }
    }

    fn insert_range(&mut self, value: &Value, origin: Origin) -> Result<(), Fault> {
        let unread = || Fault::NotMatched { text: brief(value.text()) };
        let range = value::range(value.text()).ok_or_else(unread)?;
        let (class, bits) = bits_of(range.first);
        if value.kind() != Kind::Cidr {
            return self.put(self.keys.bits(class, bits, 0), class, value, origin, 0).map(drop);
        }
        let widest = if class == Class::Four { WIDEST_FOUR } else { WIDEST_SIX };
        if range.prefix < widest && !self.wide {
            return Err(Fault::TooWide { text: value.text().to_owned() });
        }
        self.put(self.range_hash(range), Class::Range, value, origin, 0)?;
        match range.first {
            IpAddr::V4(first) => {
                let first = first.to_bits();
                let last = first | u32::MAX.checked_shr(u32::from(range.prefix)).unwrap_or(0);
                self.four.insert(first, last);
                self.four_ranges.insert(first, last);
                self.four_lengths |= 1 << range.prefix;
            }
            IpAddr::V6(_) => self.six_lengths |= 1 << range.prefix.saturating_sub(1),
        }
        Ok(())
    }

    /// The hash of a range; families differ by their lengths.
    pub(super) fn range_hash(&self, range: Range) -> u64 {
        let (class, bits) = bits_of(range.first);
        let family = if class == Class::Four { 0 } else { 128 };
        self.keys.bits(Class::Range, bits, range.prefix | family)
    }

    fn insert_port(&mut self, value: &Value, origin: Origin) -> Result<(), Fault> {
        let unread = || Fault::NotMatched { text: brief(value.text()) };
        let address: SocketAddr = value.text().parse().map_err(|_| unread())?;
        let hash = self.keys.text(Class::Port, value.text().as_bytes());
        let place = self.put(hash, Class::Port, value, origin, 0)?;
        // The text of the address stands at the beginning, or in brackets.
        let bracket = usize::from(address.is_ipv6());
        let length = value.text().rfind(':').unwrap_or_default().saturating_sub(2 * bracket);
        self.mark_address(address.ip(), place.part(bracket, length).ok_or_else(unread)?, HAS_PORTS)
    }

    fn insert_url(&mut self, value: &Value, origin: Origin) -> Result<(), Fault> {
        let unread = || Fault::NotMatched { text: brief(value.text()) };
        let text = value.text();
        let parts = value::split_url(text).ok_or_else(unread)?;
        let slashes = text.find("//").unwrap_or_default();
        let hash = self.keys.text(Class::Url, text.get(slashes..).unwrap_or_default().as_bytes());
        let place = self.put(hash, Class::Url, value, origin, 0)?;
        let bracket = usize::from(parts.host.starts_with('['));
        let inner = parts.host.trim_start_matches('[').trim_end_matches(']');
        let host = place.part(slashes + 2 + bracket, inner.len()).ok_or_else(unread)?;
        match inner.parse::<IpAddr>() {
            Ok(address) => self.mark_address(address, host, HAS_URLS),
            Err(_) => self.mark(self.keys.host(inner.as_bytes()), Class::Host, host, HAS_URLS),
        }
    }

    fn mark_address(&mut self, address: IpAddr, text: Place, mark: u8) -> Result<(), Fault> {
        let (class, bits) = bits_of(address);
        self.mark(self.keys.bits(class, bits, 0), class, text, mark)
    }

    /// Marks the head of a value, which is put in for the mark alone where it is not there.
    fn mark(&mut self, hash: u64, class: Class, text: Place, mark: u8) -> Result<(), Fault> {
        let wanted = self.texts.at(text);
        if let Some(head) = self.head(hash, |entry| entry.class == class && self.text_of(entry) == wanted) {
            if let Some(entry) = self.entries.get_mut(head as usize) {
                entry.marks |= mark;
            }
            return Ok(());
        }
        let entry = Entry { text, origin: 0, next: NONE, kind: None, class, marks: mark };
        self.push_head(hash, entry)
    }

    fn put(
        &mut self,
        hash: u64,
        class: Class,
        value: &Value,
        origin: Origin,
        marks: u8,
    ) -> Result<Place, Fault> {
        if value.text().len() > super::texts::LONGEST {
            return Err(Fault::TooLong);
        }
        let wanted = (class, value.text());
        let head = self.head(hash, |entry| (entry.class, self.text_of(entry)) == wanted);
        let Some(head) = head else {
            let text = self.texts.push(value.text()).ok_or(Fault::Full)?;
            let kind = Some(value.kind());
            self.push_head(hash, Entry { text, origin, next: NONE, kind, class, marks })?;
            self.values += 1;
            return Ok(text);
        };
        let number = u32::try_from(self.entries.len()).ok().filter(|n| *n < NONE - 1).ok_or(Fault::Full)?;
        // Sources come one after another, so that a repetition is one of the head or of what came last.
        let last = self.entry(head).and_then(|entry| self.entry(entry.next)).map(|entry| entry.origin);
        let Some(entry) = self.entries.get_mut(head as usize) else { return Err(Fault::Full) };
        let text = entry.text;
        entry.marks |= marks;
        if entry.kind.is_none() {
            (entry.kind, entry.origin) = (Some(value.kind()), origin);
            self.values += 1;
        } else if entry.origin != origin && last != Some(origin) {
            let next = std::mem::replace(&mut entry.next, number);
            let kind = Some(value.kind());
            self.entries.push(Entry { text, origin, next, kind, class, marks: 0 });
            self.values += 1;
        }
        Ok(text)
    }

    fn push_head(&mut self, hash: u64, entry: Entry) -> Result<(), Fault> {
        let number = u32::try_from(self.entries.len()).ok().filter(|n| *n < NONE - 1).ok_or(Fault::Full)?;
        // A filter that is made anew is made of the entries: the new one must be among them.
        self.entries.push(entry);
        self.table.insert(hash, number);
        self.filter_in(hash, &entry);
        Ok(())
    }

    fn filter_in(&mut self, hash: u64, entry: &Entry) {
        if entry.class == Class::Four {
            let address = value::v4(self.texts.at(entry.text)).map_or(0, |address| address.to_bits());
            self.four.insert(address, address);
            return;
        }
        if let Some(filter) = self.filter_of(entry.class) {
            filter.insert(hash);
            if filter.is_full() {
                self.widen(entry.class);
            }
        }
    }

    fn filter_of(&mut self, class: Class) -> Option<&mut Filter> {
        match class {
            Class::Host => Some(&mut self.hosts),
            Class::Six => Some(&mut self.six),
            Class::Mail => Some(&mut self.mails),
            Class::Hash => Some(&mut self.hashes),
            Class::Four | Class::Range | Class::Port | Class::Url => None,
        }
    }

    /// Makes a filter for twice as many keys from the heads of its class. Happens once each time their number doubles.
    fn widen(&mut self, class: Class) {
        let Some(old) = self.filter_of(class) else { return };
        let mut wider = Filter::for_keys(old.keys() * 2);
        for entry in self.entries.iter().filter(|entry| entry.class == class) {
            wider.insert(self.hash_again(entry));
        }
        if let Some(filter) = self.filter_of(class) {
            *filter = wider;
        }
    }

    fn hash_again(&self, entry: &Entry) -> u64 {
        let text = self.text_of(entry);
        match entry.class {
            Class::Host => self.keys.host(text.as_bytes()),
            Class::Hash => self.keys.digits(text.as_bytes(), 0, text.len()),
            Class::Six => {
                self.keys.bits(Class::Six, value::v6(text).map_or(0, |address| address.to_bits()), 0)
            }
            class => self.keys.text(class, text.as_bytes()),
        }
    }
}
