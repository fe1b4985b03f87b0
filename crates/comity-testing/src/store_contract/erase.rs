//! Erasure leaves no trace in any file.

use super::{Broken, LOG, Place, VIEW, head, log_row, promise, same, view_row};
use comity_ledger::{
    Log, MemoryStore,
    store::{Batch, Blobs, ErasureAuthority, LogHead, Order, Store},
};
use comity_record::{Entry, EntryKind, PartyCode, Timestamp};
use std::{fs, io::ErrorKind, path::Path};

/// The authority of an erasure, as a ledger gives it: the entry is committed, here to a store in memory.
pub async fn authority() -> Result<ErasureAuthority, Broken> {
    let store = MemoryStore::new();
    let check = |what: String| Broken::Check(what);
    let mut log = Log::open(&store).await.map_err(|fault| check(fault.to_string()))?;
    let party: PartyCode = "XA".parse().map_err(|bad: comity_record::BadCode| check(bad.to_string()))?;
    let entry = Entry::new(EntryKind::Erasure, Timestamp::from_millis(0), party);
    let committed = log.commit(&store, vec![(entry, [0; 16])], Vec::new()).await?;
    let authority = committed.first().and_then(ErasureAuthority::from_entry);
    authority.ok_or_else(|| check("no authority came of an erasure's entry".to_owned()))
}

/// Canaries in log rows, projection rows and overwritten projection rows, some flushed and some only in journals.
pub(super) async fn leaves_no_trace<P: Place>(place: &P) -> Result<(), Broken> {
    let authority = authority().await?;
    let canary = |which: &str| format!("canary-{which}-of-a-person-who-asked").into_bytes();
    let store = place.open().await?;
    let rows = vec![
        log_row(b"a", b"stays"),
        log_row(b"b", &canary("log")),
        view_row(b"a", &canary("view-before")),
        log_row(b"c", b"stays too"),
    ];
    store.commit(LogHead::default(), Batch { head: head(1, 0), rows }).await?;
    place.close(store).await?;
    let store = place.open().await?;
    let rows = vec![view_row(b"a", &canary("view")), log_row(b"d", &canary("journal"))];
    store.commit(head(1, 0), Batch { head: head(2, 0), rows }).await?;

    let (b, d) = ((1, b"b".to_vec()), (1, b"d".to_vec()));
    Store::erase(&store, LOG, &[b.clone(), d.clone(), (7, b"absent".to_vec())], &authority).await?;
    Store::erase(&store, VIEW, &[(1, b"a".to_vec())], &authority).await?;
    for which in ["log", "view-before", "view", "journal"] {
        for folder in place.files() {
            let found = search(&folder, &canary(which)).map_err(|error| Broken::Check(error.to_string()))?;
            promise(found.is_none(), "after an erasure no file shows what was erased", || {
                format!("{which} in {}", found.unwrap_or_default())
            })?;
        }
    }
    same(store.get_many(LOG, &[b, d]).await?, vec![None, None], "erased rows are gone")?;
    let left = store.scan(LOG, 1, b"", b"", 10, Order::Ascending).await?;
    let wanted = vec![(b"a".to_vec(), b"stays".to_vec()), (b"c".to_vec(), b"stays too".to_vec())];
    same(left, wanted.clone(), "other rows stay")?;
    same(store.head().await?, head(2, 0), "the head stays")?;

    store.commit(head(2, 0), Batch { head: head(3, 0), rows: vec![log_row(b"e", b"on")] }).await?;
    place.close(store).await?;
    let store = place.open().await?;
    same(store.head().await?, head(3, 0), "the store goes on after an erasure")?;
    let left = store.scan(LOG, 1, b"", b"e", 10, Order::Ascending).await?;
    same(left, wanted, "other rows stay after reopening")
}

pub(super) async fn blobs_are_erased<P: Place>(place: &P) -> Result<(), Broken> {
    let authority = authority().await?;
    let store = place.open().await?;
    let canary = b"canary of a large body that was erased";
    let hash = store.put(canary).await?;
    let other = store.put(b"another body").await?;
    Blobs::erase(&store, hash, &authority).await?;
    Blobs::erase(&store, hash, &authority).await?;
    same(store.exists(hash).await?, false, "an erased blob is gone")?;
    same(store.exists(other).await?, true, "other blobs stay")?;
    for folder in place.files() {
        let found = search(&folder, canary).map_err(|error| Broken::Check(error.to_string()))?;
        promise(found.is_none(), "no file shows an erased blob", || found.unwrap_or_default())?;
    }
    Ok(())
}

/// The first file under `folder` that holds `needle`.
fn search(folder: &Path, needle: &[u8]) -> std::io::Result<Option<String>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(found) = search(&path, needle)? {
                return Ok(Some(found));
            }
            continue;
        }
        match fs::read(&path) {
            Ok(bytes) if bytes.windows(needle.len()).any(|window| window == needle) => {
                return Ok(Some(path.display().to_string()));
            }
            // A running database removes files while they are searched; what is removed shows nothing.
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(None)
}
