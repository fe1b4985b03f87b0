//! Patterns in thousands, compiled together, so that what cannot match costs nothing.
//!
//! - `access` says by what an object must come to a condition;
//! - `trie` and `probe` lead an object's values to the conditions they may fulfil; each is then tested in full;
//! - a [`Hunt`] takes observations one after another. A pattern of one observation answers at once; of the others the
//!   observations are kept that fulfil one of their `[ ]`, and they are bound together when that may have become possible.
//!
//! A compiled set gives the same verdicts as its patterns one by one, with one exception that is counted: of a pattern for
//! which more observations were kept than [`MAX_KEPT`], the oldest are forgotten.

mod access;
mod literals;
mod probe;
mod trie;

use super::{
    bind::Seen,
    budget::{Budget, Exhausted},
    observation::Observation,
    plan::{DEFAULT_BUDGET, Plan, seen},
    test::Work,
};
use crate::Moment;
use access::ways;
use probe::Leaf;
use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};
use trie::{Trie, Walk};

/// Most observations that are kept for one pattern of several observations.
pub const MAX_KEPT: usize = 4096;
/// Steps that one condition may take on one object.
const CONDITION_BUDGET: u64 = 200_000;
/// Steps that one object may take through the tree.
const WALK_BUDGET: u64 = 20_000_000;

/// Patterns, compiled together.
#[derive(Debug)]
pub struct PatternSet {
    plans: Vec<Plan>,
    /// The pattern and the number of its `[ ]`, by leaf.
    leaves: Vec<(u32, u32)>,
    trie: Trie,
    by_presence: usize,
}

/// What a compiled set is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSize {
    /// Patterns.
    pub patterns: usize,
    /// Conditions: the `[ ]` of all patterns.
    pub conditions: usize,
    /// Properties that are looked at.
    pub properties: usize,
    /// Conditions that are tested on every object that has their property, since nothing narrower leads to them (`!=`,
    /// NOT, EXISTS and the like).
    pub by_presence: usize,
}

/// Why a set was not compiled.
#[derive(Debug, thiserror::Error)]
#[error("patterns whose pieces of text are too many to be looked for together")]
pub struct TooManyPieces(#[from] aho_corasick::BuildError);

impl TooManyPieces {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "threat/too-many-patterns"
    }
}

impl PatternSet {
    /// Compiles patterns; they are known by their place in the list.
    ///
    /// # Errors
    /// Where the texts that LIKE and MATCHES look for are too many for one automaton.
    pub fn new(plans: Vec<Plan>) -> Result<PatternSet, TooManyPieces> {
        let (mut leaves, mut trie, mut by_presence) = (Vec::new(), Trie::default(), 0);
        for (pattern, plan) in plans.iter().enumerate() {
            for (number, condition) in plan.conditions.iter().enumerate() {
                let leaf = narrow(leaves.len());
                leaves.push((narrow(pattern), narrow(number)));
                let ways = ways(condition);
                by_presence += usize::from(ways.iter().any(|way| way.key.rank() > 3));
                ways.into_iter().for_each(|way| trie.add(way, leaf));
            }
        }
        trie.finish()?;
        Ok(PatternSet { plans, leaves, trie, by_presence })
    }

    /// What it is like.
    pub fn size(&self) -> SetSize {
        SetSize {
            patterns: self.plans.len(),
            conditions: self.leaves.len(),
            properties: self.trie.properties(),
            by_presence: self.by_presence,
        }
    }
}

/// Observations on their way through a compiled set, which is lent or shared.
#[derive(Debug)]
pub struct Hunt<S> {
    set: S,
    /// The observation at which a leaf was last found true, counted from 1.
    fired: Vec<u64>,
    /// The object at which a leaf was last tested.
    tested: Vec<u64>,
    observation: u64,
    object: u64,
    found: Vec<Leaf>,
    visited: HashSet<(usize, *const ())>,
    /// The observation at which a pattern last matched by one observation alone.
    alone: HashMap<u32, u64>,
    kept: HashMap<u32, Kept>,
    undecided: BTreeSet<u32>,
    forgotten: BTreeMap<u32, u64>,
    costly: u64,
}

