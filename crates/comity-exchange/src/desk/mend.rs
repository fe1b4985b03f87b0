//! The lost tail: a witness has shown a head of ours that our log does not contain, as after an old backup was restored.
//!
//! First the leaf hashes of the lost entries are fetched from the witnesses that showed the head, and the log is filled up
//! with them: it is the same log again, with entries of which only the hash is left. Then peers are asked to give back,
//! by an ordinary crossing, what of it was ours; what was theirs they send again anyway. Positions that were given out a
//! second time meanwhile are moved behind what the peer holds.
//!
//! While a witness is at it nothing new is entered, since one entry more would make the log another one. No witness can
//! stop the desk by that for longer than [`PATIENCE`]. Where nobody has the hashes, or something was entered before
//! anybody could show the loss, the party's root signs a succession: the log goes on under a new origin, and everybody
//! can see why.

use super::{Desk, DeskFault, Peer, Sharing, receive::Event};
use crate::{
    Acknowledgement, Bodies, Entropy, Outcome, draw,
    tables::{INBOX, InboxRow, OUTBOX, OutboxRow, REJUDGED, Rejudged},
    turn::{Further, Leaves, Piece, RootStatement, Span, Turn},
};
use comity_border::Request;
use comity_ledger::{
    Committed, SuccessionStatement, TreeHead,
    log::LEAVES,
    store::{Kv, Order, Row, Store},
    witness::{MAX_LEAVES, Watched, kept_leaves, load},
};
use comity_record::{
    Canonical, Entry, EntrySalt, Hash, Letter, PartyCode, RecordId, RootSigned, Timestamp, letter,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// For how long the mending may keep the desk from entering anything, and for how long after the first witness the others
/// are waited for before a head is signed: ten minutes.
pub(super) const PATIENCE: i64 = 10 * 60 * 1000;
/// Most positions looked at in one turn because a peer lost them.
const GIVEN_BACK: u64 = 256;

/// A loss that a witness has shown.
#[derive(Clone, Debug)]
pub(super) struct Loss {
    /// The longest head of ours that was shown and is not contained.
    pub head: TreeHead,
    /// Who showed it since our start.
    pub by: BTreeSet<PartyCode>,
    /// Since when it is known to this process.
    pub since: Option<Timestamp>,
    /// Leaf hashes fetched so far, from the end of our log on, by who gave them.
    pub fetched: BTreeMap<PartyCode, Vec<Hash>>,
    /// Who had no hashes, or such as do not lead to the head.
    pub useless: BTreeSet<PartyCode>,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who: Vec<String> = self.by.iter().map(|party| format!("`{party}`")).collect();
        let who = if who.is_empty() { "a witness".to_owned() } else { who.join(", ") };
        let size = self.head.size;
        write!(
            f,
            "{who} showed a head of ours with {size} entries that this log does not contain: its tail was lost"
        )
    }
}

