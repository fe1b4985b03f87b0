//! Clocks warn and never decide.

use crate::steps::{case, event, step};
use comity_affairs::{
    Flow, History, Side, StepKind, View,
    clock::{Calendar, Clock, ClockKind, Due, Length, Lengths, Offer, Zone, agenda, running},
};
use comity_record::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A history whose steps were taken at these times.
fn history(flow: Flow, form: &str, steps: &[(Side, StepKind, &str)]) -> History {
    let mut history = History::new(case(), flow, true);
    for (side, kind, when) in steps {
        let mut taken = step(*kind, &history.view(), false);
        if let comity_affairs::Step::Send { form: code, .. } = &mut taken {
            *code = form.to_owned();
        }
        let mut next = event(*side, flow, taken);
        next.at = at(when);
        history.take(next).unwrap();
    }
    history
}

fn clocks(view: &View) -> Vec<Clock> {
    running(view, &Lengths::default(), &Calendar::plain(), &Calendar::plain())
}

fn due(view: &View, kind: ClockKind) -> Option<String> {
    clocks(view).into_iter().find(|clock| clock.kind == kind).map(|clock| clock.due.to_string())
}

#[test]
fn silence_and_time_change_nothing() {
    let history =
        history(Flow::Request, "subscriber", &[(Side::Asking, StepKind::Send, "2026-03-02T09:00:00Z")]);
    let before = history.view();
    for year in 2026..2040 {
        let now = at(&format!("{year}-12-31T00:00:00Z"));
        let said: Vec<Due> = clocks(&before).iter().map(|clock| clock.says(now)).collect();
        assert_eq!(said, [Due::Overdue]);
        assert_eq!(history.view(), before);
    }
    let offers = clocks(&before)[0].offers(Side::Asking);
    assert_eq!(offers, [Offer::Remind, Offer::SecondContact, Offer::DiplomaticCopy]);
}

#[test]
fn the_desk_has_an_hour_a_day_or_five_working_days() {
    // 2026-03-05 is a Thursday.
    let sent = [(Side::Asking, StepKind::Send, "2026-03-05T09:00:00Z")];
    let of = |form| history(Flow::Request, form, &sent).view();
    assert_eq!(
        due(&of("subscriber"), ClockKind::Acknowledgment).as_deref(),
        Some("2026-03-12T17:00:00.000Z")
    );
    assert_eq!(
        due(&of("preservation"), ClockKind::PreservationAcknowledgment).as_deref(),
        Some("2026-03-06T09:00:00.000Z")
    );
    let mut urgent = History::new(case(), Flow::Request, true);
    let mut first = event(Side::Asking, Flow::Request, step(StepKind::Send, &urgent.view(), true));
    first.at = at("2026-03-05T09:00:00Z");
    urgent.take(first).unwrap();
    let view = urgent.view();
    assert_eq!(due(&view, ClockKind::EmergencyAcknowledgment).as_deref(), Some("2026-03-05T10:00:00.000Z"));
    assert_eq!(due(&view, ClockKind::EmergencyPapers).as_deref(), Some("2026-03-12T17:00:00.000Z"));
}

/// The days of article 29(7): data kept until 31 May are warned of 30, 14 and 3 days before, and never after.
#[test]
fn data_that_end_are_warned_of_thrice() {
    let view = history(
        Flow::Request,
        "preservation",
        &[
            (Side::Asking, StepKind::Send, "2026-03-02T09:00:00Z"),
            (Side::Asked, StepKind::Acknowledge, "2026-03-02T10:00:00Z"),
            (Side::Asked, StepKind::BeginCheck, "2026-03-02T11:00:00Z"),
            (Side::Asked, StepKind::Accept, "2026-03-02T12:00:00Z"),
            (Side::Asked, StepKind::Preserve, "2026-03-02T13:00:00Z"),
        ],
    );
    let clock =
        clocks(&view.view()).into_iter().find(|clock| clock.kind == ClockKind::PreservationEnd).unwrap();
    let warned =
        |days: i64, hours: i64| clock.warning(clock.due.plus_millis(-(days * 24 + hours) * 3_600_000));
    assert_eq!([warned(30, 1), warned(30, 0), warned(14, 1)], [None, Some(30), Some(30)]);
    assert_eq!(
        [warned(14, 0), warned(3, 1), warned(3, 0), warned(0, 0)],
        [Some(14), Some(14), Some(3), Some(3)]
    );
    assert_eq!(warned(0, -1), None);
}

