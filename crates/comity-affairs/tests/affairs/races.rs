//! Every race is ruled, and the rules that matter are named.

use crate::steps::{case, event, step};
use comity_affairs::{AffairFault, Flow, History, Side, State, Step, StepKind, table};

/// A case in which each of these was done in knowledge of all before.
fn played(steps: &[(Side, StepKind)]) -> History {
    let mut history = History::new(case(), Flow::Request, true);
    for (side, kind) in steps {
        let step = step(*kind, &history.view(), false);
        history.take(event(*side, Flow::Request, step)).unwrap();
    }
    history
}

const UP_TO_CHECK: &[(Side, StepKind)] = &[
    (Side::Asking, StepKind::Send),
    (Side::Asked, StepKind::Acknowledge),
    (Side::Asked, StepKind::BeginCheck),
];

fn through(more: &[(Side, StepKind)]) -> History {
    played(&[UP_TO_CHECK, more].concat())
}

/// Both sides act without having heard of each other; then each hears.
fn meet(before: &History, asking: &[StepKind], asked: &[StepKind]) -> History {
    let (mut here, mut there) = (before.clone(), before.clone());
    for kind in asking {
        let next = step(*kind, &here.view(), false);
        here.take(event(Side::Asking, Flow::Request, next)).unwrap();
    }
    for kind in asked {
        let next = step(*kind, &there.view(), false);
        there.take(event(Side::Asked, Flow::Request, next)).unwrap();
    }
    for event in there.chain(Side::Asked).cloned().collect::<Vec<_>>() {
        here.arrive(event).unwrap();
    }
    for event in here.chain(Side::Asking).cloned().collect::<Vec<_>>() {
        there.arrive(event).unwrap();
    }
    assert_eq!(here.view(), there.view());
    here
}

#[test]
fn a_withdrawal_that_meets_a_release_leaves_the_material_sealed() {
    let work = [
        (Side::Asked, StepKind::Accept),
        (Side::Asked, StepKind::BeginExecution),
        (Side::Asked, StepKind::Execute),
        (Side::Asked, StepKind::ReviewRelease),
    ];
    let before = through(&work);
    let met = meet(&before, &[StepKind::Withdraw], &[StepKind::Release, StepKind::Transmit]);
    assert_eq!(met.view().state, State::SealedAfterWithdrawal);
    assert!(met.view().lines.last().unwrap().crossed);
    // Nobody but the asking side can move, and it must decide.
    assert!(table::open(Flow::Request, false, State::SealedAfterWithdrawal, Side::Asked).is_empty());
    let receive = step(StepKind::ReceiveProduct, &met.view(), false);
    let refused = met.clone().take(event(Side::Asking, Flow::Request, receive)).unwrap_err();
    assert_eq!(refused.code(), "case/not-now");
    let mut destroyed = met.clone();
    let destroy = step(StepKind::DestroySealed, &met.view(), false);
    destroyed.take(event(Side::Asking, Flow::Request, destroy)).unwrap();
    assert_eq!(destroyed.view().state, State::Withdrawn);
}

#[test]
fn a_withdrawal_that_meets_a_refusal_leaves_the_refusal() {
    let met = meet(&through(&[]), &[StepKind::Withdraw], &[StepKind::Refuse]);
    assert_eq!(met.view().state, State::Refused);
}

#[test]
fn information_that_meets_an_end_for_silence_opens_the_check_again() {
    let before = through(&[(Side::Asked, StepKind::AskInformation)]);
    let met = meet(&before, &[StepKind::GiveInformation], &[StepKind::CloseForSilence]);
    assert_eq!(met.view().state, State::InfoGiven);
}

#[test]
fn an_extension_that_meets_a_lapse_is_noted_and_the_data_may_be_kept_again() {
    let before = through(&[(Side::Asked, StepKind::Accept), (Side::Asked, StepKind::Preserve)]);
    let mut met = meet(&before, &[StepKind::AskExtension], &[StepKind::Lapse]);
    assert_eq!(met.view().state, State::Lapsed);
    let preserve = step(StepKind::Preserve, &met.view(), false);
    met.take(event(Side::Asked, Flow::Request, preserve)).unwrap();
    assert_eq!(met.view().state, State::Preserved);
}

#[test]
fn a_withdrawal_that_meets_work_not_released_is_a_withdrawal() {
    let before = through(&[(Side::Asked, StepKind::Accept)]);
    let met = meet(&before, &[StepKind::Withdraw], &[StepKind::BeginExecution, StepKind::Execute]);
    assert_eq!(met.view().state, State::Withdrawn);
}

#[test]
fn a_step_of_the_other_side_is_refused_with_its_owner() {
    let mut history = through(&[]);
    let accept = step(StepKind::Accept, &history.view(), false);
    let refused = history.take(event(Side::Asking, Flow::Request, accept)).unwrap_err();
    assert_eq!(refused.to_string(), "`accept` belongs to the asked State");
    assert_eq!(refused, AffairFault::NotYours { step: StepKind::Accept, owner: Side::Asked });
}

