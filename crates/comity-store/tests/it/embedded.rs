//! The embedded store keeps the contract.

use comity_ledger::store::StoreFault;
use comity_store::{FjallOptions, FjallStore};
use comity_testing::store_contract::{self, Place};
use std::path::PathBuf;

struct Folder(tempfile::TempDir);

impl Place for Folder {
    type Store = FjallStore;

    async fn open(&self) -> Result<FjallStore, StoreFault> {
        FjallStore::open(self.0.path(), FjallOptions::default()).await
    }

    async fn close(&self, store: FjallStore) -> Result<(), StoreFault> {
        store.close().await
    }

    fn files(&self) -> Vec<PathBuf> {
        vec![self.0.path().to_path_buf()]
    }

    fn shared(&self) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    let fresh = async || Folder(tempfile::tempdir().unwrap());
    if let Err((check, broken)) = store_contract::run(fresh).await {
        panic!("{check}: {broken}");
    }
}
