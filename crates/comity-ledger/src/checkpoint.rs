//! Checkpoints (C2SP tlog-checkpoint): a log's head as a note of three lines, signed by the log with both its keys.
//!
//! The log signs with Ed25519 over the text (type 0x01) and with the ML-DSA-44 cosignature form (type 0x06), as
//! tlog-checkpoint recommends; both lines carry the log's origin as name, and both must verify. A party's checkpoint
//! keys also cosign the checkpoints of others, see [`crate::cosignature`].

use crate::{
    cosignature::{cosigned_message, split_time},
    note::{Note, NoteFault, NoteKey, SignatureLine, SignatureType, is_key_name, key_id},
    tree::{MAX_SIZE, TreeHead, empty_root},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_record::{Algorithm, Hash, KeyPurpose, Letter, PublicKey, Signer, SignerFailed, Timestamp};
use std::fmt;

/// The header line of Ed25519 cosigned messages. As an origin it would let a checkpoint pass for a cosignature.
const COSIGNATURE_HEADER: &str = "cosignature/v1";

/// A log's head under the log's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    origin: String,
    head: TreeHead,
}

/// A checkpoint whose log signatures were made here or verified. Other lines, such as cosignatures, are carried along
/// unverified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
    stated: Timestamp,
}

/// The public keys of a log, or of a witness under the name of its own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointKeys {
    /// The origin line of the log, which is the name of both keys.
    pub origin: String,
    /// The Ed25519 key.
    pub ed25519: PublicKey,
    /// The ML-DSA-44 key.
    pub ml_dsa_44: PublicKey,
}

/// The signing side of [`CheckpointKeys`].
#[derive(Clone, Copy, Debug)]
pub struct CheckpointSigner<'a> {
    /// The origin line of the log, which is the name of both keys.
    pub origin: &'a str,
    /// The Ed25519 key.
    pub ed25519: &'a dyn Signer,
    /// The ML-DSA-44 key.
    pub ml_dsa_44: &'a dyn Signer,
}

/// Why a checkpoint is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// It is no signed note.
    #[error(transparent)]
    Note(#[from] NoteFault),
    /// The text is not an origin, a size and a root.
    #[error("the checkpoint's {line} is malformed")]
    Line {
        /// Which line.
        line: &'static str,
    },
    /// It is of another log.
    #[error("the checkpoint is of `{found}`, not of `{expected}`")]
    Origin {
        /// The origin found.
        found: String,
        /// The origin wanted.
        expected: String,
    },
    /// A signature of the log is missing.
    #[error("the checkpoint of `{origin}` lacks the log's {what} signature")]
    Unsigned {
        /// The log.
        origin: String,
        /// Which signature.
        what: &'static str,
    },
    /// A signature under a known key does not verify.
    #[error("a {what} signature of `{name}` does not belong to this checkpoint")]
    Signature {
        /// The name of the key.
        name: String,
        /// Which signature.
        what: &'static str,
    },
    /// A key is of the wrong algorithm or under an impossible name.
    #[error("`{origin}` cannot be the name of a log with these keys")]
    Keys {
        /// The origin.
        origin: String,
    },
    /// The key's keeper refused to sign.
    #[error(transparent)]
    Signer(#[from] SignerFailed),
}

impl CheckpointFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            CheckpointFault::Note(fault) => fault.code(),
            CheckpointFault::Line { .. } => "checkpoint/line",
            CheckpointFault::Origin { .. } => "checkpoint/origin",
            CheckpointFault::Unsigned { .. } => "checkpoint/unsigned",
            CheckpointFault::Signature { .. } => "checkpoint/signature",
            CheckpointFault::Keys { .. } => "checkpoint/keys",
            CheckpointFault::Signer(_) => "checkpoint/signer",
        }
    }
}

impl Checkpoint {
    /// A checkpoint of a log; `None` where the origin cannot be one or the head is none of a tree.
    pub fn new(origin: &str, head: TreeHead) -> Option<Checkpoint> {
        let fits = is_origin(origin) && head.size <= MAX_SIZE && (head.size > 0 || head.root == empty_root());
        fits.then(|| Checkpoint { origin: origin.to_owned(), head })
    }

