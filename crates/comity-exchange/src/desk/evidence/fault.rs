//! What could not be done with evidence.

use crate::DeskFault;
use comity_affairs::{
    conditions::DeletionFault,
    custody::{ChainFault, PackageFault, ParcelFault},
};
use comity_record::{AttestationFault, Malformed};

/// What could not be done with evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFault {
    /// The desk failed.
    #[error(transparent)]
    Desk(#[from] DeskFault),
    /// An act does not fit the custody record.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// The manifest is not sound.
    #[error(transparent)]
    Package(#[from] PackageFault),
    /// The parcel does not fit the manifest.
    #[error(transparent)]
    Parcel(#[from] ParcelFault),
    /// What came cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// What came is not signed by whom it must be.
    #[error(transparent)]
    Attestation(#[from] AttestationFault),
    /// Deletion is not due, or is stopped.
    #[error(transparent)]
    Deletion(#[from] DeletionFault),
    /// The record is of another kind.
    #[error("record `{record}` is no evidence manifest")]
    NoManifest {
        /// The record, shortened.
        record: String,
    },
    /// The sealed pieces are not here.
    #[error("the objects of `{record}` are not held here")]
    NotHeld {
        /// The record, shortened.
        record: String,
    },
    /// What came does not belong here.
    #[error("what came for `{record}` is not accepted: {why}")]
    NotAccepted {
        /// The record, shortened.
        record: String,
        /// Why.
        why: &'static str,
    },
    /// No such object.
    #[error("the package has no object `{object}`, or several")]
    NoObject {
        /// As asked for.
        object: String,
    },
}

impl EvidenceFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            EvidenceFault::Desk(fault) => fault.code(),
            EvidenceFault::Chain(fault) => fault.code(),
            EvidenceFault::Package(fault) => fault.code(),
            EvidenceFault::Parcel(fault) => fault.code(),
            EvidenceFault::Malformed(fault) => fault.code(),
            EvidenceFault::Attestation(fault) => fault.code(),
            EvidenceFault::Deletion(fault) => fault.code(),
            EvidenceFault::NoManifest { .. } => "evidence/no-manifest",
            EvidenceFault::NotHeld { .. } => "evidence/not-held",
            EvidenceFault::NotAccepted { .. } => "evidence/not-accepted",
            EvidenceFault::NoObject { .. } => "evidence/no-object",
        }
    }
}

impl From<comity_ledger::store::StoreFault> for EvidenceFault {
    fn from(fault: comity_ledger::store::StoreFault) -> EvidenceFault {
        EvidenceFault::Desk(fault.into())
    }
}
