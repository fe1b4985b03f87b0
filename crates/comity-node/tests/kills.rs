//! Two nodes in processes of their own are killed with `kill -9` at seeded moments, while one imports and shares and the
//! other takes in. Whatever either said was done is still so afterwards, once, and every head either ever had verifies.
//!
//! A node's process is this test binary run again. It tells what is done in lines that begin with `fact`; what it told
//! before it was killed is what must hold. `COMITY_KILLS` says how often to kill, `COMITY_SEED` when.

use crate::support::{Node, Of, Reached, configured, ctx_of, delivered, holdings, import, share, start};
use comity_exchange::{DeskFault, tables};
use comity_node::app::{
    Ctx, NodeDesk, Running,
    crossing::{Inbox, InboxShown, Outbox, OutboxShown},
};
use comity_node::{
    app::Action,
    random::{Random, SystemRandom},
};
use comity_record::{EntryKind, Hash, PartyCode, RecordId, sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The folder of the node that a child process is to run.
const FOLDER: &str = "COMITY_KILLS_NODE";
/// How often to kill.
pub(super) const KILLS: &str = "COMITY_KILLS";
pub(super) const IN_PASSING: u64 = 3;
/// From what the moments are drawn.
pub(super) const SEED: &str = "COMITY_SEED";
/// How long a killed node may take to serve again, and two nodes to settle in the end.
const PATIENCE: Duration = Duration::from_secs(120);
/// Objects of one bundle; they are of seven label classes, so that an import has more groups of records than one.
pub(super) const OBJECTS: usize = 28;

/// Not a test of its own: what a child process runs. Without the variable it has nothing to do.
#[test]
fn node_process_for_kills() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(live(Path::new(&folder)));
}

pub(super) fn fact(text: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "fact {text}").and_then(|()| out.flush()).unwrap();
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
    fact(&format!("serving {}", running.peers_at.unwrap()));
    let ctx = ctx_of(&running, &code);
    if code.as_str() == "XA" {
        tokio::join!(work(ctx, folder), tell(ctx, Some("XB")));
    } else {
        tell(ctx, None).await;
    }
}

/// Imports and shares without end.
async fn work(ctx: &Ctx, folder: &Path) {
    let bundle = folder.join("bundle.json");
    loop {
        let tag = (&SystemRandom as &dyn Random).id().unwrap();
        std::fs::write(&bundle, bundle_text(&tag)).unwrap();
        let imported = import(ctx, &bundle).await;
        assert_eq!(imported.taken as usize, OBJECTS);
        fact(&format!("imported {tag} {}", imported.records.join(" ")));
        let shared = share(ctx, "XB").await;
        for one in shared.judged.iter().filter(|one| one.position.is_some()) {
            fact(&format!("cleared {} {}", one.position.unwrap(), one.record));
        }
    }
}

pub(super) fn bundle_text(tag: &str) -> String {
    let mut text = r#"{"type":"bundle","objects":["#.to_owned();
    let (first, second) = (tag.get(..8).unwrap(), tag.get(8..12).unwrap());
    for n in 0..OBJECTS {
        let comma = if n == 0 { "" } else { "," };
        let review = n % 7 + 1;
        write!(
            text,
            r#"{comma}{{"type":"url","spec_version":"2.1","id":"url--{first}-{second}-4000-8000-{n:012}","value":"http://c2.example/{tag}/{n}","x_comity_labels":{{"retention":"review:2027-01-0{review}"}}}}"#
        )
        .unwrap();
    }
    text + "]}"
}

/// Tells of every head and of every acknowledgement, as soon as they are durable.
async fn tell(ctx: &Ctx, to: Option<&str>) {
    let mut changes = ctx.sequencer.changes();
    let mut told = 0;
    loop {
        let peer: Option<PartyCode> = to.map(|to| to.parse().unwrap());
        let after = told;
        let news = ctx.sequencer.run(move |desk, _| Box::pin(news(desk, peer, after)));
        let (head, acknowledged) = news.await.unwrap().unwrap();
        fact(&head);
        for (position, record) in acknowledged {
            told = position;
            fact(&format!("acknowledged {position} {record}"));
        }
        changes.changed().await.unwrap();
    }
}

