//! The log over a store: appending, opening, reading, damage, the lost tail.

use comity_ledger::{
    Committed, Log, LogFault, MemoryStore, TreeHead,
    log::{ENTRIES, Held, LEAVES, LOG_PARTITION, TILES},
    memory::{Fate, Image, Operation, block_on},
    proof::{verify_consistency, verify_inclusion},
    store::{Class, ErasureAuthority, LogHead, Row, Store, StoreFault, Table},
    tile::{TileId, parse_bundle, parse_tile},
    tree::{commitment_leaf, empty_root, leaf_hash},
};
use comity_record::{Entry, EntryKind, EntrySalt, Timestamp, sha256};
use proptest::prelude::*;
use std::sync::{Arc, Mutex, OnceLock};

const VIEW: Table = Table { name: "view", class: Class::Projection };

pub fn entry(number: u64) -> (Entry, EntrySalt) {
    let kind = if number % 7 == 3 { EntryKind::Erasure } else { EntryKind::Authored };
    let at = Timestamp::from_millis(1_772_366_400_000 + number as i64);
    let mut entry = Entry::new(kind, at, "XA".parse().unwrap());
    entry.subject = Some(sha256(&[&number.to_be_bytes()]));
    let mut salt = [0; 16];
    salt[..8].copy_from_slice(&number.to_le_bytes());
    (entry, salt)
}

pub fn entries(from: u64, to: u64) -> Vec<(Entry, EntrySalt)> {
    (from..to).map(entry).collect()
}

/// A log of `size` entries, committed a thousand at a time.
pub fn log_of(store: &MemoryStore, size: u64) -> Log {
    let mut log = block_on(Log::open(store)).unwrap();
    while log.size() < size {
        let to = size.min(log.size() + 1000);
        block_on(log.commit(store, entries(log.size(), to), Vec::new())).unwrap();
    }
    log
}

/// A size with a full tile of level 1.
const LARGE: u64 = 66_000;

/// A store with a log of that size, made once.
fn large() -> MemoryStore {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    let store = MemoryStore::new();
    let make = || {
        let store = MemoryStore::new();
        log_of(&store, LARGE);
        store.image()
    };
    store.restore(IMAGE.get_or_init(make).clone());
    store
}

#[test]
fn an_entry_is_committed_with_the_rows_of_its_caller() {
    let store = MemoryStore::new();
    let mut log = block_on(Log::open(&store)).unwrap();
    assert_eq!((log.head(), log.tree_head()), (LogHead::default(), TreeHead::empty()));
    let view = Row { table: VIEW, partition: 7, key: b"k".to_vec(), value: b"v".to_vec() };
    let committed = block_on(log.commit(&store, entries(0, 3), vec![view.clone()])).unwrap();
    let indexes: Vec<u64> = committed.iter().map(Committed::index).collect();
    assert_eq!(indexes, [0, 1, 2]);
    for (done, (given, salt)) in committed.iter().zip(entries(0, 3)) {
        assert_eq!((done.entry(), done.salt()), (&given, &salt));
        assert_eq!(done.commitment(), given.commitment(&salt));
        assert_eq!(done.head(), log.head());
    }
    assert_eq!(block_on(store.head()).unwrap(), log.head());
    assert_eq!(store.rows(VIEW), [view]);
    let erasures: Vec<_> = committed.iter().map(ErasureAuthority::from_entry).collect();
    assert!(erasures.iter().all(Option::is_none), "none of these erases");
    let fourth = block_on(log.commit(&store, entries(3, 4), Vec::new())).unwrap();
    assert_eq!(ErasureAuthority::from_entry(&fourth[0]).unwrap().index(), 3);
}

#[test]
fn rows_alone_leave_the_head() {
    let store = MemoryStore::new();
    let log = log_of(&store, 2);
    let row = Row { table: VIEW, partition: 0, key: vec![], value: vec![1] };
    block_on(log.write(&store, vec![row])).unwrap();
    assert_eq!(block_on(store.head()).unwrap(), log.head());
}

/// Sizes around the borders of tiles: what opens is what was written, every proof holds, every tile has its bytes.
#[test]
fn logs_open_again() {
    for size in [0, 1, 255, 256, 257, 511, 512, 1000, LARGE] {
        let store = if size == LARGE { large() } else { MemoryStore::new() };
        let log = log_of(&store, size);
        let opened = block_on(Log::open(&store)).unwrap();
        assert_eq!((opened.head(), opened.tree_head()), (log.head(), log.tree_head()), "{size}");
        for index in [0, 1, 254, 255, 256, size / 2, size.saturating_sub(1)].into_iter().filter(|i| *i < size)
        {
            check_entry(&opened, &store, index);
        }
        for old in [0, 1, 255, 256, size / 2, size].into_iter().filter(|old| *old <= size) {
            let proof = block_on(opened.consistency_proof(&store, old, size)).unwrap();
            let old_root = block_on(opened.root_at(&store, old)).unwrap();
            verify_consistency(old, &old_root, size, &opened.tree_head().root, &proof).unwrap();
        }
    }
}

