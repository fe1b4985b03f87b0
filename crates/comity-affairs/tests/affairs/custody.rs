//! Custody: nothing touched before it was collected, nothing rewritten, two holders joined at the transfer.

use crate::steps::case;
use comity_affairs::custody::{
    Act, Chain, ChainFault, Digest, Entry, Item, Package, Piece, Transfer, check_pieces,
};
use comity_record::{Canonical, Hash, sha256};

fn entry(party: &str, at: &str, act: Act, objects: &[Hash]) -> Entry {
    Entry {
        number: 0,
        previous: None,
        party: party.parse().unwrap(),
        unit: "lab".parse().unwrap(),
        officer: "hand".parse().unwrap(),
        at: at.parse().unwrap(),
        act,
        objects: objects.to_vec(),
        place: "room 4".to_owned(),
        reason: "order 7".to_owned(),
        tool: "imager 2.1".to_owned(),
        transfer: None,
    }
}

fn transfer(party: &str, head: Option<Hash>) -> Option<Transfer> {
    Some(Transfer { party: party.parse().unwrap(), head: head.unwrap() })
}

fn object() -> Hash {
    sha256(&[b"disk image"])
}

/// XB collects and hands over, XA receives.
fn handed_over() -> (Chain, Chain) {
    let (mut giver, mut receiver) = (Chain::default(), Chain::default());
    for (at, act) in [
        ("2026-03-01T08:00:00Z", Act::Collected),
        ("2026-03-01T08:10:00Z", Act::Hashed),
        ("2026-03-01T09:00:00Z", Act::Sealed),
    ] {
        giver.write(entry("XB", at, act, &[object()])).unwrap();
    }
    let mut came = entry("XA", "2026-03-02T08:00:00Z", Act::Received, &[object()]);
    came.transfer = transfer("XB", giver.head());
    receiver.write(came).unwrap();
    giver.write(entry("XB", "2026-03-02T08:30:00Z", Act::Hashed, &[object()])).unwrap();
    let mut gone = entry("XB", "2026-03-02T09:00:00Z", Act::HandedOver, &[object()]);
    gone.transfer = transfer("XA", receiver.head());
    giver.write(gone).unwrap();
    receiver.write(entry("XA", "2026-03-03T08:00:00Z", Act::Opened, &[object()])).unwrap();
    (giver, receiver)
}

#[test]
fn two_holders_join_at_the_transfer() {
    let (giver, receiver) = handed_over();
    giver.joins(&receiver).unwrap();
    assert_eq!(Chain::of(giver.entries().to_vec()).unwrap(), giver);
}

#[test]
fn neither_side_can_rewrite_what_came_before_the_transfer() {
    let (giver, receiver) = handed_over();
    let mut entries = giver.entries().to_vec();
    entries[0].place = "room 5".to_owned();
    assert_eq!(Chain::of(entries.clone()).unwrap_err().code(), "evidence/chain-broken");
    // Even with every link of the own chain made anew, the other side's entry tells.
    let mut anew = Chain::default();
    for entry in entries {
        anew.write(entry).unwrap();
    }
    let fault = anew.joins(&receiver).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the custody records of `XB` and `XA` do not join: the receiver names another head of the giver"
    );
    let mut entries = receiver.entries().to_vec();
    entries[0].officer = "other".parse().unwrap();
    let mut anew = Chain::default();
    for entry in entries {
        anew.write(entry).unwrap();
    }
    assert_eq!(giver.joins(&anew).unwrap_err().code(), "evidence/chains-not-joined");
}

#[test]
fn an_act_stands_only_where_it_can() {
    let mut chain = Chain::default();
    let opened = entry("XB", "2026-03-01T08:00:00Z", Act::Opened, &[object()]);
    assert_eq!(chain.write(opened).unwrap_err().code(), "evidence/act-misplaced");
    chain.write(entry("XB", "2026-03-01T08:00:00Z", Act::Collected, &[object()])).unwrap();
    let earlier = entry("XB", "2026-03-01T07:00:00Z", Act::Hashed, &[object()]);
    assert!(matches!(chain.write(earlier).unwrap_err(), ChainFault::Broken { .. }));
    chain.write(entry("XB", "2026-03-02T08:00:00Z", Act::Destroyed, &[object()])).unwrap();
    let after = entry("XB", "2026-03-03T08:00:00Z", Act::Opened, &[object()]);
    assert_eq!(
        chain.write(after).unwrap_err().to_string(),
        "custody entry 2: `opened` touches an object that was destroyed"
    );
    let nothing = entry("XB", "2026-03-03T08:00:00Z", Act::Moved, &[]);
    assert_eq!(chain.write(nothing).unwrap_err().code(), "evidence/act-misplaced");
}

fn package(contents: &[(&str, &[u8])]) -> Package {
    let item = |(id, bytes): &(&str, &[u8])| {
        let mut digest = Digest::new();
        digest.update(bytes);
        let (size, sha256, sha512) = digest.finish();
        Item {
            id: (*id).to_owned(),
            name: format!("{id}.bin"),
            media_type: "application/octet-stream".to_owned(),
            size,
            sha256,
            sha512,
            source: "provider Example".to_owned(),
            selector: "account u-1".to_owned(),
            time_basis: "UTC, NTP".to_owned(),
            tool: "export 3".to_owned(),
            operator: "hand".parse().unwrap(),
            privileged: false,
            personal: None,
        }
    };
    Package {
        version: 1,
        case: case(),
        from: "XB".parse().unwrap(),
        unit: "lab".parse().unwrap(),
        order: "order 7".to_owned(),
        closed: "2026-03-01T10:00:00Z".parse().unwrap(),
        items: contents.iter().map(item).collect(),
        conditions: Vec::new(),
        custody: sha256(&[b"head"]),
        certificate: "true copy".to_owned(),
    }
}

#[test]
fn damage_in_transit_is_named_object_by_object() {
    let package = package(&[("1", b"one"), ("2", b"two"), ("3", b"three")]);
    package.check().unwrap();
    assert_eq!(Package::from_bytes(&package.to_bytes()).unwrap(), package);
    let whole = [Piece::of("1", b"one"), Piece::of("2", b"two"), Piece::of("3", b"three")];
    assert_eq!(check_pieces(&package, &whole), []);
    let came = [Piece::of("1", b"onf"), Piece::of("2", b"tw"), Piece::of("4", b"four")];
    let found: Vec<(String, String)> =
        check_pieces(&package, &came).into_iter().map(|defect| (defect.object, defect.found)).collect();
    let other = sha256(&[b"onf"]);
    let expected = [
        ("1", format!("another hash: SHA-256 is {other}")),
        ("2", "2 bytes instead of 3".to_owned()),
        ("3", "missing".to_owned()),
        ("4", "not in the manifest".to_owned()),
    ];
    assert_eq!(found, expected.map(|(id, text)| (id.to_owned(), text)));
}

#[test]
fn a_manifest_that_is_not_sound_is_refused() {
    let good = package(&[("1", b"one")]);
    let mut twice = package(&[("1", b"one"), ("1", b"two")]);
    assert_eq!(twice.check().unwrap_err().code(), "evidence/item");
    twice.items.clear();
    assert_eq!(twice.check().unwrap_err().code(), "evidence/count");
    for name in ["../x", "a/b", "", ".hidden"] {
        let mut bad = good.clone();
        bad.items[0].name = name.to_owned();
        assert_eq!(bad.check().unwrap_err().code(), "evidence/item", "{name}");
    }
    let mut later = good.clone();
    later.version = 2;
    assert_eq!(later.check().unwrap_err().code(), "evidence/version");
}
