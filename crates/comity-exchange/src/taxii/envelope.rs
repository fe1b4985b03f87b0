//! Envelopes: objects in their exact bytes, with what a client needs to go on (section 3.7 of the standard).

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};
use std::{borrow::Cow, fmt};

/// Most objects of one envelope that is read.
pub const MAX_OBJECTS: usize = 100_000;

/// An envelope as it was read; objects are slices of the input.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// Whether there is more. Some servers leave it out and give only `next`.
    pub more: bool,
    /// What to ask for next.
    pub next: Option<String>,
    /// The objects' exact bytes.
    pub objects: Vec<&'a [u8]>,
}

/// Why an envelope cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// It is not JSON.
    #[error("the body is not JSON: {why}")]
    NotJson {
        /// What is wrong, with line and column.
        why: String,
    },
    /// It is JSON, but no envelope.
    #[error("the body is no TAXII envelope: {why}")]
    NotAnEnvelope {
        /// What is wrong.
        why: String,
    },
}

impl EnvelopeFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            EnvelopeFault::NotJson { .. } => "taxii/not-json",
            EnvelopeFault::NotAnEnvelope { .. } => "taxii/not-an-envelope",
        }
    }
}

/// An envelope around objects that stay as they are; without objects it is `{}`, as the standard has it.
pub fn envelope<'o>(objects: impl IntoIterator<Item = &'o [u8]>, next: Option<&str>) -> Vec<u8> {
    let objects = objects.into_iter();
    let mut out = Vec::with_capacity(256 + objects.size_hint().0.saturating_mul(800));
    out.push(b'{');
    if let Some(next) = next {
        out.extend_from_slice(br#""more":true,"next":""#);
        // A token is base64 without escapes.
        out.extend_from_slice(next.as_bytes());
        out.extend_from_slice(br#"","#);
    }
    let start = out.len();
    for object in objects {
        out.extend_from_slice(if out.len() == start { br#""objects":["# } else { b"," });
        out.extend_from_slice(object);
    }
    if out.len() == start && next.is_some() {
        // A page whose objects were all erased meanwhile: the client goes on behind them.
        out.extend_from_slice(br#""objects":["#);
    }
    if out.len() > start {
        out.push(b']');
    }
    out.push(b'}');
    out
}

/// Reads an envelope, or a bundle, whose further properties are passed over. A body that names no objects at all is one
/// without objects where `{}` is meant ([`envelope`]); whether that will do is the caller's business.
pub fn read_envelope(bytes: &[u8]) -> Result<Envelope<'_>, EnvelopeFault> {
    let read: Members<'_> = serde_json::from_slice(bytes).map_err(|fault| {
        let why = crate::taxii::filter::brief(&fault.to_string());
        match fault.classify() {
            Category::Data => EnvelopeFault::NotAnEnvelope { why },
            _ => EnvelopeFault::NotJson { why },
        }
    })?;
    let next = read.next.map(Cow::into_owned).filter(|next| !next.is_empty());
    let objects = read.objects.map_or_else(Vec::new, |objects| objects.0);
    Ok(Envelope { more: read.more.unwrap_or(next.is_some()), next, objects })
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(default)]
    more: Option<bool>,
    #[serde(borrow, default)]
    next: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    objects: Option<Slices<'a>>,
}

/// The elements of an array, unread; their number is bounded, so that a body of `[0,0,0…` does not grow in memory.
struct Slices<'a>(Vec<&'a [u8]>);

impl<'de: 'a, 'a> Deserialize<'de> for Slices<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;
        impl<'de> Visitor<'de> for Elements {
            type Value = Slices<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of objects")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Slices<'de>, A::Error> {
                let mut slices = Vec::new();
                while let Some(raw) = list.next_element::<&'de RawValue>()? {
                    if slices.len() == MAX_OBJECTS {
                        return Err(A::Error::custom(format!("more than {MAX_OBJECTS} objects")));
                    }
                    slices.push(raw.get().as_bytes());
                }
                Ok(Slices(slices))
            }
        }
        deserializer.deserialize_seq(Elements)
    }
}
