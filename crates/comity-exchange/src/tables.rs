//! The tables of a party's log, and the rows in them. All are put once; every view is rebuilt from them.

use crate::{
    desk::{CHECKPOINTS, COSIGNED},
    turn::RootStatement,
};
use comity_affairs::{
    CaseId, Side,
    irregularity::{Deed, Place},
};
use comity_ledger::{
    equivocation::EQUIVOCATIONS,
    log::{ENTRIES, LEAVES, TILES},
    store::{Class, Table},
    succession::SUCCESSIONS,
    witness::WITNESS_SPACE,
};
use comity_record::{
    Canonical, CrossingId, Date, Hash, OfficerId, PartyCode, RecordId, Salts, Timestamp, UnitCode,
    label::Purpose,
};
use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteVec},
};

const fn log(name: &'static str) -> Table {
    Table { name, class: Class::Log }
}

/// Records held: key is the record id, value a [`RecordRow`].
pub const RECORDS: Table = log("records");
/// Object bytes, sealed: partition 0, key is the entry index (8 bytes) and the slot (4 bytes), counted from 0 over the
/// objects held; the slot is the manifest position unless [`RecordRow::held`] says otherwise.
pub const OBJECTS: Table = log("objects");
/// What is to go to a peer: partition is the peer's number, key the position; value an [`OutboxRow`].
pub const OUTBOX: Table = log("outbox");
/// A later judgement of an outbox position: key is position and revision; value a [`Rejudged`].
pub const REJUDGED: Table = log("rejudged");
/// What came from a peer: key is the peer's position; value an [`InboxRow`].
pub const INBOX: Table = log("inbox");
/// A peer's acknowledgements of our positions: value is the acknowledgement's bytes.
pub const ACKNOWLEDGED: Table = log("acknowledged");
/// Decisions in full: key is the entry index; value a [`DecisionRow`].
pub const DECISIONS: Table = log("decisions");
/// Inputs of decisions by hash: standings, the texts of packs ([`comity_border::PackSource`]), what registers were made of
/// ([`RegisterInput`]), and what was looked at of records that were refused on arrival, so that any decision can be
/// judged again.
pub const INPUTS: Table = log("inputs");
/// Entries of a crossing: key is crossing id and entry index; empty value.
pub const CROSSINGS: Table = log("crossings");
/// Letters accepted: key is entry index; value a [`PeerRow`].
pub const PEERS: Table = log("peers");
/// Administrative acts: key is entry index; value the act in the encoding of the node.
pub const ACTS: Table = log("acts");
/// Recalls applied here: key is the recalled record and the recall; value the positions.
pub const RECALLED: Table = log("recalled");
/// Recalls that came, from the commit that took them in: key is the recall and the code of the peer; empty value.
pub const RECALLS: Table = log("recalls");
/// The recalls of [`RECALLS`] that were applied and reported, by the same key; empty value.
pub const RECALLS_DONE: Table = log("recalls_done");

/// Overrides of the start-up check: key is entry index; value a [`comity_ledger::startup::HeadOverride`].
pub const OVERRIDES: Table = log("overrides");
/// Bodies erased: key is the entry index of the erasure; value an [`ErasureRow`].
pub const ERASURES: Table = log("erasures");

/// Reports on recalls of ours: key is the recall and the entry index of the report; value a [`ReportRow`].
pub const REPORTS: Table = log("reports");
/// Blocks of oblivious questions, by peer: key is the entry index; value a [`LookupRow`].
pub const LOOKUPS: Table = log("lookups");
/// Letters and revocations of our own root: key is entry index; value a [`RootStatement`].
pub const STATEMENTS: Table = log("statements");

