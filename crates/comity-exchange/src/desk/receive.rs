//! Taking in a turn: each item is checked, judged by our own border, and entered with what it brought, all in one
//! commit; only then is it acknowledged.
//!
//! A crash before the commit leaves nothing, and the peer sends again. A crash after it leaves everything, and the next
//! turn acknowledges. Items are known by their position, so that a turn that comes twice, or a pouch opened after its
//! items came by the network, changes nothing.

use super::{
    CaseFile, Desk, DeskFault, author::Written, case::step_row, judge::Judged, peers::CLOCK_TOLERANCE,
};
use crate::{
    Acknowledgement, Bodies, Dispatch, Entropy, Outcome, draw, frames,
    tables::{ACKNOWLEDGED, INBOX, InboxRow, OUTBOX, OutboxRow, RECALLS, REPORTS, ReportRow, recall_key},
    turn::{Item, Turn},
};
use comity_affairs::CaseId;
use comity_border::{Direction, Judgement, Request, Subject};
use comity_ledger::{
    store::{Kv, Row, Store},
    tree::commitment_leaf,
    witness::{kept_leaves, load},
};
use comity_record::{
    Attested, Body, Canonical, CrossingId, Entry, EntryKind, EntrySalt, KeyRing, PartyCode, RecordId, Signed,
    Timestamp, Verified, body::RecallReport, letter, sha256,
};
use std::collections::{BTreeMap, BTreeSet};

/// What happened while a turn was taken in, for logs, counters and whoever acts on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A record was taken in.
    TakenIn {
        /// From whom.
        from: PartyCode,
        /// Which.
        record: RecordId,
    },
    /// Our border refused a record.
    Refused {
        /// From whom.
        from: PartyCode,
        /// Which.
        record: RecordId,
        /// The stable code.
        code: String,
    },
    /// An item could not be accepted.
    Faulty {
        /// From whom.
        from: PartyCode,
        /// The stable code.
        code: String,
    },
    /// A peer acknowledged a position of ours.
    Acknowledged {
        /// Who.
        by: PartyCode,
        /// The position.
        position: u64,
        /// How it was dealt with there.
        outcome: Outcome,
    },
    /// A peer's acknowledgement could not be accepted.
    BadAcknowledgement {
        /// From whom.
        from: PartyCode,
        /// The stable code.
        code: String,
    },
    /// A peer cosigned our checkpoint.
    Cosigned {
        /// Who.
        by: PartyCode,
        /// The size of the checkpoint.
        size: u64,
    },
    /// A peer showed two histories; both signed heads are kept.
    Conflict {
        /// Who.
        by: PartyCode,
    },
    /// A witness showed our last head that it cosigned, and our log contains it.
    HeadConfirmed {
        /// Who.
        by: PartyCode,
        /// The size of that head.
        size: u64,
    },
    /// A witness showed a head that we signed and that our log does not contain: its tail was lost.
    TailLost {
        /// Who showed it.
        shown_by: PartyCode,
        /// The size of that head.
        size: u64,
    },
    /// A witness gave leaf hashes of our lost tail, up to this index.
    LeavesFetched {
        /// Who.
        from: PartyCode,
        /// One past the last.
        through: u64,
    },
    /// The lost tail was filled up with the hashes that a witness gave; the content of these entries stays lost.
    TailRestored {
        /// Who gave the last of them.
        by: PartyCode,
        /// The first lost entry.
        from: u64,
        /// One past the last.
        to: u64,
    },
    /// A witness holds more leaf hashes of our ledger than before.
    LeavesKept {
        /// Who.
        by: PartyCode,
        /// Up to where.
        through: u64,
    },
    /// A new letter of a peer counts from here on.
    LetterTaken {
        /// Whose.
        from: PartyCode,
        /// Its number.
        serial: u64,
    },
    /// The revocation of a peer's key counts from here on.
    KeyRevoked {
        /// Whose key.
        by: PartyCode,
        /// Its thumbprint, shortened.
        key: String,
    },
    /// A peer's ledger lost entries for good and goes on under a new origin, as its root says.
    LedgerSucceeded {
        /// Whose ledger.
        by: PartyCode,
        /// The first lost entry.
        from: u64,
        /// One past the last.
        to: u64,
    },
    /// A peer holds something at a position of ours of which nothing is known here any more.
    PositionLost {
        /// Who holds it.
        by: PartyCode,
        /// The position.
        position: u64,
    },
    /// A root statement of a peer could not be accepted.
    BadAnnouncement {
        /// From whom.
        from: PartyCode,
        /// The stable code.
        code: String,
    },
    /// A checkpoint or cosignature could not be accepted.
    BadCheckpoint {
        /// From whom.
        from: PartyCode,
        /// Why.
        why: String,
    },
}

