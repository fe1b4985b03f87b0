//! Blobs by hash.

use super::{Broken, Place, same};
use comity_ledger::store::Blobs;
use comity_record::sha256;

pub(super) async fn holds_bytes_by_hash<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let large: Vec<u8> = (0..3_000_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for bytes in [&b"a body"[..], b"", &large] {
        let hash = sha256(&[bytes]);
        same(store.exists(hash).await?, false, "a blob is absent before")?;
        same(Blobs::get(&store, hash, 0, u64::MAX).await?, None, "an absent blob is none")?;
        same(store.put(bytes).await?, hash, "a blob is named by its SHA-256")?;
        same(store.put(bytes).await?, hash, "storing twice is harmless")?;
        same(store.exists(hash).await?, true, "a blob is there after")?;
        let held = Blobs::get(&store, hash, 0, u64::MAX).await?;
        same(held.as_deref() == Some(bytes), true, "a blob is held whole")?;
    }
    let hash = sha256(&[&large]);
    for (from, to) in [
        (0, 1),
        (255_999, 256_001),
        (262_143, 262_145),
        (2_999_999, 9_000_000),
        (5, 5),
        (9, 3),
        (4_000_000, 5_000_000),
    ] {
        let clip = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(large.len());
        let wanted = large.get(clip(from)..clip(to)).unwrap_or_default().to_vec();
        let found = Blobs::get(&store, hash, from, to).await?;
        same(found == Some(wanted), true, "bytes of a blob by range")?;
    }
    place.close(store).await?;
    let store = place.open().await?;
    same(store.exists(hash).await?, true, "a blob survives reopening")
}
