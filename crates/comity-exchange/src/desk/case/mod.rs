//! Cases: steps of both sides as records that cross like any other.
//!
//! A step is a record of kind `case-event` with a chain of its own side. It stands in the case only where it crossed: a
//! step that our border refuses is entered as refused and is no part of the chain, and one that breaks the chain or the
//! table on arrival is entered as faulty and told to its sender. A step that comes before the one it follows is held and
//! waits.

mod arrive;
mod deliver;
mod home;
mod read;
mod step;

pub(super) use arrive::step_row;
pub use deliver::Delivery;
pub use home::HomeEntered;
pub use read::{CaseEntry, CaseFile, CaseSummary, Crossed, NewBasis};
pub use step::{CaseAct, Previewed, Stepped};

use comity_affairs::AffairFault;
use comity_record::PartyCode;

/// Why a step was not taken, not taken in, or not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseFault {
    /// The case does not allow it.
    #[error(transparent)]
    Affair(#[from] AffairFault),
    /// Neither of the two parties of the case, or on the wrong side of it.
    #[error("the step is not of a party of this case on its own side")]
    NotASide,
    /// The record of the request does not belong to the case.
    #[error("the step names another request than its case")]
    AnotherRequest,
    /// The crossing states another measure, offence or asking party than the request of the case.
    #[error("the crossing states another basis than the request of the case")]
    AnotherBasis,
    /// The record of the request has not come, or was erased.
    #[error("the request of this case is not held here")]
    NoRequest,
    /// After a loss of our ledger, the other side holds steps of ours that are not back here.
    #[error("steps of ours that were lost here and are held by `{peer}` are not back yet")]
    Behind {
        /// Who holds them.
        peer: PartyCode,
    },
    /// No such case here.
    #[error("there is no case `{digits}` here")]
    None {
        /// The digits asked for.
        digits: String,
    },
    /// Several cases begin so.
    #[error("several cases begin with `{digits}`")]
    Several {
        /// The digits asked for.
        digits: String,
    },
}

impl CaseFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            CaseFault::Affair(fault) => fault.code(),
            CaseFault::NotASide => "case/not-a-side",
            CaseFault::AnotherRequest => "case/another-request",
            CaseFault::AnotherBasis => "case/another-basis",
            CaseFault::NoRequest => "case/no-request",
            CaseFault::Behind { .. } => "case/chain-behind",
            CaseFault::None { .. } => "case/none",
            CaseFault::Several { .. } => "case/several",
        }
    }
}
