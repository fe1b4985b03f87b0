//! The fjall database of one store: its keyspaces, its head, and how memory and journals are bounded.

use super::{FjallOptions, fault::guarded, journal, puts::Tops};
use comity_ledger::store::{LogHead, StoreFault, Table};
use comity_record::Hash;
use fjall::{
    AbstractTree, CompressionType, Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode,
    Readable,
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, RwLock},
    time::Duration,
};

/// All journals together stay near this, which bounds the time to open after a crash.
const JOURNALS: u64 = 128 << 20;
/// A table's memory is written out beyond this.
const TABLE_MEMORY: u64 = 8 << 20;
/// The memory of all tables together beyond which the largest are written out.
const ALL_MEMORY: u64 = 64 << 20;
/// One thread compacts while the other writes memory out.
const WORKERS: usize = 2;
const HEAD_KEY: &[u8] = b"head";

pub(super) struct Engine {
    database: Database,
    dir: PathBuf,
    head_space: Keyspace,
    head: RwLock<LogHead>,
    spaces: RwLock<HashMap<String, Keyspace>>,
    pub(super) tops: Mutex<Tops>,
}

impl Engine {
    /// Opens or creates the database in `dir`. Journals are audited first: fjall takes damage in the middle of one for
    /// a torn tail and would drop acknowledged commits after it.
    pub(super) fn open(dir: &Path, options: FjallOptions) -> Result<Engine, StoreFault> {
        journal::audit(dir)?;
        let (database, head_space) = guarded(dir, || {
            let database = Database::builder(dir)
                .cache_size(options.cache_bytes)
                .max_journaling_size(JOURNALS)
                // A damaged row that no longer decompresses would be taken for a torn end.
                .journal_compression(CompressionType::None)
                .worker_threads(WORKERS)
                .open()?;
            let head_space = database.keyspace("head", keyspace_options)?;
            Ok((database, head_space))
        })?;
        let head = match guarded(dir, || head_space.get(HEAD_KEY))? {
            None => LogHead::default(),
            Some(bytes) => decode_head(&bytes).ok_or_else(|| StoreFault::Damaged {
                why: format!("in `{}`: the head's row has {} bytes, not 40", dir.display(), bytes.len()),
            })?,
        };
        Ok(Engine {
            database,
            dir: dir.to_path_buf(),
            head_space,
            head: RwLock::new(head),
            spaces: RwLock::default(),
            tops: Mutex::default(),
        })
    }

