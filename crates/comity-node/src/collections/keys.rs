//! The key of a party's collections, in a file beside the epoch's key and never in the store: it authenticates paging
//! tokens, and ids of objects stand in rows only under it.

use crate::random::Random;
use aws_lc_rs::hmac;
use comity_exchange::taxii::PageKey;
use comity_record::Hash;
use std::{
    fmt, fs,
    io::{ErrorKind, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// The keys drawn from the one in the file.
#[derive(Clone)]
pub struct CollectionKeys {
    page: PageKey,
    row: hmac::Key,
    stamp: u64,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the key of the collections in `{}`: {why}", path.display())]
pub struct KeyFileFault {
    path: PathBuf,
    why: String,
}

impl KeyFileFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "collection/key-file"
    }
}

impl CollectionKeys {
    /// From the file, which is made where there is none. A new key is no loss: the projection is then built anew.
    pub fn open(path: &Path, random: &dyn Random) -> Result<CollectionKeys, KeyFileFault> {
        let fault = |why: &dyn fmt::Display| KeyFileFault { path: path.to_owned(), why: why.to_string() };
        match fs::metadata(path) {
            Ok(meta) if meta.mode() & 0o077 != 0 => return Err(fault(&"others can open it")),
            Ok(_) => {}
            Err(why) if why.kind() == ErrorKind::NotFound => {
                let key = random.bytes::<32>().map_err(|why| fault(&why))?;
                write(path, &format!("{}\n", Hash(key))).map_err(|why| fault(&why))?;
            }
            Err(why) => return Err(fault(&why)),
        }
        let text = fs::read_to_string(path).map_err(|why| fault(&why))?;
        let key =
            Hash::from_hex(text.trim()).ok_or_else(|| fault(&"it does not hold 64 hexadecimal digits"))?;
        Ok(CollectionKeys::of(&key.0))
    }

    /// From the key itself.
    pub fn of(key: &[u8; 32]) -> CollectionKeys {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let drawn = |name: &[u8]| {
            let mut out = [0; 32];
            out.iter_mut().zip(hmac::sign(&key, name).as_ref()).for_each(|(to, from)| *to = *from);
            out
        };
        let stamp = drawn(b"stamp").first_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
        let row = hmac::Key::new(hmac::HMAC_SHA256, &drawn(b"row"));
        CollectionKeys { page: PageKey::new(drawn(b"page")), row, stamp }
    }

    /// The key of paging tokens.
    pub fn page(&self) -> &PageKey {
        &self.page
    }

    /// A number that tells this key from another.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    /// An object's id as it stands in rows.
    pub fn id(&self, id: &str) -> [u8; 16] {
        self.short(b"id\0", id.as_bytes())
    }

    /// An object's content as it stands in rows.
    pub fn content(&self, bytes: &[u8]) -> [u8; 8] {
        self.short(b"content\0", bytes)
    }

    fn short<const N: usize>(&self, what: &[u8], bytes: &[u8]) -> [u8; N] {
        let mut context = hmac::Context::with_key(&self.row);
        context.update(what);
        context.update(bytes);
        let mut out = [0; N];
        out.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        out
    }
}

/// Written whole under another name first: a crash leaves no half of a key.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

impl fmt::Debug for CollectionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CollectionKeys(..)")
    }
}
