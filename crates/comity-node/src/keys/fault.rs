//! Why keys cannot be made, read or used.

use crate::random::RandomFailed;
use comity_record::{KeyPurpose, PartyCode, SignerFailed, Timestamp};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why keys cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// There is something already where keys are to be made.
    #[error("`{path}` exists already")]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// A file that should be there is not.
    #[error("`{path}` is not there")]
    Missing {
        /// Which.
        path: PathBuf,
    },
    /// A file cannot be read as what it should be.
    #[error("`{path}` is damaged: {why}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Others may read a secret.
    #[error("`{path}` can be read by others (mode {mode:o})")]
    Permissions {
        /// Which.
        path: PathBuf,
        /// Its mode bits.
        mode: u32,
    },
    /// The root folder was moved offline, as it should be, and is needed now.
    #[error("the party's root key is away: `{path}` is not there")]
    RootAway {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The root folder belongs to another party, or to another root of this one.
    #[error("the root key in `{path}` is not the one of `{party}` on record here")]
    OtherRoot {
        /// Where.
        path: PathBuf,
        /// Whose keys these are.
        party: PartyCode,
    },
    /// No key of this purpose is valid at present.
    #[error("`{party}` has no {purpose} key that is valid on {at}")]
    NoneValid {
        /// Whose.
        party: PartyCode,
        /// What for.
        purpose: KeyPurpose,
        /// When.
        at: Timestamp,
    },
    /// No key has this thumbprint.
    #[error("no single key held here has a thumbprint that begins with `{key}`")]
    NotHeld {
        /// The thumbprint asked for.
        key: String,
    },
    /// The only valid key of its purpose was to be revoked.
    #[error("this is the only {purpose} key in use; the node could do nothing without one")]
    LastOfPurpose {
        /// What for.
        purpose: KeyPurpose,
    },
    /// The library made no key of a seed, or the purpose has no keys here.
    #[error("no {purpose} key could be made")]
    Unusable {
        /// What for.
        purpose: KeyPurpose,
    },
    /// A signature could not be made.
    #[error(transparent)]
    Signer(#[from] SignerFailed),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomFailed),
    /// The file system failed.
    #[error("`{path}` could not be read or written")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
}

impl KeyFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            KeyFault::Exists { .. } => "keys/exists",
            KeyFault::Missing { .. } => "keys/missing",
            KeyFault::Damaged { .. } => "keys/damaged",
            KeyFault::Permissions { .. } => "keys/permissions",
            KeyFault::RootAway { .. } => "keys/root-away",
            KeyFault::OtherRoot { .. } => "keys/other-root",
            KeyFault::NoneValid { .. } => "keys/none-valid",
            KeyFault::NotHeld { .. } => "keys/not-held",
            KeyFault::LastOfPurpose { .. } => "keys/last-of-purpose",
            KeyFault::Unusable { .. } => "keys/unusable",
            KeyFault::Signer(_) => "keys/signer",
            KeyFault::Random(fault) => fault.code(),
            KeyFault::Io { .. } => "keys/io",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            KeyFault::Exists { .. } => "choose another folder; keys are never overwritten".to_owned(),
            KeyFault::Missing { .. } => {
                "make the party's keys with `comity init`, or restore them".to_owned()
            }
            KeyFault::Permissions { path, .. } => format!("close it with `chmod 600 {}`", path.display()),
            KeyFault::RootAway { .. } => {
                "bring the root folder that was moved offline, and name it with `--root`".to_owned()
            }
            KeyFault::NoneValid { purpose, .. } => {
                format!("make one with `comity key rotate {purpose}` and issue a new letter")
            }
            KeyFault::LastOfPurpose { purpose } => {
                format!("make another first: `comity key rotate {purpose} --in-days 0`")
            }
            KeyFault::NotHeld { .. } => "give at least eight digits; `comity key list` shows them".to_owned(),
            _ => return None,
        })
    }

    pub(super) fn io(path: &Path, why: io::Error) -> KeyFault {
        let path = path.to_owned();
        match why.kind() {
            io::ErrorKind::NotFound => KeyFault::Missing { path },
            io::ErrorKind::AlreadyExists => KeyFault::Exists { path },
            _ => KeyFault::Io { path, why },
        }
    }
}
