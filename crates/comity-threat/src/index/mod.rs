//! What an object can be found by: terms, and the words of its text. Pure derivation; where the rows are kept, and that they
//! hold keyed hashes instead of the terms, is the node's business.
//!
//! A change of what is derived here is a new version of the node's projections (`comity-node/src/projection/index`).

mod begins;
mod fold;
mod terms;
mod text;

pub use begins::{begins, suggested};
pub use fold::fold;
pub use terms::{Family, range_length, speaks_of, terms};
pub use text::{MAX_WORD, Phrase, words};

/// For fuzzing: derives everything from the bytes of one object. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let Ok(object) = crate::Object::read(bytes) else { return };
    let mut count = 0usize;
    terms(&object, &mut |_, term| count += term.len());
    words(&object, &mut |word| {
        debug_assert!(!word.is_empty() && word.chars().count() <= MAX_WORD);
        count += word.len();
    });
    let phrase = Phrase::read(object.text());
    let _found = phrase.is_in(&object) && count > 0;
}
