//! What is wrong with a pack, and where.

use std::fmt;

/// A fault of a pack. `comity law check` shows each one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct PackFault {
    /// Where.
    pub place: Place,
    /// What.
    pub fault: Fault,
}

/// A place in a pack's file. Lines and columns count from 1; a column counts characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The first lines do not name pack and version.
    #[error("a pack begins with the lines `// pack: NAME` and `// version: NUMBER`")]
    Header,
    /// Not Cedar, or not a schema.
    #[error("not well formed: {0}")]
    Syntax(String),
    /// A template, which has slots that nobody fills.
    #[error("a policy with slots is not used in packs")]
    Template,
    /// The schema does not allow it.
    #[error("the schema does not allow this: {0}")]
    Schema(String),
    /// An annotation is missing.
    #[error("policy `{policy}` lacks `@{annotation}`")]
    Missing {
        /// The policy's id, or the number of its place where it has none.
        policy: String,
        /// What it lacks.
        annotation: &'static str,
    },
    /// An annotation that this policy must not have, or that nobody knows.
    #[error("policy `{policy}` has `@{annotation}`, which does not belong there")]
    Unexpected {
        /// The policy.
        policy: String,
        /// The annotation.
        annotation: String,
    },
    /// An annotation whose value cannot be read.
    #[error("policy `{policy}`: `@{annotation}(\"{value}\")` is not valid: {why}")]
    BadValue {
        /// The policy.
        policy: String,
        /// The annotation.
        annotation: &'static str,
        /// Its value.
        value: String,
        /// What is wanted.
        why: String,
    },
    /// Two policies of one id.
    #[error("policy `{policy}` stands twice; it is also in {first}")]
    Duplicate {
        /// The id.
        policy: String,
        /// The other place.
        first: Place,
    },
    /// No action in the scope.
    #[error("policy `{policy}` names no action; write `action == …` or `action in […]`")]
    Unscoped {
        /// The policy.
        policy: String,
    },
    /// Crossing and duty in one policy, or several duties.
    #[error("policy `{policy}` must name `send` and `receive`, or exactly one duty")]
    MixedActions {
        /// The policy.
        policy: String,
    },
    /// A forbid among the duties: it could cancel one.
    #[error("policy `{policy}` forbids a duty; duties are only permitted, so that none can be cancelled")]
    ForbidsDuty {
        /// The policy.
        policy: String,
    },
    /// An effect that the layer does not have.
    #[error("policy `{policy}` does not belong in this layer: {rule}")]
    Layer {
        /// The policy.
        policy: String,
        /// The rule.
        rule: &'static str,
    },
    /// A policy of a national pack that is not bound to its own party.
    #[error(
        "policy `{policy}` of the national pack of {party} must begin with `principal == Party::\"{party}\"`"
    )]
    ForeignPrincipal {
        /// The policy.
        policy: String,
        /// The party.
        party: String,
    },
    /// A policy that is declined but not there.
    #[error("policy `{policy}` is declined but stands in no pack that may be declined")]
    NothingToDecline {
        /// The id.
        policy: String,
    },
}

impl PackFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self.fault {
            Fault::Header => "pack/header",
            Fault::Syntax(_) => "pack/syntax",
            Fault::Template => "pack/template",
            Fault::Schema(_) => "pack/schema",
            Fault::Missing { .. } => "pack/missing-annotation",
            Fault::Unexpected { .. } => "pack/unexpected-annotation",
            Fault::BadValue { .. } => "pack/bad-value",
            Fault::Duplicate { .. } => "pack/duplicate-id",
            Fault::Unscoped { .. } => "pack/unscoped-action",
            Fault::MixedActions { .. } => "pack/mixed-actions",
            Fault::ForbidsDuty { .. } => "pack/forbids-duty",
            Fault::Layer { .. } => "pack/wrong-layer",
            Fault::ForeignPrincipal { .. } => "pack/foreign-principal",
            Fault::NothingToDecline { .. } => "pack/nothing-to-decline",
        }
    }
}

impl Place {
    /// The place of a byte offset in a text.
    pub(crate) fn of(file: &str, text: &str, offset: usize) -> Place {
        let mut place = Place { file: file.to_owned(), line: 1, column: 1 };
        for (at, c) in text.char_indices() {
            if at >= offset {
                break;
            }
            if c == '\n' {
                place.line += 1;
                place.column = 1;
            } else {
                place.column += 1;
            }
        }
        place
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
