//! Reads: scans of one partition, batched look-ups, dropping a projection, following.

use super::{Broken, LOG, Place, VIEW, head, log_row, promise, refused, same, view_row};
use comity_ledger::store::{Batch, Follow, LogHead, Order, Pairs, Row, Store};
use std::time::Duration;

fn pairs(keys: &[&[u8]]) -> Pairs {
    keys.iter().map(|key| (key.to_vec(), key.to_vec())).collect()
}

/// Bounds, limits and directions, with keys that are prefixes of each other and reach the ends of the byte range.
pub(super) async fn scans_in_order<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let keys: [&[u8]; 6] = [b"", b"\0", b"a", b"a\0", b"ab", b"\xff\xff"];
    let rows = keys.iter().rev().map(|key| log_row(key, key)).collect();
    store.commit(LogHead::default(), Batch { head: head(1, 0), rows }).await?;
    let backwards: Vec<&[u8]> = keys.iter().rev().copied().collect();
    type Case<'a> = (&'a [u8], &'a [u8], u32, Order, &'a [&'a [u8]]);
    let cases: [Case<'_>; 12] = [
        (b"", b"", 100, Order::Ascending, &keys),
        (b"", b"", 100, Order::Descending, &backwards),
        (b"", b"", 2, Order::Ascending, &[b"", b"\0"]),
        (b"", b"", 2, Order::Descending, &[b"\xff\xff", b"ab"]),
        (b"", b"", 0, Order::Ascending, &[]),
        (b"a", b"ab", 100, Order::Ascending, &[b"a", b"a\0"]),
        (b"a", b"ab", 1, Order::Descending, &[b"a\0"]),
        (b"a\0", b"", 100, Order::Ascending, &[b"a\0", b"ab", b"\xff\xff"]),
        (b"b", b"c", 100, Order::Ascending, &[]),
        (b"ab", b"a", 100, Order::Ascending, &[]),
        (b"a", b"a", 100, Order::Descending, &[]),
        (b"\xff\xff", b"\xff\xff\xff", 100, Order::Descending, &[b"\xff\xff"]),
    ];
    for (from, to, limit, order, wanted) in cases {
        let found = store.scan(LOG, 1, from, to, limit, order).await?;
        same(found, pairs(wanted), "a scan gives from <= key < to, in order, to its limit")?;
    }
    Ok(())
}

pub(super) async fn scans_stay_in_their_partition<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let partitions = [0, 1, 2, 255, 256, u32::MAX - 1, u32::MAX, 1 << 31];
    let row = |partition: u32, key: &[u8]| Row { partition, ..log_row(key, key) };
    let rows =
        partitions.iter().flat_map(|partition| [row(*partition, b"\0"), row(*partition, b"\xff")]).collect();
    store.commit(LogHead::default(), Batch { head: head(1, 0), rows }).await?;
    for partition in partitions {
        for order in [Order::Ascending, Order::Descending] {
            let found = store.scan(LOG, partition, b"", b"", 100, order).await?;
            let wanted = match order {
                Order::Ascending => pairs(&[b"\0", b"\xff"]),
                Order::Descending => pairs(&[b"\xff", b"\0"]),
            };
            same(found, wanted, "a scan stays in its partition")?;
        }
    }
    same(store.scan(LOG, 3, b"", b"", 100, Order::Ascending).await?, vec![], "an unused partition is empty")?;
    same(store.scan(VIEW, 1, b"", b"", 100, Order::Ascending).await?, vec![], "tables do not mix")
}

pub(super) async fn get_many_keeps_order<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let rows = (0..500u32)
        .map(|n| Row { partition: n % 3, ..log_row(&n.to_be_bytes(), &n.to_le_bytes()) })
        .collect();
    store.commit(LogHead::default(), Batch { head: head(1, 0), rows }).await?;
    let asked: Vec<u32> = (0..600).map(|n| n * 7919 % 600).chain([5, 5, 599]).collect();
    let keys: Vec<_> = asked.iter().map(|n| (n % 3, n.to_be_bytes().to_vec())).collect();
    let wanted: Vec<_> = asked.iter().map(|n| (*n < 500).then(|| n.to_le_bytes().to_vec())).collect();
    same(
        store.get_many(LOG, &keys).await?,
        wanted,
        "look-ups answer in the order asked, twice where asked twice",
    )?;
    same(store.get_many(LOG, &[]).await?, vec![], "no keys, no values")?;
    let elsewhere = store.get_many(LOG, &[(1, 0u32.to_be_bytes().to_vec())]).await?;
    same(elsewhere, vec![None], "a key counts in its partition only")
}

pub(super) async fn drops_projections_only<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    store.drop_projection(VIEW).await?;
    let rows = vec![log_row(b"a", b"1"), view_row(b"a", b"2"), Row { partition: 9, ..view_row(b"b", b"3") }];
    store.commit(LogHead::default(), Batch { head: head(1, 0), rows }).await?;
    refused(store.drop_projection(LOG).await, "store/bounds", "a log table is not dropped")?;
    store.drop_projection(VIEW).await?;
    for partition in [1, 9] {
        let left = store.scan(VIEW, partition, b"", b"", 10, Order::Ascending).await?;
        same(left, vec![], "a dropped projection is empty")?;
    }
    same(store.get_many(LOG, &[(1, b"a".to_vec())]).await?, vec![Some(b"1".to_vec())], "the log stays")?;
    same(store.head().await?, head(1, 0), "the head stays")?;
    store.commit(head(1, 0), Batch { head: head(1, 0), rows: vec![view_row(b"a", b"again")] }).await?;
    let rebuilt = store.scan(VIEW, 1, b"", b"", 10, Order::Ascending).await?;
    same(rebuilt, vec![(b"a".to_vec(), b"again".to_vec())], "a dropped projection can be rebuilt")?;
    place.close(store).await?;
    let store = place.open().await?;
    let rebuilt = store.scan(VIEW, 1, b"", b"", 10, Order::Ascending).await?;
    same(rebuilt, vec![(b"a".to_vec(), b"again".to_vec())], "a rebuilt projection lasts")
}

pub(super) async fn follows_growth<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    same(store.changed_after(0, 1).await?, 0, "patience ends where nothing grows")?;
    let follower = store.clone();
    let waiting = tokio::spawn(async move { follower.changed_after(0, 600_000).await });
    store.commit(LogHead::default(), Batch { head: head(3, 0), rows: Vec::new() }).await?;
    let seen = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    match seen {
        Ok(Ok(size)) => same(size?, 3, "a follower sees the new size")?,
        other => promise(false, "a follower wakes when the log grows", || format!("{other:?}"))?,
    }
    same(store.changed_after(2, 600_000).await?, 3, "what has grown already is answered at once")
}
