//! Two and three desks in memory, turn by turn.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

use comity_border::{Competence, Direction, Request, Verdict};
use comity_exchange::{
    Acknowledgement, Act, Dispatch, Event, Manuscript, Outcome, Sharing,
    house::Unit,
    turn::{Announcement, Further, Item, RootStatement, Turn},
};
use comity_ledger::MemoryStore;
use comity_ledger::memory::block_on;
use comity_record::{
    Attested, Body, Canonical, Draft, Frame, KeyPurpose, KeyRevocation, Labels, Letter, PartyCode, RecordId,
    Statement, Timestamp,
    body::Recall,
    label::{Personal, Purpose, Tlp},
    sha256,
};
use comity_testing::desks::{MemoryDesk, SeededEntropy, first_day, party};

#[path = "desks/case.rs"]
mod case;
#[path = "desks/grounds.rs"]
mod grounds;
#[path = "desks/recall.rs"]
mod recall;

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
    world_with(|_| {})
}

/// A world in which the letters of both differ from the usual ones.
fn world_with(change: impl Fn(&mut Letter)) -> World {
    let mut parties = [party("XA", 1), party("XB", 1)];
    for party in &mut parties {
        change(&mut party.letter);
        party.signed = party.by_root(&party.letter);
    }
    let [a, b] = parties;
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
    let recall = Recall::withdrawal(record, vec![], "mistaken");
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
fn it_is_told_who_complied_with_a_recall_and_who_erased() {
    let mut world = world();
    let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
    world.share(record, Purpose::CyberDefence);
    world.settle();
    let recall = Recall::withdrawal(record, vec![], "mistaken");
    let request = request(&world.a, "XB", Purpose::CyberDefence, world.now);
    let recalled = block_on(world.a.recall(world.now, &mut world.entropy, recall.clone(), request)).unwrap();
    let id = recalled.recall.record;
    let standing = |world: &World| block_on(world.a.recall_standing(id)).unwrap();
    let (shown, before) = standing(&world);
    assert_eq!(shown, recall);
    assert_eq!((before.len(), before[0].party.clone(), before[0].told), (1, code("XB"), Some(2)));
    assert!(before[0].acknowledged.is_none() && before[0].reported.is_none() && !before[0].has_complied());
    world.settle();
    let (_, after) = standing(&world);
    assert_eq!(after[0].acknowledged, Some(Outcome::TakenIn));
    assert_eq!(after[0].reported.as_ref().unwrap().0, "narrowed");
    assert!(after[0].has_complied());
    // Erased on the word of a person there, which is told as well.
    block_on(world.b.erase(world.now, &mut world.entropy, record, &[], None)).unwrap();
    world.settle();
    assert_eq!(standing(&world).1[0].reported.as_ref().unwrap().0, "erased");
    assert_eq!(block_on(world.a.recall_standing(record)).unwrap_err().code(), "desk/no-recall");
}

#[test]
fn what_a_peer_cannot_read_is_not_sent_and_an_unknown_kind_is_refused_by_name() {
    let mut old = world_with(|letter| letter.understands.retain(|(name, _)| name != "threat"));
    let record = old.author(labels(Tlp::Green), vec![indicator(1)]);
    let sharing = Sharing { record, request: request(&old.a, "XB", Purpose::CyberDefence, old.now) };
    let size = old.a.log().size();
    let fault = block_on(old.a.share(old.now, &mut old.entropy, vec![sharing])).unwrap_err();
    assert_eq!((fault.code(), old.a.log().size()), ("desk/not-understood", size));

    // A party whose program is newer sends a kind that B does not know.
    let mut world = world();
    let known = world.author(labels(Tlp::Green), vec![indicator(1)]);
    world.share(known, Purpose::CyberDefence);
    let mut turn = block_on(world.a.fill_turn(world.now, &mut world.entropy, &code("XB"))).unwrap();
    let signer = party("XA", 1).signers.record;
    let body = Body::Unknown { kind: "charter".parse().unwrap(), bytes: b"from tomorrow".to_vec() };
    let statement = block_on(world.a.envelope(known)).unwrap().record.statement().clone();
    let signed = Draft(Statement { body, ..statement }).sign(&*signer).unwrap();
    let frame = comity_exchange::frames::compress(&Frame::bare(&signed)).unwrap();
    let item = &mut turn.items[0];
    let dispatch = Attested::<Dispatch>::from_bytes(item.dispatch.as_ref().unwrap()).unwrap();
    let altered = Dispatch { record: signed.id(), frame: sha256(&[&frame]), ..dispatch.claimed().clone() };
    item.dispatch = Some(Attested::sign(altered, &*signer).unwrap().as_bytes().to_vec().into());
    item.frame = Some(frame.into());
    let seen = block_on(world.b.take_turn(world.now, &mut world.entropy, &code("XA"), &turn)).unwrap();
    let refused =
        Event::Refused { from: code("XA"), record: signed.id(), code: "border/unknown-kind".into() };
    assert!(seen.contains(&refused), "{seen:?}");
    let mut reply = Turn::new(code("XB"), code("XA"));
    block_on(world.b.add_acknowledgements(&code("XA"), 1, &mut reply)).unwrap();
    let stated = Attested::<Acknowledgement>::from_bytes(&reply.acknowledgements[0]).unwrap();
    assert!(matches!(stated.claimed().outcome, Outcome::Refused(_)), "{stated:?}");
}

/// A world in which A's disk is put back to before its last entries, and how far those were witnessed.
fn rolled_back() -> (World, RecordId, u64) {
    let mut world = world();
    let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
    world.share(record, Purpose::CyberDefence);
    world.settle();
    let backup = world.stores[0].image();
    let lost = world.author(labels(Tlp::Green), vec![indicator(2)]);
    world.share(lost, Purpose::CyberDefence);
    world.settle();
    let witnessed = world.a.log().size();
    world.stores[0].restore(backup);
    world.a = block_on(MemoryDesk::open(party("XA", 1).begin(world.stores[0].clone()))).unwrap();
    assert!(world.a.log().size() < witnessed);
    assert!(!world.a.may_sign(), "no witness has confirmed the head yet");
    (world, lost, witnessed)
}

#[test]
fn a_restored_backup_is_filled_up_by_its_witness_and_bodies_come_back() {
    let (mut world, lost, witnessed) = rolled_back();
    let before = world.a.log().size();
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.extend(world.turn().0);
    }
    assert!(seen.contains(&Event::TailLost { shown_by: code("XB"), size: witnessed }), "{seen:?}");
    assert!(seen.contains(&Event::TailRestored { by: code("XB"), from: before, to: witnessed }), "{seen:?}");
    world.settle();
    assert!(world.a.may_sign());
    let audit = block_on(world.a.log().audit(&world.stores[0])).unwrap();
    assert_eq!(audit.lost, witnessed - before, "the content of these entries is lost, and marked so");
    // B gave back, by a crossing of its own, what A had written and lost.
    let held = block_on(world.a.held(lost)).unwrap();
    assert_eq!(held.received_from, Some(code("XB")));
    assert_eq!(held.objects.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), [indicator(2)]);
    // What A gives from now on arrives, though B holds something else at the position that comes next here.
    let next = world.author(labels(Tlp::Green), vec![indicator(3)]);
    assert_eq!(world.share(next, Purpose::CyberDefence)[0].verdict.decision.ruling.verdict, Verdict::Cleared);
    world.settle();
    assert!(block_on(world.b.held(next)).is_ok());
    let (at_a, at_b) = world.turn();
    assert!(at_a.is_empty() && at_b.is_empty(), "{at_a:?} {at_b:?}");
}

