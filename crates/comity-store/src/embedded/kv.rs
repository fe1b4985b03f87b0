//! `Kv` on fjall: a keyspace per space. A value is stored behind its expiry, 8 bytes big-endian, the largest number
//! where it has none. A key is stored behind one byte, because fjall has no empty keys.

use super::{FjallStore, blocking, engine::Engine};
use crate::bounds;
use comity_ledger::store::{Kv, Pairs, StoreFault};
use fjall::Readable;

const NEVER: i64 = i64::MAX;

impl Kv for FjallStore {
    async fn get(&self, space: &str, key: &[u8], now: i64) -> Result<Option<Vec<u8>>, StoreFault> {
        bounds::space(space, key)?;
        get(self.engine().await.get()?, space, key, now)
    }

    async fn compare_and_set(
        &self,
        space: &str,
        key: &[u8],
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
        expires: Option<i64>,
        now: i64,
    ) -> Result<bool, StoreFault> {
        bounds::space(space, key)?;
        bounds::value(bounds::KV, value.map_or(0, <[u8]>::len))?;
        let setting = self.inner.setting.clone().lock_owned().await;
        let (space, key) = (space.to_owned(), key.to_vec());
        let (expected, value) = (expected.map(<[u8]>::to_vec), value.map(|value| stored(value, expires)));
        let guard = self.engine().await;
        blocking(move || {
            let (_setting, engine) = (setting, guard.get()?);
            if get(engine, &space, &key, now)? != expected {
                return Ok(false);
            }
            put(engine, &space, vec![(key, value)])?;
            Ok(true)
        })
        .await
    }

    async fn put_many(&self, space: &str, values: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StoreFault> {
        let mut rows = Vec::with_capacity(values.len());
        for (key, value) in values {
            bounds::space(space, key)?;
            bounds::value(bounds::KV, value.as_ref().map_or(0, Vec::len))?;
            rows.push((key.clone(), value.as_deref().map(|value| stored(value, None))));
        }
        let setting = self.inner.setting.clone().lock_owned().await;
        let (space, guard) = (space.to_owned(), self.engine().await);
        blocking(move || {
            let _setting = setting;
            put(guard.get()?, &space, rows)
        })
        .await
    }

    async fn list(&self, space: &str, prefix: &[u8], limit: u32, now: i64) -> Result<Pairs, StoreFault> {
        bounds::space(space, prefix)?;
        let (space, prefix) = (space.to_owned(), prefix.to_vec());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.on_engine(move |engine| list(engine, &space, &prefix, limit, now)).await
    }
}

impl FjallStore {
    /// Removes what has expired at `now` in a space, at most `limit` pairs of it; how many were removed.
    pub async fn sweep(&self, space: &str, limit: u32, now: i64) -> Result<u64, StoreFault> {
        bounds::space(space, b"")?;
        let setting = self.inner.setting.clone().lock_owned().await;
        let (space, guard) = (space.to_owned(), self.engine().await);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        blocking(move || {
            let (_setting, engine) = (setting, guard.get()?);
            let keys = expired(engine, &space, limit, now)?;
            let count = keys.len();
            put(engine, &space, keys.into_iter().map(|key| (key, None)).collect())?;
            Ok(u64::try_from(count).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn keyspace(space: &str) -> String {
    format!("kv_{space}")
}

fn marked(key: &[u8]) -> Vec<u8> {
    [&[0], key].concat()
}

fn stored(value: &[u8], expires: Option<i64>) -> Vec<u8> {
    [&expires.unwrap_or(NEVER).to_be_bytes()[..], value].concat()
}

/// The value behind its expiry, unless it has passed.
fn current(bytes: &[u8], now: i64) -> Result<Option<&[u8]>, StoreFault> {
    match bytes.split_first_chunk::<8>() {
        Some((expires, value)) => Ok(alive(*expires, now).then_some(value)),
        None => Err(StoreFault::Damaged { why: format!("a value of a space has {} bytes", bytes.len()) }),
    }
}

fn alive(expires: [u8; 8], now: i64) -> bool {
    let expires = i64::from_be_bytes(expires);
    expires == NEVER || expires > now
}

fn get(engine: &Engine, space: &str, key: &[u8], now: i64) -> Result<Option<Vec<u8>>, StoreFault> {
    let Some(space) = engine.existing(&keyspace(space))? else { return Ok(None) };
    match engine.guarded(|| space.get(marked(key)))? {
        Some(bytes) => Ok(current(&bytes, now)?.map(<[u8]>::to_vec)),
        None => Ok(None),
    }
}

fn put(engine: &Engine, space: &str, rows: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), StoreFault> {
    let space = engine.space(&keyspace(space))?;
    let mut batch = engine.batch(rows.len());
    for (key, value) in rows {
        match value {
            Some(value) => batch.insert(&space, marked(&key), value),
            None => batch.remove(&space, marked(&key)),
        }
    }
    engine.write(batch)
}

fn list(engine: &Engine, space: &str, prefix: &[u8], limit: usize, now: i64) -> Result<Pairs, StoreFault> {
    let Some(space) = engine.existing(&keyspace(space))? else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for row in engine.snapshot().prefix(&space, marked(prefix)) {
        if out.len() >= limit {
            break;
        }
        let (key, bytes) = engine.guarded(|| row.into_inner())?;
        if let Some(value) = current(&bytes, now)? {
            out.push((key.get(1..).unwrap_or_default().to_vec(), value.to_vec()));
        }
    }
    Ok(out)
}

fn expired(engine: &Engine, space: &str, limit: usize, now: i64) -> Result<Vec<Vec<u8>>, StoreFault> {
    let Some(space) = engine.existing(&keyspace(space))? else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for row in engine.snapshot().iter(&space) {
        if out.len() >= limit {
            break;
        }
        let (key, bytes) = engine.guarded(|| row.into_inner())?;
        if current(&bytes, now)?.is_none() {
            out.push(key.get(1..).unwrap_or_default().to_vec());
        }
    }
    Ok(out)
}

/// All pairs of a space that do not expire, in order.
pub(super) fn lasting(engine: &Engine, space: &str) -> Result<Pairs, StoreFault> {
    let Some(space) = engine.existing(&keyspace(space))? else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for row in engine.snapshot().iter(&space) {
        let (key, bytes) = engine.guarded(|| row.into_inner())?;
        if let Some((expires, value)) = bytes.split_first_chunk::<8>()
            && i64::from_be_bytes(*expires) == NEVER
        {
            out.push((key.get(1..).unwrap_or_default().to_vec(), value.to_vec()));
        }
    }
    Ok(out)
}
