//! Peers: letters accepted, suspensions, and where each stream of positions stands.

use super::{Desk, DeskFault, statement::Counted};
use crate::{
    Bodies, Entropy, draw,
    tables::{PEERS, PeerChange, PeerRow},
    turn::{Cosignature, Span},
};
use comity_border::{Period, Suspension};
use comity_ledger::{
    SuccessionStatement,
    store::{Kv, Row, Store},
};
use comity_record::{
    Canonical, Entry, EntryKind, KeyId, KeyRevocation, KeyRing, Letter, PartyCode, RecordId, RootSigned,
    Timestamp, letter, sha256,
};
use std::collections::{BTreeMap, BTreeSet};

/// A peer, and where the two streams between it and this desk stand.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its number here.
    pub number: u32,
    /// The letter last accepted.
    pub letter: Letter,
    /// The same as signed by its root.
    pub signed: Vec<u8>,
    /// Why it is suspended, where it is.
    pub suspended: Option<String>,
    /// The highest position of our outbox for it; 0 where nothing is.
    pub last: u64,
    /// Which of our positions it has acknowledged.
    pub acknowledged: Positions,
    /// These, and the positions that it holds as withdrawn, for which no acknowledgement will ever come.
    pub settled: Positions,
    /// Which of its positions are held here.
    pub held: Positions,
    /// What it last said it holds of ours.
    pub told: u64,
    /// The lowest of its positions whose acknowledgement it last said it lacks.
    pub lacking: u64,
    /// How far it last said it witnessed our ledger, and how many of our leaf hashes it holds.
    pub witnessed: Option<(u64, u64)>,
    /// Cosignatures made for it and not yet sent.
    pub owed: Vec<Cosignature>,
    /// It asked to be shown its own head that we cosigned last.
    pub asked_to_show: bool,
    /// It has answered, since our start, which head of ours it cosigned last.
    pub answered: bool,
    /// A newer letter that its root signed and that does not count yet.
    pub(super) pending: Option<Letter>,
    /// Its keys whose revocation counts here.
    pub revoked: BTreeSet<KeyId>,
    /// The ledger and the entry in it of each of these revocations, as far as known.
    pub revoked_at: BTreeMap<KeyId, (String, u64)>,
    /// The successions of its ledger, oldest first.
    pub successions: Vec<SuccessionStatement>,
    /// What it understands, by its letter or by what it said since: kinds of records, labels and turn, with versions.
    pub understands: Vec<(String, u16)>,
    /// What it said since our start beyond the first version of the turn.
    pub(super) heard: Heard,
}

/// What a peer said since our start beyond the first version of the turn.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// What it counts of our root's statements.
    pub counted: Option<Counted>,
    /// Leaf hashes of its own ledger that it asked for.
    pub asked: Option<Span>,
    /// How many leaf hashes of ours it held when a piece of them was sent to it.
    pub piece_at: Option<u64>,
    /// The highest position of ours that it says it holds, whatever we know of.
    pub claims: u64,
    /// Positions of ours that it holds and of which nothing is known here.
    pub lost: Option<Span>,
    /// Up to where it has looked at those.
    pub returned: u64,
    /// Whether it has looked at all of them and had nothing more to give.
    pub all_back: bool,
    /// Up to where we have looked at what it lost.
    pub given_back: u64,
    /// Records that were given another position, because the peer holds something else at theirs.
    pub moved: BTreeSet<RecordId>,
}

impl Peer {
    /// The newest version of a kind of record, of labels ([`letter::LABELS`]) or of the turn ([`letter::TURN`]) that the
    /// peer understands; 0 for a kind that it does not know.
    pub fn understood(&self, what: &str) -> u16 {
        let from_the_start = u16::from(matches!(what, letter::LABELS | letter::TURN));
        let named = self.understands.iter().find(|(name, _)| name == what).map(|(_, version)| *version);
        named.unwrap_or(from_the_start)
    }
}

/// A set of positions from 1: all up to a mark, and some beyond it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    through: u64,
    beyond: BTreeSet<u64>,
}