    /// The head as last committed.
    pub(super) fn head(&self) -> LogHead {
        *self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keyspace of a log or projection table, created where absent.
    pub(super) fn table(&self, table: Table) -> Result<Keyspace, StoreFault> {
        self.space(&table_name(table))
    }

    /// The keyspace of a table, if it was ever written.
    pub(super) fn existing(&self, name: &str) -> Result<Option<Keyspace>, StoreFault> {
        if let Some(space) = self.spaces.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Some(space.clone()));
        }
        if !self.database.keyspace_exists(name) {
            return Ok(None);
        }
        self.space(name).map(Some)
    }

    pub(super) fn space(&self, name: &str) -> Result<Keyspace, StoreFault> {
        if let Some(space) = self.spaces.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(space.clone());
        }
        let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
        let space = guarded(&self.dir, || self.database.keyspace(name, keyspace_options))?;
        spaces.insert(name.to_owned(), space.clone());
        Ok(space)
    }

    /// A batch that is synced to disk when it is committed: its bytes, and of the file what is needed to read them again. A
    /// journal is laid out at its full length, and made durable with all its attributes, when it is begun.
    pub(super) fn batch(&self, rows: usize) -> OwnedWriteBatch {
        OwnedWriteBatch::with_capacity(self.database.clone(), rows).durability(Some(PersistMode::SyncData))
    }

    /// Commits rows without moving the head.
    pub(super) fn write(&self, batch: OwnedWriteBatch) -> Result<(), StoreFault> {
        guarded(&self.dir, || batch.commit())?;
        self.bound_memory();
        Ok(())
    }

    /// Commits rows and the head together. The caller holds the right to write.
    pub(super) fn write_with_head(
        &self,
        mut batch: OwnedWriteBatch,
        head: LogHead,
    ) -> Result<(), StoreFault> {
        if head != self.head() {
            batch.insert(&self.head_space, HEAD_KEY, &encode_head(head)[..]);
        }
        self.write(batch)?;
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = head;
        Ok(())
    }

    /// A view that sees whole commits only.
    pub(super) fn snapshot(&self) -> fjall::Snapshot {
        self.database.snapshot()
    }

    pub(super) fn head_in(&self, snapshot: &fjall::Snapshot) -> Result<LogHead, StoreFault> {
        let row = self.guarded(|| snapshot.get(&self.head_space, HEAD_KEY))?;
        Ok(row.and_then(|bytes| decode_head(&bytes)).unwrap_or_default())
    }

    pub(super) fn guarded<T>(&self, work: impl FnOnce() -> Result<T, fjall::Error>) -> Result<T, StoreFault> {
        guarded(&self.dir, work)
    }

    /// Removes a keyspace with all its rows. Nothing may be writing to it, and nobody may learn of it meanwhile: a row
    /// written to a removed keyspace is lost.
    pub(super) fn remove_space(&self, name: &str) -> Result<(), StoreFault> {
        let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
        spaces.remove(name);
        if !self.database.keyspace_exists(name) {
            return Ok(());
        }
        self.guarded(|| {
            let space = self.database.keyspace(name, keyspace_options)?;
            self.database.delete_keyspace(space)
        })
    }

    /// Writes the memory of every keyspace to tables. Afterwards no journal holds anything that tables lack.
    pub(super) fn flush(&self) -> Result<(), StoreFault> {
        // A row newer than all others, so that the engine counts the others as settled.
        let mut batch = self.batch(1);
        batch.insert(&self.head_space, HEAD_KEY, &encode_head(self.head())[..]);
        self.write(batch)?;
        for name in self.database.list_keyspace_names() {
            let space = guarded(&self.dir, || self.database.keyspace(&name, keyspace_options))?;
            self.guarded(|| space.rotate_memtable())?;
            self.wait_until_flushed(&space)?;
        }
        Ok(())
    }

    /// Rewrites all tables of a keyspace, leaving out removed rows.
    pub(super) fn compact(&self, space: &Keyspace) -> Result<(), StoreFault> {
        self.guarded(|| space.major_compact())
    }

    /// Writes all to tables, closes the database and empties its journals.
    pub(super) fn close(self, dir: &Path) -> Result<(), StoreFault> {
        self.flush()?;
        drop(self);
        journal::empty(dir)
    }

    /// The engine offers no wait that ends when its writer thread has failed, hence the look every few milliseconds.
    fn wait_until_flushed(&self, space: &Keyspace) -> Result<(), StoreFault> {
        while space.sealed_memtable_count() > 0 {
            self.guarded(|| self.database.persist(PersistMode::Buffer))?;
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// The engine bounds each keyspace; a party has a dozen, so their sum is bounded here.
    fn bound_memory(&self) {
        if self.database.write_buffer_size() < ALL_MEMORY {
            return;
        }
        let spaces = self.spaces.read().unwrap_or_else(PoisonError::into_inner);
        let largest = spaces.values().max_by_key(|space| space.tree.active_memtable().size());
        if let Some(Err(error)) = largest.map(|space| self.guarded(|| space.rotate_memtable())) {
            // The commit before it is durable; the next one will meet the same fault and report it.
            tracing::warn!(%error, "could not write out memory");
        }
    }
}

/// The keyspace's name of a table.
pub(super) fn table_name(table: Table) -> String {
    format!("t_{}", table.name)
}

fn keyspace_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(TABLE_MEMORY)
}

fn encode_head(head: LogHead) -> [u8; 40] {
    let mut bytes = [0; 40];
    let (size, root) = bytes.split_at_mut(8);
    size.copy_from_slice(&head.size.to_be_bytes());
    root.copy_from_slice(head.root.as_bytes());
    bytes
}

fn decode_head(bytes: &[u8]) -> Option<LogHead> {
    let (size, root) = bytes.split_first_chunk::<8>()?;
    Some(LogHead { size: u64::from_be_bytes(*size), root: Hash::from_slice(root)? })
}
