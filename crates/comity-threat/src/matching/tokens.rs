//! From bitmaps to typed tokens. The walk goes from dot to dot, not from token to token: most words of a log have none.
//!
//! A token is a run of word bytes. With a dot in it, it is an address where it ends in a digit and has three of them, and
//! a name where it ends in a letter; without, it is a hash where it is 32, 40, 64 or 128 hexadecimal digits. What has two
//! colons in a row, or seven between hexadecimal digits, may be an IPv6 address.
//!
//! Nothing is compared here. Addresses and hashes of suffixes go into rows, which are then looked at one after another, so
//! that the processor waits for many of them at once.

use super::key::{Keys, eight};
use comity_scan::{BLOCK, Masks};

/// A hash of the bytes `start..end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hashed {
    pub hash: u64,
    pub start: u32,
    pub end: u32,
}

/// An IPv4 address that ends before `end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Four {
    pub address: u32,
    pub start: u32,
    pub end: u32,
}

/// The tokens of a stretch of text.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    /// Suffixes of names; each reaches to the end of its name. The whole name comes last.
    pub suffixes: Vec<Hashed>,
    pub four: Vec<Four>,
    pub digits: Vec<Hashed>,
    /// What may be IPv6 addresses.
    pub six: Vec<(u32, u32)>,
    /// Names that follow an `@`.
    pub after_at: Vec<(u32, u32)>,
    /// Names with bytes from 0x80, which have to be read as Unicode first.
    pub foreign: Vec<(u32, u32)>,
}

impl Tokens {
    pub(super) fn clear(&mut self) {
        self.suffixes.clear();
        self.four.clear();
        self.digits.clear();
        self.six.clear();
        self.after_at.clear();
        self.foreign.clear();
    }
}

/// Walks over the blocks of `masks` but the first and the last, which are there for what they share with their
/// neighbours. `base` is where the second one begins in `text`.
pub(super) struct Walk<'w> {
    pub keys: &'w Keys,
    /// Where the hash of a host begins.
    pub host: u64,
    pub text: &'w [u8],
    pub out: &'w mut Tokens,
    /// Dots before this place belong to a token that was seen.
    pub resume: usize,
    /// The same for runs with colons.
    pub six_done: usize,
}

