//! Cosignatures (C2SP tlog-cosignature): what a witness signs about another party's checkpoint, and when.
//!
//! An Ed25519 cosignature (type 0x04) is always there; the ML-DSA-44 one (type 0x06), forty times as long, stands
//! beside it where the witness was asked for it, so that receipts stay small and periodic checkpoints outlive
//! today's mathematics.

use crate::{
    checkpoint::{Checkpoint, CheckpointFault, CheckpointKeys, CheckpointSigner, SignedCheckpoint},
    note::{Note, NoteKey, SignatureLine, SignatureType, key_id},
};
use comity_record::{SignerFailed, Timestamp};

/// Which signatures a cosignature has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Ed25519.
    Ed25519,
    /// Ed25519 and ML-DSA-44.
    Both,
}

/// A verified cosignature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The name of the witness.
    pub name: String,
    /// When it says it signed, in whole seconds; the earlier where its two signatures differ.
    pub at: Timestamp,
    /// Which signatures it has.
    pub strength: Strength,
}

impl CheckpointSigner<'_> {
    /// Cosigns a checkpoint. The caller is a witness, has checked its consistency and made the new head durable: see
    /// [`crate::witness`].
    pub(crate) fn cosign(
        &self,
        checkpoint: &Checkpoint,
        at: Timestamp,
        strength: Strength,
    ) -> Result<Vec<SignatureLine>, SignerFailed> {
        let kinds: &[SignatureType] = match strength {
            Strength::Ed25519 => &[SignatureType::Ed25519Cosignature],
            Strength::Both => &[SignatureType::Ed25519Cosignature, SignatureType::MlDsa44Cosignature],
        };
        kinds.iter().map(|kind| Ok(self.timed_line(*kind, checkpoint, at)?.0)).collect()
    }

    /// A timestamped signature line, and the time in it.
    pub(crate) fn timed_line(
        &self,
        kind: SignatureType,
        checkpoint: &Checkpoint,
        at: Timestamp,
    ) -> Result<(SignatureLine, Timestamp), SignerFailed> {
        // A cosignature must carry a time, and 0 stands for none.
        let seconds = u64::try_from(at.as_seconds()).unwrap_or(0).max(1);
        let signer = match kind {
            SignatureType::MlDsa44Cosignature => self.ml_dsa_44,
            SignatureType::Ed25519 | SignatureType::Ed25519Cosignature => self.ed25519,
        };
        let signature = signer.sign(&cosigned_message(kind, self.origin, seconds, checkpoint))?;
        let line = SignatureLine {
            name: self.origin.to_owned(),
            key_id: key_id(self.origin, kind, signer.public_key()),
            signature: [&seconds.to_be_bytes()[..], &signature].concat(),
        };
        Ok((line, timestamp(seconds)))
    }
}

impl CheckpointKeys {
    /// The cosignature that this witness put on a checkpoint; `None` where there is none under its name and keys. A
    /// line under its name and key id that does not verify is a fault.
    pub fn cosignature(&self, signed: &SignedCheckpoint) -> Result<Option<Cosignature>, CheckpointFault> {
        let (note, checkpoint) = (signed.note(), signed.checkpoint());
        let ed25519 = self.timed(SignatureType::Ed25519Cosignature, note, checkpoint)?;
        let ml_dsa_44 = self.timed(SignatureType::MlDsa44Cosignature, note, checkpoint)?;
        let Some(first) = ed25519 else { return Ok(None) };
        let strength = if ml_dsa_44.is_some() { Strength::Both } else { Strength::Ed25519 };
        let at = timestamp(ml_dsa_44.map_or(first, |second| first.min(second)));
        Ok(Some(Cosignature { name: self.origin.clone(), at, strength }))
    }

    /// Adds this witness's cosignature to a checkpoint, from lines as the witness answered them. Only lines under its
    /// two keys are looked at, one of each, and only where they verify are they added: nobody can swell the note with
    /// lines that nothing checks. `None` where the lines hold no cosignature of this witness.
    pub fn endorse(
        &self,
        signed: &mut SignedCheckpoint,
        lines: &[SignatureLine],
    ) -> Result<Option<Cosignature>, CheckpointFault> {
        let keys = [
            self.note_key(SignatureType::Ed25519Cosignature, &self.ed25519)?,
            self.note_key(SignatureType::MlDsa44Cosignature, &self.ml_dsa_44)?,
        ];
        let new = keys.iter().filter(|key| signed.note().lines_of(key).next().is_none());
        let of = |key: &NoteKey| {
            lines.iter().find(|line| line.name == key.name() && line.key_id == key.id()).cloned()
        };
        let mut endorsed = signed.clone();
        endorsed.add(new.filter_map(of));
        let cosignature = self.cosignature(&endorsed)?;
        if cosignature.is_some() {
            *signed = endorsed;
        }
        Ok(cosignature)
    }

    /// The earliest time of a key's lines, all of which must verify.
    fn timed(
        &self,
        kind: SignatureType,
        note: &Note,
        checkpoint: &Checkpoint,
    ) -> Result<Option<u64>, CheckpointFault> {
        let key = match kind {
            SignatureType::MlDsa44Cosignature => &self.ml_dsa_44,
            SignatureType::Ed25519 | SignatureType::Ed25519Cosignature => &self.ed25519,
        };
        let mut earliest = None;
        for line in note.lines_of(&self.note_key(kind, key)?) {
            let (seconds, signature) =
                split_time(&line.signature).filter(|(s, _)| *s > 0).ok_or_else(|| self.fault(kind))?;
            let message = cosigned_message(kind, &self.origin, seconds, checkpoint);
            key.verify(&message, signature).map_err(|_| self.fault(kind))?;
            earliest = Some(earliest.map_or(seconds, |before: u64| before.min(seconds)));
        }
        Ok(earliest)
    }
}

/// The bytes that are signed for a checkpoint at a time.
pub(crate) fn cosigned_message(
    kind: SignatureType,
    name: &str,
    seconds: u64,
    checkpoint: &Checkpoint,
) -> Vec<u8> {
    match kind {
        SignatureType::MlDsa44Cosignature => subtree_message(name, seconds, checkpoint),
        SignatureType::Ed25519 | SignatureType::Ed25519Cosignature => {
            format!("cosignature/v1\ntime {seconds}\n{checkpoint}").into_bytes()
        }
    }
}

/// `cosigned_message` of tlog-cosignature, for the whole tree.
fn subtree_message(name: &str, seconds: u64, checkpoint: &Checkpoint) -> Vec<u8> {
    let head = checkpoint.head();
    let mut out = b"subtree/v1\n\0".to_vec();
    put_short(&mut out, name);
    out.extend_from_slice(&seconds.to_be_bytes());
    put_short(&mut out, checkpoint.origin());
    out.extend_from_slice(&0u64.to_be_bytes());
    out.extend_from_slice(&head.size.to_be_bytes());
    out.extend_from_slice(head.root.as_bytes());
    out
}

/// One byte of length, then the text; key names are at most 255 bytes long.
fn put_short(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(text.as_bytes());
}

/// The time and the signature of a timestamped signature. The time is at most 2^63 - 1.
pub(crate) fn split_time(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (seconds, signature) = bytes.split_first_chunk::<8>()?;
    let seconds = u64::from_be_bytes(*seconds);
    i64::try_from(seconds).is_ok().then_some((seconds, signature))
}

pub(crate) fn timestamp(seconds: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}
