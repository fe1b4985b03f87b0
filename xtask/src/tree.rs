//! The files of the working tree, in a fixed order.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders that hold nothing of the project's own making.
const PASSED_OVER: [&str; 5] = ["target", ".git", "artifacts", "coverage", "node_modules"];

/// The workspace root, as the build knew it.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// All files under a folder, sorted, without build output.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = entry.file_name();
            if kind.is_dir() && !PASSED_OVER.iter().any(|p| name == *p) {
                waiting.push(entry.path());
            } else if kind.is_file() {
                out.push(entry.path());
            }
        }
    }
    out.sort();
    Ok(out)
}

/// The files under a folder whose name ends in one of the extensions.
pub fn files_ending(folder: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    let fits = |path: &PathBuf| extensions.iter().any(|e| path.extension().is_some_and(|own| own == *e));
    Ok(files(folder)?.into_iter().filter(fits).collect())
}

/// The sub-folders of `crates` that are crates, and `xtask`.
pub fn crates(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut out = vec![root.join("xtask")];
    for entry in fs::read_dir(root.join("crates"))? {
        let folder = entry?.path();
        if folder.join("Cargo.toml").is_file() {
            out.push(folder);
        }
    }
    out.sort();
    Ok(out)
}

/// A path as it is shown: relative to the root.
pub fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
