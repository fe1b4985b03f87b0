//! The store on PostgreSQL keeps the contract.

use comity_ledger::store::StoreFault;
use comity_store::{PostgresOptions, PostgresStore};
use comity_testing::{
    postgres::PrivateCluster,
    store_contract::{self, Place},
};
use std::{cell::Cell, path::PathBuf};

/// A schema of a private cluster.
struct Schema {
    options: PostgresOptions,
    tables: PathBuf,
}

impl Place for Schema {
    type Store = PostgresStore;

    async fn open(&self) -> Result<PostgresStore, StoreFault> {
        PostgresStore::open(self.options.clone()).await
    }

    async fn close(&self, store: PostgresStore) -> Result<(), StoreFault> {
        drop(store);
        Ok(())
    }

    fn files(&self) -> Vec<PathBuf> {
        vec![self.tables.clone()]
    }

    fn shared(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    let cluster = PrivateCluster::start(&[]).unwrap();
    let number = Cell::new(0);
    let fresh = async || {
        number.set(number.get() + 1);
        let options = PostgresOptions::new(cluster.url(), format!("party_{}", number.get()));
        Schema { options, tables: cluster.tables() }
    };
    if let Err((check, broken)) = store_contract::run(fresh).await {
        panic!("{check}: {broken}");
    }
}
