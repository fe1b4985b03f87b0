//! What is looked at before the table: small enough for the cache, wrong for one in two hundred, and never the other way.

/// A Bloom filter whose bits of one key lie in one word (blocked; 16 bits a key, four set). It grows by halves of its keys
/// being made anew: the table holds their hashes.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    words: Vec<u64>,
    shift: u32,
    keys: usize,
}

/// Keys to a word of 64 bits.
const KEYS_PER_WORD: usize = 4;

impl Filter {
    pub(super) fn for_keys(keys: usize) -> Filter {
        let words = (keys / KEYS_PER_WORD).next_power_of_two().max(256);
        Filter { words: vec![0; words], shift: 64 - words.trailing_zeros(), keys: 0 }
    }

    #[inline(always)]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let bits = bits(hash);
        self.words.get((hash >> self.shift) as usize).is_some_and(|word| word & bits == bits)
    }

    pub(super) fn insert(&mut self, hash: u64) {
        let at = (hash >> self.shift) as usize;
        if let Some(word) = self.words.get_mut(at) {
            *word |= bits(hash);
        }
        self.keys += 1;
    }

    /// Whether it holds more keys than it is made for, so that it lets through more than it should.
    pub(super) fn is_full(&self) -> bool {
        self.keys > self.words.len() * KEYS_PER_WORD
    }

    /// How many keys it holds.
    pub(super) fn keys(&self) -> usize {
        self.keys
    }
}

/// Four bits, by the lower bits of the hash; the upper ones say which word.
#[inline(always)]
fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63) | 1 << (hash >> 18 & 63)
}

/// One bit for each /24 network of IPv4: 2 MiB, made when the first bit is set.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    #[inline(always)]
    pub(super) fn holds(&self, address: u32) -> bool {
        self.words.get((address >> 14) as usize).is_some_and(|word| word >> (address >> 8 & 63) & 1 == 1)
    }

    /// Sets the bits of all networks from `first` to `last`.
    pub(super) fn insert(&mut self, first: u32, last: u32) {
        if self.words.is_empty() {
            self.words = vec![0; 1 << 18];
        }
        for network in first >> 8..=last >> 8 {
            if let Some(word) = self.words.get_mut((network >> 6) as usize) {
                *word |= 1 << (network & 63);
            }
        }
    }
}
