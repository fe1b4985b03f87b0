//! The ledger: a node's append-only tree of commitments, its proofs, its witnesses, and the interface to storage.
//!
//! An entry of the tree is exactly 32 bytes, `Entry::commitment`; everything else is opened only in receipts. The tree
//! and its proofs follow RFC 9162, the files C2SP tlog-tiles, the heads C2SP tlog-checkpoint, the witnesses C2SP
//! tlog-witness. This crate is pure: bytes come in and go out through [`store::Store`], time comes in as an argument.
//!
//! Only [`Committed`] proves that an entry is durable, and only this crate's own function over `Store::commit` makes it.

pub mod checkpoint;
pub mod committed;
pub mod cosignature;
pub mod equivocation;
pub mod files;
pub mod invariant;
pub mod log;
pub mod memory;
pub mod note;
pub mod proof;
pub mod quorum;
pub mod receipt;
pub mod startup;
pub mod store;
pub mod succession;
pub mod tile;
pub mod tree;
pub mod witness;

pub use checkpoint::{Checkpoint, CheckpointKeys, CheckpointSigner, SignedCheckpoint};
pub use committed::Committed;
pub use equivocation::EquivocationProof;
pub use log::{Log, LogFault};
pub use memory::MemoryStore;
pub use quorum::Quorum;
pub use receipt::{Provisional, Receipt, ReceiptReport, Trust};
pub use startup::{Startup, startup_decision};
pub use succession::SuccessionStatement;
pub use tree::TreeHead;
