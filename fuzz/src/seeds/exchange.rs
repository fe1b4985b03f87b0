//! Values of `comity-exchange`: signed dispatches and acknowledgements, turns, and compressed frames.

use super::{
    Target,
    record::{key, objects, party, records, salt, time},
};
use comity_border::{Direction, Obligations, Request};
use comity_exchange::{
    Acknowledgement, Dispatch, Outcome, frames,
    lookup::{Question, Reply},
    turn::Item,
    turn::Turn,
};
use comity_record::{
    Attested, Canonical, CrossingId, Entry, EntryKind, Frame, Hash, RecordId, label::Purpose, sha256,
};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    vec![
        (
            "dispatch",
            vec![("dispatch".to_owned(), dispatch()), ("acknowledgement".to_owned(), acknowledgement())],
        ),
        ("turn", vec![("empty".to_owned(), turn(Vec::new())), ("item".to_owned(), turn(vec![item()]))]),
        ("compressed", vec![("frame".to_owned(), frame()), ("bomb".to_owned(), bomb())]),
        ("taxii", super::texts(TAXII)),
        ("lookup", lookup()),
        ("misp_search", super::texts(SEARCHES)),
    ]
}

/// What both sides of an oblivious lookup say.
fn lookup() -> Vec<(String, Vec<u8>)> {
    let block = [7; 16];
    let open = Question::Open { block: block.into(), purpose: Purpose::CyberDefence };
    let set = Reply::Set { stamp: [1; 8].into(), parts: 1, outputs: vec![2; 16].into() };
    vec![
        ("open".to_owned(), open.to_bytes()),
        ("evaluate".to_owned(), Question::evaluate(block, &[[9; 32]]).to_bytes()),
        ("set".to_owned(), set.to_bytes()),
    ]
}

/// What clients of TAXII send and servers answer.
const TAXII: &[(&str, &str)] = &[
    ("envelope", r#"{"more":true,"next":"MTIz","objects":[{"id":"url--1","type":"url"},{}]}"#),
    ("query", "added_after=2026-03-01T12:00:00.123456Z&limit=10&match%5Btype%5D=indicator,malware"),
    ("versions", "match[version]=first,last,2026-03-01T12:00:00Z&match[spec_version]=2.0,2.1"),
    ("accept", "text/html, application/taxii+json; version=2.1;q=0.5, */*;q=0"),
    ("token", "AAYrzZ5mQAAAAAAAAAAAAAAAAAAAAAAA"),
    ("added", "2026-03-01T12:00:00.123456Z"),
];

/// What MISP clients search for.
const SEARCHES: &[(&str, &str)] = &[
    (
        "values",
        r#"{"value":["192.0.2.1","!198.51.100.7"],"type":{"OR":["ip-dst"],"NOT":["md5"]},"to_ids":1}"#,
    ),
    ("times", r#"{"request":{"timestamp":["5d","1h"],"last":"30m","from":"2026-03-01","to":"2026-03-02"}}"#),
    ("pages", r#"{"limit":"10","page":2,"returnFormat":"json","tags":["tlp:%","!tlp:red"],"metadata":true}"#),
    ("unknown", r#"{"what":"is this"}"#),
];

fn entry() -> Vec<u8> {
    Entry::new(EntryKind::Cleared, time(), party("XA")).to_bytes()
}

fn dispatch() -> Vec<u8> {
    let dispatch = Dispatch {
        from: party("XA"),
        to: party("XB"),
        position: 1,
        record: RecordId(Hash::default()),
        frame: sha256(&[&frame()]),
        at: time(),
        expires: "2026-04-01T12:00:00Z".parse().expect("a time"),
        request: Request::new(Direction::Sending, party("XA"), party("XB"), Purpose::CyberDefence, time()),
        obligations: Obligations::default(),
        entry: entry().into(),
        salt: [9; 16].into(),
        index: 4,
    };
    Attested::sign(dispatch, &key(1)).expect("a signature").as_bytes().to_vec()
}

fn acknowledgement() -> Vec<u8> {
    let acknowledgement = Acknowledgement {
        from: party("XB"),
        to: party("XA"),
        position: 1,
        dispatch: sha256(&[&dispatch()]),
        crossing: CrossingId::of(&RecordId(Hash::default()), &party("XA"), &party("XB")),
        outcome: Outcome::Faulty { code: "record/bad-signature".to_owned() },
        at: time(),
        entry: entry().into(),
        salt: [8; 16].into(),
        index: 7,
    };
    Attested::sign(acknowledgement, &key(1)).expect("a signature").as_bytes().to_vec()
}

fn item() -> Item {
    Item { position: 1, dispatch: Some(dispatch().into()), frame: Some(frame().into()), authored: None }
}

fn turn(items: Vec<Item>) -> Vec<u8> {
    let mut turn = Turn::new(party("XA"), party("XB"));
    turn.items = items;
    turn.to_bytes()
}

fn frame() -> Vec<u8> {
    let threat = records().into_iter().find(|(name, _)| name == "threat").expect("a threat record").1;
    let all = objects().map(<[u8]>::to_vec).to_vec();
    frames::compress(&Frame::complete(&threat, salt(), all)).expect("a frame")
}

/// A zstd frame that says it unfolds to 64 MiB, in one block of a repeated byte.
fn bomb() -> Vec<u8> {
    [&[0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 4][..], &[3, 0, 0x10, 0, 3, 0, 0x10, 0][..]].concat()
}
