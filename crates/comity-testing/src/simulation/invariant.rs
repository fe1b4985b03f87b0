//! The rules that must hold after every step, each in one place.

use super::{
    Broken,
    cast::node_of,
    node::Node,
    observer::Promise,
    steps::{PERSON_MARK, RED_MARK},
};
use comity_exchange::{
    Acknowledgement, DeskFault, Dispatch, Event, Outcome, frames,
    tables::{ACKNOWLEDGED, INBOX, InboxRow, OUTBOX, OutboxRow, RECORDS},
    turn::Item,
};
use comity_ledger::{
    Log, equivocation::EQUIVOCATIONS, memory::block_on, proof::verify_inclusion, store::Store,
};
use comity_record::{Attested, Canonical, CrossingId, EntryKind, Hash, PartyCode, RecordId, sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Holds, or says what did not.
pub(super) fn hold(is_so: bool, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if is_so { Ok(()) } else { Err(what()) }
}

/// Every dispatch on the wire opens to an entry in its sender's durable log, which is a clearance of that record for
/// that recipient by that decision, and the decision is kept and cleared it. Nothing refused at home is ever sent.
pub(super) fn no_wire_without_entry(
    node: &Node,
    log: &Log,
    to: &PartyCode,
    dispatch: &Dispatch,
) -> Result<(), Broken> {
    let name = || format!("the dispatch of {} for {to} at position {}", node.code, dispatch.position);
    hold(dispatch.from == node.code && dispatch.to == *to, || format!("{} is addressed otherwise", name()))?;
    let committed = block_on(log.entry(&node.store, dispatch.index));
    let committed = committed.map_err(|fault| format!("{} has no entry: {fault}", name()))?;
    let entry = committed.entry();
    let opens = entry.to_bytes() == *dispatch.entry && *committed.salt() == *dispatch.salt;
    hold(opens, || format!("{} does not open its entry", name()))?;
    let is_its_clearance = entry.kind == EntryKind::Cleared
        && entry.party == node.code
        && entry.counterparty.as_ref() == Some(to)
        && entry.record == Some(dispatch.record)
        && entry.crossing == Some(dispatch.crossing());
    hold(is_its_clearance, || format!("{} goes with another entry: {entry:?}", name()))?;
    let decision = block_on(node.desk.decision(dispatch.index)).map_err(|fault| fault.to_string())?;
    let (_, decision, request) = decision.ok_or_else(|| format!("{} has no decision", name()))?;
    hold(decision.ruling.is_cleared(), || format!("{} was refused at home", name()))?;
    hold(entry.decision == Some(decision.hash()), || format!("{} has another decision", name()))?;
    hold(request == dispatch.request, || format!("{} carries another request", name()))?;
    let head = log.tree_head();
    let proof = block_on(log.inclusion_proof(&node.store, dispatch.index, head.size));
    let proof = proof.map_err(|fault| format!("{} cannot be proved: {fault}", name()))?;
    verify_inclusion(committed.leaf(), dispatch.index, head.size, &proof, &head.root)
        .map_err(|fault| format!("{} is not in the log: {fault}", name()))
}

/// What is in the frame is what the dispatch says, and nothing in it was to stay at home.
pub(super) fn nothing_secret_is_sent(
    item: &Item,
    dispatch: &Dispatch,
    red: &BTreeSet<RecordId>,
) -> Result<(), Broken> {
    let bytes = item.frame.as_ref().ok_or("a dispatch without a frame was sent")?;
    hold(sha256(&[bytes]) == dispatch.frame, || "a frame that is not its dispatch's was sent".to_owned())?;
    hold(!red.contains(&dispatch.record), || format!("RED record {} was sent", dispatch.record.0.short()))?;
    let frame = frames::decompress(bytes).map_err(|fault| fault.to_string())?.to_bytes();
    for mark in [RED_MARK, PERSON_MARK] {
        hold(!contains(&frame, mark), || {
            format!("`{mark}` stands in the frame of {}", dispatch.record.0.short())
        })?;
    }
    Ok(())
}

/// Whether bytes contain a text.
pub(super) fn contains(bytes: &[u8], mark: &str) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark.as_bytes())
}

/// An acknowledgement that leaves a node says what its durable inbox says.
pub(super) fn acknowledged_means_durable(
    node: &Node,
    to: &PartyCode,
    acknowledgement: &Acknowledgement,
) -> Result<(), Broken> {
    let position = acknowledgement.position;
    let name = || format!("{} acknowledges position {position} of {to}", node.code);
    let row = inbox_row(node, to, position)?.ok_or_else(|| format!("{} and does not hold it", name()))?;
    let fits = row.dispatch.as_ref().map(|bytes| sha256(&[bytes])) == Some(acknowledgement.dispatch)
        && row.outcome.as_ref() == Some(&acknowledgement.outcome)
        && row.index == Some(acknowledgement.index);
    hold(fits, || format!("{} otherwise than it entered it", name()))?;
    let entry = block_on(node.desk.log().entry(&node.store, acknowledgement.index));
    let entry = entry.map_err(|fault| format!("{} without an entry: {fault}", name()))?;
    hold(entry.entry().to_bytes() == *acknowledgement.entry, || format!("{} with another entry", name()))?;
    let Some(record) = row.record.filter(|_| acknowledgement.outcome == Outcome::TakenIn) else {
        return Ok(());
    };
    match block_on(node.desk.held(record)) {
        // What came back to its author may have been erased there.
        Ok(_) | Err(DeskFault::Erased { .. }) => Ok(()),
        Err(fault) => Err(format!("{} as taken in and cannot read it: {fault}", name())),
    }
}

