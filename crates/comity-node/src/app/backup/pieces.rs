//! The sealed pieces of evidence, beside the log: a folder of files named by SHA-256. A piece never changes, so one folder
//! serves any number of backups, and a later one adds only what is new. It opens with the keys that the log and the copy of
//! the keys hold, and with nothing else; the keys of what was deleted are in neither.

use super::super::SealedBodies;
use comity_exchange::{
    Bodies,
    tables::{EVIDENCE, EvidenceRow, evidence_shelf},
};
use comity_ledger::store::{Blobs, Order, Store, StoreFault};
use comity_record::{Canonical, Hash, RecordId};
use comity_store::{AnyStore, BlobFolder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path};

/// Bytes of one piece at most, far above those that are made.
const MOST: u64 = 64 << 20;
/// Packages read at once.
const PAGE: u32 = 256;

/// The sealed pieces of evidence that were brought to another place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pieces {
    /// Packages of which something is held.
    pub packages: u64,
    /// Pieces that are there now, each checked against its hash.
    pub held: u64,
    /// Packages of which pieces are missing or damaged at their source, by the records of their manifests.
    pub incomplete: Vec<String>,
}

/// Brings every piece that a key opens into the folder. What lies there already is hashed, and replaced where it is damaged.
pub(super) async fn keep(
    store: &AnyStore,
    bodies: &SealedBodies,
    folder: &Path,
) -> Result<Pieces, StoreFault> {
    let folder = BlobFolder::open(folder.to_path_buf())?;
    carry(wanted(store, bodies).await?, store, &folder).await
}

/// Brings every piece that a key opens back out of the folder; without one, only what the store itself has is there.
pub(super) async fn bring_back(
    store: &AnyStore,
    bodies: &SealedBodies,
    folder: Option<&Path>,
) -> Result<Pieces, StoreFault> {
    let wanted = wanted(store, bodies).await?;
    match folder {
        Some(folder) => carry(wanted, &BlobFolder::open(folder.to_path_buf())?, store).await,
        None => carry(wanted, store, store).await,
    }
}

/// The pieces of each package whose objects were not deleted.
type Wanted = Vec<(RecordId, BTreeSet<Hash>)>;

async fn wanted(store: &AnyStore, bodies: &SealedBodies) -> Result<Wanted, StoreFault> {
    let (mut wanted, mut from) = (Vec::new(), Vec::new());
    loop {
        let page = store.scan(EVIDENCE, 0, &from, &[], PAGE, Order::Ascending).await?;
        let Some((last, _)) = page.last() else { return Ok(wanted) };
        from = [last.as_slice(), &[0]].concat();
        for (key, value) in page {
            let damaged = || StoreFault::Damaged { why: "a row of evidence cannot be read".to_owned() };
            let record = Hash::from_slice(&key).map(RecordId).ok_or_else(damaged)?;
            let row = EvidenceRow::from_bytes(&value).map_err(|_| damaged())?;
            let parts: Vec<(u32, Vec<u8>)> =
                (1u32..).zip(&row.keys).map(|(part, sealed)| (part, sealed.to_vec())).collect();
            let opened = bodies.open(evidence_shelf(&record), &parts).await?;
            let kept = opened.into_iter().zip(row.chunks).filter(|(key, _)| key.is_some());
            let pieces: BTreeSet<Hash> = kept.flat_map(|(_, chunks)| chunks).collect();
            if !pieces.is_empty() {
                wanted.push((record, pieces));
            }
        }
    }
}

async fn carry(wanted: Wanted, from: &impl Blobs, to: &impl Blobs) -> Result<Pieces, StoreFault> {
    let mut found = Pieces { packages: wanted.len() as u64, ..Pieces::default() };
    for (record, pieces) in wanted {
        let mut whole = true;
        for piece in pieces {
            // Whole at its place already, as most pieces are from the second backup on.
            if matches!(to.get(piece, 0, 0).await, Ok(Some(_))) {
                found.held += 1;
                continue;
            }
            match from.get(piece, 0, MOST).await {
                Ok(Some(bytes)) => {
                    to.put(&bytes).await?;
                    found.held += 1;
                }
                Ok(None) | Err(StoreFault::Damaged { .. }) => whole = false,
                Err(fault) => return Err(fault),
            }
        }
        if !whole {
            found.incomplete.push(record.to_string());
        }
    }
    Ok(found)
}
