//! Binding: which observations stand for which observation expressions of a pattern.
//!
//! A pattern is brought into alternatives. Each is a row of *places*, one for every `[ ]` (with how many observations it
//! takes), and a list of *ties* of time over ranges of places. What FOLLOWEDBY and WITHIN ask of a binding is that a
//! point of time exists:
//!
//! - `A FOLLOWEDBY B`: a point T such that every observation of A can be at or before T and every one of B at or after it;
//! - `WITHIN d`: a point T such that every observation ends at T or later and begins at T + d or earlier.
//!
//! T is the beginning, or the end, of one of the observations. So the search tries points, not observations: with the
//! points fixed every place has a set of observations, and whether they suffice, each used no more often than it was
//! observed, is a flow that is counted in polynomial time. That is exact; only the number of ties makes it slow, and then
//! the budget ends it.

use super::{
    budget::{Budget, Exhausted},
    fault::PatternFault,
    syntax::{ObservationExpression, Qualifier},
};
use std::{collections::BTreeMap, ops::Range};

/// Most alternatives of one pattern.
const MAX_ALTERNATIVES: usize = 256;
/// Most places of one alternative.
const MAX_PLACES: usize = 512;
/// Most places of all alternatives of a pattern together.
const MAX_PLACES_IN_ALL: usize = 8192;

/// A time in nanoseconds since 1970.
type Nanos = i128;

/// When and how often something was observed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub first: Nanos,
    pub last: Nanos,
    pub number: u64,
}

/// One way to fulfil a pattern.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alternative {
    pub places: Vec<Place>,
    ties: Vec<Tie>,
}

/// Where observations are needed.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub choices: Vec<Choice>,
    pub count: u64,
}

/// One of the expressions whose observations a place may take.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    /// The number of the `[ ]` in the pattern.
    pub expression: usize,
    /// START and STOP around it; all have to hold.
    pub windows: Vec<(Nanos, Nanos)>,
}

#[derive(Clone, Debug)]
enum Tie {
    Within { places: Range<usize>, span: Nanos },
    FollowedBy { before: Range<usize>, after: Range<usize> },
}

impl Choice {
    pub(crate) fn admits(&self, seen: &Seen) -> bool {
        self.windows.iter().all(|(start, stop)| start < stop && seen.first < *stop && seen.last >= *start)
    }
}

impl Alternative {
    /// The expression of a pattern that is nothing but one observation.
    pub(crate) fn is_single(&self) -> bool {
        self.ties.is_empty() && matches!(self.places.as_slice(), [place] if place.count == 1)
    }
}

/// Brings an expression into alternatives; `number` counts its `[ ]` from left to right.
pub(crate) fn alternatives(
    text: &str,
    expression: &ObservationExpression<'_>,
    number: &mut usize,
) -> Result<Vec<Alternative>, PatternFault> {
    match expression {
        ObservationExpression::Observed(_) => {
            let choice = Choice { expression: *number, windows: Vec::new() };
            *number += 1;
            Ok(vec![Alternative {
                places: vec![Place { choices: vec![choice], count: 1 }],
                ties: Vec::new(),
            }])
        }
        ObservationExpression::And(row) => product(text, row, number, Order::Any),
        ObservationExpression::FollowedBy(row) => product(text, row, number, Order::InTime),
        ObservationExpression::Or(row) => {
            let mut all: Vec<Alternative> = Vec::new();
            for inner in row {
                for alternative in alternatives(text, inner, number)? {
                    add_or_merge(&mut all, alternative);
                }
                bound(text, &all)?;
            }
            Ok(all)
        }
        ObservationExpression::Qualified(inner, qualifiers) => {
            let mut all = alternatives(text, inner, number)?;
            for (qualifier, at) in qualifiers {
                all = qualified(text, all, *qualifier, *at)?;
                bound(text, &all)?;
            }
            Ok(all)
        }
    }
}

