//! What roots sign: our own letters and revocations are entered and announced to peers, theirs are taken once they count.
//!
//! A statement counts when the party's root signed it, when it stands in the party's ledger, and when this desk, as a
//! witness, has cosigned a head that covers it. So a stolen node key is worth nothing here, and a root statement cannot be
//! shown to one peer and hidden from the others. A letter that does not count yet is kept in memory for one use: a head
//! signed by keys that it names may be cosigned, since otherwise keys replaced in haste could never come to count.

use super::{Desk, DeskFault, peers::LetterFault, receive::Event};
use crate::{
    Bodies, Entropy, draw,
    tables::{PeerChange, STATEMENTS},
    turn::{Announcement, Place, RootStatement, Turn},
};
use comity_ledger::{
    CheckpointKeys, SuccessionStatement,
    proof::verify_inclusion,
    store::{Kv, Row, Store},
    tree::commitment_leaf,
    witness::load,
};
use comity_record::{
    Canonical, Entry, EntryKind, Hash, KeyId, KeyRevocation, Letter, PartyCode, PublicKey, RootSigned,
    Timestamp,
};
use minicbor::bytes::ByteArray;

/// A statement of our own root, as entered.
#[derive(Clone, Debug)]
pub(super) struct OwnStatement {
    index: u64,
    what: What,
    statement: RootStatement,
}

/// What a statement is about, as far as a peer may know it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Letter { serial: u64 },
    Revocation { key: KeyId },
}

/// What a peer counts of our statements, as it last said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub letter: u64,
    pub revoked: Vec<KeyId>,
}

/// A root statement of our own, read.
enum Own {
    Letter(Box<Letter>),
    Revocation(KeyRevocation),
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Enters a letter or revocation of our own root, so that peers can be told; its entry. One that was entered before is
    /// not entered again.
    pub async fn announce(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        statement: RootStatement,
    ) -> Result<Result<u64, LetterFault>, DeskFault> {
        let own = match self.read_own(&statement) {
            Ok(own) => own,
            Err(fault) => return Ok(Err(fault)),
        };
        let what = own.what();
        if let Some(known) = self.statements.iter().find(|known| known.what == what) {
            return Ok(Ok(known.index));
        }
        let index = self.log.size();
        let (entry, row) = self.statement_entry(now, index, &statement);
        self.commit(vec![(entry, draw(entropy))], vec![row]).await?;
        self.apply_own(index, own, statement);
        Ok(Ok(index))
    }

    /// Announces a statement as soon as heads may be signed: a node shows its desk at every start what its root has signed,
    /// and a log that lost its tail must not be appended to before that was found out.
    pub fn intend(&mut self, statement: RootStatement) -> Result<(), LetterFault> {
        let what = self.read_own(&statement)?.what();
        if !self.statements.iter().any(|known| known.what == what) {
            self.intended.push(statement);
        }
        Ok(())
    }

