//! A frame: a record together with the object bytes and salts that travel beside it.
//!
//! The same frame bytes go to every peer of one audience class, compressed once by the rim. A frame is complete (one
//! record salt) or partial (a salt for each object carried).

use crate::{Body, Canonical, Malformed, ObjectSalt, RecordSalt, Signed};
use minicbor::{Decode, Encode, bytes::ByteArray, bytes::ByteVec};

/// The salts of the objects in a frame.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Salts {
    /// Every object is carried, in manifest order; the object salts follow from this one.
    #[n(0)]
    Complete(#[n(0)] RecordSalt),
    /// Some objects are carried, each with its position and salt; positions ascend.
    #[n(1)]
    Partial(#[n(0)] Vec<(u32, ByteArray<16>)>),
    /// The record has no manifest.
    #[n(2)]
    None,
}

/// A record, salts and object bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Frame {
    /// The record's envelope.
    #[n(0)]
    pub record: ByteVec,
    /// The salts.
    #[n(1)]
    pub salts: Salts,
    /// The object bytes, in the order of the salts.
    #[n(2)]
    pub objects: Vec<ByteVec>,
}

impl Canonical for Frame {
    const NAME: &'static str = "a frame";
    const LIMIT: usize = Frame::LIMIT_BYTES;
}

/// An object found to be the one its manifest means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedObject<'a> {
    /// Position in the manifest.
    pub index: u32,
    /// Its salt.
    pub salt: ObjectSalt,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Why a frame does not hold together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// The record inside cannot be read.
    #[error(transparent)]
    Record(#[from] Malformed),
    /// The manifest is empty or too large.
    #[error("the manifest breaks its bounds: 1 to 1,000 objects and 1 MiB, or one object of 16 MiB")]
    Bounds,
    /// Salts and objects do not fit the manifest in number or order.
    #[error("the frame carries {carried} objects where its manifest and salts allow {expected}")]
    Count {
        /// Objects carried.
        carried: usize,
        /// Objects that salts and manifest allow.
        expected: usize,
    },
    /// An object is not the one the manifest commits to.
    #[error("object {index} is not the one that the manifest commits to")]
    Object {
        /// Position in the manifest.
        index: u32,
    },
}

impl FrameFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            FrameFault::Record(malformed) => malformed.code(),
            FrameFault::Bounds => "record/manifest-bounds",
            FrameFault::Count { .. } => "record/object-count",
            FrameFault::Object { .. } => "record/object-mismatch",
        }
    }
}

impl Frame {
    /// The longest frame that is read.
    pub const LIMIT_BYTES: usize = 20 << 20;

    /// A frame that carries every object of a threat record.
    pub fn complete(record: &Signed, salt: RecordSalt, objects: Vec<Vec<u8>>) -> Frame {
        let objects = objects.into_iter().map(ByteVec::from).collect();
        Frame { record: record.as_bytes().to_vec().into(), salts: Salts::Complete(salt), objects }
    }

    /// A frame that carries some objects of a threat record, given by ascending position.
    pub fn partial(record: &Signed, objects: Vec<(u32, ObjectSalt, Vec<u8>)>) -> Frame {
        let salts = objects.iter().map(|(index, salt, _)| (*index, ByteArray::from(*salt))).collect();
        let objects = objects.into_iter().map(|(_, _, bytes)| ByteVec::from(bytes)).collect();
        Frame { record: record.as_bytes().to_vec().into(), salts: Salts::Partial(salts), objects }
    }

    /// A frame for a record without manifest.
    pub fn bare(record: &Signed) -> Frame {
        Frame { record: record.as_bytes().to_vec().into(), salts: Salts::None, objects: Vec::new() }
    }

    /// Reads the record and checks every object carried against its manifest.
    pub fn open(&self) -> Result<(Signed, Vec<CarriedObject<'_>>), FrameFault> {
        let record = Signed::from_bytes(&self.record)?;
        let carried = self.check(&record.statement().body)?;
        Ok((record, carried))
    }

    fn check(&self, body: &Body) -> Result<Vec<CarriedObject<'_>>, FrameFault> {
        let Some(manifest) = body.manifest() else {
            let bare = self.salts == Salts::None && self.objects.is_empty();
            return if bare { Ok(Vec::new()) } else { Err(self.count(0)) };
        };
        if !manifest.is_within_bounds() {
            return Err(FrameFault::Bounds);
        }
        let positions = self.positions(manifest.objects.len())?;
        let mut carried = Vec::with_capacity(positions.len());
        for ((index, salt), bytes) in positions.into_iter().zip(&self.objects) {
            let object = manifest.objects.get(index as usize).ok_or(FrameFault::Object { index })?;
            if !object.matches(&salt, bytes) {
                return Err(FrameFault::Object { index });
            }
            carried.push(CarriedObject { index, salt, bytes });
        }
        Ok(carried)
    }

    fn positions(&self, in_manifest: usize) -> Result<Vec<(u32, ObjectSalt)>, FrameFault> {
        let positions: Vec<(u32, ObjectSalt)> = match &self.salts {
            Salts::Complete(salt) => {
                (0u32..).take(in_manifest).map(|index| (index, salt.object(index))).collect()
            }
            Salts::Partial(salts) => salts.iter().map(|(index, salt)| (*index, **salt)).collect(),
            Salts::None => return Err(self.count(in_manifest)),
        };
        let ascending = positions.iter().zip(positions.iter().skip(1)).all(|(a, b)| a.0 < b.0);
        if positions.len() != self.objects.len() || !ascending {
            return Err(self.count(positions.len().min(in_manifest)));
        }
        Ok(positions)
    }

    fn count(&self, expected: usize) -> FrameFault {
        FrameFault::Count { carried: self.objects.len(), expected }
    }
}
