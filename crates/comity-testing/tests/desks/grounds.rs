//! Every row of refusal_grounds.csv is stated between two desks: as its effect says, of a request that rests on its instrument
//! and asks for a measure that it applies to. A row added fails here until its effect and measure are handled.

#![expect(clippy::panic, reason = "a row that is not handled fails with its words")]

use super::{code, request};
use comity_affairs::{
    CaseId, Condition, ConditionKind, Finding, Flow, Ground, State, Step, Thread, View,
    ground::{About, Effect, Standing, offered},
};
use comity_border::{Basis, Confirmation};
use comity_exchange::{CaseAct, Stepped, house::Unit, turn::Turn};
use comity_law::{
    Candidate, Change, ChangeSet, Instrument, Key, MeasureCode, Organised, Outcome, Penalty, Query,
    RefusalGround, Register, Row,
    vocabulary::{Effect as ReservationEffect, MaterialScope, Side as ReservationSide},
};
use comity_ledger::{MemoryStore, memory::block_on};
use comity_record::{
    Canonical, Labels, Timestamp, body,
    label::{Purpose, Tlp},
};
use comity_testing::desks::{MemoryDesk, SeededEntropy, first_day, party};
use std::sync::Arc;

const ROWS: &str = include_str!("../../../../data/law/refusal_grounds.csv");
const STATUSES: &str = include_str!("../../../../data/law/exercise/instrument_status.csv");

/// The register as if XA and XB were bound by every instrument of which it lists a ground, and those were in force.
fn all_in_force() -> Register {
    let register = Register::with_exercise().unwrap();
    let binding = |one: &&Instrument| !one.is_soft_law();
    let listed: Vec<&Instrument> = register
        .instruments()
        .filter(|one| register.refusal_grounds(one.id.as_str()).next().is_some())
        .filter(binding)
        .collect();
    let mut statuses = Vec::new();
    for (instrument, state) in listed.iter().flat_map(|one| [(one, "XA"), (one, "XB")]) {
        let id = instrument.id.as_str();
        if !STATUSES.lines().any(|line| line.starts_with(&format!("{id},{state},"))) {
            statuses.push(format!(
                r#"{{"add":{{"instrument_status":{{"instrument":"{id}","state":"{state}","act":"ratification",
                "ratified_or_acceded":"2015-01-01","in_force":"2015-02-01","status":"verified","source":"exercise","as_of":"2026-01"}}}}}}"#
            ));
        }
    }
    let json = format!(
        r#"{{"id":"all-in-force","author":"XA","date":"2026-01-02","source_statement":"an exercise","changes":[{}]}}"#,
        statuses.join(",")
    );
    let mut set = ChangeSet::from_json("set", &json).unwrap();
    let waiting = listed.iter().filter(|one| one.in_force.is_none());
    set.changes.extend(waiting.map(|one| {
        let in_force = Some("2015-01-01".parse().unwrap());
        Change::Correct(Row::Instrument(Box::new(Instrument { in_force, ..(*one).clone() })))
    }));
    // XB takes no part in interception under the shipped rows; here it does, so that its ground can be stated.
    let (side, effect) = (ReservationSide::Both, ReservationEffect::Excluded);
    let key = Key::Reservation("budapest".parse().unwrap(), code("XB"), "34".into(), side, effect);
    set.changes.push(Change::End(key, first_day().plus_days(1)));
    register.apply(&set).unwrap_or_else(|faults| panic!("{faults:?}"))
}

struct Two {
    a: MemoryDesk,
    b: MemoryDesk,
    entropy: SeededEntropy,
    now: Timestamp,
}

