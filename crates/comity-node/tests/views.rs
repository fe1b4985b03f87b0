//! Views of the log: followed, rebuilt, and never ahead of what they follow from.

use crate::support::{Node, Of, holdings};
use comity_ledger::store::{Order, Pairs, Row, Store, StoreFault, Table};
use comity_node::{
    app::{Action, withdraw::Erase},
    projection::{CURSORS, Change, Cursor, Feed, Projection, Projector, Rows, What, start, view},
    stop::Stop,
};
use comity_record::{Canonical, sha256};
use comity_store::AnyStore;

const SEEN: Table = view("test_seen");

/// A view of a test: the hash of every object by entry and slot.
struct Seen<const VERSION: u32>;

impl<const VERSION: u32> Projection for Seen<VERSION> {
    const NAME: &'static str = "test_seen";
    const VERSION: u32 = VERSION;
    const TABLES: &'static [Table] = &[SEEN];

    async fn open(&mut self, _: &AnyStore) -> Result<(), StoreFault> {
        Ok(())
    }

    async fn derive(&mut self, _: &AnyStore, changes: &[Change]) -> Result<Rows, StoreFault> {
        let mut rows = Rows::default();
        for change in changes {
            match &change.what {
                What::Held(held) => rows.written.extend(held.objects.iter().map(|object| Row {
                    table: SEEN,
                    partition: 0,
                    key: key(change.index, object.slot),
                    value: sha256(&[&object.bytes]).0.to_vec(),
                })),
                What::Erased(gone) => {
                    rows.removed.extend(gone.slots.iter().map(|slot| (SEEN, 0, key(gone.entry, *slot))));
                }
                _ => {}
            }
        }
        Ok(rows)
    }
}

fn key(entry: u64, slot: u32) -> Vec<u8> {
    [entry.to_be_bytes().as_slice(), &slot.to_be_bytes()].concat()
}

async fn seen(store: &AnyStore) -> Pairs {
    store.scan(SEEN, 0, &[], &[], u32::MAX, Order::Ascending).await.unwrap()
}

async fn caught_up<const VERSION: u32>(feed: &Feed) {
    let (mut projector, progress) = Projector::new(Seen::<VERSION>, feed.clone());
    projector.open().await.unwrap();
    projector.catch_up().await.unwrap();
    progress.reaches(feed.store().head().await.unwrap().size).await.unwrap();
}

/// The hashes of everything held, counted by reading the records themselves.
async fn held(node: &Node) -> Vec<Vec<u8>> {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for of in [Of::Own, Of::Others] {
        let objects = holdings(node.ctx(), of).await.into_iter().flat_map(|holding| holding.objects);
        held.extend(objects.map(|bytes| sha256(&[&bytes]).0.to_vec()));
    }
    held.sort();
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_follows_the_log_and_is_rebuilt_equal() {
    let node = Node::start("XA").await;
    let feed = node.ctx().views.feed().clone();
    let store = feed.store().clone();
    let (stop, stopping) = Stop::new();
    let (progress, task) = start(Seen::<1>, feed.clone(), node.ctx().sequencer.changes(), stopping);
    let imported = node.import().await;
    progress.reaches(store.head().await.unwrap().size).await.unwrap();
    let rows = seen(&store).await;
    let mut hashes: Vec<_> = rows.iter().map(|(_, hash)| hash.clone()).collect();
    hashes.sort();
    assert_eq!(hashes, held(&node).await);

    // An erasure reaches the view, and one object of a record is told from the others.
    let record = imported.records.first().unwrap().clone();
    Erase { record, objects: vec![0] }.run(node.ctx()).await.unwrap();
    progress.reaches(store.head().await.unwrap().size).await.unwrap();
    let after = seen(&store).await;
    assert_eq!(after.len() + 1, rows.len());
    stop.now();
    task.await.unwrap();

    // Another version is built anew and comes out the same; so is a view whose cursor is of another log.
    caught_up::<2>(&feed).await;
    assert_eq!(seen(&store).await, after);
    let (cursor, expected) = Cursor::read(&store, "test_seen").await.unwrap();
    let of_another_log = Cursor { before: Some(sha256(&[b"another"])), ..cursor.unwrap() };
    let step = comity_ledger::store::Projected {
        cursor: of_another_log.row("test_seen"),
        expected,
        removed: vec![(SEEN, 0, after[0].0.clone())],
        rows: vec![],
    };
    assert!(store.project(step).await.unwrap());
    caught_up::<2>(&feed).await;
    assert_eq!(seen(&store).await, after);
    let cursor =
        store.get_many(CURSORS, &[(0, b"test_seen".to_vec())]).await.unwrap().pop().flatten().unwrap();
    assert_eq!(Cursor::from_bytes(&cursor).unwrap().next, store.head().await.unwrap().size);
    node.running.stop().await.unwrap();
}
