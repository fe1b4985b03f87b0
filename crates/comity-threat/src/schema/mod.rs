//! What STIX 2.0 and 2.1 ask of each type, as tables.
//!
//! [`shape`] says how a table is written and finds a property by its name without a heap; `common`, `domain`,
//! `observable` and `extension` are the tables; `vocabulary` and `relation` hold the lists of words. The tables hold facts
//! of the standard; [`crate::validate`] walks an object along them.
//!
//! Sources: STIX 2.0 parts 1 to 4; STIX 2.1 sections 2 to 7 and 10.

mod common;
mod domain;
mod extension;
mod observable;
mod relation;
mod shape;
mod vocabulary;

pub(crate) use common::{EXTENSION_TYPES, is_reserved_property, is_reserved_type};
pub(crate) use relation::{Fit, fit};
pub(crate) use shape::{Form, Period, Precision, Predefined, Seen, Shape, Targets, Wording};
pub(crate) use vocabulary::Vocabulary;

use crate::SpecVersion;

/// What a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A domain object, a relationship or a sighting: has `created` and `modified`.
    Domain,
    /// A cyber observable: neither.
    Observable,
    /// `marking-definition`: `created` only.
    Marking,
}

/// The rules of one type.
#[derive(Debug)]
pub(crate) struct TypeRule {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) shape: &'static Shape,
    /// Whether STIX 2.0 has the type; as a cyber observable only inside of observed data.
    pub(crate) in_v20: bool,
}

impl TypeRule {
    /// Whether the edition requires this property.
    pub(crate) fn requires(&self, key: &str, version: SpecVersion) -> bool {
        self.shape.find(key.as_bytes(), version).is_some_and(|known| known.property.is_required(version))
    }
}

/// The rules of a type; `None` for custom types.
pub(crate) fn rule(name: &str) -> Option<&'static TypeRule> {
    domain::rule(name).or_else(|| observable::rule(name))
}

/// Whether the type is one of the cyber observables of 2.1.
pub(crate) fn is_observable(name: &str) -> bool {
    observable::rule(name).is_some()
}

/// What a custom object has at the top: the common properties of a domain object.
pub(crate) fn custom_shape(class: Class) -> &'static Shape {
    match class {
        Class::Observable => &common::CUSTOM_OBSERVABLE,
        Class::Domain | Class::Marking => &common::CUSTOM_DOMAIN,
    }
}

/// The algorithms of hashes whose form the edition knows.
pub(crate) fn hash_algorithms(version: SpecVersion) -> &'static Vocabulary {
    match version {
        SpecVersion::V20 => &vocabulary::HASH_ALGORITHM_20,
        SpecVersion::V21 => &vocabulary::HASH_ALGORITHM,
    }
}