    /// The log's origin line.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// Reads the text of a note. Extension lines are refused: the ML-DSA-44 signature does not cover them.
    pub fn parse_text(text: &str) -> Result<Checkpoint, CheckpointFault> {
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let origin = lines.next().filter(|line| is_origin(line)).ok_or(line("origin line"))?;
        let size = lines.next().and_then(parse_size).ok_or(line("size line"))?;
        let root = lines.next().and_then(parse_hash).ok_or(line("root line"))?;
        if lines.next().is_some() {
            return Err(line("number of lines"));
        }
        Checkpoint::new(origin, TreeHead { size, root }).ok_or(line("root line"))
    }

    /// What a signed checkpoint claims, unverified: to find out whose keys to verify it with.
    pub fn peek(bytes: &[u8]) -> Result<Checkpoint, CheckpointFault> {
        Checkpoint::parse_text(Note::parse(bytes)?.text())
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.head.size, STANDARD.encode(self.head.root.0))
    }
}

impl SignedCheckpoint {
    /// The checkpoint.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        self.checkpoint.head
    }

    /// When the log says it signed, in whole seconds.
    pub fn stated(&self) -> Timestamp {
        self.stated
    }

    /// The note with all its lines.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Adds lines unverified; those under the log's own name are left out. Cosignatures from outside are added by
    /// [`CheckpointKeys::endorse`].
    pub fn add(&mut self, lines: impl IntoIterator<Item = SignatureLine>) {
        let own = self.checkpoint.origin.clone();
        self.note.add(lines.into_iter().filter(|line| line.name != own));
    }

    /// Reads back a checkpoint that was verified before it was kept in the party's own store. Keys may have been
    /// rotated since.
    pub(crate) fn reopen(bytes: &[u8]) -> Result<SignedCheckpoint, CheckpointFault> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse_text(note.text())?;
        let own = note.lines().iter().filter(|line| line.name == checkpoint.origin);
        let times =
            own.filter(|line| line.signature.len() > 64).filter_map(|line| split_time(&line.signature));
        let stated = crate::cosignature::timestamp(times.map(|(seconds, _)| seconds).max().unwrap_or(0));
        Ok(SignedCheckpoint { checkpoint, note, stated })
    }

    /// The same checkpoint with the log's own signatures only.
    pub fn without_cosignatures(&self) -> SignedCheckpoint {
        let mut bare = self.clone();
        bare.note.retain(|line| line.name == self.checkpoint.origin);
        bare
    }
}

impl fmt::Display for SignedCheckpoint {
    /// The note as text, as it is sent and kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.note, f)
    }
}

impl CheckpointKeys {
    /// The pairs of checkpoint keys that a letter names and that are valid at `at`: one pair, or more while keys
    /// overlap in a rotation.
    pub fn of_letter(letter: &Letter, at: Timestamp) -> Vec<CheckpointKeys> {
        let valid = letter.keys.iter().filter(|k| {
            k.party == letter.party
                && k.purpose == KeyPurpose::Checkpoint
                && k.valid_from <= at
                && at < k.valid_to
        });
        let keys: Vec<&PublicKey> = valid.filter_map(|k| k.key.as_ref()).collect();
        let of = |algorithm| keys.iter().filter(move |key| key.algorithm() == algorithm);
        let pair = |ed25519: &PublicKey, ml_dsa_44: &PublicKey| CheckpointKeys {
            origin: letter.ledger.clone(),
            ed25519: ed25519.clone(),
            ml_dsa_44: ml_dsa_44.clone(),
        };
        of(Algorithm::Ed25519).flat_map(|ed| of(Algorithm::MlDsa44).map(move |ml| pair(ed, ml))).collect()
    }

