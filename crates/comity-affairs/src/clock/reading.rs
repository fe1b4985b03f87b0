//! The clocks that run in a case, read from its events.

use super::{Calendar, ClockKind, Lengths};
use crate::{Flow, Side, State, StepKind, View, form::Form};
use comity_record::{Date, Timestamp};

const DAY: i64 = 24 * 3_600_000;

/// A clock that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What it is about.
    pub kind: ClockKind,
    /// Who is to act.
    pub owner: Side,
    /// Since when it runs.
    pub since: Timestamp,
    /// When it ends.
    pub due: Timestamp,
    /// Whether it stands still: the other side has been asked for something.
    pub paused: bool,
}

/// What a clock says at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Its end has passed.
    Overdue,
    /// Its end is near: within a fifth of its length, or within 30 days for data that end.
    Soon,
    /// There is time.
    Later,
    /// It stands still.
    Paused,
}

/// What may be offered to an officer when a clock ends. Each is a person's to take; none happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offer {
    /// Remind the other side's desk.
    Remind,
    /// Try the second contact.
    SecondContact,
    /// Send a copy by the diplomatic channel.
    DiplomaticCopy,
    /// Ask for progress.
    AskProgress,
    /// Ask for an extension, or send the follow-up.
    ExtendOrFollowUp,
    /// End the case as not pursued, with reasons.
    CloseWithReasons,
    /// Act on what is due on the own side.
    Act,
    /// Tell the other side that access ended.
    TellAccessEnded,
}

impl Clock {
    /// What the clock says.
    pub fn says(&self, now: Timestamp) -> Due {
        if self.paused {
            return Due::Paused;
        }
        let left = self.due.as_millis().saturating_sub(now.as_millis());
        let length = self.due.as_millis().saturating_sub(self.since.as_millis());
        let near = match self.kind {
            ClockKind::PreservationEnd | ClockKind::ConditionDate | ClockKind::Publication => 30 * DAY,
            _ => length / 5,
        };
        match left {
            left if left < 0 => Due::Overdue,
            left if left <= near => Due::Soon,
            _ => Due::Later,
        }
    }

    /// The warning that is due for data that end and for a publication: 30, 14 or 3 days before, the nearest reached; `None` before, after, and
    /// for clocks of another kind.
    pub fn warning(&self, now: Timestamp) -> Option<u16> {
        let left = self.due.as_millis().saturating_sub(now.as_millis());
        let reached = |days: &&u16| (0..=i64::from(**days) * DAY).contains(&left);
        let warned = matches!(self.kind, ClockKind::PreservationEnd | ClockKind::Publication);
        [3, 14, 30].iter().find(reached).filter(|_| warned).copied()
    }

    /// What may be offered to an officer of `side`.
    pub fn offers(&self, side: Side) -> &'static [Offer] {
        if self.owner == side {
            return match self.kind {
                ClockKind::PreservationEnd => &[Offer::ExtendOrFollowUp],
                ClockKind::AccessEnded => &[Offer::TellAccessEnded],
                _ => &[Offer::Act],
            };
        }
        match self.kind {
            ClockKind::EmergencyAcknowledgment
            | ClockKind::PreservationAcknowledgment
            | ClockKind::Acknowledgment => &[Offer::Remind, Offer::SecondContact, Offer::DiplomaticCopy],
            ClockKind::Information => &[Offer::Remind, Offer::CloseWithReasons],
            ClockKind::Target | ClockKind::PreservationExecution => {
                &[Offer::AskProgress, Offer::SecondContact]
            }
            _ => &[Offer::Remind],
        }
    }
}

/// The clocks that run in a case. `calendars` are those of the asking and the asked side.
pub fn running(view: &View, lengths: &Lengths, asking: &Calendar, asked: &Calendar) -> Vec<Clock> {
    let reading = Reading { view, lengths, asking, asked };
    let mut clocks = Vec::new();
    clocks.extend(reading.acknowledgment());
    clocks.extend(reading.work());
    clocks.extend(reading.questions());
    clocks.extend(reading.preservation());
    clocks.extend(reading.notice());
    clocks.extend(reading.product());
    clocks.extend(reading.disclosure());
    clocks.sort_by_key(|clock| (clock.due, clock.kind));
    clocks
}

/// The clock of a side that closed access and has not told the other: `since` is when it entered that.
pub fn access_ended(owner: Side, since: Timestamp, lengths: &Lengths, calendar: &Calendar) -> Clock {
    let kind = ClockKind::AccessEnded;
    Clock { kind, owner, since, due: lengths.of(kind).after(since, calendar), paused: false }
}

