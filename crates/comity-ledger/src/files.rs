//! A ledger verified from its files (C2SP tlog-tiles), wherever they come from: the caller is told which file is wanted
//! next and gives its bytes. Every hash is computed again from the lowest tiles up; memory stays bounded by the edge of the
//! tree, whatever its size.

use crate::{
    tile::{Edge, FullTile, HEIGHT, MAX_LEVEL, TileId, TilePath, WIDTH, parse_bundle, parse_tile},
    tree::{TreeHead, commitment_leaf},
};
use comity_record::Hash;
use std::collections::VecDeque;

/// A ledger's files are not those of its head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilesFault {
    /// A tile is absent.
    #[error("`{path}` is missing, and the tree cannot be computed without it")]
    TileMissing {
        /// Its path.
        path: TilePath,
    },
    /// A tile is not of the form or the width it must have.
    #[error("`{path}` is no tile of {width} hashes")]
    TileMalformed {
        /// Its path.
        path: TilePath,
        /// The hashes it must have.
        width: u16,
    },
    /// A tile does not agree with the tiles below it.
    #[error("`{path}` does not agree with the tiles below it")]
    TileAltered {
        /// Its path.
        path: TilePath,
    },
    /// A bundle is not of the form or the width it must have.
    #[error("`{path}` is no bundle of {width} entries")]
    BundleMalformed {
        /// Its path.
        path: TilePath,
        /// The entries it must have.
        width: u16,
    },
    /// An entry is not the one in the tree.
    #[error("entry {entry} in `{path}` is not the one in the tree")]
    EntryAltered {
        /// The entry.
        entry: u64,
        /// The bundle that holds it.
        path: TilePath,
    },
    /// The tiles give another root than the head says.
    #[error("the tiles give the root {found}, the checkpoint says {stated}")]
    Root {
        /// The root computed, shortened.
        found: String,
        /// The root of the head, shortened.
        stated: String,
    },
}

impl FilesFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            FilesFault::TileMissing { .. } => "ledger/tile-missing",
            FilesFault::TileMalformed { .. } => "ledger/tile-malformed",
            FilesFault::TileAltered { .. } => "ledger/tile-altered",
            FilesFault::BundleMalformed { .. } => "ledger/bundle-malformed",
            FilesFault::EntryAltered { .. } => "ledger/entry-altered",
            FilesFault::Root { .. } => "ledger/root",
        }
    }
}

/// What was found in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilesFound {
    /// Tiles that agree with the root.
    pub tiles: u64,
    /// Bundles that agree with their tiles.
    pub bundles: u64,
    /// Bundles that were not given. Without them the tree is whole, but not every entry is shown.
    pub bundles_absent: u64,
}

/// A file that is wanted, with what it is compared with.
#[derive(Clone, Debug)]
enum Wanted {
    Leaves(TileId),
    Bundle(u64, Vec<Hash>),
    Tile(FullTile),
}

/// Verifies the files of one ledger under a head.
#[derive(Clone, Debug)]
pub struct FilesCheck {
    head: TreeHead,
    edge: Edge,
    wanted: VecDeque<Wanted>,
    leaves: u64,
    closing: bool,
    found: FilesFound,
    earlier: Option<(u64, Option<Hash>)>,
}

impl FilesCheck {
    /// Begins under a head whose signature is the caller's business.
    pub fn new(head: TreeHead) -> FilesCheck {
        FilesCheck {
            head,
            edge: Edge::default(),
            wanted: VecDeque::new(),
            leaves: 0,
            closing: false,
            found: FilesFound::default(),
            earlier: None,
        }
    }

    /// Notes the root at an earlier size on the way, for comparison with a head that is known; see
    /// [`FilesCheck::earlier_root`].
    #[must_use]
    pub fn noting(mut self, size: u64) -> FilesCheck {
        self.earlier = Some((size, None));
        self
    }

    /// The root at the size to be noted, once so many leaves were given.
    pub fn earlier_root(&self) -> Option<Hash> {
        self.earlier.and_then(|(_, root)| root)
    }

    /// The file that is wanted next; `None` once everything was given. [`FilesCheck::give`] answers it.
    pub fn wanted(&mut self) -> Option<TilePath> {
        if self.wanted.is_empty() && self.leaves < self.head.size.div_ceil(WIDTH) {
            self.wanted.push_back(Wanted::Leaves(TileId { level: 0, index: self.leaves }));
        } else if self.wanted.is_empty() && !self.closing {
            self.closing = true;
            self.want_partial_tiles();
        }
        let size = self.head.size;
        self.wanted.front().map(|wanted| wanted.path(size))
    }

