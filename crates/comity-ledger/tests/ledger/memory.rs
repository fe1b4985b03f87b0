//! The store in memory keeps the promises of the interface.

use crate::log::{entries, log_of};
use comity_ledger::{
    MemoryStore,
    memory::{Fate, block_on},
    store::{
        Batch, Blobs, Class, ErasureAuthority, Follow, Kv, LogHead, Order, Row, Store, StoreFault, Table,
    },
};
use comity_record::{Hash, sha256};

const LOG: Table = Table { name: "truth", class: Class::Log };
const VIEW: Table = Table { name: "view", class: Class::Projection };

fn row(table: Table, partition: u32, key: &[u8], value: &[u8]) -> Row {
    Row { table, partition, key: key.to_vec(), value: value.to_vec() }
}

fn write(store: &MemoryStore, rows: Vec<Row>) -> Result<LogHead, StoreFault> {
    block_on(store.commit(LogHead::default(), Batch { head: LogHead::default(), rows }))
}

fn authority() -> ErasureAuthority {
    let store = MemoryStore::new();
    let mut log = log_of(&store, 3);
    let erasure = block_on(log.commit(&store, entries(3, 4), Vec::new())).unwrap();
    ErasureAuthority::from_entry(&erasure[0]).unwrap()
}

#[test]
fn log_rows_are_put_once_and_projections_overwritten() {
    let store = MemoryStore::new();
    write(&store, vec![row(LOG, 1, b"k", b"v"), row(VIEW, 1, b"k", b"v")]).unwrap();
    write(&store, vec![row(LOG, 1, b"k", b"v"), row(VIEW, 1, b"k", b"w")]).unwrap();
    let fault = write(&store, vec![row(VIEW, 1, b"k", b"x"), row(LOG, 1, b"k", b"w")]).unwrap_err();
    assert_eq!(fault.code(), "store/overwrite");
    let twice = write(&store, vec![row(LOG, 1, b"j", b"1"), row(LOG, 1, b"j", b"2")]).unwrap_err();
    assert_eq!(twice.code(), "store/overwrite");
    assert_eq!(block_on(store.get_many(VIEW, &[(1, b"k".to_vec())])).unwrap(), [Some(b"w".to_vec())]);
    assert_eq!(block_on(store.get_many(LOG, &[(1, b"j".to_vec())])).unwrap(), [None], "nothing was written");
}

#[test]
fn a_wrong_head_and_broken_bounds_write_nothing() {
    let store = MemoryStore::new();
    let head = LogHead { size: 1, root: sha256(&[b"x"]) };
    let batch = || Batch { head, rows: vec![row(LOG, 0, b"k", b"v")] };
    assert!(
        matches!(block_on(store.commit(head, batch())), Err(StoreFault::Conflict { found }) if found == LogHead::default())
    );
    block_on(store.commit(LogHead::default(), batch())).unwrap();
    assert_eq!(block_on(store.head()).unwrap(), head);
    assert_eq!(block_on(store.commit(LogHead::default(), batch())).unwrap_err().code(), "store/conflict");

    let other = MemoryStore::new();
    let long_key = row(LOG, 0, &[0; 1025], b"");
    let bad_name = row(Table { name: "No", class: Class::Log }, 0, b"", b"");
    let long_name = row(Table { name: "abcdefghijklmnopqrstuvwxyz", class: Class::Log }, 0, b"", b"");
    let long_value = Row { value: vec![0; (20 << 20) + 1], ..row(LOG, 0, b"", b"") };
    for wrong in [long_key, bad_name, long_name, long_value] {
        let fault = write(&other, vec![row(LOG, 0, b"k", b"v"), wrong]).unwrap_err();
        assert_eq!(fault.code(), "store/bounds");
    }
    assert_eq!(other.rows(LOG), []);
}

