//! Disclosures: who may do what and when, which day holds where steps cross on the way, and that no day does anything.

use crate::steps::{case, event, step};
use comity_affairs::{
    AffairFault, Event, Finding, Flow, History, Side, State, Step, StepKind,
    clock::{Calendar, ClockKind, Due, Lengths, running},
    table,
};
use comity_record::{Date, Timestamp};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn take(history: &mut History, side: Side, at: &str, step: Step) -> Result<Event, AffairFault> {
    let mut next = event(side, Flow::Disclosure, step);
    next.at = at.parse().unwrap();
    history.take(next)
}

/// Reported on 2 March with 1 June proposed, acknowledged, found, a fix planned.
fn planned() -> History {
    let mut history = History::new(case(), Flow::Disclosure, true);
    let mut report = step(StepKind::Send, &history.view(), false);
    if let Step::Send { fields, .. } = &mut report {
        fields.insert("publication-day".to_owned(), "2026-06-01".to_owned());
    }
    take(&mut history, Side::Asking, "2026-03-02T09:00:00Z", report).unwrap();
    let steps = [
        Step::Acknowledge { ticket: "B-1".into() },
        Step::Assess { finding: Finding::Found, text: "in all versions".into() },
        Step::PlanFix { on: day("2026-05-20"), text: "version 4.3".into() },
    ];
    for step in steps {
        take(&mut history, Side::Asked, "2026-03-03T09:00:00Z", step).unwrap();
    }
    history
}

fn agree(day_of: &str) -> Step {
    Step::AgreeDay { day: day(day_of) }
}

fn propose(day_of: &str) -> Step {
    Step::ProposeDay { day: day(day_of), reasons: "the fix is late".into() }
}

fn publish(early: Option<&str>) -> Step {
    Step::Publish { reference: "CVE-0000-0001".into(), early: early.map(str::to_owned) }
}

const NOW: &str = "2026-03-04T09:00:00Z";

/// What each side may do in each state, written down once more: a change of the table is seen here.
#[test]
fn the_table_of_a_disclosure_is_this() {
    let mut lines = Vec::new();
    for state in State::ALL {
        for side in [Side::Asking, Side::Asked] {
            for kind in table::open(Flow::Disclosure, false, *state, side) {
                let to = table::next(Flow::Disclosure, false, *state, side, kind).unwrap();
                lines.push(format!("{state} | {side} | {kind} | {to}"));
            }
        }
    }
    let golden = include_str!("disclosure.table");
    assert_eq!(lines.join("\n") + "\n", golden);
}

#[test]
fn both_must_agree_to_the_same_day_and_either_may_ask_for_a_later_one() {
    let mut history = planned();
    assert_eq!(history.view().disclosure.embargo(), Some(day("2026-06-01")), "what is proposed is kept");
    let own = take(&mut history, Side::Asking, NOW, agree("2026-06-01")).unwrap_err();
    assert_eq!(own.code(), "case/needs", "nobody agrees to the own day");
    take(&mut history, Side::Asked, NOW, agree("2026-06-01")).unwrap();
    assert_eq!(
        (history.view().state, history.view().disclosure.agreed),
        (State::DayAgreed, Some(day("2026-06-01")))
    );
    take(&mut history, Side::Asked, NOW, propose("2026-07-01")).unwrap();
    let view = history.view();
    assert_eq!(
        (view.state, view.disclosure.agreed),
        (State::DayAgreed, Some(day("2026-06-01"))),
        "a wish binds nobody"
    );
    take(&mut history, Side::Asking, NOW, agree("2026-07-01")).unwrap();
    assert_eq!(history.view().disclosure.embargo(), Some(day("2026-07-01")));
    take(&mut history, Side::Asking, NOW, Step::Disagree { reasons: "seen in use".into() }).unwrap();
    let view = history.view();
    assert_eq!(
        (view.state, view.disclosure.agreed),
        (State::DayDisputed, Some(day("2026-07-01"))),
        "till another"
    );
}

#[test]
fn a_fix_is_planned_for_what_was_found_and_days_lie_ahead() {
    let mut history = planned();
    let past = take(&mut history, Side::Asking, NOW, propose("2026-03-04")).unwrap_err();
    assert_eq!(past.code(), "case/needs");
    let mut unfound = History::new(case(), Flow::Disclosure, true);
    let report = step(StepKind::Send, &unfound.view(), false);
    take(&mut unfound, Side::Asking, NOW, report).unwrap();
    take(&mut unfound, Side::Asked, NOW, Step::Acknowledge { ticket: "B-1".into() }).unwrap();
    let not_found = Step::Assess { finding: Finding::NotFound, text: "not here".into() };
    take(&mut unfound, Side::Asked, NOW, not_found).unwrap();
    let plan = Step::PlanFix { on: day("2026-05-20"), text: "version 4.3".into() };
    assert_eq!(take(&mut unfound, Side::Asked, NOW, plan).unwrap_err().code(), "case/needs");
}

