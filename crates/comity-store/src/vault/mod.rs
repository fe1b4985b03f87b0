//! Bodies sealed so that erasing a key erases the body, in journals, write-ahead logs and backups too.
//!
//! Each object of a record is sealed under a key of its own. The keys of a record are one row of the space `keys`,
//! wrapped under the epoch's key, which stays in a file outside the store. An erasure removes keys from their row,
//! wraps all rows under a new epoch's key and forgets the former: older copies of the rows, wherever they are, no
//! longer open.
//!
//! Sealing and erasing are the sequencer's business: one process at a time. Any process that has the file may open.

mod epoch;
mod random;
mod row;
mod seal;

use comity_ledger::store::{Kv, StoreFault};
use comity_record::RecordId;
use epoch::Epochs;
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

pub use random::{Random, SystemRandom};
pub use row::KeyRow;

/// The space that holds the rows. Back up its latest copy only, apart from the log.
pub const KEYS: &str = "keys";
/// Rows read at once while all are wrapped anew.
const PAGE: u32 = 512;
/// Bytes of rows written at once, about.
const BYTES: usize = 1 << 20;

/// A row's name and what it becomes.
type Value = (Vec<u8>, Option<Vec<u8>>);

/// What a vault could not do.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The file of the epoch's key cannot be used.
    #[error("the epoch key in `{}`: {why}", path.display())]
    EpochFile {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// There are wrapped keys, but no file that opens them.
    #[error("the store holds keys of sealed bodies, but `{}` is missing", path.display())]
    EpochMissing {
        /// The file.
        path: PathBuf,
    },
    /// A row or a body does not open although its key was not erased.
    #[error("{what} of record {} does not open: it was altered, or belongs elsewhere", record.0.short())]
    Altered {
        /// The keys or a body.
        what: &'static str,
        /// The record.
        record: RecordId,
    },
    /// The system gave no random bytes.
    #[error("no random bytes")]
    Random,
}

impl VaultFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            VaultFault::Store(fault) => fault.code(),
            VaultFault::EpochFile { .. } => "vault/epoch-file",
            VaultFault::EpochMissing { .. } => "vault/epoch-missing",
            VaultFault::Altered { .. } => "vault/altered",
            VaultFault::Random => "vault/random",
        }
    }

    /// What a person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            VaultFault::EpochMissing { .. } => {
                Some("put the file back from its own backup; without it the bodies stay closed".to_owned())
            }
            VaultFault::EpochFile { .. } => {
                Some("it must be a regular file of mode 0600 as written".to_owned())
            }
            _ => None,
        }
    }
}

/// The keys of a party's bodies.
pub struct Vault<K> {
    kv: K,
    random: Arc<dyn Random>,
    path: PathBuf,
    epochs: RwLock<Arc<Epochs>>,
    /// Held shared while rows are wrapped and written, alone for the moment in which the epoch changes: no row can be
    /// written under an epoch whose rows were already counted as wrapped anew.
    changing: tokio::sync::RwLock<()>,
    erasing: tokio::sync::Mutex<()>,
}

impl<K: Kv> Vault<K> {
    /// Opens the vault over `kv` with the epoch's key in `path`, which is made where there is none and the vault is
    /// empty. An erasure that was interrupted is brought to its end.
    pub async fn open_at(kv: K, path: &Path, random: Arc<dyn Random>) -> Result<Vault<K>, VaultFault> {
        let epochs = match Epochs::load(path)? {
            Some(epochs) => epochs,
            None if kv.list(KEYS, b"", 1, 0).await?.is_empty() => Epochs::first(path, &*random)?,
            None => return Err(VaultFault::EpochMissing { path: path.to_path_buf() }),
        };
        let vault = Vault {
            kv,
            random,
            path: path.to_path_buf(),
            epochs: RwLock::new(Arc::new(epochs)),
            changing: tokio::sync::RwLock::default(),
            erasing: tokio::sync::Mutex::default(),
        };
        vault.forget_former().await?;
        Ok(vault)
    }

    /// Reads the epoch's key again, before this process seals after another one may have erased.
    pub fn refresh(&self) -> Result<(), VaultFault> {
        let missing = || VaultFault::EpochMissing { path: self.path.clone() };
        let read = Epochs::load(&self.path)?.ok_or_else(missing)?;
        self.note(&read);
        Ok(())
    }

    /// Seals the objects of a record, each under a fresh key. The bodies open only once [`Vault::keep`] has stored the
    /// row; do that before they are committed.
    pub fn seal(&self, record: RecordId, objects: &[&[u8]]) -> Result<(Vec<Vec<u8>>, KeyRow), VaultFault> {
        let row = KeyRow::fresh(record, objects.len(), &*self.random)?;
        let bodies = row.keys().zip(0..).zip(objects);
        let sealed = bodies.map(|((key, index), object)| seal::seal(key, record, index, object));
        Ok((sealed.collect::<Result<_, _>>()?, row))
    }

