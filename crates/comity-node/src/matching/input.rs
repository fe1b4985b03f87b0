//! Files as they lie there: plain, or folded by zstd or gzip, which their first bytes tell; and folders of them.

use super::MatchFault;
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Most bytes of a file of indicators or a list, unfolded: 4 GiB.
const MOST: u64 = 4 << 30;
/// The first bytes of a zstd frame (RFC 8878) and of a gzip member (RFC 1952).
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Counts the bytes of a file, as they lie there.
#[derive(Debug)]
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.count.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

/// Something to read, unfolded; `count` hears how many bytes of the file were read.
pub(crate) fn unfolded<R: Read + Send + 'static>(
    inner: R,
    count: Arc<AtomicU64>,
) -> io::Result<Box<dyn Read + Send>> {
    let mut input = BufReader::with_capacity(1 << 18, Counted { inner, count });
    let beginning = input.fill_buf()?;
    if beginning.starts_with(ZSTD) {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
        decoder.window_log_max(27)?;
        return Ok(Box::new(decoder));
    }
    if beginning.starts_with(GZIP) {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(input)));
    }
    Ok(Box::new(input))
}

/// The whole of a file, unfolded.
pub(super) fn whole(path: &Path) -> Result<Vec<u8>, MatchFault> {
    let failed = |why: io::Error| MatchFault::unreadable(path, &why);
    let file = File::open(path).map_err(failed)?;
    let mut out = Vec::new();
    unfolded(file, Arc::default()).map_err(failed)?.take(MOST + 1).read_to_end(&mut out).map_err(failed)?;
    if out.len() as u64 > MOST {
        return Err(MatchFault::TooLong { name: path.display().to_string(), most: MOST });
    }
    Ok(out)
}

/// The file itself, or the files of a folder and the folders in it, by name.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, MatchFault> {
    let failed = |why: io::Error| MatchFault::unreadable(path, &why);
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    let mut out = Vec::new();
    for entry in entries {
        // A link to a folder above would never end.
        if !entry.is_symlink() || entry.is_file() {
            out.extend(files(&entry)?);
        }
    }
    Ok(out)
}
