//! Large bodies in a directory: `ab/abcdef…`, named by SHA-256 in hexadecimal, sharded by the first byte.
//!
//! A blob is written beside its place, synced, renamed and the directory synced: a crash leaves the whole blob or none,
//! and at most a stray part that the next opening removes. Every read hashes the whole file.

use crate::embedded::{blocking, of_system};
use aws_lc_rs::digest::{Context, SHA256};
use comity_ledger::store::{Blobs, ErasureAuthority, StoreFault};
use comity_record::{Hash, sha256};
use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

const PARTS: &str = "parts";
const PIECE: usize = 64 * 1024;

/// A directory of blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BlobFolder {
    dir: PathBuf,
    /// Numbers the parts of this process.
    next: Arc<AtomicU64>,
}

impl BlobFolder {
    /// Opens a folder, or makes it.
    pub fn open(dir: PathBuf) -> Result<BlobFolder, StoreFault> {
        let parts = dir.join(PARTS);
        match fs::remove_dir_all(&parts) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(of_system(&parts, &error)),
            _ => {}
        }
        fs::create_dir_all(&parts).map_err(|error| of_system(&parts, &error))?;
        Ok(BlobFolder { dir, next: Arc::default() })
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> Result<Hash, StoreFault> {
        let hash = sha256(&[bytes]);
        let path = self.path(hash);
        // What lies there damaged is replaced: a piece that is sent again must be able to mend it.
        if self.holds(&path)? && matches!(self.get(hash, 0, 0), Ok(Some(_))) {
            return Ok(hash);
        }
        let part = self.dir.join(PARTS).join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        place(&part, &path, bytes).map_err(|error| of_system(&path, &error))?;
        Ok(hash)
    }

    pub(crate) fn get(&self, hash: Hash, from: u64, to: u64) -> Result<Option<Vec<u8>>, StoreFault> {
        let path = self.path(hash);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(of_system(&path, &error)),
        };
        let (found, bytes) = read(&mut file, from, to).map_err(|error| of_system(&path, &error))?;
        if found != hash {
            return Err(StoreFault::Damaged { why: format!("`{}` does not match its hash", path.display()) });
        }
        Ok(Some(bytes))
    }

    pub(crate) fn exists(&self, hash: Hash) -> Result<bool, StoreFault> {
        self.holds(&self.path(hash))
    }

    pub(crate) fn erase(&self, hash: Hash) -> Result<(), StoreFault> {
        let path = self.path(hash);
        match fs::remove_file(&path).and_then(|()| sync_parent(&path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(of_system(&path, &error)),
            _ => Ok(()),
        }
    }

    fn holds(&self, path: &Path) -> Result<bool, StoreFault> {
        path.try_exists().map_err(|error| of_system(path, &error))
    }

    fn path(&self, hash: Hash) -> PathBuf {
        let name = hash.to_string();
        let shard: String = name.chars().take(2).collect();
        self.dir.join(shard).join(name)
    }
}

impl Blobs for BlobFolder {
    async fn put(&self, bytes: &[u8]) -> Result<Hash, StoreFault> {
        let (folder, bytes) = (self.clone(), bytes.to_vec());
        blocking(move || BlobFolder::put(&folder, &bytes)).await
    }

    async fn get(&self, hash: Hash, from: u64, to: u64) -> Result<Option<Vec<u8>>, StoreFault> {
        let folder = self.clone();
        blocking(move || BlobFolder::get(&folder, hash, from, to)).await
    }

    async fn exists(&self, hash: Hash) -> Result<bool, StoreFault> {
        BlobFolder::exists(self, hash)
    }

    async fn erase(&self, hash: Hash, _authority: &ErasureAuthority) -> Result<(), StoreFault> {
        let folder = self.clone();
        blocking(move || BlobFolder::erase(&folder, hash)).await
    }
}

fn place(part: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let written = write(part, bytes).and_then(|()| {
        if let Some(shard) = path.parent() {
            fs::create_dir_all(shard)?;
            sync_parent(shard)?;
        }
        fs::rename(part, path)
    });
    if written.is_err() {
        // The cause is reported; the part would be removed at the next opening anyway.
        let _ = fs::remove_file(part);
    }
    written.and_then(|()| sync_parent(path))
}

fn write(part: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(part)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_parent(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

/// Hashes the whole file and keeps bytes `from..to` of it.
fn read(file: &mut File, from: u64, to: u64) -> std::io::Result<(Hash, Vec<u8>)> {
    let mut context = Context::new(&SHA256);
    let mut kept = Kept { from, to, ..Kept::default() };
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece)?;
        let bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        context.update(bytes);
        kept.take(bytes);
    }
    Ok((Hash::from_slice(context.finish().as_ref()).unwrap_or_default(), kept.bytes))
}

/// Collects a range out of pieces that come in order.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) position: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Kept {
    pub(crate) fn take(&mut self, piece: &[u8]) {
        let at = |wanted: u64| usize::try_from(wanted.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let (from, to) = (at(self.from).min(piece.len()), at(self.to).min(piece.len()));
        self.bytes.extend_from_slice(piece.get(from..to).unwrap_or_default());
        self.position += u64::try_from(piece.len()).unwrap_or(u64::MAX);
    }
}
