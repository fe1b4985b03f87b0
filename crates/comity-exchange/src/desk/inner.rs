//! What is done at home: entered in the ledger with who did it, its words sealed like the body of a record.

use super::{Desk, DeskFault};
use crate::{
    Bodies, Entropy, draw,
    inner::{InnerAct, InnerEntry},
    tables::{INNER, InnerRow},
};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{Canonical, Entry, EntryKind, Hash, OfficerId, RecordId, Timestamp};

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Enters something done at home; durable on return. Whether it may be done was looked at before, in the same turn of
    /// the sequencer.
    pub async fn enter_inner(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        by: Option<OfficerId>,
        act: InnerAct,
    ) -> Result<u64, DeskFault> {
        let entry = InnerEntry { nonce: draw(entropy).into(), by, at: now, act };
        let name = RecordId(Hash(draw(entropy)));
        let sealed = self.bodies.seal(&[(name, vec![entry.to_bytes()])]).await?;
        let sealed = sealed.into_iter().flatten().next().unwrap_or_default();
        let index = self.log.size();
        let mut told = Entry::new(EntryKind::Administration, now, self.party.clone());
        told.subject = Some(entry.hash());
        let value = InnerRow { name, sealed: sealed.into() }.to_bytes();
        let row = Row { table: INNER, partition: 0, key: index.to_be_bytes().to_vec(), value };
        self.commit(vec![(told, draw(entropy))], vec![row]).await?;
        Ok(index)
    }

    /// Everything done at home, oldest first. What was erased is left out.
    pub async fn inner_entries(&self) -> Result<Vec<InnerEntry>, DeskFault> {
        Ok(self.inner_named().await?.into_iter().map(|(_, entry)| entry).collect())
    }

    /// The same, each with the name under which its key is kept.
    pub(super) async fn inner_named(&self) -> Result<Vec<(RecordId, InnerEntry)>, DeskFault> {
        let mut entries = Vec::new();
        for (_, value) in self.rows(INNER, 0).await? {
            let row = InnerRow::from_bytes(&value)?;
            let opened = self.bodies.open(row.name, &[(0, row.sealed.to_vec())]).await?;
            if let Some(bytes) = opened.into_iter().next().flatten() {
                entries.push((row.name, InnerEntry::from_bytes(&bytes)?));
            }
        }
        Ok(entries)
    }
}
