//! Keys in temporary folders, letters accepted and refused.

use super::*;
use crate::random::SystemRandom;
use comity_record::{Canonical, KeyRing};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const NOW: &str = "2026-03-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn made(code: &str) -> (TempDir, Keys, Root) {
    let dir = TempDir::new().unwrap();
    let keys = Keys::create(dir.path(), &party(code), at(NOW), &SystemRandom).unwrap();
    let root = Root::open(&dir.path().join("root")).unwrap();
    (dir, keys, root)
}

fn terms(serial: u64) -> LetterTerms {
    LetterTerms {
        serial,
        issued: at(NOW),
        expires: at("2026-05-30T00:00:00Z"),
        address: "node.xb.example:4433".into(),
        ledger: "xb.example/ledger".into(),
        units: Vec::new(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn keys_are_closed_to_others_and_open_again_the_same() {
    let (dir, keys, _) = made("XB");
    for entry in [dir.path().join("keys"), dir.path().join("root")] {
        assert_eq!(mode(&entry), 0o700);
        for file in fs::read_dir(&entry).unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600);
        }
    }
    let again = Keys::open(dir.path()).unwrap();
    let (mut a, mut b) = (keys.list(), again.list());
    a.sort_by_key(|key| key.id);
    b.sort_by_key(|key| key.id);
    assert_eq!((a.len(), a), (5, b));
    let message = b"message";
    let signature = again.signer(KeyPurpose::Record, at(NOW)).unwrap().sign(message).unwrap();
    let public = keys.signer(KeyPurpose::Record, at(NOW)).unwrap();
    public.public_key().verify(message, &signature).unwrap();
    assert_eq!(keys.checkpoint_signers(at(NOW)).unwrap().ml_dsa_44.public_key().as_bytes().len(), 1312);
    assert_eq!(keys.sealing_keys().len(), 1);
}

#[test]
fn keys_are_never_overwritten_and_never_read_when_open_to_others() {
    let (dir, _, _) = made("XB");
    let again = Keys::create(dir.path(), &party("XB"), at(NOW), &SystemRandom).unwrap_err();
    assert_eq!(again.code(), "keys/exists");
    let keys = dir.path().join("keys");
    let file = fs::read_dir(&keys).unwrap().map(|e| e.unwrap().path());
    let file = file.filter(|path| path.extension().is_some_and(|e| e == "key")).min().unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let fault = Keys::open(dir.path()).unwrap_err();
    assert_eq!(fault.code(), "keys/permissions");
    assert!(fault.help().unwrap().starts_with("close it with `chmod 600 "), "{fault}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, b"\xff\xff").unwrap();
    assert_eq!(Keys::open(dir.path()).unwrap_err().code(), "keys/damaged");
    let empty = TempDir::new().unwrap();
    assert_eq!(Keys::open(empty.path()).unwrap_err().code(), "keys/missing");
}

#[test]
fn no_secret_is_shown() {
    let (dir, keys, root) = made("XB");
    let file: KeyFile = folder::read(&keys.held[0].path, folder::Secrecy::Secret).unwrap();
    let shown = format!("{keys:?} {root:?} {file:?} {:?}", fs::read_dir(dir.path()).unwrap());
    let seed = format!("{:?}", file.seed);
    assert!(!shown.contains(seed.trim_matches(['[', ']'])), "{shown}");
}

#[test]
fn a_root_that_is_away_is_missed_by_name() {
    let (dir, keys, _) = made("XB");
    let elsewhere = TempDir::new().unwrap();
    fs::rename(dir.path().join("root"), elsewhere.path().join("root")).unwrap();
    let fault = Root::open(&dir.path().join("root")).unwrap_err();
    assert_eq!(fault.code(), "keys/root-away");
    assert!(fault.help().unwrap().contains("--root"));
    // The node works without its root.
    assert!(Keys::open(dir.path()).unwrap().signer(KeyPurpose::Tls, at(NOW)).is_ok());
    let root = Root::open(&elsewhere.path().join("root")).unwrap();
    assert!(keys.issue_letter(&root, terms(1)).is_ok());
    let (_other_dir, _, other_root) = made("XB");
    assert_eq!(keys.issue_letter(&other_root, terms(2)).unwrap_err().code(), "keys/other-root");
}

#[test]
fn a_letter_survives_mail() {
    let (_dir, keys, root) = made("XB");
    let letter = keys.issue_letter(&root, terms(1)).unwrap();
    let text = armour(&letter);
    assert!(text.lines().all(|line| line.len() <= 64));
    let mailed = format!("Dear colleague,\r\n\r\n{}\r\nYours\r\n", text.replace('\n', "  \r\n"));
    assert_eq!(unarmour(&mailed).unwrap(), letter);
    assert_eq!(keys.own_letter().unwrap(), letter);
    let code = |text: &str| unarmour::<Letter>(text).unwrap_err().code();
    assert_eq!(code("hello"), "letter/no-line");
    assert_eq!(code(text.trim_end().trim_end_matches("-----END COMITY LETTER-----")), "letter/no-line");
    assert_eq!(code(&format!("{text}{text}")), "letter/several");
    assert_eq!(code(&text.replacen("LETTER-----\n", "LETTER-----\n!", 1)), "letter/damaged-text");
    assert_eq!(
        code(
            &text
                .lines()
                .enumerate()
                .filter(|(n, _)| *n != 3)
                .map(|(_, l)| format!("{l}\n"))
                .collect::<String>()
        ),
        "record/malformed"
    );
    assert_eq!(code(&"x".repeat(LIMIT_AND_MORE)), "letter/too-long");
}

const LIMIT_AND_MORE: usize = 1024 * 1024 + 1;

#[test]
fn a_fingerprint_is_sixteen_numbers_of_five_digits() {
    let seed = |n| [n; 32];
    let verifier = DualVerifier {
        ed25519: Ed25519Key::from_seed(&seed(1)).unwrap().public_key().clone(),
        ml_dsa_44: MlDsa44Key::from_seed(&seed(2)).unwrap().public_key().clone(),
    };
    let shown = fingerprint(&verifier);
    let numbers: Vec<u16> = shown.split_whitespace().map(|n| n.parse().unwrap()).collect();
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    assert_eq!(bytes, verifier.id().0.as_bytes());
    assert_eq!(shown.lines().map(str::len).collect::<Vec<_>>(), [23; 4]);
}

struct Case {
    change: fn(&mut Letter),
    expected: &'static str,
}

/// Every fault of a letter that its own root signed.
#[test]
fn letters_that_may_not_be_accepted() {
    let (_dir, keys, root) = made("XB");
    let signed = keys.issue_letter(&root, terms(7)).unwrap();
    let good = signed.introduce().unwrap();
    let check = |letter: &Letter, known: Option<&Letter>, ring: &KeyRing, own: &str| {
        let signed = root.sign_for_test(letter);
        check_letter(&signed, &party(own), known, ring, at(NOW)).map_err(|fault| fault.code())
    };
    let ring = KeyRing::default();
    assert_eq!(check(&good, None, &ring, "XA").as_ref(), Ok(&good));
    assert_eq!(check(&good, Some(&good), &ring, "XA").as_ref(), Ok(&good), "the same again");
    let cases = [
        Case { change: |l| l.expires = at(NOW), expected: "letter/expired" },
        Case { change: |l| l.issued = at("2026-03-01T12:06:00Z"), expected: "letter/future" },
        Case { change: |l| l.party = party("XA"), expected: "letter/own" },
        Case { change: |l| l.address = "node.xb.example".into(), expected: "letter/address" },
        Case { change: |l| l.address = "no de:1".into(), expected: "letter/address" },
        Case { change: |l| l.keys[0].party = party("XC"), expected: "letter/statement" },
        Case { change: |l| l.keys[0].valid_to = l.keys[0].valid_from, expected: "letter/statement" },
        Case { change: |l| l.keys[0].key = None, expected: "letter/statement" },
        Case { change: |l| l.keys[4].sealing = Some(vec![1; 1215].into()), expected: "letter/statement" },
        Case { change: |l| l.keys[0].key = l.keys[2].key.clone(), expected: "letter/statement" },
        Case { change: |l| l.keys.retain(|k| k.purpose != KeyPurpose::Tls), expected: "letter/no-key" },
        Case { change: |l| l.keys[3].valid_from = at("2026-03-01T12:00:01Z"), expected: "letter/no-key" },
        Case { change: |l| l.keys.clear(), expected: "letter/no-key" },
    ];
    for (index, case) in cases.iter().enumerate() {
        let mut letter = good.clone();
        (case.change)(&mut letter);
        assert_eq!(check(&letter, None, &ring, "XA"), Err(case.expected), "case {index}");
    }
    let ahead = Letter { issued: at("2026-03-01T12:05:00Z"), ..good.clone() };
    assert!(check(&ahead, None, &ring, "XA").is_ok(), "clocks may differ a little");
    let newer = Letter { serial: 8, ..good.clone() };
    assert!(check(&newer, Some(&good), &ring, "XA").is_ok());
    assert_eq!(check(&good, Some(&newer), &ring, "XA"), Err("letter/older"));
    let same_number = Letter { address: String::new(), ..good.clone() };
    assert_eq!(check(&same_number, Some(&good), &ring, "XA"), Err("letter/older"));
}

#[test]
fn a_letter_cannot_take_anothers_keys_or_place() {
    let (_dir, keys, root) = made("XB");
    let signed = keys.issue_letter(&root, terms(1)).unwrap();
    let good = signed.introduce().unwrap();
    // XC has named the same record key before.
    let mut ring = KeyRing::default();
    Letter {
        party: party("XC"),
        keys: good.keys.iter().cloned().map(|k| KeyStatement { party: party("XC"), ..k }).collect(),
        ..good.clone()
    }
    .enter(&mut ring);
    let check = |signed: &RootSigned<Letter>, known, ring: &KeyRing| {
        check_letter(signed, &party("XA"), known, ring, at(NOW)).map_err(|fault| fault.code())
    };
    assert_eq!(check(&signed, None, &ring), Err("letter/key-of-other"));
    // A second root for a party on record.
    let (_other_dir, other_keys, other_root) = made("XB");
    let other = other_keys.issue_letter(&other_root, terms(2)).unwrap();
    assert_eq!(check(&other, Some(&good), &KeyRing::default()), Err("letter/other-root"));
    // Signed by somebody else's root.
    let forged = other_root.sign_for_test(&good);
    assert_eq!(check(&forged, None, &KeyRing::default()), Err("key/bad-root-signature"));
    let mut bytes = signed.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let changed = RootSigned::from_bytes(&bytes).unwrap();
    assert_eq!(check(&changed, None, &KeyRing::default()), Err("key/bad-root-signature"));
}

#[test]
fn rotation_takes_over_at_its_time_and_the_letter_names_both() {
    let (dir, mut keys, root) = made("XB");
    let old = keys.signer(KeyPurpose::Tls, at(NOW)).unwrap().public_key().id();
    let from = at("2026-03-08T12:00:00Z");
    let new = keys.rotate(KeyPurpose::Tls, from, &SystemRandom).unwrap();
    assert_eq!(keys.signer(KeyPurpose::Tls, at("2026-03-08T11:59:59Z")).unwrap().public_key().id(), old);
    assert_eq!(keys.signer(KeyPurpose::Tls, from).unwrap().public_key().id(), new[0].id);
    let letter = keys.issue_letter(&root, terms(2)).unwrap().introduce().unwrap();
    assert_eq!(letter.keys.iter().filter(|k| k.purpose == KeyPurpose::Tls).count(), 2);
    assert_eq!(Keys::open(dir.path()).unwrap().list().len(), 6);
    assert_eq!(keys.rotate(KeyPurpose::Checkpoint, from, &SystemRandom).unwrap().len(), 2);
    let late = at("2030-01-01T00:00:00Z");
    assert_eq!(keys.signer(KeyPurpose::Tls, late).unwrap_err().code(), "keys/none-valid");
    // Of expired keys, only those that old records and checkpoints need are still named.
    let purposes: Vec<KeyPurpose> = keys.statements(late).iter().map(|k| k.purpose).collect();
    assert!(purposes.iter().all(|p| matches!(p, KeyPurpose::Record | KeyPurpose::Checkpoint)));
    assert_eq!(purposes.len(), 5);
}

#[test]
fn a_revoked_key_is_not_used_and_not_named_again() {
    let (dir, mut keys, root) = made("XB");
    let key = keys.signer(KeyPurpose::Record, at(NOW)).unwrap().public_key().id();
    let statement = root.revocation(key, at(NOW), "the machine was stolen").unwrap();
    let revocation = statement.verify(keys.root_verifier()).unwrap();
    assert_eq!((revocation.key, revocation.party.clone()), (key, party("XB")));
    // The only key of its purpose stays until there is another.
    assert_eq!(keys.revoke(&revocation, at(NOW)).unwrap_err().code(), "keys/last-of-purpose");
    assert!(keys.list().iter().all(|k| k.revoked.is_none()));
    keys.rotate(KeyPurpose::Record, at(NOW), &SystemRandom).unwrap();
    keys.revoke(&revocation, at(NOW)).unwrap();
    for keys in [&keys, &Keys::open(dir.path()).unwrap()] {
        let used = keys.signer(KeyPurpose::Record, at(NOW)).unwrap().public_key().id();
        assert!(keys.list().iter().any(|k| k.id == key && k.revoked == Some(at(NOW))));
        let named = keys.statements(at(NOW));
        let named: Vec<_> = named.iter().filter(|k| k.purpose == KeyPurpose::Record).collect();
        assert!(named.len() == 1 && named.iter().all(|k| k.key.as_ref().is_some_and(|k| k.id() == used)));
    }
    // A key that is not among the files is revoked all the same, by its statement.
    keys.revoke(
        &root.revocation(KeyId::default(), at(NOW), "").unwrap().verify(keys.root_verifier()).unwrap(),
        at(NOW),
    )
    .unwrap();
    let shown = key.to_string();
    assert_eq!(keys.find(shown.get(..12).unwrap()).unwrap().id, key);
    assert_eq!(keys.find(shown.get(..4).unwrap()).unwrap_err().code(), "keys/not-held");
}

impl Root {
    fn sign_for_test(&self, letter: &Letter) -> RootSigned<Letter> {
        RootSigned::sign(letter, &self.ed25519, &self.ml_dsa_44).unwrap()
    }
}
