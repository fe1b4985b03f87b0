//! What cannot be done in a case, in words for the officer.

use crate::{Side, State, StepKind};
use comity_record::Malformed;

/// Why a step was not taken, or an event not taken in. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AffairFault {
    /// The bytes are no event.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The event, its record and its step are not of one version.
    #[error(
        "the event says version {version} in a record of version {record}, and its step is of version {first}"
    )]
    Version {
        /// What the event says.
        version: u16,
        /// What its record says.
        record: u16,
        /// The version that first has the step.
        first: u16,
    },
    /// The step belongs to the other side.
    #[error("`{step}` belongs to the {owner} State")]
    NotYours {
        /// The step.
        step: StepKind,
        /// Whose it is.
        owner: Side,
    },
    /// The step is not in the table for this state.
    #[error("`{step}` cannot follow while the case is {state}; the {owner} State may now: {allowed}")]
    NotNow {
        /// The step.
        step: StepKind,
        /// The state.
        state: State,
        /// Whose step it is.
        owner: Side,
        /// What that side may do instead.
        allowed: String,
    },
    /// Something the step needs is missing or not as it must be.
    #[error("`{step}` needs {needs}")]
    Needs {
        /// The step.
        step: StepKind,
        /// What it needs.
        needs: &'static str,
    },
    /// The event belongs to another case, flow or exercise space.
    #[error("the event belongs to another {what}")]
    Elsewhere {
        /// What differs.
        what: &'static str,
    },
    /// The chain has another event at this place: its side has written two histories.
    #[error("the {side} State has written two different events number {number}")]
    Forked {
        /// The side.
        side: Side,
        /// The number.
        number: u32,
    },
    /// The event names a predecessor or a head that the chains do not have.
    #[error("the {side} State's event {number} does not join its chain: it names another {what}")]
    Unjoined {
        /// The side.
        side: Side,
        /// The number.
        number: u32,
        /// Predecessor or head.
        what: &'static str,
    },
    /// Events that came too early are kept only up to a bound.
    #[error("more than {limit} events of the case wait for others that have not come")]
    TooManyWaiting {
        /// The bound.
        limit: usize,
    },
}

impl AffairFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            AffairFault::Malformed(fault) => fault.code(),
            AffairFault::Version { .. } => "case/version",
            AffairFault::NotYours { .. } => "case/not-yours",
            AffairFault::NotNow { .. } => "case/not-now",
            AffairFault::Needs { .. } => "case/needs",
            AffairFault::Elsewhere { .. } => "case/elsewhere",
            AffairFault::Forked { .. } => "case/forked",
            AffairFault::Unjoined { .. } => "case/unjoined",
            AffairFault::TooManyWaiting { .. } => "case/too-many-waiting",
        }
    }
}
