//! The table from hashes to heads: open addressing, eight bytes a slot, half of the hash beside the number of the entry.
//! Doubling needs no entry to be read again.

/// Slots in use at most, of eight.
const FULL: usize = 6;

#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Upper half: that of the hash. Lower half: the entry plus one; zero is a free slot.
    slots: Vec<u64>,
    used: usize,
}

impl Table {
    pub(super) fn for_keys(keys: usize) -> Table {
        let slots = (keys * 8 / FULL + 1).next_power_of_two().max(1024);
        Table { slots: vec![0; slots], used: 0 }
    }

    /// Where the search for this hash begins: its highest bits.
    #[inline(always)]
    fn start(&self, hash: u64) -> usize {
        (hash >> (64 - self.slots.len().trailing_zeros())) as usize
    }

    /// The entry with this hash that is the one meant.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let last = self.slots.len() - 1;
        let mut at = self.start(hash);
        loop {
            let slot = *self.slots.get(at)?;
            let entry = (slot as u32).checked_sub(1)?;
            if slot >> 32 == hash >> 32 && is(entry) {
                return Some(entry);
            }
            at = (at + 1) & last;
        }
    }

    /// Puts in an entry that is not there.
    pub(super) fn insert(&mut self, hash: u64, entry: u32) {
        if (self.used + 1) * 8 > self.slots.len() * FULL {
            let doubled = vec![0; self.slots.len() * 2];
            for slot in std::mem::replace(&mut self.slots, doubled) {
                if slot != 0 {
                    self.put(slot);
                }
            }
        }
        self.put(hash >> 32 << 32 | u64::from(entry + 1));
        self.used += 1;
    }

    fn put(&mut self, slot: u64) {
        let last = self.slots.len() - 1;
        let mut at = self.start(slot);
        while let Some(there) = self.slots.get_mut(at) {
            if *there == 0 {
                *there = slot;
                return;
            }
            at = (at + 1) & last;
        }
    }
}
