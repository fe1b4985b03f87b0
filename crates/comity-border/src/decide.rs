//! `decide`: pure and total. It takes what is known and says what follows; it reads no clock, no file and no network, and
//! there is no input for which it fails. What cannot be evaluated is refused.

use crate::{
    Code,
    decision::{Decision, Missing, PolicyRef, Ruling, Verdict},
    evaluate::{Answers, Case, PolicyError, conditions, evaluate},
    facts::Facts,
    missing::missing,
    obligation::{DutyKind, Obligation, Obligations, Owner, Terms},
    pack::{Effect, Packs},
    request::{Direction, Request},
    standing::Standing,
    subject::Subject,
};
use comity_law::Register;
use comity_record::{
    Canonical, ENGINE_VERSION, Labels,
    label::{Category, Personal},
};
use std::{collections::BTreeSet, sync::Arc};

/// The field of a redaction that means all personal data.
pub const PERSONAL: &str = "personal";

/// The judgement whether a record may cross from one party to another, at one of the two borders.
pub fn decide(
    packs: &Packs,
    register: &Register,
    standing: &Standing,
    subject: &Subject,
    request: &Request,
) -> Decision {
    let ruling = Arc::new(rule(packs, register, standing, subject, request));
    decision(packs, register, standing, subject, request, ruling)
}

/// Puts a ruling beside the inputs it was made from.
pub(crate) fn decision(
    packs: &Packs,
    register: &Register,
    standing: &Standing,
    subject: &Subject,
    request: &Request,
    ruling: Arc<Ruling>,
) -> Decision {
    Decision {
        ruling,
        record: subject.record,
        direction: request.direction,
        from: request.from.clone(),
        to: request.to.clone(),
        purpose: request.purpose,
        at: request.at,
        pack: packs.hash(),
        register: register.hash(),
        standing: standing.hash(),
        request: request.hash(),
        subject: subject.hash(),
        engine: ENGINE_VERSION.to_owned(),
    }
}

/// The ruling without its inputs.
pub(crate) fn rule(
    packs: &Packs,
    register: &Register,
    standing: &Standing,
    subject: &Subject,
    request: &Request,
) -> Ruling {
    let ruling = rule_as_it_is(packs, register, standing, subject, request);
    let to_redact = fields_to_redact(&ruling.obligations, subject);
    if to_redact.is_empty() || request.direction == Direction::Receiving {
        return without_discharged(ruling);
    }
    // The record itself may not leave. Whether redacting it helps is asked of the record as it would then be.
    let redacted = as_redacted(subject, &to_redact);
    let then = rule_as_it_is(packs, register, standing, &redacted, request);
    let mut then = without_discharged(then);
    if then.verdict == Verdict::Cleared {
        then.verdict = Verdict::RedactFirst;
        then.codes = vec![Code::RedactFirst];
        then.missing = vec![redact_first(&to_redact)];
        then.redact = to_redact;
    }
    then
}

fn rule_as_it_is(
    packs: &Packs,
    register: &Register,
    standing: &Standing,
    subject: &Subject,
    request: &Request,
) -> Ruling {
    let facts = Facts::of(register, standing, subject, request);
    let ruling = Case::new(packs, subject, request, &facts).and_then(|case| {
        let answers = evaluate(packs, &case)?;
        weigh(packs, subject, request, &facts, &case, answers)
    });
    ruling.unwrap_or_else(|error| refused_for_error(request, &facts, error))
}

/// A forbid decides alone; without one a permit is needed, and a clearance needs a citation.
fn weigh(
    packs: &Packs,
    subject: &Subject,
    request: &Request,
    facts: &Facts,
    case: &Case,
    answers: Answers,
) -> Result<Ruling, PolicyError> {
    let mut ruling = blank(facts);
    ruling.permits = answers.permits.iter().filter_map(|id| policy_ref(packs, id)).collect();
    ruling.forbids = answers.forbids.iter().filter_map(|id| policy_ref(packs, id)).collect();
    ruling.obligations = obligations(packs, subject, &answers);
    ruling.codes = codes_of(packs, &answers.forbids);
    if let Some(mismatch) = mismatch(subject, request) {
        ruling.missing.push(mismatch);
    }
    if ruling.permits.is_empty() {
        let holding = conditions(packs, case)?;
        ruling.missing.extend(missing(packs, request, facts, &holding));
    }
    for missing in &ruling.missing {
        if !ruling.codes.contains(&missing.code) {
            ruling.codes.push(missing.code);
        }
    }
    let clear = ruling.forbids.is_empty() && ruling.missing.is_empty();
    if clear {
        ruling.verdict = Verdict::Cleared;
        ruling.citations = citations(request, facts, &ruling.permits);
    }
    Ok(ruling)
}

/// A refusal that has no reasons yet.
fn blank(facts: &Facts) -> Ruling {
    Ruling {
        verdict: Verdict::Refused,
        codes: Vec::new(),
        permits: Vec::new(),
        forbids: Vec::new(),
        missing: Vec::new(),
        obligations: Obligations::new(),
        redact: BTreeSet::new(),
        basis: facts.finding.found,
        considered: facts.finding.considered.clone(),
        ground: facts.ground,
        citations: Vec::new(),
        next_threshold: facts.next_threshold,
        without_treaty: facts.finding.without_treaty.clone(),
    }
}

fn refused_for_error(request: &Request, facts: &Facts, error: PolicyError) -> Ruling {
    let missing = Missing {
        code: Code::PolicyError,
        permit: None,
        what: format!("a policy could not be evaluated: {}", error.0),
        lift: format!("repair the packs of {} (`comity law check`)", request.own()),
    };
    Ruling { codes: vec![Code::PolicyError], missing: vec![missing], ..blank(facts) }
}