#[test]
fn a_step_out_of_turn_is_refused_with_what_may_be_done() {
    let mut history = through(&[]);
    let release = step(StepKind::Release, &history.view(), false);
    let refused = history.take(event(Side::Asked, Flow::Request, release)).unwrap_err().to_string();
    assert!(refused.contains("while the case is under check"), "{refused}");
    assert!(refused.contains("accept"), "{refused}");
}

#[test]
fn refusing_needs_a_consultation_or_a_recorded_reason() {
    let mut history = through(&[]);
    let refuse = |why: Option<&str>| Step::Refuse {
        ground: comity_affairs::Ground { code: "own_law".to_owned(), article: None },
        reasons: "section 9 of our law".to_owned(),
        not_consulted: why.map(str::to_owned),
    };
    let refused = history.take(event(Side::Asked, Flow::Request, refuse(None))).unwrap_err();
    assert_eq!(refused.code(), "case/needs");
    let mut consulted = history.clone();
    let consult = step(StepKind::Consult, &history.view(), false);
    consulted.take(event(Side::Asked, Flow::Request, consult)).unwrap();
    consulted.take(event(Side::Asked, Flow::Request, refuse(None))).unwrap();
    history.take(event(Side::Asked, Flow::Request, refuse(Some("the court sits today")))).unwrap();
    assert_eq!(history.view().state, State::Refused);
}

#[test]
fn release_needs_a_second_person() {
    let work = [
        (Side::Asked, StepKind::Accept),
        (Side::Asked, StepKind::BeginExecution),
        (Side::Asked, StepKind::Execute),
        (Side::Asked, StepKind::ReviewRelease),
    ];
    let mut history = through(&work);
    let mut alone = event(Side::Asked, Flow::Request, step(StepKind::Release, &history.view(), false));
    alone.second = Some(alone.officer.clone());
    assert_eq!(history.take(alone.clone()).unwrap_err().code(), "case/needs");
    alone.second = None;
    assert_eq!(history.take(alone).unwrap_err().code(), "case/needs");
}

#[test]
fn a_refusal_is_looked_at_again_once() {
    let mut history = through(&[(Side::Asked, StepKind::Refuse), (Side::Asking, StepKind::Reconsider)]);
    for kind in [StepKind::BeginCheck, StepKind::Refuse] {
        let next = step(kind, &history.view(), false);
        history.take(event(Side::Asked, Flow::Request, next)).unwrap();
    }
    let again = step(StepKind::Reconsider, &history.view(), false);
    assert_eq!(history.take(event(Side::Asking, Flow::Request, again)).unwrap_err().code(), "case/needs");
}

#[test]
fn two_events_in_one_place_are_a_fork() {
    let history = through(&[]);
    let mut one = history.clone();
    let mut other = history.clone();
    let accept = step(StepKind::Accept, &history.view(), false);
    let refuse = step(StepKind::Refuse, &history.view(), false);
    let first = one.take(event(Side::Asked, Flow::Request, accept)).unwrap();
    let second = other.take(event(Side::Asked, Flow::Request, refuse)).unwrap();
    let mut here = history.clone();
    here.arrive(first).unwrap();
    assert_eq!(here.arrive(second).unwrap_err(), AffairFault::Forked { side: Side::Asked, number: 2 });
}

#[test]
fn exercise_and_real_traffic_do_not_mix() {
    let mut history = History::new(case(), Flow::Request, false);
    let sent = played(&[(Side::Asking, StepKind::Send)]);
    let marked = sent.chain(Side::Asking).next().unwrap().clone();
    assert_eq!(history.arrive(marked).unwrap_err().code(), "case/elsewhere");
}

#[test]
fn a_waiting_event_that_breaks_the_table_is_dropped_and_named() {
    let history = through(&[]);
    let events: Vec<_> = history.chain(Side::Asked).cloned().collect();
    let mut liar = event(Side::Asked, Flow::Request, step(StepKind::Release, &history.view(), false));
    let head = history.head(Side::Asked).unwrap();
    (liar.number, liar.previous, liar.seen) = (head.count, Some(head.hash), history.head(Side::Asking));
    let mut here = played(&[(Side::Asking, StepKind::Send)]);
    assert_eq!(here.arrive(liar).unwrap(), comity_affairs::Arrived::Waiting);
    assert_eq!(here.arrive(events[1].clone()).unwrap(), comity_affairs::Arrived::Waiting);
    let Ok(comity_affairs::Arrived::Placed { events: placed, dropped }) = here.arrive(events[0].clone())
    else {
        panic!("the first event is in its turn")
    };
    assert_eq!((placed, dropped.len()), (2, 1));
    assert_eq!(dropped[0].code(), "case/not-now");
}
