//! Opening, chunk by chunk.

use super::{Aead, CHUNK, Kdf, Kem, MAGIC, SealFault, SealHeader, SealingKey, TAG};
use comity_record::{Canonical, PartyCode};
use hpke::{Deserializable, OpModeR, aead::AeadCtxR, setup_receiver};
use std::{
    fmt,
    io::{self, Read},
};

/// Opens what is read through it.
///
/// INVARIANT: a chunk is handed out only when its tag fits its place. Bytes before a cut are authentic, but the whole
/// is complete only when [`Opening::next_chunk`] has returned `None`: act on nothing before that which the missing rest
/// could change.
pub struct Opening<R> {
    input: R,
    header: SealHeader,
    context: AeadCtxR<Aead, Kdf, Kem>,
    /// Ciphertext read ahead: a chunk is the last where nothing follows it.
    ahead: Vec<u8>,
    chunk: u64,
    done: bool,
    /// Plaintext not yet handed out by [`Read`].
    left: io::Cursor<Vec<u8>>,
}

/// Opens sealed bytes into memory; at most `limit` bytes of plaintext. Nothing is returned unless all is intact.
pub fn open(
    sealed: &[u8],
    own: &PartyCode,
    keys: &[SealingKey],
    limit: usize,
) -> Result<(SealHeader, Vec<u8>), SealFault> {
    let mut opening = Opening::new(sealed, own, keys)?;
    let mut out = Vec::new();
    while let Some(chunk) = opening.next_chunk()? {
        if out.len() + chunk.len() > limit {
            return Err(SealFault::TooLong { limit });
        }
        out.extend_from_slice(&chunk);
    }
    Ok((opening.header, out))
}

/// What stands readable in front of sealed bytes; nothing is opened.
pub fn header(sealed: &[u8]) -> Result<SealHeader, SealFault> {
    read_header(&mut &*sealed)
}

impl<R: Read> Opening<R> {
    /// Reads the header, and finds the key among those of the party.
    pub fn new(mut input: R, own: &PartyCode, keys: &[SealingKey]) -> Result<Opening<R>, SealFault> {
        let header = read_header(&mut input)?;
        if header.recipient != *own {
            return Err(SealFault::OtherRecipient { recipient: header.recipient, own: own.clone() });
        }
        let Some(key) = keys.iter().find(|key| key.public().id() == header.key) else {
            return Err(SealFault::OtherKey { recipient: header.recipient, key: header.key.short() });
        };
        let encapsulated =
            Deserializable::from_bytes(&header.encapsulated).map_err(|_| SealFault::NotSealed)?;
        let context =
            setup_receiver::<Aead, Kdf, Kem>(&OpModeR::Base, &key.key, &encapsulated, &header.info())
                .map_err(|_| SealFault::Changed { chunk: 0 })?;
        let mut ahead = Vec::with_capacity(CHUNK + TAG);
        fill(&mut input, &mut ahead)?;
        let left = io::Cursor::default();
        Ok(Opening { input, header, context, ahead, chunk: 0, done: false, left })
    }

    /// What stood readable in front.
    pub fn header(&self) -> &SealHeader {
        &self.header
    }

    /// The next piece of plaintext; `None` once the last one was handed out and nothing is missing.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, SealFault> {
        if self.done {
            return Ok(None);
        }
        let mut following = Vec::with_capacity(CHUNK + TAG);
        if self.ahead.len() == CHUNK + TAG {
            fill(&mut self.input, &mut following)?;
        }
        let last = u8::from(following.is_empty());
        let chunk = self.chunk;
        let Ok(plaintext) = self.context.open(&self.ahead, &[last]) else {
            return Err(self.why_not(chunk, last));
        };
        self.done = last == 1;
        self.ahead = following;
        self.chunk += 1;
        Ok(Some(plaintext))
    }

    /// Where a file ends although its last chunk is marked as none, it was cut at a chunk's end; a piece shorter than
    /// a chunk cannot be told from a changed one.
    fn why_not(&mut self, chunk: u64, last: u8) -> SealFault {
        self.done = true;
        let cut = last == 1 && (self.ahead.is_empty() || self.context.open(&self.ahead, &[0]).is_ok());
        if cut { SealFault::CutOff { chunk } } else { SealFault::Changed { chunk } }
    }
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.left.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            match self.next_chunk()? {
                Some(chunk) => self.left = io::Cursor::new(chunk),
                None => return Ok(0),
            }
        }
    }
}

impl<R> fmt::Debug for Opening<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("header", &self.header)
            .field("chunk", &self.chunk)
            .finish_non_exhaustive()
    }
}

fn read_header(input: &mut impl Read) -> Result<SealHeader, SealFault> {
    let mut front = [0; MAGIC.len() + 4];
    input.read_exact(&mut front).map_err(short)?;
    let (magic, length) = front.split_at(MAGIC.len());
    let length = <[u8; 4]>::try_from(length).map_or(0, u32::from_be_bytes);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if magic != MAGIC || length > SealHeader::LIMIT {
        return Err(SealFault::NotSealed);
    }
    let mut header = vec![0; length];
    input.read_exact(&mut header).map_err(short)?;
    Ok(SealHeader::from_bytes(&header)?)
}

/// A front that ends early is no sealed file; other faults of reading stay what they are.
fn short(why: io::Error) -> SealFault {
    if why.kind() == io::ErrorKind::UnexpectedEof { SealFault::NotSealed } else { SealFault::Io(why) }
}

/// Reads up to one chunk with its tag.
fn fill(input: &mut impl Read, into: &mut Vec<u8>) -> Result<(), SealFault> {
    let most = u64::try_from(CHUNK + TAG).unwrap_or(u64::MAX);
    input.by_ref().take(most).read_to_end(into)?;
    Ok(())
}
