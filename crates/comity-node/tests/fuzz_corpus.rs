//! Every file of the fuzz corpora through the entries that the fuzzer calls, as an ordinary test. A crash once found is
//! kept as a file, and stays found.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails")]

#[path = "../../../fuzz/entries/mod.rs"]
mod entries;

use entries::ENTRIES;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The names in a folder, without extensions.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn no_file_of_a_corpus_stops_its_entry() {
    let mut replayed = 0;
    for (target, _) in ENTRIES {
        for file in fs::read_dir(fuzz().join("corpus").join(target)).unwrap() {
            let path = file.unwrap().path();
            // Should the entry panic, the test's output ends with the file's name.
            println!("{}", path.display());
            entries::run(target, &fs::read(&path).unwrap());
            replayed += 1;
        }
    }
    assert!(replayed >= 5 * ENTRIES.len(), "only {replayed} files");
}

#[test]
fn every_entry_has_a_target_and_a_corpus() {
    let known: BTreeSet<String> = ENTRIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&fuzz().join("fuzz_targets")), known);
    assert_eq!(names(&fuzz().join("corpus")), known);
}
