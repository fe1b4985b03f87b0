//! The two halves of a sealing key.

use super::{Kem, SealFault};
use comity_record::{Hash, sha256};
use hpke::{Deserializable, Kem as _, Serializable};
use std::fmt;

/// A public X-Wing key, 1,216 bytes, as a letter names it.
#[derive(Clone, Debug)]
pub struct RecipientKey {
    pub(super) key: <Kem as hpke::Kem>::PublicKey,
    id: Hash,
}

/// A private X-Wing key, made from a seed of 32 bytes.
#[derive(Clone)]
pub struct SealingKey {
    pub(super) key: <Kem as hpke::Kem>::PrivateKey,
    public: RecipientKey,
}

impl RecipientKey {
    /// From the bytes of a letter.
    pub fn from_bytes(bytes: &[u8]) -> Result<RecipientKey, SealFault> {
        let key = Deserializable::from_bytes(bytes).map_err(|_| SealFault::BadKey)?;
        Ok(RecipientKey { key, id: sha256(&[bytes]) })
    }

    /// The bytes, as a letter names them.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.key.to_bytes().to_vec()
    }

    /// SHA-256 of the bytes.
    pub fn id(&self) -> Hash {
        self.id
    }
}

impl SealingKey {
    /// From a seed drawn by the caller: the decapsulation key of the X-Wing draft.
    pub fn from_seed(seed: &[u8; 32]) -> Result<SealingKey, SealFault> {
        let key = Deserializable::from_bytes(seed).map_err(|_| SealFault::BadKey)?;
        let public = Kem::sk_to_pk(&key);
        let id = sha256(&[&public.to_bytes()]);
        Ok(SealingKey { key, public: RecipientKey { key: public, id } })
    }

    /// The public half.
    pub fn public(&self) -> &RecipientKey {
        &self.public
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X-Wing:{}", self.public.id.short())
    }
}
