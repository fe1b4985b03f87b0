//! A node: a desk over its store, a clock of its own, and crashes.

use super::{
    Broken,
    cast::{cast, code},
};
use crate::desks::{MemoryBodies, MemoryDesk, SeededEntropy};
use comity_exchange::DeskFault;
use comity_ledger::{
    Log, MemoryStore,
    memory::{Fate, Image, Operation, block_on},
    store::StoreFault,
};
use comity_record::{Hash, PartyCode, Timestamp};
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
    /// Backups of its disk.
    pub images: Vec<Image>,
    /// How often its process was started again.
    pub starts: u32,
    /// How often its disk was rolled back.
    pub rollbacks: u32,
    /// The last head seen durable.
    pub head: (u64, Hash),
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
        let desk = open(number, &store, &bodies).unwrap();
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
        self.desk = open(number, &self.store, &self.bodies)
            .map_err(|why| format!("{} does not open: {why}", self.code))?;
        Ok(())
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

fn open(number: usize, store: &MemoryStore, bodies: &MemoryBodies) -> Result<MemoryDesk, Broken> {
    let cast = cast();
    block_on(MemoryDesk::open(cast.begin(&cast.roles[number].party, store, bodies)))
        .map_err(|fault| fault.to_string())
}

fn dead() -> StoreFault {
    StoreFault::Unreachable { why: "the process died".to_owned() }
}
