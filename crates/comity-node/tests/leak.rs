//! Canaries: a value of its own in every part of records of every label, searched for in everything that leaves a node
//! and in everything that it keeps.
//!
//! Bytes on the wire are taken where TLS would take them: the turns that two sequencers exchange, unfolded.

use crate::support::{Node, Reached, ctx_of, share, start, two};
use comity_exchange::{Content, DeskFault, Manuscript, tables, turn::Turn};
use comity_ledger::{
    store::{Order, Store},
    tile::TilePath,
};
use comity_node::{
    app::{
        Action, Ctx,
        crossing::{Inbox, Outbox, ShowCrossing},
        proof::{ExportReceipt, ReplayAll},
        share::{Grounds, Share, ShareReply},
        withdraw::Erase,
    },
    config::{Log, LogFormat, Text},
    log::subscriber,
    projection::index,
};
use comity_record::{Canonical, Labels, PartyCode, RecordId};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
};

/// What every canary begins with. Twelve letters that no file of a node holds by chance.
const MARK: &str = "canaryzqxwvk";

/// Where in a record a canary stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the pattern of an indicator.
    Pattern,
    /// In the name of a person.
    Name,
    /// In the address of a person.
    Address,
    /// In the label that says who alleges a State's involvement.
    Claim,
}

/// One canary value and the labels of the record that holds it.
#[derive(Clone, Debug)]
struct Canary {
    place: Place,
    labels: Labels,
}

/// Every canary by its value.
#[derive(Default)]
struct Canaries(BTreeMap<String, Canary>);

impl Canaries {
    fn draw(&mut self, place: Place, labels: &Labels) -> String {
        let value = format!("{MARK}{:06}", self.0.len());
        self.0.insert(value.clone(), Canary { place, labels: labels.clone() });
        value
    }

    /// Every canary that stands in `bytes`.
    fn found(&self, bytes: &[u8]) -> BTreeSet<String> {
        let places = find_all(bytes, MARK.as_bytes());
        let values = places.into_iter().map(|at| {
            let value = bytes.get(at..at + MARK.len() + 6).unwrap_or_default();
            String::from_utf8_lossy(value).into_owned()
        });
        values.collect()
    }
}

fn find_all(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    let first = wanted.first().copied().unwrap();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(next) = bytes.get(from..).and_then(|rest| rest.iter().position(|byte| *byte == first)) {
        let at = from + next;
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(wanted)) {
            found.push(at);
        }
        from = at + 1;
    }
    found
}

const TLP: [&str; 5] = ["clear", "green", "amber", "amber+strict", "red"];
const PERSONAL: [&str; 5] =
    ["none", "personal", "special-category", "criminal-conviction", "minor-or-victim"];
const SOVEREIGN: [&str; 6] = [
    "open",
    "government-internal",
    "important-data",
    "core-data",
    "critical-infrastructure",
    "classified:secret:XA",
];
/// The rest of the labels that matter, one for each record in turn.
const OTHER: [(&str, &str); 11] = [
    ("onward", "free"),
    ("onward", "prohibited"),
    ("onward", "prior-authorisation"),
    ("onward", "listed:XB"),
    ("onward", "within-instrument"),
    ("origin", "XC"),
    ("purpose", "prosecution"),
    ("pap", "red"),
    ("category", "subscriber"),
    ("use-limits", "no-commercial,encrypt-at-rest"),
    ("evaluation", "A1"),
];

/// One record for each combination of labels, with its canaries; `copies` of each object.
fn manuscripts(canaries: &mut Canaries, copies: usize) -> Vec<Manuscript> {
    let mut manuscripts = Vec::new();
    for tlp in TLP {
        for personal in PERSONAL {
            for sovereign in SOVEREIGN {
                for claimed in [false, true] {
                    let (key, value) = *OTHER.get(manuscripts.len() % OTHER.len()).unwrap();
                    let mut labels = Labels::new(tlp.parse().unwrap());
                    for (key, value) in [
                        ("category", "technical-indicator"),
                        ("personal", personal),
                        ("sovereign", sovereign),
                        (key, value),
                    ] {
                        labels.set(key, value).unwrap();
                    }
                    if claimed {
                        let by = canaries.draw(Place::Claim, &labels);
                        labels.set("attribution-claim", &format!("{by}:2026-01-01")).unwrap();
                    }
                    manuscripts.push(manuscript(canaries, labels, personal != "none", copies));
                }
            }
        }
    }
    manuscripts
}