impl Positions {
    /// Every position up to this one is in the set.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// Whether the position is in the set.
    pub fn contains(&self, position: u64) -> bool {
        (1..=self.through).contains(&position) || self.beyond.contains(&position)
    }

    /// Puts a position in the set.
    pub fn insert(&mut self, position: u64) {
        if position > self.through {
            self.beyond.insert(position);
        }
        while self.beyond.remove(&(self.through + 1)) {
            self.through += 1;
        }
    }

    /// The first and the last position before one in the set that are not in it themselves; `None` where there is no gap.
    pub fn gap(&self) -> Option<(u64, u64)> {
        let next = self.beyond.first()?;
        Some((self.through + 1, next - 1))
    }

    /// How many positions are in the set.
    pub fn len(&self) -> u64 {
        self.through + self.beyond.len() as u64
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a letter is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterFault {
    /// It is not signed by the root it carries, or cannot be read.
    #[error(transparent)]
    Root(#[from] comity_record::RootFault),
    /// It was issued for a time that has not come.
    #[error("the letter of `{party}` was issued on {issued}, which is in the future here")]
    Future {
        /// Whose letter.
        party: PartyCode,
        /// When it says it was issued.
        issued: Timestamp,
    },
    /// It may no longer be accepted.
    #[error("the letter of `{party}` could be accepted until {expires}")]
    Expired {
        /// Whose letter.
        party: PartyCode,
        /// When it expired.
        expires: Timestamp,
    },
    /// It is our own.
    #[error("this is the letter of `{party}` itself")]
    Own {
        /// This party.
        party: PartyCode,
    },
    /// The register has no such party.
    #[error("the register has no party `{party}`")]
    NoParty {
        /// The code.
        party: PartyCode,
    },
    /// The party has another root on record. A new root needs the party suspended and a person's decision.
    #[error("`{party}` has another root key on record here")]
    OtherRoot {
        /// Whose letter.
        party: PartyCode,
    },
    /// It is not by the root of the party that shows it.
    #[error("the statement is one of `{party}`")]
    NotOurs {
        /// Whose it is.
        party: PartyCode,
    },
    /// It names another ledger than the one on record, and no succession leads there.
    #[error("the letter of `{party}` names another ledger, and no succession leads to it")]
    OtherLedger {
        /// Whose letter.
        party: PartyCode,
    },
    /// A newer or the same letter was accepted already.
    #[error("letter {serial} of `{party}` is not newer than letter {known}, which was accepted before")]
    Older {
        /// Whose letter.
        party: PartyCode,
        /// Its number.
        serial: u64,
        /// The number on record.
        known: u64,
    },
}

impl LetterFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            LetterFault::Root(fault) => fault.code(),
            LetterFault::Future { .. } => "letter/future",
            LetterFault::Expired { .. } => "letter/expired",
            LetterFault::Own { .. } => "letter/own",
            LetterFault::NoParty { .. } => "letter/no-party",
            LetterFault::OtherRoot { .. } => "letter/other-root",
            LetterFault::NotOurs { .. } => "letter/not-ours",
            LetterFault::OtherLedger { .. } => "letter/other-ledger",
            LetterFault::Older { .. } => "letter/older",
        }
    }
}

