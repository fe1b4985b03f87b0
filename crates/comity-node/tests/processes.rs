//! Two processes of one party over one PostgreSQL, both at work. The one that holds the sequencer's lease is killed with
//! `kill -9` in the middle of an import; the other goes on. Nothing that either said was done is lost or doubled, and every
//! head that either ever had is a head of one log.
//!
//! A process is this test binary run again, in a folder of its own that links to the party's keys. `COMITY_KILLS` says how
//! often to kill, `COMITY_SEED` when.

use crate::{
    kills::{IN_PASSING, KILLS, OBJECTS, SEED, bundle_text, check_heads, fact, number, whole_lines},
    support::{Node, Of, configured, ctx_of, holdings, import, start},
};
use comity_ledger::store::Kv;
use comity_node::{
    app::tenure::SEQUENCER,
    config::StoreChoice,
    random::{Random, SystemRandom},
};
use comity_record::{PartyCode, sha256};
use comity_store::{PostgresOptions, PostgresStore};
use comity_testing::postgres::PrivateCluster;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufReader, Read, Write},
    os::unix::fs::symlink,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The folder of the process that a child is to be.
const FOLDER: &str = "COMITY_PROCESSES_NODE";
/// How long a process may take to do something, a dead holder's lease included.
const PATIENCE: Duration = Duration::from_secs(120);

/// Not a test of its own: what a child process runs. Without the variable it has nothing to do.
#[test]
fn node_process_for_shared_ledgers() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(live(Path::new(&folder)));
}

async fn live(folder: &Path) {
    // A parent that is gone wants no more of us.
    thread::spawn(|| {
        let _ended = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    // The test harness has begun a line.
    io::stdout().write_all(b"\n").unwrap();
    let config = configured(folder);
    let code = config.party.keys().next().unwrap().0.clone();
    let running = start(&config).await.unwrap();
    let ctx = ctx_of(&running, &code);
    fact("serving now");
    let bundle = folder.join("bundle.json");
    loop {
        let tag = (&SystemRandom as &dyn Random).id().unwrap();
        std::fs::write(&bundle, bundle_text(&tag)).unwrap();
        let imported = import(ctx, &bundle).await;
        assert_eq!(imported.taken as usize, OBJECTS);
        fact(&format!("imported {tag} {}", imported.records.join(" ")));
        let head =
            ctx.sequencer.run(|desk, _| Box::pin(async move { desk.log().tree_head() })).await.unwrap();
        fact(&format!("head {} {}", head.size, head.root));
    }
}

/// A process and what it told. It is killed when this is dropped.
struct Process {
    folder: TempDir,
    child: Child,
    _input: ChildStdin,
    facts: mpsc::Receiver<String>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill().is_err();
        let _status = self.child.wait();
    }
}

impl Process {
    fn start(folder: TempDir) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "processes::node_process_for_shared_ledgers",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(FOLDER, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (send, facts) = mpsc::channel();
        thread::spawn(move || {
            // A line that the kill cut short was not told.
            for line in whole_lines(out) {
                let Some(fact) = line.strip_prefix("fact ") else { continue };
                if send.send(fact.to_owned()).is_err() {
                    return;
                }
            }
        });
        Process { folder, child, _input: input, facts }
    }

    /// Takes what the process tells until it told of an import.
    fn until_imported(&self, told: &mut Told) {
        loop {
            let fact = self.facts.recv_timeout(PATIENCE).unwrap();
            told.take(&fact);
            if fact.starts_with("imported") {
                return;
            }
        }
    }

    fn listen(&self, moment: Instant, told: &mut Told) {
        while let Ok(fact) = self.facts.recv_timeout(moment.saturating_duration_since(Instant::now())) {
            told.take(&fact);
        }
    }

    /// `kill -9`; what it had told before counts. Another is started in its place.
    fn again(mut self, told: &mut Told) -> Process {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.facts, mpsc::channel().1).iter().for_each(|fact| told.take(&fact));
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        drop(self);
        Process::start(folder)
    }
}

/// What the processes told.
#[derive(Default)]
struct Told {
    heads: BTreeMap<u64, String>,
    imported: BTreeMap<String, Vec<String>>,
}

