//! What a record says: its kind and the body of each kind.
//!
//! A kind that this version does not know is still an intact signed record; the border refuses it by name
//! (`border/unknown-kind`), so that one upgraded party is not cut off.

use crate::{Canonical, CrossingId, Date, Malformed, Manifest, PartyCode, RecordId, label::Tlp};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// The kind of a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Threat information: a manifest of STIX objects.
    Threat,
    /// A request for help.
    Request,
    /// An answer to a request.
    Answer,
    /// A notice.
    Notice,
    /// A working-group paper.
    Paper,
    /// Withdrawal of a record or of objects of it by its author.
    Recall,
    /// A receiver's report on what it did about a recall.
    RecallReport,
    /// A change set of the register.
    ChangeSet,
    /// A step of one side in a case.
    CaseEvent,
    /// The manifest of an evidence package. The objects themselves never stand in a record.
    Evidence,
    /// A kind of a later version.
    Unknown(String),
}

impl Kind {
    /// The kinds this version understands.
    pub const KNOWN: &'static [Kind] = &[
        Kind::Threat,
        Kind::Request,
        Kind::Answer,
        Kind::Notice,
        Kind::Paper,
        Kind::Recall,
        Kind::RecallReport,
        Kind::ChangeSet,
        Kind::CaseEvent,
        Kind::Evidence,
    ];

    /// The kind as text, as it stands in the protected header.
    pub fn as_str(&self) -> &str {
        match self {
            Kind::Threat => "threat",
            Kind::Request => "request",
            Kind::Answer => "answer",
            Kind::Notice => "notice",
            Kind::Paper => "paper",
            Kind::Recall => "recall",
            Kind::RecallReport => "recall-report",
            Kind::ChangeSet => "change-set",
            Kind::CaseEvent => "case-event",
            Kind::Evidence => "evidence",
            Kind::Unknown(text) => text,
        }
    }

    /// The newest version of the kind's body that this version understands; 0 for an unknown kind.
    pub fn newest_version(&self) -> u16 {
        match self {
            Kind::Unknown(_) => 0,
            Kind::Recall | Kind::Request | Kind::CaseEvent => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Kind, Self::Err> {
        let known = Kind::KNOWN.iter().find(|kind| kind.as_str() == text);
        Ok(known.cloned().unwrap_or_else(|| Kind::Unknown(text.to_owned())))
    }
}

/// What a measure is aimed at: bounded, so that no bulk request can be written (design invariant 7).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Selector {
    /// A named person.
    #[n(0)]
    Person(#[n(0)] String),
    /// An account at a provider.
    #[n(1)]
    Account {
        /// The provider.
        #[n(0)]
        provider: String,
        /// The account.
        #[n(1)]
        account: String,
    },
    /// A network address with its port and the time it was seen, in UTC.
    #[n(2)]
    Address {
        /// IPv4 or IPv6 address.
        #[n(0)]
        address: String,
        /// Port, where known.
        #[n(1)]
        port: Option<u16>,
        /// When it was seen.
        #[n(2)]
        at: crate::Timestamp,
    },
    /// One device.
    #[n(3)]
    Device(#[n(0)] String),
}

/// A request for help: one measure on one bounded selector, or on a few of one kind that are each named.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// A code of `measures.csv`.
    #[n(0)]
    pub measure: String,
    /// A code of `offences.csv`. Absent only in danger to life, where it may follow.
    #[n(1)]
    pub offence: Option<String>,
    /// The greatest penalty in years, where stated.
    #[n(2)]
    pub penalty: Option<u8>,
    /// Whether an organised group is involved.
    #[n(3)]
    pub organised: Option<bool>,
    /// What the measure is aimed at.
    #[n(4)]
    pub selector: Selector,
    /// Short facts and the link between data and offence.
    #[n(5)]
    pub facts: String,
    /// The last day of a collection in real time.
    #[n(6)]
    pub until: Option<Date>,
    /// The asking side's own reference.
    #[n(7)]
    pub reference: String,
    /// Further selectors, from version 2 of the kind on; absent where there is none. The border holds them to
    /// [`Request::MOST_SELECTORS`] of one kind.
    #[n(8)]
    pub further: Option<Vec<Selector>>,
}

impl Request {
    /// How many selectors one request may name. The figure is by design: a person reads a list of twenty, and each can be
    /// judged by itself.
    pub const MOST_SELECTORS: usize = 20;

    /// Everything that the measure is aimed at.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        std::iter::once(&self.selector).chain(self.further.iter().flatten())
    }
}

