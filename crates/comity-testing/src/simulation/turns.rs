//! Turns between nodes: composed, put on the network as bytes, and taken in when they arrive, if they do.

use super::{
    Broken,
    cast::{BYZANTINE, CODES, code},
    node::Did,
    world::{Message, World},
};
use comity_exchange::{DeskFault, Event, turn::Turn};
use comity_ledger::memory::block_on;
use comity_record::Canonical;

impl World {
    /// A node begins a session with another: its turn goes on the network.
    pub fn call(&mut self, from: usize, to: usize) -> Result<(), Broken> {
        if self.is_cut(from, to) || !World::can_be_called(to) {
            return Ok(());
        }
        self.send(from, to, None)
    }

    fn send(&mut self, from: usize, to: usize, lacking: Option<u64>) -> Result<(), Broken> {
        let Some(bytes) = self.compose(from, to, lacking)? else { return Ok(()) };
        let reply = lacking.is_some();
        self.note(format!(
            "{} {} {} ({} bytes)",
            CODES[from],
            if reply { "answers" } else { "calls" },
            CODES[to],
            bytes.len()
        ));
        self.network.push(Message { from, to, reply, bytes });
        Ok(())
    }

    /// The bytes of a node's turn, seen by the observer; `None` where the node died while composing it.
    pub fn compose(
        &mut self,
        from: usize,
        to: usize,
        lacking: Option<u64>,
    ) -> Result<Option<Vec<u8>>, Broken> {
        if from == BYZANTINE {
            self.report.attacks += 1;
            return self.byzantine.speak(&mut self.random, &mut self.observer, self.now, to, lacking);
        }
        self.touched.insert(from);
        let peer = code(to);
        let node = &mut self.nodes[from];
        let now = node.clock(self.now);
        let (desk, entropy) = (&mut node.desk, &mut node.entropy);
        let composed = block_on(async {
            let lacking = match lacking {
                Some(lacking) => lacking,
                None => desk.peer(&peer)?.lacking,
            };
            let mut turn = desk.fill_turn(now, entropy, &peer).await?;
            desk.add_acknowledgements(&peer, lacking, &mut turn).await?;
            Ok::<_, DeskFault>(turn)
        });
        let turn = match node.after(composed)? {
            Did::Crashed => return self.died(from, "filling a turn"),
            Did::Done(turn) => turn.map_err(|fault| fault_of(from, "cannot fill a turn", &fault))?,
        };
        let bytes = turn.to_bytes();
        self.observer.sent(&self.nodes[from], to, &turn)?;
        self.byzantine.capture(&bytes);
        Ok(Some(bytes))
    }

    /// Something under way arrives, or is lost, or arrives and comes again.
    pub fn deliver(&mut self) -> Result<(), Broken> {
        if self.network.is_empty() {
            return Ok(());
        }
        let at = self.pick(self.network.len());
        let again = self.chance(8);
        let message = if again { self.network[at].clone() } else { self.network.swap_remove(at) };
        self.report.duplicated += u64::from(again);
        if self.chance(10) || self.is_cut(message.from, message.to) {
            self.report.lost += 1;
            self.note(format!("lost: {} to {}", CODES[message.from], CODES[message.to]));
            return Ok(());
        }
        if let Some(lacking) = self.arrive(&message)?
            && !message.reply
        {
            self.send(message.to, message.from, Some(lacking))?;
        }
        Ok(())
    }

