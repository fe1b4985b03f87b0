//! Which of two objects with one id is the later, and which is the fuller.

use crate::{Moment, Object};
use std::cmp::Ordering;

/// How an object stands to another one of the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is a later version (`modified`, STIX 2.1 section 3.6).
    Newer,
    /// It is an earlier version.
    Older,
    /// The same version, byte for byte.
    Same,
    /// The same version with less redacted: it replaces the other, and there is no conflict.
    Fuller,
    /// The same version with more redacted: it yields to the other.
    Redacted,
    /// The same version with other content: both are kept and shown.
    Conflict,
}

/// How `a` stands to `b`, which has the same id.
pub fn compare(a: &Object<'_>, b: &Object<'_>) -> Standing {
    match newer(a.moment(), b.moment()) {
        Ordering::Greater => return Standing::Newer,
        Ordering::Less => return Standing::Older,
        Ordering::Equal => {}
    }
    if a.text() == b.text() {
        return Standing::Same;
    }
    let removed = |object: &Object<'_>| crate::redact::redacted_selectors(object).map(|list| list.len());
    match (removed(a), removed(b)) {
        (None, None) => Standing::Conflict,
        (None, Some(_)) => Standing::Fuller,
        (Some(_), None) => Standing::Redacted,
        (Some(a_removed), Some(b_removed)) if a_removed < b_removed => Standing::Fuller,
        (Some(_), Some(_)) => Standing::Redacted,
    }
}

/// Which version is the later. An object without a time (a cyber observable) has one version only, and is earlier than
/// one with a time.
pub fn newer(a: Option<Moment>, b: Option<Moment>) -> Ordering {
    a.cmp(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: &str, b: &str, expected: Standing) {
        let read = |members: &str| format!(r#"{{"type":"x-a","id":"x-a--1",{members}}}"#);
        let (a, b) = (read(a), read(b));
        let (a, b) = (Object::read(a.as_bytes()).unwrap(), Object::read(b.as_bytes()).unwrap());
        assert_eq!(compare(&a, &b), expected);
    }

    #[test]
    fn versions_are_ordered_by_modified_and_a_redacted_copy_yields() {
        let (old, new) =
            (r#""modified":"2026-01-01T00:00:00.0001Z""#, r#""modified":"2026-01-01T00:00:00.0002Z""#);
        check(new, old, Standing::Newer);
        check(old, new, Standing::Older);
        check(old, old, Standing::Same);
        check(old, &format!("{old},\"name\":\"x\""), Standing::Conflict);
        let (less, more) = (
            format!("{old},\"x_comity_redacted\":[\"a\"]"),
            format!("{old},\"x_comity_redacted\":[\"a\",\"b\"]"),
        );
        check(old, &less, Standing::Fuller);
        check(&more, old, Standing::Redacted);
        check(&less, &more, Standing::Fuller);
        check(&more, &less, Standing::Redacted);
        check(&format!("{new},\"x_comity_redacted\":[\"a\"]"), old, Standing::Newer);
    }
}
