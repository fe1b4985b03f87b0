//! The envelope, its frame and letters, against an independent COSE implementation and hostile bytes.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails")]

use comity_record::{
    Body, Canonical, CarriedObject, Derivation, Draft, Ed25519Key, Entry, EntryKind, Frame, FrameFault,
    KeyEntry, KeyPurpose, KeyRing, KeyRingFault, KeyStatement, Labels, Letter, Malformed, Manifest,
    MlDsa44Key, RecordSalt, RootSigned, Signed, Signer, Statement, Timestamp, Unverified,
    body::{Recall, Request, Selector, Text},
    label::Tlp,
    sha256,
};
use coset::{CborSerializable, TaggedCborSerializable};
use proptest::prelude::*;

fn signer() -> Ed25519Key {
    Ed25519Key::from_seed(&[7; 32]).unwrap()
}

fn day(text: &str) -> Timestamp {
    text.parse::<comity_record::Date>().unwrap().start()
}

fn keys() -> KeyRing {
    let mut keys = KeyRing::default();
    keys.insert(KeyEntry {
        party: "XA".parse().unwrap(),
        purpose: KeyPurpose::Record,
        key: signer().public_key().clone(),
        valid_from: day("2026-01-01"),
        valid_to: day("2027-01-01"),
        revoked: None,
    });
    keys
}

fn statement(body: Body) -> Statement {
    Statement {
        origin: "XA".parse().unwrap(),
        unit: Some("cert".parse().unwrap()),
        officer: None,
        issued: day("2026-03-01"),
        labels: Labels::new(Tlp::Green),
        body,
        thread: None,
        derived: Some(Derivation { link: sha256(&[b"x"]), redacted: vec!["name".into()], withheld: 1 }),
    }
}

fn paper() -> Body {
    let fields = [("b".to_owned(), "2".to_owned()), ("aa".to_owned(), "1".to_owned())].into();
    Body::Paper(Text { title: "On norms".into(), text: "Text.".into(), language: "en".into(), fields })
}

fn threat(salt: &RecordSalt, objects: &[Vec<u8>]) -> Signed {
    Draft(statement(Body::Threat(Manifest::of(salt, objects)))).sign(&signer()).unwrap()
}

#[test]
fn an_independent_cose_library_reads_and_verifies_the_envelope() {
    let signed = Draft(statement(paper())).sign(&signer()).unwrap();
    let cose = coset::CoseSign1::from_tagged_slice(signed.as_bytes()).unwrap();
    assert!(cose.unprotected.is_empty());
    let header = &cose.protected.header;
    assert_eq!(header.key_id, signer().public_key().id().0.as_bytes());
    assert_eq!(header.crit.len(), 2);
    assert_eq!(header.alg, Some(coset::Algorithm::Assigned(coset::iana::Algorithm::Ed25519)));
    let key = ed25519_dalek::VerifyingKey::from_bytes(signer().public_key().as_bytes().try_into().unwrap())
        .unwrap();
    let strict = |signature: &[u8], message: &[u8]| {
        key.verify_strict(message, &ed25519_dalek::Signature::from_slice(signature)?)
    };
    cose.verify_signature(&[], strict).unwrap();
    assert_eq!(signed.id().0, sha256(&[signed.as_bytes()]));
    let again = coset::CoseSign1::from_tagged_slice(signed.as_bytes()).unwrap().to_tagged_vec().unwrap();
    assert_eq!(again, signed.as_bytes());
    assert!(cose.to_vec().unwrap().len() + 1 == signed.as_bytes().len());
}

