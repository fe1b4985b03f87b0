//! The tables: which step leads from which state to which, who owns it, and what holds where two steps meet on the way.
//!
//! An **edge** is taken by a signed event of its owner that knew the state it starts from. The asked side's events are
//! placed before the asking side's where neither knew of the other ([`crate::History`]), so only a step of the asking
//! side can meet a state that its author did not know; [`meeting`] rules those, and says for every other pair that the
//! step is noted and the state stays. Sources: reference state machine of the project; Budapest 27(6)-(8), 29(7);
//! UNCAC 46(19), (24)-(26).

use crate::{Flow, Side, State, StepKind};

/// One line of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Whose step it is.
    pub owner: Side,
    /// The states from which it may be taken.
    pub from: &'static [State],
    /// The step.
    pub step: StepKind,
    /// The state after it; `None`: the state stays.
    pub to: Option<State>,
}

const fn asking(from: &'static [State], step: StepKind, to: State) -> Edge {
    Edge { owner: Side::Asking, from, step, to: Some(to) }
}

const fn asked(from: &'static [State], step: StepKind, to: State) -> Edge {
    Edge { owner: Side::Asked, from, step, to: Some(to) }
}

const fn said(owner: Side, from: &'static [State], step: StepKind) -> Edge {
    Edge { owner, from, step, to: None }
}

use Side::{Asked, Asking};
use State as S;
use StepKind as K;

/// Before anything was released: the request may be withdrawn.
const UNRELEASED: &[State] = &[
    S::Sent,
    S::Acknowledged,
    S::UnderCheck,
    S::InfoNeeded,
    S::InfoGiven,
    S::Referred,
    S::Consulting,
    S::Postponed,
    S::Offered,
    S::Accepted,
    S::TermsAccepted,
    S::InExecution,
    S::Executed,
    S::ReleaseReview,
    S::Preserved,
    S::TiedToFollowUp,
    S::ReconsiderationAsked,
];

/// The asked side still has work to do.
const AT_WORK: &[State] = &[
    S::Sent,
    S::Acknowledged,
    S::UnderCheck,
    S::InfoNeeded,
    S::InfoGiven,
    S::Referred,
    S::Consulting,
    S::Postponed,
    S::Offered,
    S::Accepted,
    S::TermsAccepted,
    S::InExecution,
    S::Executed,
    S::ReleaseReview,
    S::Released,
    S::Transmitted,
    S::DefectReported,
    S::Preserved,
    S::TiedToFollowUp,
    S::ReconsiderationAsked,
];

/// The product is in the hands of the asking side, or was.
const WITH_PRODUCT: &[State] = &[S::ProductReceived, S::Verified, S::InUse, S::Closed];
/// Conditions are agreed or carried.
const UNDER_TERMS: &[State] = &[
    S::TermsAccepted,
    S::InExecution,
    S::Executed,
    S::ReleaseReview,
    S::Released,
    S::Transmitted,
    S::ProductReceived,
    S::DefectReported,
    S::Verified,
    S::InUse,
    S::Closed,
];

/// The product may be held by the asking side, and what is left of it by the asked one.
const HOLDING: &[State] =
    &[S::Transmitted, S::ProductReceived, S::DefectReported, S::Verified, S::InUse, S::Closed];

