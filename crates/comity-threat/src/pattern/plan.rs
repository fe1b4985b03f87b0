//! A pattern that is ready to be evaluated, and its evaluation on observations.

use super::{
    bind::{Alternative, Seen, alternatives},
    budget::{Budget, Exhausted},
    fault::PatternFault,
    observation::{Observable, Observation},
    syntax::{ComparisonExpression, ObservationExpression, read},
    test::{PropertyTest, Work},
};
use crate::SpecVersion;

/// A pattern that is ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its `[ ]`, from left to right.
    pub(crate) conditions: Vec<Condition>,
    pub(crate) alternatives: Vec<Alternative>,
}

/// What is asked of one object.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Test(Box<PropertyTest>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// What an evaluation found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Whether the pattern matches.
    pub verdict: Verdict,
    /// Values that could not be compared: a text that is no time or no address where the pattern asks for one. Such a
    /// comparison is false, also under NOT.
    pub incomparable: u64,
}

/// Whether a pattern matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does, and these observations show it (indexes, ascending).
    Match(Vec<usize>),
    /// It does not.
    NoMatch,
    /// The budget ended before the answer was found.
    Undecided,
}

/// Steps that one pattern may take on one set of observations.
pub const DEFAULT_BUDGET: u64 = 5_000_000;

impl Plan {
    /// Reads a pattern and makes it ready.
    ///
    /// # Errors
    /// `threat/bad-pattern` where it is none; `threat/pattern-not-evaluated` where it is one that cannot be evaluated, with
    /// the reason: an expression that the `regex` crate does not take, a set of several kinds, a block that is none,
    /// REPEATS or WITHIN nothing, or too many ways to be fulfilled.
    pub fn new(text: &str, version: SpecVersion) -> Result<Plan, PatternFault> {
        let tree = read(text, version)?;
        let mut conditions = Vec::new();
        collect(text, &tree, &mut conditions)?;
        let alternatives = alternatives(text, &tree, &mut 0)?;
        Ok(Plan { conditions, alternatives })
    }

    /// Evaluates it on all these observations together, in at most so many steps.
    pub fn evaluate(&self, observations: &[Observation<'_>], steps: u64) -> Evaluation {
        let mut work = Work { budget: Budget::new(steps), incomparable: 0 };
        let verdict = match self.run(observations, &mut work) {
            Ok(Some(bound)) => Verdict::Match(bound),
            Ok(None) => Verdict::NoMatch,
            Err(Exhausted) => Verdict::Undecided,
        };
        Evaluation { verdict, incomparable: work.incomparable }
    }

    fn run(
        &self,
        observations: &[Observation<'_>],
        work: &mut Work,
    ) -> Result<Option<Vec<usize>>, Exhausted> {
        let seen: Vec<Seen> = observations.iter().map(seen).collect();
        let mut fired = Vec::with_capacity(self.conditions.len());
        for condition in &self.conditions {
            let mut on = Vec::new();
            for (index, observation) in observations.iter().enumerate() {
                if condition.holds_in(observation, work)? {
                    on.push(index);
                }
            }
            fired.push(on);
        }
        self.bind(&seen, &fired, &mut work.budget)
    }

    pub(crate) fn bind(
        &self,
        seen: &[Seen],
        fired: &[Vec<usize>],
        budget: &mut Budget,
    ) -> Result<Option<Vec<usize>>, Exhausted> {
        for alternative in &self.alternatives {
            if let Some(bound) = alternative.bind(seen, fired, budget)? {
                return Ok(Some(bound));
            }
        }
        Ok(None)
    }

    /// Whether every match is one observation.
    pub fn is_of_one_observation(&self) -> bool {
        self.alternatives.iter().all(Alternative::is_single)
    }
}

pub(crate) fn seen(observation: &Observation<'_>) -> Seen {
    Seen { first: observation.first.nanos(), last: observation.last.nanos(), number: observation.number }
}

/// The `[ ]` of an expression in the order in which alternatives number them.
fn collect(
    text: &str,
    expression: &ObservationExpression<'_>,
    out: &mut Vec<Condition>,
) -> Result<(), PatternFault> {
    match expression {
        ObservationExpression::Observed(comparison) => {
            out.push(Condition::new(text, comparison)?);
            Ok(())
        }
        ObservationExpression::And(row)
        | ObservationExpression::Or(row)
        | ObservationExpression::FollowedBy(row) => {
            row.iter().try_for_each(|inner| collect(text, inner, out))
        }
        ObservationExpression::Qualified(inner, _) => collect(text, inner, out),
    }
}

impl Condition {
    fn new(text: &str, comparison: &ComparisonExpression<'_>) -> Result<Condition, PatternFault> {
        let all = |row: &[ComparisonExpression<'_>]| -> Result<Vec<Condition>, PatternFault> {
            row.iter().map(|one| Condition::new(text, one)).collect()
        };
        Ok(match comparison {
            ComparisonExpression::Test(test) => Condition::Test(Box::new(PropertyTest::new(text, test)?)),
            ComparisonExpression::And(row) => Condition::All(all(row)?),
            ComparisonExpression::Or(row) => Condition::Any(all(row)?),
        })
    }

    /// Whether some object of the observation fulfils it.
    pub(crate) fn holds_in(&self, observation: &Observation<'_>, work: &mut Work) -> Result<bool, Exhausted> {
        for object in &observation.objects {
            if self.holds_of(object, observation, work)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) fn holds_of(
        &self,
        object: &Observable<'_>,
        observation: &Observation<'_>,
        work: &mut Work,
    ) -> Result<bool, Exhausted> {
        let (row, enough) = match self {
            Condition::Test(test) => return test.passes(object, observation, work),
            Condition::All(row) => (row, false),
            Condition::Any(row) => (row, true),
        };
        for inner in row {
            if inner.holds_of(object, observation, work)? == enough {
                return Ok(enough);
            }
        }
        Ok(!enough)
    }
}
