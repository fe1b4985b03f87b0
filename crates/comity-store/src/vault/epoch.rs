//! The epochs' keys in their file: one line each, the newest last. There are two only while an erasure is under way.
//!
//! ```text
//! comity epoch keys 1
//! 7 5e88…
//! ```

use super::{Random, VaultFault, seal::KEY};
use comity_record::Hash;
use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

const HEADING: &str = "comity epoch keys 1";
/// The most bytes such a file has.
const LIMIT: u64 = 1000;

/// A key that wraps rows, and its number.
pub(super) struct Epoch {
    pub(super) number: u64,
    pub(super) key: [u8; KEY],
}

/// The current epoch, and the former while rows are still under it.
pub(super) struct Epochs {
    current: Epoch,
    former: Option<Epoch>,
}

impl Epochs {
    /// Reads the file; `None` where there is none. It must not be open to others.
    pub(super) fn load(path: &Path) -> Result<Option<Epochs>, VaultFault> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(path, &error)),
        };
        let mode = file.metadata().map_err(|error| fault(path, &error))?.mode();
        if mode & 0o077 != 0 {
            return Err(fault(path, &format!("others can open it (mode {:o})", mode & 0o777)));
        }
        let mut text = String::new();
        file.take(LIMIT).read_to_string(&mut text).map_err(|error| fault(path, &error))?;
        parse(&text).map(Some).ok_or_else(|| fault(path, &"it is not such a file"))
    }

    /// Makes the first epoch and its file.
    pub(super) fn first(path: &Path, random: &dyn Random) -> Result<Epochs, VaultFault> {
        let epochs = Epochs { current: fresh(1, random)?, former: None };
        epochs.save(path)?;
        Ok(epochs)
    }

    /// A new epoch beside the current one.
    pub(super) fn with_next(&self, random: &dyn Random) -> Result<Epochs, VaultFault> {
        let former = Epoch { ..self.current };
        Ok(Epochs { current: fresh(former.number.saturating_add(1), random)?, former: Some(former) })
    }

    /// The current epoch alone.
    pub(super) fn without_former(&self) -> Epochs {
        Epochs { current: Epoch { ..self.current }, former: None }
    }

    pub(super) fn has_former(&self) -> bool {
        self.former.is_some()
    }

    pub(super) fn current(&self) -> &Epoch {
        &self.current
    }

    pub(super) fn get(&self, number: u64) -> Option<&Epoch> {
        [Some(&self.current), self.former.as_ref()].into_iter().flatten().find(|epoch| epoch.number == number)
    }

    /// Puts a new file in place of the former, which is overwritten once it is out of the way: a crash leaves one or
    /// the other. On disks that never overwrite in place only their own means help.
    pub(super) fn save(&self, path: &Path) -> Result<(), VaultFault> {
        let former = File::options().write(true).open(path);
        self.replace(path).map_err(|error| fault(path, &error))?;
        match former {
            Ok(file) => wipe(file).map_err(|error| fault(path, &error)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(fault(path, &error)),
        }
    }

    fn replace(&self, path: &Path) -> std::io::Result<()> {
        let part = path.with_extension("part");
        match fs::remove_file(&part) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        file.write_all(self.text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    }

    fn text(&self) -> String {
        let mut text = format!("{HEADING}\n");
        for epoch in self.former.iter().chain([&self.current]) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {}", epoch.number, Hash(epoch.key));
        }
        text
    }
}

fn fresh(number: u64, random: &dyn Random) -> Result<Epoch, VaultFault> {
    let mut key = [0; KEY];
    random.fill(&mut key)?;
    Ok(Epoch { number, key })
}

fn parse(text: &str) -> Option<Epochs> {
    let mut lines = text.lines();
    if lines.next()? != HEADING {
        return None;
    }
    let mut epochs = Vec::new();
    for line in lines {
        let (number, key) = line.split_once(' ')?;
        epochs.push(Epoch { number: number.parse().ok()?, key: Hash::from_hex(key)?.0 });
    }
    let current = epochs.pop()?;
    let former = epochs.pop();
    let in_order = former.as_ref().is_none_or(|former| former.number < current.number);
    (epochs.is_empty() && in_order).then_some(Epochs { current, former })
}

fn wipe(mut file: File) -> std::io::Result<()> {
    let length = usize::try_from(file.metadata()?.len().min(LIMIT)).unwrap_or_default();
    file.rewind()?;
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

fn fault(path: &Path, why: &dyn std::fmt::Display) -> VaultFault {
    VaultFault::EpochFile { path: path.to_path_buf(), why: why.to_string() }
}
