//! A case, its sides and its threads.

use comity_record::{Hash, PartyCode, sha256};
use minicbor::{Decode, Encode};
use std::fmt;

/// A case as both sides know it. It says nothing of its contents: the nonce makes it unguessable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct CaseId(#[n(0)] pub Hash);

impl CaseId {
    /// The id of a case that `asking` opens with `asked` under its own reference; the rim draws the nonce.
    pub fn of(asking: &PartyCode, asked: &PartyCode, reference: &str, nonce: &[u8; 16]) -> CaseId {
        let parts: [&[u8]; 7] = [
            b"comity case\0",
            asking.as_str().as_bytes(),
            b"\0",
            asked.as_str().as_bytes(),
            b"\0",
            reference.as_bytes(),
            nonce,
        ];
        CaseId(sha256(&parts))
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The two sides of a case. In a notice the notifying State is the asking side, in spontaneous information the giving
/// one: whoever opens the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Side {
    /// The State that opened the case.
    #[n(0)]
    Asking,
    /// The State that it was addressed to.
    #[n(1)]
    Asked,
}

impl Side {
    /// The other side.
    pub const fn other(self) -> Side {
        match self {
            Side::Asking => Side::Asked,
            Side::Asked => Side::Asking,
        }
    }

    /// The side in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Side::Asking => "asking",
            Side::Asked => "asked",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of matter a case is; each has a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Flow {
    /// A request for a measure, preservation included (reference: Budapest 25-34, UNCAC 46).
    #[n(0)]
    Request,
    /// Information offered unasked, on terms agreed before it is given (Budapest 26).
    #[n(1)]
    Spontaneous,
    /// A joint investigation: proposal, agreement, work, end.
    #[n(2)]
    Joint,
    /// A notice that harmful activity comes from a territory (norm c, principle f), or a protest.
    #[n(3)]
    Notice,
    /// A request for help for attacked critical infrastructure (norm h).
    #[n(4)]
    Assistance,
    /// A consultation, on jurisdiction or otherwise.
    #[n(5)]
    Consultation,
    /// A contact check: marked as such, never to be taken for a case.
    #[n(6)]
    Ping,
    /// A vulnerability told to who can mend it or is hit by it, until its publication (norm j).
    #[n(7)]
    Disclosure,
}

impl Flow {
    /// Every flow.
    pub const ALL: &'static [Flow] = &[
        Flow::Request,
        Flow::Spontaneous,
        Flow::Joint,
        Flow::Notice,
        Flow::Assistance,
        Flow::Consultation,
        Flow::Ping,
        Flow::Disclosure,
    ];

    /// The flow in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Flow::Request => "request",
            Flow::Spontaneous => "spontaneous-information",
            Flow::Joint => "joint-investigation",
            Flow::Notice => "notice",
            Flow::Assistance => "assistance",
            Flow::Consultation => "consultation",
            Flow::Ping => "ping",
            Flow::Disclosure => "disclosure",
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The channel an event belongs to. One case has three, each with its own readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Thread {
    /// Police to police: fast, voluntary, inside own law; often only a lead.
    #[n(0)]
    Police,
    /// Central authorities, prosecutors, courts: under a treaty or reciprocity.
    #[n(1)]
    Judicial,
    /// Foreign ministries: notes, notices, consultations.
    #[n(2)]
    Diplomatic,
}

impl Thread {
    /// The thread in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Thread::Police => "police",
            Thread::Judicial => "judicial",
            Thread::Diplomatic => "diplomatic",
        }
    }
}

impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
