//! Lengths of clocks on which two States have agreed: both have stated the same in a consultation, each signed by its
//! side. What one side alone has stated changes nothing.

use super::{ClockKind, Length, Lengths};
use crate::{Flow, History, Side, Step};
use comity_record::Timestamp;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A length that a side proposes for a clock, as it stands in a position of a consultation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proposal {
    /// The clock.
    pub kind: ClockKind,
    /// The measure it is for, a code of `measures.csv`; absent: for every measure of the pair.
    pub measure: Option<String>,
    /// The length.
    pub length: Length,
}

/// A text that proposes no length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` proposes no clock, as `clock acknowledgment for subscriber_information: 3 working days` does")]
pub struct NoProposal(String);

/// A length that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of a clock, such as `12 hours`, `5 days` or `3 working days`")]
pub struct NoLength(String);

/// The longest clock that can be agreed on, in whatever it counts.
const LONGEST: u32 = 3_660;

impl NoLength {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        "clock/no-length"
    }
}

impl NoProposal {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        "clock/no-proposal"
    }
}

impl FromStr for Length {
    type Err = NoLength;
    fn from_str(text: &str) -> Result<Length, NoLength> {
        let bad = || NoLength(text.chars().take(40).collect());
        let (number, unit) = text.trim().split_once(' ').ok_or_else(bad)?;
        let number: u32 = number.parse().ok().filter(|n| (1..=LONGEST).contains(n)).ok_or_else(bad)?;
        match unit.trim() {
            "hour" | "hours" => Ok(Length::Hours(number)),
            "day" | "days" => Ok(Length::Days(number)),
            "working day" | "working days" => Ok(Length::WorkingDays(number)),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measure = self.measure.as_deref().unwrap_or("any");
        write!(f, "clock {} for {measure}: {}", self.kind, self.length)
    }
}

impl FromStr for Proposal {
    type Err = NoProposal;
    fn from_str(text: &str) -> Result<Proposal, NoProposal> {
        read(text).ok_or_else(|| NoProposal(text.chars().take(80).collect()))
    }
}

fn read(text: &str) -> Option<Proposal> {
    let (kind, rest) = text.trim().strip_prefix("clock ")?.split_once(" for ")?;
    let (measure, length) = rest.split_once(':')?;
    let kind = ClockKind::ALL.iter().copied().find(|known| known.as_str() == kind)?;
    let measure = Some(measure.trim().to_owned()).filter(|measure| measure != "any");
    Some(Proposal { kind, measure, length: length.parse().ok()? })
}

/// What a pair of States has agreed on, with the time of the later statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    lengths: BTreeMap<(ClockKind, Option<String>), (Timestamp, Length)>,
}

impl Agreed {
    /// What the consultations of a pair come to. Give all of the pair, real ones or exercises but never both.
    pub fn read<'a>(consultations: impl IntoIterator<Item = &'a History>) -> Agreed {
        let mut agreed = Agreed::default();
        for history in consultations.into_iter().filter(|history| history.flow() == Flow::Consultation) {
            let (asking, asked) = (stated(history, Side::Asking), stated(history, Side::Asked));
            for (about, (at, length)) in asking {
                let Some((other_at, other)) = asked.get(&about) else { continue };
                let at = at.max(*other_at);
                let newer = agreed.lengths.get(&about).is_none_or(|(known, _)| *known < at);
                if *other == length && newer {
                    agreed.lengths.insert(about, (at, length));
                }
            }
        }
        agreed
    }

    /// The lengths for a measure: those for it alone before those for every measure.
    pub fn lengths(&self, measure: Option<&str>) -> Lengths {
        let mut lengths = Lengths::default();
        // Ascending keys have the general one before any single measure.
        for ((kind, of), (_, length)) in &self.lengths {
            if of.is_none() || of.as_deref() == measure {
                lengths = lengths.agreed(*kind, *length);
            }
        }
        lengths
    }

    /// Everything agreed on.
    pub fn all(&self) -> impl Iterator<Item = (Timestamp, Proposal)> {
        let proposal =
            |((kind, measure), (at, length)): (&(ClockKind, Option<String>), &(Timestamp, Length))| {
                (*at, Proposal { kind: *kind, measure: measure.clone(), length: *length })
            };
        self.lengths.iter().map(proposal)
    }
}

/// The last word of a side on each clock.
fn stated(history: &History, side: Side) -> BTreeMap<(ClockKind, Option<String>), (Timestamp, Length)> {
    let mut stated = BTreeMap::new();
    for event in history.chain(side) {
        let Step::StatePosition { text } = &event.step else { continue };
        for line in text.lines() {
            if let Some(proposal) = read(line) {
                stated.insert((proposal.kind, proposal.measure), (event.at, proposal.length));
            }
        }
    }
    stated
}
