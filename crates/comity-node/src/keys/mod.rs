//! A party's keys on disk, and the letters that introduce them.
//!
//! ```text
//! keys/                 folder 0700, files 0600
//!   party               public: the party and its root's public keys
//!   letter              public: the last letter issued, in text armour
//!   <purpose>-<id>.key  one purpose key: its seed and its validity
//! root/                 the party's root key; meant to be moved offline once the first letter is issued
//!   root.key
//! ```
//!
//! A thief who has the node has the purpose keys, but not the root: rotation, revocation and letters need it. Keys are
//! written whole, synchronised and never overwritten; only a revocation marks a file.

mod armour;
mod check;
mod fault;
mod folder;
mod root;
mod unit;

#[cfg(test)]
mod tests;

pub use armour::{
    ArmourFault, Armoured, armour, armour_attested, armour_key, fingerprint, unarmour, unarmour_attested,
    unarmour_key,
};
pub use check::{LetterFault, check_letter};
pub use fault::KeyFault;
pub use root::{LetterTerms, Root};
pub use unit::{NoCode, ReporterCode, UnitKeyFault, make_unit_key, read_unit_key};

use crate::{random::Random, seal::SealingKey};
use comity_record::{
    DualVerifier, Ed25519Key, Hash, KeyId, KeyPurpose, KeyStatement, Letter, MlDsa44Key, PartyCode,
    RootSigned, Signer, Timestamp,
};
use folder::{KeyFile, PartyFile, Scheme};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How long a purpose key is valid, in days: a year and a month to rotate in.
pub const KEY_DAYS: i64 = 396;
/// How far back a new key is valid, in milliseconds: clocks of peers differ.
const BACK_MILLIS: i64 = 3_600_000;
const DAY_MILLIS: i64 = 86_400_000;

/// The purpose keys of one party.
#[derive(Debug)]
pub struct Keys {
    folder: PathBuf,
    party: PartyFile,
    held: Vec<Held>,
}

/// One key that is held.
#[derive(Clone, Debug)]
struct Held {
    path: PathBuf,
    file: KeyFile,
    key: Arc<Usable>,
}

/// A key, ready to use.
#[derive(Debug)]
enum Usable {
    Signs(Arc<dyn Signer>),
    Opens(Box<SealingKey>),
}

/// The pair of signers of checkpoints and cosignatures.
#[derive(Clone, Debug)]
pub struct CheckpointSigners {
    /// Ed25519.
    pub ed25519: Arc<dyn Signer>,
    /// ML-DSA-44.
    pub ml_dsa_44: Arc<dyn Signer>,
}

/// A key as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyListing {
    /// What for.
    pub purpose: KeyPurpose,
    /// `Ed25519`, `ML-DSA-44` or `X-Wing`.
    pub algorithm: &'static str,
    /// Its thumbprint.
    pub id: KeyId,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when (exclusive).
    pub valid_to: Timestamp,
    /// Revoked as of this time.
    pub revoked: Option<Timestamp>,
}

