//! Witnesses: what they cosign, what they refuse, what they keep, and evidence of two heads.

use crate::{
    log::{entries, log_of},
    party::{Party, at},
};
use comity_ledger::{
    EquivocationProof, Log, MemoryStore, Quorum, SignedCheckpoint, TreeHead,
    cosignature::Strength,
    memory::block_on,
    proof::HashReader,
    quorum::Met,
    store::Kv,
    tree::{Frontier, Subtree, perfect_root},
    witness::{AddCheckpoint, Declined, Kept, WITNESSED_LEAVES, Watched, kept_leaves, load},
};
use comity_record::{Canonical, Hash, PartyCode, canonical::encode};
use minicbor::bytes::ByteVec;
use std::collections::BTreeSet;

/// A checkpoint of `owner` that each witness cosigned with both keys, a minute later each.
pub fn cosigned(owner: &Party, witnesses: &[&Party], head: TreeHead) -> SignedCheckpoint {
    let mut signed = owner.sign(head, 60);
    for (witness, minutes) in witnesses.iter().zip(2..) {
        let request = AddCheckpoint {
            old_size: 0,
            proof: Vec::new(),
            checkpoint: signed.to_string().into_bytes(),
            leaves: Vec::new(),
        };
        let store = MemoryStore::new();
        let log = log_of(&store, 0);
        let kept = add(&store, &log, owner, &request).unwrap();
        signed.add(kept.cosign(&witness.signer(), at(60 * minutes), Strength::Both).unwrap());
    }
    signed
}

/// One request at a witness, from its store to its store.
fn add(store: &MemoryStore, own: &Log, owner: &Party, request: &AddCheckpoint) -> Result<Kept, Declined> {
    let watched = block_on(load(store, &owner.origin, at(0))).unwrap();
    let accepted = watched.consider(&[owner.signer().keys()], request)?;
    Ok(block_on(accepted.keep(store, own, at(0))).unwrap())
}

/// A log under witness: its store, and what it offers.
struct Watching {
    owner: Party,
    theirs: MemoryStore,
    log: Log,
    witness: MemoryStore,
    own: Log,
}

impl Watching {
    fn new() -> Watching {
        let (theirs, witness) = (MemoryStore::new(), MemoryStore::new());
        let (log, own) = (log_of(&theirs, 0), log_of(&witness, 3));
        Watching { owner: Party::new("XA"), theirs, log, witness, own }
    }

    fn grow(&mut self, to: u64) {
        self.log = log_of(&self.theirs, to);
    }

    fn watched(&self) -> Watched {
        block_on(load(&self.witness, &self.owner.origin, at(0))).unwrap()
    }

    /// What the log offers, believing that `old` was cosigned last, with the leaf hashes the witness lacks.
    fn offer(&self, old: u64) -> AddCheckpoint {
        AddCheckpoint {
            old_size: old,
            proof: block_on(self.log.consistency_proof(&self.theirs, old, self.log.size())).unwrap(),
            checkpoint: self.owner.sign(self.log.tree_head(), 1).to_string().into_bytes(),
            leaves: block_on(self.log.leaf_hashes(&self.theirs, self.watched().held(), self.log.size()))
                .unwrap(),
        }
    }

    fn add(&self, request: &AddCheckpoint) -> Result<Kept, Declined> {
        add(&self.witness, &self.own, &self.owner, request)
    }
}

#[test]
fn a_witness_follows_a_growing_log() {
    let mut watching = Watching::new();
    let mut old = 0;
    for size in [0, 1, 200, 256, 300, 1000, 1000] {
        watching.grow(size);
        let kept = watching.add(&watching.offer(old)).unwrap();
        assert_eq!(kept.state(), &watching.watched(), "what is kept is what was accepted, at {size}");
        assert_eq!((watching.watched().head(), watching.watched().held()), (watching.log.tree_head(), size));
        old = size;
    }
    let kept = block_on(kept_leaves(&watching.witness, &watching.watched(), 0, 5000)).unwrap();
    assert_eq!(kept, block_on(watching.log.leaf_hashes(&watching.theirs, 0, 1000)).unwrap());
    let part = block_on(kept_leaves(&watching.witness, &watching.watched(), 250, 600)).unwrap();
    assert_eq!(part, kept[250..600]);
    let second = watching.witness.rows(WITNESSED_LEAVES)[1].key.clone();
    watching.witness.damage(WITNESSED_LEAVES, 0, &second, None);
    let gap = block_on(kept_leaves(&watching.witness, &watching.watched(), 0, 1000)).unwrap_err();
    assert_eq!(
        gap.to_string(),
        "the store is damaged: leaf hashes of `xa.example/ledger` from 256 on are missing"
    );
}

