//! Round trips, and every way to spoil sealed bytes.

use super::*;
use crate::random::SystemRandom;
use proptest::prelude::*;
use std::io::{Read, Write};

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn key(seed: u8) -> SealingKey {
    SealingKey::from_seed(&[seed; 32]).unwrap()
}

/// XA seals to XB, whose key has seed 2.
fn sealed(plaintext: &[u8]) -> Vec<u8> {
    seal(&party("XA"), &party("XB"), key(2).public(), plaintext, &SystemRandom).unwrap()
}

fn opened(sealed: &[u8]) -> Result<Vec<u8>, SealFault> {
    open(sealed, &party("XB"), &[key(1), key(2)], usize::MAX).map(|(_, plaintext)| plaintext)
}

/// Where the chunks begin.
fn front(sealed: &[u8]) -> usize {
    MAGIC.len() + 4 + u32::from_be_bytes(sealed[16..20].try_into().unwrap()) as usize
}

/// draft-connolly-cfrg-xwing-kem, appendix C, first vector: the seed and the beginning of its public key.
#[test]
fn the_key_is_that_of_the_draft() {
    let seed =
        comity_record::Hash::from_hex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
    let public = SealingKey::from_seed(seed.unwrap().as_bytes()).unwrap().public().to_bytes();
    let expected = "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5";
    assert_eq!(public.len(), 1216);
    assert_eq!(comity_record::Hash::from_slice(&public[..32]).unwrap().to_string(), expected);
}

#[test]
fn every_length_around_a_chunk_comes_back() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7] {
        let plaintext: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        let sealed = sealed(&plaintext);
        let chunks = length.div_ceil(CHUNK).max(1);
        assert_eq!(sealed.len(), front(&sealed) + length + chunks * TAG, "{length}");
        assert_eq!(opened(&sealed).unwrap(), plaintext, "{length}");
    }
}

#[test]
fn streams_read_and_write_in_any_pieces() {
    let mut sealing =
        Sealing::new(Vec::new(), &party("XA"), &party("XB"), key(2).public(), &SystemRandom).unwrap();
    let plaintext: Vec<u8> = (0..200_000u32).map(|i| (i % 253) as u8).collect();
    for piece in plaintext.chunks(977) {
        sealing.write_all(piece).unwrap();
    }
    let sealed = sealing.finish().unwrap();
    let mut opening = Opening::new(sealed.as_slice(), &party("XB"), &[key(2)]).unwrap();
    assert_eq!(opening.header().sender, party("XA"));
    let mut out = Vec::new();
    opening.read_to_end(&mut out).unwrap();
    assert_eq!(out, plaintext);
    let mut cut = Opening::new(&sealed[..sealed.len() - 1], &party("XB"), &[key(2)]).unwrap();
    assert!(cut.read_to_end(&mut Vec::new()).is_err());
}

#[test]
fn only_the_recipient_opens() {
    let sealed = sealed(b"for XB alone");
    let code = |own: &str, keys: &[SealingKey]| open(&sealed, &party(own), keys, 100).unwrap_err().code();
    assert_eq!(code("XC", &[key(2)]), "seal/other-recipient");
    assert_eq!(code("XB", &[key(3)]), "seal/other-key");
    assert_eq!(code("XB", &[]), "seal/other-key");
    // Somebody who rewrites the readable names gains nothing: they are bound.
    for (from, to) in [(b"bXB", b"bXC"), (b"bXA", b"bXC")] {
        let mut changed = sealed.clone();
        let at = changed.windows(3).position(|w| w == from).unwrap();
        changed[at..at + 3].copy_from_slice(to);
        let own = if from == b"bXB" { "XC" } else { "XB" };
        assert_eq!(open(&changed, &party(own), &[key(2)], 100).unwrap_err().code(), "seal/changed");
    }
}

#[test]
fn cuts_are_seen_wherever_they_fall() {
    let sealed = sealed(&vec![9; 2 * CHUNK + 100]);
    let front = front(&sealed);
    let cases = [
        (0, "seal/not-sealed"),
        (10, "seal/not-sealed"),
        (front - 1, "seal/not-sealed"),
        (front, "seal/cut-off"),
        (front + 100, "seal/changed"),
        (front + CHUNK + TAG, "seal/cut-off"),
        (front + 2 * (CHUNK + TAG), "seal/cut-off"),
        (sealed.len() - 1, "seal/changed"),
    ];
    for (length, expected) in cases {
        assert_eq!(opened(&sealed[..length]).unwrap_err().code(), expected, "{length}");
    }
    let longer = [&sealed[..], b"x"].concat();
    assert_eq!(opened(&longer).unwrap_err().code(), "seal/changed");
}

#[test]
fn chunks_keep_their_places() {
    let sealed = sealed(&(0..3 * CHUNK).map(|i| (i / CHUNK) as u8).collect::<Vec<_>>());
    let (front, chunk) = (front(&sealed), CHUNK + TAG);
    let piece = |n: usize| &sealed[front + n * chunk..front + (n + 1) * chunk];
    let again = |order: &[usize]| {
        let pieces: Vec<&[u8]> = order.iter().map(|n| piece(*n)).collect();
        [&sealed[..front], &pieces.concat()].concat()
    };
    assert!(opened(&again(&[0, 1, 2])).is_ok());
    for order in [&[1, 0, 2][..], &[0, 0, 1, 2], &[0, 2], &[1, 2], &[0, 1, 1], &[0, 1, 2, 2]] {
        assert!(opened(&again(order)).is_err(), "{order:?}");
    }
}

#[test]
fn the_limit_holds() {
    let sealed = sealed(&[1; 100]);
    assert!(open(&sealed, &party("XB"), &[key(2)], 100).is_ok());
    assert_eq!(open(&sealed, &party("XB"), &[key(2)], 99).unwrap_err().code(), "seal/too-long");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_bit_is_refused(at in any::<proptest::sample::Index>(), bit in 0u8..8) {
        let mut sealed = sealed(b"a short plaintext");
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(opened(&sealed).is_err());
    }

    #[test]
    fn foreign_bytes_never_open(mut bytes in proptest::collection::vec(any::<u8>(), 0..2000), magic in any::<bool>()) {
        if magic {
            bytes.splice(..0, MAGIC.iter().copied().chain([0, 0, 0, 9]));
        }
        prop_assert!(opened(&bytes).is_err());
    }
}