impl Told {
    /// Two processes that tell of one size must tell of one root.
    fn take(&mut self, line: &str) {
        let mut words = line.split(' ').map(str::to_owned);
        let (what, first) = (words.next().unwrap(), words.next().unwrap());
        match what.as_str() {
            "imported" => drop(self.imported.insert(first, words.collect())),
            "head" => {
                let root = words.next().unwrap();
                let before = self.heads.insert(first.parse().unwrap(), root.clone());
                assert!(before.is_none_or(|before| before == root), "two roots of one size: {line}");
            }
            _ => {}
        }
    }
}

/// A folder for one more process of the party: its configuration names the database, and its keys are those of the first.
pub fn folder_beside(first: &Node, url: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut config = first.config.clone();
    let form = format!("store = {{ postgres = \"{url}\", schema = \"party_xa\" }}");
    let store: toml::Table = toml::from_str(&form).unwrap();
    let store: StoreChoice = store.get("store").unwrap().clone().try_into().unwrap();
    config.node.data_dir = folder.path().join("data");
    config.party.values_mut().for_each(|party| party.store = store.clone());
    std::fs::write(folder.path().join("comity.toml"), config.to_text()).unwrap();
    let (ours, theirs) = (config.node.data_dir.join("XA"), first.config.node.data_dir.join("XA"));
    std::fs::create_dir_all(&ours).unwrap();
    for name in ["keys", "epoch.key", "index.key", "collections.key", "lookup.key"] {
        symlink(theirs.join(name), ours.join(name)).unwrap();
    }
    folder
}

#[test]
fn postgres_survives_kills_of_its_sequencer() {
    let (kills, seed) = (number(KILLS, IN_PASSING), number(SEED, 1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cluster = PrivateCluster::start(&[]).unwrap();
    let first = runtime.block_on(Node::start("XA"));
    let [mut a, mut b] = [(); 2].map(|()| Process::start(folder_beside(&first, &cluster.url())));
    let mut told = Told::default();
    let store =
        runtime.block_on(PostgresStore::open(PostgresOptions::new(cluster.url(), "party_xa"))).unwrap();
    let mut holders = BTreeSet::new();
    for kill in 0..kills {
        // Both take work, whoever holds the lease.
        a.until_imported(&mut told);
        b.until_imported(&mut told);
        let draw = sha256(&[b"processes", &seed.to_be_bytes(), &kill.to_be_bytes()]).0;
        let [which, low, high, ..] = draw;
        let moment = Instant::now() + Duration::from_millis(u64::from(u16::from_be_bytes([high, low]) % 400));
        a.listen(moment, &mut told);
        b.listen(moment, &mut told);
        holders.extend(runtime.block_on(Kv::get(&store, "leases", SEQUENCER.as_bytes(), i64::MAX)).unwrap());
        // The survivor goes on before the killed one is back.
        if which % 2 == 0 {
            a = a.again(&mut told);
            b.until_imported(&mut told);
        } else {
            b = b.again(&mut told);
            a.until_imported(&mut told);
        }
    }
    for process in [a, b] {
        drop(process.again(&mut told));
    }
    let folder = folder_beside(&first, &cluster.url());
    runtime.block_on(check(folder.path(), &told));
    assert!(holders.len() > 1, "one process did all the work");
    let (imports, heads) = (told.imported.len(), told.heads.len());
    let _ =
        writeln!(io::stderr(), "{kills} kills from seed {seed}: {imports} imports and {heads} heads held");
    runtime.block_on(first.running.stop()).unwrap();
}

/// One log holds every import that was told, once, and every head that was told is one of it.
async fn check(folder: &Path, told: &Told) {
    let config = configured(folder);
    let running = start(&config).await.unwrap();
    let code: PartyCode = "XA".parse().unwrap();
    let ctx = ctx_of(&running, &code);
    check_heads(ctx, &told.heads).await;
    let mut held: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for one in holdings(ctx, Of::Own).await {
        held.insert(one.record.to_string(), one.objects);
    }
    let objects: Vec<&Vec<u8>> = held.values().flatten().collect();
    let distinct: BTreeSet<&&Vec<u8>> = objects.iter().collect();
    assert_eq!(distinct.len(), objects.len(), "an object is held twice");
    for (tag, records) in &told.imported {
        assert!(records.iter().all(|record| held.contains_key(record)), "of import {tag}");
        let of_tag = objects.iter().filter(|object| String::from_utf8_lossy(object).contains(tag.as_str()));
        assert_eq!(of_tag.count(), OBJECTS, "of import {tag}");
    }
    running.stop().await.unwrap();
}
