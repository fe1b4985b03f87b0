//! Two parties side by side over every binding instrument and its articles, and what would let them cooperate on a measure.

use crate::{
    Answer, InstrumentId, MeasureCode, Query, QueryFault, Register,
    answer::{Outcome, shown},
    register::Dossier,
    rows::Instrument,
    standing::{Standing, StandingOf},
    text::{DESIGNATIONS, EXERCISE, Page},
    vocabulary::{Effect, Side},
};
use comity_record::{Date, PartyCode};
use serde::Serialize;

/// Two parties side by side, as on a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The one party.
    #[serde(serialize_with = "shown")]
    pub a: PartyCode,
    /// The other.
    #[serde(serialize_with = "shown")]
    pub b: PartyCode,
    /// The day asked about.
    #[serde(serialize_with = "shown")]
    pub on: Date,
    /// Every binding instrument for which one of them has a row, by code.
    pub instruments: Vec<ComparedInstrument>,
    /// The binding instruments on which the register is silent for both. That is no evidence of how they stand.
    pub silent_on_both: Vec<InstrumentId>,
    /// The fixed notice.
    pub notice: &'static str,
    #[serde(skip)]
    is_exercise: bool,
}

/// Two parties under one instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedInstrument {
    /// The instrument.
    pub instrument: InstrumentId,
    /// Its title.
    pub title: String,
    /// How the one stands.
    pub a: Standing,
    /// How the other stands.
    pub b: Standing,
    /// The same as sentences with their dates.
    pub sentences: [String; 2],
    /// Its articles that can be a basis.
    pub articles: Vec<ComparedArticle>,
}

/// Two parties under one article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedArticle {
    /// The article as text.
    pub article: String,
    /// Its heading.
    pub heading: String,
    /// The measure.
    pub measure_code: MeasureCode,
    /// The one's reservations on it, in words.
    pub reserved_by_a: Vec<String>,
    /// The other's.
    pub reserved_by_b: Vec<String>,
}

impl Register {
    /// Two parties side by side on a date, as the register knows them now or knew them on a day.
    pub fn compare(
        &self,
        a: &PartyCode,
        b: &PartyCode,
        on: Date,
        known: Option<Date>,
    ) -> Result<Comparison, QueryFault> {
        self.known_party(a, on)?;
        self.known_party(b, on)?;
        if a == b {
            return Err(QueryFault::SameParty(a.clone()));
        }
        let mut instruments = Vec::new();
        let mut silent_on_both = Vec::new();
        for (id, dossier) in &self.content().dossiers {
            let Some(instrument) = dossier.instrument.known(known).filter(|row| !row.is_soft_law()) else {
                continue;
            };
            let standings = [a, b].map(|party| StandingOf::of(party, dossier.status(party, known), on));
            if standings.iter().all(|of| of.as_of.is_none()) {
                silent_on_both.push(id.clone());
            } else {
                instruments.push(self.compared(instrument, dossier, &standings, on, known));
            }
        }
        let exercise = |code: &PartyCode| self.party(code).is_some_and(crate::Party::is_exercise);
        let is_exercise = exercise(a) || exercise(b);
        Ok(Comparison {
            a: a.clone(),
            b: b.clone(),
            on,
            instruments,
            silent_on_both,
            notice: DESIGNATIONS,
            is_exercise,
        })
    }

    /// What would let the one party ask the other: the question asked with its answer, whose reasons say what would lift
    /// them ([`crate::Reason::lifted_by`]), as text.
    pub fn what_would_help(&self, query: &Query, width: usize) -> Result<String, QueryFault> {
        Ok(lifts(&self.bases(query)?, width))
    }

    fn compared(
        &self,
        instrument: &Instrument,
        dossier: &Dossier,
        standings: &[StandingOf; 2],
        on: Date,
        known: Option<Date>,
    ) -> ComparedInstrument {
        let [a, b] = standings;
        let reserved = |of: &StandingOf, article: &str| -> Vec<String> {
            let row = dossier.status(&of.party, known);
            let rows = dossier.reservations.iter().filter_map(|rows| rows.known(known));
            let fitting = rows
                .filter(|rows| rows.party == of.party && rows.article == article && rows.has_effect(row, on));
            fitting.map(|rows| reservation_words(rows, on)).collect()
        };
        let articles = dossier.articles.iter().filter_map(|rows| rows.current());
        let compared =
            articles.filter(|article| article.is_basis() && !article.has_ended(on)).map(|article| {
                ComparedArticle {
                    article: article.article.clone(),
                    heading: article.heading.clone(),
                    measure_code: article.measure.clone(),
                    reserved_by_a: reserved(a, &article.article),
                    reserved_by_b: reserved(b, &article.article),
                }
            });
        ComparedInstrument {
            instrument: instrument.id.clone(),
            title: instrument.title.clone(),
            a: a.standing,
            b: b.standing,
            sentences: [self.sentence(a, on), self.sentence(b, on)],
            articles: compared.collect(),
        }
    }
}