    /// Stores the rows of sealed records, all together and durable on return.
    pub async fn keep(&self, rows: &[KeyRow]) -> Result<(), VaultFault> {
        let _unchanged = self.changing.read().await;
        let epochs = self.epochs();
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            values.push((row::name(row.record), Some(row.wrap(epochs.current(), &*self.random)?)));
        }
        Ok(self.kv.put_many(KEYS, &values).await?)
    }

    /// Opens one body of a record; `None` where it was erased.
    pub async fn open(
        &self,
        record: RecordId,
        index: u32,
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, VaultFault> {
        let opened = self.open_many(record, &[(index, sealed)]).await?;
        Ok(opened.into_iter().next().flatten())
    }

    /// Opens bodies of one record with one look at its keys; `None` where one was erased.
    pub async fn open_many(
        &self,
        record: RecordId,
        sealed: &[(u32, &[u8])],
    ) -> Result<Vec<Option<Vec<u8>>>, VaultFault> {
        let Some(row) = self.row(record).await? else { return Ok(vec![None; sealed.len()]) };
        let open = |(index, bytes): &(u32, &[u8])| match row.key(*index) {
            Some(key) => seal::open(key, record, *index, bytes).map(Some),
            None => Ok(None),
        };
        sealed.iter().map(open).collect()
    }

    /// Whether a key of these objects of a record is still there, of any object where `indexes` is `None`.
    pub async fn opens(&self, record: RecordId, indexes: Option<&[u32]>) -> Result<bool, VaultFault> {
        let Some(row) = self.row(record).await? else { return Ok(false) };
        Ok(indexes.is_none_or(|indexes| indexes.iter().any(|index| row.key(*index).is_some())))
    }

    /// Erases objects of a record, all of them where `indexes` is `None`. See [`Vault::erase_many`].
    pub async fn erase(&self, record: RecordId, indexes: Option<&[u32]>) -> Result<(), VaultFault> {
        self.erase_many(&[(record, indexes)]).await
    }

    /// Erases objects of several records. On return no copy of their keys opens any more. Interrupted, it is to be
    /// repeated; every row then is under the former epoch's key or the new one, and both are in the file.
    pub async fn erase_many(&self, erased: &[(RecordId, Option<&[u32]>)]) -> Result<(), VaultFault> {
        let _erasing = self.erasing.lock().await;
        self.forget_former().await?;
        let next = Arc::new(self.epochs().with_next(&*self.random)?);
        next.save(&self.path)?;
        {
            let _alone = self.changing.write().await;
            *self.epochs.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        }
        let mut values = Vec::with_capacity(erased.len());
        for (record, indexes) in erased {
            let left = match self.row(*record).await? {
                Some(row) => row.without(*indexes),
                None => continue,
            };
            let value = match left {
                Some(row) => Some(row.wrap(next.current(), &*self.random)?),
                None => None,
            };
            values.push((row::name(*record), value));
        }
        self.kv.put_many(KEYS, &values).await?;
        self.forget_former().await
    }

    /// Where the file holds a former epoch beside the current one: wraps what is under it anew, then forgets it.
    async fn forget_former(&self) -> Result<(), VaultFault> {
        let epochs = self.epochs();
        if !epochs.has_former() {
            return Ok(());
        }
        let mut prefixes = vec![Vec::new()];
        let mut values = Vec::new();
        let mut bytes = 0;
        while let Some(prefix) = prefixes.pop() {
            let rows = self.kv.list(KEYS, &prefix, PAGE, 0).await?;
            if u32::try_from(rows.len()).is_ok_and(|rows| rows >= PAGE) && prefix.len() < row::NAME {
                prefixes.extend((0..=u8::MAX).map(|byte| [prefix.as_slice(), &[byte]].concat()));
                continue;
            }
            for (name, wrapped) in rows {
                bytes += wrapped.len();
                values.extend(self.wrap_anew(&epochs, name, &wrapped)?);
            }
            if bytes >= BYTES {
                self.kv.put_many(KEYS, &std::mem::take(&mut values)).await?;
                bytes = 0;
            }
        }
        self.kv.put_many(KEYS, &values).await?;
        let current = Arc::new(epochs.without_former());
        current.save(&self.path)?;
        *self.epochs.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    /// A row under the current epoch, unless it is already.
    fn wrap_anew(&self, epochs: &Epochs, name: Vec<u8>, wrapped: &[u8]) -> Result<Option<Value>, VaultFault> {
        if row::epoch(wrapped) == Some(epochs.current().number) {
            return Ok(None);
        }
        let row = self.unwrap_with(epochs, row::record(&name)?, wrapped)?;
        Ok(Some((name, Some(row.wrap(epochs.current(), &*self.random)?))))
    }

    fn unwrap_with(&self, epochs: &Epochs, record: RecordId, wrapped: &[u8]) -> Result<KeyRow, VaultFault> {
        let epoch = row::epoch(wrapped).and_then(|number| epochs.get(number));
        let epoch = epoch.ok_or(VaultFault::Altered { what: "the keys", record })?;
        KeyRow::unwrap(record, wrapped, epoch)
    }

    /// The keys of a record. Where their epoch is not known, another process has erased: the file is read again, and
    /// so is the row, which may have changed meanwhile.
    async fn row(&self, record: RecordId) -> Result<Option<KeyRow>, VaultFault> {
        let name = row::name(record);
        let Some(wrapped) = self.kv.get(KEYS, &name, 0).await? else { return Ok(None) };
        let epochs = self.epochs();
        if row::epoch(&wrapped).is_some_and(|number| epochs.get(number).is_some()) {
            return self.unwrap_with(&epochs, record, &wrapped).map(Some);
        }
        let missing = || VaultFault::EpochMissing { path: self.path.clone() };
        let epochs = Epochs::load(&self.path)?.ok_or_else(missing)?;
        self.note(&epochs);
        match self.kv.get(KEYS, &name, 0).await? {
            Some(wrapped) => self.unwrap_with(&epochs, record, &wrapped).map(Some),
            None => Ok(None),
        }
    }

    /// Remembers a newer epoch than the known one. A former one is not remembered, so that it is soon forgotten.
    fn note(&self, read: &Epochs) {
        let mut known = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        if read.current().number > known.current().number {
            *known = Arc::new(read.without_former());
        }
    }

    fn epochs(&self) -> Arc<Epochs> {
        self.epochs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<K> fmt::Debug for Vault<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("path", &self.path).finish_non_exhaustive()
    }
}
