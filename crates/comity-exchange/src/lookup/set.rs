//! The keyed set: outputs of the function for what an asker would be cleared to get, of a round size.

use super::Output;
use comity_record::sha256;

/// Tells one set from another.
pub type Stamp = [u8; 8];

/// The least outputs of a set.
const LEAST: usize = 256;
/// Bytes of an output in a set.
const WIDTH: usize = 8;

/// What fills sets up: a row of outputs of nothing, the same as long as the key is.
#[derive(Clone)]
pub struct Padding([u8; 32]);

impl std::fmt::Debug for Padding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Padding(..)")
    }
}

impl Padding {
    /// The padding of a key's seed.
    pub fn of(seed: &[u8; 32]) -> Padding {
        Padding(sha256(&[b"comity lookup padding 1\0", seed]).0)
    }

    fn at(&self, index: u64) -> u64 {
        first(&sha256(&[&self.0, &index.to_be_bytes()]).0)
    }
}

/// A set as it is given to an asker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    stamp: Stamp,
    outputs: Vec<u8>,
}

impl Published {
    /// The set of these outputs, filled up to a round size.
    pub fn new(outputs: impl IntoIterator<Item = Output>, padding: &Padding) -> Published {
        let mut short: Vec<u64> = outputs.into_iter().map(|output| first(&output)).collect();
        short.sort_unstable();
        short.dedup();
        let missing = rounded(short.len()).saturating_sub(short.len()) as u64;
        short.extend((0..missing).map(|index| padding.at(index)));
        short.sort_unstable();
        let outputs: Vec<u8> = short.iter().flat_map(|output| output.to_be_bytes()).collect();
        let stamp = first(&sha256(&[b"comity lookup set\0", &outputs]).0).to_be_bytes();
        Published { stamp, outputs }
    }

    /// Its stamp.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Its parts of `most` outputs at most; at least one.
    pub fn parts(&self, most: usize) -> u32 {
        u32::try_from(self.outputs.len().div_ceil(WIDTH * most.max(1))).unwrap_or(u32::MAX).max(1)
    }

    /// One of those parts.
    pub fn part(&self, index: u32, most: usize) -> Option<&[u8]> {
        self.outputs.chunks(WIDTH * most.max(1)).nth(usize::try_from(index).ok()?)
    }
}

/// A set as an asker has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    stamp: Stamp,
    outputs: Vec<u64>,
}

impl Set {
    /// Reads the joined parts of a set. `None` where they are not what the stamp was made of.
    pub fn read(stamp: Stamp, bytes: &[u8]) -> Option<Set> {
        let made = first(&sha256(&[b"comity lookup set\0", bytes]).0).to_be_bytes();
        let (outputs, rest) = bytes.as_chunks::<WIDTH>();
        let outputs: Vec<u64> = outputs.iter().map(|output| u64::from_be_bytes(*output)).collect();
        (made == stamp && rest.is_empty() && outputs.is_sorted()).then_some(Set { stamp, outputs })
    }

    /// Its stamp.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Whether an output is in it.
    pub fn has(&self, output: &Output) -> bool {
        self.outputs.binary_search(&first(output)).is_ok()
    }
}

fn first(bytes: &[u8]) -> u64 {
    bytes.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

/// The next size that is a multiple of an eighth of the power of two below it.
fn rounded(count: usize) -> usize {
    let count = count.max(LEAST);
    let step = (count.next_power_of_two() / 16).max(1);
    count.div_ceil(step).saturating_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn output(number: u64) -> Output {
        sha256(&[&number.to_be_bytes()]).0[..16].try_into().unwrap()
    }

    fn published(count: u64) -> Published {
        Published::new((0..count).map(output), &Padding::of(&[3; 32]))
    }

    fn read(published: &Published) -> Set {
        let parts: Vec<u8> =
            (0..published.parts(100)).flat_map(|at| published.part(at, 100).unwrap().to_vec()).collect();
        Set::read(published.stamp(), &parts).unwrap()
    }

    #[test]
    fn what_was_put_in_is_there_and_nothing_else() {
        let set = read(&published(1_000));
        assert!((0..1_000).all(|number| set.has(&output(number))));
        assert!((1_000..2_000).all(|number| !set.has(&output(number))));
    }

    #[test]
    fn sizes_are_round() {
        for (count, size) in [(0, 256), (256, 256), (257, 288), (1_000, 1_024), (1_100, 1_152)] {
            assert_eq!(published(count).outputs.len(), size * WIDTH, "{count}");
        }
    }

    /// What is added shows and nothing else: the padding of two sets under one key is the same but for what it made room for.
    #[test]
    fn two_sets_differ_by_what_was_added() {
        let (one, other) = (published(300), published(303));
        let outputs = |of: &Published| read(of).outputs;
        let (one, other) = (outputs(&one), outputs(&other));
        assert_eq!(other.iter().filter(|output| !one.contains(output)).count(), 3);
        assert_eq!(one.iter().filter(|output| !other.contains(output)).count(), 3);
    }

    #[test]
    fn a_changed_set_does_not_read() {
        let set = published(10);
        let mut bytes = set.outputs.clone();
        bytes[5] ^= 1;
        assert_eq!(Set::read(set.stamp(), &bytes), None);
        assert_eq!(Set::read(set.stamp(), &set.outputs[1..]), None);
    }

    proptest! {
        #[test]
        fn a_round_size_is_at_most_an_eighth_more(count in LEAST..10_000_000) {
            let size = rounded(count);
            prop_assert!(size >= count && size - count <= count / 8 + 1);
            prop_assert_eq!(rounded(size), size);
        }
    }
}
