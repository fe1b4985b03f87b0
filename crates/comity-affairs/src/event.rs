//! An event: one step of one side, in the chain of that side.

use crate::{AffairFault, CaseId, Flow, Side, Step, Thread};
use comity_record::{Canonical, Hash, OfficerId, Timestamp, UnitCode};
use minicbor::{Decode, Encode};

/// The last event of a side's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Head {
    /// How many events the chain has.
    #[n(0)]
    pub count: u32,
    /// Hash of the last one.
    #[n(1)]
    pub hash: Hash,
}

/// One step of one side. The record that carries it is signed by the party; the event itself needs no signature of its own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Event {
    /// Version of this form: the oldest that has the step ([`crate::StepKind::version`]).
    #[n(0)]
    pub version: u16,
    /// The case.
    #[n(1)]
    pub case: CaseId,
    /// What kind of matter it is; the same in every event of a case.
    #[n(2)]
    pub flow: Flow,
    /// Whose step it is.
    #[n(3)]
    pub side: Side,
    /// Its number in the side's chain, from 0.
    #[n(4)]
    pub number: u32,
    /// Hash of the event before it in the chain; absent in the first.
    #[n(5)]
    pub previous: Option<Hash>,
    /// The head of the other side's chain as its author had seen it; absent where nothing had come.
    #[n(6)]
    pub seen: Option<Head>,
    /// The author's recorded time. It orders nothing: the chains do.
    #[n(7)]
    pub at: Timestamp,
    /// The channel.
    #[n(8)]
    pub thread: Thread,
    /// The unit, as the other side may know it.
    #[n(9)]
    pub unit: UnitCode,
    /// The officer answerable.
    #[n(10)]
    pub officer: OfficerId,
    /// The second person, where two are needed.
    #[n(11)]
    pub second: Option<OfficerId>,
    /// Exercise traffic is marked in every event and never mixes with a real case.
    #[n(12)]
    pub exercise: bool,
    /// The step.
    #[n(13)]
    pub step: Step,
}

impl Canonical for Event {
    const NAME: &'static str = "a case event";
    const LIMIT: usize = 256 * 1024;
}

impl Event {
    /// Reads an event as it came from the other side, in a record whose body is of `version`. Record, event and step say the
    /// same, so that one step has one form and who cannot read it knows so before reading.
    pub fn read(version: u16, bytes: &[u8]) -> Result<Event, AffairFault> {
        let event = Event::from_bytes(bytes)?;
        let first = event.step.kind().version();
        if [version, event.version] != [first; 2] {
            return Err(AffairFault::Version { version: event.version, record: version, first });
        }
        Ok(event)
    }

    /// How many events of the other side its author had seen.
    pub fn seen_count(&self) -> u32 {
        self.seen.map_or(0, |head| head.count)
    }
}
