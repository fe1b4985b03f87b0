//! The file in which a courier carries a package.
//!
//! The form: the line `comity parcel 1`, then, each with its length before it (four bytes, big-endian): the dossier, the
//! consignment, and every sealed piece in the parcel's order. The dossier can be verified by anybody; what the pieces hold
//! opens only for the party that the parcel is sealed to.

use super::vessel::SEALED;
use comity_affairs::custody::{Consignment, Dossier, Parcel};
use comity_record::{Attested, Canonical, Hash, Malformed, sha256};
use std::io::{self, Read, Write};

const MAGIC: &[u8; 16] = b"comity parcel 1\n";

/// Why a parcel file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ParcelFileFault {
    /// It does not begin as one.
    #[error("this is no parcel file of a version that is known here")]
    NotOne,
    /// A part is longer than it may be.
    #[error("a part of {size} bytes stands where at most {limit} are possible")]
    TooLong {
        /// The length that is stated.
        size: usize,
        /// Bytes possible.
        limit: usize,
    },
    /// A part cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The file failed.
    #[error("the parcel file could not be read")]
    Io(#[from] io::Error),
}

impl ParcelFileFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ParcelFileFault::NotOne => "evidence/no-parcel-file",
            ParcelFileFault::TooLong { .. } => "evidence/part-too-long",
            ParcelFileFault::Malformed(fault) => fault.code(),
            ParcelFileFault::Io(_) => "evidence/parcel-io",
        }
    }
}

/// What stands in front of the pieces.
#[derive(Clone, Debug)]
pub struct ParcelHead {
    /// For verification.
    pub dossier: Dossier,
    /// The consignment as it stands.
    pub consignment: Vec<u8>,
    /// The parcel in it; nobody has verified its signature yet.
    pub parcel: Attested<Parcel>,
}

/// One piece as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PieceFound {
    /// Whole.
    Whole(Vec<u8>),
    /// Not what its hash says.
    Damaged,
    /// The file ends before it.
    Missing,
}

/// Begins a file.
pub fn begin(out: &mut impl Write, dossier: &[u8], consignment: &[u8]) -> io::Result<()> {
    out.write_all(MAGIC)?;
    add(out, dossier)?;
    add(out, consignment)
}

/// Adds a part.
pub fn add(out: &mut impl Write, part: &[u8]) -> io::Result<()> {
    let length = u32::try_from(part.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(part)
}

/// Reads what stands in front of the pieces.
pub fn head(input: &mut impl Read) -> Result<ParcelHead, ParcelFileFault> {
    let mut magic = [0; MAGIC.len()];
    input.read_exact(&mut magic).map_err(|why| match why.kind() {
        io::ErrorKind::UnexpectedEof => ParcelFileFault::NotOne,
        _ => ParcelFileFault::Io(why),
    })?;
    if magic != *MAGIC {
        return Err(ParcelFileFault::NotOne);
    }
    let dossier = Dossier::from_bytes(&part(input, Dossier::LIMIT)?)?;
    let consignment = part(input, Consignment::LIMIT)?;
    let parcel = Attested::from_bytes(&Consignment::from_bytes(&consignment)?.parcel)?;
    Ok(ParcelHead { dossier, consignment, parcel })
}

/// Reads the next piece, which should have this hash. A damaged length makes the rest unreadable: it counts as missing.
pub fn piece(input: &mut impl Read, hash: Hash) -> Result<PieceFound, ParcelFileFault> {
    match part(input, SEALED) {
        Ok(bytes) if sha256(&[&bytes]) == hash => Ok(PieceFound::Whole(bytes)),
        Ok(_) => Ok(PieceFound::Damaged),
        Err(ParcelFileFault::TooLong { .. }) => Ok(PieceFound::Missing),
        Err(ParcelFileFault::Io(why)) if why.kind() == io::ErrorKind::UnexpectedEof => {
            Ok(PieceFound::Missing)
        }
        Err(fault) => Err(fault),
    }
}

fn part(input: &mut impl Read, limit: usize) -> Result<Vec<u8>, ParcelFileFault> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let size = u32::from_be_bytes(length) as usize;
    if size > limit {
        return Err(ParcelFileFault::TooLong { size, limit });
    }
    // No more is reserved than comes.
    let mut bytes = Vec::new();
    let read = input.take(size as u64).read_to_end(&mut bytes)?;
    if read < size {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(bytes)
}
