//! Steps of a case between two desks.

use super::*;
use comity_affairs::{Acceptance, CaseId, Flow, State, Step, StepKind, Thread};
use comity_exchange::{CaseAct, CaseFault, CaseFile, Delivery, DeskFault, Stepped};
use comity_record::{EntryKind, body};

const REFERENCE: &str = "XA-2026-1";

fn id() -> CaseId {
    CaseId::of(&code("XA"), &code("XB"), REFERENCE, &[7; 16])
}

fn asks() -> body::Request {
    body::Request {
        measure: "preserve_stored_data".into(),
        offence: Some("illegal_access".into()),
        penalty: Some(5),
        organised: Some(false),
        selector: body::Selector::Account { provider: "mail.example".into(), account: "person-1".into() },
        facts: "a login from this account opened the door".into(),
        until: None,
        reference: REFERENCE.into(),
        further: None,
    }
}

fn act(desk: &MemoryDesk, to: &str, step: Step, now: Timestamp) -> CaseAct {
    let mut labels = Labels::new(Tlp::Amber);
    labels.purpose.insert(Purpose::Preservation);
    CaseAct {
        case: id(),
        peer: code(to),
        flow: Flow::Request,
        exercise: false,
        thread: Thread::Police,
        unit: "cert".parse().unwrap(),
        officer: "duty.officer".parse().unwrap(),
        second: None,
        asks: matches!(step, Step::Send { .. }).then(asks),
        step,
        labels,
        request: request(desk, to, Purpose::Preservation, now),
    }
}

fn send() -> Step {
    Step::Send {
        form: "preservation".into(),
        fields: Default::default(),
        request: None,
        emergency: false,
        reference: REFERENCE.into(),
    }
}

impl World {
    fn at_a(&mut self, step: Step) -> Result<Stepped, DeskFault> {
        self.now = self.now.plus_millis(1000);
        let act = act(&self.a, "XB", step, self.now);
        block_on(self.a.case_step(self.now, &mut self.entropy, &act))
    }

    fn at_b(&mut self, step: Step) -> Result<Stepped, DeskFault> {
        self.now = self.now.plus_millis(1000);
        let act = act(&self.b, "XA", step, self.now);
        block_on(self.b.case_step(self.now, &mut self.entropy, &act))
    }

    fn files(&self) -> [CaseFile; 2] {
        [&self.a, &self.b].map(|desk| block_on(desk.case_file(id())).unwrap().unwrap())
    }

    fn states(&self) -> [State; 2] {
        self.files().map(|file| file.history.view().state)
    }
}

#[test]
fn a_case_is_one_history_on_both_sides() {
    let mut world = world();
    let sent = world.at_a(send()).unwrap();
    assert!(sent.position.is_some(), "{:?}", sent.verdicts);
    assert_eq!(sent.verdicts.len(), 2, "the request, and the step that opens the case");
    world.turn();
    for step in [
        Step::Acknowledge { ticket: "XB-9".into() },
        Step::BeginCheck {},
        Step::Accept { acceptance: Acceptance::Whole },
        Step::Preserve { until: "2026-06-01".parse().unwrap() },
    ] {
        world.at_b(step).unwrap();
    }
    world.turn();
    assert_eq!(world.states(), [State::Preserved, State::Preserved]);
    let [a, b] = world.files();
    assert_eq!(a.history.view(), b.history.view());
    assert_eq!(a.history.view().ticket.as_deref(), Some("XB-9"));
    // What is read back after a start is the same.
    let begin = party("XB", 1).begin(world.stores[1].clone());
    let again = block_on(MemoryDesk::open(begin)).unwrap();
    assert_eq!(block_on(again.case_file(id())).unwrap().unwrap().history, b.history);
    assert_eq!(block_on(again.cases()).unwrap()[0].reference.as_deref(), Some(REFERENCE));
    assert_eq!(block_on(again.find_case("XB-9")).unwrap(), id());
    let delivered = block_on(world.a.case_delivery(&a)).unwrap();
    assert_eq!(delivered.len(), 2);
    assert!(delivered.iter().all(|(_, how)| *how == Delivery::Answered(Outcome::TakenIn)), "{delivered:?}");
}

#[test]
fn a_step_that_is_not_open_is_not_taken() {
    let mut world = world();
    world.at_a(send()).unwrap();
    world.turn();
    let size = world.b.log().size();
    let fault = world.at_b(Step::Preserve { until: "2026-06-01".parse().unwrap() }).unwrap_err();
    assert_eq!(fault.code(), "case/not-now");
    assert!(fault.to_string().contains("acknowledge"), "{fault}");
    let fault = world.at_b(Step::Withdraw { reason: "a mistake".into() }).unwrap_err();
    assert_eq!(fault.code(), "case/not-yours");
    assert_eq!(world.b.log().size(), size, "nothing was entered");
}

