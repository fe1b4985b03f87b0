//! The end of a run: everything is healed, turns are run until nothing changes, and what was promised must have come.

use super::{
    Broken,
    cast::{BYZANTINE, CODES, code},
    invariant::hold,
    node::Node,
    world::{Message, Report, World},
};
use comity_exchange::{
    Acknowledgement, DeskFault,
    tables::{ACKNOWLEDGED, INBOX, InboxRow, OUTBOX, OutboxRow, REJUDGED, Rejudged},
    turn::Turn,
};
use comity_ledger::{CheckpointKeys, memory::block_on, store::Table};
use comity_record::{Attested, Body, Canonical, CrossingId, sha256};
use std::collections::BTreeMap;

/// Rounds of turns between all pairs after which a run that still changes is a failure.
const ROUNDS: usize = 40;

impl World {
    /// Heals everything, runs turns until nothing changes, and compares both views of every crossing.
    pub fn settle(&mut self) -> Result<(), Broken> {
        self.note("everything is healed".to_owned());
        self.network.clear();
        self.cuts.clear();
        // Later than any clock was, so that nothing is from the future.
        self.now = self.now.plus_millis(4 * 24 * 3_600_000);
        for node in 0..BYZANTINE {
            self.nodes[node].skew = 0;
            self.nodes[node].restart()?;
            for other in (0..BYZANTINE).filter(|other| *other != node) {
                if self.is_suspended(node, other)? {
                    self.suspension(node, other, false)?;
                }
            }
        }
        self.until_quiet()?;
        if self.succeed()? {
            self.until_quiet()?;
        }
        self.touched.extend(0..BYZANTINE);
        self.check()?;
        self.cases_agree()?;
        for from in 0..BYZANTINE {
            self.recalls_are_applied(from)?;
            for to in (0..BYZANTINE).filter(|to| *to != from) {
                self.both_views_agree(from, to)?;
                self.is_cosigned(from, to)?;
                self.statements_count(from, to)?;
                self.has_nothing_to_say(from, to)?;
            }
        }
        Ok(())
    }

    /// Every node whose tail is lost for good goes on under a new origin, which its root signs.
    fn succeed(&mut self) -> Result<bool, Broken> {
        let mut any = false;
        for (number, code) in CODES.iter().enumerate().take(BYZANTINE) {
            let succeeded = self.nodes[number].succeed(number, self.now)?;
            if succeeded {
                self.report.succeeded += 1;
                self.observer.tail_restored(number, &self.nodes[number]);
                self.note(format!("the ledger of {code} goes on under a new origin"));
            }
            any |= succeeded;
        }
        Ok(any)
    }

    fn until_quiet(&mut self) -> Result<(), Broken> {
        let mut unchanged = 0;
        for _ in 0..ROUNDS {
            // Time passes, so that nobody waits for ever for the peer that never answers.
            self.now = self.now.plus_millis(11 * 60_000);
            let before = self.state();
            for a in 0..BYZANTINE {
                for b in a + 1..BYZANTINE {
                    let (caller, called) = if World::can_be_called(b) { (a, b) } else { (b, a) };
                    self.exchange(caller, called)?;
                }
            }
            // A letter that names a new ledger is heard in one round, its head shown in the next and cosigned in the third.
            unchanged = if self.state() == before { unchanged + 1 } else { 0 };
            if unchanged == 3 {
                return Ok(());
            }
        }
        Err(format!("after {ROUNDS} rounds between honest peers something still changes"))
    }

    /// Sizes of the logs and cosignatures seen: what changes while there is something to say.
    fn state(&self) -> (Vec<(u64, bool)>, [u64; 3]) {
        let one = |node: &Node| (node.desk.log().size(), node.desk.may_sign());
        let Report { cosigned, counted, moved, .. } = self.report;
        (self.nodes.iter().map(one).collect(), [cosigned, counted, moved])
    }

