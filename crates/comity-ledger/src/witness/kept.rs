//! What a witness keeps, durably: its state of each log as one value that is exchanged atomically, and the leaf hashes
//! in rows of 256.

use super::{Accepted, Watched};
use crate::{
    checkpoint::{CheckpointSigner, SignedCheckpoint},
    cosignature::Strength,
    log::Log,
    note::SignatureLine,
    store::{Class, Kv, Order, Row, Store, StoreFault, Table},
    tile::{WIDTH, parse_tile, tile_bytes},
    tree::{Frontier, MAX_SIZE},
};
use comity_record::{Canonical, Hash, SignerFailed, Timestamp, sha256};
use minicbor::{Decode, Encode, bytes::ByteVec};

/// The space of the states, by origin.
pub const WITNESS_SPACE: &str = "witness";
/// Leaf hashes of other parties' logs: key SHA-256(origin) ‖ tile index, value up to 256 hashes. Rows grow, so this is
/// no log table; it is a copy of another party's log and can only be rebuilt by asking that party.
pub const WITNESSED_LEAVES: Table = Table { name: "witnessed_leaves", class: Class::Projection };

/// How many rows of 256 leaf hashes one scan asks for.
const ROWS_AT_ONCE: u32 = 64;

/// A head that is durable at this witness, and may be cosigned.
#[derive(Clone, Debug)]
pub struct Kept {
    state: Watched,
    checkpoint: SignedCheckpoint,
}

/// Why a head was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepFault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// Another request for the same log was faster; load the state again.
    #[error("another checkpoint of `{origin}` was kept at the same time")]
    Moved {
        /// The log.
        origin: String,
    },
    /// The state kept cannot be read.
    #[error("what the witness keeps of `{origin}` cannot be read")]
    State {
        /// The log.
        origin: String,
    },
}

impl KeepFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            KeepFault::Store(fault) => fault.code(),
            KeepFault::Moved { .. } => "witness/moved",
            KeepFault::State { .. } => "witness/state",
        }
    }
}

/// The state of one log, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct State {
    #[n(0)]
    checkpoint: ByteVec,
    #[n(1)]
    held: u64,
    #[n(2)]
    nodes: Vec<Hash>,
}

impl Canonical for State {
    const NAME: &'static str = "the state of a witness";
}

/// What this witness keeps of a log; nothing yet where it never cosigned it.
pub async fn load<S: Kv>(store: &S, origin: &str, now: Timestamp) -> Result<Watched, KeepFault> {
    let Some(bytes) = Kv::get(store, WITNESS_SPACE, origin.as_bytes(), now.as_millis()).await? else {
        return Ok(Watched::new(origin));
    };
    let read = State::from_bytes(&bytes).ok().and_then(|state| state.open(origin));
    read.ok_or_else(|| KeepFault::State { origin: origin.to_owned() })
}

/// The leaf hashes `from..to` of a log that this witness holds; fewer where it holds fewer.
pub async fn kept_leaves<S: Store>(
    store: &S,
    watched: &Watched,
    from: u64,
    to: u64,
) -> Result<Vec<Hash>, StoreFault> {
    let to = to.min(watched.held());
    let mut out = Vec::new();
    let mut index = from / WIDTH;
    while index * WIDTH < to {
        let (first, end) = (row_key(watched.origin(), index), row_key(watched.origin(), to.div_ceil(WIDTH)));
        let rows = store.scan(WITNESSED_LEAVES, 0, &first, &end, ROWS_AT_ONCE, Order::Ascending).await?;
        if rows.is_empty() {
            return Err(missing(watched, index));
        }
        for (key, value) in rows {
            let hashes = parse_tile(&value).filter(|_| key == row_key(watched.origin(), index));
            let hashes = hashes.ok_or_else(|| missing(watched, index))?;
            let within = (index * WIDTH..).zip(hashes).filter(|(at, _)| (from..to).contains(at));
            out.extend(within.map(|(_, hash)| hash));
            index += 1;
        }
    }
    Ok(out)
}

