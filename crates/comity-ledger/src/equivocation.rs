//! Equivocation: two heads of one log, both signed by it, that no honest log can both have. The proof verifies offline
//! with nothing but the log's public keys.

use crate::{
    checkpoint::{Checkpoint, CheckpointFault, CheckpointKeys, SignedCheckpoint},
    invariant::heads_agree,
    proof::{HashReader, ProofFault, prove_consistency, root_of, verify_consistency},
    store::{Class, Row, Table},
};
use comity_record::{Canonical, Entry, EntryKind, Hash, PartyCode, Timestamp};
use minicbor::{Decode, Encode, bytes::ByteVec};

/// Equivocation proofs, by their hash. Put once and kept for ever.
pub const EQUIVOCATIONS: Table = Table { name: "equivocations", class: Class::Log };

/// Two conflicting heads of one log, kept as evidence.
///
/// Heads of equal size conflict where their roots differ. Of different sizes, the proof also shows which root the
/// longer tree has at the shorter size: by its collision resistance there is only one, and the shorter head has
/// another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EquivocationProof {
    /// The signed note of the shorter head, without cosignatures.
    #[n(0)]
    shorter: ByteVec,
    /// The signed note of the longer head (or the other one of the same size), without cosignatures.
    #[n(1)]
    longer: ByteVec,
    /// The root that the longer tree has at the shorter size.
    #[n(2)]
    prefix: Hash,
    /// The consistency proof from that root to the longer head; empty for equal sizes.
    #[n(3)]
    proof: Vec<Hash>,
}

impl Canonical for EquivocationProof {
    const NAME: &'static str = "an equivocation proof";
    const LIMIT: usize = 64 * 1024;
}

/// Why two heads are no equivocation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotProven {
    /// A head is not signed by the log.
    #[error("one of the two heads is not signed by the log")]
    Head(#[source] CheckpointFault),
    /// The heads can both be of one honest log.
    #[error("the two heads do not contradict each other")]
    Agree,
    /// The heads are not in order, or of different logs.
    #[error("the two heads are not of one log in ascending order of size")]
    Order,
    /// The proof inside does not verify.
    #[error("the longer head is not shown to have the root claimed at the shorter size")]
    Proof(#[source] ProofFault),
}

impl NotProven {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            NotProven::Head(_) => "equivocation/head",
            NotProven::Agree => "equivocation/agree",
            NotProven::Order => "equivocation/order",
            NotProven::Proof(_) => "equivocation/proof",
        }
    }
}

impl EquivocationProof {
    /// The proof from two signed heads of one size; `None` where they agree.
    pub fn of_equal_size(a: &SignedCheckpoint, b: &SignedCheckpoint) -> Option<EquivocationProof> {
        let same_log = a.checkpoint().origin() == b.checkpoint().origin() && a.head().size == b.head().size;
        let conflict = same_log && !heads_agree(&a.head(), &b.head());
        conflict.then(|| EquivocationProof::new(a, b, b.head().root, Vec::new()))
    }

    /// The proof from a head and a longer one, `longer_tree` being the hashes under the longer head, as a witness
    /// keeps them; `None` where the shorter head is a prefix of the longer.
    pub fn of_prefix(
        shorter: &SignedCheckpoint,
        longer: &SignedCheckpoint,
        longer_tree: &impl HashReader,
    ) -> Result<Option<EquivocationProof>, ProofFault> {
        if shorter.head().size == longer.head().size {
            return Ok(EquivocationProof::of_equal_size(shorter, longer));
        }
        let (size, of) = (shorter.head().size, longer.head().size);
        let prefix = root_of(size, longer_tree)?;
        if prefix == shorter.head().root {
            return Ok(None);
        }
        let proof = prove_consistency(size, of, longer_tree)?;
        verify_consistency(size, &prefix, of, &longer.head().root, &proof)?;
        Ok(Some(EquivocationProof::new(shorter, longer, prefix, proof)))
    }

    fn new(
        shorter: &SignedCheckpoint,
        longer: &SignedCheckpoint,
        prefix: Hash,
        proof: Vec<Hash>,
    ) -> EquivocationProof {
        let bytes = |signed: &SignedCheckpoint| signed.without_cosignatures().to_string().into_bytes().into();
        EquivocationProof { shorter: bytes(shorter), longer: bytes(longer), prefix, proof }
    }

    /// The two heads, if the log with one of `keys` signed both and they exclude each other.
    pub fn verify(&self, keys: &[CheckpointKeys]) -> Result<(Checkpoint, Checkpoint), NotProven> {
        let shorter = verify_any(keys, &self.shorter).map_err(NotProven::Head)?;
        let longer = verify_any(keys, &self.longer).map_err(NotProven::Head)?;
        let (a, b) = (shorter.head(), longer.head());
        if shorter.checkpoint().origin() != longer.checkpoint().origin() || a.size > b.size {
            return Err(NotProven::Order);
        }
        verify_consistency(a.size, &self.prefix, b.size, &b.root, &self.proof).map_err(NotProven::Proof)?;
        if self.prefix == a.root {
            return Err(NotProven::Agree);
        }
        Ok((shorter.checkpoint().clone(), longer.checkpoint().clone()))
    }

    /// The origin of the log that the proof claims to be about, unverified.
    pub fn origin(&self) -> Option<String> {
        Checkpoint::peek(&self.shorter).ok().map(|checkpoint| checkpoint.origin().to_owned())
    }

    /// The row that keeps it.
    pub fn row(&self) -> Row {
        let (key, value) = (self.hash().0.to_vec(), self.to_bytes());
        Row { table: EQUIVOCATIONS, partition: 0, key, value }
    }

    /// The ledger entry about it: `party` saw `of` show two heads.
    pub fn entry(&self, at: Timestamp, party: PartyCode, of: PartyCode) -> Entry {
        let mut entry = Entry::new(EntryKind::Conflict, at, party);
        entry.counterparty = Some(of);
        entry.subject = Some(self.hash());
        entry
    }
}

/// Verifies a checkpoint with the first pair of keys that fits; keys overlap while they are rotated.
pub(crate) fn verify_any(keys: &[CheckpointKeys], bytes: &[u8]) -> Result<SignedCheckpoint, CheckpointFault> {
    let mut first = None;
    for pair in keys {
        match pair.verify(bytes) {
            Ok(signed) => return Ok(signed),
            Err(fault) => first = first.or(Some(fault)),
        }
    }
    Err(first.unwrap_or(CheckpointFault::Keys { origin: String::new() }))
}
