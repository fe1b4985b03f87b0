//! The answer to a question for a legal basis, in the shape of `--json` (design section 7). How it reads to a person is in
//! [`crate::text`].

use crate::{
    AsOf, InstrumentId, MeasureCode, NationalLaw, Query, Reason, Register,
    facts::WithoutTreatyLaw,
    reason::without_treaty_sentence,
    standing::StandingOf,
    vocabulary::{MaterialScope, Specificity, Through, WithoutTreatyStatus},
};
use comity_record::{Date, PartialDate, PartyCode};
use serde::{Serialize, Serializer};
use std::{cmp::Ordering, fmt::Display};

vocabulary! {
    /// What a candidate is worth on the date, best first.
    Outcome, "outcome":
    /// It may be relied on.
    Available = "available",
    /// It may be relied on if an authority confirms a condition.
    Conditional = "conditional",
    /// Confirm with the depositary.
    Unsettled = "unsettled",
    /// Soft law: supports, does not bind.
    Supports = "supports",
    /// It may not be relied on, for the reasons given.
    Excluded = "excluded",
}

vocabulary! {
    /// How well a candidate is supported.
    Grade, "grade":
    /// The article was read, and instrument and both status rows are verified.
    Verified = "verified",
    /// Not all of that.
    Unverified = "unverified",
}

/// The answer: every article under which the one might ask the other, best first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The asking party.
    #[serde(serialize_with = "shown")]
    pub from: PartyCode,
    /// The asked party.
    #[serde(serialize_with = "shown")]
    pub to: PartyCode,
    /// What is asked.
    pub measure: MeasureCode,
    /// On which day.
    #[serde(serialize_with = "shown")]
    pub on: Date,
    /// The articles, best first.
    pub candidates: Vec<Candidate>,
    /// Binding instruments with a fitting article for which the register has a row for neither party. That is not a
    /// statement that they are not parties.
    pub no_record_for_either: Vec<InstrumentId>,
    /// What the asked party's own law says of helping without a treaty.
    pub without_treaty: WithoutTreaty,
    #[serde(skip)]
    pub(crate) context: Context,
}

/// One article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The instrument.
    pub instrument: InstrumentId,
    /// The article as text.
    pub article: String,
    /// The measure of the article's own row.
    pub measure_code: MeasureCode,
    /// What it is worth.
    pub outcome: Outcome,
    /// Every reason that rules it out or leaves it open.
    pub reasons: Vec<Reason>,
    /// The conditions that an authority must confirm.
    pub conditions: Vec<Condition>,
    /// The limits that reservations put on it, in our words.
    pub restrictions: Vec<String>,
    /// How well it is supported.
    pub grade: Grade,
    /// What is weak about it.
    pub weak: Vec<String>,
    /// The oldest of the dates it rests on; none where one of them is undated.
    #[serde(serialize_with = "shown_or_null")]
    pub as_of: Option<PartialDate>,
    /// Through which clause a general article reaches the measure.
    pub through: Option<Through>,
    /// The article's heading.
    #[serde(skip)]
    pub heading: String,
    /// How close the instrument is to the matter.
    #[serde(skip)]
    pub specificity: Specificity,
    /// The standings of the asking and the asked party; empty for soft law.
    #[serde(skip)]
    pub standings: Vec<StandingOf>,
    #[serde(skip)]
    pub(crate) instrument_as_of: AsOf,
    #[serde(skip)]
    pub(crate) instrument_in_force: Option<PartialDate>,
    #[serde(skip)]
    pub(crate) reservations_as_of: Vec<(PartyCode, AsOf)>,
}

/// A condition that an authority must confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The material scope it comes from.
    pub code: MaterialScope,
    /// What must be so.
    pub text: String,
}

/// What the asked party's own law says of helping without a treaty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithoutTreaty {
    /// The answer; `not-on-record` where that party has stated nothing.
    pub status: WithoutTreatyStatus,
    /// Whose law it is.
    #[serde(serialize_with = "shown")]
    pub law_of: PartyCode,
    /// The statement with its law and date, or that there is none.
    pub note: String,
}

