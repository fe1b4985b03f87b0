//! The directory of an embedded store: its format version and its lock.

use super::fault::of_system;
use comity_ledger::store::StoreFault;
use std::{
    fs::{self, File, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// The version of the layout this program writes. What changes it comes with an upgrade step in [`Place::claim`] and a
/// fixture of the former version under `tests/fixtures`.
pub(super) const FORMAT: u32 = 1;

const HEADING: &str = "comity store format ";
/// Second line of the format file until the engine was created once.
const UNFINISHED: &str = "unfinished";

/// A directory that this process alone has open.
#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
    _lock: File,
}

impl Place {
    /// Takes the lock, then checks the format, writing it where the directory is new.
    pub(super) fn claim(dir: PathBuf) -> Result<Place, StoreFault> {
        fs::create_dir_all(&dir).map_err(|error| of_system(&dir, &error))?;
        let lock = lock(&dir)?;
        let place = Place { dir, _lock: lock };
        match place.stated()? {
            None => place.begin()?,
            Some(Stated { version: FORMAT, finished: false }) => place.begin_again()?,
            Some(Stated { version: FORMAT, finished: true }) => place.engine_present()?,
            Some(Stated { version, .. }) => {
                let path = place.format();
                let why = format!(
                    "`{}` states store format {version}; this program reads format {FORMAT}",
                    path.display()
                );
                return Err(StoreFault::Damaged { why });
            }
        }
        Ok(place)
    }

    /// States that the engine was created, so that from now on its absence is damage.
    pub(super) fn finish(&self) -> Result<(), StoreFault> {
        self.write(&format!("{HEADING}{FORMAT}\n"))
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn engine(&self) -> PathBuf {
        self.dir.join("engine")
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.dir.join("blobs")
    }

    fn format(&self) -> PathBuf {
        self.dir.join("format")
    }

    fn stated(&self) -> Result<Option<Stated>, StoreFault> {
        let path = self.format();
        let mut text = String::new();
        match File::open(&path) {
            Ok(file) => file.take(100).read_to_string(&mut text).map_err(|error| of_system(&path, &error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(of_system(&path, &error)),
        };
        let mut lines = text.lines();
        let version =
            lines.next().and_then(|line| line.strip_prefix(HEADING)).and_then(|rest| rest.parse().ok());
        match version {
            Some(version) => Ok(Some(Stated { version, finished: lines.next() != Some(UNFINISHED) })),
            None => Err(StoreFault::Damaged { why: format!("`{}` names no store format", path.display()) }),
        }
    }

    /// Nothing was committed before the format file was written, so an engine without one is not ours to guess about.
    fn begin(&self) -> Result<(), StoreFault> {
        if self.engine().exists() {
            return Err(StoreFault::Damaged {
                why: format!("`{}` holds an engine but no `format` file", self.dir.display()),
            });
        }
        self.write(&format!("{HEADING}{FORMAT}\n{UNFINISHED}\n"))
    }

    /// The engine was cut off while it was created, which it does not take up again. Nothing was committed to it.
    fn begin_again(&self) -> Result<(), StoreFault> {
        let engine = self.engine();
        match fs::remove_dir_all(&engine) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(of_system(&engine, &error)),
            _ => Ok(()),
        }
    }

    fn engine_present(&self) -> Result<(), StoreFault> {
        let marker = self.engine().join("version");
        match marker.try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreFault::Damaged { why: format!("`{}` is missing", marker.display()) }),
            Err(error) => Err(of_system(&marker, &error)),
        }
    }

    fn write(&self, text: &str) -> Result<(), StoreFault> {
        write_durably(&self.dir, "format", text.as_bytes()).map_err(|error| of_system(&self.format(), &error))
    }
}

/// What a format file says.
struct Stated {
    version: u32,
    finished: bool,
}

/// Writes a small file so that after a crash there is the whole new one or the former one.
pub(crate) fn write_durably(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let part = dir.join(format!("{name}.part"));
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, dir.join(name))?;
    File::open(dir)?.sync_all()
}

/// How often a taken lock is tried again, and the pause between: two seconds together.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// Takes the lock. It can outlive its holder for a moment: a process that the holder was just starting has a copy of the
/// open file until it begins its own program. So a taken lock is tried again for two seconds before it is believed.
fn lock_soon(file: &File) -> Result<(), TryLockError> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            settled => return settled,
        }
    }
    file.try_lock()
}

fn lock(dir: &Path) -> Result<File, StoreFault> {
    let path = dir.join("lock");
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|error| of_system(&path, &error))?;
    match lock_soon(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(taken(dir, &mut file)),
        Err(TryLockError::Error(error)) => return Err(of_system(&path, &error)),
    }
    let process = std::process::id().to_string();
    file.set_len(0)
        .and_then(|()| file.write_all(process.as_bytes()))
        .map_err(|error| of_system(&path, &error))?;
    Ok(file)
}

fn taken(dir: &Path, file: &mut File) -> StoreFault {
    let mut owner = String::new();
    let read = file.take(20).read_to_string(&mut owner);
    let who = match read {
        Ok(_) if !owner.is_empty() => format!("process {owner}"),
        _ => "another process".to_owned(),
    };
    StoreFault::Unreachable { why: format!("`{}` is open in {who}", dir.display()) }
}
