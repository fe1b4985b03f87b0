//! An act to be judged: a signed and verified record, a request, a standing, packs and a register.

use crate::law::register;
use comity_border::{
    Adoption, ClassCache, Competence, Decision, Direction, Inputs, Judgement, Packs, Replay, Request,
    Standing, StandingEntries, Subject, Verdict, decide, judge, judge_cached, judge_narrowed, replay,
};
use comity_law::Register;
use comity_record::{
    Body, Canonical, Draft, Ed25519Key, KeyEntry, KeyPurpose, KeyRing, Labels, PartyCode, Signer, Statement,
    Timestamp, Verified,
    body::{Narrowing, Selector, Text},
};
use std::sync::LazyLock;

/// The packs of the three invented States, the principles adopted whole.
pub(crate) fn packs_of(party: &PartyCode) -> &'static Packs {
    static PACKS: LazyLock<Vec<(PartyCode, Packs)>> = LazyLock::new(|| {
        let of = |party: PartyCode| {
            (party.clone(), Packs::for_party(&party, &Adoption::Whole, Vec::new()).unwrap())
        };
        ["XA", "XB", "XC"].map(|party| of(party.parse().unwrap())).into()
    });
    &PACKS.iter().find(|(of, _)| of == party).unwrap().1
}

/// The peers that a standing knows when a case names none.
pub(crate) fn three_peers() -> StandingEntries {
    StandingEntries {
        peers: ["XA", "XB", "XC"].map(|party| party.parse().unwrap()).into(),
        ..Default::default()
    }
}

/// A request from `from` to `to`, judged by `judge`.
pub(crate) fn request(from: &str, to: &str, purpose: &str, on: &str, judge: &str) -> Request {
    let direction = if judge == to { Direction::Receiving } else { Direction::Sending };
    let at = format!("{on}T12:00:00Z").parse().unwrap();
    Request::new(direction, from.parse().unwrap(), to.parse().unwrap(), purpose.parse().unwrap(), at)
}

/// A unit of a party with the entry that shows its competence.
pub(crate) fn unit(party: &PartyCode) -> Competence {
    Competence { unit: "cert".parse().unwrap(), citation: format!("{party}: CERT Act s 2 (exercise data)") }
}

/// A record of this kind, signed by its author and verified.
pub(crate) fn record(
    author: &PartyCode,
    labels: Labels,
    body: Body,
    redacted: Option<Vec<String>>,
) -> Verified {
    let seed = author
        .as_str()
        .bytes()
        .fold([7u8; 32], |seed, byte| seed.map(|s| s.wrapping_mul(31).wrapping_add(byte)));
    let key = Ed25519Key::from_seed(&seed).unwrap();
    let issued: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let mut keys = KeyRing::default();
    keys.insert(KeyEntry {
        party: author.clone(),
        purpose: KeyPurpose::Record,
        key: key.public_key().clone(),
        valid_from: issued,
        valid_to: Timestamp::from_millis(i64::MAX),
        revoked: None,
    });
    let derived = redacted.map(|redacted| comity_record::Derivation {
        link: comity_record::sha256(&[b"the original"]),
        redacted,
        withheld: 0,
    });
    let statement = Statement {
        origin: author.clone(),
        unit: None,
        officer: None,
        issued,
        labels,
        body,
        thread: None,
        derived,
    };
    Draft(statement).sign(&key).unwrap().verify(&keys).unwrap()
}

/// A body of a kind, with what a request asks for.
pub(crate) fn body(kind: &str, asked: Option<comity_record::body::Request>) -> Body {
    let text = || Text {
        title: "A title".into(),
        text: "A text".into(),
        language: "en".into(),
        fields: Default::default(),
    };
    match kind {
        "threat" => {
            let salt = comity_record::RecordSalt::new([3; 32]);
            Body::Threat(comity_record::Manifest::of(&salt, &[b"{}"]))
        }
        "request" => Body::Request(asked.unwrap()),
        "answer" => Body::Answer(text()),
        "notice" => Body::Notice(text()),
        "paper" => Body::Paper(text()),
        "recall" => Body::Recall(comity_record::body::Recall {
            record: Default::default(),
            objects: Vec::new(),
            reason: "superseded".into(),
            change: None,
        }),
        "recall-report" => Body::RecallReport(comity_record::body::RecallReport {
            recall: Default::default(),
            crossing: Default::default(),
            done: "erased".into(),
            reason: None,
        }),
        "change-set" => Body::ChangeSet(b"changes".to_vec()),
        "case-event" => Body::CaseEvent { version: 1, bytes: b"a step".to_vec() },
        other => Body::Unknown { kind: other.parse().unwrap(), bytes: vec![1] },
    }
}

