//! What a case comes to, read from both chains.

use crate::{
    Acceptance, Condition, Event, Flow, Ground, Side, State, Step, StepKind, disclosure::Disclosure,
};
use comity_record::{Date, Hash, RecordId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// One event in the common order, with what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whose event.
    pub side: Side,
    /// Its number in that side's chain.
    pub number: u32,
    /// The step.
    pub step: StepKind,
    /// When its author recorded it.
    pub at: Timestamp,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// Whether it met a state that its author did not know.
    pub crossed: bool,
}

/// How preserved data stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preservation {
    /// Kept until this day.
    pub until: Option<Date>,
    /// The last day asked for.
    pub extension_asked: Option<Date>,
    /// The request that follows, as the asking side named it.
    pub follow_up: Option<String>,
}

/// What the events of both sides come to. The same events give the same view, whatever the order of their arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The flow.
    pub flow: Flow,
    /// Where the case stands.
    pub state: State,
    /// Whether life is in danger.
    pub emergency: bool,
    /// Whether this is exercise traffic.
    pub exercise: bool,
    /// The asking side's reference.
    pub reference: Option<String>,
    /// The asked side's ticket.
    pub ticket: Option<String>,
    /// The form, by its code.
    pub form: Option<String>,
    /// Its fields by code, with what was given later and the papers of an emergency.
    pub fields: BTreeMap<String, String>,
    /// The request record that the border judges.
    pub request: Option<RecordId>,
    /// Whether the papers of an emergency were filed.
    pub papers_filed: bool,
    /// What was accepted.
    pub accepted: Option<Acceptance>,
    /// The ground and reasons of the last refusal or postponement.
    pub ground: Option<(Ground, String)>,
    /// Whether a consultation took place since the last check began.
    pub consulted: bool,
    /// The conditions offered or in force, by number.
    pub conditions: BTreeMap<u16, Condition>,
    /// Conditions whose waiver is asked.
    pub waivers_asked: BTreeSet<u16>,
    /// Conditions waived.
    pub waived: BTreeSet<u16>,
    /// Fields asked for that were not given.
    pub missing: BTreeSet<String>,
    /// The manifest released last.
    pub manifest: Option<Hash>,
    /// Every manifest that was released or transmitted.
    pub manifests: BTreeSet<Hash>,
    /// Which side has told that access to which manifest ended, with the last day.
    pub access_ended: BTreeSet<(Side, Hash, Date)>,
    /// Preserved data.
    pub preservation: Preservation,
    /// Whether the one reconsideration was asked.
    pub reconsidered: bool,
    /// Whether the asking side took the material after a withdrawal that crossed its release.
    pub kept_after_withdrawal: bool,
    /// How a vulnerability stands; empty in other flows.
    pub disclosure: Disclosure,
    /// Every event in the common order.
    pub lines: Vec<Line>,
}

impl View {
    pub(crate) fn new(flow: Flow) -> View {
        View {
            flow,
            state: State::New,
            emergency: false,
            exercise: false,
            reference: None,
            ticket: None,
            form: None,
            fields: BTreeMap::new(),
            request: None,
            papers_filed: false,
            accepted: None,
            ground: None,
            consulted: false,
            conditions: BTreeMap::new(),
            waivers_asked: BTreeSet::new(),
            waived: BTreeSet::new(),
            missing: BTreeSet::new(),
            manifest: None,
            manifests: BTreeSet::new(),
            access_ended: BTreeSet::new(),
            preservation: Preservation::default(),
            reconsidered: false,
            kept_after_withdrawal: false,
            disclosure: Disclosure::default(),
            lines: Vec::new(),
        }
    }

    /// The conditions that bind: offered and agreed, and not waived.
    pub fn binding(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.values().filter(|condition| !self.waived.contains(&condition.number))
    }

    /// Takes in the next event of the common order, whose step leads to `to`.
    pub(crate) fn take(&mut self, event: &Event, to: State, crossed: bool) {
        let line = Line {
            side: event.side,
            number: event.number,
            step: event.step.kind(),
            at: event.at,
            from: self.state,
            to,
            crossed,
        };
        self.state = to;
        self.lines.push(line);
        self.remember(&event.step);
        if let Step::TellAccessEnded { manifest, on } = &event.step {
            self.access_ended.insert((event.side, *manifest, *on));
        }
        if self.flow == Flow::Disclosure {
            self.disclosure.take(event);
        }
    }

    fn remember(&mut self, step: &Step) {
        match step {
            Step::Send { form, fields, request, emergency, reference } => {
                (self.form, self.fields) = (Some(form.clone()), fields.clone());
                (self.request, self.emergency, self.reference) =
                    (*request, *emergency, Some(reference.clone()));
            }
            Step::FilePapers { fields } => {
                self.papers_filed = true;
                self.fields.extend(fields.clone());
            }
            Step::Acknowledge { ticket } => self.ticket = Some(ticket.clone()),
            Step::BeginCheck {} => self.consulted = false,
            Step::Consult { .. } => self.consulted = true,
            Step::AskInformation { fields, .. } => self.missing.extend(fields.iter().cloned()),
            Step::GiveInformation { fields } => {
                self.missing.retain(|name| !fields.contains_key(name));
                self.fields.extend(fields.clone());
            }
            Step::Refuse { ground, reasons, .. } | Step::Postpone { ground, reasons, .. } => {
                self.ground = Some((ground.clone(), reasons.clone()));
            }
            Step::Offer { conditions } => {
                self.conditions = conditions.iter().map(|one| (one.number, one.clone())).collect();
            }
            Step::Accept { acceptance } => self.accepted = Some(acceptance.clone()),
            Step::Reconsider { .. } => self.reconsidered = true,
            Step::KeepSealed { .. } => self.kept_after_withdrawal = true,
            Step::Release { manifest } | Step::Transmit { manifest } => {
                self.manifest = Some(*manifest);
                self.manifests.insert(*manifest);
            }
            _ => self.remember_waivers_and_preservation(step),
        }
    }

    fn remember_waivers_and_preservation(&mut self, step: &Step) {
        match step {
            Step::AskWaiver { condition, .. } => {
                self.waivers_asked.insert(*condition);
            }
            Step::DecideWaiver { condition, waived, .. } => {
                self.waivers_asked.remove(condition);
                if *waived {
                    self.waived.insert(*condition);
                }
            }
            Step::Preserve { until } => self.preservation.until = Some(*until),
            Step::Extend { until } => {
                (self.preservation.until, self.preservation.extension_asked) = (Some(*until), None);
            }
            Step::AskExtension { until } => self.preservation.extension_asked = Some(*until),
            Step::SendFollowUp { reference } => self.preservation.follow_up = Some(reference.clone()),
            _ => {}
        }
    }
}