async fn news(
    desk: &NodeDesk,
    peer: Option<PartyCode>,
    after: u64,
) -> Result<(String, Vec<(u64, RecordId)>), DeskFault> {
    use comity_ledger::store::{Order, Store};
    use comity_record::Canonical;
    let head = desk.log().tree_head();
    let mut acknowledged = Vec::new();
    if let Some(peer) = peer {
        let peer = desk.peer(&peer)?;
        let (from, to) = ((after + 1).to_be_bytes(), (peer.acknowledged.through() + 1).to_be_bytes());
        for (key, value) in
            desk.store().scan(tables::OUTBOX, peer.number, &from, &to, 10_000, Order::Ascending).await?
        {
            let position = u64::from_be_bytes(*key.first_chunk::<8>().unwrap());
            acknowledged.push((position, tables::OutboxRow::from_bytes(&value)?.record));
        }
    }
    Ok((format!("head {} {}", head.size, head.root), acknowledged))
}

/// Everything a node told, over all its lives.
#[derive(Default)]
struct Told {
    heads: BTreeMap<u64, String>,
    imported: BTreeMap<String, Vec<String>>,
    cleared: BTreeMap<u64, String>,
    acknowledged: BTreeMap<u64, String>,
}

impl Told {
    /// A fact told twice must be the same fact.
    fn take(&mut self, line: &str) {
        let (what, rest) = line.split_once(' ').unwrap();
        let (first, more) = rest.split_once(' ').unwrap();
        if what == "imported" {
            self.imported.insert(first.to_owned(), more.split(' ').map(str::to_owned).collect());
            return;
        }
        let facts = match what {
            "head" => &mut self.heads,
            "cleared" => &mut self.cleared,
            "acknowledged" => &mut self.acknowledged,
            _ => unreachable!("{line}"),
        };
        let before = facts.insert(first.parse().unwrap(), more.to_owned());
        assert!(before.is_none_or(|before| before == more), "told otherwise before: {line}");
    }
}

/// A node's process. It is killed when this is dropped.
struct Process {
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
    fn start(folder: &Path) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::node_process_for_kills", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
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
        Process { child, _input: input, facts }
    }

    fn kill(mut self) -> mpsc::Receiver<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.facts, mpsc::channel().1)
    }
}

pub(super) fn whole_lines(mut out: impl BufRead) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || {
        let mut line = String::new();
        match out.read_line(&mut line) {
            Ok(read) if read > 0 && line.ends_with('\n') => Some(line.trim_end().to_owned()),
            _ => None,
        }
    })
}

/// One address for all lives of a node: connections go on to wherever it listens at present.
struct Forward {
    address: SocketAddr,
    target: Arc<Mutex<Option<SocketAddr>>>,
}

impl Forward {
    fn start() -> Forward {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let target = Arc::new(Mutex::new(None));
        let at = Arc::clone(&target);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let target: Option<SocketAddr> = *at.lock().unwrap();
                let Some(onward) = target.and_then(|target| TcpStream::connect(target).ok()) else {
                    continue;
                };
                for (from, to) in [(&stream, &onward), (&onward, &stream)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || {
                        // Either end may break off: that is what this test is about.
                        let _copied = io::copy(&mut from, &mut to);
                        let _shut = to.shutdown(Shutdown::Write);
                    });
                }
            }
        });
        Forward { address, target }
    }
}

/// A node over all its lives.
struct Life {
    folder: TempDir,
    code: PartyCode,
    forward: Forward,
    process: Option<Process>,
    told: Told,
    to_serving: Vec<Duration>,
}

impl Life {
    fn begin(&mut self) {
        let begun = Instant::now();
        let process = Process::start(self.folder.path());
        let serving = process.facts.recv_timeout(PATIENCE).unwrap();
        self.to_serving.push(begun.elapsed());
        let address = serving.strip_prefix("serving ").unwrap().parse().unwrap();
        *self.forward.target.lock().unwrap() = Some(address);
        self.process = Some(process);
    }

    /// Takes what the node tells until `moment`.
    fn listen(&mut self, moment: Instant) {
        let process = self.process.as_ref().unwrap();
        while let Ok(fact) = process.facts.recv_timeout(moment.saturating_duration_since(Instant::now())) {
            self.told.take(&fact);
        }
    }

    /// Takes what the node tells until it told something of this kind.
    fn listen_for(&mut self, kind: &str) {
        let process = self.process.as_ref().unwrap();
        loop {
            let fact = process.facts.recv_timeout(PATIENCE).unwrap();
            self.told.take(&fact);
            if fact.starts_with(kind) {
                return;
            }
        }
    }

