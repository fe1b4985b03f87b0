//! The request to a witness: the text of tlog-witness, and the leaf hashes that Comity's witnesses keep.

use super::Declined;
use crate::{
    checkpoint::{parse_hash, parse_size},
    note::MAX_NOTE,
    proof::MAX_PROOF,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_record::Hash;
use std::fmt;

/// A checkpoint offered to a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness cosigned last, as the log believes; 0 where it cosigned none.
    pub old_size: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, a note.
    pub checkpoint: Vec<u8>,
    /// Leaf hashes from the first one that the witness does not hold up to the checkpoint's size; may be empty. They
    /// do not stand in the text of tlog-witness and travel beside it.
    pub leaves: Vec<Hash>,
}

impl AddCheckpoint {
    /// Reads the body of `add-checkpoint`: old size, at most 63 hashes, an empty line, the checkpoint.
    pub fn parse(body: &[u8]) -> Result<AddCheckpoint, Declined> {
        let malformed = |why| Declined::Malformed { why };
        if body.len() > MAX_NOTE + 64 * 46 {
            return Err(malformed("it is too long"));
        }
        let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or_else(|| malformed("the empty line is missing"))?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(parse_size);
        let old_size = old_size.ok_or_else(|| malformed("the old size line"))?;
        let mut proof = Vec::new();
        for line in lines {
            if proof.len() + 1 >= MAX_PROOF {
                return Err(malformed("more than 63 hashes"));
            }
            proof.push(parse_hash(line).ok_or_else(|| malformed("a line of the proof"))?);
        }
        Ok(AddCheckpoint { old_size, proof, checkpoint: checkpoint.as_bytes().to_vec(), leaves: Vec::new() })
    }
}

impl fmt::Display for AddCheckpoint {
    /// The body of `add-checkpoint`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash.0)))?;
        write!(f, "\n{}", String::from_utf8_lossy(&self.checkpoint))
    }
}