/// What is due for whom over many cases, the nearest first.
pub fn agenda<'a, T>(
    clocks: impl Iterator<Item = (T, &'a Clock)>,
    now: Timestamp,
) -> Vec<(T, Due, &'a Clock)> {
    let mut due: Vec<(T, Due, &Clock)> = clocks.map(|(case, clock)| (case, clock.says(now), clock)).collect();
    due.sort_by_key(|(_, says, clock)| (*says, clock.due));
    due
}

/// Whether the asked side waits for something in this state.
const fn stands_still(state: State) -> bool {
    matches!(state, State::InfoNeeded | State::Offered | State::Postponed)
}

struct Reading<'a> {
    view: &'a View,
    lengths: &'a Lengths,
    asking: &'a Calendar,
    asked: &'a Calendar,
}

impl Reading<'_> {
    fn is(&self, form: Form) -> bool {
        self.view.form.as_deref() == Some(form.as_str())
    }

    /// When a step of a kind was taken last.
    fn last(&self, step: StepKind) -> Option<Timestamp> {
        self.view.lines.iter().rev().find(|line| line.step == step).map(|line| line.at)
    }

    /// Whether a step of one kind has come after the last of another.
    fn answered(&self, question: StepKind, answer: StepKind) -> bool {
        let place = |step| self.view.lines.iter().rposition(|line| line.step == step);
        match (place(question), place(answer)) {
            (Some(asked), Some(answered)) => answered > asked,
            (None, _) => true,
            _ => false,
        }
    }

    /// For how long the clock of the asked side has stood still so far, in milliseconds: pauses that ended.
    fn stood_still(&self) -> i64 {
        let lines = self.view.lines.iter();
        let after = self.view.lines.iter().skip(1);
        let pauses = lines.zip(after).filter(|(line, _)| stands_still(line.to));
        pauses.map(|(line, next)| next.at.as_millis().saturating_sub(line.at.as_millis()).max(0)).sum()
    }

    fn clock(&self, kind: ClockKind, owner: Side, since: Timestamp) -> Clock {
        let calendar = if owner == Side::Asking { self.asking } else { self.asked };
        Clock { kind, owner, since, due: self.lengths.of(kind).after(since, calendar), paused: false }
    }

    fn on_day(&self, kind: ClockKind, owner: Side, since: Timestamp, day: Date) -> Clock {
        let calendar = if owner == Side::Asking { self.asking } else { self.asked };
        Clock { kind, owner, since, due: calendar.end_of(day), paused: false }
    }

    fn acknowledgment(&self) -> Option<Clock> {
        let sent = self.last(StepKind::Send).filter(|_| self.view.state == State::Sent)?;
        let kind = match () {
            () if self.view.emergency => ClockKind::EmergencyAcknowledgment,
            () if self.is(Form::Preservation) || self.is(Form::Extension) => {
                ClockKind::PreservationAcknowledgment
            }
            () => ClockKind::Acknowledgment,
        };
        Some(self.clock(kind, Side::Asked, sent))
    }

    fn work(&self) -> Vec<Clock> {
        let mut clocks = Vec::new();
        let open = !self.view.state.is_final() && self.view.flow == Flow::Request;
        let carried_out = |state| {
            matches!(
                state,
                State::Released
                    | State::Transmitted
                    | State::ProductReceived
                    | State::Verified
                    | State::InUse
                    | State::Refused
                    | State::NotPossible
                    | State::NotPursued
                    | State::Preserved
                    | State::TiedToFollowUp
                    | State::Lapsed
            )
        };
        let preserving = self.is(Form::Preservation);
        if let Some(acknowledged) =
            self.last(StepKind::Acknowledge).filter(|_| open && !carried_out(self.view.state))
        {
            let kind = if preserving { ClockKind::PreservationExecution } else { ClockKind::Target };
            let mut clock = self.clock(kind, Side::Asked, acknowledged);
            clock.paused = stands_still(self.view.state);
            clock.due = clock.due.plus_millis(self.stood_still());
            clocks.push(clock);
        }
        let papers = self.view.emergency && !self.view.papers_filed && self.view.flow == Flow::Request;
        if let Some(sent) = self.last(StepKind::Send).filter(|_| papers && !self.view.state.is_final()) {
            clocks.push(self.clock(ClockKind::EmergencyPapers, Side::Asking, sent));
        }
        clocks
    }

    fn questions(&self) -> Vec<Clock> {
        let mut clocks = Vec::new();
        if let Some(asked) =
            self.last(StepKind::AskInformation).filter(|_| self.view.state == State::InfoNeeded)
        {
            clocks.push(self.clock(ClockKind::Information, Side::Asking, asked));
        }
        let unanswered = !self.answered(StepKind::AskProgress, StepKind::ReportProgress);
        if let Some(asked) =
            self.last(StepKind::AskProgress).filter(|_| unanswered && !self.view.state.is_final())
        {
            clocks.push(self.clock(ClockKind::Progress, Side::Asked, asked));
        }
        clocks
    }

    /// Data that end need a follow-up or an extension; a hold after the follow-up has no end of its own (29(7)).
    fn preservation(&self) -> Option<Clock> {
        let until = self.view.preservation.until.filter(|_| self.view.state == State::Preserved)?;
        let since = self.last(StepKind::Extend).or(self.last(StepKind::Preserve))?;
        Some(self.on_day(ClockKind::PreservationEnd, Side::Asking, since, until))
    }

    fn notice(&self) -> Option<Clock> {
        if self.view.flow != Flow::Notice {
            return None;
        }
        match self.view.state {
            State::Acknowledged => {
                Some(self.clock(ClockKind::Assessment, Side::Asked, self.last(StepKind::Acknowledge)?))
            }
            State::Assessed | State::StepsTaken => {
                let said = [StepKind::Assess, StepKind::TakeStep, StepKind::ReportProgress];
                let last = said.into_iter().filter_map(|step| self.last(step)).max()?;
                Some(self.clock(ClockKind::StepReport, Side::Asked, last))
            }
            _ => None,
        }
    }

    /// The day agreed, or the usual time from the report where there is none. A day proposed later waits for an answer.
    fn disclosure(&self) -> Vec<Clock> {
        let known = &self.view.disclosure;
        let waits =
            !self.view.state.is_final() && !matches!(self.view.state, State::Published | State::Declined);
        if self.view.flow != Flow::Disclosure || !waits {
            return Vec::new();
        }
        let mut clocks = Vec::new();
        if let Some(taken) =
            self.last(StepKind::Acknowledge).filter(|_| self.view.state == State::Acknowledged)
        {
            clocks.push(self.clock(ClockKind::Validation, Side::Asked, taken));
        }
        let usual =
            self.last(StepKind::Send).map(|sent| self.clock(ClockKind::Publication, Side::Asked, sent));
        let agreed = known.agreed.zip(self.last(StepKind::AgreeDay));
        let on_day = agreed.map(|(day, since)| self.on_day(ClockKind::Publication, Side::Asked, since, day));
        clocks.extend(on_day.or(usual));
        for side in [Side::Asking, Side::Asked] {
            clocks.extend(self.day_answer(side));
        }
        clocks
    }

    /// A day that a side proposed by a step and on which the other side has said nothing since.
    fn day_answer(&self, side: Side) -> Option<Clock> {
        let lines = &self.view.lines;
        let place = lines.iter().rposition(|line| line.side == side && line.step == StepKind::ProposeDay)?;
        let answers = [StepKind::ProposeDay, StepKind::AgreeDay, StepKind::Disagree];
        let answered = lines.iter().skip(place).any(|line| line.side != side && answers.contains(&line.step));
        let at = lines.get(place).filter(|_| !answered)?.at;
        Some(self.clock(ClockKind::DayAnswer, side.other(), at))
    }

    fn product(&self) -> Vec<Clock> {
        let mut clocks = Vec::new();
        if let Some(came) =
            self.last(StepKind::ReceiveProduct).filter(|_| self.view.state == State::ProductReceived)
        {
            let receiver = if self.view.flow == Flow::Spontaneous { Side::Asked } else { Side::Asking };
            if self.view.flow == Flow::Request {
                clocks.push(self.clock(ClockKind::Verification, receiver, came));
            }
        }
        let Some(since) = self.last(StepKind::Offer) else { return clocks };
        let told =
            |by: Date| self.view.access_ended.iter().any(|(side, _, on)| *side == Side::Asking && *on >= by);
        let open = self
            .view
            .binding()
            .filter(|condition| !(condition.kind.closes_access() && condition.by.is_some_and(told)));
        let dated = open.filter_map(|condition| condition.by);
        let terms = !matches!(self.view.state, State::Offered | State::TermsDeclined | State::Withdrawn);
        clocks.extend(
            dated
                .filter(|_| terms)
                .map(|day| self.on_day(ClockKind::ConditionDate, Side::Asking, since, day)),
        );
        clocks
    }
}
