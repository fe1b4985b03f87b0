//! What was observed, as patterns look at it: times, a number, and objects whose references lead to one another.

use super::syntax::hex;
use crate::{
    Moment, Object,
    reader::{JsonKind, Value},
    schema::{Class, rule},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{borrow::Cow, collections::HashMap};

/// One observation, or several alike (STIX `observed-data`).
#[derive(Clone, Debug, PartialEq)]
pub struct Observation<'o> {
    /// What it is called: the id of an observed-data object, or a place in a log.
    pub id: Cow<'o, str>,
    /// The first time it was observed.
    pub first: Moment,
    /// The last time, not before the first.
    pub last: Moment,
    /// How many times, at least 1.
    pub number: u64,
    /// What was observed.
    pub objects: Vec<Observable<'o>>,
}

/// One observed object.
#[derive(Clone, Debug, PartialEq)]
pub struct Observable<'o> {
    /// What references call it: its id, or its key inside of the observation in STIX 2.0.
    pub key: Cow<'o, str>,
    /// Its type, such as `file`.
    pub type_name: Cow<'o, str>,
    /// Its properties: a [`Node::Map`].
    pub properties: Node<'o>,
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'o> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Cow<'o, str>),
    /// The bytes of a property whose name ends in `_hex` or `_bin`.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Node<'o>>),
    /// An object.
    Map(Vec<(Cow<'o, str>, Node<'o>)>),
}

/// Why an observed-data object is none that a pattern can be asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitObservation {
    /// `first_observed` or `last_observed` is missing or no time.
    #[error("an observation whose times are missing or cannot be read")]
    Times,
    /// It ends before it begins.
    #[error("an observation that ends before it begins")]
    Order,
    /// `number_observed` is missing or below 1.
    #[error("an observation whose number is missing or below 1")]
    Number,
    /// Neither `objects` nor `object_refs`.
    #[error("an observation without objects")]
    Objects,
}

impl UnfitObservation {
    /// The stable code.
    pub fn code(self) -> &'static str {
        "threat/observation-not-evaluated"
    }
}

/// The observations among these objects, each with the objects it names or holds, in order; and what cannot be used.
///
/// References of STIX 2.1 are looked for among all objects given; one that leads nowhere is left out. What is no cyber
/// observable (an identity, a relationship) is nothing that patterns speak of.
pub fn observations<'o>(
    objects: &'o [Object<'o>],
) -> (Vec<Observation<'o>>, Vec<(&'o str, UnfitObservation)>) {
    let by_id: HashMap<&str, &Object<'_>> = objects.iter().map(|object| (object.id(), object)).collect();
    let (mut found, mut unfit) = (Vec::new(), Vec::new());
    for object in objects.iter().filter(|object| object.type_name() == "observed-data") {
        match observation(object, &by_id) {
            Ok(observation) => found.push(observation),
            Err(reason) => unfit.push((object.id(), reason)),
        }
    }
    (found, unfit)
}

fn observation<'o>(
    object: &'o Object<'o>,
    by_id: &HashMap<&'o str, &'o Object<'o>>,
) -> Result<Observation<'o>, UnfitObservation> {
    let time = |key: &str| object.text_of(key).and_then(|text| text.parse::<Moment>().ok());
    let (Some(first), Some(last)) = (time("first_observed"), time("last_observed")) else {
        return Err(UnfitObservation::Times);
    };
    if last < first {
        return Err(UnfitObservation::Order);
    }
    let number = object.get("number_observed").and_then(|value| value.raw().parse::<u64>().ok());
    let number = number.filter(|number| *number > 0).ok_or(UnfitObservation::Number)?;
    let objects = match (object.get("object_refs"), object.get("objects")) {
        (Some(references), _) => referenced(references, by_id),
        (None, Some(embedded)) => embedded.children().map(|child| observable(child, child.key())).collect(),
        (None, None) => return Err(UnfitObservation::Objects),
    };
    Ok(Observation { id: Cow::Borrowed(object.id()), first, last, number, objects })
}

fn referenced<'o>(references: Value<'o>, by_id: &HashMap<&'o str, &'o Object<'o>>) -> Vec<Observable<'o>> {
    let named = references.children().filter_map(|reference| reference.as_str());
    let objects = named.filter_map(|id| by_id.get(id.as_ref()).copied());
    objects
        .filter(|object| rule(object.type_name()).is_none_or(|rule| rule.class == Class::Observable))
        .map(|object| observable(object.root(), Cow::Borrowed(object.id())))
        .collect()
}

fn observable<'o>(value: Value<'o>, key: Cow<'o, str>) -> Observable<'o> {
    Observable { key, type_name: value.text_of("type").unwrap_or_default(), properties: Node::of(value, "") }
}

impl<'o> Node<'o> {
    /// The value of a property of this name.
    pub(crate) fn of(value: Value<'o>, name: &str) -> Node<'o> {
        match value.kind() {
            JsonKind::Null => Node::Null,
            JsonKind::Boolean => Node::Boolean(value.raw() == "true"),
            JsonKind::Number => number(value.raw()),
            JsonKind::String => Node::text(value.as_str().unwrap_or_default(), name),
            JsonKind::Array => Node::List(value.children().map(|child| Node::of(child, "")).collect()),
            JsonKind::Object => Node::Map(value.children().map(member).collect()),
        }
    }

    /// A string, or the bytes it stands for where the name of the property says so. What cannot be decoded stays text.
    pub fn text(text: Cow<'o, str>, name: &str) -> Node<'o> {
        let bytes = match name.rsplit_once('_') {
            Some((_, "hex")) => hex(&text),
            Some((_, "bin")) => STANDARD.decode(text.as_bytes()).ok(),
            _ => None,
        };
        bytes.map_or(Node::Text(text), Node::Bytes)
    }

    pub(crate) fn member(&self, key: &str) -> Option<&Node<'o>> {
        match self {
            Node::Map(members) => members.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }
}

impl<'o> Observation<'o> {
    /// The object that a reference inside of this observation names.
    pub(crate) fn object(&self, key: &str) -> Option<&Observable<'o>> {
        self.objects.iter().find(|object| object.key == key)
    }
}

fn member<'o>(value: Value<'o>) -> (Cow<'o, str>, Node<'o>) {
    let key = value.key();
    let node = Node::of(value, &key);
    (key, node)
}

fn number<'o>(raw: &str) -> Node<'o> {
    match raw.parse() {
        Ok(whole) => Node::Integer(whole),
        Err(_) => raw.parse().map_or(Node::Null, Node::Float),
    }
}
