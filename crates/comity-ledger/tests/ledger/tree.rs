//! Trees, proofs and tiles against published vectors and an independent implementation (`ct-merkle`).

use comity_ledger::{
    proof::{
        HashReader, ProofFault, prove_consistency, prove_inclusion, root_of, verify_consistency,
        verify_inclusion,
    },
    tile::{Edge, TileId, TilePath, Tiles, bundle_bytes, new_files, parse_bundle, parse_tile, tile_bytes},
    tree::{Frontier, Subtree, empty_root, leaf_hash, node_hash},
};
use comity_record::Hash;
use ct_merkle::{HashableLeaf, mem_backed_tree::MemoryBackedTree};
use proptest::prelude::*;
use sha2::{Sha256, digest::Update};

/// A leaf as both implementations hash it.
#[derive(Clone)]
struct Leaf(Vec<u8>);

impl HashableLeaf for Leaf {
    fn hash<H: Update>(&self, hasher: &mut H) {
        hasher.update(&self.0);
    }
}

/// Every subtree by plain recursion over the leaf hashes: the slow definition of RFC 9162.
struct Slow(Vec<Hash>);

impl HashReader for Slow {
    fn subtree(&self, subtree: Subtree) -> Option<Hash> {
        let first = (subtree.index << subtree.height) as usize;
        self.0.get(first..first + (1 << subtree.height)).map(slow_root)
    }
}

fn slow_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        more => {
            let middle = more.len().next_power_of_two() / 2;
            node_hash(&slow_root(&more[..middle]), &slow_root(&more[middle..]))
        }
    }
}

fn data(size: u64) -> Vec<Leaf> {
    (0..size).map(leaf).collect()
}

fn leaf(index: u64) -> Leaf {
    Leaf(index.to_be_bytes().repeat(4))
}

/// Our frontier, edge and tiles, and the oracle, over the same leaves.
fn grow(size: u64) -> (Edge, Tiles, MemoryBackedTree<Sha256, Leaf>) {
    let (mut edge, mut tiles, mut oracle) = (Edge::default(), Tiles::default(), MemoryBackedTree::new());
    let mut full = Vec::new();
    for leaf in data(size) {
        edge.push(leaf_hash(&leaf.0), &mut full);
        oracle.push(leaf);
    }
    for tile in full {
        tiles.insert(tile.id, tile.hashes);
    }
    for level in 0..4 {
        let index = (size >> (8 * u32::from(level))) / 256;
        tiles.insert(TileId { level, index }, edge.partial(level).to_vec());
    }
    (edge, tiles, oracle)
}

fn hash_of(bytes: &[u8]) -> Hash {
    Hash::from_slice(bytes).unwrap()
}

fn concat(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|h| h.0).collect()
}

/// The leaves of the tests of RFC 6962 implementations.
const LEAVES: [&[u8]; 8] = [
    b"",
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
];

/// The leaves and roots of the tests of RFC 6962 implementations (certificate-transparency `merkle_tree_test.cc`).
#[test]
fn published_roots() {
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root().to_string(), roots[0]);
    for (leaf, root) in LEAVES.iter().zip(&roots[1..]) {
        frontier.push(leaf_hash(leaf));
        assert_eq!(frontier.root().to_string(), *root, "at size {}", frontier.size());
    }
}

/// The inclusion and consistency proofs published with those leaves.
#[test]
fn published_proofs() {
    let slow = Slow(LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect());
    let hex = |proof: Vec<Hash>| proof.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        hex(prove_inclusion(0, 8, &slow).unwrap()),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        hex(prove_inclusion(5, 8, &slow).unwrap()),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        hex(prove_consistency(6, 8, &slow).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        hex(prove_consistency(2, 5, &slow).unwrap()),
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ]
    );
}

/// Every index and every pair of sizes up to 70: our proofs are the oracle's to the byte, and both verify them.
#[test]
fn small_trees_agree_with_the_oracle() {
    for size in 0..=70 {
        let (edge, tiles, oracle) = grow(size);
        assert_eq!(edge.frontier().root(), hash_of(oracle.root().as_bytes()));
        assert_eq!(root_of(size, &tiles).unwrap(), edge.frontier().root());
        for index in 0..size {
            check_inclusion(index, size, &tiles, &oracle);
        }
        for old in 0..=size {
            check_consistency(old, size, &tiles, &oracle);
        }
    }
}