/// An alternative of one free place widens another such place instead of standing beside it.
fn add_or_merge(all: &mut Vec<Alternative>, alternative: Alternative) {
    if alternative.is_single()
        && let Some(other) = all.iter_mut().find(|other| other.is_single())
        && let Some(place) = other.places.first_mut()
    {
        place.choices.extend(alternative.places.into_iter().flat_map(|place| place.choices));
        return;
    }
    all.push(alternative);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Any,
    InTime,
}

fn product(
    text: &str,
    row: &[ObservationExpression<'_>],
    number: &mut usize,
    order: Order,
) -> Result<Vec<Alternative>, PatternFault> {
    let mut all = vec![Alternative::default()];
    for inner in row {
        let next = alternatives(text, inner, number)?;
        if all.len().saturating_mul(next.len()) > MAX_ALTERNATIVES {
            return Err(too_many(text));
        }
        all = all.iter().flat_map(|left| next.iter().map(|right| left.joined(right, order))).collect();
        bound(text, &all)?;
    }
    Ok(all)
}

fn bound(text: &str, all: &[Alternative]) -> Result<(), PatternFault> {
    let fits = |one: &Alternative| one.places.len() <= MAX_PLACES && one.ties.len() <= MAX_PLACES;
    let places: usize = all.iter().map(|one| one.places.len()).sum();
    let few = all.len() <= MAX_ALTERNATIVES && places <= MAX_PLACES_IN_ALL;
    if few && all.iter().all(fits) { Ok(()) } else { Err(too_many(text)) }
}

fn too_many(text: &str) -> PatternFault {
    PatternFault::unfit(text, 0, "a pattern with too many ways to be fulfilled")
}

fn qualified(
    text: &str,
    mut all: Vec<Alternative>,
    qualifier: Qualifier,
    at: usize,
) -> Result<Vec<Alternative>, PatternFault> {
    match qualifier {
        Qualifier::Within(seconds) if seconds <= 0.0 => {
            Err(PatternFault::unfit(text, at, "WITHIN no time at all"))
        }
        Qualifier::Within(seconds) => {
            let span = (seconds * 1e9) as Nanos;
            for one in &mut all {
                one.tie_within(span);
            }
            Ok(all)
        }
        Qualifier::StartStop(start, stop) => {
            let window = (start.nanos(), stop.nanos());
            let choices = all.iter_mut().flat_map(|one| &mut one.places).flat_map(|place| &mut place.choices);
            choices.for_each(|choice| choice.windows.push(window));
            Ok(all)
        }
        Qualifier::Repeats(0) => Err(PatternFault::unfit(text, at, "REPEATS no times at all")),
        Qualifier::Repeats(times) => repeated(text, &all, times),
    }
}

/// All ways to take `times` alternatives, where their order does not matter.
fn repeated(text: &str, all: &[Alternative], times: u64) -> Result<Vec<Alternative>, PatternFault> {
    if let [one] = all
        && let ([place], true) = (one.places.as_slice(), one.ties.is_empty())
    {
        let place = Place { choices: place.choices.clone(), count: place.count.saturating_mul(times) };
        return Ok(vec![Alternative { places: vec![place], ties: Vec::new() }]);
    }
    // Each row with the number of its last alternative, so that none is taken in two orders.
    let mut rows = vec![(0, Alternative::default())];
    for _ in 0..times {
        let mut longer = Vec::new();
        for (from, row) in &rows {
            for (index, one) in all.iter().enumerate().skip(*from) {
                longer.push((index, row.joined(one, Order::Any)));
            }
            if longer.len() > MAX_ALTERNATIVES {
                return Err(too_many(text));
            }
        }
        rows = longer;
        if rows.iter().any(|(_, row)| row.places.len() > MAX_PLACES) {
            return Err(too_many(text));
        }
    }
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

impl Alternative {
    fn joined(&self, right: &Alternative, order: Order) -> Alternative {
        let shift = self.places.len();
        let mut out = self.clone();
        out.places.extend(right.places.iter().cloned());
        let moved = |range: &Range<usize>| range.start + shift..range.end + shift;
        out.ties.extend(right.ties.iter().map(|tie| match tie {
            Tie::Within { places, span } => Tie::Within { places: moved(places), span: *span },
            Tie::FollowedBy { before, after } => {
                Tie::FollowedBy { before: moved(before), after: moved(after) }
            }
        }));
        if order == Order::InTime && shift > 0 {
            out.ties.push(Tie::FollowedBy { before: 0..shift, after: shift..out.places.len() });
        }
        out
    }

    fn tie_within(&mut self, span: Nanos) {
        // One observation is always within any time of itself.
        if matches!(self.places.as_slice(), [place] if place.count == 1) {
            return;
        }
        self.ties.push(Tie::Within { places: 0..self.places.len(), span });
    }

    /// A binding: the observations used, each once, in order; `None` where there is none.
    ///
    /// `fired` holds for each `[ ]` of the pattern the observations it is true of.
    pub(crate) fn bind(
        &self,
        seen: &[Seen],
        fired: &[Vec<usize>],
        budget: &mut Budget,
    ) -> Result<Option<Vec<usize>>, Exhausted> {
        let mut candidates = Vec::with_capacity(self.places.len());
        for place in &self.places {
            candidates.push(place.candidates(seen, fired, budget)?);
        }
        let needed = self.places.iter().fold(0u64, |sum, place| sum.saturating_add(place.count));
        let search = Search { alternative: self, seen, candidates, needed };
        let limits = vec![Limits::NONE; self.places.len()];
        if search.flow(&limits, budget)?.is_none() {
            return Ok(None);
        }
        match (self.places.as_slice(), self.ties.as_slice()) {
            ([place], [Tie::Within { span, .. }]) => search.sweep(place.count, *span, budget),
            _ => search.tied(0, limits, budget),
        }
    }
}

impl Place {
    fn candidates(
        &self,
        seen: &[Seen],
        fired: &[Vec<usize>],
        budget: &mut Budget,
    ) -> Result<Vec<usize>, Exhausted> {
        let mut out = Vec::new();
        for choice in &self.choices {
            let observations = fired.get(choice.expression).map_or(&[][..], Vec::as_slice);
            budget.spend(observations.len())?;
            let admitted =
                observations.iter().filter(|index| seen.get(**index).is_some_and(|s| choice.admits(s)));
            out.extend(admitted.copied());
        }
        if self.choices.len() > 1 {
            out.sort_unstable();
            out.dedup();
        }
        Ok(out)
    }
}

/// What the fixed points ask of the observations of a place.
#[derive(Clone, Copy)]
struct Limits {
    begins_by: Nanos,
    ends_from: Nanos,
}

impl Limits {
    const NONE: Limits = Limits { begins_by: Nanos::MAX, ends_from: Nanos::MIN };

    fn admits(self, seen: &Seen) -> bool {
        seen.first <= self.begins_by && seen.last >= self.ends_from
    }
}

struct Search<'s> {
    alternative: &'s Alternative,
    seen: &'s [Seen],
    /// By place.
    candidates: Vec<Vec<usize>>,
    /// How many observations all places take together.
    needed: u64,
}

impl Search<'_> {
    /// Fixes the point of one tie after another, and goes on only where the places can still be filled.
    fn tied(
        &self,
        number: usize,
        limits: Vec<Limits>,
        budget: &mut Budget,
    ) -> Result<Option<Vec<usize>>, Exhausted> {
        let Some(tie) = self.alternative.ties.get(number) else { return self.flow(&limits, budget) };
        for point in self.points(tie, &limits, budget)? {
            budget.spend(limits.len())?;
            let mut narrowed = limits.clone();
            tie.narrow(point, &mut narrowed);
            if self.flow(&narrowed, budget)?.is_some()
                && let Some(bound) = self.tied(number + 1, narrowed, budget)?
            {
                return Ok(Some(bound));
            }
        }
        Ok(None)
    }

    /// The points at which a tie may be fixed, earliest first.
    fn points(&self, tie: &Tie, limits: &[Limits], budget: &mut Budget) -> Result<Vec<Nanos>, Exhausted> {
        let places = match tie {
            Tie::Within { places, .. } => places,
            Tie::FollowedBy { before, .. } => before,
        };
        let mut out = Vec::new();
        for (place, limit) in self.candidates.iter().zip(limits).take(places.end).skip(places.start) {
            budget.spend(place.len())?;
            let admitted = place.iter().filter_map(|index| self.seen.get(*index)).filter(|s| limit.admits(s));
            out.extend(admitted.map(|seen| match tie {
                Tie::Within { .. } => seen.last,
                Tie::FollowedBy { .. } => seen.first,
            }));
        }
        out.sort_unstable();
        out.dedup();
        Ok(out)
    }

    /// One place, all within a span: for each end, counts what begins soon enough and ends no earlier.
    fn sweep(&self, count: u64, span: Nanos, budget: &mut Budget) -> Result<Option<Vec<usize>>, Exhausted> {
        let place = self.candidates.first().map_or(&[][..], Vec::as_slice);
        budget.spend(place.len().saturating_mul(20))?;
        let mut by_end: Vec<(Nanos, Nanos, u64)> =
            place.iter().filter_map(|i| self.seen.get(*i)).map(|s| (s.last, s.first, s.number)).collect();
        by_end.sort_unstable_by(|a, b| b.cmp(a));
        let mut begins: Vec<Nanos> = by_end.iter().map(|(_, first, _)| *first).collect();
        begins.sort_unstable();
        let mut sums = Sums::new(begins.len());
        for (last, first, number) in by_end {
            sums.add(begins.partition_point(|begin| *begin < first), number);
            let until = begins.partition_point(|begin| *begin <= last.saturating_add(span));
            if sums.below(until) >= count {
                let limit = Limits { begins_by: last.saturating_add(span), ends_from: last };
                return self.flow(&[limit], budget);
            }
        }
        Ok(None)
    }

    /// Fills every place with observations that its limits admit; `None` where that is impossible.
    fn flow(&self, limits: &[Limits], budget: &mut Budget) -> Result<Option<Vec<usize>>, Exhausted> {
        let mut narrow = Vec::new();
        let mut wide = Vec::new();
        for ((place, candidates), limit) in self.alternative.places.iter().zip(&self.candidates).zip(limits) {
            let (mut admitted, mut capacity) = (Vec::new(), 0u64);
            for index in candidates {
                budget.spend(1)?;
                let Some(seen) = self.seen.get(*index).filter(|seen| limit.admits(seen)) else { continue };
                admitted.push(*index);
                capacity = capacity.saturating_add(seen.number);
                if capacity >= self.needed {
                    break;
                }
            }
            if capacity < place.count {
                return Ok(None);
            }
            // Where there is enough for all places together, the others cannot take it all.
            let kind = if capacity >= self.needed { &mut wide } else { &mut narrow };
            kind.push((place.count, admitted));
        }
        let mut taken = Taken { seen: self.seen, by: BTreeMap::new() };
        if !taken.fill(&narrow, budget)? {
            return Ok(None);
        }
        for (count, admitted) in &wide {
            taken.take_free(*count, admitted);
        }
        Ok(Some(taken.by.into_keys().collect()))
    }
}