impl Event {
    /// Whether something became durable, here or there, that was not before.
    pub fn is_progress(&self) -> bool {
        matches!(
            self,
            Event::HeadConfirmed { .. }
                | Event::LeavesFetched { .. }
                | Event::TailRestored { .. }
                | Event::LeavesKept { .. }
                | Event::LetterTaken { .. }
                | Event::KeyRevoked { .. }
                | Event::LedgerSucceeded { .. }
                | Event::PositionLost { .. }
                | Event::TakenIn { .. }
                | Event::Refused { .. }
                | Event::Acknowledged { .. }
                | Event::Cosigned { .. }
        )
    }
}

/// What a record taken in says about a recall.
enum Withdrawal {
    /// Nothing.
    None,
    /// It is a recall.
    Recall,
    /// It reports on a recall of ours.
    Report(RecallReport),
}

/// What the items of one turn brought so far, before any of it is committed.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Records that are new here.
    pub records: BTreeSet<RecordId>,
    /// Requests among them.
    pub requests: BTreeMap<RecordId, Verified>,
    /// Cases that steps among them belong to.
    pub cases: BTreeMap<CaseId, CaseFile>,
}

/// One item after checks and judgement.
enum Reception {
    /// The sender withdrew the position.
    Withdrawn,
    /// Cleared by our border.
    Cleared { written: Box<Option<Written>>, dispatch: Vec<u8>, judged: Box<Judged>, withdrawal: Withdrawal },
    /// Refused by our border.
    Refused { dispatch: Vec<u8>, judged: Box<Judged>, outcome: Outcome },
    /// Not acceptable as it stands, though its sender signed the dispatch.
    Faulty { dispatch: Vec<u8>, record: RecordId, crossing: CrossingId, code: &'static str },
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Takes in a turn from `peer`, the party of the connection. Everything it brought is durable on return.
    pub async fn take_turn(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        turn: &Turn,
    ) -> Result<Vec<Event>, DeskFault> {
        if turn.from != *peer || turn.to != self.party || turn.from == turn.to {
            let (from, to, party) = (turn.from.clone(), turn.to.clone(), self.party.clone());
            return Err(DeskFault::Misdirected { from, to, party, peer: peer.clone() });
        }
        let known = self.peer_mut(peer)?;
        if known.suspended.is_some() {
            return Ok(Vec::new());
        }
        known.told = turn.have.min(known.last);
        known.lacking = turn.lacking.max(1);
        known.heard.claims = turn.have.min(known.last.saturating_add(REACH));
        self.take_understanding(peer, turn)?;
        let mut events = self.take_witness(peer, turn)?;
        events.extend(self.take_shown(now, peer, turn).await?);
        if let Some(further) = &turn.further {
            events.extend(self.take_further(now, entropy, peer, further).await?);
        }
        self.end_caution(now).await?;
        if self.is_mending(now) {
            // One entry more, and the log would be another one than that which is being filled up. The peer says all of
            // this again.
            return Ok(events);
        }
        self.announce_intended(now, entropy).await?;
        events.extend(self.take_items(now, entropy, peer, &turn.items).await?);
        let acknowledgements: Vec<&[u8]> =
            turn.acknowledgements.iter().map(|bytes| bytes.as_slice()).collect();
        events.extend(self.take_acknowledgements(now, entropy, peer, &acknowledgements).await?);
        self.note_given_back(peer, turn.items.len())?;
        self.pass_withdrawn(peer, turn)?;
        events.extend(self.take_checkpoint(now, entropy, peer, turn).await?);
        events.extend(self.take_cosignatures(now, peer, &turn.cosignatures).await?);
        Ok(events)
    }

    /// What the peer understands, as its turn says.
    fn take_understanding(&mut self, peer: &PartyCode, turn: &Turn) -> Result<(), DeskFault> {
        let named = turn.understands.iter().filter(|(name, _)| name.len() <= 40).take(MOST_UNDERSTOOD);
        let mut understands: Vec<(String, u16)> = named.cloned().collect();
        understands.retain(|(name, _)| name != letter::TURN);
        understands.push((letter::TURN.to_owned(), turn.version));
        self.peer_mut(peer)?.understands = understands;
        Ok(())
    }

    /// Takes in items that were carried by hand, whose sender is only claimed.
    ///
    /// INVARIANT: only what the sender signed uses up a position. A withdrawn position is not signed, nor is a frame that its
    /// dispatch does not name; whoever can seal a pouch to us could otherwise put either where a record is to come.
    pub async fn take_carried(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        items: &[Item],
    ) -> Result<Vec<Event>, DeskFault> {
        let (whole, rest): (Vec<Item>, Vec<Item>) = items.iter().cloned().partition(Item::is_whole);
        let mut events = self.take_items(now, entropy, peer, &whole).await?;
        let altered = rest.iter().filter(|item| item.dispatch.is_some());
        events.extend(
            altered.map(|_| Event::Faulty { from: peer.clone(), code: "exchange/frame-mismatch".to_owned() }),
        );
        Ok(events)
    }

    /// Takes in the items of a turn.
    async fn take_items(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        items: &[Item],
    ) -> Result<Vec<Event>, DeskFault> {
        let mut receptions = Vec::new();
        let mut events = Vec::new();
        let mut seen = BTreeSet::new();
        let mut batch = Batch::default();
        for item in items {
            let held = &self.peer(peer)?.held;
            // A position far beyond what is held would make the set of gaps grow without bound.
            let in_reach = (1..=held.through().saturating_add(REACH)).contains(&item.position);
            if held.contains(item.position) || !in_reach || !seen.insert(item.position) {
                continue;
            }
            match self.receive(now, peer, item, &mut batch).await? {
                Ok(reception) => receptions.push((item.position, reception)),
                Err(code) => events.push(Event::Faulty { from: peer.clone(), code: code.to_owned() }),
            }
        }
        events.extend(self.enter_receptions(now, entropy, peer, receptions).await?);
        self.apply_recalls(now, entropy).await?;
        Ok(events)
    }

    /// Checks and judges one item. `Err` is an item that cannot be attributed to the sender: it is not acknowledged, and
    /// its position stays open.
    async fn receive(
        &self,
        now: Timestamp,
        peer: &PartyCode,
        item: &Item,
        batch: &mut Batch,
    ) -> Result<Result<Reception, &'static str>, DeskFault> {
        let Some(bytes) = &item.dispatch else { return Ok(Ok(Reception::Withdrawn)) };
        let signed = match Attested::<Dispatch>::from_bytes(bytes) {
            Ok(signed) => signed,
            Err(fault) => return Ok(Err(fault.code())),
        };
        let dispatch = match signed.verify(&self.keys) {
            Ok(dispatch) => dispatch,
            Err(fault) => return Ok(Err(fault.code())),
        };
        if dispatch.from != *peer || dispatch.to != self.party || dispatch.position != item.position {
            return Ok(Err("exchange/not-addressed-here"));
        }
        let faulty = |code| Reception::Faulty {
            dispatch: bytes.to_vec(),
            record: dispatch.record,
            crossing: dispatch.crossing(),
            code,
        };
        if dispatch.expires <= now {
            return Ok(Ok(faulty("exchange/expired")));
        }
        if dispatch.at > now.plus_millis(CLOCK_TOLERANCE) {
            return Ok(Ok(faulty("exchange/future")));
        }
        let proven = self.proven_place(now, dispatch, item).await?;
        let (record, written) = match self.unpack(dispatch, item, proven) {
            Ok(unpacked) => unpacked,
            Err(code) => return Ok(Ok(faulty(code))),
        };
        let request = Request { direction: Direction::Receiving, at: now, ..dispatch.request.clone() };
        let judgement = self.law.judge(&record, &request);
        let judged = Box::new(self.judged(now, dispatch.record, request, &judgement));
        let outcome = match &judgement {
            Judgement::Cleared(_) => {
                if let Body::CaseEvent { version, bytes } = &record.statement().body
                    && let Err(fault) =
                        self.take_step(peer, &record, &dispatch.request, (*version, bytes), batch).await?
                {
                    return Ok(Ok(faulty(fault.code())));
                }
                let held = self.record_rows(&[dispatch.record]).await?.pop().flatten().is_some();
                let known = held || !batch.records.insert(dispatch.record);
                if let Body::Request(_) = &record.statement().body {
                    batch.requests.insert(dispatch.record, record.clone());
                }
                let withdrawal = match &record.statement().body {
                    Body::Recall(_) => Withdrawal::Recall,
                    Body::RecallReport(report) => Withdrawal::Report(report.clone()),
                    _ => Withdrawal::None,
                };
                let written = Box::new((!known).then_some(written));
                return Ok(Ok(Reception::Cleared { written, dispatch: bytes.to_vec(), judged, withdrawal }));
            }
            Judgement::Refusal(refusal) => Outcome::Refused(refusal.disclosed(self.disclosure)),
            // A receiver redacts nothing: what it may not hold as it stands, it refuses.
            Judgement::RedactFirst(first) => {
                Outcome::Refused(first.clone().into_refusal().disclosed(self.disclosure))
            }
        };
        let judged = Box::new(Judged { subject: Some(Subject::of(&record)), ..*judged });
        Ok(Ok(Reception::Refused { dispatch: bytes.to_vec(), judged, outcome }))
    }

