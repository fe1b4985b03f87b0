//! Letters: the signed introduction of a node, exchanged out of band, and the statements by which a party's root key
//! names, rotates and revokes its purpose keys.
//!
//! Root statements carry two signatures, Ed25519 and ML-DSA-44; both must fit. A letter carries the root itself, so
//! that a stranger can check it against a fingerprint read over the telephone.

use crate::{
    Canonical, KeyEntry, KeyId, KeyPurpose, KeyRing, Kind, Malformed, PartyCode, PublicKey, Signer,
    SignerFailed, Timestamp, UnitCode,
    key::{BadSignature, DualVerifier},
    label::{Purpose, VOCABULARY_VERSION},
};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::{collections::BTreeSet, marker::PhantomData};

/// The name under which [`Letter::understands`] gives the version of the vocabulary of labels.
pub const LABELS: &str = "labels";
/// The name under which [`Letter::understands`] gives the version of the turn of a session.
pub const TURN: &str = "turn";
/// Version of the form of a turn. The form itself is in comity-exchange; letters say which one a party reads.
pub const TURN_VERSION: u16 = 3;

/// One purpose key as the root names it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyStatement {
    /// Whose key.
    #[n(0)]
    pub party: PartyCode,
    /// What for.
    #[n(1)]
    pub purpose: KeyPurpose,
    /// The key; for [`KeyPurpose::Sealing`] see [`KeyStatement::sealing`].
    #[n(2)]
    pub key: Option<PublicKey>,
    /// The X-Wing public key of a sealing statement, 1,216 bytes.
    #[n(3)]
    pub sealing: Option<ByteVec>,
    /// From when.
    #[n(4)]
    pub valid_from: Timestamp,
    /// Until when (exclusive).
    #[n(5)]
    pub valid_to: Timestamp,
}

/// The root revokes a purpose key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyRevocation {
    /// Whose key.
    #[n(0)]
    pub party: PartyCode,
    /// Its thumbprint.
    #[n(1)]
    pub key: KeyId,
    /// As of when.
    #[n(2)]
    pub at: Timestamp,
    /// Why, in a sentence.
    #[n(3)]
    pub reason: String,
}

/// The introduction of a node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Letter {
    /// The party.
    #[n(0)]
    pub party: PartyCode,
    /// Its root keys.
    #[n(1)]
    pub root: DualVerifier,
    /// Counts the party's letters; a later letter has a higher number.
    #[n(2)]
    pub serial: u64,
    /// When it was issued.
    #[n(3)]
    pub issued: Timestamp,
    /// Until when it may be accepted (exclusive).
    #[n(4)]
    pub expires: Timestamp,
    /// `host:port` of the peers' listener; empty for a node that only opens connections.
    #[n(5)]
    pub address: String,
    /// The origin line of its ledger's checkpoints.
    #[n(6)]
    pub ledger: String,
    /// Its purpose keys.
    #[n(7)]
    pub keys: Vec<KeyStatement>,
    /// The kinds and newest versions it understands.
    #[n(8)]
    pub understands: Vec<(String, u16)>,
    /// The units that peers may address, with what makes each competent; internal units stay out.
    #[n(9)]
    pub units: Vec<UnitStatement>,
}

/// A unit as its party's letter names it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct UnitStatement {
    /// The unit.
    #[n(0)]
    pub unit: UnitCode,
    /// The national law or decision that makes it competent.
    #[n(1)]
    pub competence: String,
    /// The purposes it is competent for; empty means all.
    #[n(2)]
    pub purposes: BTreeSet<Purpose>,
}

impl Canonical for Letter {
    const NAME: &'static str = "a letter";
    const LIMIT: usize = 256 * 1024;
}

impl Canonical for KeyRevocation {
    const NAME: &'static str = "a key revocation";
}

