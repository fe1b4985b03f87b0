//! From a decision to what may be done with it. Only [`judge`] (and the cache, which goes the same way) makes a
//! [`Cleared`], and only of a verified record.

use crate::{
    Code,
    cache::ClassCache,
    decide::{decide, decision},
    decision::{Decision, Verdict},
    obligation::Obligations,
    pack::Packs,
    request::{Direction, Request},
    standing::Standing,
    subject::Subject,
    words::words,
};
use comity_law::Register;
use comity_record::{
    Canonical, CrossingId, Date, Entry, EntryKind, Hash, PartyCode, RecordId, Timestamp, Verified,
    body::Narrowing,
};
use minicbor::{Decode, Encode};
use serde::Serialize;
use std::collections::BTreeSet;

/// What the border says of a verified record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It may cross.
    Cleared(Cleared),
    /// It stays; one made from it by redaction may be put to the border.
    RedactFirst(RedactFirst),
    /// It does not cross.
    Refusal(Refusal),
}

/// A record may cross, now and under these duties. There is no other maker of this type than the border.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    record: RecordId,
    decision: Decision,
}

/// A record stays until these fields are redacted. The derived record passes the border again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactFirst {
    record: RecordId,
    decision: Decision,
}

/// A record does not cross, for the reasons given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    record: RecordId,
    decision: Decision,
}

words! {
    /// An input that changed since a clearance.
    Changed, "changed input":
    /// The packs.
    0 Pack "pack"
    /// The register.
    1 Register "register"
    /// Consents, suspensions and other entries of the standing.
    2 Standing "standing"
    /// The day: a date threshold was reached, or the clock went back.
    3 Day "day"
}

words! {
    /// How much of a refusal the other party is told.
    Disclosure, "level of disclosure":
    /// That it was refused.
    0 Nothing "nothing"
    /// The codes.
    1 Codes "codes"
    /// The codes and the reasons in words.
    2 Reasons "reasons"
    /// All that, with citations and what would lift it.
    3 Full "full"
}

/// What the other party is told of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct DisclosedRefusal {
    /// The codes.
    #[n(0)]
    pub codes: Vec<Code>,
    /// The reasons, in words.
    #[n(1)]
    pub reasons: Vec<String>,
    /// What they rest on.
    #[n(2)]
    pub citations: Vec<String>,
    /// What would lift them.
    #[n(3)]
    pub lifts: Vec<String>,
}

impl Canonical for DisclosedRefusal {
    const NAME: &'static str = "a disclosed refusal";
}

/// Judges a verified record.
pub fn judge(
    packs: &Packs,
    register: &Register,
    standing: &Standing,
    record: &Verified,
    request: &Request,
) -> Judgement {
    let subject = Subject::of(record);
    Judgement::of(record.id(), decide(packs, register, standing, &subject, request))
}

/// Judges a verified record whose author narrowed its audience since it was signed.
pub fn judge_narrowed(
    packs: &Packs,
    register: &Register,
    standing: &Standing,
    record: &Verified,
    narrowing: &Narrowing,
    request: &Request,
) -> Judgement {
    let subject = Subject::of(record).narrowed(narrowing);
    Judgement::of(record.id(), decide(packs, register, standing, &subject, request))
}

/// Judges a verified record, with rulings of its class kept from earlier.
pub fn judge_cached(
    cache: &mut ClassCache,
    packs: &Packs,
    register: &Register,
    standing: &Standing,
    record: &Verified,
    request: &Request,
) -> Judgement {
    let subject = Subject::of(record);
    let ruling = cache.rule(packs, register, standing, &subject, request);
    Judgement::of(record.id(), decision(packs, register, standing, &subject, request, ruling))
}

impl Judgement {
    fn of(record: RecordId, decision: Decision) -> Judgement {
        match decision.ruling.verdict {
            Verdict::Cleared => Judgement::Cleared(Cleared { record, decision }),
            Verdict::RedactFirst => Judgement::RedactFirst(RedactFirst { record, decision }),
            Verdict::Refused => Judgement::Refusal(Refusal { record, decision }),
        }
    }

    /// The decision, whatever it is.
    pub fn decision(&self) -> &Decision {
        match self {
            Judgement::Cleared(cleared) => &cleared.decision,
            Judgement::RedactFirst(first) => &first.decision,
            Judgement::Refusal(refusal) => &refusal.decision,
        }
    }
}

