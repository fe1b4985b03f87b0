//! `kill -9` at random moments: nothing acknowledged is lost, no commit is there in part, and the head fits its rows.
//!
//! The child is this test binary again, told by its environment where to commit. It prints each acknowledged size. The
//! parent counts lines, waits a seeded moment more and kills. `COMITY_KILLS` says how often, 5 times by default.

use comity_ledger::store::{Batch, Blobs, Follow, Kv, LogHead, Order, Row, Store, StoreFault};
use comity_record::sha256;
use comity_store::{AnyStore, FjallOptions, FjallStore, PostgresOptions, PostgresStore};
use comity_testing::{
    postgres::PrivateCluster,
    store_contract::{LOG, VIEW, head, log_row, view_row},
};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

const PLACE: &str = "COMITY_KILL_PLACE";
/// Entries of one commit.
const STEP: u64 = 20;

/// SplitMix64, as the seed of moments.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[expect(clippy::disallowed_methods, reason = "a test binary is told by its environment what to do")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(crate) fn kills() -> u64 {
    variable("COMITY_KILLS").map_or(5, |text| text.parse().unwrap())
}

fn value(index: u64) -> Vec<u8> {
    let seed = sha256(&[&index.to_be_bytes()]);
    seed.as_bytes().iter().copied().cycle().take(300 + usize::try_from(index % 700).unwrap()).collect()
}

/// The next commit after `now`: its entries, one projection row that names the size, and one value of a space after it.
pub(crate) async fn step<S: Store + Kv>(store: &S, now: LogHead) -> Result<LogHead, StoreFault> {
    let next = head(now.size + STEP, 0);
    let mut rows: Vec<Row> =
        (now.size..next.size).map(|index| log_row(&index.to_be_bytes(), &value(index))).collect();
    rows.push(view_row(b"size", &next.size.to_be_bytes()));
    // Overwritten each time: it makes the engine write tables, compact and change journals often.
    rows.push(view_row(b"filler", &value(next.size).repeat(300)));
    store.commit(now, Batch { head: next, rows }).await?;
    store.put_many("last", &[(b"size".to_vec(), Some(next.size.to_be_bytes().to_vec()))]).await?;
    Ok(next)
}

/// Everything the store says must fit its head, which is at least what was acknowledged; returns the head.
///
/// The server may still be finishing the commit of a client that is gone: then the head moves while rows are read, and
/// everything is looked at again.
pub(crate) async fn verify<S: Store + Kv>(store: &S, acknowledged: u64) -> LogHead {
    loop {
        let now = store.head().await.unwrap();
        let rows = count(store).await;
        let sizes = store.get_many(VIEW, &[(1, b"size".to_vec())]).await.unwrap();
        let size = sizes[0].as_deref().map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
        let last = store.get("last", b"size", 0).await.unwrap();
        let last = last.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
        if store.head().await.unwrap() != now {
            continue;
        }
        assert!(now.size >= acknowledged, "{acknowledged} acknowledged, {now} present");
        assert!(now == LogHead::default() || now == head(now.size, 0), "{now}");
        assert_eq!(now.size % STEP, 0);
        assert_eq!(rows, now.size, "the rows are not those of the head");
        assert_eq!(size, now.size, "the projection is not that of the head");
        assert!(
            last <= now.size && last >= acknowledged,
            "{last} in the space, {acknowledged} acknowledged, {now}"
        );
        return now;
    }
}

/// How many rows of the log there are, each in its place and with its value.
async fn count<S: Store>(store: &S) -> u64 {
    let mut at = 0u64;
    loop {
        let rows = store.scan(LOG, 1, &at.to_be_bytes(), b"", 1000, Order::Ascending).await.unwrap();
        if rows.is_empty() {
            return at;
        }
        for (key, bytes) in rows {
            assert_eq!(key, at.to_be_bytes(), "a gap in the log");
            assert!(bytes == value(at), "entry {at} is not what was written");
            at += 1;
        }
    }
}

async fn open(place: &str) -> Result<AnyStore, StoreFault> {
    if let Some(url) = place.strip_prefix("postgres ") {
        return PostgresStore::open(PostgresOptions::new(url, "kill")).await.map(AnyStore::Postgres);
    }
    FjallStore::open(Path::new(place), FjallOptions::default()).await.map(AnyStore::Fjall)
}

/// Not a test by itself: commits until it is killed, where a parent has said where.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Some(place) = variable(PLACE) else { return };
    let store = open(&place).await.unwrap();
    let mut now = store.head().await.unwrap();
    loop {
        now = step(&store, now).await.unwrap();
        writeln!(std::io::stdout(), "\nacknowledged {}", now.size).unwrap();
    }
}

struct Killed {
    child: Child,
    acknowledged: Receiver<u64>,
}