impl Keys {
    /// Makes a party's root and one key for each purpose, valid from an hour before `now`. Refuses where there are keys
    /// already.
    pub fn create(
        dir: &Path,
        party: &PartyCode,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Keys, KeyFault> {
        let folder = dir.join("keys");
        let root = Root::create(&dir.join("root"), party, random)?;
        folder::make(&folder)?;
        let file = PartyFile { party: party.clone(), root: root.verifier() };
        folder::write_new(&folder.join("party"), &file)?;
        let mut keys = Keys { folder, party: file, held: Vec::new() };
        for purpose in [KeyPurpose::Tls, KeyPurpose::Checkpoint, KeyPurpose::Record, KeyPurpose::Sealing] {
            keys.add(purpose, now.plus_millis(-BACK_MILLIS), random)?;
        }
        Ok(keys)
    }

    /// Reads the keys below `dir`. Files that others may read are refused.
    pub fn open(dir: &Path) -> Result<Keys, KeyFault> {
        let folder = dir.join("keys");
        let party: PartyFile = folder::read(&folder.join("party"), folder::Secrecy::Public)?;
        let mut held = Vec::new();
        let entries = fs::read_dir(&folder).map_err(|why| KeyFault::io(&folder, why))?;
        for entry in entries {
            let path = entry.map_err(|why| KeyFault::io(&folder, why))?.path();
            if path.extension().is_some_and(|extension| extension == "key") {
                held.push(Held::read(&path)?);
            }
        }
        // By time, so that the newest comes last whatever the folder's order.
        held.sort_by(|a, b| (a.file.valid_from, &a.path).cmp(&(b.file.valid_from, &b.path)));
        Ok(Keys { folder, party, held })
    }

    /// The party.
    pub fn party(&self) -> &PartyCode {
        &self.party.party
    }

    /// The root's public keys.
    pub fn root_verifier(&self) -> &DualVerifier {
        &self.party.root
    }

    /// The Ed25519 signer in use at `now` for a purpose: the newest that is valid.
    pub fn signer(&self, purpose: KeyPurpose, now: Timestamp) -> Result<Arc<dyn Signer>, KeyFault> {
        self.newest(purpose, Scheme::Ed25519, now)
    }

    /// The two signers of checkpoints in use at `now`.
    pub fn checkpoint_signers(&self, now: Timestamp) -> Result<CheckpointSigners, KeyFault> {
        Ok(CheckpointSigners {
            ed25519: self.newest(KeyPurpose::Checkpoint, Scheme::Ed25519, now)?,
            ml_dsa_44: self.newest(KeyPurpose::Checkpoint, Scheme::MlDsa44, now)?,
        })
    }

    /// All keys that can open what was sealed to the party, expired ones too: a pouch may be long on its way.
    pub fn sealing_keys(&self) -> Vec<SealingKey> {
        let opening = |held: &Held| match &*held.key {
            Usable::Opens(key) => Some(SealingKey::clone(key)),
            Usable::Signs(_) => None,
        };
        self.held.iter().filter_map(opening).collect()
    }

    /// Every key held, oldest first.
    pub fn list(&self) -> Vec<KeyListing> {
        self.held.iter().map(Held::listing).collect()
    }

    /// The key whose thumbprint begins with these digits, at least eight of them.
    pub fn find(&self, digits: &str) -> Result<KeyListing, KeyFault> {
        let wanted = digits.to_lowercase();
        let fits = |held: &&Held| wanted.len() >= 8 && held.key.id().to_string().starts_with(&wanted);
        let mut found = self.held.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(held), None) => Ok(held.listing()),
            _ => Err(KeyFault::NotHeld { key: digits.chars().take(64).collect() }),
        }
    }

    /// Makes new keys for a purpose, used from `from` on. Peers learn them by the next letter, so `from` should leave
    /// them time to accept it; after a theft it is now.
    pub fn rotate(
        &mut self,
        purpose: KeyPurpose,
        from: Timestamp,
        random: &dyn Random,
    ) -> Result<Vec<KeyListing>, KeyFault> {
        let before = self.held.len();
        self.add(purpose, from, random)?;
        Ok(self.held.iter().skip(before).map(Held::listing).collect())
    }

    /// The last letter issued, as it stands on disk.
    pub fn own_letter(&self) -> Result<RootSigned<Letter>, KeyFault> {
        let path = self.letter_path();
        let text = fs::read_to_string(&path).map_err(|why| KeyFault::io(&path, why))?;
        unarmour(&text).map_err(|why| KeyFault::Damaged { path, why: why.to_string() })
    }

    /// The statements that a letter of `now` makes: keys of the past, so that old records can be verified, but no
    /// expired TLS or sealing keys, and none that is revoked.
    fn statements(&self, now: Timestamp) -> Vec<KeyStatement> {
        let lasting = |purpose| matches!(purpose, KeyPurpose::Record | KeyPurpose::Checkpoint);
        let current = |held: &&Held| held.file.valid_to > now || lasting(held.file.purpose);
        let named = self.held.iter().filter(|held| held.file.revoked.is_none()).filter(current);
        named.map(|held| held.statement(&self.party.party)).collect()
    }

    fn letter_path(&self) -> PathBuf {
        self.folder.join("letter")
    }

    fn newest(
        &self,
        purpose: KeyPurpose,
        scheme: Scheme,
        now: Timestamp,
    ) -> Result<Arc<dyn Signer>, KeyFault> {
        let fits =
            |held: &&Held| held.file.purpose == purpose && held.file.scheme == scheme && held.is_valid(now);
        let newest = self.held.iter().filter(fits).max_by_key(|held| held.file.valid_from);
        match newest.map(|held| &*held.key) {
            Some(Usable::Signs(signer)) => Ok(signer.clone()),
            _ => Err(KeyFault::NoneValid { party: self.party.party.clone(), purpose, at: now }),
        }
    }

    fn add(&mut self, purpose: KeyPurpose, from: Timestamp, random: &dyn Random) -> Result<(), KeyFault> {
        for scheme in Scheme::of(purpose) {
            let file = KeyFile {
                purpose,
                scheme: *scheme,
                seed: random.bytes::<32>()?.to_vec().into(),
                valid_from: from,
                valid_to: from.plus_millis(KEY_DAYS * DAY_MILLIS),
                revoked: None,
            };
            let key = Arc::new(Usable::new(&file).ok_or(KeyFault::Unusable { purpose })?);
            let path = self.folder.join(format!("{purpose}-{}.key", key.id().0.short()));
            folder::write_new(&path, &file)?;
            self.held.push(Held { path, file, key });
        }
        Ok(())
    }
}

