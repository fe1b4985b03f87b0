//! The parcel: which sealed pieces make up the objects of a package, and the keys that open them, sealed to one State.
//!
//! Each object is cut into chunks of [`CHUNK`] bytes, and each chunk is sealed once, when the object is taken in. The
//! sealed chunks are the same bytes wherever they lie: in the giver's store, on the wire, on a courier's disk, in the
//! receiver's store. So a transfer goes on wherever it was cut, and what came damaged is known by its hash. Who may open
//! them is settled by the keys alone.

use super::Package;
use comity_record::{Addressed, Canonical, Hash, PartyCode, RecordId, Timestamp, UnitCode};
use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteVec},
};

/// Bytes of an object in one chunk; the last one may hold fewer.
pub const CHUNK: u32 = 4 << 20;

/// How many chunks an object of so many bytes has; an empty one has one.
pub const fn chunks_of(size: u64) -> u64 {
    let whole = size.div_ceil(CHUNK as u64);
    if whole == 0 { 1 } else { whole }
}

/// What a giver states of the sealed pieces of a package. Signed, it is an `Attested<Parcel>`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Parcel {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The giver.
    #[n(1)]
    pub from: PartyCode,
    /// The receiver, and nobody else.
    #[n(2)]
    pub to: PartyCode,
    /// The unit it is meant for.
    #[n(3)]
    pub unit: Option<UnitCode>,
    /// The record of the manifest.
    #[n(4)]
    pub record: RecordId,
    /// When it was made.
    #[n(5)]
    pub at: Timestamp,
    /// Of each object of the manifest, in its order, the SHA-256 of each sealed chunk.
    #[n(6)]
    pub chunks: Vec<Vec<Hash>>,
    /// The keys of the objects ([`ObjectKeys`]), sealed to the receiver.
    #[n(7)]
    pub keys: ByteVec,
    /// The head of the giver's custody record.
    #[n(8)]
    pub head: Hash,
}

impl Canonical for Parcel {
    const NAME: &'static str = "an evidence parcel";
    // About 450,000 chunks: near two terabytes.
    const LIMIT: usize = 16 << 20;
}

impl Addressed for Parcel {
    fn sender(&self) -> &PartyCode {
        &self.from
    }
    fn recipient(&self) -> &PartyCode {
        &self.to
    }
    fn stated_at(&self) -> Timestamp {
        self.at
    }
}

/// What a giver sends of a package before the pieces: the parcel, and its custody record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Consignment {
    /// An `Attested<Parcel>`.
    #[n(0)]
    pub parcel: ByteVec,
    /// The giver's custody record, each an `Attested<Entry>`.
    #[n(1)]
    pub chain: Vec<ByteVec>,
}

impl Canonical for Consignment {
    const NAME: &'static str = "an evidence consignment";
    const LIMIT: usize = Parcel::LIMIT + (8 << 20);
}

/// The entries of a custody record as they travel.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignedChain {
    /// Each an `Attested<Entry>`.
    #[n(0)]
    pub entries: Vec<ByteVec>,
}

impl Canonical for SignedChain {
    const NAME: &'static str = "a signed custody record";
    const LIMIT: usize = 8 << 20;
}

/// One key of 32 bytes for each object, in the order of the manifest.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ObjectKeys {
    /// The keys.
    #[n(0)]
    pub keys: Vec<ByteArray<32>>,
}

impl std::fmt::Debug for ObjectKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ObjectKeys({})", self.keys.len())
    }
}

impl Canonical for ObjectKeys {
    const NAME: &'static str = "the keys of an evidence parcel";
    const LIMIT: usize = 512 * 1024;
}

/// What does not fit between a parcel and its manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParcelFault {
    /// A version of a later program.
    #[error("the parcel has version {version}, this program reads version 1")]
    Version {
        /// The version.
        version: u16,
    },
    /// Another giver than that of the manifest, or another record.
    #[error("the parcel is not that of this manifest: {why}")]
    Other {
        /// What differs.
        why: &'static str,
    },
    /// Objects and chunks do not agree.
    #[error("the parcel gives {found} chunks for object `{object}`, its size asks for {wanted}")]
    Chunks {
        /// The object.
        object: String,
        /// How many chunks are named.
        found: u64,
        /// How many there must be.
        wanted: u64,
    },
}

impl ParcelFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ParcelFault::Version { .. } => "evidence/parcel-version",
            ParcelFault::Other { .. } => "evidence/parcel-other",
            ParcelFault::Chunks { .. } => "evidence/parcel-chunks",
        }
    }
}

impl Parcel {
    /// Whether the parcel fits the manifest of this record.
    pub fn check(&self, record: RecordId, package: &Package) -> Result<(), ParcelFault> {
        if self.version != 1 {
            return Err(ParcelFault::Version { version: self.version });
        }
        if self.record != record {
            return Err(ParcelFault::Other { why: "it names another record" });
        }
        if self.chunks.len() != package.items.len() {
            return Err(ParcelFault::Other { why: "it has another number of objects" });
        }
        for (item, chunks) in package.items.iter().zip(&self.chunks) {
            let (found, wanted) = (chunks.len() as u64, chunks_of(item.size));
            if found != wanted {
                return Err(ParcelFault::Chunks { object: item.id.clone(), found, wanted });
            }
        }
        Ok(())
    }

    /// Every chunk, in order.
    pub fn all_chunks(&self) -> impl Iterator<Item = Hash> {
        self.chunks.iter().flatten().copied()
    }
}
