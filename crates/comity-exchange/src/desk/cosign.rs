//! Checkpoints and witnesses inside the session: our newest checkpoint is offered to every peer, theirs are checked,
//! kept and cosigned.
//!
//! A witness makes a head durable before it signs for it. Two heads of one log that exclude each other are kept as
//! proof and entered; nothing that shows them is answered with a cosignature.

use super::{Desk, DeskFault, receive::Event};
use crate::{
    Bodies, Entropy, draw,
    turn::{CheckpointOffer, Cosignature, Turn},
};
use comity_ledger::{
    CheckpointKeys, CheckpointSigner, EquivocationProof, SignedCheckpoint,
    cosignature::Strength,
    equivocation::EQUIVOCATIONS,
    note::SignatureLine,
    store::{Kv, Store},
    tile::TilePath,
    witness::{AddCheckpoint, Declined, MAX_LEAVES},
};
use comity_record::{Canonical, PartyCode, Timestamp};

/// The space of our own checkpoints, by size (eight bytes, big-endian): the note with every cosignature gathered.
pub const CHECKPOINTS: &str = "checkpoints";

/// Cosignatures kept for a peer until they were sent.
const MOST_OWED: usize = 64;

/// Proofs kept against one log; more add nothing.
const MAX_CONFLICTS: usize = 16;

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    fn checkpoint_signer(&self) -> CheckpointSigner<'_> {
        CheckpointSigner {
            origin: &self.letter.ledger,
            ed25519: &*self.signers.checkpoint_ed25519,
            ml_dsa_44: &*self.signers.checkpoint_ml_dsa_44,
        }
    }

    /// Our checkpoint for the present head, with the cosignatures gathered so far; signed and kept where there is none
    /// yet.
    pub async fn checkpoint(&mut self, now: Timestamp) -> Result<Vec<u8>, DeskFault> {
        let head = self.log.tree_head();
        if let Some(note) = self.checkpoint_at(head.size, now).await? {
            return Ok(note);
        }
        if let Some(why) = self.unconfirmed() {
            return Err(DeskFault::Unconfirmed { why });
        }
        let signed = self
            .checkpoint_signer()
            .sign(head, now)
            .map_err(|fault| DeskFault::other("a checkpoint", &fault))?;
        let note = signed.to_string().into_bytes();
        let key = head.size.to_be_bytes().to_vec();
        self.store.put_many(CHECKPOINTS, &[(key, Some(note.clone()))]).await?;
        Ok(note)
    }

    /// The checkpoint that was signed at a size.
    pub async fn checkpoint_at(&self, size: u64, now: Timestamp) -> Result<Option<Vec<u8>>, DeskFault> {
        Ok(self.store.get(CHECKPOINTS, &size.to_be_bytes(), now.as_millis()).await?)
    }

    /// The newest of our checkpoints that another ledger cosigned; none where nobody has yet.
    pub async fn cosigned_checkpoint(&self, now: Timestamp) -> Result<Option<Vec<u8>>, DeskFault> {
        match self.cosigned.values().max() {
            Some(size) => self.checkpoint_at(*size, now).await,
            None => Ok(None),
        }
    }

    /// The keys of our own checkpoints.
    pub fn checkpoint_keys(&self) -> CheckpointKeys {
        self.checkpoint_signer().keys()
    }

    /// A file of our ledger in the layout of C2SP tlog-tiles.
    pub async fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, DeskFault> {
        Ok(match path {
            TilePath::Tile { id, width } => self.log.tile(&self.store, id, width).await?,
            TilePath::Entries { index, width } => self.log.bundle(&self.store, index, width).await?,
        })
    }

    /// Says how far we witnessed the peer's ledger, and offers our newest checkpoint where the peer has not cosigned it.
    pub(super) async fn offer_checkpoint(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        turn: &mut Turn,
    ) -> Result<(), DeskFault> {
        self.say_witnessed(now, party, turn).await?;
        let peer = self.peer_mut(party)?;
        (peer.asked_to_show, peer.owed) = (false, Vec::new());
        match peer.witnessed {
            Some(seen) => self.offer_from(now, party, seen, turn).await,
            None => Ok(()),
        }
    }

    /// The same for a pouch. It may never arrive, so that the next one says it all again; and who has not yet said how far
    /// it witnessed our ledger is taken for one that begins.
    pub(super) async fn offer_by_hand(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        turn: &mut Turn,
    ) -> Result<(), DeskFault> {
        self.say_witnessed(now, party, turn).await?;
        let seen = self.peer(party)?.witnessed.unwrap_or_default();
        self.offer_from(now, party, seen, turn).await
    }

    async fn say_witnessed(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        turn: &mut Turn,
    ) -> Result<(), DeskFault> {
        let watched = self.watched(now, party).await?;
        let peer = self.peer(party)?;
        (turn.witnessed, turn.kept) = (watched.head().size, watched.held());
        turn.confirm = !self.may_sign() && !peer.answered;
        if peer.asked_to_show {
            let shown = watched.checkpoint().map(|signed| signed.to_string().into_bytes());
            turn.shown = Some(shown.unwrap_or_default().into());
        }
        turn.cosignatures.clone_from(&peer.owed);
        Ok(())
    }

    /// Offers our newest checkpoint to a witness that cosigned `old_size` entries of our ledger and holds `kept` leaf hashes.
    async fn offer_from(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        (old_size, kept): (u64, u64),
        turn: &mut Turn,
    ) -> Result<(), DeskFault> {
        let size = self.log.size();
        if !self.may_sign() || size == 0 || old_size > size || kept > size {
            return Ok(());
        }
        let keys = CheckpointKeys::of_letter(&self.peer(party)?.letter, now);
        let note = self.checkpoint(now).await?;
        let signed = self
            .checkpoint_keys()
            .verify(&note)
            .map_err(|fault| DeskFault::other("our checkpoint", &fault))?;
        if keys.iter().any(|pair| matches!(pair.cosignature(&signed), Ok(Some(_)))) {
            return Ok(());
        }
        let proof = match old_size {
            0 => Vec::new(),
            old_size => self.log.consistency_proof(&self.store, old_size, size).await?,
        };
        // More leaf hashes than one turn takes follow with later checkpoints, once the witness is near.
        let fits = size - kept <= MAX_LEAVES as u64;
        let entries = if fits { self.log.leaf_hashes(&self.store, kept, size).await? } else { Vec::new() };
        turn.checkpoint = Some(CheckpointOffer { old_size, proof, note: note.into(), entries });
        Ok(())
    }

    /// Takes in what a pouch says as a witness and to one. It may be old or come twice, and its sender may not know how far
    /// we are: what does not follow on what is known here is passed over, and a later pouch carries it again.
    pub async fn take_witness_by_hand(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        turn: &Turn,
    ) -> Result<Vec<Event>, DeskFault> {
        let (size, kept) = self.peer(party)?.witnessed.unwrap_or_default();
        let mut events = Vec::new();
        if turn.witnessed >= size && turn.kept >= kept {
            events.extend(self.take_witness(party, turn)?);
        }
        events.extend(self.take_shown(now, party, turn).await?);
        self.end_caution(now).await?;
        if self.is_mending(now) {
            return Ok(events);
        }
        events.extend(self.take_checkpoint(now, entropy, party, turn).await?);
        events.extend(self.take_cosignatures(now, party, &turn.cosignatures).await?);
        let not_next = Declined::Conflict { size: 0 }.code();
        events.retain(|event| !matches!(event, Event::BadCheckpoint { why, .. } if why == not_next));
        Ok(events)
    }

    /// How far the peer says it witnessed our ledger, and whether it asks to be shown its own head.
    pub(super) fn take_witness(&mut self, party: &PartyCode, turn: &Turn) -> Result<Vec<Event>, DeskFault> {
        let peer = self.peer_mut(party)?;
        peer.witnessed = Some((turn.witnessed, turn.kept));
        peer.asked_to_show |= turn.confirm;
        let grown = peer.heard.piece_at.take().is_some_and(|before| turn.kept > before);
        let event = Event::LeavesKept { by: party.clone(), through: turn.kept };
        Ok(Vec::from_iter(grown.then_some(event)))
    }

    /// Considers a peer's checkpoint as its witness.
    pub(super) async fn take_checkpoint(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        party: &PartyCode,
        turn: &Turn,
    ) -> Result<Vec<Event>, DeskFault> {
        let Some(offer) = &turn.checkpoint else { return Ok(Vec::new()) };
        let (keys, watched) = (self.watching_keys(party, now)?, self.watched(now, party).await?);
        let request = AddCheckpoint {
            old_size: offer.old_size,
            proof: offer.proof.clone(),
            checkpoint: offer.note.to_vec(),
            leaves: offer.entries.clone(),
        };
        let accepted = match watched.consider(&keys, &request) {
            Ok(accepted) => accepted,
            Err(Declined::Equivocation(proof)) => {
                if !self.is_known_conflict(&keys, &proof).await? {
                    let entry = proof.entry(now, self.party.clone(), party.clone());
                    self.commit(vec![(entry, draw(entropy))], vec![proof.row()]).await?;
                }
                return Ok(vec![Event::Conflict { by: party.clone() }]);
            }
            Err(declined) => {
                return Ok(vec![Event::BadCheckpoint {
                    from: party.clone(),
                    why: declined.code().to_owned(),
                }]);
            }
        };
        let size = accepted.checkpoint().head().size;
        let kept = accepted.keep(&self.store, &self.log, now).await;
        let kept = kept.map_err(|fault| DeskFault::other("keeping a peer's head", &fault))?;
        let lines = kept.cosign(&self.checkpoint_signer(), now, Strength::Ed25519)?;
        let lines = lines.iter().map(ToString::to_string).collect();
        let owed = &mut self.peer_mut(party)?.owed;
        owed.retain(|known| known.size != size);
        owed.push(Cosignature { size, lines });
        // Where only pouches go, none of them is known to have come: the newest are kept.
        owed.drain(..owed.len().saturating_sub(MOST_OWED));
        Ok(Vec::new())
    }

    /// Whether these two heads were entered before, or enough others of the same log: a peer that shows its conflict in
    /// every turn must not make our log grow with each.
    async fn is_known_conflict(
        &self,
        keys: &[CheckpointKeys],
        proof: &EquivocationProof,
    ) -> Result<bool, DeskFault> {
        let heads = |proof: &EquivocationProof| {
            proof.verify(keys).ok().map(|(shorter, longer)| (shorter.head(), longer.head()))
        };
        let mut known = 0;
        for (_, value) in self.rows(EQUIVOCATIONS, 0).await? {
            let kept = EquivocationProof::from_bytes(&value)?;
            if kept.origin() == proof.origin() {
                known += 1;
                if heads(&kept) == heads(proof) {
                    return Ok(true);
                }
            }
        }
        Ok(known >= MAX_CONFLICTS)
    }

    /// Adds a peer's cosignatures to our checkpoints, once each is found good.
    pub(super) async fn take_cosignatures(
        &mut self,
        now: Timestamp,
        party: &PartyCode,
        cosignatures: &[Cosignature],
    ) -> Result<Vec<Event>, DeskFault> {
        let keys = CheckpointKeys::of_letter(&self.peer(party)?.letter, now);
        let own = self.checkpoint_keys();
        let mut events = Vec::new();
        for cosignature in cosignatures.iter().take(64) {
            let bad = |why: &str| Event::BadCheckpoint { from: party.clone(), why: why.to_owned() };
            let Some(note) = self.checkpoint_at(cosignature.size, now).await? else {
                events.push(bad("exchange/unknown-checkpoint"));
                continue;
            };
            let Some(signed) = cosigned(&own, &keys, &note, &cosignature.lines) else {
                events.push(bad("exchange/bad-cosignature"));
                continue;
            };
            let key = cosignature.size.to_be_bytes().to_vec();
            self.store.put_many(CHECKPOINTS, &[(key, Some(signed.to_string().into_bytes()))]).await?;
            self.mark_cosigned().await?;
            self.note_cosigner(party, cosignature.size).await?;
            events.push(Event::Cosigned { by: party.clone(), size: cosignature.size });
        }
        Ok(events)
    }
}

/// The checkpoint with a witness's lines, if they are by one of the witness's keys.
fn cosigned(
    own: &CheckpointKeys,
    witness: &[CheckpointKeys],
    note: &[u8],
    lines: &str,
) -> Option<SignedCheckpoint> {
    let mut signed = own.verify(note).ok()?;
    let lines = SignatureLine::parse_all(lines.as_bytes()).ok()?;
    let good = witness.iter().any(|keys| matches!(keys.endorse(&mut signed, &lines), Ok(Some(_))));
    good.then_some(signed)
}
