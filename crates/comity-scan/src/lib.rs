//! Classes of bytes as bitmaps: the first step of matching, which looks at every byte of a log and must cost next to
//! nothing.
//!
//! [`classify`] turns each block of 64 bytes into [`Masks`], one bit a byte. There are three ways to do it, chosen while
//! the program runs ([`Way::best`]); all give the same masks, which the tests and the fuzz target hold them to. What the
//! bits mean to names and addresses is `comity-threat`'s business. [`json`] does the same for what structures JSON.
//!
//! `unsafe` may stand in this crate: vector instructions are behind it. Each place says why it holds.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod json;
mod scalar;

/// Bytes of a block.
pub const BLOCK: usize = 64;

/// The classes of the bytes of a block; bit 0 is its first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// Letters, digits, `-`, `_`, `.` and every byte from 0x80: what names are made of.
    pub word: u64,
    /// `.`
    pub dot: u64,
    /// `:`
    pub colon: u64,
    /// Hexadecimal digits.
    pub hex: u64,
    /// Bytes from 0x80.
    pub high: u64,
}

/// A way to classify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Eight bytes at a time in a register, on every machine.
    Scalar,
    /// AVX2: 32 bytes at a time.
    Avx2,
    /// AVX-512 with byte permutation (VBMI): 64 bytes at a time.
    Avx512,
}

impl Way {
    /// Every way, the plainest first.
    pub const ALL: [Way; 3] = [Way::Scalar, Way::Avx2, Way::Avx512];

    /// Whether this machine has it.
    pub fn is_here(self) -> bool {
        match self {
            Way::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Way::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Way::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512vbmi")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The widest that this machine has.
    pub fn best() -> Way {
        Way::ALL.into_iter().rev().find(|way| way.is_here()).unwrap_or(Way::Scalar)
    }

    /// Its word, in options and figures.
    pub fn word(self) -> &'static str {
        match self {
            Way::Scalar => "scalar",
            Way::Avx2 => "avx2",
            Way::Avx512 => "avx512",
        }
    }
}

/// Appends the masks of `bytes` to `out`, a block after another. A last block that is not full is filled up with bytes of
/// no class. A way that this machine does not have is done by the scalar one.
pub fn classify(way: Way, bytes: &[u8], out: &mut Vec<Masks>) {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    out.reserve(blocks.len() + 1);
    full(way, blocks, out);
    if !rest.is_empty() {
        let mut last = [0u8; BLOCK];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        full(way, &[last], out);
    }
}

fn full(way: Way, blocks: &[[u8; BLOCK]], out: &mut Vec<Masks>) {
    match way {
        #[cfg(target_arch = "x86_64")]
        Way::Avx512 if way.is_here() => avx512::classify(blocks, out),
        #[cfg(target_arch = "x86_64")]
        Way::Avx2 if way.is_here() => avx2::classify(blocks, out),
        _ => scalar::classify(blocks, out),
    }
}

/// One bit for each kind of byte, so that a class is a set of bits: what both vector ways look up.
#[cfg(target_arch = "x86_64")]
mod kind {
    pub const DIGIT: u8 = 1;
    /// `A` to `F` and `a` to `f`.
    pub const HEX_LETTER: u8 = 2;
    /// `G` to `O` and `g` to `o`.
    pub const MIDDLE_LETTER: u8 = 4;
    /// `P` to `Z` and `p` to `z`.
    pub const LATE_LETTER: u8 = 8;
    pub const UNDERSCORE: u8 = 16;
    pub const HYPHEN: u8 = 32;
    pub const DOT: u8 = 64;
    pub const COLON: u8 = 128;
    pub const WORD: u8 = DIGIT | HEX_LETTER | MIDDLE_LETTER | LATE_LETTER | UNDERSCORE | HYPHEN | DOT;
    pub const HEX: u8 = DIGIT | HEX_LETTER;

    /// The kind of a byte below 0x80.
    pub const fn of(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'F' | b'a'..=b'f' => HEX_LETTER,
            b'G'..=b'O' | b'g'..=b'o' => MIDDLE_LETTER,
            b'P'..=b'Z' | b'p'..=b'z' => LATE_LETTER,
            b'_' => UNDERSCORE,
            b'-' => HYPHEN,
            b'.' => DOT,
            b':' => COLON,
            _ => 0,
        }
    }
}

/// For fuzzing: every way gives the masks that a plain reading of the classes gives. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let expected = plain(bytes);
    for way in Way::ALL {
        let mut found = Vec::new();
        classify(way, bytes, &mut found);
        assert!(found == expected, "{way:?} reads {bytes:?} in another way");
    }
    json::fuzz_entry(bytes);
}

/// The masks by their definition, a byte at a time.
fn plain(bytes: &[u8]) -> Vec<Masks> {
    let block = |chunk: &[u8]| {
        let bits = |class: fn(u8) -> bool| {
            chunk.iter().enumerate().fold(0u64, |bits, (at, byte)| bits | u64::from(class(*byte)) << at)
        };
        Masks {
            word: bits(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.') || b >= 0x80),
            dot: bits(|b| b == b'.'),
            colon: bits(|b| b == b':'),
            hex: bits(|b| b.is_ascii_hexdigit()),
            high: bits(|b| b >= 0x80),
        }
    };
    bytes.chunks(BLOCK).map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_has_its_classes_at_every_place_of_a_block() {
        for byte in 0..=255u8 {
            for at in 0..=130 {
                let mut bytes = vec![b' '; at];
                bytes.push(byte);
                fuzz_entry(&bytes);
            }
        }
    }

    #[test]
    fn masks_are_those_of_a_block_read_by_hand() {
        let mut found = Vec::new();
        classify(Way::best(), b"a.B:9-_ \xc3g", &mut found);
        let expected =
            Masks { word: 0b11_0111_0111, dot: 0b10, colon: 0b1000, hex: 0b1_0101, high: 0b1_0000_0000 };
        assert_eq!(found, [expected]);
    }

    proptest! {
        #[test]
        fn every_way_gives_equal_masks(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            fuzz_entry(&bytes);
        }
    }
}