/// Every position that a node says it holds is in its durable inbox.
pub(super) fn have_means_durable(node: &Node, to: &PartyCode, have: u64) -> Result<(), Broken> {
    let number = node.desk.peer(to).map_err(|fault| fault.to_string())?.number;
    let rows = block_on(node.desk.rows(INBOX, number)).map_err(|fault| fault.to_string())?;
    let held = (1u64..).zip(&rows).take_while(|(position, (key, _))| *key == position.to_be_bytes()).count();
    hold(have == held as u64, || {
        format!("{} says it holds {to}'s positions to {have}, its disk holds {held}", node.code)
    })
}

/// What a node once acknowledged stays in its inbox, and what it took in stays held.
pub(super) fn promise_is_kept(
    node: &Node,
    to: &PartyCode,
    position: u64,
    promise: &Promise,
) -> Result<(), Broken> {
    let row = inbox_row(node, to, position)?;
    let dispatch = row.and_then(|row| row.dispatch).map(|bytes| sha256(&[&bytes]));
    hold(dispatch == Some(promise.dispatch), || {
        format!("{} acknowledged position {position} of {to} and no longer holds it", node.code)
    })?;
    let Some(record) = promise.taken_in else { return Ok(()) };
    let row = block_on(node.store.get_many(RECORDS, &[(0, record.0.0.to_vec())]));
    let row = row.map_err(|fault| fault.to_string())?.pop().flatten();
    hold(row.is_some(), || format!("{} took record {} in and lost it", node.code, record.0.short()))
}

fn inbox_row(node: &Node, from: &PartyCode, position: u64) -> Result<Option<InboxRow>, Broken> {
    let number = node.desk.peer(from).map_err(|fault| fault.to_string())?.number;
    let row = block_on(node.store.get_many(INBOX, &[(number, position.to_be_bytes().to_vec())]));
    let row = row.map_err(|fault| fault.to_string())?.pop().flatten();
    row.map(|bytes| InboxRow::from_bytes(&bytes).map_err(|fault| fault.to_string())).transpose()
}

/// The durable log never shrinks nor changes behind its end, and is whole.
pub(super) fn log_only_grows(node: &Node, log: &Log) -> Result<(), Broken> {
    let (size, root) = node.head;
    hold(log.size() >= size, || format!("the log of {} shrank from {size} to {}", node.code, log.size()))?;
    let now = block_on(log.root_at(&node.store, size)).map_err(|fault| fault.to_string())?;
    hold(now == root, || format!("the log of {} changed before entry {size}", node.code))?;
    hold(node.desk.log().head() == log.head(), || {
        format!("the desk of {} stands at {}, its disk at {}", node.code, node.desk.log().head(), log.head())
    })?;
    block_on(log.audit(&node.store)).map(drop).map_err(|fault| format!("audit of {}: {fault}", node.code))
}

/// Nothing is entered twice: the receptions of the log and the rows of the inboxes name each other, one to one, and no
/// dispatch was received twice.
pub(super) fn no_doubling(node: &Node, receptions: &BTreeSet<u64>) -> Result<(), Broken> {
    let (mut indexes, mut dispatches) = (BTreeSet::new(), BTreeSet::new());
    for row in node.store.rows(INBOX) {
        let row = InboxRow::from_bytes(&row.value).map_err(|fault| fault.to_string())?;
        let (Some(index), Some(dispatch)) = (row.index, row.dispatch) else { continue };
        hold(indexes.insert(index), || format!("{} has two inbox rows of entry {index}", node.code))?;
        hold(dispatches.insert(sha256(&[&dispatch])), || format!("{} took a dispatch in twice", node.code))?;
    }
    hold(indexes == *receptions, || {
        let odd: Vec<_> = indexes.symmetric_difference(receptions).collect();
        format!("inbox and log of {} disagree on receptions {odd:?}", node.code)
    })
}

/// Two heads that exclude each other are entered once, however often they are shown.
pub(super) fn a_conflict_is_entered_once(node: &Node, entered: usize) -> Result<(), Broken> {
    let proofs = node.store.rows(EQUIVOCATIONS).len();
    hold(entered == proofs, || format!("{} entered {entered} conflicts and keeps {proofs}", node.code))
}

