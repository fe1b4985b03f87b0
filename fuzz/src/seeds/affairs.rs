//! Values of `comity-affairs`: events, packages and custody entries.

use super::Target;
use comity_affairs::{
    CaseId, Condition, ConditionKind, Event, Flow, Ground, Side, Step, Thread,
    custody::{Act, Consignment, Digest, Dossier, Entry, Item, Package, Parcel, SignedChain},
};
use comity_record::{
    Attested, Body, Canonical, Draft, Ed25519Key, Labels, Statement, Timestamp, label::Tlp, sha256,
};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    vec![("case_event", events()), ("evidence", evidence()), ("parcel", parcels()), ("stamp", stamps())]
}

fn case() -> CaseId {
    CaseId::of(&"XA".parse().expect("a party"), &"XB".parse().expect("a party"), "A-1", &[7; 16])
}

fn at() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn events() -> Vec<(String, Vec<u8>)> {
    let event = |side, step| Event {
        version: 1,
        case: case(),
        flow: Flow::Request,
        side,
        number: 0,
        previous: None,
        seen: None,
        at: at(),
        thread: Thread::Judicial,
        unit: "central".parse().expect("a unit"),
        officer: "one".parse().expect("an officer"),
        second: None,
        exercise: true,
        step,
    };
    let send = Step::Send {
        form: "preservation".to_owned(),
        fields: [("facts".to_owned(), "an invented case".to_owned())].into(),
        request: None,
        emergency: false,
        reference: "A-1".to_owned(),
    };
    let refuse = Step::Refuse {
        ground: Ground {
            code: "political_offence".to_owned(),
            article: Some("budapest 27(4)(a)".to_owned()),
        },
        reasons: "an exercise".to_owned(),
        not_consulted: None,
    };
    let condition =
        Condition { number: 1, kind: ConditionKind::OnlyFor, text: "case 12".to_owned(), by: None };
    vec![
        ("send".to_owned(), event(Side::Asking, send).to_bytes()),
        ("refuse".to_owned(), event(Side::Asked, refuse).to_bytes()),
        ("offer".to_owned(), event(Side::Asked, Step::Offer { conditions: vec![condition] }).to_bytes()),
        ("progress".to_owned(), event(Side::Asking, Step::AskProgress {}).to_bytes()),
    ]
}

fn evidence() -> Vec<(String, Vec<u8>)> {
    let (package, entry) = (package(), entry());
    vec![("package".to_owned(), package.to_bytes()), ("custody".to_owned(), entry.to_bytes())]
}

fn key() -> Ed25519Key {
    Ed25519Key::from_seed(&[0x31; 32]).expect("a key")
}

/// Manifest and custody record as a holder signs them, and the parcel of a package of one piece.
fn parcels() -> Vec<(String, Vec<u8>)> {
    let statement = Statement {
        origin: "XB".parse().expect("a party"),
        unit: None,
        officer: None,
        issued: at(),
        labels: Labels::new(Tlp::Amber),
        body: Body::Evidence(package().to_bytes()),
        thread: None,
        derived: None,
    };
    let record = Draft(statement).sign(&key()).expect("a record");
    let entry = Attested::sign(entry(), &key()).expect("an entry");
    let consignment = consignment(record.id());
    let dossier = Dossier {
        version: 1,
        record: record.as_bytes().to_vec().into(),
        chains: vec![vec![entry.as_bytes().to_vec().into()]],
        stamps: Vec::new(),
        statements: Vec::new(),
    };
    let chain = SignedChain { entries: vec![entry.as_bytes().to_vec().into()] };
    vec![
        ("consignment".to_owned(), consignment.to_bytes()),
        ("chain".to_owned(), chain.to_bytes()),
        ("dossier".to_owned(), dossier.to_bytes()),
    ]
}

/// The one sealed piece of the parcel.
pub const PIECE: &[u8] = b"sealed bytes of an exercise";

/// The consignment of a package with one piece.
pub fn consignment(record: comity_record::RecordId) -> Consignment {
    let parcel = Parcel {
        version: 1,
        from: "XB".parse().expect("a party"),
        to: "XA".parse().expect("a party"),
        unit: None,
        record,
        at: at(),
        chunks: vec![vec![sha256(&[PIECE])]],
        keys: vec![0x44; 64].into(),
        head: entry().hash(),
    };
    let parcel = Attested::sign(parcel, &key()).expect("a parcel");
    let entry = Attested::sign(entry(), &key()).expect("an entry");
    Consignment { parcel: parcel.as_bytes().to_vec().into(), chain: vec![entry.as_bytes().to_vec().into()] }
}

/// An answer of `openssl ts` to a query for SHA-256 of `comity` with the nonce 7.
fn stamps() -> Vec<(String, Vec<u8>)> {
    let refusal = vec![0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02];
    vec![("granted".to_owned(), include_bytes!("files/stamp.tsr").to_vec()), ("refused".to_owned(), refusal)]
}

fn package() -> Package {
    let mut digest = Digest::new();
    digest.update(b"one");
    let (size, sha256, sha512) = digest.finish();
    let item = Item {
        id: "1".to_owned(),
        name: "one.bin".to_owned(),
        media_type: "application/octet-stream".to_owned(),
        size,
        sha256,
        sha512,
        source: "provider".to_owned(),
        selector: "account u-1".to_owned(),
        time_basis: "UTC".to_owned(),
        tool: "export 3".to_owned(),
        operator: "hand".parse().expect("an officer"),
        privileged: false,
        personal: None,
    };
    Package {
        version: 1,
        case: case(),
        from: "XB".parse().expect("a party"),
        unit: "lab".parse().expect("a unit"),
        order: "order 7".to_owned(),
        closed: at(),
        items: vec![item],
        conditions: Vec::new(),
        custody: sha256,
        certificate: "true copy".to_owned(),
    }
}

fn entry() -> Entry {
    Entry {
        number: 0,
        previous: None,
        party: "XB".parse().expect("a party"),
        unit: "lab".parse().expect("a unit"),
        officer: "hand".parse().expect("an officer"),
        at: at(),
        act: Act::Collected,
        objects: vec![sha256(&[b"one"])],
        place: "room 4".to_owned(),
        reason: "order 7".to_owned(),
        tool: "imager 2".to_owned(),
        transfer: None,
    }
}
