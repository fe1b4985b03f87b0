//! Sealing, chunk by chunk.

use super::{Aead, CHUNK, Kdf, Kem, MAGIC, RecipientKey, SealFault, SealHeader};
use crate::random::Random;
use comity_record::{Canonical, PartyCode, sha256};
use hpke::{
    OpModeS, Serializable,
    aead::AeadCtxS,
    rand_core::{TryCryptoRng, TryRng},
    setup_sender_with_rng,
};
use std::{
    convert::Infallible,
    fmt,
    io::{self, Write},
};

/// Seals what is written to it. Only [`Sealing::finish`] makes it complete.
pub struct Sealing<W> {
    out: W,
    context: AeadCtxS<Aead, Kdf, Kem>,
    waiting: Vec<u8>,
}

/// Seals bytes that are in memory.
pub fn seal(
    sender: &PartyCode,
    recipient: &PartyCode,
    key: &RecipientKey,
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, SealFault> {
    let mut sealing = Sealing::new(Vec::new(), sender, recipient, key, random)?;
    sealing.push(plaintext)?;
    sealing.finish()
}

impl<W: Write> Sealing<W> {
    /// Begins to seal to a recipient's key; the header is written at once.
    pub fn new(
        mut out: W,
        sender: &PartyCode,
        recipient: &PartyCode,
        key: &RecipientKey,
        random: &dyn Random,
    ) -> Result<Sealing<W>, SealFault> {
        let mut header = SealHeader {
            sender: sender.clone(),
            recipient: recipient.clone(),
            key: key.id(),
            encapsulated: Vec::new().into(),
        };
        let mut drawn = Drawn { seed: random.bytes()?, block: 0 };
        let (encapsulated, context) =
            setup_sender_with_rng::<Aead, Kdf, Kem>(&OpModeS::Base, &key.key, &header.info(), &mut drawn)
                .map_err(|_| SealFault::BadKey)?;
        header.encapsulated = encapsulated.to_bytes().to_vec().into();
        let header = header.to_bytes();
        out.write_all(MAGIC)?;
        out.write_all(&u32::try_from(header.len()).map_err(|_| SealFault::Failed)?.to_be_bytes())?;
        out.write_all(&header)?;
        Ok(Sealing { out, context, waiting: Vec::with_capacity(CHUNK) })
    }

    /// Seals more bytes.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), SealFault> {
        while !bytes.is_empty() {
            // A full chunk waits until more comes, because the last one is marked.
            if self.waiting.len() == CHUNK {
                self.emit(0)?;
            }
            let room = (CHUNK - self.waiting.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.waiting.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Seals the last chunk and hands back the writer, flushed.
    pub fn finish(mut self) -> Result<W, SealFault> {
        self.emit(1)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn emit(&mut self, last: u8) -> Result<(), SealFault> {
        let sealed = self.context.seal(&self.waiting, &[last]).map_err(|_| SealFault::Failed)?;
        self.waiting.clear();
        Ok(self.out.write_all(&sealed)?)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes)?;
        Ok(bytes.len())
    }
    /// Flushes what is sealed; an unfinished chunk stays.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W> fmt::Debug for Sealing<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealing").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

/// Randomness for the encapsulation, drawn before it begins, since the library's generator may not fail: SHA-256 of a
/// fresh seed and a counter.
struct Drawn {
    seed: [u8; 32],
    block: u64,
}

impl TryRng for Drawn {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut out = [0; 4];
        self.try_fill_bytes(&mut out)?;
        Ok(u32::from_le_bytes(out))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut out = [0; 8];
        self.try_fill_bytes(&mut out)?;
        Ok(u64::from_le_bytes(out))
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for piece in out.chunks_mut(32) {
            let block = sha256(&[b"comity seal\0", &self.seed, &self.block.to_be_bytes()]);
            self.block += 1;
            piece.iter_mut().zip(block.as_bytes()).for_each(|(to, from)| *to = *from);
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
