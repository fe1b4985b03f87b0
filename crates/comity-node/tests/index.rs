//! The indexes of objects: rebuilt equal on both engines, and without what was erased.

use crate::support::share;
use comity_exchange::tables::LOG_TABLES;
use comity_ledger::{
    log::{ENTRIES, LEAVES, TILES},
    store::{Order, Pairs, Store, Table},
};
use comity_node::{
    app::{
        Action, SealedBodies,
        withdraw::{Erase, Recall},
    },
    projection::{
        Feed, Projector,
        index::{CLASSES, Classes, Concerned, IndexKey, Objects, ROWS, TERMS, Text, WORD_ROWS, WORDS},
    },
    random::SystemRandom,
};
use comity_store::{AnyStore, FjallOptions, FjallStore, PostgresOptions, PostgresStore, backup};
use comity_testing::postgres::PrivateCluster;
use std::{path::Path, sync::Arc};

/// Every row of every index.
async fn rows(store: &AnyStore) -> Vec<(&'static str, u32, Pairs)> {
    let mut all = Vec::new();
    for table in [TERMS, ROWS, CLASSES, WORDS, WORD_ROWS] {
        for partition in 0..8 {
            let found = store.scan(table, partition, &[], &[], u32::MAX, Order::Ascending).await.unwrap();
            all.push((table.name, partition, found));
        }
    }
    all
}

/// Drops the indexes of a store and builds them from its log.
async fn rebuild(store: &AnyStore, dir: &Path) {
    let bodies = SealedBodies::open(store.clone(), &dir.join("epoch.key")).await.unwrap();
    let feed = Feed::new(store.clone(), bodies);
    let key = Arc::new(IndexKey::open_at(&dir.join("index.key"), &SystemRandom).unwrap());
    let (mut objects, _) = Projector::new(
        Objects::new(Arc::clone(&key), Classes::default(), Concerned::default(), feed.clone()),
        feed.clone(),
    );
    objects.rebuild().await.unwrap();
    objects.catch_up().await.unwrap();
    let (mut text, _) = Projector::new(Text::new(key), feed);
    text.rebuild().await.unwrap();
    text.catch_up().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_indexes_are_rebuilt_equal_on_both_engines() {
    let (node, other) = crate::support::two().await;
    let imported = node.import().await;
    share(node.ctx(), "XB").await;
    node.delivered("XB").await;
    let records = &imported.records;
    let erase = |record: &String, objects| Erase { record: record.clone(), objects };
    erase(&records[0], vec![0]).run(node.ctx()).await.unwrap();
    erase(&records[1], vec![]).run(node.ctx()).await.unwrap();
    let (reason, purpose) = ("a false alarm".to_owned(), "cyber-defence".to_owned());
    let given = records.iter().skip(2);
    let mut recalled = 0;
    for (record, number) in given.zip(0..) {
        let (record, reason, purpose) = (record.clone(), reason.clone(), purpose.clone());
        // Every other one is narrowed, first by its marking and then by its audience.
        let to_tlp = (number % 2 == 1).then(|| "red".to_owned());
        let narrow_to = to_tlp.as_ref().map(|_| vec!["XC".to_owned()]);
        let recall = Recall { record, reason, purpose, ..Recall::default() };
        recalled += u32::from(Recall { to_tlp, ..recall.clone() }.run(node.ctx()).await.is_ok());
        if narrow_to.is_some() {
            recalled += u32::from(Recall { narrow_to, ..recall }.run(node.ctx()).await.is_ok());
        }
    }
    assert!(recalled > 0);
    let store = node.ctx().views.feed().store().clone();
    node.ctx().views.reach(store.head().await.unwrap().size).await.unwrap();
    let followed = rows(&store).await;
    let count = |all: &[(&str, u32, Pairs)], name: &str| {
        all.iter().filter(|(table, _, _)| *table == name).map(|(_, _, rows)| rows.len()).sum::<usize>()
    };
    for table in [TERMS, ROWS, CLASSES, WORDS, WORD_ROWS] {
        assert!(count(&followed, table.name) > 0, "{}", table.name);
    }

    // The same log on PostgreSQL, with the same keys.
    let dir = node.ctx().dir.clone();
    let tables: Vec<Table> = [ENTRIES, TILES, LEAVES].iter().chain(LOG_TABLES).copied().collect();
    let (log, keys) = (dir.join("log.backup"), dir.join("keys.backup"));
    backup::export_log(&store, &tables, &log).await.unwrap();
    backup::export_space(&store, comity_store::vault::KEYS, &keys).await.unwrap();
    let cluster = PrivateCluster::start(&[]).unwrap();
    let moved = PostgresStore::open(PostgresOptions::new(cluster.url(), "moved")).await.unwrap();
    backup::import_log(&moved, &tables, &log).await.unwrap();
    let moved = AnyStore::Postgres(moved);
    backup::import_space(&moved, comity_store::vault::KEYS, &keys).await.unwrap();
    rebuild(&moved, &dir).await;
    let there = rows(&moved).await;
    assert!(there == followed, "PostgreSQL: {:?}", differing(&there, &followed));

    // And dropped and built anew where it was.
    node.running.stop().await.unwrap();
    drop(store);
    let store = FjallStore::open(&dir.join("store"), FjallOptions::default()).await;
    let store = AnyStore::Fjall(store.unwrap());
    rebuild(&store, &dir).await;
    let again = rows(&store).await;
    assert!(again == followed, "fjall: {:?}", differing(&again, &followed));
    other.running.stop().await.unwrap();
}

fn differing(one: &[(&'static str, u32, Pairs)], other: &[(&'static str, u32, Pairs)]) -> Vec<String> {
    let pairs = one.iter().zip(other).filter(|(a, b)| a != b);
    pairs.map(|(a, b)| format!("{} {}: {} and {} rows", a.0, a.1, a.2.len(), b.2.len())).collect()
}
