//! Evidence: what is in a package, and who had it in hands from its first touch on.
//!
//! A [`Package`] is the manifest of what is given: each object with two hashes, its source, selector, time basis, tool,
//! operator and the order relied on. A [`Chain`] is the custody record of one holder; at a transfer the receiver's chain
//! begins with the giver's head, and the giver's chain closes with the receiver's, so that neither can be rewritten
//! alone. Sources: ISO/IEC 27037 (roles, and acts from identification to preservation), CASE/UCO (provenance),
//! reference, section 2.4. Verification needs no node and no network.

mod asn1;
mod care;
mod chain;
mod digest;
mod dossier;
mod package;
mod parcel;
mod stamp;

pub use care::{Care, Note, NoteRow};
pub use chain::{Act, Chain, ChainFault, Entry, Transfer};
pub use digest::{Digest, Sha512};
pub use dossier::{Checked, Dossier, Finding, Report};
pub use package::{Item, Package, PackageFault, PersonalTerms, Piece, check_pieces};
pub use parcel::{CHUNK, Consignment, ObjectKeys, Parcel, ParcelFault, SignedChain, chunks_of};
pub use stamp::{Roots, Stamp, StampFault, Stamped, request, response};
