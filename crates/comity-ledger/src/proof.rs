//! Inclusion and consistency proofs (RFC 9162 sections 2.1.3 and 2.1.4): made from any source of subtree hashes,
//! verified without recursion and in at most 64 steps.

use crate::tree::{MAX_SIZE, Subtree, cover, empty_root, fold_right, node_hash};
use comity_record::Hash;

/// The most hashes a proof can have.
pub const MAX_PROOF: usize = 64;

/// A source of the roots of complete subtrees: tiles, or a tree in memory.
pub trait HashReader {
    /// The root of a complete subtree, where the source has it.
    fn subtree(&self, subtree: Subtree) -> Option<Hash>;
}

/// Why a proof was not made or does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// Index or sizes that no tree has.
    #[error("no proof leads from {from} to a tree of {size} entries")]
    OutOfRange {
        /// The index, or the smaller size.
        from: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The source lacks a hash.
    #[error("the hash over entries {from} to {to} is missing")]
    Missing {
        /// First entry.
        from: u64,
        /// One past the last entry.
        to: u64,
    },
    /// Too many or too few hashes for these sizes.
    #[error("the proof has {found} hashes, which does not fit a tree of {size} entries")]
    Length {
        /// Hashes given.
        found: usize,
        /// The size of the tree.
        size: u64,
    },
    /// The proof leads to another root.
    #[error("the proof does not lead to the root of the tree of {size} entries")]
    Root {
        /// The size of the tree whose root was missed.
        size: u64,
    },
}

impl ProofFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ProofFault::OutOfRange { .. } => "proof/out-of-range",
            ProofFault::Missing { .. } => "proof/missing-hash",
            ProofFault::Length { .. } => "proof/length",
            ProofFault::Root { .. } => "proof/root",
        }
    }
}

/// The ranges whose hashes form the inclusion proof of `index` in a tree of `size`, in proof order.
pub fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<(u64, u64)>, ProofFault> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofFault::OutOfRange { from: index, size });
    }
    let (mut from, mut to) = (0, size);
    let mut out = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            out.push((middle, to));
            to = middle;
        } else {
            out.push((from, middle));
            from = middle;
        }
    }
    out.reverse();
    Ok(out)
}

/// The ranges whose hashes form the consistency proof from a tree of `old` to one of `size`, in proof order.
pub fn consistency_ranges(old: u64, size: u64) -> Result<Vec<(u64, u64)>, ProofFault> {
    if old > size || size > MAX_SIZE {
        return Err(ProofFault::OutOfRange { from: old, size });
    }
    let (mut from, mut to) = (0, size);
    let mut out = Vec::new();
    if old == 0 {
        return Ok(out);
    }
    while to != old {
        let middle = from + split(to - from);
        if old <= middle {
            out.push((middle, to));
            to = middle;
        } else {
            out.push((from, middle));
            from = middle;
        }
    }
    // The old tree itself, where it is no whole left part of the new one: its last complete subtree opens the proof.
    if from > 0 {
        out.push((from, to));
    }
    out.reverse();
    Ok(out)
}

/// The subtrees that [`hash_ranges`] will ask for.
pub fn subtrees_of(ranges: &[(u64, u64)]) -> Vec<Subtree> {
    ranges.iter().flat_map(|(from, to)| cover(*from, *to)).collect()
}

/// The hashes of ranges.
pub fn hash_ranges(ranges: &[(u64, u64)], source: &impl HashReader) -> Result<Vec<Hash>, ProofFault> {
    ranges.iter().map(|(from, to)| range_hash(*from, *to, source)).collect()
}

/// The inclusion proof of the entry at `index` in the tree of `size`.
pub fn prove_inclusion(index: u64, size: u64, source: &impl HashReader) -> Result<Vec<Hash>, ProofFault> {
    hash_ranges(&inclusion_ranges(index, size)?, source)
}

