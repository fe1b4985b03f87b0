//! Receipts: a crossing from XA to XB, witnessed by XC, verified by a stranger with three letters.

use crate::{
    log::{entries, log_of},
    party::{Party, at},
    witness::cosigned,
};
use comity_ledger::{
    Committed, MemoryStore, Provisional, Receipt, SignedCheckpoint, Trust,
    memory::block_on,
    quorum::Met,
    receipt::{Contents, Part, RecordPart},
};
use comity_record::{
    Body, Canonical, CrossingId, Draft, Entry, EntryKind, KeyRevocation, Labels, RecordId, RootSigned,
    Signed, Signer, Statement, body::Text, label::Tlp, sha256,
};
use std::collections::BTreeMap;

struct Crossing {
    xa: Party,
    xb: Party,
    xc: Party,
    contents: Contents,
}

const DECISION: &[u8] = b"cleared by the border of XA";
const THEIR_DECISION: &[u8] = b"cleared by the border of XB";

fn record(author: &Party) -> Signed {
    let text = Text {
        title: "Notice".into(),
        text: "An exercise.".into(),
        language: "en".into(),
        fields: BTreeMap::new(),
    };
    let statement = Statement {
        origin: author.code.clone(),
        unit: None,
        officer: None,
        issued: at(0),
        labels: Labels::new(Tlp::Green),
        body: Body::Notice(text),
        thread: None,
        derived: None,
    };
    Draft(statement).sign(&author.record).unwrap()
}

fn entry(
    kind: EntryKind,
    of: &Party,
    other: &Party,
    record: RecordId,
    crossing: CrossingId,
    decision: &[u8],
) -> Entry {
    let mut entry = Entry::new(kind, at(10), of.code.clone());
    entry.counterparty = Some(other.code.clone());
    entry.record = Some(record);
    entry.crossing = Some(crossing);
    entry.decision = Some(sha256(&[decision]));
    entry
}

/// Commits the entry in the middle of a log of its own and cosigns the head.
fn part(owner: &Party, witnesses: &[&Party], entry: Entry, decision: &[u8]) -> Part {
    let store = MemoryStore::new();
    let mut log = log_of(&store, 1000);
    let committed = block_on(log.commit(&store, vec![(entry, [7; 16])], Vec::new())).unwrap().remove(0);
    block_on(log.commit(&store, entries(1001, 1500), Vec::new())).unwrap();
    let proof = block_on(log.inclusion_proof(&store, committed.index(), log.size())).unwrap();
    Part::of(&committed, Some(decision.to_vec()), proof, &cosigned(owner, witnesses, log.tree_head()))
}

impl Crossing {
    fn new(witnesses: &[&str]) -> Crossing {
        let (xa, xb, xc) = (Party::new("XA"), Party::new("XB"), Party::new("XC"));
        let record = record(&xa);
        let crossing = CrossingId::of(&record.id(), &xa.code, &xb.code);
        let by: Vec<&Party> =
            [&xb, &xc].into_iter().filter(|p| witnesses.contains(&p.code.as_str())).collect();
        let sent = entry(EntryKind::Cleared, &xa, &xb, record.id(), crossing, DECISION);
        let taken = entry(EntryKind::Received, &xb, &xa, record.id(), crossing, THEIR_DECISION);
        let letters = [&xa, &xb, &xc].map(|party| party.signed_letter().to_bytes().into());
        let contents = Contents {
            record: RecordPart::Envelope(record.as_bytes().to_vec().into()),
            own: part(&xa, &by, sent, DECISION),
            twin: Some(part(&xb, &[], taken, THEIR_DECISION)),
            acknowledgement: Some(b"signed by XB".to_vec().into()),
            letters: letters.to_vec(),
        };
        Crossing { xa, xb, xc, contents }
    }

    fn trust(&self) -> Trust {
        Trust::new([&self.xa, &self.xb, &self.xc].map(Party::letter))
    }

    /// The code of the first fault after a change.
    fn fault(&self, change: impl FnOnce(&mut Contents)) -> &'static str {
        let mut contents = self.contents.clone();
        change(&mut contents);
        Provisional::new(contents).verify(&self.trust()).map(|report| report.checked).unwrap_err().code()
    }
}

