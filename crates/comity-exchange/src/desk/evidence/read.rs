//! What is held of evidence.

use super::{EvidenceFault, Vessel};
use crate::{
    Bodies, Desk, DeskFault, HeldRecord,
    tables::{CUSTODY, EVIDENCE, EVIDENCE_NOTES, EvidenceRow, STAMPS, evidence_key, evidence_shelf},
};
use comity_affairs::CaseId;
use comity_affairs::custody::{self, Care, Chain, Dossier, Note, NoteRow, Package, Stamp};
use comity_ledger::store::{Kv, Order, Partition, Store, Table};
use comity_record::{Attested, Body, Canonical, Hash, Kind, PartyCode, RecordId};
use std::collections::BTreeSet;

/// Rows read at once of one package.
const PAGE: u32 = 100_000;

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Every manifest held, packed here or received, oldest first.
    pub async fn manifests(&self) -> Result<Vec<RecordId>, DeskFault> {
        // A manifest is a body, and no record of objects.
        let bodies = self.records_where(|id, row| (row.objects == 0).then_some((row.index, id))).await?;
        let mut found = Vec::new();
        for record in bodies {
            match self.envelope(record).await {
                Ok(held) if held.record.header().kind == Kind::Evidence => found.push(record),
                Ok(_) | Err(DeskFault::Erased { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(found)
    }

    /// The manifests whose objects are held, or were: those with keys here.
    pub async fn packages(&self) -> Result<Vec<RecordId>, DeskFault> {
        let rows = self.rows(EVIDENCE, 0).await?;
        Ok(rows.iter().filter_map(|(key, _)| Hash::from_slice(key).map(RecordId)).collect())
    }

    /// The manifest of a record, with the record itself.
    pub async fn manifest(&self, record: RecordId) -> Result<(HeldRecord, Package), EvidenceFault> {
        let held = self.envelope(record).await?;
        let Body::Evidence(bytes) = &held.record.statement().body else {
            return Err(EvidenceFault::NoManifest { record: record.0.short() });
        };
        let package = Package::read(bytes)?;
        Ok((held, package))
    }

    /// Where the sealed pieces of a package are, where they are held or being fetched.
    pub async fn evidence_row(&self, record: RecordId) -> Result<Option<EvidenceRow>, DeskFault> {
        let found = self.store.get_many(EVIDENCE, &[(0, record.0.0.to_vec())]).await?.pop().flatten();
        Ok(found.map(|bytes| EvidenceRow::from_bytes(&bytes)).transpose()?)
    }

    /// The sealed pieces of each object with its key; `None` for one that was deleted.
    pub async fn vessels(&self, record: RecordId) -> Result<Vec<Option<Vessel>>, EvidenceFault> {
        let row = self.evidence_row(record).await?;
        let row = row.ok_or_else(|| EvidenceFault::NotHeld { record: record.0.short() })?;
        let parts: Vec<(u32, Vec<u8>)> =
            (1u32..).zip(&row.keys).map(|(part, sealed)| (part, sealed.to_vec())).collect();
        let opened = self.bodies.open(evidence_shelf(&record), &parts).await?;
        let vessels = opened.into_iter().zip(row.chunks).map(|(key, chunks)| {
            let key = <[u8; 32]>::try_from(key?.as_slice()).ok()?;
            Some(Vessel { key, chunks })
        });
        Ok(vessels.collect())
    }

    /// One's own custody record of a package.
    pub async fn own_chain(&self, record: RecordId) -> Result<Chain, EvidenceFault> {
        self.chain_in(record, 0).await
    }

    /// The custody record of another holder, as far as it came.
    pub async fn chain_of(&self, record: RecordId, holder: &PartyCode) -> Result<Chain, EvidenceFault> {
        self.chain_in(record, self.peer(holder)?.number).await
    }

    async fn chain_in(&self, record: RecordId, partition: Partition) -> Result<Chain, EvidenceFault> {
        let mut chain = Chain::default();
        for bytes in self.signed_chain(record, partition).await? {
            chain.add(Attested::<custody::Entry>::from_bytes(&bytes)?.claimed().clone())?;
        }
        Ok(chain)
    }

    /// The signed entries of a custody record.
    pub(super) async fn signed_chain(
        &self,
        record: RecordId,
        partition: Partition,
    ) -> Result<Vec<Vec<u8>>, DeskFault> {
        Ok(self.about(CUSTODY, partition, record).await?.into_iter().map(|(_, value)| value).collect())
    }

    /// The signed entries of one's own custody record, oldest first.
    pub async fn custody_entries(&self, record: RecordId) -> Result<Vec<Vec<u8>>, DeskFault> {
        self.signed_chain(record, 0).await
    }

    /// The notes about a package, oldest first, each with its index in the ledger.
    pub async fn notes(&self, record: RecordId) -> Result<Vec<(u64, NoteRow)>, DeskFault> {
        let rows = self.about(EVIDENCE_NOTES, 0, record).await?;
        let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let index = key.last_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
            Ok((index, NoteRow::from_bytes(value)?))
        };
        rows.iter().map(read).collect()
    }

    /// What the notes about a package come to.
    pub async fn care(&self, record: RecordId) -> Result<Care, DeskFault> {
        let notes = self.notes(record).await?;
        Ok(Care::of(notes.iter().map(|(_, row)| &row.note)))
    }

    /// The time-stamps of a manifest.
    pub async fn stamps(&self, record: RecordId) -> Result<Vec<Stamp>, DeskFault> {
        let read = |(_, value): &(Vec<u8>, Vec<u8>)| {
            minicbor::decode(value)
                .map_err(|why| DeskFault::Other { what: "a time-stamp", why: why.to_string() })
        };
        self.about(STAMPS, 0, record).await?.iter().map(read).collect()
    }

    /// What is carried for verification of every package of a case that is held here.
    pub async fn dossiers_of(&self, case: CaseId) -> Result<Vec<Dossier>, EvidenceFault> {
        let mut dossiers = Vec::new();
        for record in self.manifests().await? {
            if self.manifest(record).await?.1.case == case {
                dossiers.push(self.dossier(record).await?);
            }
        }
        Ok(dossiers)
    }

    /// What is carried for verification beside the objects.
    pub async fn dossier(&self, record: RecordId) -> Result<Dossier, EvidenceFault> {
        let (held, package) = self.manifest(record).await?;
        let mut chains = vec![self.signed_chain(record, 0).await?];
        let numbers: BTreeSet<u32> = self.peers.values().map(|peer| peer.number).collect();
        for number in numbers {
            chains.push(self.signed_chain(record, number).await?);
        }
        chains.retain(|chain| !chain.is_empty());
        // The giver first.
        let giver = |chain: &Vec<Vec<u8>>| {
            let first = chain.first().map(|bytes| Attested::<custody::Entry>::from_bytes(bytes));
            first.is_none_or(|first| first.is_ok_and(|first| first.claimed().party != package.from))
        };
        chains.sort_by_key(giver);
        let statements = self.notes(record).await?.into_iter().filter_map(|(_, row)| match row.note {
            Note::Deleted { statement, .. } => Some(statement),
            _ => None,
        });
        Ok(Dossier {
            version: 1,
            record: held.record.as_bytes().to_vec().into(),
            chains: chains.into_iter().map(|chain| chain.into_iter().map(Into::into).collect()).collect(),
            stamps: self.stamps(record).await?,
            statements: statements.collect(),
        })
    }

    async fn about(
        &self,
        table: Table,
        partition: Partition,
        record: RecordId,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, DeskFault> {
        let (from, to) = (evidence_key(&record, 0), evidence_key(&record, u64::MAX));
        Ok(self.store.scan(table, partition, &from, &to, PAGE, Order::Ascending).await?)
    }

    /// The SHA-256 of every object of a manifest.
    pub(super) fn objects_of(package: &Package) -> Vec<Hash> {
        package.items.iter().map(|item| item.sha256).collect()
    }
}
