//! Spaces: compare-and-set, expiry, listing.

use super::{Broken, Place, refused, same};
use comity_ledger::store::Kv;

pub(super) async fn compares_and_sets<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    same(store.get("s", b"k", 0).await?, None, "an absent value is none")?;
    type Step<'a> = (Option<&'a [u8]>, Option<&'a [u8]>, bool);
    let steps: [Step<'_>; 9] = [
        (Some(b"x"), Some(b"y"), false),
        (None, None, true),
        (None, Some(b"1"), true),
        (None, Some(b"2"), false),
        (None, None, false),
        (Some(b"2"), Some(b"3"), false),
        (Some(b"1"), Some(b"2"), true),
        (Some(b"1"), None, false),
        (Some(b"2"), None, true),
    ];
    let mut value: Option<&[u8]> = None;
    for (expected, new, wanted) in steps {
        let set = store.compare_and_set("s", b"k", expected, new, None, 0).await?;
        same(set, wanted, "a value is set exactly where it is the expected one")?;
        value = if wanted { new } else { value };
        same(store.get("s", b"k", 0).await?.as_deref(), value, "the value is what was set last")?;
    }
    store.compare_and_set("s", b"", None, Some(b""), None, 0).await?;
    same(store.get("s", b"", 0).await?, Some(Vec::new()), "an empty value is a value")?;
    same(store.get("t", b"", 0).await?, None, "spaces do not mix")?;
    refused(store.get("No", b"k", 0).await, "store/bounds", "a space has a plain name")?;
    refused(
        store.put_many("s", &[(vec![1; 1025], None)]).await,
        "store/bounds",
        "a key of a space is bounded",
    )
}

pub(super) async fn one_setter_wins<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    for round in 0..20u8 {
        let race: Vec<_> = (0..6u8)
            .map(|setter| {
                let store = store.clone();
                let before = round.checked_sub(1).map(|round| vec![round]);
                tokio::spawn(async move {
                    store
                        .compare_and_set("race", b"k", before.as_deref(), Some(&[round]), None, 0)
                        .await
                        .map(|set| (setter, set))
                })
            })
            .collect();
        let mut winners = 0;
        for task in race {
            let (_, set) = task.await.map_err(|error| Broken::Check(error.to_string()))??;
            winners += usize::from(set);
        }
        same(winners, 1, "exactly one setter wins")?;
    }
    Ok(())
}

pub(super) async fn expires<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    same(store.compare_and_set("s", b"k", None, Some(b"1"), Some(100), 0).await?, true, "set with expiry")?;
    same(store.get("s", b"k", 99).await?, Some(b"1".to_vec()), "a value lives until its expiry")?;
    same(store.get("s", b"k", 100).await?, None, "a value is gone at its expiry")?;
    same(store.list("s", b"", 10, 100).await?, vec![], "an expired value is not listed")?;
    same(store.list("s", b"", 10, 99).await?.len(), 1, "a living value is listed")?;
    let late = store.compare_and_set("s", b"k", Some(b"1"), Some(b"2"), None, 100).await?;
    same(late, false, "an expired value is not the expected one")?;
    let anew = store.compare_and_set("s", b"k", None, Some(b"3"), Some(-5), 100).await?;
    same(anew, true, "an expired value counts as absent")?;
    same(store.get("s", b"k", -6).await?, Some(b"3".to_vec()), "expiry may lie before the epoch")?;
    store.put_many("s", &[(b"k".to_vec(), Some(b"4".to_vec()))]).await?;
    same(store.get("s", b"k", i64::MAX).await?, Some(b"4".to_vec()), "a value put without expiry stays")
}

pub(super) async fn lists_by_prefix<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let keys: [&[u8]; 6] = [b"", b"a", b"ab", b"b", b"\xff", b"\xff\xff"];
    let pairs = |keys: &[&[u8]]| keys.iter().map(|key| (key.to_vec(), key.to_vec())).collect::<Vec<_>>();
    let values: Vec<_> = keys.iter().rev().map(|key| (key.to_vec(), Some(key.to_vec()))).collect();
    store.put_many("s", &values).await?;
    same(store.list("s", b"", 100, 0).await?, pairs(&keys), "all pairs, in order")?;
    same(store.list("s", b"", 2, 0).await?, pairs(&[b"", b"a"]), "at most the limit")?;
    same(store.list("s", b"a", 100, 0).await?, pairs(&[b"a", b"ab"]), "those with the prefix")?;
    same(store.list("s", b"\xff", 100, 0).await?, pairs(&[b"\xff", b"\xff\xff"]), "the last prefix too")?;
    same(store.list("s", b"c", 100, 0).await?, vec![], "none with the prefix")?;
    same(store.list("other", b"", 100, 0).await?, vec![], "spaces do not mix")
}

pub(super) async fn puts_many<P: Place>(place: &P) -> Result<(), Broken> {
    let store = place.open().await?;
    let values: Vec<_> = (0..2000u32).map(|n| (n.to_be_bytes().to_vec(), Some(vec![1]))).collect();
    store.put_many("s", &values).await?;
    let half: Vec<_> = (0..2000u32).step_by(2).map(|n| (n.to_be_bytes().to_vec(), None)).collect();
    store.put_many("s", &half).await?;
    same(store.list("s", b"", 5000, 0).await?.len(), 1000, "removed values are gone, the others stay")?;
    let twice = [(b"k".to_vec(), Some(b"1".to_vec())), (b"k".to_vec(), Some(b"2".to_vec()))];
    store.put_many("s", &twice).await?;
    same(store.get("s", b"k", 0).await?, Some(b"2".to_vec()), "the last of two values stands")?;
    store.put_many("s", &[]).await?;
    Ok(())
}
