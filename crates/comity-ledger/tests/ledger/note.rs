//! Notes, checkpoints and cosignatures against the examples of their specifications.

use crate::party::{Party, at};
use comity_ledger::{
    Checkpoint, CheckpointKeys, SignedCheckpoint, TreeHead,
    note::{MAX_NOTE, Note, NoteKey, SignatureLine, SignatureType, key_id},
    tree::{empty_root, leaf_hash},
    witness::{AddCheckpoint, Watched},
};
use comity_record::{Algorithm, PublicKey, Signer};
use proptest::prelude::*;

/// The example of signed-note, section "Verifier keys".
#[test]
fn the_example_note_verifies() {
    let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let text = "This is an example message.\n\n— example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let (key, note) = (NoteKey::parse(vkey).unwrap(), Note::parse(text.as_bytes()).unwrap());
    assert_eq!((key.to_string(), note.to_string()), (vkey.to_owned(), text.to_owned()));
    assert_eq!((note.text(), key.kind()), ("This is an example message.\n", SignatureType::Ed25519));
    let line = note.lines_of(&key).next().unwrap();
    key.key().verify(note.text().as_bytes(), &line.signature).unwrap();
    assert!(key.key().verify(b"This is another message.\n", &line.signature).is_err());
}

/// The first example of signed-note has empty lines in its text.
#[test]
fn the_last_empty_line_separates() {
    let text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n\
        — quasimodo.example/salvatore \
        NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let note = Note::parse(text.as_bytes()).unwrap();
    assert!(note.text().ends_with("sole:\n\ned è subito sera.\n"));
    assert_eq!((note.lines()[0].key_id, note.lines()[0].signature.len()), ([0x36, 0x7b, 0xa0, 0x4b], 64));
    assert_eq!(note.to_string(), text);
}

/// The example of tlog-checkpoint and tlog-cosignature, with the time that the latter spells out.
#[test]
fn the_example_checkpoint_is_read() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let checkpoint = Checkpoint::peek(text.as_bytes()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.head().size), ("example.com/behind-the-sofa", 20_852_163));
    let note = Note::parse(text.as_bytes()).unwrap();
    assert_eq!(checkpoint.to_string(), note.text());
    assert_eq!(note.lines()[1].signature[..8], 1_679_315_147u64.to_be_bytes());
}

/// The key id by hand: SHA-256(name ‖ newline ‖ type ‖ key), first four bytes.
#[test]
fn key_ids_depend_on_name_type_and_key() {
    let key = PublicKey::new(Algorithm::Ed25519, &[7; 32]).unwrap();
    for (kind, byte) in [(SignatureType::Ed25519, 1), (SignatureType::Ed25519Cosignature, 4)] {
        let whole = [b"name\n".to_vec(), vec![byte], vec![7; 32]].concat();
        let expected = comity_record::sha256(&[&whole]).0;
        assert_eq!(key_id("name", kind, &key), expected[..4]);
    }
    assert_eq!(SignatureType::MlDsa44Cosignature.byte(), 6);
    assert!(NoteKey::new("name", SignatureType::MlDsa44Cosignature, key.clone()).is_none());
    assert!(NoteKey::new("a name", SignatureType::Ed25519, key).is_none());
}

