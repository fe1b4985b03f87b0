//! The indexes of objects: by id, type, value, label, source, reference, time added, and by the words of their text.
//!
//! A row says that a term stands in some slots of an entry. Terms are not in it: the key is a keyed hash of the term
//! ([`IndexKey`]), because rows stay in journals and write-ahead logs after they are removed, and an erased object must not
//! be read there. The key is in a file of the party's folder, in no backup, and another one is drawn by a rebuild.
//!
//! ```text
//! index_terms    partition: family   term (16 bytes), class (8), entry (8)   -> slots; of ids with version and digest
//!                partition 0         class (8), time added (8), entry (8)    -> slots
//! index_text     partition 7         word (16), class (8), entry (8)         -> slots
//! index_outputs  partition 8         class (8), output (16), entry (8)           -> slots
//! index_rows, index_text_rows        entry (8), class (8)                    -> the keys of its rows above
//! index_classes                      class (8)                               -> what the border looks at, sealed
//! index_constituents                 constituent (8)                         -> its territory, sealed
//! ```
//! **Classes.** Records that the border cannot tell apart are of one class. A reader who may not see all gets the rows of
//! the classes that are cleared for it and reads no other, so that the number of reads tells nothing of what is hidden.
//! What was recalled is in a class of its own that only the party itself reads.

mod class;
mod concern;
mod key;
mod objects;
mod outputs;
mod posting;
mod postings;
mod text;

pub use class::{ClassId, Classes, Known, WITHHELD};
pub use concern::Concerned;
pub use key::{IndexKey, Mac};
pub use objects::Objects;
pub use outputs::Outputs;
pub use posting::{ADDED, Item, OUTPUT, Version, decode, row_key, sortable};
pub(crate) use postings::entry_terms;
pub use text::{Text, WORD};

use super::{Progress, view};
use comity_ledger::store::Table;
use std::sync::Arc;

/// Terms but words.
pub const TERMS: Table = view("index_terms");
/// The keys of an entry's rows in [`TERMS`].
pub const ROWS: Table = view("index_rows");
/// The classes.
pub const CLASSES: Table = view("index_classes");
/// Constituents, sealed, with the entry by which each began.
pub const CONSTITUENTS: Table = view("index_constituents");
/// Words.
pub const WORDS: Table = view("index_text");
/// The keys of an entry's rows in [`WORDS`].
pub const WORD_ROWS: Table = view("index_text_rows");

/// Outputs of the oblivious function for the values of objects, under the key of lookups.
pub const OUTPUTS: Table = view("index_outputs");
/// The keys of an entry's rows in [`OUTPUTS`].
pub const OUTPUT_ROWS: Table = view("index_output_rows");

/// The indexes, for readers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Index {
    /// The key of its terms.
    pub key: Arc<IndexKey>,
    /// The classes known.
    pub classes: Classes,
    /// The constituents of whom objects may speak.
    pub concerned: Concerned,
    /// How far all indexes but that of words are.
    pub objects: Progress,
    /// How far the index of words is; `None` where none is kept.
    pub text: Option<Progress>,
}
