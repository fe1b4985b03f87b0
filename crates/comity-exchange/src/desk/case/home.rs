//! What is done at home about a case: entered in our ledger, sealed, and never put into a turn.

use crate::{
    Bodies, Entropy,
    desk::{Desk, DeskFault},
    draw,
    tables::{CASE_HOME, HomeRow, case_home_key},
};
use comity_affairs::{
    CaseId,
    home::{self, HomeEntry},
};
use comity_ledger::store::{Kv, Order, Row, Store};
use comity_record::{Canonical, Entry, EntryKind, Hash, OfficerId, RecordId, Timestamp, sha256};
use std::collections::BTreeSet;

/// Something done at home, as it was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeEntered {
    /// Its entry.
    pub index: u64,
    /// Who did it; absent for the console.
    pub by: Option<OfficerId>,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub entry: HomeEntry,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Enters something done at home about a case. The ledger takes a hash of it; the words are sealed like a body.
    pub async fn home_enter(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        case: CaseId,
        by: Option<OfficerId>,
        entry: &HomeEntry,
    ) -> Result<u64, DeskFault> {
        let bytes = entry.to_bytes();
        let nonce: [u8; 32] = draw(entropy);
        let body = RecordId(sha256(&[b"comity case at home\0", &case.0.0, &nonce]));
        let mut sealed = self.bodies.seal(&[(body, vec![bytes.clone()])]).await?.into_iter().flatten();
        let row = HomeRow { body, by, at: now, sealed: sealed.next().unwrap_or_default().into() };
        let index = self.log.size();
        let mut entered = Entry::new(EntryKind::Administration, now, self.party.clone());
        entered.subject = Some(sha256(&[&nonce, &bytes]));
        let key = case_home_key(case, index);
        let rows = vec![Row { table: CASE_HOME, partition: 0, key, value: row.to_bytes() }];
        self.commit(vec![(entered, draw(entropy))], rows).await?;
        Ok(index)
    }

    /// What was done at home about a case, oldest first. What was erased is left out.
    pub async fn home_entries(&self, case: CaseId) -> Result<Vec<HomeEntered>, DeskFault> {
        let to = [case.0.0.as_slice(), &[0xff; 9]].concat();
        let rows = self.store.scan(CASE_HOME, 0, &case.0.0, &to, 10_000, Order::Ascending).await?;
        let mut entries = Vec::with_capacity(rows.len());
        for (key, value) in rows {
            let row = HomeRow::from_bytes(&value)?;
            let opened = self.bodies.open(row.body, &[(0, row.sealed.to_vec())]).await?.pop().flatten();
            let Some(bytes) = opened else { continue };
            let index = key.last_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
            let entry = HomeEntry::from_bytes(&bytes)?;
            entries.push(HomeEntered { index, by: row.by, at: row.at, entry });
        }
        Ok(entries)
    }

    /// Draft, authorisations and approvals of a case as they stand.
    pub async fn home_of(&self, case: CaseId) -> Result<home::Desk, DeskFault> {
        let entries = self.home_entries(case).await?;
        Ok(home::Desk::read(case, entries.iter().map(|entered| &entered.entry)))
    }

    /// The cases about which something was done at home.
    pub async fn home_cases(&self) -> Result<BTreeSet<CaseId>, DeskFault> {
        let rows = self.rows(CASE_HOME, 0).await?;
        Ok(rows.iter().filter_map(|(key, _)| Hash::from_slice(key.get(..32)?).map(CaseId)).collect())
    }
}
