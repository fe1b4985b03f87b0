//! What is wrong with a configuration, where, and what was probably meant.

use crate::http::shown;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a configuration is not used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("`{path}` cannot be read")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// The file is longer than any configuration.
    #[error("`{path}` has more than {limit} bytes")]
    TooLong {
        /// Which.
        path: PathBuf,
        /// Bytes allowed.
        limit: usize,
    },
    /// A key that does not exist.
    #[error("{path}:{line}:{column}: there is no key `{key}` here")]
    UnknownKey {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// The key.
        key: String,
        /// The key that was probably meant.
        near: Option<String>,
        /// The keys possible there.
        known: Vec<String>,
    },
    /// Not TOML, or a value of the wrong kind.
    #[error("{path}:{line}:{column}: {why}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What is wrong.
        why: String,
    },
    /// A value that cannot be used.
    #[error("{path}: `{key}` cannot be used: {why}")]
    Value {
        /// Which file.
        path: PathBuf,
        /// The key, with its section.
        key: String,
        /// What is wrong.
        why: &'static str,
    },
}

impl ConfigFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ConfigFault::Unreadable { .. } => "config/unreadable",
            ConfigFault::TooLong { .. } => "config/too-long",
            ConfigFault::UnknownKey { .. } => "config/unknown-key",
            ConfigFault::Malformed { .. } => "config/malformed",
            ConfigFault::Value { .. } => "config/value",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            ConfigFault::UnknownKey { near: Some(near), .. } => format!("did you mean `{near}`?"),
            ConfigFault::UnknownKey { known, .. } => format!("known here: {}", known.join(", ")),
            ConfigFault::Unreadable { .. } => "write one with `comity config`".to_owned(),
            _ => return None,
        })
    }

    pub(super) fn of(error: &toml::de::Error, text: &str, path: &Path) -> ConfigFault {
        let (line, column) = place(text, error.span().map_or(0, |span| span.start));
        let path = path.to_owned();
        if let Some((key, known)) = unknown_field(error.message()) {
            let near = nearest(&key, &known);
            return ConfigFault::UnknownKey { path, line, column, key: shown(&key, 60), near, known };
        }
        let why = shown(&error.message().replace('\n', ", "), 300);
        ConfigFault::Malformed { path, line, column, why }
    }
}

/// Line and column of a byte, both from 1.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let in_line = before.get(line_start..).unwrap_or_default();
    (before.matches('\n').count() + 1, in_line.chars().count() + 1)
}

/// The key and the known ones, from serde's sentence: unknown field `a`, expected one of `b`, `c`.
fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut quoted = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((quoted.next()?, quoted.collect()))
}

/// The known key that is fewest edits away, if it is near.
fn nearest(key: &str, known: &[String]) -> Option<String> {
    let key: String = key.chars().take(60).collect();
    let scored = known.iter().map(|candidate| (distance(&key, candidate), candidate));
    let (edits, candidate) = scored.min()?;
    (edits * 3 <= candidate.chars().count().max(3)).then(|| candidate.clone())
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (cb, above) in b.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(ca != *cb)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