/// A request for a measure, preservation included.
pub const REQUEST: &[Edge] = &[
    asking(&[S::New], K::Send, S::Sent),
    asking(UNRELEASED, K::Withdraw, S::Withdrawn),
    asking(&[S::InfoNeeded], K::GiveInformation, S::InfoGiven),
    asking(&[S::Offered], K::AcceptTerms, S::TermsAccepted),
    asking(&[S::Offered], K::DeclineTerms, S::TermsDeclined),
    said(Asking, AT_WORK, K::AskProgress),
    said(Asking, &[S::Preserved, S::Lapsed], K::AskExtension),
    said(Asking, &[S::Preserved, S::Lapsed], K::SendFollowUp),
    said(Asking, AT_WORK, K::FilePapers),
    said(Asking, WITH_PRODUCT, K::FilePapers),
    asking(&[S::Transmitted], K::ReceiveProduct, S::ProductReceived),
    asking(&[S::ProductReceived], K::Verify, S::Verified),
    asking(&[S::ProductReceived, S::Verified, S::InUse], K::ReportDefect, S::DefectReported),
    asking(&[S::Verified], K::BeginUse, S::InUse),
    said(Asking, &[S::Verified, S::InUse, S::Closed], K::AccountForUse),
    said(Asking, UNDER_TERMS, K::AskWaiver),
    said(Asking, WITH_PRODUCT, K::TellExculpatory),
    said(Asking, HOLDING, K::TellAccessEnded),
    said(Asked, HOLDING, K::TellAccessEnded),
    asking(&[S::Refused, S::NotPossible], K::Reconsider, S::ReconsiderationAsked),
    asking(
        &[S::Refused, S::NotPossible, S::NotPursued, S::Lapsed, S::ProductReceived, S::Verified, S::InUse],
        K::Close,
        S::Closed,
    ),
    asked(&[S::Sent, S::Referred], K::Acknowledge, S::Acknowledged),
    asked(
        &[S::Acknowledged, S::InfoGiven, S::Consulting, S::Postponed, S::ReconsiderationAsked],
        K::BeginCheck,
        S::UnderCheck,
    ),
    asked(&[S::UnderCheck], K::AskInformation, S::InfoNeeded),
    asked(&[S::Acknowledged, S::UnderCheck], K::Refer, S::Referred),
    asked(&[S::UnderCheck, S::InExecution], K::Consult, S::Consulting),
    asked(&[S::Consulting, S::UnderCheck], K::Refuse, S::Refused),
    asked(&[S::Consulting, S::UnderCheck], K::Postpone, S::Postponed),
    asked(&[S::Consulting], K::Offer, S::Offered),
    asked(&[S::UnderCheck], K::Accept, S::Accepted),
    asked(&[S::Accepted, S::TermsAccepted], K::BeginExecution, S::InExecution),
    asked(&[S::InExecution], K::Execute, S::Executed),
    asked(&[S::InExecution], K::CannotExecute, S::NotPossible),
    asked(&[S::Executed], K::ReviewRelease, S::ReleaseReview),
    asked(&[S::ReleaseReview], K::Release, S::Released),
    asked(&[S::Released, S::DefectReported], K::Transmit, S::Transmitted),
    asked(&[S::InfoNeeded], K::CloseForSilence, S::NotPursued),
    asked(&[S::Accepted, S::InExecution, S::Lapsed], K::Preserve, S::Preserved),
    said(Asked, &[S::Preserved], K::Extend),
    asked(&[S::Preserved], K::TieToFollowUp, S::TiedToFollowUp),
    asked(&[S::TiedToFollowUp], K::ReleaseHold, S::ReleasedFromHold),
    asked(&[S::Preserved], K::Lapse, S::Lapsed),
    said(Asked, AT_WORK, K::ReportProgress),
    said(Asked, UNDER_TERMS, K::DecideWaiver),
    // After a withdrawal has met a release, only the asking side moves.
    asking(&[S::SealedAfterWithdrawal], K::KeepSealed, S::Released),
    asking(&[S::SealedAfterWithdrawal], K::DestroySealed, S::Withdrawn),
];

/// The same, where life is in danger: carried out first, checked and papered afterwards.
const EMERGENCY: &[Edge] = &[
    asked(&[S::Sent, S::Acknowledged, S::UnderCheck], K::BeginExecution, S::InExecution),
    asked(&[S::Sent, S::Acknowledged, S::UnderCheck], K::Accept, S::Accepted),
    asked(&[S::Sent], K::AskInformation, S::InfoNeeded),
    asked(&[S::InfoNeeded], K::BeginExecution, S::InExecution),
];

const GIVEN_UNASKED: &[State] = &[S::Transmitted, S::ProductReceived, S::Closed];

/// Information offered unasked: terms are agreed before it is given (Budapest 26).
pub const SPONTANEOUS: &[Edge] = &[
    asking(&[S::New], K::Send, S::Sent),
    asking(&[S::Sent, S::Acknowledged, S::TermsAccepted], K::Withdraw, S::Withdrawn),
    asked(&[S::Sent], K::Acknowledge, S::Acknowledged),
    asked(&[S::Sent, S::Acknowledged], K::AcceptTerms, S::TermsAccepted),
    asked(&[S::Sent, S::Acknowledged], K::DeclineTerms, S::TermsDeclined),
    asking(&[S::TermsAccepted], K::Deliver, S::Transmitted),
    asked(&[S::Transmitted], K::ReceiveProduct, S::ProductReceived),
    said(Asked, &[S::ProductReceived, S::Closed], K::AccountForUse),
    said(Asked, &[S::TermsAccepted, S::Transmitted, S::ProductReceived, S::Closed], K::AskWaiver),
    said(Asking, &[S::TermsAccepted, S::Transmitted, S::ProductReceived, S::Closed], K::DecideWaiver),
    said(Asking, GIVEN_UNASKED, K::TellAccessEnded),
    said(Asked, GIVEN_UNASKED, K::TellAccessEnded),
    asking(&[S::ProductReceived], K::Close, S::Closed),
    asked(&[S::ProductReceived], K::Close, S::Closed),
];