#[test]
fn every_kind_of_body_comes_back_as_it_was() {
    let request = Request {
        measure: "preserve_stored_data".into(),
        offence: Some("illegal_access".into()),
        penalty: Some(5),
        organised: Some(false),
        selector: Selector::Address { address: "192.0.2.7".into(), port: Some(443), at: day("2026-02-01") },
        facts: "a login".into(),
        until: None,
        reference: "XA-1".into(),
        further: None,
    };
    let several = Request {
        further: Some(vec![Selector::Address {
            address: "192.0.2.8".into(),
            port: None,
            at: day("2026-02-01"),
        }]),
        ..request.clone()
    };
    let record = threat(&RecordSalt::new([1; 32]), &[b"{}".to_vec()]).id();
    let recall = Recall::withdrawal(record, vec![0, 3], "wrong");
    let bodies = [
        paper(),
        Body::Request(request.clone()),
        Body::Request(several.clone()),
        Body::Recall(recall),
        Body::ChangeSet(vec![1, 2, 3]),
        Body::CaseEvent { version: 1, bytes: vec![4, 5] },
        Body::CaseEvent { version: 2, bytes: vec![4, 5] },
        Body::Unknown { kind: "ballot".parse().unwrap(), bytes: vec![9] },
    ];
    for body in bodies {
        let signed = Draft(statement(body.clone())).sign(&signer()).unwrap();
        let read = Signed::from_bytes(signed.as_bytes()).unwrap();
        assert_eq!(read, signed);
        assert_eq!(read.statement().body, body);
        assert_eq!(read.verify(&keys()).unwrap().origin().as_str(), "XA");
    }
    // What an earlier program reads as well is written for it, and nothing of a later version passes for the earlier one.
    assert_eq!([Body::Request(request).version(), Body::Request(several.clone()).version()], [1, 2]);
    let kind = Body::Request(several.clone()).kind();
    assert!(Body::from_bytes(&kind, 1, &several.to_bytes()).is_err());
    let none = Request { further: Some(vec![]), ..several };
    assert!(Body::from_bytes(&kind, 2, &none.to_bytes()).is_err());
}

#[test]
fn a_record_is_verified_only_by_its_authors_key_of_that_day() {
    let signed = Draft(statement(paper())).sign(&signer()).unwrap();
    assert!(signed.clone().verify(&keys()).is_ok());
    assert_eq!(signed.clone().verify(&KeyRing::default()).unwrap_err().code(), "key/unknown");
    let mut revoked = keys();
    assert!(revoked.revoke(&"XA".parse().unwrap(), signer().public_key().id(), day("2026-06-01")));
    assert_eq!(signed.clone().verify(&revoked).unwrap_err().code(), "key/revoked");
    let mut late = statement(paper());
    late.issued = day("2027-01-01");
    let late = Draft(late).sign(&signer()).unwrap().verify(&keys()).unwrap_err();
    assert!(matches!(late, Unverified::Key { why: KeyRingFault::NotValid { .. }, .. }));
    let mut tls_only = KeyRing::default();
    tls_only.insert(KeyEntry { purpose: KeyPurpose::Tls, ..keys().entries()[0].clone() });
    assert_eq!(signed.clone().verify(&tls_only).unwrap_err().code(), "key/unknown");
    // The same bytes with another signature are another record that nobody signed.
    let mut forged = signed.as_bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = Signed::from_bytes(&forged).unwrap();
    assert_ne!(forged.id(), signed.id());
    assert_eq!(forged.verify(&keys()).unwrap_err().code(), "record/bad-signature");
}

#[test]
fn a_frame_shows_any_subset_of_a_record_and_nothing_that_is_not_in_it() {
    let salt = RecordSalt::new([1; 32]);
    let objects: Vec<Vec<u8>> = (0..5).map(|n| format!("{{\"n\":{n}}}").into_bytes()).collect();
    let signed = threat(&salt, &objects);
    let frame = Frame::from_bytes(&Frame::complete(&signed, salt, objects.clone()).to_bytes()).unwrap();
    let (read, carried) = frame.open().unwrap();
    assert_eq!(read, signed);
    assert_eq!(carried.iter().map(|c| c.bytes.to_vec()).collect::<Vec<_>>(), objects);

    let some =
        |which: &[u32]| which.iter().map(|i| (*i, salt.object(*i), objects[*i as usize].clone())).collect();
    let frame = Frame::partial(&signed, some(&[1, 4]));
    let (_, carried) = frame.open().unwrap();
    assert_eq!(carried[1], CarriedObject { index: 4, salt: salt.object(4), bytes: &objects[4] });

    let wrong = |frame: Frame| frame.open().unwrap_err().code();
    assert_eq!(wrong(Frame::partial(&signed, some(&[4, 1]))), "record/object-count");
    assert_eq!(wrong(Frame::partial(&signed, vec![(5, salt.object(5), vec![])])), "record/object-mismatch");
    assert_eq!(
        wrong(Frame::partial(&signed, vec![(0, salt.object(1), objects[0].clone())])),
        "record/object-mismatch"
    );
    assert_eq!(wrong(Frame::complete(&signed, salt, objects[..4].to_vec())), "record/object-count");
    assert_eq!(wrong(Frame::bare(&signed)), "record/object-count");
    let paper = Draft(statement(paper())).sign(&signer()).unwrap();
    assert_eq!(wrong(Frame::complete(&paper, salt, vec![])), "record/object-count");
    assert!(Frame::bare(&paper).open().is_ok());
    let empty = threat(&salt, &[]);
    assert_eq!(Frame::complete(&empty, salt, vec![]).open().unwrap_err(), FrameFault::Bounds);
    let many = vec![b"{}".to_vec(); 1001];
    assert_eq!(Frame::complete(&threat(&salt, &many), salt, many).open().unwrap_err(), FrameFault::Bounds);
}

