//! TAXII 2.1 (OASIS standard of 10 June 2021): what its messages say, without a socket.
//!
//! Queries become a [`Filter`], rows of a collection [`Item`]s, answers are spliced from the exact bytes of objects
//! ([`envelope`]), and what goes wrong is a [`TaxiiFault`] with its status and its error body. The server
//! (`comity-node/src/http/taxii`) and the client of feeds (`comity-node/src/app/feed`) both stand on it.
//!
//! Nothing here decides who may read what: that is the business of the one authorisation function of the node.

mod added;
mod class;
mod envelope;
mod fault;
mod filter;
mod intake;
mod item;
mod media;
mod resource;
mod token;

#[cfg(test)]
mod tests;

pub use added::Added;
pub use class::{AudienceClass, CollectionId};
pub use envelope::{Envelope, EnvelopeFault, MAX_OBJECTS, envelope, read_envelope};
pub use fault::TaxiiFault;
pub use filter::{Filter, FilterSet, VersionFilter};
pub use intake::{Posted, Verdict, context_of, judge_posted, read_posted, unresolved_markings};
pub use item::{Admission, Held, HeldVersions, Item, MAX_TYPE, Marks};
pub use media::{Encoding, accepts, encoding, is_taxii, object_media_type};
pub use resource::{
    ApiRoot, CollectionList, CollectionResource, Discovery, ErrorMessage, Manifest, ManifestEntry, Progress,
    Status, StatusDetail, VersionList,
};
pub use token::PageKey;

/// The media type of every message (section 1.6.8.4 of the standard).
pub const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";
/// The first date of a page, a header of its answer (section 3.5 of the standard).
pub const ADDED_FIRST: &str = "x-taxii-date-added-first";
/// The last date of a page.
pub const ADDED_LAST: &str = "x-taxii-date-added-last";
