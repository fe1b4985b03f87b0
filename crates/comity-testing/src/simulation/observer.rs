//! The observer sees every turn that an honest node puts on the wire and every node's disk. It knows what no node knows
//! alone, and holds it against [`super::invariant`].

use super::{
    Broken,
    cast::{BYZANTINE, cast, code},
    invariant::{self, hold},
    node::Node,
    steps::{PERSON_MARK, RED_MARK},
};
use crate::desks::MemoryDesk;
use comity_exchange::{Acknowledgement, Dispatch, Outcome, turn::Turn};
use comity_ledger::{
    Checkpoint, Log, MemoryStore, TreeHead,
    memory::block_on,
    witness::{Watched, load},
};
use comity_record::{Attested, EntryKind, Hash, RecordId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What an acknowledgement promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    pub dispatch: Hash,
    /// The record, where it was taken in.
    pub taken_in: Option<RecordId>,
    /// How often the disk of the node that promised had been rolled back.
    pub rollbacks: u32,
}

/// Receptions found in a log so far.
#[derive(Clone, Debug, Default)]
struct Receptions {
    rollbacks: u32,
    read: u64,
    indexes: BTreeSet<u64>,
    /// Entries about two histories of a peer.
    conflicts: usize,
}

/// What was seen in a run.
#[derive(Debug, Default)]
pub(super) struct Observer {
    /// RED records.
    pub red: BTreeSet<RecordId>,
    /// Records that an honest node put on the wire.
    wired: BTreeSet<RecordId>,
    checked: BTreeSet<(Hash, u32)>,
    /// By who promised, to whom, and the position.
    promises: BTreeMap<(usize, usize, u64), Promise>,
    /// The leaf hashes under every head that was signed, by who signed it.
    histories: BTreeMap<(usize, u64, Hash), Vec<Hash>>,
    /// The longest history signed under each origin, by who signed it.
    longest: BTreeMap<(usize, String), Vec<Hash>>,
    /// Nodes that signed two histories under one origin: a disk was put back, those who had seen more were away for longer
    /// than anybody waits, and the others confirmed what was left. What follows is for people to settle.
    pub forked: BTreeSet<usize>,
    receptions: BTreeMap<usize, Receptions>,
    /// Nodes that were shown a head of theirs that their log does not contain, with the number of the start.
    lost_tails: BTreeSet<(usize, u32)>,
}

impl Observer {
    /// An observer that knows the heads with which every run begins.
    pub fn new() -> Observer {
        let mut observer = Observer::default();
        for (number, role) in cast().roles.iter().enumerate() {
            let store = MemoryStore::new();
            store.restore(role.image.clone());
            let log = block_on(Log::open(&store)).unwrap();
            let leaves = block_on(log.leaf_hashes(&store, 0, log.size())).unwrap();
            for size in 1..=log.size() {
                let root = block_on(log.root_at(&store, size)).unwrap();
                observer.histories.insert((number, size, root), leaves[..size as usize].to_vec());
            }
        }
        observer
    }

    /// A turn of an honest node that is about to be sent.
    pub fn sent(&mut self, node: &Node, to: usize, turn: &Turn) -> Result<(), Broken> {
        let peer = code(to);
        hold(turn.from == node.code && turn.to == peer, || format!("{} misdirects a turn", node.code))?;
        invariant::have_means_durable(node, &peer, turn.have)?;
        for item in &turn.items {
            let Some(bytes) = &item.dispatch else { continue };
            let signed = Attested::<Dispatch>::from_bytes(bytes).map_err(|fault| fault.to_string())?;
            if !self.checked.insert((signed.hash(), node.rollbacks)) {
                continue;
            }
            let dispatch = signed.verify(node.desk.keys()).map_err(|fault| fault.to_string())?;
            hold(dispatch.position == item.position, || "a dispatch at another position".to_owned())?;
            invariant::no_wire_without_entry(node, &node.durable_log()?, &peer, dispatch)?;
            invariant::nothing_secret_is_sent(item, dispatch, &self.red)?;
            self.wired.insert(dispatch.record);
        }
        for bytes in &turn.acknowledgements {
            let signed = Attested::<Acknowledgement>::from_bytes(bytes).map_err(|fault| fault.to_string())?;
            if self.checked.insert((signed.hash(), node.rollbacks)) {
                let stated = signed.verify(node.desk.keys()).map_err(|fault| fault.to_string())?;
                invariant::acknowledged_means_durable(node, &peer, stated)?;
                self.promised(node, to, stated)?;
            }
        }
        for mark in [RED_MARK, PERSON_MARK] {
            let bare: Vec<&[u8]> = turn.acknowledgements.iter().map(|bytes| bytes.as_slice()).collect();
            hold(!bare.iter().any(|bytes| invariant::contains(bytes, mark)), || {
                format!("`{mark}` stands in an acknowledgement of {}", node.code)
            })?;
        }
        let number = super::cast::node_of(&node.code).ok_or("a node that is nobody")?;
        let knows_better = self.lost_tails.contains(&(number, node.starts));
        hold(!knows_better || turn.checkpoint.is_none(), || {
            format!("{} knows that its tail was lost and signs a head", node.code)
        })?;
        self.signed(number, &node.desk, &node.store, turn)
    }

