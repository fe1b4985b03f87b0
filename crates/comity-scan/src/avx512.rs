//! AVX-512 with VBMI: a whole block at once, its kinds looked up in a table of 128 in one instruction.

use super::{BLOCK, Masks, json::Marks, kind};
use std::arch::x86_64::{
    __m512i, _mm512_cmpeq_epi8_mask, _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_movepi8_mask,
    _mm512_or_si512, _mm512_permutex2var_epi8, _mm512_set1_epi8, _mm512_test_epi8_mask,
};

/// Appends the masks of the blocks. The caller has seen that the machine has AVX-512 BW and VBMI.
pub(crate) fn classify(blocks: &[[u8; BLOCK]], out: &mut Vec<Masks>) {
    #[expect(unsafe_code, reason = "a function of instructions that not every machine has")]
    // SAFETY: `full` in the crate's root calls this only after the machine said that it has AVX-512 BW and VBMI.
    unsafe {
        with_avx512(blocks, out);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn with_avx512(blocks: &[[u8; BLOCK]], out: &mut Vec<Masks>) {
    let (lower, upper) = (load(&LOWER), load(&UPPER));
    out.extend(blocks.iter().map(|block| {
        let bytes = load(block);
        // The highest bit of an index is not looked at, so that bytes from 0x80 are taken out of every class.
        let kinds = _mm512_permutex2var_epi8(lower, bytes, upper);
        let high = _mm512_movepi8_mask(bytes);
        let of = |wanted: u8| _mm512_test_epi8_mask(kinds, _mm512_set1_epi8(wanted.cast_signed())) & !high;
        Masks {
            word: of(kind::WORD) | high,
            dot: of(kind::DOT),
            colon: of(kind::COLON),
            hex: of(kind::HEX),
            high,
        }
    }));
}

/// Marks the blocks, each at its place. The caller has seen that the machine has AVX-512 BW.
pub(crate) fn marks(blocks: &[[u8; BLOCK]], out: &mut [Marks]) {
    #[expect(unsafe_code, reason = "a function of instructions that not every machine has")]
    // SAFETY: `full` in `json` calls this only after the machine said that it has AVX-512 BW and VBMI.
    unsafe {
        marks_with_avx512(blocks, out);
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn marks_with_avx512(blocks: &[[u8; BLOCK]], out: &mut [Marks]) {
    let all = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
    for (block, marks) in blocks.iter().zip(out) {
        let bytes = load(block);
        // `[` and `{`, and `]` and `}`, differ by this bit alone, and no other byte becomes one of them by it.
        let folded = _mm512_or_si512(bytes, all(0x20));
        *marks = Marks {
            quote: _mm512_cmpeq_epi8_mask(bytes, all(b'"')),
            backslash: _mm512_cmpeq_epi8_mask(bytes, all(b'\\')),
            open: _mm512_cmpeq_epi8_mask(folded, all(b'{')),
            close: _mm512_cmpeq_epi8_mask(folded, all(b'}')),
            control: _mm512_cmplt_epu8_mask(bytes, all(0x20)),
        };
    }
}

#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; BLOCK]) -> __m512i {
    #[expect(unsafe_code, reason = "loading from memory goes through a pointer")]
    // SAFETY: 64 bytes are there, and the instruction asks for no alignment.
    unsafe {
        _mm512_loadu_si512(bytes.as_ptr().cast())
    }
}

const LOWER: [u8; BLOCK] = table(0);
const UPPER: [u8; BLOCK] = table(64);

#[expect(
    clippy::indexing_slicing,
    reason = "worked out while compiling, where an index too high does not compile"
)]
const fn table(first: u8) -> [u8; BLOCK] {
    let mut out = [0; BLOCK];
    let mut at = 0u8;
    while (at as usize) < BLOCK {
        out[at as usize] = kind::of(first + at);
        at += 1;
    }
    out
}