#[test]
fn steps_that_come_before_their_predecessors_wait() {
    let mut world = world();
    world.at_a(send()).unwrap();
    world.turn();
    world.at_b(Step::Acknowledge { ticket: "XB-9".into() }).unwrap();
    world.at_b(Step::BeginCheck {}).unwrap();
    let (a, b) = (code("XA"), code("XB"));
    let mut turn = block_on(world.b.fill_turn(world.now, &mut world.entropy, &a)).unwrap();
    let first = turn.items.remove(0);
    block_on(world.a.take_turn(world.now, &mut world.entropy, &b, &turn)).unwrap();
    let file = world.files()[0].clone();
    assert_eq!((file.history.view().state, file.history.waiting()), (State::Sent, 1));
    turn.items = vec![first];
    block_on(world.a.take_turn(world.now, &mut world.entropy, &b, &turn)).unwrap();
    let file = world.files()[0].clone();
    assert_eq!((file.history.view().state, file.history.waiting()), (State::UnderCheck, 0));
}

/// What a desk of another make might sign and send.
fn forged(world: &mut World, change: impl Fn(&mut comity_affairs::Event)) -> Vec<Event> {
    forged_under(world, "illegal_access", change)
}

fn forged_under(world: &mut World, offence: &str, change: impl Fn(&mut comity_affairs::Event)) -> Vec<Event> {
    let mut event = world.files()[1].history.chain(comity_affairs::Side::Asked).last().unwrap().clone();
    change(&mut event);
    let mut manuscript = Manuscript::body(
        act(&world.b, "XA", Step::BeginCheck {}, world.now).labels,
        Body::CaseEvent { version: event.version, bytes: event.to_bytes() },
    );
    manuscript.thread = world.files()[1].request();
    (manuscript.unit, manuscript.officer) = (Some(event.unit.clone()), Some(event.officer.clone()));
    let record = block_on(world.b.author(world.now, &mut world.entropy, vec![manuscript])).unwrap()[0].record;
    let mut request = request(&world.b, "XA", Purpose::Preservation, world.now);
    request.case = Some(comity_border::Case {
        measure: "preserve_stored_data".into(),
        offence: Some(offence.into()),
        penalty: Some(5),
        organised: Some(false),
        asking: Some(code("XA")),
    });
    let shared =
        block_on(world.b.share(world.now, &mut world.entropy, vec![Sharing { record, request }])).unwrap();
    assert!(shared[0].position.is_some(), "{:?}", shared[0].verdict.decision.ruling);
    world.turn().0
}

#[test]
fn an_illegal_step_is_refused_with_its_code_and_entered() {
    let mut world = world();
    world.at_a(send()).unwrap();
    world.turn();
    world.at_b(Step::Acknowledge { ticket: "XB-9".into() }).unwrap();
    world.turn();
    let faulty = |events: &[Event]| {
        events.iter().find_map(|event| match event {
            Event::Faulty { code, .. } => Some(code.clone()),
            _ => None,
        })
    };
    // Another step in the place of one that was told already: two histories.
    let events = forged(&mut world, |event| event.step = Step::Acknowledge { ticket: "another".into() });
    assert_eq!(faulty(&events).as_deref(), Some("case/forked"));
    let last = world.a.log().size() - 1;
    let entry = block_on(world.a.log().entry(&world.stores[0], last)).unwrap();
    let kinds = [EntryKind::ReceptionRefused, EntryKind::Acknowledged];
    assert!(kinds.contains(&entry.entry().kind), "{:?}", entry.entry().kind);
    // The other side's own step.
    let events = forged(&mut world, |event| {
        event.side = comity_affairs::Side::Asking;
        event.step = Step::Withdraw { reason: "for you".into() };
    });
    assert_eq!(faulty(&events).as_deref(), Some("case/not-a-side"));
    // A step of the first version in a record of the second.
    let events = forged(&mut world, |event| event.version = 2);
    assert_eq!(faulty(&events).as_deref(), Some("case/version"));
    // A crossing that states another matter than the request, so as to rest on another article.
    let events = forged_under(&mut world, "system_interference", |event| {
        (event.number, event.previous) = (1, Some(event.hash()));
        event.step = Step::BeginCheck {};
    });
    assert_eq!(faulty(&events).as_deref(), Some("case/another-basis"));
    assert_eq!(world.states(), [State::Acknowledged, State::Acknowledged]);
}