/// Sizes around tile borders, with tiles of three levels.
#[test]
fn large_trees_agree_with_the_oracle() {
    for size in [255, 256, 257, 511, 512, 65_535, 65_536, 65_837] {
        let (edge, tiles, oracle) = grow(size);
        assert_eq!(edge.frontier().root(), hash_of(oracle.root().as_bytes()), "{size}");
        for index in [0, 1, size / 3, size / 2, size - 2, size - 1] {
            check_inclusion(index, size, &tiles, &oracle);
        }
        for old in [1, 2, 3, 255.min(size), 256.min(size), size / 2, size - 1, size] {
            check_consistency(old, size, &tiles, &oracle);
        }
    }
}

fn check_inclusion(index: u64, size: u64, tiles: &Tiles, oracle: &MemoryBackedTree<Sha256, Leaf>) {
    let ours = prove_inclusion(index, size, tiles).unwrap();
    let theirs = oracle.prove_inclusion(index as usize);
    assert_eq!(concat(&ours), theirs.as_bytes(), "inclusion of {index} in {size}");
    let leaf = leaf(index);
    let root = hash_of(oracle.root().as_bytes());
    verify_inclusion(leaf_hash(&leaf.0), index, size, &ours, &root).unwrap();
    oracle.root().verify_inclusion(&leaf, index, &theirs).unwrap();
}

fn check_consistency(old: u64, size: u64, tiles: &Tiles, oracle: &MemoryBackedTree<Sha256, Leaf>) {
    let ours = prove_consistency(old, size, tiles).unwrap();
    let old_root = root_of(old, tiles).unwrap();
    let root = hash_of(oracle.root().as_bytes());
    verify_consistency(old, &old_root, size, &root, &ours).unwrap();
    if old > 0 && old < size {
        let theirs = oracle.prove_consistency((size - old) as usize);
        assert_eq!(concat(&ours), theirs.as_bytes(), "consistency of {old} with {size}");
    }
}

#[test]
fn impossible_proofs_are_refused() {
    let hash = leaf_hash(b"x");
    let out_of_range =
        |result: Result<(), ProofFault>| assert_eq!(result.unwrap_err().code(), "proof/out-of-range");
    out_of_range(verify_inclusion(hash, 0, 0, &[], &hash));
    out_of_range(verify_inclusion(hash, 5, 5, &[], &hash));
    out_of_range(verify_inclusion(hash, 0, u64::MAX, &vec![hash; 64], &hash));
    out_of_range(verify_consistency(3, &hash, 2, &hash, &[]));
    out_of_range(verify_consistency(3, &hash, u64::MAX, &hash, &[]));
    assert_eq!(
        verify_inclusion(hash, 0, 1, &vec![hash; 1_000_000], &hash).unwrap_err().code(),
        "proof/length"
    );
    assert_eq!(
        verify_consistency(1, &hash, 2, &hash, &vec![hash; 1_000]).unwrap_err().code(),
        "proof/length"
    );
    assert_eq!(verify_consistency(0, &hash, 2, &hash, &[]).unwrap_err().code(), "proof/root");
    assert_eq!(verify_consistency(2, &hash, 2, &leaf_hash(b"y"), &[]).unwrap_err().code(), "proof/root");
    assert_eq!(verify_consistency(3, &hash, 4, &hash, &[]).unwrap_err().code(), "proof/length");
    assert_eq!(prove_inclusion(0, 3, &Tiles::default()).unwrap_err().code(), "proof/missing-hash");
}

/// The example of the tlog-tiles specification: a tree of 70,000.
#[test]
fn files_of_a_tree_of_70_000() {
    let files: Vec<String> = new_files(0, 70_000).iter().map(ToString::to_string).collect();
    let at_level = |level: &str| files.iter().filter(|f| f.starts_with(&format!("tile/{level}/"))).count();
    assert_eq!((at_level("0"), at_level("1"), at_level("2"), at_level("entries")), (274, 2, 1, 274));
    for path in [
        "tile/0/000",
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
        "tile/entries/273.p/112",
    ] {
        assert!(files.iter().any(|f| f == path), "{path}");
    }
    assert!(new_files(256, 256).is_empty());
    let grown: Vec<String> = new_files(255, 256).iter().map(ToString::to_string).collect();
    assert_eq!(grown, ["tile/0/000", "tile/entries/000", "tile/1/000.p/1"]);
}

#[test]
fn paths_are_read_and_written() {
    let id = TileId { level: 0, index: 1_234_067 };
    assert_eq!(TilePath::Tile { id, width: 256 }.to_string(), "tile/0/x001/x234/067");
    for path in ["tile/0/x001/x234/067", "tile/5/999.p/255", "tile/entries/000.p/1", "tile/63/x001/000"] {
        assert_eq!(TilePath::parse(path).unwrap().to_string(), path);
    }
    let wrong = [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/00/000",
        "tile/64/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/-1/000",
        "tile/0/x99999999/000",
        "tile/0/+12",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/entries/é00",
    ];
    for path in wrong {
        assert_eq!(TilePath::parse(path), None, "{path}");
    }
}

