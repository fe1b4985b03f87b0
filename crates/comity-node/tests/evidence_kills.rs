//! A transfer of evidence between two processes that are killed with `kill -9` in the midst of it, first the receiver, then
//! the giver. The moments are counts of bytes on the wire, so that each run is cut where the last one was. What came before
//! a kill is not sent again.
//!
//! A node's process is this test binary run again; it does what lines on its standard input say.

use crate::{
    evidence::{asked, dossier, given, keys, pack},
    support::{Node, Reached, configured, ctx_of, start},
};
use comity_affairs::custody::{CHUNK, Roots};
use comity_node::app::{Action, evidence::fetch::FetchEvidence};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

const FOLDER: &str = "COMITY_EVIDENCE_NODE";

/// Not a test of its own: what a child process runs. Without the variable it has nothing to do.
#[test]
fn node_process_for_evidence() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(live(Path::new(&folder)));
}

fn fact(text: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "\nfact {text}").and_then(|()| out.flush()).unwrap();
}

async fn live(folder: &Path) {
    let config = configured(folder);
    let code = config.party.keys().next().unwrap().0.clone();
    let running = start(&config).await.unwrap();
    fact(&format!("serving {}", running.peers_at.unwrap()));
    let ctx = ctx_of(&running, &code).clone();
    let (lines, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            lines.send(line).unwrap();
        }
        // A parent that is gone wants no more of us.
        std::process::exit(0);
    });
    while let Some(record) = waiting.recv().await {
        loop {
            match (FetchEvidence { record: record.clone(), keys: None }).run(&ctx).await {
                Ok(step) if step.here < step.pieces => {}
                Ok(step) => break fact(&format!("fetched {} {}", step.received, step.closed)),
                Err(fault) => break fact(&format!("fault {}", fault.code)),
            }
        }
    }
}

/// A node in a process of its own.
struct Process {
    child: Arc<Mutex<Child>>,
    orders: ChildStdin,
    facts: BufReader<ChildStdout>,
    at: SocketAddr,
}

impl Process {
    fn start(folder: &Path) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "evidence_kills::node_process_for_evidence", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (orders, facts) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let at = "127.0.0.1:1".parse().unwrap();
        let mut process = Process { child: Arc::new(Mutex::new(child)), orders, facts, at };
        process.at = process.fact().unwrap().strip_prefix("serving ").unwrap().parse().unwrap();
        process
    }

    /// The next fact; none once the process is gone.
    fn fact(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.facts.read_line(&mut line).unwrap_or(0) > 0 {
            if let Some(fact) = line.trim().strip_prefix("fact ") {
                return Some(fact.to_owned());
            }
            line.clear();
        }
        None
    }

    fn fetch(&mut self, record: &str) -> Option<String> {
        writeln!(self.orders, "{record}").and_then(|()| self.orders.flush()).unwrap();
        self.fact()
    }
}

fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The way to the giver: it counts what the giver sends, and at a count does something once.
#[derive(Default)]
struct Road {
    to: Mutex<Option<SocketAddr>>,
    sent: Mutex<u64>,
    at: Mutex<Option<(u64, Arc<Mutex<Child>>)>>,
}

fn road() -> (SocketAddr, Arc<Road>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (at, road) = (listener.local_addr().unwrap(), Arc::new(Road::default()));
    let shared = Arc::clone(&road);
    thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let to = *shared.to.lock().unwrap();
            let Some(far) = to.and_then(|to| TcpStream::connect(to).ok()) else { continue };
            let (mut up, mut away) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || {
                let _broke = io::copy(&mut up, &mut away).is_err();
                let _gone = away.shutdown(Shutdown::Both).is_err();
            });
            let road = Arc::clone(&shared);
            thread::spawn(move || road.carry(far, near));
        }
    });
    (at, road)
}

impl Road {
    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut piece) {
            if to.write_all(&piece[..read]).is_err() {
                break;
            }
            *self.sent.lock().unwrap() += read as u64;
            let due = self.at.lock().unwrap().take_if(|(at, _)| *at <= *self.sent.lock().unwrap());
            if let Some((_, child)) = due {
                kill(&child);
            }
        }
        let _gone = to.shutdown(Shutdown::Both).is_err();
    }

    /// From now on counts anew, and kills a process when so many bytes have passed.
    fn kill_at(&self, bytes: u64, child: &Arc<Mutex<Child>>) {
        *self.sent.lock().unwrap() = 0;
        *self.at.lock().unwrap() = Some((bytes, Arc::clone(child)));
    }
}

#[test]
fn a_transfer_goes_on_after_a_kill_on_either_side() {
    let (at, road) = road();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let chunks = 8u64;
    let contents = vec![7; (chunks * u64::from(CHUNK)) as usize];
    let (a, b, record) = runtime.block_on(async {
        let a = Node::start_reached("XA", Reached::Not).await;
        let b = Node::start_reached("XB", Reached::At(at.to_string())).await;
        *road.to.lock().unwrap() = b.running.peers_at;
        a.accept(&b).await;
        b.accept(&a).await;
        let request = asked(&a).await;
        let packed = pack(b.ctx(), Some(request), &[], &[("disk.img", &contents)]).await;
        given(&b, &packed.record).await;
        (a, b, packed.record)
    });
    let letters = keys(&[&a, &b]);
    let (code, dirs) = (a.code.clone(), [a.dir, b.dir]);
    runtime.block_on(async {
        a.running.stop().await.unwrap();
        b.running.stop().await.unwrap();
    });
    let mut giver = Process::start(dirs[1].path());
    *road.to.lock().unwrap() = Some(giver.at);
    let mut receiver = Process::start(dirs[0].path());
    let chunk = u64::from(CHUNK);
    // The receiver dies in its third piece.
    road.kill_at(2 * chunk + chunk / 2, &receiver.child);
    assert_eq!(receiver.fetch(&record), None);
    receiver = Process::start(dirs[0].path());
    // The giver dies two pieces later.
    road.kill_at(2 * chunk + chunk / 2, &giver.child);
    let fault = receiver.fetch(&record).unwrap();
    assert!(fault.starts_with("fault peer/"), "{fault}");
    giver = Process::start(dirs[1].path());
    *road.to.lock().unwrap() = Some(giver.at);
    *road.sent.lock().unwrap() = 0;
    assert_eq!(receiver.fetch(&record).as_deref(), Some("fetched true true"));
    let sent = *road.sent.lock().unwrap();
    // Four whole pieces at least were here before; turns between the nodes pass on the same road.
    assert!(sent < (chunks - 3) * chunk, "{sent} bytes were sent in the end");
    kill(&receiver.child);
    kill(&giver.child);
    runtime.block_on(async {
        let running = start(&configured(dirs[0].path())).await.unwrap();
        let report = dossier(ctx_of(&running, &code), &record).await.verify(&letters, &Roots::default());
        assert!(report.holds(), "{:?}", report.lines);
        running.stop().await.unwrap();
    });
}