    /// Reads a checkpoint and checks that this log signed it with both keys.
    pub fn verify(&self, bytes: &[u8]) -> Result<SignedCheckpoint, CheckpointFault> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse_text(note.text())?;
        if checkpoint.origin != self.origin {
            let found = checkpoint.origin.chars().take(80).collect();
            return Err(CheckpointFault::Origin { found, expected: self.origin.clone() });
        }
        self.verify_ed25519(&note)?;
        let stated = self.verify_ml_dsa_44(&note, &checkpoint)?;
        Ok(SignedCheckpoint { checkpoint, note, stated })
    }

    fn verify_ed25519(&self, note: &Note) -> Result<(), CheckpointFault> {
        let key = self.note_key(SignatureType::Ed25519, &self.ed25519)?;
        let mut signed = false;
        for line in note.lines_of(&key) {
            let verified = self.ed25519.verify(note.text().as_bytes(), &line.signature);
            verified.map_err(|_| self.fault(SignatureType::Ed25519))?;
            signed = true;
        }
        if signed { Ok(()) } else { Err(self.unsigned("Ed25519")) }
    }

    fn verify_ml_dsa_44(&self, note: &Note, checkpoint: &Checkpoint) -> Result<Timestamp, CheckpointFault> {
        let kind = SignatureType::MlDsa44Cosignature;
        let key = self.note_key(kind, &self.ml_dsa_44)?;
        let mut stated = None;
        for line in note.lines_of(&key) {
            let (seconds, signature) = split_time(&line.signature).ok_or_else(|| self.fault(kind))?;
            let message = cosigned_message(kind, &self.origin, seconds, checkpoint);
            self.ml_dsa_44.verify(&message, signature).map_err(|_| self.fault(kind))?;
            stated = stated.max(Some(seconds));
        }
        let seconds = stated.ok_or_else(|| self.unsigned("ML-DSA-44"))?;
        Ok(crate::cosignature::timestamp(seconds))
    }

    pub(crate) fn note_key(&self, kind: SignatureType, key: &PublicKey) -> Result<NoteKey, CheckpointFault> {
        let fits = NoteKey::new(&self.origin, kind, key.clone());
        fits.ok_or_else(|| CheckpointFault::Keys { origin: self.origin.chars().take(80).collect() })
    }

    pub(crate) fn fault(&self, kind: SignatureType) -> CheckpointFault {
        let what = match kind {
            SignatureType::Ed25519 => "Ed25519",
            SignatureType::Ed25519Cosignature => "Ed25519 (cosignature)",
            SignatureType::MlDsa44Cosignature => "ML-DSA-44",
        };
        CheckpointFault::Signature { name: self.origin.clone(), what }
    }

    fn unsigned(&self, what: &'static str) -> CheckpointFault {
        CheckpointFault::Unsigned { origin: self.origin.clone(), what }
    }
}

impl CheckpointSigner<'_> {
    /// The public keys.
    pub fn keys(&self) -> CheckpointKeys {
        CheckpointKeys {
            origin: self.origin.to_owned(),
            ed25519: self.ed25519.public_key().clone(),
            ml_dsa_44: self.ml_dsa_44.public_key().clone(),
        }
    }

    /// Signs the head of the log at a time. The caller has committed that head, and signs none that is shorter than
    /// one signed before.
    pub fn sign(&self, head: TreeHead, at: Timestamp) -> Result<SignedCheckpoint, CheckpointFault> {
        let keys = CheckpointFault::Keys { origin: self.origin.chars().take(80).collect() };
        let checkpoint = Checkpoint::new(self.origin, head).ok_or(keys)?;
        let mut note = Note::new(checkpoint.to_string())?;
        let ed25519 = SignatureLine {
            name: self.origin.to_owned(),
            key_id: key_id(self.origin, SignatureType::Ed25519, self.ed25519.public_key()),
            signature: self.ed25519.sign(note.text().as_bytes())?,
        };
        let (ml_dsa_44, stated) = self.timed_line(SignatureType::MlDsa44Cosignature, &checkpoint, at)?;
        note.add([ed25519, ml_dsa_44]);
        Ok(SignedCheckpoint { checkpoint, note, stated })
    }
}

/// Whether a text may be a log's origin line here: a key name, as the origin names the log's keys.
pub fn is_origin(origin: &str) -> bool {
    is_key_name(origin) && origin != COSIGNATURE_HEADER
}

/// A decimal number without leading zeroes.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain && text.len() <= 20 { text.parse().ok() } else { None }
}

/// A base64 hash of 32 bytes.
pub(crate) fn parse_hash(text: &str) -> Option<Hash> {
    if text.len() != 44 {
        return None;
    }
    STANDARD.decode(text).ok().and_then(|bytes| Hash::from_slice(&bytes))
}

fn line(line: &'static str) -> CheckpointFault {
    CheckpointFault::Line { line }
}