#[test]
fn malformed_notes_are_named() {
    let line = "— a AAAAAAA=\n";
    let many = format!("t\n\n{}", line.repeat(65));
    let long = format!("{}\n\n{line}", "t".repeat(MAX_NOTE));
    let cases: [(&[u8], &str); 14] = [
        (b"", "note/shape"),
        (b"text\n", "note/shape"),
        (b"text\n\n", "note/shape"),
        ("text\n— a AAAAAAA=\n".as_bytes(), "note/shape"),
        ("text\n\n— a AAAAAAA=".as_bytes(), "note/shape"),
        ("text\n\n— a AAAA\n".as_bytes(), "note/signature-line"),
        ("text\n\n— a AAAAAA==\n".as_bytes(), "note/signature-line"),
        ("text\n\n— a AAAAAAB=\n".as_bytes(), "note/signature-line"),
        ("text\n\n—  AAAAAAA=\n".as_bytes(), "note/signature-line"),
        ("text\n\n— a+b AAAAAAA=\n".as_bytes(), "note/signature-line"),
        ("te\txt\n\n— a AAAAAAA=\n".as_bytes(), "note/not-text"),
        (b"te\xffxt\n\n", "note/not-text"),
        (many.as_bytes(), "note/too-long"),
        (long.as_bytes(), "note/too-long"),
    ];
    assert!(Note::parse(format!("text\n\n{line}").as_bytes()).is_ok());
    for (bytes, code) in cases {
        let fault = Note::parse(bytes).unwrap_err();
        assert_eq!(fault.code(), code, "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
    }
    for vkey in [
        "",
        "a",
        "a+b",
        "a+530d903a+",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ] {
        assert_eq!(NoteKey::parse(vkey).unwrap_err().code(), "note/verifier-key");
    }
}

#[test]
fn malformed_checkpoints_are_named() {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert!(Checkpoint::parse_text(&format!("o\n0\n{root}\n")).is_ok(), "the empty tree");
    let wrong = [
        ("\n0\n".to_owned() + root + "\n", "origin line"),
        (format!("a b\n0\n{root}\n"), "origin line"),
        (format!("cosignature/v1\n0\n{root}\n"), "origin line"),
        (format!("{}\n0\n{root}\n", "x".repeat(256)), "origin line"),
        (format!("o\n01\n{root}\n"), "size line"),
        (format!("o\n-1\n{root}\n"), "size line"),
        (format!("o\n+1\n{root}\n"), "size line"),
        (format!("o\n\n{root}\n"), "size line"),
        (format!("o\n99999999999999999999\n{root}\n"), "size line"),
        ("o\n1\nAAAA\n".to_owned(), "root line"),
        ("o\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".to_owned(), "root line"),
        (format!("o\n18446744073709551615\n{root}\n"), "root line"),
        (format!("o\n1\n{root}\nextension\n"), "number of lines"),
    ];
    for (text, line) in wrong {
        let fault = Checkpoint::parse_text(&text).unwrap_err();
        assert_eq!(fault.to_string(), format!("the checkpoint's {line} is malformed"), "{text}");
    }
}

fn head(size: u64) -> TreeHead {
    TreeHead { size, root: if size == 0 { empty_root() } else { leaf_hash(&size.to_be_bytes()) } }
}

/// Each of the two log signatures is needed, and each must fit.
#[test]
fn a_checkpoint_needs_both_signatures() {
    let (xa, xb) = (Party::new("XA"), Party::new("XB"));
    let keys = xa.signer().keys();
    let signed = xa.sign(head(5), 60);
    let read = keys.verify(signed.to_string().as_bytes()).unwrap();
    assert_eq!(read, signed);
    assert_eq!((read.head(), read.stated()), (head(5), at(60)));

    let only = |kept: usize| {
        let mut note = signed.note().clone();
        let line = note.lines()[kept].clone();
        note.retain(|other| *other == line);
        keys.verify(note.to_string().as_bytes()).unwrap_err().to_string()
    };
    assert_eq!(only(0), "the checkpoint of `xa.example/ledger` lacks the log's ML-DSA-44 signature");
    assert_eq!(only(1), "the checkpoint of `xa.example/ledger` lacks the log's Ed25519 signature");

    for (line, what) in [(0, "Ed25519"), (1, "ML-DSA-44")] {
        for byte in [9, 60] {
            let mut lines = signed.note().lines().to_vec();
            lines[line].signature[byte] ^= 1;
            let mut note = Note::new(signed.note().text().to_owned()).unwrap();
            note.add(lines);
            let fault = keys.verify(note.to_string().as_bytes()).unwrap_err();
            assert_eq!((fault.code(), fault.to_string().contains(what)), ("checkpoint/signature", true));
        }
    }
    let other_size = signed.to_string().replacen("\n5\n", "\n6\n", 1);
    assert_eq!(keys.verify(other_size.as_bytes()).unwrap_err().code(), "checkpoint/signature");
    assert_eq!(
        xb.signer().keys().verify(signed.to_string().as_bytes()).unwrap_err().code(),
        "checkpoint/origin"
    );
    let stolen = CheckpointKeys { ed25519: xb.checkpoint.0.public_key().clone(), ..keys };
    assert_eq!(stolen.verify(signed.to_string().as_bytes()).unwrap_err().code(), "checkpoint/unsigned");
}

/// The ML-DSA-44 message by hand, after the structure in tlog-cosignature.
#[test]
fn the_ml_dsa_44_line_signs_the_specified_message() {
    let xa = Party::new("XA");
    let signed = xa.sign(head(5), 60);
    let line = &signed.note().lines()[1];
    assert_eq!(line.signature.len(), 8 + 2420);
    let message = by_hand(&xa.origin, &xa.origin, 1_772_366_460, head(5));
    xa.checkpoint.1.public_key().verify(&message, &line.signature[8..]).unwrap();
}

fn by_hand(name: &str, origin: &str, seconds: u64, head: TreeHead) -> Vec<u8> {
    let mut out = Vec::from(*b"subtree/v1\n\0");
    out.push(name.len() as u8);
    out.extend(name.bytes());
    out.extend(seconds.to_be_bytes());
    out.push(origin.len() as u8);
    out.extend(origin.bytes());
    out.extend(0u64.to_be_bytes());
    out.extend(head.size.to_be_bytes());
    out.extend(head.root.0);
    out
}

/// The cosignature message by hand, and the lines that a witness adds.
#[test]
fn cosignatures_sign_the_specified_messages() {
    let (xa, xc) = (Party::new("XA"), Party::new("XC"));
    let signed = crate::witness::cosigned(&xa, &[&xc], head(5));
    let [.., ed25519, ml_dsa_44] = signed.note().lines() else {
        panic!("two lines of the log and two of the witness")
    };
    let text = format!("cosignature/v1\ntime 1772366520\n{}", signed.note().text());
    assert_eq!(ed25519.signature[..8], 1_772_366_520u64.to_be_bytes());
    xc.checkpoint.0.public_key().verify(text.as_bytes(), &ed25519.signature[8..]).unwrap();
    let message = by_hand(&xc.origin, &xa.origin, 1_772_366_520, head(5));
    xc.checkpoint.1.public_key().verify(&message, &ml_dsa_44.signature[8..]).unwrap();

    let cosignature = xc.signer().keys().cosignature(&signed).unwrap().unwrap();
    assert_eq!((cosignature.at, cosignature.name), (at(120), xc.origin.clone()));
    assert_eq!(Party::new("XB").signer().keys().cosignature(&signed).unwrap(), None);
    // The whole note reads back with its cosignatures.
    let read = xa.signer().keys().verify(signed.to_string().as_bytes()).unwrap();
    assert_eq!(read, signed);
}

#[test]
fn an_altered_cosignature_is_a_fault_and_not_an_absence() {
    let (xa, xc) = (Party::new("XA"), Party::new("XC"));
    let signed = crate::witness::cosigned(&xa, &[&xc], head(5));
    for line in [2, 3] {
        for byte in [7, 8, 40] {
            let mut bare = signed.without_cosignatures();
            let mut lines = signed.note().lines().to_vec();
            lines[line].signature[byte] ^= 1;
            bare.add(lines[2..].iter().cloned());
            assert_eq!(xc.signer().keys().cosignature(&bare).unwrap_err().code(), "checkpoint/signature");
        }
    }
}

/// From a witness's answer only what verifies under its keys is added, once.
#[test]
fn an_answer_adds_a_good_cosignature_and_nothing_else() {
    let (xa, xb, xc) = (Party::new("XA"), Party::new("XB"), Party::new("XC"));
    let whole = crate::witness::cosigned(&xa, &[&xb, &xc], head(5));
    let keys = xc.signer().keys();
    let junk = SignatureLine { name: xc.origin.clone(), key_id: [1; 4], signature: vec![1] };
    let answer = [vec![junk.clone(); 60], whole.note().lines()[4..].to_vec()].concat();

    let mut signed = whole.without_cosignatures();
    assert_eq!(keys.endorse(&mut signed, &[junk]).unwrap(), None);
    assert_eq!(keys.endorse(&mut signed, &whole.note().lines()[..4]).unwrap(), None, "lines of others");
    assert_eq!(signed.note().lines().len(), 2);
    for _ in 0..2 {
        assert_eq!(keys.endorse(&mut signed, &answer).unwrap().unwrap().at, at(180));
        assert_eq!(signed.note().lines().len(), 4);
    }
    let mut bad = whole.note().lines()[4..].to_vec();
    bad[0].signature[30] ^= 1;
    let mut signed = whole.without_cosignatures();
    assert_eq!(keys.endorse(&mut signed, &bad).unwrap_err().code(), "checkpoint/signature");
    assert_eq!(signed, whole.without_cosignatures());
}

/// Nobody can add lines under the log's own name to a verified checkpoint.
#[test]
fn lines_under_the_logs_name_are_not_added() {
    let xa = Party::new("XA");
    let mut signed = xa.sign(head(5), 0);
    signed.add([SignatureLine { name: xa.origin.clone(), key_id: [1; 4], signature: vec![1] }]);
    assert_eq!(signed.note().lines().len(), 2);
}

#[test]
fn the_request_of_the_witness_specification_is_read() {
    let body = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n\
        example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let request = AddCheckpoint::parse(body.as_bytes()).unwrap();
    assert_eq!((request.old_size, request.proof.len()), (20_852_014, 4));
    assert_eq!(request.to_string(), body);
    let line = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
    let with = |lines: usize| AddCheckpoint::parse(format!("old 1\n{}\nrest", line.repeat(lines)).as_bytes());
    assert!(with(63).is_ok());
    for body in ["", "old 1\n", "old 01\n\nx", "new 1\n\nx", "old 1\nAAAA\n\nx", "old\n\nx"] {
        assert_eq!(AddCheckpoint::parse(body.as_bytes()).unwrap_err().status(), 400, "{body}");
    }
    assert_eq!(with(64).unwrap_err().code(), "witness/malformed");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any bytes are judged without a panic, and what is read is written back alike.
    #[test]
    fn foreign_notes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[a-z\n— +=A]{0,80}") {
        for bytes in [&bytes[..], text.as_bytes()] {
            if let Ok(note) = Note::parse(bytes) {
                prop_assert_eq!(note.to_string().into_bytes(), bytes);
            }
            let _ = (Checkpoint::peek(bytes), AddCheckpoint::parse(bytes), SignatureLine::parse_all(bytes));
            let _ = Watched::new("o").consider(&[], &AddCheckpoint { old_size: 0, proof: vec![], checkpoint: bytes.to_vec(), leaves: vec![] });
        }
    }

    /// A note with one byte changed anywhere is no longer the log's checkpoint.
    #[test]
    fn a_changed_checkpoint_is_refused(pick in any::<prop::sample::Index>(), bit in 0u8..7) {
        let (xa, signed) = SIGNED.with(|(xa, signed)| (xa.signer().keys(), signed.to_string()));
        let mut bytes = signed.into_bytes();
        let at = pick.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(xa.verify(&bytes).is_err(), "byte {}", at);
    }
}

thread_local! {
    static SIGNED: (Party, SignedCheckpoint) = {
        let xa = Party::new("XA");
        let signed = xa.sign(head(5), 60);
        (xa, signed)
    };
}
