//! Links to peers: answering their turns, and taking turns with those that have an address.
//!
//! A link is never needed in both directions: a turn carries everything either side has to say. A node without an
//! address is heard when it calls.

use super::{
    carry::{Carriers, Way},
    evidence::give::Giver,
    lookup::Answering,
    sequencer::{Means, NodeDesk, NotNow, Sequencer},
    tenure::Duty,
};
use crate::{
    http::{
        Answer,
        exchange::{Caller, ExchangeHandler, PeerClient, PeerFault, TurnRefusal},
    },
    random::Random,
    stop::Stopping,
};
use comity_exchange::{Backoff, DeskFault, Event, turn::Turn};
use comity_ledger::tile::TilePath;
use comity_record::{Canonical, Hash, PartyCode, RecordId};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// The longest a listener lets a peer's long poll wait, in milliseconds.
const LONGEST_POLL: u32 = 30_000;

/// Answers the turns of peers for one hosted party.
#[derive(Debug)]
pub struct Listener {
    /// The hosted party's sequencer.
    pub sequencer: Sequencer,
    /// Ends long polls when the node stops.
    pub stopping: Stopping,
    /// Counts what happened.
    pub tally: Arc<dyn Tally>,
    /// What is under way to peers by the other way.
    pub carriers: Carriers,
    /// Answers oblivious questions.
    pub answering: Answering,
    /// What peers are given of evidence.
    pub giver: Giver,
}

/// Who is told what happened in a turn: counters and the log.
pub trait Tally: Send + Sync + std::fmt::Debug {
    /// Something happened.
    fn event(&self, event: &Event);
    /// A turn with a peer failed.
    fn failed(&self, peer: &PartyCode, code: &str);
}

impl ExchangeHandler for Listener {
    fn turn(&self, caller: Caller, body: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move {
            self.sequencer.has_room()?;
            let turn = Turn::from_bytes(&body)
                .map_err(|fault| TurnRefusal::Malformed { code: fault.code(), text: fault.to_string() })?;
            let mut changes = self.sequencer.changes();
            let patience = turn.patience.min(LONGEST_POLL);
            let quiet = turn.is_idle();
            let (lacking, peer) = (turn.lacking, caller.peer.clone());
            let mut reply = self.take(caller.peer, turn).await?;
            if quiet && reply.is_idle() && patience > 0 {
                let mut stopping = self.stopping.clone();
                tokio::select! {
                    // Either way the turn is filled again: with what is new, or with nothing.
                    _changed = timeout(Duration::from_millis(patience.into()), changes.changed()) => {}
                    () = stopping.wait() => {}
                }
                reply = self.fill(peer, lacking).await?;
            }
            Ok(reply.to_bytes())
        })
    }

    fn checkpoint(&self, _: Caller) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move {
            let note = self.sequencer.run(|desk, means| {
                let now = means.now();
                Box::pin(async move { desk.checkpoint(now).await })
            });
            note.await?.map_err(|fault| self.failed(&fault))
        })
    }

    fn lookup(&self, caller: Caller, body: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { self.answering.answer(caller.peer, &body).await })
    }

    fn tile(&self, _: Caller, path: String) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move {
            let path = TilePath::parse(&format!("tile/{path}")).ok_or(TurnRefusal::NotFound)?;
            let bytes = self.sequencer.run(move |desk, _| Box::pin(async move { desk.tile(path).await }));
            let bytes = bytes.await?.map_err(|fault| self.failed(&fault))?;
            bytes.ok_or(TurnRefusal::NotFound)
        })
    }

    fn consignment(&self, caller: Caller, record: RecordId) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { self.giver.consignment(&caller.peer, record).await })
    }

    fn chunk(
        &self,
        caller: Caller,
        record: RecordId,
        chunk: Hash,
    ) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { self.giver.chunk(&caller.peer, record, chunk).await })
    }

    fn close(
        &self,
        caller: Caller,
        record: RecordId,
        entry: Vec<u8>,
    ) -> Answer<'_, Result<Vec<u8>, TurnRefusal>> {
        Box::pin(async move { self.giver.close(&caller.peer, record, &entry).await })
    }
}

