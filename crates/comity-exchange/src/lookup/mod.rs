//! "Have you seen this?" without showing it: the oblivious function, the keyed set and the messages.
//!
//! What each side learns, and why the quota is a security parameter: `docs/design/lookup.md`. Sans-I/O like the rest of
//! the crate: randomness comes in as [`crate::Entropy`], bytes go out.

mod message;
mod prf;
mod set;

pub use message::{MOST_QUESTIONS, PART, Question, Reply, fuzz_entry};
pub use prf::{Blinded, ELEMENT, Element, Output, PrfKey};
pub use set::{Padding, Published, Set, Stamp};

use comity_record::{Hash, sha256};
use comity_threat::value::Value;

/// What the function is asked of for a value: a hash of its kind and canonical text, so that every question is of one
/// length and no text of one kind is taken for one of another.
pub fn input(value: &Value) -> Hash {
    input_of(&format!("{}:{}", value.kind().word(), value.text()))
}

/// The same for a term as the index has it: kind, colon, canonical text.
pub fn input_of(term: &str) -> Hash {
    sha256(&[b"comity lookup value 1\0", term.as_bytes()])
}
