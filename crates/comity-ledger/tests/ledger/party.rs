//! Invented parties with keys from fixed seeds.

use comity_ledger::{CheckpointSigner, SignedCheckpoint, TreeHead};
use comity_record::{
    DualVerifier, Ed25519Key, KeyPurpose, KeyStatement, Letter, MlDsa44Key, PartyCode, PublicKey, RootSigned,
    Signer, Timestamp,
};

pub struct Party {
    pub code: PartyCode,
    pub origin: String,
    pub root: (Ed25519Key, MlDsa44Key),
    pub checkpoint: (Ed25519Key, MlDsa44Key),
    pub record: Ed25519Key,
}

/// A time at whole seconds, so many after the first of March 2026, noon.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((1_772_366_400 + seconds) * 1000)
}

impl Party {
    pub fn new(code: &str) -> Party {
        let ed = |what: u8| Ed25519Key::from_seed(&seed(code, what)).unwrap();
        let ml = |what: u8| MlDsa44Key::from_seed(&seed(code, what)).unwrap();
        Party {
            code: code.parse().unwrap(),
            origin: format!("{}.example/ledger", code.to_lowercase()),
            root: (ed(0), ml(0)),
            checkpoint: (ed(1), ml(1)),
            record: ed(2),
        }
    }

    pub fn signer(&self) -> CheckpointSigner<'_> {
        CheckpointSigner { origin: &self.origin, ed25519: &self.checkpoint.0, ml_dsa_44: &self.checkpoint.1 }
    }

    pub fn sign(&self, head: TreeHead, seconds: i64) -> SignedCheckpoint {
        self.signer().sign(head, at(seconds)).unwrap()
    }

    pub fn root_keys(&self) -> DualVerifier {
        DualVerifier {
            ed25519: self.root.0.public_key().clone(),
            ml_dsa_44: self.root.1.public_key().clone(),
        }
    }

    pub fn letter(&self) -> Letter {
        let keys = [
            (KeyPurpose::Checkpoint, self.checkpoint.0.public_key()),
            (KeyPurpose::Checkpoint, self.checkpoint.1.public_key()),
            (KeyPurpose::Record, self.record.public_key()),
        ];
        Letter {
            party: self.code.clone(),
            root: self.root_keys(),
            serial: 1,
            issued: at(-1000),
            expires: at(100_000),
            address: String::new(),
            ledger: self.origin.clone(),
            keys: keys.map(|(purpose, key)| self.statement(purpose, key)).to_vec(),
            understands: Letter::kinds(),
            units: Vec::new(),
        }
    }

    pub fn signed_letter(&self) -> RootSigned<Letter> {
        RootSigned::sign(&self.letter(), &self.root.0, &self.root.1).unwrap()
    }

    fn statement(&self, purpose: KeyPurpose, key: &PublicKey) -> KeyStatement {
        let (party, key) = (self.code.clone(), Some(key.clone()));
        KeyStatement { party, purpose, key, sealing: None, valid_from: at(-1000), valid_to: at(1_000_000) }
    }
}

fn seed(code: &str, what: u8) -> [u8; 32] {
    comity_record::sha256(&[code.as_bytes(), &[what]]).0
}
