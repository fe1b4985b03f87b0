//! Whether this desk may sign heads of its log.
//!
//! After a start, a log that was ever cosigned signs no checkpoint until a witness has shown its last head and that head is
//! found in the log: a restored backup must neither fork the log nor go unnoticed. A head that we signed and that the log
//! does not contain is proof that the log lost its tail; until that is dealt with nothing is signed. Receiving, appending
//! and serving go on.

use super::{Desk, DeskFault, receive::Event};
use crate::{Bodies, Entropy, draw, tables::OVERRIDES, turn::Turn};
use comity_ledger::{
    CheckpointKeys, SignedCheckpoint,
    startup::HeadOverride,
    store::{Kv, Row, Store},
};
use comity_record::{Canonical, Entry, EntryKind, OfficerId, PartyCode, Timestamp};

/// The space of the mark that some head of ours was cosigned.
const COSIGNED: &str = "cosigned";

/// What is known of our own head since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HeadState {
    /// Whether any head was ever cosigned.
    pub cosigned_before: bool,
    /// Whether a witness has confirmed the head since the start.
    pub confirmed: bool,
    /// Who showed a head of ours that the log does not contain, and its size.
    pub contradicted: Option<(PartyCode, u64)>,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Whether heads may be signed.
    pub fn may_sign(&self) -> bool {
        let HeadState { cosigned_before, confirmed, contradicted } = &self.head;
        contradicted.is_none() && (*confirmed || !cosigned_before || self.peers.is_empty())
    }

    /// Why no head may be signed, in a sentence; `None` where one may.
    pub fn unconfirmed(&self) -> Option<String> {
        match &self.head.contradicted {
            Some((party, size)) => Some(format!(
                "`{party}` showed a head of ours with {size} entries that this log does not contain: its tail was lost"
            )),
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
        if first == second || self.head.contradicted.is_some() {
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
        self.log.commit(&self.store, vec![(entry, draw(entropy))], rows).await?;
        self.head.confirmed = true;
        Ok(index)
    }

    pub(super) async fn read_head_state(&mut self) -> Result<(), DeskFault> {
        let cosigned_before = self.store.get(COSIGNED, b"ever", 0).await?.is_some();
        self.head = HeadState { cosigned_before, ..HeadState::default() };
        Ok(())
    }

    /// Notes that a head of ours was cosigned.
    pub(super) async fn mark_cosigned(&mut self) -> Result<(), DeskFault> {
        if !self.head.cosigned_before {
            self.store.put_many(COSIGNED, &[(b"ever".to_vec(), Some(Vec::new()))]).await?;
        }
        self.head.cosigned_before = true;
        self.head.confirmed = true;
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
        let Some(signed) = self.own_head(now, note) else {
            // A witness showed a head that none of our keys signed.
            let why = "exchange/not-our-head".to_owned();
            return Ok(vec![Event::BadCheckpoint { from: party.clone(), why }]);
        };
        let head = signed.head();
        let contained = head.size <= self.log.size()
            && (head.size == 0 || self.log.root_at(&self.store, head.size).await? == head.root);
        if contained {
            self.head.confirmed = true;
            return Ok(vec![Event::HeadConfirmed { by: party.clone(), size: head.size }]);
        }
        self.head.contradicted = Some((party.clone(), head.size));
        Ok(vec![Event::TailLost { shown_by: party.clone(), size: head.size }])
    }

    /// A checkpoint signed by one of our own keys, present or past.
    fn own_head(&self, now: Timestamp, note: &[u8]) -> Option<SignedCheckpoint> {
        let past = CheckpointKeys::of_letter(&self.letter, now);
        let keys = past.into_iter().chain([self.checkpoint_keys()]);
        keys.into_iter().find_map(|keys| keys.verify(note).ok())
    }
}