/// The request body of a measure on one account.
pub(crate) fn asked(measure: &str) -> comity_record::body::Request {
    comity_record::body::Request {
        measure: measure.to_owned(),
        offence: None,
        penalty: None,
        organised: None,
        selector: Selector::Account { provider: "mail.example".into(), account: "suspect-1".into() },
        facts: "a short account of the facts".into(),
        until: None,
        reference: "A-1".into(),
        further: None,
    }
}

/// Judges, and checks on the way what must hold for every judgement.
pub(crate) fn judged(
    packs: &Packs,
    law: Option<&Register>,
    standing: &Standing,
    record: &Verified,
    request: &Request,
) -> Judgement {
    let register = law.unwrap_or_else(|| register());
    let judgement = judge(packs, register, standing, record, request);
    let subject = Subject::of(record);
    let decision = judgement.decision();
    assert_eq!(*decision, decide(packs, register, standing, &subject, request), "judge and decide agree");
    let mut cache = ClassCache::new(10);
    for _ in 0..2 {
        let cached = judge_cached(&mut cache, packs, register, standing, record, request);
        assert_eq!(cached, judgement, "the cache agrees with decide");
    }
    assert_eq!(cache.counts(), (1, 1));
    let inputs = Inputs {
        packs: Some(packs),
        register: Some(register),
        standing: Some(standing),
        subject: Some(&subject),
        request: Some(request),
    };
    assert_eq!(replay(inputs, decision), Replay::Same);
    sound(decision);
    judgement
}

/// Judges a record under a narrower audience, and checks on the way that a replay needs what was looked at.
pub(crate) fn narrowed(
    packs: &Packs,
    law: Option<&Register>,
    standing: &Standing,
    record: &Verified,
    by: &Narrowing,
    request: &Request,
) -> Judgement {
    let register = law.unwrap_or_else(|| register());
    let judgement = judge_narrowed(packs, register, standing, record, by, request);
    let subject = Subject::of(record).narrowed(by);
    let inputs = |subject| Inputs {
        packs: Some(packs),
        register: Some(register),
        standing: Some(standing),
        subject: Some(subject),
        request: Some(request),
    };
    assert_eq!(replay(inputs(&subject), judgement.decision()), Replay::Same);
    let before = Subject::of(record);
    let by_itself = replay(inputs(&before), judgement.decision());
    assert_eq!(by_itself != Replay::Same, subject != before, "what did not narrow changes nothing");
    sound(judgement.decision());
    judgement
}

/// What holds for every decision: it has its grounds, reads by itself, and has one form.
pub(crate) fn sound(decision: &Decision) {
    let ruling = &decision.ruling;
    match ruling.verdict {
        Verdict::Cleared => {
            assert!(!ruling.citations.is_empty(), "no clearance without a citation");
            assert!(ruling.codes.is_empty() && ruling.forbids.is_empty() && ruling.missing.is_empty());
            assert!(!ruling.permits.is_empty());
        }
        Verdict::RedactFirst => assert!(!ruling.redact.is_empty() && !ruling.codes.is_empty()),
        Verdict::Refused => {
            assert!(!ruling.codes.is_empty(), "no refusal without a code");
            assert!(!ruling.reasons().is_empty(), "no refusal without a reason");
            assert!(!ruling.lifts().is_empty(), "a refusal says what would lift it");
        }
    }
    let shown = decision.to_string();
    for line in shown.lines() {
        assert!(line.chars().count() <= 80, "`{line}` is longer than 80 columns");
    }
    assert_eq!(Decision::from_bytes(&decision.to_bytes()).as_ref(), Ok(decision));
    assert!(serde_json::to_value(decision).unwrap().get("verdict").is_some());
}
