//! Values of `comity-ledger`: checkpoints with their signatures, tiles, bundles and paths.

use super::{
    Target,
    record::{self, key, party, time},
    texts,
};
use comity_ledger::{
    Provisional, SuccessionStatement,
    checkpoint::CheckpointSigner,
    files::FilesCheck,
    receipt::{Contents, Part, Place, RecordPart},
    tile::{self, TilePath},
    tree::{Frontier, TreeHead, commitment_leaf},
};
use comity_record::{Canonical, Entry, EntryKind, Hash, MlDsa44Key, RecordId, RootSigned, sha256};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    vec![
        ("note", notes()),
        ("tile", tiles()),
        ("receipt", receipts()),
        ("witness", witness()),
        ("ledger_files", ledger_files()),
    ]
}

fn checkpoint() -> String {
    let keys = (key(4), MlDsa44Key::from_seed(&[5; 32]).expect("a key"));
    let signer = CheckpointSigner { origin: "ledger.example/xa", ed25519: &keys.0, ml_dsa_44: &keys.1 };
    signer.sign(TreeHead::empty(), time()).expect("a checkpoint").to_string()
}

fn notes() -> Vec<(String, Vec<u8>)> {
    let checkpoint = checkpoint();
    let (text, lines) = checkpoint.rsplit_once("\n\n").expect("a note");
    let first = lines.lines().next().expect("a line");
    let mut out = texts(&[
        ("checkpoint", &checkpoint),
        ("one-signature", &format!("{text}\n\n{first}\n")),
        ("lines", lines),
        ("unsigned", text),
    ]);
    out.push(("text-of-two-parts".to_owned(), format!("a\n\nb\n\n{first}\n").into_bytes()));
    out
}

fn tiles() -> Vec<(String, Vec<u8>)> {
    let hashes = [sha256(&[b"a"]), sha256(&[b"b"]), sha256(&[b"c"])];
    let mut out = texts(&[
        ("path", "tile/0/000"),
        ("partial-path", "tile/3/x001/x234/067.p/17"),
        ("entries-path", "tile/entries/x001/067"),
    ]);
    out.push(("tile".to_owned(), tile::tile_bytes(&hashes)));
    out.push(("bundle".to_owned(), tile::bundle_bytes(&hashes)));
    out
}

fn part(kind: EntryKind) -> Part {
    let place = Place { index: 0, proof: vec![Hash::default()], checkpoint: checkpoint() };
    Part {
        entry: Entry::new(kind, time(), party("XA")),
        salt: [6; 16].into(),
        decision: Some(vec![0xa0].into()),
        place: Some(place),
    }
}

fn receipts() -> Vec<(String, Vec<u8>)> {
    let (_, record) = record::records().swap_remove(0);
    let parts = [
        ("envelope", RecordPart::Envelope(record.as_bytes().to_vec().into())),
        ("id", RecordPart::Id(RecordId(Hash::default()))),
    ];
    let receipt = |(name, record): (&str, RecordPart)| {
        let contents = Contents {
            record,
            own: part(EntryKind::Cleared),
            twin: Some(part(EntryKind::Received)),
            acknowledgement: None,
            letters: vec![record::letter().into()],
        };
        (name.to_owned(), Provisional::new(contents).to_bytes())
    };
    parts.map(receipt).to_vec()
}

fn witness() -> Vec<(String, Vec<u8>)> {
    let statement = SuccessionStatement {
        party: party("XA"),
        old_origin: "ledger.example/xa".to_owned(),
        last_witnessed: TreeHead::empty(),
        witnesses: vec![party("XB")],
        surviving: TreeHead::empty(),
        lost_from: 0,
        lost_to: 1,
        new_origin: "ledger.example/xa-2".to_owned(),
        at: time(),
        reason: "Exercise data.".to_owned(),
    };
    let root = (key(2), MlDsa44Key::from_seed(&[3; 32]).expect("a key"));
    let signed = RootSigned::sign(&statement, &root.0, &root.1).expect("a signature");
    let mut out = texts(&[
        ("first", &format!("old 0\n\n{}", checkpoint())),
        ("later", &format!("old 7\nuU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=\n\n{}", checkpoint())),
    ]);
    out.push(("succession".to_owned(), statement.to_bytes()));
    out.push(("signed-succession".to_owned(), signed.to_bytes()));
    out
}

/// Ledgers of a few entries, and of one more than a tile holds.
fn ledger_files() -> Vec<(String, Vec<u8>)> {
    let sizes = [("three", 3u16, true), ("a-tile-and-one", 257, true), ("without-bundles", 3, false)];
    sizes.map(|(name, size, bundles)| (name.to_owned(), files_of(size, bundles))).to_vec()
}

fn files_of(size: u16, bundles: bool) -> Vec<u8> {
    let commitments: Vec<Hash> = (0..size).map(|n| sha256(&[&n.to_be_bytes()])).collect();
    let leaves: Vec<Hash> = commitments.iter().map(commitment_leaf).collect();
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    let mut out = [&tree.head().size.to_be_bytes()[..], tree.head().root.as_bytes()].concat();
    let mut check = FilesCheck::new(tree.head());
    while let Some(path) = check.wanted() {
        let file = match path {
            TilePath::Entries { index, .. } => bundles
                .then(|| tile::bundle_bytes(commitments.chunks(256).nth(index as usize).expect("a bundle"))),
            TilePath::Tile { id, .. } if id.level == 0 => {
                Some(tile::tile_bytes(leaves.chunks(256).nth(id.index as usize).expect("a tile")))
            }
            TilePath::Tile { .. } => {
                let root = comity_ledger::tree::perfect_root(&leaves[..256]).expect("a root");
                Some(tile::tile_bytes(&[root]))
            }
        };
        check.give(file.as_deref()).expect("a file of this tree");
        let length = file.as_ref().map_or(u16::MAX, |file| file.len() as u16);
        out.extend(length.to_be_bytes());
        out.extend(file.unwrap_or_default());
    }
    check.finish().expect("the tree");
    out
}
