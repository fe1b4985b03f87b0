//! Values of `comity-affairs`: events, packages and custody entries.

use super::Target;
use comity_affairs::{
    CaseId, Condition, ConditionKind, Event, Flow, Ground, Side, Step, Thread,
    custody::{Act, Digest, Entry, Item, Package},
};
use comity_record::{Canonical, Timestamp};

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    vec![("case_event", events()), ("evidence", evidence())]
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
    };
    let package = Package {
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
    };
    let entry = Entry {
        number: 0,
        previous: None,
        party: "XB".parse().expect("a party"),
        unit: "lab".parse().expect("a unit"),
        officer: "hand".parse().expect("an officer"),
        at: at(),
        act: Act::Collected,
        objects: vec![sha256],
        place: "room 4".to_owned(),
        reason: "order 7".to_owned(),
        tool: "imager 2".to_owned(),
        transfer: None,
    };
    vec![("package".to_owned(), package.to_bytes()), ("custody".to_owned(), entry.to_bytes())]
}
