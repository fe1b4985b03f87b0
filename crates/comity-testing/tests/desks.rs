//! Two and three desks in memory, turn by turn.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

use comity_border::{Competence, Direction, Request, Verdict};
use comity_exchange::{Act, Event, Manuscript, Outcome, Sharing, house::Unit, turn::Turn};
use comity_ledger::MemoryStore;
use comity_ledger::memory::block_on;
use comity_record::{
    Body, Canonical, Labels, PartyCode, RecordId, Timestamp,
    body::Recall,
    label::{Personal, Purpose, Tlp},
};
use comity_testing::desks::{MemoryDesk, SeededEntropy, first_day, party};

struct World {
    a: MemoryDesk,
    b: MemoryDesk,
    stores: [MemoryStore; 2],
    entropy: SeededEntropy,
    now: Timestamp,
}

fn code(text: &str) -> PartyCode {
    text.parse().unwrap()
}

fn world() -> World {
    let (a, b) = (party("XA", 1), party("XB", 1));
    let now = first_day().plus_days(40).start();
    let mut entropy = SeededEntropy::new(7);
    let stores = [MemoryStore::new(), MemoryStore::new()];
    let mut desks = [a.begin(stores[0].clone()), b.begin(stores[1].clone())]
        .map(|begin| block_on(MemoryDesk::open(begin)).unwrap());
    for (desk, letter) in desks.iter_mut().zip([&b.signed, &a.signed]) {
        block_on(desk.accept_letter(now, &mut entropy, letter)).unwrap().unwrap();
        let unit = Unit {
            code: "cert".parse().unwrap(),
            name: "CERT".into(),
            parent: None,
            competence: "exercise act on the national CERT, section 1".into(),
            purposes: Default::default(),
            from: first_day(),
            until: None,
        };
        block_on(desk.act(now, &mut entropy, None, Act::Unit(unit))).unwrap().unwrap();
    }
    let [a, b] = desks;
    World { a, b, stores, entropy, now }
}

fn request(from: &MemoryDesk, to: &str, purpose: Purpose, now: Timestamp) -> Request {
    let mut request = Request::new(Direction::Sending, from.party().clone(), code(to), purpose, now);
    let unit = Competence {
        unit: "cert".parse().unwrap(),
        citation: "exercise act on the national CERT, section 1".into(),
    };
    request.sender_unit = Some(unit.clone());
    request.receiver_unit = Some(unit);
    request
}

fn labels(tlp: Tlp) -> Labels {
    let mut labels = Labels::new(tlp);
    labels.set("category", "technical-indicator").unwrap();
    labels
}

fn indicator(n: u32) -> Vec<u8> {
    format!(
        r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-{n:012}","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","pattern":"[domain-name:value = 'c2-{n}.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}}"#
    )
    .into_bytes()
}

impl World {
    fn author(&mut self, labels: Labels, objects: Vec<Vec<u8>>) -> RecordId {
        let manuscript = Manuscript::objects(labels, objects);
        block_on(self.a.author(self.now, &mut self.entropy, vec![manuscript])).unwrap()[0].record
    }

    fn share(&mut self, record: RecordId, purpose: Purpose) -> Vec<comity_exchange::Shared> {
        let request = request(&self.a, "XB", purpose, self.now);
        block_on(self.a.share(self.now, &mut self.entropy, vec![Sharing { record, request }])).unwrap()
    }

    /// One turn each way, A calling; what each side saw happen.
    fn turn(&mut self) -> (Vec<Event>, Vec<Event>) {
        let (now, a, b) = (self.now, code("XA"), code("XB"));
        let mut turn = block_on(self.a.fill_turn(now, &mut self.entropy, &b)).unwrap();
        let lacking = self.a.peer(&b).unwrap().lacking;
        block_on(self.a.add_acknowledgements(&b, lacking, &mut turn)).unwrap();
        let turn = Turn::from_bytes(&turn.to_bytes()).unwrap();
        let at_b = block_on(self.b.take_turn(now, &mut self.entropy, &a, &turn)).unwrap();
        let mut reply = block_on(self.b.fill_turn(now, &mut self.entropy, &a)).unwrap();
        block_on(self.b.add_acknowledgements(&a, turn.lacking, &mut reply)).unwrap();
        let reply = Turn::from_bytes(&reply.to_bytes()).unwrap();
        let at_a = block_on(self.a.take_turn(now, &mut self.entropy, &b, &reply)).unwrap();
        (at_a, at_b)
    }

    fn settle(&mut self) {
        for _ in 0..10 {
            self.turn();
        }
    }
}

#[test]
fn a_bundle_crosses_and_comes_out_byte_for_byte() {
    let mut world = world();
    let objects: Vec<_> = (0..5).map(indicator).collect();
    let record = world.author(labels(Tlp::Green), objects.clone());
    let shared = world.share(record, Purpose::CyberDefence);
    assert_eq!(
        shared[0].verdict.decision.ruling.verdict,
        Verdict::Cleared,
        "{:?}",
        shared[0].verdict.decision.ruling
    );
    assert_eq!(shared[0].position, Some(1));
    let (at_a, at_b) = world.turn();
    assert!(at_b.contains(&Event::TakenIn { from: code("XA"), record }));
    assert!(at_a.contains(&Event::Acknowledged { by: code("XB"), position: 1, outcome: Outcome::TakenIn }));
    let held = block_on(world.b.held(record)).unwrap();
    assert_eq!(held.objects.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), objects);
    // Once everything is said, turns are idle and change nothing.
    world.settle();
    let sizes = (world.a.log().size(), world.b.log().size());
    let (at_a, at_b) = world.turn();
    assert!(at_a.is_empty() && at_b.is_empty(), "{at_a:?} {at_b:?}");
    assert_eq!((world.a.log().size(), world.b.log().size()), sizes);
    for (desk, store) in [(&world.a, &world.stores[0]), (&world.b, &world.stores[1])] {
        block_on(desk.log().audit(store)).unwrap();
    }
}