    fn promised(&mut self, node: &Node, to: usize, stated: &Acknowledgement) -> Result<(), Broken> {
        let by = super::cast::node_of(&node.code).ok_or("a node that is nobody")?;
        let row = block_on(node.desk.log().entry(&node.store, stated.index));
        let record = row.map_err(|fault| fault.to_string())?.entry().record;
        let promise = Promise {
            dispatch: stated.dispatch,
            taken_in: record.filter(|_| stated.outcome == Outcome::TakenIn),
            rollbacks: node.rollbacks,
        };
        let before = self.promises.insert((by, to, stated.position), promise.clone());
        let same = before.is_none_or(|before| before == promise || before.rollbacks != promise.rollbacks);
        hold(same, || format!("{} acknowledges position {} in two ways", node.code, stated.position))
    }

    /// A node was shown that its disk was rolled back: until it is started again it signs no head.
    pub fn tail_lost(&mut self, number: usize, node: &Node) {
        self.lost_tails.insert((number, node.starts));
    }

    /// A lost tail was filled up: the log is the one that was signed before, and may be signed again.
    pub fn tail_restored(&mut self, number: usize, node: &Node) {
        self.lost_tails.remove(&(number, node.starts));
    }

    /// Keeps the history under a checkpoint that is about to be offered.
    pub fn signed(
        &mut self,
        number: usize,
        desk: &MemoryDesk,
        store: &MemoryStore,
        turn: &Turn,
    ) -> Result<(), Broken> {
        let Some(offer) = &turn.checkpoint else { return Ok(()) };
        let head = Checkpoint::peek(&offer.note).map_err(|fault| fault.to_string())?.head();
        let leaves = block_on(desk.log().leaf_hashes(store, 0, head.size));
        let leaves = leaves.map_err(|fault| format!("a checkpoint beyond the log: {fault}"))?;
        let longest = self.longest.entry((number, desk.letter().ledger.clone())).or_default();
        if leaves.len() > longest.len() && leaves.starts_with(longest) {
            longest.clone_from(&leaves);
        } else if !longest.starts_with(&leaves) {
            self.forked.insert(number);
        }
        self.histories.insert((number, head.size, head.root), leaves);
        Ok(())
    }

    /// What a node keeps as the witness of a ledger.
    pub fn witnessed(&self, node: &Node, origin: &str, now: Timestamp) -> Result<Watched, Broken> {
        // A process that is about to die reads as well as any.
        block_on(load(&node.store, origin, now)).map_err(|fault| fault.to_string())
    }

    /// A witness that took a turn in kept one history.
    pub fn check_witness(
        &self,
        node: &Node,
        of: usize,
        origin: &str,
        now: Timestamp,
        before: &Watched,
    ) -> Result<(), Broken> {
        let after = self.witnessed(node, origin, now)?;
        let (before, after) = (before.head(), after.head());
        if before == after {
            return Ok(());
        }
        let history = |head: TreeHead| match head.size {
            0 => Some(&[][..]),
            size => self.histories.get(&(of, size, head.root)).map(Vec::as_slice),
        };
        invariant::witness_keeps_one_history(&node.code, of, history(before), history(after))
    }

    /// Every rule about one node's disk.
    pub fn check_node(&mut self, node: &mut Node) -> Result<(), Broken> {
        let log = node.durable_log()?;
        invariant::log_only_grows(node, &log)?;
        node.head = (log.size(), log.tree_head().root);
        let receptions = self.read_receptions(node, &log)?;
        invariant::no_doubling(node, &receptions.indexes)?;
        invariant::a_conflict_is_entered_once(node, receptions.conflicts)?;
        invariant::positions_are_in_order(node, &log)?;
        invariant::nothing_is_forged(node, &self.wired)
    }

    /// The receptions in a node's log; only what is new is read.
    fn read_receptions(&mut self, node: &Node, log: &Log) -> Result<&Receptions, Broken> {
        let number = super::cast::node_of(&node.code).ok_or("a node that is nobody")?;
        let known = self.receptions.entry(number).or_default();
        if known.rollbacks != node.rollbacks {
            *known = Receptions { rollbacks: node.rollbacks, ..Receptions::default() };
        }
        while known.read < log.size() {
            let read =
                block_on(log.read(&node.store, known.read, 1000)).map_err(|fault| fault.to_string())?;
            for held in read {
                known.read += 1;
                let Some(committed) = held.entry() else {
                    hold(node.rollbacks > 0, || format!("an entry of {} was lost", node.code))?;
                    continue;
                };
                let received =
                    matches!(committed.entry().kind, EntryKind::Received | EntryKind::ReceptionRefused);
                known.indexes.extend(received.then_some(committed.index()));
                known.conflicts += usize::from(committed.entry().kind == EntryKind::Conflict);
            }
        }
        Ok(known)
    }

    /// Every promise of a node whose disk was not rolled back since.
    pub fn check_promises(&self, nodes: &[Node], of: &BTreeSet<usize>) -> Result<(), Broken> {
        for ((by, to, position), promise) in &self.promises {
            let node = nodes.get(*by).filter(|_| of.contains(by) && *by < BYZANTINE);
            if let Some(node) = node.filter(|node| node.rollbacks == promise.rollbacks) {
                invariant::promise_is_kept(node, &code(*to), *position, promise)?;
            }
        }
        Ok(())
    }
}
