//! Whose signatures are believed: the letters that the person names, and nothing else.

use crate::{Exit, Fault, verb::open};
use comity_ledger::{
    CheckpointKeys, SignedCheckpoint, checkpoint::CheckpointFault, cosignature::Cosignature,
};
use comity_node::keys::unarmour;
use comity_record::{Addressed, Attested, Canonical, KeyRing, Letter, RootSigned, Timestamp};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// The longest text that is searched for a letter.
const LONGEST: u64 = 1 << 20;

/// The letters that are trusted.
#[derive(Debug, Default)]
pub struct Trusted {
    letters: Vec<Letter>,
}

/// A checkpoint with what the trusted letters say about it.
#[derive(Debug)]
pub struct Vouched {
    /// The checkpoint, its log's signatures verified.
    pub signed: SignedCheckpoint,
    /// The letter of the log's party.
    pub letter: Letter,
    /// The cosignatures of other trusted parties.
    pub cosigned: Vec<Cosignature>,
}

impl Trusted {
    /// Reads letters; each must be signed by the root that it carries.
    pub fn read(files: &[PathBuf]) -> Result<Trusted, Fault> {
        let letters: Result<Vec<Letter>, Fault> = files.iter().map(|file| letter(file)).collect();
        Ok(Trusted { letters: letters? })
    }

    /// Whether no letter was given.
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// The letters.
    pub fn letters(&self) -> &[Letter] {
        &self.letters
    }

    /// The letters, given away.
    pub fn into_letters(self) -> Vec<Letter> {
        self.letters
    }

    /// Checks a checkpoint of the log `origin` with the keys of that log's letter, and who cosigned it.
    pub fn vouch(&self, origin: &str, checkpoint: &[u8]) -> Result<Vouched, Fault> {
        let letter = self.letters.iter().find(|letter| letter.ledger == origin).ok_or_else(|| {
            let text = format!("no trusted letter is of the ledger `{}`", bounded(origin));
            let fault = Fault::new(Exit::No, "trust/no-letter", text);
            fault.with_help("give the letter of the ledger's party with `--trust FILE`")
        })?;
        let signed = verify(letter, checkpoint)?;
        let mut cosigned = Vec::new();
        for other in self.letters.iter().filter(|other| other.ledger != origin) {
            for keys in every_pair(other) {
                let found = keys.cosignature(&signed).map_err(|fault| refused(&fault))?;
                cosigned.extend(found.filter(|found| is_valid(other, &keys, found.at)));
            }
        }
        Ok(Vouched { signed, letter: letter.clone(), cosigned })
    }
}

/// What a file says that a State signed, verified with the letters that are trusted.
pub fn attested<T: Addressed + Clone>(bytes: &[u8], trust: &[PathBuf], who: &str) -> Result<T, Fault> {
    let failed = |code: &'static str, text: String| Fault::new(Exit::No, code, text);
    let signed = Attested::<T>::from_bytes(bytes).map_err(|fault| failed(fault.code(), fault.to_string()))?;
    let mut keys = KeyRing::default();
    Trusted::read(trust)?.letters().iter().for_each(|letter| letter.enter(&mut keys));
    let verified = signed.verify(&keys).map_err(|fault| {
        let help = format!("give the letter of the State that {who}, with --trust");
        failed(fault.code(), fault.to_string()).with_help(help)
    })?;
    Ok(verified.clone())
}

/// The letter of a file, signed by the root that it carries itself.
pub fn letter(file: &Path) -> Result<Letter, Fault> {
    signed_letter(file)?.introduce().map_err(|fault| no_letter(file, fault.code(), &fault))
}

/// The letter of a file, unverified: its bytes, or the text that stands between two marks.
pub fn signed_letter(file: &Path) -> Result<RootSigned<Letter>, Fault> {
    let bytes = open::file(file, LONGEST)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => unarmour(text).map_err(|fault| no_letter(file, fault.code(), &fault)),
        Err(_) => {
            RootSigned::from_bytes(&bytes).map_err(|malformed| no_letter(file, malformed.code(), &malformed))
        }
    }
}

fn no_letter(file: &Path, code: &'static str, why: &dyn std::fmt::Display) -> Fault {
    Fault::new(Exit::No, code, format!("`{}` is not a letter: {why}", file.display()))
}

/// The checkpoint, verified with a pair of keys of the letter that was valid when it was signed.
fn verify(letter: &Letter, checkpoint: &[u8]) -> Result<SignedCheckpoint, Fault> {
    let mut first = None;
    for keys in every_pair(letter) {
        match keys.verify(checkpoint) {
            Ok(signed) if is_valid(letter, &keys, signed.stated()) => return Ok(signed),
            Ok(signed) => {
                let text = format!(
                    "`{}` signed on {} outside the validity of its key",
                    letter.party,
                    signed.stated()
                );
                return Err(Fault::new(Exit::No, "trust/key-not-valid", text));
            }
            Err(fault) => first = first.or(Some(fault)),
        }
    }
    Err(first.map_or_else(
        || {
            Fault::new(
                Exit::No,
                "trust/no-key",
                format!("the letter of `{}` names no checkpoint keys", letter.party),
            )
        },
        |fault| refused(&fault),
    ))
}

/// Every pair of checkpoint keys that the letter ever names, whatever the date.
fn every_pair(letter: &Letter) -> Vec<CheckpointKeys> {
    let starts: BTreeSet<Timestamp> = letter.keys.iter().map(|key| key.valid_from).collect();
    let mut pairs = Vec::new();
    for pair in starts.into_iter().flat_map(|start| CheckpointKeys::of_letter(letter, start)) {
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

fn is_valid(letter: &Letter, keys: &CheckpointKeys, at: Timestamp) -> bool {
    CheckpointKeys::of_letter(letter, at).contains(keys)
}

fn refused(fault: &CheckpointFault) -> Fault {
    Fault::new(Exit::No, fault.code(), fault.to_string())
}

fn bounded(text: &str) -> String {
    text.chars().take(80).collect()
}
