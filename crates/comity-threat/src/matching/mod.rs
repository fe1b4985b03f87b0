//! Matching: finding values of indicators in text, by the gigabyte.
//!
//! A [`Matcher`] holds the values. [`Matcher::scan`] looks at raw bytes: classes of bytes as bitmaps (`comity-scan`), typed
//! tokens, a small filter in the cache, then the exact comparison of the whole value. What it returns are candidates:
//! every place at which a value stands, and some more where only the field can tell (the host of a URL, the address of an
//! address with a port). [`crate::log`] then reads the one line and applies the rules of its fields, with the exact lookups
//! of this module.
//!
//! All hashing is keyed by the caller's secret: indicators come from outsiders, and a table whose hash they know is one
//! they can flood.

mod filter;
mod insert;
mod key;
mod look;
mod scan;
mod table;
mod text;
mod texts;
mod tokens;

pub use comity_scan::{Way, fuzz_entry as classes_fuzz_entry};
pub use look::{Depth, NameHit};
pub use scan::{Candidate, Scanner};
pub use text::Mention;

use crate::value::{Kind, Value};
use filter::{Bits, Filter};
use key::Keys;
use std::net::IpAddr;
use table::Table;
use texts::Texts;

/// The secret under which values are hashed. The rim draws it anew for every matcher.
pub type Secret = [u8; 32];

/// The number of an origin: the caller's word for where an indicator came from.
pub type Origin = u32;

/// Values of indicators, ready to be found.
#[derive(Debug)]
pub struct Matcher {
    keys: Keys,
    texts: Texts,
    entries: Vec<Entry>,
    table: Table,
    /// Suffixes of hosts: names, and hosts of URLs.
    hosts: Filter,
    hashes: Filter,
    six: Filter,
    mails: Filter,
    /// The /24 networks in which an address or a range lies.
    four: Bits,
    /// Those in which a range lies.
    four_ranges: Bits,
    /// The prefix lengths of ranges, as bits.
    four_lengths: u64,
    six_lengths: u128,
    values: usize,
    /// Whether ranges of any width are held.
    wide: bool,
}

/// What stands for one value of one origin. Entries of one value are a chain, and only its head is in the table.
#[derive(Clone, Copy, Debug)]
struct Entry {
    text: texts::Place,
    origin: Origin,
    next: u32,
    /// `None` where nothing but the marks counts.
    kind: Option<Kind>,
    class: Class,
    marks: u8,
}

/// No entry.
const NONE: u32 = u32::MAX;
/// The head of a host or address that URLs lead to.
const HAS_URLS: u8 = 1;
/// The head of an address that is also held with a port.
const HAS_PORTS: u8 = 2;
/// A public suffix, which never stands for the names below it.
const EXACT_ONLY: u8 = 4;

/// What a value is looked up as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A name, or the host of a URL.
    Host,
    /// One IPv4 address.
    Four,
    /// One IPv6 address.
    Six,
    /// A range of addresses.
    Range,
    /// An address with a port.
    Port,
    /// A whole URL.
    Url,
    /// A mail address.
    Mail,
    /// A file hash.
    Hash,
}

/// Why a value cannot be matched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A kind of value that is not looked for in logs.
    #[error("`{text}` is of a kind that is not looked for in logs")]
    NotMatched {
        /// The value, at most 80 characters of it.
        text: String,
    },
    /// A range so wide that it would be a hit on everything.
    #[error("`{text}` is wider than a /{} of IPv4 or a /{} of IPv6", insert::WIDEST_FOUR, insert::WIDEST_SIX)]
    TooWide {
        /// The range.
        text: String,
    },
    /// Longer than what is kept.
    #[error("a value longer than {} bytes", texts::LONGEST)]
    TooLong,
    /// More values than a matcher holds.
    #[error("more values than one matcher holds")]
    Full,
}

impl Fault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::NotMatched { .. } => "match/kind",
            Fault::TooWide { .. } => "match/too-wide",
            Fault::TooLong => "match/too-long",
            Fault::Full => "match/full",
        }
    }
}

impl Matcher {
    /// With room for so many values; more can come at any time.
    pub fn new(secret: Secret, values: usize) -> Matcher {
        Matcher {
            keys: Keys::new(secret),
            texts: Texts::default(),
            entries: Vec::with_capacity(values),
            table: Table::for_keys(values),
            hosts: Filter::for_keys(values / 2),
            hashes: Filter::for_keys(values / 4),
            six: Filter::for_keys(values / 16),
            mails: Filter::for_keys(values / 16),
            four: Bits::default(),
            four_ranges: Bits::default(),
            four_lengths: 0,
            six_lengths: 0,
            values: 0,
            wide: false,
        }
    }

    /// With ranges of any width, which as indicators would hit everything. For lists of what is not malicious.
    pub fn with_wide_ranges(self) -> Matcher {
        Matcher { wide: true, ..self }
    }

    /// How many values it holds, the same value of two origins counted twice.
    pub fn len(&self) -> usize {
        self.values
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.values == 0
    }

    /// The canonical text of an entry.
    fn text_of(&self, entry: &Entry) -> &str {
        self.texts.at(entry.text)
    }

    fn entry(&self, index: u32) -> Option<&Entry> {
        self.entries.get(index as usize)
    }

    /// The head of the chain of this value, found by its hash.
    fn head(&self, hash: u64, is: impl Fn(&Entry) -> bool) -> Option<u32> {
        self.table.find(hash, |index| self.entry(index).is_some_and(&is))
    }

    /// The indicators of a chain: kind, canonical text and origin of each.
    pub fn indicators(&self, head: u32) -> impl Iterator<Item = Indicator<'_>> {
        let mut at = head;
        std::iter::from_fn(move || {
            loop {
                let entry = self.entry(at)?;
                at = entry.next;
                if let Some(kind) = entry.kind {
                    return Some(Indicator { kind, text: self.text_of(entry), origin: entry.origin });
                }
            }
        })
    }
}

/// One indicator: a value and where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indicator<'m> {
    /// The kind of its value.
    pub kind: Kind,
    /// The canonical text of its value.
    pub text: &'m str,
    /// Where it came from.
    pub origin: Origin,
}

impl Indicator<'_> {
    /// Its value.
    pub fn value(&self) -> Option<Value> {
        Value::of_canonical(self.kind, self.text).ok()
    }
}

/// The bits of an IPv4 address, or of an IPv6 one.
fn bits_of(address: IpAddr) -> (Class, u128) {
    match address {
        IpAddr::V4(address) => (Class::Four, u128::from(address.to_bits())),
        IpAddr::V6(address) => (Class::Six, address.to_bits()),
    }
}

#[cfg(test)]
mod tests;