#[test]
fn each_side_cosigns_the_other() {
    let mut world = world();
    world.settle();
    let (at_a, _) = {
        world.author(labels(Tlp::Green), vec![indicator(1)]);
        world.turn()
    };
    let mut seen = at_a;
    for _ in 0..4 {
        seen.extend(world.turn().0);
    }
    let size = world.a.log().size();
    assert!(seen.contains(&Event::Cosigned { by: code("XB"), size }), "{seen:?}");
}

#[test]
fn red_never_leaves_and_the_refusal_is_entered() {
    let mut world = world();
    let record = world.author(labels(Tlp::Red), vec![indicator(1)]);
    let before = world.a.log().size();
    let shared = world.share(record, Purpose::CyberDefence);
    assert_eq!(shared[0].verdict.decision.ruling.verdict, Verdict::Refused);
    assert_eq!(shared[0].position, None);
    assert_eq!(world.a.log().size(), before + 1);
    let (_, at_b) = world.turn();
    assert!(!at_b.iter().any(|event| matches!(event, Event::TakenIn { .. })));
}

#[test]
fn personal_data_is_redacted_before_it_leaves() {
    let mut world = world();
    let identity = br#"{"type":"identity","spec_version":"2.1","id":"identity--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Person One","identity_class":"individual","contact_information":"one@example.org"}"#;
    let mut personal = labels(Tlp::Green);
    personal.personal = Personal::Personal;
    let record = world.author(personal, vec![identity.to_vec(), indicator(2)]);
    let shared = world.share(record, Purpose::CyberDefence);
    let verdicts: Vec<_> = shared.iter().map(|one| one.verdict.decision.ruling.verdict).collect();
    assert_eq!(verdicts, [Verdict::RedactFirst, Verdict::Cleared], "{:?}", shared.last().unwrap().verdict);
    let derived = shared[1].judged;
    let (_, at_b) = world.turn();
    assert!(at_b.contains(&Event::TakenIn { from: code("XA"), record: derived }), "{at_b:?}");
    let held = block_on(world.b.held(derived)).unwrap();
    let text: String =
        held.objects.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    assert!(text.contains("c2-2.example") && !text.contains("one@example.org"), "{text}");
    assert!(held.record.statement().derived.is_some());
}

#[test]
fn a_suspension_after_clearance_stops_what_was_not_sent() {
    let mut world = world();
    let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
    assert_eq!(world.share(record, Purpose::CyberDefence)[0].position, Some(1));
    block_on(world.a.suspend(world.now, &mut world.entropy, &code("XB"), "exercise")).unwrap();
    let (_, at_b) = world.turn();
    assert!(at_b.is_empty(), "{at_b:?}");
    block_on(world.a.resume(world.now, &mut world.entropy, &code("XB"))).unwrap();
    world.settle();
    assert!(block_on(world.b.held(record)).is_ok());
}

