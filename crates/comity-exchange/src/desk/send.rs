//! Filling a turn for a peer: items it lacks, acknowledgements we owe, our newest checkpoint.
//!
//! At the moment of sending every clearance is judged again at its recorded time, if packs, register, standing and the
//! next date threshold are those it was given under, and at the present time if they are not. So a dispatch is always
//! made from a clearance that stands now.

use super::{Desk, DeskFault, open::position_of};
use crate::{
    Acknowledgement, Bodies, Dispatch, Entropy,
    dispatch::Carriage,
    draw, frames,
    tables::{INBOX, InboxRow, OUTBOX, OutboxRow, REJUDGED, Rejudged},
    turn::{AUTHORED_VERSION, Authored, Item, Turn},
};
use comity_border::{Cleared, Judgement, Request};
use comity_ledger::{
    Committed,
    store::{Kv, Order, Row, Store},
};
use comity_record::{Attested, Canonical, Entry, PartyCode, RecordId, Signed, Timestamp, letter, sha256};
use minicbor::bytes::ByteArray;
use std::{collections::VecDeque, sync::Arc};

/// Compressed frames last sent, so that several peers of one audience class get bytes that were compressed once.
#[derive(Debug, Default)]
pub(super) struct FrameCache {
    recent: VecDeque<(RecordId, Arc<Vec<u8>>)>,
    bytes: usize,
}

impl FrameCache {
    /// The cache holds at most this many bytes.
    const LIMIT: usize = 16 << 20;

    fn get(&self, record: RecordId) -> Option<Arc<Vec<u8>>> {
        self.recent.iter().find(|(id, _)| *id == record).map(|(_, bytes)| Arc::clone(bytes))
    }

    fn put(&mut self, record: RecordId, bytes: &Arc<Vec<u8>>) {
        self.bytes += bytes.len();
        self.recent.push_back((record, Arc::clone(bytes)));
        while self.bytes > FrameCache::LIMIT {
            let Some((_, oldest)) = self.recent.pop_front() else { return };
            self.bytes -= oldest.len();
        }
    }

    /// Forgets a record whose body changed.
    pub(super) fn forget(&mut self, record: RecordId) {
        self.recent.retain(|(id, _)| *id != record);
        self.bytes = self.recent.iter().map(|(_, bytes)| bytes.len()).sum();
    }
}

/// A clearance that stands, with its committed entry.
struct Standing {
    cleared: Cleared,
    request: Request,
    committed: Committed<Entry>,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// The turn to send to `party`: everything it is known to lack, within the bounds of a turn.
    pub async fn fill_turn(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
    ) -> Result<Turn, DeskFault> {
        let after = self.peer(party)?.told;
        self.fill_turn_after(now, entropy, party, after).await
    }

    /// As [`Desk::fill_turn`], with the items after a position that the caller names.
    pub async fn fill_turn_after(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        after: u64,
    ) -> Result<Turn, DeskFault> {
        let mut turn = self.begin_turn(now, entropy, party, after).await?;
        if self.peer(party)?.suspended.is_none() {
            self.offer_checkpoint(now, party, &mut turn).await?;
            self.add_further(now, party, &mut turn).await?;
        }
        Ok(turn)
    }

    /// A part of a pouch, which cannot ask what the peer lacks: what it has not acknowledged, or the items after a position.
    /// The first part also carries what witnesses say to each other.
    pub async fn fill_pouch(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        after: Option<u64>,
    ) -> Result<Turn, DeskFault> {
        let acknowledged = self.peer(party)?.acknowledged.through();
        let mut turn = self.begin_turn(now, entropy, party, after.unwrap_or(acknowledged)).await?;
        if after.is_none() && self.peer(party)?.suspended.is_none() {
            self.offer_by_hand(now, party, &mut turn).await?;
        }
        Ok(turn)
    }

    async fn begin_turn(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        after: u64,
    ) -> Result<Turn, DeskFault> {
        let mut turn = Turn::new(self.party.clone(), party.clone());
        let peer = self.peer(party)?;
        turn.have = peer.held.through();
        turn.lacking = peer.settled.through() + 1;
        if peer.suspended.is_none() && !self.is_mending(now) {
            self.add_items(now, entropy, party, after, &mut turn).await?;
        }
        Ok(turn)
    }