/// Steps of cases, of both sides: key is the case, the side, the number in that side's chain and the entry index; value a
/// [`CaseRow`]. What the step says is in its record.
pub const CASE_EVENTS: Table = log("case_events");
/// What is done about a case at home and is never told outside: key is the case and the entry index; value a [`HomeRow`].
pub const CASE_HOME: Table = log("case_home");
/// Evidence held: key is the record of the manifest; value an [`EvidenceRow`].
pub const EVIDENCE: Table = log("evidence");
/// Custody records: partition 0 is one's own, else the number of the peer whose record it is; key is the record of the
/// manifest and the entry's number, value an `Attested<custody::Entry>`.
pub const CUSTODY: Table = log("custody");
/// Notes about evidence: key is the record of the manifest and the entry index; value a [`comity_affairs::custody::NoteRow`].
pub const EVIDENCE_NOTES: Table = log("evidence_notes");
/// Time-stamps of manifests: key is the record and the entry index; value a [`comity_affairs::custody::Stamp`].
pub const STAMPS: Table = log("stamps");
/// What is done at home and crosses to nobody: key is entry index; value a [`InnerRow`].
pub const INNER: Table = log("inner");
/// What was done about reports of irregularities: key is the place and the entry index; value an [`IrregularityRow`].
pub const IRREGULARITIES: Table = log("irregularities");
/// What was told and answered in them, sealed by its author and once more here: key is the entry index of the deed.
pub const IRREGULARITY_BODIES: Table = log("irregularity_bodies");

/// Every table of the log, the ledger's own among them, for backup and for moving to another engine.
pub const LOG_TABLES: &[Table] = &[
    ENTRIES,
    TILES,
    LEAVES,
    EQUIVOCATIONS,
    SUCCESSIONS,
    OVERRIDES,
    ERASURES,
    RECORDS,
    OBJECTS,
    OUTBOX,
    REJUDGED,
    INBOX,
    ACKNOWLEDGED,
    DECISIONS,
    INPUTS,
    CROSSINGS,
    PEERS,
    ACTS,
    RECALLED,
    RECALLS,
    RECALLS_DONE,
    REPORTS,
    STATEMENTS,
    CASE_EVENTS,
    CASE_HOME,
    LOOKUPS,
    EVIDENCE,
    CUSTODY,
    EVIDENCE_NOTES,
    STAMPS,
    INNER,
    IRREGULARITIES,
    IRREGULARITY_BODIES,
];

/// The spaces that a backup holds: what the node signed and what it remembers as a witness. The keys of bodies are apart.
pub const LASTING_SPACES: &[&str] = &[CHECKPOINTS, COSIGNED, WITNESS_SPACE];

/// A record as held.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecordRow {
    /// The entry under which it was authored or received; object rows begin with it.
    #[n(0)]
    pub index: u64,
    /// How many objects its manifest has.
    #[n(1)]
    pub objects: u32,
    /// The manifest positions held, by slot, where not all came.
    #[n(2)]
    pub held: Option<Vec<u32>>,
    /// Part 0, sealed: a [`Held`].
    #[n(3)]
    pub sealed: ByteVec,
    /// From whom it came, where it did not originate here.
    #[n(4)]
    pub received_from: Option<PartyCode>,
}

/// Envelope and salts of a record, sealed together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Held {
    /// The envelope.
    #[n(0)]
    pub envelope: ByteVec,
    /// The salts of the objects held.
    #[n(1)]
    pub salts: Salts,
}

/// A position of an outbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OutboxRow {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The entry of its clearance.
    #[n(1)]
    pub index: u64,
}

/// A later judgement of an outbox position, because an input changed before it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rejudged {
    /// The entry of the later judgement.
    #[n(0)]
    pub index: u64,
    /// Whether it was cleared again.
    #[n(1)]
    pub cleared: bool,
}

/// What came at a peer's position and how it was dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InboxRow {
    /// The dispatch's bytes; absent where the sender withdrew the position.
    #[n(0)]
    pub dispatch: Option<ByteVec>,
    /// The record it named.
    #[n(1)]
    pub record: Option<RecordId>,
    /// Our entry.
    #[n(2)]
    pub index: Option<u64>,
    /// How it was dealt with.
    #[n(3)]
    pub outcome: Option<crate::Outcome>,
    /// When.
    #[n(4)]
    pub at: Timestamp,
}

/// A decision in full with its request; the hashes of its other inputs stand in the decision.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DecisionRow {
    /// The decision's bytes.
    #[n(0)]
    pub decision: ByteVec,
    /// The request's bytes.
    #[n(1)]
    pub request: ByteVec,
    /// The record judged.
    #[n(2)]
    pub record: RecordId,
    /// The crossing.
    #[n(3)]
    pub crossing: CrossingId,
}

