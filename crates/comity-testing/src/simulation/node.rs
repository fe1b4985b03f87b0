//! A node: a desk over its store, a clock of its own, and crashes.

use super::{
    Broken,
    cast::{cast, code},
};
use crate::desks::{MemoryBodies, MemoryDesk, SeededEntropy};
use comity_exchange::{Begin, DeskFault, turn::RootStatement};
use comity_ledger::{
    Log, MemoryStore,
    memory::{Fate, Image, Operation, block_on},
    store::StoreFault,
};
use comity_record::{Canonical, Hash, KeyId, KeyRevocation, Letter, PartyCode, Timestamp, sha256};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    pub code: PartyCode,
    pub store: MemoryStore,
    pub desk: MemoryDesk,
    /// The keys of its bodies, which no crash and no rollback of the disk brings back.
    bodies: MemoryBodies,
    pub entropy: SeededEntropy,
    /// How far its clock is off, in milliseconds.
    pub skew: i64,
    /// Backups of its disk, each with the size of its log.
    pub images: Vec<(Image, u64)>,
    /// How often its process was started again.
    pub starts: u32,
    /// How often its disk was rolled back.
    pub rollbacks: u32,
    /// The last head seen durable.
    pub head: (u64, Hash),
    /// Its newest letter, as its folder of keys holds it: outside the log.
    pub letter: Letter,
    /// Its revocations, as its folder of keys holds them.
    pub revocations: Vec<KeyRevocation>,
    /// Set once the crash that was armed has come.
    crashed: Arc<AtomicBool>,
}

/// How an operation of a desk ended.
#[derive(Debug)]
pub(super) enum Did<T> {
    Done(T),
    /// The process died at a write; the desk was opened again over what is on the disk.
    Crashed,
}

impl Node {
    pub fn new(number: usize, seed: u64) -> Node {
        let store = MemoryStore::new();
        store.restore(cast().roles[number].image.clone());
        let bodies = MemoryBodies::default();
        let letter = cast().roles[number].party.letter.clone();
        let desk = open(number, &store, &bodies, &letter).unwrap();
        let head = (desk.log().size(), desk.log().tree_head().root);
        Node {
            code: code(number),
            store,
            desk,
            bodies,
            entropy: SeededEntropy::new(seed ^ ((number as u64 + 1) << 40)),
            skew: 0,
            images: Vec::new(),
            starts: 0,
            rollbacks: 0,
            head,
            letter,
            revocations: Vec::new(),
            crashed: Arc::default(),
        }
    }

    /// The time that this node's clock shows.
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.skew)
    }

    /// The process will die at its write number `after` from now: before it, or after it was durable. Nothing it tries
    /// after that reaches the disk.
    pub fn arm(&mut self, after: u64, durable: bool) {
        let crashed = Arc::clone(&self.crashed);
        let mut left = after;
        self.store.set_faults(move |operation| {
            if crashed.load(Ordering::Relaxed) {
                return Fate::Fail(dead());
            }
            if operation == Operation::Read {
                return Fate::Pass;
            }
            if left > 0 {
                left -= 1;
                return Fate::Pass;
            }
            crashed.store(true, Ordering::Relaxed);
            if durable { Fate::FailAfter(dead()) } else { Fate::Fail(dead()) }
        });
    }

    /// The result of an operation; after a crash the desk is opened again. A fault that no crash explains is returned.
    pub fn after<T>(&mut self, result: Result<T, DeskFault>) -> Result<Did<Result<T, DeskFault>>, Broken> {
        if self.crashed.load(Ordering::Relaxed) {
            self.restart()?;
            return Ok(Did::Crashed);
        }
        Ok(Did::Done(result))
    }

    /// The process ends and another begins over the same disk.
    pub fn restart(&mut self) -> Result<(), Broken> {
        self.store.clear_faults();
        self.crashed.store(false, Ordering::Relaxed);
        self.starts += 1;
        let number = super::cast::node_of(&self.code).ok_or("a node that is nobody")?;
        self.desk = open(number, &self.store, &self.bodies, &self.letter)
            .map_err(|why| format!("{} does not open: {why}", self.code))?;
        // As a node does at every start: what its root signed stands in its folder, whatever the log knows of it.
        for statement in self.signed_by_root(number) {
            self.desk.intend(statement).map_err(|fault| fault.to_string())?;
        }
        Ok(())
    }

    fn signed_by_root(&self, number: usize) -> Vec<RootStatement> {
        let party = &cast().roles[number].party;
        let letter = RootStatement::Letter(party.by_root(&self.letter).to_bytes().into());
        let revoked = |one: &KeyRevocation| RootStatement::Revocation(party.by_root(one).to_bytes().into());
        let letters = (self.letter.serial > 1).then_some(letter);
        letters.into_iter().chain(self.revocations.iter().map(revoked)).collect()
    }

    /// What its root signs next: a letter, or a revocation of some key.
    pub fn next_statement(&mut self, number: usize, now: Timestamp, revoke: bool) -> RootStatement {
        let (party, at) = (&cast().roles[number].party, self.clock(now));
        if revoke {
            let key = KeyId(sha256(&[b"a key", &[self.revocations.len() as u8]]));
            let reason = "exercise".to_owned();
            let revocation = KeyRevocation { party: self.code.clone(), key, at, reason };
            self.revocations.push(revocation.clone());
            return RootStatement::Revocation(party.by_root(&revocation).to_bytes().into());
        }
        self.letter = Letter { serial: self.letter.serial + 1, issued: at, ..self.letter.clone() };
        RootStatement::Letter(party.by_root(&self.letter).to_bytes().into())
    }

    /// Its root lets the ledger go on under a new origin, where its tail is lost for good.
    pub fn succeed(&mut self, number: usize, now: Timestamp) -> Result<bool, Broken> {
        if self.desk.lost_head().is_none() {
            return Ok(false);
        }
        let (party, at) = (&cast().roles[number].party, self.clock(now));
        let origin = format!("{}/{}", party.letter.ledger, self.letter.serial + 1);
        let fault = |fault: DeskFault| fault.to_string();
        let statement = self.desk.succession_draft(at, &origin, "exercise").map_err(fault)?;
        self.letter =
            Letter { serial: self.letter.serial + 1, issued: at, ledger: origin, ..self.letter.clone() };
        let (statement, letter) = (party.by_root(&statement), party.by_root(&self.letter));
        block_on(self.desk.succeed(at, &mut self.entropy, &statement, &letter)).map_err(fault)?;
        Ok(true)
    }

    /// The disk is put back to a backup and the process started.
    pub fn roll_back(&mut self, image: Image) -> Result<(), Broken> {
        self.store.restore(image);
        self.rollbacks += 1;
        self.restart()?;
        self.head = (self.desk.log().size(), self.desk.log().tree_head().root);
        Ok(())
    }

    /// The log as another process would read it from the disk.
    pub fn durable_log(&self) -> Result<Log, Broken> {
        block_on(Log::open(&self.store))
            .map_err(|fault| format!("the log of {} does not open: {fault}", self.code))
    }
}

fn open(
    number: usize,
    store: &MemoryStore,
    bodies: &MemoryBodies,
    letter: &Letter,
) -> Result<MemoryDesk, Broken> {
    let cast = cast();
    let begin = cast.begin(&cast.roles[number].party, store, bodies);
    block_on(MemoryDesk::open(Begin { letter: letter.clone(), ..begin })).map_err(|fault| fault.to_string())
}

fn dead() -> StoreFault {
    StoreFault::Unreachable { why: "the process died".to_owned() }
}