impl Listener {
    async fn take(&self, peer: PartyCode, turn: Turn) -> Result<Turn, TurnRefusal> {
        let carriers = self.carriers.clone();
        let taken = self.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let lacking = turn.lacking;
                // A peer calls again when it has our last answer, or knows it lost.
                carriers.end(&peer, Way::Answer);
                let events = desk.take_turn(now, means.entropy(), &peer, &turn).await?;
                let mut reply = fill(desk, means, &carriers, &peer, Way::Answer).await?;
                desk.add_acknowledgements(&peer, lacking, &mut reply).await?;
                Ok((events, reply))
            })
        });
        let (events, reply) = taken.await?.map_err(|fault: DeskFault| self.failed(&fault))?;
        events.iter().for_each(|event| self.tally.event(event));
        Ok(reply)
    }

    async fn fill(&self, peer: PartyCode, lacking: u64) -> Result<Turn, TurnRefusal> {
        let carriers = self.carriers.clone();
        let filled = self.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let mut reply = fill(desk, means, &carriers, &peer, Way::Answer).await?;
                desk.add_acknowledgements(&peer, lacking, &mut reply).await?;
                Ok(reply)
            })
        });
        filled.await?.map_err(|fault: DeskFault| self.failed(&fault))
    }

    /// What a peer may know of our faults: nothing but that there was one. Our own log knows the rest.
    fn failed(&self, fault: &DeskFault) -> TurnRefusal {
        match fault {
            DeskFault::Misdirected { .. } => {
                TurnRefusal::Refused { code: fault.code(), text: "the turn is not for this party".to_owned() }
            }
            DeskFault::NoPeer { .. } => TurnRefusal::NotFound,
            _ => {
                tracing::error!(code = fault.code(), fault = %chain(fault), "a turn failed here");
                TurnRefusal::Failed
            }
        }
    }
}

/// A turn for a peer, without items while the other way has some under way.
async fn fill(
    desk: &mut NodeDesk,
    means: &mut Means,
    carriers: &Carriers,
    peer: &PartyCode,
    way: Way,
) -> Result<Turn, DeskFault> {
    let now = means.now();
    if !carriers.may(peer, way) {
        // No position comes after the last one.
        return desk.fill_turn_after(now, means.entropy(), peer, u64::MAX).await;
    }
    let turn = desk.fill_turn(now, means.entropy(), peer).await?;
    if !turn.items.is_empty() {
        carriers.begin(peer, way);
    }
    Ok(turn)
}

impl From<NotNow> for TurnRefusal {
    fn from(_: NotNow) -> TurnRefusal {
        TurnRefusal::Busy { seconds: 2 }
    }
}

/// A fault with its causes, on one line.
pub fn chain(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// What a caller needs to take turns with a peer.
#[derive(Debug)]
pub struct Calling {
    /// The party's sequencer.
    pub sequencer: Sequencer,
    /// The client with the party's identity.
    pub client: Arc<PeerClient>,
    /// For jitter.
    pub random: Arc<dyn Random>,
    /// The peer.
    pub peer: PartyCode,
    /// Ends the link.
    pub stopping: Stopping,
    /// Counts what happened.
    pub tally: Arc<dyn Tally>,
    /// How long a peer is asked to wait when it has nothing to say, in milliseconds.
    pub patience: u32,
    /// What is under way to peers by the other way.
    pub carriers: Carriers,
    /// Whether it is for this process to call.
    pub duty: Duty,
}

/// What a turn brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchanged {
    /// Something new is durable on one side or the other; there may be more.
    Progress,
    /// Neither side had anything to say.
    Nothing,
    /// Something was said and changed nothing: an acknowledgement or checkpoint that the other side does not accept.
    Stuck,
}