impl Tie {
    fn narrow(&self, point: Nanos, limits: &mut [Limits]) {
        let mut each = |range: &Range<usize>, f: &dyn Fn(&mut Limits)| {
            limits.get_mut(range.clone()).into_iter().flatten().for_each(f);
        };
        match self {
            Tie::Within { places, span } => each(places, &|limit| {
                limit.begins_by = limit.begins_by.min(point.saturating_add(*span));
                limit.ends_from = limit.ends_from.max(point);
            }),
            Tie::FollowedBy { before, after } => {
                each(before, &|limit| limit.begins_by = limit.begins_by.min(point));
                each(after, &|limit| limit.ends_from = limit.ends_from.max(point));
            }
        }
    }
}

/// Sums over a prefix, by binary indexed tree.
struct Sums(Vec<u64>);

impl Sums {
    fn new(length: usize) -> Sums {
        Sums(vec![0; length + 1])
    }

    fn add(&mut self, index: usize, value: u64) {
        let mut at = index + 1;
        while let Some(sum) = self.0.get_mut(at) {
            *sum = sum.saturating_add(value);
            at += at & at.wrapping_neg();
        }
    }

    fn below(&self, end: usize) -> u64 {
        let (mut at, mut out) = (end, 0u64);
        while at > 0 {
            out = out.saturating_add(self.0.get(at).copied().unwrap_or(0));
            at &= at - 1;
        }
        out
    }
}

