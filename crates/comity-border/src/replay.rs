//! Replay: a past decision judged again from its recorded inputs. It gives the same verdict, policies and obligations.

use crate::{
    decide::rule,
    decision::{Decision, PolicyRef, Ruling},
    pack::Packs,
    request::Request,
    standing::Standing,
    subject::Subject,
};
use comity_law::Register;
use comity_record::{Canonical, ENGINE_VERSION, Hash};

/// The recorded inputs of a decision. What was erased is `None`.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The packs of that time.
    pub packs: Option<&'a Packs>,
    /// The register of that time.
    pub register: Option<&'a Register>,
    /// The standing of that time.
    pub standing: Option<&'a Standing>,
    /// What was looked at of the record.
    pub subject: Option<&'a Subject>,
    /// The request.
    pub request: Option<&'a Request>,
}

/// The outcome of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The same verdict, policies and obligations.
    Same,
    /// Another ruling: this one.
    Different {
        /// What the border says now.
        now: Box<Ruling>,
        /// Whether another version of the engine judged then.
        other_engine: bool,
    },
    /// These inputs are not those of the decision.
    OtherInputs(Vec<&'static str>),
    /// These inputs were erased; the decision's hash still stands in the ledger.
    InputsErased(Vec<&'static str>),
}

/// Judges again and compares.
pub fn replay(inputs: Inputs<'_>, decision: &Decision) -> Replay {
    let (Some(packs), Some(register), Some(standing), Some(subject), Some(request)) =
        (inputs.packs, inputs.register, inputs.standing, inputs.subject, inputs.request)
    else {
        return Replay::InputsErased(inputs.erased());
    };
    let compared: [(&'static str, Hash, Hash); 5] = [
        ("packs", packs.hash(), decision.pack),
        ("register", register.hash(), decision.register),
        ("standing", standing.hash(), decision.standing),
        ("subject", subject.hash(), decision.subject),
        ("request", request.hash(), decision.request),
    ];
    let other: Vec<_> =
        compared.into_iter().filter(|(_, now, then)| now != then).map(|(name, ..)| name).collect();
    if !other.is_empty() {
        return Replay::OtherInputs(other);
    }
    let now = rule(packs, register, standing, subject, request);
    if agree(&now, &decision.ruling) {
        return Replay::Same;
    }
    Replay::Different { now: Box::new(now), other_engine: decision.engine != ENGINE_VERSION }
}

/// Whether two rulings are the same in substance: all but the wording of explanations.
fn agree(a: &Ruling, b: &Ruling) -> bool {
    let ids = |policies: &[PolicyRef]| policies.iter().map(|policy| policy.id.clone()).collect::<Vec<_>>();
    a.verdict == b.verdict
        && a.codes == b.codes
        && ids(&a.permits) == ids(&b.permits)
        && ids(&a.forbids) == ids(&b.forbids)
        && a.obligations == b.obligations
        && a.redact == b.redact
        && a.basis == b.basis
        && a.ground == b.ground
        && a.citations == b.citations
        && a.next_threshold == b.next_threshold
}

impl Inputs<'_> {
    fn erased(&self) -> Vec<&'static str> {
        let held = [
            ("packs", self.packs.is_some()),
            ("register", self.register.is_some()),
            ("standing", self.standing.is_some()),
            ("subject", self.subject.is_some()),
            ("request", self.request.is_some()),
        ];
        held.into_iter().filter(|(_, held)| !held).map(|(name, _)| name).collect()
    }
}
