//! Damaged, missing, cut, foreign and unwritable files: a clear fault, and nothing acknowledged comes back wrong.

use crate::kill::{Random, step, variable, verify};
use comity_ledger::store::{Batch, Blobs, Kv, LogHead, Order, Store, StoreFault};
use comity_store::{FjallOptions, FjallStore};
use comity_testing::store_contract::{LOG, VIEW, head, log_row, view_row};
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

async fn open(dir: &Path) -> Result<FjallStore, StoreFault> {
    FjallStore::open(dir, FjallOptions::default()).await
}

/// A store of some commits, left as a killed process leaves it (all in journals) or stopped cleanly (all in tables).
async fn store_in(dir: &Path, commits: u64, clean: bool) -> LogHead {
    let store = open(dir).await.unwrap();
    let mut now = LogHead::default();
    for _ in 0..commits {
        now = step(&store, now).await.unwrap();
    }
    if clean {
        store.close().await.unwrap();
    }
    now
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

fn files(dir: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, wanted))
        } else if wanted(&path) {
            found.push(path)
        }
    }
    found.sort();
    found
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "jnl")
}

/// The bytes of a file up to the last that is not zero.
fn used(path: &Path) -> u64 {
    let bytes = fs::read(path).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1)
}

fn flip(path: &Path, at: u64, bit: u8) {
    let mut file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[byte[0] ^ 1 << bit]).unwrap();
}

fn is_damaged(fault: &StoreFault) -> bool {
    matches!(fault, StoreFault::Damaged { why } if why.contains('`'))
}

/// Reads everything; either a fault or exactly what was written up to `size`.
async fn read_all(dir: &Path, size: u64) -> Result<(), StoreFault> {
    let store = open(dir).await?;
    let now = store.head().await?;
    store.scan(LOG, 1, b"", b"", 100_000, Order::Ascending).await?;
    store.get_many(VIEW, &[(1, b"size".to_vec())]).await?;
    Kv::get(&store, "last", b"size", 0).await?;
    assert_eq!(now.size, size, "the head went back without a word");
    verify(&store, size).await;
    Ok(())
}

/// Any bit of any commit but the last: the engine alone would drop the commits after some of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_a_journal_is_never_silent() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let now = store_in(whole.path(), 6, false).await;
    // The last commits are of another kind: what they change, nobody below looks at.
    let store = open(whole.path()).await.unwrap();
    store.commit(now, Batch { head: now, rows: vec![view_row(b"other", &[1; 2000])] }).await.unwrap();
    drop(store);
    let journal = files(whole.path(), &is_journal).pop().unwrap();
    let length = used(&journal) - 2100;
    let place = journal.strip_prefix(whole.path()).unwrap();
    let mut random = Random(0xF11);
    let mut refused = 0;
    // Every position of the first two hundred bytes, where headers are, then random ones.
    let positions: Vec<u64> = (0..200).chain((0..150).map(|_| random.below(length))).collect();
    for at in positions {
        let dir = broken.path().join("store");
        copy(whole.path(), &dir);
        let bit = u8::try_from(random.below(8)).unwrap();
        flip(&dir.join(place), at, bit);
        match read_all(&dir, now.size).await {
            Ok(()) => {}
            Err(fault) => {
                assert!(is_damaged(&fault), "byte {at} bit {bit}: {fault}");
                refused += 1;
            }
        }
        fs::remove_dir_all(&dir).unwrap();
    }
    assert!(refused > 300, "only {refused} of 350 flips were noticed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_a_table_is_never_silent() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let now = store_in(whole.path(), 12, true).await;
    let tables = files(whole.path(), &|path| path.components().any(|part| part.as_os_str() == "keyspaces"));
    assert!(tables.len() > 5, "{tables:?}");
    let mut random = Random(0x7AB1E);
    let mut refused = 0;
    for table in &tables {
        let length = fs::metadata(table).unwrap().len();
        for _ in 0..6 {
            let dir = broken.path().join("store");
            copy(whole.path(), &dir);
            let (at, bit) = (random.below(length.max(1)), u8::try_from(random.below(8)).unwrap());
            let place = table.strip_prefix(whole.path()).unwrap();
            if length > 0 {
                flip(&dir.join(place), at, bit);
            }
            match read_all(&dir, now.size).await {
                Ok(()) => {}
                Err(fault) => {
                    assert!(is_damaged(&fault), "{} byte {at} bit {bit}: {fault}", place.display());
                    refused += 1;
                }
            }
            fs::remove_dir_all(&dir).unwrap();
        }
    }
    assert!(refused > tables.len(), "only {refused} flips were noticed");
}