impl Cleared {
    /// The record.
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The sending party.
    pub fn from(&self) -> &PartyCode {
        &self.decision.from
    }

    /// The receiving party.
    pub fn to(&self) -> &PartyCode {
        &self.decision.to
    }

    /// The crossing; the other node computes the same id.
    pub fn crossing(&self) -> CrossingId {
        CrossingId::of(&self.record, &self.decision.from, &self.decision.to)
    }

    /// The decision.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The duties that come with it.
    pub fn obligations(&self) -> &Obligations {
        &self.decision.ruling.obligations
    }

    /// The entry that this side's ledger takes: cleared by the sender, received by the receiver.
    pub fn entry(&self, at: Timestamp) -> Entry {
        let kind = match self.decision.direction {
            Direction::Sending => EntryKind::Cleared,
            Direction::Receiving => EntryKind::Received,
        };
        entry(kind, at, self.record, &self.decision)
    }

    /// What changed since, if anything did; then the record is judged again before it goes.
    pub fn changed(&self, pack: Hash, register: Hash, standing: Hash, on: Date) -> Option<Changed> {
        let decision = &self.decision;
        let reached = decision.ruling.next_threshold.is_some_and(|threshold| on >= threshold);
        if pack != decision.pack {
            Some(Changed::Pack)
        } else if register != decision.register {
            Some(Changed::Register)
        } else if standing != decision.standing {
            Some(Changed::Standing)
        } else if reached || on < decision.at.date() {
            Some(Changed::Day)
        } else {
            None
        }
    }

    /// Whether the clearance may still be acted on.
    pub fn still_stands(&self, pack: Hash, register: Hash, standing: Hash, on: Date) -> bool {
        self.changed(pack, register, standing, on).is_none()
    }
}

impl RedactFirst {
    /// The record that stays.
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The fields to redact. `personal` means all that the personal-data table names; the derived record's label then
    /// says `personal=none`. Any other field is listed by its name among the derived record's redacted selectors.
    pub fn fields(&self) -> &BTreeSet<String> {
        &self.decision.ruling.redact
    }

    /// The decision.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The refusal of the record itself, for where no derived record can be made.
    pub fn into_refusal(self) -> Refusal {
        Refusal { record: self.record, decision: self.decision }
    }
}

impl Refusal {
    /// The record.
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The crossing that did not take place.
    pub fn crossing(&self) -> CrossingId {
        CrossingId::of(&self.record, &self.decision.from, &self.decision.to)
    }

    /// The decision.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The first code.
    pub fn code(&self) -> Code {
        self.decision.ruling.code().unwrap_or(Code::NotPermitted)
    }

    /// The entry that this side's ledger takes.
    pub fn entry(&self, at: Timestamp) -> Entry {
        let kind = match self.decision.direction {
            Direction::Sending => EntryKind::Refused,
            Direction::Receiving => EntryKind::ReceptionRefused,
        };
        entry(kind, at, self.record, &self.decision)
    }

    /// What the other party is told.
    pub fn disclosed(&self, level: Disclosure) -> DisclosedRefusal {
        let ruling = &self.decision.ruling;
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let from = |least: Disclosure, texts: Vec<String>| if level >= least { texts } else { Vec::new() };
        let citations = ruling.forbids.iter().map(|policy| policy.citation.clone()).collect();
        DisclosedRefusal {
            codes: if level >= Disclosure::Codes { ruling.codes.clone() } else { Vec::new() },
            reasons: from(Disclosure::Reasons, owned(ruling.reasons())),
            citations: from(Disclosure::Full, citations),
            lifts: from(Disclosure::Full, owned(ruling.lifts())),
        }
    }
}

fn entry(kind: EntryKind, at: Timestamp, record: RecordId, decision: &Decision) -> Entry {
    let other = match decision.direction {
        Direction::Sending => &decision.to,
        Direction::Receiving => &decision.from,
    };
    Entry {
        counterparty: Some(other.clone()),
        record: Some(record),
        crossing: Some(CrossingId::of(&record, &decision.from, &decision.to)),
        decision: Some(decision.hash()),
        pack: Some(decision.pack),
        register: Some(decision.register),
        request: Some(decision.request),
        engine: Some(decision.engine.clone()),
        ..Entry::new(kind, at, decision.own().clone())
    }
}
