//! Evidence between whole nodes: packed, cleared, fetched, joined; refused where it was not cleared; resumed after damage.

use crate::support::{Node, Reached, two};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::custody::{CHUNK, Dossier, Finding, Roots};
use comity_exchange::DeskFault;
use comity_node::{
    app::{
        Action, Ctx, Fault,
        ask::{Ask, SelectorAsked},
        evidence::{
            care::{DecideEvidence, Decision},
            check::CheckEvidence,
            courier::{
                ArriveEvidence, CloseTransfer, ConsignEvidence, PieceOfEvidence, TakeChain, TakeParcel,
                TakePiece,
            },
            delete::DeleteEvidence,
            fetch::{FetchEvidence, Fetched},
            pack::{Pack, Packed, PackedObject, PersonalAsked},
            read::{OpenEvidence, Opened, ReadEvidence, Wanted},
            record::RecordAct,
            show::{EvidenceDossier, EvidenceShown, ListEvidence, ShowEvidence},
            stage::Stage,
            watch,
        },
        share::{Grounds, Share, ShareReply},
    },
    clock::Clock,
};
use comity_record::{Canonical, KeyRing, RecordId};
use std::path::{Path, PathBuf};

const COURT: &str = "court 3, case 12/26";

/// Bytes that no compression and no mistake turns into others: the numbers of a simple generator.
pub(super) fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

pub(super) async fn stage(ctx: &Ctx, name: &str, contents: &[u8]) -> PackedObject {
    let mut pieces: Vec<&[u8]> = contents.chunks(3 << 20).collect();
    if pieces.is_empty() {
        pieces.push(&[]);
    }
    let (mut upload, count) = (None, pieces.len());
    for (number, piece) in pieces.into_iter().enumerate() {
        let stage = Stage { upload, bytes: STANDARD.encode(piece), last: number + 1 == count };
        upload = Some(stage.run(ctx).await.unwrap().upload);
    }
    PackedObject {
        upload: upload.unwrap(),
        name: name.into(),
        media_type: "application/octet-stream".into(),
        privileged: name.starts_with("lawyer"),
    }
}

pub(super) async fn pack(
    ctx: &Ctx,
    request: Option<String>,
    conditions: &[&str],
    contents: &[(&str, &[u8])],
) -> Packed {
    let mut objects = Vec::new();
    for (name, contents) in contents {
        objects.push(stage(ctx, name, contents).await);
    }
    packing(objects, request, conditions).run(ctx).await.unwrap()
}

fn packing(objects: Vec<PackedObject>, request: Option<String>, conditions: &[&str]) -> Pack {
    Pack {
        objects,
        order: "order 7 of the exercise court".into(),
        source: "mail.example".into(),
        selector: "account person-1".into(),
        time_basis: "UTC, NTP".into(),
        tool: "imager 4.2".into(),
        operator: Some("lab.two".into()),
        unit: None,
        place: "lab, room 4".into(),
        case: None,
        request,
        purpose: "criminal-investigation".into(),
        conditions: conditions.iter().map(|text| (*text).to_owned()).collect(),
        certificate: String::new(),
        personal: None,
        labels: vec!["category=traffic".into()],
    }
}

/// XA asks XB for traffic data; the request, once XB has it.
pub(super) async fn asked(a: &Node) -> String {
    let ask = Ask {
        to: "XB".into(),
        measure: "disclose_traffic_data".into(),
        offence: Some("system_interference".into()),
        penalty: Some(5),
        organised: Some(false),
        selector: SelectorAsked::Account { provider: "mail.example".into(), account: "person-1".into() },
        facts: "a login from this account opened the door".into(),
        reference: "XA-2026-7".into(),
        purpose: "criminal-investigation".into(),
        grounds: Grounds::default(),
    };
    let asked = ask.run(a.ctx()).await.unwrap();
    assert_eq!(asked.judged[0].verdict, "cleared", "{asked:?}");
    a.delivered("XB").await;
    asked.record
}