#[test]
fn a_receipt_proves_a_crossing_to_a_stranger() {
    let crossing = Crossing::new(&["XC"]);
    let receipt = Provisional::new(crossing.contents.clone()).complete(&crossing.trust()).unwrap();
    let read = Receipt::from_bytes(&receipt.to_bytes()).unwrap();
    let report = read.verify(&crossing.trust()).unwrap();
    assert_eq!((report.from.as_str(), report.to.as_str(), report.kind), ("XA", "XB", EntryKind::Cleared));
    assert_eq!((report.index, report.head.size, report.twin), (1000, 1500, Some(EntryKind::Received)));
    assert!(matches!(&report.quorum, Some(Met::Independent(by)) if by.len() == 1));
    assert_eq!(report.acknowledgement.as_deref(), Some(&b"signed by XB"[..]));
    let sentences = [
        "3 enclosed letters are signed by roots that you accepted.",
        "XA entered on 2026-03-01T12:00:10.000Z: cleared, a record from XA to XB.",
        "The record enclosed is a notice record signed by XA on 2026-03-01T12:00:00.000Z.",
        "The decision enclosed for XA is the one that its entry commits to.",
        "XA signed the head of 1500 entries with both its checkpoint keys, on 2026-03-01T12:01:00.000Z.",
        "The entry of XA stands at index 1000 of that tree.",
        "XC cosigned that head as a witness on 2026-03-01T12:02:00.000Z, with Ed25519 and ML-DSA-44.",
        "The quorum is met by parties that are neither sender nor receiver.",
        "The twin entry of XB says: received, on 2026-03-01T12:00:10.000Z.",
        "The decision enclosed for XB is the one that its entry commits to.",
        "XB signed the head of 1500 entries with both its checkpoint keys, on 2026-03-01T12:01:00.000Z.",
        "The entry of XB stands at index 1000 of that tree.",
    ];
    assert_eq!(report.checked, sentences);
    assert_eq!(
        report.unchecked,
        ["An acknowledgement of 12 bytes is enclosed; its signature is read separately."]
    );
}

/// What is withheld is reported as not checked, and nothing else fails.
#[test]
fn what_is_withheld_is_said() {
    let mut crossing = Crossing::new(&["XC"]);
    let id = comity_record::sha256(&[match &crossing.contents.record {
        RecordPart::Envelope(bytes) => bytes,
        RecordPart::Id(_) => panic!("an envelope"),
    }]);
    crossing.contents.record = RecordPart::Id(RecordId(id));
    crossing.contents.own.decision = None;
    crossing.contents.twin.as_mut().unwrap().place = None;
    crossing.contents.acknowledgement = None;
    crossing.contents.letters.clear();
    let report = Provisional::new(crossing.contents.clone()).verify(&crossing.trust()).unwrap();
    assert_eq!(
        report.unchecked,
        [
            "The record is named by its id only; its content and author are not shown.",
            "The decision of XA is not enclosed.",
            "The twin entry is opened, but not shown to stand in the log of XB.",
            "No acknowledgement of the other node is enclosed.",
        ]
    );
    crossing.contents.twin = None;
    let report = Provisional::new(crossing.contents.clone()).verify(&crossing.trust()).unwrap();
    assert!(report.unchecked.contains(&"The twin entry of the other node is not enclosed.".to_owned()));
    assert_eq!(report.twin, None);
}

#[test]
fn without_quorum_a_receipt_stays_provisional() {
    for (witnesses, parties, full) in
        [(&[][..], 3, false), (&["XB"][..], 3, false), (&["XB"][..], 2, true), (&["XB", "XC"][..], 3, true)]
    {
        let mut crossing = Crossing::new(witnesses);
        crossing.contents.letters.truncate(parties);
        let known: Vec<_> = [&crossing.xa, &crossing.xb, &crossing.xc].into_iter().take(parties).collect();
        let trust = Trust::new(known.into_iter().map(Party::letter));
        let provisional = Provisional::new(crossing.contents);
        let report = provisional.verify(&trust).unwrap();
        assert_eq!(report.quorum.is_some(), full, "{witnesses:?} of {parties}");
        match provisional.complete(&trust) {
            Ok(_) => assert!(full),
            Err(fault) => assert_eq!((full, fault.code()), (false, "receipt/no-quorum")),
        }
        if parties == 2 {
            assert!(matches!(report.quorum, Some(Met::CounterpartOnly(_))));
        }
    }
}

/// The two encodings cannot be taken for each other.
#[test]
fn a_provisional_receipt_is_not_a_receipt() {
    let crossing = Crossing::new(&["XC"]);
    let provisional = Provisional::new(crossing.contents.clone());
    let receipt = provisional.clone().complete(&crossing.trust()).unwrap();
    assert_eq!(Receipt::from_bytes(&provisional.to_bytes()).unwrap_err().code(), "record/malformed");
    assert_eq!(Provisional::from_bytes(&receipt.to_bytes()).unwrap_err().code(), "record/malformed");
    assert_eq!(Provisional::from_bytes(&provisional.to_bytes()).unwrap(), provisional);
}

