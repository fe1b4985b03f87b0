//! The two files of a backup: the log, sealed to the party's own sealing key, and the copy of the keys.

use crate::{
    random::Random,
    seal::{Opening, RecipientKey, SealFault, Sealing, SealingKey},
};
use comity_record::PartyCode;
use comity_store::backup::{FileSink, Sink, Source};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A file whose bytes are sealed as they are written.
pub(super) struct SealedSink(Option<Sealing<FileSink>>);

impl SealedSink {
    /// Begins a file that only the party itself can open.
    pub(super) fn create(
        path: &Path,
        party: &PartyCode,
        key: &RecipientKey,
        random: &dyn Random,
    ) -> Result<SealedSink, SealFault> {
        let sealing = Sealing::new(FileSink::create(path)?, party, party, key, random)?;
        Ok(SealedSink(Some(sealing)))
    }
}

impl Write for SealedSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(0), |sealing| sealing.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), Sealing::flush)
    }
}

impl Sink for SealedSink {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        match self.0.take() {
            Some(sealing) => Box::new(sealing.finish()?).finish(),
            None => Ok(()),
        }
    }
}

/// A sealed file with the keys that may open it.
pub(super) struct SealedSource {
    pub(super) path: PathBuf,
    pub(super) party: PartyCode,
    pub(super) keys: Vec<SealingKey>,
}

impl SealedSource {
    /// Whether it is sealed to the party, and to a key that is held here.
    pub(super) fn check(&self) -> Result<(), SealFault> {
        Opening::new(BufReader::new(File::open(&self.path)?), &self.party, &self.keys).map(drop)
    }
}

impl Source for SealedSource {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = BufReader::new(File::open(&self.path)?);
        Ok(Box::new(Opening::new(file, &self.party, &self.keys)?))
    }
}

/// A file that takes the place of its former copy, which is overwritten once it is out of the way: of keys there is to be
/// the latest copy only. On disks that never overwrite in place only their own means help.
pub(super) struct LatestSink {
    file: FileSink,
    former: Option<File>,
}

impl LatestSink {
    pub(super) fn create(path: &Path) -> io::Result<LatestSink> {
        let former = match OpenOptions::new().write(true).open(path) {
            Ok(file) => Some(file),
            Err(why) if why.kind() == io::ErrorKind::NotFound => None,
            Err(why) => return Err(why),
        };
        Ok(LatestSink { file: FileSink::create(path)?, former })
    }
}

impl Write for LatestSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sink for LatestSink {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let LatestSink { file, former } = *self;
        Box::new(file).finish()?;
        let Some(mut former) = former else { return Ok(()) };
        let zeros = io::repeat(0).take(former.metadata()?.len());
        io::copy(&mut { zeros }, &mut former)?;
        former.sync_all()
    }
}

/// Writes a new file that only its owner reads, durably.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
