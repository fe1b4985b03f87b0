//! The party's root key: it names and revokes the keys of every purpose, and is at hand only for that.

use super::{
    Held, KeyFault, Keys, armour,
    folder::{self, RootFile, Secrecy},
};
use crate::random::Random;
use comity_ledger::SuccessionStatement;
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

    /// Signs the revocation of a purpose key as of `at`. This needs no node: it is done where the root is.
    pub fn revocation(
        &self,
        key: KeyId,
        at: Timestamp,
        reason: &str,
    ) -> Result<RootSigned<KeyRevocation>, KeyFault> {
        let reason = reason.chars().take(500).collect();
        let statement = KeyRevocation { party: self.party.clone(), key, at, reason };
        Ok(RootSigned::sign(&statement, &self.ed25519, &self.ml_dsa_44)?)
    }

    /// Signs the succession of the party's ledger, as its node drafted it.
    pub fn succession(
        &self,
        statement: &SuccessionStatement,
    ) -> Result<RootSigned<SuccessionStatement>, KeyFault> {
        Ok(RootSigned::sign(statement, &self.ed25519, &self.ml_dsa_44)?)
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
        let signed = self.sign_letter(root, terms)?;
        self.keep_letter(&signed)?;
        Ok(signed)
    }

    /// Keeps a letter as [`Keys::own_letter`].
    pub fn keep_letter(&self, signed: &RootSigned<Letter>) -> Result<(), KeyFault> {
        folder::replace(&self.letter_path(), armour(signed).as_bytes())
    }

    /// A letter that names the party's keys, which is not kept.
    pub fn sign_letter(&self, root: &Root, terms: LetterTerms) -> Result<RootSigned<Letter>, KeyFault> {
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
        Ok(RootSigned::sign(&letter, &root.ed25519, &root.ml_dsa_44)?)
    }

    /// Marks a key as revoked, as its root's statement says, so that it is not used again and later letters do not name
    /// it. A key that is not held here is none of this node's files; its revocation is entered all the same. Refuses
    /// where nothing would be left to sign with.
    pub fn revoke(&mut self, revocation: &KeyRevocation, now: Timestamp) -> Result<(), KeyFault> {
        let Some(index) = self.held.iter().position(|held| held.key.id() == revocation.key) else {
            return Ok(());
        };
        let others = self.held.iter().enumerate().filter(|(other, _)| *other != index);
        let mut others = others.map(|(_, held)| held);
        let Some(held) = self.held.get(index) else { return Ok(()) };
        let (purpose, scheme) = (held.file.purpose, held.file.scheme);
        let replaces = |other: &Held| {
            other.file.purpose == purpose && other.file.scheme == scheme && other.is_valid(now)
        };
        if held.is_valid(now) && !others.any(replaces) {
            return Err(KeyFault::LastOfPurpose { purpose });
        }
        let (path, mut file) = (held.path.clone(), held.file.clone());
        file.revoked = Some(file.revoked.map_or(revocation.at, |earlier| earlier.min(revocation.at)));
        folder::replace(&path, &comity_record::Canonical::to_bytes(&file))?;
        if let Some(held) = self.held.get_mut(index) {
            held.file = file;
        }
        Ok(())
    }
}