    /// The index under which the sender entered the record as its author, found among the leaf hashes that we hold as the
    /// witness of its ledger.
    async fn proven_place(
        &self,
        now: Timestamp,
        dispatch: &Dispatch,
        item: &Item,
    ) -> Result<Option<u64>, DeskFault> {
        let Some(authored) = &item.authored else { return Ok(None) };
        let Ok(entry) = Entry::from_bytes(&authored.entry) else { return Ok(None) };
        let names_it = entry.kind == EntryKind::Authored
            && entry.party == dispatch.from
            && entry.record == Some(dispatch.record);
        let Some(end) = authored.index.checked_add(1).filter(|_| names_it) else { return Ok(None) };
        let origin = &self.peer(&dispatch.from)?.letter.ledger;
        let watched = load(&self.store, origin, now).await;
        let watched = watched.map_err(|fault| DeskFault::other("the witness's state", &fault))?;
        let kept = kept_leaves(&self.store, &watched, authored.index, end).await?;
        let leaf = commitment_leaf(&entry.commitment(&authored.salt));
        Ok((kept.first() == Some(&leaf)).then_some(authored.index))
    }

    /// The keys by which a record counts: those that count now; or, where the sender entered it before the revocation of the
    /// key that signed it, those as they were.
    fn keys_for(&self, dispatch: &Dispatch, record: &Signed, proven: Option<u64>) -> &KeyRing {
        let revoked = self.peers.get(&dispatch.from).and_then(|peer| {
            let (ledger, index) = peer.revoked_at.get(&record.header().key)?;
            (*ledger == peer.letter.ledger).then_some(*index)
        });
        let is_before = proven.zip(revoked).is_some_and(|(entered, revoked)| entered < revoked);
        if is_before && record.statement().origin == dispatch.from { &self.held_keys } else { &self.keys }
    }