#[test]
fn nothing_is_entered_while_the_tail_is_fetched_and_no_witness_can_stop_the_desk() {
    let (mut world, _, witnessed) = rolled_back();
    // B shows the head, and then is gone.
    let (a, b, now) = (code("XA"), code("XB"), world.now);
    let asked = block_on(world.a.fill_turn(now, &mut world.entropy, &b)).unwrap();
    block_on(world.b.take_turn(now, &mut world.entropy, &a, &asked)).unwrap();
    let reply = block_on(world.b.fill_turn(now, &mut world.entropy, &a)).unwrap();
    let seen = block_on(world.a.take_turn(now, &mut world.entropy, &b, &reply)).unwrap();
    assert!(seen.contains(&Event::TailLost { shown_by: b, size: witnessed }), "{seen:?}");
    let manuscript = || vec![Manuscript::objects(labels(Tlp::Green), vec![indicator(9)])];
    let fault = block_on(world.a.author(now, &mut world.entropy, manuscript())).unwrap_err();
    assert_eq!(fault.code(), "desk/tail-lost");
    let later = now.plus_millis(10 * 60 * 1000);
    block_on(world.a.author(later, &mut world.entropy, manuscript())).unwrap();
    assert_eq!(block_on(world.a.checkpoint(later)).unwrap_err().code(), "desk/unconfirmed");
}

