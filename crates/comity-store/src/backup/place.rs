//! Where a backup goes and where it comes from.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Where a backup is written. What was not finished counts as not there.
pub trait Sink: Write + Send {
    /// Makes what was written durable, under its name.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Where a backup is read from, from its beginning as often as it is asked for.
///
/// Bytes that were changed or cut are a fault of reading of the kind `InvalidData` or `UnexpectedEof`, where the source
/// can tell.
pub trait Source: Send + Sync {
    /// Its file, for faults.
    fn path(&self) -> &Path;
    /// Begins to read.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;
}

/// A file, written beside its place and put there when it is whole. Nobody else may read it.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
    finished: bool,
}

impl FileSink {
    /// Begins beside `path`. What an earlier attempt left there is overwritten.
    pub fn create(path: &Path) -> io::Result<FileSink> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        match fs::remove_file(&part) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        Ok(FileSink { path: path.to_path_buf(), part, file: BufWriter::new(file), finished: false })
    }
}

impl Write for FileSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sink for FileSink {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.part, &self.path)?;
        self.finished = true;
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty());
        dir.map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if !self.finished {
            // The fault that led here is what matters; a part that stays is overwritten by the next backup.
            let _gone = fs::remove_file(&self.part).is_err();
        }
    }
}

/// A file as it is.
#[derive(Clone, Debug)]
pub struct FileSource(PathBuf);

impl FileSource {
    /// The file at `path`, for the functions of this module.
    pub fn shared(path: &Path) -> Arc<dyn Source> {
        Arc::new(FileSource(path.to_path_buf()))
    }
}

impl Source for FileSource {
    fn path(&self) -> &Path {
        &self.0
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(BufReader::new(File::open(&self.0)?)))
    }
}
