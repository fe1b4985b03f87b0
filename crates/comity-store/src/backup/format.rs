//! The form of a backup: a heading, frames under zstd, and the SHA-256 of all before it.
//!
//! Frames: `1` head (size, root) · `2` table or space (length, name) for the rows that follow · `3` row (partition, key
//! length, value length, key, value) · `4` end (number of rows). Numbers are big-endian.

use super::{BackupFault, Contents};
use crate::bounds;
use aws_lc_rs::digest::{Context, SHA256};
use comity_ledger::store::LogHead;
use comity_record::Hash;
use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

const HEADING: &[u8; 16] = b"comity backup 1\n";
const HASH: u64 = 32;
const LEVEL: i32 = 3;
/// The decoder's window is at most 8 MiB, whatever a file asks for.
const WINDOW: u32 = 23;

const HEAD: u8 = 1;
const TABLE: u8 = 2;
const ROW: u8 = 3;
const END: u8 = 4;

/// A row as it stands in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) table: String,
    pub(crate) partition: u32,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Writes a backup beside its place and puts it there when it is whole.
pub(crate) struct Writer {
    path: PathBuf,
    part: PathBuf,
    frames: zstd::Encoder<'static, Hashing<BufWriter<File>>>,
    contents: Contents,
}

impl Writer {
    pub(super) fn create(path: &Path) -> Result<Writer, BackupFault> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let begin = || {
            let mut file = Hashing::new(BufWriter::new(File::create(&part)?));
            file.write_all(HEADING)?;
            let mut frames = zstd::Encoder::new(file, LEVEL)?;
            frames.window_log(WINDOW)?;
            Ok(frames)
        };
        let frames = begin().map_err(|why| BackupFault::File { path: part.clone(), why })?;
        Ok(Writer { path: path.to_path_buf(), part, frames, contents: Contents::default() })
    }

    /// The unfinished file.
    pub(super) fn part(&self) -> PathBuf {
        self.part.clone()
    }

    pub(crate) fn head(&mut self, head: LogHead) -> Result<(), BackupFault> {
        self.contents.head = head;
        self.put(&[&[HEAD], &head.size.to_be_bytes(), head.root.as_bytes()])
    }

    /// Names the table or space of the rows that follow.
    pub(crate) fn table(&mut self, name: &str) -> Result<(), BackupFault> {
        let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
        self.put(&[&[TABLE, length], name.as_bytes()])
    }

    pub(crate) fn row(&mut self, partition: u32, key: &[u8], value: &[u8]) -> Result<(), BackupFault> {
        // The bounds of the store are within these.
        let key_length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes();
        let value_length = u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes();
        self.contents.rows += 1;
        self.put(&[&[ROW], &partition.to_be_bytes(), &key_length, &value_length, key, value])
    }

    /// Ends the file, syncs it and gives it its name.
    pub(super) fn finish(mut self) -> Result<Contents, BackupFault> {
        let rows = self.contents.rows.to_be_bytes();
        self.put(&[&[END], &rows])?;
        let Writer { path, part, frames, contents } = self;
        let end = || {
            let Hashing { inner: mut file, context } = frames.finish()?;
            file.write_all(context.finish().as_ref())?;
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            fs::rename(&part, &path)?;
            path.parent()
                .filter(|dir| !dir.as_os_str().is_empty())
                .map_or(Ok(()), |dir| File::open(dir)?.sync_all())
        };
        end().map_err(|why| BackupFault::File { path: path.clone(), why })?;
        Ok(contents)
    }

    fn put(&mut self, parts: &[&[u8]]) -> Result<(), BackupFault> {
        for part in parts {
            self.frames.write_all(part).map_err(|why| BackupFault::File { path: self.part.clone(), why })?;
        }
        Ok(())
    }
}

/// Reads a backup frame by frame.
pub(crate) struct Reader {
    path: PathBuf,
    frames: zstd::Decoder<'static, BufReader<io::Take<File>>>,
    table: Option<String>,
    contents: Contents,
    ended: bool,
}

impl Reader {
    /// Reads the whole file: its hash first, so that nothing unhashed is decoded, then every frame.
    pub(super) fn check(path: &Path) -> Result<Contents, BackupFault> {
        check_hash(path)?;
        let mut reader = Reader::open(path)?;
        while reader.next()?.is_some() {}
        Ok(reader.contents)
    }

