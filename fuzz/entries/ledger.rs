//! Entries of `comity-ledger`.

use comity_ledger::{
    EquivocationProof, Provisional, Receipt, SuccessionStatement, TreeHead, Trust,
    checkpoint::Checkpoint,
    files::FilesCheck,
    note::{Note, NoteKey, SignatureLine},
    tile::{self, TilePath},
    witness::AddCheckpoint,
};
use comity_record::{Canonical, Hash, RootSigned};

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

/// The files of a ledger, verified under a head: its size and root, then each file as it is asked for, with its length
/// before it. A length of `0xffff` stands for a file that is absent.
pub fn ledger_files(bytes: &[u8]) {
    let Some((size, rest)) = bytes.split_first_chunk() else { return };
    let Some((root, mut rest)) = rest.split_first_chunk() else { return };
    let head = TreeHead { size: u64::from_be_bytes(*size), root: Hash(*root) };
    let mut check = FilesCheck::new(head).noting(head.size / 2);
    while let Some(path) = check.wanted() {
        let text = path.to_string();
        assert_eq!(TilePath::parse(&text), Some(path), "what is asked for has a path that reads back");
        let Some((length, after)) = rest.split_first_chunk() else { return };
        let length = u16::from_be_bytes(*length);
        let (file, after) = after.split_at(usize::from(length).min(after.len()));
        let absent = length == u16::MAX;
        rest = if absent { rest.get(2..).unwrap_or_default() } else { after };
        if check.give((!absent).then_some(file)).is_err() {
            return;
        }
    }
    let earlier = check.earlier_root();
    if let Ok(found) = check.finish() {
        assert!(head.size == 0 || found.tiles > 0, "a tree without tiles has no root");
        assert!(head.size == 0 || earlier.is_some(), "the earlier head was passed");
    }
}