#[test]
fn a_log_that_went_on_before_the_loss_was_shown_needs_a_succession_and_everybody_sees_it() {
    let (mut world, _, witnessed) = rolled_back();
    let before = world.a.log().size();
    for n in 3..9 {
        world.author(labels(Tlp::Green), vec![indicator(n)]);
    }
    world.settle();
    // However long it grows, it signs no head that would fork the log.
    assert_eq!(block_on(world.a.checkpoint(world.now)).unwrap_err().code(), "desk/unconfirmed");
    let xa = party("XA", 1);
    let draft =
        world.a.succession_draft(world.now, "xa.example/ledger/2", "an old backup was restored").unwrap();
    assert_eq!((draft.lost_from, draft.lost_to), (before, witnessed));
    let letter = Letter { serial: 2, ledger: "xa.example/ledger/2".into(), ..xa.letter.clone() };
    let forged = party("XA", 2).by_root(&draft);
    let refused =
        block_on(world.a.succeed(world.now, &mut world.entropy, &forged, &xa.by_root(&letter))).unwrap_err();
    assert_eq!(refused.code(), "key/bad-root-signature");
    let (statement, letter) = (xa.by_root(&draft), xa.by_root(&letter));
    block_on(world.a.succeed(world.now, &mut world.entropy, &statement, &letter)).unwrap();
    world.settle();
    let peer = world.b.peer(&code("XA")).unwrap();
    assert_eq!(peer.successions, [draft]);
    assert_eq!(peer.letter.ledger, "xa.example/ledger/2");
    world.author(labels(Tlp::Green), vec![indicator(20)]);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.extend(world.turn().0);
    }
    let size = world.a.log().size();
    assert!(seen.contains(&Event::Cosigned { by: code("XB"), size }), "{seen:?}");
    // Opened again with the letter that the root signed, both still know it.
    let mut begin = xa.begin(world.stores[0].clone());
    begin.letter = letter.introduce().unwrap();
    let again = block_on(MemoryDesk::open(begin)).unwrap();
    assert_eq!(again.lost_head(), None);
    let again = block_on(MemoryDesk::open(party("XB", 1).begin(world.stores[1].clone()))).unwrap();
    assert_eq!(again.peer(&code("XA")).unwrap().successions.len(), 1);
}

#[test]
fn a_succession_that_hides_what_was_cosigned_is_not_accepted() {
    let (mut world, _, witnessed) = rolled_back();
    world.author(labels(Tlp::Green), vec![indicator(3)]);
    world.settle();
    let xa = party("XA", 1);
    let mut draft = world.a.succession_draft(world.now, "xa.example/ledger/2", "nothing happened").unwrap();
    // The ledger itself enters only what fits, so the lie goes to the peer directly.
    let root = comity_record::sha256(&[b"some root"]);
    draft.last_witnessed = comity_ledger::TreeHead { size: witnessed - 1, root };
    draft.lost_to = witnessed - 1;
    draft.lost_from = draft.lost_from.min(witnessed - 2);
    let letter = Letter { serial: 2, ledger: "xa.example/ledger/2".into(), ..xa.letter.clone() };
    let mut turn = Turn::new(code("XA"), code("XB"));
    let announced = |statement| Announcement { statement, place: None };
    turn.further = Some(Further {
        announced: vec![
            announced(RootStatement::Succession(xa.by_root(&draft).to_bytes().into())),
            announced(RootStatement::Letter(xa.by_root(&letter).to_bytes().into())),
        ],
        ..Further::default()
    });
    let seen = block_on(world.b.take_turn(world.now, &mut world.entropy, &code("XA"), &turn)).unwrap();
    let understated = Event::BadAnnouncement { from: code("XA"), code: "succession/understated".into() };
    assert_eq!(seen, [understated]);
    turn.further.as_mut().unwrap().announced.remove(0);
    let seen = block_on(world.b.take_turn(world.now, &mut world.entropy, &code("XA"), &turn)).unwrap();
    assert_eq!(seen, [Event::BadAnnouncement { from: code("XA"), code: "letter/other-ledger".into() }]);
    assert_eq!(world.b.peer(&code("XA")).unwrap().letter.serial, 1);
}

