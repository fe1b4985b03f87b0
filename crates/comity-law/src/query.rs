//! The question: on which legal basis may one party ask another for a measure on a date? Design section 7, exactly.
//!
//! The answer is an argument for an authority. It never blocks by itself.

use crate::{
    MeasureCode, OffenceCode, Register,
    answer::{Answer, Candidate, Condition, Context, Grade, Outcome},
    fault::or_near,
    reason::{Reason, ReasonCode},
    register::Dossier,
    rows::{Article, Instrument, Reservation, Status},
    scope::{Coverage, Matter},
    standing::{StandingOf, Weight},
    table::clip,
    version::Versions,
    vocabulary::{Effect, InstrumentStatus, Side, TextRead, Through, YesNo},
    weak,
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
    /// Every article under which `query.from` might ask `query.to`, with outcome, reasons and grade, best first.
    pub fn bases(&self, query: &Query) -> Result<Answer, QueryFault> {
        let asking = Asking::new(self, query)?;
        let mut candidates = Vec::new();
        let mut no_record_for_either = Vec::new();
        for (id, dossier) in &self.content().dossiers {
            let Some(instrument) = dossier.instrument.known(query.known) else { continue };
            let fitting: Vec<(&Article, Option<Through>)> =
                dossier.articles.iter().filter_map(|row| asking.fits(instrument, row.current()?)).collect();
            if fitting.is_empty() {
                continue;
            }
            let rows = [&query.from, &query.to].map(|party| dossier.status(party, query.known));
            match (instrument.is_soft_law(), rows) {
                (false, [None, None]) if !instrument.is_bilateral() => {
                    no_record_for_either.push(id.clone());
                    continue;
                }
                (false, [None, _] | [_, None]) if instrument.is_bilateral() => continue,
                _ => {}
            }
            let standings = asking.standings(instrument, rows);
            let invented = |code: &PartyCode| self.party(code).is_some_and(crate::Party::is_exercise);
            let weak = weak::of_instrument(dossier, instrument, &standings, query.known, invented);
            for (article, through) in fitting {
                let judged = Judged { instrument, rows, standings: &standings, article, through };
                candidates.push(asking.candidate(&judged, dossier, &weak));
            }
        }
        candidates.sort_by(Candidate::order);
        let without_treaty = self.without_treaty(query);
        let context = Context::new(self, query);
        Ok(Answer::new(query, candidates, no_record_for_either, without_treaty, context))
    }

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

/// A question whose codes all exist.
struct Asking<'a> {
    query: &'a Query,
    matter: Matter<'a>,
}

/// One article beside what was found of its instrument.
struct Judged<'a> {
    instrument: &'a Instrument,
    rows: [Option<&'a Status>; 2],
    standings: &'a [StandingOf],
    article: &'a Article,
    through: Option<Through>,
}