impl Held {
    fn read(path: &Path) -> Result<Held, KeyFault> {
        let file: KeyFile = folder::read(path, folder::Secrecy::Secret)?;
        let why = "the seed makes no key".to_owned();
        let key = Usable::new(&file).ok_or(KeyFault::Damaged { path: path.to_owned(), why })?;
        Ok(Held { path: path.to_owned(), file, key: Arc::new(key) })
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        self.file.revoked.is_none() && self.file.valid_from <= now && now < self.file.valid_to
    }

    fn statement(&self, party: &PartyCode) -> KeyStatement {
        let (key, sealing) = match &*self.key {
            Usable::Signs(signer) => (Some(signer.public_key().clone()), None),
            Usable::Opens(key) => (None, Some(key.public().to_bytes().into())),
        };
        KeyStatement {
            party: party.clone(),
            purpose: self.file.purpose,
            key,
            sealing,
            valid_from: self.file.valid_from,
            valid_to: self.file.valid_to,
        }
    }

    fn listing(&self) -> KeyListing {
        KeyListing {
            purpose: self.file.purpose,
            algorithm: self.file.scheme.name(),
            id: self.key.id(),
            valid_from: self.file.valid_from,
            valid_to: self.file.valid_to,
            revoked: self.file.revoked,
        }
    }
}

impl Usable {
    fn new(file: &KeyFile) -> Option<Usable> {
        let seed: [u8; 32] = file.seed.as_slice().try_into().ok()?;
        Some(match file.scheme {
            Scheme::Ed25519 => Usable::Signs(Arc::new(Ed25519Key::from_seed(&seed).ok()?)),
            Scheme::MlDsa44 => Usable::Signs(Arc::new(MlDsa44Key::from_seed(&seed).ok()?)),
            Scheme::XWing => Usable::Opens(Box::new(SealingKey::from_seed(&seed).ok()?)),
        })
    }

    /// The thumbprint; for a sealing key SHA-256 of its public bytes.
    fn id(&self) -> KeyId {
        match self {
            Usable::Signs(signer) => signer.public_key().id(),
            Usable::Opens(key) => KeyId(Hash(key.public().id().0)),
        }
    }
}
