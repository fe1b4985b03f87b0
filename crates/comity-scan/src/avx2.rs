//! AVX2: two halves of 32 bytes. The kind of a byte is the common bit of what its two halves say, each looked up in a
//! table of sixteen.

use super::{BLOCK, Masks, json::Marks, kind};
use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16,
    _mm256_srli_epi16,
};

/// Appends the masks of the blocks. The caller has seen that the machine has AVX2.
pub(crate) fn classify(blocks: &[[u8; BLOCK]], out: &mut Vec<Masks>) {
    #[expect(unsafe_code, reason = "a function of instructions that not every machine has")]
    // SAFETY: `full` in the crate's root calls this only after the machine said that it has AVX2.
    unsafe {
        with_avx2(blocks, out);
    }
}

#[target_feature(enable = "avx2")]
fn with_avx2(blocks: &[[u8; BLOCK]], out: &mut Vec<Masks>) {
    let tables = (load(&LOW), load(&HIGH));
    out.extend(blocks.iter().map(|block| {
        let (halves, _) = block.as_chunks::<32>();
        let mut masks = Masks::default();
        for (index, half) in halves.iter().enumerate() {
            add(&mut masks, tables, half, index * 32);
        }
        masks
    }));
}

#[target_feature(enable = "avx2")]
fn add(masks: &mut Masks, (low, high): (__m256i, __m256i), half: &[u8; 32], shift: usize) {
    let bytes = load(half);
    let nibbles = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0f));
    // The first lookup gives zero for bytes from 0x80, which is no kind.
    let kinds = _mm256_and_si256(_mm256_shuffle_epi8(low, bytes), _mm256_shuffle_epi8(high, nibbles));
    let above = bits(bytes);
    masks.high |= above << shift;
    masks.word |= (any(kinds, kind::WORD) | above) << shift;
    masks.hex |= any(kinds, kind::HEX) << shift;
    masks.colon |= bits(kinds) << shift;
    // The bit of the dot moves to where `bits` looks.
    masks.dot |= bits(_mm256_slli_epi16::<1>(kinds)) << shift;
}

/// Marks the blocks, each at its place. The caller has seen that the machine has AVX2.
pub(crate) fn marks(blocks: &[[u8; BLOCK]], out: &mut [Marks]) {
    #[expect(unsafe_code, reason = "a function of instructions that not every machine has")]
    // SAFETY: `full` in `json` calls this only after the machine said that it has AVX2.
    unsafe {
        marks_with_avx2(blocks, out);
    }
}

#[target_feature(enable = "avx2")]
fn marks_with_avx2(blocks: &[[u8; BLOCK]], out: &mut [Marks]) {
    for (block, marks) in blocks.iter().zip(out) {
        let (halves, _) = block.as_chunks::<32>();
        *marks = Marks::default();
        for (index, half) in halves.iter().enumerate() {
            mark(marks, load(half), index * 32);
        }
    }
}

#[target_feature(enable = "avx2")]
fn mark(marks: &mut Marks, bytes: __m256i, shift: usize) {
    // `[` and `{`, and `]` and `}`, differ by this bit alone, and no other byte becomes one of them by it.
    let folded = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
    marks.quote |= equal(bytes, b'"') << shift;
    marks.backslash |= equal(bytes, b'\\') << shift;
    marks.open |= equal(folded, b'{') << shift;
    marks.close |= equal(folded, b'}') << shift;
    let last = _mm256_set1_epi8(0x1f);
    marks.control |= bits(_mm256_cmpeq_epi8(_mm256_min_epu8(bytes, last), bytes)) << shift;
}

#[target_feature(enable = "avx2")]
fn equal(bytes: __m256i, wanted: u8) -> u64 {
    bits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(wanted.cast_signed())))
}

/// Which bytes have one of these kinds.
#[target_feature(enable = "avx2")]
fn any(kinds: __m256i, wanted: u8) -> u64 {
    let found = _mm256_and_si256(kinds, _mm256_set1_epi8(wanted.cast_signed()));
    bits(_mm256_cmpeq_epi8(found, _mm256_setzero_si256())) ^ 0xffff_ffff
}

/// The highest bit of each byte.
#[target_feature(enable = "avx2")]
fn bits(bytes: __m256i) -> u64 {
    u64::from(_mm256_movemask_epi8(bytes).cast_unsigned())
}

#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    #[expect(unsafe_code, reason = "loading from memory goes through a pointer")]
    // SAFETY: 32 bytes are there, and the instruction asks for no alignment.
    unsafe {
        _mm256_loadu_si256(bytes.as_ptr().cast())
    }
}

/// By the lower four bits: the kinds a byte may have.
const LOW: [u8; 32] = table(false);
/// By the upper four bits.
const HIGH: [u8; 32] = table(true);

/// All kinds of the bytes below 0x80 that share these four bits, twice: once for each lane.
#[expect(
    clippy::indexing_slicing,
    reason = "worked out while compiling, where an index too high does not compile"
)]
const fn table(upper: bool) -> [u8; 32] {
    let mut out = [0; 32];
    let mut byte = 0u8;
    while byte < 0x80 {
        let at = if upper { byte >> 4 } else { byte & 0x0f } as usize;
        out[at] |= kind::of(byte);
        out[at + 16] |= kind::of(byte);
        byte += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_tables_have_no_kind_in_common_but_the_right_one() {
        for byte in 0..0x80u8 {
            let found = LOW[usize::from(byte & 0x0f)] & HIGH[usize::from(byte >> 4)];
            assert_eq!(found, kind::of(byte), "{byte:#x}");
        }
    }
}
