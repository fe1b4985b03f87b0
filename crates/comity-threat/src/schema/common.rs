//! Properties that many types share (STIX 2.1 sections 2 and 3; 2.0 part 1 sections 2 to 4), and names that are kept.

use super::{
    shape::{Form, Precision, Property, Shape, Targets, p, plan, shape},
    vocabulary::{EXTENSION_TYPE, SPEC_VERSION, Vocabulary},
};
use crate::{SpecVersion, validate::text};

/// The five types of extension.
pub(crate) static EXTENSION_TYPES: &Vocabulary = &EXTENSION_TYPE;

/// Property names that a later edition keeps for itself.
pub(crate) fn is_reserved_property(key: &str, version: SpecVersion) -> bool {
    let reserved: &[&str] = match version {
        SpecVersion::V21 => &["severity", "action", "username", "phone_numbers"],
        SpecVersion::V20 => &[
            "confidence",
            "severity",
            "action",
            "usernames",
            "phone_numbers",
            "addresses",
            "first_seen_precision",
            "last_seen_precision",
            "valid_from_precision",
            "valid_until_precision",
        ],
    };
    reserved.contains(&key)
}

/// Type names that a later edition keeps for itself.
pub(crate) fn is_reserved_type(name: &str, version: SpecVersion) -> bool {
    match version {
        SpecVersion::V21 => name == "action",
        SpecVersion::V20 => matches!(name, "action" | "incident" | "infrastructure"),
    }
}

pub(super) const TEXTS: Form = Form::List(&Form::Text);
pub(super) const TIME: Form = Form::Time(Precision::Any);
const MARKED: Form = Form::List(&Form::Reference(Targets::Of(&["marking-definition"])));
const AUTHOR: Form = Form::Reference(Targets::Ideally(&["identity"]));
const LANGUAGE: Form = Form::Worded(&text::LANGUAGE);

/// Common to domain objects, relationships and meta objects with versions.
pub(super) static DOMAIN: [Property; 14] = [
    p("type", Form::Text).must(),
    p("spec_version", Form::Closed(&SPEC_VERSION)).only21().must21(),
    p("id", Form::Text).must(),
    p("created_by_ref", AUTHOR),
    p("created", Form::Time(Precision::Milliseconds)).must(),
    p("modified", Form::Time(Precision::Milliseconds)).must(),
    p("revoked", Form::Boolean),
    p("labels", TEXTS),
    p("confidence", Form::Integer(0, 100)).only21(),
    p("lang", LANGUAGE).only21(),
    p("external_references", Form::ExternalReferences(&EXTERNAL_REFERENCE)),
    p("object_marking_refs", MARKED),
    p("granular_markings", Form::GranularMarkings),
    p("extensions", Form::Extensions(&[])).only21(),
];

/// The same, where `labels` are required by 2.0 because they name the kind of thing.
pub(super) static LABELLED: [Property; 14] = [
    p("type", Form::Text).must(),
    p("spec_version", Form::Closed(&SPEC_VERSION)).only21().must21(),
    p("id", Form::Text).must(),
    p("created_by_ref", AUTHOR),
    p("created", Form::Time(Precision::Milliseconds)).must(),
    p("modified", Form::Time(Precision::Milliseconds)).must(),
    p("revoked", Form::Boolean),
    p("labels", TEXTS).must20(),
    p("confidence", Form::Integer(0, 100)).only21(),
    p("lang", LANGUAGE).only21(),
    p("external_references", Form::ExternalReferences(&EXTERNAL_REFERENCE)),
    p("object_marking_refs", MARKED),
    p("granular_markings", Form::GranularMarkings),
    p("extensions", Form::Extensions(&[])).only21(),
];

/// Common to cyber observables.
pub(super) static OBSERVABLE: [Property; 6] = [
    p("type", Form::Text).must(),
    p("spec_version", Form::Closed(&SPEC_VERSION)).only21(),
    p("id", Form::Text).only21().must21(),
    p("object_marking_refs", MARKED).only21(),
    p("granular_markings", Form::GranularMarkings).only21(),
    p("defanged", Form::Boolean).only21(),
];

/// Common to marking definitions, which have no versions.
pub(super) static MARKING: [Property; 11] = [
    p("type", Form::Text).must(),
    p("spec_version", Form::Closed(&SPEC_VERSION)).only21().must21(),
    p("id", Form::Text).must(),
    p("created_by_ref", AUTHOR),
    p("created", TIME).must(),
    p("external_references", Form::ExternalReferences(&EXTERNAL_REFERENCE)),
    p("object_marking_refs", MARKED),
    p("granular_markings", Form::GranularMarkings),
    p("extensions", Form::Extensions(&[])).only21(),
    p("name", Form::Text).only21(),
    p("definition_type", Form::Text).must20(),
];

/// A custom object with versions.
pub(super) static CUSTOM_DOMAIN: Shape = shape(&[], &DOMAIN);
/// A custom cyber observable.
pub(super) static CUSTOM_OBSERVABLE: Shape =
    shape(&[p("extensions", Form::Extensions(&[])).only21()], &OBSERVABLE);

/// A reference to something outside of STIX (2.1 section 2.5).
pub(super) static EXTERNAL_REFERENCE: Shape = plan(
    &[
        p("source_name", Form::Text).must(),
        p("description", Form::Text),
        p("url", Form::Advised(&text::URI)),
        p("hashes", Form::Hashes),
        p("external_id", Form::Text),
    ],
    &[],
)
.one_of(&["description", "url", "external_id"])
.shape();

/// A phase of a kill chain (2.1 section 2.8).
pub(super) static KILL_CHAIN_PHASE: Shape = shape(
    &[
        p("kill_chain_name", Form::Advised(&text::LOWER_WORD)).must(),
        p("phase_name", Form::Advised(&text::LOWER_WORD)).must(),
    ],
    &[],
);
/// A list of such phases.
pub(super) const KILL_CHAIN: Form = Form::List(&Form::Object(&KILL_CHAIN_PHASE));