/// Two working days agreed on by both for one measure; one side alone changes nothing, and the later word counts.
#[test]
fn a_clock_is_changed_by_both_and_by_neither_alone() {
    use comity_affairs::{
        Step,
        clock::{Agreed, Proposal},
    };
    let word = |length: &str| format!("clock acknowledgment for subscriber_information: {length}");
    let mut talks = History::new(case(), Flow::Consultation, true);
    let say = |talks: &mut History, side, step, when: &str| {
        let mut next = event(side, Flow::Consultation, step);
        next.at = at(when);
        talks.take(next).unwrap();
    };
    let position = |text: String| Step::StatePosition { text };
    let opened = step(StepKind::Send, &talks.view(), false);
    say(&mut talks, Side::Asking, opened, "2026-03-02T09:00:00Z");
    say(&mut talks, Side::Asking, position(word("2 working days")), "2026-03-02T09:01:00Z");
    say(&mut talks, Side::Asked, Step::Acknowledge { ticket: "B-1".to_owned() }, "2026-03-03T09:00:00Z");
    assert_eq!(Agreed::read([&talks]), Agreed::default());
    say(&mut talks, Side::Asked, position(word("3 working days")), "2026-03-04T09:00:00Z");
    assert_eq!(Agreed::read([&talks]), Agreed::default());
    let both = format!("we agree:\n{}", word("2 working days"));
    say(&mut talks, Side::Asked, position(both), "2026-03-05T09:00:00Z");
    let agreed = Agreed::read([&talks]);
    let of = |measure| agreed.lengths(measure).of(ClockKind::Acknowledgment);
    assert_eq!(of(Some("subscriber_information")), Length::WorkingDays(2));
    assert_eq!([of(Some("stored_content")), of(None)], [Length::WorkingDays(5), Length::WorkingDays(5)]);
    // One side takes its word back: the default holds again.
    say(&mut talks, Side::Asking, position(word("1 working day")), "2026-03-06T09:00:00Z");
    assert_eq!(Agreed::read([&talks]), Agreed::default());
    let text = "clock target for any: 120 days";
    assert_eq!(text.parse::<Proposal>().unwrap().to_string(), text);
    for wrong in ["clock target: 3 days", "clock nothing for any: 3 days", "clock target for any: 0 days"] {
        assert!(wrong.parse::<Proposal>().is_err(), "{wrong}");
    }
}

/// A question of two days: the end moves by as much as the clock stood still.
#[test]
fn a_pause_gives_its_time_back() {
    let steps = [
        (Side::Asking, StepKind::Send, "2026-03-02T09:00:00Z"),
        (Side::Asked, StepKind::Acknowledge, "2026-03-02T10:00:00Z"),
        (Side::Asked, StepKind::BeginCheck, "2026-03-02T11:00:00Z"),
        (Side::Asked, StepKind::AskInformation, "2026-03-03T09:00:00Z"),
        (Side::Asking, StepKind::GiveInformation, "2026-03-05T09:00:00Z"),
        (Side::Asked, StepKind::BeginCheck, "2026-03-05T10:00:00Z"),
    ];
    let view = history(Flow::Request, "subscriber", &steps).view();
    // 90 days after 2026-03-02T10:00 are 2026-05-31T10:00; two days stood still.
    assert_eq!(due(&view, ClockKind::Target).as_deref(), Some("2026-06-02T10:00:00.000Z"));
}

#[test]
fn a_question_stops_the_clock_of_the_asked_side() {
    let steps = [
        (Side::Asking, StepKind::Send, "2026-03-02T09:00:00Z"),
        (Side::Asked, StepKind::Acknowledge, "2026-03-02T10:00:00Z"),
        (Side::Asked, StepKind::BeginCheck, "2026-03-02T11:00:00Z"),
        (Side::Asked, StepKind::AskInformation, "2026-03-03T09:00:00Z"),
        (Side::Asking, StepKind::GiveInformation, "2026-03-04T09:00:00Z"),
    ];
    let asked = history(Flow::Request, "subscriber", &steps[..4]).view();
    let target =
        |view: &View| clocks(view).into_iter().find(|clock| clock.kind == ClockKind::Target).unwrap();
    assert_eq!(target(&asked).says(at("2030-01-01T00:00:00Z")), Due::Paused);
    // Fifteen working days from Tuesday 3 March.
    assert_eq!(due(&asked, ClockKind::Information).as_deref(), Some("2026-03-24T17:00:00.000Z"));
    let given = history(Flow::Request, "subscriber", &steps).view();
    assert!(!target(&given).paused);
    assert_eq!(due(&given, ClockKind::Information), None);
}

