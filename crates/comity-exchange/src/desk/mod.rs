//! The desk: one party's sequencer. It authors records, has them judged, enters every act in the ledger, fills turns for
//! peers and takes in theirs.
//!
//! There is one desk per party at a time; it owns the log's head. Every method that changes something ends in exactly
//! one `commit` per group of acts: a crash leaves either all of a group or nothing of it. What a desk keeps in memory
//! (positions, peers, keys) is rebuilt from the log by [`Desk::open`].

mod acts;
mod author;
mod case;
mod cosign;
mod erase;
mod erase_home;
mod evidence;
mod fault;
mod head;
mod hold;
mod inner;
mod inputs;
mod irregularity;
mod judge;
mod lookup;
mod mend;
mod open;
mod peers;
mod quorum;
mod recall;
mod receive;
mod redact;
mod release;
mod send;
mod share;
mod statement;

pub use author::{Authored, Content, Manuscript};
pub use case::{
    CaseAct, CaseEntry, CaseFault, CaseFile, CaseSummary, Crossed, Delivery, HomeEntered, NewBasis,
    Previewed, Stepped,
};
pub use cosign::CHECKPOINTS;
pub use erase::Erased;
pub use evidence::{EvidenceFault, Hand, Packing, Released, Vessel};
pub use fault::DeskFault;
pub use head::{COSIGNED, distrust_head};
pub use hold::HeldRecord;
pub use inputs::PastLaw;
pub use judge::{Law, Verdict};
pub use lookup::{BlockRefused, LookupBlock};
pub use open::{Begin, Signers};
pub use peers::{CLOCK_TOLERANCE, LetterFault, Peer, Positions};
pub use quorum::Waiting;
pub use recall::{RecallRule, RecallStanding, Recalled};
pub use receive::Event;
pub use release::read_here;
pub use share::{Shared, Sharing};

use crate::{Bodies, house::House};
use comity_border::Disclosure;
use comity_law::Register;
use comity_ledger::{
    Log,
    store::{Kv, Store},
};
use comity_record::{KeyRing, Letter, PartyCode, RecordId, body::Narrowing};
use comity_threat::Tables;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One party's sequencer over its store and sealed bodies.
#[derive(Debug)]
pub struct Desk<S, B> {
    party: PartyCode,
    store: S,
    bodies: B,
    log: Log,
    signers: Signers,
    letter: Letter,
    /// What is taken in is verified by these: a revoked key counts for nothing, since its thief can write any date.
    keys: KeyRing,
    /// What is held is verified again by these, without revocations: it was entered while its key counted, and the order
    /// of the log says so. Without them a revocation would close a party's own past to it.
    held_keys: KeyRing,
    base: Arc<Register>,
    law: Law,
    peers: BTreeMap<PartyCode, Peer>,
    house: Arc<House>,
    disclosure: Disclosure,
    tables: Arc<Tables>,
    roster: u64,
    head: head::HeadState,
    frames: send::FrameCache,
    pending_recalls: BTreeSet<(RecordId, PartyCode)>,
    /// What authors narrowed their records to since they signed them.
    narrowings: BTreeMap<RecordId, Narrowing>,
    recall_rule: RecallRule,
    statements: Vec<statement::OwnStatement>,
    intended: Vec<crate::turn::RootStatement>,
    /// The size of the log up to which its rows were applied to what is kept in memory.
    read_to: u64,
    cosigned: BTreeMap<PartyCode, u64>,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// The party whose desk this is.
    pub fn party(&self) -> &PartyCode {
        &self.party
    }

    /// The store, for reading.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The sealed bodies.
    pub fn bodies(&self) -> &B {
        &self.bodies
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The keys accepted.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Grows whenever a letter, suspension or revocation is applied: who may connect has then to be told anew.
    pub fn roster(&self) -> u64 {
        self.roster
    }

    /// Units, officers and tokens.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// The house, to be kept: a later act makes another one.
    pub fn house_now(&self) -> Arc<House> {
        Arc::clone(&self.house)
    }

    /// The party's own letter.
    pub fn letter(&self) -> &Letter {
        &self.letter
    }

    /// Packs, register and standing in force.
    pub fn law(&self) -> &Law {
        &self.law
    }

    /// Sets this party's standing rule about recalls.
    pub fn set_recall_rule(&mut self, rule: RecallRule) {
        self.recall_rule = rule;
    }

    /// The peers by party.
    pub fn peers(&self) -> &BTreeMap<PartyCode, Peer> {
        &self.peers
    }
}