impl Letter {
    /// What this version understands, for [`Letter::understands`]: the kinds of records, the vocabulary of labels under
    /// [`LABELS`] and the turn of a session under [`TURN`]. Who does not name one of these two understands version 1.
    pub fn kinds() -> Vec<(String, u16)> {
        let kinds = Kind::KNOWN.iter().map(|kind| (kind.as_str().to_owned(), kind.newest_version()));
        let others = [(LABELS.to_owned(), VOCABULARY_VERSION), (TURN.to_owned(), TURN_VERSION)];
        kinds.chain(others).collect()
    }

    /// The sealing key named, where one is valid at `at`.
    pub fn sealing_key(&self, at: Timestamp) -> Option<&[u8]> {
        let valid =
            |k: &&KeyStatement| k.purpose == KeyPurpose::Sealing && k.valid_from <= at && at < k.valid_to;
        self.keys.iter().filter(valid).find_map(|k| k.sealing.as_deref().map(Vec::as_slice))
    }

    /// The first unit named that is competent for a purpose.
    pub fn unit_for(&self, purpose: Purpose) -> Option<&UnitStatement> {
        self.units.iter().find(|unit| unit.purposes.is_empty() || unit.purposes.contains(&purpose))
    }

    /// Enters the signature keys in a key ring.
    pub fn enter(&self, keys: &mut KeyRing) {
        for statement in self.keys.iter().filter(|k| k.party == self.party) {
            if let Some(key) = &statement.key {
                keys.insert(KeyEntry {
                    party: self.party.clone(),
                    purpose: statement.purpose,
                    key: key.clone(),
                    valid_from: statement.valid_from,
                    valid_to: statement.valid_to,
                    revoked: None,
                });
            }
        }
    }
}

/// A value signed by a party's root with both algorithms.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RootSigned<T> {
    #[n(0)]
    value: ByteVec,
    #[n(1)]
    ed25519: ByteVec,
    #[n(2)]
    ml_dsa_44: ByteVec,
    #[cbor(skip)]
    of: PhantomData<T>,
}

impl<T: Canonical> Canonical for RootSigned<T> {
    const NAME: &'static str = T::NAME;
    const LIMIT: usize = T::LIMIT + 8 * 1024;
}

impl<T: Canonical> RootSigned<T> {
    /// Signs a value with the two halves of a root.
    pub fn sign(
        value: &T,
        ed25519: &dyn Signer,
        ml_dsa_44: &dyn Signer,
    ) -> Result<RootSigned<T>, SignerFailed> {
        let bytes = value.to_bytes();
        let message = message(T::NAME, &bytes);
        Ok(RootSigned {
            ed25519: ed25519.sign(&message)?.into(),
            ml_dsa_44: ml_dsa_44.sign(&message)?.into(),
            value: bytes.into(),
            of: PhantomData,
        })
    }

    /// The value, both signatures checked against `root`.
    pub fn verify(&self, root: &DualVerifier) -> Result<T, RootFault> {
        let message = message(T::NAME, &self.value);
        if !root.is_well_formed() {
            return Err(RootFault::Signature(BadSignature));
        }
        root.ed25519.verify(&message, &self.ed25519).map_err(RootFault::Signature)?;
        root.ml_dsa_44.verify(&message, &self.ml_dsa_44).map_err(RootFault::Signature)?;
        Ok(T::from_bytes(&self.value)?)
    }
}

impl RootSigned<Letter> {
    /// The letter, checked against the root that it carries itself. Whether that root is the party's is for a person
    /// to confirm by its fingerprint.
    pub fn introduce(&self) -> Result<Letter, RootFault> {
        let claimed = Letter::from_bytes(&self.value)?;
        self.verify(&claimed.root)
    }
}

/// Why a root statement is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootFault {
    /// It cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A signature does not fit.
    #[error("the statement is not signed by the party's root key")]
    Signature(#[source] BadSignature),
}

impl RootFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            RootFault::Malformed(malformed) => malformed.code(),
            RootFault::Signature(_) => "key/bad-root-signature",
        }
    }
}

/// What is signed: a label that keeps kinds of statement apart, then the bytes.
fn message(name: &str, bytes: &[u8]) -> Vec<u8> {
    [b"comity root\0", name.as_bytes(), b"\0", bytes].concat()
}
