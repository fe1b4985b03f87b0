//! Sealing to a party's X-Wing key: pouches, and evidence that is kept closed.
//!
//! HPKE (RFC 9180) in base mode with the hybrid KEM X-Wing (ML-KEM-768 and X25519), HKDF-SHA256 and
//! ChaCha20-Poly1305. Who sealed is not proven by the seal: whatever is inside carries its own signature.
//!
//! The form, so that others can read it: `comity sealed 1\n`, the header's length (four bytes, big-endian), the
//! header (deterministic CBOR: sender, recipient, SHA-256 of the recipient's key, encapsulated key), then chunks. Each
//! chunk but the last holds 65,536 bytes of plaintext, the last one up to as many; a tag of 16 bytes follows each. The
//! HPKE `info` is the first line, sender and recipient (each ended by a zero byte) and the key's hash; the additional
//! data of a chunk is one byte, 1 for the last and 0 for the others. HPKE's own counter orders the chunks, and the
//! last one's mark shows a cut. Memory stays bounded by one chunk.

mod key;
mod opening;
mod sealing;

#[cfg(test)]
mod tests;

pub use key::{RecipientKey, SealingKey};
pub use opening::{Opening, header, open};
pub use sealing::{Sealing, seal};

use comity_record::{Canonical, Hash, Malformed, PartyCode};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::io;

/// The first line.
const MAGIC: &[u8; 16] = b"comity sealed 1\n";
/// Plaintext bytes of a full chunk.
const CHUNK: usize = 65_536;
/// Bytes of a chunk's tag.
const TAG: usize = 16;

type Kem = hpke::kem::XWing;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

/// What stands readable in front of sealed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealHeader {
    /// Who says it sealed; not proven by the seal.
    #[n(0)]
    pub sender: PartyCode,
    /// To whom.
    #[n(1)]
    pub recipient: PartyCode,
    /// SHA-256 of the recipient's public key.
    #[n(2)]
    pub key: Hash,
    #[n(3)]
    encapsulated: ByteVec,
}

impl Canonical for SealHeader {
    const NAME: &'static str = "the header of sealed bytes";
    const LIMIT: usize = 4 * 1024;
}

impl SealHeader {
    fn info(&self) -> Vec<u8> {
        let parts: [&[u8]; 6] = [
            MAGIC,
            self.sender.as_str().as_bytes(),
            b"\0",
            self.recipient.as_str().as_bytes(),
            b"\0",
            self.key.as_bytes(),
        ];
        parts.concat()
    }
}

/// Why bytes cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    /// They do not begin as sealed bytes do.
    #[error("these are no sealed bytes of a version that is known here")]
    NotSealed,
    /// The header cannot be read.
    #[error(transparent)]
    Header(#[from] Malformed),
    /// Sealed to somebody else.
    #[error("sealed to `{recipient}`, not to `{own}`")]
    OtherRecipient {
        /// To whom it is sealed.
        recipient: PartyCode,
        /// Who tried to open it.
        own: PartyCode,
    },
    /// Sealed to a key that this node does not hold, or no longer.
    #[error("sealed to the key {key} of `{recipient}`, which is not held here")]
    OtherKey {
        /// To whom it is sealed.
        recipient: PartyCode,
        /// The key, shortened.
        key: String,
    },
    /// A public key that is none.
    #[error("this is no X-Wing public key")]
    BadKey,
    /// Changed, or out of order.
    #[error("the sealed bytes were changed at chunk {chunk}")]
    Changed {
        /// The chunk, counted from 0.
        chunk: u64,
    },
    /// Cut off: the last chunk is missing.
    #[error("the sealed bytes are cut off after chunk {chunk}")]
    CutOff {
        /// The last chunk seen, counted from 0.
        chunk: u64,
    },
    /// More plaintext than the caller allows.
    #[error("more than {limit} bytes are sealed here")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
    },
    /// The library refused to seal.
    #[error("the bytes could not be sealed")]
    Failed,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] crate::random::RandomFailed),
    /// The file or stream failed.
    #[error("sealed bytes could not be read or written")]
    Io(#[from] io::Error),
}

impl SealFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            SealFault::NotSealed => "seal/not-sealed",
            SealFault::Header(_) => "seal/bad-header",
            SealFault::OtherRecipient { .. } => "seal/other-recipient",
            SealFault::OtherKey { .. } => "seal/other-key",
            SealFault::BadKey => "seal/bad-key",
            SealFault::Changed { .. } => "seal/changed",
            SealFault::CutOff { .. } => "seal/cut-off",
            SealFault::TooLong { .. } => "seal/too-long",
            SealFault::Failed => "seal/failed",
            SealFault::Random(fault) => fault.code(),
            SealFault::Io(_) => "seal/io",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            SealFault::OtherKey { .. } => {
                Some("ask the sender to accept our current letter and to seal again".to_owned())
            }
            SealFault::CutOff { .. } => Some("copy the file again; nothing of it was taken in".to_owned()),
            _ => None,
        }
    }
}

impl From<SealFault> for io::Error {
    fn from(fault: SealFault) -> io::Error {
        match fault {
            SealFault::Io(why) => why,
            SealFault::CutOff { .. } => io::Error::new(io::ErrorKind::UnexpectedEof, fault),
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        }
    }
}
