//! The wire message. A session is a row of turns: one node sends a [`Turn`] and gets the other's in return.
//!
//! A turn carries everything either side may want to say, so that one open connection serves both directions and a
//! node that cannot be reached from outside misses nothing. Turns are idempotent: each says what it has and what it
//! still lacks, and sending a turn twice changes nothing.
//!
//! A turn is read in its one deterministic form, so a peer of version 1 refuses a field that it does not know. Every
//! turn says the speaker's version, which such a peer passes over; what came with version 2 stands in [`Further`] and
//! is said only to a peer that has shown that it reads it.

use crate::Dispatch;
use comity_record::{Attested, Canonical, Hash, KeyId, PartyCode, sha256};
use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteVec},
};

pub use comity_record::TURN_VERSION;

/// The version from which on [`Turn::further`] is read.
pub const FURTHER_VERSION: u16 = 2;

/// The version from which on [`Item::authored`] is read.
pub const AUTHORED_VERSION: u16 = 3;

/// What one node says in one turn.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Turn {
    /// Version of this form.
    #[n(0)]
    pub version: u16,
    /// Who speaks; must be the party of the connection.
    #[n(1)]
    pub from: PartyCode,
    /// To whom.
    #[n(2)]
    pub to: PartyCode,
    /// Every position of your outbox up to this one (counted from 1) is held here durably.
    #[n(3)]
    pub have: u64,
    /// The lowest position of my outbox whose acknowledgement I lack.
    #[n(4)]
    pub lacking: u64,
    /// Positions of my outbox, ascending, after the `have` you last told me.
    #[n(5)]
    pub items: Vec<Item>,
    /// My acknowledgements of your positions.
    #[n(6)]
    pub acknowledgements: Vec<ByteVec>,
    /// Whether more items wait behind these.
    #[n(7)]
    pub more: bool,
    /// How long I would wait for your turn if you have nothing to say, in milliseconds.
    #[n(8)]
    pub patience: u32,
    /// My newest checkpoint, to be cosigned.
    #[n(9)]
    pub checkpoint: Option<CheckpointOffer>,
    /// My cosignatures of your checkpoints, as note lines.
    #[n(10)]
    pub cosignatures: Vec<Cosignature>,
    /// The kinds and newest versions I understand.
    #[n(11)]
    pub understands: Vec<(String, u16)>,
    /// Size of your ledger as I last cosigned it; you prove consistency from there.
    #[n(12)]
    pub witnessed: u64,
    /// How many leaf hashes of your ledger I hold as its witness.
    #[n(13)]
    pub kept: u64,
    /// Since I started, no witness has confirmed my last head: show me the head of mine that you cosigned last.
    #[n(14)]
    pub confirm: bool,
    /// The head of yours that I cosigned last, as you signed it, because you asked; empty where I cosigned none.
    #[n(15)]
    pub shown: Option<ByteVec>,
    /// What version 2 added; absent in a turn to a peer of version 1.
    #[n(16)]
    pub further: Option<Further>,
}

/// What version 2 of the turn added: what the speaker's root signed, and the mending of a ledger that lost its tail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Further {
    /// The number of your newest letter that counts here.
    #[n(0)]
    pub letter: u64,
    /// The keys of yours whose revocation counts here.
    #[n(1)]
    pub revoked: Vec<KeyId>,
    /// What my root signed and you lack, oldest first.
    #[n(2)]
    pub announced: Vec<Announcement>,
    /// Leaf hashes of my own ledger that I lost: the first wanted, and one past the last.
    #[n(3)]
    pub wanted: Option<Span>,
    /// Leaf hashes of your ledger, because you asked.
    #[n(4)]
    pub leaves: Option<Leaves>,
    /// Leaf hashes of my ledger that you do not hold as its witness, from an earlier part than the checkpoint's.
    #[n(5)]
    pub piece: Option<Piece>,
    /// Positions of my outbox for you that I no longer know: please give back what of it is mine.
    #[n(6)]
    pub lost: Option<Span>,
    /// One past the last position of yours that I looked at because you lost it.
    #[n(7)]
    pub returned: u64,
}

/// A range: the first, and one past the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Span {
    /// The first.
    #[n(0)]
    pub from: u64,
    /// One past the last.
    #[n(1)]
    pub to: u64,
}

/// Leaf hashes of the receiver's ledger as its witness holds them; none where it holds none of those asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Leaves {
    /// The index of the first.
    #[n(0)]
    pub from: u64,
    /// The hashes.
    #[n(1)]
    pub hashes: Vec<Hash>,
}

/// Leaf hashes of the speaker's ledger from where the witness's end, proved up to the head that it cosigned last.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Piece {
    /// The hashes.
    #[n(0)]
    pub hashes: Vec<Hash>,
    /// The consistency proof from the tree that they end to that head (RFC 9162 section 2.1.4).
    #[n(1)]
    pub proof: Vec<Hash>,
}

/// Something that the speaker's root signed, and its place in the speaker's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Announcement {
    /// What was signed.
    #[n(0)]
    pub statement: RootStatement,
    /// Where it stands; absent while the receiver has not cosigned a head that covers it.
    #[n(1)]
    pub place: Option<Place>,
}

