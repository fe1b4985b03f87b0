//! Verifying a party's own store from its files, with no node running: every entry and every tile read and compared.

use super::Fault;
use comity_ledger::{Log, log::Audit};
use comity_store::{FjallOptions, FjallStore};
use std::path::Path;

/// Reads a whole embedded store and compares every entry and tile with the head; what was found, and the size.
pub async fn audit(store: &Path) -> Result<(Audit, u64), Fault> {
    let opened = FjallStore::open(store, FjallOptions::default()).await;
    let opened = opened.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let log = Log::open(&opened).await.map_err(log_fault)?;
    let found = log.audit(&opened).await.map_err(log_fault)?;
    Ok((found, log.size()))
}

fn log_fault(fault: comity_ledger::LogFault) -> Fault {
    Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) }
}
