//! The side that asks.

use crate::{
    app::{Action, Ctx, Fault},
    http::exchange::{PeerClient, PeerFault},
    reading::values_asked,
};
use comity_exchange::{
    DeskFault, Entropy, LookupBlock, Scope,
    lookup::{Blinded, ELEMENT, MOST_QUESTIONS, Question, Reply, Set, Stamp, input_of},
    tables::LookupSide,
};
use comity_record::{Canonical, PartyCode, label::Purpose};
use comity_threat::{index::Family, value::recognise};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, sync::Arc};
use tokio::sync::Mutex;

/// Asks another State whether values are held there, without showing them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Lookup {
    /// Values as typed: defanged or not. They stay at this node.
    pub values: Vec<String>,
    /// The party asked.
    pub at: String,
    /// What for, a code of purposes.csv.
    pub purpose: String,
    /// Also the names above a name, and common ranges around an address: each is a question of its own.
    #[serde(default)]
    pub above: bool,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LookupShown {
    /// Each value, in order.
    pub asked: Vec<AskedValue>,
    /// The unit that the asked party's letter names for the purpose: whom to ask on.
    pub ask_on: Option<String>,
    /// Questions left in the block.
    pub left: u32,
}

/// A value that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AskedValue {
    /// As typed.
    pub text: String,
    /// What was looked up: the value itself, and what is above it where that was asked for too.
    pub terms: Vec<String>,
    /// Those of them that are held.
    pub held: Vec<String>,
}

/// The blocks opened at peers, and their sets. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Asking(Arc<Mutex<BTreeMap<PartyCode, Open>>>);

/// A block opened at a peer.
#[derive(Clone, Debug)]
struct Open {
    id: [u8; 16],
    purpose: Purpose,
    left: u32,
    set: Option<Arc<Set>>,
}

impl Action for Lookup {
    const NAME: &'static str = "lookup";
    const SUMMARY: &'static str = "asks another State whether values are held there, without showing them";
    const SCOPE: Scope = Scope::Share;
    type Reply = LookupShown;

    async fn run(self, ctx: &Ctx) -> Result<LookupShown, Fault> {
        let peer: PartyCode = self.at.parse().map_err(Fault::input)?;
        let purpose: Purpose = self.purpose.parse().map_err(Fault::input)?;
        let mut asked = Vec::with_capacity(self.values.len());
        for text in &self.values {
            asked.push(AskedValue { text: text.clone(), terms: terms(text, self.above)?, held: Vec::new() });
        }
        let questions = asked.iter().map(|one| one.terms.len()).sum::<usize>();
        if !(1..=MOST_QUESTIONS).contains(&questions) {
            let text = format!("1 to {MOST_QUESTIONS} questions can be asked at once; these are {questions}");
            return Err(Fault::input(text));
        }
        let mut seat = Seat::of(ctx, peer, purpose).await?;
        let mut blocks = ctx.asking.0.lock().await;
        let held = seat.ask(&mut blocks, &asked).await?;
        let mut held = held.into_iter();
        for one in &mut asked {
            let terms = one.terms.iter().zip(held.by_ref());
            one.held = terms.filter(|(_, held)| *held).map(|(term, _)| term.clone()).collect();
        }
        let left = blocks.get(&seat.peer).map_or(0, |open| open.left);
        Ok(LookupShown { asked, ask_on: seat.ask_on, left })
    }
}

/// What is looked up for a text, the value itself first.
fn terms(text: &str, above: bool) -> Result<Vec<String>, Fault> {
    let value = recognise(text)
        .ok_or_else(|| Fault::input(format!("`{text}` is no name, address, URL, hash or mail address")))?;
    let asked = values_asked(&value, if value.text().contains(':') { &[64, 48, 32] } else { &[24, 16] });
    // A set holds values alone; what stands under a name is not in it.
    let values = asked.into_iter().filter(|(family, _)| *family == Family::Value);
    let mut terms: Vec<String> = values.map(|(_, term)| term).collect();
    terms.truncate(if above { terms.len() } else { 1 });
    Ok(terms)
}

/// One asker at one peer.
struct Seat<'c> {
    ctx: &'c Ctx,
    client: Arc<PeerClient>,
    peer: PartyCode,
    purpose: Purpose,
    address: String,
    ask_on: Option<String>,
}

