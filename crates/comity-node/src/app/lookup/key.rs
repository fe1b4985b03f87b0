//! The key under which questions are answered, in a file beside the key of the indexes.

use crate::{app::Fault, private, random::Random};
use comity_exchange::lookup::{Padding, PrfKey};
use comity_record::{Date, PartyCode, sha256};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

const HEADING: &str = "comity lookup key 1";
const SEED: usize = 32;

/// A key, with the day on which it was drawn.
#[derive(Debug)]
pub struct LookupKey {
    /// The oblivious function.
    pub prf: PrfKey,
    /// What fills sets up.
    pub padding: Padding,
    /// Tells this key from others and nothing else about it.
    pub stamp: u64,
    /// The day on which it was drawn.
    pub drawn: Date,
}

/// The key in force, and its file. Cheap to clone; all clones see a replaced key.
#[derive(Clone, Debug)]
pub struct LookupKeys {
    path: PathBuf,
    party: PartyCode,
    current: Arc<RwLock<Arc<LookupKey>>>,
}

impl LookupKeys {
    /// The key in a file, which is made on this day where there is none. It must not be open to others.
    pub fn open_at(
        path: &Path,
        party: &PartyCode,
        random: &dyn Random,
        today: Date,
    ) -> Result<LookupKeys, Fault> {
        let key = match read(path, party).map_err(|why| fault(path, &why))? {
            Some(key) => key,
            None => draw(path, party, random, today)?,
        };
        let current = Arc::new(RwLock::new(Arc::new(key)));
        Ok(LookupKeys { path: path.to_owned(), party: party.clone(), current })
    }

    /// The key in force.
    pub fn current(&self) -> Arc<LookupKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key in force, after a look at the file: another process of the party may have replaced it.
    pub fn look(&self) -> Arc<LookupKey> {
        match read(&self.path, &self.party) {
            Ok(Some(key)) if key.stamp != self.current().stamp => self.put(key),
            Ok(_) => self.current(),
            Err(why) => {
                tracing::warn!(code = "lookup/key", %why, "the key of lookups cannot be read again");
                self.current()
            }
        }
    }

    /// Draws another key where this one is `days` old. Says whether it did.
    pub fn replace_after(&self, days: u32, random: &dyn Random, today: Date) -> Result<bool, Fault> {
        let due = self.look().drawn.plus_days(i32::try_from(days).unwrap_or(i32::MAX));
        if today < due {
            return Ok(false);
        }
        self.put(draw(&self.path, &self.party, random, today)?);
        Ok(true)
    }

    fn put(&self, key: LookupKey) -> Arc<LookupKey> {
        let key = Arc::new(key);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&key);
        key
    }
}

fn draw(path: &Path, party: &PartyCode, random: &dyn Random, today: Date) -> Result<LookupKey, Fault> {
    let seed = random.bytes::<SEED>().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let text = format!("{today} {}", crate::app::to_hex(&seed));
    private::write(path, HEADING, &text).map_err(|why| fault(path, &why))?;
    key(&seed, party, today).ok_or_else(|| fault(path, &io::Error::other("its key is of no use")))
}

fn read(path: &Path, party: &PartyCode) -> io::Result<Option<LookupKey>> {
    let Some(text) = private::read(path, HEADING)? else { return Ok(None) };
    let parts = text.split_once(' ').and_then(|(drawn, seed)| {
        let seed = crate::app::hex(seed)?;
        key(&<[u8; SEED]>::try_from(seed).ok()?, party, drawn.parse().ok()?)
    });
    parts.map(Some).ok_or_else(|| io::Error::other("it is not such a file"))
}

fn key(seed: &[u8; SEED], party: &PartyCode, drawn: Date) -> Option<LookupKey> {
    let info = format!("comity lookup 1 {party}");
    let stamp = sha256(&[b"comity lookup stamp 1\0", seed]);
    Some(LookupKey {
        prf: PrfKey::derive(seed, info.as_bytes())?,
        padding: Padding::of(seed),
        stamp: u64::from_be_bytes(*stamp.as_bytes().first_chunk()?),
        drawn,
    })
}

fn fault(path: &Path, why: &io::Error) -> Fault {
    Fault::new("lookup/key", format!("the key of lookups in `{}`: {why}", path.display()))
        .help("remove the file where it cannot be mended: another key is drawn")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_key_is_kept_and_replaced_when_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let (path, party) = (dir.path().join("lookup.key"), "XA".parse().unwrap());
        let day = |text: &str| text.parse::<Date>().unwrap();
        let open = |on| LookupKeys::open_at(&path, &party, &SystemRandom, day(on)).unwrap();
        let (one, other) = (open("2026-03-01"), open("2026-03-05"));
        let first = one.current().stamp;
        assert_eq!(other.current().stamp, first);
        assert!(!one.replace_after(7, &SystemRandom, day("2026-03-07")).unwrap());
        assert!(one.replace_after(7, &SystemRandom, day("2026-03-08")).unwrap());
        assert_ne!(one.current().stamp, first);
        assert_eq!(other.current().stamp, first);
        assert_eq!(other.look().stamp, one.current().stamp);
        assert_eq!(other.current().drawn, day("2026-03-08"));
    }
}