    pub(super) fn open(path: &Path) -> Result<Reader, BackupFault> {
        let begin = || {
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(HEADING.len() as u64))?;
            let body = length.saturating_sub(HEADING.len() as u64 + HASH);
            let mut frames = zstd::Decoder::with_buffer(BufReader::new(file.take(body)))?;
            frames.window_log_max(WINDOW)?;
            Ok(frames)
        };
        let frames = begin().map_err(|why| BackupFault::File { path: path.to_path_buf(), why })?;
        let contents = Contents::default();
        Ok(Reader { path: path.to_path_buf(), frames, table: None, contents, ended: false })
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, BackupFault> {
        while !self.ended {
            match self.take::<1>()? {
                [HEAD] => {
                    let size = u64::from_be_bytes(self.take()?);
                    self.contents.head = LogHead { size, root: Hash(self.take()?) };
                }
                [TABLE] => {
                    let [length] = self.take()?;
                    let name = self.take_bytes(usize::from(length))?;
                    self.table =
                        Some(String::from_utf8(name).map_err(|_| self.damaged("a name is not text"))?);
                }
                [ROW] => return self.row().map(Some),
                [END] => {
                    if u64::from_be_bytes(self.take()?) != self.contents.rows {
                        return Err(self.damaged("its number of rows is another"));
                    }
                    self.ended = true;
                }
                [other] => return Err(self.damaged(&format!("frame {other} is unknown"))),
            }
        }
        if self.frames.read(&mut [0]).map_err(|error| self.damaged(&error.to_string()))? != 0 {
            return Err(self.damaged("something follows its end"));
        }
        Ok(None)
    }

    fn row(&mut self) -> Result<Frame, BackupFault> {
        let partition = u32::from_be_bytes(self.take()?);
        let key = usize::from(u16::from_be_bytes(self.take()?));
        let value = usize::try_from(u32::from_be_bytes(self.take()?)).unwrap_or(usize::MAX);
        if key > bounds::KEY || value > bounds::VALUE {
            return Err(self.damaged("a row is beyond the bounds of a store"));
        }
        let table = self.table.clone().ok_or_else(|| self.damaged("a row has no table"))?;
        let frame = Frame { table, partition, key: self.take_bytes(key)?, value: self.take_bytes(value)? };
        self.contents.rows += 1;
        Ok(frame)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], BackupFault> {
        let mut bytes = [0; N];
        self.frames.read_exact(&mut bytes).map_err(|error| self.damaged(&error.to_string()))?;
        Ok(bytes)
    }

    fn take_bytes(&mut self, length: usize) -> Result<Vec<u8>, BackupFault> {
        let mut bytes = vec![0; length];
        self.frames.read_exact(&mut bytes).map_err(|error| self.damaged(&error.to_string()))?;
        Ok(bytes)
    }

    fn damaged(&self, why: &str) -> BackupFault {
        BackupFault::Damaged { path: self.path.clone(), why: why.to_owned() }
    }
}

/// Compares the hash at the file's end with the bytes before it.
fn check_hash(path: &Path) -> Result<(), BackupFault> {
    let damaged = |why: &str| BackupFault::Damaged { path: path.to_path_buf(), why: why.to_owned() };
    let fault = |why| BackupFault::File { path: path.to_path_buf(), why };
    let mut file = File::open(path).map_err(fault)?;
    let length = file.metadata().map_err(fault)?.len();
    let mut heading = [0; HEADING.len()];
    if length < HEADING.len() as u64 + HASH || file.read_exact(&mut heading).is_err() || heading != *HEADING {
        return Err(damaged("it does not begin as one of version 1"));
    }
    file.rewind().map_err(fault)?;
    let mut hashed = Hashing::new(io::sink());
    io::copy(&mut (&mut file).take(length - HASH), &mut hashed).map_err(fault)?;
    let mut stated = [0; 32];
    file.read_exact(&mut stated).map_err(fault)?;
    if hashed.context.finish().as_ref() != stated {
        return Err(damaged("its hash does not match its bytes"));
    }
    Ok(())
}

/// Hashes what is written through it.
struct Hashing<W> {
    inner: W,
    context: Context,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Hashing<W> {
        Hashing { inner, context: Context::new(&SHA256) }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.context.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
