//! Values of `comity-node`: sealed files and letters in text.

use super::{
    Target,
    record::{letter, party},
};
use comity_node::{
    keys::armour,
    random::{Random, RandomFailed},
    seal::{SealingKey, seal},
};
use comity_record::{Canonical, RootSigned};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    let signed = RootSigned::from_bytes(&letter()).expect("a letter");
    let mail = format!("Dear colleague,\n\n  {}\nYours", armour(&signed).replace('\n', "\n  "));
    let text =
        vec![("letter".to_owned(), armour(&signed).into_bytes()), ("mail".to_owned(), mail.into_bytes())];
    vec![("sealed", sealed()), ("letter_text", text)]
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