    /// Adds the acknowledgements of the peer's positions from `lacking` on.
    pub async fn add_acknowledgements(
        &self,
        party: &PartyCode,
        lacking: u64,
        turn: &mut Turn,
    ) -> Result<(), DeskFault> {
        let number = self.peer(party)?.number;
        let from = lacking.max(1).to_be_bytes();
        let limit = Turn::MAX_ACKNOWLEDGEMENTS as u32;
        for (key, value) in self.store.scan(INBOX, number, &from, &[], limit, Order::Ascending).await? {
            let row = InboxRow::from_bytes(&value)?;
            if let Some(bytes) = self.acknowledge(party, position_of(&key), &row).await? {
                turn.acknowledgements.push(bytes.into());
            }
        }
        Ok(())
    }

    /// The signed acknowledgement of an inbox row: the same bytes whenever it is asked for. `None` for a position that
    /// its sender withdrew.
    async fn acknowledge(
        &self,
        party: &PartyCode,
        position: u64,
        row: &InboxRow,
    ) -> Result<Option<Vec<u8>>, DeskFault> {
        let (Some(dispatch), Some(record), Some(index), Some(outcome)) =
            (&row.dispatch, row.record, row.index, &row.outcome)
        else {
            return Ok(None);
        };
        let committed = self.log.entry(&self.store, index).await?;
        let acknowledgement = Acknowledgement {
            from: self.party.clone(),
            to: party.clone(),
            position,
            dispatch: sha256(&[dispatch]),
            crossing: comity_record::CrossingId::of(&record, party, &self.party),
            outcome: outcome.clone(),
            at: row.at,
            entry: committed.entry().to_bytes().into(),
            salt: ByteArray::from(*committed.salt()),
            index,
        };
        Ok(Some(Attested::sign(acknowledgement, &*self.signers.record)?.as_bytes().to_vec()))
    }

    async fn add_items(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        after: u64,
        turn: &mut Turn,
    ) -> Result<(), DeskFault> {
        let (number, from) = (self.peer(party)?.number, after.saturating_add(1).to_be_bytes());
        let limit = Turn::MAX_ITEMS as u32 + 1;
        let rows = self.store.scan(OUTBOX, number, &from, &[], limit, Order::Ascending).await?;
        let mut bytes = 0;
        for (key, value) in rows {
            if turn.items.len() == Turn::MAX_ITEMS || bytes >= Turn::ITEM_BYTES {
                turn.more = true;
                break;
            }
            let item =
                self.item(now, entropy, party, position_of(&key), OutboxRow::from_bytes(&value)?).await?;
            bytes += item.frame.as_ref().map_or(0, |frame| frame.len());
            turn.items.push(item);
        }
        Ok(())
    }

    async fn item(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        position: u64,
        row: OutboxRow,
    ) -> Result<Item, DeskFault> {
        let withdrawn = Item { position, dispatch: None, frame: None, authored: None };
        let Some(standing) = self.standing_clearance(now, entropy, party, position, &row).await? else {
            return Ok(withdrawn);
        };
        let frame = match self.frames.get(row.record) {
            Some(frame) => frame,
            None => {
                let held = match self.held(row.record).await {
                    Err(DeskFault::Erased { .. } | DeskFault::Unverified(_)) => return Ok(withdrawn),
                    held => held?,
                };
                let frame = Arc::new(frames::compress(&held.frame()?)?);
                self.frames.put(row.record, &frame);
                frame
            }
        };
        let at = standing.committed.entry().at;
        let carriage =
            Carriage { position, frame: sha256(&[&frame]), at, expires: at.plus_millis(Dispatch::LIFETIME) };
        let dispatch = Dispatch::new(&standing.cleared, &standing.request, &standing.committed, carriage)?;
        let signed = Attested::sign(dispatch, &*self.signers.record)?;
        let frame = Some(frame.as_slice().to_vec().into());
        let authored = self.authored(party, row.record).await?;
        Ok(Item { position, dispatch: Some(signed.as_bytes().to_vec().into()), frame, authored })
    }

