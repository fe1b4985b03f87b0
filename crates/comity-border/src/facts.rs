//! The facts that policies speak about, worked out from request, subject, standing and register. Whatever needs a date,
//! a set or a rule of the treaties is computed here, so that a policy is one plain sentence.

use crate::{
    basis::{Finding, Matter, both_bound},
    request::{Consent, Direction, Request, TransferGround},
    standing::Standing,
    subject::Subject,
    words::words,
};
use comity_law::{
    Register,
    vocabulary::{Field, TreatyBasis},
};
use comity_record::{
    Date, PartyCode,
    label::{Category, Onward, Personal, Purpose, Retention, Sovereign},
};
use std::collections::BTreeSet;

words! {
    /// The ground for a transfer of personal data.
    Ground, "transfer ground":
    /// The data is not personal.
    0 NotPersonal "not-personal"
    /// Both parties are bound by Convention 108.
    1 BindingInstrument "binding-instrument"
    /// An adequacy decision.
    2 Adequacy "adequacy"
    /// Assessed safeguards.
    3 AssessedSafeguards "assessed-safeguards"
    /// A derogation.
    4 Derogation "derogation"
    /// None.
    5 Missing "missing"
}

words! {
    /// The consent of every third party whose information it is; the weakest counts.
    ConsentState, "consent":
    /// Valid on the day.
    0 Valid "valid"
    /// Run out.
    1 Expired "expired"
    /// None.
    2 None "none"
}

/// The facts of one judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The purpose needs no treaty basis.
    pub voluntary: bool,
    /// Data of a case.
    pub case_data: bool,
    /// A coercive measure.
    pub coercive: bool,
    /// A legal basis is needed.
    pub needs_basis: bool,
    /// What is asked.
    pub matter: Matter,
    /// What it rests on.
    pub finding: Finding,
    /// The ground for personal data.
    pub ground: Ground,
    /// The decision or assessment behind the ground.
    pub ground_reference: Option<String>,
    /// Third parties whose information it is.
    pub third_parties: BTreeSet<PartyCode>,
    /// Their consent.
    pub consent: ConsentState,
    /// The onward label lists the recipient.
    pub onward_listed: bool,
    /// Recipient and third parties are bound by the instrument relied on.
    pub onward_within: bool,
    /// A letter of the peer is accepted.
    pub peer_known: bool,
    /// Dealings with the peer are suspended.
    pub peer_suspended: bool,
    /// Every party on the way is known and not suspended.
    pub way_known: bool,
    /// An agreement covers the classification.
    pub security_agreement: bool,
    /// A request asks in bulk.
    pub bulk: bool,
    /// Collection in real time without an end ahead.
    pub no_end_date: bool,
    /// A request names no offence.
    pub no_offence: bool,
    /// The retention has ended.
    pub retention_ended: bool,
    /// Somebody else than its author passes it on before the embargo's day.
    pub embargoed: bool,
    /// Its author narrowed the audience, and the recipient is not in it.
    pub outside_audience: bool,
    /// The next day on which a fact may change.
    pub next_threshold: Option<Date>,
}

/// Categories that are data of a case wherever they appear: those of the conventions, and data about persons.
const OF_CASES: &[Category] = &[
    Category::Subscriber,
    Category::Traffic,
    Category::Content,
    Category::Identity,
    Category::Biometric,
    Category::Financial,
];

/// Measures that collect in real time.
const REAL_TIME: &[&str] = &["real_time_traffic", "interception_content"];

/// The convention that is a binding instrument for transfers of personal data.
const DATA_PROTECTION: &str = "coe-108";

