//! Keys and signatures: Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204), by `aws-lc-rs`.
//!
//! Signing happens in the rim through [`Signer`], so that a hardware module fits. The software keys here are made from
//! a seed that the caller draws.

use crate::{KeyId, PartyCode, Timestamp, sha256};
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair, ML_DSA_44, ML_DSA_44_SIGNING, PqdsaKeyPair, UnparsedPublicKey,
};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::fmt;

/// A signature algorithm, by its fully specified COSE number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Algorithm {
    /// Ed25519, COSE -19 (RFC 9864): keys of 32 bytes, signatures of 64.
    #[n(0)]
    Ed25519,
    /// ML-DSA-44, COSE -48 (RFC 9964): keys of 1,312 bytes, signatures of 2,420.
    #[n(1)]
    MlDsa44,
}

impl Algorithm {
    /// The COSE algorithm number.
    pub const fn cose(self) -> i64 {
        match self {
            Algorithm::Ed25519 => -19,
            Algorithm::MlDsa44 => -48,
        }
    }

    /// The algorithm of a COSE number, where it is one of ours.
    pub fn from_cose(number: i64) -> Option<Algorithm> {
        [Algorithm::Ed25519, Algorithm::MlDsa44].into_iter().find(|a| a.cose() == number)
    }

    /// Bytes of a public key.
    pub const fn key_length(self) -> usize {
        match self {
            Algorithm::Ed25519 => 32,
            Algorithm::MlDsa44 => 1312,
        }
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct PublicKey {
    #[n(0)]
    algorithm: Algorithm,
    #[n(1)]
    bytes: ByteVec,
}

/// A signature that does not fit key and message, or a key of the wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not belong to this key and these bytes")]
pub struct BadSignature;

impl PublicKey {
    /// From raw bytes; `None` where the length is not the algorithm's.
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Option<PublicKey> {
        (bytes.len() == algorithm.key_length()).then(|| PublicKey { algorithm, bytes: bytes.to_vec().into() })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The thumbprint: SHA-256 of the COSE number (eight bytes, big-endian) and the raw bytes.
    pub fn id(&self) -> KeyId {
        KeyId(sha256(&[&self.algorithm.cose().to_be_bytes(), &self.bytes]))
    }

    /// Checks a signature over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let verified = match self.algorithm {
            Algorithm::Ed25519 => UnparsedPublicKey::new(&ED25519, &*self.bytes).verify(message, signature),
            Algorithm::MlDsa44 => UnparsedPublicKey::new(&ML_DSA_44, &*self.bytes).verify(message, signature),
        };
        verified.map_err(|_| BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:{}", self.algorithm, self.id().0.short())
    }
}

/// A private key that could not sign: a module that is away, or one that refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key {key} could not sign: {why}")]
pub struct SignerFailed {
    /// The key.
    pub key: KeyId,
    /// The reason its keeper gave.
    pub why: String,
}

/// Something that signs with one key: a software key, or a hardware module in the rim.
pub trait Signer: Send + Sync + fmt::Debug {
    /// The public half.
    fn public_key(&self) -> &PublicKey;
    /// Signs `message`.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerFailed>;
}

/// An Ed25519 key in memory.
pub struct Ed25519Key {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// An ML-DSA-44 key in memory.
pub struct MlDsa44Key {
    pair: PqdsaKeyPair,
    public: PublicKey,
}

impl Ed25519Key {
    /// From a 32-byte seed drawn by the caller.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Ed25519Key, BadSignature> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BadSignature)?;
        let public = PublicKey::new(Algorithm::Ed25519, pair.public_key().as_ref()).ok_or(BadSignature)?;
        Ok(Ed25519Key { pair, public })
    }
}

impl MlDsa44Key {
    /// From a 32-byte seed drawn by the caller (FIPS 204 key generation).
    pub fn from_seed(seed: &[u8; 32]) -> Result<MlDsa44Key, BadSignature> {
        let pair = PqdsaKeyPair::from_seed(&ML_DSA_44_SIGNING, seed).map_err(|_| BadSignature)?;
        let public = PublicKey::new(Algorithm::MlDsa44, pair.public_key().as_ref()).ok_or(BadSignature)?;
        Ok(MlDsa44Key { pair, public })
    }
}

impl fmt::Debug for Ed25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.public, f)
    }
}

impl fmt::Debug for MlDsa44Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.public, f)
    }
}

impl Signer for Ed25519Key {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerFailed> {
        Ok(self.pair.sign(message).as_ref().to_vec())
    }
}

impl Signer for MlDsa44Key {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerFailed> {
        let mut out = vec![0; ML_DSA_44_SIGNING.signature_len()];
        let failed = |_| SignerFailed { key: self.public.id(), why: "the library refused".to_owned() };
        let length = self.pair.sign(message, &mut out).map_err(failed)?;
        out.truncate(length);
        Ok(out)
    }
}

/// The two public keys of a root or checkpoint signer: what they sign stands on two mathematical problems.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct DualVerifier {
    /// Ed25519.
    #[n(0)]
    pub ed25519: PublicKey,
    /// ML-DSA-44.
    #[n(1)]
    pub ml_dsa_44: PublicKey,
}

impl DualVerifier {
    /// The thumbprint of the pair: SHA-256 of both thumbprints.
    pub fn id(&self) -> KeyId {
        KeyId(sha256(&[self.ed25519.id().0.as_bytes(), self.ml_dsa_44.id().0.as_bytes()]))
    }

