//! One pass over raw bytes.

use super::{
    Class, EXACT_ONLY, HAS_URLS, Matcher,
    tokens::{Tokens, Walk, is_word},
};
use crate::value::{self, Kind};
use comity_scan::{BLOCK, Masks, Way, classify};
use std::net::IpAddr;

/// What a scan works with, kept from one to the next.
#[derive(Clone, Debug)]
pub struct Scanner {
    way: Way,
    masks: Vec<Masks>,
    tokens: Tokens,
    found: Vec<Candidate>,
}

/// A place at which a value of the matcher stands, or the host or address of one that only the field can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Where its token begins.
    pub start: usize,
    /// Where its token ends.
    pub end: usize,
    /// The head of its chain.
    pub head: u32,
    /// For names, whether the indicator is the whole name or a parent of it.
    pub exact: bool,
}

/// Bytes whose tokens are gathered before they are looked up: few enough to stay in the first cache.
const STRETCH: usize = 8 << 10;
/// Most bytes of one scan, so that places fit 32 bits.
pub const MAX_SCAN: usize = 1 << 30;

impl Scanner {
    /// That classifies in this way.
    pub fn new(way: Way) -> Scanner {
        Scanner { way, masks: Vec::new(), tokens: Tokens::default(), found: Vec::new() }
    }
}

impl Matcher {
    /// The candidates in a text, in their order. The text should end with a line; a token at its very end counts as ended.
    pub fn scan<'s>(&self, scanner: &'s mut Scanner, text: &[u8]) -> &'s [Candidate] {
        let text = text.get(..MAX_SCAN).unwrap_or(text);
        scanner.found.clear();
        let (mut resume, mut six_done) = (0, 0);
        for base in (0..text.len()).step_by(STRETCH) {
            self.masks_around(scanner, text, base);
            scanner.tokens.clear();
            let mut walk = Walk {
                keys: &self.keys,
                host: self.keys.begin(Class::Host),
                text,
                out: &mut scanner.tokens,
                resume,
                six_done,
            };
            walk.blocks(base, &scanner.masks);
            (resume, six_done) = (walk.resume, walk.six_done);
            self.look_up(text, &scanner.tokens, &mut scanner.found);
        }
        scanner.found.sort_unstable();
        scanner.found.dedup();
        &scanner.found
    }

    /// The masks of a stretch, with one block before and one after.
    fn masks_around(&self, scanner: &mut Scanner, text: &[u8], base: usize) {
        scanner.masks.clear();
        let first = match base.checked_sub(BLOCK) {
            Some(first) => first,
            None => {
                scanner.masks.push(Masks::default());
                base
            }
        };
        let end = (base + STRETCH + BLOCK).min(text.len());
        classify(scanner.way, text.get(first..end).unwrap_or_default(), &mut scanner.masks);
        if end < base + STRETCH + BLOCK {
            scanner.masks.push(Masks::default());
        }
    }

    fn look_up(&self, text: &[u8], tokens: &Tokens, found: &mut Vec<Candidate>) {
        for four in &tokens.four {
            if self.four.holds(four.address) {
                self.find_four(four.address, four.start as usize, four.end as usize, found);
            }
        }
        for suffix in &tokens.suffixes {
            if self.hosts.may_hold(suffix.hash) {
                self.find_host(text, suffix.hash, suffix.start as usize, suffix.end as usize, found);
            }
        }
        for digits in &tokens.digits {
            if self.hashes.may_hold(digits.hash) {
                self.find_digits(text, digits.hash, digits.start as usize, digits.end as usize, found);
            }
        }
        if self.holds_six() {
            for (start, end) in &tokens.six {
                self.find_six(text, *start as usize, *end as usize, found);
            }
        }
        for (start, end) in &tokens.after_at {
            self.find_mail(text, *start as usize, *end as usize, found);
        }
        for (start, end) in &tokens.foreign {
            self.find_foreign(text, *start as usize, *end as usize, found);
        }
    }

    #[cold]
    fn find_four(&self, address: u32, start: usize, end: usize, found: &mut Vec<Candidate>) {
        self.heads_of_four(address, |head| found.push(Candidate { start, end, head, exact: true }));
    }

    /// A suffix that the filter let through. It may be the whole name, or stand for the names below it.
    #[cold]
    fn find_host(&self, text: &[u8], hash: u64, start: usize, end: usize, found: &mut Vec<Candidate>) {
        let suffix = text.get(start..end).unwrap_or_default();
        let head = self.head(hash, |entry| {
            entry.class == Class::Host && self.text_of(entry).as_bytes().eq_ignore_ascii_case(suffix)
        });
        let Some((head, entry)) = head.and_then(|head| Some((head, self.entry(head)?))) else { return };
        let before = text.get(..start).unwrap_or_default();
        let exact = before.last().is_none_or(|byte| !is_word(*byte));
        let counts = if exact {
            entry.kind.is_some() || entry.marks & HAS_URLS != 0
        } else {
            entry.kind.is_some() && entry.marks & EXACT_ONLY == 0
        };
        if counts {
            let start = before.iter().rposition(|byte| !is_word(*byte)).map_or(0, |at| at + 1);
            found.push(Candidate { start, end, head, exact });
        }
    }

    #[cold]
    fn find_digits(&self, text: &[u8], hash: u64, start: usize, end: usize, found: &mut Vec<Candidate>) {
        let digits = text.get(start..end).unwrap_or_default();
        let head = self.head(hash, |entry| {
            entry.class == Class::Hash && self.text_of(entry).as_bytes().eq_ignore_ascii_case(digits)
        });
        found.extend(head.map(|head| Candidate { start, end, head, exact: true }));
    }

    fn find_six(&self, text: &[u8], start: usize, end: usize, found: &mut Vec<Candidate>) {
        let read = text.get(start..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(value::v6);
        if let Some(address) = read {
            self.heads_of(IpAddr::V6(address), |head| {
                found.push(Candidate { start, end, head, exact: true });
            });
        }
    }

    fn find_mail(&self, text: &[u8], start: usize, end: usize, found: &mut Vec<Candidate>) {
        if self.mails.keys() == 0 {
            return;
        }
        let before = text.get(..start.saturating_sub(1)).unwrap_or_default();
        let local = before.iter().rev().take(65).take_while(|byte| is_local(**byte)).count();
        let whole = text.get(start - 1 - local..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let Some(mail) = whole.and_then(|whole| value::normalise(Kind::Email, whole).ok()) else { return };
        if let Some(head) = self.mail(mail.text()) {
            found.push(Candidate { start: start - 1 - local, end, head, exact: true });
        }
    }

    #[cold]
    fn find_foreign(&self, text: &[u8], start: usize, end: usize, found: &mut Vec<Candidate>) {
        let read = text.get(start..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let Some(name) = read.and_then(|name| value::normalise(Kind::Name, name).ok()) else { return };
        if let Some(hit) = self.name(name.text()) {
            found.push(Candidate { start, end, head: hit.head, exact: hit.depth == super::Depth::Exact });
        } else if let Some(head) = self.url_host(name.text()) {
            found.push(Candidate { start, end, head, exact: true });
        }
        if start > 0 && text.get(start - 1) == Some(&b'@') {
            self.find_mail(text, start, end, found);
        }
    }
}

/// What stands before the `@` of a mail address without quotes (RFC 5321 `Dot-string`, RFC 6531).
fn is_local(byte: u8) -> bool {
    is_word(byte) || b"!#$%&'*+/=?^`{|}~".contains(&byte)
}