fn policy_ref(packs: &Packs, id: &str) -> Option<PolicyRef> {
    let info = packs.policy(id)?;
    let lift = match &info.effect {
        Effect::Forbid { lift, .. } => Some(lift.clone()),
        _ => None,
    };
    Some(PolicyRef { id: info.id.clone(), citation: info.citation.clone(), reason: info.reason(), lift })
}

fn codes_of(packs: &Packs, forbids: &BTreeSet<String>) -> Vec<Code> {
    let code = |id: &String| match packs.policy(id)?.effect {
        Effect::Forbid { code, .. } => Some(code),
        _ => None,
    };
    let codes: BTreeSet<Code> = forbids.iter().filter_map(code).collect();
    codes.into_iter().collect()
}

/// The thread that the crossing names must be that of the request it carries.
fn mismatch(subject: &Subject, request: &Request) -> Option<Missing> {
    let what = if request.from == request.to {
        "sender and receiver are one party; that is no crossing".to_owned()
    } else {
        let (asked, case) = (subject.asked.as_ref()?, request.case.as_ref()?);
        if asked.measure == case.measure && asked.offence == case.offence {
            return None;
        }
        "the case that the crossing names is not that of the request it carries".to_owned()
    };
    let lift = "put the crossing to the border with the facts of its own record".to_owned();
    Some(Missing { code: Code::Mismatch, permit: None, what, lift })
}

/// What a clearance rests on: the article or the named basis, the competence entries, the ground, and what the permits
/// themselves cite.
fn citations(request: &Request, facts: &Facts, permits: &[PolicyRef]) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(
        facts.finding.relied_on.as_ref().map(|(instrument, article)| format!("{instrument} {article}")),
    );
    out.extend(facts.finding.named.clone());
    for (party, unit) in [(&request.from, &request.sender_unit), (&request.to, &request.receiver_unit)] {
        let cited = unit.as_ref().filter(|unit| !unit.citation.trim().is_empty());
        out.extend(cited.map(|unit| format!("{party} {}: {}", unit.unit, unit.citation)));
    }
    out.extend(facts.ground_reference.clone());
    for permit in permits {
        out.extend(permit.citation.split(';').map(|citation| citation.trim().to_owned()));
    }
    let mut seen = BTreeSet::new();
    out.retain(|citation| !citation.is_empty() && seen.insert(citation.clone()));
    out
}

fn obligations(packs: &Packs, subject: &Subject, answers: &Answers) -> Obligations {
    let mut out = Obligations::new();
    for id in answers.duties.values().flatten() {
        let Some(Effect::Oblige(rule)) = packs.policy(id).map(|info| &info.effect) else { continue };
        let terms = if rule.from_label { terms_of_label(rule.duty, subject) } else { rule.terms.clone() };
        let policies = BTreeSet::from([id.clone()]);
        out.add(Obligation { duty: rule.duty, owner: rule.owner, terms, policies });
    }
    out
}

/// The parameters that the label sets.
fn terms_of_label(duty: DutyKind, subject: &Subject) -> Terms {
    match duty {
        DutyKind::Retain => subject.labels.retention.map(Terms::of_retention).unwrap_or_default(),
        _ => Terms { consent_of: BTreeSet::from([subject.origin().clone()]), ..Terms::default() },
    }
}

/// The fields of the sender's duty to redact that the record has not yet lost.
fn fields_to_redact(obligations: &Obligations, subject: &Subject) -> BTreeSet<String> {
    let Some(duty) = obligations.get(Owner::Sender, DutyKind::Redact) else { return BTreeSet::new() };
    duty.terms.fields.iter().filter(|field| !is_redacted(field, subject)).cloned().collect()
}

/// Personal data is gone when the label says that there is none; another field is gone when the derived record lists it.
fn is_redacted(field: &str, subject: &Subject) -> bool {
    if field == PERSONAL {
        return subject.labels.personal == Personal::None;
    }
    subject.redacted.as_ref().is_some_and(|redacted| redacted.iter().any(|gone| gone == field))
}

fn redact_first(fields: &BTreeSet<String>) -> Missing {
    let fields = fields.iter().map(String::as_str).collect::<Vec<_>>().join("`, `");
    Missing {
        code: Code::RedactFirst,
        permit: None,
        what: format!("the record itself does not leave: `{fields}` must be redacted first"),
        lift: "make the redacted record and put that one to the border".to_owned(),
    }
}

/// The labels of a record made by redacting these fields. A record without personal data is nobody's identity either.
pub fn redacted_labels(labels: &Labels, fields: &BTreeSet<String>) -> Labels {
    let mut labels = labels.clone();
    if fields.contains(PERSONAL) {
        labels.personal = Personal::None;
        labels.data_subject.clear();
        labels.category.remove(&Category::Identity);
        labels.category.remove(&Category::Biometric);
    }
    labels
}

/// The record as it would be after the redaction.
fn as_redacted(subject: &Subject, fields: &BTreeSet<String>) -> Subject {
    let mut redacted = subject.clone();
    redacted.redacted.get_or_insert_default().extend(fields.iter().cloned());
    redacted.labels = redacted_labels(&subject.labels, fields);
    redacted
}

/// A redaction that was made is no longer a duty.
fn without_discharged(mut ruling: Ruling) -> Ruling {
    ruling.obligations.remove(Owner::Sender, DutyKind::Redact);
    ruling
}
