//! One property of one object, and what is asked of it.

use super::{
    address::Block,
    budget::{Budget, Exhausted},
    fault::PatternFault,
    observation::{Node, Observable, Observation},
    syntax::{Comparator, Constant, Operation, PathStep, Test},
    textual::{Expression, Wildcards, as_bytes},
};
use crate::Moment;
use std::{borrow::Cow, cmp::Ordering};

/// Most steps of a path: references may lead in a circle, objects are not nested deeper.
const MAX_STEPS: usize = crate::reader::MAX_DEPTH;

/// A test that is ready to be made.
#[derive(Clone, Debug)]
pub(crate) struct PropertyTest {
    pub object_type: String,
    pub steps: Vec<PathStep<'static>>,
    pub negated: bool,
    pub question: Question,
}

#[derive(Clone, Debug)]
pub(crate) enum Question {
    Compare(Comparator, Constant<'static>),
    In(Vec<Constant<'static>>),
    Like(Wildcards),
    Matches(Box<Expression>),
    IsSubset(Block),
    IsSuperset(Block),
    Exists,
}

/// What a value answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    /// No, whatever NOT says: values that have no order.
    Never,
    /// The value is not what the constant asks for (a time, an address); no, whatever NOT says, and counted.
    Incomparable,
}

/// What is counted while tests are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub budget: Budget,
    /// Values that could not be compared.
    pub incomparable: u64,
}

impl PropertyTest {
    /// Makes a test ready; `text` is that of the pattern.
    pub(crate) fn new(text: &str, test: &Test<'_>) -> Result<PropertyTest, PatternFault> {
        if test.path.steps.len() > MAX_STEPS {
            return Err(PatternFault::unfit(text, test.at, "a path of too many steps"));
        }
        let steps: Vec<PathStep<'static>> = test.path.steps.iter().map(owned_step).collect();
        let question = Question::new(&test.operation, is_binary(&steps))
            .map_err(|reason| PatternFault::unfit(text, test.at, reason))?;
        Ok(PropertyTest {
            object_type: test.path.object_type.to_owned(),
            steps,
            negated: test.negated,
            question,
        })
    }

    /// Whether an object of this observation passes.
    pub(crate) fn passes(
        &self,
        object: &Observable<'_>,
        observation: &Observation<'_>,
        work: &mut Work,
    ) -> Result<bool, Exhausted> {
        work.budget.spend(1)?;
        if object.type_name != self.object_type.as_str() {
            return Ok(false);
        }
        if matches!(self.question, Question::Exists) {
            let there =
                any(&object.properties, &self.steps, Place::Value, observation, work, &mut |_, _| Ok(true))?;
            return Ok(there != self.negated);
        }
        any(&object.properties, &self.steps, Place::Value, observation, work, &mut |node, work| {
            self.holds(node, work)
        })
    }

    /// Whether one value passes.
    fn holds(&self, node: &Node<'_>, work: &mut Work) -> Result<bool, Exhausted> {
        work.budget.spend(self.question.cost(node))?;
        Ok(match self.question.answer(node) {
            Answer::Yes => !self.negated,
            Answer::No => self.negated,
            Answer::Never => false,
            Answer::Incomparable => {
                work.incomparable += 1;
                false
            }
        })
    }
}

/// Whether the path ends in a property whose values are bytes.
pub(crate) fn is_binary(steps: &[PathStep<'_>]) -> bool {
    matches!(steps.last(), Some(PathStep::Key(key)) if key.ends_with("_hex") || key.ends_with("_bin"))
}

/// Whether a key leads on to other objects of the observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The value itself.
    Value,
    /// A list of references, each of which leads on.
    References,
}

/// What a step of a path leads to, from `node`, through references where there are some.
pub(crate) fn lead<'n>(
    node: &'n Node<'n>,
    key: &str,
    observation: &'n Observation<'n>,
) -> Option<(&'n Node<'n>, Place)> {
    let member = node.member(key)?;
    if key.ends_with("_refs") {
        return matches!(member, Node::List(_)).then_some((member, Place::References));
    }
    match member {
        Node::Text(reference) if key.ends_with("_ref") => {
            observation.object(reference).map(|object| (&object.properties, Place::Value))
        }
        _ if key.ends_with("_ref") => None,
        value => Some((value, Place::Value)),
    }
}

