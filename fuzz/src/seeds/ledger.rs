//! Values of `comity-ledger`: checkpoints with their signatures, tiles, bundles and paths.

use super::{
    Target,
    record::{key, time},
    texts,
};
use comity_ledger::{checkpoint::CheckpointSigner, tile, tree::TreeHead};
use comity_record::{MlDsa44Key, sha256};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    vec![("note", notes()), ("tile", tiles())]
}

fn notes() -> Vec<(String, Vec<u8>)> {
    let keys = (key(4), MlDsa44Key::from_seed(&[5; 32]).expect("a key"));
    let signer = CheckpointSigner { origin: "ledger.example/xa", ed25519: &keys.0, ml_dsa_44: &keys.1 };
    let checkpoint = signer.sign(TreeHead::empty(), time()).expect("a checkpoint").to_string();
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