fn check_entry(log: &Log, store: &MemoryStore, index: u64) {
    let held = block_on(log.entry(store, index)).unwrap();
    let (expected, salt) = entry(index);
    assert_eq!((held.entry(), held.salt(), held.index()), (&expected, &salt, index));
    let proof = block_on(log.inclusion_proof(store, index, log.size())).unwrap();
    verify_inclusion(held.leaf(), index, log.size(), &proof, &log.tree_head().root).unwrap();
}

#[test]
fn tiles_and_bundles_are_served_at_their_widths() {
    let store = MemoryStore::new();
    let log = log_of(&store, 600);
    let leaves = block_on(log.leaf_hashes(&store, 250, 530)).unwrap();
    let expected: Vec<_> = entries(250, 530).iter().map(|(e, s)| commitment_leaf(&e.commitment(s))).collect();
    assert_eq!(leaves, expected);
    let tile = |level, index, width| block_on(log.tile(&store, TileId { level, index }, width)).unwrap();
    assert_eq!(parse_tile(&tile(0, 2, 18).unwrap()).unwrap(), leaves[262..280]);
    assert_eq!(tile(0, 0, 256).unwrap().len(), 8192);
    assert_eq!(parse_tile(&tile(1, 0, 2).unwrap()).unwrap().len(), 2);
    for (level, index, width) in [(0, 2, 89), (0, 3, 1), (1, 0, 3), (0, 0, 0), (0, u64::MAX, 1), (9, 0, 1)] {
        assert_eq!(tile(level, index, width), None, "tile/{level}/{index}.p/{width}");
    }
    let bundle = block_on(log.bundle(&store, 2, 88)).unwrap().unwrap();
    let commitments = parse_bundle(&bundle).unwrap();
    assert_eq!(leaf_hash(commitments[17].as_bytes()), leaves[279]);
    assert_eq!(block_on(log.bundle(&store, 2, 89)).unwrap(), None);
}

#[test]
fn a_faster_writer_wins_and_nothing_changes_in_memory() {
    let store = MemoryStore::new();
    let mut first = log_of(&store, 5);
    let mut second = first.clone();
    block_on(first.commit(&store, entries(5, 6), Vec::new())).unwrap();
    let head = second.head();
    let fault = block_on(second.commit(&store, entries(5, 7), Vec::new())).unwrap_err();
    assert_eq!((fault.code(), second.head()), ("store/conflict", head));
    assert!(block_on(second.catch_up(&store)).unwrap());
    assert_eq!(second.head(), first.head());
    assert!(!block_on(second.catch_up(&store)).unwrap());
    block_on(second.commit(&store, entries(6, 7), Vec::new())).unwrap();
    assert_eq!(block_on(Log::open(&store)).unwrap().size(), 7);
}

#[test]
fn a_commit_whose_answer_was_lost_is_caught_up() {
    let store = MemoryStore::new();
    let mut log = log_of(&store, 5);
    store.set_faults(|_| Fate::FailAfter(StoreFault::Unreachable { why: "cut".into() }));
    let fault = block_on(log.commit(&store, entries(5, 9), Vec::new())).unwrap_err();
    assert_eq!((fault.code(), log.size()), ("store/unreachable", 5));
    store.clear_faults();
    assert!(block_on(log.catch_up(&store)).unwrap());
    assert_eq!(log.size(), 9);
    check_entry(&log, &store, 8);
}

#[test]
fn a_refused_commit_leaves_log_and_store_as_they_were() {
    let store = MemoryStore::new();
    let mut log = log_of(&store, 300);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    store.set_faults(move |operation| {
        noted.lock().unwrap().push(operation);
        Fate::Fail(StoreFault::ReadOnly { why: "no space left".into() })
    });
    let before = (log.head(), store.image());
    let fault = block_on(log.commit(&store, entries(300, 600), Vec::new())).unwrap_err();
    assert_eq!(fault.code(), "store/read-only");
    assert_eq!((log.head(), store.image()), before);
    assert!(
        matches!(seen.lock().unwrap()[..], [Operation::Commit { rows: 301, .. }]),
        "300 entries and one tile"
    );
}