impl fmt::Debug for Seat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl<'c> Seat<'c> {
    async fn of(ctx: &'c Ctx, peer: PartyCode, purpose: Purpose) -> Result<Seat<'c>, Fault> {
        let client = ctx.caller.clone().ok_or_else(|| {
            Fault::new("lookup/not-serving", "peers are asked by the running node, and none runs here")
                .help("start it with `comity serve`")
        })?;
        let asked = peer.clone();
        let letter = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move { Ok::<_, DeskFault>(desk.peer(&asked)?.letter.clone()) })
        });
        let letter = letter.await??;
        if letter.address.is_empty() {
            let text = format!("the letter of `{peer}` names no address, so it cannot be asked at once");
            return Err(Fault::new("lookup/no-address", text));
        }
        let ask_on = letter.unit_for(purpose).map(|unit| unit.unit.to_string());
        Ok(Seat { ctx, client, peer, purpose, address: letter.address, ask_on })
    }

    /// Whether each term is held, in order. A block that the peer no longer knows is replaced once.
    async fn ask(
        &mut self,
        blocks: &mut BTreeMap<PartyCode, Open>,
        asked: &[AskedValue],
    ) -> Result<Vec<bool>, Fault> {
        let terms: Vec<&str> = asked.iter().flat_map(|one| &one.terms).map(String::as_str).collect();
        let wanted = u32::try_from(terms.len()).unwrap_or(u32::MAX);
        let kept =
            blocks.remove(&self.peer).filter(|open| open.purpose == self.purpose && open.left >= wanted);
        if let Some(mut open) = kept {
            match self.ask_in(&mut open, &terms).await {
                Err(fault) if fault.code == "lookup/no-block" => {}
                Err(fault) => return Err(fault),
                Ok(held) => {
                    blocks.insert(self.peer.clone(), open);
                    return Ok(held);
                }
            }
        }
        let mut open = self.open().await?;
        if open.left < wanted {
            let text = format!("a block of `{}` has {} questions; these are {wanted}", self.peer, open.left);
            blocks.insert(self.peer.clone(), open);
            return Err(Fault::new("lookup/too-many", text).help("ask for fewer values at once"));
        }
        let held = self.ask_in(&mut open, &terms).await;
        blocks.insert(self.peer.clone(), open);
        held
    }

    async fn ask_in(&self, open: &mut Open, terms: &[&str]) -> Result<Vec<bool>, Fault> {
        let set = self.set(open).await?;
        let mut entropy = Drawn { ctx: self.ctx, failed: false };
        let blinded: Option<Vec<Blinded>> =
            terms.iter().map(|term| Blinded::new(input_of(term).as_bytes(), &mut entropy)).collect();
        let blinded = blinded.filter(|_| !entropy.failed);
        let blinded = blinded.ok_or_else(|| Fault::new("random/failed", "nothing can be blinded"))?;
        let question = Question::evaluate(open.id, blinded.iter().map(Blinded::element));
        let Reply::Evaluated(answers) = self.call(&question).await? else { return Err(self.odd()) };
        open.left = open.left.saturating_sub(u32::try_from(terms.len()).unwrap_or(u32::MAX));
        let (answers, rest) = answers.as_chunks::<ELEMENT>();
        if answers.len() != blinded.len() || !rest.is_empty() {
            return Err(self.odd());
        }
        let outputs = blinded.iter().zip(answers).map(|(blinded, answer)| blinded.finish(answer));
        outputs.map(|output| output.map(|output| set.has(&output)).ok_or_else(|| self.odd())).collect()
    }

    /// Enters the block here, then opens it there.
    async fn open(&self) -> Result<Open, Fault> {
        let id = self.ctx.random.bytes().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let (peer, purpose) = (self.peer.clone(), self.purpose);
        let block = LookupBlock { id, peer, side: LookupSide::Asks, purpose, questions: 0 };
        let entered = self.ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.open_lookup(now, means.entropy(), block, 0).await
            })
        });
        entered.await??.map_err(|why| Fault::new(why.code(), why.to_string()))?;
        let Reply::Opened { questions } = self.call(&Question::Open { block: id.into(), purpose }).await?
        else {
            return Err(self.odd());
        };
        Ok(Open { id, purpose, left: questions, set: None })
    }

    /// The peer's set as it is now, whole: which value is looked for shows in nothing that is fetched.
    async fn set(&self, open: &mut Open) -> Result<Arc<Set>, Fault> {
        let known = open.set.as_ref().map(|set| set.stamp());
        let (stamp, parts, mut outputs) = match self.part(open, known, 0).await? {
            Reply::Set { stamp, parts, outputs } => (*stamp, parts, Vec::from(outputs)),
            Reply::Unchanged => return open.set.clone().ok_or_else(|| self.odd()),
            _ => return Err(self.odd()),
        };
        for part in 1..parts.min(MOST_PARTS) {
            match self.part(open, Some(stamp), part).await? {
                Reply::Set { outputs: more, .. } => outputs.extend_from_slice(&more),
                _ => return Err(self.odd()),
            }
        }
        let set = Arc::new(Set::read(stamp, &outputs).ok_or_else(|| self.odd())?);
        open.set = Some(Arc::clone(&set));
        Ok(set)
    }

    async fn part(&self, open: &Open, known: Option<Stamp>, part: u32) -> Result<Reply, Fault> {
        self.call(&Question::Set { block: open.id.into(), known: known.map(Into::into), part }).await
    }

    async fn call(&self, question: &Question) -> Result<Reply, Fault> {
        let answer =
            self.client.lookup(&self.address, &self.peer, question.to_bytes()).await.map_err(told)?;
        Reply::from_bytes(&answer).map_err(|_| self.odd())
    }

    fn odd(&self) -> Fault {
        let text = format!("the answer of `{}` is not one to what was asked", self.peer);
        Fault::new("lookup/bad-answer", text)
    }
}

/// The most parts of a set that are read: 32 million values, 256 MB.
const MOST_PARTS: u32 = 32;

/// What a peer refused, under its own code where that is one of lookups.
fn told(fault: PeerFault) -> Fault {
    let help = fault.help();
    let plain = match &fault {
        PeerFault::Refused { peer, their_code, text, .. } => {
            let known = ["lookup/off", "lookup/quota", "lookup/no-block", "lookup/block-used-up"];
            match known.iter().find(|code| **code == their_code.as_str()) {
                Some(code) => Fault::new(code, format!("`{peer}`: {text}")),
                None => Fault::new(fault.code(), fault.to_string()),
            }
        }
        PeerFault::Busy { peer, seconds } => Fault::new(
            fault.code(),
            format!("`{peer}` asks to try again after {seconds} s; it may be preparing its first answers"),
        ),
        _ => Fault::new(fault.code(), super::super::link::chain(&fault)),
    };
    Fault { help, ..plain }
}

/// The node's randomness, for blinding. Where it fails once, nothing is sent.
struct Drawn<'c> {
    ctx: &'c Ctx,
    failed: bool,
}

impl Entropy for Drawn<'_> {
    fn fill(&mut self, out: &mut [u8]) {
        self.failed |= self.ctx.random.fill(out).is_err();
    }
}