/// A letter in which A's record and checkpoint keys are others than before.
fn rotated() -> (comity_exchange::Signers, Letter) {
    let (xa, other) = (party("XA", 1), party("XA", 7));
    let mut keys = xa.letter.keys.clone();
    keys.extend(other.letter.keys.clone());
    (other.signers, Letter { serial: 2, keys, ..xa.letter })
}

#[test]
fn a_letter_counts_once_it_is_entered_and_cosigned_and_so_does_a_revocation() {
    let mut world = world();
    world.settle();
    let (xa, (_, letter)) = (party("XA", 1), rotated());
    let statement = RootStatement::Letter(xa.by_root(&letter).to_bytes().into());
    let index =
        block_on(world.a.announce(world.now, &mut world.entropy, statement.clone())).unwrap().unwrap();
    let again = block_on(world.a.announce(world.now, &mut world.entropy, statement)).unwrap().unwrap();
    assert_eq!(index, again, "what was entered is not entered again");
    // The first turn offers the head; only after B has cosigned that, the letter counts there.
    assert!(!world.turn().1.iter().any(|event| matches!(event, Event::LetterTaken { .. })));
    assert_eq!(world.b.peer(&code("XA")).unwrap().letter.serial, 1);
    let taken = Event::LetterTaken { from: code("XA"), serial: 2 };
    assert!((0..4).any(|_| world.turn().1.contains(&taken)));
    assert_eq!(world.b.peer(&code("XA")).unwrap().letter, letter);

    let key = xa.signers.record.public_key().id();
    let revocation = KeyRevocation { party: code("XA"), key, at: world.now, reason: "stolen".into() };
    let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
    let statement = RootStatement::Revocation(xa.by_root(&revocation).to_bytes().into());
    block_on(world.a.announce(world.now, &mut world.entropy, statement)).unwrap().unwrap();
    let revoked = Event::KeyRevoked { by: code("XA"), key: key.0.short() };
    assert!((0..4).any(|_| world.turn().1.contains(&revoked)));
    // What that key signed is refused from here on, whatever time it states; what was entered before stays readable.
    for desk in [&world.a, &world.b] {
        let fault = desk.keys().find(&code("XA"), KeyPurpose::Record, key, world.now).unwrap_err();
        assert_eq!(fault.code(), "key/revoked");
    }
    assert_eq!(block_on(world.a.held(record)).unwrap().objects.len(), 1);
    world.settle();
    let (at_a, at_b) = world.turn();
    assert!(at_a.is_empty() && at_b.is_empty(), "{at_a:?} {at_b:?}");
    let again = block_on(MemoryDesk::open(party("XB", 1).begin(world.stores[1].clone()))).unwrap();
    assert!(again.peer(&code("XA")).unwrap().revoked.contains(&key));
}

