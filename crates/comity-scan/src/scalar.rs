//! The way without vector instructions: eight bytes in a 64-bit register, compared all at once.

use super::{BLOCK, Masks, json::Marks};

/// 0x01 in every byte.
const ONES: u64 = u64::MAX / 255;
/// 0x80 in every byte.
const HIGH: u64 = ONES << 7;

pub(crate) fn classify(blocks: &[[u8; BLOCK]], out: &mut Vec<Masks>) {
    out.extend(blocks.iter().map(block));
}

fn block(bytes: &[u8; BLOCK]) -> Masks {
    let mut masks = Masks::default();
    let (eights, _) = bytes.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        let eight = Eight::of(u64::from_le_bytes(*eight));
        let shift = index * 8;
        masks.word |= gathered(eight.word) << shift;
        masks.dot |= gathered(eight.dot) << shift;
        masks.colon |= gathered(eight.colon) << shift;
        masks.hex |= gathered(eight.hex) << shift;
        masks.high |= gathered(eight.high) << shift;
    }
    masks
}

/// Marks the blocks, each at its place.
pub(crate) fn marks(blocks: &[[u8; BLOCK]], out: &mut [Marks]) {
    for (block, marks) in blocks.iter().zip(out) {
        *marks = Marks::default();
        let (eights, _) = block.as_chunks::<8>();
        for (index, eight) in eights.iter().enumerate() {
            mark(marks, u64::from_le_bytes(*eight), index * 8);
        }
    }
}

fn mark(marks: &mut Marks, bytes: u64, shift: usize) {
    let ascii = !bytes & HIGH;
    let low = bytes & !HIGH;
    // `[` and `{`, and `]` and `}`, differ by this bit alone, and no other byte becomes one of them by it.
    let folded = low | ONES << 5;
    let of = |bytes: u64, first: u8, last: u8| gathered(within(bytes, first, last) & ascii) << shift;
    marks.quote |= of(low, b'"', b'"');
    marks.backslash |= of(low, b'\\', b'\\');
    marks.open |= of(folded, b'{', b'{');
    marks.close |= of(folded, b'}', b'}');
    marks.control |= of(low, 0, 0x1f);
}

/// The classes of eight bytes, in the highest bit of each byte.
struct Eight {
    word: u64,
    dot: u64,
    colon: u64,
    hex: u64,
    high: u64,
}

impl Eight {
    fn of(bytes: u64) -> Eight {
        let high = bytes & HIGH;
        let low = bytes & !HIGH;
        let folded = low | ONES << 5;
        let digit = within(low, b'0', b'9');
        // Only letters become small letters by that bit.
        let letter = within(folded, b'a', b'z');
        let hex_letter = within(folded, b'a', b'f');
        let dot = within(low, b'.', b'.');
        let mark = within(low, b'-', b'.') | within(low, b'_', b'_');
        let ascii = !high & HIGH;
        Eight {
            word: ((digit | letter | mark) & ascii) | high,
            dot: dot & ascii,
            colon: within(low, b':', b':') & ascii,
            hex: (digit | hex_letter) & ascii,
            high,
        }
    }
}

/// The highest bit of each byte that lies from `first` to `last`; bytes and bounds are below 0x80, so that no sum carries.
fn within(bytes: u64, first: u8, last: u8) -> u64 {
    let at_least = bytes + ONES * u64::from(0x80 - first);
    let above = bytes + ONES * u64::from(0x7f - last);
    at_least & !above & HIGH
}

/// The highest bits of the eight bytes as one byte, the first byte lowest.
fn gathered(bits: u64) -> u64 {
    (bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}
