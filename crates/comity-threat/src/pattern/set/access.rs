//! How the compiled set comes to a condition: by what an object must show for it to be true.
//!
//! Every condition gets the best access it allows: a value that must be equal, a block, a piece of text, a bound, or only
//! that the property is there. Of an AND one member is enough; of an OR every member is needed.

use super::{
    super::{
        address::Block,
        plan::Condition,
        syntax::{Comparator, Constant},
        test::{PropertyTest, Question, is_binary},
    },
    literals,
};

/// A way to a condition.
#[derive(Clone, Debug)]
pub(crate) struct Access<'c> {
    pub test: &'c PropertyTest,
    pub key: Key,
}

/// What must be seen at the property of a test.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Key {
    Equal(Constant<'static>),
    Inside(Block),
    Around(Block),
    /// One of these pieces of text.
    Pieces(Vec<String>),
    /// This, or more.
    From(Constant<'static>),
    /// This, or less.
    UpTo(Constant<'static>),
    /// Anything.
    Present,
    /// An object of the type; the property need not be there.
    OfType,
}

impl Key {
    /// How many objects will come this way, roughly; less is better.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Key::Equal(_) => 0,
            Key::Inside(_) | Key::Around(_) => 1,
            Key::Pieces(_) => 2,
            Key::From(_) | Key::UpTo(_) => 3,
            Key::Present => 4,
            Key::OfType => 5,
        }
    }
}

/// The ways by which every object comes that fulfils the condition.
pub(crate) fn ways(condition: &Condition) -> Vec<Access<'_>> {
    match condition {
        Condition::Test(test) => keys(test).into_iter().map(|key| Access { test, key }).collect(),
        Condition::Any(row) => row.iter().flat_map(ways).collect(),
        Condition::All(row) => {
            row.iter().map(ways).min_by_key(|ways| (worst(ways), ways.len())).unwrap_or_default()
        }
    }
}

fn worst(ways: &[Access<'_>]) -> u8 {
    ways.iter().map(|way| way.key.rank()).max().unwrap_or(0)
}

fn keys(test: &PropertyTest) -> Vec<Key> {
    match (&test.question, test.negated) {
        (Question::Compare(Comparator::Equal, constant), false)
        | (Question::Compare(Comparator::NotEqual, constant), true) => vec![Key::Equal(constant.clone())],
        (Question::In(set), false) => set.iter().cloned().map(Key::Equal).collect(),
        (Question::IsSubset(block), false) => vec![Key::Inside(*block)],
        (Question::IsSuperset(block), false) => vec![Key::Around(*block)],
        // Bytes are not searched for pieces of text.
        (Question::Like(_) | Question::Matches(_), false) if is_binary(&test.steps) => vec![Key::Present],
        (Question::Like(like), false) => {
            let piece = like.required().filter(|piece| literals::worth_looking_for(piece));
            vec![piece.map_or(Key::Present, |piece| Key::Pieces(vec![piece.to_owned()]))]
        }
        (Question::Matches(expression), false) => {
            vec![literals::required(expression.rewritten()).map_or(Key::Present, Key::Pieces)]
        }
        (Question::Compare(comparator, constant), false) if !is_binary(&test.steps) => {
            vec![bound(*comparator, constant)]
        }
        (Question::Exists, true) => vec![Key::OfType],
        _ => vec![Key::Present],
    }
}

fn bound(comparator: Comparator, constant: &Constant<'static>) -> Key {
    match (comparator, constant) {
        // Bytes are compared with texts too, by another order.
        (_, Constant::Bytes(_) | Constant::Boolean(_)) => Key::Present,
        (Comparator::Greater | Comparator::AtLeast, _) => Key::From(constant.clone()),
        (Comparator::Less | Comparator::AtMost, _) => Key::UpTo(constant.clone()),
        _ => Key::Present,
    }
}
