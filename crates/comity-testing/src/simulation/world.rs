//! The world of one run: nodes, the network between them, and what happened.

use super::{
    Broken,
    byzantine::Byzantine,
    cases::Opened,
    cast::{BYZANTINE, CALLER_ONLY, CODES, beginning},
    node::Node,
    observer::Observer,
};
use crate::desks::SeededEntropy;
use comity_record::Timestamp;
use std::collections::{BTreeSet, VecDeque};

/// A turn under way.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub from: usize,
    pub to: usize,
    /// Whether it answers a turn, or asks for one.
    pub reply: bool,
    pub bytes: Vec<u8>,
}

/// What happened in a run, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records authored.
    pub authored: u64,
    /// Clearances given.
    pub cleared: u64,
    /// Refusals at home.
    pub refused: u64,
    /// Turns taken in.
    pub turns: u64,
    /// Turns lost.
    pub lost: u64,
    /// Turns that came more than once.
    pub duplicated: u64,
    /// Records taken in from a peer.
    pub taken_in: u64,
    /// Processes that died at a write.
    pub crashes: u64,
    /// Disks put back to an older state.
    pub rollbacks: u64,
    /// Turns of the Byzantine peer.
    pub attacks: u64,
    /// Conflicting heads that a witness noticed.
    pub conflicts: u64,
    /// Cosignatures that arrived.
    pub cosigned: u64,
    /// Recalls issued.
    pub recalls: u64,
    /// Records erased by their authors.
    pub erased: u64,
    /// Letters and revocations that came to count at a peer.
    pub counted: u64,
    /// Lost tails that were filled up again from a witness.
    pub mended: u64,
    /// Ledgers that went on under a new origin.
    pub succeeded: u64,
    /// Nodes that signed two histories.
    pub forked: u64,
    /// Positions of which a node no longer knew what it had given there.
    pub moved: u64,
    /// Steps taken in cases.
    pub steps: u64,
    /// Cases that both sides read the same at the end.
    pub agreed: u64,
}

impl Report {
    /// Adds another run.
    pub fn add(&mut self, other: &Report) {
        self.authored += other.authored;
        self.cleared += other.cleared;
        self.refused += other.refused;
        self.turns += other.turns;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.taken_in += other.taken_in;
        self.crashes += other.crashes;
        self.rollbacks += other.rollbacks;
        self.attacks += other.attacks;
        self.conflicts += other.conflicts;
        self.cosigned += other.cosigned;
        self.recalls += other.recalls;
        self.erased += other.erased;
        self.counted += other.counted;
        self.mended += other.mended;
        self.succeeded += other.succeeded;
        self.forked += other.forked;
        self.moved += other.moved;
        self.steps += other.steps;
        self.agreed += other.agreed;
    }
}

/// Everything of one run.
#[derive(Debug)]
pub(super) struct World {
    pub random: SeededEntropy,
    pub now: Timestamp,
    /// The honest nodes.
    pub nodes: Vec<Node>,
    pub byzantine: Byzantine,
    pub network: Vec<Message>,
    /// Pairs that cannot reach each other at present.
    pub cuts: BTreeSet<(usize, usize)>,
    pub observer: Observer,
    pub report: Report,
    /// Nodes whose state may have changed since it was last checked.
    pub touched: BTreeSet<usize>,
    /// Objects made so far.
    pub objects: u32,
    /// Cases opened so far.
    pub cases: Vec<Opened>,
    events: VecDeque<String>,
    step: u32,
}

impl World {
    pub fn new(seed: u64) -> World {
        World {
            random: SeededEntropy::new(seed),
            now: beginning().plus_millis(60_000),
            nodes: (0..BYZANTINE).map(|number| Node::new(number, seed)).collect(),
            byzantine: Byzantine::new(seed),
            network: Vec::new(),
            cuts: BTreeSet::new(),
            observer: Observer::new(),
            report: Report::default(),
            touched: BTreeSet::new(),
            objects: 0,
            cases: Vec::new(),
            events: VecDeque::new(),
            step: 0,
        }
    }

    /// Steps, each followed by every predicate, and the settling at the end.
    pub fn live(&mut self, steps: u32) -> Result<(), Broken> {
        for step in 1..=steps {
            self.step = step;
            self.now = self.now.plus_millis(self.below(30_000) as i64);
            self.act()?;
            if step.is_multiple_of(25) {
                self.touched.extend(0..BYZANTINE);
            }
            self.check()?;
        }
        let settled = self.settle();
        self.report.forked = self.observer.forked.iter().filter(|node| **node < BYZANTINE).count() as u64;
        settled
    }

    /// The predicates over every node that was touched.
    pub fn check(&mut self) -> Result<(), Broken> {
        let touched = std::mem::take(&mut self.touched);
        for number in &touched {
            self.observer.check_node(&mut self.nodes[*number])?;
        }
        self.observer.check_promises(&self.nodes, &touched)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    /// One of `bound` things.
    pub fn pick(&mut self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }

    /// Whether something of this likelihood, in parts of a hundred, happens now.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.random.below(100) < percent
    }

    /// Another node than `node`; the Byzantine one too.
    pub fn another(&mut self, node: usize) -> usize {
        let other = self.pick(CODES.len() - 1);
        if other >= node { other + 1 } else { other }
    }

    pub fn is_cut(&self, a: usize, b: usize) -> bool {
        self.cuts.contains(&(a.min(b), a.max(b)))
    }

    pub fn can_be_called(node: usize) -> bool {
        node != CALLER_ONLY
    }

    /// Writes down what happened.
    pub fn note(&mut self, what: String) {
        if self.events.len() >= super::SHOWN {
            self.events.pop_front();
        }
        self.events.push_back(format!("{:>4}  {what}", self.step));
    }

    pub fn last_events(&self, count: usize) -> Vec<String> {
        self.events.iter().skip(self.events.len().saturating_sub(count)).cloned().collect()
    }

    pub fn report(&self) -> Report {
        self.report
    }
}
