//! What a step needs beyond its place in the table. Everything here is read from the case itself; what the register says
//! of a ground is shown to the officer and never blocks.

use crate::{AffairFault, Condition, Event, Flow, Side, State, Step, View, disclosure};
use comity_record::{Date, Hash};

/// The longest text of a step, in bytes.
const LONGEST: usize = 16 * 1024;
/// Fields, defects or conditions of one step.
const MOST: usize = 256;

/// Checks a step that the table allows in `view`.
pub(crate) fn check(view: &View, event: &Event) -> Result<(), AffairFault> {
    let needs = |needs| Err(AffairFault::Needs { step: event.step.kind(), needs });
    if let Some(missing) = missing(view, event).or_else(|| disclosure::missing(view, event)) {
        return needs(missing);
    }
    if texts(&event.step).into_iter().any(|text| text.len() > LONGEST) || count(&event.step) > MOST {
        return needs("texts of at most 16 KiB, and at most 256 of a kind");
    }
    Ok(())
}

fn missing(view: &View, event: &Event) -> Option<&'static str> {
    match &event.step {
        Step::Send { reference, .. } if is_blank(reference) => Some("the asking side's own reference"),
        Step::Refuse { ground, reasons, not_consulted } => {
            unconsulted(view, not_consulted.as_deref()).or(unreasoned(&ground.code, reasons))
        }
        Step::Postpone { ground, reasons, not_consulted, .. } => {
            unconsulted(view, not_consulted.as_deref()).or(unreasoned(&ground.code, reasons))
        }
        Step::Offer { conditions } => wrong_conditions(conditions),
        Step::AcceptTerms { conditions } if event.side == Side::Asking => {
            let offered: Vec<u16> = view.conditions.keys().copied().collect();
            let mut taken = conditions.clone();
            taken.sort_unstable();
            (taken != offered).then_some("the numbers of all conditions offered")
        }
        Step::Release { .. } => second(event),
        Step::Transmit { manifest } if view.state == State::Released && view.manifest != Some(*manifest) => {
            Some("the manifest that was released")
        }
        Step::ReceiveProduct { manifest }
        | Step::Verify { manifest }
        | Step::ReportDefect { manifest, .. } => {
            let ours = event.side == Side::Asking && view.manifest != Some(*manifest);
            ours.then_some("the manifest that was transmitted")
        }
        Step::Reconsider { .. } if view.reconsidered => {
            Some("a first time: a refusal is looked at again once")
        }
        Step::AskWaiver { condition, .. } => {
            (!view.conditions.contains_key(condition)).then_some("the number of a condition of this case")
        }
        Step::DecideWaiver { condition, .. } => {
            (!view.waivers_asked.contains(condition)).then_some("a condition whose waiver was asked")
        }
        Step::TellAccessEnded { manifest, on } => untellable(view, event, *manifest, *on),
        step => blank_reason(view, step),
    }
}

/// An end is told once, after its day, and in a request of something that was released in it.
fn untellable(view: &View, event: &Event, manifest: Hash, on: Date) -> Option<&'static str> {
    let unknown = view.flow == Flow::Request && !view.manifests.contains(&manifest);
    match () {
        () if unknown => Some("a manifest that was released or transmitted in this case"),
        () if on >= event.at.date() => Some("a last day that has passed"),
        () if view.access_ended.contains(&(event.side, manifest, on)) => {
            Some("an end that this side has not told yet")
        }
        () => None,
    }
}

fn blank_reason(view: &View, step: &Step) -> Option<&'static str> {
    match step {
        Step::AskInformation { fields, question } => {
            (fields.is_empty() && is_blank(question)).then_some("a field or a question")
        }
        Step::GiveInformation { fields } | Step::FilePapers { fields } => {
            fields.is_empty().then_some("at least one field")
        }
        Step::CannotExecute { reason } | Step::Withdraw { reason } | Step::Decline { reason } => {
            is_blank(reason).then_some("a reason")
        }
        Step::CloseForSilence { reasons } => is_blank(reasons).then_some("reasons: silence decides nothing"),
        Step::ReportDefect { defects, .. } => defects.is_empty().then_some("at least one defect"),
        Step::Extend { until } => {
            let earlier = view.preservation.until.is_some_and(|kept| *until <= kept);
            earlier.then_some("a later day than the present one")
        }
        Step::TieToFollowUp { .. } => {
            view.preservation.follow_up.is_none().then_some("a follow-up that the asking side has sent")
        }
        Step::DestroySealed { statement } => {
            is_blank(statement).then_some("a statement of what was destroyed")
        }
        Step::BeginUse { proceedings } => is_blank(proceedings).then_some("the proceedings"),
        _ => None,
    }
}