#[test]
fn other_forms_of_the_same_value_are_refused() {
    let entry = Entry::new(EntryKind::Cleared, day("2026-03-01"), "XA".parse().unwrap());
    let bytes = entry.to_bytes();
    assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
    // The first value is `version`, 1, in one byte; 0x18 0x01 says the same in two.
    let position = bytes.iter().position(|b| *b == 1).unwrap();
    let mut longer = bytes.clone();
    longer.insert(position, 0x18);
    assert_eq!(Entry::from_bytes(&longer).unwrap_err().code(), "record/not-deterministic");
    let mut unknown_field = bytes.clone();
    unknown_field[0] += 1;
    unknown_field.extend([0x18, 99, 0]);
    assert_eq!(Entry::from_bytes(&unknown_field).unwrap_err().code(), "record/not-deterministic");
    let mut trailing = bytes;
    trailing.push(0);
    assert!(Entry::from_bytes(&trailing).is_err());
    assert!(matches!(Entry::from_bytes(&vec![0; 5000]), Err(Malformed::TooLong { .. })));
}

fn letter() -> (Letter, Ed25519Key, MlDsa44Key) {
    let (ed25519, ml_dsa_44) =
        (Ed25519Key::from_seed(&[1; 32]).unwrap(), MlDsa44Key::from_seed(&[2; 32]).unwrap());
    let party: comity_record::PartyCode = "XA".parse().unwrap();
    let key = KeyStatement {
        party: party.clone(),
        purpose: KeyPurpose::Record,
        key: Some(signer().public_key().clone()),
        sealing: None,
        valid_from: day("2026-01-01"),
        valid_to: day("2027-01-01"),
    };
    let letter = Letter {
        party,
        root: comity_record::DualVerifier {
            ed25519: ed25519.public_key().clone(),
            ml_dsa_44: ml_dsa_44.public_key().clone(),
        },
        serial: 1,
        issued: day("2026-01-01"),
        expires: day("2026-02-01"),
        address: "127.0.0.1:1".into(),
        ledger: "xa.example/ledger".into(),
        keys: vec![key],
        understands: Letter::kinds(),
        units: Vec::new(),
    };
    (letter, ed25519, ml_dsa_44)
}

#[test]
fn a_letter_needs_both_signatures_of_its_root() {
    let (letter, ed25519, ml_dsa_44) = letter();
    let signed = RootSigned::sign(&letter, &ed25519, &ml_dsa_44).unwrap();
    let read = RootSigned::<Letter>::from_bytes(&signed.to_bytes()).unwrap();
    assert_eq!(read.introduce().unwrap(), letter);
    let mut keys = KeyRing::default();
    letter.enter(&mut keys);
    assert!(Draft(statement(paper())).sign(&signer()).unwrap().verify(&keys).is_ok());

    let other = MlDsa44Key::from_seed(&[3; 32]).unwrap();
    let half = RootSigned::sign(&letter, &ed25519, &other).unwrap();
    assert_eq!(half.introduce().unwrap_err().code(), "key/bad-root-signature");
    let half = RootSigned::sign(&letter, &signer(), &ml_dsa_44).unwrap();
    assert_eq!(half.introduce().unwrap_err().code(), "key/bad-root-signature");
}

proptest! {
    #[test]
    fn foreign_bytes_never_panic_and_valid_ones_are_stable(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Signed::from_bytes(&bytes);
        let _ = RootSigned::<Letter>::from_bytes(&bytes).map(|letter| letter.introduce());
        if let Ok(entry) = Entry::from_bytes(&bytes) {
            prop_assert_eq!(entry.to_bytes(), bytes.clone());
        }
        let _ = Frame::from_bytes(&bytes).map(|frame| frame.open().is_ok());
    }

    #[test]
    fn one_changed_byte_never_verifies(position in 0usize..10_000, change in 1u8..) {
        let signed = Draft(statement(paper())).sign(&signer()).unwrap();
        let mut bytes = signed.as_bytes().to_vec();
        let position = position % bytes.len();
        bytes[position] ^= change;
        let accepted = Signed::from_bytes(&bytes).ok().and_then(|read| read.verify(&keys()).ok());
        prop_assert!(accepted.is_none());
    }
}
