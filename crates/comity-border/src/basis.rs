//! The legal basis of a crossing: the register's answer, and what of it the crossing rests on.
//!
//! The releasing party is the asked one and the receiving party the asking one; a request is judged as what it asks for,
//! an answer under the basis of its request.

use crate::{
    request::{Basis, Case, Request},
    subject::Subject,
    words::words,
};
use comity_law::{
    Answer, Candidate, MeasureCode, OffenceCode, Organised, Outcome, Penalty, PurposeMeasures, Query,
    Register,
};
use comity_record::{Date, PartyCode};
use minicbor::{Decode, Encode};
use serde::Serialize;

words! {
    /// What the crossing rests on, or why it rests on nothing.
    BasisFound, "basis":
    /// An article in force between both.
    0 Available "available"
    /// An article whose open condition an authority confirmed.
    1 ConditionalConfirmed "conditional-confirmed"
    /// A recorded assurance.
    2 Assurance "assurance"
    /// Another basis that an authority named.
    3 Other "other"
    /// Danger to life, declared by an officer.
    4 Emergency "emergency"
    /// Only articles whose condition nobody has confirmed.
    5 Conditional "conditional"
    /// Only articles that the depositary must settle.
    6 Unsettled "unsettled"
    /// Only soft law, which supports and does not bind.
    7 Supports "supports"
    /// Only articles that are excluded.
    8 Excluded "excluded"
    /// Nothing that fits, or nothing was needed.
    9 None "none"
}

/// What is asked, of whichever source: the request itself, the thread it belongs to, or the purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// A code of measures.csv.
    pub measure: String,
    /// A code of offences.csv.
    pub offence: Option<String>,
    /// The greatest penalty in years.
    pub penalty: Option<u8>,
    /// Whether an organised group is involved.
    pub organised: Option<bool>,
    /// Whether record or thread named it; else it comes from the purpose.
    pub stated: bool,
}

/// An article that was considered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Considered {
    /// The instrument.
    #[n(0)]
    pub instrument: String,
    /// The article.
    #[n(1)]
    pub article: String,
    /// The outcome of design section 7: available, conditional, unsettled, supports, excluded.
    #[n(2)]
    pub outcome: String,
    /// Every reason, such as `no-record:XC`.
    #[n(3)]
    pub reasons: Vec<String>,
    /// The codes of open conditions.
    #[n(4)]
    pub conditions: Vec<String>,
    /// How well it is supported: verified or unverified.
    #[n(5)]
    pub grade: String,
    /// The oldest date it rests on.
    #[n(6)]
    pub as_of: Option<String>,
    /// Whether the crossing rests on it.
    #[n(7)]
    pub relied_on: bool,
    /// What would lift the reasons, one sentence each.
    #[n(8)]
    pub lifted_by: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What the crossing rests on.
    pub found: BasisFound,
    /// The article it rests on.
    pub relied_on: Option<(String, String)>,
    /// Every article considered, best first.
    pub considered: Vec<Considered>,
    /// What the asked party's own law says of helping without a treaty: the status word.
    pub without_treaty: Option<String>,
    /// Why the register could not be asked.
    pub fault: Option<String>,
    /// The citation of a basis that is no article.
    pub named: Option<String>,
}

impl Matter {
    /// What is asked.
    pub fn of(subject: &Subject, request: &Request, register: &Register) -> Matter {
        if let Some(asked) = &subject.asked {
            return Matter {
                measure: asked.measure.clone(),
                offence: asked.offence.clone(),
                penalty: asked.penalty,
                organised: asked.organised,
                stated: true,
            };
        }
        match &request.case {
            Some(case) => Matter::of_case(case),
            None => Matter::of_purpose(request, register),
        }
    }

    fn of_case(case: &Case) -> Matter {
        Matter {
            measure: case.measure.clone(),
            offence: case.offence.clone(),
            penalty: case.penalty,
            organised: case.organised,
            stated: true,
        }
    }

    /// The first measure of the purpose; for a purpose that takes the measure of its request, assistance in general.
    fn of_purpose(request: &Request, register: &Register) -> Matter {
        let measures = register.purpose(request.purpose.as_str()).map(|purpose| &purpose.measures);
        let first = match measures {
            Some(PurposeMeasures::These(measures)) => {
                measures.first().map(|measure| measure.as_str().to_owned())
            }
            _ => None,
        };
        let measure = first.unwrap_or_else(|| MeasureCode::GENERAL_MLA.to_owned());
        Matter { measure, offence: None, penalty: None, organised: None, stated: false }
    }
}

impl Finding {
    /// Nothing was asked, since nothing is needed.
    pub(crate) fn not_needed() -> Finding {
        Finding {
            found: BasisFound::None,
            relied_on: None,
            considered: Vec::new(),
            without_treaty: None,
            fault: None,
            named: None,
        }
    }

    /// Asks the register and weighs what the crossing cites.
    pub(crate) fn of(matter: &Matter, subject: &Subject, request: &Request, register: &Register) -> Finding {
        let mut finding = Finding::not_needed();
        match ask(matter, subject, request, register) {
            Ok(answer) => finding.weigh(&answer, request),
            Err(fault) => finding.fault = Some(fault),
        }
        finding.take_named(request);
        finding
    }

