//! The side that answers.

use super::{LookupKey, LookupKeys};
use crate::{
    app::{Ctx, Fault},
    config,
    http::exchange::TurnRefusal,
    reading::{Reader, Sight, outputs},
};
use comity_exchange::{
    BlockRefused, LookupBlock,
    lookup::{ELEMENT, MOST_QUESTIONS, PART, Published, Question, Reply, Stamp},
    tables::LookupSide,
};
use comity_record::{Canonical, PartyCode, label::Purpose};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

/// So many elements are evaluated where the request is; more of them on a thread of their own.
const IN_PLACE: usize = 16;

/// Why a question is not answered, as the asker may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum NotAnswered {
    /// The quota of the configuration is 0.
    #[error("questions are not answered here")]
    Off,
    /// The block was never opened, ended with a restart or another key, or is of somebody else.
    #[error("there is no open block of that id; open another")]
    NoBlock,
    /// More questions than the block has left.
    #[error("the block has {left} questions left; open another")]
    UsedUp {
        /// Questions left.
        left: u32,
    },
    /// The bytes are not 1 to 1,000 elements of the group.
    #[error("1 to 1,000 elements of ristretto255 are wanted, of 32 bytes each")]
    BadElement,
}

impl NotAnswered {
    /// The stable code of this error.
    fn code(self) -> &'static str {
        match self {
            NotAnswered::Off => "lookup/off",
            NotAnswered::NoBlock => "lookup/no-block",
            NotAnswered::UsedUp { .. } => "lookup/block-used-up",
            NotAnswered::BadElement => "lookup/bad-element",
        }
    }
}

impl From<NotAnswered> for TurnRefusal {
    fn from(why: NotAnswered) -> TurnRefusal {
        let (code, text) = (why.code(), why.to_string());
        match why {
            NotAnswered::BadElement => TurnRefusal::Malformed { code, text },
            _ => TurnRefusal::Refused { code, text },
        }
    }
}

/// Answers the questions of peers for one hosted party.
#[derive(Debug)]
pub struct Answering {
    ctx: Ctx,
    keys: LookupKeys,
    limits: config::Lookup,
    blocks: Mutex<BTreeMap<PartyCode, Arc<Block>>>,
}

/// A peer's open block.
#[derive(Debug)]
struct Block {
    id: [u8; 16],
    purpose: Purpose,
    questions: u32,
    left: AtomicU32,
    key: Arc<LookupKey>,
    set: tokio::sync::Mutex<Option<Made>>,
}

/// A keyed set, and what it was made of.
#[derive(Clone, Debug)]
struct Made {
    size: u64,
    sight: BTreeSet<crate::projection::index::ClassId>,
    set: Arc<Published>,
}

impl Answering {
    /// Answers for the party of a context, within limits.
    pub fn new(ctx: Ctx, keys: LookupKeys, limits: config::Lookup) -> Answering {
        Answering { ctx, keys, limits, blocks: Mutex::default() }
    }

    /// The reply to what a peer says.
    pub async fn answer(&self, peer: PartyCode, body: &[u8]) -> Result<Vec<u8>, TurnRefusal> {
        let question = Question::from_bytes(body)
            .map_err(|fault| TurnRefusal::Malformed { code: fault.code(), text: fault.to_string() })?;
        let reply = match question {
            Question::Open { block, purpose } => self.open(peer, *block, purpose).await?,
            Question::Set { block, known, part } => {
                let block = self.block(&peer, &block)?;
                self.set(peer, &block, known.map(|known| *known), part).await?
            }
            Question::Evaluate { block, blinded } => {
                let block = self.block(&peer, &block)?;
                evaluate(&block, blinded.into()).await?
            }
        };
        Ok(reply.to_bytes())
    }

