//! How long clocks run.

use super::{Calendar, ClockKind};
use comity_record::Timestamp;
use std::{collections::BTreeMap, fmt};

const HOUR: i64 = 3_600_000;

/// The length of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Length {
    /// Hours, by day and night.
    Hours(u32),
    /// Days, by day and night.
    Days(u32),
    /// Working days of the side that is to act.
    WorkingDays(u32),
}

impl Length {
    /// When a clock of this length ends.
    pub fn after(self, from: Timestamp, calendar: &Calendar) -> Timestamp {
        match self {
            Length::Hours(hours) => from.plus_millis(i64::from(hours).saturating_mul(HOUR)),
            Length::Days(days) => from.plus_millis(i64::from(days).saturating_mul(24 * HOUR)),
            Length::WorkingDays(days) => calendar.after_working_days(from, days),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Length::Hours(hours) => write!(f, "{hours} hours"),
            Length::Days(days) => write!(f, "{days} days"),
            Length::WorkingDays(days) => write!(f, "{days} working days"),
        }
    }
}

/// The lengths in force between two States for a measure: the defaults, and what both have agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    agreed: BTreeMap<ClockKind, Length>,
}

impl Lengths {
    /// With a length on which both sides agreed.
    pub fn agreed(mut self, kind: ClockKind, length: Length) -> Lengths {
        self.agreed.insert(kind, length);
        self
    }

    /// The length of a clock.
    pub fn of(&self, kind: ClockKind) -> Length {
        self.agreed.get(&kind).copied().unwrap_or(default(kind))
    }
}

/// Default lengths: reference, section 1.9 and section 3. Clocks that end on a day named in the case have none of their
/// own, and are given zero.
const fn default(kind: ClockKind) -> Length {
    match kind {
        ClockKind::EmergencyAcknowledgment => Length::Hours(1),
        ClockKind::PreservationAcknowledgment => Length::Hours(24),
        ClockKind::Acknowledgment | ClockKind::EmergencyPapers | ClockKind::AccessEnded => {
            Length::WorkingDays(5)
        }
        ClockKind::PreservationExecution => Length::Hours(72),
        ClockKind::Information => Length::WorkingDays(15),
        ClockKind::Progress | ClockKind::Verification | ClockKind::Validation | ClockKind::DayAnswer => {
            Length::WorkingDays(10)
        }
        ClockKind::Target | ClockKind::Publication => Length::Days(90),
        ClockKind::Assessment => Length::Days(5),
        ClockKind::StepReport => Length::Days(14),
        ClockKind::PreservationEnd | ClockKind::Postponement | ClockKind::ConditionDate => Length::Days(0),
    }
}