/// What a party's root signs for its peers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RootStatement {
    /// A letter: a `RootSigned<Letter>`.
    #[n(0)]
    Letter(#[n(0)] ByteVec),
    /// A revocation: a `RootSigned<KeyRevocation>`.
    #[n(1)]
    Revocation(#[n(0)] ByteVec),
    /// The succession of the ledger: a `RootSigned<SuccessionStatement>`.
    #[n(2)]
    Succession(#[n(0)] ByteVec),
}

/// A ledger entry, opened, and its inclusion in the head that the receiver cosigned last.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Place {
    /// The entry.
    #[n(0)]
    pub entry: ByteVec,
    /// Its salt.
    #[n(1)]
    pub salt: ByteArray<16>,
    /// Its index.
    #[n(2)]
    pub index: u64,
    /// The size of the head.
    #[n(3)]
    pub size: u64,
    /// The inclusion proof (RFC 9162 section 2.1.3).
    #[n(4)]
    pub proof: Vec<Hash>,
}

/// One position of an outbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Item {
    /// The position, from 1.
    #[n(0)]
    pub position: u64,
    /// The dispatch; absent where the position was withdrawn before it was sent.
    #[n(1)]
    pub dispatch: Option<ByteVec>,
    /// The frame, compressed with zstd; its hash stands in the dispatch.
    #[n(2)]
    pub frame: Option<ByteVec>,
    /// Where its author entered the record, which is the sender: for a record whose key was revoked since. The receiver
    /// holds the leaf hashes of the sender's ledger as its witness, and knows where the revocation stands. What version 3
    /// added; absent in a turn to a peer of an earlier one.
    #[n(3)]
    pub authored: Option<Authored>,
}

impl Item {
    /// Whether it has the frame that its dispatch names. The signature of the dispatch is checked where it is taken in.
    pub fn is_whole(&self) -> bool {
        let dispatch = self.dispatch.as_ref().and_then(|bytes| Attested::<Dispatch>::from_bytes(bytes).ok());
        let frame = self.frame.as_ref().map(|frame| sha256(&[frame.as_slice()]));
        dispatch.is_some_and(|dispatch| frame == Some(dispatch.claimed().frame))
    }
}

/// The entry by which a record was authored, opened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Authored {
    /// The entry.
    #[n(0)]
    pub entry: ByteVec,
    /// Its salt.
    #[n(1)]
    pub salt: ByteArray<16>,
    /// Its index.
    #[n(2)]
    pub index: u64,
}

/// A checkpoint with what a witness needs to cosign it (C2SP tlog-witness, carried inside the session).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CheckpointOffer {
    /// The size the witness has cosigned before.
    #[n(0)]
    pub old_size: u64,
    /// Consistency proof from there.
    #[n(1)]
    pub proof: Vec<Hash>,
    /// The signed note.
    #[n(2)]
    pub note: ByteVec,
    /// The leaf hashes that the witness does not hold yet, up to the checkpoint's size; empty where there are more than
    /// it takes.
    #[n(3)]
    pub entries: Vec<Hash>,
}

/// A cosignature of the receiver's checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cosignature {
    /// Size of the checkpoint.
    #[n(0)]
    pub size: u64,
    /// The note lines of the cosignature.
    #[n(1)]
    pub lines: String,
}

impl Canonical for Turn {
    const NAME: &'static str = "a turn";
    const LIMIT: usize = Turn::LIMIT_BYTES;
}

impl Turn {
    /// The longest turn that is read.
    pub const LIMIT_BYTES: usize = 24 << 20;
    /// Items are added to a turn until they have this many bytes.
    pub const ITEM_BYTES: usize = 4 << 20;
    /// Most items of a turn.
    pub const MAX_ITEMS: usize = 256;
    /// Most acknowledgements of a turn.
    pub const MAX_ACKNOWLEDGEMENTS: usize = 1024;
    /// Most ledger entries a checkpoint offer carries.
    pub const MAX_ENTRIES: usize = 65_536;
    /// Most root statements of a turn.
    pub const MAX_ANNOUNCED: usize = 32;

    /// A turn that says only who speaks to whom.
    pub fn new(from: PartyCode, to: PartyCode) -> Turn {
        Turn {
            version: TURN_VERSION,
            from,
            to,
            have: 0,
            lacking: 1,
            items: Vec::new(),
            acknowledgements: Vec::new(),
            more: false,
            patience: 0,
            checkpoint: None,
            cosignatures: Vec::new(),
            understands: comity_record::Letter::kinds(),
            witnessed: 0,
            kept: 0,
            confirm: false,
            shown: None,
            further: None,
        }
    }

    /// Whether the turn tells the other side nothing that it must act on.
    pub fn is_idle(&self) -> bool {
        self.items.is_empty()
            && self.acknowledgements.is_empty()
            && self.checkpoint.is_none()
            && self.cosignatures.is_empty()
            && !self.confirm
            && self.shown.is_none()
            && self.further.as_ref().is_none_or(Further::is_idle)
    }
}

impl Further {
    /// Whether it tells the other side nothing that it must act on.
    pub fn is_idle(&self) -> bool {
        self.announced.iter().all(|announced| announced.place.is_none())
            && self.wanted.is_none()
            && self.leaves.is_none()
            && self.piece.is_none()
            && self.lost.is_none()
    }
}
