//! Values of `comity-record`: records of every kind, frames, letters, entries, labels and dates.

use super::{Target, texts};
use comity_record::{
    Body, Canonical, Draft, DualVerifier, Ed25519Key, Entry, EntryKind, Frame, Hash, KeyPurpose,
    KeyStatement, Labels, Letter, Manifest, MlDsa44Key, PartyCode, RecordId, RecordSalt, RootSigned, Signed,
    Signer, Statement, Timestamp,
    body::{Recall, Request, Selector, Text},
    label::Tlp,
};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    let records = records();
    let entries = [EntryKind::Authored, EntryKind::Cleared, EntryKind::Succession];
    vec![
        ("record", records.iter().map(|(n, r)| (n.clone(), r.as_bytes().to_vec())).collect()),
        ("frame", frames(&records)),
        ("letter", vec![("letter".to_owned(), letter())]),
        ("entry", entries.map(|kind| (kind.to_string(), entry(kind))).to_vec()),
        ("labels", labels()),
        (
            "dates",
            texts(&[
                ("time", "2026-03-01T12:00:00Z"),
                ("fraction", "2026-03-01T12:00:00.123456789Z"),
                ("offset", "2026-03-01T12:00:00+09:00"),
                ("day", "2024-02-29"),
                ("month", "2019-10"),
                ("year", "1945"),
                ("no-day", "2023-02-29"),
                ("code", "XA"),
            ]),
        ),
    ]
}

pub fn party(code: &str) -> PartyCode {
    code.parse().expect("a code")
}

pub fn time() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

pub fn key(seed: u8) -> Ed25519Key {
    Ed25519Key::from_seed(&[seed; 32]).expect("a key")
}

fn signed(body: Body, labels: Labels) -> Signed {
    let statement = Statement {
        origin: party("XA"),
        unit: None,
        officer: None,
        issued: time(),
        labels,
        body,
        thread: None,
        derived: None,
    };
    Draft(statement).sign(&key(1)).expect("a record")
}

pub fn records() -> Vec<(String, Signed)> {
    let text = Text {
        title: "A notice".to_owned(),
        text: "Exercise data.".to_owned(),
        language: "en".to_owned(),
        fields: [("severity".to_owned(), "low".to_owned())].into(),
    };
    let request = Request {
        measure: "preserve_stored_data".to_owned(),
        offence: Some("illegal_access".to_owned()),
        penalty: Some(5),
        organised: Some(false),
        selector: Selector::Address { address: "192.0.2.7".to_owned(), port: Some(443), at: time() },
        facts: "Exercise data.".to_owned(),
        until: None,
        reference: "XA-2026-1".to_owned(),
    };
    let recall = Recall::withdrawal(RecordId(Hash::default()), vec![0, 2], "an error");
    let mut labels = Labels::new(Tlp::Amber);
    labels.set("purpose", "criminal-investigation").expect("a purpose");
    [
        ("threat", Body::Threat(Manifest::of(&salt(), &objects()))),
        ("request", Body::Request(request)),
        ("answer", Body::Answer(text.clone())),
        ("notice", Body::Notice(text)),
        ("recall", Body::Recall(recall)),
        ("change-set", Body::ChangeSet(vec![0xa0])),
    ]
    .map(|(name, body)| (name.to_owned(), signed(body, labels.clone())))
    .to_vec()
}

pub fn salt() -> RecordSalt {
    RecordSalt::new([7; 32])
}

pub fn objects() -> [&'static [u8]; 3] {
    [br#"{"type":"indicator"}"#, br#"{"type":"malware"}"#, b"{}"]
}

fn frames(records: &[(String, Signed)]) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for (name, record) in records {
        if record.statement().body.manifest().is_none() {
            out.push((format!("bare-{name}"), Frame::bare(record).to_bytes()));
            continue;
        }
        let all = objects().map(<[u8]>::to_vec).to_vec();
        out.push(("complete".to_owned(), Frame::complete(record, salt(), all).to_bytes()));
        let some = vec![(1, salt().object(1), objects()[1].to_vec())];
        out.push(("partial".to_owned(), Frame::partial(record, some).to_bytes()));
    }
    out
}

pub fn letter() -> Vec<u8> {
    let root = (key(2), MlDsa44Key::from_seed(&[3; 32]).expect("a key"));
    let statement = KeyStatement {
        party: party("XA"),
        purpose: KeyPurpose::Record,
        key: Some(key(1).public_key().clone()),
        sealing: None,
        valid_from: time(),
        valid_to: "2027-03-01T12:00:00Z".parse().expect("a time"),
    };
    let letter = Letter {
        party: party("XA"),
        root: DualVerifier { ed25519: root.0.public_key().clone(), ml_dsa_44: root.1.public_key().clone() },
        serial: 1,
        issued: time(),
        expires: "2026-04-01T12:00:00Z".parse().expect("a time"),
        address: "node.example:7443".to_owned(),
        ledger: "ledger.example/xa".to_owned(),
        keys: vec![statement],
        understands: Letter::kinds(),
        units: Vec::new(),
    };
    RootSigned::sign(&letter, &root.0, &root.1).expect("a signature").to_bytes()
}

fn entry(kind: EntryKind) -> Vec<u8> {
    let mut entry = Entry::new(kind, time(), party("XA"));
    entry.counterparty = Some(party("XB"));
    entry.decision = Some(Hash::default());
    entry.engine = Some("comity/0.1.0".to_owned());
    entry.to_bytes()
}

fn labels() -> Vec<(String, Vec<u8>)> {
    texts(&[
        ("plain", "tlp=green\npurpose=cyber-defence"),
        (
            "case",
            "tlp=amber+strict\npersonal=personal\ncategory=traffic,subscriber\nretention=until:2027-01-01",
        ),
        ("origin", "origin=XB\nonward=prior-authorisation\nattribution-claim=XB:2026-01-02\nevaluation=A1"),
        ("wrong", "tlp=purple\nunheard=of\n=\nhandling=H9"),
    ])
}
