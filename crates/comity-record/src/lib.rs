//! The noun of Comity: a **record** is an immutable signed statement without audience.
//!
//! This crate holds what every other crate must agree on to the byte: time, identifiers, labels, keys, the signed
//! envelope, the manifest of a threat record, the frame that carries a record, the ledger entry, and letters.
//! It is pure: no I/O, no clock, no randomness of its own. Salts and keys come in as arguments.
//!
//! The one way a record travels starts here: [`Draft`] is signed into [`Signed`], and [`Signed`] becomes
//! [`Verified`] only against a [`KeyRing`]. Clearing is the border's work (`comity-border`), entering the ledger is
//! `comity-ledger`'s, and sending is `comity-exchange`'s.

mod attested;
pub mod body;
pub mod canonical;
mod entry;
mod envelope;
mod frame;
mod hash;
mod ids;
mod key;
pub mod label;
pub mod letter;
mod manifest;
mod time;
mod uuid;

pub use attested::{Addressed, AttestationFault, Attested};
pub use body::{Body, Kind};
pub use canonical::{Canonical, Malformed};
pub use entry::{ENGINE_VERSION, Entry, EntryKind, EntrySalt};
pub use envelope::{Derivation, Draft, Header, Signed, SigningFailed, Statement, Unverified, Verified};
pub use frame::{CarriedObject, Frame, FrameFault, Salts};
pub use hash::{Hash, sha1_for_names, sha256};
pub use ids::{BadCode, CrossingId, KeyId, OfficerId, PartyCode, RecordId, UnitCode};
pub use key::{
    Algorithm, BadSignature, DualVerifier, Ed25519Key, KeyEntry, KeyPurpose, KeyRing, KeyRingFault,
    MlDsa44Key, PublicKey, Signer, SignerFailed,
};
pub use label::Labels;
pub use letter::{KeyRevocation, KeyStatement, Letter, RootFault, RootSigned, TURN_VERSION, UnitStatement};
pub use manifest::{Manifest, ManifestObject, ObjectSalt, RecordSalt};
pub use time::{BadDate, Date, PartialDate, Timestamp};
pub use uuid::Uuid;
