//! Evidence: what is in a package, and who had it in hands from its first touch on.
//!
//! A [`Package`] is the manifest of what is given: each object with two hashes, its source, selector, time basis, tool,
//! operator and the order relied on. A [`Chain`] is the custody record of one holder; at a transfer the receiver's chain
//! begins with the giver's head, and the giver's chain closes with the receiver's, so that neither can be rewritten
//! alone. Sources: ISO/IEC 27037 (roles, and acts from identification to preservation), CASE/UCO (provenance),
//! reference, section 2.4. Verification needs no node and no network.

mod chain;
mod digest;
mod package;

pub use chain::{Act, Chain, ChainFault, Entry, Transfer};
pub use digest::{Digest, Sha512};
pub use package::{Item, Package, PackageFault, Piece, check_pieces};