fn manuscript(canaries: &mut Canaries, labels: Labels, personal: bool, copies: usize) -> Manuscript {
    let common =
        r#""spec_version":"2.1","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z""#;
    let mut objects = Vec::new();
    for _ in 0..copies {
        let n = canaries.0.len();
        let pattern = canaries.draw(Place::Pattern, &labels);
        objects.push(format!(
            r#"{{"type":"indicator",{common},"id":"indicator--00000000-0000-4000-8000-{n:012}","pattern":"[domain-name:value = '{pattern}.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}}"#
        ));
        if !personal {
            continue;
        }
        let [name, address, second] =
            [Place::Name, Place::Address, Place::Address].map(|place| canaries.draw(place, &labels));
        objects.push(format!(
            r#"{{"type":"identity",{common},"id":"identity--00000000-0000-4000-8000-{n:012}","name":"{name}","identity_class":"individual","contact_information":"{address}@mail.example"}}"#
        ));
        objects.push(format!(
            r#"{{"type":"email-addr","spec_version":"2.1","id":"email-addr--00000000-0000-4000-8000-{n:012}","value":"{second}@mail.example"}}"#
        ));
    }
    Manuscript::objects(labels, objects.into_iter().map(String::into_bytes).collect())
}

/// How many canaries stand in a manuscript.
fn planted(canaries: &Canaries, manuscript: &Manuscript) -> usize {
    let Content::Objects(objects) = &manuscript.content else { return 0 };
    let claim = manuscript.labels.attribution_claim.is_some();
    objects.iter().map(|object| canaries.found(object).len()).sum::<usize>() + usize::from(claim)
}

async fn author(ctx: &Ctx, manuscripts: Vec<Manuscript>) {
    let authored = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            desk.author(now, means.entropy(), manuscripts).await
        })
    });
    authored.await.unwrap().unwrap();
}

/// Shares as an officer who releases whatever the officer may release.
async fn share_releasing(ctx: &Ctx, to: &str, records: Vec<String>) -> ShareReply {
    let share = Share {
        to: vec![to.into()],
        purpose: "cyber-defence".into(),
        records,
        preview: false,
        grounds: Grounds { release_attribution: true, release_sovereign: true, ..Grounds::default() },
    };
    share.run(ctx).await.unwrap()
}

/// The canaries in what the border of `ctx` cleared, by its own judgements: envelope and objects.
async fn cleared(ctx: &Ctx, canaries: &Canaries, shared: &ShareReply) -> BTreeSet<String> {
    let records = shared.judged.iter().filter(|one| one.position.is_some());
    let mut found = BTreeSet::new();
    for one in records {
        let record: RecordId = one.derived.as_ref().unwrap_or(&one.record).parse().unwrap();
        let held = ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.held(record).await }));
        let held = held.await.unwrap().unwrap();
        found.extend(canaries.found(held.record.as_bytes()));
        for (_, object) in &held.objects {
            found.extend(canaries.found(object));
        }
    }
    found
}

/// Everything a turn says, its frames unfolded: folded, a canary may be there in pieces.
pub fn unfolded(mut turn: Turn) -> Vec<u8> {
    let mut frames = Vec::new();
    for frame in turn.items.iter_mut().filter_map(|item| item.frame.take()) {
        let mut decoder = zstd::Decoder::new(frame.as_slice()).unwrap();
        decoder.read_to_end(&mut frames).unwrap();
    }
    [turn.to_bytes(), frames].concat()
}