/// Work done together may have given either side something to hold.
const SHARED: &[State] = &[S::Active, S::Closed];

/// A joint investigation: what is gathered inside needs no request, but keeps its custody record.
pub const JOINT: &[Edge] = &[
    asking(&[S::New], K::Send, S::Sent),
    asking(&[S::Sent, S::Acknowledged, S::UnderCheck, S::Offered], K::Withdraw, S::Withdrawn),
    asked(&[S::Sent], K::Acknowledge, S::Acknowledged),
    asked(&[S::Acknowledged], K::BeginCheck, S::UnderCheck),
    asked(&[S::Acknowledged, S::UnderCheck], K::Offer, S::Offered),
    asked(&[S::Acknowledged, S::UnderCheck], K::Decline, S::Declined),
    asked(&[S::Acknowledged, S::UnderCheck], K::Accept, S::Active),
    asking(&[S::Offered], K::AcceptTerms, S::Active),
    asking(&[S::Offered], K::DeclineTerms, S::TermsDeclined),
    said(Asking, &[S::Active], K::AskExtension),
    said(Asked, &[S::Active], K::Extend),
    said(Asking, &[S::Active], K::Deliver),
    said(Asked, &[S::Active], K::Deliver),
    said(Asking, &[S::Active], K::ReportProgress),
    said(Asked, &[S::Active], K::ReportProgress),
    said(Asking, SHARED, K::TellAccessEnded),
    said(Asked, SHARED, K::TellAccessEnded),
    asking(&[S::Active, S::Declined], K::Close, S::Closed),
    asked(&[S::Active], K::Close, S::Closed),
];

const NOTIFIED: &[State] = &[S::Sent, S::Acknowledged, S::Assessed, S::StepsTaken];

/// A notice that harmful activity comes from a territory, or a protest: either side may close it, unresolved too.
pub const NOTICE: &[Edge] = &[
    asking(&[S::New], K::Send, S::Sent),
    asking(NOTIFIED, K::Withdraw, S::Withdrawn),
    said(Asking, NOTIFIED, K::GiveInformation),
    said(Asking, &[S::Acknowledged, S::Assessed, S::StepsTaken, S::Closed], K::Disagree),
    said(Asking, NOTIFIED, K::AskProgress),
    asked(&[S::Sent], K::Acknowledge, S::Acknowledged),
    said(Asked, NOTIFIED, K::AskInformation),
    asked(&[S::Acknowledged, S::Assessed, S::StepsTaken], K::Assess, S::Assessed),
    asked(&[S::Acknowledged, S::Assessed, S::StepsTaken], K::TakeStep, S::StepsTaken),
    said(Asked, NOTIFIED, K::ReportProgress),
    asking(NOTIFIED, K::Close, S::Closed),
    asked(&[S::Acknowledged, S::Assessed, S::StepsTaken], K::Close, S::Closed),
];

const IN_NEED: &[State] = &[S::Sent, S::Acknowledged, S::UnderCheck, S::Offered, S::Active];

/// A request for help for attacked critical infrastructure (norm h).
pub const ASSISTANCE: &[Edge] = &[
    asking(&[S::New], K::Send, S::Sent),
    asking(IN_NEED, K::Withdraw, S::Withdrawn),
    said(Asking, IN_NEED, K::GiveInformation),
    asking(&[S::Offered], K::AcceptTerms, S::Active),
    asking(&[S::Offered], K::DeclineTerms, S::TermsDeclined),
    asked(&[S::Sent], K::Acknowledge, S::Acknowledged),
    asked(&[S::Acknowledged], K::BeginCheck, S::UnderCheck),
    said(Asked, &[S::Acknowledged, S::UnderCheck, S::Active], K::AskInformation),
    asked(&[S::Acknowledged, S::UnderCheck], K::Offer, S::Offered),
    asked(&[S::Acknowledged, S::UnderCheck], K::Accept, S::Active),
    asked(&[S::Acknowledged, S::UnderCheck], K::Decline, S::Declined),
    said(Asked, &[S::Active], K::TakeStep),
    said(Asked, &[S::Active], K::Deliver),
    said(Asked, &[S::Active], K::ReportProgress),
    said(Asking, SHARED, K::TellAccessEnded),
    said(Asked, SHARED, K::TellAccessEnded),
    asking(&[S::Active, S::Declined], K::Close, S::Closed),
    asked(&[S::Active], K::Close, S::Closed),
];