#[test]
fn preserved_data_warn_thirty_days_before_and_a_hold_never_ends() {
    let steps = [
        (Side::Asking, StepKind::Send, "2026-01-05T09:00:00Z"),
        (Side::Asked, StepKind::Acknowledge, "2026-01-05T10:00:00Z"),
        (Side::Asked, StepKind::BeginCheck, "2026-01-05T11:00:00Z"),
        (Side::Asked, StepKind::Accept, "2026-01-05T12:00:00Z"),
        (Side::Asked, StepKind::Preserve, "2026-01-06T09:00:00Z"),
        (Side::Asking, StepKind::SendFollowUp, "2026-03-01T09:00:00Z"),
        (Side::Asked, StepKind::TieToFollowUp, "2026-03-02T09:00:00Z"),
    ];
    // The step keeps until 2026-04-30 (sixty days after 1 March).
    let kept = history(Flow::Request, "preservation", &steps[..5]).view();
    let clock = clocks(&kept)[0];
    assert_eq!(
        (clock.kind, clock.due.to_string().as_str()),
        (ClockKind::PreservationEnd, "2026-05-01T00:00:00.000Z")
    );
    assert_eq!(clock.says(at("2026-03-31T00:00:00Z")), Due::Later);
    assert_eq!(clock.says(at("2026-04-02T00:00:00Z")), Due::Soon);
    assert_eq!(clock.offers(Side::Asking), [Offer::ExtendOrFollowUp]);
    assert_eq!(clocks(&history(Flow::Request, "preservation", &steps).view()), []);
}

#[test]
fn a_pair_of_states_may_agree_on_another_length_in_the_calendar_of_who_acts() {
    let steps = [(Side::Asking, StepKind::Send, "2026-03-05T20:00:00Z")];
    let view = history(Flow::Request, "subscriber", &steps).view();
    let lengths = Lengths::default().agreed(ClockKind::Acknowledgment, Length::WorkingDays(1));
    let week = [true, true, true, true, false, false, true];
    let asked = Calendar { zone: Zone::fixed(180), week, ..Calendar::plain() };
    let clock = running(&view, &lengths, &Calendar::plain(), &asked)[0];
    assert_eq!(clock.due.to_string(), "2026-03-08T14:00:00.000Z");
}

#[test]
fn a_notice_is_assessed_and_its_steps_reported() {
    let steps = [
        (Side::Asking, StepKind::Send, "2026-03-02T09:00:00Z"),
        (Side::Asked, StepKind::Acknowledge, "2026-03-02T10:00:00Z"),
        (Side::Asked, StepKind::Assess, "2026-03-04T10:00:00Z"),
    ];
    let acknowledged = history(Flow::Notice, "territory", &steps[..2]).view();
    assert_eq!(due(&acknowledged, ClockKind::Assessment).as_deref(), Some("2026-03-07T10:00:00.000Z"));
    let assessed = history(Flow::Notice, "territory", &steps).view();
    assert_eq!(due(&assessed, ClockKind::StepReport).as_deref(), Some("2026-03-18T10:00:00.000Z"));
}

#[test]
fn the_agenda_shows_what_is_overdue_first() {
    let sent = |when| history(Flow::Request, "subscriber", &[(Side::Asking, StepKind::Send, when)]).view();
    let early = clocks(&sent("2026-01-05T09:00:00Z"))[0];
    let late = clocks(&sent("2026-03-05T09:00:00Z"))[0];
    let due = agenda([("late", &late), ("early", &early)].into_iter(), at("2026-03-06T09:00:00Z"));
    assert_eq!(
        due.iter().map(|(case, says, _)| (*case, *says)).collect::<Vec<_>>(),
        [("early", Due::Overdue), ("late", Due::Later)]
    );
}
