//! Pouches: the same crossings without a network. A pouch is a turn, sealed to the recipient, in a file. Opening it twice,
//! or after its items came another way, changes nothing.

use super::{Action, Ctx, Fault, hex, to_hex};
use crate::{
    keys::Keys,
    seal::{self, RecipientKey, SealHeader, SealingKey},
};
use comity_exchange::{DeskFault, Event, Scope, turn::Turn};
use comity_record::{Canonical, PartyCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Packs a pouch for a peer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackPouch {
    /// The peer.
    pub to: String,
    /// Only positions after this one; for a pouch in parts. Absent: everything that the peer has not acknowledged.
    pub after: Option<u64>,
}

/// A pouch.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PouchPacked {
    /// The sealed bytes in hexadecimal digits.
    pub pouch: String,
    /// How many items it carries.
    pub items: u64,
    /// How many acknowledgements it carries.
    pub acknowledgements: u64,
    /// Where the next part begins, where this is not all.
    pub next: Option<u64>,
}

/// Opens a pouch.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenPouch {
    /// The sealed bytes in hexadecimal digits.
    pub pouch: String,
}

/// Looks into a pouch without taking anything in, so that several can be opened in their order.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LookPouch {
    /// The sealed bytes in hexadecimal digits.
    pub pouch: String,
}

/// What is in a pouch.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PouchSeen {
    /// From whom.
    pub from: String,
    /// The sender's position of its first item; absent where it has none.
    pub first: Option<u64>,
    /// The position of its last item.
    pub last: Option<u64>,
    /// How many acknowledgements it carries.
    pub acknowledgements: u64,
}

/// What a pouch brought.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PouchOpened {
    /// From whom.
    pub from: String,
    /// How many items it carries.
    pub items: u64,
    /// How many of them were known already.
    pub known: u64,
    /// What happened with each new item and acknowledgement; empty where everything was known.
    pub events: Vec<String>,
    /// The first and the last position before the newest one held that is not here yet: another pouch may carry it.
    pub missing: Option<(u64, u64)>,
}

impl Action for PackPouch {
    const NAME: &'static str = "pouch.pack";
    const SUMMARY: &'static str =
        "packs a pouch: what a peer has not acknowledged, sealed to it, for carriage by hand";
    const SCOPE: Scope = Scope::Share;
    type Reply = PouchPacked;

    async fn run(self, ctx: &Ctx) -> Result<PouchPacked, Fault> {
        let to: PartyCode = self.to.parse().map_err(Fault::input)?;
        let (after, peer) = (self.after, to.clone());
        let packed = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let known = desk.peer(&peer)?;
                let lacking = known.lacking;
                let key = known.letter.sealing_key(now).map(<[u8]>::to_vec);
                let mut turn = desk.fill_pouch(now, means.entropy(), &peer, after).await?;
                desk.add_acknowledgements(&peer, lacking, &mut turn).await?;
                Ok::<_, DeskFault>((turn, key))
            })
        });
        let (turn, key) = packed.await??;
        let key = key.ok_or_else(|| {
            Fault::new(
                "pouch/no-sealing-key",
                format!("the letter of `{to}` names no sealing key that is valid now"),
            )
            .help("ask the party for a new letter")
        })?;
        let key =
            RecipientKey::from_bytes(&key).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let sealed = seal::seal(&ctx.party, &to, &key, &turn.to_bytes(), &*ctx.random);
        let sealed = sealed.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let last = turn.items.last().map(|item| item.position);
        Ok(PouchPacked {
            pouch: to_hex(&sealed),
            items: turn.items.len() as u64,
            acknowledgements: turn.acknowledgements.len() as u64,
            next: last.filter(|_| turn.more),
        })
    }
}

impl Action for OpenPouch {
    const NAME: &'static str = "pouch.open";
    const SUMMARY: &'static str =
        "opens a pouch: each item is judged and entered as if it had come by the network";
    const SCOPE: Scope = Scope::Import;
    // A turn in hexadecimal digits, with room for the sealing.
    const LONGEST: Option<usize> = Some(2 * Turn::LIMIT_BYTES + (1 << 20));
    type Reply = PouchOpened;

    async fn run(self, ctx: &Ctx) -> Result<PouchOpened, Fault> {
        let (header, turn) = unseal(ctx, &self.pouch)?;
        // Who sealed it is only claimed: what counts are the signatures inside, which are checked like any others.
        take_in(ctx, header.sender, turn).await
    }
}

