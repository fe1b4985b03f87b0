//! Hits and counts as they are shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A record of a log that hits an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hit {
    /// The log.
    pub log: String,
    /// The line, from 1.
    pub line: u64,
    /// When it happened, by the log.
    pub time: Option<String>,
    /// The rule that the record fulfils.
    pub rule: String,
    /// Whether the whole value hits, or a name below the indicator.
    pub exact: bool,
    /// The field that decided.
    pub field: String,
    /// The value in the log.
    pub value: String,
    /// The indicator's value, and where it came from.
    pub indicator: String,
    /// Its kind.
    pub kind: String,
    /// Those who say it; at most a hundred.
    pub indicators: Vec<HitIndicator>,
    /// What suppresses the hit; nothing where it counts.
    pub suppressed: Option<SuppressedBy>,
}

/// Who says that a value is an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HitIndicator {
    /// The file it came from.
    pub source: String,
    /// The id of its object, where it is STIX.
    pub id: Option<String>,
    /// How sure its author is, from 0 to 100.
    pub confidence: Option<u8>,
    /// What it is worth at the time of the record, from 0 to 100: confidence, age, sightings and false positives.
    pub grade: u8,
}

/// The warning list that suppresses a hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressedBy {
    /// Its name.
    pub list: String,
    /// How it names the value.
    pub how: String,
}

/// The counts of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogShown {
    /// The log: a file, or a folder of them.
    pub log: String,
    /// Files read.
    pub files: u64,
    /// Records read.
    pub records: u64,
    /// Hits by rule.
    pub rules: Vec<RuleShown>,
}

/// The hits of one rule. A record counts once for each rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleShown {
    /// The rule.
    pub rule: String,
    /// By the whole value.
    pub exact: u64,
    /// By a name below the indicator.
    pub sub: u64,
    /// Those that a warning list suppresses.
    pub suppressed: u64,
    /// The others.
    pub kept: u64,
}