/// Two desks under one register.
fn two(register: Register) -> Two {
    let register = Arc::new(register);
    let parties = ["XA", "XB"].map(|code| {
        let mut party = party(code, 1);
        party.law.register = register.clone();
        party
    });
    let letters = parties.each_ref().map(|party| party.signed.clone());
    let (now, mut entropy) = (first_day().plus_days(40).start(), SeededEntropy::new(5));
    let [mut a, mut b] =
        parties.map(|party| block_on(MemoryDesk::open(party.begin(MemoryStore::new()))).unwrap());
    for (desk, letter) in [(&mut a, &letters[1]), (&mut b, &letters[0])] {
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
        block_on(desk.act(now, &mut entropy, None, comity_exchange::Act::Unit(unit))).unwrap().unwrap();
    }
    Two { a, b, entropy, now }
}

/// A row with what it is stated against.
struct Played<'a> {
    row: &'a RefusalGround,
    case: CaseId,
    measure: String,
    personal: bool,
    offence: &'static str,
    /// The article that the request rests on; none for a notice.
    rests_on: Option<Candidate>,
}

impl<'a> Played<'a> {
    fn of(register: &Register, row: &'a RefusalGround, number: usize) -> Played<'a> {
        let (measure, personal) = match row.applies_to.as_str() {
            "mla" => ("subscriber_information", false),
            "mla_noncoercive" => ("video_hearing", false),
            "any_personal_data" => ("subscriber_information", true),
            measure => (measure, false),
        };
        assert!(register.measure(measure).is_some(), "`{}` is not handled", row.applies_to);
        let instrument = register.instrument(row.instrument.as_str()).unwrap();
        let offence = match instrument.material_scope {
            MaterialScope::Corruption => "bribery",
            _ => "illegal_access",
        };
        let case =
            CaseId::of(&code("XA"), &code("XB"), &format!("G-{number}"), &(number as u128).to_be_bytes());
        let measured: MeasureCode = measure.parse().unwrap();
        let mut query = Query::new(code("XA"), code("XB"), measured, first_day().plus_days(40));
        query.offence = Some(offence.parse().unwrap());
        (query.penalty, query.organised) = (Some(Penalty::years(5)), Some(Organised::Yes));
        let of_it = |one: &&Candidate| {
            one.instrument == row.instrument
                && matches!(one.outcome, Outcome::Available | Outcome::Conditional)
        };
        let answer = register.bases(&query).unwrap();
        let rests_on = answer.candidates.iter().find(of_it).cloned();
        if !instrument.is_soft_law() {
            assert!(rests_on.is_some(), "{} {measure}: {:?}", row.instrument, answer.candidates);
        }
        let measure = measure.to_owned();
        Played {
            row,
            case,
            measure,
            personal,
            offence,
            rests_on: rests_on.filter(|_| !instrument.is_soft_law()),
        }
    }

    fn is_notice(&self) -> bool {
        self.rests_on.is_none()
    }

    fn purpose(&self) -> Purpose {
        match self.measure.as_str() {
            "preserve_stored_data" => Purpose::Preservation,
            _ if self.is_notice() => Purpose::ConfidenceBuilding,
            _ => Purpose::CriminalInvestigation,
        }
    }

    fn act(&self, desk: &MemoryDesk, step: Step, now: Timestamp) -> CaseAct {
        let to = if desk.party().as_str() == "XA" { "XB" } else { "XA" };
        let mut labels = Labels::new(Tlp::Amber);
        labels.purpose.insert(self.purpose());
        if self.personal {
            labels.set("category", "subscriber").unwrap();
            labels.set("personal", "personal").unwrap();
        }
        let mut crossing = request(desk, to, self.purpose(), now);
        if let Some(article) = &self.rests_on {
            let instrument = article.instrument.as_str().to_owned();
            crossing.confirmed = article
                .conditions
                .iter()
                .map(|one| Confirmation {
                    instrument: instrument.clone(),
                    article: article.article.clone(),
                    condition: one.code.as_str().to_owned(),
                    by: "duty.officer".parse().unwrap(),
                })
                .collect();
            crossing.legal_basis = Some(Basis::Instrument { instrument, article: article.article.clone() });
        }
        let asks = body::Request {
            measure: self.measure.clone(),
            offence: Some(self.offence.into()),
            penalty: Some(5),
            organised: Some(true),
            selector: body::Selector::Account { provider: "mail.example".into(), account: "person-1".into() },
            facts: "a login from this account opened the door".into(),
            until: Some(first_day().plus_days(90)),
            reference: "G".into(),
            further: None,
        };
        let opens = matches!(step, Step::Send { .. });
        CaseAct {
            case: self.case,
            peer: code(to),
            flow: if self.is_notice() { Flow::Notice } else { Flow::Request },
            exercise: false,
            thread: Thread::Judicial,
            unit: "cert".parse().unwrap(),
            officer: "duty.officer".parse().unwrap(),
            second: None,
            asks: (opens && !self.is_notice()).then_some(asks),
            step,
            labels,
            request: crossing,
        }
    }

    fn ground(&self) -> Ground {
        let article = Some(format!("{} {}", self.row.instrument, self.row.article));
        Ground { code: self.row.ground.clone(), article }
    }

    /// The steps of the asked side by which the row is stated, after the acknowledgment; and the state they come to.
    fn stated(&self) -> (Vec<Step>, State) {
        let reasons = || self.row.description.clone();
        let consult = || Step::Consult { about: reasons() };
        let refuse = || Step::Refuse { ground: self.ground(), reasons: reasons(), not_consulted: None };
        match Effect::of_code(&self.row.effect).unwrap_or_else(|| panic!("`{}`", self.row.effect)) {
            Effect::Refuse
            | Effect::RefuseIfReserved
            | Effect::Withhold
            | Effect::Instruct
            | Effect::Barred
            | Effect::ReservedOut => (vec![Step::BeginCheck {}, consult(), refuse()], State::Refused),
            Effect::Postpone => {
                let until = first_day().plus_days(100);
                let postpone =
                    Step::Postpone { ground: self.ground(), until, reasons: reasons(), not_consulted: None };
                (vec![Step::BeginCheck {}, consult(), postpone], State::Postponed)
            }
            Effect::Condition => {
                let one = Condition { number: 1, kind: ConditionKind::Other, text: reasons(), by: None };
                (vec![Step::BeginCheck {}, consult(), Step::Offer { conditions: vec![one] }], State::Offered)
            }
            Effect::AskSender => {
                let ask = Step::AskInformation { fields: Vec::new(), question: reasons() };
                (vec![Step::BeginCheck {}, ask], State::InfoNeeded)
            }
            // Transfers are suspended first; see below.
            Effect::Suspend => (vec![Step::BeginCheck {}, consult(), refuse()], State::Refused),
            Effect::Answer => {
                let text = self.row.ground.clone();
                (vec![Step::Assess { finding: Finding::CannotTell, text }], State::Assessed)
            }
        }
    }

    /// How the row must stand, counted from its words alone.
    fn standing(&self, reserved: bool) -> Standing {
        match self.row.effect.as_str() {
            "barred_ground" => Standing::Barred,
            "may_refuse_if_reserved" if !reserved => Standing::NotReserved,
            _ => Standing::Listed,
        }
    }
}

impl Two {
    fn step(&mut self, at_a: bool, act: &CaseAct) -> Stepped {
        self.now = self.now.plus_millis(1000);
        let desk = if at_a { &mut self.a } else { &mut self.b };
        block_on(desk.case_step(self.now, &mut self.entropy, act)).unwrap()
    }

