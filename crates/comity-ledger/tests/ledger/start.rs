//! Starts: with witnesses, without, after a rollback; the lost tail and the succession played through.

use crate::{
    log::{entries, log_of},
    party::{Party, at},
    witness::cosigned,
};
use comity_ledger::{
    Log, MemoryStore, SignedCheckpoint, Startup, SuccessionStatement, TreeHead,
    memory::block_on,
    startup::{Confirmed, Evidence, HeadOverride, Unconfirmed},
    startup_decision,
};
use comity_record::{Canonical, EntryKind, PartyCode, RootSigned, sha256};

fn code(text: &str) -> PartyCode {
    text.parse().unwrap()
}

/// The evidence of a start of XA: its store, its own last checkpoint, and what witnesses report.
fn evidence(
    store: &MemoryStore,
    own: Option<&SignedCheckpoint>,
    reports: &[(&str, &SignedCheckpoint)],
) -> Evidence {
    let log = block_on(Log::open(store)).unwrap();
    let seen = |by: &str, signed: &SignedCheckpoint| block_on(log.compare(store, code(by), signed)).unwrap();
    Evidence {
        stored: log.tree_head(),
        own: own.map(|own| seen("XA", own)),
        witnesses: reports.iter().map(|(by, signed)| seen(by, signed)).collect(),
        ever_cosigned: true,
        overridden: None,
    }
}

fn two_persons(head: TreeHead, a: &str, b: &str) -> HeadOverride {
    let officers = (a.parse().unwrap(), b.parse().unwrap());
    HeadOverride { party: code("XA"), head, officers, at: at(0), reason: "the line abroad is cut".into() }
}

#[test]
fn a_start_without_witnesses_serves_and_does_not_sign() {
    let (xa, store) = (Party::new("XA"), MemoryStore::new());
    let last = xa.sign(log_of(&store, 40).tree_head(), 0);
    log_of(&store, 50);
    let mut evidence = evidence(&store, Some(&last), &[]);
    let decision = startup_decision(&evidence);
    assert_eq!(decision, Startup::ServeWithoutSigning { why: Unconfirmed::NoWitness });
    assert!(decision.may_run() && !decision.may_sign());

    // Appending goes on meanwhile; the decision can be asked again.
    let mut log = block_on(Log::open(&store)).unwrap();
    block_on(log.commit(&store, entries(50, 60), Vec::new())).unwrap();
    evidence.stored = log.tree_head();
    assert!(!startup_decision(&evidence).may_sign());

    // Two persons override; one person twice, or for another head, does not.
    for (given, signs) in [
        (two_persons(last.head(), "first.officer", "first.officer"), false),
        (two_persons(log.tree_head(), "first.officer", "second.officer"), false),
        (two_persons(last.head(), "first.officer", "second.officer"), true),
    ] {
        evidence.overridden = Some(given);
        assert_eq!(startup_decision(&evidence).may_sign(), signs);
    }
    evidence.overridden = None;

    // A log that was never cosigned is exempt.
    evidence.ever_cosigned = false;
    assert_eq!(startup_decision(&evidence), Startup::Serve(Confirmed::NeverCosigned));
}

#[test]
fn a_witness_confirms_the_last_head() {
    let (xa, store) = (Party::new("XA"), MemoryStore::new());
    let early = xa.sign(log_of(&store, 20).tree_head(), 0);
    let last = xa.sign(log_of(&store, 40).tree_head(), 1);
    log_of(&store, 50);
    let behind = evidence(&store, Some(&last), &[("XB", &early)]);
    assert_eq!(startup_decision(&behind), Startup::ServeWithoutSigning { why: Unconfirmed::NotSeenYet });
    let confirmed = evidence(&store, Some(&last), &[("XB", &early), ("XC", &last)]);
    assert_eq!(startup_decision(&confirmed), Startup::Serve(Confirmed::Witness(code("XC"))));
    let without_own = evidence(&store, None, &[("XB", &early)]);
    assert!(startup_decision(&without_own).may_sign());
}

#[test]
fn an_old_backup_is_noticed_and_refilled_from_a_witness() {
    let (xa, xb, store) = (Party::new("XA"), Party::new("XB"), MemoryStore::new());
    let early = xa.sign(log_of(&store, 300).tree_head(), 0);
    let backup = store.image();
    let full = log_of(&store, 700);
    let last = cosigned(&xa, &[&xb], full.tree_head());
    let kept_by_witness = block_on(full.leaf_hashes(&store, 0, 700)).unwrap();
    store.restore(backup);

    let decision = startup_decision(&evidence(&store, Some(&early), &[("XC", &early), ("XB", &last)]));
    assert_eq!(decision, Startup::Refuse { missing: (300, 700), holders: vec![(code("XB"), 700)] });
    assert_eq!(
        decision.sentence(),
        "entries 300 to 700 were signed before and are missing; their hashes are held by XB (to 700)"
    );
    assert!(!decision.may_run());

    let mut log = block_on(Log::open(&store)).unwrap();
    let refill = log.check_refill(kept_by_witness[300..].to_vec(), last.head()).unwrap();
    block_on(log.restore_tail(&store, refill)).unwrap();
    let decision = startup_decision(&evidence(&store, Some(&last), &[("XB", &last)]));
    assert_eq!(decision, Startup::Serve(Confirmed::Witness(code("XB"))));
    // The next head continues the one that was cosigned before the loss.
    block_on(log.commit(&store, entries(700, 710), Vec::new())).unwrap();
    let proof = block_on(log.consistency_proof(&store, 700, 710)).unwrap();
    let (old, new) = (last.head(), log.tree_head());
    comity_ledger::proof::verify_consistency(700, &old.root, 710, &new.root, &proof).unwrap();
}

