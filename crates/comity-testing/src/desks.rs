//! Desks for tests and the simulation: invented parties with keys from a seed, a store in memory, and bodies whose keys
//! can be destroyed.

use comity_border::{Adoption, Disclosure, Packs, Standing, StandingEntries};
use comity_exchange::{Begin, Bodies, Desk, Entropy, Law, Signers};
use comity_law::Register;
use comity_ledger::{MemoryStore, store::StoreFault};
use comity_record::{
    Canonical, Date, DualVerifier, Ed25519Key, KeyPurpose, KeyStatement, Letter, MlDsa44Key, PartyCode,
    RecordId, RootSigned, Signer, Timestamp, UnitStatement, sha256,
};
use comity_threat::Tables;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

/// Entropy from a seed: SHA-256 of the seed and a counter.
#[derive(Clone, Debug)]
pub struct SeededEntropy {
    seed: u64,
    counter: u64,
}

impl SeededEntropy {
    /// From a seed.
    pub fn new(seed: u64) -> SeededEntropy {
        SeededEntropy { seed, counter: 0 }
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        let mut out = [0; 8];
        self.fill(&mut out);
        u64::from_le_bytes(out)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound.max(1)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            self.counter += 1;
            let block = sha256(&[b"seeded", &self.seed.to_le_bytes(), &self.counter.to_le_bytes()]);
            chunk.iter_mut().zip(block.0).for_each(|(to, from)| *to = from);
        }
    }
}

/// Keys destroyed: of one part, or of the whole record.
type Destroyed = BTreeSet<(RecordId, Option<u32>)>;

/// Bodies in the clear, with a list of keys destroyed; shared by all clones, as a key table outside the log is.
#[derive(Clone, Debug, Default)]
pub struct MemoryBodies {
    destroyed: Arc<Mutex<Destroyed>>,
}

impl Bodies for MemoryBodies {
    async fn seal(&self, records: &[(RecordId, Vec<Vec<u8>>)]) -> Result<Vec<Vec<Vec<u8>>>, StoreFault> {
        Ok(records.iter().map(|(_, parts)| parts.clone()).collect())
    }