#[test]
fn scans_stay_in_their_partition() {
    let store = MemoryStore::new();
    let keys = [&b""[..], b"a", b"a\0", b"ab", b"b", b"\xff"];
    let rows = |partition| keys.iter().map(move |key| row(LOG, partition, key, key));
    write(&store, [0, 1, 2, u32::MAX].into_iter().flat_map(rows).collect()).unwrap();
    write(&store, vec![row(VIEW, 1, b"a", b"other")]).unwrap();
    let scan = |partition, from: &[u8], to: &[u8], limit, order| {
        let found = block_on(store.scan(LOG, partition, from, to, limit, order)).unwrap();
        assert!(found.iter().all(|(key, value)| key == value));
        found.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    use Order::{Ascending, Descending};
    assert_eq!(scan(1, b"", b"", 100, Ascending), keys);
    assert_eq!(scan(u32::MAX, b"", b"", 100, Ascending), keys);
    assert_eq!(scan(1, b"a", b"b", 100, Ascending), [&b"a"[..], b"a\0", b"ab"]);
    assert_eq!(scan(1, b"a", b"b", 2, Descending), [&b"ab"[..], b"a\0"]);
    assert_eq!(scan(1, b"b", b"", 1, Descending), [b"\xff"]);
    assert!(scan(1, b"b", b"a", 9, Ascending).is_empty() && scan(1, b"a", b"a", 9, Descending).is_empty());
    assert!(scan(7, b"", b"", 9, Ascending).is_empty() && scan(1, b"", b"", 0, Ascending).is_empty());
}

#[test]
fn projections_are_dropped_and_rows_erased() {
    let store = MemoryStore::new();
    write(&store, vec![row(LOG, 0, b"k", b"v"), row(VIEW, 0, b"k", b"v")]).unwrap();
    block_on(store.drop_projection(VIEW)).unwrap();
    assert_eq!(block_on(store.drop_projection(LOG)).unwrap_err().code(), "store/bounds");
    assert_eq!((store.rows(VIEW).len(), store.rows(LOG).len()), (0, 1));
    block_on(Store::erase(&store, LOG, &[(0, b"k".to_vec())], &authority())).unwrap();
    assert_eq!(store.rows(LOG), []);
}

#[test]
fn values_expire_and_are_exchanged() {
    let store = MemoryStore::new();
    let set = |expected: Option<&[u8]>, value: Option<&[u8]>, expires, now| {
        block_on(store.compare_and_set("s", b"k", expected, value, expires, now)).unwrap()
    };
    let get = |now| block_on(Kv::get(&store, "s", b"k", now)).unwrap();
    assert!(set(None, Some(b"1"), Some(10), 0));
    assert!(!set(None, Some(b"2"), None, 9), "still there");
    assert_eq!((get(9), get(10)), (Some(b"1".to_vec()), None));
    assert!(set(None, Some(b"2"), None, 10), "expired counts as absent");
    assert!(!set(Some(b"1"), None, None, 10));
    assert!(set(Some(b"2"), None, None, 10));
    assert_eq!(get(10), None);
    let pairs = [
        (b"a1".to_vec(), Some(b"x".to_vec())),
        (b"a2".to_vec(), Some(b"y".to_vec())),
        (b"b".to_vec(), Some(vec![])),
    ];
    block_on(store.put_many("t", &pairs)).unwrap();
    let keys = |prefix: &[u8], limit| {
        let found = block_on(store.list("t", prefix, limit, 0)).unwrap();
        found.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    assert_eq!(keys(b"a", 9), [b"a1", b"a2"]);
    assert_eq!((keys(b"", 2).len(), keys(b"", 9).len(), keys(b"c", 9).len()), (2, 3, 0));
    block_on(store.put_many("t", &[(b"a1".to_vec(), None)])).unwrap();
    assert_eq!(keys(b"a", 9), [b"a2"]);
}

#[test]
fn blobs_are_found_by_hash_and_range() {
    let store = MemoryStore::new();
    let hash = block_on(store.put(b"0123456789")).unwrap();
    assert_eq!((hash, block_on(store.put(b"0123456789")).unwrap()), (sha256(&[b"0123456789"]), hash));
    let get = |from, to| block_on(Blobs::get(&store, hash, from, to)).unwrap().unwrap();
    assert_eq!(
        (get(2, 5), get(8, u64::MAX), get(20, 30), get(5, 2)),
        (b"234".to_vec(), b"89".to_vec(), vec![], vec![])
    );
    assert_eq!(block_on(Blobs::get(&store, Hash::default(), 0, 1)).unwrap(), None);
    block_on(Blobs::erase(&store, hash, &authority())).unwrap();
    assert!(!block_on(store.exists(hash)).unwrap());
}

#[test]
fn faults_and_backups_are_for_tests_to_choose() {
    let store = MemoryStore::new();
    let image = store.image();
    store.set_faults(|_| Fate::FailAfter(StoreFault::Unreachable { why: "cut".into() }));
    assert_eq!(write(&store, vec![row(LOG, 0, b"k", b"v")]).unwrap_err().code(), "store/unreachable");
    store.clear_faults();
    assert_eq!(
        (store.rows(LOG).len(), store.clone().rows(LOG).len()),
        (1, 1),
        "written, and clones share it"
    );
    store.restore(image);
    assert_eq!(store.rows(LOG), []);
    assert_eq!(block_on(store.changed_after(7, 1000)).unwrap(), 0, "no time passes here");
}