/// A text with a title: notices, answers and papers of this version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Text {
    /// The title.
    #[n(0)]
    pub title: String,
    /// The text, plain.
    #[n(1)]
    pub text: String,
    /// BCP 47 language tag.
    #[n(2)]
    pub language: String,
    /// Coded fields by name.
    #[n(3)]
    pub fields: BTreeMap<String, String>,
}

/// The author withdraws a record, or named objects of it. The receiver applies its own standing rule and reports.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Recall {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The manifest positions withdrawn; empty means all.
    #[n(1)]
    pub objects: Vec<u32>,
    /// Why, in a sentence.
    #[n(2)]
    pub reason: String,
    /// What is asked instead of withdrawal, from version 2 of the kind on; absent where the record is withdrawn.
    #[n(3)]
    pub change: Option<RecallChange>,
}

/// What an author asks who has a record, short of giving it up.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RecallChange {
    /// It keeps its place with a narrower audience.
    #[n(0)]
    Narrow(#[n(0)] Narrowing),
    /// It is withdrawn because another record corrects it.
    #[n(1)]
    Replaced(#[n(0)] RecordId),
}

/// A narrower audience than a record's labels say. The labels of a signed record never change; from then on it is judged
/// as if they said this.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Narrowing {
    /// TLP at least this.
    #[n(0)]
    pub tlp: Option<Tlp>,
    /// These parties alone, besides its author.
    #[n(1)]
    pub to: Option<BTreeSet<PartyCode>>,
}

impl Narrowing {
    /// Both together: the narrower of each.
    #[must_use]
    pub fn and(self, other: &Narrowing) -> Narrowing {
        let to = match (self.to, &other.to) {
            (Some(one), Some(other)) => Some(one.intersection(other).cloned().collect()),
            (one, other) => one.or_else(|| other.clone()),
        };
        Narrowing { tlp: self.tlp.max(other.tlp), to }
    }
}

impl Recall {
    /// The withdrawal of a record, or of the objects at some positions of it.
    pub fn withdrawal(record: RecordId, objects: Vec<u32>, reason: impl Into<String>) -> Recall {
        Recall { record, objects, reason: reason.into(), change: None }
    }

    /// The narrowing asked for, where it is one.
    pub fn narrowing(&self) -> Option<&Narrowing> {
        match &self.change {
            Some(RecallChange::Narrow(narrowing)) => Some(narrowing),
            _ => None,
        }
    }
}

/// What a receiver did about a recall.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecallReport {
    /// The recall record.
    #[n(0)]
    pub recall: RecordId,
    /// The crossing by which the recalled record came.
    #[n(1)]
    pub crossing: CrossingId,
    /// What was done: `narrowed`, `erased`, `kept` or `not-held`.
    #[n(2)]
    pub done: String,
    /// Why, where kept.
    #[n(3)]
    pub reason: Option<String>,
}

