//! Opening a desk: everything it keeps in memory is read from the log.

use super::{Desk, DeskFault, Law, head::HeadState, peers::Positions, send::FrameCache};
use crate::{
    Bodies,
    house::ActRow,
    tables::{
        ACKNOWLEDGED, ACTS, INBOX, OUTBOX, PEERS, PeerRow, RECALLED, RECALLS, RECALLS_DONE, STATEMENTS,
    },
};
use comity_border::{Disclosure, StandingEntries};
use comity_ledger::{
    Log,
    store::{Kv, Order, Partition, Store, Table},
};
use comity_record::{Canonical, Hash, KeyRing, Letter, PartyCode, RecordId, Signer, body::Recall};
use comity_threat::Tables;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The keys a desk signs with.
#[derive(Clone, Debug)]
pub struct Signers {
    /// Records, dispatches and acknowledgements.
    pub record: Arc<dyn Signer>,
    /// Checkpoints and cosignatures, Ed25519.
    pub checkpoint_ed25519: Arc<dyn Signer>,
    /// Checkpoints, ML-DSA-44.
    pub checkpoint_ml_dsa_44: Arc<dyn Signer>,
}

/// What a desk is opened with.
#[derive(Debug)]
pub struct Begin<S, B> {
    /// The party.
    pub party: PartyCode,
    /// Its store.
    pub store: S,
    /// Its sealed bodies.
    pub bodies: B,
    /// Its keys.
    pub signers: Signers,
    /// Its own letter, which names its public keys.
    pub letter: Letter,
    /// Packs and register as shipped; the log's acts and letters are applied to them.
    pub law: Law,
    /// How much reason a refused sender is told.
    pub disclosure: Disclosure,
    /// What counts as personal.
    pub tables: Arc<Tables>,
}