    /// Takes the bytes of the file that [`FilesCheck::wanted`] named, or that it is absent. A wider form of a partial file
    /// will do.
    pub fn give(&mut self, bytes: Option<&[u8]>) -> Result<(), FilesFault> {
        match self.wanted.pop_front() {
            Some(Wanted::Leaves(id)) => self.take_leaves(id, bytes),
            Some(Wanted::Bundle(index, leaves)) => self.take_bundle(index, &leaves, bytes),
            Some(Wanted::Tile(tile)) => self.take_tile(&tile, bytes),
            None => Ok(()),
        }
    }

    /// Compares the root, once nothing more is wanted.
    pub fn finish(self) -> Result<FilesFound, FilesFault> {
        let computed = self.edge.frontier().head();
        if computed == self.head {
            return Ok(self.found);
        }
        Err(FilesFault::Root { found: computed.root.short(), stated: self.head.root.short() })
    }

    fn want_partial_tiles(&mut self) {
        for level in 1..=MAX_LEVEL {
            let hashes = self.edge.partial(level).to_vec();
            let index = (self.head.size >> (HEIGHT * u32::from(level))) / WIDTH;
            if !hashes.is_empty() {
                self.wanted.push_back(Wanted::Tile(FullTile { id: TileId { level, index }, hashes }));
            }
        }
    }

    fn take_leaves(&mut self, id: TileId, bytes: Option<&[u8]>) -> Result<(), FilesFault> {
        let leaves = self.tile(id, id.width_at(self.head.size), bytes)?;
        self.leaves += 1;
        self.wanted.push_back(Wanted::Bundle(id.index, leaves.clone()));
        let mut full = Vec::new();
        for leaf in leaves {
            self.note_earlier();
            self.edge.push(leaf, &mut full);
        }
        self.note_earlier();
        self.wanted.extend(full.into_iter().filter(|tile| tile.id.level > 0).map(Wanted::Tile));
        Ok(())
    }

    fn note_earlier(&mut self) {
        let now = self.edge.frontier().size();
        if let Some((size, root @ None)) = &mut self.earlier
            && *size == now
        {
            *root = Some(self.edge.frontier().root());
        }
    }

    fn take_bundle(&mut self, index: u64, leaves: &[Hash], bytes: Option<&[u8]>) -> Result<(), FilesFault> {
        let Some(bytes) = bytes else {
            self.found.bundles_absent += 1;
            return Ok(());
        };
        let width = u16::try_from(leaves.len()).unwrap_or(u16::MAX);
        let path = TilePath::Entries { index, width };
        let commitments = parse_bundle(bytes).filter(|entries| entries.len() >= leaves.len());
        let commitments = commitments.ok_or(FilesFault::BundleMalformed { path, width })?;
        let differs =
            commitments.iter().zip(leaves).position(|(entry, leaf)| commitment_leaf(entry) != *leaf);
        if let Some(offset) = differs {
            return Err(FilesFault::EntryAltered { entry: index * WIDTH + offset as u64, path });
        }
        self.found.bundles += 1;
        Ok(())
    }

    fn take_tile(&mut self, computed: &FullTile, bytes: Option<&[u8]>) -> Result<(), FilesFault> {
        let width = u16::try_from(computed.hashes.len()).unwrap_or(u16::MAX);
        if self.tile(computed.id, width, bytes)? == computed.hashes {
            return Ok(());
        }
        Err(FilesFault::TileAltered { path: TilePath::Tile { id: computed.id, width } })
    }

    fn tile(&mut self, id: TileId, width: u16, bytes: Option<&[u8]>) -> Result<Vec<Hash>, FilesFault> {
        let path = TilePath::Tile { id, width };
        let bytes = bytes.ok_or(FilesFault::TileMissing { path })?;
        let hashes = parse_tile(bytes).filter(|hashes| hashes.len() >= usize::from(width));
        let mut hashes = hashes.ok_or(FilesFault::TileMalformed { path, width })?;
        hashes.truncate(usize::from(width));
        self.found.tiles += 1;
        Ok(hashes)
    }
}

impl Wanted {
    fn path(&self, size: u64) -> TilePath {
        match self {
            Wanted::Leaves(id) => TilePath::Tile { id: *id, width: id.width_at(size) },
            Wanted::Bundle(index, leaves) => {
                TilePath::Entries { index: *index, width: u16::try_from(leaves.len()).unwrap_or(u16::MAX) }
            }
            Wanted::Tile(tile) => {
                let width = u16::try_from(tile.hashes.len()).unwrap_or(u16::MAX);
                TilePath::Tile { id: tile.id, width }
            }
        }
    }
}
