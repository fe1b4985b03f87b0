//! Giving sealed pieces to a peer: only of a package whose manifest was cleared for it, and whose entry is committed.

use super::EvidenceFault;
use crate::{Bodies, Desk, DeskFault, Entropy, Hand, tables::CUSTODY, tables::evidence_key};
use comity_affairs::custody::{self, Act, Chain, Parcel, Transfer};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{Attested, Hash, PartyCode, RecordId, Timestamp, UnitCode};
use std::collections::BTreeSet;

/// The right to give sealed pieces of one package to one party.
///
/// INVARIANT: made only by [`Desk::released`], of a clearance that stands and whose entry is committed (design invariants 1
/// and 2). Who sends a piece asks for this value, so that sending one without a judgement does not compile.
#[derive(Clone, Debug)]
pub struct Released {
    record: RecordId,
    party: PartyCode,
    chunks: Vec<Vec<Hash>>,
    all: BTreeSet<Hash>,
}

impl Released {
    /// The record of the manifest.
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// Whether this sealed piece belongs to the package.
    pub fn covers(&self, chunk: &Hash) -> bool {
        self.all.contains(chunk)
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Whether a party may be given the sealed pieces of a package now. Judged again where an input of its clearance has
    /// changed, as a dispatch is.
    pub async fn released(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        party: &PartyCode,
    ) -> Result<Option<Released>, DeskFault> {
        let Some(row) = self.evidence_row(record).await? else { return Ok(None) };
        if !self.is_cleared(now, entropy, party, record).await? {
            return Ok(None);
        }
        let all = row.chunks.iter().flatten().copied().collect();
        Ok(Some(Released { record, party: party.clone(), chunks: row.chunks, all }))
    }

    /// The parcel for a party; `keys` are the keys of the objects, sealed to it.
    pub async fn parcel(
        &self,
        now: Timestamp,
        released: &Released,
        unit: Option<UnitCode>,
        keys: Vec<u8>,
    ) -> Result<Attested<Parcel>, EvidenceFault> {
        let head = self.own_chain(released.record).await?.head();
        let parcel = Parcel {
            version: 1,
            from: self.party.clone(),
            to: released.party.clone(),
            unit,
            record: released.record,
            at: now,
            chunks: released.chunks.clone(),
            keys: keys.into(),
            head: head.unwrap_or_default(),
        };
        Ok(Attested::sign(parcel, &*self.signers.record).map_err(DeskFault::from)?)
    }

    /// Closes a transfer: the receiver's signed entry is kept, and one's own record names its head. Where that was done
    /// before, nothing changes. The signed entries of one's own record are returned.
    pub async fn hand_over(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        released: &Released,
        received: &[u8],
        hand: &Hand,
    ) -> Result<Vec<Vec<u8>>, EvidenceFault> {
        let (record, party) = (released.record, &released.party);
        let refused = |why| EvidenceFault::NotAccepted { record: record.0.short(), why };
        let received = Attested::<custody::Entry>::from_bytes(received)?;
        let came = received.verify(&self.keys)?.clone();
        let (_, package) = self.manifest(record).await?;
        let mut own = self.own_chain(record).await?;
        if came.party != *party || came.act != Act::Received || came.number != 0 {
            return Err(refused("it is no first entry of the receiver"));
        }
        if came.objects != Self::objects_of(&package) {
            return Err(refused("the receiver's entry names other objects"));
        }
        let to_us = came.transfer.as_ref().filter(|transfer| transfer.party == self.party);
        if !to_us.is_some_and(|transfer| own.has_head(&transfer.head)) {
            return Err(refused("the receiver's entry names no head of our record"));
        }
        if own.handed_to(party) {
            return Ok(self.signed_chain(record, 0).await?);
        }
        let mut act = hand.does(&self.party, now, Act::HandedOver, came.objects.clone());
        act.transfer = Some(Transfer { party: party.clone(), head: comity_record::Canonical::hash(&came) });
        Chain::default().add(came)?;
        let mut written = self.write_custody(now, entropy, record, &mut own, vec![act])?;
        written.rows.push(Row {
            table: CUSTODY,
            partition: self.peer(party)?.number,
            key: evidence_key(&record, 0),
            value: received.as_bytes().to_vec(),
        });
        written.entries.push(self.custody_entry(now, entropy, record, received.hash()));
        self.commit(written.entries, written.rows).await?;
        Ok(self.signed_chain(record, 0).await?)
    }
}