/// Publishing early is a State's own decision; it says why. On the day agreed nothing need be said.
#[test]
fn who_publishes_before_the_day_says_why() {
    for (agreed, at, free) in [
        (false, "2026-08-01T00:00:00Z", false),
        (true, "2026-05-31T23:59:59Z", false),
        (true, "2026-06-01T00:00:00Z", true),
    ] {
        let mut history = planned();
        if agreed {
            take(&mut history, Side::Asked, NOW, agree("2026-06-01")).unwrap();
        }
        let silent = take(&mut history, Side::Asking, at, publish(None));
        assert_eq!(silent.is_ok(), free, "{at}");
        if !free {
            take(&mut history, Side::Asking, at, publish(Some("it is in use everywhere"))).unwrap();
        }
        assert_eq!(history.view().state, State::Published);
        assert_eq!(history.view().disclosure.embargo(), None);
        take(&mut history, Side::Asked, at, publish(None)).unwrap();
    }
}

/// Each side agrees to the other's day, neither knowing of the other's step: the later day holds at both nodes, whichever
/// side had proposed it.
#[test]
fn where_agreements_cross_the_later_day_holds() {
    for (asking, asked) in [("2026-06-20", "2026-07-01"), ("2026-07-01", "2026-06-20")] {
        let mut here = planned();
        take(&mut here, Side::Asking, NOW, propose(asking)).unwrap();
        take(&mut here, Side::Asked, NOW, propose(asked)).unwrap();
        let mut there = here.clone();
        let ours = take(&mut here, Side::Asking, NOW, agree(asked)).unwrap();
        let theirs = take(&mut there, Side::Asked, NOW, agree(asking)).unwrap();
        here.arrive(theirs).unwrap();
        there.arrive(ours).unwrap();
        assert_eq!(here.view(), there.view());
        assert_eq!(
            (here.view().state, here.view().disclosure.agreed),
            (State::DayAgreed, Some(day("2026-07-01")))
        );
        // Who has seen both may agree to the earlier one all the same.
        take(&mut here, Side::Asking, NOW, propose("2026-06-10")).unwrap();
        take(&mut here, Side::Asked, NOW, agree("2026-06-10")).unwrap();
        assert_eq!(here.view().disclosure.agreed, Some(day("2026-06-10")));
    }
}

/// The clock warns 30, 14 and 3 days before; ten years later nothing is published.
#[test]
fn the_clock_warns_and_never_publishes() {
    let mut history = planned();
    let publication = |history: &History| {
        let calendar = Calendar::plain();
        let clocks = running(&history.view(), &Lengths::default(), &calendar, &calendar);
        clocks.into_iter().find(|clock| clock.kind == ClockKind::Publication).unwrap()
    };
    // 90 days from the report where no day is agreed.
    assert_eq!(publication(&history).due.to_string(), "2026-05-31T09:00:00.000Z");
    take(&mut history, Side::Asked, NOW, agree("2026-06-01")).unwrap();
    let clock = publication(&history);
    assert_eq!(clock.due.to_string(), "2026-06-02T00:00:00.000Z");
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    assert_eq!(clock.warning(at("2026-05-30T12:00:00Z")), Some(3));
    assert_eq!(clock.warning(at("2026-05-20T12:00:00Z")), Some(14));
    assert_eq!(clock.says(at("2026-04-01T12:00:00Z")), Due::Later);
    assert_eq!(clock.says(at("2036-06-02T12:00:00Z")), Due::Overdue);
    assert_eq!((history.view().state, history.view().disclosure.published.len()), (State::DayAgreed, 0));
    // A later day that was proposed waits for an answer of the other side.
    take(&mut history, Side::Asked, NOW, propose("2026-07-01")).unwrap();
    let calendar = Calendar::plain();
    let answer = |history: &History| {
        running(&history.view(), &Lengths::default(), &calendar, &calendar)
            .into_iter()
            .find(|clock| clock.kind == ClockKind::DayAnswer)
            .map(|clock| clock.owner)
    };
    assert_eq!(answer(&history), Some(Side::Asking));
    take(&mut history, Side::Asking, NOW, Step::Disagree { reasons: "too late".into() }).unwrap();
    assert_eq!(answer(&history), None);
}