    /// A turn arrives. What the speaker lacks, if the turn was taken in.
    pub fn arrive(&mut self, message: &Message) -> Result<Option<u64>, Broken> {
        let (from, to) = (message.from, message.to);
        if to == BYZANTINE {
            return Ok(self.byzantine.hear(self.now, from, &message.bytes));
        }
        let Ok(turn) = Turn::from_bytes(&message.bytes) else {
            self.note(format!("{} cannot read a turn of {}", CODES[to], CODES[from]));
            return if from == BYZANTINE {
                Ok(None)
            } else {
                Err("an honest turn cannot be read".to_owned())
            };
        };
        self.report.turns += 1;
        self.touched.insert(to);
        let peer = code(from);
        let now = self.nodes[to].clock(self.now);
        let origin = match from {
            BYZANTINE => super::cast::cast().roles[from].party.letter.ledger.clone(),
            _ => self.nodes[from].letter.ledger.clone(),
        };
        let node = &mut self.nodes[to];
        let before = self.observer.witnessed(node, &origin, now)?;
        let taken = block_on(node.desk.take_turn(now, &mut node.entropy, &peer, &turn));
        let events = match node.after(taken)? {
            Did::Crashed => {
                self.died::<()>(to, "taking in a turn")?;
                self.observer.check_witness(&self.nodes[to], from, &origin, now, &before)?;
                return Ok(None);
            }
            Did::Done(Err(DeskFault::Misdirected { .. })) if from == BYZANTINE => return Ok(None),
            Did::Done(events) => events
                .map_err(|fault| fault_of(to, &format!("cannot take a turn of {}", CODES[from]), &fault))?,
        };
        self.observer.check_witness(&self.nodes[to], from, &origin, now, &before)?;
        self.heard(to, from, &events)?;
        Ok(Some(turn.lacking))
    }

    fn heard(&mut self, to: usize, from: usize, events: &[Event]) -> Result<(), Broken> {
        for event in events {
            self.note(format!("{} from {}: {}", CODES[to], CODES[from], in_short(event)));
            match event {
                Event::TakenIn { .. } => self.report.taken_in += 1,
                Event::Conflict { .. } => self.report.conflicts += 1,
                Event::TailLost { .. } => self.observer.tail_lost(to, &self.nodes[to]),
                Event::Cosigned { .. } => self.report.cosigned += 1,
                Event::LetterTaken { .. } | Event::KeyRevoked { .. } => self.report.counted += 1,
                Event::TailRestored { .. } => {
                    self.report.mended += 1;
                    self.observer.tail_restored(to, &self.nodes[to]);
                }
                Event::PositionLost { .. } => self.report.moved += 1,
                _ => {}
            }
            if from != BYZANTINE {
                let rolled_back = [self.nodes[to].rollbacks > 0, self.nodes[from].rollbacks > 0];
                super::invariant::honest_peers_are_accepted(event, rolled_back)?;
            }
        }
        Ok(())
    }

    /// Writes down that a node died and came back.
    pub fn died<T>(&mut self, node: usize, doing: &str) -> Result<Option<T>, Broken> {
        self.report.crashes += 1;
        self.note(format!("{} died while {doing}, and is back", CODES[node]));
        Ok(None)
    }
}

/// A fault that nothing in the simulation explains.
pub(super) fn fault_of(node: usize, what: &str, fault: &DeskFault) -> Broken {
    let mut text = format!("{} {what}: {fault}", CODES[node]);
    let mut source = std::error::Error::source(fault);
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    text
}

fn in_short(event: &Event) -> String {
    match event {
        Event::TakenIn { record, .. } => format!("taken in {}", record.0.short()),
        Event::Refused { record, code, .. } => format!("refused {} ({code})", record.0.short()),
        Event::Faulty { code, .. } => format!("faulty item ({code})"),
        Event::Acknowledged { position, .. } => format!("acknowledged {position}"),
        Event::BadAcknowledgement { code, .. } => format!("bad acknowledgement ({code})"),
        Event::Cosigned { size, .. } => format!("cosigned {size}"),
        Event::Conflict { .. } => "two histories".to_owned(),
        Event::HeadConfirmed { size, .. } => format!("head confirmed at {size}"),
        Event::TailLost { size, .. } => format!("tail lost, {size} were shown"),
        Event::LeavesFetched { through, .. } => format!("hashes of the lost tail to {through}"),
        Event::TailRestored { from, to, .. } => format!("tail restored, {from} to {to}"),
        Event::LeavesKept { through, .. } => format!("hashes kept to {through}"),
        Event::LetterTaken { serial, .. } => format!("letter {serial} counts"),
        Event::KeyRevoked { key, .. } => format!("key {key} is revoked"),
        Event::LedgerSucceeded { from, to, .. } => format!("ledger succeeded, {from} to {to} lost"),
        Event::PositionLost { position, .. } => format!("position {position} was lost"),
        Event::BadAnnouncement { code, .. } => format!("bad announcement ({code})"),
        Event::BadCheckpoint { why, .. } => format!("bad checkpoint ({why})"),
    }
}
