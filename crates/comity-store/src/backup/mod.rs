//! Backups of the log, independent of the engine: what was taken from one engine goes back into the other.
//!
//! A backup holds the head and the rows of log tables as one consistent view, and no projection: those are rebuilt.
//! Keys of sealed bodies go into a file of their own ([`export_space`]), of which only the latest is kept; the epoch's
//! key is neither in the one nor in the other. A file is written whole or not at all, and read to its end and checked
//! before its first row is written.

mod format;

use crate::AnyStore;
use comity_ledger::store::{Batch, Class, Kv, LogHead, Row, Store, StoreFault, Table};
use format::Frame;
use std::path::{Path, PathBuf};

pub(crate) use format::{Reader, Writer};

/// Rows of one commit of an import, at most.
const ROWS: usize = 1000;
/// Bytes of one commit of an import, about.
const BYTES: usize = 1 << 20;

/// What a backup could not do.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The file cannot be read or written.
    #[error("`{}`: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        why: std::io::Error,
    },
    /// The file is not a backup, or damaged.
    #[error("`{}` is not a whole backup: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The file has rows of a table that is not asked for.
    #[error("`{}` holds a table `{table}` that is not known here", path.display())]
    UnknownTable {
        /// The file.
        path: PathBuf,
        /// The table, shortened.
        table: String,
    },
    /// A projection was to be backed up.
    #[error("`{table}` is a projection: it is rebuilt, not backed up")]
    Projection {
        /// The table.
        table: &'static str,
    },
    /// The store to be filled has a log already.
    #[error("the store already holds {found}; a backup goes into an empty one")]
    NotEmpty {
        /// Its head.
        found: LogHead,
    },
}

impl BackupFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            BackupFault::Store(fault) => fault.code(),
            BackupFault::File { .. } => "backup/file",
            BackupFault::Damaged { .. } => "backup/damaged",
            BackupFault::UnknownTable { .. } => "backup/unknown-table",
            BackupFault::Projection { .. } => "backup/projection",
            BackupFault::NotEmpty { .. } => "backup/not-empty",
        }
    }

    /// What a person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            BackupFault::NotEmpty { .. } => {
                Some("give a new directory or schema, and compare the heads".to_owned())
            }
            BackupFault::Damaged { .. } => {
                Some("take an older backup; peers hold what came after it".to_owned())
            }
            _ => None,
        }
    }
}

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Contents {
    /// The head of the log; the empty head for a space.
    pub head: LogHead,
    /// Number of rows.
    pub rows: u64,
}

/// What is to be written out.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    Log(Vec<Table>),
    Space(String),
}

/// Writes the head and all rows of the given log tables, as they stand together, to a new file at `path`.
pub async fn export_log(store: &AnyStore, tables: &[Table], path: &Path) -> Result<Contents, BackupFault> {
    if let Some(view) = tables.iter().find(|table| table.class == Class::Projection) {
        return Err(BackupFault::Projection { table: view.name });
    }
    export(store, Wanted::Log(tables.to_vec()), path).await
}

/// Writes all pairs of a space that do not expire to a new file at `path`.
pub async fn export_space(store: &AnyStore, space: &str, path: &Path) -> Result<Contents, BackupFault> {
    export(store, Wanted::Space(space.to_owned()), path).await
}

async fn export(store: &AnyStore, wanted: Wanted, path: &Path) -> Result<Contents, BackupFault> {
    let writer = Writer::create(path)?;
    let part = writer.part();
    let written = match store {
        AnyStore::Fjall(store) => store.export(wanted, writer).await,
        AnyStore::Postgres(store) => store.export(wanted, writer).await,
    };
    let finished = match written {
        Ok(writer) => off_thread(move || writer.finish()).await,
        Err(fault) => Err(fault),
    };
    if finished.is_err() {
        // The fault is what matters; a part that stays is overwritten by the next backup.
        let _ = std::fs::remove_file(part);
    }
    finished
}

/// Reads a backup to its end and checks it.
pub async fn check(path: &Path) -> Result<Contents, BackupFault> {
    let path = path.to_path_buf();
    off_thread(move || Reader::check(&path)).await
}

/// Fills an empty store from a backup of its log. The head moves last: until then the store counts as empty, and an
/// interrupted import is simply repeated. Where the store already has the backup's head nothing is done.
pub async fn import_log<S: Store>(store: &S, tables: &[Table], path: &Path) -> Result<Contents, BackupFault> {
    let contents = check(path).await?;
    let found = store.head().await?;
    if found == contents.head && found != LogHead::default() {
        return Ok(contents);
    }
    if found != LogHead::default() {
        return Err(BackupFault::NotEmpty { found });
    }
    let mut pages = Pages::open(path)?;
    while let Some(page) = pages.next().await? {
        let mut rows = Vec::with_capacity(page.len());
        for frame in page {
            rows.push(row(frame, tables, path)?);
        }
        store.commit(found, Batch { head: found, rows }).await?;
    }
    store.commit(found, Batch { head: contents.head, rows: Vec::new() }).await?;
    Ok(contents)
}

/// Puts the pairs of a backed-up space into `space`.
pub async fn import_space<K: Kv>(kv: &K, space: &str, path: &Path) -> Result<Contents, BackupFault> {
    let contents = check(path).await?;
    let mut pages = Pages::open(path)?;
    while let Some(page) = pages.next().await? {
        let mut values = Vec::with_capacity(page.len());
        for frame in page {
            if frame.table != space {
                return Err(unknown(path, &frame.table));
            }
            values.push((frame.key, Some(frame.value)));
        }
        kv.put_many(space, &values).await?;
    }
    Ok(contents)
}

fn row(frame: Frame, tables: &[Table], path: &Path) -> Result<Row, BackupFault> {
    let known = tables.iter().find(|table| table.name == frame.table && table.class == Class::Log);
    let table = *known.ok_or_else(|| unknown(path, &frame.table))?;
    Ok(Row { table, partition: frame.partition, key: frame.key, value: frame.value })
}

fn unknown(path: &Path, table: &str) -> BackupFault {
    BackupFault::UnknownTable { path: path.to_path_buf(), table: table.chars().take(40).collect() }
}

/// A backup's rows, page by page.
struct Pages {
    /// Absent while a page is read, and after the end.
    reader: Option<Reader>,
}

impl Pages {
    fn open(path: &Path) -> Result<Pages, BackupFault> {
        Ok(Pages { reader: Some(Reader::open(path)?) })
    }

    async fn next(&mut self) -> Result<Option<Vec<Frame>>, BackupFault> {
        let Some(mut reader) = self.reader.take() else { return Ok(None) };
        let (reader, page) = off_thread(move || {
            let mut page = Vec::new();
            let mut bytes = 0;
            while page.len() < ROWS && bytes < BYTES {
                let Some(frame) = reader.next()? else { break };
                bytes += frame.value.len();
                page.push(frame);
            }
            Ok((reader, page))
        })
        .await?;
        self.reader = Some(reader);
        Ok((!page.is_empty()).then_some(page))
    }
}

/// Runs file work off the runtime's worker threads.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupFault> + Send + 'static,
) -> Result<T, BackupFault> {
    let gone = |error: tokio::task::JoinError| StoreFault::Unreachable { why: error.to_string() };
    tokio::task::spawn_blocking(work).await.map_err(gone)?
}