impl Loss {
    /// Whether a witness may still have the hashes.
    fn is_open(&self) -> bool {
        self.by.iter().any(|party| !self.useless.contains(party))
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Commits entries and rows of the desk. While a lost tail is being fetched nothing is entered.
    pub(super) async fn commit(
        &mut self,
        entries: Vec<(Entry, EntrySalt)>,
        rows: Vec<Row>,
    ) -> Result<Vec<Committed<Entry>>, DeskFault> {
        if let Some((first, _)) = entries.first() {
            if self.is_mending(first.at) {
                let size = self.head.loss.as_ref().map_or(0, |loss| loss.head.size);
                return Err(DeskFault::TailLost { size });
            }
            self.note_opened().await?;
        }
        let committed = self.log.commit(&self.store, entries, rows).await?;
        // What these rows mean is applied by the caller.
        self.read_to = self.log.size();
        Ok(committed)
    }

    /// The head of ours that a witness showed and that the log does not contain, where one did.
    pub fn lost_head(&self) -> Option<TreeHead> {
        self.head.loss.as_ref().map(|loss| loss.head)
    }

    /// Whether the tail of the log was lost and a witness is still at hand that may fill it up.
    pub fn is_mending(&self, now: Timestamp) -> bool {
        let in_time = |loss: &Loss| loss.since.is_some_and(|since| now < since.plus_millis(PATIENCE));
        self.head.loss.as_ref().is_some_and(|loss| loss.is_open() && in_time(loss))
    }

    pub(super) async fn has_lost_before(&self) -> Result<bool, DeskFault> {
        let lost = self.store.scan(LEAVES, 0, &[], &[], 1, Order::Ascending).await?;
        Ok(!lost.is_empty() || !self.successions().await?.is_empty())
    }

    /// A witness showed a head that the log does not contain.
    pub(super) async fn lose(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        head: TreeHead,
        note: &[u8],
    ) -> Result<Vec<Event>, DeskFault> {
        let longest = self.head.loss.as_ref().map_or(0, |loss| loss.head.size);
        if head.size > longest {
            self.keep_shown(Some(note)).await?;
            self.head.loss = Some(Loss { head, ..Loss::default() });
        }
        let Some(loss) = self.head.loss.as_mut().filter(|loss| loss.head == head) else {
            return Ok(Vec::new());
        };
        loss.by.insert(party.clone());
        loss.since.get_or_insert(now);
        Ok(vec![Event::TailLost { shown_by: party.clone(), size: head.size }])
    }

    /// What version 2 of the turn says to a peer that reads it.
    pub(super) async fn add_further(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        turn: &mut Turn,
    ) -> Result<(), DeskFault> {
        if self.peer(party)?.understood(letter::TURN) < crate::turn::FURTHER_VERSION {
            return Ok(());
        }
        let leaves = match self.peer_mut(party)?.heard.asked.take() {
            Some(span) => Some(self.kept_for(now, party, span).await?),
            None => None,
        };
        let (announced, piece) = (self.announcements(party).await?, self.piece_for(party, turn).await?);
        let peer = self.peer_mut(party)?;
        if piece.is_some() {
            peer.heard.piece_at = peer.witnessed.map(|(_, kept)| kept);
        }
        let lost = peer.heard.lost.filter(|span| span.to > peer.heard.returned);
        let (letter, revoked) = (peer.letter.serial, peer.revoked.iter().copied().collect());
        let returned = peer.heard.given_back;
        let wanted = self.wanted_from(party);
        turn.further = Some(Further { letter, revoked, announced, wanted, leaves, piece, lost, returned });
        Ok(())
    }

    /// The leaf hashes that a witness is to be asked for.
    fn wanted_from(&self, party: &PartyCode) -> Option<Span> {
        let loss = self.head.loss.as_ref().filter(|loss| loss.by.contains(party))?;
        let from = self.log.size() + loss.fetched.get(party).map_or(0, |hashes| hashes.len() as u64);
        (!loss.useless.contains(party) && from < loss.head.size).then_some(Span { from, to: loss.head.size })
    }

    /// The leaf hashes of a peer's ledger that we hold as its witness.
    async fn kept_for(&self, now: Timestamp, party: &PartyCode, span: Span) -> Result<Leaves, DeskFault> {
        let watched = self.watched(now, party).await?;
        let to = span.to.min(span.from.saturating_add(MAX_LEAVES as u64)).min(watched.held());
        let hashes = if span.from < to {
            kept_leaves(&self.store, &watched, span.from, to).await?
        } else {
            Vec::new()
        };
        Ok(Leaves { from: span.from, hashes })
    }

    /// What this desk keeps of a peer's ledger as its witness.
    pub(super) async fn watched(&self, now: Timestamp, party: &PartyCode) -> Result<Watched, DeskFault> {
        let watched = load(&self.store, &self.watched_letter(party)?.ledger, now).await;
        watched.map_err(|fault| DeskFault::other("the witness's state", &fault))
    }

    /// Leaf hashes that the witness lacks behind the head that it cosigned last: a log that grew by more than one turn
    /// carries, or that was long when they met.
    async fn piece_for(&self, party: &PartyCode, turn: &Turn) -> Result<Option<Piece>, DeskFault> {
        let Some((size, kept)) = self.peer(party)?.witnessed else { return Ok(None) };
        let filled_by_offer = turn.checkpoint.as_ref().is_some_and(|offer| !offer.entries.is_empty());
        if !self.may_sign() || filled_by_offer || kept >= size || size > self.log.size() {
            return Ok(None);
        }
        let to = size.min(kept + MAX_LEAVES as u64);
        let hashes = self.log.leaf_hashes(&self.store, kept, to).await?;
        let proof =
            if to < size { self.log.consistency_proof(&self.store, to, size).await? } else { Vec::new() };
        Ok(Some(Piece { hashes, proof }))
    }

    /// Takes in what version 2 of the turn says. It comes before everything else of a turn: a letter may name the keys by
    /// which the rest is read, and a log is mended before anything is appended to it.
    pub(super) async fn take_further(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        further: &Further,
    ) -> Result<Vec<Event>, DeskFault> {
        let mut revoked = further.revoked.clone();
        revoked.truncate(Further::MAX_REVOKED);
        let heard = &mut self.peer_mut(party)?.heard;
        heard.counted = Some(super::statement::Counted { letter: further.letter, revoked });
        heard.asked = further.wanted;
        heard.returned = heard.returned.max(further.returned);
        let mut events = Vec::new();
        if let Some(leaves) = &further.leaves {
            events.extend(self.take_leaves(party, leaves).await?);
        }
        if self.is_mending(now) {
            return Ok(events);
        }
        events.extend(self.take_announced(now, entropy, party, &further.announced).await?);
        if let Some(piece) = &further.piece {
            events.extend(self.take_piece(now, party, piece).await?);
        }
        if let Some(span) = further.lost {
            self.give_back(now, entropy, party, span).await?;
        }
        Ok(events)
    }

    async fn take_leaves(&mut self, party: &PartyCode, leaves: &Leaves) -> Result<Vec<Event>, DeskFault> {
        let size = self.log.size();
        let Some(loss) = self.head.loss.as_mut().filter(|loss| loss.by.contains(party)) else {
            return Ok(Vec::new());
        };
        let fetched = loss.fetched.entry(party.clone()).or_default();
        if leaves.from != size + fetched.len() as u64 {
            // The answer to a question that was asked before the last one.
            return Ok(Vec::new());
        }
        let wanted = loss.head.size.saturating_sub(leaves.from);
        fetched.extend(leaves.hashes.iter().take(usize::try_from(wanted).unwrap_or(usize::MAX)));
        if leaves.hashes.is_empty() {
            loss.useless.insert(party.clone());
            loss.fetched.remove(party);
            return Ok(Vec::new());
        }
        if size + (fetched.len() as u64) < loss.head.size {
            return Ok(vec![Event::LeavesFetched {
                from: party.clone(),
                through: size + fetched.len() as u64,
            }]);
        }
        let (fetched, head) = (std::mem::take(fetched), loss.head);
        self.fill_up(party, fetched, head).await
    }

    async fn fill_up(
        &mut self,
        party: &PartyCode,
        fetched: Vec<Hash>,
        head: TreeHead,
    ) -> Result<Vec<Event>, DeskFault> {
        let from = self.log.size();
        let refill = match self.log.check_refill(fetched, head) {
            Ok(refill) => refill,
            Err(fault) => {
                if let Some(loss) = &mut self.head.loss {
                    loss.useless.insert(party.clone());
                    loss.fetched.remove(party);
                }
                return Ok(vec![Event::BadCheckpoint { from: party.clone(), why: fault.code().to_owned() }]);
            }
        };
        self.log.restore_tail(&self.store, refill).await?;
        self.read_to = self.log.size();
        self.keep_shown(None).await?;
        let since = self.head.loss.take().and_then(|loss| loss.since);
        self.head.lost_before = true;
        // One witness may have seen more than another: the rest is waited for, if not for ever.
        self.head.cautious_until = since.map(|since| since.plus_millis(PATIENCE));
        Ok(vec![Event::TailRestored { by: party.clone(), from, to: head.size }])
    }

    async fn take_piece(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        piece: &Piece,
    ) -> Result<Vec<Event>, DeskFault> {
        let watched = self.watched(now, party).await?;
        match watched.fill(&piece.hashes, &piece.proof) {
            Ok(accepted) => {
                let kept = accepted.keep(&self.store, &self.log, now).await;
                kept.map_err(|fault| DeskFault::other("keeping a peer's leaf hashes", &fault))?;
                Ok(Vec::new())
            }
            Err(declined) => {
                let why = declined.code().to_owned();
                Ok(vec![Event::BadCheckpoint { from: party.clone(), why }])
            }
        }
    }

    /// Gives back to a peer, by an ordinary crossing, the records of its own that came at positions it lost. Our border
    /// judges that like any sharing, under the purpose for which they came.
    async fn give_back(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        span: Span,
    ) -> Result<(), DeskFault> {
        let peer = self.peer(party)?;
        let (number, done) = (peer.number, peer.heard.given_back);
        let from = span.from.max(done);
        let to = span.to.min(from.saturating_add(GIVEN_BACK));
        if from >= to {
            return Ok(());
        }
        let given = self.given(party).await?;
        let (limit, first, end) = (GIVEN_BACK as u32, from.to_be_bytes(), to.to_be_bytes());
        let mut sharings = Vec::new();
        for (_, value) in self.store.scan(INBOX, number, &first, &end, limit, Order::Ascending).await? {
            let row = InboxRow::from_bytes(&value)?;
            let Some(record) = row.record.filter(|_| row.outcome == Some(Outcome::TakenIn)) else { continue };
            if !given.contains(&record) {
                sharings.extend(self.back_to(party, record).await?);
            }
        }
        self.share(now, entropy, sharings).await?;
        self.peer_mut(party)?.heard.given_back = to;
        Ok(())
    }

    async fn back_to(&self, party: &PartyCode, record: RecordId) -> Result<Option<Sharing>, DeskFault> {
        let held = match self.envelope(record).await {
            Err(DeskFault::Erased { .. } | DeskFault::Unverified(_)) => return Ok(None),
            held => held?,
        };
        if held.record.origin() != party || self.is_recalled(record).await? {
            return Ok(None);
        }
        let Some(came) = self.request_of(record, party).await? else { return Ok(None) };
        let request = Request {
            to: party.clone(),
            sender_unit: came.receiver_unit.clone(),
            receiver_unit: came.sender_unit.clone(),
            ..came
        };
        Ok(Some(Sharing { record, request }))
    }

    /// Whether a peer has given back what it holds of ours and was lost here, as far as is known. A peer whose turns cannot
    /// say so is not waited for.
    pub(super) fn is_given_back(&self, party: &PartyCode) -> Result<bool, DeskFault> {
        let peer = self.peer(party)?;
        if peer.understood(letter::TURN) < crate::turn::FURTHER_VERSION || peer.heard.counted.is_none() {
            return Ok(true);
        }
        let known = peer.heard.claims <= peer.last || peer.heard.claims <= peer.settled.through();
        Ok(known && (peer.heard.lost.is_none() || peer.heard.all_back))
    }

    /// Notes whether a turn that brought these many items was the last of what the peer gave back.
    pub(super) fn note_given_back(&mut self, party: &PartyCode, items: usize) -> Result<(), DeskFault> {
        let heard = &mut self.peer_mut(party)?.heard;
        let looked_at = heard.lost.is_some_and(|span| heard.returned >= span.to);
        heard.all_back = looked_at && (heard.all_back || items == 0);
        Ok(())
    }

    /// The position after which the next one is given: after a loss, behind everything that the peer says it holds.
    pub(super) fn last_position(&self, peer: &Peer) -> u64 {
        let lost = self.head.lost_before || peer.heard.lost.is_some();
        if lost { peer.last.max(peer.heard.claims) } else { peer.last }
    }

    /// A peer acknowledges something at a position of ours of which nothing is known here any more. If that position was
    /// given out again meanwhile, what was given there moves behind everything that the peer says it holds.
    pub(super) async fn take_lost(
        &mut self,
        party: &PartyCode,
        acknowledgement: &Acknowledgement,
    ) -> Result<(), DeskFault> {
        let position = acknowledgement.position;
        let peer = self.peer_mut(party)?;
        peer.settled.insert(position);
        let span = peer.heard.lost.get_or_insert(Span { from: position, to: position + 1 });
        (span.from, span.to) = (span.from.min(position), span.to.max(position + 1));
        peer.heard.all_back &= peer.heard.returned > position;
        let (number, last) = (peer.number, peer.last.max(peer.heard.claims));
        let key = (number, position.to_be_bytes().to_vec());
        let Some(bytes) = self.store.get_many(OUTBOX, &[key]).await?.pop().flatten() else { return Ok(()) };
        let row = OutboxRow::from_bytes(&bytes)?;
        if !self.peer_mut(party)?.heard.moved.insert(row.record) {
            return Ok(());
        }
        let moved = last.saturating_add(1);
        let withdrawn = [position.to_be_bytes(), row.index.to_be_bytes()].concat();
        let rows = vec![
            Row { table: OUTBOX, partition: number, key: moved.to_be_bytes().to_vec(), value: bytes },
            Row {
                table: REJUDGED,
                partition: number,
                key: withdrawn,
                value: Rejudged { index: row.index, cleared: false }.to_bytes(),
            },
        ];
        self.log.write(&self.store, rows).await?;
        self.peer_mut(party)?.last = moved;
        Ok(())
    }

    /// The statement by which the log would go on under `new_origin`, for the root to sign; a fault where no witness has
    /// shown a loss.
    pub fn succession_draft(
        &self,
        now: Timestamp,
        new_origin: &str,
        reason: &str,
    ) -> Result<SuccessionStatement, DeskFault> {
        let loss = self.head.loss.as_ref().ok_or(DeskFault::NothingLost)?;
        let surviving = self.log.tree_head();
        // Where the log went on unnoticed, what a witness found in it last is the most that surely survives.
        let begun = if surviving.size < loss.head.size { surviving.size } else { self.head.contained };
        let lost_from =
            self.head.opened.unwrap_or(begun).min(surviving.size).min(loss.head.size.saturating_sub(1));
        Ok(SuccessionStatement {
            party: self.party.clone(),
            old_origin: self.letter.ledger.clone(),
            last_witnessed: loss.head,
            witnesses: loss.by.iter().cloned().collect(),
            lost_from,
            surviving,
            lost_to: loss.head.size,
            new_origin: new_origin.to_owned(),
            at: now,
            reason: reason.to_owned(),
        })
    }

    /// Enters a succession that our root signed, with the letter that names the new ledger; the index of its entry. From
    /// here on heads are signed under the new origin.
    pub async fn succeed(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        statement: &RootSigned<SuccessionStatement>,
        letter: &RootSigned<Letter>,
    ) -> Result<u64, DeskFault> {
        let loss = self.head.loss.as_ref().ok_or(DeskFault::NothingLost)?;
        let (party, root) = (self.party.clone(), self.letter.root.clone());
        let other = |what, fault: &dyn std::error::Error| DeskFault::other(what, fault);
        let read = SuccessionStatement::verify(statement, &party, &root);
        let read =
            read.map_err(|fault| DeskFault::Succession { code: fault.code(), why: fault.to_string() })?;
        let next = letter.verify(&root).map_err(|fault| other("the letter of the succession", &fault))?;
        let fits = read.last_witnessed == loss.head
            && read.old_origin == self.letter.ledger
            && next.ledger == read.new_origin
            && next.serial > self.letter.serial;
        if !fits {
            let why = "statement, letter and ledger do not belong together".to_owned();
            return Err(DeskFault::Succession { code: "succession/contradiction", why });
        }
        let entered = self.log.succeed(&self.store, statement, &root, &party, draw(entropy)).await;
        let entered =
            entered.map_err(|fault| DeskFault::Succession { code: fault.code(), why: fault.to_string() })?;
        self.read_to = self.log.size();
        self.begin_origin().await?;
        self.peers.values_mut().for_each(|peer| peer.witnessed = None);
        self.letter.ledger.clone_from(&read.new_origin);
        let announced = self.announce(now, entropy, RootStatement::Letter(letter.to_bytes().into())).await?;
        announced.map_err(|fault| other("the letter of the succession", &fault))?;
        Ok(entered.index())
    }

    /// The successions of our own ledger, oldest first, each with the index of its entry.
    pub async fn successions(&self) -> Result<Vec<(u64, RootSigned<SuccessionStatement>)>, DeskFault> {
        let read = self.log.successions(&self.store).await;
        read.map_err(|fault| DeskFault::Succession { code: fault.code(), why: fault.to_string() })
    }
}

impl Further {
    /// Most revoked keys of ours that a peer is remembered to count.
    pub const MAX_REVOKED: usize = 1024;
}