    /// One turn each way, with nothing between.
    fn exchange(&mut self, caller: usize, called: usize) -> Result<(), Broken> {
        let dead = "a node died after everything was healed";
        let bytes = self.compose(caller, called, None)?.ok_or(dead)?;
        let asked = Message { from: caller, to: called, reply: false, bytes };
        let lacking = self.arrive(&asked)?.ok_or(dead)?;
        let bytes = self.compose(called, caller, Some(lacking))?.ok_or(dead)?;
        self.arrive(&Message { from: called, to: caller, reply: true, bytes })?;
        self.check()
    }

    fn table(&self, node: usize, table: Table, peer: usize) -> Result<BTreeMap<u64, Vec<u8>>, Broken> {
        let desk = &self.nodes[node].desk;
        let number = desk.peer(&code(peer)).map_err(|fault| fault.to_string())?.number;
        let rows = block_on(desk.rows(table, number)).map_err(|fault| fault.to_string())?;
        // Where a key has two parts, the later row of a position is the one that counts.
        let position = |key: &[u8]| key.first_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
        Ok(rows.into_iter().map(|(key, value)| (position(&key), value)).collect())
    }

    /// Every position that `from` cleared for `to` was dealt with there, and both say the same about it. Where the disk
    /// of `from` was rolled back, positions were given twice: then only what was accepted is compared, which is a rule
    /// of every step. Where that of `to` was, the sender may hold an acknowledgement of the time before.
    fn both_views_agree(&self, from: usize, to: usize) -> Result<(), Broken> {
        let [sender, receiver] = [&self.nodes[from], &self.nodes[to]];
        if sender.rollbacks > 0 {
            return Ok(());
        }
        let inbox = self.table(to, INBOX, from)?;
        let acknowledged = self.table(from, ACKNOWLEDGED, to)?;
        let rejudged = self.table(from, REJUDGED, to)?;
        for (position, bytes) in self.table(from, OUTBOX, to)? {
            let name = || format!("position {position} of {} for {}", CODES[from], CODES[to]);
            let given = OutboxRow::from_bytes(&bytes).map_err(|fault| fault.to_string())?;
            let row = inbox.get(&position).ok_or_else(|| format!("{} never arrived", name()))?;
            let row = InboxRow::from_bytes(row).map_err(|fault| fault.to_string())?;
            let Some(dispatch) = &row.dispatch else {
                let last = rejudged.get(&position).map(|row| Rejudged::from_bytes(row));
                let erased =
                    matches!(block_on(sender.desk.envelope(given.record)), Err(DeskFault::Erased { .. }));
                let withdrawn = erased || matches!(last, Some(Ok(Rejudged { cleared: false, .. })));
                hold(withdrawn, || format!("{} was withdrawn, and still stands", name()))?;
                continue;
            };
            let bytes =
                acknowledged.get(&position).ok_or_else(|| format!("{} is not acknowledged", name()))?;
            let stated = Attested::<Acknowledgement>::from_bytes(bytes).map_err(|fault| fault.to_string())?;
            let stated = stated.claimed();
            let crossing = CrossingId::of(&given.record, &sender.code, &receiver.code);
            hold(stated.crossing == crossing, || format!("{} is acknowledged as another crossing", name()))?;
            if receiver.rollbacks > 0 {
                continue;
            }
            let same = stated.dispatch == sha256(&[dispatch])
                && row.outcome.as_ref() == Some(&stated.outcome)
                && row.index == Some(stated.index);
            hold(same, || format!("{} was dealt with in one way and acknowledged in another", name()))?;
            let twin = block_on(receiver.desk.log().entry(&receiver.store, stated.index));
            let twin = twin.map_err(|fault| format!("{} has no twin: {fault}", name()))?;
            let fits = twin.entry().to_bytes() == *stated.entry && twin.entry().crossing == Some(crossing);
            hold(fits, || format!("{} has a twin that is none", name()))?;
        }
        Ok(())
    }