/// The refusals of tlog-witness with their HTTP status.
#[test]
fn what_does_not_continue_is_refused() {
    let mut watching = Watching::new();
    watching.grow(10);
    watching.add(&watching.offer(0)).unwrap();
    watching.grow(20);
    let good = watching.offer(10);
    let check = |request: AddCheckpoint, code: &str, status: u16| {
        let declined = watching.add(&request).unwrap_err();
        assert_eq!((declined.code(), declined.status()), (code, status));
        assert_eq!(watching.watched().head().size, 10, "a refusal changes nothing");
    };
    check(watching.offer(0), "witness/conflict", 409);
    check(watching.offer(15), "witness/conflict", 409);
    check(AddCheckpoint { old_size: 21, ..good.clone() }, "witness/old-size", 400);
    check(AddCheckpoint { proof: vec![], ..good.clone() }, "witness/inconsistent", 422);
    check(AddCheckpoint { leaves: good.leaves[1..].to_vec(), ..good.clone() }, "witness/leaves", 422);
    let mut altered = good.clone();
    altered.leaves[3].0[0] ^= 1;
    check(altered, "witness/leaves", 422);
    let other = Party::new("XB").sign(watching.log.tree_head(), 1).to_string().into_bytes();
    check(AddCheckpoint { checkpoint: other, ..good.clone() }, "checkpoint/origin", 404);
    let mut unsigned = watching.owner.sign(watching.log.tree_head(), 1).note().clone();
    unsigned.retain(|line| line.signature.len() > 64);
    let unsigned = unsigned.to_string().into_bytes();
    check(AddCheckpoint { checkpoint: unsigned, ..good.clone() }, "checkpoint/unsigned", 403);
    assert_eq!(watching.add(&good).unwrap().state().head().size, 20);
}

/// A log longer than one request is filled in pieces, each proven to lead to the cosigned head.
#[test]
fn leaf_hashes_are_filled_in_pieces() {
    let mut watching = Watching::new();
    watching.grow(900);
    let request = AddCheckpoint { leaves: Vec::new(), ..watching.offer(0) };
    watching.add(&request).unwrap();
    assert_eq!((watching.watched().head().size, watching.watched().held()), (900, 0));
    for (from, to) in [(0, 300), (300, 700), (700, 900)] {
        let leaves = block_on(watching.log.leaf_hashes(&watching.theirs, from, to)).unwrap();
        let proof = block_on(watching.log.consistency_proof(&watching.theirs, to, 900)).unwrap();
        let wrong = watching.watched().fill(&leaves[1..], &proof).unwrap_err();
        assert_eq!(wrong.status(), 422);
        let accepted = watching.watched().fill(&leaves, &proof).unwrap();
        block_on(accepted.keep(&watching.witness, &watching.own, at(0))).unwrap();
        assert_eq!(watching.watched().held(), to);
    }
    let kept = block_on(kept_leaves(&watching.witness, &watching.watched(), 0, 900)).unwrap();
    assert_eq!(kept, block_on(watching.log.leaf_hashes(&watching.theirs, 0, 900)).unwrap());
}

/// The race of tlog-witness: two requests considered on the same state; only one is kept.
#[test]
fn of_two_requests_at_once_one_is_kept() {
    let mut watching = Watching::new();
    let state = watching.watched();
    watching.grow(5);
    let first = state.consider(&[watching.owner.signer().keys()], &watching.offer(0)).unwrap();
    watching.grow(9);
    let second = state.consider(&[watching.owner.signer().keys()], &watching.offer(0)).unwrap();
    block_on(second.keep(&watching.witness, &watching.own, at(0))).unwrap();
    let fault = block_on(first.keep(&watching.witness, &watching.own, at(0))).unwrap_err();
    assert_eq!((fault.code(), watching.watched().head().size), ("witness/moved", 9));
}

