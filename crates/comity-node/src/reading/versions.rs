//! Versions of an object, and which of them stands.

use super::{Found, Seen};
use std::collections::BTreeMap;

/// How a version stands among the others of its object that the reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is the newest.
    Current,
    /// It is the newest, and another copy of the same time says something else: both are kept, and flagged.
    Conflicting,
    /// A newer one is there.
    Superseded,
    /// The same bytes came earlier.
    Repeated,
}

impl Standing {
    /// The standing in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Current => "current",
            Standing::Conflicting => "conflicting",
            Standing::Superseded => "superseded",
            Standing::Repeated => "repeated",
        }
    }
}

/// The standing of every copy of one object. The order in which they came does not matter: an older version that arrives
/// later stays superseded. Copies that were derived by redaction or recalled (`apart`) neither conflict nor supersede.
pub fn standings(copies: &[Found], apart: impl Fn(&Seen) -> bool) -> Vec<(Found, Standing)> {
    let counted = copies.iter().filter(|copy| !apart(&copy.seen));
    let newest = counted.clone().filter_map(|copy| copy.version).map(|version| version.moment).max();
    let mut first: BTreeMap<_, Seen> = BTreeMap::new();
    for copy in counted {
        let earliest = first.entry(copy.version).or_insert(copy.seen);
        if copy.seen.place < earliest.place {
            *earliest = copy.seen;
        }
    }
    let texts = first.keys().flatten().filter(|version| Some(version.moment) == newest).count();
    let standing = |copy: &Found| match copy.version {
        Some(version) if newest.is_some_and(|newest| version.moment < newest) => Standing::Superseded,
        _ if apart(&copy.seen) => Standing::Repeated,
        version if first.get(&version).is_some_and(|first| *first != copy.seen) => Standing::Repeated,
        _ if texts > 1 => Standing::Conflicting,
        _ => Standing::Current,
    };
    let mut all: Vec<(Found, Standing)> = copies.iter().map(|copy| (*copy, standing(copy))).collect();
    all.sort_by_key(|(copy, _)| {
        (std::cmp::Reverse(copy.version.map(|version| version.moment)), copy.seen.place)
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{projection::index::Version, reading::Place};
    use proptest::prelude::*;

    fn copy(entry: u64, modified: u8, text: u8, class: u8) -> Found {
        let seen = Seen { place: Place { entry, slot: 0 }, class: [class; 8] };
        Found { seen, at: 0, version: Some(Version { moment: [modified; 12], digest: [text; 8] }) }
    }

    fn shown(copies: &[Found]) -> Vec<(u64, &'static str)> {
        let all = standings(copies, |seen| seen.class == [9; 8]);
        all.iter().map(|(copy, standing)| (copy.seen.place.entry, standing.as_str())).collect()
    }

    #[test]
    fn an_older_version_that_comes_later_never_becomes_current() {
        let copies = [copy(1, 5, 1, 1), copy(2, 3, 2, 1), copy(3, 5, 1, 1), copy(4, 3, 2, 1)];
        let wanted = [(1, "current"), (3, "repeated"), (2, "superseded"), (4, "superseded")];
        assert_eq!(shown(&copies), wanted);
    }

    #[test]
    fn other_bytes_of_the_same_time_are_flagged_and_a_redacted_copy_is_not() {
        assert_eq!(shown(&[copy(1, 5, 1, 1), copy(2, 5, 2, 1)]), [(1, "conflicting"), (2, "conflicting")]);
        assert_eq!(shown(&[copy(1, 5, 1, 1), copy(2, 5, 2, 9)]), [(1, "current"), (2, "repeated")]);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_decide_what_stands(
            versions in prop::collection::vec((0u8..4, 0u8..3), 1..8),
        ) {
            let stands = |order: Vec<(u8, u8)>| {
                let copies: Vec<Found> =
                    order.iter().zip(1..).map(|((m, t), entry)| copy(entry, *m, *t, 1)).collect();
                let mut stands: Vec<_> = standings(&copies, |_| false)
                    .into_iter()
                    .filter(|(_, standing)| matches!(standing, Standing::Current | Standing::Conflicting))
                    .map(|(copy, standing)| (copy.version, standing))
                    .collect();
                stands.sort();
                stands
            };
            let mut backwards = versions.clone();
            backwards.reverse();
            prop_assert_eq!(stands(versions), stands(backwards));
        }
    }
}