/// Why a turn with a peer did not come about.
#[derive(Debug, thiserror::Error)]
pub enum TurnFailed {
    /// Our own sequencer had no time.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// Our own desk failed.
    #[error(transparent)]
    Desk(#[from] DeskFault),
    /// The peer did not answer, or refused.
    #[error(transparent)]
    Peer(#[from] PeerFault),
    /// The peer's answer is not a turn.
    #[error("the peer's answer is not a turn")]
    Malformed(#[from] comity_record::Malformed),
    /// The peer's letter names no address: it calls us.
    #[error("the letter of `{party}` names no address")]
    NoAddress {
        /// The peer.
        party: PartyCode,
    },
}

impl TurnFailed {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            TurnFailed::NotNow(fault) => fault.code(),
            TurnFailed::Desk(fault) => fault.code(),
            TurnFailed::Peer(fault) => fault.code(),
            TurnFailed::Malformed(fault) => fault.code(),
            TurnFailed::NoAddress { .. } => "exchange/no-address",
        }
    }
}

impl Calling {
    /// Takes turns until the node stops: at once while either side has something to say, then by long poll, and after a
    /// failure with growing pauses.
    pub async fn run(mut self) {
        let mut backoff = Backoff::new();
        let mut changes = self.sequencer.changes();
        let mut patience = 0;
        while !self.stopping.is_stopping() {
            let mut stopping = self.stopping.clone();
            tokio::select! {
                () = self.duty.ours() => {}
                () = stopping.wait() => return,
            }
            changes.mark_unchanged();
            let outcome = tokio::select! {
                outcome = self.turn(patience) => Some(outcome),
                // Something new to say: the long poll is given up and a turn that says it is taken at once.
                changed = changes.changed(), if patience > 0 => changed.is_err().then_some(Ok(Exchanged::Nothing)),
                () = stopping.wait() => return,
            };
            match outcome {
                None => patience = 0,
                Some(Ok(Exchanged::Progress)) => {
                    backoff.succeeded();
                    patience = 0;
                }
                Some(Ok(Exchanged::Nothing)) => {
                    backoff.succeeded();
                    patience = self.patience;
                }
                Some(Ok(Exchanged::Stuck)) => {
                    self.pause(&mut backoff).await;
                    patience = 0;
                }
                Some(Err(fault)) => {
                    self.tally.failed(&self.peer, fault.code());
                    tracing::debug!(peer = %self.peer, code = fault.code(), fault = %chain(&fault), "no turn");
                    self.pause(&mut backoff).await;
                    patience = 0;
                }
            }
        }
    }

    /// One turn.
    pub async fn turn(&self, patience: u32) -> Result<Exchanged, TurnFailed> {
        let (peer, carriers) = (self.peer.clone(), self.carriers.clone());
        let _called = carriers.called(&peer);
        let filled = self.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let (lacking, told) = (desk.peer(&peer)?.lacking, desk.peer(&peer)?.told);
                let mut turn = fill(desk, means, &carriers, &peer, Way::Call).await?;
                desk.add_acknowledgements(&peer, lacking, &mut turn).await?;
                let address = desk.peer(&peer)?.letter.address.clone();
                Ok::<_, DeskFault>((turn, address, told))
            })
        });
        let (mut turn, address, told) = filled.await??;
        if address.is_empty() {
            return Err(TurnFailed::NoAddress { party: self.peer.clone() });
        }
        let said = !turn.is_idle();
        turn.patience = if said { 0 } else { patience };
        let answer = self.client.turn(&address, &self.peer, turn.to_bytes()).await?;
        let answer = Turn::from_bytes(&answer)?;
        let (heard, have) = (!answer.is_idle(), answer.have);
        let peer = self.peer.clone();
        let taken = self.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.take_turn(now, means.entropy(), &peer, &answer).await
            })
        });
        let events = taken.await??;
        events.iter().for_each(|event| self.tally.event(event));
        let progress = told < have || events.iter().any(Event::is_progress);
        Ok(match (said || heard, progress) {
            (false, _) => Exchanged::Nothing,
            (true, true) => Exchanged::Progress,
            (true, false) => Exchanged::Stuck,
        })
    }

    async fn pause(&mut self, backoff: &mut Backoff) {
        let draw = self.random.bytes::<8>().map_or(0, u64::from_be_bytes);
        let wait = Duration::from_millis(backoff.failed(draw));
        let _stopped = timeout(wait, self.stopping.wait()).await.is_ok();
    }
}