impl Facts {
    /// Works the facts out.
    pub fn of(register: &Register, standing: &Standing, subject: &Subject, request: &Request) -> Facts {
        let working = Working { register, standing, subject, request, on: request.on() };
        let matter = Matter::of(subject, request, register);
        let measure = register.measure(&matter.measure);
        let is_criminal = measure.is_none_or(|measure| measure.field == Field::Criminal);
        let is_request = subject.kind == "request";
        let is_step = subject.kind == "case-event" && request.case.is_some();
        let of_a_thread = is_request || is_step || ["answer", "evidence"].contains(&subject.kind.as_str());
        let voluntary = working.is_voluntary();
        let case_data = (of_a_thread && is_criminal)
            || OF_CASES.iter().any(|category| subject.labels.category.contains(category));
        let coercive = matter.stated && measure.is_some_and(|measure| measure.coercive.is_yes());
        let is_personal = subject.labels.personal != Personal::None;
        let needs_basis = !voluntary || is_personal || case_data || coercive;
        let finding = if needs_basis {
            Finding::of(&matter, subject, request, register)
        } else {
            Finding::not_needed()
        };
        let (ground, ground_reference) = working.ground();
        let third_parties = working.third_parties();
        let (consent, consent_change) = working.consent(&third_parties);
        let emergency = request.purpose == Purpose::EmergencyLife;
        let until = subject.asked.as_ref().and_then(|asked| asked.until);
        let real_time = is_request && REAL_TIME.contains(&matter.measure.as_str());
        let asks_register = needs_basis || is_personal || subject.labels.onward == Onward::WithinInstrument;
        let next_threshold = working.next_threshold(asks_register, &third_parties, consent_change, until);
        Facts {
            voluntary,
            case_data,
            coercive,
            needs_basis,
            ground,
            ground_reference,
            consent,
            onward_listed: matches!(&subject.labels.onward, Onward::Listed(parties) if parties.contains(&request.to)),
            onward_within: working.onward_within(&finding, &third_parties),
            peer_known: standing.entries().peers.contains(request.peer()),
            peer_suspended: working.is_suspended(request.peer()),
            way_known: working.way_known(),
            security_agreement: working.security_agreement(),
            bulk: subject.asked.as_ref().is_some_and(|asked| !asked.bounded),
            no_end_date: real_time && until.is_none_or(|until| until < working.on),
            no_offence: is_request && is_criminal && matter.offence.is_none() && !emergency,
            retention_ended: matches!(subject.labels.retention, Some(Retention::Until(day)) if day < working.on),
            embargoed: subject.author != request.from
                && subject.labels.embargo_until.is_some_and(|day| working.on < day),
            outside_audience: subject.author != request.to
                && subject.audience.as_ref().is_some_and(|audience| !audience.contains(&request.to)),
            matter,
            finding,
            third_parties,
            next_threshold,
        }
    }
}

struct Working<'a> {
    register: &'a Register,
    standing: &'a Standing,
    subject: &'a Subject,
    request: &'a Request,
    on: Date,
}

impl<'a> Working<'a> {
    /// A purpose that the register does not know needs a basis.
    fn is_voluntary(&self) -> bool {
        let purpose = self.register.purpose(self.request.purpose.as_str());
        purpose.is_some_and(|purpose| purpose.treaty_basis == TreatyBasis::NotRequired)
    }

    /// Author and origin, where they are neither sender nor receiver.
    fn third_parties(&self) -> BTreeSet<PartyCode> {
        let parties = [&self.subject.author, self.subject.origin()].into_iter();
        parties.filter(|party| **party != self.request.from && **party != self.request.to).cloned().collect()
    }

