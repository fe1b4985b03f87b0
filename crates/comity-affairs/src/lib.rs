//! Casework between States: what may be done next in a matter that two parties hold in common, by whom, and what both
//! sides then know.
//!
//! Each side keeps a chain of its own signed events and never writes the other's ([`History`]). An event names the last
//! event of the other side that its author had seen, so that whether it was allowed depends on what its author knew and
//! on nothing else: not on the order of arrival, not on a clock. The tables of [`table`] say which step leads from which
//! state to which, and who owns it; [`table::meeting`] rules what happens when two steps cross on the way.
//!
//! Silence decides nothing, a clock decides nothing, and an acknowledgment concedes nothing: no edge of any table is
//! taken without a signed event of the side that owns it.
//!
//! The crate is pure: time comes in as an argument, signing and sending are the rim's.

mod case;
pub mod clock;
pub mod conditions;
pub mod custody;
pub mod disclosure;
mod event;
mod fault;
pub mod form;
pub mod ground;
mod guard;
mod history;
pub mod home;
pub mod irregularity;
pub mod oversight;
pub mod protected;
pub mod provider;
mod state;
pub mod statistics;
mod step;
pub mod table;
mod view;

pub use case::{CaseId, Flow, Side, Thread};
pub use event::{Event, Head};
pub use fault::AffairFault;
pub use history::{Arrived, History};
pub use state::State;
pub use step::{Acceptance, Condition, ConditionKind, Defect, Finding, Ground, Step, StepKind};
pub use view::{Line, Preservation, View};
