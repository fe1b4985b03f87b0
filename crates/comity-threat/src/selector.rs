//! STIX selectors: paths to properties inside one object (STIX 2.1 section 7.2.3), such as `external_references.[0].url`.

use crate::reader::{JsonKind, Value, brief};
use std::{fmt, str::FromStr};

/// A path to a property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector(Vec<Step>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The member of an object.
    Key(String),
    /// The element of a list, from 0.
    Index(usize),
}

/// A text that is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a selector such as `description` or `external_references.[0].url`")]
pub struct BadSelector {
    /// The text, at most 80 characters of it.
    pub text: String,
}

impl Selector {
    /// The deepest path that is read.
    pub const MAX_STEPS: usize = crate::reader::MAX_DEPTH;

    /// From steps.
    pub fn new(steps: Vec<Step>) -> Selector {
        Selector(steps)
    }

    /// A property at the top.
    pub fn top(key: &str) -> Selector {
        Selector(vec![Step::Key(key.to_owned())])
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The value it leads to.
    pub fn resolve<'o>(&self, root: Value<'o>) -> Option<Value<'o>> {
        self.0.iter().try_fold(root, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.element(*index),
        })
    }

    /// Whether it leads to `other` or to something that holds it.
    pub fn covers(&self, other: &Selector) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl FromStr for Selector {
    type Err = BadSelector;
    fn from_str(text: &str) -> Result<Selector, BadSelector> {
        let bad = || BadSelector { text: brief(text) };
        let steps: Option<Vec<Step>> = text.split('.').take(Selector::MAX_STEPS + 1).map(step).collect();
        let steps = steps.ok_or_else(bad)?;
        let starts_with_key = matches!(steps.first(), Some(Step::Key(_)));
        if !starts_with_key || steps.len() > Selector::MAX_STEPS {
            return Err(bad());
        }
        Ok(Selector(steps))
    }
}

fn step(text: &str) -> Option<Step> {
    match text.strip_prefix('[') {
        Some(index) => {
            let digits = index.strip_suffix(']').filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
            digits.parse().ok().map(Step::Index)
        }
        None => (!text.is_empty()).then(|| Step::Key(text.to_owned())),
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Key(key) => f.write_str(key)?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Calls `each` for every value below `root`, with its path, parents before children.
pub(crate) fn walk<'o>(root: Value<'o>, each: &mut impl FnMut(&Path<'o>, Value<'o>)) {
    let mut path = Path { steps: Vec::new() };
    descend(root, &mut path, each);
}

/// A path while walking, which borrows its keys.
#[derive(Debug)]
pub(crate) struct Path<'o> {
    steps: Vec<PathStep<'o>>,
}

#[derive(Debug)]
enum PathStep<'o> {
    Key(std::borrow::Cow<'o, str>),
    Index(usize),
}

impl Path<'_> {
    /// As a selector.
    pub(crate) fn selector(&self) -> Selector {
        let step = |step: &PathStep<'_>| match step {
            PathStep::Key(key) => Step::Key(key.as_ref().to_owned()),
            PathStep::Index(index) => Step::Index(*index),
        };
        Selector(self.steps.iter().map(step).collect())
    }
}

fn descend<'o>(value: Value<'o>, path: &mut Path<'o>, each: &mut impl FnMut(&Path<'o>, Value<'o>)) {
    let list = value.kind() == JsonKind::Array;
    if !list && value.kind() != JsonKind::Object {
        return;
    }
    for (index, child) in value.children().enumerate() {
        path.steps.push(if list { PathStep::Index(index) } else { PathStep::Key(child.key()) });
        each(path, child);
        descend(child, path, each);
        path.steps.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::Outline;

    #[test]
    fn selectors_lead_to_values() {
        let text = r#"{"a":{"b":[1,{"c":"x"}]},"d":null}"#;
        let outline = Outline::of(text).unwrap();
        let root = outline.root(text).unwrap();
        for (selector, found) in [
            ("a.b.[1].c", Some("\"x\"")),
            ("a.b.[0]", Some("1")),
            ("a.b.[2]", None),
            ("a.[0]", None),
            ("a.b.c", None),
            ("d", Some("null")),
        ] {
            let parsed: Selector = selector.parse().unwrap();
            assert_eq!(parsed.resolve(root).map(Value::raw), found, "{selector}");
            assert_eq!(parsed.to_string(), selector);
        }
        for bad in ["", ".", "a..b", "[0]", "a.[x]", "a.[1", "a.[-1]", "a.[]"] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
        let mut seen = Vec::new();
        walk(root, &mut |path, _| seen.push(path.selector().to_string()));
        assert_eq!(seen, ["a", "a.b", "a.b.[0]", "a.b.[1]", "a.b.[1].c", "d"]);
    }
}
