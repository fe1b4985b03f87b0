//! The decision: verdict, reasons, duties, and the inputs it was made from. Its canonical bytes are what an entry of the
//! ledger commits to; it reads by itself, years later, without the packs.

use crate::{
    Code,
    basis::{BasisFound, Considered},
    facts::Ground,
    obligation::Obligations,
    request::{Direction, Request},
    words::words,
};
use comity_record::{Canonical, Date, Hash, PartyCode, RecordId, Timestamp, label::Purpose};
use minicbor::{Decode, Encode};
use std::{collections::BTreeSet, sync::Arc};

words! {
    /// The outcome.
    Verdict, "verdict":
    /// It may cross, with the duties listed.
    0 Cleared "cleared"
    /// The record itself stays; a record made from it by redaction may be put to the border.
    1 RedactFirst "redact-first"
    /// It does not cross.
    2 Refused "refused"
}

/// A policy that applied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct PolicyRef {
    /// Its id.
    #[n(0)]
    pub id: String,
    /// What it rests on.
    #[n(1)]
    pub citation: String,
    /// What it says, in a sentence; for a policy taken from the principles, that it is the party's own.
    #[n(2)]
    pub reason: String,
    /// Of a forbid: what would lift it.
    #[n(3)]
    pub lift: Option<String>,
}

/// What was missing where nothing permits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Missing {
    /// The code.
    #[n(0)]
    pub code: Code,
    /// The nearest permit that asks for it.
    #[n(1)]
    pub permit: Option<String>,
    /// What is missing, in a sentence.
    #[n(2)]
    pub what: String,
    /// What would lift it.
    #[n(3)]
    pub lift: String,
}

/// What the border says, the same for every record of one class until the next date threshold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ruling {
    /// The outcome.
    #[n(0)]
    pub verdict: Verdict,
    /// The codes of a refusal, most telling first; empty for a clearance.
    #[n(1)]
    pub codes: Vec<Code>,
    /// Permits that applied.
    #[n(2)]
    pub permits: Vec<PolicyRef>,
    /// Forbids that applied.
    #[n(3)]
    pub forbids: Vec<PolicyRef>,
    /// What was missing.
    #[n(4)]
    pub missing: Vec<Missing>,
    /// The duties that come with it.
    #[n(5)]
    pub obligations: Obligations,
    /// The fields to redact first.
    #[n(6)]
    pub redact: BTreeSet<String>,
    /// What it rests on.
    #[n(7)]
    pub basis: BasisFound,
    /// The articles considered.
    #[n(8)]
    pub considered: Vec<Considered>,
    /// The ground for personal data.
    #[n(9)]
    pub ground: Ground,
    /// Everything relied on: articles, competence entries, named bases, grounds, and what the permits rest on.
    #[n(10)]
    pub citations: Vec<String>,
    /// The first day on which the ruling may change without any input but the date changing.
    #[n(11)]
    pub next_threshold: Option<Date>,
    /// What the asked party's own law says of helping without a treaty, where it was asked.
    #[n(12)]
    pub without_treaty: Option<String>,
}

/// The decision on one crossing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the border says.
    pub ruling: Arc<Ruling>,
    /// The record; `None` where labels alone were examined.
    pub record: Option<RecordId>,
    /// Which side judged.
    pub direction: Direction,
    /// The sending party.
    pub from: PartyCode,
    /// The receiving party.
    pub to: PartyCode,
    /// What for.
    pub purpose: Purpose,
    /// The judging node's recorded time.
    pub at: Timestamp,
    /// Hash of the packs.
    pub pack: Hash,
    /// Hash of the register.
    pub register: Hash,
    /// Hash of the standing.
    pub standing: Hash,
    /// Hash of the request.
    pub request: Hash,
    /// Hash of the subject.
    pub subject: Hash,
    /// The version of the judging engine.
    pub engine: String,
}

/// The form of a decision on the wire and in the log.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Form {
    #[n(0)]
    ruling: Ruling,
    #[n(1)]
    record: Option<RecordId>,
    #[n(2)]
    direction: Direction,
    #[n(3)]
    from: PartyCode,
    #[n(4)]
    to: PartyCode,
    #[n(5)]
    purpose: Purpose,
    #[n(6)]
    at: Timestamp,
    #[n(7)]
    pack: Hash,
    #[n(8)]
    register: Hash,
    #[n(9)]
    standing: Hash,
    #[n(10)]
    request: Hash,
    #[n(11)]
    subject: Hash,
    #[n(12)]
    engine: String,
}

impl<C> Encode<C> for Decision {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let form = Form {
            ruling: (*self.ruling).clone(),
            record: self.record,
            direction: self.direction,
            from: self.from.clone(),
            to: self.to.clone(),
            purpose: self.purpose,
            at: self.at,
            pack: self.pack,
            register: self.register,
            standing: self.standing,
            request: self.request,
            subject: self.subject,
            engine: self.engine.clone(),
        };
        form.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for Decision {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let form = Form::decode(d, ctx)?;
        Ok(Decision {
            ruling: Arc::new(form.ruling),
            record: form.record,
            direction: form.direction,
            from: form.from,
            to: form.to,
            purpose: form.purpose,
            at: form.at,
            pack: form.pack,
            register: form.register,
            standing: form.standing,
            request: form.request,
            subject: form.subject,
            engine: form.engine,
        })
    }
}

impl Canonical for Decision {
    const NAME: &'static str = "a decision";
    const LIMIT: usize = 256 * 1024;
}

impl Ruling {
    /// The first code; `None` for a clearance.
    pub fn code(&self) -> Option<Code> {
        self.codes.first().copied()
    }

    /// Whether the record itself may cross.
    pub fn is_cleared(&self) -> bool {
        self.verdict == Verdict::Cleared
    }

    /// Every reason of a refusal, in words.
    pub fn reasons(&self) -> Vec<&str> {
        let forbids = self.forbids.iter().map(|policy| policy.reason.as_str());
        forbids.chain(self.missing.iter().map(|missing| missing.what.as_str())).collect()
    }

    /// Everything that would have to be lifted for the record to cross.
    pub fn lifts(&self) -> Vec<&str> {
        let forbids = self.forbids.iter().filter_map(|policy| policy.lift.as_deref());
        let mut lifts: Vec<&str> =
            forbids.chain(self.missing.iter().map(|missing| missing.lift.as_str())).collect();
        let mut seen = BTreeSet::new();
        lifts.retain(|lift| seen.insert(*lift));
        lifts
    }
}

impl Decision {
    /// The party whose border judged.
    pub fn own(&self) -> &PartyCode {
        match self.direction {
            Direction::Sending => &self.from,
            Direction::Receiving => &self.to,
        }
    }

    /// Whether it is the decision on this request.
    pub fn is_on(&self, request: &Request) -> bool {
        self.request == request.hash()
    }
}
