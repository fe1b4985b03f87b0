//! The warning lists of a party: files in the format of MISP that the configuration names. They act on exports, on
//! matching and hunting with what is held, and on what constituents are told.

use super::Fault;
use crate::{matching::Lists, random::Random};
use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// The lists, read when they are first wanted and again when a file has changed. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Warnings {
    paths: Arc<[PathBuf]>,
    kept: Arc<Mutex<Kept>>,
}

/// The files with their lengths and times.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;
/// The lists with the files they were read from.
type Kept = Option<(Stamp, Arc<Lists>)>;

impl Warnings {
    /// Of these files and folders.
    pub fn of(paths: &[PathBuf]) -> Warnings {
        Warnings { paths: paths.into(), kept: Arc::default() }
    }

    /// The lists as they are now.
    ///
    /// # Errors
    /// A file that cannot be read or used. Nothing then goes out without the lists.
    pub async fn lists(&self, random: &Arc<dyn Random>) -> Result<Arc<Lists>, Fault> {
        let (own, random) = (self.clone(), Arc::clone(random));
        let read = tokio::task::spawn_blocking(move || own.read(&*random)).await;
        read.map_err(|fault| Fault::new("import/broken", fault.to_string()))?
    }

    fn read(&self, random: &dyn Random) -> Result<Arc<Lists>, Fault> {
        let stamp = self.stamp()?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lists)) = kept.as_ref().filter(|(known, _)| *known == stamp) {
            return Ok(Arc::clone(lists));
        }
        let lists = Arc::new(Lists::load(&self.paths, false, random)?);
        *kept = Some((stamp, Arc::clone(&lists)));
        Ok(lists)
    }

    fn stamp(&self) -> Result<Stamp, Fault> {
        let mut stamp = Vec::new();
        for path in self.paths.iter() {
            for file in crate::matching::files(path)? {
                let found = fs::metadata(&file).ok();
                let length = found.as_ref().map_or(0, fs::Metadata::len);
                stamp.push((file, length, found.and_then(|found| found.modified().ok())));
            }
        }
        Ok(stamp)
    }
}
