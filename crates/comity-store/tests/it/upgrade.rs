//! Stores written by earlier programs still open: `fixtures/format-N.tar.zst` holds one that was stopped cleanly and
//! one that was killed. Add a fixture with each new format; never write an old one anew.

use crate::kill::{step, verify};
use comity_ledger::store::{Blobs, LogHead};
use comity_record::sha256;
use comity_store::{FjallOptions, FjallStore};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

const BLOB: &[u8] = b"a body of format 1";

fn fixture(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/format-{format}.tar.zst"))
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_of_format_1_open() {
    let folder = tempfile::tempdir().unwrap();
    let packed = zstd::Decoder::new(File::open(fixture(1)).unwrap()).unwrap();
    tar::Archive::new(packed).unpack(folder.path()).unwrap();
    for which in ["stopped", "killed"] {
        let store = FjallStore::open(&folder.path().join(which), FjallOptions::default()).await.unwrap();
        let now = verify(&store, 100).await;
        assert_eq!(now.size, 100);
        assert_eq!(Blobs::get(&store, sha256(&[BLOB]), 0, 99).await.unwrap().as_deref(), Some(BLOB));
        let next = step(&store, now).await.unwrap();
        verify(&store, next.size).await;
    }
}

/// Writes the fixture of a new format, once: `COMITY_WRITE_FIXTURE=1 cargo test -p comity-store write_fixture`.
#[tokio::test(flavor = "multi_thread")]
async fn write_fixture() {
    if std::env::var_os("COMITY_WRITE_FIXTURE").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for which in ["stopped", "killed"] {
        let dir = folder.path().join(which);
        let store = FjallStore::open(&dir, FjallOptions::default()).await.unwrap();
        store.put(BLOB).await.unwrap();
        let mut now = LogHead::default();
        for _ in 0..5 {
            now = step(&store, now).await.unwrap();
        }
        if which == "stopped" {
            store.close().await.unwrap();
        }
        drop(store);
        // A fresh journal is laid out as 64 MiB of zeros; what follows its commits need not be kept.
        for journal in fs::read_dir(dir.join("engine")).unwrap().map(|entry| entry.unwrap().path()) {
            if journal.extension().is_some_and(|ending| ending == "jnl") {
                let bytes = fs::read(&journal).unwrap();
                let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                fs::write(&journal, &bytes[..used]).unwrap();
            }
        }
    }
    let path = fixture(1);
    assert!(!path.exists(), "a fixture is written once");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let packed = zstd::Encoder::new(File::create(&path).unwrap(), 19).unwrap().auto_finish();
    let mut archive = tar::Builder::new(packed);
    archive.append_dir_all("", folder.path()).unwrap();
    archive.finish().unwrap();
}