/// The next turn of `from` for `to`, as its link would send it.
pub async fn next_turn(from: &Ctx, to: &PartyCode) -> Turn {
    let to = to.clone();
    let filled = from.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let lacking = desk.peer(&to)?.lacking;
            let mut turn = desk.fill_turn(now, means.entropy(), &to).await?;
            desk.add_acknowledgements(&to, lacking, &mut turn).await?;
            Ok::<_, DeskFault>(turn)
        })
    });
    filled.await.unwrap().unwrap()
}

pub async fn take(at: &Ctx, turn: Turn) {
    let taken = at.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let from = turn.from.clone();
            desk.take_turn(now, means.entropy(), &from, &turn).await
        })
    });
    taken.await.unwrap().unwrap();
}

/// Turns in both directions until neither side has anything to say; what each direction said.
async fn exchange(a: &Ctx, b: &Ctx) -> (Vec<u8>, Vec<u8>) {
    let (mut from_a, mut from_b) = (Vec::new(), Vec::new());
    loop {
        let turn = next_turn(a, &b.party).await;
        from_a.extend(unfolded(turn.clone()));
        let quiet = turn.is_idle();
        take(b, turn).await;
        let reply = next_turn(b, &a.party).await;
        from_b.extend(unfolded(reply.clone()));
        let idle = quiet && reply.is_idle();
        take(a, reply).await;
        if idle {
            return (from_a, from_b);
        }
    }
}