/// The observations that fulfil a `[ ]` of one pattern.
#[derive(Debug)]
struct Kept {
    fired: Vec<(u32, u64, Seen)>,
    /// Observations at which binding is tried next.
    try_at: usize,
    done: bool,
}

/// A pattern that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its place in the set.
    pub pattern: usize,
    /// The observations that show it, by their names.
    pub observations: Vec<u64>,
    /// The earliest of their times.
    pub first: Moment,
    /// The latest.
    pub last: Moment,
    /// How often that was observed.
    pub number: u64,
}

impl Found {
    fn new(pattern: u32, shown: &[(u64, Seen)]) -> Found {
        let first = shown.iter().map(|(_, seen)| seen.first).min().unwrap_or_default();
        let last = shown.iter().map(|(_, seen)| seen.last).max().unwrap_or_default();
        Found {
            pattern: pattern as usize,
            observations: shown.iter().map(|(name, _)| *name).collect(),
            first: Moment::from_nanos(first),
            last: Moment::from_nanos(last),
            number: shown.iter().fold(0, |sum, (_, seen)| sum.saturating_add(seen.number)),
        }
    }
}

/// What a hunt could not do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Patterns whose budget ended before an answer was found.
    pub undecided: Vec<usize>,
    /// Patterns of which observations were forgotten, and how many.
    pub forgotten: Vec<(usize, u64)>,
    /// Objects that were left, being too intricate.
    pub costly_objects: u64,
}

impl<S: Borrow<PatternSet> + Clone> Hunt<S> {
    /// A hunt that begins.
    pub fn new(set: S) -> Hunt<S> {
        let leaves = set.borrow().leaves.len();
        Hunt {
            set,
            fired: vec![0; leaves],
            tested: vec![0; leaves],
            observation: 0,
            object: 0,
            found: Vec::new(),
            visited: HashSet::new(),
            alone: HashMap::new(),
            kept: HashMap::new(),
            undecided: BTreeSet::new(),
            forgotten: BTreeMap::new(),
            costly: 0,
        }
    }

    /// Takes an observation under a name, and calls `each` for every pattern that now matches.
    ///
    /// A pattern of one observation matches once for every such observation; any other matches once in a hunt.
    pub fn observe(&mut self, name: u64, observation: &Observation<'_>, mut each: impl FnMut(Found)) {
        let shared = self.set.clone();
        let set = shared.borrow();
        self.observation += 1;
        let when = seen(observation);
        for object in &observation.objects {
            self.object += 1;
            self.visited.clear();
            let mut walk = Walk {
                trie: &set.trie,
                observation,
                budget: Budget::new(WALK_BUDGET),
                found: std::mem::take(&mut self.found),
                visited: std::mem::take(&mut self.visited),
            };
            let walked = walk.object(&object.type_name, &object.properties);
            self.costly += u64::from(walked.is_err());
            let (mut found, visited) = (walk.found, walk.visited);
            for leaf in found.drain(..) {
                if self.is_fulfilled(set, leaf, object, observation) {
                    self.fire(set, leaf, (name, when), &mut each);
                }
            }
            (self.found, self.visited) = (found, visited);
        }
    }

    /// Ends the hunt: tries the patterns once more of which observations are kept.
    pub fn finish(mut self, mut each: impl FnMut(Found)) -> Gaps {
        let shared = self.set.clone();
        let mut waiting: Vec<u32> = self.kept.keys().copied().collect();
        waiting.sort_unstable();
        for pattern in waiting {
            self.bind(shared.borrow(), pattern, &mut each);
        }
        let place = |pattern: &u32| *pattern as usize;
        Gaps {
            undecided: self.undecided.iter().map(place).collect(),
            forgotten: self.forgotten.iter().map(|(pattern, count)| (place(pattern), *count)).collect(),
            costly_objects: self.costly,
        }
    }

