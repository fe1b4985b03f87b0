//! Which keys may connect to a hosted party, and whose they are.

use comity_record::{KeyEntry, KeyId, KeyPurpose, KeyRing, PartyCode, PublicKey, Timestamp};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

/// The table of a hosted party's peers, replaced as a whole while the node runs: a letter, a revocation or a
/// suspension takes effect at the next request, on connections that are open too.
#[derive(Debug, Default)]
pub struct Peers {
    table: RwLock<Arc<PeerTable>>,
}

/// One state of the table.
#[derive(Debug, Default)]
pub struct PeerTable {
    by_key: HashMap<KeyId, KeyEntry>,
    shared: BTreeSet<KeyId>,
    suspended: BTreeSet<PartyCode>,
}

/// Why a key may not connect, for our own log. The caller learns only that it was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerRefused {
    /// No accepted letter names the key for TLS.
    #[error("no accepted letter names the TLS key {key}")]
    Unknown {
        /// The thumbprint, shortened.
        key: String,
    },
    /// The letters of two parties name it; it identifies neither.
    #[error("the letters of two parties name the TLS key {key}")]
    Shared {
        /// The thumbprint, shortened.
        key: String,
    },
    /// Outside its validity.
    #[error("the TLS key {key} of `{party}` was not valid on {at}")]
    NotValid {
        /// The party.
        party: PartyCode,
        /// The thumbprint, shortened.
        key: String,
        /// When it was shown.
        at: Timestamp,
    },
    /// Revoked by the party's root.
    #[error("the TLS key {key} of `{party}` is revoked")]
    Revoked {
        /// The party.
        party: PartyCode,
        /// The thumbprint, shortened.
        key: String,
    },
    /// We suspended the party.
    #[error("`{party}` is suspended")]
    Suspended {
        /// The party.
        party: PartyCode,
    },
    /// The party has no TLS key that is valid now.
    #[error("no accepted letter names a TLS key of `{party}` that is valid on {at}")]
    NoKey {
        /// The party.
        party: PartyCode,
        /// When it was looked for.
        at: Timestamp,
    },
    /// The key is accepted, but belongs to another party than the one called.
    #[error("`{found}` answered where `{expected}` was called")]
    OtherParty {
        /// Whom we called.
        expected: PartyCode,
        /// Whose key was shown.
        found: PartyCode,
    },
    /// Not one self-signed certificate around an Ed25519 key.
    #[error("the certificate shown is not a single one with an Ed25519 key")]
    Certificate,
}

impl PeerRefused {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            PeerRefused::Unknown { .. } => "tls/unknown-key",
            PeerRefused::Shared { .. } => "tls/shared-key",
            PeerRefused::NotValid { .. } => "tls/key-not-valid",
            PeerRefused::Revoked { .. } => "tls/key-revoked",
            PeerRefused::Suspended { .. } => "tls/suspended",
            PeerRefused::NoKey { .. } => "tls/no-key",
            PeerRefused::OtherParty { .. } => "tls/other-party",
            PeerRefused::Certificate => "tls/bad-certificate",
        }
    }
}

impl Peers {
    /// A table that starts with `table`.
    pub fn new(table: PeerTable) -> Peers {
        Peers { table: RwLock::new(Arc::new(table)) }
    }

    /// Replaces the table.
    pub fn replace(&self, table: PeerTable) {
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }

    /// The table as it is now.
    pub fn table(&self) -> Arc<PeerTable> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl PeerTable {
    /// The TLS keys of `ring`, without those of the hosted party `own` itself.
    pub fn new(own: &PartyCode, ring: &KeyRing, suspended: BTreeSet<PartyCode>) -> PeerTable {
        let mut table = PeerTable { suspended, ..PeerTable::default() };
        for entry in ring.entries().iter().filter(|e| e.purpose == KeyPurpose::Tls && e.party != *own) {
            let key = entry.key.id();
            match table.by_key.get(&key) {
                // Accepting a letter refuses this already; here it fails closed.
                Some(other) if other.party != entry.party => {
                    table.shared.insert(key);
                }
                _ => {
                    table.by_key.insert(key, entry.clone());
                }
            }
        }
        table
    }

    /// Whose key this is, if it may connect at `now`.
    pub fn find(&self, key: &PublicKey, now: Timestamp) -> Result<&PartyCode, PeerRefused> {
        let (id, shown) = (key.id(), key.id().0.short());
        let Some(entry) = self.by_key.get(&id) else { return Err(PeerRefused::Unknown { key: shown }) };
        let party = entry.party.clone();
        if self.shared.contains(&id) {
            return Err(PeerRefused::Shared { key: shown });
        }
        if self.suspended.contains(&party) {
            return Err(PeerRefused::Suspended { party });
        }
        if entry.revoked.is_some() {
            return Err(PeerRefused::Revoked { party, key: shown });
        }
        if now < entry.valid_from || now >= entry.valid_to {
            return Err(PeerRefused::NotValid { party, key: shown, at: now });
        }
        Ok(&entry.party)
    }

    /// Whether this key may answer for `party` at `now`.
    pub fn expect(&self, party: &PartyCode, key: &PublicKey, now: Timestamp) -> Result<(), PeerRefused> {
        let found = self.find(key, now)?;
        if found == party {
            return Ok(());
        }
        Err(PeerRefused::OtherParty { expected: party.clone(), found: found.clone() })
    }

    /// Whether `party` can be called at all at `now`: asked before a connection is opened.
    pub fn callable(&self, party: &PartyCode, now: Timestamp) -> Result<(), PeerRefused> {
        if self.suspended.contains(party) {
            return Err(PeerRefused::Suspended { party: party.clone() });
        }
        let mut keys = self.by_key.values().filter(|e| e.party == *party);
        match keys.any(|entry| self.find(&entry.key, now).is_ok()) {
            true => Ok(()),
            false => Err(PeerRefused::NoKey { party: party.clone(), at: now }),
        }
    }

    /// Whether we suspended `party`.
    pub fn is_suspended(&self, party: &PartyCode) -> bool {
        self.suspended.contains(party)
    }
}