/// Everything that a node shows of its ledger to whoever may ask.
async fn ledger(ctx: &Ctx) -> Vec<u8> {
    let shown = ctx.sequencer.run(|desk, means| {
        Box::pin(async move {
            let now = means.now();
            let mut shown = desk.checkpoint(now).await?;
            let size = desk.log().size();
            for number in 0..=size / 256 {
                let width = (size - number * 256).min(256);
                for level in ["entries", "0"] {
                    let part = if width < 256 { format!(".p/{width}") } else { String::new() };
                    let path = TilePath::parse(&format!("tile/{level}/{number:03}{part}"));
                    shown.extend(desk.tile(path.unwrap()).await?.unwrap_or_default());
                }
            }
            Ok::<_, DeskFault>(shown)
        })
    });
    shown.await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canaries_are_on_the_wire_only_where_the_border_cleared_them() {
    let mut canaries = Canaries::default();
    let manuscripts = manuscripts(&mut canaries, 1);
    let records = manuscripts.len();
    assert!(canaries.0.len() >= 1000, "{}", canaries.0.len());
    let mut nodes = Vec::new();
    for code in ["XA", "XB", "XC"] {
        nodes.push(Node::start_reached(code, Reached::Not).await);
    }
    let [a, b, c] = nodes.try_into().unwrap_or_else(|_| unreachable!());
    for (node, other) in [(&a, &b), (&a, &c), (&b, &a), (&b, &c), (&c, &a), (&c, &b)] {
        node.accept(other).await;
    }
    author(a.ctx(), manuscripts).await;

    let to_b = share(a.ctx(), "XB").await;
    let to_c = share_releasing(a.ctx(), "XC", vec![]).await;
    let (may_b, may_c) = (cleared(a.ctx(), &canaries, &to_b).await, cleared(a.ctx(), &canaries, &to_c).await);
    let (a_to_b, b_to_a) = exchange(a.ctx(), b.ctx()).await;
    let (a_to_c, c_to_a) = exchange(a.ctx(), c.ctx()).await;
    // What B received it gives on to C, as far as its own border lets it.
    let received = Inbox { from: None }.run(b.ctx()).await.unwrap();
    let received = received.into_iter().filter(|one| one.outcome == "taken in").map(|one| one.record);
    let onward = share_releasing(b.ctx(), "XC", received.collect()).await;
    let may_on = cleared(b.ctx(), &canaries, &onward).await;
    let (b_to_c, c_to_b) = exchange(b.ctx(), c.ctx()).await;

    // Exactly what was cleared is on the wire: nothing else, and the search is not blind.
    assert_eq!(canaries.found(&a_to_b), may_b);
    assert_eq!(canaries.found(&a_to_c), may_c);
    assert_eq!(canaries.found(&b_to_c), may_on);
    for (name, back) in [("B to A", &b_to_a), ("C to A", &c_to_a), ("C to B", &c_to_b)] {
        assert_eq!(canaries.found(back), BTreeSet::new(), "{name}");
    }
    for node in [&a, &b, &c] {
        assert_eq!(canaries.found(&ledger(node.ctx()).await), BTreeSet::new());
    }

    // What no border may clear, whatever else it holds for right.
    for (value, canary) in &canaries.0 {
        let labels = canary.labels.to_string();
        let has = |text: &str| labels.split(' ').any(|label| label == text);
        let is_personal = !has("personal=none") && labels.contains("personal=");
        let barred_at_all = has("tlp=red")
            || labels.contains("sovereign=classified")
            || (is_personal && matches!(canary.place, Place::Name | Place::Address));
        let barred_unreleased = labels.contains("sovereign=") || labels.contains("attribution-claim=");
        let barred_onward = labels.contains("onward=prohibited")
            || labels.contains("onward=prior-authorisation")
            || labels.contains("onward=listed");
        assert!(!(barred_at_all && may_c.contains(value)), "{value} to C: {labels}");
        assert!(!((barred_at_all || barred_unreleased) && may_b.contains(value)), "{value} to B: {labels}");
        assert!(!(barred_onward && may_on.contains(value)), "{value} onward: {labels}");
    }
    assert!(!may_b.is_empty() && may_b.len() < canaries.0.len() / 4, "{}", may_b.len());
    assert!(may_c.len() > may_b.len(), "{} {}", may_c.len(), may_b.len());
    let summary = format!(
        "leak: {} canaries in {records} records; cleared and on the wire: {} to XB, {} to XC with releases, {} onward; \
         {} bytes searched",
        canaries.0.len(),
        may_b.len(),
        may_c.len(),
        may_on.len(),
        a_to_b.len() + a_to_c.len() + b_to_c.len() + b_to_a.len() + c_to_a.len() + c_to_b.len(),
    );
    let _ = writeln!(io::stderr(), "{summary}");
    for node in [a, b, c] {
        node.running.stop().await.unwrap();
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Asks the API as a program does; the whole answer with its headers.
pub async fn ask(at: SocketAddr, token: String, line: String, body: String) -> Vec<u8> {
    let asked = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(at).unwrap();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    });
    asked.await.unwrap()
}

/// Everything that the API of a node shows without being asked for the content of a record, metrics and errors too.
async fn api(node: &Node) -> Vec<u8> {
    let at = node.running.api_at.unwrap();
    let token = fs::read_to_string(node.ctx().dir.join("console.token")).unwrap().trim().to_owned();
    let mut asked = vec![
        ("GET /metrics".to_owned(), String::new()),
        ("GET /api/v1/openapi.json".to_owned(), String::new()),
        ("POST /api/v1/inbox".to_owned(), r#"{"from":null}"#.to_owned()),
        ("POST /api/v1/outbox".to_owned(), r#"{"to":null}"#.to_owned()),
        ("POST /api/v1/proof/replay".to_owned(), "{}".to_owned()),
        ("POST /api/v1/replay".to_owned(), "{}".to_owned()),
        ("POST /api/v1/peer/list".to_owned(), "{}".to_owned()),
        ("POST /api/v1/crossing/show".to_owned(), r#"{"id":"0000000000"}"#.to_owned()),
        ("POST /api/v1/crossing/show".to_owned(), r#"{"id":7}"#.to_owned()),
        ("POST /api/v1/nowhere".to_owned(), "{}".to_owned()),
    ];
    let outbox = Outbox { to: None }.run(node.ctx()).await.unwrap();
    for one in outbox {
        asked.push(("POST /api/v1/crossing/show".to_owned(), format!(r#"{{"id":"{}"}}"#, one.crossing)));
    }
    let mut answers = Vec::new();
    for (line, body) in asked {
        answers.extend(ask(at, token.clone(), line, body).await);
    }
    answers
}

/// Explanations and receipts without the record, as files for a third party.
async fn papers(ctx: &Ctx) -> Vec<u8> {
    let inbox = Inbox { from: None }.run(ctx).await.unwrap();
    let outbox = Outbox { to: None }.run(ctx).await.unwrap();
    let crossings: BTreeSet<String> =
        inbox.into_iter().map(|one| one.crossing).chain(outbox.into_iter().map(|one| one.crossing)).collect();
    let mut papers = serde_json::to_vec(&ReplayAll {}.run(ctx).await.unwrap()).unwrap();
    for id in crossings {
        let shown = ShowCrossing { id: id.clone() }.run(ctx).await.unwrap();
        papers.extend(serde_json::to_vec(&shown).unwrap());
        // A receipt travels as hexadecimal digits.
        let receipt = ExportReceipt { id, with_record: false }.run(ctx).await.unwrap();
        let value = serde_json::to_value(&receipt).unwrap();
        let texts = value.as_object().unwrap().values().filter_map(|value| value.as_str());
        texts.for_each(|text| papers.extend(comity_node::app::hex(text).unwrap_or_default()));
        papers.extend(serde_json::to_vec(&value).unwrap());
    }
    papers
}

/// Every file below a folder that holds the mark in readable form, with the canaries in it.
fn files_with(canaries: &Canaries, folder: &Path, files: &mut u64) -> Vec<(String, BTreeSet<String>)> {
    let mut holding = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holding.extend(files_with(canaries, &path, files));
        } else if path.is_file() {
            *files += 1;
            let found = canaries.found(&fs::read(&path).unwrap());
            if !found.is_empty() {
                holding.push((path.display().to_string(), found));
            }
        }
    }
    holding
}

/// What rows of the log hold a canary, read through the store, which unfolds what it folded.
async fn rows_with(ctx: &Ctx, canaries: &Canaries) -> BTreeSet<String> {
    let rows = ctx.sequencer.run(|desk, _| {
        Box::pin(async move {
            let mut rows = Vec::new();
            let views = [index::TERMS, index::ROWS, index::CLASSES, index::WORDS, index::WORD_ROWS];
            for table in tables::LOG_TABLES.iter().chain(&views) {
                for partition in 0..8 {
                    for (key, value) in desk.rows(*table, partition).await? {
                        rows.push((table.name, key, value));
                    }
                }
            }
            Ok::<_, DeskFault>(rows)
        })
    });
    let mut found = BTreeSet::new();
    for (table, key, value) in rows.await.unwrap().unwrap() {
        for bytes in [key, value] {
            found.extend(canaries.found(&bytes).into_iter().map(|value| format!("{table} {value}")));
        }
    }
    found
}

/// How many rows the indexes have.
async fn index_rows(ctx: &Ctx) -> usize {
    let store = ctx.views.feed().store();
    let mut rows = 0;
    for table in [index::TERMS, index::ROWS, index::CLASSES, index::WORDS, index::WORD_ROWS] {
        for partition in 0..8 {
            rows += store.scan(table, partition, &[], &[], 100, Order::Ascending).await.unwrap().len();
        }
    }
    rows
}

async fn erase_all(ctx: &Ctx) -> u64 {
    let records = ctx.sequencer.run(|desk, _| {
        Box::pin(async move {
            let mut records = desk.own_records().await?;
            records.extend(desk.received_records().await?);
            Ok::<_, DeskFault>(records)
        })
    });
    let mut bodies = 0;
    for (record, _) in records.await.unwrap().unwrap() {
        let erase = Erase { record: record.to_string(), objects: vec![] };
        bodies += erase.run(ctx).await.unwrap().bodies;
    }
    bodies
}

/// The log is that of the whole process: tests beside this one may write to it, and no canary either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canaries_are_in_no_log_page_or_file_and_none_is_left_after_erasure() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = Log { format: Text(LogFormat::Text), level: "trace".to_owned() };
    tracing::subscriber::set_global_default(subscriber(&log, move || writer.clone()).unwrap()).unwrap();

    let mut canaries = Canaries::default();
    // Every record is erased in steps that are durable one by one: each seventh combination, which still has every value
    // of every label, with more in each.
    let manuscripts: Vec<Manuscript> = manuscripts(&mut canaries, 8).into_iter().step_by(7).collect();
    let planted: usize = manuscripts.iter().map(|one| planted(&canaries, one)).sum();
    assert!(planted >= 1000, "{planted}");
    let (a, b) = two().await;
    author(a.ctx(), manuscripts).await;
    let shared = share_releasing(a.ctx(), "XB", vec![]).await;
    let may = cleared(a.ctx(), &canaries, &shared).await;
    a.delivered("XB").await;

    // Positive control: XB holds what was cleared.
    let there = crate::support::holdings(b.ctx(), crate::support::Of::Others).await;
    let held: BTreeSet<String> =
        there.iter().flat_map(|one| &one.objects).flat_map(|object| canaries.found(object)).collect();
    assert!(!held.is_empty() && held.is_subset(&may));

    for node in [&a, &b] {
        let (shown, papers) = (api(node).await, papers(node.ctx()).await);
        assert!(shown.len() > 10_000 && find_all(&shown, b" 200 OK").len() >= 5, "{}", shown.len());
        let name = &node.code;
        let in_content = |value: &String| canaries.0.get(value).unwrap().place != Place::Claim;
        for found in [canaries.found(&shown), canaries.found(&papers)] {
            // Labels are shown to those who have the record, the claim of attribution among them; content never.
            assert!(found.is_subset(&may), "{name}: {:?}", found.difference(&may));
            assert!(!found.iter().any(in_content), "{name}: {found:?}");
        }
    }
    let written = lines.0.lock().unwrap().clone();
    assert!(find_all(&written, b"taken in from XA").len() > 5, "the log was listened to");
    assert_eq!(canaries.found(&written), BTreeSet::new());

    // Positive control of the search in files.
    let control = tempfile::tempdir().unwrap();
    fs::write(control.path().join("control"), format!("..{}..", held.first().unwrap())).unwrap();
    assert_eq!(files_with(&canaries, control.path(), &mut 0).len(), 1);
    // At rest bodies are sealed: no file holds one in readable form even before erasure.
    let mut files = 0;
    for node in [&a, &b] {
        let sealed = files_with(&canaries, node.dir.path(), &mut files);
        assert!(only_claims(&canaries, &sealed), "{sealed:?}");
    }
    let bodies = erase_all(a.ctx()).await + erase_all(b.ctx()).await;
    assert!(bodies > 500, "{bodies}");
    for node in [&a, &b] {
        assert_eq!(rows_with(node.ctx(), &canaries).await, BTreeSet::new(), "{}", node.code);
        assert_eq!(index_rows(node.ctx()).await, 0, "{}", node.code);
    }
    let mut files = 0;
    for node in [a, b] {
        let (dir, config, code) = (node.dir, node.config, node.code);
        node.running.stop().await.unwrap();
        assert_eq!(files_with(&canaries, dir.path(), &mut files), vec![], "{code}");
        // Opened again, the node still has nothing to show.
        let again = start(&config).await.unwrap();
        let left = crate::support::holdings_left(ctx_of(&again, &code)).await;
        assert_eq!(left, 0);
        again.stop().await.unwrap();
    }
    let written = lines.0.lock().unwrap().clone();
    assert_eq!(canaries.found(&written), BTreeSet::new());
    let summary = format!(
        "leak: {} bytes of log, {bodies} bodies erased, {files} files searched, no canary of {planted} in them",
        written.len(),
    );
    let _ = writeln!(io::stderr(), "{summary}");
}

fn only_claims(canaries: &Canaries, found: &[(String, BTreeSet<String>)]) -> bool {
    found
        .iter()
        .flat_map(|(_, values)| values)
        .all(|value| canaries.0.get(value).unwrap().place == Place::Claim)
}
