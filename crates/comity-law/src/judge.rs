//! The judgement of each article that might be a basis: the rules of design section 7, one function a rule.

use crate::{
    Query, QueryFault, Register,
    answer::{Answer, Candidate, Condition, Context, Grade, Outcome, WithoutTreaty},
    reason::{Reason, ReasonCode},
    register::Dossier,
    rows::{Article, Instrument, Reservation, Status},
    scope::{Coverage, Matter},
    standing::{StandingOf, Weight},
    table::clip,
    version::Versions,
    vocabulary::{Effect, InstrumentStatus, Side, TextRead, Through},
    weak,
};
use comity_record::{PartialDate, PartyCode};

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

    /// What the asked party's own law states of helping without a treaty, as the register knows it now.
    fn without_treaty(&self, query: &Query) -> WithoutTreaty {
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
        WithoutTreaty::of(&query.to, stated.first().copied(), query.on, self.set_date())
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