/// The body of a record by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Threat information.
    Threat(Manifest),
    /// A request.
    Request(Request),
    /// An answer.
    Answer(Text),
    /// A notice.
    Notice(Text),
    /// A paper.
    Paper(Text),
    /// A recall.
    Recall(Recall),
    /// A report on a recall.
    RecallReport(RecallReport),
    /// A register change set, in the encoding of comity-law.
    ChangeSet(Vec<u8>),
    /// A step of one side in a case, in the encoding of comity-affairs.
    CaseEvent {
        /// The version of that encoding: the oldest that has the step.
        version: u16,
        /// The step.
        bytes: Vec<u8>,
    },
    /// The manifest of an evidence package, in the encoding of comity-affairs.
    Evidence(Vec<u8>),
    /// The bytes of a kind or version that this version cannot read.
    Unknown {
        /// The kind.
        kind: Kind,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

macro_rules! canonical {
    ($($type:ty, $name:literal, $limit:expr;)*) => {
        $(impl Canonical for $type {
            const NAME: &'static str = $name;
            const LIMIT: usize = $limit;
        })*
    };
}

canonical! {
    Manifest, "a manifest", 64 * 1024;
    Request, "a request", 64 * 1024;
    Text, "a text", 1 << 20;
    Recall, "a recall", 64 * 1024;
    RecallReport, "a recall report", 64 * 1024;
}

impl Body {
    /// The longest body that is read.
    pub const LIMIT: usize = 1 << 20;

    /// The kind of this body.
    pub fn kind(&self) -> Kind {
        match self {
            Body::Threat(_) => Kind::Threat,
            Body::Request(_) => Kind::Request,
            Body::Answer(_) => Kind::Answer,
            Body::Notice(_) => Kind::Notice,
            Body::Paper(_) => Kind::Paper,
            Body::Recall(_) => Kind::Recall,
            Body::RecallReport(_) => Kind::RecallReport,
            Body::ChangeSet(_) => Kind::ChangeSet,
            Body::CaseEvent { .. } => Kind::CaseEvent,
            Body::Evidence(_) => Kind::Evidence,
            Body::Unknown { kind, .. } => kind.clone(),
        }
    }

    /// The oldest version of its kind that can say it: what an earlier program reads as well is written for it.
    pub fn version(&self) -> u16 {
        match self {
            Body::Recall(Recall { change: Some(_), .. })
            | Body::Request(Request { further: Some(_), .. }) => 2,
            Body::CaseEvent { version, .. } => *version,
            body => body.kind().newest_version().min(1),
        }
    }

    /// The encoding that enters the statement.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Body::Threat(manifest) => manifest.to_bytes(),
            Body::Request(request) => request.to_bytes(),
            Body::Answer(text) | Body::Notice(text) | Body::Paper(text) => text.to_bytes(),
            Body::Recall(recall) => recall.to_bytes(),
            Body::RecallReport(report) => report.to_bytes(),
            Body::ChangeSet(bytes)
            | Body::CaseEvent { bytes, .. }
            | Body::Evidence(bytes)
            | Body::Unknown { bytes, .. } => bytes.clone(),
        }
    }

    /// Reads the body of a kind and version. An unknown kind or a later version is kept as bytes.
    pub fn from_bytes(kind: &Kind, version: u16, bytes: &[u8]) -> Result<Body, Malformed> {
        if bytes.len() > Body::LIMIT {
            return Err(Malformed::TooLong { what: "a body", size: bytes.len(), limit: Body::LIMIT });
        }
        if version == 0 || version > kind.newest_version() {
            return Ok(Body::Unknown { kind: kind.clone(), bytes: bytes.to_vec() });
        }
        Ok(match kind {
            Kind::Threat => Body::Threat(Manifest::from_bytes(bytes)?),
            Kind::Request => Body::Request(request(version, bytes)?),
            Kind::Answer => Body::Answer(Text::from_bytes(bytes)?),
            Kind::Notice => Body::Notice(Text::from_bytes(bytes)?),
            Kind::Paper => Body::Paper(Text::from_bytes(bytes)?),
            Kind::Recall => Body::Recall(recall(version, bytes)?),
            Kind::RecallReport => Body::RecallReport(RecallReport::from_bytes(bytes)?),
            Kind::ChangeSet => Body::ChangeSet(bytes.to_vec()),
            Kind::CaseEvent => Body::CaseEvent { version, bytes: bytes.to_vec() },
            Kind::Evidence => Body::Evidence(bytes.to_vec()),
            Kind::Unknown(_) => Body::Unknown { kind: kind.clone(), bytes: bytes.to_vec() },
        })
    }

    /// The manifest of a threat record.
    pub fn manifest(&self) -> Option<&Manifest> {
        match self {
            Body::Threat(manifest) => Some(manifest),
            _ => None,
        }
    }
}

/// A recall of a version says nothing that came later.
fn recall(version: u16, bytes: &[u8]) -> Result<Recall, Malformed> {
    let recall = Recall::from_bytes(bytes)?;
    match (version, &recall.change) {
        (1, Some(_)) => Err(Malformed::NotDeterministic { what: Recall::NAME }),
        _ => Ok(recall),
    }
}

/// A request of a version says nothing that came later, and an empty list is not another way to say that there is none.
fn request(version: u16, bytes: &[u8]) -> Result<Request, Malformed> {
    let request = Request::from_bytes(bytes)?;
    match (version, request.further.as_deref()) {
        (1, Some(_)) | (_, Some([])) => Err(Malformed::NotDeterministic { what: Request::NAME }),
        _ => Ok(request),
    }
}

/// The bytes of a body as they stand in a statement.
pub(crate) type BodyBytes = ByteVec;