#[test]
fn a_step_that_our_border_refuses_is_no_part_of_the_case() {
    let mut world = world();
    world.at_a(send()).unwrap();
    world.turn();
    let mut act = act(&world.b, "XA", Step::Acknowledge { ticket: "XB-9".into() }, world.now);
    act.request.sender_unit = None;
    let refused = block_on(world.b.case_step(world.now, &mut world.entropy, &act)).unwrap();
    assert_eq!(refused.position, None);
    let codes = &refused.verdicts[0].1.decision.ruling.codes;
    assert_eq!(codes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["border/no-competence"]);
    assert_eq!(world.files()[1].history.view().state, State::Sent);
    // The place in the chain is free.
    world.at_b(Step::Acknowledge { ticket: "XB-9".into() }).unwrap();
    world.turn();
    assert_eq!(world.states(), [State::Acknowledged, State::Acknowledged]);
}

/// Who reads the first version of steps alone is not sent a step of the second, and everything else as before.
#[test]
fn an_older_peer_is_not_sent_a_step_that_it_cannot_read() {
    let mut world = world();
    let manifest = sha256(&[b"a manifest"]);
    world.at_a(send()).unwrap();
    world.turn();
    for step in [
        Step::Acknowledge { ticket: "XB-9".into() },
        Step::BeginCheck {},
        Step::Accept { acceptance: Acceptance::Whole },
        Step::BeginExecution {},
        Step::Execute { summary: "the provider answered".into() },
        Step::ReviewRelease {},
    ] {
        world.at_b(step).unwrap();
    }
    let mut release = act(&world.b, "XA", Step::Release { manifest }, world.now);
    release.second = Some("second.officer".parse().unwrap());
    block_on(world.b.case_step(world.now, &mut world.entropy, &release)).unwrap();
    world.at_b(Step::Transmit { manifest }).unwrap();
    world.turn();
    let mut older = block_on(world.b.fill_turn(world.now, &mut world.entropy, &code("XA"))).unwrap();
    for (what, version) in &mut older.understands {
        *version = if what == "case-event" { 1 } else { *version };
    }
    block_on(world.a.take_turn(world.now, &mut world.entropy, &code("XB"), &older)).unwrap();
    let on = world.now.date().plus_days(-1);
    let ended = || Step::TellAccessEnded { manifest, on };
    let size = world.a.log().size();
    assert_eq!(world.at_a(ended()).unwrap_err().code(), "desk/not-understood");
    assert_eq!(world.a.log().size(), size, "nothing was entered");
    let received = world.at_a(Step::ReceiveProduct { manifest }).unwrap();
    let version = |world: &World, record| block_on(world.a.envelope(record)).unwrap().record.header().version;
    assert_eq!(version(&world, received.record), 1);
    // The next turn of the program under test says that it reads both.
    world.turn();
    let told = world.at_a(ended()).unwrap();
    assert_eq!(version(&world, told.record), 2);
    world.turn();
    for file in world.files() {
        let view = file.history.view();
        assert_eq!(view.state, State::ProductReceived, "it is told, and moves nothing");
        assert_eq!(view.access_ended, [(comity_affairs::Side::Asking, manifest, on)].into());
    }
    // Twice, before its day, of something else: none is a fact that can be told.
    let today = Step::TellAccessEnded { manifest, on: world.now.date() };
    let other = Step::TellAccessEnded { manifest: sha256(&[b"another"]), on };
    for step in [ended(), today, other] {
        assert_eq!(world.at_a(step).unwrap_err().code(), "case/needs");
    }
}

#[test]
fn what_is_done_at_home_is_entered_and_never_sent() {
    use comity_affairs::home::{Approval, HomeEntry};
    let mut world = world();
    world.settle();
    let entry = HomeEntry::Approved(Approval {
        officer: "second.officer".parse().unwrap(),
        step: StepKind::Release.as_str().into(),
        subject: None,
    });
    let size = world.a.log().size();
    block_on(world.a.home_enter(world.now, &mut world.entropy, id(), None, &entry)).unwrap();
    assert_eq!(world.a.log().size(), size + 1);
    let home = block_on(world.a.home_of(id())).unwrap();
    assert_eq!(home.approvals.len(), 1);
    let turn = block_on(world.a.fill_turn(world.now, &mut world.entropy, &code("XB"))).unwrap();
    assert!(turn.items.is_empty());
    assert!(block_on(world.b.case_ids()).unwrap().is_empty());
    let none = block_on(world.b.find_case(&id().to_string())).unwrap_err();
    assert!(matches!(none, DeskFault::Case(CaseFault::None { .. })), "{none}");
    // Erased: the ledger says so, nothing opens it, and it is gone after a start too.
    let size = world.a.log().size();
    let erase = world.a.erase_home(world.now, &mut world.entropy, None, (Some(id()), None), "kept too long");
    let erased = block_on(erase).unwrap().unwrap();
    assert_eq!((erased.bodies, world.a.log().size()), (1, size + 2));
    assert_eq!(block_on(world.a.home_entries(id())).unwrap(), []);
    let entry = block_on(world.a.log().entry(&world.stores[0], size + 1)).unwrap();
    assert_eq!(entry.entry().kind, EntryKind::Erasure);
    let again = world.a.erase_home(world.now, &mut world.entropy, None, (Some(id()), None), "again");
    assert_eq!(block_on(again).unwrap(), None);
}

