//! The explanation of a default denial: the nearest permits, which of their conditions failed, and what would lift them.
//! Cedar names no policy where nothing permits; this is our own account.

use crate::{
    Code,
    basis::{BasisFound, Finding},
    decision::Missing,
    facts::Facts,
    pack::{Condition, Packs},
    request::Request,
};
use std::collections::BTreeSet;

/// The most permits that are named.
const NEAREST: usize = 3;

/// A failed condition that no act can lift: it says what the permit is for, and this crossing is something else.
const NATURE: u32 = 100;

/// What is missing, given the conditions that hold.
pub(crate) fn missing(
    packs: &Packs,
    request: &Request,
    facts: &Facts,
    holding: &BTreeSet<String>,
) -> Vec<Missing> {
    let mut ranked: Vec<(u32, &str, Vec<&Condition>)> = Vec::new();
    for permit in &packs.conditions.permits {
        if !holding.contains::<str>(permit.scope.as_ref()) {
            continue;
        }
        let failed =
            permit.conditions.iter().filter(|condition| !holding.contains::<str>(condition.id.as_ref()));
        let failed: Vec<&Condition> = failed.collect();
        let distance = failed.iter().map(|condition| if is_of_nature(condition) { NATURE } else { 1 }).sum();
        ranked.push((distance, &permit.permit, failed));
    }
    ranked.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let nearest = ranked.first().map_or(0, |first| first.0);
    let mut out: Vec<Missing> = Vec::new();
    for (_, permit, failed) in ranked.into_iter().filter(|(distance, ..)| *distance == nearest).take(NEAREST)
    {
        for condition in failed {
            let lack = describe(condition, permit, request, facts);
            if !out.iter().any(|known| known.what == lack.what) {
                out.push(lack);
            }
        }
    }
    if out.is_empty() {
        out.push(nothing_permits());
    }
    out.sort_by_key(|missing| (missing.code == Code::NotPermitted, missing.code));
    out
}

/// What the permit is for, as against what could still be brought.
fn is_of_nature(condition: &Condition) -> bool {
    ["context.purpose", "context.needs_basis", "context.voluntary", "context.case_data", "resource.kind"]
        .iter()
        .any(|fact| condition.mentions(fact))
}

fn describe(condition: &Condition, permit: &str, request: &Request, facts: &Facts) -> Missing {
    let permit = Some(permit.to_owned());
    let says = |fact: &str| condition.mentions(fact);
    if says("context.basis") || says("context.instrument") {
        return Missing { permit, ..no_basis(request, facts) };
    }
    if says("context.competence_sender") {
        return competence(permit, "the sending unit", request.from.as_str());
    }
    if says("context.competence_receiver") {
        return competence(permit, "the receiving unit", request.to.as_str());
    }
    if says("context.needs_basis") && facts.needs_basis {
        return Missing { permit, ..no_basis(request, facts) };
    }
    Missing {
        code: Code::NotPermitted,
        permit,
        what: format!("this condition does not hold: {}", condition.text),
        lift: "a crossing of another kind, or a permit in the national pack".to_owned(),
    }
}

fn competence(permit: Option<String>, unit: &str, party: &str) -> Missing {
    Missing {
        code: Code::NoCompetence,
        permit,
        what: format!("no entry shows that {unit} of {party} is competent for this"),
        lift: format!("name {unit} with its competence entry (`comity unit add`)"),
    }
}

fn nothing_permits() -> Missing {
    Missing {
        code: Code::NotPermitted,
        permit: None,
        what: "no policy in force speaks of such a crossing".to_owned(),
        lift: "a permit in the national pack".to_owned(),
    }
}

/// Why there is no legal basis, and what would make one.
fn no_basis(request: &Request, facts: &Facts) -> Missing {
    let measure = &facts.matter.measure;
    // No date in these words: the ruling is kept for other days of its class, and the decision names its day.
    let (from, to) = (&request.from, &request.to);
    let finding = &facts.finding;
    let cited = match &request.legal_basis {
        Some(crate::request::Basis::Instrument { instrument, article }) => {
            Some(format!("{instrument} {article}"))
        }
        _ => None,
    };
    let what = match (&finding.fault, finding.found, cited) {
        (Some(fault), ..) => format!("no legal basis can be looked up: {fault}"),
        (None, BasisFound::Emergency, _) => {
            format!("danger to life is declared, but the purpose is {}", request.purpose)
        }
        (None, BasisFound::Conditional, _) => {
            format!("a condition of the legal basis for `{measure}` between {from} and {to} is not confirmed")
        }
        (None, BasisFound::Unsettled, _) => {
            format!("whether {from} and {to} are bound by an article on `{measure}` that day is unsettled")
        }
        (None, BasisFound::Supports, _) => {
            format!("only soft law speaks of `{measure}` between {from} and {to}, and it binds nobody")
        }
        (None, BasisFound::Excluded, Some(cited)) => {
            format!("{cited}, as cited, is no basis for `{measure}` between {from} and {to} on that day")
        }
        (None, BasisFound::Excluded, None) => {
            format!("every article on `{measure}` is excluded between {from} and {to} on that day")
        }
        (None, _, Some(cited)) => format!("{cited}, as cited, is no article on `{measure}`"),
        (None, _, None) => format!("the register holds no article on `{measure}` for {from} and {to}"),
    };
    let mut lifts = lifts_of(finding);
    lifts.push("a recorded assurance, or another basis that an authority names".to_owned());
    if facts.voluntary && !facts.case_data && !facts.coercive {
        lifts.push("redact the personal data and share the rest voluntarily".to_owned());
    }
    Missing { code: Code::NoBasis, permit: None, what, lift: lifts.join("; or ") }
}

/// What would make the considered articles available, the nearest first and not more than three.
fn lifts_of(finding: &Finding) -> Vec<String> {
    let mut lifts = Vec::new();
    for considered in &finding.considered {
        let article = format!("{} {}", considered.instrument, considered.article);
        match considered.outcome.as_str() {
            "available" => lifts.push(format!("cite {article}, which is available")),
            "conditional" => {
                let conditions = considered.conditions.join(" and ");
                lifts.push(format!("an authority confirms `{conditions}` for {article}"));
            }
            "unsettled" => {
                lifts.push(format!("{article}: {}", considered.lifted_by.join(" ").trim_end_matches('.')))
            }
            _ => {}
        }
    }
    lifts.truncate(3);
    lifts
}
