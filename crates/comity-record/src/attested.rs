//! Small signed statements from one node to another: dispatches and acknowledgements.
//!
//! A COSE_Sign1 (RFC 9052) whose external data names the kind of statement and both parties, so that it can neither be
//! taken for another kind nor be shown to a third party as addressed to it.

use crate::{
    Canonical, Hash, KeyId, KeyPurpose, KeyRing, KeyRingFault, Malformed, PartyCode, Signer, SignerFailed,
    Timestamp, key::Algorithm, sha256,
};
use minicbor::{Decode, Decoder, Encode, Encoder};

/// A value that one party states to another.
pub trait Addressed: Canonical {
    /// Who states it.
    fn sender(&self) -> &PartyCode;
    /// To whom.
    fn recipient(&self) -> &PartyCode;
    /// When; the signing key must have been valid then.
    fn stated_at(&self) -> Timestamp;
}

/// A statement with its signature, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested<T> {
    bytes: Vec<u8>,
    value: T,
    algorithm: Algorithm,
    key: KeyId,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a statement is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationFault {
    /// The key is unknown, revoked or was not valid.
    #[error(transparent)]
    Key(#[from] KeyRingFault),
    /// The signature does not fit.
    #[error("{what} does not carry the signature of `{sender}`")]
    Signature {
        /// What was stated.
        what: &'static str,
        /// By whom it claims to be.
        sender: PartyCode,
    },
}

impl AttestationFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            AttestationFault::Key(fault) => fault.code(),
            AttestationFault::Signature { .. } => "exchange/bad-signature",
        }
    }
}

impl<T: Addressed> Attested<T> {
    /// Signs a statement.
    pub fn sign(value: T, signer: &dyn Signer) -> Result<Attested<T>, SignerFailed> {
        let key = signer.public_key();
        let payload = value.to_bytes();
        let protected = protected(key.algorithm(), key.id());
        let signature = signer.sign(&signed_part(&protected, &value, &payload))?;
        let bytes = crate::canonical::encode(&Parts {
            protected: &protected,
            payload: &payload,
            signature: &signature,
        });
        Ok(Attested { bytes, value, algorithm: key.algorithm(), key: key.id(), payload, signature })
    }

    /// Reads a statement in its one deterministic encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Attested<T>, Malformed> {
        let what = T::NAME;
        let limit = T::LIMIT + 8 * 1024;
        if bytes.len() > limit {
            return Err(Malformed::TooLong { what, size: bytes.len(), limit });
        }
        let shape = |why: minicbor::decode::Error| Malformed::Shape { what, why: why.to_string() };
        let parts: Parts<'_> = minicbor::decode(bytes).map_err(shape)?;
        let (algorithm, key) = read_protected(parts.protected).map_err(shape)?;
        let exact = protected(algorithm, key) == parts.protected && crate::canonical::encode(&parts) == bytes;
        if !exact {
            return Err(Malformed::NotDeterministic { what });
        }
        let value = T::from_bytes(parts.payload)?;
        let (payload, signature) = (parts.payload.to_vec(), parts.signature.to_vec());
        Ok(Attested { bytes: bytes.to_vec(), value, algorithm, key, payload, signature })
    }

    /// What is stated, once the signature is found to be by the sender's record key, valid when it was stated.
    pub fn verify(&self, keys: &KeyRing) -> Result<&T, AttestationFault> {
        let (sender, at) = (self.value.sender(), self.value.stated_at());
        let key = keys.find(sender, KeyPurpose::Record, self.key, at)?;
        let message = signed_part(&protected(self.algorithm, self.key), &self.value, &self.payload);
        let bad = || AttestationFault::Signature { what: T::NAME, sender: sender.clone() };
        if key.algorithm() != self.algorithm {
            return Err(bad());
        }
        key.verify(&message, &self.signature).map_err(|_| bad())?;
        Ok(&self.value)
    }

    /// What is claimed; nobody has checked by whom.
    pub fn claimed(&self) -> &T {
        &self.value
    }

    /// The bytes as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes.
    pub fn hash(&self) -> Hash {
        sha256(&[&self.bytes])
    }
}

struct Parts<'b> {
    protected: &'b [u8],
    payload: &'b [u8],
    signature: &'b [u8],
}

impl<C> Encode<C> for Parts<'_> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.tag(minicbor::data::Tag::new(18))?.array(4)?.bytes(self.protected)?.map(0)?;
        e.bytes(self.payload)?.bytes(self.signature)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Parts<'b> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.tag()?.as_u64() != 18 || d.array()? != Some(4) {
            return Err(minicbor::decode::Error::message("a COSE_Sign1 of four parts was expected"));
        }
        let protected = d.bytes()?;
        if d.map()? != Some(0) {
            return Err(minicbor::decode::Error::message("the unprotected header must be empty"));
        }
        Ok(Parts { protected, payload: d.bytes()?, signature: d.bytes()? })
    }
}

fn protected(algorithm: Algorithm, key: KeyId) -> Vec<u8> {
    struct Header(Algorithm, KeyId);
    impl<C> Encode<C> for Header {
        fn encode<W: minicbor::encode::Write>(
            &self,
            e: &mut Encoder<W>,
            _: &mut C,
        ) -> Result<(), minicbor::encode::Error<W::Error>> {
            e.map(2)?.i64(1)?.i64(self.0.cose())?.i64(4)?.bytes(self.1.0.as_bytes())?.ok()
        }
    }
    crate::canonical::encode(&Header(algorithm, key))
}

fn read_protected(bytes: &[u8]) -> Result<(Algorithm, KeyId), minicbor::decode::Error> {
    let mut d = Decoder::new(bytes);
    let wrong = || minicbor::decode::Error::message("a header of alg and kid was expected");
    if d.map()? != Some(2) || d.i64()? != 1 {
        return Err(wrong());
    }
    let algorithm = Algorithm::from_cose(d.i64()?).ok_or_else(wrong)?;
    if d.i64()? != 4 {
        return Err(wrong());
    }
    let key = Hash::from_slice(d.bytes()?).map(KeyId).ok_or_else(wrong)?;
    Ok((algorithm, key))
}

/// Sig_structure of RFC 9052 section 4.4 with kind, sender and recipient as external data.
fn signed_part<T: Addressed>(protected: &[u8], value: &T, payload: &[u8]) -> Vec<u8> {
    struct SigStructure<'a>(&'a [u8], &'a [u8], &'a [u8]);
    impl<C> Encode<C> for SigStructure<'_> {
        fn encode<W: minicbor::encode::Write>(
            &self,
            e: &mut Encoder<W>,
            _: &mut C,
        ) -> Result<(), minicbor::encode::Error<W::Error>> {
            e.array(4)?.str("Signature1")?.bytes(self.0)?.bytes(self.1)?.bytes(self.2)?.ok()
        }
    }
    let external = [T::NAME, value.sender().as_str(), value.recipient().as_str()].join("\n");
    crate::canonical::encode(&SigStructure(protected, external.as_bytes(), payload))
}
