//! A part of an event as an object carries it.

use super::{EVENT, ORIGINAL, PART, WITHIN};
use crate::{Moment, Object};

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// The event without its lists.
    Event,
    /// An attribute of the event or of an object.
    Attribute,
    /// An object without its attributes and references.
    Object,
    /// A reference from an object.
    Reference,
    /// A sighting of an attribute.
    Sighting,
    /// A report of the event.
    Report,
    /// What concerns only the instance that the event comes from.
    Instance,
}

impl PartKind {
    /// Every kind, in order.
    pub const ALL: &'static [PartKind] = &[
        PartKind::Event,
        PartKind::Attribute,
        PartKind::Object,
        PartKind::Reference,
        PartKind::Sighting,
        PartKind::Report,
        PartKind::Instance,
    ];

    /// The kind as the object names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            PartKind::Event => "event",
            PartKind::Attribute => "attribute",
            PartKind::Object => "object",
            PartKind::Reference => "reference",
            PartKind::Sighting => "sighting",
            PartKind::Report => "report",
            PartKind::Instance => "instance",
        }
    }

    /// The list of MISP that such parts stand in; none for the event and what concerns its instance.
    pub(super) const fn list(self) -> Option<&'static str> {
        match self {
            PartKind::Attribute => Some("Attribute"),
            PartKind::Object => Some("Object"),
            PartKind::Reference => Some("ObjectReference"),
            PartKind::Sighting => Some("Sighting"),
            PartKind::Report => Some("EventReport"),
            PartKind::Event | PartKind::Instance => None,
        }
    }
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// The UUID of its object; that of the part, where it had one.
    pub uuid: String,
    /// The UUID of the event.
    pub event: String,
    /// The UUID of what it stands in.
    pub within: String,
    /// Its own JSON.
    pub json: String,
    /// The version of the object.
    pub modified: Option<Moment>,
}

impl Part {
    /// The part that an object carries; `None` where it carries none, or where its original was redacted.
    pub fn of(object: &Object<'_>) -> Option<Part> {
        let name = object.text_of(PART)?;
        let kind = PartKind::ALL.iter().copied().find(|kind| kind.as_str() == name)?;
        let uuid_of = |id: &str| Some(id.split_once("--")?.1.to_owned());
        let uuid = uuid_of(object.id())?;
        let json = object.text_of(ORIGINAL)?.into_owned();
        // The text came from a stranger: what is not an object cannot stand where one must.
        let sound = json.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok();
        Some(Part {
            kind,
            event: object.text_of(EVENT).map_or_else(|| Some(uuid.clone()), |id| uuid_of(&id))?,
            within: object.text_of(WITHIN).and_then(|id| uuid_of(&id)).unwrap_or_default(),
            uuid,
            json: sound.then_some(json)?,
            modified: object.moment(),
        })
    }
}
