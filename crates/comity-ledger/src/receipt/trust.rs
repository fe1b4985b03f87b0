//! What a verifier brings: the letters it accepted, the revocations it knows, and the quorum it wants.

use super::{MAX_LETTERS, ReceiptFault};
use crate::{checkpoint::CheckpointKeys, quorum::Quorum};
use comity_record::{
    BadSignature, Canonical, DualVerifier, KeyEntry, KeyId, KeyRevocation, KeyRing, Letter, PartyCode,
    PublicKey, RootFault, RootSigned, Timestamp,
};
use minicbor::bytes::ByteVec;
use std::collections::{BTreeMap, BTreeSet};

/// What a verifier of receipts trusts. The root of each party is that of the letter a person accepted; later letters
/// under the same root may come with a receipt.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    letters: BTreeMap<PartyCode, Letter>,
    revoked: BTreeMap<(PartyCode, KeyId), Timestamp>,
    /// The quorum wanted.
    pub quorum: Quorum,
}

impl Trust {
    /// Trust in letters that a person accepted, with the default quorum.
    pub fn new(accepted: impl IntoIterator<Item = Letter>) -> Trust {
        let letters = accepted.into_iter().map(|letter| (letter.party.clone(), letter)).collect();
        Trust { letters, ..Trust::default() }
    }

    /// Takes note of a revocation, which must be signed by the party's accepted root. It counts for that party's keys
    /// only: nobody revokes the key of another.
    pub fn revoke(
        &mut self,
        party: &PartyCode,
        signed: &RootSigned<KeyRevocation>,
    ) -> Result<(), ReceiptFault> {
        let root = self.root(party)?;
        let wrong = |why: RootFault| ReceiptFault::Letter { party: party.clone(), why };
        let revocation = signed.verify(root).map_err(wrong)?;
        if revocation.party == *party {
            self.revoked.insert((revocation.party, revocation.key), revocation.at);
        }
        Ok(())
    }

    /// All parties known.
    pub fn parties(&self) -> BTreeSet<PartyCode> {
        self.letters.keys().cloned().collect()
    }

    fn root(&self, party: &PartyCode) -> Result<&DualVerifier, ReceiptFault> {
        let unknown = || ReceiptFault::UnknownParty { party: party.clone() };
        self.letters.get(party).map(|letter| &letter.root).ok_or_else(unknown)
    }

    /// The accepted letters and those enclosed, each enclosed one checked against the accepted root of its party.
    pub(super) fn read(&self, enclosed: &[ByteVec]) -> Result<Letters, ReceiptFault> {
        if enclosed.len() > MAX_LETTERS {
            return Err(ReceiptFault::TooManyLetters { found: enclosed.len(), limit: MAX_LETTERS });
        }
        let mut letters: Vec<Letter> = self.letters.values().cloned().collect();
        for bytes in enclosed {
            let signed: RootSigned<Letter> = RootSigned::from_bytes(bytes)?;
            letters.push(self.verify_letter(&signed)?);
        }
        let mut keys = KeyRing::default();
        letters.iter().for_each(|letter| letter.enter(&mut keys));
        for ((party, key), at) in &self.revoked {
            revoke(&mut keys, party, *key, *at);
        }
        let revoked = self.revoked.keys().cloned().collect();
        Ok(Letters { letters, keys, revoked, enclosed: enclosed.len() })
    }

    fn verify_letter(&self, signed: &RootSigned<Letter>) -> Result<Letter, ReceiptFault> {
        // A letter carries its root: it must verify under that one, and that one must be the accepted one.
        let letter = signed.introduce().map_err(ReceiptFault::UnsignedLetter)?;
        if letter.root == *self.root(&letter.party)? {
            return Ok(letter);
        }
        let why = RootFault::Signature(BadSignature);
        Err(ReceiptFault::Letter { party: letter.party, why })
    }
}

/// Letters at hand for one verification.
pub(super) struct Letters {
    letters: Vec<Letter>,
    pub(super) keys: KeyRing,
    revoked: BTreeSet<(PartyCode, KeyId)>,
    pub(super) enclosed: usize,
}

impl Letters {
    /// The checkpoint keys of a party that were valid at a time and are not revoked.
    pub(super) fn checkpoint_keys(&self, party: &PartyCode, at: Timestamp) -> Vec<CheckpointKeys> {
        let of_party = self.letters.iter().filter(|letter| letter.party == *party);
        let revoked = |key: &PublicKey| self.revoked.contains(&(party.clone(), key.id()));
        let alive = |keys: &CheckpointKeys| !revoked(&keys.ed25519) && !revoked(&keys.ml_dsa_44);
        let mut out: Vec<CheckpointKeys> = Vec::new();
        for keys in of_party.flat_map(|letter| CheckpointKeys::of_letter(letter, at)).filter(alive) {
            if !out.contains(&keys) {
                out.push(keys);
            }
        }
        out
    }
}

fn revoke(keys: &mut KeyRing, party: &PartyCode, key: KeyId, at: Timestamp) {
    let of_key: Vec<KeyEntry> = keys.of(party).filter(|entry| entry.key.id() == key).cloned().collect();
    for entry in of_key {
        keys.insert(KeyEntry { revoked: Some(at), ..entry });
    }
}