impl Killed {
    fn start(place: &str) -> Killed {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--nocapture"])
            .env(PLACE, place)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (told, acknowledged) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(size) = line.strip_prefix("acknowledged ") {
                    told.send(size.parse().unwrap()).unwrap();
                }
            }
        });
        Killed { child, acknowledged }
    }

    /// Kills after `commits` acknowledgements and a moment; the last size acknowledged.
    fn kill_after(mut self, commits: u64, moment: Duration) -> u64 {
        let mut last = 0;
        for _ in 0..commits {
            last =
                self.acknowledged.recv_timeout(Duration::from_secs(120)).expect("the child does not commit");
        }
        // The moment passes while more may come.
        let _ = self.acknowledged.recv_timeout(moment).map(|size| last = size);
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        // The pipe ends with the child: what it had still said counts as acknowledged.
        self.acknowledged.iter().last().unwrap_or(last)
    }
}

async fn kill_clients(place: &str, seed: u64) {
    let mut random = Random(seed);
    for round in 0..kills() {
        let (commits, moment) = (random.below(30), Duration::from_micros(random.below(40_000)));
        println!("seed {seed}, round {round}: {commits} commits and {moment:?}");
        let acknowledged = Killed::start(place).kill_after(commits, moment);
        verify(&open(place).await.unwrap(), acknowledged).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    kill_clients(folder.path().to_str().unwrap(), 0xC0_417E).await;
}

/// The first moments of a store, when directories and keyspaces are made.
#[tokio::test(flavor = "multi_thread")]
async fn embedded_survives_kills_while_it_is_created() {
    let mut random = Random(0xF1857);
    for round in 0..kills() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        let (commits, moment) = (random.below(2), Duration::from_micros(random.below(60_000)));
        println!("round {round}: {commits} commits and {moment:?}");
        let acknowledged = Killed::start(place).kill_after(commits, moment);
        let store = open(place).await.unwrap();
        let now = verify(&store, acknowledged).await;
        step(&store, now).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_survives_kills_of_its_client() {
    let cluster = PrivateCluster::start(&[]).unwrap();
    kill_clients(&format!("postgres {}", cluster.url()), 0x5EED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_survives_kills_of_its_server() {
    let mut cluster = PrivateCluster::start(&[]).unwrap();
    let mut random = Random(0xD1E);
    for _ in 0..kills() {
        let store = open(&format!("postgres {}", cluster.url())).await.unwrap();
        let mut now = store.head().await.unwrap();
        let enough = now.size + STEP * random.below(30);
        let importing = {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    match step(&store, now).await {
                        Ok(next) => now = next,
                        Err(fault) => return (now.size, fault),
                    }
                }
            })
        };
        store.changed_after(enough, 60_000).await.unwrap();
        cluster.kill().unwrap();
        let (acknowledged, fault) = importing.await.unwrap();
        assert_eq!(fault.code(), "store/unreachable", "{fault}");
        cluster.resume().unwrap();
        // The same store finds its way back by itself.
        verify(&store, acknowledged).await;
    }
}

/// The primary dies in the middle of an import; its synchronous standby takes over with everything acknowledged. The
/// old primary comes back and can commit nothing more, not even where somebody cancels its waiting.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_fails_over_without_loss_or_fork() {
    let mut primary = PrivateCluster::start(&[]).unwrap();
    let standby = primary.standby("second").unwrap();
    primary.require("second").unwrap();
    let options = |cluster: &PrivateCluster, patience| PostgresOptions {
        patience,
        ..PostgresOptions::new(cluster.url(), "party")
    };
    let patient = Duration::from_secs(60);
    let store = PostgresStore::open(options(&primary, patient)).await.unwrap();
    let importing = {
        let (store, mut now) = (store.clone(), LogHead::default());
        tokio::spawn(async move {
            while let Ok(next) = step(&store, now).await {
                now = next;
            }
            now.size
        })
    };
    store.changed_after(STEP * 40, 120_000).await.unwrap();
    primary.kill().unwrap();
    let acknowledged = importing.await.unwrap();
    assert!(acknowledged >= STEP * 40);

    standby.promote().unwrap();
    let successor = PostgresStore::open(options(&standby, patient)).await.unwrap();
    let taken_over = verify(&successor, acknowledged).await;
    let ahead = step(&successor, taken_over).await.unwrap();

    primary.resume().unwrap();
    let hasty = PostgresStore::open(options(&primary, Duration::from_secs(2))).await;
    let old = PostgresStore::open(options(&primary, patient)).await.unwrap();
    let stale = old.head().await.unwrap();
    let unanswered = step(&hasty.unwrap(), stale).await.unwrap_err();
    assert_eq!(unanswered.code(), "store/unreachable", "{unanswered}");

    let waiting = {
        let (old, from) = (old.clone(), old.head().await.unwrap());
        tokio::spawn(async move { step(&old, from).await })
    };
    let waiters = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while primary.sql(waiters).unwrap() == "0" {
        tokio::task::yield_now().await;
    }
    primary.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").unwrap();
    while !waiting.is_finished() {
        // The first commit's session may hold the head's row until it is cancelled too.
        primary
            .sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
            .unwrap();
        tokio::task::yield_now().await;
    }
    let cancelled = waiting.await.unwrap();
    assert!(cancelled.is_err(), "the old primary acknowledged {cancelled:?}");
    assert_eq!(successor.head().await.unwrap(), ahead, "the successor goes on alone");
    let held = successor.put(b"a blob after the failover").await.unwrap();
    assert!(successor.exists(held).await.unwrap());
}