/// What an element of a list is, where the list is one of references.
pub(crate) fn element<'n>(
    element: &'n Node<'n>,
    place: Place,
    observation: &'n Observation<'n>,
) -> Option<&'n Node<'n>> {
    match (place, element) {
        (Place::Value, value) => Some(value),
        (Place::References, Node::Text(reference)) => {
            observation.object(reference).map(|object| &object.properties)
        }
        (Place::References, _) => None,
    }
}

/// Whether some value that the steps lead to is accepted.
fn any<'n>(
    node: &'n Node<'n>,
    steps: &[PathStep<'_>],
    place: Place,
    observation: &'n Observation<'n>,
    work: &mut Work,
    accept: &mut dyn FnMut(&Node<'n>, &mut Work) -> Result<bool, Exhausted>,
) -> Result<bool, Exhausted> {
    work.budget.spend(1)?;
    let Some((step, rest)) = steps.split_first() else { return accept(node, work) };
    match (step, node) {
        (PathStep::Key(key), Node::Map(members)) => {
            work.budget.spend(members.len() / 16)?;
            match lead(node, key, observation) {
                Some((next, place)) => any(next, rest, place, observation, work, accept),
                None => Ok(false),
            }
        }
        (PathStep::Index(index), Node::List(list)) => {
            match list.get(*index).and_then(|found| element(found, place, observation)) {
                Some(next) => any(next, rest, Place::Value, observation, work, accept),
                None => Ok(false),
            }
        }
        (PathStep::Any, Node::List(list)) => {
            for found in list {
                if let Some(next) = element(found, place, observation)
                    && any(next, rest, Place::Value, observation, work, accept)?
                {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

impl Question {
    fn new(operation: &Operation<'_>, binary: bool) -> Result<Question, String> {
        let block = |text: &str| Block::read(text).ok_or_else(|| "no address and no CIDR block".to_owned());
        Ok(match operation {
            Operation::Compare(comparator, constant) => Question::Compare(*comparator, owned(constant)),
            Operation::In(set) => {
                if !is_uniform(set) {
                    return Err("a set whose constants are not of one kind".to_owned());
                }
                Question::In(set.iter().map(owned).collect())
            }
            Operation::Like(text) => Question::Like(Wildcards::new(text)),
            Operation::Matches(text) => Question::Matches(Box::new(Expression::new(text, binary)?)),
            Operation::IsSubset(text) => Question::IsSubset(block(text)?),
            Operation::IsSuperset(text) => Question::IsSuperset(block(text)?),
            Operation::Exists => Question::Exists,
        })
    }

    fn answer(&self, node: &Node<'_>) -> Answer {
        match (self, node) {
            (Question::Compare(comparator, constant), _) => compare(node, constant).answer(*comparator),
            (Question::In(set), _) => is_one_of(node, set),
            (Question::Like(like), Node::Text(text)) => yes(like.fits(text)),
            (Question::Like(like), Node::Bytes(bytes)) => {
                yes(std::str::from_utf8(bytes).is_ok_and(|text| like.fits(text)))
            }
            (Question::Matches(expression), Node::Text(text)) => yes(expression.is_in(text)),
            (Question::Matches(expression), Node::Bytes(bytes)) => yes(expression.is_in_bytes(bytes)),
            (Question::IsSubset(block), Node::Text(text)) => {
                Block::read(text).map_or(Answer::Incomparable, |value| yes(value.is_within(*block)))
            }
            (Question::IsSuperset(block), Node::Text(text)) => {
                Block::read(text).map_or(Answer::Incomparable, |value| yes(block.is_within(value)))
            }
            (Question::Exists, _) => Answer::Yes,
            _ => Answer::No,
        }
    }

    /// Steps that an answer may take.
    fn cost(&self, node: &Node<'_>) -> usize {
        let length = match node {
            Node::Text(text) => text.len(),
            Node::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        match self {
            Question::In(set) => 1 + set.len() / 4,
            Question::Like(like) => 1 + length.saturating_mul(like.parts()) / 16,
            Question::Matches(_) => 1 + length / 16,
            _ => 1 + length / 256,
        }
    }
}

fn yes(holds: bool) -> Answer {
    if holds { Answer::Yes } else { Answer::No }
}

fn is_one_of(node: &Node<'_>, set: &[Constant<'_>]) -> Answer {
    for constant in set {
        match compare(node, constant) {
            Compared::Is(Ordering::Equal) => return Answer::Yes,
            Compared::NotATime => return Answer::Incomparable,
            _ => {}
        }
    }
    Answer::No
}

/// Whether all constants of a set are of one kind; whole numbers and others are one kind.
fn is_uniform(set: &[Constant<'_>]) -> bool {
    let kind = |constant: &Constant<'_>| match constant {
        Constant::Integer(_) | Constant::Float(_) => 0,
        Constant::Boolean(_) => 1,
        Constant::Text(_) => 2,
        Constant::Bytes(_) => 3,
        Constant::Time(_) => 4,
    };
    set.iter().all(|constant| set.first().is_some_and(|first| kind(first) == kind(constant)))
}

/// How a value stands to a constant (STIX 2.1 section 9.3: which kinds can be compared).
enum Compared {
    Is(Ordering),
    /// A text with characters that bytes cannot be: unequal, and neither smaller nor greater.
    NoBytes,
    /// Two kinds that are never equal and have no order.
    Different,
    /// A text that is no time where one is asked for.
    NotATime,
}

impl Compared {
    fn answer(self, comparator: Comparator) -> Answer {
        let equal = matches!(self, Compared::Is(Ordering::Equal));
        match (comparator, self) {
            (_, Compared::NotATime) => Answer::Incomparable,
            (Comparator::Equal, _) => yes(equal),
            (Comparator::NotEqual, _) => yes(!equal),
            (_, Compared::Different) => Answer::Never,
            (_, Compared::NoBytes) => Answer::No,
            (Comparator::Less, Compared::Is(order)) => yes(order.is_lt()),
            (Comparator::AtMost, Compared::Is(order)) => yes(order.is_le()),
            (Comparator::Greater, Compared::Is(order)) => yes(order.is_gt()),
            (Comparator::AtLeast, Compared::Is(order)) => yes(order.is_ge()),
        }
    }
}

fn compare(node: &Node<'_>, constant: &Constant<'_>) -> Compared {
    let bytes = |text: &str| as_bytes(text);
    match (node, constant) {
        (Node::Integer(value), Constant::Integer(constant)) => Compared::Is(value.cmp(constant)),
        (Node::Integer(value), Constant::Float(constant)) => Compared::Is(whole_and_float(*value, *constant)),
        (Node::Float(value), Constant::Integer(constant)) => {
            Compared::Is(whole_and_float(*constant, *value).reverse())
        }
        (Node::Float(value), Constant::Float(constant)) => {
            value.partial_cmp(constant).map_or(Compared::Different, Compared::Is)
        }
        (Node::Boolean(value), Constant::Boolean(constant)) => Compared::Is(value.cmp(constant)),
        (Node::Text(value), Constant::Text(constant)) => Compared::Is(value.as_ref().cmp(constant.as_ref())),
        (Node::Bytes(value), Constant::Bytes(constant)) => Compared::Is(value.cmp(constant)),
        (Node::Text(value), Constant::Bytes(constant)) => {
            bytes(value).map_or(Compared::NoBytes, |value| Compared::Is(value.cmp(constant)))
        }
        (Node::Bytes(value), Constant::Text(constant)) => {
            bytes(constant).map_or(Compared::NoBytes, |constant| Compared::Is(value.cmp(&constant)))
        }
        (Node::Text(value), Constant::Time(constant)) => {
            value.parse::<Moment>().map_or(Compared::NotATime, |value| Compared::Is(value.cmp(constant)))
        }
        _ => Compared::Different,
    }
}

/// Exact, though not every whole number is a float.
fn whole_and_float(whole: i64, float: f64) -> Ordering {
    // 2^63; every float below it is a whole number of 64 bits and a fraction.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float >= BEYOND {
        return Ordering::Less;
    }
    if float < -BEYOND {
        return Ordering::Greater;
    }
    whole
        .cmp(&(float.trunc() as i64))
        .then_with(|| 0.0_f64.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal))
}

fn owned(constant: &Constant<'_>) -> Constant<'static> {
    match constant {
        Constant::Integer(whole) => Constant::Integer(*whole),
        Constant::Float(float) => Constant::Float(*float),
        Constant::Boolean(boolean) => Constant::Boolean(*boolean),
        Constant::Text(text) => Constant::Text(Cow::Owned(text.as_ref().to_owned())),
        Constant::Bytes(bytes) => Constant::Bytes(bytes.clone()),
        Constant::Time(moment) => Constant::Time(*moment),
    }
}

fn owned_step(step: &PathStep<'_>) -> PathStep<'static> {
    match step {
        PathStep::Key(key) => PathStep::Key(Cow::Owned(key.as_ref().to_owned())),
        PathStep::Index(index) => PathStep::Index(*index),
        PathStep::Any => PathStep::Any,
    }
}
