//! Two parties, measure by measure and offence by offence: on what the one may ask the other, where the test of dual
//! criminality stands, and which offences the laws on record of both make.
//!
//! The test looks at the conduct, not at its name, and a person makes it. What stands here is on record and no more: where a
//! State has stated no law, there is no record, and that is no statement about its law.

use crate::{
    InstrumentId, MeasureCode, OffenceCode, Query, QueryFault, Register,
    answer::{Grade, Outcome, shown, shown_or_null},
    facts::Offence,
    text::{DESIGNATIONS, EXERCISE},
    vocabulary::{Field, Side, WithoutTreatyStatus, YesNo},
};
use comity_record::{Date, PartialDate, PartyCode};
use serde::Serialize;

/// The code of the ground in refusal_grounds.csv.
const DUAL_CRIMINALITY: &str = "dual_criminality";

/// Two parties, measure by measure and offence by offence, as on a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The one party.
    #[serde(serialize_with = "shown")]
    pub a: PartyCode,
    /// The other.
    #[serde(serialize_with = "shown")]
    pub b: PartyCode,
    /// The day asked about.
    #[serde(serialize_with = "shown")]
    pub on: Date,
    /// Every measure that one State asks of another, by code.
    pub measures: Vec<MeasureLine>,
    /// Every offence, by code.
    pub offences: Vec<OffenceLine>,
    /// The fixed notice.
    pub notice: &'static str,
    #[serde(skip)]
    is_exercise: bool,
}

/// One measure between the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeasureLine {
    /// The measure.
    pub measure: MeasureCode,
    /// Its name.
    pub name: String,
    /// Whether it compels someone.
    pub coercive: bool,
    /// The one asks the other.
    pub a_asks: Asking,
    /// The other asks the one.
    pub b_asks: Asking,
}

/// What one asks of the other: the best article on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asking {
    /// What the best article is worth; none where no article is on record.
    pub outcome: Option<Outcome>,
    /// Its instrument.
    pub instrument: Option<InstrumentId>,
    /// The article as text.
    pub article: Option<String>,
    /// How well it is supported.
    pub grade: Option<Grade>,
    /// The oldest of the dates it rests on.
    #[serde(serialize_with = "shown_or_null")]
    pub as_of: Option<PartialDate>,
    /// How many further articles may be relied on.
    pub further: usize,
    /// What the instrument says of dual criminality for this measure; nothing where no row is on record.
    pub dual_criminality: Vec<DualCriminality>,
    /// Sections of the asked party's own law that give the power, as it stated them.
    pub powers: Vec<String>,
    /// What the asked party's own law says of helping without a treaty.
    pub without_treaty: WithoutTreatyStatus,
}

/// A row on dual criminality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DualCriminality {
    /// The article that has it.
    pub article: String,
    /// Whether the asked party may test it.
    pub test: Test,
}

/// Whether the asked party may refuse where the conduct is no offence at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// It may.
    May,
    /// It may, for it reserved the right.
    Reserved,
    /// Only one that has reserved the right may, and no reservation of this party is on record.
    OnlyIfReserved,
}

impl Test {
    /// The test in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Test::May => "may be tested",
            Test::Reserved => "reserved: may be tested",
            Test::OnlyIfReserved => "not tested: no reservation on record",
        }
    }
}

/// One offence in the laws of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OffenceLine {
    /// The offence.
    pub offence: OffenceCode,
    /// Its name.
    pub name: String,
    /// Sections of the one's law; none where there is no record.
    pub a: Vec<Section>,
    /// Sections of the other's.
    pub b: Vec<Section>,
}

/// A section of a national law, as its State stated it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The law.
    pub law: String,
    /// The section.
    pub section: String,
    /// The treaty article that it carries out; empty where there is none.
    pub treaty_article: String,
    /// The range of penalties, in the State's words.
    pub penalty: String,
}

impl OffenceLine {
    /// Whether the laws on record of both make it.
    pub fn is_on_record_in_both(&self) -> bool {
        !self.a.is_empty() && !self.b.is_empty()
    }
}

impl Matrix {
    /// What stands at the head, where one of the parties is invented.
    pub fn exercise(&self) -> Option<&'static str> {
        self.is_exercise.then_some(EXERCISE)
    }
}