#[test]
fn a_damaged_state_is_not_taken_for_none() {
    let watching = Watching::new();
    let row = (watching.owner.origin.clone().into_bytes(), Some(b"nonsense".to_vec()));
    block_on(watching.witness.put_many("witness", &[row])).unwrap();
    assert_eq!(
        block_on(load(&watching.witness, &watching.owner.origin, at(0))).unwrap_err().code(),
        "witness/state"
    );
}

/// A witness takes either pair of keys while they are rotated.
#[test]
fn keys_overlap_in_a_rotation() {
    let (old, mut new) = (Party::new("XA"), Party::new("XQ"));
    new.origin.clone_from(&old.origin);
    let keys = [old.signer().keys(), new.signer().keys()];
    let head = |size: u64| Frontier::new(size, vec![Hash([size as u8; 32])]).unwrap().head();
    for signer in [&old, &new] {
        let checkpoint = signer.sign(head(1), 0).to_string().into_bytes();
        let request = AddCheckpoint { old_size: 0, proof: vec![], checkpoint, leaves: vec![] };
        Watched::new(&old.origin).consider(&keys, &request).unwrap();
    }
}

/// Leaves of a tree, as a witness holds them.
struct Leaves(Vec<Hash>);

impl HashReader for Leaves {
    fn subtree(&self, subtree: Subtree) -> Option<Hash> {
        let first = (subtree.index << subtree.height) as usize;
        perfect_root(self.0.get(first..first + (1 << subtree.height))?)
    }
}

/// A log with another history from its entry 100 on.
fn forked(size: u64) -> (TreeHead, Leaves) {
    let store = MemoryStore::new();
    let mut log = log_of(&store, 100);
    block_on(log.commit(&store, entries(5000, 4900 + size), Vec::new())).unwrap();
    (log.tree_head(), Leaves(block_on(log.leaf_hashes(&store, 0, size)).unwrap()))
}

#[test]
fn two_heads_of_one_size_are_evidence() {
    let mut watching = Watching::new();
    watching.grow(150);
    watching.add(&watching.offer(0)).unwrap();
    let (other, _) = forked(150);
    let checkpoint = watching.owner.sign(other, 5).to_string().into_bytes();
    // Whatever old size is named, the evidence is not lost.
    for old_size in [0, 150, 7] {
        let request =
            AddCheckpoint { old_size, proof: vec![], checkpoint: checkpoint.clone(), leaves: vec![] };
        let Declined::Equivocation(proof) = watching.add(&request).unwrap_err() else { panic!("not seen") };
        let read = EquivocationProof::from_bytes(&proof.to_bytes()).unwrap();
        let (a, b) = read.verify(&[watching.owner.signer().keys()]).unwrap();
        assert_eq!((a.head(), b.head()), (watching.log.tree_head(), other));
        assert_eq!(read.origin().as_deref(), Some(watching.owner.origin.as_str()));
        let stranger = Party::new("XB").signer().keys();
        assert_eq!(read.verify(&[stranger]).unwrap_err().code(), "equivocation/head");
    }
}

