//! The crate against published STIX, the vectors of the OASIS validator, and our own exercise bundle.
//!
//! Published data is not part of this repository. Tests that need it run where it lies beside the repository, and say so
//! where it does not.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests may fail as tests do, and say which tests are not run"
)]

mod counts;
mod exercise;
mod hostile;
mod lists;
mod misp;
mod published;
mod vectors;

use std::{fs, io::Read, path::PathBuf};

/// A file of the shared threat data, decompressed; `None`, and a line on standard error, where it is not there.
fn shared(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/threat").join(name);
    let Ok(bytes) = fs::read(&path) else {
        eprintln!("not run: {name} is not beside the repository");
        return None;
    };
    Some(if name.ends_with(".zst") { zstd::decode_all(bytes.as_slice()).unwrap() } else { bytes })
}

/// The JSON, CSV and text files of a shared tar archive, by name.
fn shared_archive(name: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let mut files = untar(&shared(name)?);
    files.retain(|(path, _)| [".json", ".csv", ".txt"].iter().any(|ending| path.ends_with(ending)));
    Some(files)
}

/// The files of a tar archive, by name.
fn untar(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(bytes);
    let mut out = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            out.push((path, content));
        }
    }
    out.sort();
    out
}
