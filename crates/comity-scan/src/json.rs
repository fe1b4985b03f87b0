//! The bytes on which JSON (RFC 8259) turns: quotes, backslashes, brackets, and the control characters that no string may
//! hold as they are.

use super::{BLOCK, Way};

/// What of a block of 64 bytes structures JSON; bit 0 is its first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// `"`
    pub quote: u64,
    /// `\`
    pub backslash: u64,
    /// `{` and `[`
    pub open: u64,
    /// `}` and `]`
    pub close: u64,
    /// Bytes below 0x20.
    pub control: u64,
}

/// Writes the marks of the blocks of `bytes` to `out`, from its beginning; how many were written. What is beyond the last
/// full block is filled up with spaces, which have no mark. Bytes for which `out` has no room are not looked at.
pub fn marks(way: Way, bytes: &[u8], out: &mut [Marks]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let count = blocks.len().min(out.len());
    let (whole, left) = out.split_at_mut(count);
    full(way, blocks, whole);
    match left.first_mut() {
        Some(last) if !rest.is_empty() => {
            let mut block = [b' '; BLOCK];
            for (to, from) in block.iter_mut().zip(rest) {
                *to = *from;
            }
            full(way, &[block], std::slice::from_mut(last));
            count + 1
        }
        _ => count,
    }
}

/// A block for each place.
fn full(way: Way, blocks: &[[u8; BLOCK]], out: &mut [Marks]) {
    match way {
        #[cfg(target_arch = "x86_64")]
        Way::Avx512 if way.is_here() => super::avx512::marks(blocks, out),
        #[cfg(target_arch = "x86_64")]
        Way::Avx2 if way.is_here() => super::avx2::marks(blocks, out),
        _ => super::scalar::marks(blocks, out),
    }
}

/// The marks by their definition, a byte at a time.
pub(crate) fn plain(bytes: &[u8]) -> Vec<Marks> {
    let block = |chunk: &[u8]| {
        let bits = |class: fn(u8) -> bool| {
            chunk.iter().enumerate().fold(0u64, |bits, (at, byte)| bits | u64::from(class(*byte)) << at)
        };
        Marks {
            quote: bits(|b| b == b'"'),
            backslash: bits(|b| b == b'\\'),
            open: bits(|b| matches!(b, b'{' | b'[')),
            close: bits(|b| matches!(b, b'}' | b']')),
            control: bits(|b| b < 0x20),
        }
    };
    bytes.chunks(BLOCK).map(block).collect()
}

/// For fuzzing: every way gives the marks that a plain reading gives. Must never panic.
pub(crate) fn fuzz_entry(bytes: &[u8]) {
    let expected = plain(bytes);
    for way in Way::ALL {
        let mut found = vec![Marks::default(); expected.len()];
        let count = marks(way, bytes, &mut found);
        assert!(count == expected.len() && found == expected, "{way:?} marks {bytes:?} in another way");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_a_block_read_by_hand() {
        let mut found = [Marks::default(); 2];
        assert_eq!(marks(Way::best(), b"{\"a\\\":[1]}\n", &mut found), 1);
        let expected = Marks {
            quote: 0b1_0010,
            backslash: 0b1000,
            open: 0b100_0001,
            close: 0b11_0000_0000,
            control: 0b100_0000_0000,
        };
        assert_eq!(found, [expected, Marks::default()]);
    }

    #[test]
    fn what_has_no_room_is_not_looked_at() {
        let mut found = [Marks::default(); 1];
        assert_eq!(marks(Way::best(), &[b'"'; 130], &mut found), 1);
        assert_eq!(found.map(|marks| marks.quote), [u64::MAX]);
        assert_eq!(marks(Way::best(), b"", &mut found), 0);
    }
}