impl Comparison {
    /// The comparison as text, wrapped at `width` columns (at least 20).
    pub fn to_text(&self, width: usize) -> String {
        let mut page = Page::new(width);
        if self.is_exercise {
            page.say(0, EXERCISE);
            page.blank();
        }
        page.say(0, &format!("{} and {} side by side on {}", self.a, self.b, self.on));
        page.blank();
        for compared in &self.instruments {
            compared.say(&mut page, &self.a, &self.b);
        }
        if !self.silent_on_both.is_empty() {
            let ids: Vec<&str> = self.silent_on_both.iter().map(InstrumentId::as_str).collect();
            page.say(
                0,
                &format!(
                    "The register is silent on both under: {}. That is not evidence of how they stand.",
                    ids.join(", ")
                ),
            );
            page.blank();
        }
        page.say(0, self.notice);
        page.finish()
    }
}

impl ComparedInstrument {
    fn say(&self, page: &mut Page, a: &PartyCode, b: &PartyCode) {
        page.say(0, &format!("{}: {}", self.instrument, self.title));
        for sentence in &self.sentences {
            page.say(3, sentence);
        }
        let measures: Vec<String> =
            self.articles.iter().map(|row| format!("{} {}", row.article, row.measure_code)).collect();
        if !measures.is_empty() {
            page.say(3, &format!("Articles that can be a basis: {}.", measures.join(", ")));
        }
        for (party, text, articles) in self.reservations(a, b) {
            let noun = if articles.len() == 1 { "article" } else { "articles" };
            page.say(3, &format!("Reservation of {party} on {noun} {}: {text}", articles.join(", ")));
        }
        page.blank();
    }

    /// Each reservation once, with the articles that it is on: several measures may rest on one article.
    fn reservations<'c>(
        &'c self,
        a: &'c PartyCode,
        b: &'c PartyCode,
    ) -> Vec<(&'c PartyCode, &'c str, Vec<&'c str>)> {
        let mut found: Vec<(&PartyCode, &str, Vec<&str>)> = Vec::new();
        for row in &self.articles {
            for (party, reserved) in [(a, &row.reserved_by_a), (b, &row.reserved_by_b)] {
                for text in reserved {
                    let known = found.iter_mut().find(|(whose, words, _)| *whose == party && *words == text);
                    match known {
                        Some((_, _, articles)) if articles.contains(&row.article.as_str()) => {}
                        Some((_, _, articles)) => articles.push(&row.article),
                        None => found.push((party, text, vec![&row.article])),
                    }
                }
            }
        }
        found
    }
}

fn reservation_words(row: &crate::Reservation, on: Date) -> String {
    let effect = match row.effect {
        Effect::Excluded => "excluded",
        Effect::Restricted => "restricted",
    };
    let side = match row.side {
        Side::Asked => "when it is asked",
        Side::Asking => "when it asks",
        Side::Both => "whether it asks or is asked",
    };
    format!("{effect} {side}: {} ({})", row.text, row.as_of.in_words(on))
}

/// What stands between the two parties and cooperation, candidate by candidate.
fn lifts(answer: &Answer, width: usize) -> String {
    let mut page = Page::new(width);
    if answer.is_exercise() {
        page.say(0, EXERCISE);
    }
    let usable: Vec<String> = answer
        .usable()
        .map(|candidate| format!("{} {} ({})", candidate.instrument, candidate.article, candidate.outcome))
        .collect();
    match usable.as_slice() {
        [] => page.say(0, "Nothing on record lets the one ask the other for this. What would:"),
        usable => page.say(0, &format!("On record already: {}. Beside that:", usable.join(", "))),
    }
    let open = |outcome: Outcome| matches!(outcome, Outcome::Excluded | Outcome::Unsettled);
    for candidate in answer.candidates.iter().filter(|candidate| open(candidate.outcome)) {
        let lifted: Vec<String> = candidate.reasons.iter().map(crate::Reason::lifted_by).collect();
        page.say(2, &format!("{} {}: {}", candidate.instrument, candidate.article, lifted.join(" ")));
    }
    page.say(2, &format!("Without a treaty: {}", answer.without_treaty.note));
    page.say(0, DESIGNATIONS);
    page.finish()
}
