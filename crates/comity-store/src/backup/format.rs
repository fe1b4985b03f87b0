//! The form of a backup: a heading, frames under zstd, and the SHA-256 of all before it.
//!
//! Frames: `1` head (size, root) · `2` table, `5` space (length, name) and `6` files, for the rows that follow · `3` row
//! (partition, key length, value length, key, value) · `4` end (number of rows). Numbers are big-endian.

use super::{BackupFault, Contents, Sink, Source};
use crate::bounds;
use aws_lc_rs::digest::{Context, SHA256};
use comity_ledger::store::LogHead;
use comity_record::Hash;
use std::{
    io::{self, BufReader, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
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
const SPACE: u8 = 5;
const FILES: u8 = 6;

/// What rows of a backup belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// A table of the log, by its name.
    Table(String),
    /// A space of small mutable things, by its name.
    Space(String),
    /// Files: the key of a row is the name, the value the bytes.
    Files,
}

/// A row as it stands in a backup.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) section: Section,
    pub(crate) partition: u32,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Writes a backup into a sink.
pub(crate) struct Writer {
    path: PathBuf,
    frames: zstd::Encoder<'static, Hashing<Box<dyn Sink>>>,
    contents: Contents,
}

impl Writer {
    /// `path` is for faults only.
    pub(super) fn begin(sink: Box<dyn Sink>, path: &Path) -> Result<Writer, BackupFault> {
        let begin = || {
            let mut sink = Hashing::new(sink);
            sink.write_all(HEADING)?;
            let mut frames = zstd::Encoder::new(sink, LEVEL)?;
            frames.window_log(WINDOW)?;
            Ok(frames)
        };
        let frames = begin().map_err(|why| BackupFault::File { path: path.to_path_buf(), why })?;
        Ok(Writer { path: path.to_path_buf(), frames, contents: Contents::default() })
    }

    pub(crate) fn head(&mut self, head: LogHead) -> Result<(), BackupFault> {
        self.contents.head = head;
        self.put(&[&[HEAD], &head.size.to_be_bytes(), head.root.as_bytes()])
    }

    /// Names the table of the rows that follow.
    pub(crate) fn table(&mut self, name: &str) -> Result<(), BackupFault> {
        self.section(TABLE, name)
    }

    /// Names the space of the rows that follow.
    pub(crate) fn space(&mut self, name: &str) -> Result<(), BackupFault> {
        self.section(SPACE, name)
    }

    /// The rows that follow are files.
    pub(super) fn files(&mut self) -> Result<(), BackupFault> {
        self.put(&[&[FILES]])
    }

    pub(crate) fn row(&mut self, partition: u32, key: &[u8], value: &[u8]) -> Result<(), BackupFault> {
        // The bounds of the store are within these.
        let key_length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes();
        let value_length = u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes();
        self.contents.rows += 1;
        self.put(&[&[ROW], &partition.to_be_bytes(), &key_length, &value_length, key, value])
    }

    /// Ends the backup; it is durable on return.
    pub(super) fn finish(mut self) -> Result<Contents, BackupFault> {
        let rows = self.contents.rows.to_be_bytes();
        self.put(&[&[END], &rows])?;
        let Writer { path, frames, contents } = self;
        let end = || {
            let Hashing { inner: mut sink, context } = frames.finish()?;
            sink.write_all(context.finish().as_ref())?;
            sink.finish()
        };
        end().map_err(|why| BackupFault::File { path: path.clone(), why })?;
        Ok(contents)
    }

    fn section(&mut self, frame: u8, name: &str) -> Result<(), BackupFault> {
        let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
        self.put(&[&[frame, length], name.as_bytes()])
    }

    fn put(&mut self, parts: &[&[u8]]) -> Result<(), BackupFault> {
        for part in parts {
            self.frames.write_all(part).map_err(|why| BackupFault::File { path: self.path.clone(), why })?;
        }
        Ok(())
    }
}

/// Reads a backup frame by frame.
pub(crate) struct Reader {
    path: PathBuf,
    frames: zstd::Decoder<'static, BufReader<io::Take<Box<dyn Read + Send>>>>,
    section: Option<Section>,
    contents: Contents,
    ended: bool,
}

impl Reader {
    /// Reads the whole backup: its hash first, so that nothing unhashed is decoded, then every frame.
    pub(super) fn check(source: &dyn Source) -> Result<Contents, BackupFault> {
        let mut reader = Reader::open(source)?;
        while reader.next()?.is_some() {}
        Ok(reader.contents)
    }

    /// Begins to read, once the hash was found to be that of the bytes.
    pub(super) fn open(source: &dyn Source) -> Result<Reader, BackupFault> {
        let length = check_hash(source)?;
        let path = source.path().to_path_buf();
        let begin = || {
            let mut input = source.open()?;
            input.read_exact(&mut [0; HEADING.len()])?;
            let body = length.saturating_sub(HEADING.len() as u64 + HASH);
            let mut frames = zstd::Decoder::with_buffer(BufReader::new(input.take(body)))?;
            frames.window_log_max(WINDOW)?;
            Ok(frames)
        };
        let frames = begin().map_err(|why| BackupFault::File { path: path.clone(), why })?;
        Ok(Reader { path, frames, section: None, contents: Contents::default(), ended: false })
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, BackupFault> {
        while !self.ended {
            match self.take::<1>()? {
                [HEAD] => {
                    let size = u64::from_be_bytes(self.take()?);
                    self.contents.head = LogHead { size, root: Hash(self.take()?) };
                }
                [TABLE] => self.section = Some(Section::Table(self.name()?)),
                [SPACE] => self.section = Some(Section::Space(self.name()?)),
                [FILES] => self.section = Some(Section::Files),
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
        let section = self.section.clone().ok_or_else(|| self.damaged("a row belongs to nothing"))?;
        let frame = Frame { section, partition, key: self.take_bytes(key)?, value: self.take_bytes(value)? };
        self.contents.rows += 1;
        Ok(frame)
    }

    fn name(&mut self) -> Result<String, BackupFault> {
        let [length] = self.take()?;
        let name = self.take_bytes(usize::from(length))?;
        String::from_utf8(name).map_err(|_| self.damaged("a name is not text"))
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

/// Reads a backup through and compares the hash at its end with the bytes before it; how many bytes it has.
fn check_hash(source: &dyn Source) -> Result<u64, BackupFault> {
    let path = source.path().to_path_buf();
    let damaged = |why: &str| BackupFault::Damaged { path: path.clone(), why: why.to_owned() };
    // What is sealed shows a change or a cut by a fault of reading.
    let fault = |why: io::Error| match why.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => damaged(&why.to_string()),
        _ => BackupFault::File { path: path.clone(), why },
    };
    let mut input = source.open().map_err(fault)?;
    let mut hashed = Hashing::new(io::sink());
    let (mut held, mut piece, mut length) = (Vec::new(), vec![0; 1 << 16], 0u64);
    loop {
        let read = input.read(&mut piece).map_err(fault)?;
        if read == 0 {
            break;
        }
        held.extend_from_slice(piece.get(..read).unwrap_or_default());
        if length < HEADING.len() as u64
            && !held.starts_with(HEADING.get(..held.len().min(16)).unwrap_or_default())
        {
            return Err(damaged("it does not begin as one of version 1"));
        }
        length += read as u64;
        // The last bytes read may be the hash, which is not hashed.
        let sure = held.len().saturating_sub(HASH as usize);
        hashed.write_all(held.get(..sure).unwrap_or_default()).map_err(fault)?;
        held.drain(..sure);
    }
    if length < HEADING.len() as u64 + HASH {
        return Err(damaged("it does not begin as one of version 1"));
    }
    if hashed.context.finish().as_ref() != held {
        return Err(damaged("its hash does not match its bytes"));
    }
    Ok(length)
}

/// Reads bytes as a backup, and as the frames inside one: the hash and the compression, which a fuzzer cannot guess,
/// are put round them first. A fuzz target and the corpus test call this.
pub fn fuzz_entry(bytes: &[u8]) {
    let whole = |bytes: &[u8]| Reader::check(&InMemory(Arc::from(bytes)));
    let _any = whole(bytes).is_ok();
    let Ok(frames) = zstd::encode_all(bytes, 1) else { return };
    let body = [HEADING.as_slice(), &frames].concat();
    let hash = aws_lc_rs::digest::digest(&SHA256, &body);
    if let Ok(contents) = whole(&[&body, hash.as_ref()].concat()) {
        debug_assert!(contents.rows <= bytes.len() as u64, "no row is made up");
    }
}

/// A backup that is in memory.
struct InMemory(Arc<[u8]>);

impl Source for InMemory {
    fn path(&self) -> &Path {
        Path::new("memory")
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(Arc::clone(&self.0))))
    }
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