/// A letter accepted, or a change to a peer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PeerRow {
    /// The peer's number here, its partition in the tables above.
    #[n(0)]
    pub number: u32,
    /// The peer.
    #[n(1)]
    pub party: PartyCode,
    /// What happened.
    #[n(2)]
    pub change: PeerChange,
}

/// What happened to a peer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum PeerChange {
    /// Its letter was accepted.
    #[n(0)]
    Accepted(#[n(0)] ByteVec),
    /// It was suspended.
    #[n(1)]
    Suspended {
        /// Why, and by whose decision.
        #[n(0)]
        reason: String,
        /// From which day.
        #[n(1)]
        from: Date,
    },
    /// The suspension was lifted.
    #[n(2)]
    Resumed,
    /// Its root revoked a key.
    #[n(3)]
    Revoked(#[n(0)] ByteVec),
    /// Its ledger goes on under another origin after a loss; its root said so.
    #[n(4)]
    Succeeded(#[n(0)] ByteVec),
    /// Its root revoked a key, and where in its ledger that stands: what it entered before counts.
    #[n(5)]
    RevokedAt {
        /// The signed revocation.
        #[n(0)]
        revocation: ByteVec,
        /// The ledger.
        #[n(1)]
        ledger: String,
        /// The index of the entry.
        #[n(2)]
        index: u64,
    },
}

/// What a register was made of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RegisterInput {
    /// Files, by name.
    #[n(0)]
    Files(#[n(0)] Vec<(String, ByteVec)>),
    /// A change set applied to another register.
    #[n(1)]
    Changed {
        /// The hash of the register before.
        #[n(0)]
        before: Hash,
        /// The change set.
        #[n(1)]
        change: ByteVec,
    },
}

/// Bodies that were erased, so that the erasure can be applied again to a copy that still has them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ErasureRow {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The slots of the objects erased; `None`: the whole record with its envelope.
    #[n(1)]
    pub slots: Option<Vec<u32>>,
}

/// What a peer reported about a recall of ours.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReportRow {
    /// Who reported.
    #[n(0)]
    pub from: PartyCode,
    /// The report.
    #[n(1)]
    pub record: RecordId,
    /// What was done, as in [`comity_record::body::RecallReport`].
    #[n(2)]
    pub done: String,
    /// When it was taken in here.
    #[n(3)]
    pub at: Timestamp,
}

/// A step of a case, as it stands in its table.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseRow {
    /// The record that carries the step.
    #[n(0)]
    pub record: RecordId,
    /// The other party of the case.
    #[n(1)]
    pub peer: PartyCode,
    /// The entry of the judgement under which it crossed: our clearance, or our reception.
    #[n(2)]
    pub judged: u64,
    /// Whether it came from the other party.
    #[n(3)]
    pub received: bool,
}

/// What was done at home about a case.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HomeRow {
    /// Under this its body was sealed, and can be erased as a record's.
    #[n(0)]
    pub body: RecordId,
    /// Who did it; absent for the console of the machine itself.
    #[n(1)]
    pub by: Option<OfficerId>,
    /// When.
    #[n(2)]
    pub at: Timestamp,
    /// What was done, sealed.
    #[n(3)]
    pub sealed: ByteVec,
}

/// On which side of a lookup this party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum LookupSide {
    /// The peer asks, and is answered here.
    #[n(0)]
    Answers,
    /// It is asked here, and the peer answers.
    #[n(1)]
    Asks,
}

/// A block of oblivious questions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LookupRow {
    /// Its id, drawn by the asker.
    #[n(0)]
    pub block: ByteArray<16>,
    /// On which side this party is.
    #[n(1)]
    pub side: LookupSide,
    /// For which purpose.
    #[n(2)]
    pub purpose: Purpose,
    /// How many questions it has; 0 where this party asks, which enters it before it is told.
    #[n(3)]
    pub questions: u32,
    /// When.
    #[n(4)]
    pub at: Timestamp,
}

/// The sealed pieces of a package held here, and the keys of its objects.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EvidenceRow {
    /// From whom the pieces come; absent where they were taken in here.
    #[n(0)]
    pub from: Option<PartyCode>,
    /// Of each object of the manifest, in its order, the SHA-256 of each sealed chunk.
    #[n(1)]
    pub chunks: Vec<Vec<Hash>>,
    /// The key of each object, sealed as part `n + 1` of [`evidence_shelf`].
    #[n(2)]
    pub keys: Vec<ByteVec>,
}

