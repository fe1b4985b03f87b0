//! Recalls over three desks: XA gives a record to XB, which passes it on to XC.

use super::{code, indicator, labels, request};
use comity_border::Verdict;
use comity_exchange::{Act, Manuscript, RecallRule, RecallStanding, Sharing, house::Unit, turn::Turn};
use comity_ledger::{MemoryStore, memory::block_on};
use comity_record::{
    Labels, PartyCode, RecordId, Timestamp,
    body::{Narrowing, Recall, RecallChange},
    label::{Purpose, Tlp},
};
use comity_testing::desks::{MemoryDesk, SeededEntropy, first_day, party};

struct Three {
    desks: [MemoryDesk; 3],
    stores: [MemoryStore; 3],
    entropy: SeededEntropy,
    now: Timestamp,
}

const CODES: [&str; 3] = ["XA", "XB", "XC"];

fn three(versions: impl Fn(&str) -> u16) -> Three {
    let parties = CODES.map(|code| {
        let mut party = party(code, 1);
        for (what, version) in &mut party.letter.understands {
            *version = if what == "recall" { versions(code) } else { *version };
        }
        party.signed = party.by_root(&party.letter);
        party
    });
    let letters = parties.each_ref().map(|party| party.signed.clone());
    let stores = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let now = first_day().plus_days(40).start();
    let mut entropy = SeededEntropy::new(11);
    let mut begins = parties.into_iter().zip(&stores).map(|(party, store)| party.begin(store.clone()));
    let mut desks = [(); 3].map(|()| block_on(MemoryDesk::open(begins.next().unwrap())).unwrap());
    for (at, desk) in desks.iter_mut().enumerate() {
        for (other, letter) in letters.iter().enumerate() {
            if other != at {
                block_on(desk.accept_letter(now, &mut entropy, letter)).unwrap().unwrap();
            }
        }
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
    Three { desks, stores, entropy, now }
}

impl Three {
    fn author(&mut self, labels: Labels, number: u32) -> RecordId {
        let manuscript = Manuscript::objects(labels, vec![indicator(number)]);
        block_on(self.desks[0].author(self.now, &mut self.entropy, vec![manuscript])).unwrap()[0].record
    }

    /// Shares, and tells the codes of the border where it refuses.
    fn share(&mut self, from: usize, to: usize, record: RecordId) -> Vec<String> {
        let request = request(&self.desks[from], CODES[to], Purpose::CyberDefence, self.now);
        let sharing = vec![Sharing { record, request }];
        let shared = block_on(self.desks[from].share(self.now, &mut self.entropy, sharing)).unwrap();
        let ruling = &shared.last().unwrap().verdict.decision.ruling;
        assert_eq!(ruling.verdict == Verdict::Cleared, ruling.codes.is_empty());
        ruling.codes.iter().map(ToString::to_string).collect()
    }

    fn turn(&mut self, from: usize, to: usize) {
        let (a, b): (PartyCode, PartyCode) = (code(CODES[from]), code(CODES[to]));
        let mut turn = block_on(self.desks[from].fill_turn(self.now, &mut self.entropy, &b)).unwrap();
        let lacking = self.desks[from].peer(&b).unwrap().lacking;
        block_on(self.desks[from].add_acknowledgements(&b, lacking, &mut turn)).unwrap();
        block_on(self.desks[to].take_turn(self.now, &mut self.entropy, &a, &turn)).unwrap();
        let mut reply: Turn = block_on(self.desks[to].fill_turn(self.now, &mut self.entropy, &a)).unwrap();
        block_on(self.desks[to].add_acknowledgements(&a, turn.lacking, &mut reply)).unwrap();
        block_on(self.desks[from].take_turn(self.now, &mut self.entropy, &b, &reply)).unwrap();
    }

    fn settle(&mut self) {
        for _ in 0..6 {
            self.turn(0, 1);
            self.turn(1, 2);
            self.turn(0, 2);
        }
    }

    fn recall(&mut self, record: RecordId, change: Option<RecallChange>) -> RecordId {
        let recall = Recall { change, ..Recall::withdrawal(record, vec![], "told in confidence") };
        let request = request(&self.desks[0], "XB", Purpose::CyberDefence, self.now);
        let recalled = block_on(self.desks[0].recall(self.now, &mut self.entropy, recall, request)).unwrap();
        self.settle();
        recalled.recall.record
    }

    /// Where those to whom a desk gave the record stand with its recall.
    fn standing(&self, at: usize, recall: RecordId) -> Vec<RecallStanding> {
        block_on(self.desks[at].recall_standing(recall)).unwrap().1
    }

    fn again(&self, at: usize) -> MemoryDesk {
        block_on(MemoryDesk::open(party(CODES[at], 1).begin(self.stores[at].clone()))).unwrap()
    }
}

fn narrow(tlp: Option<Tlp>, to: Option<&[&str]>) -> Option<RecallChange> {
    let to = to.map(|to| to.iter().map(|party| code(party)).collect());
    Some(RecallChange::Narrow(Narrowing { tlp, to }))
}

/// XA's record at XB and at XC, by XB.
fn passed_on() -> (Three, RecordId) {
    let mut three = three(|_| 2);
    let record = three.author(labels(Tlp::Green), 1);
    assert!(three.share(0, 1, record).is_empty());
    three.settle();
    assert!(three.share(1, 2, record).is_empty());
    three.settle();
    assert!(block_on(three.desks[2].held(record)).is_ok());
    (three, record)
}

#[test]
fn who_passed_a_record_on_passes_its_recall_on() {
    let (mut three, record) = passed_on();
    let recall = three.recall(record, None);
    for desk in &three.desks {
        assert!(block_on(desk.is_recalled(record)).unwrap(), "{}", desk.party());
    }
    // XA knows of XB alone; XB knows of XC.
    let at_a = three.standing(0, recall);
    assert_eq!((at_a.len(), at_a[0].party.clone(), at_a[0].has_complied()), (1, code("XB"), true));
    let at_b = three.standing(1, recall);
    assert_eq!((at_b.len(), at_b[0].party.clone(), at_b[0].has_complied()), (1, code("XC"), true));
}

#[test]
fn a_narrower_audience_holds_for_everybody_who_has_the_record() {
    let (mut three, record) = passed_on();
    let recall = three.recall(record, narrow(None, Some(&["XB"])));
    assert!(three.desks.iter().all(|desk| !block_on(desk.is_recalled(record)).unwrap()));
    assert_eq!(three.standing(0, recall)[0].reported.as_ref().unwrap().0, "narrowed");
    assert_eq!(three.standing(1, recall)[0].reported.as_ref().unwrap().0, "narrowed");
    // XB was left in, XC was not: neither the author nor XB gives it to XC, and back to the author it may always go.
    assert_eq!(three.share(1, 2, record), ["border/narrowed"]);
    assert_eq!(three.share(0, 2, record), ["border/narrowed"]);
    assert_eq!(three.share(2, 1, record), Vec::<String>::new());
    assert_eq!(three.share(2, 0, record), Vec::<String>::new());
    // A second one narrows further and never widens.
    three.recall(record, narrow(None, Some(&["XB", "XC"])));
    assert_eq!(three.share(1, 2, record), ["border/narrowed"]);
    three.recall(record, narrow(Some(Tlp::Red), None));
    assert_eq!(three.share(0, 1, record), ["border/tlp"]);
    // It is all in the log.
    let again = three.again(1);
    let kept = again.narrowing(record).unwrap();
    assert_eq!((kept.tlp, kept.to.clone()), (Some(Tlp::Red), Some([code("XB")].into())));
}

#[test]
fn a_raised_marking_is_judged_as_if_it_had_been_signed() {
    let (mut three, record) = passed_on();
    three.recall(record, narrow(Some(Tlp::Amber), None));
    assert_eq!(three.share(1, 2, record), ["border/onward"]);
    assert_eq!(three.share(0, 2, record), Vec::<String>::new());
    let held = block_on(three.desks[1].envelope(record)).unwrap();
    assert_eq!(held.record.labels().tlp, Tlp::Green, "the signed labels stay as they are");
}

/// What was cleared and not yet sent is judged again.
#[test]
fn what_waits_in_the_outbox_is_narrowed_too() {
    let mut three = three(|_| 2);
    let record = three.author(labels(Tlp::Green), 1);
    three.share(0, 1, record);
    three.share(0, 2, record);
    let recall = Recall {
        change: narrow(None, Some(&["XB"])),
        ..Recall::withdrawal(record, vec![], "told in confidence")
    };
    let request = request(&three.desks[0], "XB", Purpose::CyberDefence, three.now);
    block_on(three.desks[0].recall(three.now, &mut three.entropy, recall, request)).unwrap();
    three.settle();
    assert!(block_on(three.desks[1].held(record)).is_ok());
    assert_eq!(block_on(three.desks[2].held(record)).unwrap_err().code(), "desk/no-record");
}

#[test]
fn a_correction_takes_the_place_of_what_it_corrects() {
    let (mut three, record) = passed_on();
    let better = three.author(labels(Tlp::Green), 2);
    assert!(three.share(0, 1, better).is_empty());
    let recall = three.recall(record, Some(RecallChange::Replaced(better)));
    assert!(block_on(three.desks[1].is_recalled(record)).unwrap());
    assert!(block_on(three.desks[2].is_recalled(record)).unwrap());
    assert!(block_on(three.desks[1].held(better)).is_ok());
    assert!(three.standing(0, recall)[0].has_complied());
}

#[test]
fn a_party_may_have_an_officer_decide() {
    let (mut three, record) = passed_on();
    three.desks[1].set_recall_rule(RecallRule::Ask);
    let recall = three.recall(record, None);
    assert!(!block_on(three.desks[1].is_recalled(record)).unwrap());
    let standing = three.standing(0, recall);
    assert_eq!(
        (standing[0].reported.as_ref().unwrap().0.as_str(), standing[0].has_complied()),
        ("kept", false)
    );
    let (now, desk) = (three.now, &mut three.desks[1]);
    assert_eq!(block_on(desk.comply_with(now, &mut three.entropy, recall)).unwrap(), [code("XA")]);
    three.settle();
    assert!(block_on(three.desks[1].is_recalled(record)).unwrap());
    assert!(block_on(three.desks[2].is_recalled(record)).unwrap(), "and the recall was passed on");
    assert!(three.standing(0, recall)[0].has_complied());
}

/// Who reads the first version of recalls alone is not told a part of it: the author is told, and may withdraw.
#[test]
fn an_older_peer_is_not_sent_what_it_cannot_read() {
    let mut three = three(|code| if code == "XB" { 1 } else { 2 });
    let record = three.author(labels(Tlp::Green), 1);
    // Its letter says so; a turn of the program under test would say otherwise.
    three.share(0, 1, record);
    let recall = Recall { change: narrow(Some(Tlp::Red), None), ..Recall::withdrawal(record, vec![], "x") };
    let request = request(&three.desks[0], "XB", Purpose::CyberDefence, three.now);
    let refused = block_on(three.desks[0].recall(three.now, &mut three.entropy, recall, request));
    assert_eq!(refused.unwrap_err().code(), "desk/not-understood");
    assert!(three.desks[0].narrowing(record).is_none(), "nothing was entered");
    let recall = three.recall(record, None);
    assert!(three.standing(0, recall)[0].has_complied());
}