    async fn open(
        &self,
        record: RecordId,
        parts: &[(u32, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        let destroyed =
            self.destroyed.lock().map_err(|_| StoreFault::Damaged { why: "a lock".to_owned() })?;
        let gone =
            |part: u32| destroyed.contains(&(record, None)) || destroyed.contains(&(record, Some(part)));
        Ok(parts.iter().map(|(part, bytes)| (!gone(*part)).then(|| bytes.clone())).collect())
    }

    async fn destroy(&self, record: RecordId, parts: &[u32]) -> Result<(), StoreFault> {
        let mut destroyed =
            self.destroyed.lock().map_err(|_| StoreFault::Damaged { why: "a lock".to_owned() })?;
        if parts.is_empty() {
            destroyed.insert((record, None));
        }
        destroyed.extend(parts.iter().map(|part| (record, Some(*part))));
        Ok(())
    }

    async fn destroy_whole(&self, bodies: &[RecordId]) -> Result<(), StoreFault> {
        for body in bodies {
            self.destroy(*body, &[]).await?;
        }
        Ok(())
    }
}

/// An invented party: its keys, its letter, and what its desk is opened with.
#[derive(Clone, Debug)]
pub struct Party {
    /// The code: XA, XB, XC.
    pub code: PartyCode,
    /// Its keys.
    pub signers: Signers,
    /// Its letter.
    pub letter: Letter,
    /// Its letter as signed by its root.
    pub signed: RootSigned<Letter>,
    /// Its root.
    pub root: Arc<(Ed25519Key, MlDsa44Key)>,
    /// Its bodies.
    pub bodies: MemoryBodies,
    /// What it judges by.
    pub law: Law,
}

/// A desk in memory.
pub type MemoryDesk = Desk<MemoryStore, MemoryBodies>;

/// The first day of everything here.
pub fn first_day() -> Date {
    Date::new(2026, 1, 1).unwrap_or_else(|| Timestamp::default().date())
}

/// A party with keys from its code and a seed.
///
/// # Panics
/// Where a key cannot be made or the packs do not load: then no test can mean anything.
#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a fixture that cannot be made ends the test"
)]
pub fn party(code: &str, seed: u64) -> Party {
    let code: PartyCode = code.parse().expect("a party code");
    let key_seed = |what: &str| sha256(&[code.as_str().as_bytes(), what.as_bytes(), &seed.to_le_bytes()]).0;
    let ed25519 = |what| Ed25519Key::from_seed(&key_seed(what)).expect("an Ed25519 key");
    let ml_dsa_44 = |what| MlDsa44Key::from_seed(&key_seed(what)).expect("an ML-DSA-44 key");
    let (root_ed25519, root_ml_dsa_44) = (ed25519("root"), ml_dsa_44("root"));
    let signers = Signers {
        record: Arc::new(ed25519("record")),
        checkpoint_ed25519: Arc::new(ed25519("checkpoint")),
        checkpoint_ml_dsa_44: Arc::new(ml_dsa_44("checkpoint")),
    };
    let from = first_day().start();
    let to = first_day().plus_months(24).start();
    let statement = |purpose, signer: &Arc<dyn Signer>| KeyStatement {
        party: code.clone(),
        purpose,
        key: Some(signer.public_key().clone()),
        sealing: None,
        valid_from: from,
        valid_to: to,
    };
    let letter = Letter {
        party: code.clone(),
        root: DualVerifier {
            ed25519: root_ed25519.public_key().clone(),
            ml_dsa_44: root_ml_dsa_44.public_key().clone(),
        },
        serial: 1,
        issued: from,
        expires: to,
        address: String::new(),
        ledger: format!("{}.example/ledger", code.as_str().to_lowercase()),
        keys: vec![
            statement(KeyPurpose::Record, &signers.record),
            statement(KeyPurpose::Checkpoint, &signers.checkpoint_ed25519),
            statement(KeyPurpose::Checkpoint, &signers.checkpoint_ml_dsa_44),
        ],
        understands: Letter::kinds(),
        units: vec![UnitStatement {
            unit: "cert".parse().expect("a unit code"),
            competence: "exercise act on the national CERT, section 1".to_owned(),
            purposes: BTreeSet::new(),
        }],
    };
    let signed = RootSigned::sign(&letter, &root_ed25519, &root_ml_dsa_44).expect("a signature");
    let register = Register::with_exercise().unwrap_or_else(|faults| panic!("the register: {faults:?}"));
    let packs = Packs::for_party(&code, &Adoption::default(), Vec::new())
        .unwrap_or_else(|faults| panic!("packs: {faults:?}"));
    let standing = Standing::new(StandingEntries::default());
    let law = Law { register: Arc::new(register), packs: Arc::new(packs), standing };
    let root = Arc::new((root_ed25519, root_ml_dsa_44));
    Party { code, signers, letter, signed, root, bodies: MemoryBodies::default(), law }
}

impl Party {
    /// What the party's root signs.
    #[expect(clippy::expect_used, reason = "test support: a fixture that cannot be made ends the test")]
    pub fn by_root<T: Canonical>(&self, value: &T) -> RootSigned<T> {
        RootSigned::sign(value, &self.root.0, &self.root.1).expect("a signature")
    }

    /// What a desk of this party over `store` is opened with.
    #[expect(clippy::expect_used, reason = "test support: a fixture that cannot be made ends the test")]
    pub fn begin(&self, store: MemoryStore) -> Begin<MemoryStore, MemoryBodies> {
        Begin {
            party: self.code.clone(),
            store,
            bodies: self.bodies.clone(),
            signers: self.signers.clone(),
            letter: self.letter.clone(),
            law: self.law.clone(),
            disclosure: Disclosure::Full,
            tables: Arc::new(Tables::built_in().expect("the tables of threat data")),
        }
    }
}