#[test]
fn a_desk_opened_again_knows_what_it_knew() {
    let mut world = world();
    for n in 0..3 {
        let record = world.author(labels(Tlp::Green), vec![indicator(n)]);
        world.share(record, Purpose::CyberDefence);
    }
    world.settle();
    let again = block_on(MemoryDesk::open(party("XB", 1).begin(world.stores[1].clone()))).unwrap();
    let (old, new) = (world.b.peer(&code("XA")).unwrap(), again.peer(&code("XA")).unwrap());
    assert_eq!((&old.held, old.last, &old.acknowledged), (&new.held, new.last, &new.acknowledged));
    assert_eq!(again.house().units, world.b.house().units);
    assert_eq!(again.law().standing, world.b.law().standing);
}

#[test]
fn a_recall_is_applied_by_the_receivers_rule_and_reported() {
    let mut world = world();
    let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
    world.share(record, Purpose::CyberDefence);
    world.settle();
    let recall = Recall { record, objects: vec![], reason: "mistaken".into() };
    let request = request(&world.a, "XB", Purpose::CyberDefence, world.now);
    let recalled = block_on(world.a.recall(world.now, &mut world.entropy, recall, request)).unwrap();
    assert_eq!(recalled.shared.len(), 1);
    world.settle();
    assert!(block_on(world.b.is_recalled(record)).unwrap());
    let received = block_on(world.a.received_records()).unwrap();
    let report = block_on(world.a.envelope(received.last().unwrap().0)).unwrap();
    let Body::RecallReport(report) = &report.record.statement().body else { unreachable!("{report:?}") };
    assert_eq!((report.done.as_str(), report.recall), ("narrowed", recalled.recall.record));
    let again = Sharing { record, request: self::request(&world.b, "XA", Purpose::CyberDefence, world.now) };
    let fault = block_on(world.b.share(world.now, &mut world.entropy, vec![again])).unwrap_err();
    assert_eq!(fault.code(), "desk/recalled");
}

#[test]
fn a_restored_backup_signs_nothing_and_says_who_knows_better() {
    let mut world = world();
    let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
    world.share(record, Purpose::CyberDefence);
    world.settle();
    let backup = world.stores[0].image();
    world.author(labels(Tlp::Green), vec![indicator(2)]);
    world.settle();
    let witnessed = world.a.log().size();
    world.stores[0].restore(backup);
    world.a = block_on(MemoryDesk::open(party("XA", 1).begin(world.stores[0].clone()))).unwrap();
    assert!(world.a.log().size() < witnessed);
    assert!(!world.a.may_sign(), "no witness has confirmed the head yet");
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.extend(world.turn().0);
    }
    assert!(seen.contains(&Event::TailLost { shown_by: code("XB"), size: witnessed }), "{seen:?}");
    assert!(!world.a.may_sign());
    // It still writes, and however long it grows it signs no head that would fork the log.
    for n in 3..9 {
        world.author(labels(Tlp::Green), vec![indicator(n)]);
    }
    world.settle();
    assert_eq!(block_on(world.a.checkpoint(world.now)).unwrap_err().code(), "desk/unconfirmed");
}

#[test]
fn a_node_that_only_restarted_signs_again_once_a_witness_confirms() {
    let mut world = world();
    world.author(labels(Tlp::Green), vec![indicator(1)]);
    world.settle();
    world.a = block_on(MemoryDesk::open(party("XA", 1).begin(world.stores[0].clone()))).unwrap();
    assert!(!world.a.may_sign());
    world.author(labels(Tlp::Green), vec![indicator(2)]);
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.extend(world.turn().0);
    }
    assert!(world.a.may_sign());
    let size = world.a.log().size();
    assert!(seen.contains(&Event::Cosigned { by: code("XB"), size }), "{seen:?}");
}

/// The same words in the same millisecond are two records, whether they are authored together or one after the other.
#[test]
fn the_same_words_twice_are_two_records() {
    let mut world = world();
    let recall = || {
        let recall = Recall { record: RecordId::default(), objects: vec![], reason: "a false alarm".into() };
        Manuscript::body(labels(Tlp::Green), Body::Recall(recall))
    };
    let mut authored = Vec::new();
    for manuscripts in [vec![recall(), recall()], vec![recall()], vec![recall()]] {
        authored.extend(block_on(world.a.author(world.now, &mut world.entropy, manuscripts)).unwrap());
    }
    let ids: std::collections::BTreeSet<RecordId> = authored.iter().map(|one| one.record).collect();
    assert_eq!(ids.len(), 4);
    for id in ids {
        let issued = block_on(world.a.envelope(id)).unwrap().record.statement().issued;
        assert!((0..4).contains(&(issued.as_millis() - world.now.as_millis())), "{issued}");
    }
}