    /// `kill -9`; what it had told before counts.
    fn end(&mut self) {
        let facts = self.process.take().unwrap().kill();
        facts.iter().for_each(|fact| self.told.take(&fact));
    }
}

pub(super) fn number(variable: &str, otherwise: u64) -> u64 {
    let given = std::env::var_os(variable).map(|text| text.to_str().unwrap().parse().unwrap());
    given.unwrap_or(otherwise)
}

async fn lives() -> [Life; 2] {
    let mut nodes = Vec::new();
    for code in ["XA", "XB"] {
        let forward = Forward::start();
        let node = Node::start_reached(code, Reached::At(forward.address.to_string())).await;
        nodes.push((node, forward));
    }
    let [(a, to_a), (b, to_b)] = nodes.try_into().unwrap_or_else(|_| unreachable!());
    a.accept(&b).await;
    b.accept(&a).await;
    let mut lives = Vec::new();
    for (node, forward) in [(a, to_a), (b, to_b)] {
        node.running.stop().await.unwrap();
        lives.push(Life {
            folder: node.dir,
            code: node.code,
            forward,
            process: None,
            told: Told::default(),
            to_serving: Vec::new(),
        });
    }
    lives.try_into().unwrap_or_else(|_| unreachable!())
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_by_kills() {
    let (kills, seed) = (number(KILLS, IN_PASSING), number(SEED, 1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let [mut a, mut b] = runtime.block_on(lives());
    a.begin();
    b.begin();
    for kill in 0..kills {
        let draw = sha256(&[b"kills", &seed.to_be_bytes(), &kill.to_be_bytes()]).0;
        let [which, low, high, ..] = draw;
        // Something has to be under way; then the moment is drawn, up to half a second later.
        a.listen_for("imported");
        let moment = Instant::now() + Duration::from_millis(u64::from(u16::from_be_bytes([high, low]) % 500));
        a.listen(moment);
        b.listen(moment);
        match which % 3 {
            0 => again(&mut [&mut a]),
            1 => again(&mut [&mut b]),
            _ => again(&mut [&mut a, &mut b]),
        }
    }
    a.listen_for("acknowledged");
    a.end();
    b.end();
    let shown = runtime.block_on(settle_and_check(&a, &b));
    let mut times: Vec<Duration> = a.to_serving.iter().chain(&b.to_serving).skip(2).copied().collect();
    times.sort();
    let summary = format!(
        "kills: {kills} from seed {seed}; {shown}; from start of the process to serving: median {:.0?}, longest {:.0?}",
        times.get(times.len() / 2).unwrap(),
        times.last().unwrap(),
    );
    let _ = writeln!(io::stderr(), "{summary}");
}

fn again(killed: &mut [&mut Life]) {
    killed.iter_mut().for_each(|life| life.end());
    killed.iter_mut().for_each(|life| life.begin());
}

/// A node's whole log and what it holds, read after everything settled.
struct State {
    outbox: Vec<OutboxShown>,
    inbox: Vec<InboxShown>,
    /// Entries by kind and record.
    entries: BTreeMap<(EntryKind, RecordId), u64>,
    /// Values of objects, by record.
    objects: BTreeMap<String, Vec<Vec<u8>>>,
    size: u64,
}

async fn settle_and_check(a: &Life, b: &Life) -> String {
    let (at_a, at_b) = (open(a).await, open(b).await);
    let (to_a, to_b) = (ctx_of(&at_a, &a.code), ctx_of(&at_b, &b.code));
    tokio::time::timeout(PATIENCE, async {
        share(to_a, "XB").await;
        delivered(to_a, "XB").await;
    })
    .await
    .unwrap();
    check_heads(to_a, &a.told.heads).await;
    check_heads(to_b, &b.told.heads).await;
    let sender = state(to_a, Of::Own).await;
    let receiver = state(to_b, Of::Others).await;
    check_imports(&a.told, &sender);
    check_crossings(&a.told, &sender, &receiver);
    at_a.stop().await.unwrap();
    at_b.stop().await.unwrap();
    format!(
        "{} records, {} acknowledged before a kill, {} in the end; {} heads verified; logs of {} and {} entries",
        sender.objects.len(),
        a.told.acknowledged.len(),
        receiver.objects.len(),
        a.told.heads.len() + b.told.heads.len(),
        sender.size,
        receiver.size,
    )
}

async fn open(life: &Life) -> Running {
    let running = start(&configured(life.folder.path())).await.unwrap();
    *life.forward.target.lock().unwrap() = running.peers_at;
    running
}

/// Every head that was ever told is one of the log as it is now, and the log holds together.
pub(super) async fn check_heads(ctx: &Ctx, heads: &BTreeMap<u64, String>) {
    assert!(heads.len() > 1);
    let sizes: Vec<u64> = heads.keys().copied().collect();
    let roots = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            let audit = desk.log().audit(desk.store()).await?;
            let mut roots: Vec<Hash> = Vec::new();
            for size in sizes {
                roots.push(desk.log().root_at(desk.store(), size).await?);
            }
            Ok::<_, DeskFault>((audit, roots))
        })
    });
    let (audit, roots) = roots.await.unwrap().unwrap();
    assert_eq!(audit.lost, 0);
    for ((size, told), root) in heads.iter().zip(roots) {
        assert_eq!(*told, root.to_string(), "{} at {size}", ctx.party);
    }
}

