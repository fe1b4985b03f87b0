//! Keyed hashing. Multiplying 64 by 64 bits and folding the halves mixes well and costs a few cycles; the secret makes the
//! places of the table unknown to whoever chooses the values.

use super::{Class, Secret};

/// 0x20 in every byte: sets letters to small letters and leaves apart what else stands in names and hashes.
const SMALL: u64 = u64::MAX / 255 * 0x20;

/// What the secret gives.
#[derive(Clone)]
pub(super) struct Keys {
    seed: u64,
    mix: u64,
    end: u64,
    classes: u64,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    pub(super) fn new(secret: Secret) -> Keys {
        let (words, _) = secret.as_chunks::<8>();
        let word =
            |index: usize| spread(words.get(index).map_or(0, |bytes| u64::from_le_bytes(*bytes)), index);
        // Odd factors lose nothing.
        Keys { seed: word(0), mix: word(1) | 1, end: word(2) | 1, classes: word(3) | 1 }
    }

    /// Where hashing of a class begins.
    pub(super) fn begin(&self, class: Class) -> u64 {
        fold(self.seed ^ class as u64, self.classes)
    }

    /// Goes on from `state` with the bytes `start..end`, from their end to their beginning, without their case. Only for
    /// letters, digits, `-`, `_` and `.`.
    #[inline(always)]
    pub(super) fn label(&self, state: u64, bytes: &[u8], start: usize, end: usize) -> u64 {
        let (mut state, mut end) = (state, end);
        while end - start > 8 {
            state = fold(state ^ (eight(bytes, end) | SMALL), self.mix);
            end -= 8;
        }
        let length = end - start;
        if length == 0 {
            return fold(state, self.end);
        }
        let last = (eight(bytes, end) | SMALL) >> (64 - 8 * length);
        fold(state ^ last, self.end.wrapping_add(length as u64 * 2))
    }

    /// The hash of a host: label by label from its end, so that the hash of every suffix comes on the way.
    pub(super) fn host(&self, name: &[u8]) -> u64 {
        let mut state = self.begin(Class::Host);
        let mut end = name.len();
        for dot in memchr::memrchr_iter(b'.', name) {
            state = self.label(state, name, dot + 1, end);
            end = dot;
        }
        self.label(state, name, 0, end)
    }

    /// The hash of hexadecimal digits, without their case.
    #[inline]
    pub(super) fn digits(&self, bytes: &[u8], start: usize, end: usize) -> u64 {
        self.label(self.begin(Class::Hash), bytes, start, end)
    }

    /// The hash of bits.
    #[inline]
    pub(super) fn bits(&self, class: Class, bits: u128, length: u8) -> u64 {
        let state = self.begin(class) ^ u64::from(length);
        fold(fold(state ^ bits as u64, self.mix) ^ (bits >> 64) as u64, self.end)
    }

    /// The hash of a text as it is.
    pub(super) fn text(&self, class: Class, text: &[u8]) -> u64 {
        let (eights, rest) = text.as_chunks::<8>();
        let mut state = self.begin(class);
        for eight in eights {
            state = fold(state ^ u64::from_le_bytes(*eight), self.mix);
        }
        let last = rest.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        fold(state ^ last, self.end.wrapping_add(text.len() as u64 * 2))
    }
}

/// Spreads a word over all its bits (the finaliser of SplitMix64), so that a secret with a pattern gives no factor with one.
fn spread(word: u64, index: usize) -> u64 {
    let mut word = word.wrapping_add(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(index as u64 + 1));
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The eight bytes before `end`, the last one highest; zeros where the text begins later.
#[inline(always)]
pub(super) fn eight(bytes: &[u8], end: usize) -> u64 {
    match bytes.get(..end).and_then(|before| before.last_chunk::<8>()) {
        Some(eight) => u64::from_le_bytes(*eight),
        None => few(bytes.get(..end).unwrap_or_default()),
    }
}

#[cold]
fn few(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .take(8)
        .fold((0u64, 56u32), |(word, shift), byte| {
            (word | u64::from(*byte) << shift, shift.saturating_sub(8))
        })
        .0
}
