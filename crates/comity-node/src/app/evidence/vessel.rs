//! Sealing objects in pieces: ChaCha20-Poly1305 (RFC 8439) under a key that each object has for itself.
//!
//! The nonce of a chunk is its number (12 bytes, big-endian); its additional data are a name, the number and whether it is
//! the last. A key seals one object once, so that no nonce comes twice; the last chunk's mark shows a cut.

use super::super::Fault;
use crate::random::Random;
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use comity_affairs::custody::{CHUNK, Digest, Sha512};
use comity_exchange::Vessel;
use comity_ledger::store::Blobs;
use comity_record::Hash;

const NAME: &[u8] = b"comity evidence chunk 1\0";
/// Bytes of a sealed chunk at most: the chunk and its tag.
pub const SEALED: usize = CHUNK as usize + 16;

/// An object as it was taken in.
#[derive(Debug)]
pub struct Filled {
    /// Its size.
    pub size: u64,
    /// SHA-256.
    pub sha256: Hash,
    /// SHA-512.
    pub sha512: Sha512,
    /// Its sealed pieces and key.
    pub vessel: Vessel,
}

/// An object being taken in: at most one chunk of it is in memory.
pub struct Filling {
    key: [u8; 32],
    digest: Digest,
    waiting: Vec<u8>,
    chunks: Vec<Hash>,
}

impl std::fmt::Debug for Filling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filling").field("chunks", &self.chunks.len()).finish_non_exhaustive()
    }
}

impl Filling {
    /// Begins an object under a fresh key.
    pub fn new(random: &dyn Random) -> Result<Filling, Fault> {
        let key = random.bytes().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        Ok(Filling { key, digest: Digest::new(), waiting: Vec::new(), chunks: Vec::new() })
    }

    /// Takes in the next bytes. What was sealed is durable on return.
    pub async fn push(&mut self, mut bytes: &[u8], store: &impl Blobs) -> Result<(), Fault> {
        self.digest.update(bytes);
        while !bytes.is_empty() {
            // A full chunk is sealed only when more follows: the last one is marked.
            if self.waiting.len() == CHUNK as usize {
                self.seal(store, Place::Within).await?;
            }
            let room = (CHUNK as usize).saturating_sub(self.waiting.len()).min(bytes.len());
            let (now, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.waiting.extend_from_slice(now);
            bytes = rest;
        }
        Ok(())
    }

    /// Ends the object.
    pub async fn finish(mut self, store: &impl Blobs) -> Result<Filled, Fault> {
        self.seal(store, Place::Last).await?;
        let (size, sha256, sha512) = self.digest.finish();
        Ok(Filled { size, sha256, sha512, vessel: Vessel { key: self.key, chunks: self.chunks } })
    }

    async fn seal(&mut self, store: &impl Blobs, place: Place) -> Result<(), Fault> {
        let mut bytes = std::mem::take(&mut self.waiting);
        let number = self.chunks.len() as u64;
        let key = key(&self.key)?;
        key.seal_in_place_append_tag(nonce(number), Aad::from(aad(number, place)), &mut bytes)
            .map_err(|_| Fault::new("evidence/cannot-seal", "a chunk could not be sealed"))?;
        self.chunks.push(store.put(&bytes).await?);
        Ok(())
    }
}

/// Where a chunk stands in its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// More follow.
    Within,
    /// It is the last.
    Last,
}

/// A chunk that is not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Spoilt {
    /// It is not here.
    #[error("missing")]
    Missing,
    /// Its bytes are not those of its hash, or do not open.
    #[error("damaged")]
    Damaged,
}

/// Reads and opens one chunk of an object.
pub async fn open_chunk(
    vessel: &Vessel,
    number: usize,
    store: &impl Blobs,
) -> Result<Result<Vec<u8>, Spoilt>, Fault> {
    let Some(hash) = vessel.chunks.get(number) else { return Ok(Err(Spoilt::Missing)) };
    let mut bytes = match store.get(*hash, 0, SEALED as u64).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Err(Spoilt::Missing)),
        Err(comity_ledger::store::StoreFault::Damaged { .. }) => return Ok(Err(Spoilt::Damaged)),
        Err(fault) => return Err(fault.into()),
    };
    let place = if number + 1 == vessel.chunks.len() { Place::Last } else { Place::Within };
    let number = number as u64;
    let key = key(&vessel.key)?;
    let opened = key.open_in_place(nonce(number), Aad::from(aad(number, place)), &mut bytes);
    let Ok(length) = opened.map(|plaintext| plaintext.len()) else { return Ok(Err(Spoilt::Damaged)) };
    bytes.truncate(length);
    Ok(Ok(bytes))
}

fn key(key: &[u8; 32]) -> Result<LessSafeKey, Fault> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key);
    key.map(LessSafeKey::new)
        .map_err(|_| Fault::new("evidence/cannot-seal", "the key of an object is no key"))
}

fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    for (place, byte) in nonce.iter_mut().rev().zip(number.to_be_bytes().iter().rev()) {
        *place = *byte;
    }
    Nonce::assume_unique_for_key(nonce)
}

fn aad(number: u64, place: Place) -> Vec<u8> {
    [NAME, &number.to_be_bytes(), &[u8::from(place == Place::Last)]].concat()
}
