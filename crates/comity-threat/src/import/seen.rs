//! What an import has taken so far: a million versions in sixteen megabytes.

use std::collections::{BTreeMap, BTreeSet};

/// Versions that wait to be sorted in among the others.
const RECENT: usize = 1 << 15;

/// Versions by a hash of id and time, each with a hash of its content.
///
/// Eight bytes of each are kept. That two of a million versions have equal names by chance has odds of one in thirty
/// million, and all that follows is that one is counted as conflicting; an object is left out only where both hashes
/// are equal.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Sorted by name. A tree of a million would take nearly three times as much.
    sorted: Vec<(u64, u64)>,
    recent: BTreeMap<u64, u64>,
    /// Further contents of the same versions.
    others: BTreeSet<(u64, u64)>,
}

/// What an object is beside those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sighting {
    /// Its version did not come before.
    New,
    /// Its version came before with the same content.
    Repeated,
    /// Its version came before, with other content only.
    Conflicting,
}

impl Seen {
    /// Takes note of a version and its content.
    pub fn take(&mut self, version: u64, content: u64) -> Sighting {
        match self.first(version) {
            None => {
                self.recent.insert(version, content);
                if self.recent.len() >= RECENT {
                    self.sort_in();
                }
                Sighting::New
            }
            Some(first) if first == content => Sighting::Repeated,
            Some(_) if self.others.insert((version, content)) => Sighting::Conflicting,
            Some(_) => Sighting::Repeated,
        }
    }

    /// The content that came first under a name.
    fn first(&self, version: u64) -> Option<u64> {
        if let Some(content) = self.recent.get(&version) {
            return Some(*content);
        }
        let at = self.sorted.binary_search_by_key(&version, |(name, _)| *name).ok()?;
        self.sorted.get(at).map(|(_, content)| *content)
    }

    /// Two sorted runs one behind the other, which a stable sort merges; exactly as much room as they need.
    fn sort_in(&mut self) {
        self.sorted.reserve_exact(self.recent.len());
        self.sorted.extend(std::mem::take(&mut self.recent));
        self.sorted.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::{RECENT, Seen, Sighting};

    #[test]
    fn what_came_before_is_known_across_every_sorting_in() {
        let mut seen = Seen::default();
        // An odd factor visits every residue once, so names come out of order and none twice.
        let name = |number: usize| (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for number in 0..RECENT * 3 {
            assert_eq!(seen.take(name(number), 1), Sighting::New, "{number}");
        }
        for number in (0..RECENT * 3).step_by(1001) {
            assert_eq!(seen.take(name(number), 1), Sighting::Repeated, "{number}");
            assert_eq!(seen.take(name(number), 2), Sighting::Conflicting, "{number}");
            assert_eq!(seen.take(name(number), 2), Sighting::Repeated, "{number}");
        }
        assert_eq!(seen.take(name(RECENT * 3), 1), Sighting::New);
    }
}