/// A record is shared after its key was revoked. The peer takes it where the author's ledger shows that it was entered
/// before the revocation, and refuses what that key signed later, whatever time it states.
#[test]
fn what_was_entered_before_a_revocation_still_crosses_and_nothing_later_does() {
    let mut world = world();
    world.settle();
    let (xa, (_, letter)) = (party("XA", 1), rotated());
    let before = world.author(labels(Tlp::Green), vec![indicator(1)]);
    let announce = |world: &mut World, statement| {
        block_on(world.a.announce(world.now, &mut world.entropy, statement)).unwrap().unwrap()
    };
    announce(&mut world, RootStatement::Letter(xa.by_root(&letter).to_bytes().into()));
    let key = xa.signers.record.public_key().id();
    let revocation = KeyRevocation { party: code("XA"), key, at: world.now, reason: "stolen".into() };
    announce(&mut world, RootStatement::Revocation(xa.by_root(&revocation).to_bytes().into()));
    world.settle();
    assert!(world.b.peer(&code("XA")).unwrap().revoked.contains(&key));
    // Whoever has the node goes on with the old key.
    let after = world.author(labels(Tlp::Green), vec![indicator(2)]);
    // The next start signs dispatches with the new one.
    let mut begin = xa.begin(world.stores[0].clone());
    (begin.signers, begin.letter) = (rotated().0, letter);
    let stolen = std::mem::replace(&mut world.a, block_on(MemoryDesk::open(begin)).unwrap());
    drop(stolen);
    world.settle();
    for record in [before, after] {
        world.share(record, Purpose::CyberDefence);
    }
    let seen: Vec<Event> = (0..6).flat_map(|_| world.turn().1).collect();
    assert!(seen.contains(&Event::TakenIn { from: code("XA"), record: before }), "{seen:?}");
    assert!(seen.contains(&Event::Faulty { from: code("XA"), code: "key/revoked".into() }), "{seen:?}");
    assert!(block_on(world.b.held(before)).is_ok() && block_on(world.b.held(after)).is_err());
    // The receiver knows where the revocation stands after its next start, too.
    let again = block_on(MemoryDesk::open(party("XB", 1).begin(world.stores[1].clone()))).unwrap();
    assert!(again.peer(&code("XA")).unwrap().revoked_at.contains_key(&key));
}

#[test]
fn keys_replaced_in_haste_come_to_count_by_the_heads_that_they_sign() {
    let mut world = world();
    world.settle();
    // Everything of the node was stolen: its next start signs with keys that no peer has seen.
    let (xa, (signers, letter)) = (party("XA", 1), rotated());
    let mut begin = xa.begin(world.stores[0].clone());
    (begin.signers, begin.letter) = (signers, letter.clone());
    world.a = block_on(MemoryDesk::open(begin)).unwrap();
    let letter = RootStatement::Letter(xa.by_root(&letter).to_bytes().into());
    world.a.intend(letter).unwrap();
    let taken = Event::LetterTaken { from: code("XA"), serial: 2 };
    assert!((0..6).any(|_| world.turn().1.contains(&taken)));
}

#[test]
fn a_letter_or_revocation_by_another_root_changes_nothing() {
    let mut world = world();
    world.settle();
    let (thief, xa) = (party("XA", 9), party("XA", 1));
    let letter = Letter { serial: 5, ..xa.letter.clone() };
    let key = xa.signers.record.public_key().id();
    let revocation = KeyRevocation { party: code("XA"), key, at: world.now, reason: "no".into() };
    let statements = [
        (RootStatement::Letter(thief.by_root(&letter).to_bytes().into()), "key/bad-root-signature"),
        (RootStatement::Letter(thief.signed.to_bytes().into()), "letter/other-root"),
        (RootStatement::Revocation(thief.by_root(&revocation).to_bytes().into()), "key/bad-root-signature"),
    ];
    for (statement, expected) in statements {
        let mut turn = Turn::new(code("XA"), code("XB"));
        let announced = vec![Announcement { statement, place: None }];
        turn.further = Some(Further { announced, ..Further::default() });
        let seen = block_on(world.b.take_turn(world.now, &mut world.entropy, &code("XA"), &turn)).unwrap();
        assert_eq!(seen, [Event::BadAnnouncement { from: code("XA"), code: expected.into() }]);
    }
    let peer = world.b.peer(&code("XA")).unwrap();
    assert!(peer.letter.serial == 1 && peer.revoked.is_empty());
}

