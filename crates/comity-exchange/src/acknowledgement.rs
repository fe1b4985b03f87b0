//! What the receiving node states about a dispatch, signed. It carries the receiver's own ledger entry, opened, so that
//! the sender holds the twin of its own. An acknowledgement concedes nothing but receipt.

use comity_border::DisclosedRefusal;
use comity_record::{Addressed, Canonical, CrossingId, Hash, PartyCode, Timestamp};
use minicbor::{Decode, Encode, bytes::ByteArray, bytes::ByteVec};

/// How the receiver dealt with a dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// Its border cleared the crossing and the record is held durably.
    #[n(0)]
    TakenIn,
    /// Its border refused; as much reason as its policy allows.
    #[n(1)]
    Refused(#[n(0)] DisclosedRefusal),
    /// The dispatch or its frame could not be accepted as it stands.
    #[n(2)]
    Faulty {
        /// The stable code, such as `record/bad-signature`.
        #[n(0)]
        code: String,
    },
}

/// A receiver's statement about one dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Acknowledgement {
    /// The receiver, who states this.
    #[n(0)]
    pub from: PartyCode,
    /// The sender of the dispatch.
    #[n(1)]
    pub to: PartyCode,
    /// The position in the sender's outbox.
    #[n(2)]
    pub position: u64,
    /// SHA-256 of the dispatch's bytes.
    #[n(3)]
    pub dispatch: Hash,
    /// The crossing.
    #[n(4)]
    pub crossing: CrossingId,
    /// How it was dealt with.
    #[n(5)]
    pub outcome: Outcome,
    /// When, by the receiver's record.
    #[n(6)]
    pub at: Timestamp,
    /// The receiver's ledger entry, opened.
    #[n(7)]
    pub entry: ByteVec,
    /// Its salt.
    #[n(8)]
    pub salt: ByteArray<16>,
    /// Its index in the receiver's ledger.
    #[n(9)]
    pub index: u64,
}

impl Canonical for Acknowledgement {
    const NAME: &'static str = "an acknowledgement";
    const LIMIT: usize = 16 * 1024;
}

impl Addressed for Acknowledgement {
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
