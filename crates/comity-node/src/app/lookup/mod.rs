//! "Have you seen this?" without showing it: both sides of oblivious lookups (`docs/design/lookup.md`).

mod answer;
mod ask;
mod key;

pub use answer::Answering;
pub use ask::{AskedValue, Asking, Lookup, LookupShown};
pub use key::{LookupKey, LookupKeys};
