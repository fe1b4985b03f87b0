//! How far a projection has come, as a row of its own.

use super::{Projection, view};
use comity_ledger::{
    log::{ENTRIES, LOG_PARTITION},
    store::{Row, Store, StoreFault, Table},
};
use comity_record::{Canonical, Hash, sha256};
use minicbor::{Decode, Encode};

/// The cursors of all projections: partition 0, the key is the projection's name.
pub const CURSORS: Table = view("cursors");

/// A cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cursor {
    /// The version of the rows.
    #[n(0)]
    pub version: u32,
    /// The stamp of the rows.
    #[n(1)]
    pub stamp: u64,
    /// The next entry to be read.
    #[n(2)]
    pub next: u64,
    /// Commitment of the entry before it, so that a cursor of another log is noticed.
    #[n(3)]
    pub before: Option<Hash>,
}

impl Canonical for Cursor {
    const NAME: &'static str = "a projection's cursor";
    const LIMIT: usize = 256;
}

impl Cursor {
    /// A cursor before the first entry.
    pub fn first<P: Projection>(projection: &P) -> Cursor {
        Cursor { version: P::VERSION, stamp: projection.stamp(), next: 0, before: None }
    }

    /// The cursor's row.
    pub fn row(&self, name: &str) -> Row {
        Row { table: CURSORS, partition: 0, key: name.as_bytes().to_vec(), value: self.to_bytes() }
    }

    /// The stored cursor with its exact value; `None` where there is none, or it cannot be read.
    pub async fn read(
        store: &impl Store,
        name: &str,
    ) -> Result<(Option<Cursor>, Option<Vec<u8>>), StoreFault> {
        let value = store.get_many(CURSORS, &[(0, name.as_bytes().to_vec())]).await?.pop().flatten();
        let cursor = value.as_deref().and_then(|bytes| Cursor::from_bytes(bytes).ok());
        Ok((cursor, value))
    }

    /// Whether the rows are of this projection, and the cursor stands on this log of `size` entries.
    pub async fn fits<P: Projection>(
        &self,
        projection: &P,
        store: &impl Store,
        size: u64,
    ) -> Result<bool, StoreFault> {
        if (self.version, self.stamp) != (P::VERSION, projection.stamp()) || self.next > size {
            return Ok(false);
        }
        Ok(commitment_before(store, self.next).await? == self.before)
    }
}

/// The commitment of the entry before `next`; `None` for the first, and where only its hash is held.
pub async fn commitment_before(store: &impl Store, next: u64) -> Result<Option<Hash>, StoreFault> {
    let Some(index) = next.checked_sub(1) else { return Ok(None) };
    let key = (LOG_PARTITION, index.to_be_bytes().to_vec());
    let row = store.get_many(ENTRIES, &[key]).await?.pop().flatten();
    // The row is salt and entry, so its hash is the entry's commitment.
    Ok(row.map(|row| sha256(&[&row])))
}