    /// The consents that this side may rely on: its own entries when it sends, the sender's word when it receives.
    fn consents(&self) -> &'a [Consent] {
        match self.request.direction {
            Direction::Sending => &self.standing.entries().consents,
            Direction::Receiving => &self.request.consents,
        }
    }

    fn consent(&self, third_parties: &BTreeSet<PartyCode>) -> (ConsentState, Option<Date>) {
        let mut weakest = if third_parties.is_empty() { ConsentState::None } else { ConsentState::Valid };
        let mut change = None;
        for party in third_parties {
            let covers =
                |consent: &&Consent| consent.by == *party && consent.covers(self.subject, self.request);
            let covering = || self.consents().iter().filter(covers);
            change = earliest(change, covering().filter_map(|c| c.period().next_change(self.on)).min());
            let state = if covering().any(|consent| consent.period().holds(self.on)) {
                ConsentState::Valid
            } else if covering().any(|consent| consent.period().is_over(self.on)) {
                ConsentState::Expired
            } else {
                ConsentState::None
            };
            weakest = weakest.max(state);
        }
        (weakest, change)
    }

    fn onward_within(&self, finding: &Finding, third_parties: &BTreeSet<PartyCode>) -> bool {
        let Some((instrument, _)) = &finding.relied_on else { return false };
        let parties = third_parties.iter().chain([&self.request.to]);
        self.subject.labels.onward == Onward::WithinInstrument
            && both_bound(self.register, instrument, parties, self.on)
    }

    fn is_suspended(&self, party: &PartyCode) -> bool {
        let suspensions = &self.standing.entries().suspensions;
        suspensions.iter().any(|suspension| suspension.peer == *party && suspension.period.holds(self.on))
    }

    fn way_known(&self) -> bool {
        self.request.via.iter().all(|party| {
            let is_end = *party == self.request.from || *party == self.request.to;
            is_end || (self.standing.entries().peers.contains(party) && !self.is_suspended(party))
        })
    }

    fn security_agreement(&self) -> bool {
        let Sovereign::Classified { level, scheme } = &self.subject.labels.sovereign else { return false };
        self.standing.entries().security.iter().any(|agreement| {
            agreement.peer == *self.request.peer()
                && agreement.scheme == *scheme
                && agreement.levels.contains(level)
                && agreement.period.holds(self.on)
        })
    }

    /// The ground for a transfer and the decision behind it. A receiver cannot look into the sender's decisions: it takes
    /// a stated adequacy decision or assessment as the sender's word, which is in both ledgers.
    fn ground(&self) -> (Ground, Option<String>) {
        if self.subject.labels.personal == Personal::None {
            return (Ground::NotPersonal, None);
        }
        match &self.request.transfer_ground {
            None => [
                TransferGround::BindingInstrument,
                TransferGround::Adequacy,
                TransferGround::AssessedSafeguards,
            ]
            .iter()
            .filter(|ground| {
                self.request.direction == Direction::Sending || **ground == TransferGround::BindingInstrument
            })
            .find_map(|ground| self.stated_ground(ground))
            .unwrap_or((Ground::Missing, None)),
            Some(stated) => self.stated_ground(stated).unwrap_or((Ground::Missing, None)),
        }
    }

    fn stated_ground(&self, stated: &TransferGround) -> Option<(Ground, Option<String>)> {
        let entries = self.standing.entries();
        let ends = [&self.request.from, &self.request.to];
        match stated {
            TransferGround::BindingInstrument => both_bound(self.register, DATA_PROTECTION, ends, self.on)
                .then(|| (Ground::BindingInstrument, Some(format!("{DATA_PROTECTION} 12")))),
            TransferGround::Adequacy => {
                self.pair(&entries.adequacy).map(|text| (Ground::Adequacy, Some(text)))
            }
            TransferGround::AssessedSafeguards => {
                self.pair(&entries.safeguards).map(|text| (Ground::AssessedSafeguards, Some(text)))
            }
            TransferGround::Derogation { letter, by } => derogation_covers(*letter, self.request.purpose)
                .then(|| (Ground::Derogation, Some(format!("led 38(1)({letter}) (answered for by {by})")))),
            TransferGround::NotPersonal => None,
        }
    }

    fn pair(&self, pairs: &[crate::standing::Pair]) -> Option<String> {
        if self.request.direction == Direction::Receiving {
            return Some(format!("as stated by {}", self.request.from));
        }
        let holds = |pair: &&crate::standing::Pair| {
            pair.from == self.request.from && pair.to == self.request.to && pair.period.holds(self.on)
        };
        pairs.iter().find(holds).map(|pair| pair.reference.clone())
    }

    /// The earliest day on which anything that was looked at may change. It may name a day on which nothing changes.
    fn next_threshold(
        &self,
        asks_register: bool,
        third_parties: &BTreeSet<PartyCode>,
        consent_change: Option<Date>,
        until: Option<Date>,
    ) -> Option<Date> {
        let entries = self.standing.entries();
        let ends = [&self.request.from, &self.request.to];
        let on_the_way =
            |party: &PartyCode| *party == *self.request.peer() || self.request.via.contains(party);
        let suspensions = entries.suspensions.iter().filter(|s| on_the_way(&s.peer)).map(|s| s.period);
        let pairs = entries.adequacy.iter().chain(&entries.safeguards);
        let pairs = pairs.filter(|pair| ends == [&pair.from, &pair.to]).map(|pair| pair.period);
        let agreements = entries.security.iter().filter(|a| a.peer == *self.request.peer()).map(|a| a.period);
        let periods = suspensions.chain(pairs).chain(agreements);
        let mut next =
            earliest(consent_change, periods.filter_map(|period| period.next_change(self.on)).min());
        let last_days = [until, retention_end(self.subject.labels.retention)];
        for last_day in last_days.into_iter().flatten() {
            next = earliest(next, Some(last_day.plus_days(1)).filter(|day| *day > self.on));
        }
        next = earliest(next, self.subject.labels.embargo_until.filter(|day| *day > self.on));
        if asks_register {
            let mut parties: Vec<PartyCode> = third_parties.iter().cloned().collect();
            parties.extend(ends.into_iter().cloned());
            next = earliest(next, self.register.next_threshold(self.on, &parties));
        }
        next
    }
}

fn retention_end(retention: Option<Retention>) -> Option<Date> {
    match retention {
        Some(Retention::Until(day)) => Some(day),
        _ => None,
    }
}

impl Consent {
    /// Whether it is for this recipient, record and purpose.
    pub(crate) fn covers(&self, subject: &Subject, request: &Request) -> bool {
        self.to == request.to
            && self.record.is_none_or(|record| subject.record == Some(record))
            && self.purpose.is_none_or(|purpose| purpose == request.purpose)
    }
}

/// LED article 38(1): vital interests, legitimate interests of the person, an immediate threat, individual cases, legal
/// claims. A derogation is read narrowly: each letter has its purposes.
fn derogation_covers(letter: char, purpose: Purpose) -> bool {
    let case =
        matches!(purpose, Purpose::CriminalInvestigation | Purpose::Prosecution | Purpose::Preservation);
    match letter {
        'a' => purpose == Purpose::EmergencyLife,
        'b' | 'd' => case,
        'c' => matches!(purpose, Purpose::EmergencyLife | Purpose::IncidentResponse),
        'e' => purpose == Purpose::Prosecution,
        _ => false,
    }
}

fn earliest(a: Option<Date>, b: Option<Date>) -> Option<Date> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
