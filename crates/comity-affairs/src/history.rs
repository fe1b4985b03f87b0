//! Both chains of a case, and the one order in which they are read.

use crate::{AffairFault, CaseId, Event, Flow, Head, Side, State, View, guard, table};
use comity_record::{Canonical, Hash};
use std::collections::BTreeMap;

/// Events that may wait for others before them.
const WAITING: usize = 1024;

/// A case as one node holds it: the chain of each side, and events that came before those they follow.
///
/// **The common order.** The asked side's events come first wherever neither side had seen the other's, each as soon as
/// everything it had seen has been placed. So an event of the asked side always stands in exactly the state its author
/// knew, and an event of the asking side stands there or meets a later one ([`table::meeting`]). The order depends on
/// the events alone, so both nodes read the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    case: CaseId,
    flow: Flow,
    exercise: bool,
    asking: Vec<(Hash, Event)>,
    asked: Vec<(Hash, Event)>,
    waiting: BTreeMap<(Side, u32), Event>,
}

/// What became of an event that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It stands in its chain, and so do others that had waited for it.
    Placed {
        /// Events placed, this one included.
        events: usize,
        /// Why events that had waited were dropped when their turn came: their side broke a rule, and is to be told.
        dropped: Vec<AffairFault>,
    },
    /// It waits for an event that has not come.
    Waiting,
    /// It was here before.
    Known,
}

impl History {
    /// A case of which nothing is known but its opening.
    pub fn new(case: CaseId, flow: Flow, exercise: bool) -> History {
        History { case, flow, exercise, asking: Vec::new(), asked: Vec::new(), waiting: BTreeMap::new() }
    }

    /// The case.
    pub fn case(&self) -> CaseId {
        self.case
    }

    /// The flow.
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// The events of a side, in order.
    pub fn chain(&self, side: Side) -> impl Iterator<Item = &Event> {
        self.side(side).iter().map(|(_, event)| event)
    }

    /// The head of a side's chain.
    pub fn head(&self, side: Side) -> Option<Head> {
        let chain = self.side(side);
        chain.last().map(|(hash, _)| Head { count: chain.len() as u32, hash: *hash })
    }

    /// What the case comes to.
    pub fn view(&self) -> View {
        self.read(self.asking.len(), self.asked.len())
    }

    /// Takes the next step of a side in knowledge of everything held: fills in the places in the chains and checks the
    /// step. Nothing changes where it fails.
    pub fn take(&mut self, mut event: Event) -> Result<Event, AffairFault> {
        let head = self.head(event.side);
        event.version = event.step.kind().version();
        (event.case, event.flow, event.exercise) = (self.case, self.flow, self.exercise);
        event.number = head.map_or(0, |head| head.count);
        event.previous = head.map(|head| head.hash);
        event.seen = self.head(event.side.other());
        self.check(&event)?;
        self.push(event.clone());
        Ok(event)
    }

    /// Takes in an event that was signed by its side. One that came too early waits; one that breaks the table, the
    /// chain or another rule is refused and changes nothing.
    pub fn arrive(&mut self, event: Event) -> Result<Arrived, AffairFault> {
        self.belongs(&event)?;
        if let Some((hash, _)) = self.side(event.side).get(event.number as usize) {
            return match *hash == event.hash() {
                true => Ok(Arrived::Known),
                false => Err(AffairFault::Forked { side: event.side, number: event.number }),
            };
        }
        if !self.is_next(&event) {
            return self.wait(event);
        }
        self.check(&event)?;
        self.push(event);
        let (placed, dropped) = self.place_waiting();
        Ok(Arrived::Placed { events: 1 + placed, dropped })
    }

    /// Whether a step is open to a side as the case stands here; a fault that names the owner or what is open instead.
    pub fn must_be_open(&self, side: Side, step: crate::StepKind) -> Result<(), AffairFault> {
        self.step_on(&self.view(), side, step).map(drop)
    }

    /// Whether what waits proves that a side's chain is longer than it is known here: an event of its own waits for the one
    /// before it, or the other side has seen more of it.
    pub fn is_behind(&self, side: Side) -> bool {
        let known = self.side(side).len();
        self.waiting.values().any(|event| event.side == side || event.seen_count() as usize > known)
    }