impl Walk<'_> {
    pub(super) fn blocks(&mut self, base: usize, masks: &[Masks]) {
        for (index, neighbours) in masks.windows(3).enumerate() {
            let [before, here, after] = neighbours else { continue };
            let at = base + index * BLOCK;
            self.dots(at, before, here, after);
            self.hex_runs(at, before, here, after);
            self.colons(at, before, here, after);
        }
    }

    #[inline(always)]
    fn dots(&mut self, at: usize, before: &Masks, here: &Masks, after: &Masks) {
        let mut dots = here.dot & above(self.resume.saturating_sub(at));
        while dots != 0 {
            let bit = dots.trailing_zeros();
            let dot = at + bit as usize;
            let run = (!ahead(here.word, after.word, bit)).trailing_zeros();
            let lead = (!behind(before.word, here.word, bit)).leading_zeros();
            if run == 64 || lead == 64 {
                self.long(dot);
            } else {
                let within = ahead(here.dot, after.dot, bit) & !above(run as usize);
                let foreign = (here.high | after.high | before.high) != 0;
                self.token(dot - lead as usize, dot, dot + run as usize, within, foreign);
                self.resume = dot + run as usize;
            }
            dots &= above(self.resume.saturating_sub(at));
        }
    }

    /// A token with dots at these bits from its first dot on.
    #[inline(always)]
    fn token(&mut self, start: usize, first_dot: usize, end: usize, dots: u64, foreign: bool) {
        let (mut end, mut dots) = (end, dots);
        let mut last = self.byte(end - 1);
        while last == b'.' {
            end -= 1;
            dots &= !above(end - first_dot);
            if dots == 0 {
                return;
            }
            last = self.byte(end - 1);
        }
        if last.is_ascii_digit() {
            if dots.count_ones() == 3 && end - start <= 15 {
                self.address(start, first_dot, end, dots);
            }
            return;
        }
        if foreign && self.slice(start, end).iter().any(|byte| *byte >= 0x80) {
            self.out.foreign.push((start as u32, end as u32));
            return;
        }
        self.name(start, first_dot, end, dots);
    }

    #[inline(always)]
    fn address(&mut self, start: usize, first_dot: usize, end: usize, dots: u64) {
        let second = dots & (dots - 1);
        let (d2, d3) =
            (first_dot + second.trailing_zeros() as usize, first_dot + 63 - dots.leading_zeros() as usize);
        let a = octet(self.text, start, first_dot);
        let b = octet(self.text, first_dot + 1, d2);
        let c = octet(self.text, d2 + 1, d3);
        let d = octet(self.text, d3 + 1, end);
        if a | b | c | d <= 255 {
            let address = a << 24 | b << 16 | c << 8 | d;
            self.out.four.push(Four { address, start: start as u32, end: end as u32 });
        }
    }

    /// Hashes the suffixes of a name from its end; the last label alone is no suffix.
    #[inline(always)]
    fn name(&mut self, start: usize, first_dot: usize, end: usize, dots: u64) {
        let (mut state, mut right, mut dots) = (self.host, end, dots);
        while dots != 0 {
            let bit = 63 - dots.leading_zeros();
            let dot = first_dot + bit as usize;
            state = self.keys.label(state, self.text, dot + 1, right);
            if right != end {
                self.suffix(state, dot + 1, end);
            }
            right = dot;
            dots ^= 1 << bit;
        }
        state = self.keys.label(state, self.text, start, right);
        self.suffix(state, start, end);
        if start > 0 && self.byte(start - 1) == b'@' {
            self.out.after_at.push((start as u32, end as u32));
        }
    }

    #[inline(always)]
    fn suffix(&mut self, hash: u64, start: usize, end: usize) {
        self.out.suffixes.push(Hashed { hash, start: start as u32, end: end as u32 });
    }

    /// A token that reaches beyond the window around its dot: read byte by byte.
    #[cold]
    fn long(&mut self, dot: usize) {
        let (before, after) = self.text.split_at_checked(dot).unwrap_or((self.text, &[]));
        let start = before.iter().rposition(|byte| !is_word(*byte)).map_or(0, |at| at + 1);
        let end = dot + after.iter().position(|byte| !is_word(*byte)).unwrap_or(after.len());
        self.resume = end;
        let token = self.slice(start, end);
        let bare = token.trim_ascii_end();
        let bare = bare.get(..bare.iter().rposition(|byte| *byte != b'.').map_or(0, |at| at + 1));
        let Some(bare) = bare.filter(|bare| !bare.is_empty() && bare.contains(&b'.')) else { return };
        let end = start + bare.len();
        if bare.last().is_some_and(u8::is_ascii_digit) {
            return;
        }
        if bare.iter().any(|byte| *byte >= 0x80) {
            self.out.foreign.push((start as u32, end as u32));
            return;
        }
        self.long_name(start, end);
    }

    fn long_name(&mut self, start: usize, end: usize) {
        let (mut state, mut right) = (self.host, end);
        let text = self.text;
        for dot in memchr::memrchr_iter(b'.', text.get(start..end).unwrap_or_default()) {
            let dot = start + dot;
            state = self.keys.label(state, self.text, dot + 1, right);
            if right != end {
                self.suffix(state, dot + 1, end);
            }
            right = dot;
        }
        state = self.keys.label(state, self.text, start, right);
        self.suffix(state, start, end);
        if start > 0 && self.byte(start - 1) == b'@' {
            self.out.after_at.push((start as u32, end as u32));
        }
    }

    /// Runs of 32 and more hexadecimal digits that are words of their own and as long as a hash.
    #[inline(always)]
    fn hex_runs(&mut self, at: usize, before: &Masks, here: &Masks, after: &Masks) {
        let wide = u128::from(here.hex) | u128::from(after.hex) << 64;
        let mut runs = wide & wide >> 1;
        runs &= runs >> 2;
        runs &= runs >> 4;
        runs &= runs >> 8;
        runs &= runs >> 16;
        // Where a run of digits begins, and the byte before is of no word at all.
        let mut starts = runs as u64 & !(here.word << 1 | before.word >> 63);
        while starts != 0 {
            let start = at + starts.trailing_zeros() as usize;
            starts &= starts - 1;
            let rest = self.text.get(start..).unwrap_or_default();
            let length = rest.iter().take(129).take_while(|byte| byte.is_ascii_hexdigit()).count();
            let follows = rest.get(length).is_some_and(|byte| is_word(*byte));
            if matches!(length, 32 | 40 | 64 | 128) && !follows {
                let hash = self.keys.digits(self.text, start, start + length);
                self.out.digits.push(Hashed { hash, start: start as u32, end: (start + length) as u32 });
            }
        }
    }

    #[inline(always)]
    fn colons(&mut self, at: usize, before: &Masks, here: &Masks, after: &Masks) {
        if here.colon == 0 {
            return;
        }
        let double = here.colon & (here.colon << 1 | before.colon >> 63);
        let between = here.colon & (here.hex << 1 | before.hex >> 63) & (here.hex >> 1 | after.hex << 63);
        let near = between.count_ones() + (after.colon & (after.hex << 1 | here.hex >> 63)).count_ones();
        if double != 0 || (between != 0 && near >= 7) {
            self.six(at, if near >= 7 { double | between } else { double });
        }
    }

    /// The runs of hexadecimal digits, colons and dots around these colons.
    #[cold]
    fn six(&mut self, at: usize, colons: u64) {
        let part = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        let mut colons = colons;
        while colons != 0 {
            let colon = at + colons.trailing_zeros() as usize;
            colons &= colons - 1;
            if colon < self.six_done {
                continue;
            }
            let (before, after) = self.text.split_at_checked(colon).unwrap_or((self.text, &[]));
            let lead = before.iter().rev().take(46).take_while(|byte| part(**byte)).count();
            let run = after.iter().take(46).take_while(|byte| part(**byte)).count();
            self.six_done = colon + run;
            let (start, mut end) = (colon - lead, colon + run);
            let glued = before.len().checked_sub(lead + 1).is_some_and(|at| is_word(self.byte(at)));
            while end > colon + 1 && self.byte(end - 1) == b'.' {
                end -= 1;
            }
            if !glued && end - start <= 45 {
                self.out.six.push((start as u32, end as u32));
            }
        }
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn slice(&self, start: usize, end: usize) -> &[u8] {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// The bits from `bit` on; none where it is 64 or more.
#[inline(always)]
fn above(bit: usize) -> u64 {
    if bit >= 64 { 0 } else { u64::MAX << bit }
}

/// 64 bits from `bit` on.
#[inline(always)]
fn ahead(here: u64, after: u64, bit: u32) -> u64 {
    here >> bit | after << 1 << (63 - bit)
}

/// The 64 bits before `bit`, the nearest highest.
#[inline(always)]
fn behind(before: u64, here: u64, bit: u32) -> u64 {
    here << 1 << (63 - bit) | before >> bit
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') || byte >= 0x80
}

/// The number that one to three digits make; more than 255 where they are none, or begin with a zero that says nothing.
#[inline(always)]
fn octet(text: &[u8], start: usize, end: usize) -> u32 {
    const NO_OCTET: u32 = 1 << 16;
    let length = end - start;
    if length == 0 || length > 3 {
        return NO_OCTET;
    }
    let kept = u32::MAX << (32 - 8 * length);
    let digits = ((eight(text, end) >> 32) as u32 ^ 0x3030_3030) & kept;
    if (digits.wrapping_add(0x7676_7676) | digits) & 0x8080_8080 != 0 {
        return NO_OCTET;
    }
    let number = (digits >> 8 & 15) * 100 + (digits >> 16 & 15) * 10 + (digits >> 24);
    let least = match length {
        1 => 0,
        2 => 10,
        _ => 100,
    };
    if number < least { NO_OCTET } else { number }
}