    async fn open(&self, peer: PartyCode, id: [u8; 16], purpose: Purpose) -> Result<Reply, TurnRefusal> {
        if self.limits.per_day == 0 {
            return Err(NotAnswered::Off.into());
        }
        // A peer that lost our answer asks again.
        if let Ok(open) = self.block(&peer, &id) {
            return Ok(Reply::Opened { questions: open.questions });
        }
        let today = self.ctx.now().date();
        let replaced = self.keys.replace_after(self.limits.key_days, &*self.ctx.random, today);
        if replaced.map_err(|fault| failed(&fault))? {
            self.blocks().clear();
        }
        let questions = self.limits.block;
        let block = LookupBlock { id, peer: peer.clone(), side: LookupSide::Answers, purpose, questions };
        let per_day = self.limits.per_day;
        let entered = self.ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.open_lookup(now, means.entropy(), block, per_day).await
            })
        });
        match entered.await?.map_err(|fault| failed(&Fault::from(fault)))? {
            Err(why @ (BlockRefused::Quota { .. } | BlockRefused::Repeated)) => {
                return Err(TurnRefusal::Refused { code: why.code(), text: why.to_string() });
            }
            Ok(_) => {}
        }
        let (left, key) = (AtomicU32::new(questions), self.keys.current());
        let block = Block { id, purpose, questions, left, key, set: tokio::sync::Mutex::default() };
        self.blocks().insert(peer, Arc::new(block));
        Ok(Reply::Opened { questions })
    }

    async fn set(
        &self,
        peer: PartyCode,
        block: &Block,
        known: Option<Stamp>,
        part: u32,
    ) -> Result<Reply, TurnRefusal> {
        let mut made = block.set.lock().await;
        if part == 0 {
            let fresh = self.make(peer, block, made.take()).await.map_err(not_yet)?;
            if known == Some(fresh.set.stamp()) {
                *made = Some(fresh);
                return Ok(Reply::Unchanged);
            }
            *made = Some(fresh);
        }
        let reading = made.as_ref().filter(|made| part == 0 || known == Some(made.set.stamp()));
        let outputs = reading.and_then(|made| Some((made, made.set.part(part, PART)?)));
        let (made, outputs) = outputs.ok_or(TurnRefusal::NotFound)?;
        Ok(Reply::Set {
            stamp: made.set.stamp().into(),
            parts: made.set.parts(PART),
            outputs: outputs.to_vec().into(),
        })
    }

    /// The set as the peer may have it now. What it may see is worked out each time; the set is made again where that, or
    /// the log, is another.
    async fn make(&self, peer: PartyCode, block: &Block, before: Option<Made>) -> Result<Made, Fault> {
        let size = self.ctx.sequencer.size();
        self.ctx.views.index().objects.reaches(size).await?;
        self.ctx.views.reach_outputs(size).await?;
        let sight = Sight::of(&self.ctx, Reader::Other { party: peer, purpose: block.purpose }).await?;
        if let Some(before) = before.filter(|made| made.size == size && made.sight == *sight.classes()) {
            return Ok(before);
        }
        let outputs = outputs(self.ctx.views.feed().store(), &sight).await?;
        let set = Arc::new(Published::new(outputs, &block.key.padding));
        Ok(Made { size, sight: sight.classes().clone(), set })
    }

    fn block(&self, peer: &PartyCode, id: &[u8; 16]) -> Result<Arc<Block>, TurnRefusal> {
        let open = self.blocks().get(peer).filter(|block| block.id == *id).cloned();
        open.ok_or_else(|| NotAnswered::NoBlock.into())
    }

    fn blocks(&self) -> std::sync::MutexGuard<'_, BTreeMap<PartyCode, Arc<Block>>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer costs is one multiplication for each element, whatever is held.
async fn evaluate(block: &Block, blinded: Vec<u8>) -> Result<Reply, TurnRefusal> {
    let (elements, rest) = blinded.as_chunks::<ELEMENT>();
    if !rest.is_empty() || elements.is_empty() || elements.len() > MOST_QUESTIONS {
        return Err(NotAnswered::BadElement.into());
    }
    let asked = u32::try_from(elements.len()).unwrap_or(u32::MAX);
    let spent = block.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(asked));
    spent.map_err(|left| NotAnswered::UsedUp { left })?;
    let answered = if elements.len() <= IN_PLACE {
        block.key.prf.answers(elements)
    } else {
        let (key, blinded) = (Arc::clone(&block.key), blinded.clone());
        let work = tokio::task::spawn_blocking(move || key.prf.answers(blinded.as_chunks::<ELEMENT>().0));
        work.await.map_err(|_| TurnRefusal::Failed)?
    };
    let answered = answered.ok_or(NotAnswered::BadElement)?;
    Ok(Reply::Evaluated(answered.into()))
}

/// The outputs are still being made, which takes long the first time.
fn not_yet(fault: Fault) -> TurnRefusal {
    match fault.code.as_str() {
        "view/building" | "node/busy" => TurnRefusal::Busy { seconds: 30 },
        _ => failed(&fault),
    }
}

fn failed(fault: &Fault) -> TurnRefusal {
    tracing::error!(code = fault.code, %fault, "a lookup failed here");
    TurnRefusal::Failed
}