    /// Enters what was intended, now that heads may be signed.
    pub(super) async fn announce_intended(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(), DeskFault> {
        if !self.may_sign() {
            return Ok(());
        }
        while let Some(statement) = self.intended.first().cloned() {
            let stale = matches!(self.read_own(&statement), Ok(Own::Letter(letter)) if letter.serial < self.letter.serial);
            if !stale {
                let announced = self.announce(now, entropy, statement).await?;
                announced.map_err(|fault| DeskFault::other("a statement of our own root", &fault))?;
            }
            self.intended.remove(0);
        }
        Ok(())
    }

    /// The entry and row of a statement whose entry will have `index`.
    pub(super) fn statement_entry(
        &self,
        now: Timestamp,
        index: u64,
        statement: &RootStatement,
    ) -> (Entry, Row) {
        let mut entry = Entry::new(EntryKind::Key, now, self.party.clone());
        entry.subject = Some(statement.signed_hash());
        let key = index.to_be_bytes().to_vec();
        (entry, Row { table: STATEMENTS, partition: 0, key, value: statement.to_bytes() })
    }

    /// Applies a statement row when the desk is opened.
    pub(super) fn apply_own_row(&mut self, index: u64, bytes: &[u8]) -> Result<(), DeskFault> {
        let statement = RootStatement::from_bytes(bytes)?;
        let own = self
            .read_own(&statement)
            .map_err(|fault| DeskFault::other("a statement entered before", &fault))?;
        self.apply_own(index, own, statement);
        Ok(())
    }

    fn read_own(&self, statement: &RootStatement) -> Result<Own, LetterFault> {
        let root = &self.letter.root;
        let stranger = |party: PartyCode| LetterFault::NotOurs { party };
        match statement {
            RootStatement::Letter(bytes) => {
                let letter = signed::<Letter>(bytes)?.verify(root)?;
                if letter.party != self.party {
                    return Err(stranger(letter.party));
                }
                Ok(Own::Letter(Box::new(letter)))
            }
            RootStatement::Revocation(bytes) => {
                let revocation = signed::<KeyRevocation>(bytes)?.verify(root)?;
                if revocation.party != self.party {
                    return Err(stranger(revocation.party));
                }
                Ok(Own::Revocation(revocation))
            }
            RootStatement::Succession(_) => Err(LetterFault::OtherLedger { party: self.party.clone() }),
        }
    }

    fn apply_own(&mut self, index: u64, own: Own, statement: RootStatement) {
        let what = own.what();
        match own {
            Own::Letter(letter) => {
                letter.enter(&mut self.keys);
                letter.enter(&mut self.held_keys);
                if letter.serial > self.letter.serial {
                    self.letter = *letter;
                }
            }
            Own::Revocation(revocation) => {
                // A key of ours that no letter ever named is refused everywhere anyway.
                let _known = self.keys.revoke(&self.party, revocation.key, revocation.at);
            }
        }
        self.roster += 1;
        self.statements.push(OwnStatement { index, what, statement });
    }

    /// What our root signed and the peer does not count yet, each with its place under the head that it cosigned last.
    pub(super) async fn announcements(&self, party: &PartyCode) -> Result<Vec<Announcement>, DeskFault> {
        let peer = self.peer(party)?;
        let Some(counted) = &peer.heard.counted else { return Ok(Vec::new()) };
        let size = peer.witnessed.map_or(0, |(size, _)| size);
        let serial = |own: &OwnStatement| match own.what {
            What::Letter { serial } => Some(serial),
            What::Revocation { .. } => None,
        };
        let newest = self.statements.iter().filter_map(serial).max();
        let mut out = Vec::new();
        for own in self.statements.iter() {
            let lacking = match own.what {
                What::Letter { serial } => newest == Some(serial) && serial > counted.letter,
                What::Revocation { key } => !counted.revoked.contains(&key),
            };
            if !lacking || out.len() >= Turn::MAX_ANNOUNCED {
                continue;
            }
            if matches!(own.what, What::Letter { .. }) {
                out.extend(self.succession_announcements().await?);
            }
            let place = self.place(own.index, size).await?;
            out.push(Announcement { statement: own.statement.clone(), place });
        }
        Ok(out)
    }

    async fn succession_announcements(&self) -> Result<Vec<Announcement>, DeskFault> {
        let successions = self.successions().await?;
        let bytes =
            |signed: &RootSigned<SuccessionStatement>| RootStatement::Succession(signed.to_bytes().into());
        Ok(successions
            .iter()
            .map(|(_, signed)| Announcement { statement: bytes(signed), place: None })
            .collect())
    }

    async fn place(&self, index: u64, size: u64) -> Result<Option<Place>, DeskFault> {
        if index >= size || size > self.log.size() {
            return Ok(None);
        }
        let committed = match self.log.entry(&self.store, index).await {
            // Its content went with a lost tail; it is entered again at the next start.
            Err(comity_ledger::LogFault::Lost { .. }) => return Ok(None),
            committed => committed?,
        };
        let proof = self.log.inclusion_proof(&self.store, index, size).await?;
        let (entry, salt) = (committed.entry().to_bytes().into(), ByteArray::from(*committed.salt()));
        Ok(Some(Place { entry, salt, index, size, proof }))
    }

    /// Looks at what a peer's root signed. What counts is entered; what does not count yet comes again.
    pub(super) async fn take_announced(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        announced: &[Announcement],
    ) -> Result<Vec<Event>, DeskFault> {
        let announced: Vec<&Announcement> = announced.iter().take(Turn::MAX_ANNOUNCED).collect();
        let mut events = Vec::new();
        for one in &announced {
            let taken = match &one.statement {
                RootStatement::Letter(bytes) => {
                    self.take_letter(now, entropy, party, bytes, one.place.as_ref(), &announced).await?
                }
                RootStatement::Revocation(bytes) => {
                    self.take_revocation(now, entropy, party, bytes, one.place.as_ref()).await?
                }
                // Read together with the letter that names the new ledger.
                RootStatement::Succession(_) => Ok(Vec::new()),
            };
            match taken {
                Ok(taken) => events.extend(taken),
                Err(code) => {
                    events.push(Event::BadAnnouncement { from: party.clone(), code: code.to_owned() })
                }
            }
        }
        Ok(events)
    }

    async fn take_letter(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        bytes: &[u8],
        place: Option<&Place>,
        announced: &[&Announcement],
    ) -> Result<Result<Vec<Event>, &'static str>, DeskFault> {
        let checked = signed::<Letter>(bytes).and_then(|signed| self.check_letter(now, &signed));
        let letter = match checked {
            Ok(letter) if letter.party == *party => letter,
            Ok(_) => return Ok(Err("letter/not-ours")),
            // It counts already.
            Err(LetterFault::Older { .. }) => return Ok(Ok(Vec::new())),
            Err(fault) => return Ok(Err(fault.code())),
        };
        let chain = match self.succession_chain(now, party, &letter, announced).await? {
            Ok(chain) => chain,
            Err(code) => return Ok(Err(code)),
        };
        let statement = RootStatement::Letter(bytes.to_vec().into());
        if !self.counts(now, party, &letter.ledger, &statement, place).await? {
            self.peer_mut(party)?.pending = Some(letter);
            return Ok(Ok(Vec::new()));
        }
        let mut events = Vec::new();
        let mut changes = Vec::new();
        for (signed, succession) in chain {
            changes.push(PeerChange::Succeeded(signed.to_bytes().into()));
            let (from, to) = (succession.lost_from, succession.lost_to);
            events.push(Event::LedgerSucceeded { by: party.clone(), from, to });
        }
        changes.push(PeerChange::Accepted(bytes.to_vec().into()));
        self.change_peer(now, entropy, party, changes).await?;
        events.push(Event::LetterTaken { from: party.clone(), serial: letter.serial });
        Ok(Ok(events))
    }

