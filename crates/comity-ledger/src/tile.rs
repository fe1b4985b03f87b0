//! The tree as files (C2SP tlog-tiles): tiles of 256 hashes, bundles of 256 entries, their paths, and which of them
//! are new when a log grows.

use crate::{
    proof::HashReader,
    tree::{Frontier, Subtree, perfect_root},
};
use comity_record::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// Hashes in a full tile, and entries in a full bundle.
pub const WIDTH: u64 = 256;
/// Height of the subtree that a tile spans above its lowest hashes.
pub const HEIGHT: u32 = 8;
/// The highest level of tiles that a log can reach.
pub const MAX_LEVEL: u8 = 7;
/// Bytes of one entry in a bundle: two of length, 32 of commitment.
const BUNDLE_ENTRY: usize = 34;

/// A tile: level 0 holds leaf hashes, each hash of a higher level is the root of a full tile below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// The level.
    pub level: u8,
    /// The position within the level.
    pub index: u64,
}

impl TileId {
    /// The key of the tile's row: one byte of level, eight of index, big-endian.
    pub fn key(self) -> Vec<u8> {
        [&[self.level][..], &self.index.to_be_bytes()].concat()
    }

    /// The entries that the full tile spans, first and one past the last.
    pub fn entries(self) -> (u64, u64) {
        let bits = HEIGHT * (u32::from(self.level) + 1);
        let at = |index: u64| index.checked_shl(bits).unwrap_or(u64::MAX);
        (at(self.index), at(self.index.saturating_add(1)))
    }

    /// The tile that holds or yields a subtree, with the position of its first hash there and how many are hashed
    /// together.
    pub fn of(subtree: Subtree) -> (TileId, usize, usize) {
        let level = subtree.height / HEIGHT;
        let within = subtree.height % HEIGHT;
        let first = subtree.index << within;
        let id = TileId { level: u8::try_from(level).unwrap_or(u8::MAX), index: first / WIDTH };
        (id, (first % WIDTH) as usize, 1 << within)
    }

    /// How many hashes of this tile a tree of `size` has: 0 to 256.
    pub fn width_at(self, size: u64) -> u16 {
        let in_level = size.checked_shr(HEIGHT * u32::from(self.level)).unwrap_or(0);
        let before = self.index.saturating_mul(WIDTH);
        u16::try_from(in_level.saturating_sub(before).min(WIDTH)).unwrap_or(0)
    }
}

/// What a path of the tiles interface names. A width of 256 is a full tile, less is partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TilePath {
    /// `tile/<L>/<N>[.p/<W>]`.
    Tile {
        /// Which tile.
        id: TileId,
        /// Hashes in it, 1 to 256.
        width: u16,
    },
    /// `tile/entries/<N>[.p/<W>]`.
    Entries {
        /// The position among the bundles.
        index: u64,
        /// Entries in it, 1 to 256.
        width: u16,
    },
}

impl TilePath {
    /// Reads a path of exactly the form that [`TilePath`] shows; at most 100 bytes are looked at.
    pub fn parse(path: &str) -> Option<TilePath> {
        if path.len() > 100 {
            return None;
        }
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, plain_number(width).filter(|w| (1..256).contains(w))?),
            None => (rest, WIDTH),
        };
        let index = parse_groups(number)?;
        let width = u16::try_from(width).ok()?;
        if level == "entries" {
            return Some(TilePath::Entries { index, width });
        }
        let level = u8::try_from(plain_number(level)?).ok().filter(|level| *level <= 63)?;
        Some(TilePath::Tile { id: TileId { level, index }, width })
    }
}

impl std::fmt::Display for TilePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (index, width) = match self {
            TilePath::Tile { id, width } => {
                write!(f, "tile/{}/", id.level)?;
                (id.index, *width)
            }
            TilePath::Entries { index, width } => {
                write!(f, "tile/entries/")?;
                (*index, *width)
            }
        };
        write_groups(f, index)?;
        if u64::from(width) < WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

/// The tiles and bundles that a tree of `to` entries has and one of `from` had not, partial ones included.
pub fn new_files(from: u64, to: u64) -> Vec<TilePath> {
    let mut out = Vec::new();
    for level in 0..=MAX_LEVEL {
        for (index, width) in new_in_level(from, to, HEIGHT * u32::from(level)) {
            out.push(TilePath::Tile { id: TileId { level, index }, width });
            if level == 0 {
                out.push(TilePath::Entries { index, width });
            }
        }
    }
    out
}

fn new_in_level(from: u64, to: u64, shift: u32) -> Vec<(u64, u16)> {
    let (before, after) = (from >> shift, to >> shift);
    if after <= before {
        return Vec::new();
    }
    let width = |index: u64| (after - index * WIDTH).min(WIDTH);
    let indices = before / WIDTH..after.div_ceil(WIDTH);
    indices.map(|index| (index, u16::try_from(width(index)).unwrap_or(0))).collect()
}

/// The bytes of a tile.
pub fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads the bytes of a tile of 1 to 256 hashes.
pub fn parse_tile(bytes: &[u8]) -> Option<Vec<Hash>> {
    let fits = !bytes.is_empty() && bytes.len().is_multiple_of(32) && bytes.len() <= 32 * WIDTH as usize;
    fits.then(|| bytes.chunks_exact(32).filter_map(Hash::from_slice).collect())
}