const TALKS: &[State] = &[S::Sent, S::Acknowledged, S::Active];

/// A consultation, on jurisdiction or otherwise: positions, then an end by either.
pub const CONSULTATION: &[Edge] = &[
    asking(&[S::New], K::Send, S::Sent),
    asking(&[S::Sent, S::Acknowledged], K::Withdraw, S::Withdrawn),
    said(Asking, TALKS, K::StatePosition),
    asked(&[S::Sent], K::Acknowledge, S::Acknowledged),
    asked(&[S::Acknowledged, S::Active], K::StatePosition, S::Active),
    asked(&[S::Acknowledged], K::Decline, S::Declined),
    asking(&[S::Acknowledged, S::Active, S::Declined], K::Close, S::Closed),
    asked(&[S::Active], K::Close, S::Closed),
];

/// A contact check.
pub const PING: &[Edge] = &[
    asking(&[S::New], K::Send, S::Sent),
    asked(&[S::Sent], K::Acknowledge, S::Closed),
    asking(&[S::Sent], K::Close, S::Closed),
];

/// Not published yet, and nobody has declined.
const UNPUBLISHED: &[State] =
    &[S::Sent, S::Acknowledged, S::Assessed, S::FixPlanned, S::DayAgreed, S::DayDisputed];
/// The same, once the other side's desk has it.
const TAKEN_UP: &[State] = &[S::Acknowledged, S::Assessed, S::FixPlanned, S::DayAgreed, S::DayDisputed];

/// Coordinated disclosure of a vulnerability (norm j): assessed, a remedy planned, a day agreed or in dispute, published.
/// Either side may propose, agree, object and publish; no day does.
pub const DISCLOSURE: &[Edge] = &[
    asking(&[S::New], K::Send, S::Sent),
    asking(UNPUBLISHED, K::Withdraw, S::Withdrawn),
    said(Asking, UNPUBLISHED, K::GiveInformation),
    said(Asking, UNPUBLISHED, K::AskProgress),
    asked(&[S::Sent], K::Acknowledge, S::Acknowledged),
    said(Asked, TAKEN_UP, K::AskInformation),
    asked(&[S::Acknowledged, S::Assessed], K::Assess, S::Assessed),
    said(Asked, &[S::FixPlanned, S::DayAgreed, S::DayDisputed], K::Assess),
    asked(&[S::Assessed, S::FixPlanned], K::PlanFix, S::FixPlanned),
    said(Asked, &[S::DayAgreed, S::DayDisputed], K::PlanFix),
    said(Asked, TAKEN_UP, K::ReportProgress),
    asked(&[S::Acknowledged, S::Assessed], K::Decline, S::Declined),
    said(Asking, TAKEN_UP, K::Deliver),
    said(Asked, TAKEN_UP, K::Deliver),
    said(Asking, TAKEN_UP, K::ProposeDay),
    said(Asked, TAKEN_UP, K::ProposeDay),
    asking(TAKEN_UP, K::AgreeDay, S::DayAgreed),
    asked(TAKEN_UP, K::AgreeDay, S::DayAgreed),
    asking(TAKEN_UP, K::Disagree, S::DayDisputed),
    asked(TAKEN_UP, K::Disagree, S::DayDisputed),
    asking(UNPUBLISHED, K::Publish, S::Published),
    asking(&[S::Declined], K::Publish, S::Published),
    asked(TAKEN_UP, K::Publish, S::Published),
    said(Asking, &[S::Published], K::Publish),
    said(Asked, &[S::Published], K::Publish),
    said(Asked, &[S::Published], K::ReportProgress),
    asking(TAKEN_UP, K::Close, S::Closed),
    asking(&[S::Declined, S::Published], K::Close, S::Closed),
    asked(&[S::Published], K::Close, S::Closed),
];

/// The table of a flow.
pub const fn of(flow: Flow) -> &'static [Edge] {
    match flow {
        Flow::Request => REQUEST,
        Flow::Spontaneous => SPONTANEOUS,
        Flow::Joint => JOINT,
        Flow::Notice => NOTICE,
        Flow::Assistance => ASSISTANCE,
        Flow::Consultation => CONSULTATION,
        Flow::Ping => PING,
        Flow::Disclosure => DISCLOSURE,
    }
}