    /// Tests a condition, once for each object, and not again once the observation fulfils it.
    fn is_fulfilled(
        &mut self,
        set: &PatternSet,
        leaf: Leaf,
        object: &super::Observable<'_>,
        observation: &Observation<'_>,
    ) -> bool {
        let index = leaf as usize;
        let (Some(fired), Some(tested)) = (self.fired.get_mut(index), self.tested.get_mut(index)) else {
            return false;
        };
        if *fired == self.observation || std::mem::replace(tested, self.object) == self.object {
            return false;
        }
        let Some((pattern, number)) = set.leaves.get(index).copied() else { return false };
        let plan = set.plans.get(pattern as usize);
        let Some(condition) = plan.and_then(|plan| plan.conditions.get(number as usize)) else {
            return false;
        };
        let mut work = Work { budget: Budget::new(CONDITION_BUDGET), incomparable: 0 };
        match condition.holds_of(object, observation, &mut work) {
            Ok(true) => {
                *fired = self.observation;
                true
            }
            Ok(false) => false,
            Err(_) => {
                self.undecided.insert(pattern);
                false
            }
        }
    }

    fn fire(&mut self, set: &PatternSet, leaf: Leaf, at: (u64, Seen), each: &mut impl FnMut(Found)) {
        let (name, when) = at;
        let Some((pattern, number)) = set.leaves.get(leaf as usize).copied() else { return };
        let Some(plan) = set.plans.get(pattern as usize) else { return };
        let alone = plan.alternatives.iter().filter(|one| one.is_single()).flat_map(|one| &one.places);
        let mut choices = alone.flat_map(|place| &place.choices);
        if choices.any(|choice| choice.expression == number as usize && choice.admits(&when)) {
            // Two expressions of one OR may both be true of an observation.
            if self.alone.insert(pattern, self.observation) != Some(self.observation) {
                each(Found::new(pattern, &[(name, when)]));
            }
            return;
        }
        if plan.is_of_one_observation() {
            return;
        }
        let kept = self.kept.entry(pattern).or_default();
        if kept.done {
            return;
        }
        kept.fired.push((number, name, when));
        if kept.fired.len() >= kept.try_at {
            self.bind(set, pattern, each);
        }
    }

    /// Looks for a binding among what is kept; where there is none and too much is kept, forgets the older half.
    fn bind(&mut self, set: &PatternSet, pattern: u32, each: &mut impl FnMut(Found)) {
        let (Some(kept), Some(plan)) = (self.kept.get_mut(&pattern), set.plans.get(pattern as usize)) else {
            return;
        };
        if kept.done {
            return;
        }
        match kept.bind(plan) {
            Ok(Some(shown)) => {
                *kept = Kept { fired: Vec::new(), try_at: 0, done: true };
                self.undecided.remove(&pattern);
                each(Found::new(pattern, &shown));
                return;
            }
            Ok(None) => self.undecided.remove(&pattern),
            Err(_) => self.undecided.insert(pattern),
        };
        if kept.fired.len() >= MAX_KEPT {
            let old = kept.fired.len() / 2;
            kept.fired.drain(..old);
            *self.forgotten.entry(pattern).or_default() += old as u64;
        }
        kept.try_at = (kept.fired.len() * 2).min(MAX_KEPT);
    }
}

impl Kept {
    fn bind(&self, plan: &Plan) -> Result<Option<Vec<(u64, Seen)>>, Exhausted> {
        let (mut names, mut times) = (Vec::new(), Vec::new());
        let mut fired = vec![Vec::new(); plan.conditions.len()];
        for (number, name, when) in &self.fired {
            // What one observation fulfils stands together.
            if names.last() != Some(name) {
                names.push(*name);
                times.push(*when);
            }
            if let Some(on) = fired.get_mut(*number as usize) {
                on.push(names.len() - 1);
            }
        }
        let mut budget = Budget::new(DEFAULT_BUDGET);
        for alternative in plan.alternatives.iter().filter(|one| !one.is_single()) {
            if let Some(bound) = alternative.bind(&times, &fired, &mut budget)? {
                let shown = bound.iter().filter_map(|index| Some((*names.get(*index)?, *times.get(*index)?)));
                return Ok(Some(shown.collect()));
            }
        }
        Ok(None)
    }
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { fired: Vec::new(), try_at: 2, done: false }
    }
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
