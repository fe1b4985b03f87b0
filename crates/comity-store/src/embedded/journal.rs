//! fjall's journals as files: what an audit finds in them before they are opened, and how they are emptied.

use super::fault::of_system;
use comity_ledger::store::StoreFault;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Refuses journals that the engine would silently cut short.
pub(super) fn audit(dir: &Path) -> Result<(), StoreFault> {
    let journals = list(dir)?;
    let began = dir.join("version").exists();
    if began && journals.is_empty() {
        return Err(StoreFault::Damaged { why: format!("`{}` holds no journal", dir.display()) });
    }
    for pair in journals.windows(2) {
        if let [(before, path), (after, _)] = pair
            && before + 1 != *after
        {
            let why = format!("the journal after `{}` is missing", path.display());
            return Err(StoreFault::Damaged { why });
        }
    }
    Ok(())
}

/// Empties the journals of a closed database whose rows are all in tables. The newest stays, empty: without one the
/// engine would count its commits from zero again. A crash in between leaves a suffix of them, all of it in tables.
pub(super) fn empty(dir: &Path) -> Result<(), StoreFault> {
    let mut journals = list(dir)?;
    let newest = journals.pop();
    for (_, path) in journals {
        fs::remove_file(&path).map_err(|error| of_system(&path, &error))?;
    }
    if let Some((_, path)) = newest {
        let file = File::options().write(true).open(&path).map_err(|error| of_system(&path, &error))?;
        file.set_len(0).and_then(|()| file.sync_all()).map_err(|error| of_system(&path, &error))?;
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| of_system(dir, &error))
}

/// The journals by number.
fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, StoreFault> {
    let fault = |error: std::io::Error| of_system(dir, &error);
    if !dir.try_exists().map_err(fault)? {
        return Ok(Vec::new());
    }
    let mut journals = Vec::new();
    for entry in fs::read_dir(dir).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_none_or(|ending| ending != "jnl") {
            continue;
        }
        match path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()) {
            Some(number) => journals.push((number, path)),
            None => {
                return Err(StoreFault::Damaged {
                    why: format!("`{}` is no journal's name", path.display()),
                });
            }
        }
    }
    journals.sort_unstable();
    Ok(journals)
}
