//! Ledgers, letters and receipts of the invented States, made in a temporary folder from fixed seeds.

use comity_ledger::{
    CheckpointSigner, Log, MemoryStore, SignedCheckpoint,
    cosignature::Strength,
    memory::block_on,
    receipt::{Contents, Part, Provisional, RecordPart},
    tile::{TilePath, new_files},
    witness::{AddCheckpoint, Watched},
};
use comity_record::{
    Canonical, CrossingId, Ed25519Key, Entry, EntryKind, Hash, KeyPurpose, KeyStatement, Letter, MlDsa44Key,
    PartyCode, PublicKey, RecordId, RootSigned, Signer, Timestamp, sha256,
};
use std::{fs, path::Path};

/// A node without a network.
pub struct Node {
    pub party: PartyCode,
    pub letter: RootSigned<Letter>,
    origin: String,
    ed25519: Ed25519Key,
    ml_dsa_44: MlDsa44Key,
    store: MemoryStore,
    log: Log,
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Node {
    /// The node of a party, its keys valid in 2026.
    pub fn new(code: &str) -> Node {
        let seed = |what: &str| sha256(&[code.as_bytes(), what.as_bytes()]).0;
        let (ed25519, ml_dsa_44) = pair(seed("checkpoint"), seed("checkpoint"));
        let (root_ed, root_ml) = pair(seed("root"), seed("root"));
        let party: PartyCode = code.parse().unwrap();
        let origin = format!("comity.example/{}", code.to_lowercase());
        let statement = |key: &PublicKey| KeyStatement {
            party: party.clone(),
            purpose: KeyPurpose::Checkpoint,
            key: Some(key.clone()),
            sealing: None,
            valid_from: time("2026-01-01T00:00:00Z"),
            valid_to: time("2027-01-01T00:00:00Z"),
        };
        let letter = Letter {
            party: party.clone(),
            root: comity_record::DualVerifier {
                ed25519: root_ed.public_key().clone(),
                ml_dsa_44: root_ml.public_key().clone(),
            },
            serial: 1,
            issued: time("2026-01-01T00:00:00Z"),
            expires: time("2027-01-01T00:00:00Z"),
            address: String::new(),
            ledger: origin.clone(),
            keys: vec![statement(ed25519.public_key()), statement(ml_dsa_44.public_key())],
            understands: Letter::kinds(),
            units: Vec::new(),
        };
        let letter = RootSigned::sign(&letter, &root_ed, &root_ml).unwrap();
        let store = MemoryStore::new();
        let log = block_on(Log::open(&store)).unwrap();
        Node { party, letter, origin, ed25519, ml_dsa_44, store, log }
    }

    /// Enters so many acts, each a clearance towards `to`.
    pub fn enter(&mut self, kind: EntryKind, to: &Node, from: u64, count: u64) {
        let entries =
            (from..from + count).map(|number| (entry(self, kind, to, number), salt(number))).collect();
        block_on(self.log.commit(&self.store, entries, Vec::new())).unwrap();
    }

    /// The signed head.
    pub fn checkpoint(&self) -> SignedCheckpoint {
        self.checkpoint_at(time("2026-03-01T12:00:00Z"))
    }

    /// The head, signed at a time.
    pub fn checkpoint_at(&self, at: Timestamp) -> SignedCheckpoint {
        self.signer().sign(self.log.tree_head(), at).unwrap()
    }

    fn signer(&self) -> CheckpointSigner<'_> {
        CheckpointSigner { origin: &self.origin, ed25519: &self.ed25519, ml_dsa_44: &self.ml_dsa_44 }
    }

    /// Has a witness cosign a checkpoint of this node.
    pub fn cosigned(&self, witness: &Node) -> SignedCheckpoint {
        let mut checkpoint = self.checkpoint();
        let request = AddCheckpoint {
            old_size: 0,
            proof: Vec::new(),
            checkpoint: checkpoint.to_string().into_bytes(),
            leaves: Vec::new(),
        };
        let accepted = Watched::new(&self.origin).consider(&[self.signer().keys()], &request).unwrap();
        let now = time("2026-03-01T12:00:05Z");
        let kept = block_on(accepted.keep(&witness.store, &witness.log, now)).unwrap();
        checkpoint.add(kept.cosign(&witness.signer(), now, Strength::Ed25519).unwrap());
        checkpoint
    }

    /// Writes the letter as `<code>.letter`.
    pub fn write_letter(&self, folder: &Path) {
        let name = format!("{}.letter", self.party.as_str().to_lowercase());
        fs::write(folder.join(name), self.letter.to_bytes()).unwrap();
    }

    /// Writes checkpoint, tiles and bundles as C2SP tlog-tiles lays them out.
    pub fn write_ledger(&self, folder: &Path, checkpoint: &SignedCheckpoint) {
        for path in new_files(0, self.log.size()) {
            let bytes = match path {
                TilePath::Tile { id, width } => block_on(self.log.tile(&self.store, id, width)),
                TilePath::Entries { index, width } => block_on(self.log.bundle(&self.store, index, width)),
            };
            let file = folder.join(path.to_string());
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes.unwrap().unwrap()).unwrap();
        }
        fs::write(folder.join("checkpoint"), checkpoint.to_string()).unwrap();
    }

    /// This node's part of a receipt.
    pub fn part(
        &self,
        kind: EntryKind,
        other: &Node,
        number: u64,
        index: u64,
        checkpoint: &SignedCheckpoint,
    ) -> Part {
        let proof = block_on(self.log.inclusion_proof(&self.store, index, checkpoint.head().size)).unwrap();
        let place = comity_ledger::receipt::Place { index, proof, checkpoint: checkpoint.to_string() };
        Part {
            entry: entry(self, kind, other, number),
            salt: salt(number).into(),
            decision: None,
            place: Some(place),
        }
    }
}

/// A receipt of the crossing number 0 from `a` to `b`, as far as the checkpoints allow.
pub fn receipt(a: &Node, b: &Node, own: &SignedCheckpoint, twin: &SignedCheckpoint) -> Provisional {
    Provisional::new(Contents {
        record: RecordPart::Id(record(0)),
        own: a.part(EntryKind::Cleared, b, 0, 0, own),
        twin: Some(b.part(EntryKind::Received, a, 0, 0, twin)),
        acknowledgement: None,
        letters: Vec::new(),
    })
}

fn entry(of: &Node, kind: EntryKind, other: &Node, number: u64) -> Entry {
    let (from, to) = match kind {
        EntryKind::Received | EntryKind::ReceptionRefused => (&other.party, &of.party),
        _ => (&of.party, &other.party),
    };
    let mut entry = Entry::new(kind, time("2026-03-01T11:00:00Z"), of.party.clone());
    entry.counterparty = Some(other.party.clone());
    entry.record = Some(record(number));
    entry.crossing = Some(CrossingId::of(&record(number), from, to));
    entry.decision = Some(Hash::default());
    entry
}

fn record(number: u64) -> RecordId {
    RecordId(sha256(&[b"record", &number.to_be_bytes()]))
}

fn salt(number: u64) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

fn pair(ed25519: [u8; 32], ml_dsa_44: [u8; 32]) -> (Ed25519Key, MlDsa44Key) {
    (Ed25519Key::from_seed(&ed25519).unwrap(), MlDsa44Key::from_seed(&ml_dsa_44).unwrap())
}