    /// Chooses among the articles: the one cited, else the best.
    fn weigh(&mut self, answer: &Answer, request: &Request) {
        // Of equals, the article made for the measure comes before one on assistance in general.
        let worth = |candidate: &&Candidate| (rate(candidate, request), candidate.through.is_some());
        let chosen = match &request.legal_basis {
            Some(Basis::Instrument { instrument, article }) => {
                answer.candidates.iter().filter(|c| c.is_under(instrument, article)).min_by_key(worth)
            }
            Some(_) => None,
            None => answer.candidates.iter().min_by_key(worth),
        };
        if let Some(chosen) = chosen {
            self.found = rate(chosen, request);
        }
        let rests = matches!(self.found, BasisFound::Available | BasisFound::ConditionalConfirmed);
        let relied_on = chosen.filter(|_| rests);
        self.relied_on = relied_on.map(|c| (c.instrument.as_str().to_owned(), c.article.clone()));
        self.considered = answer
            .candidates
            .iter()
            .map(|candidate| {
                considered(candidate, relied_on.is_some_and(|chosen| std::ptr::eq(chosen, candidate)))
            })
            .collect();
        self.without_treaty = Some(answer.without_treaty.status.as_str().to_owned());
    }

    /// A basis that an officer named. Its absence of text names nothing.
    fn take_named(&mut self, request: &Request) {
        let (found, text, by) = match &request.legal_basis {
            Some(Basis::Assurance { text, by }) => (BasisFound::Assurance, text, by),
            Some(Basis::Other { name, by }) => (BasisFound::Other, name, by),
            Some(Basis::Emergency { danger, by }) => (BasisFound::Emergency, danger, by),
            Some(Basis::Instrument { .. }) | None => return,
        };
        if text.trim().is_empty() {
            return;
        }
        self.found = found;
        self.named = Some(format!("{found}: {text} (recorded by {by})"));
    }
}

/// Whether both parties are bound by an instrument on a day.
pub(crate) fn both_bound<'a>(
    register: &Register,
    instrument: &str,
    parties: impl IntoIterator<Item = &'a PartyCode>,
    on: Date,
) -> bool {
    parties.into_iter().all(|party| {
        let standing = register.standing(instrument, party, on, None);
        standing.is_ok_and(|of| of.standing == comity_law::Standing::Bound)
    })
}

fn ask(matter: &Matter, subject: &Subject, request: &Request, register: &Register) -> Result<Answer, String> {
    // A request travels from the asking to the asked party, a step in a case in both directions; everything else is
    // released by the asked party.
    let said = request.case.as_ref().and_then(|case| case.asking.as_ref());
    let (asking, asked) = match subject.kind.as_str() {
        // One that its author lost and that is given back to it is still its author's.
        "request" if said == Some(&request.to) && subject.author == request.to => {
            (&request.to, &request.from)
        }
        "request" => (&request.from, &request.to),
        "case-event" if said == Some(&request.from) => (&request.from, &request.to),
        _ => (&request.to, &request.from),
    };
    let measure: MeasureCode =
        matter.measure.parse().map_err(|why: comity_law::BadLawCode| why.to_string())?;
    let mut query = Query::new(asking.clone(), asked.clone(), measure, request.on());
    let offence = matter.offence.as_deref().map(str::parse::<OffenceCode>).transpose();
    query.offence = offence.map_err(|why| why.to_string())?;
    query.penalty = matter.penalty.map(|years| Penalty::years(u16::from(years)));
    query.organised = matter.organised.map(|yes| if yes { Organised::Yes } else { Organised::No });
    register.bases(&query).map_err(|why| why.to_string())
}

/// What a candidate is worth to this crossing, best first.
fn rate(candidate: &Candidate, request: &Request) -> BasisFound {
    match candidate.outcome {
        Outcome::Available => BasisFound::Available,
        Outcome::Conditional if is_confirmed(candidate, request) => BasisFound::ConditionalConfirmed,
        Outcome::Conditional => BasisFound::Conditional,
        Outcome::Unsettled => BasisFound::Unsettled,
        Outcome::Supports => BasisFound::Supports,
        Outcome::Excluded => BasisFound::Excluded,
    }
}

/// Whether every open condition is confirmed, for this very article.
fn is_confirmed(candidate: &Candidate, request: &Request) -> bool {
    candidate.conditions.iter().all(|condition| {
        request.confirmed.iter().any(|confirmed| {
            confirmed.instrument == candidate.instrument.as_str()
                && confirmed.article == candidate.article
                && confirmed.condition == condition.code.as_str()
        })
    })
}

fn considered(candidate: &Candidate, relied_on: bool) -> Considered {
    let mut lifted_by: Vec<String> = candidate.reasons.iter().map(comity_law::Reason::lifted_by).collect();
    lifted_by.dedup();
    Considered {
        instrument: candidate.instrument.as_str().to_owned(),
        article: candidate.article.clone(),
        outcome: candidate.outcome.as_str().to_owned(),
        reasons: candidate.reasons.iter().map(ToString::to_string).collect(),
        conditions: candidate.conditions.iter().map(|condition| condition.code.as_str().to_owned()).collect(),
        grade: candidate.grade.as_str().to_owned(),
        as_of: candidate.as_of.map(|date| date.to_string()),
        relied_on,
        lifted_by,
    }
}
