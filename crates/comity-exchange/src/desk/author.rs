//! Authoring: manuscripts become signed records, entered and held.

use super::{Desk, DeskFault};
use crate::{
    Bodies, Entropy, draw,
    tables::{Held, OBJECTS, RECORDS, RecordRow, object_key},
};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{
    Body, Canonical, Derivation, Draft, Entry, EntryKind, Labels, Manifest, OfficerId, RecordId, RecordSalt,
    Salts, Signed, Statement, Timestamp, UnitCode,
};

/// What is to become a record.
#[derive(Clone, Debug)]
pub struct Manuscript {
    /// The author's unit.
    pub unit: Option<UnitCode>,
    /// The officer answerable.
    pub officer: Option<OfficerId>,
    /// Its labels.
    pub labels: Labels,
    /// What it says.
    pub content: Content,
    /// The record it answers or follows.
    pub thread: Option<RecordId>,
    /// The link to the original, where it was made by redaction.
    pub derived: Option<Derivation>,
}

/// What a manuscript says.
#[derive(Clone, Debug)]
pub enum Content {
    /// STIX objects of one label class; the desk makes their manifest.
    Objects(Vec<Vec<u8>>),
    /// Any other body.
    Body(Body),
}

/// A record just authored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authored {
    /// Its id.
    pub record: RecordId,
    /// Its entry in the ledger.
    pub index: u64,
}

impl Manuscript {
    /// Objects of one label class.
    pub fn objects(labels: Labels, objects: Vec<Vec<u8>>) -> Manuscript {
        Manuscript::of(labels, Content::Objects(objects))
    }

    /// Any other body.
    pub fn body(labels: Labels, body: Body) -> Manuscript {
        Manuscript::of(labels, Content::Body(body))
    }

    fn of(labels: Labels, content: Content) -> Manuscript {
        Manuscript { unit: None, officer: None, labels, content, thread: None, derived: None }
    }
}

/// A signed record with the bytes that are held beside it.
pub(super) struct Written {
    pub record: Signed,
    pub salts: Salts,
    pub objects: Vec<Vec<u8>>,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Signs the manuscripts, enters each and holds it: one commit for all, durable on return.
    pub async fn author(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        manuscripts: Vec<Manuscript>,
    ) -> Result<Vec<Authored>, DeskFault> {
        let mut written: Vec<Written> = Vec::with_capacity(manuscripts.len());
        for manuscript in manuscripts {
            let one = match &manuscript.content {
                Content::Objects(_) => self.write(now, entropy, manuscript)?,
                Content::Body(_) => self.write_apart(now, entropy, &manuscript, &written).await?,
            };
            written.push(one);
        }
        let mut entries = Vec::with_capacity(written.len());
        for one in &written {
            let mut entry = Entry::new(EntryKind::Authored, now, self.party.clone());
            entry.record = Some(one.record.id());
            entries.push((entry, draw(entropy)));
        }
        let first = self.log.size();
        let ids: Vec<RecordId> = written.iter().map(|one| one.record.id()).collect();
        let rows = self.hold(first, written, None).await?;
        self.commit(entries, rows).await?;
        Ok((first..).zip(ids).map(|(index, record)| Authored { record, index }).collect())
    }

    /// A body carries no salt: the same words in the same millisecond would be the same record. A later one is therefore
    /// issued a millisecond after the one before.
    pub(super) async fn write_apart(
        &self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        manuscript: &Manuscript,
        before: &[Written],
    ) -> Result<Written, DeskFault> {
        let mut issued = now;
        loop {
            let one = self.write(issued, entropy, manuscript.clone())?;
            let id = one.record.id();
            let in_group = before.iter().any(|other| other.record.id() == id);
            if !in_group && self.record_rows(&[id]).await?.iter().all(Option::is_none) {
                return Ok(one);
            }
            issued = issued.plus_millis(1);
        }
    }

    fn write(
        &self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        manuscript: Manuscript,
    ) -> Result<Written, DeskFault> {
        let (body, salts, objects) = match manuscript.content {
            Content::Body(body) => (body, Salts::None, Vec::new()),
            Content::Objects(objects) => {
                let salt = RecordSalt::new(draw(entropy));
                let manifest = Manifest::of(&salt, &objects);
                if !manifest.is_within_bounds() {
                    return Err(DeskFault::Manuscript { objects: objects.len() });
                }
                (Body::Threat(manifest), Salts::Complete(salt), objects)
            }
        };
        let statement = Statement {
            origin: self.party.clone(),
            unit: manuscript.unit,
            officer: manuscript.officer,
            issued: now,
            labels: manuscript.labels,
            body,
            thread: manuscript.thread,
            derived: manuscript.derived,
        };
        let record = Draft(statement).sign(&*self.signers.record)?;
        Ok(Written { record, salts, objects })
    }

    /// The rows that hold records whose entries will be `first`, `first + 1` and so on. Their bodies' keys are durable
    /// when this returns.
    pub(super) async fn hold(
        &self,
        first: u64,
        written: Vec<Written>,
        received_from: Option<&comity_record::PartyCode>,
    ) -> Result<Vec<Row>, DeskFault> {
        let mut parts = Vec::with_capacity(written.len());
        for one in &written {
            let held = Held { envelope: one.record.as_bytes().to_vec().into(), salts: one.salts.clone() };
            let mut of_record = vec![held.to_bytes()];
            of_record.extend(one.objects.iter().cloned());
            parts.push((one.record.id(), of_record));
        }
        let sealed = self.bodies.seal(&parts).await?;
        let mut rows = Vec::new();
        for ((index, one), sealed) in (first..).zip(&written).zip(sealed) {
            let mut sealed = sealed.into_iter();
            let held = match &one.salts {
                Salts::Partial(salts) => Some(salts.iter().map(|(position, _)| *position).collect()),
                Salts::Complete(_) | Salts::None => None,
            };
            let row = RecordRow {
                index,
                objects: one.record.statement().body.manifest().map_or(0, |m| m.objects.len() as u32),
                held,
                sealed: sealed.next().unwrap_or_default().into(),
                received_from: received_from.cloned(),
            };
            rows.push(Row {
                table: RECORDS,
                partition: 0,
                key: one.record.id().0.0.to_vec(),
                value: row.to_bytes(),
            });
            rows.extend((0u32..).zip(sealed).map(|(slot, value)| Row {
                table: OBJECTS,
                partition: 0,
                key: object_key(index, slot),
                value,
            }));
        }
        Ok(rows)
    }
}
