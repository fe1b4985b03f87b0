//! MISP events: from their JSON to STIX objects that carry every field of the original, and back.
//!
//! An event is taken apart into parts, each with labels of its own: the event without its lists, each attribute, each
//! object without its attributes, each reference, sighting and report. A part becomes one STIX object (an indicator,
//! observed data, a grouping, a relationship and so on, after the custom of other converters) whose property [`ORIGINAL`]
//! holds the part's own JSON, every field of it, known or not. What only concerns the instance an event comes from (counts,
//! names of other events, local tags, the address of who wrote it, the order of the parts) is a part of its own that stays
//! at home. So a part can be searched, matched, labelled, redacted, recalled and withheld like any object, and [`assemble`]
//! puts an event together of exactly the parts that a reader may see.
//!
//! It lives here and not in `comity-exchange`, since it makes objects out of foreign bytes and labels out of marks, as
//! import does, and speaks with nobody.
//!
//! - [`events`] finds the events of an input and refuses broken JSON with its place;
//! - [`convert`] makes objects of an event, [`reach`] their labels;
//! - [`assemble`] makes an event of objects.

mod assemble;
mod attribute;
mod convert;
mod emit;
mod form;
mod galaxy;
mod group;
mod head;
mod part;
pub mod reach;
mod scan;
mod shape;
mod shell;
mod sighting;
mod work;

pub use assemble::assemble;
pub use convert::{Conversion, Converted, Mapping, time_of};
pub use part::{Part, PartKind};
pub use reach::Arrival;
pub use scan::Slice;
pub use shape::{events, looks_like_misp};

use std::sync::OnceLock;

/// The property that holds the JSON of the part an object was made of.
pub const ORIGINAL: &str = "x_comity_misp";
/// The property that names the kind of part, a [`PartKind`].
pub const PART: &str = "x_comity_misp_part";
/// The property that names the report of the event that a part belongs to. As a reference it is in every index of these.
pub const EVENT: &str = "x_comity_misp_event_ref";
/// The property that names what the part stands in: the report of the event, an object or an attribute.
pub const WITHIN: &str = "x_comity_misp_in_ref";
/// The property that names the number under which clients of MISP know an event, attribute or object: a reference to
/// [`number_ref`], so that it is found like any.
pub const NUMBER: &str = "x_comity_misp_number_ref";

/// Most bytes of an input: an event is looked at as a whole.
pub const MAX_INPUT_BYTES: usize = 256 << 20;

/// The number under which clients of MISP know what has this UUID (or a tag of this name): 48 bits of its hash. It follows
/// from the UUID alone, so that no number tells how many others there are.
pub fn number_of(name: &str) -> u64 {
    let hash = comity_record::sha256(&[b"misp number\0", name.as_bytes()]);
    hash.0.iter().take(6).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// The identifier that [`NUMBER`] holds for a number.
pub fn number_ref(number: u64) -> String {
    format!("x-misp-number--00000000-0000-5000-8000-{:012x}", number & 0xffff_ffff_ffff)
}

/// The UUID under which clients of MISP know a party as an organisation.
pub fn party_uuid(code: &str) -> String {
    crate::Uuid::of_name(convert::NAMESPACE, &[b"party\0", code.as_bytes()]).to_string()
}

/// For fuzzing: converts an input and assembles what came of it. Must never panic, and what is assembled is JSON.
pub fn fuzz_entry(bytes: &[u8]) {
    static TABLES: OnceLock<Option<(Mapping, crate::Tables)>> = OnceLock::new();
    let tables = TABLES.get_or_init(|| Some((Mapping::built_in().ok()?, crate::Tables::built_in().ok()?)));
    let Some((mapping, tables)) = tables else { return };
    let context = crate::Context::new(tables, crate::Policy::default());
    let Ok(events) = events(bytes) else { return };
    for event in events {
        let mut objects = Vec::new();
        let conversion = Conversion { mapping, context: &context, arrival: Arrival::Written };
        if conversion.event(bytes, event, &mut |object| objects.push(object)).is_err() {
            continue;
        }
        let read = |text: &String| Part::of(&crate::Object::read(text.as_bytes()).ok()?);
        let parts: Vec<Part> = objects.iter().filter_map(read).collect();
        let assembled = assemble(&parts);
        debug_assert!(
            assembled.is_none_or(|text| serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok())
        );
    }
}
