//! Why a receipt does not verify.

use crate::{checkpoint::CheckpointFault, proof::ProofFault};
use comity_record::{Malformed, PartyCode, RootFault, Unverified};

/// Why a receipt does not verify. The first fault found ends the verification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// A part cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// More letters than a receipt may have.
    #[error("the receipt carries {found} letters, at most {limit} are read")]
    TooManyLetters {
        /// Letters carried.
        found: usize,
        /// Letters allowed.
        limit: usize,
    },
    /// A letter is of a party whose root the verifier has not accepted.
    #[error("no accepted letter gives the root of `{party}`")]
    UnknownParty {
        /// The party.
        party: PartyCode,
    },
    /// A letter is not signed by the root that it carries.
    #[error("an enclosed letter is not signed by the root that it carries")]
    UnsignedLetter(#[source] RootFault),
    /// A letter is not signed by the accepted root.
    #[error("the letter of `{party}` is not signed by the root that was accepted")]
    Letter {
        /// The party.
        party: PartyCode,
        /// Why.
        #[source]
        why: RootFault,
    },
    /// The entry is not one of a crossing, or lacks what one has.
    #[error("the entry of `{party}` is not one of a crossing: {why}")]
    Entry {
        /// Whose entry.
        party: PartyCode,
        /// What is wrong.
        why: &'static str,
    },
    /// The record is not the one of the entry.
    #[error("the record enclosed is not the one that the entry names")]
    Record,
    /// The record's signature does not fit.
    #[error("the record enclosed is not signed by its author")]
    Author(#[source] Unverified),
    /// The decision is not the one of the entry.
    #[error("the decision enclosed for `{party}` is not the one that its entry commits to")]
    Decision {
        /// Whose.
        party: PartyCode,
    },
    /// The receipt does not say where its own entry stands.
    #[error("the receipt does not say where its entry stands in the log")]
    NoPlace,
    /// The entry does not stand in the log where the receipt says.
    #[error("the entry of `{party}` is not shown to stand in its log")]
    NotIncluded {
        /// Whose entry.
        party: PartyCode,
        /// Why.
        #[source]
        why: ProofFault,
    },
    /// The checkpoint is not signed by the log's keys.
    #[error("the checkpoint of `{party}` is not accepted")]
    Checkpoint {
        /// Whose log.
        party: PartyCode,
        /// Why.
        #[source]
        why: CheckpointFault,
    },
    /// The party had no valid checkpoint keys, or they were revoked.
    #[error("`{party}` had no valid pair of checkpoint keys when its checkpoint was signed")]
    NoKeys {
        /// Whose.
        party: PartyCode,
    },
    /// A cosignature under a witness's key does not verify.
    #[error("the cosignature of `{party}` is not accepted")]
    Cosignature {
        /// The witness.
        party: PartyCode,
        /// Why.
        #[source]
        why: CheckpointFault,
    },
    /// Twin entries do not belong together.
    #[error("the twin entry does not belong to this crossing: {why}")]
    Twin {
        /// What differs.
        why: &'static str,
    },
    /// No quorum cosigned.
    #[error("no quorum of witnesses cosigned the checkpoint (it carries: {witnesses})")]
    NoQuorum {
        /// Who did cosign; may be empty.
        witnesses: String,
    },
}

impl ReceiptFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ReceiptFault::Malformed(malformed) => malformed.code(),
            ReceiptFault::TooManyLetters { .. } => "receipt/too-many-letters",
            ReceiptFault::UnknownParty { .. } => "receipt/unknown-party",
            ReceiptFault::UnsignedLetter(_) | ReceiptFault::Letter { .. } => "receipt/letter",
            ReceiptFault::Entry { .. } => "receipt/entry",
            ReceiptFault::Record => "receipt/record",
            ReceiptFault::Author(_) => "receipt/author",
            ReceiptFault::Decision { .. } => "receipt/decision",
            ReceiptFault::NoPlace => "receipt/no-place",
            ReceiptFault::NotIncluded { .. } => "receipt/not-included",
            ReceiptFault::Checkpoint { .. } => "receipt/checkpoint",
            ReceiptFault::NoKeys { .. } => "receipt/no-keys",
            ReceiptFault::Cosignature { .. } => "receipt/cosignature",
            ReceiptFault::Twin { .. } => "receipt/twin",
            ReceiptFault::NoQuorum { .. } => "receipt/no-quorum",
        }
    }

    /// What a person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            ReceiptFault::UnknownParty { party } => {
                Some(format!("accept the letter of `{party}` after checking its fingerprint with the party"))
            }
            ReceiptFault::NoQuorum { .. } => {
                Some("ask the issuing node for the receipt again once a witness has cosigned".to_owned())
            }
            _ => None,
        }
    }
}
