//! Erasure: rows are removed and everything that still shows them is rewritten.
//!
//! Removing a row only adds a mark to it. The table files are therefore compacted, and since journals hold past commits
//! too, the database is closed, its journals are emptied and it is opened again. A crash at any point leaves a store
//! that opens; the erasure is repeated then, which is harmless.

use super::{FjallStore, blocking, engine::Engine, journal};
use comity_ledger::store::StoreFault;

impl FjallStore {
    /// Removes `keys` of a keyspace so that no file of the store shows them.
    pub(crate) async fn erase_rows(&self, space: String, keys: Vec<Vec<u8>>) -> Result<(), StoreFault> {
        let _writing = self.inner.writing.lock().await;
        let _setting = self.inner.setting.lock().await;
        self.on_engine(move |engine| remove(engine, &space, &keys)).await?;
        let mut slot = self.inner.engine.clone().write_owned().await;
        let (dir, options) = (self.inner.place.engine(), self.inner.options);
        blocking(move || {
            // Readers are out by now. Should the reopening fail, the store stays closed and says so.
            drop(slot.take());
            journal::empty(&dir)?;
            *slot = Some(Engine::open(&dir, options)?);
            Ok(())
        })
        .await
    }
}

fn remove(engine: &Engine, name: &str, keys: &[Vec<u8>]) -> Result<(), StoreFault> {
    let Some(space) = engine.existing(name)? else { return engine.flush() };
    let mut batch = engine.batch(keys.len());
    for key in keys {
        batch.remove(&space, key.as_slice());
    }
    engine.write(batch)?;
    engine.flush()?;
    engine.compact(&space)
}
