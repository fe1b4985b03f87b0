//! Entries of `comity-ledger`.

use comity_ledger::{
    EquivocationProof, Provisional, Receipt, SuccessionStatement, Trust,
    checkpoint::Checkpoint,
    note::{Note, NoteKey, SignatureLine},
    tile::{self, TilePath},
    witness::AddCheckpoint,
};
use comity_record::{Canonical, RootSigned};

/// Signed notes, checkpoints, cosignature lines and verifier keys, as logs and witnesses send them.
pub fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes, "a note has one form");
    }
    if let Ok(checkpoint) = Checkpoint::peek(bytes) {
        assert_eq!(
            Checkpoint::parse_text(&checkpoint.to_string()),
            Ok(checkpoint),
            "a checkpoint reads back"
        );
    }
    let _ = SignatureLine::parse_all(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = NoteKey::parse(text);
    }
}

/// Tiles, entry bundles, and the paths they are asked for by.
pub fn tile(bytes: &[u8]) {
    if let Some(hashes) = tile::parse_tile(bytes) {
        assert_eq!(tile::tile_bytes(&hashes), bytes, "a tile has one form");
    }
    if let Some(commitments) = tile::parse_bundle(bytes) {
        assert_eq!(tile::bundle_bytes(&commitments), bytes, "a bundle has one form");
    }
    let path = std::str::from_utf8(bytes).ok();
    if let Some((path, text)) = path.and_then(|text| Some((TilePath::parse(text)?, text))) {
        assert_eq!(path.to_string(), text, "a path has one form");
    }
}

/// Receipts, full and provisional. Nobody is trusted, so that none may verify.
pub fn receipt(bytes: &[u8]) {
    let nobody = Trust::new([]);
    if let Ok(receipt) = Receipt::from_bytes(bytes) {
        assert_eq!(receipt.to_bytes(), bytes, "a receipt has one encoding");
        assert!(receipt.verify(&nobody).is_err(), "no receipt verifies without trust");
    }
    if let Ok(receipt) = Provisional::from_bytes(bytes) {
        assert!(receipt.verify(&nobody).is_err(), "no receipt verifies without trust");
    }
}

/// What a witness is asked, and the statements that logs make about themselves and each other.
pub fn witness(bytes: &[u8]) {
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        assert_eq!(request.to_string().as_bytes(), bytes, "a request has one form");
    }
    if let Ok(statement) = RootSigned::<SuccessionStatement>::from_bytes(bytes) {
        assert_eq!(statement.to_bytes(), bytes, "a statement has one encoding");
    }
    let _ = SuccessionStatement::from_bytes(bytes);
    if let Ok(proof) = EquivocationProof::from_bytes(bytes) {
        assert_eq!(proof.to_bytes(), bytes, "a proof has one encoding");
    }
}
