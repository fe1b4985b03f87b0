//! Why a text is no pattern, and where.

use crate::reader::brief;
use std::borrow::Cow;

/// Why a text is no pattern, or why a pattern cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at character {at} of the pattern, {}", before(.rest))]
pub struct PatternFault {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong, or what was expected.
    pub what: Cow<'static, str>,
    /// Characters before the place.
    pub at: usize,
    /// The text that follows, at most 80 characters; empty at the end.
    pub rest: String,
}

fn before(rest: &str) -> String {
    if rest.is_empty() { "which ends there".to_owned() } else { format!("before `{rest}`") }
}

impl PatternFault {
    /// A fault of form, at this byte.
    pub(crate) fn syntax(text: &str, at: usize, what: impl Into<Cow<'static, str>>) -> PatternFault {
        PatternFault::new("threat/bad-pattern", text, at, what)
    }

    /// A pattern of good form that cannot be evaluated, because of what stands at this byte.
    pub(crate) fn unfit(text: &str, at: usize, what: impl Into<Cow<'static, str>>) -> PatternFault {
        PatternFault::new("threat/pattern-not-evaluated", text, at, what)
    }

    fn new(code: &'static str, text: &str, at: usize, what: impl Into<Cow<'static, str>>) -> PatternFault {
        let before = text.get(..at).unwrap_or(text);
        let rest = brief(text.get(at..).unwrap_or_default());
        PatternFault { code, what: what.into(), at: before.chars().count(), rest }
    }
}