    /// Once everything is said, nothing is said again.
    fn has_nothing_to_say(&mut self, from: usize, to: usize) -> Result<(), Broken> {
        if self.nodes[from].rollbacks + self.nodes[to].rollbacks > 0 {
            return Ok(());
        }
        let bytes = self.compose(from, to, None)?.ok_or("a node died after everything was healed")?;
        let turn = Turn::from_bytes(&bytes).map_err(|fault| fault.to_string())?;
        hold(turn.is_idle(), || {
            let (items, acks) = (turn.items.len(), turn.acknowledgements.len());
            format!("{} still tells {} {items} items and {acks} acknowledgements", CODES[from], CODES[to])
        })
    }

    /// The newest checkpoint of a node is cosigned by every honest peer.
    fn is_cosigned(&self, of: usize, by: usize) -> Result<(), Broken> {
        let node = &self.nodes[of];
        if self.observer.forked.contains(&of) {
            return Ok(());
        }
        if !node.desk.may_sign() && self.honest_witnesses(of)? == 0 {
            // Only the Byzantine peer ever cosigned it. What it then says counts, and it says nothing any more.
            return Ok(());
        }
        let name = || format!("the checkpoint of {} at {}", CODES[of], node.desk.log().size());
        let note = block_on(node.desk.checkpoint_at(node.desk.log().size(), self.now));
        let note = note
            .map_err(|fault| fault.to_string())?
            .ok_or_else(|| format!("{} is missing: {:?}", name(), node.desk.unconfirmed()))?;
        let signed = node.desk.checkpoint_keys().verify(&note).map_err(|fault| fault.to_string())?;
        let letter = &node.desk.peer(&code(by)).map_err(|fault| fault.to_string())?.letter;
        let keys = CheckpointKeys::of_letter(letter, self.now);
        let cosigned = keys.iter().any(|pair| matches!(pair.cosignature(&signed), Ok(Some(_))));
        hold(cosigned, || format!("{} is not cosigned by {}", name(), CODES[by]))
    }

    /// Every letter and revocation of a node counts at every honest peer.
    fn statements_count(&self, of: usize, by: usize) -> Result<(), Broken> {
        let (node, there) = (&self.nodes[of], &self.nodes[by]);
        if self.observer.forked.contains(&of) || !node.desk.may_sign() {
            return Ok(());
        }
        let peer = there.desk.peer(&node.code).map_err(|fault| fault.to_string())?;
        let name = || format!("{} as a peer of {}", node.code, there.code);
        hold(peer.letter == node.letter, || {
            format!("{} stands there with letter {}, not {}", name(), peer.letter.serial, node.letter.serial)
        })?;
        let all = node.revocations.iter().all(|revocation| peer.revoked.contains(&revocation.key));
        hold(all, || format!("{} revoked {} keys, and not all count", name(), node.revocations.len()))
    }

    /// How many honest peers cosigned some head of a node.
    fn honest_witnesses(&self, of: usize) -> Result<usize, Broken> {
        let mut count = 0;
        for by in (0..BYZANTINE).filter(|by| *by != of) {
            let origin = &self.nodes[of].letter.ledger;
            let watched = self.observer.witnessed(&self.nodes[by], origin, self.now)?;
            count += usize::from(watched.head().size > 0);
        }
        Ok(count)
    }

    /// Every recall that a node took in from the author of a record it holds was applied, whenever the node died.
    fn recalls_are_applied(&self, number: usize) -> Result<(), Broken> {
        let desk = &self.nodes[number].desk;
        let received = block_on(desk.received_records()).map_err(|fault| fault.to_string())?;
        for (id, _) in received {
            let held = match block_on(desk.envelope(id)) {
                Err(DeskFault::Erased { .. }) => continue,
                held => held.map_err(|fault| fault.to_string())?,
            };
            let Body::Recall(recall) = &held.record.statement().body else { continue };
            let Ok(recalled) = block_on(desk.envelope(recall.record)) else { continue };
            // A record that came only after its recall is another matter.
            if recalled.record.origin() != held.record.origin() || recalled.index > held.index {
                continue;
            }
            let applied = block_on(desk.is_recalled(recall.record)).map_err(|fault| fault.to_string())?;
            hold(applied, || {
                format!("{} took recall {} in and did not apply it", CODES[number], id.0.short())
            })?;
        }
        Ok(())
    }
}
