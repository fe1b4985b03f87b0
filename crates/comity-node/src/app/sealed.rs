//! Bodies of a node: sealed by the store's vault, whose keys live outside the log.

use comity_exchange::Bodies;
use comity_ledger::store::StoreFault;
use comity_record::RecordId;
use comity_store::{AnyStore, Vault, vault::VaultFault};
use std::{path::Path, sync::Arc};

/// The vault of a party. Cheap to clone.
#[derive(Clone)]
pub struct SealedBodies {
    vault: Arc<Vault<AnyStore>>,
}

impl std::fmt::Debug for SealedBodies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedBodies(..)")
    }
}

impl SealedBodies {
    /// Opens the vault whose epoch key stands in `epoch`.
    pub async fn open(store: AnyStore, epoch: &Path) -> Result<SealedBodies, VaultFault> {
        let random = Arc::new(comity_store::vault::SystemRandom);
        // Several processes of one party share the file, by a link where each has a folder of its own: the file itself is
        // replaced when something is erased, not the link.
        let epoch = std::fs::canonicalize(epoch).unwrap_or_else(|_| epoch.to_owned());
        Ok(SealedBodies { vault: Arc::new(Vault::open_at(store, &epoch, random).await?) })
    }

    /// Reads the epoch's key again, before this process seals after another one may have erased.
    pub fn refresh(&self) -> Result<(), VaultFault> {
        self.vault.refresh()
    }
}

impl SealedBodies {
    /// Whether a key of these parts of a record is still there, of any part where none is named.
    pub async fn opens(&self, record: RecordId, parts: Option<&[u32]>) -> Result<bool, VaultFault> {
        self.vault.opens(record, parts).await
    }

    /// Destroys the keys of parts of several records, of all their parts where none is named, with one change of epoch.
    pub async fn destroy_many(&self, gone: &[(RecordId, Option<Vec<u32>>)]) -> Result<(), VaultFault> {
        let gone: Vec<_> = gone.iter().map(|(record, parts)| (*record, parts.as_deref())).collect();
        self.vault.erase_many(&gone).await
    }
}

impl Bodies for SealedBodies {
    async fn seal(&self, records: &[(RecordId, Vec<Vec<u8>>)]) -> Result<Vec<Vec<Vec<u8>>>, StoreFault> {
        let (mut sealed, mut rows) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
        for (record, parts) in records {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let (bodies, row) = self.vault.seal(*record, &parts).map_err(fault)?;
            sealed.push(bodies);
            rows.push(row);
        }
        self.vault.keep(&rows).await.map_err(fault)?;
        Ok(sealed)
    }

    async fn open(
        &self,
        record: RecordId,
        parts: &[(u32, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        let parts: Vec<(u32, &[u8])> = parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
        self.vault.open_many(record, &parts).await.map_err(fault)
    }

    async fn destroy(&self, record: RecordId, parts: &[u32]) -> Result<(), StoreFault> {
        let parts = (!parts.is_empty()).then_some(parts);
        self.vault.erase(record, parts).await.map_err(fault)
    }

    /// With one change of epoch.
    async fn destroy_whole(&self, bodies: &[RecordId]) -> Result<(), StoreFault> {
        let gone: Vec<_> = bodies.iter().map(|body| (*body, None)).collect();
        self.vault.erase_many(&gone).await.map_err(fault)
    }
}

fn fault(fault: VaultFault) -> StoreFault {
    match fault {
        VaultFault::Store(fault) => fault,
        other => StoreFault::Damaged { why: format!("the vault of bodies: {other}") },
    }
}