/// What a rendering needs beside the answer itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) from_name: String,
    pub(crate) to_name: String,
    pub(crate) measure_name: String,
    pub(crate) is_exercise: bool,
    pub(crate) set_date: Date,
    pub(crate) known: Option<Date>,
}

impl Answer {
    pub(crate) fn new(
        query: &Query,
        candidates: Vec<Candidate>,
        no_record_for_either: Vec<InstrumentId>,
        without_treaty: WithoutTreaty,
        context: Context,
    ) -> Answer {
        Answer {
            from: query.from.clone(),
            to: query.to.clone(),
            measure: query.measure.clone(),
            on: query.on,
            candidates,
            no_record_for_either,
            without_treaty,
            context,
        }
    }

    /// The candidate under an article, of the row whose own measure is nearest to the one asked for.
    pub fn candidate(&self, instrument: &str, article: &str) -> Option<&Candidate> {
        let mut under = self.candidates.iter().filter(|candidate| candidate.is_under(instrument, article));
        let own = under.clone().find(|candidate| candidate.through.is_none());
        own.or_else(|| under.next())
    }

    /// The candidates that may be relied on, with or without a condition.
    pub fn usable(&self) -> impl Iterator<Item = &Candidate> {
        let usable =
            |candidate: &&Candidate| matches!(candidate.outcome, Outcome::Available | Outcome::Conditional);
        self.candidates.iter().filter(usable)
    }

    /// The best outcome; `None` where there is no candidate.
    pub fn best(&self) -> Option<Outcome> {
        self.candidates.first().map(|candidate| candidate.outcome)
    }

    /// Whether one of the parties is invented, so that everything shown of this is exercise data.
    pub fn is_exercise(&self) -> bool {
        self.context.is_exercise
    }

    /// The answer as one line of JSON, in the shape of design section 7.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl Candidate {
    /// Whether it is of this article.
    pub fn is_under(&self, instrument: &str, article: &str) -> bool {
        self.instrument.as_str() == instrument && self.article == article
    }

    /// Outcome, then specificity, then instrument, article as text and measure.
    pub(crate) fn order(a: &Candidate, b: &Candidate) -> Ordering {
        let key = |candidate: &Candidate| (candidate.outcome, candidate.specificity);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.instrument.cmp(&b.instrument))
            .then_with(|| a.article.cmp(&b.article))
            .then_with(|| a.measure_code.cmp(&b.measure_code))
    }
}

impl WithoutTreaty {
    /// What a law states, or that nothing is on record.
    pub(crate) fn of(
        party: &PartyCode,
        stated: Option<(&NationalLaw, &WithoutTreatyLaw)>,
        on: Date,
        set_date: Date,
    ) -> WithoutTreaty {
        let status = stated.map_or(WithoutTreatyStatus::NotOnRecord, |(_, stated)| stated.status);
        let mut note = without_treaty_sentence(status, party, set_date);
        if let Some((law, stated)) = stated {
            note = format!("{note} Law: {} ({}).", law.title, law.as_of.in_words(on));
            if !stated.note.is_empty() {
                note = format!("{note} In its words: {}", stated.note);
            }
        }
        WithoutTreaty { status, law_of: party.clone(), note }
    }
}

impl Context {
    pub(crate) fn new(register: &Register, query: &Query) -> Context {
        let party = |code: &PartyCode| register.party(code);
        let name =
            |code: &PartyCode| party(code).map_or_else(|| code.to_string(), |party| party.name.clone());
        let measure = register.measure(query.measure.as_str());
        let exercise = |code: &PartyCode| party(code).is_some_and(crate::Party::is_exercise);
        Context {
            from_name: name(&query.from),
            to_name: name(&query.to),
            measure_name: measure.map(|measure| measure.name.clone()).unwrap_or_default(),
            is_exercise: exercise(&query.from) || exercise(&query.to),
            set_date: register.set_date(),
            known: query.known,
        }
    }
}

pub(crate) fn shown<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

pub(crate) fn shown_or_null<T: Display, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}