    async fn take_revocation(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        bytes: &[u8],
        place: Option<&Place>,
    ) -> Result<Result<Vec<Event>, &'static str>, DeskFault> {
        let peer = self.peer(party)?;
        let read = signed::<KeyRevocation>(bytes).and_then(|signed| Ok(signed.verify(&peer.letter.root)?));
        let revocation = match read {
            Ok(revocation) if revocation.party == *party => revocation,
            Ok(_) => return Ok(Err("letter/not-ours")),
            Err(fault) => return Ok(Err(fault.code())),
        };
        let origin = self.watched_letter(party)?.ledger.clone();
        let statement = RootStatement::Revocation(bytes.to_vec().into());
        let known = self.peer(party)?.revoked.contains(&revocation.key);
        if known || !self.counts(now, party, &origin, &statement, place).await? {
            return Ok(Ok(Vec::new()));
        }
        let revocation_bytes = bytes.to_vec().into();
        let change = match place {
            Some(place) => {
                PeerChange::RevokedAt { revocation: revocation_bytes, ledger: origin, index: place.index }
            }
            None => PeerChange::Revoked(revocation_bytes),
        };
        self.change_peer(now, entropy, party, vec![change]).await?;
        Ok(Ok(vec![Event::KeyRevoked { by: party.clone(), key: revocation.key.0.short() }]))
    }

    /// Whether a statement stands in its party's ledger, under the head that we cosigned last.
    async fn counts(
        &self,
        now: Timestamp,
        party: &PartyCode,
        origin: &str,
        statement: &RootStatement,
        place: Option<&Place>,
    ) -> Result<bool, DeskFault> {
        let Some(place) = place else { return Ok(false) };
        let watched = load(&self.store, origin, now).await;
        let watched = watched.map_err(|fault| DeskFault::other("the witness's state", &fault))?;
        let Ok(entry) = Entry::from_bytes(&place.entry) else { return Ok(false) };
        let names_it = entry.kind == EntryKind::Key
            && entry.party == *party
            && entry.subject == Some(statement.signed_hash());
        let (head, leaf) = (watched.head(), commitment_leaf(&entry.commitment(&place.salt)));
        let included = verify_inclusion(leaf, place.index, head.size, &place.proof, &head.root).is_ok();
        Ok(names_it && place.size == head.size && included)
    }

    /// The successions that lead from the ledger on record to the one that a letter names; none where it is the same. Each
    /// must be signed by the party's root, and the first must admit every entry that we saw as a witness.
    async fn succession_chain(
        &self,
        now: Timestamp,
        party: &PartyCode,
        letter: &Letter,
        announced: &[&Announcement],
    ) -> Result<Result<Vec<(RootSigned<SuccessionStatement>, SuccessionStatement)>, &'static str>, DeskFault>
    {
        let mut origin = self.peer(party)?.letter.ledger.clone();
        let mut chain: Vec<(RootSigned<SuccessionStatement>, SuccessionStatement)> = Vec::new();
        while origin != letter.ledger && chain.len() < Turn::MAX_ANNOUNCED {
            let next = announced.iter().find_map(|one| {
                let RootStatement::Succession(bytes) = &one.statement else { return None };
                let signed = RootSigned::<SuccessionStatement>::from_bytes(bytes).ok()?;
                let statement = SuccessionStatement::verify(&signed, party, &letter.root).ok()?;
                (statement.old_origin == origin).then_some((signed, statement))
            });
            let Some((signed, statement)) = next else { return Ok(Err("letter/other-ledger")) };
            let watched = load(&self.store, &origin, now).await;
            let watched = watched.map_err(|fault| DeskFault::other("the witness's state", &fault))?;
            if let Err(fault) = statement.admits(watched.head()) {
                return Ok(Err(fault.code()));
            }
            origin.clone_from(&statement.new_origin);
            chain.push((signed, statement));
        }
        Ok(if origin == letter.ledger { Ok(chain) } else { Err("letter/other-ledger") })
    }

    /// The letter by which a peer's ledger is watched: the newest that its root signed, though it may not count yet.
    pub(super) fn watched_letter(&self, party: &PartyCode) -> Result<&Letter, DeskFault> {
        let peer = self.peer(party)?;
        Ok(peer.pending.as_ref().unwrap_or(&peer.letter))
    }

    /// The checkpoint keys by which a peer's ledger is watched: those of the letter on record and of one that does not count
    /// yet, as far as they name the same ledger, without any that was revoked.
    pub(super) fn watching_keys(
        &self,
        party: &PartyCode,
        now: Timestamp,
    ) -> Result<Vec<CheckpointKeys>, DeskFault> {
        let (peer, watched) = (self.peer(party)?, self.watched_letter(party)?);
        let mut keys = CheckpointKeys::of_letter(watched, now);
        keys.extend(
            CheckpointKeys::of_letter(&peer.letter, now).into_iter().filter(|k| k.origin == watched.ledger),
        );
        keys.retain(|pair| {
            !self.is_revoked(party, &pair.ed25519) && !self.is_revoked(party, &pair.ml_dsa_44)
        });
        Ok(keys)
    }

    fn is_revoked(&self, party: &PartyCode, key: &PublicKey) -> bool {
        self.keys.of(party).any(|entry| entry.key == *key && entry.revoked.is_some())
    }
}

impl Own {
    fn what(&self) -> What {
        match self {
            Own::Letter(letter) => What::Letter { serial: letter.serial },
            Own::Revocation(revocation) => What::Revocation { key: revocation.key },
        }
    }
}

impl RootStatement {
    /// SHA-256 of the statement as signed, which its entry names as its subject.
    pub fn signed_hash(&self) -> Hash {
        let (RootStatement::Letter(bytes)
        | RootStatement::Revocation(bytes)
        | RootStatement::Succession(bytes)) = self;
        comity_record::sha256(&[bytes])
    }
}

fn signed<T: Canonical>(bytes: &[u8]) -> Result<RootSigned<T>, LetterFault> {
    RootSigned::from_bytes(bytes).map_err(|malformed| LetterFault::Root(malformed.into()))
}