/// The edges of a case: those of its flow, and those of an emergency where it is one.
pub fn edges(flow: Flow, emergency: bool) -> impl Iterator<Item = &'static Edge> {
    let more: &'static [Edge] = if emergency && matches!(flow, Flow::Request) { EMERGENCY } else { &[] };
    of(flow).iter().chain(more)
}

/// The state after a step that was taken in knowledge of `from`; `None` where the table has no such edge.
pub fn next(flow: Flow, emergency: bool, from: State, side: Side, step: StepKind) -> Option<State> {
    let fits = |edge: &&Edge| edge.owner == side && edge.step == step && edge.from.contains(&from);
    edges(flow, emergency).find(fits).map(|edge| edge.to.unwrap_or(from))
}

/// The steps that a side may take in a state.
pub fn open(flow: Flow, emergency: bool, from: State, side: Side) -> Vec<StepKind> {
    let mut steps: Vec<StepKind> = edges(flow, emergency)
        .filter(|edge| edge.owner == side && edge.from.contains(&from))
        .map(|edge| edge.step)
        .collect();
    steps.sort();
    steps.dedup();
    steps
}

/// Whether a step of this kind is ever the side's own.
pub fn owns(flow: Flow, side: Side, step: StepKind) -> bool {
    edges(flow, true).any(|edge| edge.owner == side && edge.step == step)
}

/// What holds where a step of the asking side meets a state that its author did not know: the ruling of every race.
///
/// - A withdrawal that meets a release leaves the material sealed until the asking side decides.
/// - A withdrawal that meets a refusal, or another end, leaves that end as it is.
/// - Information that meets the end of the case for silence opens the check again: silence decided nothing.
/// - A wish for extension or a follow-up that meets a lapse is noted; the asked side may preserve again.
/// - An agreement to terms, a closure, a complaint or an account that meets anything else is noted, and the state stays.
pub const fn meeting(state: State, step: StepKind) -> State {
    match (step, state) {
        (K::Withdraw, S::Released | S::Transmitted) => S::SealedAfterWithdrawal,
        (K::GiveInformation, S::NotPursued) => S::InfoGiven,
        (_, stays) => stays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// No state and step has two owners' edges or two different ends.
    #[test]
    fn a_table_says_one_thing_of_each_state_and_step() {
        for flow in Flow::ALL {
            for emergency in [false, true] {
                for state in State::ALL {
                    for side in [Asking, Asked] {
                        for step in StepKind::ALL {
                            let ends: BTreeSet<Option<State>> = edges(*flow, emergency)
                                .filter(|e| e.owner == side && e.step == *step && e.from.contains(state))
                                .map(|e| e.to)
                                .collect();
                            assert!(ends.len() <= 1, "{flow} {state} {side} {step}: {ends:?}");
                        }
                    }
                }
            }
        }
    }

    /// Every state that an edge leaves can be reached, and every state reached is left by somebody or final.
    #[test]
    fn no_state_is_a_dead_end_or_out_of_reach() {
        for flow in Flow::ALL {
            let mut reached = BTreeSet::from([State::New]);
            loop {
                let more: BTreeSet<State> = edges(*flow, true)
                    .filter(|e| e.from.iter().any(|from| reached.contains(from)))
                    .filter_map(|e| e.to)
                    .collect();
                let before = reached.len();
                reached.extend(more);
                if matches!(flow, Flow::Request) {
                    reached.insert(State::SealedAfterWithdrawal);
                }
                if reached.len() == before {
                    break;
                }
            }
            for edge in edges(*flow, true) {
                for from in edge.from {
                    assert!(reached.contains(from), "{flow}: {from} is out of reach");
                }
            }
            for state in reached {
                let moves = edges(*flow, true).any(|e| e.from.contains(&state) && e.to.is_some());
                assert!(moves || state.is_final(), "{flow}: {state} is a dead end");
            }
        }
    }

    /// Nothing but an explicit step of the asked side refuses, accepts or ends: an acknowledgment leads to no decision.
    #[test]
    fn an_acknowledgment_concedes_nothing() {
        for flow in Flow::ALL {
            for edge in edges(*flow, true).filter(|edge| edge.step == K::Acknowledge) {
                assert_eq!(edge.owner, Asked, "{flow}");
                let end = if matches!(flow, Flow::Ping) { S::Closed } else { S::Acknowledged };
                assert_eq!(edge.to, Some(end), "{flow}");
            }
        }
    }
}
