//! Processes of one party beside each other on one PostgreSQL: what each may do while another is at work. Here they live in
//! one test; `processes.rs` runs them as processes and kills them.

use crate::{
    processes::folder_beside,
    support::{Node, configured, ctx_of, import, start},
};
use comity_ledger::store::{Order, Store};
use comity_node::{
    app::{Action, Ctx, search::Search, tenure::SEQUENCER},
    clock::Clock,
    config::Text,
    projection::index::{WORD_ROWS, WORDS},
};
use comity_record::PartyCode;
use comity_store::{AnyStore, Claim, Lease, PostgresOptions, PostgresStore};
use comity_testing::postgres::PrivateCluster;
use std::{fs, path::Path};

const BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/threat/exercise-bundle.json");

async fn found(ctx: &Ctx) -> Vec<String> {
    let query = Search { types: vec!["indicator".into()], ..Search::default() };
    let mut ids: Vec<String> = query.run(ctx).await.unwrap().hits.into_iter().map(|hit| hit.id).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_of_a_party_share_indexes_under_one_key_and_refuse_another() {
    let cluster = PrivateCluster::start(&[]).unwrap();
    let first = Node::start("XA").await;
    let code: PartyCode = "XA".parse().unwrap();
    let folders = [(); 3].map(|()| folder_beside(&first, &cluster.url()));
    let [a, b, other] = folders.each_ref().map(|folder| configured(folder.path()));
    let (a, b) = (start(&a).await.unwrap(), start(&b).await.unwrap());
    import(ctx_of(&a, &code), Path::new(BUNDLE)).await;
    let by_a = found(ctx_of(&a, &code)).await;
    assert!(!by_a.is_empty());
    assert_eq!(found(ctx_of(&b, &code)).await, by_a);
    // What the process of the first did is taken over by the other, rows and all.
    a.stop().await.unwrap();
    import(ctx_of(&b, &code), &numbered(folders[1].path(), 2)).await;
    assert_eq!(found(ctx_of(&b, &code)).await.len(), by_a.len() + 1);

    let key = other.node.data_dir.join("XA").join("index.key");
    let text = fs::read_to_string(&key).unwrap();
    fs::remove_file(&key).unwrap();
    // Another last digit, another key.
    let (body, last) = text.trim_end().split_at(text.trim_end().len() - 1);
    fs::write(&key, format!("{body}{}\n", if last == "0" { "1" } else { "0" })).unwrap();
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let refused = start(&other).await.unwrap_err();
    assert_eq!(refused.code, "view/other-keys");
    assert_eq!(found(ctx_of(&b, &code)).await.len(), by_a.len() + 1);
    // Once nobody uses the former keys, the new ones are as good.
    b.stop().await.unwrap();
    let other = start(&other).await.unwrap();
    assert_eq!(found(ctx_of(&other, &code)).await.len(), by_a.len() + 1);
    other.stop().await.unwrap();
    first.running.stop().await.unwrap();
}

/// A bundle with one indicator.
fn numbered(folder: &Path, number: u32) -> std::path::PathBuf {
    let path = folder.join("one.json");
    let object = format!(
        r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--c0a1170e-2222-4000-8000-{number:012}",
        "created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","pattern_type":"stix",
        "pattern":"[domain-name:value = 'beside.example']","valid_from":"2026-01-01T00:00:00Z"}}"#
    );
    let bundle = format!(
        r#"{{"type":"bundle","id":"bundle--c0a1170e-2222-4000-8000-000000000000","objects":[{object}]}}"#
    );
    fs::write(&path, bundle).unwrap();
    path
}

/// A start writes packs and register that the ledger does not know yet. It does so under the sequencer's lease, as every
/// process may be committing at that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_with_other_packs_waits_for_its_turn() {
    let cluster = PrivateCluster::start(&[]).unwrap();
    let first = Node::start("XA").await;
    let folders = [(); 2].map(|()| folder_beside(&first, &cluster.url()));
    start(&configured(folders[0].path())).await.unwrap().stop().await.unwrap();
    let store = PostgresStore::open(PostgresOptions::new(cluster.url(), "party_xa")).await.unwrap();
    let store = AnyStore::Postgres(store);
    let mut config = configured(folders[1].path());
    let packs = folders[1].path().join("packs");
    fs::create_dir(&packs).unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/exercise/XA.cedar");
    let text = fs::read_to_string(shipped).unwrap();
    fs::write(packs.join("XA.cedar"), text.replace("version: 1", "version: 2")).unwrap();
    config.party.get_mut(&Text("XA".parse().unwrap())).unwrap().packs = vec![packs];
    // Another process is at work: its lease runs out soon.
    let now = Clock::system().now().as_millis();
    let held = match Lease::acquire(&store, SEQUENCER, "a test", 2_000, now).await.unwrap() {
        Claim::Granted(lease) => lease,
        Claim::Taken { holder, .. } => panic!("{holder} holds it"),
    };
    let second = start(&config).await.unwrap();
    let renewed = held.renew(&store, 1, now).await.unwrap();
    assert!(renewed.is_none(), "the start did not wait for its turn");
    second.stop().await.unwrap();
    first.running.stop().await.unwrap();
}

/// Where a party keeps no index of words, nothing of the one that it had is left, and a search for words says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_words_that_is_left_out_leaves_no_rows() {
    let node = Node::start("XA").await;
    node.import().await;
    let words = Search { text: Some("exercise".into()), ..Search::default() };
    assert!(!words.clone().run(node.ctx()).await.unwrap().hits.is_empty());
    let Node { running, config, dir, code, .. } = node;
    running.stop().await.unwrap();
    let mut without = config.clone();
    without.party.values_mut().for_each(|party| party.index_words = false);
    let running = start(&without).await.unwrap();
    let refused = words.clone().run(ctx_of(&running, &code)).await.unwrap_err();
    assert_eq!(refused.code, "search/no-words");
    let types = Search { types: vec!["indicator".into()], ..Search::default() };
    assert!(!types.run(ctx_of(&running, &code)).await.unwrap().hits.is_empty());
    let store = ctx_of(&running, &code).views.feed().store().clone();
    for table in [WORDS, WORD_ROWS] {
        for partition in 0..8 {
            assert_eq!(store.scan(table, partition, &[], &[], 1, Order::Ascending).await.unwrap(), []);
        }
    }
    drop(store);
    running.stop().await.unwrap();
    let running = start(&config).await.unwrap();
    assert!(!words.run(ctx_of(&running, &code)).await.unwrap().hits.is_empty());
    running.stop().await.unwrap();
    drop(dir);
}
