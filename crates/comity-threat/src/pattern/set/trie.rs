//! The properties that a set of patterns speaks of, as a tree of steps below each type.
//!
//! An object is walked along the steps that both it and the tree have. So what an object costs grows with the object, and
//! not with the number of patterns.

use super::{
    super::{
        budget::{Budget, Exhausted},
        observation::{Node, Observation},
        syntax::PathStep,
        test::{Place, PropertyTest, element, is_binary, lead},
    },
    access::{Access, Key},
    probe::{Leaf, Probes},
};
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Debug, Default)]
pub(crate) struct Trie {
    types: HashMap<Box<str>, usize>,
    nodes: Vec<TrieNode>,
    /// Conditions that every object of a type may fulfil.
    of_type: HashMap<Box<str>, Vec<Leaf>>,
}

#[derive(Debug, Default)]
struct TrieNode {
    keys: HashMap<Box<str>, usize>,
    indexes: BTreeMap<usize, usize>,
    any: Option<usize>,
    probes: Option<Box<Probes>>,
}

/// One object on its way through the tree.
pub(crate) struct Walk<'w> {
    pub trie: &'w Trie,
    pub observation: &'w Observation<'w>,
    pub budget: Budget,
    pub found: Vec<Leaf>,
    /// Objects that were reached over references at a node of the tree; a second time finds nothing new.
    pub visited: HashSet<(usize, *const ())>,
}

impl Trie {
    pub(crate) fn add(&mut self, way: Access<'_>, leaf: Leaf) {
        let test = way.test;
        if way.key == Key::OfType {
            self.of_type.entry(test.object_type.as_str().into()).or_default().push(leaf);
            return;
        }
        let at = self.place(test);
        let binary = is_binary(&test.steps);
        if let Some(node) = self.nodes.get_mut(at) {
            node.probes.get_or_insert_default().add(way.key, leaf, binary);
        }
    }

    /// The node of a test's property.
    fn place(&mut self, test: &PropertyTest) -> usize {
        let mut at = match self.types.get(test.object_type.as_str()) {
            Some(at) => *at,
            None => {
                let at = self.new_node();
                self.types.insert(test.object_type.as_str().into(), at);
                at
            }
        };
        for step in &test.steps {
            let fresh = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return at };
            at = match step {
                PathStep::Key(key) => *node.keys.entry(key.as_ref().into()).or_insert(fresh),
                PathStep::Index(index) => *node.indexes.entry(*index).or_insert(fresh),
                PathStep::Any => *node.any.get_or_insert(fresh),
            };
            if at == fresh {
                self.new_node();
            }
        }
        at
    }

    fn new_node(&mut self) -> usize {
        self.nodes.push(TrieNode::default());
        self.nodes.len() - 1
    }

    pub(crate) fn finish(&mut self) -> Result<(), aho_corasick::BuildError> {
        self.nodes.iter_mut().filter_map(|node| node.probes.as_mut()).try_for_each(|probes| probes.finish())
    }

    /// The properties that are looked at.
    pub(crate) fn properties(&self) -> usize {
        self.nodes.iter().filter(|node| node.probes.is_some()).count()
    }
}

impl<'w> Walk<'w> {
    /// Every condition that the object may fulfil, some of them more than once.
    pub(crate) fn object(&mut self, type_name: &str, properties: &'w Node<'w>) -> Result<(), Exhausted> {
        if let Some(leaves) = self.trie.of_type.get(type_name) {
            self.found.extend(leaves);
        }
        match self.trie.types.get(type_name) {
            Some(at) => self.visit(*at, properties, Place::Value),
            None => Ok(()),
        }
    }

    fn visit(&mut self, at: usize, node: &'w Node<'w>, place: Place) -> Result<(), Exhausted> {
        let trie = self.trie;
        let Some(steps) = trie.nodes.get(at) else { return Ok(()) };
        self.budget.spend(1)?;
        if let Some(probes) = &steps.probes {
            let before = self.found.len();
            probes.ask(node, &mut self.found);
            self.budget.spend(self.found.len() - before)?;
        }
        match node {
            Node::Map(members) if !steps.keys.is_empty() => {
                for (key, _) in members {
                    if let Some(next) = steps.keys.get(key.as_ref())
                        && let Some((value, place)) = lead(node, key, self.observation)
                        && self.is_new(*next, key, value)
                    {
                        self.visit(*next, value, place)?;
                    }
                }
            }
            Node::List(list) if steps.any.is_some() || !steps.indexes.is_empty() => {
                for (index, found) in list.iter().enumerate() {
                    let Some(value) = element(found, place, self.observation) else { continue };
                    for next in steps.any.iter().chain(steps.indexes.get(&index)) {
                        if place == Place::Value || self.visited.insert((*next, address(value))) {
                            self.visit(*next, value, Place::Value)?;
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Only references can lead to the same place twice.
    fn is_new(&mut self, next: usize, key: &str, value: &'w Node<'w>) -> bool {
        !key.ends_with("_ref") || self.visited.insert((next, address(value)))
    }
}

/// What tells one node from another while both are borrowed.
fn address(node: &Node<'_>) -> *const () {
    std::ptr::from_ref(node).cast()
}
