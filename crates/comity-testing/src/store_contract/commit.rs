//! Commits: atomic, compare-and-set on the head, put-once in log tables.

use super::{Broken, LOG, Place, VIEW, head, log_row, promise, refused, same, view_row};
use comity_ledger::store::{Batch, LogHead, Order, Projected, Row, Store, StoreFault, Table};

pub(super) async fn begins_empty<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    same(store.head().await?, LogHead::default(), "a new store has the empty head")?;
    same(store.scan(LOG, 1, b"", b"", 10, Order::Ascending).await?, vec![], "a new store has no rows")?;
    same(store.get_many(LOG, &[(1, b"a".to_vec())]).await?, vec![None], "a new store has no rows")
}

pub(super) async fn writes_all_or_nothing<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let rows = vec![log_row(b"a", b"1"), view_row(b"a", b"2")];
    let moved = store.commit(LogHead::default(), Batch { head: head(1, 0), rows }).await?;
    same(moved, head(1, 0), "a commit returns the new head")?;
    same(store.head().await?, head(1, 0), "a commit moves the head")?;

    let stale = Batch { head: head(2, 0), rows: vec![log_row(b"b", b"1"), view_row(b"a", b"changed")] };
    refused(store.commit(LogHead::default(), stale).await, "store/conflict", "a stale head is a conflict")?;
    let overwriting = Batch {
        head: head(2, 0),
        rows: vec![view_row(b"a", b"changed"), log_row(b"b", b"1"), log_row(b"a", b"other")],
    };
    let refusal = store.commit(head(1, 0), overwriting).await;
    refused(refusal, "store/overwrite", "a log row is not overwritten")?;

    same(store.head().await?, head(1, 0), "a refused commit leaves the head")?;
    let log = store.scan(LOG, 1, b"", b"", 10, Order::Ascending).await?;
    same(log, vec![(b"a".to_vec(), b"1".to_vec())], "a refused commit leaves the log")?;
    let view = store.scan(VIEW, 1, b"", b"", 10, Order::Ascending).await?;
    same(view, vec![(b"a".to_vec(), b"2".to_vec())], "a refused commit leaves the projections")
}

/// Eight writers race over twenty heads; each head is won once, and only the winner's rows are there.
pub(super) async fn one_wins_per_head<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let mut now = LogHead::default();
    for size in 1..=20u64 {
        let race: Vec<_> = (0..8u8)
            .map(|writer| {
                let (store, expected) = (store.clone(), now);
                let rows =
                    vec![log_row(&size.to_be_bytes(), &[writer]), view_row(&[writer], &size.to_be_bytes())];
                tokio::spawn(
                    async move { store.commit(expected, Batch { head: head(size, writer), rows }).await },
                )
            })
            .collect();
        let mut winners = Vec::new();
        let mut found = Vec::new();
        for (writer, task) in (0..8u8).zip(race) {
            match task.await.map_err(|error| Broken::Check(error.to_string()))? {
                Ok(head) => winners.push((writer, head)),
                Err(StoreFault::Conflict { found: seen }) => found.push(seen),
                Err(other) => return Err(other.into()),
            }
        }
        let [(winner, won)] = winners.as_slice() else {
            return promise(false, "exactly one commit wins per head", || format!("{winners:?} at {size}"));
        };
        same(*won, head(size, *winner), "the winner's head stands")?;
        promise(found.iter().all(|seen| seen == won), "a conflict names the head found", || {
            format!("{found:?}")
        })?;
        let row = store.get_many(LOG, &[(1, size.to_be_bytes().to_vec())]).await?;
        same(row, vec![Some(vec![*winner])], "only the winner's rows are written")?;
        now = *won;
    }
    same(store.head().await?, now, "the head is the last winner's")
}