/// How far another node's clock may be ahead of ours, in milliseconds: ten minutes.
pub const CLOCK_TOLERANCE: i64 = 10 * 60 * 1000;

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// The peer, or a fault that says no letter was accepted.
    pub fn peer(&self, party: &PartyCode) -> Result<&Peer, DeskFault> {
        self.peers.get(party).ok_or_else(|| DeskFault::NoPeer { party: party.clone() })
    }

    pub(super) fn peer_mut(&mut self, party: &PartyCode) -> Result<&mut Peer, DeskFault> {
        self.peers.get_mut(party).ok_or_else(|| DeskFault::NoPeer { party: party.clone() })
    }

    /// Whether a letter may be accepted now; says nothing on whether its root is really the party's, which a person
    /// confirms by its fingerprint.
    pub fn check_letter(&self, now: Timestamp, signed: &RootSigned<Letter>) -> Result<Letter, LetterFault> {
        let letter = signed.introduce()?;
        let party = letter.party.clone();
        if party == self.party {
            return Err(LetterFault::Own { party });
        }
        if !self.law.register.is_party_known(&party) {
            return Err(LetterFault::NoParty { party });
        }
        if letter.issued > now.plus_millis(CLOCK_TOLERANCE) {
            return Err(LetterFault::Future { party, issued: letter.issued });
        }
        if letter.expires <= now {
            return Err(LetterFault::Expired { party, expires: letter.expires });
        }
        if let Some(known) = self.peers.get(&party) {
            if known.letter.root != letter.root {
                return Err(LetterFault::OtherRoot { party });
            }
            if known.letter.serial >= letter.serial {
                return Err(LetterFault::Older { party, serial: letter.serial, known: known.letter.serial });
            }
        }
        Ok(letter)
    }

    /// Accepts a letter that a person has confirmed; entered and durable on return.
    pub async fn accept_letter(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        signed: &RootSigned<Letter>,
    ) -> Result<Result<Letter, LetterFault>, DeskFault> {
        let letter = match self.check_letter(now, signed) {
            Ok(letter) => letter,
            Err(fault) => return Ok(Err(fault)),
        };
        let change = PeerChange::Accepted(signed.to_bytes().into());
        self.change_peer(now, entropy, &letter.party, vec![change]).await?;
        Ok(Ok(letter))
    }

    /// Suspends a peer, with a reason: nothing crosses in either direction until it is resumed.
    pub async fn suspend(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        reason: &str,
    ) -> Result<(), DeskFault> {
        self.peer(party)?;
        let change = PeerChange::Suspended { reason: reason.to_owned(), from: now.date() };
        self.change_peer(now, entropy, party, vec![change]).await
    }

    /// Lifts a suspension.
    pub async fn resume(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
    ) -> Result<(), DeskFault> {
        self.peer(party)?;
        self.change_peer(now, entropy, party, vec![PeerChange::Resumed]).await
    }

    /// Takes a revocation signed by a peer's root.
    pub async fn revoke_peer_key(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        signed: &RootSigned<KeyRevocation>,
    ) -> Result<Result<KeyRevocation, LetterFault>, DeskFault> {
        let revocation = match signed.verify(&self.peer(party)?.letter.root) {
            Ok(revocation) => revocation,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let change = PeerChange::Revoked(signed.to_bytes().into());
        self.change_peer(now, entropy, party, vec![change]).await?;
        Ok(Ok(revocation))
    }

    /// Enters changes of a peer, all in one commit, and applies them.
    pub(super) async fn change_peer(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        changes: Vec<PeerChange>,
    ) -> Result<(), DeskFault> {
        let number = match self.peers.get(party) {
            Some(peer) => peer.number,
            // Partition 0 is the party's own.
            None => self.peers.values().map(|peer| peer.number).max().unwrap_or(0).saturating_add(1),
        };
        let changed: Vec<PeerRow> =
            changes.into_iter().map(|change| PeerRow { number, party: party.clone(), change }).collect();
        let (mut entries, mut rows) = (Vec::new(), Vec::new());
        for (index, row) in (self.log.size()..).zip(&changed) {
            let mut entry = Entry::new(EntryKind::Peer, now, self.party.clone());
            entry.counterparty = Some(party.clone());
            entry.subject = Some(sha256(&[&row.to_bytes()]));
            entries.push((entry, draw(entropy)));
            let key = index.to_be_bytes().to_vec();
            rows.push(Row { table: PEERS, partition: 0, key, value: row.to_bytes() });
        }
        self.commit(entries, rows).await?;
        changed.into_iter().try_for_each(|row| self.apply_peer_row(row))
    }

    /// What a committed change means in memory; also used when the desk is opened.
    pub(super) fn apply_peer_row(&mut self, row: PeerRow) -> Result<(), DeskFault> {
        self.roster += 1;
        match row.change {
            PeerChange::Accepted(bytes) => {
                let letter = RootSigned::<Letter>::from_bytes(&bytes)?.introduce().map_err(|fault| {
                    DeskFault::Other { what: "a letter accepted before", why: fault.to_string() }
                })?;
                letter.enter(&mut self.keys);
                letter.enter(&mut self.held_keys);
                self.law.restand(|entries| entries.peers.extend([row.party.clone()]));
                let fresh = || Peer {
                    number: row.number,
                    letter: letter.clone(),
                    signed: bytes.to_vec(),
                    suspended: None,
                    last: 0,
                    acknowledged: Positions::default(),
                    settled: Positions::default(),
                    held: Positions::default(),
                    told: 0,
                    lacking: 1,
                    witnessed: None,
                    owed: Vec::new(),
                    asked_to_show: false,
                    answered: false,
                    pending: None,
                    revoked: BTreeSet::new(),
                    revoked_at: BTreeMap::new(),
                    successions: Vec::new(),
                    understands: Vec::new(),
                    heard: Heard::default(),
                };
                let peer = self.peers.entry(row.party.clone()).or_insert_with(fresh);
                peer.understands.clone_from(&letter.understands);
                peer.pending = None;
                (peer.letter, peer.signed) = (letter.clone(), bytes.to_vec());
            }
            PeerChange::Suspended { reason, from } => {
                let period = Period { from, until: None };
                let suspension = Suspension { peer: row.party.clone(), period, reference: reason.clone() };
                self.law.restand(|entries| entries.suspensions.push(suspension));
                self.peer_mut(&row.party)?.suspended = Some(reason);
            }
            PeerChange::Resumed => {
                self.law.restand(|entries| entries.suspensions.retain(|s| s.peer != row.party));
                self.peer_mut(&row.party)?.suspended = None;
            }
            PeerChange::Revoked(bytes) => drop(self.apply_revocation(&row.party, &bytes)?),
            PeerChange::RevokedAt { revocation, ledger, index } => {
                let key = self.apply_revocation(&row.party, &revocation)?;
                // The first place counts: whoever holds the key could enter the revocation once more, later.
                self.peer_mut(&row.party)?.revoked_at.entry(key).or_insert((ledger, index));
            }
            PeerChange::Succeeded(bytes) => {
                let signed = RootSigned::<SuccessionStatement>::from_bytes(&bytes)?;
                let read =
                    SuccessionStatement::verify(&signed, &row.party, &self.peer(&row.party)?.letter.root);
                let succession =
                    read.map_err(|fault| DeskFault::other("a succession taken before", &fault))?;
                let known = &mut self.peer_mut(&row.party)?.successions;
                if !known.contains(&succession) {
                    known.push(succession);
                }
            }
        }
        Ok(())
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    fn apply_revocation(&mut self, party: &PartyCode, bytes: &[u8]) -> Result<KeyId, DeskFault> {
        let root = &self.peer(party)?.letter.root;
        let revocation = RootSigned::<KeyRevocation>::from_bytes(bytes)?.verify(root).map_err(|fault| {
            DeskFault::Other { what: "a revocation taken before", why: fault.to_string() }
        })?;
        revoke(&mut self.keys, party, &revocation);
        self.peer_mut(party)?.revoked.insert(revocation.key);
        Ok(revocation.key)
    }
}

fn revoke(keys: &mut KeyRing, party: &PartyCode, revocation: &KeyRevocation) {
    // A revocation of a key never seen changes nothing: that key is refused anyway.
    let _known = keys.revoke(party, revocation.key, revocation.at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_close_their_gaps() {
        let mut positions = Positions::default();
        for position in [2, 5, 1, 1, 3] {
            positions.insert(position);
        }
        assert_eq!((positions.through(), positions.len()), (3, 4));
        assert!(positions.contains(5) && !positions.contains(4) && !positions.contains(0));
        assert_eq!(positions.gap(), Some((4, 4)));
        positions.insert(4);
        assert_eq!((positions.through(), positions.gap()), (5, None));
    }
}