#[test]
fn a_witness_that_met_a_long_ledger_gets_its_leaf_hashes_in_pieces() {
    let mut world = world();
    for n in 0..40 {
        world.author(labels(Tlp::Green), vec![indicator(n)]);
    }
    // The first offer carries no hashes, as where there are more than one turn takes.
    let (now, a, b) = (world.now, code("XA"), code("XB"));
    world.turn();
    let mut turn = block_on(world.a.fill_turn(now, &mut world.entropy, &b)).unwrap();
    turn.checkpoint.as_mut().unwrap().entries.clear();
    block_on(world.b.take_turn(now, &mut world.entropy, &a, &turn)).unwrap();
    let reply = block_on(world.b.fill_turn(now, &mut world.entropy, &a)).unwrap();
    assert_eq!((reply.witnessed, reply.kept), (world.a.log().size(), 0));
    block_on(world.a.take_turn(now, &mut world.entropy, &b, &reply)).unwrap();
    let through = world.a.log().size();
    assert!(world.turn().0.contains(&Event::LeavesKept { by: b.clone(), through }));
    let reply = block_on(world.b.fill_turn(now, &mut world.entropy, &a)).unwrap();
    assert_eq!(reply.kept, through);
}

/// The turn of version 1, as programs of that version read it: an unknown field is refused.
#[derive(Debug, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
struct TurnOfVersion1 {
    #[n(0)]
    version: u16,
    #[n(1)]
    from: PartyCode,
    #[n(2)]
    to: PartyCode,
    #[n(3)]
    have: u64,
    #[n(4)]
    lacking: u64,
    #[n(5)]
    items: Vec<comity_exchange::turn::Item>,
    #[n(6)]
    acknowledgements: Vec<minicbor::bytes::ByteVec>,
    #[n(7)]
    more: bool,
    #[n(8)]
    patience: u32,
    #[n(9)]
    checkpoint: Option<comity_exchange::turn::CheckpointOffer>,
    #[n(10)]
    cosignatures: Vec<comity_exchange::turn::Cosignature>,
    #[n(11)]
    understands: Vec<(String, u16)>,
    #[n(12)]
    witnessed: u64,
    #[n(13)]
    kept: u64,
    #[n(14)]
    confirm: bool,
    #[n(15)]
    shown: Option<minicbor::bytes::ByteVec>,
}

impl Canonical for TurnOfVersion1 {
    const NAME: &'static str = "a turn of version 1";
    const LIMIT: usize = Turn::LIMIT_BYTES;
}

