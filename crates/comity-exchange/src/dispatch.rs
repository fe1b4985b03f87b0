//! A dispatch: the signed statement that carries one record to one recipient.

use comity_border::{Cleared, Obligations, Request};
use comity_ledger::Committed;
use comity_record::{Addressed, Canonical, CrossingId, Entry, Hash, PartyCode, RecordId, Timestamp};
use minicbor::{Decode, Encode, bytes::ByteArray, bytes::ByteVec};

/// What a dispatch states. Signed, it is an `Attested<Dispatch>`.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Dispatch {
    /// The sender.
    #[n(0)]
    pub from: PartyCode,
    /// The recipient, and nobody else.
    #[n(1)]
    pub to: PartyCode,
    /// The position in the sender's outbox for this recipient.
    #[n(2)]
    pub position: u64,
    /// The record.
    #[n(3)]
    pub record: RecordId,
    /// SHA-256 of the compressed frame.
    #[n(4)]
    pub frame: Hash,
    /// When it was dispatched.
    #[n(5)]
    pub at: Timestamp,
    /// After this the recipient refuses it.
    #[n(6)]
    pub expires: Timestamp,
    /// The request that the sender's border judged: purpose, basis, ground, chain and competences. The recipient's
    /// border judges it too.
    #[n(7)]
    pub request: Request,
    /// The duties that come with the clearance.
    #[n(8)]
    pub obligations: Obligations,
    /// The sender's ledger entry of the clearance, opened.
    #[n(9)]
    pub entry: ByteVec,
    /// Its salt.
    #[n(10)]
    pub salt: ByteArray<16>,
    /// Its index in the sender's ledger.
    #[n(11)]
    pub index: u64,
}

/// Position, frame and times of a dispatch: what clearance and entry do not settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carriage {
    /// Position in the outbox.
    pub position: u64,
    /// SHA-256 of the compressed frame.
    pub frame: Hash,
    /// Now.
    pub at: Timestamp,
    /// When it expires.
    pub expires: Timestamp,
}

/// A clearance and an entry that do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger entry is not that of this clearance")]
pub struct Mismatch;

impl Mismatch {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "exchange/entry-mismatch"
    }
}

impl Canonical for Dispatch {
    const NAME: &'static str = "a dispatch";
    const LIMIT: usize = 64 * 1024;
}

impl Addressed for Dispatch {
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

impl Dispatch {
    /// How long a dispatch may be under way: 30 days, in milliseconds.
    pub const LIFETIME: i64 = 30 * 24 * 3600 * 1000;

    /// The dispatch of a cleared record whose clearance is durably entered. Refuses an entry of another decision,
    /// record or recipient.
    pub fn new(
        cleared: &Cleared,
        request: &Request,
        committed: &Committed<Entry>,
        carriage: Carriage,
    ) -> Result<Dispatch, Mismatch> {
        let entry = committed.entry();
        let crossing = cleared.crossing();
        let belongs = cleared.decision().is_on(request)
            && entry.decision == Some(cleared.decision().hash())
            && entry.record == Some(cleared.record())
            && entry.crossing == Some(crossing)
            && entry.counterparty.as_ref() == Some(&request.to)
            && entry.party == request.from;
        if !belongs {
            return Err(Mismatch);
        }
        Ok(Dispatch {
            from: request.from.clone(),
            to: request.to.clone(),
            position: carriage.position,
            record: cleared.record(),
            frame: carriage.frame,
            at: carriage.at,
            expires: carriage.expires,
            request: request.clone(),
            obligations: cleared.obligations().clone(),
            entry: entry.to_bytes().into(),
            salt: ByteArray::from(*committed.salt()),
            index: committed.index(),
        })
    }

    /// The crossing.
    pub fn crossing(&self) -> CrossingId {
        CrossingId::of(&self.record, &self.from, &self.to)
    }
}