/// Where no witness was reached, the party's own checkpoint still shows the loss.
#[test]
fn the_own_checkpoint_shows_a_loss_too() {
    let (xa, store) = (Party::new("XA"), MemoryStore::new());
    log_of(&store, 300);
    let backup = store.image();
    let last = xa.sign(log_of(&store, 310).tree_head(), 0);
    store.restore(backup);
    let decision = startup_decision(&evidence(&store, Some(&last), &[]));
    assert_eq!(decision, Startup::Refuse { missing: (300, 310), holders: vec![] });
    assert!(decision.sentence().ends_with("held by nobody that was reached"));
}

#[test]
fn another_history_is_a_fork() {
    let (xa, store, other) = (Party::new("XA"), MemoryStore::new(), MemoryStore::new());
    log_of(&store, 30);
    let mut log = log_of(&other, 10);
    block_on(log.commit(&other, entries(500, 510), Vec::new())).unwrap();
    let signed = xa.sign(log.tree_head(), 0);
    let decision = startup_decision(&evidence(&store, None, &[("XC", &signed)]));
    assert_eq!(decision, Startup::Forked { size: 20, by: code("XC") });
    assert!(!decision.may_run());
}

/// The tail is lost and nobody has its hashes: the party says so, and its log goes on under a new origin.
#[test]
fn a_log_is_succeeded() {
    let (mut xa, xb, store) = (Party::new("XA"), Party::new("XB"), MemoryStore::new());
    log_of(&store, 300);
    let backup = store.image();
    let last = cosigned(&xa, &[&xb], log_of(&store, 450).tree_head());
    store.restore(backup);
    let mut log = block_on(Log::open(&store)).unwrap();
    let surviving = log.tree_head();
    let statement = SuccessionStatement {
        party: xa.code.clone(),
        old_origin: xa.origin.clone(),
        last_witnessed: last.head(),
        witnesses: vec![xb.code.clone()],
        surviving,
        lost_from: 300,
        lost_to: 450,
        new_origin: "xa.example/ledger-2".into(),
        at: at(500),
        reason: "both disks of the machine room burned; the backup is of the day before".into(),
    };
    let sign = |statement: &SuccessionStatement| RootSigned::sign(statement, &xa.root.0, &xa.root.1).unwrap();
    let signed = sign(&statement);
    let root = xa.root_keys();

    let mut succeed = |signed: &RootSigned<SuccessionStatement>| {
        block_on(log.succeed(&store, signed, &root, &xa.code, [9; 16])).map(|entry| (entry, log.clone()))
    };
    let by_other = RootSigned::sign(&statement, &xb.root.0, &xb.root.1).unwrap();
    let wrong = [
        (by_other, "key/bad-root-signature"),
        (sign(&SuccessionStatement { party: xb.code.clone(), ..statement.clone() }), "succession/party"),
        (sign(&SuccessionStatement { lost_from: 301, ..statement.clone() }), "succession/contradiction"),
        (
            sign(&SuccessionStatement { new_origin: xa.origin.clone(), ..statement.clone() }),
            "succession/contradiction",
        ),
        (
            sign(&SuccessionStatement { new_origin: "a b".into(), ..statement.clone() }),
            "succession/contradiction",
        ),
        (
            sign(&SuccessionStatement {
                surviving: TreeHead { root: sha256(&[]), ..surviving },
                ..statement.clone()
            }),
            "succession/surviving",
        ),
    ];
    for (signed, code) in wrong {
        assert_eq!(succeed(&signed).unwrap_err().code(), code);
    }
    let (entry, mut log) = succeed(&signed).unwrap();
    assert_eq!((entry.index(), entry.entry().kind), (300, EntryKind::Succession));
    assert_eq!(entry.entry().subject, Some(signed.hash()));
    assert_eq!(succeed_again(&mut log, &store, &signed, &xa), "succession/surviving");

    // It is found again after a restart, and the log goes on under the new origin, the survivors still proven.
    let log = block_on(Log::open(&store)).unwrap();
    let found = block_on(log.successions(&store)).unwrap();
    assert_eq!(found, [(300, signed.clone())]);
    let read = SuccessionStatement::verify(&found[0].1, &xa.code, &root).unwrap();
    xa.origin.clone_from(&read.new_origin);
    let first = cosigned(&xa, &[&xb], log.tree_head());
    assert_eq!((first.checkpoint().origin(), first.head().size), ("xa.example/ledger-2", 301));
    assert!(block_on(log.entry(&store, 299)).is_ok());

    // A peer that saw the last head finds it admitted; one that saw more has evidence.
    statement.admits(last.head()).unwrap();
    statement.admits(surviving).unwrap();
    let more = TreeHead { size: 451, ..last.head() };
    assert_eq!(statement.admits(more).unwrap_err().code(), "succession/understated");
    let other_root = TreeHead { root: sha256(&[]), ..last.head() };
    assert_eq!(statement.admits(other_root).unwrap_err().code(), "succession/understated");
}

fn succeed_again(
    log: &mut Log,
    store: &MemoryStore,
    signed: &RootSigned<SuccessionStatement>,
    xa: &Party,
) -> &'static str {
    block_on(log.succeed(store, signed, &xa.root_keys(), &xa.code, [9; 16])).unwrap_err().code()
}
