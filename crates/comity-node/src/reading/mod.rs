//! Reading what a party holds: who reads, what that reader may see, and the bytes.
//!
//! **Invariant:** every byte of an object that any reader gets comes out of [`Shelf::read`], which wants a [`Permitted`];
//! only [`authorise`] makes one. Index rows are read through a [`Sight`], which has the classes that are cleared for the
//! reader and no others: what is hidden costs no read and is in no count, suggestion or history.
//!
//! - [`Reader`]: an officer of the party itself, an officer of another party, a constituent at home.
//! - [`Sight`]: what that reader may see at this moment, by the law in force at this moment.
//! - [`authorise`]: places become readable. Another party's first read of a record is a crossing, judged by our border
//!   alone and entered before the bytes go; later reads are counted.
//! - [`Finder`]: the indexes, seen through a sight.
//! - [`outputs`]: what an oblivious lookup is answered from, seen through a sight.

mod authorise;
mod finder;
mod outputs;
mod query;
mod shelf;
mod sight;
mod versions;

pub use authorise::{Permitted, Reads, authorise, authorise_own};
pub use finder::{AddedRow, Finder, Found};
pub use outputs::outputs;
pub use query::{Bound, Query, values_asked};
pub use shelf::{Copy, Header, Shelf};
pub(crate) use sight::serves_constituents;
pub use sight::{Reader, Sight};
pub use versions::{Standing, standings};

/// Where an object lies: the entry of its record, and its slot in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The entry.
    pub entry: u64,
    /// The slot.
    pub slot: u32,
}

/// An object's place with the class of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seen {
    /// Where it lies.
    pub place: Place,
    /// The class under which it was found.
    pub class: crate::projection::index::ClassId,
}
