//! Threat information: STIX 2.0 and 2.1 as it comes from strangers, and what Comity has to know of it before a record is
//! signed or crosses.
//!
//! - [`reader`] takes hostile JSON apart into single objects whose bytes are kept exactly;
//! - [`Object`] is one object with its common properties as borrowed values, and [`validate`] says what STIX asks of it;
//! - [`marking`], [`personal`] and [`attribution`] read the markings, the personal parts and the claims of attribution,
//!   and [`labels`] makes record labels of them;
//! - [`redact`] cuts parts out of an object and leaves every other byte as it was;
//! - [`value`] gives every address, name, URL and hash its one canonical form;
//! - [`misp`] makes STIX objects of MISP events, and events of these;
//! - [`lists`] reads lists and feeds that are not STIX, and authors objects of them; [`export`] writes what other tools read;
//! - [`pattern`] reads and evaluates patterns, and [`hunt`] leads what was observed through them;
//! - [`matching`] finds indicators in logs, [`log`] says what a line that hit means, and [`warning`] what is no news;
//! - [`import`] puts objects of one label class together, ready for a manifest.
//!
//! The crate is pure: no I/O, no clock. Matching happens at home: nothing here makes a record of a line of a log. It never
//! computes who is behind anything; it says what a source claims.

pub mod attribution;
pub mod export;
pub mod grade;
pub mod hunt;
pub mod identifier;
pub mod import;
pub mod index;
pub mod indicators;
pub mod labels;
pub mod lists;
pub mod log;
pub mod marking;
pub mod matching;
pub mod misp;
mod moment;
mod object;
pub mod pattern;
pub mod personal;
pub mod reader;
pub mod redact;
mod schema;
mod selector;
mod survey;
mod table;
mod uuid;
pub mod validate;
pub mod value;
pub mod version;
pub mod warning;

pub use import::{Chunk, Import, ImportReport, Refused, import_bytes};
pub use labels::{Labelled, Policy, labels_for};
pub use moment::{BadMoment, Moment};
pub use object::{Common, Object, SpecVersion};
pub use redact::{Redacted, Withheld, redact};
pub use selector::{BadSelector, Selector, Step};
pub use survey::{Context, Survey};
pub use table::{TableFault, Tables};
pub use uuid::Uuid;
pub use validate::{Finding, Level, validate, validate_musts};