#[test]
fn tiles_and_bundles_are_bounded() {
    let hashes: Vec<Hash> = (0..256u32).map(|i| leaf_hash(&i.to_be_bytes())).collect();
    assert_eq!(parse_tile(&tile_bytes(&hashes)).unwrap(), hashes);
    assert_eq!(parse_bundle(&bundle_bytes(&hashes)).unwrap(), hashes);
    assert_eq!(bundle_bytes(&hashes[..1])[..2], [0, 32]);
    for wrong in [0, 31, 33, 257 * 32] {
        assert_eq!(parse_tile(&vec![0; wrong]), None);
    }
    for wrong in [0, 33, 35, 257 * 34] {
        assert_eq!(parse_bundle(&vec![0; wrong]), None);
    }
    let mut other_length = bundle_bytes(&hashes[..2]);
    other_length[35] = 31;
    assert_eq!(parse_bundle(&other_length), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What was proved verifies; with any bit flipped anywhere it does not.
    #[test]
    fn tampered_inclusion_is_refused(size in 1u64..600, pick in any::<u64>(), at in any::<usize>(), bit in 0u8..8) {
        let slow = Slow(data(size).iter().map(|leaf| leaf_hash(&leaf.0)).collect());
        let index = pick % size;
        let leaf = slow.0[index as usize];
        let (root, proof) = (slow_root(&slow.0), prove_inclusion(index, size, &slow).unwrap());
        verify_inclusion(leaf, index, size, &proof, &root).unwrap();
        let mut all: Vec<Hash> = [vec![leaf, root], proof.clone()].concat();
        let at = at % (all.len() * 32);
        all[at / 32].0[at % 32] ^= 1 << bit;
        prop_assert!(verify_inclusion(all[0], index, size, &all[2..], &all[1]).is_err());
        prop_assert!(verify_inclusion(leaf, index ^ 1, size, &proof, &root).is_err() || size == 1);
        if let Some((_, shorter)) = proof.split_last() {
            prop_assert!(verify_inclusion(leaf, index, size, shorter, &root).is_err());
        }
    }

    #[test]
    fn tampered_consistency_is_refused(size in 2u64..600, pick in any::<u64>(), at in any::<usize>(), bit in 0u8..8) {
        let slow = Slow(data(size).iter().map(|leaf| leaf_hash(&leaf.0)).collect());
        let old = 1 + pick % (size - 1);
        let (old_root, root) = (root_of(old, &slow).unwrap(), slow_root(&slow.0));
        let proof = prove_consistency(old, size, &slow).unwrap();
        verify_consistency(old, &old_root, size, &root, &proof).unwrap();
        let mut all: Vec<Hash> = [vec![old_root, root], proof].concat();
        let at = at % (all.len() * 32);
        all[at / 32].0[at % 32] ^= 1 << bit;
        prop_assert!(verify_consistency(old, &all[0], size, &all[1], &all[2..]).is_err());
    }

    /// Any bytes whatever are judged without a panic.
    #[test]
    fn foreign_proofs_never_panic(from in any::<u64>(), size in any::<u64>(), proof in prop::collection::vec(any::<[u8; 32]>(), 0..70)) {
        let proof: Vec<Hash> = proof.into_iter().map(Hash).collect();
        prop_assert!(verify_inclusion(Hash::default(), from, size, &proof, &Hash::default()).is_err());
        prop_assert!(verify_consistency(from, &Hash::default(), size, &leaf_hash(b""), &proof).is_err());
    }

    /// The edge rebuilt from its partial tiles is the edge that grew, at three levels of tiles and any size between.
    #[test]
    fn edges_are_rebuilt(size in prop_oneof![15 => 0u64..2000, 1 => 65_500u64..66_100]) {
        let mut edge = Edge::default();
        let mut full = Vec::new();
        (0..size).for_each(|i| edge.push(leaf_hash(&i.to_be_bytes()), &mut full));
        let partial = (0..3).map(|level| edge.partial(level).to_vec()).collect();
        let rebuilt = Edge::new(size, partial).unwrap();
        prop_assert_eq!(rebuilt.frontier(), edge.frontier());
        prop_assert_eq!(full.len() as u64, size / 256 + size / 65_536);
    }
}