/// Another caller's log that lost its place must not be taken for this one.
#[test]
fn a_store_with_another_history_is_not_caught_up() {
    let (store, other) = (MemoryStore::new(), MemoryStore::new());
    let mut log = log_of(&store, 5);
    block_on(log_of(&other, 0).commit(&other, entries(100, 110), Vec::new())).unwrap();
    store.restore(other.image());
    assert_eq!(block_on(log.catch_up(&store)).unwrap_err().code(), "ledger/root");
    store.restore(MemoryStore::new().image());
    assert_eq!(block_on(log.catch_up(&store)).unwrap_err().code(), "ledger/missing-entry");
    assert_eq!(log.size(), 5);
}

/// Each kind of damage is found at start, or by the full audit where it lies in the middle.
#[test]
fn damage_is_named() {
    let sound = MemoryStore::new();
    log_of(&sound, 900);
    let missing = |table: Table, key: Vec<u8>| damaged(&sound, table, &key, None);
    let altered = |table: Table, key: Vec<u8>| {
        let mut value =
            block_on(sound.get_many(table, &[(LOG_PARTITION, key.clone())])).unwrap().remove(0).unwrap();
        value[20] ^= 1;
        damaged(&sound, table, &key, Some(&value))
    };
    let index = |index: u64| index.to_be_bytes().to_vec();
    let tile = |level, index| TileId { level, index }.key();

    assert_eq!(at_start(&missing(ENTRIES, index(800))), "ledger/missing-entry");
    assert_eq!(at_start(&altered(ENTRIES, index(800))), "ledger/root");
    assert_eq!(at_start(&missing(TILES, tile(0, 2))), "ledger/missing-tile");
    assert_eq!(at_start(&altered(TILES, tile(0, 2))), "ledger/root");
    assert_eq!(at_start(&damaged(&sound, TILES, &tile(0, 2), Some(&[0; 64]))), "ledger/missing-tile");
    assert_eq!(at_start(&damaged(&sound, ENTRIES, &index(900), Some(&[0; 64]))), "ledger/beyond-head");

    assert_eq!(at_audit(&sound), None);
    assert_eq!(at_audit(&missing(ENTRIES, index(7))), Some("ledger/missing-entry"));
    assert_eq!(at_audit(&altered(ENTRIES, index(7))), Some("ledger/altered-tile"));

    let store = altered(ENTRIES, index(7));
    let log = block_on(Log::open(&store)).unwrap();
    assert_eq!(block_on(log.entry(&store, 7)).unwrap_err().code(), "ledger/altered-entry");
}

/// In a log with a full tile of level 1, the start reads that tile, and the audit every one below it.
#[test]
fn damage_of_a_large_log_is_named() {
    let store = large();
    for (level, index, code) in [(1, 0, "ledger/missing-tile"), (0, 256, "ledger/missing-tile")] {
        let key = TileId { level, index }.key();
        assert_eq!(at_start(&damaged(&store, TILES, &key, None)), code);
    }
    let inner = damaged(&store, TILES, &TileId { level: 0, index: 3 }.key(), Some(&[1; 8192]));
    assert_eq!(at_audit(&inner), Some("ledger/altered-tile"));
    let without = damaged(&store, TILES, &TileId { level: 0, index: 3 }.key(), None);
    assert_eq!(at_audit(&without), Some("ledger/missing-tile"));
}

/// A log that ends with a full tile has its last entry in no partial tile.
#[test]
fn the_last_entry_is_compared_at_a_tile_border() {
    let store = MemoryStore::new();
    log_of(&store, 512);
    store.damage(ENTRIES, LOG_PARTITION, &511u64.to_be_bytes(), Some(b"something else"));
    assert_eq!(at_start(&store), "ledger/altered-entry");
}

fn damaged(sound: &MemoryStore, table: Table, key: &[u8], value: Option<&[u8]>) -> MemoryStore {
    let store = MemoryStore::new();
    store.restore(sound.image());
    store.damage(table, LOG_PARTITION, key, value);
    store
}

fn at_start(store: &MemoryStore) -> &'static str {
    block_on(Log::open(store)).map(|log| log.size()).unwrap_err().code()
}

fn at_audit(store: &MemoryStore) -> Option<&'static str> {
    let log = block_on(Log::open(store)).unwrap();
    block_on(log.audit(store)).err().map(|fault| fault.code())
}

