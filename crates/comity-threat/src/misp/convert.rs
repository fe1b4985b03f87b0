//! From an event to STIX objects.
//!
//! Ids are those of MISP where there are some (`indicator--` and the UUID of the attribute, as other converters have it),
//! else they follow from the content, so that the same event gives the same objects each time. `created` is the day of the
//! event, which MISP keeps, and `modified` the timestamp of the part.

use super::{
    emit::Emit,
    form::Forms,
    galaxy::Galaxies,
    head::Marks,
    reach::{Arrival, LABELS, Levels, Reach},
    scan::{Member, Slice},
    work::Work,
};
use crate::{Context, TableFault, reader::ReadFault, uuid::Uuid};
use comity_record::Timestamp;

/// The namespace of ids that follow from what MISP says.
pub(super) const NAMESPACE: Uuid =
    Uuid([0x5c, 0x8e, 0x1d, 0x0a, 0x3b, 0x77, 0x4f, 0x26, 0x9a, 0xd1, 0x60, 0x2f, 0xe4, 0x93, 0x7b, 0x15]);

/// The tables that conversion goes by.
#[derive(Debug)]
pub struct Mapping {
    pub(super) forms: Forms,
    pub(super) levels: Levels,
    pub(super) galaxies: Galaxies,
}

/// How events become objects.
#[derive(Clone, Copy, Debug)]
pub struct Conversion<'c, 't> {
    /// The tables.
    pub mapping: &'c Mapping,
    /// The tables of attribution, and the day of today.
    pub context: &'c Context<'t>,
    /// How the events came.
    pub arrival: Arrival,
}

/// What conversion did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// Attributes, those of objects too.
    pub attributes: u64,
    /// MISP objects.
    pub objects: u64,
    /// Attributes that STIX has no form for; they are kept as `x-misp-attribute`.
    pub custom: u64,
}

impl Mapping {
    /// The tables this crate was built with.
    pub fn built_in() -> Result<Mapping, TableFault> {
        Ok(Mapping {
            forms: Forms::built_in()?,
            levels: Levels::built_in()?,
            galaxies: Galaxies::built_in()?,
        })
    }
}

impl Conversion<'_, '_> {
    /// Gives `each` the objects of one event of `input`. A fault gives none that may be used.
    pub fn event(
        &self,
        input: &[u8],
        event: Slice<'_>,
        each: &mut dyn FnMut(String),
    ) -> Result<Converted, ReadFault> {
        let members: Vec<Member<'_>> = event.members().collect();
        let mut work = Work::begin(self, input, event, &members, each)?;
        work.lists(&members)?;
        work.references();
        work.shell(event);
        work.instance(&members);
        Ok(work.done)
    }

    /// The objects of every event of an input, as a JSON array for [`crate::Import`], and what was done.
    pub fn input(&self, input: &[u8]) -> Result<(Vec<u8>, Converted), ReadFault> {
        let events = super::events(input)?;
        let (mut out, mut sum) = (vec![b'['], Converted::default());
        for event in events {
            let done = self.event(input, event, &mut |object| {
                if out.len() > 1 {
                    out.extend_from_slice(b",\n");
                }
                out.extend_from_slice(object.as_bytes());
            })?;
            sum.attributes += done.attributes;
            sum.objects += done.objects;
            sum.custom += done.custom;
        }
        out.push(b']');
        Ok((out, sum))
    }
}

/// Markings and own labels of an object.
pub(super) fn marks(emit: &mut Emit, reach: &Reach, claim: Option<&str>) {
    labelled(emit, reach, claim.map(|claim| ("attribution-claim", claim)));
}

/// The same with a further label.
pub(super) fn labelled(emit: &mut Emit, reach: &Reach, more: Option<(&str, &str)>) {
    emit.texts("object_marking_refs", reach.markings());
    let labels = reach.labels();
    let all = labels.iter().map(|(key, value)| (*key, value.as_str())).chain(more);
    let mut own = Emit::bare();
    let mut any = false;
    for (key, value) in all {
        own.text(key, value);
        any = true;
    }
    if any {
        emit.raw(LABELS, &own.finish());
    }
}

/// An object without its local tags and galaxies.
pub(super) fn without_local(json: String, marks: &Marks<'_>) -> String {
    if marks.local.is_empty() {
        return json;
    }
    let mut out = Emit::bare();
    for (key, value) in Slice::whole(&json).members() {
        let gone = |at| marks.local.iter().any(|(list, place, _)| *list == key && *place == at);
        if matches!(key.as_ref(), "Tag" | "Galaxy") && value.is_list() {
            let kept = value.elements().enumerate().filter(|(at, _)| !gone(*at)).map(|(_, slice)| slice.text);
            out.raw(&key, &format!("[{}]", kept.collect::<Vec<_>>().join(",")));
        } else {
            out.raw_quoted(&key, value.text);
        }
    }
    out.finish()
}

/// Seconds since 1970, where they are some.
pub(super) fn seconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|seconds| (1..=LAST_SECOND).contains(seconds))
}

/// The last second of the year 9999, which STIX can still write.
const LAST_SECOND: i64 = 253_402_300_799;

/// A time as STIX writes it.
pub fn time_of(seconds: i64) -> String {
    Timestamp::from_millis(seconds.clamp(0, LAST_SECOND) * 1000).to_string()
}
