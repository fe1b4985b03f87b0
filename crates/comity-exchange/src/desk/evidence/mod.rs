//! Evidence at this desk: manifests as records, the custody record of each holder, and who may be given sealed pieces.
//!
//! The objects themselves never pass through a desk: the rim seals them into chunks and keeps those by hash. The desk
//! keeps the keys, sealed apart from the log so that deletion reaches every copy, and enters each act in the ledger. What
//! it gives out of a package it gives by [`Released`], which is made only of a clearance that stands and is committed.

mod delete;
mod fault;
mod give;
mod pack;
mod read;
mod take;

pub use fault::EvidenceFault;
pub use give::Released;
pub use pack::{Hand, Packing};

use super::{Desk, DeskFault};
use crate::{
    Bodies, Entropy, draw,
    tables::{CUSTODY, EVIDENCE_NOTES, STAMPS, evidence_key},
};
use comity_affairs::custody::{self, Chain, Note, NoteRow, Stamp};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{Attested, Canonical, Entry, EntryKind, Hash, OfficerId, RecordId, Timestamp};
use std::fmt;

/// The sealed pieces of one object, and its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Vessel {
    /// The key of the object.
    pub key: [u8; 32],
    /// SHA-256 of each sealed chunk.
    pub chunks: Vec<Hash>,
}

impl fmt::Debug for Vessel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vessel").field("chunks", &self.chunks.len()).finish_non_exhaustive()
    }
}

/// Custody entries that are written, with the rows and ledger entries of the commit that makes them count.
pub(super) struct Written {
    pub signed: Vec<Attested<custody::Entry>>,
    pub rows: Vec<Row>,
    pub entries: Vec<(Entry, comity_record::EntrySalt)>,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Enters acts in one's own custody record of a package: each fits the one before it, is signed and is in the ledger.
    pub async fn enter_custody(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        acts: Vec<custody::Entry>,
    ) -> Result<Chain, EvidenceFault> {
        let mut chain = self.own_chain(record).await?;
        let written = self.write_custody(now, entropy, record, &mut chain, acts)?;
        self.commit(written.entries, written.rows).await?;
        Ok(chain)
    }

    /// Enters a note about a package; its index in the ledger.
    pub async fn note(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        by: Option<OfficerId>,
        note: Note,
    ) -> Result<u64, DeskFault> {
        let value = NoteRow { by, at: now, note };
        let index = self.log.size();
        let row = Row {
            table: EVIDENCE_NOTES,
            partition: 0,
            key: evidence_key(&record, index),
            value: value.to_bytes(),
        };
        self.commit(vec![self.custody_entry(now, entropy, record, value.hash())], vec![row]).await?;
        Ok(index)
    }

    /// Keeps a time-stamp of a manifest; its index in the ledger.
    pub async fn keep_stamp(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        stamp: &Stamp,
    ) -> Result<u64, DeskFault> {
        let (index, value) = (self.log.size(), comity_record::canonical::encode(stamp));
        let subject = comity_record::sha256(&[&value]);
        let row = Row { table: STAMPS, partition: 0, key: evidence_key(&record, index), value };
        self.commit(vec![self.custody_entry(now, entropy, record, subject)], vec![row]).await?;
        Ok(index)
    }

    /// Fills in the places of acts and signs them.
    fn write_custody(
        &self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        chain: &mut Chain,
        acts: Vec<custody::Entry>,
    ) -> Result<Written, EvidenceFault> {
        let mut written = Written { signed: Vec::new(), rows: Vec::new(), entries: Vec::new() };
        for act in acts {
            let entry = chain.write(act)?.clone();
            let number = u64::from(entry.number);
            let signed = Attested::sign(entry, &*self.signers.record).map_err(DeskFault::from)?;
            written.rows.push(Row {
                table: CUSTODY,
                partition: 0,
                key: evidence_key(&record, number),
                value: signed.as_bytes().to_vec(),
            });
            written.entries.push(self.custody_entry(now, entropy, record, signed.hash()));
            written.signed.push(signed);
        }
        Ok(written)
    }

    /// The ledger entry that commits to something about a package.
    fn custody_entry(
        &self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        subject: Hash,
    ) -> (Entry, comity_record::EntrySalt) {
        let mut entry = Entry::new(EntryKind::Custody, now, self.party.clone());
        (entry.record, entry.subject) = (Some(record), Some(subject));
        (entry, draw(entropy))
    }
}