    /// Turns until nothing more is said.
    fn exchange(&mut self) {
        for _ in 0..8 {
            for from_a in [true, false] {
                let (from, to) = if from_a { (&mut self.a, &mut self.b) } else { (&mut self.b, &mut self.a) };
                let (sender, receiver) = (from.party().clone(), to.party().clone());
                let mut turn = block_on(from.fill_turn(self.now, &mut self.entropy, &receiver)).unwrap();
                let lacking = from.peer(&receiver).unwrap().lacking;
                block_on(from.add_acknowledgements(&receiver, lacking, &mut turn)).unwrap();
                let turn = Turn::from_bytes(&turn.to_bytes()).unwrap();
                block_on(to.take_turn(self.now, &mut self.entropy, &sender, &turn)).unwrap();
            }
        }
    }

    fn views(&self, case: CaseId) -> [View; 2] {
        [&self.a, &self.b].map(|desk| block_on(desk.case_file(case)).unwrap().unwrap().history.view())
    }
}

#[test]
fn every_refusal_row_is_stated_between_two_desks() {
    let register = all_in_force();
    let of_instruments = register.instruments().map(|one| one.id.as_str().to_owned());
    let ids: Vec<String> = of_instruments.collect();
    let rows: Vec<&RefusalGround> = ids.iter().flat_map(|id| register.refusal_grounds(id)).collect();
    assert_eq!(rows.len(), ROWS.lines().count() - 1, "every row is of an instrument");
    let played: Vec<Played<'_>> =
        rows.iter().enumerate().map(|(number, row)| Played::of(&register, row, number + 1)).collect();
    let mut two = two(register.clone());
    let send = |played: &Played<'_>| Step::Send {
        form: if played.is_notice() { "territory" } else { "subscriber" }.into(),
        fields: Default::default(),
        request: None,
        emergency: false,
        reference: format!("G-{}", played.case),
    };
    for one in &played {
        let act = one.act(&two.a, send(one), two.now);
        let sent = two.step(true, &act);
        assert!(sent.position.is_some(), "{} {}: {:?}", one.row.instrument, one.measure, sent.verdicts);
    }
    two.exchange();
    for one in &played {
        let (steps, state) = one.stated();
        if Effect::of_code(&one.row.effect) == Some(Effect::Suspend) {
            let (xa, why) = (code("XA"), &one.row.description);
            block_on(two.b.suspend(two.now, &mut two.entropy, &xa, why)).unwrap();
            let act = one.act(&two.b, Step::Acknowledge { ticket: "T".into() }, two.now);
            assert!(
                two.step(false, &act).position.is_none(),
                "nothing crosses while transfers are suspended"
            );
            block_on(two.b.resume(two.now, &mut two.entropy, &xa)).unwrap();
        }
        let acknowledge = Step::Acknowledge { ticket: format!("T-{}", one.case) };
        for step in std::iter::once(acknowledge).chain(steps) {
            let act = one.act(&two.b, step, two.now);
            let taken = two.step(false, &act);
            assert!(taken.position.is_some(), "{}: {:?}", one.row.ground, taken.verdicts);
        }
        let [_, there] = two.views(one.case);
        assert_eq!(there.state, state, "{} {}", one.row.instrument, one.row.ground);
    }
    two.exchange();
    for one in &played {
        let row = one.row;
        let [here, there] = two.views(one.case);
        assert_eq!(here, there, "{} {} arrived", row.instrument, row.ground);
        if matches!(here.state, State::Refused | State::Postponed) {
            assert_eq!(here.ground, Some((one.ground(), row.description.clone())), "{}", row.instrument);
        }
        // What the desk that states it is shown of it, by the decision under which the case crossed.
        let file = block_on(two.b.case_file(one.case)).unwrap().unwrap();
        let article = block_on(two.b.case_basis(&file)).unwrap().unwrap().article();
        assert_eq!(article.is_none(), one.is_notice());
        let (instrument, article) = article.unwrap_or((row.instrument.as_str().to_owned(), String::new()));
        assert_eq!(instrument, row.instrument.as_str());
        let reserved = register
            .reservations(&instrument, None)
            .any(|one| one.party == code("XB") && one.article == article);
        let about =
            About { instrument: Some(&instrument), measure: &one.measure, personal: one.personal, reserved };
        let found = offered(&register, about).into_iter().find(|offered| std::ptr::eq(offered.row, row));
        let found = found.unwrap_or_else(|| panic!("{instrument} {} is not offered", row.ground));
        assert_eq!(found.standing, one.standing(reserved), "{instrument} {}", row.ground);
    }
}