/// Refusing or postponing without having consulted needs a recorded reason why not (Budapest 27(6), UNCAC 46(26)).
fn unconsulted(view: &View, why: Option<&str>) -> Option<&'static str> {
    let silent = why.is_none_or(is_blank);
    (!view.consulted && silent).then_some("a consultation before it, or a recorded reason why there was none")
}

fn unreasoned(ground: &str, reasons: &str) -> Option<&'static str> {
    (is_blank(ground) || is_blank(reasons)).then_some("a ground and reasons")
}

fn wrong_conditions(conditions: &[Condition]) -> Option<&'static str> {
    let ascending =
        conditions.windows(2).all(|pair| pair.first().map(|c| c.number) < pair.get(1).map(|c| c.number));
    (conditions.is_empty() || !ascending).then_some("conditions with ascending numbers")
}

fn second(event: &Event) -> Option<&'static str> {
    match &event.second {
        Some(second) if *second != event.officer => None,
        _ => Some("a second person beside the officer"),
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn texts(step: &Step) -> Vec<&str> {
    match step {
        Step::Withdraw { reason: text }
        | Step::DeclineTerms { reason: text }
        | Step::SendFollowUp { reference: text }
        | Step::BeginUse { proceedings: text }
        | Step::AccountForUse { account: text }
        | Step::AskWaiver { reason: text, .. }
        | Step::Reconsider { reasons: text }
        | Step::Close { reason: text, .. }
        | Step::Acknowledge { ticket: text }
        | Step::AskInformation { question: text, .. }
        | Step::Refer { authority: text }
        | Step::Consult { about: text }
        | Step::Refuse { reasons: text, .. }
        | Step::Postpone { reasons: text, .. }
        | Step::Execute { summary: text }
        | Step::CannotExecute { reason: text }
        | Step::CloseForSilence { reasons: text }
        | Step::TieToFollowUp { reference: text }
        | Step::ReleaseHold { reason: text }
        | Step::ReportProgress { text, .. }
        | Step::DecideWaiver { reason: text, .. }
        | Step::Assess { text, .. }
        | Step::Disagree { reasons: text }
        | Step::Decline { reason: text }
        | Step::StatePosition { text }
        | Step::PlanFix { text, .. }
        | Step::ProposeDay { reasons: text, .. }
        | Step::KeepSealed { reason: text }
        | Step::DestroySealed { statement: text } => vec![text],
        Step::Publish { reference, early } => early.iter().chain([reference]).map(String::as_str).collect(),
        Step::Send { reference, fields, .. } => {
            fields.values().chain([reference]).map(String::as_str).collect()
        }
        Step::GiveInformation { fields } | Step::FilePapers { fields } => {
            fields.values().map(String::as_str).collect()
        }
        Step::Offer { conditions } => conditions.iter().map(|one| one.text.as_str()).collect(),
        Step::ReportDefect { defects, .. } => defects.iter().map(|one| one.found.as_str()).collect(),
        _ => Vec::new(),
    }
}

fn count(step: &Step) -> usize {
    match step {
        Step::Send { fields, .. } | Step::GiveInformation { fields } | Step::FilePapers { fields } => {
            fields.len()
        }
        Step::AskInformation { fields, .. } => fields.len(),
        Step::Offer { conditions } => conditions.len(),
        Step::ReportDefect { defects, .. } => defects.len(),
        Step::TellExculpatory { objects, .. } => objects.len(),
        _ => 0,
    }
}
