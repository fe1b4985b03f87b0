//! Search and reading: what is found, and that nothing tells of what may not be read.

use crate::support::{Node, import, two};
use comity_exchange::{
    Bodies,
    desk::read_here,
    taxii::{Encoding, Filter, FilterSet},
};
use comity_ledger::store::{
    Batch, ErasureAuthority, Kv, LogHead, Order, Pairs, Partition, Projected, Store, StoreFault, Table,
};
use comity_node::{
    app::{
        Action, Ctx, SealedBodies,
        account::AddConstituent,
        object::{ObjectShown, ShowObject},
        search::{Search, SearchShown},
        withdraw::{Erase, Recall},
    },
    collections::{Outside, Question, Sort},
    config::Text,
    projection::index::{CLASSES, ROWS, TERMS, WORD_ROWS, WORDS},
    reading::{Finder, Query, Reader, Seen, Shelf, Sight, authorise},
};
use comity_record::{EntryKind, PartyCode, RecordId, label::Purpose};
use comity_store::AnyStore;
use comity_testing::postgres::PrivateCluster;
use comity_threat::index::{Family, Phrase};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

fn id(kind: &str, number: u32) -> String {
    format!("{kind}--c0a1170e-1111-4000-8000-{number:012}")
}

fn indicator(number: u32, modified: &str, name: &str, pattern: &str, marking: &str) -> Value {
    json!({ "type": "indicator", "spec_version": "2.1", "id": id("indicator", number),
        "created": "2026-01-01T00:00:00.000Z", "modified": modified, "name": name, "pattern": pattern,
        "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z", "object_marking_refs": [marking] })
}

fn simple(kind: &str, number: u32, more: Value) -> Value {
    let mut object = json!({ "type": kind, "spec_version": "2.1", "id": id(kind, number),
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
        "object_marking_refs": [GREEN] });
    for (key, value) in more.as_object().unwrap() {
        object.as_object_mut().unwrap().insert(key.clone(), value.clone());
    }
    object
}

async fn take_in(ctx: &Ctx, objects: &[Value]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.json");
    let bundle =
        json!({ "type": "bundle", "id": "bundle--c0a1170e-1111-4000-8000-000000000000", "objects": objects });
    fs::write(&path, bundle.to_string()).unwrap();
    let shown = import(ctx, &path).await;
    assert_eq!(shown.refused, 0, "{:?}", shown.refusals);
    shown.records
}

async fn search(ctx: &Ctx, search: Search) -> SearchShown {
    search.run(ctx).await.unwrap()
}

