//! The Merkle tree of RFC 9162 section 2.1: hashes, the append-only frontier, and which subtrees cover a range.
//!
//! Proofs over it are in [`crate::proof`], its files in [`crate::tile`].

use aws_lc_rs::digest::{SHA256, digest};
use comity_record::Hash;

/// The largest tree there can be. Far above any real log, and low enough that no index arithmetic overflows.
pub const MAX_SIZE: u64 = 1 << 56;

/// The root of the empty tree: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    finish(&[])
}

/// The hash of a leaf: SHA-256(0x00 ‖ data). In a party's log the data is an entry's 32-byte commitment.
pub fn leaf_hash(data: &[u8]) -> Hash {
    finish(&[&[0u8], data].concat())
}

/// The hash of an entry's commitment as a leaf, without allocation.
pub fn commitment_leaf(commitment: &Hash) -> Hash {
    let mut bytes = [0; 33];
    let (_, data) = bytes.split_at_mut(1);
    data.copy_from_slice(commitment.as_bytes());
    finish(&bytes)
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let (_, both) = bytes.split_at_mut(1);
    let (first, second) = both.split_at_mut(32);
    first.copy_from_slice(left.as_bytes());
    second.copy_from_slice(right.as_bytes());
    finish(&bytes)
}

/// A head of a tree: how many leaves, and the root over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct TreeHead {
    /// Number of leaves.
    #[n(0)]
    pub size: u64,
    /// Root over them; [`empty_root`] where there are none.
    #[n(1)]
    pub root: Hash,
}

impl TreeHead {
    /// The head of the empty tree.
    pub fn empty() -> TreeHead {
        TreeHead { size: 0, root: empty_root() }
    }
}

/// The right edge of a tree: the roots of the complete subtrees that its size is the sum of, largest first. Enough to
/// append and to know the root; at most 64 hashes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// From a size and its subtree roots, largest first; `None` where their number does not fit the size.
    pub fn new(size: u64, nodes: Vec<Hash>) -> Option<Frontier> {
        let fits = size <= MAX_SIZE && nodes.len() == size.count_ones() as usize;
        fits.then_some(Frontier { size, nodes })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _| {});
    }

    /// Appends a leaf hash and reports each complete subtree that it finishes, as height and root, the leaf (height 0)
    /// first. Appends one hash operation per leaf on average.
    pub fn push_with(&mut self, leaf: Hash, mut completed: impl FnMut(u32, Hash)) {
        let mut node = leaf;
        completed(0, node);
        for height in 1..=self.size.trailing_ones() {
            let Some(left) = self.nodes.pop() else { break };
            node = node_hash(&left, &node);
            completed(height, node);
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The root.
    pub fn root(&self) -> Hash {
        fold_right(&self.nodes).unwrap_or_else(empty_root)
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root() }
    }
}

/// A complete subtree: the leaves `index << height .. (index + 1) << height`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subtree {
    /// Its height; a leaf has 0.
    pub height: u32,
    /// Its position among the subtrees of this height.
    pub index: u64,
}

/// The complete subtrees that cover `from..to`, left to right. `from` is a multiple of the largest of them, as it is
/// for every range that a proof names.
pub fn cover(from: u64, to: u64) -> Vec<Subtree> {
    let mut start = from;
    let mut out = Vec::new();
    while start < to {
        let height = (to - start).ilog2();
        out.push(Subtree { height, index: start >> height });
        start += 1 << height;
    }
    out
}

/// The root over neighbouring subtrees given left to right, each smaller than the one before.
pub fn fold_right(nodes: &[Hash]) -> Option<Hash> {
    let mut from_right = nodes.iter().rev();
    let mut root = *from_right.next()?;
    for left in from_right {
        root = node_hash(left, &root);
    }
    Some(root)
}

/// The root over 1, 2, 4, … hashes of one level.
pub fn perfect_root(hashes: &[Hash]) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut frontier = Frontier::default();
    hashes.iter().for_each(|hash| frontier.push(*hash));
    frontier.nodes.first().copied()
}

fn finish(bytes: &[u8]) -> Hash {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    Hash(out)
}