impl<'a> Asking<'a> {
    fn new(register: &'a Register, query: &'a Query) -> Result<Asking<'a>, QueryFault> {
        register.known_party(&query.from, query.on)?;
        register.known_party(&query.to, query.on)?;
        if query.from == query.to {
            return Err(QueryFault::SameParty(query.from.clone()));
        }
        let unknown = |text: &str| register.find_measure(text).map(|_| ());
        let Some(measure) = register.measure(query.measure.as_str()) else {
            unknown(query.measure.as_str())?;
            return Err(QueryFault::UnknownMeasure { text: clip(query.measure.as_str()), near: Vec::new() });
        };
        if let Some(code) = &query.offence {
            register.find_offence(code.as_str())?;
        }
        let offence = query.offence.as_ref().and_then(|code| register.offence(code.as_str()));
        let matter = Matter { measure, offence, penalty: query.penalty, organised: query.organised };
        Ok(Asking { query, matter })
    }

    /// Whether an article is a candidate, and through which clause of a general one.
    fn fits(&self, instrument: &Instrument, article: &'a Article) -> Option<(&'a Article, Option<Through>)> {
        if !article.is_basis() || article.has_ended(self.query.on) {
            return None;
        }
        let measure = self.matter.measure;
        if article.measure == measure.code {
            // Soft law never supports what compels someone.
            let fits = !(instrument.is_soft_law() && measure.coercive.is_yes());
            return fits.then_some((article, None));
        }
        // Soft law is never widened.
        let general = article.measure.is_general_mla() && !instrument.is_soft_law();
        general.then_some(measure.under_general_mla).flatten().map(|through| (article, Some(through)))
    }

    /// The standings of both parties; of soft law nothing but its date is tested.
    fn standings(&self, instrument: &Instrument, rows: [Option<&Status>; 2]) -> Vec<StandingOf> {
        if instrument.is_soft_law() {
            return Vec::new();
        }
        let parties = [&self.query.from, &self.query.to];
        parties.into_iter().zip(rows).map(|(party, row)| StandingOf::of(party, row, self.query.on)).collect()
    }

    fn candidate(&self, judged: &Judged<'_>, dossier: &Dossier, weak: &[String]) -> Candidate {
        let soft = judged.instrument.is_soft_law();
        let mut reasons: Vec<Reason> = self.instrument_reason(judged.instrument).into_iter().collect();
        reasons.extend(judged.standings.iter().filter_map(Reason::of_standing));
        let (asked, asking) =
            if soft { (Vec::new(), Vec::new()) } else { self.reservations(judged, dossier) };
        let mut add = |code: ReasonCode, party: &PartyCode, rows: &[&Reservation]| {
            if rows.iter().any(|row| row.effect == Effect::Excluded) {
                reasons.push(Reason::of_party(code, party));
            }
        };
        add(ReasonCode::Reserved, &self.query.to, &asked);
        add(ReasonCode::Reciprocal, &self.query.from, &asking);
        let shown: Vec<&Reservation> = asked.into_iter().chain(asking).collect();
        let scope = judged.instrument.material_scope;
        let coverage = if soft { Coverage::Met } else { self.matter.under(scope) };
        let mut conditions = Vec::new();
        match coverage {
            Coverage::Met => {}
            Coverage::Condition(text) => conditions.push(Condition { code: scope, text: text.to_owned() }),
            Coverage::Out => reasons.push(Reason::of_instrument(ReasonCode::OutOfScope, Weight::Excludes)),
        }
        let restricted = shown.iter().filter(|row| row.effect == Effect::Restricted);
        Candidate {
            instrument: judged.instrument.id.clone(),
            article: judged.article.article.clone(),
            measure_code: judged.article.measure.clone(),
            outcome: outcome(&reasons, soft, &conditions),
            conditions,
            restrictions: restricted.map(|row| row.text.clone()).collect(),
            grade: grade(judged),
            weak: weak::of_article(judged.article).into_iter().chain(weak.iter().cloned()).collect(),
            as_of: oldest(judged, &shown),
            through: judged.through,
            reasons,
            heading: judged.article.heading.clone(),
            specificity: judged.instrument.specificity,
            instrument_as_of: judged.instrument.as_of,
            instrument_in_force: judged.instrument.valid().0,
            standings: judged.standings.to_vec(),
            reservations_as_of: shown.iter().map(|row| (row.party.clone(), row.as_of)).collect(),
        }
    }

    fn instrument_reason(&self, instrument: &Instrument) -> Option<Reason> {
        let on = self.query.on;
        let reason = |code, weight| Some(Reason::of_instrument(code, weight));
        if instrument.ended.is_some_and(|ended| ended.first_day() <= on) {
            return reason(ReasonCode::Ended, Weight::Excludes);
        }
        if instrument.is_soft_law() {
            let opened = instrument.opened.is_some_and(|opened| opened.last_day() <= on);
            return if opened { None } else { reason(ReasonCode::NotYetOpened, Weight::Excludes) };
        }
        match instrument.in_force {
            Some(in_force) if in_force.last_day() <= on => None,
            Some(_) => reason(ReasonCode::NotYetInForce, Weight::Excludes),
            None if instrument.status == InstrumentStatus::VerifiedNotInForce => {
                let fresh = instrument.as_of.is_fresh(on);
                reason(ReasonCode::NotInForce, if fresh { Weight::Excludes } else { Weight::Unsettles })
            }
            None => reason(ReasonCode::InForceUnknown, Weight::Unsettles),
        }
    }

    /// The reservations with effect on the article: of the asked party, then of the asking one.
    fn reservations<'d>(
        &self,
        judged: &Judged<'_>,
        dossier: &'d Dossier,
    ) -> (Vec<&'d Reservation>, Vec<&'d Reservation>) {
        let [asking_row, asked_row] = judged.rows;
        let of = |party: &PartyCode, side: Side, row: Option<&Status>| {
            let on_article = |reservation: &&Reservation| {
                reservation.party == *party
                    && reservation.article == judged.article.article
                    && (reservation.side == side || reservation.side == Side::Both)
                    && reservation.has_effect(row, self.query.on)
            };
            dossier
                .reservations
                .iter()
                .filter_map(|rows| rows.known(self.query.known))
                .filter(on_article)
                .collect()
        };
        (of(&self.query.to, Side::Asked, asked_row), of(&self.query.from, Side::Asking, asking_row))
    }
}

fn outcome(reasons: &[Reason], soft: bool, conditions: &[Condition]) -> Outcome {
    let any = |weight: Weight| reasons.iter().any(|reason| reason.weight == weight);
    match () {
        () if any(Weight::Excludes) => Outcome::Excluded,
        () if any(Weight::Unsettles) => Outcome::Unsettled,
        () if soft => Outcome::Supports,
        () if !conditions.is_empty() => Outcome::Conditional,
        () => Outcome::Available,
    }
}

fn grade(judged: &Judged<'_>) -> Grade {
    let read = judged.article.text_read == TextRead::Yes;
    let soft = judged.instrument.is_soft_law();
    let supported = soft
        || (judged.instrument.status.is_verified()
            && judged.standings.iter().all(|standing| standing.is_verified));
    if read && supported { Grade::Verified } else { Grade::Unverified }
}

/// The oldest, by last day, of what the candidate rests on; none where one of them is undated.
fn oldest(judged: &Judged<'_>, reservations: &[&Reservation]) -> Option<PartialDate> {
    let statuses = judged.standings.iter().filter_map(|standing| standing.as_of);
    let all = std::iter::once(judged.instrument.as_of)
        .chain(statuses)
        .chain(reservations.iter().map(|reservation| reservation.as_of));
    let dates: Option<Vec<PartialDate>> = all.map(|as_of| as_of.date()).collect();
    dates?.into_iter().min_by_key(|date| date.last_day())
}

impl Register {
    /// The current rows that can never be a basis are no part of an answer; this one says what B's own law states.
    fn without_treaty(&self, query: &Query) -> crate::answer::WithoutTreaty {
        let laws = self.content().laws.get(&query.to);
        let mut stated: Vec<_> = laws
            .into_iter()
            .flatten()
            .filter_map(Versions::current)
            .filter(|law| law.is_in_force(query.on))
            .filter_map(|law| law.without_treaty_for(&query.measure).map(|stated| (law, stated)))
            .collect();
        // A statement that names the measure comes before one for all measures; the latest law before older ones.
        stated.sort_by_key(|(law, stated)| {
            (stated.measures.is_empty(), std::cmp::Reverse(law.in_force.map(PartialDate::last_day)))
        });
        crate::answer::WithoutTreaty::of(&query.to, stated.first().copied(), query.on, self.set_date())
    }
}