pub(super) async fn log_rows_are_put_once<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let keys: [&[u8]; 5] = [b"m", b"a", b"", b"z", b"mm"];
    let rows = keys.iter().map(|key| log_row(key, b"first")).collect();
    store.commit(LogHead::default(), Batch { head: head(1, 0), rows }).await?;
    for key in keys {
        let again = Batch { head: head(1, 0), rows: vec![log_row(key, b"first")] };
        store.commit(head(1, 0), again).await?;
        let other = Batch { head: head(1, 0), rows: vec![log_row(key, b"second")] };
        refused(store.commit(head(1, 0), other).await, "store/overwrite", "a log row keeps its value")?;
    }
    let twice = |second: &[u8]| Batch {
        head: head(1, 0),
        rows: vec![log_row(b"zz", b"one"), log_row(b"y", b"one"), log_row(b"zz", second)],
    };
    refused(
        store.commit(head(1, 0), twice(b"two")).await,
        "store/overwrite",
        "two values for one log row in one commit",
    )?;
    same(
        store.get_many(LOG, &[(1, b"y".to_vec())]).await?,
        vec![None],
        "nothing of a refused commit is written",
    )?;
    store.commit(head(1, 0), twice(b"one")).await?;
    let held = store.get_many(LOG, &[(1, b"zz".to_vec()), (1, b"m".to_vec())]).await?;
    same(held, vec![Some(b"one".to_vec()), Some(b"first".to_vec())], "log rows hold their first value")
}

pub(super) async fn projection_rows_are_overwritten<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let none = LogHead::default();
    for value in [b"1", b"2"] {
        store.commit(none, Batch { head: none, rows: vec![view_row(b"a", value)] }).await?;
    }
    same(
        store.get_many(VIEW, &[(1, b"a".to_vec())]).await?,
        vec![Some(b"2".to_vec())],
        "a projection is overwritten",
    )?;
    let rows = vec![view_row(b"a", b"3"), view_row(b"b", b"x"), view_row(b"a", b"4")];
    store.commit(none, Batch { head: none, rows }).await?;
    same(
        store.get_many(VIEW, &[(1, b"a".to_vec())]).await?,
        vec![Some(b"4".to_vec())],
        "the last row of a commit stands",
    )
}

/// A projector's step: removed, then written, with the cursor or not at all.
pub(super) async fn projectors_step_with_their_cursor<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let step = |expected: Option<&[u8]>, cursor: &[u8], removed: &[&[u8]], rows: Vec<Row>| Projected {
        cursor: Row { partition: 7, ..view_row(b"cursor", cursor) },
        expected: expected.map(<[u8]>::to_vec),
        removed: removed.iter().map(|key| (VIEW, 1, key.to_vec())).collect(),
        rows,
    };
    let first = vec![view_row(b"a", b"1"), view_row(b"b", b"1")];
    same(store.project(step(None, b"1", &[b"zz"], first)).await?, true, "a first step is taken")?;
    let late = step(None, b"9", &[b"a"], vec![view_row(b"b", b"late")]);
    same(store.project(late).await?, false, "a step from another cursor is not taken")?;
    let second = vec![view_row(b"b", b"2"), view_row(b"c", b"2")];
    let second = step(Some(b"1"), b"2", &[b"a", b"c"], second);
    same(store.project(second).await?, true, "the next step is taken")?;
    let found = store.scan(VIEW, 1, b"", b"", 10, Order::Ascending).await?;
    let wanted = vec![(b"b".to_vec(), b"2".to_vec()), (b"c".to_vec(), b"2".to_vec())];
    same(found, wanted, "rows are removed, then written")?;
    let logged = step(Some(b"2"), b"3", &[], vec![log_row(b"a", b"")]);
    refused(store.project(logged).await, "store/bounds", "a log row is no projection")?;
    let unlogged =
        Projected { removed: vec![(LOG, 1, b"a".to_vec())], ..step(Some(b"2"), b"3", &[], vec![]) };
    refused(store.project(unlogged).await, "store/bounds", "a log row is not removed so")?;
    same(store.head().await?, LogHead::default(), "a projector leaves the head")?;
    place.close(store).await?;
    let found = place.open().await?.get_many(VIEW, &[(7, b"cursor".to_vec())]).await?;
    same(found, vec![Some(b"2".to_vec())], "the cursor lasts")
}

