//! A pattern as a tree, for whoever evaluates it.

use super::{
    fault::PatternFault,
    lexer::{Keyword, Kind, Token},
    parser::{Build, Junction, Operator, RawQualifier, parse},
    words::unquoted,
};
use crate::{Moment, SpecVersion};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::borrow::Cow;

/// An observation expression: what has to be observed, and how the observations hang together.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservationExpression<'p> {
    /// `[ … ]`: one observation holds an object of which this is true.
    Observed(ComparisonExpression<'p>),
    /// All of them, each by observations of its own.
    And(Vec<ObservationExpression<'p>>),
    /// One of them.
    Or(Vec<ObservationExpression<'p>>),
    /// All of them, in this order of time.
    FollowedBy(Vec<ObservationExpression<'p>>),
    /// An expression with its qualifiers, the innermost first, and where each stands (bytes before its number or time).
    Qualified(Box<ObservationExpression<'p>>, Vec<(Qualifier, usize)>),
}

/// What binds the observations of an expression together in time and number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Qualifier {
    /// All within this many seconds.
    Within(f64),
    /// So many times, each by observations of its own.
    Repeats(u64),
    /// All at or after the first and before the second.
    StartStop(Moment, Moment),
}

/// What is asked of one object of an observation.
#[derive(Clone, Debug, PartialEq)]
pub enum ComparisonExpression<'p> {
    /// One property.
    Test(Test<'p>),
    /// All, of one and the same object.
    And(Vec<ComparisonExpression<'p>>),
    /// Any.
    Or(Vec<ComparisonExpression<'p>>),
}

/// One property and what is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Test<'p> {
    /// The property.
    pub path: ObjectPath<'p>,
    /// `NOT` before the operator.
    pub negated: bool,
    /// What is asked.
    pub operation: Operation<'p>,
    /// Bytes before the test in the text of the pattern.
    pub at: usize,
}

/// A property, from the object that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectPath<'p> {
    /// The type of that object.
    pub object_type: &'p str,
    /// The way from it.
    pub steps: Vec<PathStep<'p>>,
}

/// A step of an object path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathStep<'p> {
    /// A member; one that ends in `_ref` or `_refs` leads on to the objects it names.
    Key(Cow<'p, str>),
    /// An element, from 0.
    Index(usize),
    /// Any element.
    Any,
}

/// What is asked of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation<'p> {
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`
    Compare(Comparator, Constant<'p>),
    /// One of a set.
    In(Vec<Constant<'p>>),
    /// Like a text in which `%` stands for any text and `_` for one character.
    Like(Cow<'p, str>),
    /// A regular expression is found in it.
    Matches(Cow<'p, str>),
    /// Inside of this address block.
    IsSubset(Cow<'p, str>),
    /// Around this address or block.
    IsSuperset(Cow<'p, str>),
    /// It is there.
    Exists,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant<'p> {
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A string.
    Text(Cow<'p, str>),
    /// `h'…'` or `b'…'`.
    Bytes(Vec<u8>),
    /// `t'…'`.
    Time(Moment),
}

/// Reads a pattern into a tree, by the grammar alone (compare [`super::check`]).
///
/// # Errors
/// `threat/bad-pattern`, with the place and what was expected.
pub fn read(text: &str, version: SpecVersion) -> Result<ObservationExpression<'_>, PatternFault> {
    parse(text, version, &mut Tree { text })
}

struct Tree<'p> {
    text: &'p str,
}

impl<'p> Build<'p> for Tree<'p> {
    type Path = (usize, ObjectPath<'p>);
    type Operand = Vec<Constant<'p>>;
    type Comparison = ComparisonExpression<'p>;
    type Observation = ObservationExpression<'p>;
    const STRICT: bool = false;

    fn path(&mut self, object_type: Token<'p>) -> Self::Path {
        (object_type.at, ObjectPath { object_type: object_type.text, steps: Vec::new() })
    }

    fn key(&mut self, (_, path): &mut Self::Path, key: Token<'p>) {
        path.steps.push(PathStep::Key(unquoted(key.text)));
    }

    fn index(&mut self, (_, path): &mut Self::Path, index: Option<Token<'p>>) -> Result<(), PatternFault> {
        let step = match index {
            None => PathStep::Any,
            // No list is longer than that, so that the step leads nowhere, as it should.
            Some(word) => PathStep::Index(word.text.trim_start_matches('+').parse().unwrap_or(usize::MAX)),
        };
        path.steps.push(step);
        Ok(())
    }

    fn operand(&mut self) -> Vec<Constant<'p>> {
        Vec::new()
    }

    fn constant(
        &mut self,
        _: &Self::Path,
        _: Operator,
        operand: &mut Vec<Constant<'p>>,
        word: Token<'p>,
    ) -> Result<(), PatternFault> {
        let constant = constant(word)
            .ok_or_else(|| PatternFault::syntax(self.text, word.at, "a constant that cannot be read"))?;
        operand.push(constant);
        Ok(())
    }

    fn test(
        &mut self,
        (at, path): Self::Path,
        negated: bool,
        operator: Operator,
        operand: Vec<Constant<'p>>,
    ) -> Result<ComparisonExpression<'p>, PatternFault> {
        let operation = operation(operator, operand).ok_or_else(|| {
            PatternFault::syntax(self.text, at, "a comparison without a constant that fits")
        })?;
        Ok(ComparisonExpression::Test(Test { path, negated, operation, at }))
    }

    fn exists(&mut self, (at, path): Self::Path, negated: bool) -> ComparisonExpression<'p> {
        ComparisonExpression::Test(Test { path, negated, operation: Operation::Exists, at })
    }

    fn compare_both(
        &mut self,
        how: Junction,
        left: ComparisonExpression<'p>,
        right: ComparisonExpression<'p>,
    ) -> ComparisonExpression<'p> {
        use ComparisonExpression::{And, Or};
        match (how, left, right) {
            (Junction::Or, Or(left), right) => Or(joined(left, right, |e| match e {
                Or(inner) => Ok(inner),
                other => Err(other),
            })),
            (Junction::Or, left, right) => Or(vec![left, right]),
            (_, And(left), right) => And(joined(left, right, |e| match e {
                And(inner) => Ok(inner),
                other => Err(other),
            })),
            (_, left, right) => And(vec![left, right]),
        }
    }

    fn observation(&mut self, comparison: ComparisonExpression<'p>) -> ObservationExpression<'p> {
        ObservationExpression::Observed(comparison)
    }

    fn observe_both(
        &mut self,
        how: Junction,
        left: ObservationExpression<'p>,
        right: ObservationExpression<'p>,
    ) -> ObservationExpression<'p> {
        use ObservationExpression::{And, FollowedBy, Or};
        // All three are associative, so that a long row stays one level deep.
        match (how, left, right) {
            (Junction::And, And(mut left), right) => {
                left.push(right);
                And(left)
            }
            (Junction::Or, Or(mut left), right) => {
                left.push(right);
                Or(left)
            }
            (Junction::FollowedBy, FollowedBy(mut left), right) => {
                left.push(right);
                FollowedBy(left)
            }
            (Junction::And, left, right) => And(vec![left, right]),
            (Junction::Or, left, right) => Or(vec![left, right]),
            (Junction::FollowedBy, left, right) => FollowedBy(vec![left, right]),
        }
    }

    fn qualify(
        &mut self,
        observation: ObservationExpression<'p>,
        qualifier: RawQualifier<'p>,
    ) -> Result<ObservationExpression<'p>, PatternFault> {
        let at = match qualifier {
            RawQualifier::Within(word) | RawQualifier::Repeats(word) | RawQualifier::StartStop(word, _) => {
                word.at
            }
        };
        let qualifier = qualifier_of(qualifier)
            .ok_or_else(|| PatternFault::syntax(self.text, at, "a qualifier that cannot be read"))?;
        Ok(match observation {
            ObservationExpression::Qualified(inner, mut qualifiers) => {
                qualifiers.push((qualifier, at));
                ObservationExpression::Qualified(inner, qualifiers)
            }
            other => ObservationExpression::Qualified(Box::new(other), vec![(qualifier, at)]),
        })
    }
}

/// A row with one more member, or with those of a row of the same kind.
fn joined<T>(mut left: Vec<T>, right: T, row: impl Fn(T) -> Result<Vec<T>, T>) -> Vec<T> {
    match row(right) {
        Ok(inner) => left.extend(inner),
        Err(one) => left.push(one),
    }
    left
}

fn constant(word: Token<'_>) -> Option<Constant<'_>> {
    let inner = || word.text.get(2..word.text.len().checked_sub(1)?);
    Some(match word.kind {
        Kind::Integer => match word.text.trim_start_matches('+').parse() {
            Ok(whole) => Constant::Integer(whole),
            Err(_) => Constant::Float(word.text.parse().ok()?),
        },
        Kind::Float => Constant::Float(word.text.parse().ok()?),
        Kind::Keyword(Keyword::True) => Constant::Boolean(true),
        Kind::Keyword(Keyword::False) => Constant::Boolean(false),
        Kind::Text => Constant::Text(unquoted(word.text)),
        Kind::Hex => Constant::Bytes(hex(inner()?)?),
        Kind::Binary => Constant::Bytes(STANDARD.decode(inner()?).ok()?),
        Kind::Time => Constant::Time(inner()?.parse().ok()?),
        _ => return None,
    })
}

/// Bytes of hexadecimal text.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?)).collect())
        .flatten()
}

fn operation(operator: Operator, mut operand: Vec<Constant<'_>>) -> Option<Operation<'_>> {
    if operator == Operator::In {
        return Some(Operation::In(operand));
    }
    let constant = operand.pop()?;
    let comparator = match operator {
        Operator::Equal => Comparator::Equal,
        Operator::NotEqual => Comparator::NotEqual,
        Operator::Less => Comparator::Less,
        Operator::AtMost => Comparator::AtMost,
        Operator::Greater => Comparator::Greater,
        Operator::AtLeast => Comparator::AtLeast,
        textual => {
            let Constant::Text(text) = constant else { return None };
            return Some(match textual {
                Operator::Like => Operation::Like(text),
                Operator::Matches => Operation::Matches(text),
                Operator::IsSubset => Operation::IsSubset(text),
                _ => Operation::IsSuperset(text),
            });
        }
    };
    Some(Operation::Compare(comparator, constant))
}

fn qualifier_of(raw: RawQualifier<'_>) -> Option<Qualifier> {
    let instant =
        |word: Token<'_>| word.text.trim_start_matches('t').trim_matches('\'').parse::<Moment>().ok();
    Some(match raw {
        RawQualifier::Within(seconds) => Qualifier::Within(seconds.text.parse().ok()?),
        // More than 64 bits hold is more than can be observed.
        RawQualifier::Repeats(times) => {
            Qualifier::Repeats(times.text.trim_start_matches('+').parse().unwrap_or(u64::MAX))
        }
        RawQualifier::StartStop(start, stop) => Qualifier::StartStop(instant(start)?, instant(stop)?),
    })
}
