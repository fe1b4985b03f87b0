//! What was found, and how grave it is.

use std::fmt;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// STIX says SHOULD, or tools disagree; the object is taken.
    Should,
    /// STIX says MUST, or nothing could be done with the object; it is refused.
    Must,
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How grave.
    pub level: Level,
    /// The stable code, such as `threat/missing-property`.
    pub code: &'static str,
    /// The property, as a STIX selector.
    pub path: String,
    /// What is wrong, as a fragment.
    pub message: String,
}

/// The rules that an object can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A property that STIX requires of this type is missing.
    MissingProperty,
    /// The type of an object is no name of a type.
    BadType,
    /// The id of an object is not its type and a UUID.
    BadId,
    /// The edition of STIX is neither 2.0 nor 2.1.
    UnknownVersion,
    /// A bundle inside of a bundle.
    NestedBundle,
    /// A value of another JSON type than STIX gives the property.
    WrongKind,
    /// A number beyond its range.
    OutOfRange,
    /// A text that does not have the form of its property.
    BadValue,
    /// A value that a closed vocabulary does not hold.
    UnknownValue,
    /// A value that an open vocabulary does not hold.
    OpenVocabulary,
    /// A time that is no timestamp of STIX.
    BadTimestamp,
    /// A time that comes before the one it must follow.
    TimeOrder,
    /// A reference that does not name an object of the kind it must.
    BadReference,
    /// A hash without the length and letters of its algorithm.
    BadHash,
    /// A name that a property, a dictionary or an extension cannot have.
    BadName,
    /// A name that a later edition of STIX keeps for itself.
    ReservedName,
    /// Null, or an empty list or object.
    EmptyValue,
    /// Two properties that cannot stand together, or not without each other.
    PropertiesClash,
    /// An extension without what it must hold.
    BadExtension,
    /// A type or property that the standard does not have, without an extension definition.
    CustomContent,
    /// A marking of parts that says too little, or too much.
    BadGranularMarking,
    /// A selector that leads to nothing.
    UnresolvedSelector,
    /// A marking definition that marks itself, or that the standard does not allow.
    BadMarking,
    /// The pattern of an indicator does not keep the grammar of STIX patterning.
    BadPattern,
    /// The map of observables in observed data cannot be read.
    BadObservables,
    /// A relationship that the standard does not suggest between these types.
    UnusualRelation,
    /// A property that the edition advises against.
    Deprecated,
    /// An identifier of another UUID version than the standard recommends.
    UuidVersion,
    /// A property that should be there.
    BetterWith,
}

impl Rule {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Rule::MissingProperty => "threat/missing-property",
            Rule::BadType => "threat/bad-type",
            Rule::BadId => "threat/bad-id",
            Rule::UnknownVersion => "threat/unknown-version",
            Rule::NestedBundle => "threat/nested-bundle",
            Rule::WrongKind => "threat/wrong-kind",
            Rule::OutOfRange => "threat/out-of-range",
            Rule::BadValue => "threat/bad-value",
            Rule::UnknownValue => "threat/unknown-value",
            Rule::OpenVocabulary => "threat/open-vocabulary",
            Rule::BadTimestamp => "threat/bad-timestamp",
            Rule::TimeOrder => "threat/time-order",
            Rule::BadReference => "threat/bad-reference",
            Rule::BadHash => "threat/bad-hash",
            Rule::BadName => "threat/bad-name",
            Rule::ReservedName => "threat/reserved-name",
            Rule::EmptyValue => "threat/empty-value",
            Rule::PropertiesClash => "threat/properties-clash",
            Rule::BadExtension => "threat/bad-extension",
            Rule::CustomContent => "threat/custom-content",
            Rule::BadGranularMarking => "threat/bad-granular-marking",
            Rule::UnresolvedSelector => "threat/unresolved-selector",
            Rule::BadMarking => "threat/bad-marking",
            Rule::BadPattern => "threat/bad-pattern",
            Rule::BadObservables => "threat/bad-observables",
            Rule::UnusualRelation => "threat/unusual-relation",
            Rule::Deprecated => "threat/deprecated",
            Rule::UuidVersion => "threat/uuid-version",
            Rule::BetterWith => "threat/better-with",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.message)
    }
}

/// Whether anything found refuses the object.
pub fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.level == Level::Must)
}
