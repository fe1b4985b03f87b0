//! When an object came into a collection.

use comity_threat::Moment;
use std::{fmt, str::FromStr};

/// `date_added` in microseconds since 1970. Within a collection no two objects have the same, and a later one always has
/// a greater: it is the position by which clients page and poll.
///
/// Shown as RFC 3339 with six fraction digits, as the standard asks for (section 3.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Added(pub i64);

impl Added {
    /// Before everything that can be added.
    pub const NEVER: Added = Added(0);

    /// The position of what is added at `millis` after `last`: the time itself, unless the clock stood still or went
    /// back; then the next microsecond.
    pub fn after(last: Added, millis: i64) -> Added {
        Added(millis.saturating_mul(1000).max(last.0.saturating_add(1)))
    }

    /// As a key: in the order of time, since no date before 1970 is given out.
    pub fn key(self) -> [u8; 8] {
        self.0.max(0).to_be_bytes()
    }

    /// From a key.
    pub fn from_key(key: &[u8]) -> Option<Added> {
        key.try_into().ok().map(|key| Added(i64::from_be_bytes(key)))
    }

    /// The version of an object that has no date of its own (section 3.4 of the standard).
    pub fn moment(self) -> Moment {
        Moment::from_micros(self.0)
    }
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.moment().timestamp().to_string();
        write!(f, "{}{:03}Z", millis.trim_end_matches('Z'), self.0.rem_euclid(1000))
    }
}

impl FromStr for Added {
    type Err = comity_threat::BadMoment;
    fn from_str(text: &str) -> Result<Added, Self::Err> {
        text.parse::<Moment>().map(|moment| Added(moment.micros()))
    }
}
