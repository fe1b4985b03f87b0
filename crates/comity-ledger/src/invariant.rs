//! Predicates that must always hold. They live once, and debug assertions, property tests and simulations use them.

use crate::tree::TreeHead;

/// A log, and so its checkpoints, never gets shorter.
pub fn checkpoint_never_shrinks(before: u64, after: u64) -> bool {
    after >= before
}

/// Two heads of one log can both be honest: of one size they have one root.
pub fn heads_agree(a: &TreeHead, b: &TreeHead) -> bool {
    a.size != b.size || a.root == b.root
}