async fn state(ctx: &Ctx, of: Of) -> State {
    let entries = ctx.sequencer.run(|desk, _| {
        Box::pin(async move {
            let mut entries = BTreeMap::new();
            for index in 0..desk.log().size() {
                let entry = desk.log().entry(desk.store(), index).await?;
                if let Some(record) = entry.entry().record {
                    *entries.entry((entry.entry().kind, record)).or_default() += 1;
                }
            }
            Ok::<_, DeskFault>((entries, desk.log().size()))
        })
    });
    let (entries, size) = entries.await.unwrap().unwrap();
    let held = holdings(ctx, of).await;
    State {
        outbox: Outbox { to: None }.run(ctx).await.unwrap(),
        inbox: Inbox { from: None }.run(ctx).await.unwrap(),
        entries,
        objects: held.into_iter().map(|one| (one.record.to_string(), one.objects)).collect(),
        size,
    }
}

/// What an import said it took is held, once; of imports that were cut short nothing is there twice.
fn check_imports(told: &Told, sender: &State) {
    let mut count: BTreeMap<&[u8], u64> = BTreeMap::new();
    for object in sender.objects.values().flatten() {
        *count.entry(object).or_default() += 1;
    }
    assert!(count.values().all(|count| *count == 1), "an object is held twice");
    let text: BTreeSet<&str> = count.keys().map(|object| std::str::from_utf8(object).unwrap()).collect();
    assert!(!told.imported.is_empty());
    for (tag, records) in &told.imported {
        let objects = text.iter().filter(|object| object.contains(tag.as_str())).count();
        assert_eq!(objects, OBJECTS, "of import {tag}");
        assert!(records.iter().all(|record| sender.objects.contains_key(record)), "of import {tag}");
    }
    for ((kind, record), count) in &sender.entries {
        let once = !matches!(kind, EntryKind::Authored | EntryKind::Cleared) || *count == 1;
        assert!(once, "{record} has {count} entries of {kind}");
    }
}

/// Positions are without holes; each record has one at both ends, in the same place and with the same bytes.
fn check_crossings(told: &Told, sender: &State, receiver: &State) {
    let given: BTreeMap<u64, &String> = sender.outbox.iter().map(|one| (one.position, &one.record)).collect();
    let taken: BTreeMap<u64, &String> =
        receiver.inbox.iter().map(|one| (one.position, &one.record)).collect();
    assert_eq!(given, taken);
    assert_eq!(given.keys().copied().collect::<Vec<_>>(), (1..=given.len() as u64).collect::<Vec<_>>());
    let distinct: BTreeSet<&&String> = given.values().collect();
    assert_eq!(distinct.len(), given.len(), "a record was given twice");
    assert!(sender.outbox.iter().all(|one| one.state == "taken in"), "{:?}", sender.outbox);
    assert!(receiver.inbox.iter().all(|one| one.outcome == "taken in"), "{:?}", receiver.inbox);
    assert!(!told.acknowledged.is_empty());
    for (position, record) in told.cleared.iter().chain(&told.acknowledged) {
        assert_eq!(given.get(position), Some(&record), "at position {position}");
    }
    assert_eq!(sender.objects, receiver.objects);
    let received = receiver.entries.iter().filter(|((kind, _), _)| *kind == EntryKind::Received);
    assert!(received.clone().all(|(_, count)| *count == 1));
    assert_eq!(received.count(), given.len());
}
