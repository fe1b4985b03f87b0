//! Clocks of a case: when something is due for whom. **Invariant:** a clock warns and offers; it never decides. Nothing
//! here makes or changes an event: silence is not consent, and no deadline closes, refuses or grants anything.
//!
//! Every clock knows the calendar of the side that is to act: its time zone, working days, hours and holidays. Default
//! lengths are those of the project's reference; two States may agree on others for a measure.

mod agreed;
mod calendar;
mod length;
mod reading;

pub use agreed::{Agreed, NoLength, NoProposal, Proposal};
pub use calendar::{Calendar, Zone};
pub use length::{Length, Lengths};
pub use reading::{Clock, Due, Offer, access_ended, agenda, running};

use std::fmt;

macro_rules! clocks {
    ($($(#[doc = $doc:literal])* $variant:ident $text:literal)*) => {
        /// What a clock is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ClockKind {
            $($(#[doc = $doc])* $variant,)*
        }

        impl ClockKind {
            /// Every clock.
            pub const ALL: &'static [ClockKind] = &[$(ClockKind::$variant),*];

            /// Its code.
            pub const fn as_str(self) -> &'static str {
                match self { $(ClockKind::$variant => $text,)* }
            }
        }
    };
}

clocks! {
    /// The desk of the asked side says that it has an urgent matter (1 hour; design, after Budapest 35 "immediate").
    EmergencyAcknowledgment "emergency-acknowledgment"
    /// The same for a preservation (24 hours).
    PreservationAcknowledgment "preservation-acknowledgment"
    /// The same for anything else (5 working days).
    Acknowledgment "acknowledgment"
    /// A preservation is carried out (72 hours after its acknowledgment).
    PreservationExecution "preservation-execution"
    /// Preserved data end: warned of 30, 14 and 3 days before (Budapest 29(7): at least 60 days).
    PreservationEnd "preservation-end"
    /// Information that was asked for (15 working days).
    Information "information"
    /// An answer to a question after progress (10 working days; duty of UNCAC 46(24)).
    Progress "progress"
    /// A mutual assistance request as a whole (90 days suggested; a pair of States may agree on another).
    Target "target"
    /// The papers of an emergency (5 working days).
    EmergencyPapers "emergency-papers"
    /// First assessment of a notice (5 days).
    Assessment "assessment"
    /// A report on steps while a notice is open (every 14 days).
    StepReport "step-report"
    /// A postponed request is looked at again on its day.
    Postponement "postponement"
    /// A product is verified and a defect reported (10 working days).
    Verification "verification"
    /// First assessment of a vulnerability by who can mend it (10 working days; design).
    Validation "validation"
    /// Publication of a vulnerability: on the day agreed, else within 90 days of the report (design; a common practice of
    /// finders). It warns 30, 14 and 3 days before and publishes nothing.
    Publication "publication"
    /// A day for publication that the other side proposed is answered (10 working days; design).
    DayAnswer "day-answer"
    /// A condition with a date: delete, return. It stops once who holds has told that access ended.
    ConditionDate "condition-date"
    /// Access to what was given has ended here, and the other side has not been told (5 working days; design).
    AccessEnded "access-ended"
}

impl fmt::Display for ClockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