/// The consistency proof from the tree of `old` to the tree of `size`.
pub fn prove_consistency(old: u64, size: u64, source: &impl HashReader) -> Result<Vec<Hash>, ProofFault> {
    hash_ranges(&consistency_ranges(old, size)?, source)
}

/// The root of the tree of `size`.
pub fn root_of(size: u64, source: &impl HashReader) -> Result<Hash, ProofFault> {
    if size == 0 { Ok(empty_root()) } else { range_hash(0, size, source) }
}

/// Checks that the leaf hash `leaf` stands at `index` in the tree of `size` with `root`.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofFault> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofFault::OutOfRange { from: index, size });
    }
    let length = ProofFault::Length { found: proof.len(), size };
    let mut walk = Walk { first: index, second: size - 1 };
    let mut hash = leaf;
    for sibling in proof {
        hash = match walk.step().ok_or_else(|| length.clone())? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    match (walk.second, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofFault::Root { size }),
        _ => Err(length),
    }
}

/// Checks that the tree of `size` with `root` begins with the tree of `old` with `old_root`.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofFault> {
    if old > size || size > MAX_SIZE {
        return Err(ProofFault::OutOfRange { from: old, size });
    }
    if old == 0 || old == size {
        return verify_trivial(old, old_root, size, root, proof);
    }
    let length = ProofFault::Length { found: proof.len(), size };
    let mut walk = Walk { first: old - 1, second: size - 1 };
    walk.skip(walk.first.trailing_ones());
    let mut hashes = proof.iter();
    // Where the old tree is one complete subtree, the proof leaves out its root, which the verifier has.
    let start =
        if old.is_power_of_two() { *old_root } else { *hashes.next().ok_or_else(|| length.clone())? };
    let (mut before, mut after) = (start, start);
    for sibling in hashes {
        match walk.step().ok_or_else(|| length.clone())? {
            Side::Left => {
                before = node_hash(sibling, &before);
                after = node_hash(sibling, &after);
            }
            Side::Right => after = node_hash(&after, sibling),
        }
    }
    if walk.second != 0 {
        return Err(length);
    }
    if before != *old_root {
        return Err(ProofFault::Root { size: old });
    }
    if after == *root { Ok(()) } else { Err(ProofFault::Root { size }) }
}

fn verify_trivial(
    old: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofFault> {
    if !proof.is_empty() {
        return Err(ProofFault::Length { found: proof.len(), size });
    }
    if old == 0 && *old_root != empty_root() {
        return Err(ProofFault::Root { size: 0 });
    }
    if old == size && old_root != root { Err(ProofFault::Root { size }) } else { Ok(()) }
}

fn range_hash(from: u64, to: u64, source: &impl HashReader) -> Result<Hash, ProofFault> {
    let missing = || ProofFault::Missing { from, to };
    let mut hashes = Vec::new();
    for subtree in cover(from, to) {
        hashes.push(source.subtree(subtree).ok_or_else(missing)?);
    }
    fold_right(&hashes).ok_or_else(missing)
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

enum Side {
    Left,
    Right,
}

/// The pair `fn`, `sn` of RFC 9162 section 2.1.3.2: the position looked at, and the last position of its level.
struct Walk {
    first: u64,
    second: u64,
}

impl Walk {
    /// On which side the next hash of the proof stands; `None` at the root.
    fn step(&mut self) -> Option<Side> {
        if self.second == 0 {
            return None;
        }
        let side = if self.first & 1 == 1 {
            Side::Left
        } else if self.first == self.second {
            // The last node of an odd level rises unpaired until it is a right child.
            self.skip(self.first.trailing_zeros().min(63));
            Side::Left
        } else {
            Side::Right
        };
        self.skip(1);
        Some(side)
    }

    fn skip(&mut self, levels: u32) {
        self.first = self.first.checked_shr(levels).unwrap_or(0);
        self.second = self.second.checked_shr(levels).unwrap_or(0);
    }
}
