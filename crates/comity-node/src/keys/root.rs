//! The party's root key: it names and revokes the keys of every purpose, and is at hand only for that.

use super::{
    KeyFault, Keys, armour,
    folder::{self, RootFile, Secrecy},
};
use crate::random::Random;
use comity_record::{
    DualVerifier, Ed25519Key, KeyId, KeyRevocation, Letter, MlDsa44Key, PartyCode, RootSigned, Signer,
    Timestamp, UnitStatement,
};
use std::path::{Path, PathBuf};

/// The root key, read from its folder.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    party: PartyCode,
    pub(super) ed25519: Ed25519Key,
    pub(super) ml_dsa_44: MlDsa44Key,
}

/// What a letter says beside the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterTerms {
    /// Higher than that of any letter before.
    pub serial: u64,
    /// When it is issued.
    pub issued: Timestamp,
    /// Until when it may be accepted (exclusive).
    pub expires: Timestamp,
    /// `host:port` of the peers' listener; empty for a node that only opens connections.
    pub address: String,
    /// The origin line of the ledger's checkpoints.
    pub ledger: String,
    /// The units that peers may address.
    pub units: Vec<UnitStatement>,
}

impl Root {
    /// Makes a root in a new folder.
    pub fn create(folder: &Path, party: &PartyCode, random: &dyn Random) -> Result<Root, KeyFault> {
        let file = RootFile {
            party: party.clone(),
            ed25519: random.bytes::<32>()?.to_vec().into(),
            ml_dsa_44: random.bytes::<32>()?.to_vec().into(),
        };
        folder::make(folder)?;
        folder::write_new(&folder.join("root.key"), &file)?;
        Root::of(folder.join("root.key"), &file)
    }

    /// Reads the root from its folder, wherever that was brought from.
    pub fn open(folder: &Path) -> Result<Root, KeyFault> {
        let path = folder.join("root.key");
        let file = folder::read(&path, Secrecy::Secret).map_err(|fault| match fault {
            KeyFault::Missing { path } => KeyFault::RootAway { path },
            other => other,
        })?;
        Root::of(path, &file)
    }

    /// Its party.
    pub fn party(&self) -> &PartyCode {
        &self.party
    }

    /// Its public keys.
    pub fn verifier(&self) -> DualVerifier {
        DualVerifier {
            ed25519: self.ed25519.public_key().clone(),
            ml_dsa_44: self.ml_dsa_44.public_key().clone(),
        }
    }

    fn of(path: PathBuf, file: &RootFile) -> Result<Root, KeyFault> {
        let damaged = || KeyFault::Damaged { path: path.clone(), why: "the seed makes no key".to_owned() };
        let seed = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| damaged());
        let ed25519 = Ed25519Key::from_seed(&seed(&file.ed25519)?).map_err(|_| damaged())?;
        let ml_dsa_44 = MlDsa44Key::from_seed(&seed(&file.ml_dsa_44)?).map_err(|_| damaged())?;
        Ok(Root { party: file.party.clone(), ed25519, ml_dsa_44, path })
    }

    /// Whether it is the root of these keys.
    fn belongs_to(&self, keys: &Keys) -> Result<(), KeyFault> {
        if self.verifier() == keys.party.root && self.party == keys.party.party {
            return Ok(());
        }
        Err(KeyFault::OtherRoot { path: self.path.clone(), party: keys.party.party.clone() })
    }
}

impl Keys {
    /// Issues a letter that names the party's keys, and keeps it as [`Keys::own_letter`].
    pub fn issue_letter(&self, root: &Root, terms: LetterTerms) -> Result<RootSigned<Letter>, KeyFault> {
        root.belongs_to(self)?;
        let letter = Letter {
            party: self.party.party.clone(),
            root: self.party.root.clone(),
            serial: terms.serial,
            issued: terms.issued,
            expires: terms.expires,
            address: terms.address,
            ledger: terms.ledger,
            keys: self.statements(terms.issued),
            understands: Letter::kinds(),
            units: terms.units,
        };
        let signed = RootSigned::sign(&letter, &root.ed25519, &root.ml_dsa_44)?;
        folder::replace(&self.letter_path(), armour(&signed).as_bytes())?;
        Ok(signed)
    }

    /// Revokes a key as of `at`. It is not used again, later letters do not name it, and peers refuse it once they
    /// have the statement. The statement is signed before anything changes on disk.
    pub fn revoke(
        &mut self,
        root: &Root,
        key: KeyId,
        at: Timestamp,
        reason: &str,
    ) -> Result<RootSigned<KeyRevocation>, KeyFault> {
        root.belongs_to(self)?;
        let held = self.held.iter_mut().find(|held| held.key.id() == key);
        let held = held.ok_or_else(|| KeyFault::NotHeld { key: key.to_string() })?;
        let statement =
            KeyRevocation { party: root.party.clone(), key, at, reason: reason.chars().take(500).collect() };
        let signed = RootSigned::sign(&statement, &root.ed25519, &root.ml_dsa_44)?;
        let mut file = held.file.clone();
        file.revoked = Some(file.revoked.map_or(at, |earlier| earlier.min(at)));
        folder::replace(&held.path, &comity_record::Canonical::to_bytes(&file))?;
        held.file = file;
        Ok(signed)
    }
}
