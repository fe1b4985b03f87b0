//! One row of an index: the slots of an entry in which a term stands.

use super::{ClassId, Mac};
use comity_ledger::store::StoreFault;
use comity_threat::{Moment, index::Family};

/// The partition of all objects by the time they were added.
pub const ADDED: u32 = 0;

/// The partition of outputs of the oblivious function: a class's are read together.
pub const OUTPUT: u32 = 8;

/// A slot in which a term stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The slot.
    pub slot: u32,
    /// In the index of ids, which version of the object it is.
    pub version: Option<Version>,
}

/// A version of an object. Later versions compare greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `modified`, else `created`, in bytes that sort by time; zeros where the object has neither.
    pub moment: [u8; 12],
    /// A keyed hash of its bytes.
    pub digest: [u8; 8],
}

impl Version {
    /// The version of an object's time and hash.
    pub fn new(moment: Option<Moment>, digest: [u8; 8]) -> Version {
        Version { moment: moment.map_or([0; 12], Moment::sortable), digest }
    }
}

/// The key of a row; `at` counts in the partition [`ADDED`] alone.
pub fn row_key(partition: u32, mac: &Mac, class: &ClassId, at: i64, entry: u64) -> Vec<u8> {
    match partition {
        ADDED => [class.as_slice(), &sortable(at), &entry.to_be_bytes()].concat(),
        OUTPUT => [class.as_slice(), mac, &entry.to_be_bytes()].concat(),
        _ => [mac.as_slice(), class, &entry.to_be_bytes()].concat(),
    }
}

/// A time in bytes that sort.
pub fn sortable(at: i64) -> [u8; 8] {
    (at.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Writes the slots of a row, which are sorted.
pub(super) fn encode(partition: u32, items: &[Item]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut before = 0;
    for item in items {
        match item.version.filter(|_| partition == Family::Id.partition()) {
            Some(version) => {
                bytes.extend(item.slot.to_be_bytes());
                bytes.extend(version.moment);
                bytes.extend(version.digest);
            }
            None => {
                number(item.slot.wrapping_sub(before), &mut bytes);
                before = item.slot;
            }
        }
    }
    bytes
}

/// Reads the slots of a row.
pub fn decode(partition: u32, bytes: &[u8]) -> Result<Vec<Item>, StoreFault> {
    let read = if partition == Family::Id.partition() { versions(bytes) } else { slots(bytes) };
    read.ok_or_else(|| StoreFault::Damaged { why: "a row of an index cannot be read".to_owned() })
}

fn versions(bytes: &[u8]) -> Option<Vec<Item>> {
    let (items, rest) = bytes.as_chunks::<24>();
    let item = |item: &[u8; 24]| {
        let (slot, rest) = item.split_first_chunk::<4>()?;
        let (moment, digest) = rest.split_first_chunk::<12>()?;
        let version = Version { moment: *moment, digest: digest.try_into().ok()? };
        Some(Item { slot: u32::from_be_bytes(*slot), version: Some(version) })
    };
    rest.is_empty().then(|| items.iter().map(item).collect()).flatten()
}

fn slots(bytes: &[u8]) -> Option<Vec<Item>> {
    let (mut items, mut slot, mut value, mut shift) = (Vec::new(), 0u32, 0u32, 0u32);
    for byte in bytes {
        value |= u32::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            slot = slot.checked_add(value)?;
            items.push(Item { slot, version: None });
            (value, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(items)
}

/// A number in groups of seven bits, the lowest first (LEB128).
fn number(mut value: u32, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slots_come_back_as_written(mut slots in prop::collection::btree_set(any::<u32>(), 0..50)) {
            slots.insert(0);
            let items: Vec<Item> = slots.iter().map(|slot| Item { slot: *slot, version: None }).collect();
            prop_assert_eq!(decode(5, &encode(5, &items)).unwrap(), items);
            let version = Some(Version { moment: [7; 12], digest: [9; 8] });
            let items: Vec<Item> = slots.iter().map(|slot| Item { slot: *slot, version }).collect();
            prop_assert_eq!(decode(1, &encode(1, &items)).unwrap(), items);
        }

        #[test]
        fn times_sort(a: i64, b: i64) {
            prop_assert_eq!(a.cmp(&b), sortable(a).cmp(&sortable(b)));
        }
    }

    #[test]
    fn what_no_row_is_does_not_read() {
        assert!(
            decode(5, &[0x80]).is_err() && decode(5, &[0xff; 7]).is_err() && decode(1, &[0; 23]).is_err()
        );
    }
}
