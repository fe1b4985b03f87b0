//! Sealing keys that are no keys of the node: a unit's, whose secret half stays with the unit, and a reporter's, which is
//! made again from a code each time.

use super::{
    KeyFault,
    folder::{self, Secrecy},
};
use crate::{
    paper::base32,
    random::{Random, RandomFailed},
    seal::{RecipientKey, SealFault, SealingKey},
};
use comity_affairs::irregularity::Place;
use comity_record::{Canonical, sha256};
use minicbor::{Decode, Encode, bytes::ByteArray};
use std::{fmt, path::Path, str::FromStr};

/// The file of a unit's secret key.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct UnitKeyFile {
    #[n(0)]
    version: u16,
    #[n(1)]
    seed: ByteArray<32>,
}

// A seed must not reach a log by way of `{:?}`.
impl fmt::Debug for UnitKeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnitKeyFile").finish_non_exhaustive()
    }
}

impl Canonical for UnitKeyFile {
    const NAME: &'static str = "the file of a unit's key";
}

/// Makes a unit's secret key in a new file that nobody else may read; the public half.
pub fn make_unit_key(path: &Path, random: &dyn Random) -> Result<RecipientKey, UnitKeyFault> {
    let seed: [u8; 32] = random.bytes()?;
    let key = SealingKey::from_seed(&seed)?;
    folder::write_new(path, &UnitKeyFile { version: 1, seed: seed.into() })?;
    Ok(key.public().clone())
}

/// Reads a unit's secret key; a file that others may read is refused.
pub fn read_unit_key(path: &Path) -> Result<SealingKey, UnitKeyFault> {
    let file: UnitKeyFile = folder::read(path, Secrecy::Secret)?;
    Ok(SealingKey::from_seed(&file.seed)?)
}

/// Why a unit's key cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum UnitKeyFault {
    /// Its file.
    #[error(transparent)]
    File(#[from] KeyFault),
    /// It is none.
    #[error(transparent)]
    Key(#[from] SealFault),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

impl UnitKeyFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            UnitKeyFault::File(fault) => fault.code(),
            UnitKeyFault::Key(fault) => fault.code(),
            UnitKeyFault::Random(fault) => fault.code(),
        }
    }

    /// What helps.
    pub fn help(&self) -> Option<String> {
        match self {
            UnitKeyFault::File(KeyFault::Missing { .. }) => {
                Some("the secret half lies where the unit made it: name that file".to_owned())
            }
            UnitKeyFault::File(fault) => fault.help(),
            UnitKeyFault::Key(fault) => fault.help(),
            UnitKeyFault::Random(_) => None,
        }
    }
}

/// The code that a reporter alone holds: 160 bits drawn, in base 32. The place of the report and the key to which answers
/// are sealed are made from it; neither leads back to it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReporterCode([u8; 20]);

// A code must not reach a log by way of `{:?}`.
impl fmt::Debug for ReporterCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReporterCode")
    }
}

/// A text that is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no code of a report: eight groups of four letters and digits")]
pub struct NoCode;

impl NoCode {
    /// The stable code of this error.
    pub fn code(self) -> &'static str {
        "irregularity/no-code"
    }
}

impl ReporterCode {
    /// A new code.
    pub fn draw(random: &dyn Random) -> Result<ReporterCode, RandomFailed> {
        Ok(ReporterCode(random.bytes()?))
    }

    /// The place of the report.
    pub fn place(&self) -> Place {
        Place(sha256(&[b"comity irregularity place\0", &self.0]))
    }

    /// The key to which answers are sealed.
    pub fn key(&self) -> Result<SealingKey, SealFault> {
        let seed = sha256(&[b"comity irregularity key\0", &self.0]);
        SealingKey::from_seed(seed.as_bytes())
    }

    /// The code as the reporter keeps it. It is in no form that is printed by itself.
    pub fn reveal(&self) -> String {
        let text: Vec<char> = base32::encode(&self.0).chars().collect();
        text.chunks(4).map(|group| group.iter().collect()).collect::<Vec<String>>().join("-")
    }
}

impl FromStr for ReporterCode {
    type Err = NoCode;
    fn from_str(text: &str) -> Result<ReporterCode, NoCode> {
        let plain: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let bytes = base32::decode(&plain).ok_or(NoCode)?;
        bytes.try_into().map(ReporterCode).map_err(|_| NoCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn a_code_gives_one_place_and_one_key_however_it_is_typed() {
        let code = ReporterCode::draw(&SystemRandom).unwrap();
        let text = code.reveal();
        assert_eq!((text.len(), text.matches('-').count()), (39, 7));
        for typed in [text.clone(), text.replace('-', " ").to_lowercase(), format!(" {text}\n")] {
            let read: ReporterCode = typed.parse().unwrap();
            assert_eq!(read.place(), code.place());
            assert_eq!(read.key().unwrap().public().id(), code.key().unwrap().public().id());
        }
        let other = ReporterCode::draw(&SystemRandom).unwrap();
        assert_ne!(other.place(), code.place());
        for wrong in ["", "ABCD", &text.replacen(|_| true, "", 1), &format!("{text}-AAAA")] {
            assert_eq!(wrong.parse::<ReporterCode>(), Err(NoCode), "{wrong}");
        }
        assert_eq!(format!("{code:?}"), "ReporterCode");
    }

    #[test]
    fn a_units_key_is_read_again_and_only_where_nobody_else_can() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("body.key");
        let public = make_unit_key(&path, &SystemRandom).unwrap();
        assert_eq!(read_unit_key(&path).unwrap().public().id(), public.id());
        assert_eq!(make_unit_key(&path, &SystemRandom).unwrap_err().code(), "keys/exists");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(read_unit_key(&path).unwrap_err().code(), "keys/permissions");
    }
}
