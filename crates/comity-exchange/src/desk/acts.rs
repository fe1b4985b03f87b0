//! Administrative acts: entered, applied, and applied again when the desk is opened.

use super::{Desk, DeskFault};
use crate::{
    Bodies, Entropy, draw,
    house::{Act, ActFault, ActRow, Disposal, restand},
    tables::ACTS,
};
use comity_law::ChangeSet;
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{Canonical, Entry, EntryKind, OfficerId, Timestamp};
use std::sync::Arc;

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Does an administrative act: checked, entered with who did it, durable on return.
    pub async fn act(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        by: Option<OfficerId>,
        act: Act,
    ) -> Result<Result<u64, ActFault>, DeskFault> {
        if let Err(fault) = self.house.check(&act) {
            return Ok(Err(fault));
        }
        let row = ActRow { by, at: now, act };
        // An act that cannot be applied is not entered.
        let register = self.changed_register(&row.act)?;
        let kind = match row.act {
            Act::ChangeSet { .. } => EntryKind::Register,
            _ => EntryKind::Administration,
        };
        let index = self.log.size();
        let mut entry = Entry::new(kind, now, self.party.clone());
        entry.subject = Some(row.hash());
        let key = index.to_be_bytes().to_vec();
        let mut rows = vec![Row { table: ACTS, partition: 0, key, value: row.to_bytes() }];
        if let (Some(after), Act::ChangeSet { bytes, .. }) = (&register, &row.act) {
            rows.push(self.register_row(after, bytes));
        }
        self.commit(vec![(entry, draw(entropy))], rows).await?;
        self.apply_act(&row.act, register);
        Ok(Ok(index))
    }

    pub(super) fn apply_act_row(&mut self, row: &ActRow) -> Result<(), DeskFault> {
        let register = self.changed_register(&row.act)?;
        self.apply_act(&row.act, register);
        Ok(())
    }

    fn apply_act(&mut self, act: &Act, register: Option<comity_law::Register>) {
        Arc::make_mut(&mut self.house).apply(act);
        self.law.restand(|entries| restand(entries, act));
        if let Some(register) = register {
            self.law.register = Arc::new(register);
        }
    }

    fn changed_register(&self, act: &Act) -> Result<Option<comity_law::Register>, DeskFault> {
        let Act::ChangeSet { bytes, disposal: Disposal::Taken } = act else { return Ok(None) };
        let change = ChangeSet::from_bytes(bytes)?;
        let register = self.law.register.apply(&change).map_err(|faults| DeskFault::Other {
            what: "the change set does not fit the register",
            why: faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        })?;
        Ok(Some(register))
    }
}
