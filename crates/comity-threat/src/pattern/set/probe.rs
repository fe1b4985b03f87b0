//! The tables at one property: from a value to the conditions whose access it is.

use super::{
    super::{
        address::{Block, Family},
        observation::Node,
        syntax::Constant,
        textual::{as_bytes, composed},
    },
    access::Key,
};
use crate::Moment;
use aho_corasick::AhoCorasick;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound::{Included, Unbounded},
};

/// The number of a condition in the set.
pub(crate) type Leaf = u32;

/// The conditions that are reached through one property.
///
/// The tables are those of the standard library, whose hash is keyed: patterns come from strangers, and nobody may choose
/// them so that all of them meet in one place.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    texts: HashMap<Box<str>, Vec<Leaf>>,
    rest: Option<Box<Rest>>,
}

/// What few properties have.
#[derive(Debug, Default)]
struct Rest {
    bytes: HashMap<Box<[u8]>, Vec<Leaf>>,
    numbers: HashMap<u64, Vec<Leaf>>,
    booleans: HashMap<bool, Vec<Leaf>>,
    times: HashMap<Moment, Vec<Leaf>>,
    inside: HashMap<Block, Vec<Leaf>>,
    /// The prefixes that occur in `inside`.
    prefixes: BTreeSet<(Family, u8)>,
    around: BTreeMap<(Family, u128), Vec<(Block, Leaf)>>,
    pieces: BTreeMap<String, Vec<Leaf>>,
    search: Option<Search>,
    from: Bounds,
    up_to: Bounds,
    present: Vec<Leaf>,
}

#[derive(Debug)]
struct Search {
    automaton: AhoCorasick,
    leaves: Vec<Vec<Leaf>>,
}

#[derive(Debug, Default)]
struct Bounds {
    numbers: BTreeMap<u64, Vec<Leaf>>,
    texts: BTreeMap<Box<str>, Vec<Leaf>>,
    times: BTreeMap<Moment, Vec<Leaf>>,
}

impl Probes {
    pub(crate) fn add(&mut self, key: Key, leaf: Leaf, binary: bool) {
        if let Key::Equal(Constant::Text(text)) = &key {
            self.texts.entry(text.as_ref().into()).or_default().push(leaf);
            if !binary {
                return;
            }
        }
        let rest = self.rest.get_or_insert_default();
        match key {
            Key::Equal(constant) => rest.add_equal(constant, leaf),
            Key::Inside(block) => {
                rest.prefixes.insert((block.family(), block.prefix()));
                rest.inside.entry(block).or_default().push(leaf);
            }
            Key::Around(block) => {
                rest.around.entry((block.family(), block.first())).or_default().push((block, leaf));
            }
            Key::Pieces(pieces) => {
                for piece in pieces {
                    rest.pieces.entry(piece).or_default().push(leaf);
                }
            }
            Key::From(constant) => rest.from.add(constant, leaf),
            Key::UpTo(constant) => rest.up_to.add(constant, leaf),
            Key::Present | Key::OfType => rest.present.push(leaf),
        }
    }

    /// Makes the search for pieces ready; whether that could be done.
    pub(crate) fn finish(&mut self) -> Result<(), aho_corasick::BuildError> {
        let Some(rest) = self.rest.as_mut().filter(|rest| !rest.pieces.is_empty()) else { return Ok(()) };
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(rest.pieces.keys().map(String::as_str))?;
        let leaves = std::mem::take(&mut rest.pieces).into_values().collect();
        rest.search = Some(Search { automaton, leaves });
        Ok(())
    }

    /// Every condition that this value may fulfil.
    pub(crate) fn ask(&self, node: &Node<'_>, found: &mut Vec<Leaf>) {
        if let Node::Text(text) = node
            && !self.texts.is_empty()
        {
            found.extend(self.texts.get(text.as_ref()).into_iter().flatten());
        }
        let Some(rest) = &self.rest else { return };
        found.extend(&rest.present);
        match node {
            Node::Text(text) => rest.ask_text(text, found),
            Node::Bytes(bytes) => found.extend(rest.bytes.get(bytes.as_slice()).into_iter().flatten()),
            Node::Integer(whole) => rest.ask_number(*whole as f64, found),
            Node::Float(float) => rest.ask_number(*float, found),
            Node::Boolean(boolean) => found.extend(rest.booleans.get(boolean).into_iter().flatten()),
            Node::Null | Node::List(_) | Node::Map(_) => {}
        }
    }
}