async fn share(ctx: &Ctx, record: &str, to: &str) -> ShareReply {
    let share = Share {
        to: vec![to.into()],
        purpose: "criminal-investigation".into(),
        records: vec![record.into()],
        preview: false,
        grounds: Grounds::default(),
    };
    share.run(ctx).await.unwrap()
}

/// Shares the manifest from XB to XA, and waits until XA has it.
pub(super) async fn given(b: &Node, record: &str) {
    let shared = share(b.ctx(), record, "XA").await;
    assert_eq!(shared.cleared, 1, "{shared:?}");
    b.delivered("XA").await;
}

async fn step(ctx: &Ctx, record: &str) -> Result<Fetched, Fault> {
    FetchEvidence { record: record.into(), keys: None }.run(ctx).await
}

async fn fetch(ctx: &Ctx, record: &str) -> Fetched {
    loop {
        let step = step(ctx, record).await.unwrap();
        if step.here == step.pieces {
            return step;
        }
    }
}

fn opening(record: &str, wanted: Wanted, proceedings: &str) -> OpenEvidence {
    OpenEvidence {
        record: record.into(),
        objects: Vec::new(),
        wanted,
        proceedings: proceedings.into(),
        consulted: false,
        confirmed: false,
        place: "office 2".into(),
        reason: "reading".into(),
        tool: String::new(),
    }
}

async fn read(ctx: &Ctx, opened: &Opened, place: usize) -> Vec<u8> {
    let object = &opened.objects[place];
    let mut out = Vec::new();
    for piece in 0..object.pieces {
        let read = ReadEvidence { ticket: opened.ticket.clone(), object: object.id.clone(), piece };
        out.extend(STANDARD.decode(read.run(ctx).await.unwrap().bytes).unwrap());
    }
    out
}

async fn shown(ctx: &Ctx, record: &str) -> EvidenceShown {
    ShowEvidence { record: record.into() }.run(ctx).await.unwrap()
}

pub(super) async fn dossier(ctx: &Ctx, record: &str) -> Dossier {
    let given = EvidenceDossier { record: record.into() }.run(ctx).await.unwrap();
    Dossier::from_bytes(&STANDARD.decode(given.dossier).unwrap()).unwrap()
}

pub(super) fn keys(nodes: &[&Node]) -> KeyRing {
    let mut keys = KeyRing::default();
    nodes.iter().for_each(|node| node.letter.introduce().unwrap().enter(&mut keys));
    keys
}