    /// Events that wait for others.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn side(&self, side: Side) -> &[(Hash, Event)] {
        match side {
            Side::Asking => &self.asking,
            Side::Asked => &self.asked,
        }
    }

    fn push(&mut self, event: Event) {
        let hash = event.hash();
        match event.side {
            Side::Asking => self.asking.push((hash, event)),
            Side::Asked => self.asked.push((hash, event)),
        }
    }

    fn belongs(&self, event: &Event) -> Result<(), AffairFault> {
        let what = match event {
            _ if event.case != self.case => "case",
            _ if event.flow != self.flow => "flow",
            _ if event.exercise != self.exercise => "space: exercise and real traffic do not mix",
            _ => return Ok(()),
        };
        Err(AffairFault::Elsewhere { what })
    }

    fn is_next(&self, event: &Event) -> bool {
        event.number as usize == self.side(event.side).len()
            && event.seen_count() as usize <= self.side(event.side.other()).len()
    }

    fn wait(&mut self, event: Event) -> Result<Arrived, AffairFault> {
        let key = (event.side, event.number);
        match self.waiting.get(&key) {
            Some(other) if *other == event => return Ok(Arrived::Waiting),
            Some(_) => return Err(AffairFault::Forked { side: event.side, number: event.number }),
            None if self.waiting.len() >= WAITING => {
                return Err(AffairFault::TooManyWaiting { limit: WAITING });
            }
            None => {}
        }
        self.waiting.insert(key, event);
        Ok(Arrived::Waiting)
    }

    /// Places what had waited. An event that proves wrong once its turn has come is dropped, and what follows it in its
    /// chain goes on waiting.
    fn place_waiting(&mut self) -> (usize, Vec<AffairFault>) {
        let (mut placed, mut dropped) = (0, Vec::new());
        loop {
            let next = self.waiting.iter().find(|(_, event)| self.is_next(event)).map(|(key, _)| *key);
            let Some(event) = next.and_then(|key| self.waiting.remove(&key)) else {
                return (placed, dropped);
            };
            match self.check(&event) {
                Ok(()) => {
                    self.push(event);
                    placed += 1;
                }
                Err(fault) => dropped.push(fault),
            }
        }
    }

    /// Checks an event whose turn it is: its place in both chains, the table, and what the step needs. What counts is
    /// what its author knew.
    fn check(&self, event: &Event) -> Result<(), AffairFault> {
        self.joins(event)?;
        let (asking, asked) = match event.side {
            Side::Asking => (self.asking.len(), event.seen_count() as usize),
            Side::Asked => (event.seen_count() as usize, self.asked.len()),
        };
        let view = self.read(asking, asked);
        self.step_on(&view, event.side, event.step.kind())?;
        guard::check(&view, event)
    }

    fn joins(&self, event: &Event) -> Result<(), AffairFault> {
        let unjoined = |what| AffairFault::Unjoined { side: event.side, number: event.number, what };
        let before = event.number.checked_sub(1).and_then(|n| self.side(event.side).get(n as usize));
        if event.previous != before.map(|(hash, _)| *hash) {
            return Err(unjoined("predecessor"));
        }
        let seen = event.seen_count();
        let of_other = seen.checked_sub(1).and_then(|n| self.side(event.side.other()).get(n as usize));
        if event.seen.map(|head| head.hash) != of_other.map(|(hash, _)| *hash) {
            return Err(unjoined("head of the other side"));
        }
        let earlier = before.map_or(0, |(_, event)| event.seen_count());
        if seen < earlier { Err(unjoined("head of the other side, older than before")) } else { Ok(()) }
    }

    fn step_on(&self, view: &View, side: Side, step: crate::StepKind) -> Result<State, AffairFault> {
        let emergency = view.emergency;
        if let Some(to) = table::next(self.flow, emergency, view.state, side, step) {
            return Ok(to);
        }
        if !table::owns(self.flow, side, step) && table::owns(self.flow, side.other(), step) {
            return Err(AffairFault::NotYours { step, owner: side.other() });
        }
        let allowed = table::open(self.flow, emergency, view.state, side);
        let allowed: Vec<&str> = allowed.into_iter().map(crate::StepKind::as_str).collect();
        let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        Err(AffairFault::NotNow { step, state: view.state, owner: side, allowed })
    }

    /// Reads the first events of both chains in the common order.
    fn read(&self, asking: usize, asked: usize) -> View {
        let mut view = View::new(self.flow);
        view.exercise = self.exercise;
        let (mut from_asking, mut from_asked) = (0, 0);
        loop {
            let of_asked = self.asked.get(from_asked).filter(|_| from_asked < asked);
            let of_asking = self.asking.get(from_asking).filter(|_| from_asking < asking);
            match (of_asked, of_asking) {
                (Some((_, event)), _) if event.seen_count() as usize <= from_asking => {
                    from_asked += 1;
                    self.place(&mut view, event);
                }
                (_, Some((_, event))) => {
                    from_asking += 1;
                    self.place(&mut view, event);
                }
                _ => return view,
            }
        }
    }

    fn place(&self, view: &mut View, event: &Event) {
        let known = table::next(self.flow, view.emergency, view.state, event.side, event.step.kind());
        let unknown = || table::meeting(view.state, event.step.kind());
        let to = known.unwrap_or_else(unknown);
        view.take(event, to, known.is_none());
    }
}
