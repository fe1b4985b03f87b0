//! What must be known of a whole input before one of its objects can be labelled: marking definitions may come after the
//! objects they mark, and authors after their work.

use crate::{
    Object, Policy, Tables,
    attribution::stands_for_a_state,
    marking::{self, Meaning},
    reader::{ObjectSplitter, ReadFault},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

/// Marking definitions, names of authors and objects that stand for States, together with the tables and the policy.
#[derive(Debug)]
pub struct Context<'t> {
    tables: &'t Tables,
    policy: Policy,
    markings: BTreeMap<String, Meaning>,
    names: BTreeMap<u128, Box<str>>,
    states: BTreeSet<u128>,
    no_states: BTreeSet<u128>,
}

/// Most names of authors that are kept; a further author is shown by id.
const MAX_NAMES: usize = 100_000;
/// Most marking definitions that are kept; what refers to a further one counts as marked by an unknown definition.
const MAX_MARKINGS: usize = 100_000;

/// The first reading of an input: everything that would refuse it as a whole is found here, before anything is used.
///
/// Feed it the input, finish, then feed the same bytes to [`crate::Import`].
#[derive(Debug)]
pub struct Survey<'t> {
    splitter: ObjectSplitter,
    context: Context<'t>,
}

impl<'t> Survey<'t> {
    /// A survey that adds to what `context` already knows.
    pub fn new(context: Context<'t>) -> Survey<'t> {
        Survey { splitter: ObjectSplitter::new(), context }
    }

    /// The next bytes of the input.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), ReadFault> {
        self.splitter.push(chunk);
        while let Some(raw) = self.splitter.next_object()? {
            match Object::read(raw.bytes) {
                Ok(object) => self.context.note(&object),
                Err(fault) if fault.is_of_object_only() => {}
                Err(fault) => return Err(raw.place(fault)),
            }
        }
        Ok(())
    }

    /// The end of the input: what was learned, and the number of objects.
    pub fn finish(self) -> Result<(Context<'t>, u64), ReadFault> {
        let objects = self.splitter.finish()?;
        Ok((self.context, objects))
    }
}

impl<'t> Context<'t> {
    /// A context that knows only the fixed TLP and PAP markings.
    pub fn new(tables: &'t Tables, policy: Policy) -> Context<'t> {
        Context {
            tables,
            policy,
            markings: BTreeMap::new(),
            names: BTreeMap::new(),
            states: BTreeSet::new(),
            no_states: BTreeSet::new(),
        }
    }

    /// Learns from one object, such as a marking definition that is already in the store.
    pub fn note(&mut self, object: &Object<'_>) {
        match object.type_name() {
            "marking-definition" => self.note_marking(object),
            "identity" | "location" | "threat-actor" | "intrusion-set" => self.note_actor(object),
            _ => {}
        }
    }

    /// The tables.
    pub fn tables(&self) -> &'t Tables {
        self.tables
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What a marking means; `None` where its definition is not known.
    pub fn meaning(&self, marking_ref: &str) -> Option<Cow<'_, Meaning>> {
        match marking::fixed(marking_ref) {
            Some(fixed) => Some(Cow::Owned(fixed)),
            None => self.markings.get(marking_ref).map(Cow::Borrowed),
        }
    }

    /// The name of an author, or else its id.
    pub fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        uuid(id).and_then(|uuid| self.names.get(&uuid)).map_or(id, |name| name)
    }

    /// Whether this object stands for a State, or is unknown.
    pub(crate) fn may_stand_for_a_state(&self, id: &str) -> bool {
        uuid(id).is_none_or(|uuid| self.states.contains(&uuid) || !self.no_states.contains(&uuid))
    }

    fn note_marking(&mut self, object: &Object<'_>) {
        let mut findings = Vec::new();
        marking::check_definition(object, &mut findings);
        crate::labels::check_own_labels(object, &mut findings);
        if findings.is_empty() && self.markings.len() < MAX_MARKINGS {
            let meaning = marking::meaning_of(object);
            // A definition cannot be changed (STIX 2.1 section 7.2.1): of two, the stricter counts.
            self.markings
                .entry(object.id().to_owned())
                .and_modify(|known| known.join(&meaning))
                .or_insert(meaning);
        }
    }

    fn note_actor(&mut self, object: &Object<'_>) {
        let Some(uuid) = uuid(object.id()) else { return };
        if stands_for_a_state(&self.tables.attribution, object) {
            self.states.insert(uuid);
        } else {
            self.no_states.insert(uuid);
        }
        let name = object.text_of("name").filter(|name| !name.is_empty());
        if let Some(name) = name.filter(|_| object.type_name() == "identity" && self.names.len() < MAX_NAMES)
        {
            self.names.insert(uuid, name.chars().take(200).collect::<String>().into_boxed_str());
        }
    }
}

/// The UUID of an identifier.
fn uuid(id: &str) -> Option<u128> {
    let (_, uuid) = id.split_once("--")?;
    let digits = uuid.bytes().filter(|byte| *byte != b'-');
    let (number, count) = digits.zip(1..=33).try_fold((0u128, 0), |(sum, _), (digit, count)| {
        let digit = char::from(digit).to_digit(16)?;
        Some((sum << 4 | u128::from(digit), count))
    })?;
    (count == 32).then_some(number)
}
