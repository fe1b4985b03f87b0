//! Records on paper: a page that a person reads, with codes that a machine reads back. What is read back is the signed
//! record, byte for byte, and it goes through the border like any arrival. **Invariant:** what counts is the code; the
//! text beside it is for reading and is never taken in.
//!
//! A page is not sealed: whoever holds it can read it. Where that must not be, a pouch is carried instead.

pub mod base32;
mod page;
mod part;

pub use page::{Line, Page, PageKind, Said};
pub use part::{PartFault, join, split};