/// An old backup is restored; a witness kept the hashes; the tree goes on, and the lost entries are marked.
#[test]
fn a_lost_tail_is_refilled_from_leaf_hashes() {
    let store = MemoryStore::new();
    log_of(&store, 200);
    let backup = store.image();
    let full = log_of(&store, 9000);
    let head = full.tree_head();
    let leaves = block_on(full.leaf_hashes(&store, 200, 9000)).unwrap();
    store.restore(backup);

    let mut log = block_on(Log::open(&store)).unwrap();
    assert_eq!(log.size(), 200);
    let wrong = log.check_refill(leaves[1..].to_vec(), head).unwrap_err();
    assert_eq!(wrong.code(), "ledger/refill");
    let mut altered = leaves.clone();
    altered[4000].0[0] ^= 1;
    assert_eq!(log.check_refill(altered, head).unwrap_err().code(), "ledger/refill");

    let refill = log.check_refill(leaves, head).unwrap();
    assert_eq!(refill.range(), (200, 9000));
    block_on(log.restore_tail(&store, refill)).unwrap();
    assert_eq!(log.tree_head(), head);
    assert_eq!(store.rows(LEAVES).len(), 8800);

    let mut log = block_on(Log::open(&store)).unwrap();
    block_on(log.commit(&store, entries(9000, 9300), Vec::new())).unwrap();
    let audit = block_on(Log::open(&store)).map(|log| block_on(log.audit(&store))).unwrap().unwrap();
    assert_eq!((audit.head.size, audit.lost), (9300, 8800));
    let held = block_on(log.read(&store, 199, 3)).unwrap();
    assert!(matches!(
        held[..],
        [Held::Entry(_), Held::Lost { index: 200, .. }, Held::Lost { index: 201, .. }]
    ));
    assert!(matches!(block_on(log.entry(&store, 500)), Err(LogFault::Lost { index: 500 })));
    assert_eq!(block_on(log.bundle(&store, 1, 256)).unwrap_err().code(), "ledger/lost-entry");
    check_entry(&log, &store, 199);
    check_entry(&log, &store, 9299);
}

/// A crash in the middle of a refill leaves a shorter prefix, from which the next refill goes on.
#[test]
fn an_interrupted_refill_goes_on() {
    let store = MemoryStore::new();
    let backup = store.image();
    let full = log_of(&store, 9000);
    let (head, leaves) = (full.tree_head(), block_on(full.leaf_hashes(&store, 0, 9000)).unwrap());
    store.restore(backup);
    let mut log = block_on(Log::open(&store)).unwrap();
    let refill = log.check_refill(leaves.clone(), head).unwrap();
    let mut left = 1;
    store.set_faults(move |operation| match operation {
        Operation::Commit { .. } if left == 0 => Fate::Fail(StoreFault::ReadOnly { why: "crash".into() }),
        Operation::Commit { .. } => {
            left -= 1;
            Fate::Pass
        }
        _ => Fate::Pass,
    });
    assert_eq!(block_on(log.restore_tail(&store, refill)).unwrap_err().code(), "store/read-only");
    store.clear_faults();
    let mut log = block_on(Log::open(&store)).unwrap();
    assert_eq!(log.size(), 4096);
    let refill = log.check_refill(leaves[4096..].to_vec(), head).unwrap();
    block_on(log.restore_tail(&store, refill)).unwrap();
    assert_eq!(log.tree_head(), head);
}

#[test]
fn an_overlong_entry_is_refused() {
    let store = MemoryStore::new();
    let mut log = log_of(&store, 1);
    let (mut long, salt) = entry(1);
    long.engine = Some("x".repeat(5000));
    let fault = block_on(log.commit(&store, vec![(long, salt)], Vec::new())).unwrap_err();
    assert_eq!((fault.code(), log.size()), ("store/bounds", 1));
    assert_eq!(empty_root(), block_on(log.root_at(&store, 0)).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the entries are grouped, and wherever the process restarts, the tree is the same and proofs hold.
    #[test]
    fn grouping_does_not_matter(groups in prop::collection::vec(0u64..150, 1..12), reopen in any::<u16>(), pick in any::<u64>()) {
        let store = MemoryStore::new();
        let mut log = block_on(Log::open(&store)).unwrap();
        for (number, group) in groups.iter().enumerate() {
            let from = log.size();
            block_on(log.commit(&store, entries(from, from + group), Vec::new())).unwrap();
            if reopen >> number & 1 == 1 {
                log = block_on(Log::open(&store)).unwrap();
            }
        }
        let once = MemoryStore::new();
        prop_assert_eq!(log_of(&once, log.size()).head(), log.head());
        prop_assert_eq!(once.rows(ENTRIES), store.rows(ENTRIES));
        prop_assert_eq!(once.rows(TILES), store.rows(TILES));
        if log.size() > 0 {
            check_entry(&log, &store, pick % log.size());
        }
    }
}
