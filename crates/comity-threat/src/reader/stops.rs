//! Where a string may end or break: the next quote, backslash or control character.

use comity_scan::{
    BLOCK, Way,
    json::{Marks, marks},
};

/// Blocks that are marked at once: an object of usual size in one or two goes.
const WINDOW: usize = 16;

/// The quotes, backslashes and control characters of a text, for a reader that goes forward.
pub(super) struct Stops<'t> {
    bytes: &'t [u8],
    way: Way,
    /// Number of the first block of the window.
    first: usize,
    /// Blocks in the window.
    count: usize,
    window: [u64; WINDOW],
}

impl<'t> Stops<'t> {
    pub(super) fn of(bytes: &'t [u8]) -> Stops<'t> {
        Stops { bytes, way: Way::best(), first: 0, count: 0, window: [0; WINDOW] }
    }

    /// The first of them at or after a place.
    pub(super) fn from(&mut self, at: usize) -> Option<usize> {
        let mut at = at;
        loop {
            let block = at / BLOCK;
            let place = block.wrapping_sub(self.first);
            if place >= self.count && !self.move_to(block) {
                return None;
            }
            let bits = self.window.get(block.wrapping_sub(self.first)).copied().unwrap_or_default();
            let left = bits >> (at % BLOCK);
            if left != 0 {
                return Some(at + left.trailing_zeros() as usize);
            }
            at = (block + 1) * BLOCK;
        }
    }

    /// Whether there is such a block.
    fn move_to(&mut self, block: usize) -> bool {
        let mut found = [Marks::default(); WINDOW];
        let rest = self.bytes.get(block * BLOCK..).unwrap_or_default();
        self.count = marks(self.way, rest, &mut found);
        self.first = block;
        for (stops, marks) in self.window.iter_mut().zip(&found) {
            *stops = marks.quote | marks.backslash | marks.control;
        }
        self.count > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_what_a_look_at_each_byte_finds(text in r#"([a-z {}]{0,90}["\\\n\x1f]?){0,40}"#, step in 1usize..70) {
            let stop = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            let mut stops = Stops::of(text.as_bytes());
            for at in (0..text.len() + 2).step_by(step) {
                let rest = text.as_bytes().get(at..).unwrap_or_default();
                prop_assert_eq!(stops.from(at), rest.iter().position(stop).map(|found| at + found));
            }
        }
    }
}
