//! Backups: engine-independent, whole or refused, and heads equal on the other side.

use crate::kill::{Random, step};
use comity_ledger::{
    MemoryStore,
    memory::{Fate, Operation},
    store::{Batch, Kv, LogHead, Order, Pairs, Store, StoreFault},
};
use comity_store::{
    AnyStore, FjallOptions, FjallStore, PostgresOptions, PostgresStore,
    backup::{self, BackupFault},
};
use comity_testing::{
    postgres::PrivateCluster,
    store_contract::{LOG, VIEW, head, log_row},
};
use std::{fs, path::Path};

async fn embedded(dir: &Path) -> AnyStore {
    AnyStore::Fjall(FjallStore::open(dir, FjallOptions::default()).await.unwrap())
}

/// Thirty commits, some rows in other partitions and one large row.
async fn filled(dir: &Path) -> (AnyStore, LogHead) {
    let store = embedded(dir).await;
    let mut now = LogHead::default();
    for _ in 0..30 {
        now = step(&store, now).await.unwrap();
    }
    let mut rows = vec![log_row(b"large", &[9; 3 << 20])];
    for partition in [0, 7, u32::MAX] {
        rows.extend((0..1100u32).map(|n| {
            let mut row = log_row(&n.to_be_bytes(), &partition.to_be_bytes());
            row.partition = partition;
            row
        }));
    }
    store.commit(now, Batch { head: now, rows }).await.unwrap();
    (store, now)
}

async fn log_of<S: Store>(store: &S) -> Vec<Pairs> {
    let mut all = Vec::new();
    for partition in [0, 1, 7, u32::MAX] {
        all.push(store.scan(LOG, partition, b"", b"", 100_000, Order::Ascending).await.unwrap());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_moves_to_postgres_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, now) = filled(&folder.path().join("first")).await;
    let (there, back) = (folder.path().join("there"), folder.path().join("back"));
    let written = backup::export_log(&store, &[LOG], &there).await.unwrap();
    assert_eq!((written.head, written.rows), (now, now.size + 1 + 3300));
    assert_eq!(backup::check(&there).await.unwrap(), written);

    let cluster = PrivateCluster::start(&[]).unwrap();
    let other = PostgresStore::open(PostgresOptions::new(cluster.url(), "moved")).await.unwrap();
    assert_eq!(backup::import_log(&other, &[LOG], &there).await.unwrap(), written);
    assert_eq!(other.head().await.unwrap(), now);
    assert!(log_of(&other).await == log_of(&store).await);
    assert_eq!(other.scan(VIEW, 1, b"", b"", 9, Order::Ascending).await.unwrap(), [], "no projection moves");
    assert_eq!(backup::import_log(&other, &[LOG], &there).await.unwrap(), written, "twice is harmless");

    let other = AnyStore::Postgres(other);
    backup::export_log(&other, &[LOG], &back).await.unwrap();
    assert!(fs::read(&there).unwrap() == fs::read(&back).unwrap(), "both engines write the same bytes");
    let third = embedded(&folder.path().join("third")).await;
    backup::import_log(&third, &[LOG], &back).await.unwrap();
    assert!(third.head().await.unwrap() == now && log_of(&third).await == log_of(&store).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn spaces_move_too() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = PrivateCluster::start(&[]).unwrap();
    let first = embedded(&folder.path().join("first")).await;
    let second = PostgresStore::open(PostgresOptions::new(cluster.url(), "moved")).await.unwrap();
    let second = AnyStore::Postgres(second);
    let values: Vec<_> = (0..1200u32).map(|n| (n.to_be_bytes().to_vec(), Some(vec![7; 40]))).collect();
    first.put_many("keys", &values).await.unwrap();
    first.compare_and_set("keys", b"session", None, Some(b"x"), Some(5), 0).await.unwrap();
    let (there, back) = (folder.path().join("there"), folder.path().join("back"));
    assert_eq!(backup::export_space(&first, "keys", &there).await.unwrap().rows, 1200);
    let wrong = backup::import_space(&second, "other", &there).await.unwrap_err();
    assert_eq!(wrong.code(), "backup/unknown-table");
    backup::import_space(&second, "keys", &there).await.unwrap();
    assert_eq!(second.list("keys", b"", 5000, 0).await.unwrap().len(), 1200);
    backup::export_space(&second, "keys", &back).await.unwrap();
    assert!(fs::read(&there).unwrap() == fs::read(&back).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_import_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (store, now) = filled(&folder.path().join("store")).await;
    let file = folder.path().join("file");
    backup::export_log(&store, &[LOG], &file).await.unwrap();
    let target = MemoryStore::new();
    for broken in 0..5 {
        let mut commits = 0;
        target.set_faults(move |operation| {
            let fault = StoreFault::ReadOnly { why: "pulled".to_owned() };
            commits += u32::from(matches!(operation, Operation::Commit { .. }));
            if commits > broken { Fate::FailAfter(fault) } else { Fate::Pass }
        });
        backup::import_log(&target, &[LOG], &file).await.unwrap_err();
        target.clear_faults();
        assert_eq!(target.head().await.unwrap(), LogHead::default(), "the head moves last");
    }
    backup::import_log(&target, &[LOG], &file).await.unwrap();
    assert!(target.head().await.unwrap() == now && log_of(&target).await == log_of(&store).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (store, now) = filled(&folder.path().join("store")).await;
    let file = folder.path().join("file");
    let projection = backup::export_log(&store, &[LOG, VIEW], &file).await.unwrap_err();
    assert_eq!(projection.code(), "backup/projection");
    assert!(!file.exists());
    backup::export_log(&store, &[LOG], &file).await.unwrap();

    let (closed, lost) = (embedded(&folder.path().join("closed")).await, folder.path().join("lost"));
    let AnyStore::Fjall(engine) = &closed else { return };
    engine.close().await.unwrap();
    assert_eq!(backup::export_log(&closed, &[LOG], &lost).await.unwrap_err().code(), "store/read-only");
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        left.into_iter().all(|name| !name.to_string_lossy().starts_with("lost")),
        "no part is left behind"
    );

    let target = MemoryStore::new();
    let unknown = backup::import_log(&target, &[], &file).await.unwrap_err();
    assert_eq!(unknown.code(), "backup/unknown-table");
    target.commit(LogHead::default(), Batch { head: head(1, 5), rows: Vec::new() }).await.unwrap();
    let full = backup::import_log(&target, &[LOG], &file).await.unwrap_err();
    assert_eq!(full.code(), "backup/not-empty");
    assert_ne!(target.head().await.unwrap(), now);
    let absent = backup::check(&folder.path().join("absent")).await.unwrap_err();
    assert_eq!(absent.code(), "backup/file");

    let whole = fs::read(&file).unwrap();
    let mut random = Random(0xBAC);
    for round in 0..60 {
        let mut bytes = whole.clone();
        let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
        match round % 3 {
            0 => bytes[at] ^= 1 << (round % 8),
            1 => bytes.truncate(at),
            _ => bytes.extend_from_slice(b"more"),
        }
        fs::write(&file, bytes).unwrap();
        let empty = MemoryStore::new();
        let damaged = backup::import_log(&empty, &[LOG], &file).await.unwrap_err();
        assert!(matches!(damaged, BackupFault::Damaged { .. }), "{damaged}");
        assert_eq!(empty.image(), MemoryStore::new().image(), "nothing of a damaged backup is written");
    }
}
