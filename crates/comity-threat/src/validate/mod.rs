//! What STIX asks of one object: types of values, required properties, vocabularies, references, markings, relations,
//! extensions, hashes, times and pattern, for both editions.
//!
//! A finding at level `must` refuses the object; one at level `should` is counted. [`validate`] looks for both,
//! [`validate_musts`] for the first only and takes no memory from the heap where nothing is wrong. Custom content is
//! accepted; without an extension definition it is a finding at level `should`.
//!
//! The tables are in [`crate::schema`]; `walk` goes through an object along them, `form` looks at one value, `rules` holds
//! what no table says. Where this differs from the validator of the standard's body, docs/conformance/objects.md says why.

mod form;
mod found;
mod place;
mod rules;
pub(crate) mod text;
mod walk;

pub use found::{Finding, Level, Rule, refuses};
pub use text::{is_identifier, type_of};

use crate::Object;
use walk::Check;

/// Everything found wrong with an object, in the order of its text, then what concerns it as a whole.
pub fn validate(object: &Object<'_>) -> Vec<Finding> {
    Check::new(object, Level::Should).run()
}

/// What is found at level `must` only.
pub fn validate_musts(object: &Object<'_>) -> Vec<Finding> {
    Check::new(object, Level::Must).run()
}

#[cfg(test)]
mod tests;