/// The bytes of an entry bundle: each commitment behind its length, 0x0020.
pub fn bundle_bytes(commitments: &[Hash]) -> Vec<u8> {
    let mut out = Vec::with_capacity(commitments.len() * BUNDLE_ENTRY);
    for commitment in commitments {
        out.extend_from_slice(&32u16.to_be_bytes());
        out.extend_from_slice(commitment.as_bytes());
    }
    out
}

/// Reads an entry bundle of 1 to 256 commitments; entries of another length are refused, a party's log has none.
pub fn parse_bundle(bytes: &[u8]) -> Option<Vec<Hash>> {
    let fits = !bytes.is_empty()
        && bytes.len().is_multiple_of(BUNDLE_ENTRY)
        && bytes.len() <= BUNDLE_ENTRY * WIDTH as usize;
    if !fits {
        return None;
    }
    bytes.chunks_exact(BUNDLE_ENTRY).map(|entry| Hash::from_slice(entry.strip_prefix(&[0, 32])?)).collect()
}

/// Tiles at hand, as a source of subtree hashes. A partial tile serves the subtrees that it holds.
#[derive(Clone, Debug, Default)]
pub struct Tiles {
    tiles: BTreeMap<TileId, Vec<Hash>>,
}

impl Tiles {
    /// Adds a tile, or a wider form of one.
    pub fn insert(&mut self, id: TileId, hashes: Vec<Hash>) {
        self.tiles.insert(id, hashes);
    }

    /// The tiles from which these subtrees can be read.
    pub fn needed(subtrees: &[Subtree]) -> BTreeSet<TileId> {
        subtrees.iter().map(|subtree| TileId::of(*subtree).0).collect()
    }

    /// The hashes of a tile, where it is at hand.
    pub fn get(&self, id: TileId) -> Option<&[Hash]> {
        self.tiles.get(&id).map(Vec::as_slice)
    }
}

impl HashReader for Tiles {
    fn subtree(&self, subtree: Subtree) -> Option<Hash> {
        let (id, first, count) = TileId::of(subtree);
        perfect_root(self.get(id)?.get(first..first + count)?)
    }
}

/// A full tile that was just finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullTile {
    /// Which.
    pub id: TileId,
    /// Its 256 hashes.
    pub hashes: Vec<Hash>,
}

/// The growing end of a tree: its frontier and the partial tile of each level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    frontier: Frontier,
    partial: Vec<Vec<Hash>>,
}

impl Edge {
    /// The end of a tree of `size`, from its partial tile of each level, lowest first; `None` where their widths do
    /// not fit the size.
    pub fn new(size: u64, partial: Vec<Vec<Hash>>) -> Option<Edge> {
        let mut nodes = Vec::new();
        for (level, hashes) in (0..=MAX_LEVEL).zip(&partial).collect::<Vec<_>>().into_iter().rev() {
            let first = size.checked_shr(HEIGHT * u32::from(level))? / WIDTH * WIDTH;
            let width = TileId { level, index: first / WIDTH }.width_at(size);
            if hashes.len() != usize::from(width) {
                return None;
            }
            let mut frontier = Frontier::default();
            hashes.iter().for_each(|hash| frontier.push(*hash));
            nodes.extend_from_slice(frontier.nodes());
        }
        let frontier = Frontier::new(size, nodes)?;
        Some(Edge { frontier, partial })
    }

    /// The frontier.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The partial tile of a level; empty where the level ends with a full tile.
    pub fn partial(&self, level: u8) -> &[Hash] {
        self.partial.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// Appends a leaf hash; tiles that it fills are added to `full`.
    pub fn push(&mut self, leaf: Hash, full: &mut Vec<FullTile>) {
        let size = self.frontier.size() + 1;
        let partial = &mut self.partial;
        self.frontier.push_with(leaf, |height, root| {
            if !height.is_multiple_of(HEIGHT) {
                return;
            }
            let level = height / HEIGHT;
            if partial.len() <= level as usize {
                partial.push(Vec::new());
            }
            let Some(hashes) = partial.get_mut(level as usize) else { return };
            hashes.push(root);
            if hashes.len() as u64 == WIDTH {
                let index = (size >> height) / WIDTH - 1;
                let id = TileId { level: u8::try_from(level).unwrap_or(u8::MAX), index };
                full.push(FullTile { id, hashes: std::mem::take(hashes) });
            }
        });
    }
}

/// A decimal number without leading zeroes or signs.
fn plain_number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// `x001/x234/067` is 1,234,067.
fn parse_groups(text: &str) -> Option<u64> {
    let mut groups: Vec<&str> = text.split('/').collect();
    let last = groups.pop()?;
    let mut number = 0u64;
    let three = |group: &str| {
        (group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit())).then(|| group.parse().ok())
    };
    for (position, group) in groups.iter().enumerate() {
        let value: u64 = three(group.strip_prefix('x')?)??;
        if position == 0 && value == 0 {
            return None;
        }
        number = number.checked_mul(1000)?.checked_add(value)?;
    }
    let value: u64 = three(last)??;
    number.checked_mul(1000)?.checked_add(value)
}

fn write_groups(f: &mut std::fmt::Formatter<'_>, number: u64) -> std::fmt::Result {
    let mut groups = vec![number % 1000];
    let mut rest = number / 1000;
    while rest > 0 {
        groups.push(rest % 1000);
        rest /= 1000;
    }
    let last = groups.len() - 1;
    for (position, group) in groups.iter().rev().enumerate() {
        if position == last { write!(f, "{group:03}")? } else { write!(f, "x{group:03}/")? }
    }
    Ok(())
}
