//! Deterministic CBOR (RFC 8949 section 4.2.1): one value has exactly one encoding.
//!
//! Encoding is by `minicbor`, which writes shortest integers and definite lengths; maps here have small integer keys in
//! ascending order. Decoding encodes the value again and compares, so that any other form of the same value, a
//! duplicate key or a field that this version does not know is refused.

use minicbor::{Decode, Encode};

/// Bytes that are not the one deterministic encoding of the value expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Longer than this kind of value may be.
    #[error("{what} has {size} bytes, at most {limit} are allowed")]
    TooLong {
        /// What was being read.
        what: &'static str,
        /// Bytes given.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not CBOR, or not of the expected shape.
    #[error("{what} is not well formed: {why}")]
    Shape {
        /// What was being read.
        what: &'static str,
        /// The decoder's reason, with a byte position where it has one.
        why: String,
    },
    /// Readable, but not in its deterministic form.
    #[error(
        "{what} is not in deterministic CBOR: an unknown field, a duplicate key or a longer form than needed"
    )]
    NotDeterministic {
        /// What was being read.
        what: &'static str,
    },
}

impl Malformed {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Malformed::TooLong { .. } => "record/too-long",
            Malformed::Shape { .. } => "record/malformed",
            Malformed::NotDeterministic { .. } => "record/not-deterministic",
        }
    }
}

/// A value with one encoding. `NAME` and `LIMIT` (in bytes) are used in errors and bounds.
pub trait Canonical: Encode<()> + for<'b> Decode<'b, ()> {
    /// What the value is called in an error.
    const NAME: &'static str;
    /// The longest encoding that is read.
    const LIMIT: usize = 64 * 1024;

    /// The deterministic encoding.
    fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads the deterministic encoding and nothing else.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let what = Self::NAME;
        if bytes.len() > Self::LIMIT {
            return Err(Malformed::TooLong { what, size: bytes.len(), limit: Self::LIMIT });
        }
        let value: Self =
            minicbor::decode(bytes).map_err(|why| Malformed::Shape { what, why: why.to_string() })?;
        if value.to_bytes() == bytes { Ok(value) } else { Err(Malformed::NotDeterministic { what }) }
    }

    /// SHA-256 of the deterministic encoding.
    fn hash(&self) -> crate::Hash {
        crate::sha256(&[&self.to_bytes()])
    }
}

/// Encodes a value whose `Encode` never raises an error of its own.
#[expect(clippy::expect_used, reason = "a Vec accepts every write, and no encoder in Comity raises an error")]
pub fn encode<T: Encode<()> + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    minicbor::encode(value, &mut out).expect("encoding into memory");
    out
}
