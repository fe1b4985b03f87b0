//! Classes: what the border can tell apart.

use super::{CLASSES, IndexKey};
use crate::projection::{Holding, Narrowed};
use comity_border::{Asked, Subject};
use comity_ledger::store::{Order, Row, Store, StoreFault};
use comity_record::{Body, Canonical, PartyCode};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// The id of a class: a keyed hash of what the border looks at.
pub type ClassId = [u8; 8];

/// The class of what was recalled. Only the party itself reads it.
pub const WITHHELD: ClassId = [0; 8];

/// Most classes read at once.
const ALL: u32 = 1_000_000;

/// A class as known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What the border looks at in its records; their ids are not among it.
    pub subject: Subject,
}

impl Known {
    /// Whether these records were derived by redaction at a party.
    pub fn is_derived_by(&self, party: &PartyCode) -> bool {
        self.subject.redacted.is_some() && self.subject.author == *party
    }
}

/// The classes of a party's records, in memory. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Classes(Arc<RwLock<BTreeMap<ClassId, Arc<Known>>>>);

impl Classes {
    /// All of them, by id.
    pub fn all(&self) -> Vec<(ClassId, Arc<Known>)> {
        let classes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        classes.iter().map(|(id, known)| (*id, Arc::clone(known))).collect()
    }

    /// One of them.
    pub fn get(&self, id: &ClassId) -> Option<Arc<Known>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Whether a class is known.
    pub fn has(&self, id: &ClassId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    pub(super) fn put(&self, id: ClassId, subject: Subject) {
        let mut classes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        classes.insert(id, Arc::new(Known { subject }));
    }

    pub(super) fn remove(&self, id: &ClassId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Reads them from their table.
    pub(super) async fn read(&self, store: &impl Store, key: &IndexKey) -> Result<(), StoreFault> {
        let mut classes = BTreeMap::new();
        for (id, sealed) in store.scan(CLASSES, 0, &[], &[], ALL, Order::Ascending).await? {
            let known = id
                .first_chunk()
                .and_then(|id: &ClassId| Some((*id, Subject::from_bytes(&key.open(id, &sealed)?).ok()?)));
            let (id, subject) = known.ok_or_else(damaged)?;
            classes.insert(id, Arc::new(Known { subject }));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = classes;
        Ok(())
    }
}

/// What the border looks at in a record, without its id.
pub(super) fn subject_of(holding: &Holding) -> Subject {
    let statement = &holding.statement;
    Subject {
        record: None,
        author: statement.origin.clone(),
        kind: holding.kind.as_str().to_owned(),
        known: !matches!(statement.body, Body::Unknown { .. }),
        labels: statement.labels.clone(),
        asked: match &statement.body {
            Body::Request(request) => Some(Asked::of(request)),
            _ => None,
        },
        redacted: statement.derived.as_ref().map(|derived| derived.redacted.clone()),
        audience: None,
    }
}

impl Narrowed {
    /// What the border looks at in the record from now on.
    pub(super) fn subject(&self) -> Subject {
        subject_of(&self.holding).narrowed(&self.narrowing)
    }
}

/// The row of a class.
pub(super) fn class_row(key: &IndexKey, id: &ClassId, described: &[u8]) -> Result<Row, StoreFault> {
    let value = key.seal(id, described).ok_or_else(damaged)?;
    Ok(Row { table: CLASSES, partition: 0, key: id.to_vec(), value })
}

fn damaged() -> StoreFault {
    StoreFault::Damaged { why: "a row of the index's classes cannot be read".to_owned() }
}