    /// The record of an item, verified, with its objects; or the code of what is wrong with it.
    fn unpack(
        &self,
        dispatch: &Dispatch,
        item: &Item,
        proven: Option<u64>,
    ) -> Result<(Verified, Written), &'static str> {
        let Some(bytes) = &item.frame else { return Err("exchange/no-frame") };
        if sha256(&[bytes]) != dispatch.frame {
            return Err("exchange/frame-mismatch");
        }
        let frame = frames::decompress(bytes).map_err(|fault| fault.code())?;
        let (signed, objects) = frame.open().map_err(|fault| fault.code())?;
        if signed.id() != dispatch.record {
            return Err("exchange/record-mismatch");
        }
        let objects = objects.iter().map(|object| object.bytes.to_vec()).collect();
        let keys = self.keys_for(dispatch, &signed, proven);
        let record = Signed::clone(&signed).verify(keys).map_err(|fault| fault.code())?;
        Ok((record, Written { record: signed, salts: frame.salts.clone(), objects }))
    }

    async fn enter_receptions(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        receptions: Vec<(u64, Reception)>,
    ) -> Result<Vec<Event>, DeskFault> {
        if receptions.is_empty() {
            return Ok(Vec::new());
        }
        let number = self.peer(peer)?.number;
        let (mut entries, mut rows, mut events, mut positions, mut recalls) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (position, reception) in receptions {
            let index = self.log.size() + entries.len() as u64;
            let mut inbox = InboxRow { dispatch: None, record: None, index: None, outcome: None, at: now };
            let entered = match reception {
                Reception::Withdrawn => None,
                Reception::Cleared { written, dispatch, judged, withdrawal } => {
                    if let Withdrawal::Recall = withdrawal {
                        let key = recall_key(&judged.record, peer);
                        rows.push(Row { table: RECALLS, partition: 0, key, value: Vec::new() });
                        recalls.push((judged.record, peer.clone()));
                    }
                    if let Withdrawal::Report(report) = withdrawal {
                        rows.push(report_row(now, peer, judged.record, index, report));
                    }
                    let written = Vec::from_iter(*written);
                    rows.extend(written.iter().filter_map(|one| step_row(one, peer, &self.party, index)));
                    rows.extend(self.hold(index, written, Some(peer)).await?);
                    events.push(Event::TakenIn { from: peer.clone(), record: judged.record });
                    Some((dispatch, judged.record, Outcome::TakenIn, Some(judged), None))
                }
                Reception::Refused { dispatch, judged, outcome } => {
                    let code =
                        judged.decision.ruling.code().map_or_else(String::new, |code| code.to_string());
                    events.push(Event::Refused { from: peer.clone(), record: judged.record, code });
                    Some((dispatch, judged.record, outcome, Some(judged), None))
                }
                Reception::Faulty { dispatch, record, crossing, code } => {
                    events.push(Event::Faulty { from: peer.clone(), code: code.to_owned() });
                    Some((dispatch, record, Outcome::Faulty { code: code.to_owned() }, None, Some(crossing)))
                }
            };
            if let Some((dispatch, record, outcome, judged, crossing)) = entered {
                let salt: EntrySalt = draw(entropy);
                let mut entry = match &judged {
                    Some(judged) => judged.entry.clone(),
                    None => self.fault_entry(now, peer, record, crossing),
                };
                entry.subject = Some(sha256(&[&dispatch]));
                if let Some(judged) = &judged {
                    rows.extend(self.judgement_rows(index, judged)?);
                }
                inbox = InboxRow {
                    dispatch: Some(dispatch.into()),
                    record: Some(record),
                    index: Some(index),
                    outcome: Some(outcome),
                    at: now,
                };
                entries.push((entry, salt));
            }
            let key = position.to_be_bytes().to_vec();
            rows.push(Row { table: INBOX, partition: number, key, value: inbox.to_bytes() });
            positions.push(position);
        }
        rows.sort_by(|a, b| (a.table.name, a.partition, &a.key).cmp(&(b.table.name, b.partition, &b.key)));
        rows.dedup();
        self.commit(entries, rows).await?;
        self.pending_recalls.extend(recalls);
        let held = &mut self.peer_mut(peer)?.held;
        positions.into_iter().for_each(|position| held.insert(position));
        Ok(events)
    }

    fn fault_entry(
        &self,
        now: Timestamp,
        peer: &PartyCode,
        record: RecordId,
        crossing: Option<CrossingId>,
    ) -> Entry {
        let mut entry = Entry::new(EntryKind::ReceptionRefused, now, self.party.clone());
        entry.counterparty = Some(peer.clone());
        entry.record = Some(record);
        entry.crossing = crossing;
        entry
    }

    /// Takes in a peer's acknowledgements, from a turn or a pouch.
    pub async fn take_acknowledgements(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        acknowledgements: &[&[u8]],
    ) -> Result<Vec<Event>, DeskFault> {
        let (mut entries, mut rows, mut events, mut positions) =
            (Vec::new(), Vec::new(), Vec::new(), BTreeSet::new());
        for bytes in acknowledgements.iter().take(Turn::MAX_ACKNOWLEDGEMENTS) {
            let acknowledgement = match self.check_acknowledgement(peer, bytes).await? {
                Ok((acknowledgement, true)) => acknowledgement,
                Ok((acknowledgement, false)) => {
                    if !self.peer(peer)?.settled.contains(acknowledgement.position) {
                        self.take_lost(peer, &acknowledgement).await?;
                        let (by, position) = (peer.clone(), acknowledgement.position);
                        events.push(Event::PositionLost { by, position });
                    }
                    continue;
                }
                Err(code) => {
                    events.push(Event::BadAcknowledgement { from: peer.clone(), code: code.to_owned() });
                    continue;
                }
            };
            let known = self.peer(peer)?;
            let position = acknowledgement.position;
            if known.acknowledged.contains(position) || !positions.insert(position) {
                continue;
            }
            let mut entry = Entry::new(EntryKind::Acknowledged, now, self.party.clone());
            entry.counterparty = Some(peer.clone());
            entry.crossing = Some(acknowledgement.crossing);
            entry.subject = Some(sha256(&[bytes]));
            entries.push((entry, draw(entropy)));
            let key = position.to_be_bytes().to_vec();
            rows.push(Row { table: ACKNOWLEDGED, partition: known.number, key, value: bytes.to_vec() });
            let outcome = acknowledgement.outcome;
            events.push(Event::Acknowledged { by: peer.clone(), position, outcome });
        }
        if entries.is_empty() {
            return Ok(events);
        }
        self.commit(entries, rows).await?;
        let known = self.peer_mut(peer)?;
        for position in positions {
            known.acknowledged.insert(position);
            known.settled.insert(position);
        }
        Ok(events)
    }

    /// An acknowledgement signed by the peer, with the twin of our entry, and whether it is of what was given that position
    /// here; or the code of what is wrong with it. After a loss, which perhaps nobody has shown yet, positions are given a
    /// second time, and its acknowledgement may be of the first.
    async fn check_acknowledgement(
        &self,
        peer: &PartyCode,
        bytes: &[u8],
    ) -> Result<Result<(Acknowledgement, bool), &'static str>, DeskFault> {
        let acknowledgement = match self.read_acknowledgement(peer, bytes) {
            Ok(acknowledgement) => acknowledgement,
            Err(code) => return Ok(Err(code)),
        };
        let key = (self.peer(peer)?.number, acknowledgement.position.to_be_bytes().to_vec());
        let row = self.store.get_many(OUTBOX, &[key]).await?.pop().flatten();
        let row = row.map(|bytes| OutboxRow::from_bytes(&bytes)).transpose()?;
        let given = row.map(|row| CrossingId::of(&row.record, &self.party, peer));
        let fits = given == Some(acknowledgement.crossing);
        Ok(Ok((acknowledgement, fits)))
    }

    /// A peer acknowledges what it holds in the order of positions, from the first that we lack. What it holds before its
    /// first acknowledgement came as withdrawn, and none will come for it: without this, a withdrawn position would have
    /// everything behind it acknowledged again in every turn.
    fn pass_withdrawn(&mut self, peer: &PartyCode, turn: &Turn) -> Result<(), DeskFault> {
        let first = turn.acknowledgements.first().map(|bytes| Attested::<Acknowledgement>::from_bytes(bytes));
        let Some(Ok(first)) = first else { return Ok(()) };
        let first = first.claimed().position;
        let known = self.peer_mut(peer)?;
        if first <= known.last && first <= turn.have.saturating_add(1) {
            (known.settled.through() + 1..first).for_each(|position| known.settled.insert(position));
        }
        Ok(())
    }

    fn read_acknowledgement(&self, peer: &PartyCode, bytes: &[u8]) -> Result<Acknowledgement, &'static str> {
        let signed = Attested::<Acknowledgement>::from_bytes(bytes).map_err(|fault| fault.code())?;
        let acknowledgement = signed.verify(&self.keys).map_err(|fault| fault.code())?;
        let known = self.peer(peer).map_err(|fault| fault.code())?;
        let entry = Entry::from_bytes(&acknowledgement.entry).map_err(|fault| fault.code())?;
        let last = known.last.max(known.heard.claims);
        let fits = acknowledgement.from == *peer
            && acknowledgement.to == self.party
            && (1..=last).contains(&acknowledgement.position);
        // The twin must speak of the same crossing and dispatch, in the peer's own ledger.
        let twin = entry.party == *peer
            && entry.crossing == Some(acknowledgement.crossing)
            && entry.subject == Some(acknowledgement.dispatch)
            && entry.counterparty.as_ref() == Some(&self.party);
        match (fits, twin) {
            (true, true) => Ok(acknowledgement.clone()),
            (false, _) => Err("exchange/not-addressed-here"),
            (true, false) => Err("exchange/twin-mismatch"),
        }
    }
}

fn report_row(now: Timestamp, peer: &PartyCode, record: RecordId, index: u64, report: RecallReport) -> Row {
    let key = [report.recall.0.0.as_slice(), &index.to_be_bytes()].concat();
    let value = ReportRow { from: peer.clone(), record, done: report.done, at: now }.to_bytes();
    Row { table: REPORTS, partition: 0, key, value }
}

/// Most kinds that a peer is remembered to understand.
const MOST_UNDERSTOOD: usize = 256;

/// How far beyond the positions held an item may be.
const REACH: u64 = 100_000;
