//! Values of `comity-node`: sealed files and letters in text.

use super::{
    Target,
    record::{letter, party},
};
use comity_exchange::turn::Turn;
use comity_node::{
    app::evidence::parcel_file,
    keys::armour,
    random::{Random, RandomFailed},
    seal::{SealingKey, seal},
};
use comity_record::{Canonical, Letter, RootSigned, sha256};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    let signed = RootSigned::<Letter>::from_bytes(&letter()).expect("a letter");
    let mail = format!("Dear colleague,\n\n  {}\nYours", armour(&signed).replace('\n', "\n  "));
    let text =
        vec![("letter".to_owned(), armour(&signed).into_bytes()), ("mail".to_owned(), mail.into_bytes())];
    vec![
        ("sealed", sealed()),
        ("letter_text", text),
        ("parcel_file", parcel_files()),
        ("pouch", pouches()),
        ("backup", backups()),
    ]
}

/// Files of a courier: whole, and without their piece.
fn parcel_files() -> Vec<(String, Vec<u8>)> {
    let consignment = super::affairs::consignment(Default::default()).to_bytes();
    let dossier = super::affairs::targets().into_iter().find(|(name, _)| *name == "parcel");
    let dossier = dossier.and_then(|(_, values)| values.into_iter().find(|(name, _)| name == "dossier"));
    let (_, dossier) = dossier.expect("a dossier");
    let mut file = Vec::new();
    parcel_file::begin(&mut file, &dossier, &consignment).expect("in memory");
    let without = file.clone();
    parcel_file::add(&mut file, super::affairs::PIECE).expect("in memory");
    vec![("whole".to_owned(), file), ("without".to_owned(), without)]
}

fn sealed() -> Vec<(String, Vec<u8>)> {
    let key = SealingKey::from_seed(&[0x5e; 32]).expect("a key");
    let to = |recipient: &str, plaintext: &[u8]| {
        seal(&party("XA"), &party(recipient), key.public(), plaintext, &Fixed).expect("sealed bytes")
    };
    let values =
        [("empty", to("XB", b"")), ("short", to("XB", b"Exercise data.")), ("other", to("XC", b"x"))];
    values.map(|(name, bytes)| (name.to_owned(), bytes)).to_vec()
}

/// Parts of a pouch: none, one, and two of which the second is cut.
fn pouches() -> Vec<(String, Vec<u8>)> {
    let turn = Turn::new(party("XA"), party("XB")).to_bytes();
    let part = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let (whole, cut) = (part(&turn), part(&turn[..turn.len() - 1]));
    let values = [
        ("one", whole.clone()),
        ("two", [whole.clone(), whole.clone()].concat()),
        ("second-cut", [whole, cut].concat()),
    ];
    values.map(|(name, bytes)| (name.to_owned(), bytes)).to_vec()
}

/// Frames of a backup, and a whole one round them.
fn backups() -> Vec<(String, Vec<u8>)> {
    let named = |frame: u8, name: &str| [&[frame, name.len() as u8], name.as_bytes()].concat();
    let row = |key: &[u8], value: &[u8]| {
        let lengths = [&(key.len() as u16).to_be_bytes()[..], &(value.len() as u32).to_be_bytes()].concat();
        [&[3, 0, 0, 0, 0][..], &lengths, key, value].concat()
    };
    let head = [&[1][..], &1u64.to_be_bytes(), sha256(&[b"a"]).as_bytes()].concat();
    let end = |rows: u64| [&[4][..], &rows.to_be_bytes()].concat();
    let log = [head, named(2, "entries"), row(&[0; 8], b"an entry"), end(1)].concat();
    let keys = [vec![6], row(b"keys/letter", b"text"), named(5, "keys"), row(b"k", b"v"), end(2)].concat();
    let values = [
        ("whole", whole(&log)),
        ("log", log),
        ("keys", keys),
        ("empty", end(0)),
        ("row-of-nothing", row(b"", b"")),
    ];
    values.map(|(name, bytes)| (name.to_owned(), bytes)).to_vec()
}

/// A backup of these frames: heading, one zstd frame of a raw block (RFC 8878, 3.1.1), hash.
fn whole(frames: &[u8]) -> Vec<u8> {
    let length = u8::try_from(frames.len()).expect("a short frame");
    let block = (u32::from(length) << 3 | 1).to_le_bytes();
    let body =
        [b"comity backup 1\n", &[0x28, 0xb5, 0x2f, 0xfd, 0x20, length][..], &block[..3], frames].concat();
    [&body, sha256(&[&body]).as_bytes().as_slice()].concat()
}

/// The same bytes each time, so that the corpus is.
#[derive(Debug)]
struct Fixed;

impl Random for Fixed {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomFailed> {
        out.fill(0x17);
        Ok(())
    }
}