#[test]
fn heads_of_different_sizes_are_evidence_by_the_hashes_kept() {
    let mut watching = Watching::new();
    watching.grow(150);
    let shorter = watching.owner.sign(watching.log.tree_head(), 1);
    let honest = Leaves(block_on(watching.log.leaf_hashes(&watching.theirs, 0, 150)).unwrap());
    let (other, leaves) = forked(400);
    let longer = watching.owner.sign(other, 2);
    let proof = EquivocationProof::of_prefix(&shorter, &longer, &leaves).unwrap().unwrap();
    let (a, b) = proof.verify(&[watching.owner.signer().keys()]).unwrap();
    assert_eq!((a.head().size, b.head().size), (150, 400));

    // An honest prefix is no evidence, and cannot be made to look like one.
    let prefix = watching.owner.sign(log_of(&MemoryStore::new(), 120).tree_head(), 0);
    assert_eq!(EquivocationProof::of_prefix(&prefix, &shorter, &honest).unwrap(), None);
    assert!(EquivocationProof::of_prefix(&prefix, &shorter, &leaves).is_err(), "hashes of another tree");
    assert_eq!(EquivocationProof::of_equal_size(&prefix, &shorter), None);
    let bytes = proof.to_bytes();
    for at in (0..bytes.len()).step_by(97) {
        let mut altered = bytes.clone();
        altered[at] ^= 4;
        let verified = EquivocationProof::from_bytes(&altered)
            .is_ok_and(|p| p.verify(&[watching.owner.signer().keys()]).is_ok());
        assert!(!verified, "byte {at}");
    }
}

/// The encoding of an equivocation proof, to accuse an honest log with.
#[derive(minicbor::Encode)]
#[cbor(map)]
struct Accusation {
    #[n(0)]
    shorter: ByteVec,
    #[n(1)]
    longer: ByteVec,
    #[n(2)]
    prefix: Hash,
    #[n(3)]
    proof: Vec<Hash>,
}

/// Nobody can make evidence against a log out of two honest heads.
#[test]
fn an_honest_log_cannot_be_accused() {
    let mut watching = Watching::new();
    watching.grow(90);
    let early = watching.owner.sign(watching.log.tree_head(), 1);
    watching.grow(150);
    let late = watching.owner.sign(watching.log.tree_head(), 2);
    let proof = block_on(watching.log.consistency_proof(&watching.theirs, 90, 150)).unwrap();
    let bytes = |signed: &SignedCheckpoint| ByteVec::from(signed.to_string().into_bytes());
    let accuse = |shorter, longer, prefix: Hash, proof: &[Hash]| {
        let accusation =
            Accusation { shorter: bytes(shorter), longer: bytes(longer), prefix, proof: proof.to_vec() };
        let read = EquivocationProof::from_bytes(&encode(&accusation)).unwrap();
        read.verify(&[watching.owner.signer().keys()]).unwrap_err().code()
    };
    assert_eq!(accuse(&early, &late, early.head().root, &proof), "equivocation/agree");
    assert_eq!(accuse(&late, &late, late.head().root, &[]), "equivocation/agree");
    assert_eq!(accuse(&early, &late, Hash([1; 32]), &proof), "equivocation/proof");
    assert_eq!(accuse(&late, &late, early.head().root, &[]), "equivocation/proof");
    assert_eq!(accuse(&late, &early, early.head().root, &proof), "equivocation/order");
}

/// Who counts for a crossing of XA with XB.
#[test]
fn quorums() {
    let codes = |text: &str| {
        text.split_whitespace().map(|code| code.parse().unwrap()).collect::<BTreeSet<PartyCode>>()
    };
    let met = |independent: u8, known: &str, witnesses: &str| {
        let (owner, counterpart) = ("XA".parse().unwrap(), "XB".parse().unwrap());
        match (Quorum { independent }).met(&codes(known), &owner, Some(&counterpart), &codes(witnesses)) {
            Some(Met::Independent(by)) => by.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Some(Met::CounterpartOnly(by)) => format!("only {by}"),
            None => "no".to_owned(),
        }
    };
    assert_eq!(met(1, "XA XB XC", "XC"), "XC");
    assert_eq!(met(1, "XA XB XC", "XB XC"), "XC");
    assert_eq!(met(1, "XA XB XC", "XB"), "no");
    assert_eq!(met(1, "XA XB XC", "XA"), "no");
    assert_eq!(met(1, "XA XB", "XB"), "only XB");
    assert_eq!(met(1, "XA XB", "XA"), "no");
    assert_eq!(met(1, "XA XB", ""), "no");
    assert_eq!(met(2, "XA XB XC XD", "XB XC"), "no");
    assert_eq!(met(2, "XA XB XC XD", "XD XC"), "XC XD");
    assert_eq!(met(0, "XA XB XC", ""), "no", "nobody is no quorum");
}
