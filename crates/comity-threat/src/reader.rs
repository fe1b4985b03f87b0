//! Hostile JSON in, exact object slices out.
//!
//! The reader works in two passes. [`ObjectSplitter`] finds the objects of a bundle, an array, a TAXII envelope, one
//! object or JSON lines in chunks of any size and in bounded memory, and keeps their bytes exactly. Then each object is
//! indexed by [`Outline`] (structure, depth, duplicate keys, surrogates, grammar). Where the grammar may be broken, and for
//! common properties of a type that nobody expects, `serde_json` reads the text and says what is wrong (see
//! [`crate::object`]). No tree of values is built.
//!
//! A fault in the JSON refuses the whole input, before anything of it is used: run [`crate::Survey`] first. What STIX asks
//! of one object is [`crate::validate`]'s business and refuses that object only.

mod fault;
mod outline;
mod scalar;
mod split;
mod stops;

pub(crate) use fault::brief;
pub use fault::{Cause, Position, ReadFault};
pub use outline::{JsonKind, Outline, Value};
pub(crate) use outline::{grammar, json_fault, utf8};
pub use split::{ObjectSplitter, RawObject};

/// The deepest nesting of one object that is read.
pub const MAX_DEPTH: usize = 64;
/// Most bytes of one object, as a record allows.
pub const MAX_OBJECT_BYTES: usize = comity_record::Manifest::MAX_OBJECT_BYTES;
/// Most bytes of a bundle or envelope beside its objects.
pub const MAX_SHELL_BYTES: usize = 1 << 20;
/// Most values (members and elements, at any depth) of one object.
pub const MAX_VALUES: usize = 500_000;

/// Reads a whole input that is in memory and hands every object to `each`.
///
/// Returns the number of objects. The first fault ends the reading.
pub fn read_all(
    bytes: &[u8],
    mut each: impl FnMut(RawObject<'_>) -> Result<(), ReadFault>,
) -> Result<u64, ReadFault> {
    let mut splitter = ObjectSplitter::new();
    // A window keeps the splitter's copy small.
    for window in bytes.chunks(1 << 18) {
        splitter.push(window);
        while let Some(object) = splitter.next_object()? {
            each(object)?;
        }
    }
    splitter.finish()
}

/// For fuzzing: splits and reads `bytes` in every way this crate offers. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let whole = read_all(bytes, |raw| {
        assert!(outline::is_right_where_it_has_no_doubt(raw.bytes), "the outline took broken JSON for whole");
        let object = crate::Object::read(raw.bytes).map_err(|fault| raw.place(fault))?;
        let _findings = crate::validate::validate(&object);
        Ok(())
    });
    let mut splitter = ObjectSplitter::new();
    let split = bytes.chunks(3).try_for_each(|chunk| {
        splitter.push(chunk);
        while splitter.next_object()?.is_some() {}
        Ok::<(), ReadFault>(())
    });
    let split = split.and_then(|()| splitter.finish());
    // The split does not depend on where the chunks end.
    debug_assert!(whole.is_err() || whole == split);
}
