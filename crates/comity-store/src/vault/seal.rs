//! One body under one key: a version byte, then AES-256-GCM (NIST SP 800-38D) with its tag behind.
//!
//! A key seals one body only, so the nonce is constant. The record and the place in it are authenticated along: a body
//! cannot be moved.

use super::VaultFault;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use comity_record::RecordId;

/// Bytes of a key.
pub(super) const KEY: usize = 32;

const VERSION: u8 = 1;
const PURPOSE: &[u8; 12] = b"comity body\0";

pub(super) fn seal(
    key: &[u8; KEY],
    record: RecordId,
    index: u32,
    object: &[u8],
) -> Result<Vec<u8>, VaultFault> {
    let mut sealed = Vec::with_capacity(1 + object.len() + AES_256_GCM.tag_len());
    sealed.push(VERSION);
    sealed.extend_from_slice(object);
    let altered = VaultFault::Altered { what: "a body", record };
    let Some((_, body)) = sealed.split_first_mut() else { return Err(altered) };
    let tag = cipher(key).and_then(|cipher| {
        cipher.seal_in_place_separate_tag(nonce(), Aad::from(context(record, index)), body).ok()
    });
    sealed.extend_from_slice(tag.ok_or(altered)?.as_ref());
    Ok(sealed)
}

pub(super) fn open(
    key: &[u8; KEY],
    record: RecordId,
    index: u32,
    sealed: &[u8],
) -> Result<Vec<u8>, VaultFault> {
    let open = || {
        let (version, body) = sealed.split_first()?;
        if *version != VERSION {
            return None;
        }
        let mut body = body.to_vec();
        let context = Aad::from(context(record, index));
        let length = cipher(key)?.open_in_place(nonce(), context, &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    };
    open().ok_or(VaultFault::Altered { what: "a body", record })
}

fn cipher(key: &[u8; KEY]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn context(record: RecordId, index: u32) -> [u8; 48] {
    let mut context = [0; 48];
    let (purpose, rest) = context.split_at_mut(PURPOSE.len());
    let (name, place) = rest.split_at_mut(32);
    purpose.copy_from_slice(PURPOSE);
    name.copy_from_slice(record.0.as_bytes());
    place.copy_from_slice(&index.to_be_bytes());
    context
}
