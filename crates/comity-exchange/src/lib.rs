//! How records travel between nodes: dispatches, acknowledgements, turns, and the desk that works a party's ledger.
//!
//! Everything here is sans-I/O. Time and randomness come in as arguments, bytes go out as values; storage is a value
//! that keeps the promises of `comity_ledger::store`. The node moves the bytes.
//!
//! **Invariant:** a [`Dispatch`] is made only from a `Cleared` and the `Committed<Entry>` of that same clearance. What was
//! not judged and entered cannot be sent.

pub mod account;
mod acknowledgement;
mod backoff;
pub mod case_export;
pub mod concern;
pub mod desk;
mod dispatch;
pub mod feed;
pub mod frames;
pub mod house;
pub mod inner;
pub mod lookup;
pub mod misp;
mod rim;
pub mod search;
pub mod tables;
pub mod taxii;
pub mod turn;

pub use acknowledgement::{Acknowledgement, Outcome};
pub use backoff::Backoff;
pub use desk::{
    Authored, Begin, BlockRefused, CLOCK_TOLERANCE, CaseAct, CaseEntry, CaseFault, CaseFile, CaseSummary,
    Content, Crossed, Delivery, Desk, DeskFault, Erased, Event, EvidenceFault, Hand, HeldRecord, HomeEntered,
    Law, LetterFault, LookupBlock, Manuscript, NewBasis, Packing, Peer, Positions, Previewed, RecallRule,
    RecallStanding, Recalled, Released, Shared, Sharing, Signers, Stepped, Verdict, Vessel,
};
pub use dispatch::{Carriage, Dispatch, Mismatch};
pub use house::{Act, ActFault, House, Scope};
pub use rim::{Bodies, Entropy};

use rim::draw;