/// Positions are given in order without a hole, each with the clearance of its record for that peer; and what a peer
/// acknowledged is a crossing that was given that position.
pub(super) fn positions_are_in_order(node: &Node, log: &Log) -> Result<(), Broken> {
    for (party, peer) in node.desk.peers() {
        let rows = block_on(node.desk.rows(OUTBOX, peer.number)).map_err(|fault| fault.to_string())?;
        let mut crossings = BTreeMap::new();
        for (expected, (key, value)) in (1u64..).zip(&rows) {
            let position = key.first_chunk().copied().map_or(0, u64::from_be_bytes);
            // A node that lost positions gives the next ones behind those that its peer holds, or says it holds.
            let jumps = node.rollbacks > 0 || node_of(party) == Some(super::cast::BYZANTINE);
            hold(position == expected || jumps, || {
                format!("the outbox of {} for {party} has a hole before {expected}", node.code)
            })?;
            let row = OutboxRow::from_bytes(value).map_err(|fault| fault.to_string())?;
            crossings.insert(position, CrossingId::of(&row.record, &node.code, party));
            let newest = expected == rows.len() as u64;
            if !newest {
                continue;
            }
            let entry = block_on(log.entry(&node.store, row.index)).map_err(|fault| fault.to_string())?;
            let fits = entry.entry().kind == EntryKind::Cleared && entry.entry().record == Some(row.record);
            hold(fits, || format!("position {position} of {} for {party} was not cleared", node.code))?;
        }
        let last = crossings.last_key_value().map_or(0, |(position, _)| *position);
        hold(peer.last == last, || {
            format!("{} believes in {} positions for {party}, the last is {last}", node.code, peer.last)
        })?;
        let rows = block_on(node.desk.rows(ACKNOWLEDGED, peer.number)).map_err(|fault| fault.to_string())?;
        for (_, value) in rows {
            let signed =
                Attested::<Acknowledgement>::from_bytes(&value).map_err(|fault| fault.to_string())?;
            let (position, crossing) = (signed.claimed().position, signed.claimed().crossing);
            hold(crossings.get(&position) == Some(&crossing), || {
                format!("{} took an acknowledgement by {party} of another crossing at {position}", node.code)
            })?;
        }
    }
    Ok(())
}

/// No record of an honest party is held that this party did not send.
pub(super) fn nothing_is_forged(node: &Node, wired: &BTreeSet<RecordId>) -> Result<(), Broken> {
    let received = block_on(node.desk.received_records()).map_err(|fault| fault.to_string())?;
    for (record, row) in received {
        let from = row.received_from.as_ref().and_then(node_of);
        if from.is_some_and(|from| from < super::cast::BYZANTINE) {
            hold(wired.contains(&record), || {
                format!("{} holds {} which nobody sent", node.code, record.0.short())
            })?;
        }
    }
    Ok(())
}

/// An honest peer's turns are accepted. What the network does to them explains a stale checkpoint, and clocks explain
/// an item from the future or too old; a disk rolled back, on either side, explains acknowledgements and checkpoints of
/// a past that one of them no longer knows.
pub(super) fn honest_peers_are_accepted(event: &Event, rolled_back: [bool; 2]) -> Result<(), Broken> {
    let [here, there] = rolled_back;
    match event {
        Event::Faulty { from, code } => {
            hold(["exchange/expired", "exchange/future"].contains(&code.as_str()), || {
                format!("an item of {from} was not accepted: {code}")
            })
        }
        Event::BadAcknowledgement { from, code } => {
            hold(here || there, || format!("an acknowledgement of {from} was not accepted: {code}"))
        }
        Event::BadCheckpoint { from, why } => hold(here || there || why == "witness/conflict", || {
            format!("a checkpoint or cosignature of {from} was not accepted: {why}")
        }),
        Event::Conflict { by } => hold(there, || format!("{by} is accused and has one history")),
        Event::TailLost { shown_by, .. } => {
            hold(here, || format!("{shown_by} says that our tail was lost, and it was not"))
        }
        Event::TailRestored { .. } | Event::LeavesFetched { .. } | Event::PositionLost { .. } => {
            hold(here, || "something is mended that was never lost".to_owned())
        }
        Event::LedgerSucceeded { by, .. } => {
            hold(there, || format!("the ledger of {by} goes on under another name for nothing"))
        }
        // A clock that goes wrong sees a letter of the future.
        Event::BadAnnouncement { from, code } => hold(there || code == "letter/future", || {
            format!("a root statement of {from} was not accepted: {code}")
        }),
        Event::TakenIn { .. }
        | Event::Refused { .. }
        | Event::LetterTaken { .. }
        | Event::KeyRevoked { .. }
        | Event::LeavesKept { .. }
        | Event::Acknowledged { .. }
        | Event::HeadConfirmed { .. }
        | Event::Cosigned { .. } => Ok(()),
    }
}

/// A witness goes from a head only to one that continues it; `before` and `after` are the leaf hashes under both.
pub(super) fn witness_keeps_one_history(
    witness: &PartyCode,
    of: usize,
    before: Option<&[Hash]>,
    after: Option<&[Hash]>,
) -> Result<(), Broken> {
    let name = || format!("{witness} as the witness of {}", super::cast::CODES[of]);
    let before = before.ok_or_else(|| format!("{} kept a head that was never signed", name()))?;
    let after = after.ok_or_else(|| format!("{} keeps a head that was never signed", name()))?;
    hold(after.starts_with(before), || {
        format!("{} went from a head of {} to another history of {}", name(), before.len(), after.len())
    })
}