/// How often each observation is used, and by which places.
struct Taken<'s> {
    seen: &'s [Seen],
    /// By observation, then place (`usize::MAX` for places that have more than enough).
    by: BTreeMap<usize, BTreeMap<usize, u64>>,
}

impl Taken<'_> {
    fn free(&self, observation: usize) -> u64 {
        let used = self.by.get(&observation).map_or(0, |by| by.values().sum());
        self.seen.get(observation).map_or(0, |seen| seen.number.saturating_sub(used))
    }

    /// Fills places one after another; where nothing is free, others are moved to what else they may use.
    fn fill(&mut self, places: &[(u64, Vec<usize>)], budget: &mut Budget) -> Result<bool, Exhausted> {
        for (number, (count, _)) in places.iter().enumerate() {
            let mut missing = *count;
            while missing > 0 {
                match self.augment(number, missing, places, budget)? {
                    0 => return Ok(false),
                    got => missing -= got,
                }
            }
        }
        Ok(true)
    }

    /// Finds a shortest way from a place over others to an observation that is free, and moves along it.
    fn augment(
        &mut self,
        place: usize,
        wanted: u64,
        places: &[(u64, Vec<usize>)],
        budget: &mut Budget,
    ) -> Result<u64, Exhausted> {
        // From which place an observation was reached, and from which observation a place.
        let mut reached: BTreeMap<usize, usize> = BTreeMap::new();
        let mut came: BTreeMap<usize, Option<usize>> = BTreeMap::from([(place, None)]);
        let mut queue = std::collections::VecDeque::from([place]);
        while let Some(at) = queue.pop_front() {
            for observation in places.get(at).map_or(&[][..], |(_, admitted)| admitted.as_slice()) {
                budget.spend(1)?;
                if reached.contains_key(observation) {
                    continue;
                }
                reached.insert(*observation, at);
                if self.free(*observation) > 0 {
                    return Ok(self.shift(*observation, wanted, &reached, &came));
                }
                for other in self.by.get(observation).into_iter().flat_map(BTreeMap::keys) {
                    budget.spend(1)?;
                    if !came.contains_key(other) {
                        came.insert(*other, Some(*observation));
                        queue.push_back(*other);
                    }
                }
            }
        }
        Ok(0)
    }

    fn shift(
        &mut self,
        end: usize,
        wanted: u64,
        reached: &BTreeMap<usize, usize>,
        came: &BTreeMap<usize, Option<usize>>,
    ) -> u64 {
        // The way, from the free observation back to the place that asks.
        let mut way = Vec::new();
        let mut amount = wanted.min(self.free(end));
        let mut observation = end;
        while let Some(place) = reached.get(&observation).copied() {
            let before = came.get(&place).copied().flatten();
            way.push((observation, place, before));
            let Some(before) = before else { break };
            let held = self.by.get(&before).and_then(|by| by.get(&place)).copied().unwrap_or(0);
            amount = amount.min(held);
            observation = before;
        }
        for (observation, place, before) in way {
            *self.by.entry(observation).or_default().entry(place).or_default() += amount;
            if let Some(held) =
                before.and_then(|before| self.by.get_mut(&before)).and_then(|by| by.get_mut(&place))
            {
                *held -= amount;
            }
        }
        self.by.values_mut().for_each(|by| by.retain(|_, amount| *amount > 0));
        amount
    }

    fn take_free(&mut self, count: u64, admitted: &[usize]) {
        let mut missing = count;
        for observation in admitted {
            let amount = missing.min(self.free(*observation));
            if amount > 0 {
                *self.by.entry(*observation).or_default().entry(usize::MAX).or_default() += amount;
                missing -= amount;
            }
            if missing == 0 {
                return;
            }
        }
    }
}