/// Each part changed gives the fault that names it.
#[test]
fn every_part_is_checked() {
    let crossing = Crossing::new(&["XC"]);
    let other = record(&crossing.xb);
    let check = |expected: &str, change: &dyn Fn(&mut Contents)| assert_eq!(crossing.fault(change), expected);
    check("receipt/record", &|c| c.record = RecordPart::Envelope(other.as_bytes().to_vec().into()));
    check("receipt/record", &|c| c.record = RecordPart::Id(other.id()));
    check("receipt/decision", &|c| c.own.decision = Some(b"refused".to_vec().into()));
    check("receipt/not-included", &|c| c.own.salt[0] ^= 1);
    check("receipt/not-included", &|c| c.own.entry.at = at(11));
    check("receipt/not-included", &|c| place(&mut c.own).index += 1);
    check("receipt/not-included", &|c| place(&mut c.own).proof.truncate(3));
    check("receipt/not-included", &|c| place(&mut c.own).proof[0].0[0] ^= 1);
    check("receipt/checkpoint", &|c| recheckpoint(&mut c.own, |note| note.replacen("1500", "1501", 1)));
    check("receipt/checkpoint", &|c| recheckpoint(&mut c.own, |_| String::new()));
    check("receipt/no-place", &|c| c.own.place = None);
    check("receipt/entry", &|c| c.own.entry.kind = EntryKind::Authored);
    check("receipt/entry", &|c| c.own.entry.kind = EntryKind::Received);
    check("receipt/entry", &|c| c.own.entry.crossing = None);
    check("receipt/entry", &|c| c.own.entry.counterparty = None);
    check("receipt/entry", &|c| c.own.entry.record = Some(other.id()));
    check("receipt/twin", &|c| c.twin = Some(c.own.clone()));
    check("receipt/decision", &|c| c.twin.as_mut().unwrap().decision = Some(vec![1].into()));
    check("receipt/not-included", &|c| c.twin.as_mut().unwrap().salt[1] ^= 1);
    check("receipt/letter", &|c| c.letters[0] = vec_of(&Party::new("XD"), "XA"));
    check("receipt/unknown-party", &|c| c.letters[0] = Party::new("XD").signed_letter().to_bytes().into());
    check("receipt/too-many-letters", &|c| c.letters = vec![c.letters[0].clone(); 17]);
    check("record/malformed", &|c| c.letters[0] = vec![1, 2, 3].into());
}

fn place(part: &mut Part) -> &mut comity_ledger::receipt::Place {
    part.place.as_mut().unwrap()
}

fn recheckpoint(part: &mut Part, change: impl FnOnce(&str) -> String) {
    let note = &mut place(part).checkpoint;
    *note = change(note);
}

/// A letter in the name of `claimed`, signed by another root.
fn vec_of(by: &Party, claimed: &str) -> minicbor::bytes::ByteVec {
    let mut letter = by.letter();
    letter.party = claimed.parse().unwrap();
    RootSigned::sign(&letter, &by.root.0, &by.root.1).unwrap().to_bytes().into()
}

/// A record by somebody else under XA's name does not pass.
#[test]
fn a_forged_author_is_refused() {
    let (crossing, mallory) = (Crossing::new(&["XC"]), Party::new("XD"));
    let mut statement = record(&crossing.xa).statement().clone();
    statement.issued = at(1);
    let forged = Draft(statement).sign(&mallory.record).unwrap();
    let id = CrossingId::of(&forged.id(), &crossing.xa.code, &crossing.xb.code);
    let sent = entry(EntryKind::Cleared, &crossing.xa, &crossing.xb, forged.id(), id, DECISION);
    let own = part(&crossing.xa, &[&crossing.xc], sent, DECISION);
    let code = crossing.fault(|contents| {
        contents.record = RecordPart::Envelope(forged.as_bytes().to_vec().into());
        contents.own = own;
    });
    assert_eq!(code, "receipt/author");
}

