//! The tables of collections.

use crate::projection::view;
use comity_exchange::taxii::{Added, HeldVersions, Item};
use comity_ledger::store::{Partition, Row, StoreFault, Table};
use comity_record::{Canonical, Hash, RecordId};
use minicbor::{Decode, Encode};

/// Objects in the order in which they came: partition is the collection, the key `date_added`; value an [`Item`].
pub const ITEMS: Table = view("taxii_items");
/// The versions of each object: partition is the collection, the key the object's id under the node's key.
pub const OBJECTS: Table = view("taxii_objects");
/// Where each collection stands: partition 0, key its number; value a [`Head`]. Number 0 is the party as a whole.
pub const HEADS: Table = view("taxii_heads");
/// Saved searches: partition 0, key the number; value the search.
pub const SEARCHES: Table = view("taxii_searches");
/// Records in collections: partition 0, key the entry; value a [`Base`].
pub const BASES: Table = view("taxii_bases");

/// Every table.
pub const TABLES: &[Table] = &[ITEMS, OBJECTS, HEADS, SEARCHES, BASES];

/// Numbers of saved searches begin here; below are those of audience classes.
pub const FIRST_SEARCH: Partition = 1 << 16;

/// Where a collection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Head {
    /// The date given last; 0 before the first.
    #[n(0)]
    pub last: i64,
    /// Object versions in it.
    #[n(1)]
    pub count: u64,
}

impl Canonical for Head {
    const NAME: &'static str = "the head of a collection";
    const LIMIT: usize = 64;
}

impl Head {
    /// The date given last.
    pub fn added(&self) -> Added {
        Added(self.last)
    }
}

/// The place of a record in time: its object in slot `n` has the date `added + n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// The date of slot 0.
    pub added: Added,
    /// The collection of its class.
    pub partition: Partition,
    /// The record.
    pub record: RecordId,
}

impl Base {
    /// The date of a slot.
    pub fn at(&self, slot: u32) -> Added {
        Added(self.added.0.saturating_add(slot.into()))
    }

    /// The row.
    pub fn row(&self, entry: u64) -> Row {
        let value = [self.added.key().as_slice(), &self.partition.to_be_bytes(), &self.record.0.0].concat();
        Row { table: BASES, partition: 0, key: entry.to_be_bytes().to_vec(), value }
    }

    /// From a row's value.
    pub fn from_value(value: &[u8]) -> Result<Base, StoreFault> {
        let read = || {
            let (added, rest) = value.split_first_chunk::<8>()?;
            let (partition, record) = rest.split_first_chunk::<4>()?;
            let record = RecordId(Hash::from_slice(record)?);
            Some(Base { added: Added::from_key(added)?, partition: u32::from_be_bytes(*partition), record })
        };
        read().ok_or_else(|| damaged("a record's place"))
    }
}

/// The row of an item.
pub fn item_row(partition: Partition, item: &Item) -> Row {
    Row { table: ITEMS, partition, key: item.added.key().to_vec(), value: item.to_value() }
}

/// An item from its row.
pub fn item(key: &[u8], value: &[u8]) -> Result<Item, StoreFault> {
    Item::from_row(key, value).ok_or_else(|| damaged("an item"))
}

/// The row of an object's versions.
pub fn object_row(partition: Partition, id_key: [u8; 16], versions: &HeldVersions) -> Row {
    Row { table: OBJECTS, partition, key: id_key.to_vec(), value: versions.to_value() }
}

/// Versions from a row; none where there is no row.
pub fn versions(value: Option<&[u8]>) -> Result<HeldVersions, StoreFault> {
    let Some(value) = value else { return Ok(HeldVersions::default()) };
    HeldVersions::from_value(value).ok_or_else(|| damaged("the versions of an object"))
}

/// The row of a head.
pub fn head_row(partition: Partition, head: &Head) -> Row {
    Row { table: HEADS, partition: 0, key: partition.to_be_bytes().to_vec(), value: head.to_bytes() }
}

/// The number that a key of heads or searches names.
pub fn number(key: &[u8]) -> Result<Partition, StoreFault> {
    key.try_into().map(u32::from_be_bytes).map_err(|_| damaged("a collection's number"))
}

pub(super) fn damaged(what: &str) -> StoreFault {
    StoreFault::Damaged { why: format!("{what} of the collections cannot be read") }
}