    /// Where we entered a record of ours whose key was revoked since; `None` for any other, and for a peer that does not read
    /// it.
    async fn authored(&self, party: &PartyCode, id: RecordId) -> Result<Option<Authored>, DeskFault> {
        let none_revoked = self.keys.of(&self.party).all(|entry| entry.revoked.is_none());
        if none_revoked || self.peer(party)?.understood(letter::TURN) < AUTHORED_VERSION {
            return Ok(None);
        }
        let held = self.envelope(id).await?;
        let signed = Signed::from_bytes(held.record.as_bytes())?;
        let counts_still = signed.verify(&self.keys).is_ok();
        if counts_still || held.received_from.is_some() {
            return Ok(None);
        }
        let committed = self.log.entry(&self.store, held.index).await?;
        Ok(Some(Authored {
            entry: committed.entry().to_bytes().into(),
            salt: ByteArray::from(*committed.salt()),
            index: held.index,
        }))
    }

    /// Whether a record was cleared for a party, its entry is committed, and the clearance stands now.
    pub(super) async fn is_cleared(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        record: RecordId,
    ) -> Result<bool, DeskFault> {
        let peer = self.peer(party)?;
        if peer.suspended.is_some() || self.is_recalled(record).await? {
            return Ok(false);
        }
        let rows = self.rows(OUTBOX, peer.number).await?;
        for (key, value) in rows.iter().rev() {
            let row = OutboxRow::from_bytes(value)?;
            if row.record == record {
                let position = position_of(key);
                let standing = self.standing_clearance(now, entropy, party, position, &row).await?;
                return Ok(standing.is_some());
            }
        }
        Ok(false)
    }

    /// The clearance of a position as it stands now, judged again where an input has changed; `None` where it no longer
    /// stands, which is then entered.
    async fn standing_clearance(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        position: u64,
        row: &OutboxRow,
    ) -> Result<Option<Standing>, DeskFault> {
        let number = self.peer(party)?.number;
        let (from, to) = (position.to_be_bytes(), (position + 1).to_be_bytes());
        let later = self.store.scan(REJUDGED, number, &from, &to, 1, Order::Descending).await?;
        let later = later.first().map(|(_, value)| Rejudged::from_bytes(value)).transpose()?;
        let index = match later {
            Some(Rejudged { cleared: false, .. }) => return Ok(None),
            Some(Rejudged { index, .. }) => index,
            None => row.index,
        };
        let committed = self.log.entry(&self.store, index).await?;
        let missing =
            || DeskFault::Other { what: "a decision", why: format!("entry {index} has no decision row") };
        let (_, decision, request) = self.decision(index).await?.ok_or_else(missing)?;
        // What was erased, or signed by a key that was revoked since, can be judged no more: its position goes out as
        // withdrawn, and those behind it as they are.
        let held = match self.envelope(row.record).await {
            Err(DeskFault::Erased { .. } | DeskFault::Unverified(_)) => return Ok(None),
            held => held?,
        };
        let spent = committed.entry().at.plus_millis(Dispatch::LIFETIME / 2) <= now;
        // What its author narrowed after it was cleared, and before it went, is judged again.
        let same = decision.subject == self.subject(&held.record).hash();
        if !spent && same && self.law.unchanged_since(&decision, now) {
            let judgement = self.judge(&held.record, &request);
            if let Judgement::Cleared(cleared) = judgement {
                return Ok(Some(Standing { cleared, request, committed }));
            }
        }
        self.judge_again(now, entropy, party, position, &held.record, Request { at: now, ..request }).await
    }

    async fn judge_again(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        position: u64,
        record: &comity_record::Verified,
        request: Request,
    ) -> Result<Option<Standing>, DeskFault> {
        let request = self.state(record, request);
        let judgement = self.judge(record, &request);
        let mut judged = self.judged(now, record.id(), request.clone(), &judgement);
        judged.subject = self.narrowed_subject(record);
        let number = self.peer(party)?.number;
        let index = self.log.size();
        let cleared = matches!(judgement, Judgement::Cleared(_));
        let revision = [position.to_be_bytes(), index.to_be_bytes()].concat();
        let mut rows = self.judgement_rows(index, &judged)?;
        rows.push(Row {
            table: REJUDGED,
            partition: number,
            key: revision,
            value: Rejudged { index, cleared }.to_bytes(),
        });
        let committed = self.commit(vec![(judged.entry, draw(entropy))], rows).await?;
        match (judgement, committed.into_iter().next()) {
            (Judgement::Cleared(cleared), Some(committed)) => {
                Ok(Some(Standing { cleared, request, committed }))
            }
            _ => Ok(None),
        }
    }
}
