//! Entries of `comity-border`.

use comity_border::{Adoption, Layer, PackText, Packs};

/// A pack from elsewhere, in each layer: it loads under the schema, or says why it does not.
pub fn pack(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for layer in [Layer::Principles, Layer::Safeguards, Layer::Obligations] {
        let pack = PackText { file: "foreign.cedar".to_owned(), layer, text: text.to_owned() };
        if let Err(faults) = Packs::load(vec![pack], &Adoption::Whole) {
            assert!(!faults.is_empty(), "a pack that is not loaded says why");
        }
    }
}