impl Rest {
    fn add_equal(&mut self, constant: Constant<'static>, leaf: Leaf) {
        let leaves = match constant {
            Constant::Text(text) => match as_bytes(&text) {
                Some(bytes) => self.bytes.entry(bytes.into()).or_default(),
                None => return,
            },
            Constant::Bytes(bytes) => self.bytes.entry(bytes.into()).or_default(),
            Constant::Integer(whole) => self.numbers.entry(rank(whole as f64)).or_default(),
            Constant::Float(float) => self.numbers.entry(rank(float)).or_default(),
            Constant::Boolean(boolean) => self.booleans.entry(boolean).or_default(),
            Constant::Time(moment) => self.times.entry(moment).or_default(),
        };
        leaves.push(leaf);
    }

    fn ask_text(&self, text: &str, found: &mut Vec<Leaf>) {
        if !self.bytes.is_empty()
            && let Some(bytes) = as_bytes(text)
        {
            found.extend(self.bytes.get(bytes.as_slice()).into_iter().flatten());
        }
        if let Some(search) = &self.search {
            let text = composed(text);
            for hit in search.automaton.find_overlapping_iter(text.as_ref()) {
                found.extend(search.leaves.get(hit.pattern().as_usize()).into_iter().flatten());
            }
        }
        if !(self.prefixes.is_empty() && self.around.is_empty())
            && let Some(block) = Block::read(text)
        {
            self.ask_block(block, found);
        }
        found.extend(
            self.from.texts.range::<str, _>((Unbounded, Included(text))).flat_map(|(_, leaves)| leaves),
        );
        found.extend(
            self.up_to.texts.range::<str, _>((Included(text), Unbounded)).flat_map(|(_, leaves)| leaves),
        );
        let times = !(self.times.is_empty() && self.from.times.is_empty() && self.up_to.times.is_empty());
        if times && let Ok(moment) = text.parse::<Moment>() {
            found.extend(self.times.get(&moment).into_iter().flatten());
            found.extend(self.from.times.range(..=moment).flat_map(|(_, leaves)| leaves));
            found.extend(self.up_to.times.range(moment..).flat_map(|(_, leaves)| leaves));
        }
    }

    /// A prefix table by length is what a trie of prefixes comes to: at most 161 lengths, a handful of them in use.
    fn ask_block(&self, block: Block, found: &mut Vec<Leaf>) {
        for (_, prefix) in self.prefixes.range((block.family(), 0)..=(block.family(), block.prefix())) {
            found.extend(self.inside.get(&block.cut(*prefix)).into_iter().flatten());
        }
        let around = self.around.range((block.family(), block.first())..=(block.family(), block.last()));
        let held = around.flat_map(|(_, blocks)| blocks).filter(|(inner, _)| inner.is_within(block));
        found.extend(held.map(|(_, leaf)| *leaf));
    }

    fn ask_number(&self, number: f64, found: &mut Vec<Leaf>) {
        let rank = rank(number);
        found.extend(self.numbers.get(&rank).into_iter().flatten());
        found.extend(self.from.numbers.range(..=rank).flat_map(|(_, leaves)| leaves));
        found.extend(self.up_to.numbers.range(rank..).flat_map(|(_, leaves)| leaves));
    }
}

impl Bounds {
    fn add(&mut self, constant: Constant<'static>, leaf: Leaf) {
        let leaves = match constant {
            Constant::Text(text) => self.texts.entry(text.as_ref().into()).or_default(),
            Constant::Integer(whole) => self.numbers.entry(rank(whole as f64)).or_default(),
            Constant::Float(float) => self.numbers.entry(rank(float)).or_default(),
            Constant::Time(moment) => self.times.entry(moment).or_default(),
            // Access by these is by presence.
            Constant::Bytes(_) | Constant::Boolean(_) => return,
        };
        leaves.push(leaf);
    }
}

/// The order of floats as one of whole numbers. Whole numbers beyond 2^53 share a rank with their neighbours, which only
/// lets more through to the full test.
fn rank(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}