/// Forgets that leaf hashes are held, after the store was brought back from a copy without them: what was cosigned stays
/// known, and each log gives its leaf hashes again with its next checkpoints.
pub async fn forget_leaves<S: Kv>(store: &S) -> Result<(), KeepFault> {
    let mut values = Vec::new();
    for (origin, bytes) in store.list(WITNESS_SPACE, b"", MOST_LOGS, 0).await? {
        let unreadable = || KeepFault::State { origin: String::from_utf8_lossy(&origin).into_owned() };
        let state = State::from_bytes(&bytes).map_err(|_| unreadable())?;
        let without = State { held: 0, nodes: Vec::new(), ..state };
        values.push((origin.clone(), Some(without.to_bytes())));
    }
    Ok(store.put_many(WITNESS_SPACE, &values).await?)
}

/// The most logs that one witness watches.
const MOST_LOGS: u32 = 10_000;

impl Accepted {
    /// The checkpoint as offered.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Makes the new head and the leaf hashes durable: the leaves first, then the state, exchanged only where it is
    /// still the one that was considered. A crash in between leaves leaves that no state counts.
    pub async fn keep<S: Store + Kv>(self, store: &S, log: &Log, now: Timestamp) -> Result<Kept, KeepFault> {
        if !self.leaves.is_empty() {
            log.write(store, self.rows(store).await?).await?;
        }
        let origin = self.after.origin.clone();
        let (before, after) = (self.before.state_bytes(), self.after.state_bytes());
        let (key, now) = (origin.as_bytes(), now.as_millis());
        let set =
            store.compare_and_set(WITNESS_SPACE, key, before.as_deref(), after.as_deref(), None, now).await?;
        let kept = Kept { state: self.after, checkpoint: self.checkpoint };
        if set { Ok(kept) } else { Err(KeepFault::Moved { origin }) }
    }

    /// The rows that the new leaves begin, continue or fill.
    async fn rows<S: Store>(&self, store: &S) -> Result<Vec<Row>, StoreFault> {
        let held = self.before.held();
        let start = held / WIDTH * WIDTH;
        let mut hashes = kept_leaves(store, &self.before, start, held).await?;
        hashes.extend_from_slice(&self.leaves);
        let row = |(index, hashes): (u64, &[Hash])| Row {
            table: WITNESSED_LEAVES,
            partition: 0,
            key: row_key(&self.after.origin, index),
            value: tile_bytes(hashes),
        };
        Ok((start / WIDTH..).zip(hashes.chunks(WIDTH as usize)).map(row).collect())
    }
}

impl Kept {
    /// The state after.
    pub fn state(&self) -> &Watched {
        &self.state
    }

    /// Signs the cosignature lines for the checkpoint.
    pub fn cosign(
        &self,
        signer: &CheckpointSigner<'_>,
        at: Timestamp,
        strength: Strength,
    ) -> Result<Vec<SignatureLine>, SignerFailed> {
        signer.cosign(self.checkpoint.checkpoint(), at, strength)
    }
}

impl Watched {
    fn state_bytes(&self) -> Option<Vec<u8>> {
        let checkpoint = self.head.as_ref()?.to_string().into_bytes().into();
        let (held, nodes) = (self.held.size(), self.held.nodes().to_vec());
        Some(State { checkpoint, held, nodes }.to_bytes())
    }
}

impl State {
    fn open(self, origin: &str) -> Option<Watched> {
        let head = SignedCheckpoint::reopen(&self.checkpoint).ok()?;
        let held = Frontier::new(self.held, self.nodes)?;
        let fits = head.checkpoint().origin() == origin && held.size() <= head.head().size.min(MAX_SIZE);
        fits.then(|| Watched { origin: origin.to_owned(), head: Some(head), held })
    }
}

fn missing(watched: &Watched, index: u64) -> StoreFault {
    let why = format!("leaf hashes of `{}` from {} on are missing", watched.origin(), index * WIDTH);
    StoreFault::Damaged { why }
}

fn row_key(origin: &str, index: u64) -> Vec<u8> {
    [&sha256(&[origin.as_bytes()]).0[..], &index.to_be_bytes()].concat()
}
