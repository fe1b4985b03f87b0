//! What a desk could not do. A refusal by the border is not among these: it is a verdict, and it is entered.

use super::CaseFault;
use crate::{Mismatch, frames::WireFault};
use comity_ledger::{LogFault, store::StoreFault};
use comity_record::{FrameFault, Malformed, PartyCode, SignerFailed, SigningFailed, Unverified};

/// What a desk could not do.
#[derive(Debug, thiserror::Error)]
pub enum DeskFault {
    /// The store failed; nothing of the group was committed.
    #[error("the store failed")]
    Store(#[from] StoreFault),
    /// The log cannot be read or proved from.
    #[error("the log failed")]
    Log(#[from] LogFault),
    /// No such record here.
    #[error("there is no record `{record}` here")]
    NoRecord {
        /// The id asked for, shortened.
        record: String,
    },
    /// A record that is no recall was taken for one.
    #[error("record `{record}` is no recall; a recall is named by its own id, which `recall` said")]
    NoRecall {
        /// The id given, shortened.
        record: String,
    },
    /// The body was erased.
    #[error("the body of record `{record}` was erased")]
    Erased {
        /// The record, shortened.
        record: String,
    },
    /// The record was recalled by its author and is not passed on.
    #[error("record `{record}` was recalled by its author")]
    Recalled {
        /// The record, shortened.
        record: String,
    },
    /// The recipient's program does not read records of this form yet.
    #[error("`{party}` reads `{what}` up to version {understood}, and this record is of version {version}")]
    NotUnderstood {
        /// The recipient.
        party: PartyCode,
        /// The kind, or the vocabulary of labels.
        what: String,
        /// The version of the record.
        version: u16,
        /// The newest version that the recipient reads; 0 where it knows none.
        understood: u16,
    },
    /// Only its author may recall a record.
    #[error("record `{record}` is a record of `{origin}`; only its author may recall it")]
    NotOurs {
        /// The record, shortened.
        record: String,
        /// Its author.
        origin: PartyCode,
    },
    /// No head may be signed at present.
    #[error("no head of the ledger may be signed: {why}")]
    Unconfirmed {
        /// Why.
        why: String,
    },
    /// The tail of the log was lost and is being fetched; nothing is entered meanwhile.
    #[error(
        "a witness showed a head of {size} entries that this ledger lost; their hashes are being fetched"
    )]
    TailLost {
        /// The size of that head.
        size: u64,
    },
    /// No witness has shown that the tail of the log was lost.
    #[error("no witness has shown that entries of this ledger were lost")]
    NothingLost,
    /// A succession of the log cannot be entered.
    #[error("the succession is not entered: {why}")]
    Succession {
        /// Its own code.
        code: &'static str,
        /// Why.
        why: String,
    },
    /// No letter of that party was accepted.
    #[error("no letter of `{party}` was accepted here")]
    NoPeer {
        /// The party.
        party: PartyCode,
    },
    /// A record held does not verify: its key was revoked, or the store was tampered with.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// A key could not sign.
    #[error(transparent)]
    Signer(#[from] SignerFailed),
    /// A draft could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// A row of the log cannot be read.
    #[error("a row of the log cannot be read: {0}")]
    Row(#[from] Malformed),
    /// Object bytes do not fit their manifest.
    #[error(transparent)]
    Frame(#[from] FrameFault),
    /// A frame could not be made.
    #[error(transparent)]
    Wire(#[from] WireFault),
    /// A clearance and an entry do not belong together.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A turn was not meant for this desk, or not by the party of the connection.
    #[error("a turn from `{from}` to `{to}` was given to the desk of `{party}` by `{peer}`")]
    Misdirected {
        /// The turn's sender.
        from: PartyCode,
        /// The turn's recipient.
        to: PartyCode,
        /// This desk.
        party: PartyCode,
        /// The party of the connection.
        peer: PartyCode,
    },
    /// The manuscript breaks the bounds of a manifest.
    #[error(
        "a record takes 1 to 1,000 objects and 1 MiB, or one object of 16 MiB; {objects} objects were given"
    )]
    Manuscript {
        /// Objects given.
        objects: usize,
    },
    /// A step of a case cannot be taken, or there is no such case.
    #[error(transparent)]
    Case(#[from] CaseFault),
    /// Something else, named by the part that failed.
    #[error("{what}: {why}")]
    Other {
        /// The part.
        what: &'static str,
        /// Its reason.
        why: String,
    },
}

impl DeskFault {
    /// A fault of a named part.
    pub(super) fn other(what: &'static str, why: &dyn std::error::Error) -> DeskFault {
        DeskFault::Other { what, why: why.to_string() }
    }

    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            DeskFault::Store(fault) => fault.code(),
            DeskFault::Log(fault) => fault.code(),
            DeskFault::NoRecord { .. } => "desk/no-record",
            DeskFault::NoRecall { .. } => "desk/no-recall",
            DeskFault::Erased { .. } => "desk/erased",
            DeskFault::Recalled { .. } => "desk/recalled",
            DeskFault::NotUnderstood { .. } => "desk/not-understood",
            DeskFault::NotOurs { .. } => "desk/not-ours",
            DeskFault::Unconfirmed { .. } => "desk/unconfirmed",
            DeskFault::TailLost { .. } => "desk/tail-lost",
            DeskFault::NothingLost => "desk/nothing-lost",
            DeskFault::Succession { code, .. } => code,
            DeskFault::NoPeer { .. } => "desk/no-peer",
            DeskFault::Unverified(fault) => fault.code(),
            DeskFault::Signer(_) | DeskFault::Signing(_) => "desk/cannot-sign",
            DeskFault::Row(_) => "desk/bad-row",
            DeskFault::Frame(fault) => fault.code(),
            DeskFault::Wire(fault) => fault.code(),
            DeskFault::Mismatch(fault) => fault.code(),
            DeskFault::Misdirected { .. } => "desk/misdirected",
            DeskFault::Manuscript { .. } => "desk/manuscript-bounds",
            DeskFault::Case(fault) => fault.code(),
            DeskFault::Other { .. } => "desk/fault",
        }
    }
}
