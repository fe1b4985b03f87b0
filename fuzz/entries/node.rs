//! Entries of `comity-node`: what is carried by hand.

use comity_node::{
    app::{evidence::parcel_file, pouch},
    keys::{armour, unarmour},
    random::{Random, RandomFailed},
    seal::{SealingKey, open, seal},
};
use comity_record::{Canonical, KeyRevocation, Letter, PartyCode};

/// The most plaintext that is taken from a sealed file here.
const LIMIT: usize = 1 << 20;

/// A sealed file, such as a pouch, opened with the key that the seeds are sealed to.
pub fn sealed(bytes: &[u8]) {
    let (Ok(own), Ok(key)) = ("XB".parse::<PartyCode>(), SealingKey::from_seed(&[0x5e; 32])) else { return };
    if let Ok((header, plaintext)) = open(bytes, &own, &[key], LIMIT) {
        assert_eq!(header.recipient, own, "only what is meant for a party opens");
        assert!(plaintext.len() <= LIMIT && plaintext.len() < bytes.len(), "sealed bytes do not unfold");
    }
}

/// The parts of a pouch, each with its length before it: what another node puts into its sealed files.
pub fn pouch(bytes: &[u8]) {
    let (Ok(own), Ok(key)) = ("XB".parse::<PartyCode>(), SealingKey::from_seed(&[0x5e; 32])) else { return };
    let keys = [key];
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (part, after) = after.split_at(length.min(after.len()));
        rest = after;
        let [key] = &keys;
        let Ok(sealed) = seal(&own, &own, key.public(), part, &Fixed) else { return };
        if let Ok((_, turn)) = pouch::read(&sealed, &own, &keys) {
            assert_eq!(turn.to_bytes(), part, "a part has one encoding");
        }
    }
}

/// The same bytes each time, so that a crash can be repeated.
#[derive(Debug)]
struct Fixed;

impl Random for Fixed {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomFailed> {
        out.fill(0x17);
        Ok(())
    }
}

/// A letter or a revocation as it comes by mail, in text.
pub fn letter_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(letter) = unarmour::<Letter>(text) {
        assert_eq!(unarmour(&armour(&letter)).ok(), Some(letter), "a letter reads back");
    }
    if let Ok(revocation) = unarmour::<KeyRevocation>(text) {
        assert_eq!(unarmour(&armour(&revocation)).ok(), Some(revocation), "a revocation reads back");
    }
}

/// The file in which a courier carries evidence, with what its parcel says of the pieces.
pub fn parcel_file(bytes: &[u8]) {
    let mut input = bytes;
    let Ok(head) = parcel_file::head(&mut input) else { return };
    for chunk in head.parcel.claimed().all_chunks().take(64) {
        let Ok(found) = parcel_file::piece(&mut input, chunk) else { return };
        if let parcel_file::PieceFound::Whole(piece) = found {
            assert_eq!(comity_record::sha256(&[&piece]), chunk, "a piece is what its hash says");
        }
    }
}

/// A backup of a log or of keys.
pub fn backup(bytes: &[u8]) {
    comity_store::backup::fuzz_entry(bytes);
}
