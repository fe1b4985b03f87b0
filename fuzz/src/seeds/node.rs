//! Values of `comity-node`: sealed files and letters in text.

use super::{
    Target,
    record::{letter, party},
};
use comity_node::{
    app::evidence::parcel_file,
    keys::armour,
    random::{Random, RandomFailed},
    seal::{SealingKey, seal},
};
use comity_record::{Canonical, Letter, RootSigned};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    let signed = RootSigned::<Letter>::from_bytes(&letter()).expect("a letter");
    let mail = format!("Dear colleague,\n\n  {}\nYours", armour(&signed).replace('\n', "\n  "));
    let text =
        vec![("letter".to_owned(), armour(&signed).into_bytes()), ("mail".to_owned(), mail.into_bytes())];
    vec![("sealed", sealed()), ("letter_text", text), ("parcel_file", parcel_files())]
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

/// The same bytes each time, so that the corpus is.
#[derive(Debug)]
struct Fixed;

impl Random for Fixed {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomFailed> {
        out.fill(0x17);
        Ok(())
    }
}
