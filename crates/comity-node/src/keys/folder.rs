//! The files: deterministic CBOR, written once, synchronised, closed to others.

use super::KeyFault;
use comity_record::{Canonical, DualVerifier, KeyPurpose, PartyCode, Timestamp};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::{
    fmt,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// The file `party`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct PartyFile {
    #[n(0)]
    pub(super) party: PartyCode,
    #[n(1)]
    pub(super) root: DualVerifier,
}

/// The file `root.key`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct RootFile {
    #[n(0)]
    pub(super) party: PartyCode,
    #[n(1)]
    pub(super) ed25519: ByteVec,
    #[n(2)]
    pub(super) ml_dsa_44: ByteVec,
}

/// A file `<purpose>-<id>.key`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct KeyFile {
    #[n(0)]
    pub(super) purpose: KeyPurpose,
    #[n(1)]
    pub(super) scheme: Scheme,
    #[n(2)]
    pub(super) seed: ByteVec,
    #[n(3)]
    pub(super) valid_from: Timestamp,
    #[n(4)]
    pub(super) valid_to: Timestamp,
    #[n(5)]
    pub(super) revoked: Option<Timestamp>,
}

/// What the seed is a seed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(super) enum Scheme {
    #[n(0)]
    Ed25519,
    #[n(1)]
    MlDsa44,
    #[n(2)]
    XWing,
}

/// Whether others may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    Public,
    Secret,
}

impl Scheme {
    /// The keys that a purpose takes. An officer's key is the officer's own and not kept here.
    pub(super) fn of(purpose: KeyPurpose) -> &'static [Scheme] {
        match purpose {
            KeyPurpose::Tls | KeyPurpose::Record => &[Scheme::Ed25519],
            KeyPurpose::Checkpoint => &[Scheme::Ed25519, Scheme::MlDsa44],
            KeyPurpose::Sealing => &[Scheme::XWing],
            KeyPurpose::Officer => &[],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Scheme::Ed25519 => "Ed25519",
            Scheme::MlDsa44 => "ML-DSA-44",
            Scheme::XWing => "X-Wing",
        }
    }
}

impl Canonical for PartyFile {
    const NAME: &'static str = "the party's file";
}

impl Canonical for RootFile {
    const NAME: &'static str = "the root key's file";
}

impl Canonical for KeyFile {
    const NAME: &'static str = "a key's file";
}

// Seeds must not reach a log by way of `{:?}`.
impl fmt::Debug for RootFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootFile").field("party", &self.party).finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KeyFile { purpose, scheme, valid_from, valid_to, revoked, .. } = self;
        write!(f, "KeyFile({purpose}, {scheme:?}, {valid_from} to {valid_to}, revoked {revoked:?})")
    }
}

/// Makes a folder for nobody else; refuses one that exists.
pub(super) fn make(folder: &Path) -> Result<(), KeyFault> {
    DirBuilder::new().mode(0o700).create(folder).map_err(|why| KeyFault::io(folder, why))
}

/// Writes a new file, durably; refuses one that exists.
pub(super) fn write_new<T: Canonical>(path: &Path, value: &T) -> Result<(), KeyFault> {
    write(path, &value.to_bytes(), OpenOptions::new().create_new(true))
}

/// Replaces a file whole: a crash leaves the old one or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyFault> {
    let beside = path.with_extension("new");
    write(&beside, bytes, OpenOptions::new().create(true).truncate(true))?;
    fs::rename(&beside, path).map_err(|why| KeyFault::io(path, why))?;
    synchronise_folder(path)
}

/// Reads a file; a secret one only where nobody else can.
pub(super) fn read<T: Canonical>(path: &Path, secrecy: Secrecy) -> Result<T, KeyFault> {
    let io = |why| KeyFault::io(path, why);
    let file = File::open(path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.permissions().mode() & 0o7777;
    if secrecy == Secrecy::Secret && mode & 0o077 != 0 {
        return Err(KeyFault::Permissions { path: path.to_owned(), mode });
    }
    let most = u64::try_from(T::LIMIT).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    (&file).take(most).read_to_end(&mut bytes).map_err(io)?;
    T::from_bytes(&bytes).map_err(|why| KeyFault::Damaged { path: path.to_owned(), why: why.to_string() })
}

fn write(path: &Path, bytes: &[u8], options: &mut OpenOptions) -> Result<(), KeyFault> {
    let io = |why| KeyFault::io(path, why);
    let mut file = options.write(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)?;
    synchronise_folder(path)
}

fn synchronise_folder(path: &Path) -> Result<(), KeyFault> {
    let Some(folder) = path.parent() else { return Ok(()) };
    // The folder of a bare file name is the one that the process works in.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|why| KeyFault::io(folder, why))
}