impl Register {
    /// The matrix of two parties on a date, as the register knows them now or knew them on a day.
    pub fn matrix(
        &self,
        a: &PartyCode,
        b: &PartyCode,
        on: Date,
        known: Option<Date>,
    ) -> Result<Matrix, QueryFault> {
        let mut measures = Vec::new();
        for measure in self.measures().filter(|measure| measure.field != Field::OwnAct) {
            measures.push(MeasureLine {
                measure: measure.code.clone(),
                name: measure.name.clone(),
                coercive: measure.coercive == YesNo::Yes,
                a_asks: self.asking(a, b, &measure.code, on, known)?,
                b_asks: self.asking(b, a, &measure.code, on, known)?,
            });
        }
        let offences = self.offences().map(|offence| OffenceLine {
            offence: offence.code.clone(),
            name: offence.name.clone(),
            a: self.sections(a, offence, on),
            b: self.sections(b, offence, on),
        });
        let exercise = |code: &PartyCode| self.party(code).is_some_and(crate::Party::is_exercise);
        Ok(Matrix {
            a: a.clone(),
            b: b.clone(),
            on,
            measures,
            offences: offences.collect(),
            notice: DESIGNATIONS,
            is_exercise: exercise(a) || exercise(b),
        })
    }

    fn asking(
        &self,
        from: &PartyCode,
        to: &PartyCode,
        measure: &MeasureCode,
        on: Date,
        known: Option<Date>,
    ) -> Result<Asking, QueryFault> {
        let mut query = Query::new(from.clone(), to.clone(), measure.clone(), on);
        query.known = known;
        let answer = self.bases(&query)?;
        // Of articles that are worth the same, the one made for the measure before one on assistance in general.
        let worth = answer.candidates.iter().filter(|one| Some(one.outcome) == answer.best());
        let best = worth.min_by_key(|one| one.through.is_some());
        let usable = answer.usable().count();
        let best_is_usable =
            best.is_some_and(|one| matches!(one.outcome, Outcome::Available | Outcome::Conditional));
        let dual_criminality =
            best.map(|one| self.dual_criminality(one.instrument.as_str(), measure, to, on, known));
        let laws = self.national_laws(to).filter(|law| law.is_in_force(on));
        let powers = laws.flat_map(|law| {
            let given = law.powers.iter().filter(|power| power.measure == *measure);
            given.map(move |power| format!("{} {}", law.title, power.section))
        });
        Ok(Asking {
            outcome: best.map(|one| one.outcome),
            instrument: best.map(|one| one.instrument.clone()),
            article: best.map(|one| one.article.clone()),
            grade: best.map(|one| one.grade),
            as_of: best.and_then(|one| one.as_of),
            further: usable.saturating_sub(usize::from(best_is_usable)),
            dual_criminality: dual_criminality.unwrap_or_default(),
            powers: powers.collect(),
            without_treaty: answer.without_treaty.status,
        })
    }

    /// The rows of an instrument on dual criminality that are about a measure. A row that names the measure comes before one
    /// on assistance in general, which it is an exception to (Budapest 29(3)-(4) before 25(5)).
    fn dual_criminality(
        &self,
        instrument: &str,
        measure: &MeasureCode,
        asked: &PartyCode,
        on: Date,
        known: Option<Date>,
    ) -> Vec<DualCriminality> {
        let of_ground = self.refusal_grounds(instrument).filter(|row| row.ground == DUAL_CRIMINALITY);
        let rows: Vec<_> = of_ground.filter(|row| row.is_about(self, measure.as_str(), false)).collect();
        let own: Vec<_> = rows.iter().filter(|row| row.applies_to == measure.as_str()).copied().collect();
        let rows = if own.is_empty() { rows } else { own };
        let reserved = |article: &str| {
            let whole = article.split('(').next().unwrap_or(article);
            let status = self.status(instrument, asked, known);
            self.reservations(instrument, known).any(|one| {
                one.party == *asked
                    && one.side != Side::Asking
                    && (one.article == article || one.article == whole)
                    && one.has_effect(status, on)
            })
        };
        let test = |article: &str, effect: &str| match effect {
            "may_refuse_if_reserved" if reserved(article) => Test::Reserved,
            "may_refuse_if_reserved" => Test::OnlyIfReserved,
            _ => Test::May,
        };
        rows.iter()
            .map(|row| DualCriminality {
                article: row.article.clone(),
                test: test(&row.article, &row.effect),
            })
            .collect()
    }

    fn sections(&self, party: &PartyCode, offence: &Offence, on: Date) -> Vec<Section> {
        let laws = self.national_laws(party).filter(|law| law.is_in_force(on));
        let made = laws.flat_map(|law| {
            let of_it = law.offences.iter().filter(|one| one.offence == offence.code);
            of_it.map(move |one| Section {
                law: law.title.clone(),
                section: one.section.clone(),
                treaty_article: one.treaty_article.clone(),
                penalty: one.penalty.clone(),
            })
        });
        made.collect()
    }
}
