//! Whether our steps arrived, and sending again those that did not.

use super::{CaseFile, NewBasis};
use crate::{
    Acknowledgement, Bodies, Entropy, Outcome,
    desk::{Desk, DeskFault, Shared, Sharing, open::position_of},
    tables::{ACKNOWLEDGED, OUTBOX, OutboxRow, REJUDGED, Rejudged},
};
use comity_ledger::store::{Kv, Order, Store};
use comity_record::{Attested, Canonical, RecordId, Timestamp};

/// How far a record of ours has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It waits in the outbox, or is on its way.
    Underway,
    /// It was cleared once and could no longer be when it was to be sent.
    Withdrawn,
    /// The other node has dealt with it. This is a machine's receipt and no act of a desk.
    Answered(Outcome),
}

impl Delivery {
    /// Whether the other side does not have it and will not get it by itself.
    pub fn is_lost(&self) -> bool {
        !matches!(self, Delivery::Underway | Delivery::Answered(Outcome::TakenIn))
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Our records of a case in order, the request first, each with how far it has come.
    pub async fn case_delivery(&self, file: &CaseFile) -> Result<Vec<(RecordId, Delivery)>, DeskFault> {
        let own = file.entries.iter().filter(|entry| !entry.received).map(|entry| entry.record);
        let request = file.request().filter(|_| file.side == comity_affairs::Side::Asking);
        let mut delivered = Vec::new();
        for record in request.into_iter().chain(own) {
            delivered.push((record, self.delivery(file, record).await?));
        }
        Ok(delivered)
    }

    async fn delivery(&self, file: &CaseFile, record: RecordId) -> Result<Delivery, DeskFault> {
        let number = self.peer(&file.peer)?.number;
        let mut position = None;
        for (key, value) in self.rows(OUTBOX, number).await? {
            if OutboxRow::from_bytes(&value)?.record == record {
                position = Some(position_of(&key));
            }
        }
        let row = self.record_rows(&[record]).await?.pop().flatten();
        if row.is_some_and(|row| row.received_from.is_some()) {
            // It was lost here and given back by the party that holds it.
            return Ok(Delivery::Answered(Outcome::TakenIn));
        }
        let Some(position) = position else { return Ok(Delivery::Withdrawn) };
        let key = (number, position.to_be_bytes().to_vec());
        if let Some(bytes) = self.store.get_many(ACKNOWLEDGED, &[key]).await?.pop().flatten() {
            let answer = Attested::<Acknowledgement>::from_bytes(&bytes)?;
            return Ok(Delivery::Answered(answer.claimed().outcome.clone()));
        }
        let (from, to) = (position.to_be_bytes(), (position + 1).to_be_bytes());
        let later = self.store.scan(REJUDGED, number, &from, &to, 1, Order::Descending).await?;
        let later = later.first().map(|(_, value)| Rejudged::from_bytes(value)).transpose()?;
        let withdrawn = later.is_some_and(|later| !later.cleared);
        Ok(if withdrawn { Delivery::Withdrawn } else { Delivery::Underway })
    }

    /// Puts our records of a case to the border again that did not arrive, in their order: what follows them waits there.
    /// They rest on what they rested on before, or on what an officer names now.
    pub async fn case_resend(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        file: &CaseFile,
        named: &NewBasis,
    ) -> Result<Vec<Shared>, DeskFault> {
        let mut sharings = Vec::new();
        for (record, delivery) in self.case_delivery(file).await? {
            if !delivery.is_lost() {
                continue;
            }
            let entry = file.entries.iter().find(|entry| entry.record == record);
            let entry = entry.or(file.entries.iter().find(|entry| !entry.received));
            let Some(entry) = entry else { continue };
            let Some(crossed) = self.crossed(file, entry).await? else { continue };
            let mut request = crossed.request;
            named.put(&mut request);
            sharings.push(Sharing { record, request });
        }
        self.share(now, entropy, sharings).await
    }
}
