//! What survives reopening, and who may have a place open.

use super::{Broken, LOG, Place, VIEW, head, log_row, promise, same, view_row};
use comity_ledger::store::{Batch, Blobs, Kv, LogHead, Order, Store, StoreFault};

pub(super) async fn everything_survives_reopening<P: Place>(place: &P) -> Result<(), Broken> {
    let mut now = LogHead::default();
    for round in 1..=6u64 {
        let store = place.open().await?;
        same(store.head().await?, now, "the head survives reopening")?;
        let next = head(round, 0);
        let rows = vec![log_row(&round.to_be_bytes(), &[7; 700]), view_row(b"latest", &round.to_be_bytes())];
        store.commit(now, Batch { head: next, rows }).await?;
        now = next;
        store.put_many("s", &[(round.to_be_bytes().to_vec(), Some(vec![1]))]).await?;
        store.put(&round.to_be_bytes()).await?;
        let log = store.scan(LOG, 1, b"", b"", 100, Order::Ascending).await?;
        same(log.len() as u64, round, "log rows survive reopening")?;
        let view = store.get_many(VIEW, &[(1, b"latest".to_vec())]).await?;
        same(view, vec![Some(round.to_be_bytes().to_vec())], "the latest projection row survives reopening")?;
        same(store.list("s", b"", 100, 0).await?.len() as u64, round, "spaces survive reopening")?;
        // Every second time without a clean stop, as far as the place can tell.
        if round % 2 == 0 {
            place.close(store).await?;
        }
    }
    Ok(())
}

/// Either a second opening is refused with a clear fault, or both see each other's commits and the head fences them.
pub(super) async fn processes_share_or_exclude<P: Place>(place: &P) -> Result<(), Broken> {
    let first = place.open().await?;
    let second = place.open().await;
    if !place.shared() {
        let refused = matches!(&second, Err(StoreFault::Unreachable { why }) if why.contains("open in"));
        return promise(refused, "a second opening of an exclusive place is refused", || match second {
            Ok(_) => "it was opened twice".to_owned(),
            Err(fault) => fault.to_string(),
        });
    }
    let second = second?;
    first.commit(LogHead::default(), Batch { head: head(1, 1), rows: vec![log_row(b"a", b"1")] }).await?;
    let lost =
        second.commit(LogHead::default(), Batch { head: head(1, 2), rows: vec![log_row(b"a", b"2")] }).await;
    let fenced = matches!(lost, Err(StoreFault::Conflict { found }) if found == head(1, 1));
    promise(fenced, "the slower process meets a conflict", || format!("{lost:?}"))?;
    same(second.head().await?, head(1, 1), "both processes see one head")
}