/// The folder in which a node keeps sealed pieces.
fn blobs(node: &Node) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            match path.is_dir() {
                true => walk(&path, found),
                false if name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    found.push(path)
                }
                false => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(node.dir.path(), &mut found);
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_travels_and_both_records_join() {
    let (a, b) = two().await;
    let request = asked(&a).await;
    // More than two chunks, exactly one chunk, and nothing.
    let big = bytes(2 * CHUNK as usize + 17, 1);
    let one = bytes(CHUNK as usize, 2);
    let contents: [(&str, &[u8]); 3] = [("disk.img", &big), ("mail.mbox", &one), ("empty.txt", b"")];
    let packed = pack(b.ctx(), Some(request), &[&format!("only-for:{COURT}")], &contents).await;
    assert_eq!((packed.objects, packed.bytes), (3, (big.len() + one.len()) as u64));
    given(&b, &packed.record).await;
    let listed = ListEvidence {}.run(a.ctx()).await.unwrap();
    assert_eq!(listed[0].held, "manifest only");
    let fetched = fetch(a.ctx(), &packed.record).await;
    assert!(fetched.received && fetched.closed && fetched.pieces == 5, "{fetched:?}");
    // Sealed at rest: no piece on either disk holds what was packed.
    for blob in blobs(&a).iter().chain(&blobs(&b)) {
        let sealed = std::fs::read(blob).unwrap();
        assert!(!sealed.windows(64).any(|window| window == &big[..64] || window == &one[..64]));
    }
    let opened = opening(&packed.record, Wanted::Open, COURT).run(a.ctx()).await.unwrap();
    for (place, (_, contents)) in contents.iter().enumerate() {
        assert!(read(a.ctx(), &opened, place).await == *contents, "object {place}");
    }
    for node in [&a, &b] {
        let report = dossier(node.ctx(), &packed.record).await.verify(&keys(&[&a, &b]), &Roots::default());
        assert!(report.holds(), "{:?}", report.lines);
        let joined = "the transfer from XB to XA, signed by both";
        assert!(report.lines.iter().any(|line| line.what == joined), "{:?}", report.lines);
    }
    // A letter that is missing leaves questions open, and never says that they are answered.
    let report = dossier(a.ctx(), &packed.record).await.verify(&keys(&[&b]), &Roots::default());
    assert!(!report.holds() && report.lines.iter().any(|line| matches!(line.finding, Finding::Open(_))));
    let shown = shown(a.ctx(), &packed.record).await;
    let acts: Vec<&str> = shown.custody.iter().map(|act| act.act.as_str()).collect();
    assert_eq!(acts, ["received", "opened"]);
    let others: Vec<&str> = shown.others.iter().map(|act| act.act.as_str()).collect();
    assert_eq!(others, ["collected", "hashed", "sealed", "handed over"]);
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_leaves_before_the_border_cleared_it() {
    let (a, b) = two().await;
    let c = Node::start("XC").await;
    c.accept(&b).await;
    b.accept(&c).await;
    let request = asked(&a).await;
    let packed = pack(b.ctx(), Some(request), &["no-onward"], &[("mail.mbox", b"a letter")]).await;
    let consign = |to: &str| ConsignEvidence { record: packed.record.clone(), to: to.into(), unit: None };
    // Neither by courier nor by network, to nobody.
    assert_eq!(consign("XA").run(b.ctx()).await.unwrap_err().code, "evidence/not-cleared");
    given(&b, &packed.record).await;
    assert_eq!(consign("XC").run(b.ctx()).await.unwrap_err().code, "evidence/not-cleared");
    let record: RecordId = packed.record.parse().unwrap();
    let giver = comity_node::app::evidence::give::Giver::new(b.ctx().clone());
    let (xa, xc) = ("XA".parse().unwrap(), "XC".parse().unwrap());
    assert!(giver.consignment(&xa, record).await.is_ok());
    let hidden = giver.consignment(&xc, record).await.unwrap_err();
    let absent = giver.consignment(&xc, RecordId::default()).await.unwrap_err();
    assert_eq!(hidden, absent, "what is hidden looks like what is absent");
    drop(giver);
    assert!(fetch(a.ctx(), &packed.record).await.received);
    // The receiver cannot pass on what came with a condition against it, and the refusal is a border's, with its reason.
    a.accept(&c).await;
    let passed = share(a.ctx(), &packed.record, "XC").await;
    assert_eq!((passed.cleared, passed.refused), (0, 1), "{passed:?}");
    assert!(passed.judged[0].codes.iter().any(|code| code == "border/onward"), "{passed:?}");
    // A suspension stops what was cleared before it.
    let suspend = comity_node::app::peer::SuspendPeer { party: "XA".into(), reason: "exercise".into() };
    suspend.run(b.ctx()).await.unwrap();
    assert_eq!(consign("XA").run(b.ctx()).await.unwrap_err().code, "evidence/not-cleared");
    for node in [a, b, c] {
        node.running.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conditions_block_what_they_forbid() {
    let (a, b) = two().await;
    let request = asked(&a).await;
    let only_for = format!("only-for:{COURT}");
    let conditions = [only_for.as_str(), "consult-before-court", "other:read the note first"];
    let contents: [(&str, &[u8]); 2] = [("mail.mbox", b"a letter"), ("lawyer.mbox", b"another")];
    let packed = pack(b.ctx(), Some(request), &conditions, &contents).await;
    given(&b, &packed.record).await;
    assert!(fetch(a.ctx(), &packed.record).await.received);
    let open = |wanted, proceedings: &str, objects: &[&str], confirmed| OpenEvidence {
        objects: objects.iter().map(|object| (*object).to_owned()).collect(),
        confirmed,
        ..opening(&packed.record, wanted, proceedings)
    };
    let code = |fault: Result<Opened, Fault>| fault.unwrap_err().code;
    let mail = &["mail.mbox"][..];
    assert_eq!(code(open(Wanted::Open, "another case", mail, true).run(a.ctx()).await), "evidence/blocked");
    assert_eq!(code(open(Wanted::Export, "another case", mail, true).run(a.ctx()).await), "evidence/blocked");
    assert_eq!(code(open(Wanted::Court, COURT, mail, true).run(a.ctx()).await), "evidence/blocked");
    assert_eq!(code(open(Wanted::Open, COURT, mail, false).run(a.ctx()).await), "evidence/confirm");
    assert!(open(Wanted::Open, COURT, mail, true).run(a.ctx()).await.is_ok());
    // What may be privileged waits for the filter team, which may look.
    let lawyer = &["lawyer.mbox"][..];
    assert_eq!(code(open(Wanted::Open, COURT, lawyer, true).run(a.ctx()).await), "evidence/blocked");
    assert!(open(Wanted::Filter, COURT, lawyer, true).run(a.ctx()).await.is_ok());
    let decide = |decision| DecideEvidence {
        record: packed.record.clone(),
        objects: vec!["lawyer.mbox".into()],
        decision,
    };
    decide(Decision::Withhold { reason: "with counsel".into() }).run(a.ctx()).await.unwrap();
    assert_eq!(code(open(Wanted::Open, COURT, lawyer, true).run(a.ctx()).await), "evidence/blocked");
    decide(Decision::Pass { reason: "no privilege".into() }).run(a.ctx()).await.unwrap();
    assert!(open(Wanted::Open, COURT, lawyer, true).run(a.ctx()).await.is_ok());
    // What was blocked left no entry; what was opened did.
    let acts = shown(a.ctx(), &packed.record).await.custody;
    assert_eq!(acts.iter().filter(|act| act.act == "opened").count(), 3, "{acts:?}");
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletion_is_a_persons_and_a_hold_stops_it() {
    let b = Node::start("XB").await;
    let today = Clock::system().now().date();
    let yesterday = format!("delete-by@{}", today.plus_days(-1));
    let mut objects = vec![stage(b.ctx(), "mail.mbox", b"a letter").await];
    let packed = packing(std::mem::take(&mut objects), None, &[&yesterday]).run(b.ctx()).await.unwrap();
    let record = packed.record.clone();
    // Access ended by itself, deletion did not come by itself.
    let blocked = opening(&record, Wanted::Open, COURT).run(b.ctx()).await.unwrap_err();
    assert_eq!(blocked.code, "evidence/blocked");
    assert_eq!(watch::round(b.ctx(), 0).await.unwrap(), 0);
    let notes = shown(b.ctx(), &record).await.notes;
    assert!(notes[0].contains("access closed by the node"), "{notes:?}");
    assert_eq!(blobs(&b).len(), 1);
    let delete = |condition| DeleteEvidence {
        record: record.clone(),
        objects: Vec::new(),
        condition,
        place: String::new(),
        reason: "end of retention".into(),
    };
    let decide = |decision| DecideEvidence { record: record.clone(), objects: Vec::new(), decision };
    let hold = Decision::Hold { by: "court".into(), reference: "order 9".into() };
    decide(hold).run(b.ctx()).await.unwrap();
    assert_eq!(delete(Some(1)).run(b.ctx()).await.unwrap_err().code, "case/deletion-held");
    let end = Decision::EndHold { by: "court".into(), reason: "order 9 lifted".into() };
    decide(end).run(b.ctx()).await.unwrap();
    assert_eq!(delete(None).run(b.ctx()).await.unwrap_err().code, "evidence/no-end");
    let deleted = delete(Some(1)).run(b.ctx()).await.unwrap();
    assert_eq!(deleted.objects, 1);
    assert!(blobs(&b).is_empty());
    // No key opens it any more, and the record says who destroyed it and that it was stated.
    let vessels = b.ctx().sequencer.run({
        let record: RecordId = record.parse().unwrap();
        move |desk, _| Box::pin(async move { Ok::<_, DeskFault>(desk.vessels(record).await.unwrap()) })
    });
    assert!(vessels.await.unwrap().unwrap().iter().all(Option::is_none));
    let report = dossier(b.ctx(), &record).await.verify(&keys(&[&b]), &Roots::default());
    assert!(report.holds(), "{:?}", report.lines);
    assert!(report.lines.iter().any(|line| line.what.starts_with("deletion of 1 objects stated by XB")));
    let last = shown(b.ctx(), &record).await.custody.pop().unwrap();
    assert_eq!(last.act, "destroyed");
    b.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn personal_data_end_on_their_day() {
    let b = Node::start("XB").await;
    let today = Clock::system().now().date();
    let personal = |until: comity_record::Date| PersonalAsked {
        kind: "personal".into(),
        basis: "exercise act on data protection, section 4".into(),
        until: until.to_string(),
        onward: "prohibited".into(),
    };
    let mut packed = Vec::new();
    for until in [today, today.plus_days(-1)] {
        let objects = vec![stage(b.ctx(), "mail.mbox", b"a letter").await];
        let pack = Pack { personal: Some(personal(until)), ..packing(objects, None, &[]) };
        packed.push(pack.run(b.ctx()).await.unwrap().record);
    }
    assert!(opening(&packed[0], Wanted::Open, COURT).run(b.ctx()).await.is_ok(), "the last day is one");
    let fault = opening(&packed[1], Wanted::Open, COURT).run(b.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "evidence/blocked");
    let delete = |record: &str| DeleteEvidence {
        record: record.into(),
        objects: Vec::new(),
        condition: None,
        place: String::new(),
        reason: "end of personal data".into(),
    };
    assert_eq!(delete(&packed[0]).run(b.ctx()).await.unwrap_err().code, "case/deletion-not-due");
    assert_eq!(delete(&packed[1]).run(b.ctx()).await.unwrap().objects, 1);
    b.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_piece_is_not_given_and_what_came_is_kept() {
    let (a, b) = two().await;
    let request = asked(&a).await;
    let big = bytes(3 * CHUNK as usize, 3);
    let packed = pack(b.ctx(), Some(request), &[], &[("disk.img", &big)]).await;
    given(&b, &packed.record).await;
    let damaged = blobs(&b).pop().unwrap();
    let whole = std::fs::read(&damaged).unwrap();
    let mut spoilt = whole.clone();
    spoilt[1000] ^= 1;
    std::fs::write(&damaged, &spoilt).unwrap();
    let checked = CheckEvidence { record: packed.record.clone() }.run(b.ctx()).await.unwrap();
    assert_eq!(checked.defects.len(), 1, "{checked:?}");
    assert!(step(a.ctx(), &packed.record).await.is_err(), "a piece that is not itself is not given");
    let before = blobs(&a).len();
    std::fs::write(&damaged, &whole).unwrap();
    let fetched = fetch(a.ctx(), &packed.record).await;
    assert!(fetched.received && before < 3, "{fetched:?}");
    // Damaged where it lies: found, reported as data, and mended by what is sent again.
    let own = blobs(&a)[1].clone();
    std::fs::write(&own, &spoilt).unwrap();
    let checked = CheckEvidence { record: packed.record.clone() }.run(a.ctx()).await.unwrap();
    assert_eq!(checked.defects.len(), 1, "{checked:?}");
    assert_eq!(ListEvidence {}.run(a.ctx()).await.unwrap()[0].defects, 1);
    let decide = DecideEvidence {
        record: packed.record.clone(),
        objects: Vec::new(),
        decision: Decision::Defects { accepted: true, reason: "the disk failed".into() },
    };
    decide.clone().run(a.ctx()).await.unwrap();
    assert_eq!(decide.run(a.ctx()).await.unwrap_err().code, "evidence/no-defects");
    std::fs::remove_file(&own).unwrap();
    assert!(fetch(a.ctx(), &packed.record).await.received);
    let checked = CheckEvidence { record: packed.record.clone() }.run(a.ctx()).await.unwrap();
    assert!(checked.defects.is_empty(), "{checked:?}");
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_courier_carries_the_same_transfer() {
    let (a, b) = two().await;
    let request = asked(&a).await;
    let big = bytes(CHUNK as usize + 5, 4);
    let packed = pack(b.ctx(), Some(request), &[], &[("disk.img", &big)]).await;
    given(&b, &packed.record).await;
    let record = packed.record.clone();
    let consigned =
        ConsignEvidence { record: record.clone(), to: "XA".into(), unit: None }.run(b.ctx()).await.unwrap();
    let taken =
        TakeParcel { consignment: consigned.consignment.clone(), keys: None }.run(a.ctx()).await.unwrap();
    assert_eq!(taken.wanted, consigned.pieces);
    for (number, piece) in consigned.pieces.iter().enumerate() {
        let given = PieceOfEvidence { record: record.clone(), to: "XA".into(), piece: piece.clone() };
        let given = given.run(b.ctx()).await.unwrap();
        let mut spoilt = STANDARD.decode(&given.bytes).unwrap();
        spoilt[number] ^= 0x40;
        let take = |bytes| TakePiece { record: record.clone(), piece: piece.clone(), bytes };
        let fault = take(STANDARD.encode(spoilt)).run(a.ctx()).await.unwrap_err();
        assert_eq!(fault.code, "evidence/piece-damaged");
        take(given.bytes).run(a.ctx()).await.unwrap();
    }
    let arrived = ArriveEvidence { record: record.clone() }.run(a.ctx()).await.unwrap();
    let entry = arrived.entry.unwrap();
    let close = CloseTransfer { record: record.clone(), to: "XA".into(), entry };
    let closed = close.clone().run(b.ctx()).await.unwrap();
    // Closing twice changes nothing.
    assert_eq!(close.run(b.ctx()).await.unwrap().chain, closed.chain);
    TakeChain { record: record.clone(), chain: closed.chain }.run(a.ctx()).await.unwrap();
    let report = dossier(a.ctx(), &record).await.verify(&keys(&[&a, &b]), &Roots::default());
    assert!(report.holds(), "{:?}", report.lines);
    // The parcel opens for nobody else.
    let fault = TakeParcel { consignment: consigned.consignment, keys: None }.run(b.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "seal/other-recipient");
    let act = RecordAct {
        record: record.clone(),
        act: "analysed".into(),
        objects: Vec::new(),
        place: "lab".into(),
        reason: "timeline".into(),
        tool: "plaso".into(),
    };
    act.run(a.ctx()).await.unwrap();
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_is_hashed_again_when_its_time_has_come() {
    let node = Node::start_reached("XB", Reached::Not).await;
    let packed = pack(node.ctx(), None, &[], &[("mail.mbox", b"a letter")]).await;
    assert_eq!(watch::round(node.ctx(), 1).await.unwrap(), 0, "it was hashed a moment ago");
    let mut later = node.ctx().clone();
    later.clock = Clock::fixed(Clock::system().now().plus_millis(2 * 3_600_000));
    assert_eq!(watch::round(&later, 1).await.unwrap(), 1);
    drop(later);
    let acts = shown(node.ctx(), &packed.record).await.custody;
    assert_eq!(acts.last().unwrap().reason, "on schedule");
    node.running.stop().await.unwrap();
}
