//! Erasure of what was written at home: drafts and approvals of a case, tasks, orders to providers. The ledger says first
//! that it happens, then the keys of the bodies go. The hashes of what was done stay in the ledger, and tell nothing.

use super::{Desk, DeskFault, erase::Erased};
use crate::{
    Bodies, Entropy, draw,
    inner::{HomeErased, InnerAct, InnerEntry},
    tables::{CASE_HOME, ERASURES, ErasureRow, HomeRow, INNER, InnerRow},
};
use comity_affairs::{CaseId, home::HomeEntry};
use comity_ledger::store::{Kv, Order, Row, Store};
use comity_record::{Canonical, Entry, EntryKind, Hash, OfficerId, RecordId, Timestamp, sha256};

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Erases what was written at home about a case, or about a task with what was handed on from it; `None` where nothing
    /// is there. That a case was sent, and that something was erased, stays known. Done when it returns: no key opens the
    /// bodies.
    ///
    /// A crash after the commit leaves keys that are to go; they go at the next start, or when it is asked for again.
    pub async fn erase_home(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        by: Option<&OfficerId>,
        (case, task): (Option<CaseId>, Option<u32>),
        reason: &str,
    ) -> Result<Option<Erased>, DeskFault> {
        let inner = self.inner_named().await?;
        let entries: Vec<InnerEntry> = inner.iter().map(|(_, entry)| entry.clone()).collect();
        let erased = HomeErased::of(&entries, case, task, reason.to_owned());
        let covered = inner.iter().filter(|(_, entry)| erased.covers(&entry.act));
        let mut bodies: Vec<RecordId> = covered.map(|(name, _)| *name).collect();
        if let Some(case) = case {
            bodies.extend(self.home_bodies(case).await?);
        }
        if bodies.is_empty() {
            return Ok(None);
        }
        let said = InnerEntry {
            nonce: draw(entropy).into(),
            by: by.cloned(),
            at: now,
            act: InnerAct::Erased(erased),
        };
        let name = RecordId(Hash(draw(entropy)));
        let sealed = self.bodies.seal(&[(name, vec![said.to_bytes()])]).await?;
        let sealed = sealed.into_iter().flatten().next().unwrap_or_default();
        let first = self.log.size();
        let mut told = Entry::new(EntryKind::Administration, now, self.party.clone());
        told.subject = Some(said.hash());
        let mut entries = vec![(told, draw(entropy))];
        let value = InnerRow { name, sealed: sealed.into() }.to_bytes();
        let mut rows = vec![Row { table: INNER, partition: 0, key: first.to_be_bytes().to_vec(), value }];
        for (index, body) in (first.saturating_add(1)..).zip(&bodies) {
            let mut entry = Entry::new(EntryKind::Erasure, now, self.party.clone());
            entry.record = Some(*body);
            entry.subject = by.map(|officer| sha256(&[officer.as_str().as_bytes()]));
            entries.push((entry, draw(entropy)));
            let value = ErasureRow { record: *body, slots: None }.to_bytes();
            rows.push(Row { table: ERASURES, partition: 0, key: index.to_be_bytes().to_vec(), value });
        }
        rows.sort_by(|a, b| (a.table.name, &a.key).cmp(&(b.table.name, &b.key)));
        self.commit(entries, rows).await?;
        self.bodies.destroy_whole(&bodies).await?;
        Ok(Some(Erased { index: first, bodies: bodies.len() }))
    }

    /// The bodies of what was done at home about a case and can still be read, but for the mark that it was sent: that
    /// holds no words.
    async fn home_bodies(&self, case: CaseId) -> Result<Vec<RecordId>, DeskFault> {
        let to = [case.0.0.as_slice(), &[0xff; 9]].concat();
        let rows = self.store.scan(CASE_HOME, 0, &case.0.0, &to, 10_000, Order::Ascending).await?;
        let mut bodies = Vec::with_capacity(rows.len());
        for (_, value) in rows {
            let row = HomeRow::from_bytes(&value)?;
            let opened = self.bodies.open(row.body, &[(0, row.sealed.to_vec())]).await?.pop().flatten();
            let Some(bytes) = opened else { continue };
            if !matches!(HomeEntry::from_bytes(&bytes)?, HomeEntry::Sent { .. }) {
                bodies.push(row.body);
            }
        }
        Ok(bodies)
    }
}
