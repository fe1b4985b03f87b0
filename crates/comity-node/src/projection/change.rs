//! What the log tells a projection.

use comity_exchange::house::ActRow;
use comity_record::{EntryKind, Kind, Labels, PartyCode, RecordId, Statement, Timestamp, body::Narrowing};

/// One entry of the log, with what it brought.
#[derive(Clone, Debug)]
pub struct Change {
    /// The entry.
    pub index: u64,
    /// The recorded time of the entry; of a lost entry, that of none.
    pub at: Option<Timestamp>,
    /// What it brought.
    pub what: What,
}

/// What an entry brought.
#[derive(Clone, Debug)]
pub enum What {
    /// A record is held from here on: authored, imported or received.
    Held(Box<Holding>),
    /// Bodies were erased.
    Erased(Gone),
    /// A record, or objects of it, were recalled by its author.
    Recalled(Withdrawn),
    /// The author of a record narrowed its audience.
    Narrowed(Box<Narrowed>),
    /// An administrative act.
    Act(Box<ActRow>),
    /// Anything else, or an entry whose content was lost.
    Other(Option<EntryKind>),
}

/// A record as it is held now. Objects erased meanwhile are not in it.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// What it states: origin, labels, and of what it was derived.
    pub statement: Statement,
    /// From whom it came, where it did not originate here.
    pub received_from: Option<PartyCode>,
    /// Its objects.
    pub objects: Vec<HeldObject>,
}

/// An object of a record.
#[derive(Clone, Debug)]
pub struct HeldObject {
    /// Its slot: with the record's entry it is the key of the object's row, and the place that an index points at.
    pub slot: u32,
    /// Its position in the record's manifest.
    pub position: u32,
    /// Its bytes as received.
    pub bytes: Vec<u8>,
}

/// What is gone of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The record.
    pub record: RecordId,
    /// Its entry.
    pub entry: u64,
    /// Whether the envelope is gone too, and so the whole record.
    pub whole: bool,
    /// The slots whose objects are gone.
    pub slots: Vec<u32>,
}

/// A record that is held, and the narrower audience that its author asked for, all narrowings together.
#[derive(Clone, Debug)]
pub struct Narrowed {
    /// The entry of the record.
    pub entry: u64,
    /// The record as it is held now.
    pub holding: Holding,
    /// What it is narrowed to.
    pub narrowing: Narrowing,
}

impl Narrowed {
    /// The slots of its objects.
    pub fn slots(&self) -> Vec<u32> {
        self.holding.objects.iter().map(|object| object.slot).collect()
    }

    /// The record as if it had been signed with those labels.
    pub fn as_judged(&self) -> Holding {
        let mut holding = self.holding.clone();
        holding.statement.labels = self.labels();
        holding
    }

    /// Its labels as they are judged from now on.
    pub fn labels(&self) -> Labels {
        let mut labels = self.holding.statement.labels.clone();
        labels.tlp = labels.tlp.max(self.narrowing.tlp.unwrap_or(labels.tlp));
        labels
    }
}

/// What was recalled of a record that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The record.
    pub record: RecordId,
    /// Its entry.
    pub entry: u64,
    /// The slots recalled: all that are held, where the whole record was.
    pub slots: Vec<u32>,
}
