//! The keys of one record, wrapped: version, epoch (8 bytes, big-endian), nonce, then the keys under AES-256-GCM.
//!
//! An erased key is all zeros.

use super::{Random, VaultFault, epoch::Epoch, seal::KEY};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use comity_record::{Hash, RecordId};
use std::fmt;

/// Bytes of a row's name.
pub(super) const NAME: usize = 32;

const VERSION: u8 = 1;
const PURPOSE: &[u8] = b"comity keys\0";
const ERASED: [u8; KEY] = [0; KEY];

/// The keys of one record's objects, to be stored with [`super::Vault::keep`].
#[derive(Clone)]
pub struct KeyRow {
    pub(super) record: RecordId,
    keys: Vec<[u8; KEY]>,
}

impl KeyRow {
    /// The record whose objects they seal.
    pub fn record(&self) -> RecordId {
        self.record
    }

    pub(super) fn fresh(record: RecordId, count: usize, random: &dyn Random) -> Result<KeyRow, VaultFault> {
        let mut keys = vec![ERASED; count];
        random.fill(keys.as_flattened_mut())?;
        Ok(KeyRow { record, keys })
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8; KEY]> {
        self.keys.iter()
    }

    /// The key of an object, unless it was erased.
    pub(super) fn key(&self, index: u32) -> Option<&[u8; KEY]> {
        let key = self.keys.get(usize::try_from(index).ok()?)?;
        (*key != ERASED).then_some(key)
    }

    /// What is left without the keys of `indexes`; `None` where nothing is.
    pub(super) fn without(mut self, indexes: Option<&[u32]>) -> Option<KeyRow> {
        for index in indexes? {
            if let Some(key) = usize::try_from(*index).ok().and_then(|index| self.keys.get_mut(index)) {
                *key = ERASED;
            }
        }
        self.keys.iter().any(|key| *key != ERASED).then_some(self)
    }

    pub(super) fn wrap(&self, epoch: &Epoch, random: &dyn Random) -> Result<Vec<u8>, VaultFault> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce)?;
        let mut keys = self.keys.as_flattened().to_vec();
        let context = Aad::from(context(self.record, epoch.number));
        let nonced = Nonce::assume_unique_for_key(nonce);
        let wrapped =
            cipher(epoch).and_then(|cipher| cipher.seal_in_place_append_tag(nonced, context, &mut keys).ok());
        wrapped.ok_or(VaultFault::Altered { what: "the keys", record: self.record })?;
        Ok([&[VERSION][..], &epoch.number.to_be_bytes(), &nonce, &keys].concat())
    }

    pub(super) fn unwrap(record: RecordId, wrapped: &[u8], epoch: &Epoch) -> Result<KeyRow, VaultFault> {
        let open = || {
            let (nonce, keys) = wrapped.get(9..)?.split_first_chunk::<NONCE_LEN>()?;
            let mut keys = keys.to_vec();
            let context = Aad::from(context(record, epoch.number));
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let keys = cipher(epoch)?.open_in_place(nonce, context, &mut keys).ok()?;
            let (keys, rest) = keys.as_chunks::<KEY>();
            rest.is_empty().then(|| keys.to_vec())
        };
        let keys = open().ok_or(VaultFault::Altered { what: "the keys", record })?;
        Ok(KeyRow { record, keys })
    }
}

impl fmt::Debug for KeyRow {
    /// The record and how many keys; never the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRow({:?}, {} keys)", self.record, self.keys.len())
    }
}

/// The name of a record's row.
pub(super) fn name(record: RecordId) -> Vec<u8> {
    record.0.as_bytes().to_vec()
}

/// The record of a row's name.
pub(super) fn record(name: &[u8]) -> Result<RecordId, VaultFault> {
    let unknown = VaultFault::Altered { what: "the name of a row", record: RecordId::default() };
    Hash::from_slice(name).map(RecordId).ok_or(unknown)
}

/// The number of the epoch that a row is wrapped under.
pub(super) fn epoch(wrapped: &[u8]) -> Option<u64> {
    let (version, rest) = wrapped.split_first()?;
    let (number, _) = rest.split_first_chunk::<8>()?;
    (*version == VERSION).then(|| u64::from_be_bytes(*number))
}

fn cipher(epoch: &Epoch) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, &epoch.key).ok().map(LessSafeKey::new)
}

fn context(record: RecordId, epoch: u64) -> Vec<u8> {
    [PURPOSE, record.0.as_bytes(), &epoch.to_be_bytes()].concat()
}