/// A cut tail is what a power cut leaves of a commit that was not acknowledged: whole commits remain, never a part.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_journal_keeps_whole_commits() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    store_in(whole.path(), 6, false).await;
    let journal = files(whole.path(), &is_journal).pop().unwrap();
    let length = used(&journal);
    let place = journal.strip_prefix(whole.path()).unwrap();
    let mut random = Random(0xC07);
    for _ in 0..40 {
        let dir = broken.path().join("store");
        copy(whole.path(), &dir);
        let cut = random.below(length);
        File::options().write(true).open(dir.join(place)).unwrap().set_len(cut).unwrap();
        let store = open(&dir).await.unwrap();
        let now = verify(&store, 0).await;
        // It goes on from there.
        step(&store, now).await.unwrap();
        drop(store);
        fs::remove_dir_all(&dir).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_files_are_named() {
    let whole = tempfile::tempdir().unwrap();
    store_in(whole.path(), 3, false).await;
    let journal = files(whole.path(), &is_journal).pop().unwrap();
    let journal = journal.strip_prefix(whole.path()).unwrap();
    for (missing, named) in [
        (journal, "engine"),
        (Path::new("engine/version"), "version"),
        (Path::new("engine"), "version"),
        (Path::new("format"), "format"),
    ] {
        let broken = tempfile::tempdir().unwrap();
        copy(whole.path(), broken.path());
        let path = broken.path().join(missing);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        let fault = open(broken.path()).await.unwrap_err();
        assert!(is_damaged(&fault) && fault.to_string().contains(named), "{}: {fault}", missing.display());
    }
}

/// A process killed while it created the engine: at any point of that the next one begins anew.
#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_creation_is_begun_again() {
    for left in [
        &[][..],
        &["engine/lock"],
        &["engine/lock", "engine/0.jnl"],
        &["engine/keyspaces/0/0", "engine/version"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("format"), "comity store format 1\nunfinished\n").unwrap();
        for name in left {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        store_in(folder.path(), 1, false).await;
        let store = open(folder.path()).await.unwrap();
        verify(&store, 20).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_formats_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    store_in(folder.path(), 1, true).await;
    for (text, named) in
        [("comity store format 2\n", "format 2"), ("", "names no store format"), ("7\n", "names no")]
    {
        fs::write(folder.path().join("format"), text).unwrap();
        let fault = open(folder.path()).await.unwrap_err();
        assert!(is_damaged(&fault) && fault.to_string().contains(named), "{text:?}: {fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_blob_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let hash = store.put(b"a body that will be damaged").await.unwrap();
    let name = hash.to_string();
    let path = files(folder.path(), &|path| path.ends_with(&name)).pop().unwrap();
    flip(&path, 3, 0);
    let fault = Blobs::get(&store, hash, 20, 22).await.unwrap_err();
    assert!(is_damaged(&fault) && fault.to_string().contains(&name), "{fault}");
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A file system of its own that is unmounted at the end.
struct Mounted(tempfile::TempDir);

impl Mounted {
    fn new(options: &str) -> Mounted {
        let mounted = Mounted(tempfile::tempdir().unwrap());
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(mounted.0.path())
            .status();
        assert!(done.unwrap().success(), "root cannot mount a tmpfs here");
        mounted
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options]).arg(self.0.path()).status().unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// A disk fills up under an import: the store says so, stays readable, accepts nothing more, and after the disk has
/// grown everything acknowledged is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_writes_and_loses_nothing() {
    if !is_root() {
        println!("not run: only root can mount a small file system");
        return;
    }
    let disk = Mounted::new("size=24m");
    let dir = disk.0.path().join("store");
    let store = open(&dir).await.unwrap();
    let mut now = LogHead::default();
    let fault = loop {
        match step(&store, now).await {
            Ok(next) => now = next,
            Err(fault) => break fault,
        }
    };
    assert!(matches!(&fault, StoreFault::ReadOnly { .. }), "{fault}");
    assert!(now.size > 1000, "{now}");
    let again = step(&store, store.head().await.unwrap()).await.unwrap_err();
    assert!(matches!(&again, StoreFault::ReadOnly { .. }), "{again}");
    let log = store.scan(LOG, 1, b"", b"", 1_000_000, Order::Ascending).await.unwrap();
    assert!(log.len() as u64 >= now.size, "reads go on");
    let blob = store.put(&vec![1; 30 << 20]).await.unwrap_err();
    assert!(matches!(&blob, StoreFault::ReadOnly { .. }), "{blob}");
    drop((store, log));
    disk.remount("size=200m");
    let store = open(&dir).await.unwrap();
    let head = store.head().await.unwrap();
    assert!(head.size >= now.size);
    let last = Kv::get(&store, "last", b"size", 0).await.unwrap();
    assert!(last.is_some());
    step(&store, head).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_place_is_said_so() {
    let disk = tempfile::tempdir().unwrap();
    let mounted = is_root().then(|| Mounted::new("size=200m"));
    let dir = mounted.as_ref().map_or(disk.path(), |mounted| mounted.0.path()).join("store");
    store_in(&dir, 2, true).await;
    // Root may write where modes forbid it, so for root the whole file system is read-only.
    match &mounted {
        Some(mounted) => mounted.remount("ro"),
        None => files(&dir, &|_| true).iter().for_each(|path| set_mode(path, 0o444)),
    }
    let fault = open(&dir).await.unwrap_err();
    let said = fault.to_string();
    assert!(matches!(&fault, StoreFault::ReadOnly { .. }), "{said}");
    assert!(said.contains("Read-only file system") || said.contains("Permission denied"), "{said}");
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

const LIMITED: &str = "COMITY_LIMITED_PLACE";

/// Not a test by itself: commits, then meets the limit that a parent has set on the size of files.
#[tokio::test(flavor = "multi_thread")]
async fn limited_child() {
    let Some(place) = variable(LIMITED) else { return };
    let store = open(Path::new(&place)).await.unwrap();
    let mut now = LogHead::default();
    for _ in 0..5 {
        now = step(&store, now).await.unwrap();
    }
    let rows = (0..5u8).map(|n| log_row(&[0xff, n], &vec![n; 20 << 20])).collect();
    let large = store.commit(now, Batch { head: head(now.size + 5, 0), rows }).await.unwrap_err();
    assert!(matches!(&large, StoreFault::ReadOnly { .. }), "{large}");
    assert_eq!(store.head().await.unwrap(), now, "the head did not move");
    let after = step(&store, now).await.unwrap_err();
    assert!(matches!(&after, StoreFault::ReadOnly { .. }), "{after}");
    println!("\nreached the end");
}

/// A commit that breaks off in the middle of the journal, as on a full disk, for every user and system.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_breaks_off_leaves_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    // 150,000 blocks of 512 bytes: more than a fresh journal, less than the large commit.
    let limited = "trap '' XFSZ; ulimit -f 150000; exec \"$@\"";
    let child = Command::new("sh")
        .args(["-c", limited, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "damage::limited_child", "--nocapture"])
        .env(LIMITED, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    let complained = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && said.contains("reached the end"), "{said}{complained}");
    let store = open(folder.path()).await.unwrap();
    let now = verify(&store, 100).await;
    step(&store, now).await.unwrap();
}

/// A directory that goes away under a running store.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_directory_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let mut now = head(1, 0);
    store.commit(LogHead::default(), Batch { head: now, rows: vec![log_row(b"a", b"1")] }).await.unwrap();
    fs::remove_dir_all(folder.path().join("engine")).unwrap();
    // The open journal still takes commits; the first write to a table finds out.
    let fault = loop {
        let next = head(now.size + 1, 0);
        let rows = vec![log_row(&next.size.to_be_bytes(), &vec![7; 2 << 20])];
        match store.commit(now, Batch { head: next, rows }).await {
            Ok(head) => now = head,
            Err(fault) => break fault,
        }
        assert!(now.size < 200, "nothing was noticed");
    };
    assert!(matches!(fault, StoreFault::ReadOnly { .. } | StoreFault::Damaged { .. }), "{fault}");
}
