//! How a vulnerability stands between two States: what was found, when a remedy is to be ready, which day for publication
//! each proposed and on which both agree (norm j of the framework of responsible State behaviour).
//!
//! **Invariant:** nothing here publishes. A day that has come is a day that has come; that something was published is a
//! signed step of the side that did it.

use crate::{Event, Finding, Flow, Side, Step, View};
use comity_record::Date;
use std::collections::BTreeMap;

/// The field of the form that proposes the first day for publication.
pub const DAY: &str = "publication-day";

/// The standing of a disclosure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disclosure {
    /// What the asked side found last.
    pub finding: Option<Finding>,
    /// When a remedy is to be ready.
    pub fix: Option<Date>,
    /// The day that each side proposed last; the form of the report proposes the first.
    pub proposed: BTreeMap<Side, Date>,
    /// The day on which both agreed last. It stands until both agree on another, also in dispute.
    pub agreed: Option<Date>,
    /// Where each side says that it published.
    pub published: BTreeMap<Side, String>,
    /// The number of the asked side's last agreement in its chain.
    last_agreement: Option<u32>,
}

impl Disclosure {
    /// The first day on which others may pass on what is said in the case: the day agreed, else the latest day proposed;
    /// none once a side has published.
    pub fn embargo(&self) -> Option<Date> {
        let open = self.published.is_empty();
        self.agreed.or(self.proposed.values().max().copied()).filter(|_| open)
    }

    /// Whether the side has proposed a day that the other has not agreed to.
    pub fn is_asked(&self, side: Side) -> Option<Date> {
        self.proposed.get(&side).copied().filter(|day| self.agreed != Some(*day))
    }

    /// Takes in the next event of the common order.
    pub(crate) fn take(&mut self, event: &Event) {
        match &event.step {
            Step::Send { fields, .. } => {
                let day = fields.get(DAY).and_then(|day| day.parse().ok());
                self.proposed.extend(day.map(|day| (event.side, day)));
            }
            Step::Assess { finding, .. } => self.finding = Some(*finding),
            Step::PlanFix { on, .. } => self.fix = Some(*on),
            Step::ProposeDay { day, .. } => drop(self.proposed.insert(event.side, *day)),
            Step::AgreeDay { day } => self.agree(event, *day),
            Step::Publish { reference, .. } => drop(self.published.insert(event.side, reference.clone())),
            _ => {}
        }
    }

    /// Where two agreements cross on the way, each to the other's day, the later day stands: nothing is published sooner
    /// than either side expects.
    fn agree(&mut self, event: &Event, day: Date) {
        let unseen = self.last_agreement.is_some_and(|number| event.seen_count() <= number);
        let crossed = event.side == Side::Asking && unseen;
        self.agreed = self.agreed.filter(|agreed| crossed && *agreed > day).or(Some(day));
        if event.side == Side::Asked {
            self.last_agreement = Some(event.number);
        }
    }
}

/// What a step of a disclosure needs beyond its place in the table; `None` where it has it.
pub(crate) fn missing(view: &View, event: &Event) -> Option<&'static str> {
    let (known, on) = (&view.disclosure, event.at.date());
    let blank = |text: &str| text.trim().is_empty();
    match &event.step {
        Step::Send { fields, .. } if event.flow == Flow::Disclosure => {
            let day = fields.get(DAY).and_then(|day| day.parse::<Date>().ok());
            day.is_some_and(|day| day <= on).then_some("a day for publication that lies ahead")
        }
        Step::PlanFix { .. } => {
            (known.finding != Some(Finding::Found)).then_some("the finding `found` before it")
        }
        Step::ProposeDay { day, .. } if *day <= on => Some("a day that lies ahead"),
        Step::ProposeDay { reasons, .. } => blank(reasons).then_some("reasons"),
        Step::AgreeDay { day } => {
            let theirs = known.proposed.get(&event.side.other());
            (theirs != Some(day)).then_some("the day that the other side proposed last")
        }
        Step::Publish { reference, .. } if blank(reference) => Some("where it is public"),
        Step::Publish { early, .. } => {
            let come = known.agreed.is_some_and(|day| day <= on) && view.state != crate::State::DayDisputed;
            let free = come || !known.published.is_empty();
            let silent = early.as_deref().is_none_or(blank);
            (!free && silent).then_some("a reason: the day is not agreed, in dispute, or has not come")
        }
        _ => None,
    }
}
