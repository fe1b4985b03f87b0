//! Backups of the log, independent of the engine: what was taken from one engine goes back into the other.
//!
//! A backup holds files, spaces, and the head and the rows of log tables as one consistent view; no projection: those are
//! rebuilt. Keys of sealed bodies go into a backup of their own, of which only the latest is kept. A backup is written
//! whole or not at all, and read to its end and checked before its first row is written. Where it goes is a [`Sink`],
//! where it comes from a [`Source`]: a file, or a file that is sealed.

mod format;
mod place;

use crate::AnyStore;
use comity_ledger::store::{Batch, Class, Kv, LogHead, Pairs, Row, Store, StoreFault, Table};
use format::Frame;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub(crate) use format::{Reader, Writer};
pub use format::{Section, fuzz_entry};
pub use place::{FileSink, FileSource, Sink, Source};

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

/// What a backup holds: files, then spaces, then the log. Each is read by itself, in this order.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Names and bytes of files.
    pub files: Vec<(String, Vec<u8>)>,
    /// Spaces, of which what does not expire is held.
    pub spaces: Vec<String>,
    /// Tables of the log.
    pub tables: Vec<Table>,
}

/// Writes parts of a store into a sink; `path` is for faults. Durable on return.
pub async fn export_parts(
    store: &AnyStore,
    parts: Parts,
    sink: Box<dyn Sink>,
    path: &Path,
) -> Result<Contents, BackupFault> {
    if let Some(view) = parts.tables.iter().find(|table| table.class == Class::Projection) {
        return Err(BackupFault::Projection { table: view.name });
    }
    let mut writer = Writer::begin(sink, path)?;
    if !parts.files.is_empty() {
        writer.files()?;
    }
    for (name, bytes) in &parts.files {
        writer.row(0, name.as_bytes(), bytes)?;
    }
    let spaces = parts.spaces.into_iter().map(Wanted::Space);
    for wanted in spaces.chain([Wanted::Log(parts.tables)]) {
        writer = match store {
            AnyStore::Fjall(store) => store.export(wanted, writer).await?,
            AnyStore::Postgres(store) => store.export(wanted, writer).await?,
        };
    }
    off_thread(move || writer.finish()).await
}

async fn export(store: &AnyStore, wanted: Wanted, path: &Path) -> Result<Contents, BackupFault> {
    let sink = FileSink::create(path).map_err(|why| BackupFault::File { path: path.to_path_buf(), why })?;
    let writer = Writer::begin(Box::new(sink), path)?;
    let writer = match store {
        AnyStore::Fjall(store) => store.export(wanted, writer).await?,
        AnyStore::Postgres(store) => store.export(wanted, writer).await?,
    };
    off_thread(move || writer.finish()).await
}

/// Reads a backup to its end and checks it.
pub async fn check(path: &Path) -> Result<Contents, BackupFault> {
    check_source(FileSource::shared(path)).await
}

/// Reads a backup to its end and checks it, wherever it comes from.
pub async fn check_source(source: Arc<dyn Source>) -> Result<Contents, BackupFault> {
    off_thread(move || Reader::check(&*source)).await
}

/// The rows of one section of a backup, for what is small: files, or a table that a person reads.
pub async fn rows_of(source: Arc<dyn Source>, section: Section) -> Result<Pairs, BackupFault> {
    let mut rows = Vec::new();
    let mut pages = Pages::open(source).await?;
    while let Some(page) = pages.next().await? {
        let fitting = page.into_iter().filter(|frame| frame.section == section);
        rows.extend(fitting.map(|frame| (frame.key, frame.value)));
    }
    Ok(rows)
}

/// Fills an empty store from a backup of its log. The head moves last: until then the store counts as empty, and an
/// interrupted import is simply repeated. Where the store already has the backup's head nothing is done.
pub async fn import_log<S: Store>(store: &S, tables: &[Table], path: &Path) -> Result<Contents, BackupFault> {
    let source = FileSource::shared(path);
    let contents = check_source(Arc::clone(&source)).await?;
    fill(store, contents, tables, source).await
}

/// Fills an empty store with the log of a backup and these spaces of it, as [`import_log`] does; spaces first.
pub async fn import_parts<S: Store + Kv>(
    store: &S,
    tables: &[Table],
    spaces: &[&str],
    source: Arc<dyn Source>,
) -> Result<Contents, BackupFault> {
    let contents = check_source(Arc::clone(&source)).await?;
    check_empty(store, contents.head).await?;
    for space in spaces {
        put_space(store, space, Arc::clone(&source)).await?;
    }
    fill(store, contents, tables, source).await
}

/// Whether a store is empty, or has this head already: true where it has.
async fn check_empty<S: Store>(store: &S, head: LogHead) -> Result<bool, BackupFault> {
    let found = store.head().await?;
    match found {
        _ if found == LogHead::default() => Ok(false),
        _ if found == head => Ok(true),
        _ => Err(BackupFault::NotEmpty { found }),
    }
}

async fn fill<S: Store>(
    store: &S,
    contents: Contents,
    tables: &[Table],
    source: Arc<dyn Source>,
) -> Result<Contents, BackupFault> {
    if check_empty(store, contents.head).await? {
        return Ok(contents);
    }
    let (found, path) = (LogHead::default(), source.path().to_path_buf());
    let mut pages = Pages::open(source).await?;
    while let Some(page) = pages.next().await? {
        let mut rows = Vec::with_capacity(page.len());
        for frame in page.into_iter().filter(|frame| matches!(frame.section, Section::Table(_))) {
            rows.push(row(frame, tables, &path)?);
        }
        store.commit(found, Batch { head: found, rows }).await?;
    }
    store.commit(found, Batch { head: contents.head, rows: Vec::new() }).await?;
    Ok(contents)
}

/// Puts the pairs of a backed-up space into `space`.
pub async fn import_space<K: Kv>(kv: &K, space: &str, path: &Path) -> Result<Contents, BackupFault> {
    let source = FileSource::shared(path);
    let contents = check_source(Arc::clone(&source)).await?;
    let put = put_space(kv, space, source).await?;
    if put == 0 && contents.rows > 0 {
        return Err(unknown(path, "of another space"));
    }
    Ok(contents)
}

/// Puts the pairs of one space of a backup into the space of the same name; how many there were. Others are passed over.
pub async fn put_space<K: Kv>(kv: &K, space: &str, source: Arc<dyn Source>) -> Result<u64, BackupFault> {
    let mut put = 0;
    let mut pages = Pages::open(source).await?;
    while let Some(page) = pages.next().await? {
        let mut values = Vec::with_capacity(page.len());
        for frame in page {
            if matches!(&frame.section, Section::Space(name) if name == space) {
                values.push((frame.key, Some(frame.value)));
            }
        }
        put += values.len() as u64;
        kv.put_many(space, &values).await?;
    }
    Ok(put)
}

fn row(frame: Frame, tables: &[Table], path: &Path) -> Result<Row, BackupFault> {
    let Section::Table(name) = &frame.section else { return Err(unknown(path, "that is none")) };
    let known = tables.iter().find(|table| table.name == name && table.class == Class::Log);
    let table = *known.ok_or_else(|| unknown(path, name))?;
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
    async fn open(source: Arc<dyn Source>) -> Result<Pages, BackupFault> {
        let reader = off_thread(move || Reader::open(&*source)).await?;
        Ok(Pages { reader: Some(reader) })
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