/// Rows read in one call while opening.
const PAGE: u32 = 1000;

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Opens the desk over what its log holds. Nothing is written.
    pub async fn open(begin: Begin<S, B>) -> Result<Desk<S, B>, DeskFault> {
        let log = Log::open(&begin.store).await?;
        let mut keys = KeyRing::default();
        begin.letter.enter(&mut keys);
        let held_keys = keys.clone();
        let mut desk = Desk {
            party: begin.party,
            store: begin.store,
            bodies: begin.bodies,
            log,
            signers: begin.signers,
            letter: begin.letter,
            keys,
            held_keys,
            base: Arc::clone(&begin.law.register),
            law: begin.law,
            peers: BTreeMap::new(),
            house: Arc::default(),
            disclosure: begin.disclosure,
            roster: 0,
            head: HeadState::default(),
            tables: begin.tables,
            frames: FrameCache::default(),
            pending_recalls: BTreeSet::new(),
            narrowings: Default::default(),
            recall_rule: Default::default(),
            statements: Vec::new(),
            intended: Vec::new(),
            read_to: 0,
            cosigned: BTreeMap::new(),
        };
        desk.read_all().await?;
        Ok(desk)
    }

    /// Reads the log again after another process committed, or after a commit whose outcome is unknown.
    pub async fn reopen(&mut self) -> Result<(), DeskFault> {
        self.log = Log::open(&self.store).await?;
        self.read_all().await
    }

    /// Takes in what another process of the party committed, or what a commit with an unknown outcome wrote: only what is
    /// new is read.
    pub async fn catch_up(&mut self) -> Result<(), DeskFault> {
        self.log.catch_up(&self.store).await?;
        let from = std::mem::replace(&mut self.read_to, self.log.size());
        for (key, value) in self.rows_from(STATEMENTS, 0, from).await? {
            self.apply_own_row(position_of(&key), &value)?;
        }
        for (_, value) in self.rows_from(PEERS, 0, from).await? {
            self.apply_peer_row(PeerRow::from_bytes(&value)?)?;
        }
        for (_, value) in self.rows_from(ACTS, 0, from).await? {
            self.apply_act_row(&ActRow::from_bytes(&value)?)?;
        }
        let parties: Vec<PartyCode> = self.peers.keys().cloned().collect();
        for party in parties {
            self.read_new_positions(&party).await?;
        }
        self.read_pending_recalls().await
    }

    /// Positions beyond those that are known without a gap.
    async fn read_new_positions(&mut self, party: &PartyCode) -> Result<(), DeskFault> {
        let peer = self.peer(party)?;
        let (number, held, acknowledged) = (peer.number, peer.held.through(), peer.acknowledged.through());
        let newest = self.store.scan(OUTBOX, number, &[], &[], 1, Order::Descending).await?;
        let held = self.rows_from(INBOX, number, held + 1).await?;
        let acknowledged = self.rows_from(ACKNOWLEDGED, number, acknowledged + 1).await?;
        let peer = self.peer_mut(party)?;
        peer.last = newest.first().map_or(peer.last, |(key, _)| peer.last.max(position_of(key)));
        held.iter().for_each(|(key, _)| peer.held.insert(position_of(key)));
        for (key, _) in &acknowledged {
            peer.acknowledged.insert(position_of(key));
            peer.settled.insert(position_of(key));
        }
        Ok(())
    }

    /// Applies the log's rows in their order. Applying a row again changes nothing but suspensions and facts, which are
    /// therefore begun afresh.
    async fn read_all(&mut self) -> Result<(), DeskFault> {
        self.law.restand(|entries| *entries = StandingEntries::default());
        self.house = Arc::default();
        self.statements.clear();
        for (key, value) in self.rows_until(STATEMENTS).await? {
            self.apply_own_row(position_of(&key), &value)?;
        }
        self.read_head_state().await?;
        self.read_cosigners().await?;
        self.law.register = Arc::clone(&self.base);
        for (_, value) in self.rows_until(PEERS).await? {
            self.apply_peer_row(PeerRow::from_bytes(&value)?)?;
        }
        for (_, value) in self.rows_until(ACTS).await? {
            self.apply_act_row(&ActRow::from_bytes(&value)?)?;
        }
        let parties: Vec<PartyCode> = self.peers.keys().cloned().collect();
        for party in parties {
            self.read_positions(&party).await?;
        }
        self.read_to = self.log.size();
        self.read_pending_recalls().await
    }

    /// The recalls that were taken in, and whose application a crash prevented.
    async fn read_pending_recalls(&mut self) -> Result<(), DeskFault> {
        let done: BTreeSet<_> = self.rows(RECALLS_DONE, 0).await?.into_iter().map(|(key, _)| key).collect();
        let pending = self.rows(RECALLS, 0).await?.into_iter().filter(|(key, _)| !done.contains(key));
        self.pending_recalls = pending.filter_map(|(key, _)| read_recall_key(&key)).collect();
        self.narrowings.clear();
        for (_, value) in self.rows(RECALLED, 0).await? {
            self.take_narrowing(&Recall::from_bytes(&value)?);
        }
        Ok(())
    }

    async fn read_positions(&mut self, party: &PartyCode) -> Result<(), DeskFault> {
        let number = self.peer(party)?.number;
        let newest = self.store.scan(OUTBOX, number, &[], &[], 1, Order::Descending).await?;
        let last = newest.first().map_or(0, |(key, _)| position_of(key));
        let mut held = Positions::default();
        for (key, _) in self.rows(INBOX, number).await? {
            held.insert(position_of(&key));
        }
        let mut acknowledged = Positions::default();
        for (key, _) in self.rows(ACKNOWLEDGED, number).await? {
            acknowledged.insert(position_of(&key));
        }
        let peer = self.peer_mut(party)?;
        peer.last = last;
        peer.held = held;
        peer.settled = acknowledged.clone();
        peer.acknowledged = acknowledged;
        Ok(())
    }

    /// Every row of a partition, read in pages.
    pub async fn rows(
        &self,
        table: Table,
        partition: Partition,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, DeskFault> {
        self.rows_from(table, partition, 0).await
    }

    /// The rows of a table by entry index, up to the end of the log as it was opened: another process may commit meanwhile.
    async fn rows_until(&self, table: Table) -> Result<Vec<(Vec<u8>, Vec<u8>)>, DeskFault> {
        let mut rows = self.rows(table, 0).await?;
        rows.retain(|(key, _)| position_of(key) < self.log.size());
        Ok(rows)
    }

    /// Every row of a partition whose key begins with this number or a larger one.
    async fn rows_from(
        &self,
        table: Table,
        partition: Partition,
        first: u64,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, DeskFault> {
        let first = if first == 0 { Vec::new() } else { first.to_be_bytes().to_vec() };
        let mut rows: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        loop {
            // The next key after the last one read is that key with a zero byte behind it.
            let from = rows.last().map_or(first.clone(), |(key, _)| [key.as_slice(), &[0]].concat());
            let page = self.store.scan(table, partition, &from, &[], PAGE, Order::Ascending).await?;
            let full = page.len() == PAGE as usize;
            rows.extend(page);
            if !full {
                return Ok(rows);
            }
        }
    }
}

/// The position that a key begins with.
pub(super) fn position_of(key: &[u8]) -> u64 {
    key.first_chunk::<8>().copied().map_or(0, u64::from_be_bytes)
}

/// The recall and the peer of a key of [`RECALLS`].
fn read_recall_key(key: &[u8]) -> Option<(RecordId, PartyCode)> {
    let (recall, peer) = key.split_first_chunk::<32>()?;
    Some((RecordId(Hash(*recall)), std::str::from_utf8(peer).ok()?.parse().ok()?))
}
