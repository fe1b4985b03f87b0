//! The key of the indexes: what turns terms into keyed hashes, and seals what a row has to say in words.

use crate::{app::Fault, private, random::Random};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use std::{io, path::Path};

/// A keyed hash of a term: the first half of HMAC-SHA-256 (RFC 2104). At a billion terms two are alike with a probability
/// of less than 2^-68.
pub type Mac = [u8; 16];

const HEADING: &str = "comity index key 1";
const KEY: usize = 32;

/// The key.
pub struct IndexKey {
    mac: hmac::Key,
    seal: LessSafeKey,
    stamp: u64,
}

impl std::fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IndexKey(..)")
    }
}

impl IndexKey {
    /// The key in a file, which is made where there is none. It must not be open to others.
    pub fn open_at(path: &Path, random: &dyn Random) -> Result<IndexKey, Fault> {
        let bytes = match read(path).map_err(|why| fault(path, &why))? {
            Some(bytes) => bytes,
            None => IndexKey::draw_at(path, random)?,
        };
        IndexKey::new(&bytes).ok_or_else(|| fault(path, &io::Error::other("its key is of no use")))
    }

    /// Puts a fresh key in the file: the indexes do not fit it and are built anew at the next start.
    pub fn draw_at(path: &Path, random: &dyn Random) -> Result<[u8; KEY], Fault> {
        let mut bytes = [0; KEY];
        random.fill(&mut bytes).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        private::write(path, HEADING, &crate::app::to_hex(&bytes)).map_err(|why| fault(path, &why))?;
        Ok(bytes)
    }

    /// The key of these bytes.
    pub fn new(bytes: &[u8; KEY]) -> Option<IndexKey> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let of = |purpose: &str| hmac::sign(&root, purpose.as_bytes());
        let mac = hmac::Key::new(hmac::HMAC_SHA256, of("comity index terms").as_ref());
        let seal = UnboundKey::new(&AES_256_GCM, of("comity index classes").as_ref()).ok()?;
        let stamp = u64::from_be_bytes(*of("comity index stamp").as_ref().first_chunk()?);
        Some(IndexKey { mac, seal: LessSafeKey::new(seal), stamp })
    }

    /// Tells this key from others and nothing else about it.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    /// The hash of a term of a family (its partition).
    pub fn term(&self, partition: u32, term: &str) -> Mac {
        self.hash(partition, term.as_bytes())
    }

    /// The hash of an object's bytes: versions that say the same are told from those that do not.
    pub fn digest(&self, bytes: &[u8]) -> [u8; 8] {
        self.short(DIGEST, bytes)
    }

    /// The id of a class.
    pub fn class(&self, described: &[u8]) -> [u8; 8] {
        self.short(CLASS, described)
    }

    /// Seals the description of a class. The nonce is made of what is sealed, so equal descriptions give equal rows.
    pub fn seal(&self, id: &[u8; 8], described: &[u8]) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = *self.hash(NONCE, described).first_chunk()?;
        let mut sealed = described.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.seal.seal_in_place_append_tag(unique, Aad::from(id), &mut sealed).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// Opens the description of a class.
    pub fn open(&self, id: &[u8; 8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        Some(self.seal.open_in_place(nonce, Aad::from(id), &mut sealed).ok()?.to_vec())
    }

    fn short(&self, domain: u32, bytes: &[u8]) -> [u8; 8] {
        let mut short = [0; 8];
        short.iter_mut().zip(self.hash(domain, bytes)).for_each(|(to, from)| *to = from);
        short
    }

    fn hash(&self, domain: u32, bytes: &[u8]) -> Mac {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(&domain.to_be_bytes());
        context.update(bytes);
        let mut mac = Mac::default();
        mac.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        mac
    }
}

/// Domains beside the partitions of terms.
const DIGEST: u32 = 0x8000_0000;
const CLASS: u32 = 0x8000_0001;
const NONCE: u32 = 0x8000_0002;

fn read(path: &Path) -> io::Result<Option<[u8; KEY]>> {
    let Some(digits) = private::read(path, HEADING)? else { return Ok(None) };
    let key = crate::app::hex(&digits).and_then(|digits| <[u8; KEY]>::try_from(digits).ok());
    key.map(Some).ok_or_else(|| io::Error::other("it is not such a file"))
}

fn fault(path: &Path, why: &io::Error) -> Fault {
    Fault::new("view/index-key", format!("the index key in `{}`: {why}", path.display())).help(
        "it is a file of mode 0600; remove it where it cannot be mended: another key is drawn, and the indexes are \
         built anew",
    )
}
