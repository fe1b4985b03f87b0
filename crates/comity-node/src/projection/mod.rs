//! Projections: views of the log that can be dropped and rebuilt.
//!
//! A [`Projection`] says which rows follow from the changes of the log. One task for each, a projector, reads the log
//! from where the projection's cursor stands, and writes rows and cursor together ([`Store::project`]). A crash leaves
//! both or neither, so the next start goes on from the cursor. A projection of another version or stamp than its cursor
//! says, or whose cursor does not stand on this log, is dropped and built again from the first entry.
//!
//! A projection may lag behind the log. A reader waits with [`Progress::reaches`] until it has come to the head that the
//! reader saw. How to add one: `docs/design/projections.md`.
//!
//! [`Store::project`]: comity_ledger::store::Store::project

mod change;
mod cursor;
mod feed;
pub mod index;
mod progress;
mod projector;
mod views;

pub use change::{Change, Gone, HeldObject, Holding, Narrowed, What, Withdrawn};
pub use cursor::{CURSORS, Cursor};
pub use feed::Feed;
pub use progress::{Behind, Progress, Stage};
pub use projector::{Projector, leave_out, start, start_when_wanted};
pub use views::{Projectors, Views, Words};

use comity_ledger::store::{Class, Partition, Row, StoreFault, Table};
use comity_store::AnyStore;
use std::future::Future;

/// A view of the log.
pub trait Projection: Send + Sync + 'static {
    /// Its name, that of its cursor: 1 to 24 small letters, digits or underscores.
    const NAME: &'static str;
    /// The version of its rows. A change of what is derived from a change is a new version.
    const VERSION: u32;
    /// Its tables, all of [`Class::Projection`]; no other projection writes them.
    const TABLES: &'static [Table];

    /// A number that changes when the rows have to be made anew for another reason than the version, such as a key that
    /// was replaced.
    fn stamp(&self) -> u64 {
        0
    }

    /// Takes up what changed outside of the log, such as a key that was replaced, and says whether something did: then the
    /// projector looks again whether the rows fit. Called before every look at the log.
    fn refresh(&mut self) -> bool {
        false
    }

    /// Reads from its tables what it keeps in memory. Called before the first change, and again whenever memory and
    /// tables may differ: after a rebuild, a fault, or a step that another projector took.
    fn open(&mut self, store: &AnyStore) -> impl Future<Output = Result<(), StoreFault>> + Send;

    /// The rows that follow from changes, which come in the order of the log, each once. Erasures and recalls come alone,
    /// so that every row that follows from earlier changes is in the store.
    fn derive(
        &mut self,
        store: &AnyStore,
        changes: &[Change],
    ) -> impl Future<Output = Result<Rows, StoreFault>> + Send;

    /// The rows of the last call of [`Projection::derive`] are durable; readers are told after this.
    fn written(&mut self) {}
}

/// What a projection writes for some changes.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Rows to be removed first.
    pub removed: Vec<(Table, Partition, Vec<u8>)>,
    /// Rows to be written.
    pub written: Vec<Row>,
}

/// A table of a projection.
pub const fn view(name: &'static str) -> Table {
    Table { name, class: Class::Projection }
}
