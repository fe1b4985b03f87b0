//! Whether this desk may sign heads of its log.
//!
//! After a start, a log that was ever cosigned signs no checkpoint until a witness has shown its last head and that head is
//! found in the log, and the others were asked: a restored backup must neither fork the log nor go unnoticed. A head that
//! we signed and that the log does not contain is proof that the log lost its tail; what is done about that is in
//! [`super::mend`].

use super::{
    Desk, DeskFault,
    mend::{Loss, PATIENCE},
    receive::Event,
};
use crate::{Bodies, Entropy, draw, tables::OVERRIDES, turn::Turn};
use comity_ledger::{
    CheckpointKeys, SignedCheckpoint, TreeHead,
    startup::HeadOverride,
    store::{Kv, Row, Store, StoreFault},
};
use comity_record::{Canonical, Entry, EntryKind, OfficerId, PartyCode, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The space of what is known of our own head: see the keys below.
pub const COSIGNED: &str = "cosigned";
/// The mark that some head of ours was cosigned.
const EVER: &[u8] = b"ever";
/// The size of the log when something was first appended without a confirmed head (eight bytes, big-endian).
const OPENED: &[u8] = b"opened";
/// The head, as we signed it, that a witness showed and the log does not contain.
const SHOWN: &[u8] = b"shown";

/// Marks a store as brought back from a copy: nothing is signed until a witness confirms the last head, also where no
/// cosignature was noted before.
pub async fn distrust_head<S: Kv>(store: &S) -> Result<(), StoreFault> {
    store.put_many(COSIGNED, &[(EVER.to_vec(), Some(Vec::new()))]).await
}

/// What is known of our own head since the start.
#[derive(Clone, Debug, Default)]
pub(super) struct HeadState {
    /// Whether any head was ever cosigned.
    pub cosigned_before: bool,
    /// Whether a witness has confirmed the head since the start.
    pub confirmed: bool,
    /// The loss of the log's tail, where a witness has shown one.
    pub loss: Option<Loss>,
    /// The size of the log when something was first appended without a confirmed head.
    pub opened: Option<u64>,
    /// The largest head that a witness showed since the start and the log contains.
    pub contained: u64,
    /// Whether the log lost a tail at any time.
    pub lost_before: bool,
    /// Until when the other witnesses are waited for, now that one has confirmed the head or given back the tail: one that
    /// lags behind would confirm a log that lost what another one saw.
    pub cautious_until: Option<Timestamp>,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Whether heads may be signed.
    pub fn may_sign(&self) -> bool {
        let HeadState { cosigned_before, confirmed, loss, .. } = &self.head;
        loss.is_none() && (*confirmed || !cosigned_before || self.peers.is_empty())
    }

    /// Whether any head of ours was ever cosigned.
    pub fn was_cosigned(&self) -> bool {
        self.head.cosigned_before
    }

    /// Ends the caution once every peer has answered, or has had its time.
    pub(super) async fn end_caution(&mut self, now: Timestamp) -> Result<(), DeskFault> {
        let Some(until) = self.head.cautious_until else { return Ok(()) };
        let all = self.peers.values().all(|peer| peer.answered || peer.suspended.is_some());
        if self.head.loss.is_none() && (all || now >= until) {
            self.confirm_head().await?;
        }
        Ok(())
    }

    /// Why no head may be signed, in a sentence; `None` where one may.
    pub fn unconfirmed(&self) -> Option<String> {
        match &self.head.loss {
            Some(loss) => Some(loss.to_string()),
            None if !self.may_sign() => {
                Some("no witness has confirmed the last head since the start".to_owned())
            }
            None => None,
        }
    }

    /// Two officers answer for the head where no witness can be reached: entered with both names. It does not help where a
    /// witness has shown that the tail was lost. A fault where both are the same person.
    pub async fn override_head(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        officers: [&OfficerId; 2],
        reason: &str,
    ) -> Result<u64, DeskFault> {
        let [first, second] = officers;
        if first == second || self.head.loss.is_some() {
            let why = self.unconfirmed().unwrap_or_else(|| "two different officers are needed".to_owned());
            return Err(DeskFault::Unconfirmed { why });
        }
        let given = HeadOverride {
            party: self.party.clone(),
            head: self.log.tree_head(),
            officers: (first.clone(), second.clone()),
            at: now,
            reason: reason.chars().take(500).collect(),
        };
        let mut entry = Entry::new(EntryKind::Override, now, self.party.clone());
        entry.subject = Some(given.hash());
        let index = self.log.size();
        let key = index.to_be_bytes().to_vec();
        let rows = vec![Row { table: OVERRIDES, partition: 0, key, value: given.to_bytes() }];
        self.commit(vec![(entry, draw(entropy))], rows).await?;
        self.confirm_head().await?;
        Ok(index)
    }

    pub(super) async fn read_head_state(&mut self) -> Result<(), DeskFault> {
        let cosigned_before = self.store.get(COSIGNED, EVER, 0).await?.is_some();
        let opened = self.store.get(COSIGNED, OPENED, 0).await?;
        let opened = opened.and_then(|bytes| bytes.first_chunk().copied()).map(u64::from_be_bytes);
        self.head = HeadState { cosigned_before, opened, ..HeadState::default() };
        self.head.lost_before = self.has_lost_before().await?;
        if let Some(note) = self.store.get(COSIGNED, SHOWN, 0).await?
            && let Some(signed) = self.own_head(None, &note)
        {
            self.head.loss = Some(Loss { head: signed.head(), by: BTreeSet::new(), ..Loss::default() });
        }
        Ok(())
    }

    /// Notes that something is about to be appended while no witness has confirmed the head: what a loss began with.
    pub(super) async fn note_opened(&mut self) -> Result<(), DeskFault> {
        let HeadState { cosigned_before, confirmed, opened, .. } = &self.head;
        if !cosigned_before || *confirmed || opened.is_some() {
            return Ok(());
        }
        let size = self.log.size();
        self.store.put_many(COSIGNED, &[(OPENED.to_vec(), Some(size.to_be_bytes().to_vec()))]).await?;
        self.head.opened = Some(size);
        Ok(())
    }

    /// A witness, or two officers, answer for the head: signing may go on.
    pub(super) async fn confirm_head(&mut self) -> Result<(), DeskFault> {
        if self.head.opened.take().is_some() {
            self.store.put_many(COSIGNED, &[(OPENED.to_vec(), None)]).await?;
        }
        self.head.confirmed = true;
        self.head.cautious_until = None;
        Ok(())
    }

    /// Notes that a head of ours was cosigned. That confirms nothing by itself: a cosignature that was long on its way may
    /// come to a log that was put back since.
    pub(super) async fn mark_cosigned(&mut self) -> Result<(), DeskFault> {
        let could_sign = self.may_sign();
        if !self.head.cosigned_before {
            self.store.put_many(COSIGNED, &[(EVER.to_vec(), Some(Vec::new()))]).await?;
        }
        self.head.cosigned_before = true;
        if could_sign { self.confirm_head().await } else { Ok(()) }
    }

    /// Keeps or forgets the head that shows a loss.
    pub(super) async fn keep_shown(&mut self, note: Option<&[u8]>) -> Result<(), DeskFault> {
        Ok(self.store.put_many(COSIGNED, &[(SHOWN.to_vec(), note.map(<[u8]>::to_vec))]).await?)
    }

    /// A new origin begins: no head of it was ever cosigned.
    pub(super) async fn begin_origin(&mut self) -> Result<(), DeskFault> {
        let forgotten = [EVER, OPENED, SHOWN].map(|key| (key.to_vec(), None));
        self.store.put_many(COSIGNED, &forgotten).await?;
        self.head = HeadState { lost_before: true, ..HeadState::default() };
        Ok(())
    }

    /// Looks at a head of ours that a witness shows because we asked.
    pub(super) async fn take_shown(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        turn: &Turn,
    ) -> Result<Vec<Event>, DeskFault> {
        let Some(note) = &turn.shown else { return Ok(Vec::new()) };
        self.peer_mut(party)?.answered = true;
        if note.is_empty() {
            return Ok(Vec::new());
        }
        let Some(signed) = self.own_head(Some(now), note) else {
            // A witness showed a head that none of our keys signed.
            let why = "exchange/not-our-head".to_owned();
            return Ok(vec![Event::BadCheckpoint { from: party.clone(), why }]);
        };
        let head = signed.head();
        if !self.contains(head).await? {
            return self.lose(now, party, head, note).await;
        }
        self.head.contained = self.head.contained.max(head.size);
        if self.head.loss.is_none() {
            self.head.cautious_until.get_or_insert(now.plus_millis(PATIENCE));
        }
        Ok(vec![Event::HeadConfirmed { by: party.clone(), size: head.size }])
    }

    async fn contains(&self, head: TreeHead) -> Result<bool, DeskFault> {
        Ok(head.size <= self.log.size()
            && (head.size == 0 || self.log.root_at(&self.store, head.size).await? == head.root))
    }

    /// A checkpoint signed by one of our own keys, present or past. Without a time every key that our letter names counts.
    fn own_head(&self, now: Option<Timestamp>, note: &[u8]) -> Option<SignedCheckpoint> {
        let dates = self.letter.keys.iter().map(|key| key.valid_from);
        let times: Vec<Timestamp> = now.into_iter().chain(dates).collect();
        let past = times.into_iter().flat_map(|at| CheckpointKeys::of_letter(&self.letter, at));
        let keys = past.chain([self.checkpoint_keys()]);
        keys.into_iter().find_map(|keys| keys.verify(note).ok())
    }
}

impl Default for Loss {
    fn default() -> Loss {
        Loss {
            head: TreeHead::empty(),
            by: BTreeSet::new(),
            since: None,
            fetched: BTreeMap::new(),
            useless: BTreeSet::new(),
        }
    }
}
