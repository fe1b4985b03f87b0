//! The manifest of a threat record: per object, a salted hash and a length. Object bytes travel beside it.
//!
//! Because each object has a salt of its own, any subset can be withheld, erased, recalled or shown as evidence while
//! the signature over the manifest still verifies, and a withheld object cannot be guessed from its hash.

use crate::{Hash, sha256};
use minicbor::{Decode, Encode, bytes::ByteArray};

/// The salt of one object, 16 bytes.
pub type ObjectSalt = [u8; 16];

/// The salt of a whole record, from which the salts of its objects follow. It travels only with complete records, and
/// dies with the body.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct RecordSalt(#[n(0)] pub ByteArray<32>);

impl std::fmt::Debug for RecordSalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordSalt(..)")
    }
}

impl RecordSalt {
    /// From 32 bytes drawn by the caller.
    pub fn new(bytes: [u8; 32]) -> RecordSalt {
        RecordSalt(ByteArray::from(bytes))
    }

    /// The salt of the object at `index`: the first 16 bytes of SHA-256(record salt ‖ index, four bytes big-endian).
    pub fn object(&self, index: u32) -> ObjectSalt {
        let full = sha256(&[&*self.0, &index.to_be_bytes()]);
        let mut out = [0; 16];
        out.copy_from_slice(full.0.split_at(16).0);
        out
    }
}

/// One object of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ManifestObject {
    /// SHA-256(salt ‖ bytes).
    #[n(0)]
    pub hash: Hash,
    /// Length of the bytes.
    #[n(1)]
    pub length: u32,
}

impl ManifestObject {
    /// The entry for these bytes under this salt.
    pub fn of(salt: &ObjectSalt, bytes: &[u8]) -> ManifestObject {
        // Objects are bounded far below 4 GiB; a longer one gets a length that never matches.
        ManifestObject {
            hash: sha256(&[salt, bytes]),
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        }
    }

    /// Whether these bytes under this salt are the object meant.
    pub fn matches(&self, salt: &ObjectSalt, bytes: &[u8]) -> bool {
        *self == ManifestObject::of(salt, bytes)
    }
}

/// The objects of one record, all of one label class.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Manifest {
    /// The objects in order; their position is their index.
    #[n(0)]
    pub objects: Vec<ManifestObject>,
}

impl Manifest {
    /// Most objects a record may have.
    pub const MAX_OBJECTS: usize = 1000;
    /// Most bytes the objects of a record may have together, unless it is one object.
    pub const MAX_BYTES: usize = 1 << 20;
    /// Most bytes one object may have.
    pub const MAX_OBJECT_BYTES: usize = 16 << 20;

    /// The manifest of these objects under this salt.
    pub fn of<B: AsRef<[u8]>>(salt: &RecordSalt, objects: &[B]) -> Manifest {
        let entry = |(index, bytes): (u32, &B)| ManifestObject::of(&salt.object(index), bytes.as_ref());
        Manifest { objects: (0u32..).zip(objects).map(entry).collect() }
    }

    /// Whether the manifest keeps the bounds: 1 to 1,000 objects and at most 1 MiB together, or one object of at most
    /// 16 MiB.
    pub fn is_within_bounds(&self) -> bool {
        let total: u64 = self.objects.iter().map(|o| u64::from(o.length)).sum();
        let limit = if self.objects.len() == 1 { Manifest::MAX_OBJECT_BYTES } else { Manifest::MAX_BYTES };
        (1..=Manifest::MAX_OBJECTS).contains(&self.objects.len()) && total <= limit as u64
    }
}
