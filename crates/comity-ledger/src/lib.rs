//! The ledger: a node's append-only tree of commitments, its proofs, its witnesses, and the interface to storage.
//!
//! An entry of the tree is exactly 32 bytes, `Entry::commitment`; everything else is opened only in receipts. The tree
//! and its proofs follow RFC 9162, the files C2SP tlog-tiles, the heads C2SP tlog-checkpoint, the witnesses C2SP
//! tlog-witness. This crate is pure: bytes come in and go out through [`store::Store`], time comes in as an argument.
//!
//! Only [`Committed`] proves that an entry is durable, and only this crate's own function over `Store::commit` makes it.

pub mod committed;
pub mod invariant;
pub mod log;
pub mod memory;
pub mod proof;
pub mod store;
pub mod tile;
pub mod tree;

pub use committed::Committed;
pub use log::{Log, LogFault};
pub use memory::MemoryStore;
pub use tree::TreeHead;
