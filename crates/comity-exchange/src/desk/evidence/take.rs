//! Taking in what a giver sends of a package: its parcel, its custody record, and the end of the transfer.

use super::{EvidenceFault, Vessel};
use crate::{
    Bodies, Desk, DeskFault, Entropy, Hand,
    tables::{CUSTODY, evidence_key},
};
use comity_affairs::custody::{self, Act, Chain, Parcel, Transfer};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{Attested, Hash, PartyCode, RecordId, Timestamp};

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Keeps a parcel whose keys were opened, with the giver's custody record. Its manifest came before it, cleared by our
    /// border. A parcel that is here already changes nothing.
    pub async fn take_parcel(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        parcel: &Attested<Parcel>,
        keys: Vec<[u8; 32]>,
        chain: &[Vec<u8>],
    ) -> Result<(), EvidenceFault> {
        let said = parcel.verify(&self.keys)?.clone();
        let record = said.record;
        let refused = |why| EvidenceFault::NotAccepted { record: record.0.short(), why };
        if said.to != self.party {
            return Err(refused("the parcel is for another party"));
        }
        let (held, package) = self.manifest(record).await?;
        if held.received_from.as_ref() != Some(&said.from) {
            return Err(refused("its manifest did not come from this giver"));
        }
        said.check(record, &package)?;
        if keys.len() != said.chunks.len() {
            return Err(refused("it has not one key for each object"));
        }
        if self.evidence_row(record).await?.is_some() {
            return Ok(());
        }
        let (giver, mut rows) = self.read_chain(record, &said.from, chain)?;
        if giver.head() != Some(said.head) {
            return Err(refused("the giver's custody record ends with another head than the parcel names"));
        }
        if package.from == said.from && !giver.has_head(&package.custody) {
            return Err(refused("the giver's custody record has not the head that closes the manifest"));
        }
        let vessels = said.chunks.into_iter().zip(keys).map(|(chunks, key)| Vessel { key, chunks });
        rows.push(self.shelve(record, vessels.collect(), Some(said.from)).await?);
        self.commit(vec![self.custody_entry(now, entropy, record, parcel.hash())], rows).await?;
        Ok(())
    }

    /// Enters that a package came and was found whole; the signed entry, for the giver.
    pub async fn receive_package(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        hand: &Hand,
    ) -> Result<Vec<u8>, EvidenceFault> {
        let signed = self.signed_chain(record, 0).await?;
        if let Some(first) = signed.into_iter().next() {
            return Ok(first);
        }
        let row = self.evidence_row(record).await?;
        let from = row.and_then(|row| row.from);
        let from = from.ok_or_else(|| EvidenceFault::NotHeld { record: record.0.short() })?;
        let head = self.chain_of(record, &from).await?.head();
        let (_, package) = self.manifest(record).await?;
        let mut act = hand.does(&self.party, now, Act::Received, Self::objects_of(&package));
        act.transfer = Some(Transfer { party: from, head: head.unwrap_or_default() });
        let written = self.write_custody(now, entropy, record, &mut Chain::default(), vec![act])?;
        let first = written.signed.first().map(|signed| signed.as_bytes().to_vec());
        self.commit(written.entries, written.rows).await?;
        first.ok_or_else(|| EvidenceFault::NotHeld { record: record.0.short() })
    }

    /// Keeps what is new in the giver's custody record; what is held of it must be its beginning.
    pub async fn take_chain(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        from: &PartyCode,
        chain: &[Vec<u8>],
    ) -> Result<Chain, EvidenceFault> {
        let held = self.signed_chain(record, self.peer(from)?.number).await?;
        if held.len() > chain.len() || held.iter().zip(chain).any(|(held, came)| held != came) {
            let why = "the giver's custody record is not what it was before";
            return Err(EvidenceFault::NotAccepted { record: record.0.short(), why });
        }
        let (giver, rows) = self.read_chain(record, from, chain)?;
        let rows: Vec<Row> = rows.into_iter().skip(held.len()).collect();
        if !rows.is_empty() {
            let subject = giver.head().unwrap_or_default();
            self.commit(vec![self.custody_entry(now, entropy, record, subject)], rows).await?;
        }
        Ok(giver)
    }

    /// A custody record as its holder signed it, checked, with its rows.
    fn read_chain(
        &self,
        record: RecordId,
        holder: &PartyCode,
        signed: &[Vec<u8>],
    ) -> Result<(Chain, Vec<Row>), EvidenceFault> {
        let partition = self.peer(holder)?.number;
        let (mut chain, mut rows) = (Chain::default(), Vec::with_capacity(signed.len()));
        for bytes in signed {
            let entry = Attested::<custody::Entry>::from_bytes(bytes)?;
            let said = entry.verify(&self.keys)?.clone();
            if said.party != *holder {
                let why = "an entry of its custody record is of another holder";
                return Err(EvidenceFault::NotAccepted { record: record.0.short(), why });
            }
            let key = evidence_key(&record, u64::from(said.number));
            chain.add(said)?;
            rows.push(Row { table: CUSTODY, partition, key, value: bytes.clone() });
        }
        Ok((chain, rows))
    }

    /// The sealed pieces of a package that a receiver still has to fetch, of those that `has` does not know.
    pub async fn wanted(&self, record: RecordId) -> Result<Vec<Hash>, DeskFault> {
        let row = self.evidence_row(record).await?;
        Ok(row.map(|row| row.chunks.into_iter().flatten().collect()).unwrap_or_default())
    }
}