#[test]
fn an_altered_cosignature_and_a_revoked_key_are_refused() {
    let crossing = Crossing::new(&["XC"]);
    let altered = crossing.fault(|contents| {
        recheckpoint(&mut contents.own, |note| {
            let signed = crossing.xa.signer().keys().verify(note.as_bytes()).unwrap();
            altered_cosignature(&signed).to_string()
        });
    });
    assert_eq!(altered, "receipt/cosignature");

    let revocation = |party: &Party, key: &dyn Signer| {
        let value = KeyRevocation {
            party: party.code.clone(),
            key: key.public_key().id(),
            at: at(0),
            reason: "stolen".into(),
        };
        RootSigned::sign(&value, &party.root.0, &party.root.1).unwrap()
    };
    let verify = |trust: &Trust| Provisional::new(crossing.contents.clone()).verify(trust);
    let mut trust = crossing.trust();
    trust.revoke(&crossing.xa.code, &revocation(&crossing.xa, &crossing.xa.checkpoint.1)).unwrap();
    assert_eq!(verify(&trust).unwrap_err().code(), "receipt/no-keys");

    let mut trust = crossing.trust();
    trust.revoke(&crossing.xc.code, &revocation(&crossing.xc, &crossing.xc.checkpoint.0)).unwrap();
    assert_eq!(verify(&trust).unwrap().quorum, None, "a witness with a revoked key does not count");

    let mut trust = crossing.trust();
    trust.revoke(&crossing.xa.code, &revocation(&crossing.xa, &crossing.xa.record)).unwrap();
    assert_eq!(verify(&trust).unwrap_err().code(), "receipt/author");

    // Another party's root revokes nothing here.
    let mut trust = crossing.trust();
    let foreign = revocation(&crossing.xb, &crossing.xa.record);
    assert_eq!(trust.revoke(&crossing.xa.code, &foreign).unwrap_err().code(), "receipt/letter");
    trust.revoke(&crossing.xb.code, &foreign).unwrap();
    assert!(verify(&trust).is_ok(), "XB cannot revoke a key of XA");
}

fn altered_cosignature(signed: &SignedCheckpoint) -> SignedCheckpoint {
    let mut bare = signed.without_cosignatures();
    let mut lines = signed.note().lines()[2..].to_vec();
    lines[0].signature[20] ^= 1;
    bare.add(lines);
    bare
}

/// The receiver issues receipts too, and a refusal has one.
#[test]
fn refusals_and_receptions_have_receipts() {
    let crossing = Crossing::new(&["XC"]);
    let (record, id) =
        (crossing.contents.own.entry.record.unwrap(), crossing.contents.own.entry.crossing.unwrap());
    for kind in [EntryKind::Received, EntryKind::ReceptionRefused] {
        let taken = entry(kind, &crossing.xb, &crossing.xa, record, id, THEIR_DECISION);
        let mut contents = crossing.contents.clone();
        contents.own = part(&crossing.xb, &[&crossing.xc], taken, THEIR_DECISION);
        contents.twin = Some(crossing.contents.own.clone());
        let report = Provisional::new(contents)
            .complete(&crossing.trust())
            .unwrap()
            .verify(&crossing.trust())
            .unwrap();
        assert_eq!((report.kind, report.twin), (kind, Some(EntryKind::Cleared)));
        assert_eq!((report.from.as_str(), report.to.as_str()), ("XA", "XB"));
    }
}

/// Every byte of a receipt counts: a flip is refused, or leaves a receipt that proves the same. (A sample of places;
/// signatures of letters make the rest of them costly.)
#[test]
fn no_flip_changes_what_is_proven() {
    let crossing = Crossing::new(&["XC"]);
    let trust = crossing.trust();
    let receipt = Provisional::new(crossing.contents.clone()).complete(&trust).unwrap();
    let proven = receipt.verify(&trust).unwrap().checked;
    let bytes = receipt.to_bytes();
    for at in (0..bytes.len()).step_by(89) {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        if let Ok(read) = Receipt::from_bytes(&altered)
            && let Ok(report) = read.verify(&trust)
        {
            assert_eq!(report.checked.len(), proven.len(), "byte {at}");
            assert!(
                report.acknowledgement != Some(b"signed by XB".to_vec()) || report.checked == proven,
                "byte {at}"
            );
        }
    }
}

/// A committed entry is a clone of nothing but itself: its accessors agree.
#[test]
fn a_committed_entry_knows_its_commitment() {
    let store = MemoryStore::new();
    let mut log = log_of(&store, 0);
    let done: Vec<Committed<Entry>> = block_on(log.commit(&store, entries(0, 1), vec![])).unwrap();
    assert_eq!(done[0].commitment(), done[0].entry().commitment(done[0].salt()));
}
