//! Counts of a log: records, and for each rule how many hit, exactly or below, suppressed or kept.

use super::{Found, Rule};
use std::collections::BTreeMap;

/// What is done with a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Kept,
    /// A warning list names the indicator.
    Suppressed,
}

/// Hits of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// By the whole value.
    pub exact: u64,
    /// By a parent of the name.
    pub sub: u64,
    /// Those that a warning list suppresses.
    pub suppressed: u64,
    /// The others.
    pub kept: u64,
}

/// The counts of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records read.
    pub records: u64,
    /// Hits by rule.
    pub hits: BTreeMap<Rule, Hits>,
}

impl Tally {
    /// Counts a hit.
    pub fn add(&mut self, found: &Found, verdict: Verdict) {
        let hits = self.hits.entry(found.rule).or_default();
        *(if found.exact { &mut hits.exact } else { &mut hits.sub }) += 1;
        *(if verdict == Verdict::Kept { &mut hits.kept } else { &mut hits.suppressed }) += 1;
    }

    /// The hits of a rule.
    pub fn of(&self, rule: Rule) -> Hits {
        self.hits.get(&rule).copied().unwrap_or_default()
    }

    /// Together with another log's.
    pub fn join(&mut self, other: &Tally) {
        self.records += other.records;
        for (rule, hits) in &other.hits {
            let all = self.hits.entry(*rule).or_default();
            all.exact += hits.exact;
            all.sub += hits.sub;
            all.suppressed += hits.suppressed;
            all.kept += hits.kept;
        }
    }
}