    /// Whether each key is of its algorithm.
    pub fn is_well_formed(&self) -> bool {
        let fits = |key: &PublicKey, algorithm: Algorithm| {
            key.algorithm() == algorithm && key.as_bytes().len() == algorithm.key_length()
        };
        fits(&self.ed25519, Algorithm::Ed25519) && fits(&self.ml_dsa_44, Algorithm::MlDsa44)
    }
}

/// What a key may be used for. A key signs or seals for one purpose and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum KeyPurpose {
    /// TLS between peers.
    #[n(0)]
    Tls,
    /// Checkpoints of the ledger and cosignatures.
    #[n(1)]
    Checkpoint,
    /// Records, dispatches and acknowledgements.
    #[n(2)]
    Record,
    /// Sealing to the party (its public bytes are an X-Wing key, not a signature key).
    #[n(3)]
    Sealing,
    /// An officer's own signature.
    #[n(4)]
    Officer,
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyPurpose::Tls => "tls",
            KeyPurpose::Checkpoint => "checkpoint",
            KeyPurpose::Record => "record",
            KeyPurpose::Sealing => "sealing",
            KeyPurpose::Officer => "officer",
        })
    }
}

/// One key of a party as its root signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEntry {
    /// Whose it is.
    pub party: PartyCode,
    /// What for.
    pub purpose: KeyPurpose,
    /// The key.
    pub key: PublicKey,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when (exclusive).
    pub valid_to: Timestamp,
    /// Revoked as of this time, where it is.
    pub revoked: Option<Timestamp>,
}

/// Why a key may not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingFault {
    /// The party's letter does not name this key for this purpose.
    #[error("`{party}` has no {purpose} key {key} on record")]
    Unknown {
        /// The party.
        party: PartyCode,
        /// The purpose asked for.
        purpose: KeyPurpose,
        /// The thumbprint, shortened.
        key: String,
    },
    /// Outside its validity.
    #[error("the {purpose} key {key} of `{party}` was not valid on {at}")]
    NotValid {
        /// The party.
        party: PartyCode,
        /// The purpose.
        purpose: KeyPurpose,
        /// The thumbprint, shortened.
        key: String,
        /// The time asked about.
        at: Timestamp,
    },
    /// Revoked.
    #[error("the {purpose} key {key} of `{party}` was revoked on {revoked}")]
    Revoked {
        /// The party.
        party: PartyCode,
        /// The purpose.
        purpose: KeyPurpose,
        /// The thumbprint, shortened.
        key: String,
        /// Since when.
        revoked: Timestamp,
    },
}

impl KeyRingFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            KeyRingFault::Unknown { .. } => "key/unknown",
            KeyRingFault::NotValid { .. } => "key/not-valid",
            KeyRingFault::Revoked { .. } => "key/revoked",
        }
    }
}

/// The keys a node accepts, as letters and root-signed statements gave them.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    entries: Vec<KeyEntry>,
}

impl KeyRing {
    /// Adds a key; a second entry for the same party, purpose and key replaces the first, but never lifts a revocation.
    pub fn insert(&mut self, mut entry: KeyEntry) {
        let same = |e: &KeyEntry| e.party == entry.party && e.purpose == entry.purpose && e.key == entry.key;
        let before = self.entries.iter().filter(|e| same(e)).find_map(|e| e.revoked);
        self.entries.retain(|e| !same(e));
        entry.revoked = match (before, entry.revoked) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.entries.push(entry);
    }

    /// Marks a party's key as revoked; true where it was known. A party can revoke nobody else's key.
    pub fn revoke(&mut self, party: &PartyCode, key: KeyId, at: Timestamp) -> bool {
        let mut known = false;
        for entry in self.entries.iter_mut().filter(|e| e.party == *party && e.key.id() == key) {
            entry.revoked = Some(entry.revoked.map_or(at, |earlier| earlier.min(at)));
            known = true;
        }
        known
    }

    /// The key with this thumbprint, if it was the party's for this purpose at `at` and is not revoked. A revoked key
    /// is refused whatever the time: its holder could have back-dated.
    pub fn find(
        &self,
        party: &PartyCode,
        purpose: KeyPurpose,
        key: KeyId,
        at: Timestamp,
    ) -> Result<&PublicKey, KeyRingFault> {
        let shown = key.0.short();
        let found =
            self.entries.iter().find(|e| e.party == *party && e.purpose == purpose && e.key.id() == key);
        let Some(entry) = found else {
            return Err(KeyRingFault::Unknown { party: party.clone(), purpose, key: shown });
        };
        if let Some(revoked) = entry.revoked {
            return Err(KeyRingFault::Revoked { party: party.clone(), purpose, key: shown, revoked });
        }
        if at < entry.valid_from || at >= entry.valid_to {
            return Err(KeyRingFault::NotValid { party: party.clone(), purpose, key: shown, at });
        }
        Ok(&entry.key)
    }

    /// All entries of a party, in the order they came.
    pub fn of<'a>(&'a self, party: &'a PartyCode) -> impl Iterator<Item = &'a KeyEntry> {
        self.entries.iter().filter(move |e| e.party == *party)
    }

    /// All entries.
    pub fn entries(&self) -> &[KeyEntry] {
        &self.entries
    }
}