fn ids(shown: &SearchShown) -> Vec<String> {
    let mut ids: Vec<String> = shown.hits.iter().map(|hit| hit.id.clone()).collect();
    ids.sort();
    ids
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

async fn show(ctx: &Ctx, id: String) -> ObjectShown {
    ShowObject { id, purpose: "cyber-defence".into() }.run(ctx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_found_by_everything_they_say() {
    let node = Node::start("XA").await;
    let ctx = node.ctx();
    let newer = "2026-02-02T00:00:00.000Z";
    let objects = [
        indicator(1, newer, "标的型攻撃の恶意软件", "[domain-name:value = 'bad.example.org']", GREEN),
        indicator(2, newer, "มัลแวร์เรียกค่าไถ่", "[ipv4-addr:value ISSUBSET '192.0.2.0/24']", GREEN),
        indicator(3, newer, "Tấn công mạng", "[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E']", RED),
        simple(
            "malware",
            4,
            json!({ "name": "PAPERKITE", "is_family": true, "description": "هُجُومٌ إلكترونيٌّ" }),
        ),
        simple(
            "relationship",
            5,
            json!({ "relationship_type": "indicates", "source_ref": id("indicator", 1),
            "target_ref": id("malware", 4) }),
        ),
        simple("sighting", 6, json!({ "sighting_of_ref": id("indicator", 1), "count": 3 })),
        simple(
            "report",
            7,
            json!({ "name": "Weekly", "published": "2026-02-01T00:00:00Z",
            "report_types": ["threat-report"], "object_refs": [id("indicator", 1)], "labels": ["Weekly Report"] }),
        ),
    ];
    take_in(ctx, &objects).await;
    // An older version of the first comes later and never becomes current.
    let old = "2026-01-15T00:00:00.000Z";
    take_in(ctx, &[indicator(1, old, "older", "[domain-name:value = 'old.example.org']", GREEN)]).await;

    let by = |values: &[&str]| Search { values: texts(values), ..Search::default() };
    // Defanged, below the name held, an address in the range held, a hash in other letters, and what is no value.
    let asked = by(&[
        "www[.]bad[.]example[.]org",
        "192.0.2.77",
        "d41d8cd98f00b204e9800998ecf8427e",
        "no value",
        "198.51.100.1",
    ]);
    let shown = search(ctx, asked).await;
    assert_eq!(shown.asked.iter().map(|one| one.objects).collect::<Vec<_>>(), [1, 1, 1, 0, 0]);
    assert_eq!(shown.asked[3].value, None);
    assert_eq!(ids(&shown), [id("indicator", 1), id("indicator", 2), id("indicator", 3)]);

    for (text, wanted) in [
        ("恶意软件", vec![id("indicator", 1)]),
        ("攻撃", vec![id("indicator", 1)]),
        ("เรียกค่าไถ่", vec![id("indicator", 2)]),
        ("TAN CONG", vec![id("indicator", 3)]),
        ("هجوم الكتروني", vec![id("malware", 4)]),
        ("paperkite", vec![id("malware", 4)]),
        ("恶意 软件攻", vec![]),
    ] {
        let shown = search(ctx, Search { text: Some(text.into()), ..Search::default() }).await;
        assert_eq!(ids(&shown), wanted, "{text}");
    }
    let red = Search { types: texts(&["indicator"]), labels: texts(&["tlp=red"]), ..Search::default() };
    assert_eq!(ids(&search(ctx, red).await), [id("indicator", 3)]);
    let label = Search { labels: texts(&["weekly report"]), sources: texts(&["XA"]), ..Search::default() };
    assert_eq!(ids(&search(ctx, label).await), [id("report", 7)]);
    let later = Search { since: Some("2999-01-01".into()), ..Search::default() };
    assert!(search(ctx, later).await.hits.is_empty());

    // Page by page, everything once, superseded copies only where they are asked for.
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = Search { limit: Some(3), after, all_versions: true, ..Search::default() };
        let shown = search(ctx, page).await;
        seen.extend(shown.hits.iter().map(|hit| (hit.id.clone(), hit.state.clone())));
        after = shown.next;
        if after.is_none() {
            break;
        }
    }
    let superseded = seen.iter().filter(|(_, state)| state == "superseded").count();
    assert_eq!((seen.len(), superseded), (8, 1), "{seen:?}");

    let shown = show(ctx, id("indicator", 1)).await;
    let states: Vec<_> =
        shown.versions.iter().map(|one| (one.modified.clone().unwrap(), one.state.as_str())).collect();
    assert_eq!(states, [(newer.to_owned(), "current"), (old.to_owned(), "superseded")]);
    assert_eq!(shown.relations[0].target, id("malware", 4));
    assert_eq!((shown.sightings[0].count, shown.mentions[0].id.clone()), (Some(3), id("report", 7)));
    let shown = show(ctx, id("malware", 4)).await;
    assert_eq!(shown.relations[0].source, id("indicator", 1), "a relation is seen from both ends");

    // Other bytes for the same version: both are kept, and flagged.
    take_in(ctx, &[indicator(2, newer, "another text", "[ipv4-addr:value = '192.0.2.9']", GREEN)]).await;
    let shown = show(ctx, id("indicator", 2)).await;
    assert_eq!(shown.versions.iter().map(|one| one.state.as_str()).collect::<Vec<_>>(), ["conflicting"; 2]);
    let unknown = ShowObject { id: id("indicator", 99), purpose: "cyber-defence".into() }.run(ctx).await;
    assert_eq!(unknown.unwrap_err().code, "object/none");
    node.running.stop().await.unwrap();
}

/// A store that counts what is asked of it, by kind and table.
#[derive(Clone)]
struct Counting {
    store: AnyStore,
    counts: Counts,
}

type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

fn count(counts: &Counts, what: String) {
    *counts.lock().unwrap().entry(what).or_default() += 1;
}

impl Store for Counting {
    async fn head(&self) -> Result<LogHead, StoreFault> {
        count(&self.counts, "head".into());
        self.store.head().await
    }
    async fn commit(&self, expected: LogHead, batch: Batch) -> Result<LogHead, StoreFault> {
        self.store.commit(expected, batch).await
    }
    async fn project(&self, step: Projected) -> Result<bool, StoreFault> {
        self.store.project(step).await
    }
    async fn scan(
        &self,
        table: Table,
        partition: Partition,
        from: &[u8],
        to: &[u8],
        limit: u32,
        order: Order,
    ) -> Result<Pairs, StoreFault> {
        count(&self.counts, format!("scan {} {partition}", table.name));
        self.store.scan(table, partition, from, to, limit, order).await
    }
    async fn get_many(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        count(&self.counts, format!("get {} of {}", keys.len(), table.name));
        self.store.get_many(table, keys).await
    }
    async fn drop_projection(&self, table: Table) -> Result<(), StoreFault> {
        self.store.drop_projection(table).await
    }
    async fn erase(
        &self,
        table: Table,
        keys: &[(Partition, Vec<u8>)],
        authority: &ErasureAuthority,
    ) -> Result<(), StoreFault> {
        Store::erase(&self.store, table, keys, authority).await
    }
}

impl Kv for Counting {
    async fn get(&self, space: &str, key: &[u8], now: i64) -> Result<Option<Vec<u8>>, StoreFault> {
        count(&self.counts, format!("kv {space}"));
        Kv::get(&self.store, space, key, now).await
    }
    async fn compare_and_set(
        &self,
        space: &str,
        key: &[u8],
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
        expires: Option<i64>,
        now: i64,
    ) -> Result<bool, StoreFault> {
        self.store.compare_and_set(space, key, expected, value, expires, now).await
    }
    async fn put_many(&self, space: &str, values: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StoreFault> {
        self.store.put_many(space, values).await
    }
    async fn list(&self, space: &str, prefix: &[u8], limit: u32, now: i64) -> Result<Pairs, StoreFault> {
        count(&self.counts, format!("list {space}"));
        self.store.list(space, prefix, limit, now).await
    }
}

/// Bodies that count how often they are opened.
struct Opening {
    bodies: SealedBodies,
    counts: Counts,
}

impl Bodies for Opening {
    async fn seal(&self, records: &[(RecordId, Vec<Vec<u8>>)]) -> Result<Vec<Vec<Vec<u8>>>, StoreFault> {
        self.bodies.seal(records).await
    }
    async fn open(
        &self,
        record: RecordId,
        parts: &[(u32, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        count(&self.counts, format!("open {}", parts.len()));
        self.bodies.open(record, parts).await
    }
    async fn destroy(&self, record: RecordId, parts: &[u32]) -> Result<(), StoreFault> {
        self.bodies.destroy(record, parts).await
    }
    async fn destroy_whole(&self, bodies: &[RecordId]) -> Result<(), StoreFault> {
        self.bodies.destroy_whole(bodies).await
    }
}

/// Everything that a reader of another party gets out of some questions, and the reads that it took.
#[derive(Debug, PartialEq)]
struct Answer {
    found: Vec<(String, Vec<(u64, u32)>)>,
    bytes: Vec<Vec<u8>>,
    /// Pages of collections, for those who are not of the party.
    pages: Vec<Vec<u8>>,
    reads: BTreeMap<String, u64>,
}

/// Every page of a collection as objects and as manifest.
async fn pages(ctx: &Ctx, sight: &Sight, store: &Counting, bodies: &Opening, alias: &str) -> Vec<Vec<u8>> {
    let none = std::collections::BTreeSet::new();
    let Some(collection) = ctx.collections.seen_as(alias, sight.reader(), &none) else { return Vec::new() };
    let mut pages = Vec::new();
    for sort in [Sort::Objects, Sort::Manifest] {
        let mut query = "limit=1".to_owned();
        loop {
            let filter = Filter::read(&query, FilterSet::Many).unwrap();
            let encoding = Encoding::Identity;
            let question =
                Question { collection: &collection, object: None, sort, filter: &filter, encoding };
            let answer = Outside::new(ctx, sight, store, bodies).page(&question).await.unwrap();
            pages.push(answer.body.to_vec());
            let page: Value = serde_json::from_slice(&answer.body).unwrap();
            match page["next"].as_str() {
                Some(next) => query = format!("limit=1&next={next}"),
                None => break,
            }
        }
    }
    pages
}

async fn ask(ctx: &Ctx, reader: Reader) -> Answer {
    let feed = ctx.views.feed();
    ctx.views.reach(feed.store().head().await.unwrap().size).await.unwrap();
    let counts = Counts::default();
    let store = Counting { store: feed.store().clone(), counts: Arc::clone(&counts) };
    let bodies = Opening { bodies: feed.bodies().clone(), counts: Arc::clone(&counts) };
    let sight = Sight::of(ctx, reader).await.unwrap();
    let finder = Finder::new(&store, ctx.views.index(), &sight);
    let (mut found, mut all) = (Vec::new(), Vec::<Seen>::new());
    for (family, term) in [
        (Family::Id, id("indicator", 1)),
        (Family::Value, "name:bad.example.org".to_owned()),
        (Family::Value, "name:hidden.example.org".to_owned()),
        (Family::Type, "indicator".to_owned()),
        (Family::Label, "tlp=red".to_owned()),
        (Family::Source, "XA".to_owned()),
        (Family::Reference, id("indicator", 1)),
    ] {
        let hits = finder.with(family, &term, 50).await.unwrap();
        found.push((term, hits.iter().map(|hit| (hit.seen.place.entry, hit.seen.place.slot)).collect()));
        all.extend(hits.iter().map(|hit| hit.seen));
    }
    for query in [
        Query::default(),
        Query { text: Phrase::read("kite"), ..Query::default() },
        Query { any: vec![vec![(Family::Type, "indicator".into())]], ..Query::default() },
    ] {
        let hits = finder.page(&query, None, 50).await.unwrap();
        found.push((
            "page".into(),
            hits.iter().map(|hit| (hit.seen.place.entry, hit.seen.place.slot)).collect(),
        ));
        all.extend(hits.iter().map(|hit| hit.seen));
    }
    all.sort();
    all.dedup();
    let permitted = authorise(ctx, &sight, &store, &bodies, &all).await.unwrap();
    let copies = Shelf::new(&store, &bodies).read(&permitted).await.unwrap();
    let mut taken = Vec::new();
    if sight.reader() != &Reader::Own {
        for alias in ["tlp-green", "tlp-amber", "hits"] {
            taken.extend(pages(ctx, &sight, &store, &bodies, alias).await);
        }
    }
    let reads = counts.lock().unwrap().clone();
    Answer { found, bytes: copies.into_iter().map(|copy| copy.bytes).collect(), pages: taken, reads }
}

/// Entries of crossings cleared because somebody read here.
async fn readings(ctx: &Ctx) -> usize {
    let entries = ctx.sequencer.run(|desk, _| {
        Box::pin(
            async move { desk.log().read(desk.store(), 0, 1024).await.map_err(|fault| fault.to_string()) },
        )
    });
    let entries = entries.await.unwrap().unwrap().into_iter().filter_map(|held| held.entry());
    let read =
        |entry: &comity_record::Entry| entry.kind == EntryKind::Cleared && entry.subject == Some(read_here());
    entries.filter(|entry| read(entry.entry())).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_read_changes_no_answer_and_no_read() {
    let (node, other) = two().await;
    let ctx = node.ctx();
    let newer = "2026-02-02T00:00:00.000Z";
    let shown = [
        indicator(1, newer, "kite one", "[domain-name:value = 'bad.example.org']", GREEN),
        simple(
            "relationship",
            5,
            json!({ "relationship_type": "indicates", "source_ref": id("indicator", 1),
            "target_ref": id("malware", 4) }),
        ),
    ];
    take_in(ctx, &shown).await;
    let (party, purpose): (PartyCode, Purpose) = ("XB".parse().unwrap(), "cyber-defence".parse().unwrap());
    let reader = Reader::Other { party, purpose };
    assert_eq!(readings(ctx).await, 0);
    let first = ask(ctx, reader.clone()).await;
    assert_eq!(first.bytes.len(), 2, "{first:?}");
    // The first read of a record is a crossing, and a second one is not.
    let entered = readings(ctx).await;
    assert!(entered > 0);
    let baseline = ask(ctx, reader.clone()).await;
    assert_eq!(readings(ctx).await, entered);
    assert_eq!(baseline, first);

    let hospital = AddConstituent {
        id: "hospital".into(),
        name: "Hospital".into(),
        domains: vec!["bad.example.org".into()],
        ..AddConstituent::default()
    };
    hospital.run(ctx).await.unwrap();
    let served = Reader::Constituent("hospital".parse().unwrap());
    let at_home = ask(ctx, served.clone()).await;
    let whole: Vec<String> =
        at_home.pages.iter().map(|page| String::from_utf8(page.clone()).unwrap()).collect();
    // Both objects in the collection of their class, and the one that speaks of the constituent in its own.
    assert_eq!(whole.iter().filter(|page| page.contains("\"id\":\"indicator--")).count(), 4, "{whole:?}");

    // Rounds of hidden objects: other objects, other versions of what is shown, and relations with it.
    let mut hidden_records = Vec::new();
    for round in 0..6u32 {
        let number = 100 + round * 10;
        let mut hidden = vec![
            indicator(number, newer, "kite hidden", "[domain-name:value = 'hidden.example.org']", RED),
            indicator(number + 1, newer, "kite", "[domain-name:value = 'bad.example.org']", RED),
            indicator(
                1,
                &format!("2026-03-0{}T00:00:00.000Z", round + 1),
                "kite newer",
                "[url:value = 'http://x.example.org/']",
                RED,
            ),
        ];
        let mut relation = simple(
            "relationship",
            number + 2,
            json!({ "relationship_type": "indicates",
            "source_ref": id("indicator", 1), "target_ref": id("malware", number) }),
        );
        relation["object_marking_refs"] = json!([RED]);
        hidden.push(relation);
        hidden.truncate(1 + round as usize % 4);
        hidden_records.extend(take_in(ctx, &hidden).await);
        let now = ask(ctx, reader.clone()).await;
        assert_eq!(now, baseline, "round {round}");
        assert_eq!(ask(ctx, served.clone()).await, at_home, "round {round}");
    }
    assert_eq!(readings(ctx).await, entered, "what is not shown is no crossing");
    // The party itself sees them all, a constituent as little as the other party.
    assert!(ask(ctx, Reader::Own).await.bytes.len() > baseline.bytes.len() + 6);
    assert_eq!(ask(ctx, Reader::Constituent("hospital".parse().unwrap())).await.bytes, baseline.bytes);
    // Erased and recalled, they still change nothing.
    Erase { record: hidden_records[0].clone(), objects: vec![] }.run(ctx).await.unwrap();
    assert_eq!(ask(ctx, reader.clone()).await, baseline);

    // What is recalled is no longer shown to others.
    let held = Search { values: texts(&["bad.example.org"]), all_versions: true, ..Search::default() };
    let record = search(ctx, held).await;
    let record = record.hits.iter().find(|hit| hit.id == id("indicator", 1)).unwrap().record.clone();
    let shared = crate::support::share(ctx, "XB").await;
    assert!(shared.cleared > 0);
    let (reason, purpose) = ("false".to_owned(), "cyber-defence".to_owned());
    let recall = Recall { record, reason, purpose, ..Recall::default() };
    recall.run(ctx).await.unwrap();
    assert_eq!(ask(ctx, reader).await.bytes, Vec::<Vec<u8>>::new());
    for node in [node, other] {
        node.running.stop().await.unwrap();
    }
}

/// Files below a folder that hold these bytes.
fn holding(folder: &Path, wanted: &[u8], files: &mut u64) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, wanted, files));
        } else if path.is_file() {
            *files += 1;
            let bytes = fs::read(&path).unwrap_or_default();
            if bytes.windows(wanted.len()).any(|window| window == wanted) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// On PostgreSQL rows stay in the write-ahead log after they are deleted: nothing readable may ever have been in one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn index_rows_on_postgres_show_nothing_of_an_object_before_or_after_its_erasure() {
    let cluster = PrivateCluster::start(&[]).unwrap();
    let node = Node::start("XA").await;
    let (mut config, dir) = (node.config.clone(), node.ctx().dir.clone());
    node.running.stop().await.unwrap();
    let settings = config.party.get_mut(&Text(node.code.clone())).unwrap();
    settings.store =
        serde_json::from_value(json!({ "postgres": cluster.url(), "schema": "canary" })).unwrap();
    // Another store, whose bodies have keys of their own.
    fs::remove_file(dir.join("epoch.key")).unwrap();
    let running = crate::support::start(&config).await.unwrap();
    let ctx = crate::support::ctx_of(&running, &node.code);
    let mark = "canaryzqpg";
    let pattern = format!("[domain-name:value = '{mark}.example.org']");
    let object = indicator(1, "2026-02-02T00:00:00.000Z", &format!("{mark} name"), &pattern, GREEN);
    let record = take_in(ctx, &[object]).await.pop().unwrap();
    let asked = || Search { values: vec![format!("{mark}.example.org")], ..Search::default() };
    let words = || Search { text: Some(mark.to_owned()), ..Search::default() };
    assert_eq!(search(ctx, asked()).await.hits.len(), 1);
    assert_eq!(search(ctx, words()).await.hits.len(), 1);
    let data = cluster.tables().parent().unwrap().to_owned();
    let mut files = 0;
    cluster.sql("CHECKPOINT").unwrap();
    assert_eq!(holding(&data, mark.as_bytes(), &mut files), Vec::<String>::new());
    assert!(files > 500, "{files} files were searched");

    Erase { record, objects: vec![] }.run(ctx).await.unwrap();
    assert!(search(ctx, asked()).await.hits.is_empty() && search(ctx, words()).await.hits.is_empty());
    let store = ctx.views.feed().store();
    for table in [TERMS, ROWS, CLASSES, WORDS, WORD_ROWS] {
        for partition in 0..12 {
            let left = store.scan(table, partition, &[], &[], 10, Order::Ascending).await.unwrap();
            assert!(left.is_empty(), "{} {partition}", table.name);
        }
    }
    cluster.sql("CHECKPOINT").unwrap();
    assert_eq!(holding(&data, mark.as_bytes(), &mut files), Vec::<String>::new());
    running.stop().await.unwrap();
}
