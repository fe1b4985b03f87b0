//! Writing out what is held, as one snapshot shows it.

use super::{
    FjallStore,
    engine::{Engine, table_name},
    kv,
};
use crate::backup::{BackupFault, Wanted, Writer, off_thread};
use comity_ledger::store::{LogHead, Table};
use fjall::Readable;

impl FjallStore {
    /// Writes what is wanted and hands the writer back.
    pub(crate) async fn export(&self, wanted: Wanted, mut writer: Writer) -> Result<Writer, BackupFault> {
        let guard = self.engine().await;
        off_thread(move || {
            match wanted {
                Wanted::Log(tables) => log(guard.get()?, &tables, &mut writer)?,
                Wanted::Space(space) => pairs(guard.get()?, &space, &mut writer)?,
            }
            Ok(writer)
        })
        .await
    }
}

fn log(engine: &Engine, tables: &[Table], writer: &mut Writer) -> Result<(), BackupFault> {
    let snapshot = engine.snapshot();
    writer.head(engine.head_in(&snapshot)?)?;
    for table in tables {
        let Some(space) = engine.existing(&table_name(*table))? else { continue };
        writer.table(table.name)?;
        for row in snapshot.iter(&space) {
            let (key, value) = engine.guarded(|| row.into_inner())?;
            if let Some((partition, key)) = key.split_first_chunk::<4>() {
                writer.row(u32::from_be_bytes(*partition), key, &value)?;
            }
        }
    }
    Ok(())
}

fn pairs(engine: &Engine, space: &str, writer: &mut Writer) -> Result<(), BackupFault> {
    writer.head(LogHead::default())?;
    writer.space(space)?;
    for (key, value) in kv::lasting(engine, space)? {
        writer.row(0, &key, &value)?;
    }
    Ok(())
}
