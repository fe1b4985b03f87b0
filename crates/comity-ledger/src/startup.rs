//! May a node serve and sign after a start? It compares what its store holds with the heads it signed before, its own
//! last checkpoint and those its witnesses cosigned last. Pure: the rim gathers the evidence.
//!
//! Only heads signed by the party itself count as evidence, so that no peer can keep a node down with an invention.

use crate::{
    checkpoint::SignedCheckpoint,
    log::{Log, LogFault},
    store::Store,
    tree::TreeHead,
};
use comity_record::{Canonical, Hash, OfficerId, PartyCode, Timestamp};
use minicbor::{Decode, Encode};

/// A head that the party signed once, and what its store says about it today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenHead {
    /// The witness that reports it.
    pub by: PartyCode,
    /// The head.
    pub head: TreeHead,
    /// The root that the store gives at this size; `None` where the store is shorter.
    pub ours: Option<Hash>,
}

/// Everything a start is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The head of the store, its end rebuilt and compared ([`Log::open`]).
    pub stored: TreeHead,
    /// The last checkpoint that the party signed, as it kept it itself.
    pub own: Option<SeenHead>,
    /// What each witness that was reached cosigned last.
    pub witnesses: Vec<SeenHead>,
    /// Whether any witness ever cosigned this log, as far as the store knows.
    pub ever_cosigned: bool,
    /// An override by two persons, entered in the ledger.
    pub overridden: Option<HeadOverride>,
}

/// What a node may do after a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Startup {
    /// Everything.
    Serve(Confirmed),
    /// Receive, append, send provisionally and serve reads, but sign no checkpoint until a witness answers or two
    /// persons override.
    ServeWithoutSigning {
        /// Why.
        why: Unconfirmed,
    },
    /// Nothing but refill: the store lacks entries that the party signed before.
    Refuse {
        /// The entries missing, first and one past the last.
        missing: (u64, u64),
        /// The witnesses that saw more than the store has, each with the size it saw; they hold leaf hashes.
        holders: Vec<(PartyCode, u64)>,
    },
    /// Nothing: the store's history is another one than the party signed.
    Forked {
        /// The size at which the roots differ.
        size: u64,
        /// Who reports the other root; the party itself where it is its own checkpoint.
        by: PartyCode,
    },
}

/// Why signing is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// A witness saw the last head signed, and nothing later.
    Witness(PartyCode),
    /// No witness ever cosigned this log, so none can know more.
    NeverCosigned,
    /// Two persons took it on themselves.
    Override([OfficerId; 2]),
}

/// Why signing must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unconfirmed {
    /// No witness was reached.
    NoWitness,
    /// The witnesses reached have not seen the last head that the party signed; offer it to them again.
    NotSeenYet,
}

impl Startup {
    /// The outcome in a sentence, for a person.
    pub fn sentence(&self) -> String {
        match self {
            Startup::Serve(Confirmed::Witness(by)) => format!("{by} confirms the last checkpoint; serving"),
            Startup::Serve(Confirmed::NeverCosigned) => {
                "no witness ever cosigned this log; serving".to_owned()
            }
            Startup::Serve(Confirmed::Override([a, b])) => {
                format!("{a} and {b} overrode the start-up check; serving")
            }
            Startup::ServeWithoutSigning { why: Unconfirmed::NoWitness } => {
                "no witness was reached; serving, but signing no checkpoint".to_owned()
            }
            Startup::ServeWithoutSigning { why: Unconfirmed::NotSeenYet } => {
                "no witness has seen the last checkpoint yet; serving, but signing no new one".to_owned()
            }
            Startup::Refuse { missing: (from, to), holders } => {
                let who: Vec<String> = holders.iter().map(|(by, size)| format!("{by} (to {size})")).collect();
                let who = if who.is_empty() { "nobody that was reached".to_owned() } else { who.join(", ") };
                format!(
                    "entries {from} to {to} were signed before and are missing; their hashes are held by {who}"
                )
            }
            Startup::Forked { size, by } => {
                format!(
                    "the store has another history than the head of {size} entries that {by} holds, signed by us"
                )
            }
        }
    }

    /// Whether checkpoints may be signed.
    pub fn may_sign(&self) -> bool {
        matches!(self, Startup::Serve(_))
    }

    /// Whether the node may run at all.
    pub fn may_run(&self) -> bool {
        matches!(self, Startup::Serve(_) | Startup::ServeWithoutSigning { .. })
    }
}

/// Two persons answer for the last head where no witness can. Its hash is the subject of an entry of kind `Override`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HeadOverride {
    /// The party.
    #[n(0)]
    pub party: PartyCode,
    /// The last head that the party signed, which they take to be the last.
    #[n(1)]
    pub head: TreeHead,
    /// The two officers.
    #[n(2)]
    pub officers: (OfficerId, OfficerId),
    /// When.
    #[n(3)]
    pub at: Timestamp,
    /// Why, in a sentence.
    #[n(4)]
    pub reason: String,
}

impl Canonical for HeadOverride {
    const NAME: &'static str = "an override of the start-up check";
    const LIMIT: usize = 4096;
}

impl HeadOverride {
    /// Whether two different officers answer for this head and no other.
    fn covers(&self, head: TreeHead) -> bool {
        self.officers.0 != self.officers.1 && self.head == head
    }
}

/// Decides what a node may do after a start.
pub fn startup_decision(evidence: &Evidence) -> Startup {
    let all = || evidence.own.iter().chain(&evidence.witnesses);
    if let Some(seen) = all().find(|seen| seen.ours.is_some_and(|ours| ours != seen.head.root)) {
        return Startup::Forked { size: seen.head.size, by: seen.by.clone() };
    }
    let stored = evidence.stored.size;
    let longest = all().map(|seen| seen.head.size).max().unwrap_or(0);
    if longest > stored {
        let beyond = evidence.witnesses.iter().filter(|seen| seen.head.size > stored);
        let holders = beyond.map(|seen| (seen.by.clone(), seen.head.size)).collect();
        return Startup::Refuse { missing: (stored, longest), holders };
    }
    let last = evidence.own.as_ref().map_or_else(TreeHead::empty, |own| own.head);
    let confirms = |seen: &&SeenHead| seen.ours.is_some() && seen.head.size >= last.size;
    if let Some(seen) = evidence.witnesses.iter().find(confirms) {
        return Startup::Serve(Confirmed::Witness(seen.by.clone()));
    }
    if !evidence.ever_cosigned {
        return Startup::Serve(Confirmed::NeverCosigned);
    }
    if let Some(given) = evidence.overridden.as_ref().filter(|given| given.covers(last)) {
        let (a, b) = given.officers.clone();
        return Startup::Serve(Confirmed::Override([a, b]));
    }
    let nobody = evidence.witnesses.is_empty();
    Startup::ServeWithoutSigning {
        why: if nobody { Unconfirmed::NoWitness } else { Unconfirmed::NotSeenYet },
    }
}

impl Log {
    /// Compares a head that the party signed, and that `by` reports, with the store.
    pub async fn compare<S: Store>(
        &self,
        store: &S,
        by: PartyCode,
        signed: &SignedCheckpoint,
    ) -> Result<SeenHead, LogFault> {
        let head = signed.head();
        let ours = if head.size <= self.size() { Some(self.root_at(store, head.size).await?) } else { None };
        Ok(SeenHead { by, head, ours })
    }
}