/// A desk whose disk was put back gets its steps and the other side's again, and goes on where it stood.
#[test]
fn a_case_comes_back_after_a_lost_tail() {
    let mut world = world();
    world.settle();
    let earlier = world.stores[0].image();
    world.at_a(send()).unwrap();
    world.turn();
    world.at_b(Step::Acknowledge { ticket: "XB-9".into() }).unwrap();
    world.turn();
    world.at_a(Step::AskProgress {}).unwrap();
    world.settle();
    let before = world.files()[0].history.clone();
    world.stores[0].restore(earlier);
    world.a = block_on(MemoryDesk::open(party("XA", 1).begin(world.stores[0].clone()))).unwrap();
    assert!(block_on(world.a.case_ids()).unwrap().is_empty(), "the case is gone");
    world.settle();
    assert_eq!(world.files()[0].history, before);
    world.at_b(Step::BeginCheck {}).unwrap();
    world.settle();
    world.at_a(Step::Withdraw { reason: "found elsewhere".into() }).unwrap();
    world.settle();
    assert_eq!(world.states(), [State::Withdrawn, State::Withdrawn]);
    let file = world.files()[0].clone();
    let delivered = block_on(world.a.case_delivery(&file)).unwrap();
    assert_eq!(delivered.len(), 4, "the request and three steps, two of them given back");
    assert!(delivered.iter().all(|(_, how)| !how.is_lost()), "{delivered:?}");
}

/// Between the loss and the last step given back, nothing is put on the chain: it would be a second history of one side.
#[test]
fn no_step_is_taken_on_a_chain_that_is_not_back() {
    let mut world = world();
    world.at_a(send()).unwrap();
    world.turn();
    world.at_b(Step::Acknowledge { ticket: "XB-9".into() }).unwrap();
    world.settle();
    let earlier = world.stores[0].image();
    world.at_a(Step::AskProgress {}).unwrap();
    world.settle();
    world.stores[0].restore(earlier);
    world.a = block_on(MemoryDesk::open(party("XA", 1).begin(world.stores[0].clone()))).unwrap();
    let mut refused = Vec::new();
    for _ in 0..20 {
        world.turn();
        match world.at_a(Step::Withdraw { reason: "found elsewhere".into() }) {
            Ok(_) => break,
            Err(fault) => refused.push(fault.code()),
        }
    }
    assert!(refused.contains(&"case/chain-behind") && refused.len() < 20, "{refused:?}");
    world.settle();
    assert_eq!(world.states(), [State::Withdrawn, State::Withdrawn]);
    assert_eq!(world.files()[0].history, world.files()[1].history);
}

/// A peer that reads requests of version 1 only is not sent one for several selectors; one for a single one goes to it.
#[test]
fn a_request_for_several_is_not_sent_to_who_cannot_read_it() {
    let mut old = world_with(|letter| {
        let request = letter.understands.iter_mut().find(|(name, _)| name == "request").unwrap();
        request.1 = 1;
    });
    let mut act = act(&old.a, "XB", send(), old.now);
    let account =
        |account: &str| body::Selector::Account { provider: "mail.example".into(), account: account.into() };
    act.asks.as_mut().unwrap().further = Some(vec![account("person-2")]);
    let size = old.a.log().size();
    let fault = block_on(old.a.case_step(old.now, &mut old.entropy, &act)).unwrap_err();
    assert_eq!((fault.code(), old.a.log().size()), ("desk/not-understood", size));
    act.asks.as_mut().unwrap().further = None;
    let stepped = block_on(old.a.case_step(old.now, &mut old.entropy, &act)).unwrap();
    assert!(stepped.position.is_some() && old.a.log().size() > size);
}
