//! The witness (C2SP tlog-witness): it keeps the last head of each log, cosigns a head only where it continues the one
//! kept, and keeps conflicting heads as evidence. It also keeps the leaf hashes of the logs it cosigns, so that a log
//! that lost its tail gets them back.
//!
//! The order is in the types: [`Watched::consider`] checks a request, [`Accepted::keep`] makes the new head durable,
//! and only what that returns can be cosigned. One process of a party does this at a time.

mod kept;
mod request;

pub use kept::{KeepFault, Kept, WITNESS_SPACE, WITNESSED_LEAVES, forget_leaves, kept_leaves, load};
pub use request::AddCheckpoint;

use crate::{
    checkpoint::{CheckpointFault, CheckpointKeys, SignedCheckpoint},
    equivocation::{EquivocationProof, verify_any},
    invariant::checkpoint_never_shrinks,
    proof::{ProofFault, verify_consistency},
    tree::{Frontier, TreeHead},
};
use comity_record::Hash;

/// The most leaf hashes that one request may carry, 2 MiB of them.
pub const MAX_LEAVES: usize = 65_536;

/// What a witness keeps of one log: the last head it cosigned, and the end of the tree of leaf hashes it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    origin: String,
    head: Option<SignedCheckpoint>,
    held: Frontier,
}

/// A head that passed every check. Nothing is durable yet, and nothing may be signed.
#[derive(Clone, Debug)]
pub struct Accepted {
    before: Watched,
    after: Watched,
    checkpoint: SignedCheckpoint,
    leaves: Vec<Hash>,
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// The request cannot be read.
    #[error("the request to the witness is malformed: {why}")]
    Malformed {
        /// What is wrong.
        why: &'static str,
    },
    /// The checkpoint is not signed by the log, or cannot be read.
    #[error("the witness does not accept the checkpoint")]
    Checkpoint(#[source] CheckpointFault),
    /// The old size is larger than the checkpoint.
    #[error("the old size {old} is larger than the checkpoint's {size}")]
    OldSize {
        /// The old size of the request.
        old: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// The log's idea of the last cosigned size is not the witness's.
    #[error("the witness cosigned size {size} last")]
    Conflict {
        /// The size cosigned last.
        size: u64,
    },
    /// The checkpoint does not continue the head cosigned last.
    #[error("the checkpoint is not shown to continue the head that was cosigned last")]
    Proof(#[source] ProofFault),
    /// The leaf hashes do not lead to the checkpoint.
    #[error("the {given} leaf hashes from {from} on do not lead to the checkpoint")]
    Leaves {
        /// The index of the first.
        from: u64,
        /// How many.
        given: usize,
    },
    /// The log has signed two heads that exclude each other.
    #[error("the log has signed two heads that exclude each other")]
    Equivocation(Box<EquivocationProof>),
}

impl Declined {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Declined::Malformed { .. } => "witness/malformed",
            Declined::Checkpoint(fault) => fault.code(),
            Declined::OldSize { .. } => "witness/old-size",
            Declined::Conflict { .. } => "witness/conflict",
            Declined::Proof(_) => "witness/inconsistent",
            Declined::Leaves { .. } => "witness/leaves",
            Declined::Equivocation(_) => "witness/equivocation",
        }
    }

    /// The HTTP status that tlog-witness gives this answer.
    pub fn status(&self) -> u16 {
        match self {
            Declined::Malformed { .. } | Declined::OldSize { .. } => 400,
            Declined::Checkpoint(CheckpointFault::Origin { .. }) => 404,
            Declined::Checkpoint(_) => 403,
            Declined::Conflict { .. } => 409,
            Declined::Proof(_) | Declined::Leaves { .. } | Declined::Equivocation(_) => 422,
        }
    }
}

impl Watched {
    /// A log of which nothing was cosigned yet.
    pub fn new(origin: &str) -> Watched {
        Watched { origin: origin.to_owned(), head: None, held: Frontier::default() }
    }

    /// The log's origin line.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The head cosigned last; the empty tree where none was.
    pub fn head(&self) -> TreeHead {
        self.head.as_ref().map_or_else(TreeHead::empty, SignedCheckpoint::head)
    }

    /// The checkpoint cosigned last.
    pub fn checkpoint(&self) -> Option<&SignedCheckpoint> {
        self.head.as_ref()
    }

    /// How many leaf hashes are held; a request's leaf hashes begin at this index.
    pub fn held(&self) -> u64 {
        self.held.size()
    }

    /// Checks a request, `keys` being the key pairs accepted for this log (more than one while they are rotated).
    pub fn consider(&self, keys: &[CheckpointKeys], request: &AddCheckpoint) -> Result<Accepted, Declined> {
        let own: Vec<_> = keys.iter().filter(|pair| pair.origin == self.origin).cloned().collect();
        let checkpoint = verify_any(&own, &request.checkpoint).map_err(Declined::Checkpoint)?;
        let (last, new) = (self.head(), checkpoint.head());
        // Evidence first: whatever old size was named, two signed roots of one size must not get lost.
        if let Some(kept) = &self.head
            && let Some(proof) = EquivocationProof::of_equal_size(kept, &checkpoint)
        {
            return Err(Declined::Equivocation(Box::new(proof)));
        }
        if request.old_size > new.size {
            return Err(Declined::OldSize { old: request.old_size, size: new.size });
        }
        if request.old_size != last.size {
            return Err(Declined::Conflict { size: last.size });
        }
        verify_consistency(last.size, &last.root, new.size, &new.root, &request.proof)
            .map_err(Declined::Proof)?;
        debug_assert!(checkpoint_never_shrinks(last.size, new.size), "a witness accepted a shorter head");
        let held = self.extend(&request.leaves, new)?;
        let after =
            Watched { origin: self.origin.clone(), head: Some(checkpoint.without_cosignatures()), held };
        Ok(Accepted { before: self.clone(), after, checkpoint, leaves: request.leaves.clone() })
    }

    /// Appends leaf hashes to those held. Without any, the witness cosigns but holds no more than before.
    fn extend(&self, leaves: &[Hash], head: TreeHead) -> Result<Frontier, Declined> {
        let mut held = self.held.clone();
        if leaves.is_empty() {
            return Ok(held);
        }
        let fault = Declined::Leaves { from: held.size(), given: leaves.len() };
        if leaves.len() > MAX_LEAVES || held.size() + leaves.len() as u64 != head.size {
            return Err(fault);
        }
        leaves.iter().for_each(|leaf| held.push(*leaf));
        if held.root() == head.root { Ok(held) } else { Err(fault) }
    }

    /// Appends leaf hashes of an earlier part of the tree cosigned last, in pieces where the log is long: the proof
    /// leads from the tree that they end to the head.
    pub fn fill(&self, leaves: &[Hash], proof: &[Hash]) -> Result<Accepted, Declined> {
        let Some(checkpoint) = self.head.clone() else { return Err(Declined::Conflict { size: 0 }) };
        let fault = Declined::Leaves { from: self.held(), given: leaves.len() };
        let (head, mut held) = (checkpoint.head(), self.held.clone());
        if leaves.len() > MAX_LEAVES || held.size() + leaves.len() as u64 > head.size {
            return Err(fault);
        }
        leaves.iter().for_each(|leaf| held.push(*leaf));
        verify_consistency(held.size(), &held.root(), head.size, &head.root, proof)
            .map_err(Declined::Proof)?;
        let after = Watched { held, ..self.clone() };
        Ok(Accepted { before: self.clone(), after, checkpoint, leaves: leaves.to_vec() })
    }
}