pub(super) async fn bounds_are_kept<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let none = LogHead::default();
    let named = |name| Row { table: Table { name, ..VIEW }, ..view_row(b"a", b"") };
    let beyond = [
        view_row(&[7; 1025], b""),
        view_row(b"a", &vec![7; (20 << 20) + 1]),
        named(""),
        named("Capital"),
        named("with space"),
        named("quote\"drop"),
        named("twenty_five_characters_xx"),
    ];
    for row in beyond {
        let outcome = store.commit(none, Batch { head: none, rows: vec![row] }).await;
        refused(outcome, "store/bounds", "what is beyond the bounds is refused")?;
    }
    let longest = view_row(&[0xff; 1024], b"v");
    store
        .commit(none, Batch { head: none, rows: vec![longest.clone(), named("twenty_four_characters_x")] })
        .await?;
    let held = store.get_many(VIEW, &[(1, longest.key)]).await?;
    same(held, vec![Some(b"v".to_vec())], "the longest key is held")
}

pub(super) async fn large_values<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let large: Vec<u8> = (0..20u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let rows = vec![log_row(b"large", &large), log_row(b"none", b"")];
    store.commit(LogHead::default(), Batch { head: head(1, 0), rows }).await?;
    let held = store.get_many(LOG, &[(1, b"large".to_vec()), (1, b"none".to_vec())]).await?;
    promise(
        held == vec![Some(large), Some(Vec::new())],
        "a value of 20 MiB and an empty one are held",
        || format!("{:?}", held.iter().map(|value| value.as_ref().map(Vec::len)).collect::<Vec<_>>()),
    )
}

/// Several tables and partitions, thousands of rows, in one commit.
pub(super) async fn many_rows<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let row = |table: Table, number: u32| Row {
        table,
        partition: number % 7,
        key: number.to_be_bytes().to_vec(),
        value: number.to_le_bytes().to_vec(),
    };
    let rows = (0..3000).flat_map(|number| [row(LOG, number), row(VIEW, number)]).collect();
    store.commit(LogHead::default(), Batch { head: head(3000, 0), rows }).await?;
    let mut count = 0;
    for partition in 0..7 {
        for table in [LOG, VIEW] {
            let found = store.scan(table, partition, b"", b"", 10_000, Order::Ascending).await?;
            let wanted: Vec<_> =
                (0..3000).filter(|number| number % 7 == partition).map(|number| row(table, number)).collect();
            let wanted: Vec<_> = wanted.into_iter().map(|row| (row.key, row.value)).collect();
            count += found.len();
            same(found, wanted, "all rows of a large commit are there")?;
        }
    }
    same(count, 6000, "all rows of a large commit are there")
}

/// A caller that goes away in the middle leaves a whole commit or none, and a store that goes on.
pub(super) async fn an_abandoned_commit_is_whole<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    for size in 1..=30u64 {
        let now = store.head().await?;
        let writer = store.clone();
        let rows = (0..50u64)
            .map(|part| log_row(&[size.to_be_bytes(), part.to_be_bytes()].concat(), b"x"))
            .collect();
        let task = tokio::spawn(async move { writer.commit(now, Batch { head: head(size, 0), rows }).await });
        for _ in 0..size % 5 {
            tokio::task::yield_now().await;
        }
        task.abort();
        // The commit may still be under way: this one waits for it, or fails on its head.
        let barrier = store.commit(now, Batch { head: now, rows: vec![view_row(b"barrier", b"")] }).await;
        let moved = match barrier {
            Ok(head) => head,
            Err(StoreFault::Conflict { found }) => found,
            Err(other) => return Err(other.into()),
        };
        let rows =
            store.scan(LOG, 1, &size.to_be_bytes(), &(size + 1).to_be_bytes(), 100, Order::Ascending).await?;
        let wanted = if moved == now { 0 } else { 50 };
        same(rows.len(), wanted, "an abandoned commit is whole or absent")?;
    }
    Ok(())
}
