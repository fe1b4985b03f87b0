//! The ledger entry: what a node states about one act, and its 32-byte commitment.

use crate::{Canonical, CrossingId, Hash, PartyCode, RecordId, Timestamp, sha256};
use minicbor::{Decode, Encode};
use std::fmt;

/// The version of the judging engine, written into every decision and entry.
pub const ENGINE_VERSION: &str = concat!("comity/", env!("CARGO_PKG_VERSION"));

/// The salt of one entry, 16 bytes. It stays when the record salt dies: erasure does not kill the proof of a decision.
pub type EntrySalt = [u8; 16];

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum EntryKind {
    /// A record was authored or imported at this node.
    #[n(0)]
    Authored,
    /// The sender's border cleared a crossing.
    #[n(1)]
    Cleared,
    /// The sender's border refused a crossing.
    #[n(2)]
    Refused,
    /// The receiver's border cleared a crossing and the record was taken in.
    #[n(3)]
    Received,
    /// The receiver's border refused a crossing.
    #[n(4)]
    ReceptionRefused,
    /// A peer's signed acknowledgement of a dispatch came back.
    #[n(5)]
    Acknowledged,
    /// A record or object was recalled, or a recall was applied.
    #[n(6)]
    Recall,
    /// Bodies were erased.
    #[n(7)]
    Erasure,
    /// A key was introduced, rotated or revoked.
    #[n(8)]
    Key,
    /// A letter was accepted, or a peer suspended.
    #[n(9)]
    Peer,
    /// The register changed.
    #[n(10)]
    Register,
    /// A pack was put in force.
    #[n(11)]
    Pack,
    /// A unit, officer or token was added or ended, or another administrative act.
    #[n(12)]
    Administration,
    /// Two conflicting heads of one log were seen.
    #[n(13)]
    Conflict,
    /// The log continues another after a loss.
    #[n(14)]
    Succession,
    /// Two persons overrode the start-up check.
    #[n(15)]
    Override,
    /// A block of oblivious questions was opened: asked here, or to be answered.
    #[n(16)]
    Lookup,
    /// Evidence was touched, or something about it was recorded.
    #[n(17)]
    Custody,
}

impl EntryKind {
    /// The kind in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            EntryKind::Authored => "authored",
            EntryKind::Cleared => "cleared",
            EntryKind::Refused => "refused",
            EntryKind::Received => "received",
            EntryKind::ReceptionRefused => "reception-refused",
            EntryKind::Acknowledged => "acknowledged",
            EntryKind::Recall => "recall",
            EntryKind::Erasure => "erasure",
            EntryKind::Key => "key",
            EntryKind::Peer => "peer",
            EntryKind::Register => "register",
            EntryKind::Pack => "pack",
            EntryKind::Administration => "administration",
            EntryKind::Conflict => "conflict",
            EntryKind::Succession => "succession",
            EntryKind::Override => "override",
            EntryKind::Lookup => "lookup",
            EntryKind::Custody => "custody",
        }
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of a node's ledger. Only its [`Entry::commitment`] enters the tree; the entry itself is opened in receipts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// What it is about.
    #[n(1)]
    pub kind: EntryKind,
    /// The node's recorded time.
    #[n(2)]
    pub at: Timestamp,
    /// The party whose ledger this is.
    #[n(3)]
    pub party: PartyCode,
    /// The other party of a crossing or peer act.
    #[n(4)]
    pub counterparty: Option<PartyCode>,
    /// The record concerned.
    #[n(5)]
    pub record: Option<RecordId>,
    /// The crossing concerned; the twin entry at the other node has the same.
    #[n(6)]
    pub crossing: Option<CrossingId>,
    /// Hash of the whole decision.
    #[n(7)]
    pub decision: Option<Hash>,
    /// Hash of the packs in force.
    #[n(8)]
    pub pack: Option<Hash>,
    /// Hash of the register as consulted.
    #[n(9)]
    pub register: Option<Hash>,
    /// Hash of the request put to the border.
    #[n(10)]
    pub request: Option<Hash>,
    /// The judging engine's version.
    #[n(11)]
    pub engine: Option<String>,
    /// Hash of anything else the entry commits to: a key statement, letter, acknowledgement or administrative act.
    #[n(12)]
    pub subject: Option<Hash>,
    /// Commitment of the entry before in the same thread.
    #[n(13)]
    pub previous: Option<Hash>,
}

impl Canonical for Entry {
    const NAME: &'static str = "a ledger entry";
    const LIMIT: usize = 4096;
}

impl Entry {
    /// An entry that says only who did what kind of act when; the rest is filled in by the caller.
    pub fn new(kind: EntryKind, at: Timestamp, party: PartyCode) -> Entry {
        Entry {
            version: 1,
            kind,
            at,
            party,
            counterparty: None,
            record: None,
            crossing: None,
            decision: None,
            pack: None,
            register: None,
            request: None,
            engine: None,
            subject: None,
            previous: None,
        }
    }

    /// SHA-256(entry salt ‖ canonical entry): the 32 bytes that enter the tree.
    pub fn commitment(&self, salt: &EntrySalt) -> Hash {
        sha256(&[salt, &self.to_bytes()])
    }
}
