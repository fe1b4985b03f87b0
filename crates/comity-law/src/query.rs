//! The question: on which legal basis may one party ask another for a measure on a date? Design section 7, exactly.
//!
//! The answer is an argument for an authority. It never blocks by itself.

use crate::{
    MeasureCode, OffenceCode, Register, fault::or_near, standing::StandingOf, table::clip, vocabulary::YesNo,
};
use comity_record::{Date, PartialDate, PartyCode};
use std::str::FromStr;

/// Whether an organised criminal group is involved.
pub type Organised = YesNo;

/// A maximum penalty in years, to a hundredth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Penalty {
    hundredths: u32,
}

/// A question for a legal basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The asking party.
    pub from: PartyCode,
    /// The asked party.
    pub to: PartyCode,
    /// What is asked.
    pub measure: MeasureCode,
    /// On which day.
    pub on: Date,
    /// The offence, where it is known.
    pub offence: Option<OffenceCode>,
    /// Its maximum penalty, where it is known.
    pub penalty: Option<Penalty>,
    /// Whether an organised criminal group is involved, where that is known.
    pub organised: Option<Organised>,
    /// Only what the register knew on this day, of instruments, status rows and reservations; `None`: what it knows now.
    pub known: Option<Date>,
}

/// A question that has no answer because it names what does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryFault {
    /// No such party.
    #[error("no party has the code `{text}`")]
    UnknownParty {
        /// The text as given.
        text: String,
        /// Codes like it.
        near: Vec<String>,
    },
    /// No such measure.
    #[error("no measure has the code `{text}`")]
    UnknownMeasure {
        /// The text as given.
        text: String,
        /// Codes like it.
        near: Vec<String>,
    },
    /// No such offence.
    #[error("no offence has the code `{text}`")]
    UnknownOffence {
        /// The text as given.
        text: String,
        /// Codes like it.
        near: Vec<String>,
    },
    /// No such instrument.
    #[error("no instrument has the code `{text}`")]
    UnknownInstrument {
        /// The text as given.
        text: String,
        /// Codes like it.
        near: Vec<String>,
    },
    /// A party cannot ask itself.
    #[error("the asking and the asked party are both `{0}`")]
    SameParty(PartyCode),
    /// A party that has ceased to be one.
    #[error("`{party}` ceased to be a party on {ended}")]
    PartyEnded {
        /// The party.
        party: PartyCode,
        /// When.
        ended: PartialDate,
    },
}

/// A text that is no penalty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a maximum penalty in years, such as 4 or 2.5")]
pub struct BadPenalty(String);

impl Query {
    /// The question without what may be left out.
    pub fn new(from: PartyCode, to: PartyCode, measure: MeasureCode, on: Date) -> Query {
        Query { from, to, measure, on, offence: None, penalty: None, organised: None, known: None }
    }
}

impl QueryFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            QueryFault::UnknownParty { .. } => "law/unknown-party",
            QueryFault::UnknownMeasure { .. } => "law/unknown-measure",
            QueryFault::UnknownOffence { .. } => "law/unknown-offence",
            QueryFault::UnknownInstrument { .. } => "law/unknown-instrument",
            QueryFault::SameParty(_) => "law/same-party",
            QueryFault::PartyEnded { .. } => "law/party-ended",
        }
    }

    /// What might have been meant.
    pub fn help(&self) -> Option<String> {
        match self {
            QueryFault::UnknownParty { near, .. }
            | QueryFault::UnknownMeasure { near, .. }
            | QueryFault::UnknownOffence { near, .. }
            | QueryFault::UnknownInstrument { near, .. } => {
                (!near.is_empty()).then(|| or_near(near).trim_start_matches("; ").to_owned())
            }
            QueryFault::SameParty(_) => Some("a request goes from one party to another".to_owned()),
            QueryFault::PartyEnded { .. } => None,
        }
    }
}

impl Penalty {
    /// So many whole years.
    pub fn years(years: u16) -> Penalty {
        Penalty { hundredths: u32::from(years) * 100 }
    }

    /// Four years or more.
    pub fn is_serious(self) -> bool {
        self >= Penalty::years(4)
    }
}

impl FromStr for Penalty {
    type Err = BadPenalty;
    fn from_str(text: &str) -> Result<Penalty, BadPenalty> {
        let bad = || BadPenalty(clip(text));
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 2 {
            return Err(bad());
        }
        let years: u16 = whole.parse().map_err(|_| bad())?;
        let part: u32 = format!("{part:0<2}").parse().map_err(|_| bad())?;
        Ok(Penalty { hundredths: u32::from(years) * 100 + part })
    }
}

impl Register {
    /// The standing of a party under an instrument on a date, as the register knows it now or knew it on a day.
    pub fn standing(
        &self,
        instrument: &str,
        party: &PartyCode,
        on: Date,
        known: Option<Date>,
    ) -> Result<StandingOf, QueryFault> {
        let dossier =
            self.content().dossiers.get(instrument).ok_or_else(|| self.unknown_instrument(instrument))?;
        self.known_party(party, on)?;
        Ok(StandingOf::of(party, dossier.status(party, known), on))
    }

    /// The party that a text names by its code; a name or a slip gets near matches.
    pub fn find_party(&self, text: &str) -> Result<PartyCode, QueryFault> {
        let code = text.parse().ok().filter(|code| self.is_party_known(code));
        code.ok_or_else(|| QueryFault::UnknownParty {
            text: clip(text),
            near: self.content().near_party(text),
        })
    }

    /// The measure that a text names by its code.
    pub fn find_measure(&self, text: &str) -> Result<MeasureCode, QueryFault> {
        let found = self.measure(text).map(|measure| measure.code.clone());
        found.ok_or_else(|| QueryFault::UnknownMeasure {
            text: clip(text),
            near: self.content().near_measure(text),
        })
    }

    /// The offence that a text names by its code.
    pub fn find_offence(&self, text: &str) -> Result<OffenceCode, QueryFault> {
        let found = self.offence(text).map(|offence| offence.code.clone());
        found.ok_or_else(|| QueryFault::UnknownOffence {
            text: clip(text),
            near: self.content().near_offence(text),
        })
    }

    pub(crate) fn unknown_instrument(&self, text: &str) -> QueryFault {
        QueryFault::UnknownInstrument { text: clip(text), near: self.content().near_instrument(text) }
    }

    pub(crate) fn known_party(&self, code: &PartyCode, on: Date) -> Result<(), QueryFault> {
        self.find_party(code.as_str())?;
        match self.party(code).and_then(|party| party.ended).filter(|ended| ended.first_day() <= on) {
            Some(ended) => Err(QueryFault::PartyEnded { party: code.clone(), ended }),
            None => Ok(()),
        }
    }
}