#[test]
fn a_peer_of_version_1_is_served_and_told_nothing_that_it_cannot_read() {
    let mut world =
        world_with(|letter| letter.understands.retain(|(name, _)| name != "turn" && name != "labels"));
    let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
    world.share(record, Purpose::CyberDefence);
    let xa = party("XA", 1);
    let letter = Letter { serial: 2, ..xa.letter.clone() };
    let statement = RootStatement::Letter(xa.by_root(&letter).to_bytes().into());
    block_on(world.a.announce(world.now, &mut world.entropy, statement)).unwrap().unwrap();
    let (now, a, b) = (world.now, code("XA"), code("XB"));
    for _ in 0..5 {
        // B is a program of version 1: it reads and writes that form only.
        let mut turn = block_on(world.a.fill_turn(now, &mut world.entropy, &b)).unwrap();
        block_on(world.a.add_acknowledgements(&b, 1, &mut turn)).unwrap();
        TurnOfVersion1::from_bytes(&turn.to_bytes()).unwrap();
        block_on(world.b.take_turn(now, &mut world.entropy, &a, &turn)).unwrap();
        let mut reply = block_on(world.b.fill_turn(now, &mut world.entropy, &a)).unwrap();
        block_on(world.b.add_acknowledgements(&a, turn.lacking, &mut reply)).unwrap();
        (reply.version, reply.further) = (1, None);
        reply.understands.retain(|(name, _)| name != "turn" && name != "labels");
        let reply =
            Turn::from_bytes(&TurnOfVersion1::from_bytes(&reply.to_bytes()).unwrap().to_bytes()).unwrap();
        block_on(world.a.take_turn(now, &mut world.entropy, &b, &reply)).unwrap();
    }
    assert!(block_on(world.b.held(record)).is_ok());
    assert_eq!(world.a.peer(&b).unwrap().acknowledged.through(), 1);
    // The other program is put in place: its first turn says so, and the letter arrives.
    let taken = Event::LetterTaken { from: a, serial: 2 };
    assert!((0..4).any(|_| world.turn().1.contains(&taken)));
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

/// Packs a pouch and opens it: what it carried, and what happened.
fn by_hand(
    from: &mut MemoryDesk,
    to: &mut MemoryDesk,
    now: Timestamp,
    entropy: &mut SeededEntropy,
) -> (Turn, Vec<Event>) {
    let (sender, receiver) = (from.party().clone(), to.party().clone());
    let turn = block_on(from.fill_pouch(now, entropy, &receiver, None)).unwrap();
    let turn = Turn::from_bytes(&turn.to_bytes()).unwrap();
    let mut events = block_on(to.take_carried(now, entropy, &sender, &turn.items)).unwrap();
    events.extend(block_on(to.take_witness_by_hand(now, entropy, &sender, &turn)).unwrap());
    (turn, events)
}

/// Whoever knows our letter can seal a pouch and claim to be anybody.
#[test]
fn a_pouch_uses_up_no_position_by_what_nobody_signed() {
    let World { mut a, mut b, mut entropy, now, .. } = {
        let mut world = world();
        let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
        world.share(record, Purpose::CyberDefence);
        world
    };
    let (sender, receiver) = (a.party().clone(), b.party().clone());
    let turn = block_on(a.fill_pouch(now, &mut entropy, &receiver, None)).unwrap();
    let true_one = turn.items.iter().find(|item| item.is_whole()).unwrap().clone();
    let withdrawn = Item { dispatch: None, frame: None, ..true_one.clone() };
    let emptied = Item { frame: None, ..true_one.clone() };
    let altered = Item { frame: Some(b"another frame".to_vec().into()), ..true_one.clone() };
    for (forged, told) in [(withdrawn, 0), (emptied, 1), (altered, 1)] {
        let events = block_on(b.take_carried(now, &mut entropy, &sender, &[forged])).unwrap();
        assert_eq!(events.len(), told, "{events:?}");
    }
    let events = block_on(b.take_carried(now, &mut entropy, &sender, &[true_one])).unwrap();
    assert!(matches!(events.as_slice(), [Event::TakenIn { .. }]), "{events:?}");
}

#[test]
fn parties_that_have_only_pouches_witness_each_other() {
    let World { mut a, mut b, mut entropy, now, .. } = {
        let mut world = world();
        let record = world.author(labels(Tlp::Green), vec![indicator(1)]);
        world.share(record, Purpose::CyberDefence);
        world
    };
    let size = a.log().size();
    let (first, taken) = by_hand(&mut a, &mut b, now, &mut entropy);
    assert!(taken.iter().any(|event| matches!(event, Event::TakenIn { .. })), "{taken:?}");
    // It comes twice.
    let again = block_on(b.take_witness_by_hand(now, &mut entropy, a.party(), &first)).unwrap();
    assert_eq!(again, vec![]);
    // The answer is lost on its way; the next one says the same again.
    let lost = block_on(b.fill_pouch(now, &mut entropy, a.party(), None)).unwrap();
    assert_eq!(lost.cosignatures.len(), 1);
    let cosigned = Event::Cosigned { by: code("XB"), size };
    let (back, seen) = by_hand(&mut b, &mut a, now, &mut entropy);
    assert!(seen.contains(&cosigned), "{seen:?}");
    assert_eq!(a.peer(b.party()).unwrap().witnessed, Some((size, size)));
    // What follows is proved from there, and an old pouch that is found again changes nothing.
    let size = b.log().size();
    assert!(back.checkpoint.is_some());
    let (_, seen) = by_hand(&mut a, &mut b, now, &mut entropy);
    assert!(seen.contains(&Event::Cosigned { by: code("XA"), size }), "{seen:?}");
    let before = b.peer(a.party()).unwrap().witnessed;
    assert_eq!(block_on(b.take_witness_by_hand(now, &mut entropy, a.party(), &first)).unwrap(), vec![]);
    assert_eq!(b.peer(a.party()).unwrap().witnessed, before);
}

/// The same words in the same millisecond are two records, whether they are authored together or one after the other.
#[test]
fn the_same_words_twice_are_two_records() {
    let mut world = world();
    let recall = || {
        let recall = Recall::withdrawal(RecordId::default(), vec![], "a false alarm");
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
