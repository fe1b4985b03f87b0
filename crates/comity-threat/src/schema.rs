//! What STIX 2.0 and 2.1 require of each type, at the level of presence.
//!
//! Sources: STIX 2.0 part 2 sections 2 and 3 and part 4; STIX 2.1 sections 4 to 7.

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
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeRule {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    /// Properties that must be there in 2.0; `None` where 2.0 has no such type at the top.
    v20: Option<&'static [&'static str]>,
    /// Properties that must be there in 2.1.
    v21: &'static [&'static str],
    /// In 2.1 at least one of these must be there, where there are any.
    one_of: &'static [&'static str],
}

impl TypeRule {
    /// The properties that must be there; `None` where the edition has no such type.
    pub(crate) fn required(&self, version: SpecVersion) -> Option<&'static [&'static str]> {
        match version {
            SpecVersion::V20 => self.v20,
            SpecVersion::V21 => Some(self.v21),
        }
    }

    /// The properties of which one must be there.
    pub(crate) fn one_of(&self, version: SpecVersion) -> &'static [&'static str] {
        if version == SpecVersion::V21 || self.class == Class::Observable { self.one_of } else { &[] }
    }
}

/// The rules of a type; `None` for custom types.
pub(crate) fn rule(name: &str) -> Option<&'static TypeRule> {
    TYPES.iter().find(|rule| rule.name == name)
}

/// Whether the type is one of the cyber observables of 2.1.
pub(crate) fn is_observable(name: &str) -> bool {
    rule(name).is_some_and(|rule| rule.class == Class::Observable)
}

const fn domain(
    name: &'static str,
    v20: Option<&'static [&'static str]>,
    v21: &'static [&'static str],
    one_of: &'static [&'static str],
) -> TypeRule {
    TypeRule { name, class: Class::Domain, v20, v21, one_of }
}

const fn observable(
    name: &'static str,
    required: &'static [&'static str],
    one_of: &'static [&'static str],
) -> TypeRule {
    TypeRule { name, class: Class::Observable, v20: Some(required), v21: required, one_of }
}

/// The most frequent types come first, since the list is searched in order.
const TYPES: &[TypeRule] = &[
    domain(
        "indicator",
        Some(&["labels", "pattern", "valid_from"]),
        &["pattern", "pattern_type", "valid_from"],
        &[],
    ),
    domain(
        "relationship",
        Some(&["relationship_type", "source_ref", "target_ref"]),
        &["relationship_type", "source_ref", "target_ref"],
        &[],
    ),
    domain(
        "observed-data",
        Some(&["first_observed", "last_observed", "number_observed", "objects"]),
        &["first_observed", "last_observed", "number_observed"],
        &["objects", "object_refs"],
    ),
    domain("sighting", Some(&["sighting_of_ref"]), &["sighting_of_ref"], &[]),
    domain("attack-pattern", Some(&["name"]), &["name"], &[]),
    domain("campaign", Some(&["name"]), &["name"], &[]),
    domain("course-of-action", Some(&["name"]), &["name"], &[]),
    domain("grouping", None, &["context", "object_refs"], &[]),
    domain("identity", Some(&["name", "identity_class"]), &["name"], &[]),
    domain("incident", None, &["name"], &[]),
    domain("infrastructure", None, &["name"], &[]),
    domain("intrusion-set", Some(&["name"]), &["name"], &[]),
    domain("location", None, &[], &["country", "region", "latitude"]),
    domain("malware", Some(&["labels", "name"]), &["is_family"], &[]),
    domain("malware-analysis", None, &["product"], &["result", "analysis_sco_refs"]),
    domain("note", None, &["content", "object_refs"], &[]),
    domain("opinion", None, &["opinion", "object_refs"], &[]),
    domain(
        "report",
        Some(&["labels", "name", "published", "object_refs"]),
        &["name", "published", "object_refs"],
        &[],
    ),
    domain("threat-actor", Some(&["labels", "name"]), &["name"], &[]),
    domain("tool", Some(&["labels", "name"]), &["name"], &[]),
    domain("vulnerability", Some(&["name"]), &["name"], &[]),
    domain(
        "extension-definition",
        None,
        &["created_by_ref", "name", "schema", "version", "extension_types"],
        &[],
    ),
    domain("language-content", None, &["object_ref", "contents"], &[]),
    TypeRule {
        name: "marking-definition",
        class: Class::Marking,
        v20: Some(&["definition_type", "definition"]),
        v21: &[],
        one_of: &["definition", "extensions"],
    },
    observable("ipv4-addr", &["value"], &[]),
    observable("ipv6-addr", &["value"], &[]),
    observable("domain-name", &["value"], &[]),
    observable("url", &["value"], &[]),
    observable("file", &[], &["hashes", "name"]),
    observable("email-addr", &["value"], &[]),
    observable("mac-addr", &["value"], &[]),
    observable("artifact", &[], &["payload_bin", "url"]),
    observable("autonomous-system", &["number"], &[]),
    observable("directory", &["path"], &[]),
    observable("email-message", &["is_multipart"], &[]),
    observable("mutex", &["name"], &[]),
    observable("network-traffic", &["protocols"], &["src_ref", "dst_ref"]),
    observable(
        "process",
        &[],
        &[
            "pid",
            "command_line",
            "name",
            "is_hidden",
            "created_time",
            "cwd",
            "arguments",
            "environment_variables",
            "opened_connection_refs",
            "creator_user_ref",
            "binary_ref",
            "image_ref",
            "parent_ref",
            "child_refs",
            "extensions",
        ],
    ),
    observable("software", &["name"], &[]),
    observable(
        "user-account",
        &[],
        &[
            "user_id",
            "credential",
            "account_login",
            "account_type",
            "display_name",
            "is_service_account",
            "is_privileged",
            "can_escalate_privs",
            "is_disabled",
            "account_created",
            "account_expires",
            "credential_last_changed",
            "password_last_changed",
            "account_first_login",
            "account_last_login",
            "extensions",
        ],
    ),
    observable(
        "windows-registry-key",
        &[],
        &["key", "values", "modified", "modified_time", "creator_user_ref", "number_of_subkeys"],
    ),
    observable(
        "x509-certificate",
        &[],
        &[
            "is_self_signed",
            "hashes",
            "version",
            "serial_number",
            "signature_algorithm",
            "issuer",
            "validity_not_before",
            "validity_not_after",
            "subject",
            "subject_public_key_algorithm",
            "subject_public_key_modulus",
            "subject_public_key_exponent",
            "x509_v3_extensions",
        ],
    ),
];