/// Something done at home, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InnerRow {
    /// The name under which the key of the body is kept. It is drawn, and tells nothing.
    #[n(0)]
    pub name: RecordId,
    /// A [`crate::inner::InnerEntry`], sealed.
    #[n(1)]
    pub sealed: ByteVec,
}

/// Something done about a report of an irregularity.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IrregularityRow {
    /// The body of oversight.
    #[n(0)]
    pub unit: UnitCode,
    /// By whom; never said of what a reporter did.
    #[n(1)]
    pub by: Option<OfficerId>,
    /// When.
    #[n(2)]
    pub at: Timestamp,
    /// What.
    #[n(3)]
    pub deed: Deed,
    /// The name under which the key of its body is kept, where it has one. It is drawn, and tells nothing.
    #[n(4)]
    pub body: Option<RecordId>,
    /// Drawn, so that the hash in the ledger tells nothing.
    #[n(5)]
    pub nonce: ByteArray<32>,
}

macro_rules! rows {
    ($($row:ty, $name:literal, $limit:expr;)*) => {
        $(impl Canonical for $row {
            const NAME: &'static str = $name;
            const LIMIT: usize = $limit;
        })*
    };
}

rows! {
    RecordRow, "a record row", 20 << 20;
    Held, "a held record", 20 << 20;
    EvidenceRow, "an evidence row", 20 << 20;
    OutboxRow, "an outbox row", 1024;
    Rejudged, "a later judgement", 1024;
    InboxRow, "an inbox row", 64 * 1024;
    DecisionRow, "a decision row", 1 << 20;
    PeerRow, "a peer row", 1 << 20;
    ErasureRow, "an erasure row", 64 * 1024;
    RootStatement, "a root statement", 512 * 1024;
    ReportRow, "a report row", 64 * 1024;
    LookupRow, "a row of a lookup", 1024;
    IrregularityRow, "a row of a report", 1024;
    InnerRow, "a row of what is done at home", 4 << 20;
    RegisterInput, "what a register was made of", 16 << 20;
    CaseRow, "a row of a case", 1024;
    HomeRow, "a row of a case at home", 2 << 20;
}

/// The key of an object row.
pub fn object_key(index: u64, slot: u32) -> Vec<u8> {
    [index.to_be_bytes().as_slice(), slot.to_be_bytes().as_slice()].concat()
}

/// The key of a crossing row.
pub fn crossing_key(crossing: &CrossingId, index: u64) -> Vec<u8> {
    [crossing.0.as_bytes().as_slice(), index.to_be_bytes().as_slice()].concat()
}

/// The key of a step of a case.
pub fn case_key(case: CaseId, side: Side, number: u32, index: u64) -> Vec<u8> {
    let side = match side {
        Side::Asking => 0u8,
        Side::Asked => 1,
    };
    [case.0.0.as_slice(), &[side], &number.to_be_bytes(), &index.to_be_bytes()].concat()
}

/// The key of something done at home about a case.
pub fn case_home_key(case: CaseId, index: u64) -> Vec<u8> {
    [case.0.0.as_slice(), &index.to_be_bytes()].concat()
}

/// The key of something done about a report of an irregularity.
pub fn irregularity_key(place: &Place, index: u64) -> Vec<u8> {
    [place.0.as_bytes().as_slice(), &index.to_be_bytes()].concat()
}

/// The key of a recall that came from a peer.
pub fn recall_key(recall: &RecordId, from: &PartyCode) -> Vec<u8> {
    [recall.0.0.as_slice(), from.as_str().as_bytes()].concat()
}

/// Under which name the keys of a package's objects are sealed: apart from the record, so that the manifest stays readable
/// when its objects are deleted.
pub fn evidence_shelf(record: &RecordId) -> RecordId {
    RecordId(comity_record::sha256(&[b"comity evidence keys\0", record.0.as_bytes()]))
}

/// The key of a row about a record and a number.
pub fn evidence_key(record: &RecordId, number: u64) -> Vec<u8> {
    [record.0.as_bytes().as_slice(), number.to_be_bytes().as_slice()].concat()
}
