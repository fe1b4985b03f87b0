//! The embedded store: one directory per party, fjall inside it.
//!
//! ```text
//! DIR/format     version of this layout, checked before anything is opened
//! DIR/lock       held while the store is open: one process per directory
//! DIR/engine/    fjall: journals, and a keyspace per table and per space
//! DIR/blobs/     large bodies by hash
//! ```
//! A commit is one fjall batch, head row included, synced before it returns. One commit runs at a time; further ones
//! wait, which is the back-pressure. Reads see whole commits only.

mod engine;
mod erase;
mod export;
mod fault;
mod journal;
mod kv;
mod log;
mod place;
mod puts;

pub(crate) use fault::of_system;

use crate::blobs::BlobFolder;
use comity_ledger::store::{Blobs, ErasureAuthority, Follow, LogHead, StoreFault};
use comity_record::Hash;
use engine::Engine;
use place::Place;
use std::{
    fmt,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    runtime::RuntimeFlavor,
    sync::{Mutex, OwnedRwLockReadGuard, RwLock, watch},
};

/// How the embedded store is opened.
#[derive(Clone, Copy, Debug)]
pub struct FjallOptions {
    /// Bytes of table blocks kept in memory.
    pub cache_bytes: u64,
}

impl Default for FjallOptions {
    /// 32 MiB of cache.
    fn default() -> FjallOptions {
        FjallOptions { cache_bytes: 32 << 20 }
    }
}

/// The embedded store of one party. Cheap to clone; the directory is released when the last clone is dropped.
#[derive(Clone)]
pub struct FjallStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` only where reopening after an erasure failed; every call then reports it.
    engine: Arc<RwLock<Option<Engine>>>,
    /// Held over check, write and publication of a commit.
    writing: Arc<Mutex<()>>,
    /// Held over check and write of a compare-and-set.
    setting: Arc<Mutex<()>>,
    head: watch::Sender<LogHead>,
    blobs: BlobFolder,
    options: FjallOptions,
    /// Last, so that the lock is released after the engine is gone.
    place: Place,
}

impl FjallStore {
    /// Opens the store in `dir`, creating it where the directory is absent or empty.
    ///
    /// Faults: `Unreachable` where another process has it open, `ReadOnly` where the directory cannot be written,
    /// `Damaged` where files are missing, damaged or of a newer format.
    pub async fn open(dir: &Path, options: FjallOptions) -> Result<FjallStore, StoreFault> {
        let dir = dir.to_path_buf();
        blocking(move || FjallStore::open_now(dir, options)).await
    }

    fn open_now(dir: PathBuf, options: FjallOptions) -> Result<FjallStore, StoreFault> {
        let place = Place::claim(dir)?;
        let engine = Engine::open(&place.engine(), options)?;
        place.finish()?;
        let head = engine.head();
        let blobs = BlobFolder::open(place.blobs())?;
        Ok(FjallStore {
            inner: Arc::new(Inner {
                engine: Arc::new(RwLock::new(Some(engine))),
                writing: Arc::default(),
                setting: Arc::default(),
                head: watch::Sender::new(head),
                blobs,
                options,
                place,
            }),
        })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.inner.place.dir()
    }

    /// Writes everything to tables and empties the journals, so that the next opening replays nothing. Waits until
    /// other users of this store are done; afterwards every call on it fails.
    pub async fn close(&self) -> Result<(), StoreFault> {
        let _writing = self.inner.writing.lock().await;
        let _setting = self.inner.setting.lock().await;
        let mut slot = self.inner.engine.clone().write_owned().await;
        let Some(engine) = slot.take() else { return Ok(()) };
        let dir = self.inner.place.engine();
        blocking(move || engine.close(&dir)).await
    }

    async fn engine(&self) -> EngineGuard {
        EngineGuard(self.inner.engine.clone().read_owned().await)
    }

    /// Runs `work` on a thread that may block.
    async fn on_engine<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, StoreFault> {
        let guard = self.engine().await;
        blocking(move || work(guard.get()?)).await
    }
}

impl fmt::Debug for FjallStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FjallStore").field("dir", &self.dir()).finish_non_exhaustive()
    }
}

impl Blobs for FjallStore {
    async fn put(&self, bytes: &[u8]) -> Result<Hash, StoreFault> {
        let (blobs, bytes) = (self.inner.blobs.clone(), bytes.to_vec());
        blocking(move || blobs.put(&bytes)).await
    }

    async fn get(&self, hash: Hash, from: u64, to: u64) -> Result<Option<Vec<u8>>, StoreFault> {
        let blobs = self.inner.blobs.clone();
        blocking(move || blobs.get(hash, from, to)).await
    }

    async fn exists(&self, hash: Hash) -> Result<bool, StoreFault> {
        self.inner.blobs.exists(hash)
    }

    async fn erase(&self, hash: Hash, _authority: &ErasureAuthority) -> Result<(), StoreFault> {
        let blobs = self.inner.blobs.clone();
        blocking(move || blobs.erase(hash)).await
    }
}

impl Follow for FjallStore {
    async fn changed_after(&self, size: u64, patience: u64) -> Result<u64, StoreFault> {
        let mut heads = self.inner.head.subscribe();
        let grown = heads.wait_for(|head| head.size > size);
        let waited = tokio::time::timeout(Duration::from_millis(patience), grown).await;
        drop(waited);
        Ok(self.inner.head.borrow().size)
    }
}

/// The engine, kept open while this is held.
struct EngineGuard(OwnedRwLockReadGuard<Option<Engine>>);

impl EngineGuard {
    fn get(&self) -> Result<&Engine, StoreFault> {
        self.0.as_ref().ok_or_else(|| StoreFault::ReadOnly { why: "it was closed".to_owned() })
    }
}

/// Runs a write where the caller is, its tasks handed to another thread meanwhile: a commit is shorter than two changes of
/// threads where the disk is quick. On a runtime of one thread there is none to hand them to. Once begun it is done whole, as
/// in [`blocking`].
pub(crate) async fn in_place<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreFault> + Send + 'static,
) -> Result<T, StoreFault> {
    let runtime = tokio::runtime::Handle::try_current().map(|runtime| runtime.runtime_flavor());
    if !matches!(runtime, Ok(RuntimeFlavor::MultiThread)) {
        return blocking(work).await;
    }
    let done = tokio::task::block_in_place(|| std::panic::catch_unwind(AssertUnwindSafe(work)));
    done.unwrap_or_else(|_| Err(StoreFault::Damaged { why: "the engine gave up".to_owned() }))
}

/// Runs what blocks off the runtime's worker threads. A panic of the engine is reported as damage: it panics where
/// files are not what it wrote.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreFault> + Send + 'static,
) -> Result<T, StoreFault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => Err(StoreFault::Damaged { why: format!("the engine gave up: {failed}") }),
    }
}