/// Takes in a turn that came by hand, sealed or on paper.
pub(super) async fn take_in(ctx: &Ctx, peer: PartyCode, turn: Turn) -> Result<PouchOpened, Fault> {
    let opened = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let held = &desk.peer(&peer)?.held;
            let known = turn.items.iter().filter(|item| held.contains(item.position)).count();
            let mut events = desk.take_carried(now, means.entropy(), &peer, &turn.items).await?;
            let acknowledgements: Vec<&[u8]> =
                turn.acknowledgements.iter().map(|bytes| bytes.as_slice()).collect();
            events.extend(desk.take_acknowledgements(now, means.entropy(), &peer, &acknowledgements).await?);
            Ok::<_, DeskFault>(PouchOpened {
                from: peer.to_string(),
                items: turn.items.len() as u64,
                known: known as u64,
                events: events.iter().map(event_text).collect(),
                missing: desk.peer(&peer)?.held.gap(),
            })
        })
    });
    Ok(opened.await??)
}

impl Action for LookPouch {
    const NAME: &'static str = "pouch.look";
    const SUMMARY: &'static str = "looks into a pouch without taking anything in";
    const SCOPE: Scope = Scope::Import;
    const LONGEST: Option<usize> = OpenPouch::LONGEST;
    type Reply = PouchSeen;

    async fn run(self, ctx: &Ctx) -> Result<PouchSeen, Fault> {
        let (header, turn) = unseal(ctx, &self.pouch)?;
        Ok(PouchSeen {
            from: header.sender.to_string(),
            first: turn.items.first().map(|item| item.position),
            last: turn.items.last().map(|item| item.position),
            acknowledgements: turn.acknowledgements.len() as u64,
        })
    }
}

/// The turn in a pouch that is sealed to us. Who sealed it is only claimed.
fn unseal(ctx: &Ctx, pouch: &str) -> Result<(SealHeader, Turn), Fault> {
    let sealed =
        hex(pouch).ok_or_else(|| Fault::new("pouch/not-hex", "the pouch is not in hexadecimal digits"))?;
    let keys = Keys::open(&ctx.dir).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    read(&sealed, &ctx.party, &keys.sealing_keys())
}

/// The turn in the bytes of a pouch, opened with one of a party's keys. Nothing in it was verified yet.
pub fn read(sealed: &[u8], own: &PartyCode, keys: &[SealingKey]) -> Result<(SealHeader, Turn), Fault> {
    let (header, bytes) = seal::open(sealed, own, keys, Turn::LIMIT_BYTES)
        .map_err(|fault| Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) })?;
    let turn = Turn::from_bytes(&bytes).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    Ok((header, turn))
}

/// An event in words.
pub fn event_text(event: &Event) -> String {
    match event {
        Event::TakenIn { from, record } => format!("taken in from {from}: record {}", record.0.short()),
        Event::Refused { from, record, code } => {
            format!("refused from {from}: record {} ({code})", record.0.short())
        }
        Event::Faulty { from, code } => format!("faulty from {from}: {code}"),
        Event::Acknowledged { by, position, outcome } => {
            format!("{by} acknowledged position {position}: {}", super::crossing::outcome_text(outcome))
        }
        Event::BadAcknowledgement { from, code } => {
            format!("acknowledgement from {from} not accepted: {code}")
        }
        Event::Cosigned { by, size } => format!("{by} cosigned our ledger at {size} entries"),
        Event::Conflict { by } => format!("{by} showed two histories of its ledger; both heads are kept"),
        Event::HeadConfirmed { by, size } => format!("{by} confirmed our head of {size} entries"),
        Event::TailLost { shown_by, size } => {
            format!(
                "{shown_by} showed a head of ours with {size} entries that this log lacks: its tail was lost"
            )
        }
        Event::LeavesFetched { from, through } => {
            format!("{from} gave hashes of our lost entries, up to {through}")
        }
        Event::TailRestored { by, from, to } => {
            format!("entries {from} to {to} of our ledger are filled up with the hashes that {by} gave")
        }
        Event::LeavesKept { by, through } => format!("{by} holds the hashes of our first {through} entries"),
        Event::LetterTaken { from, serial } => format!("letter {serial} of {from} counts from here on"),
        Event::KeyRevoked { by, key } => format!("{by} revoked its key {key}"),
        Event::LedgerSucceeded { by, from, to } => {
            format!("the ledger of {by} lost entries {from} to {to} and goes on under a new origin")
        }
        Event::PositionLost { by, position } => {
            format!("{by} holds something at position {position} of which nothing is known here any more")
        }
        Event::BadAnnouncement { from, code } => {
            format!("a root statement of {from} not accepted: {code}")
        }
        Event::BadCheckpoint { from, why } => format!("checkpoint of {from} not accepted: {why}"),
    }
}
