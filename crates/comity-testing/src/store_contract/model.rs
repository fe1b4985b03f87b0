//! Seeded random histories, compared step by step with [`MemoryStore`].

use super::{Broken, LOG, Place, VIEW, head};
use comity_ledger::{
    MemoryStore,
    store::{Batch, Kv, LogHead, Order, Row, Store, StoreFault, Table},
};
use std::fmt::Debug;

const SEEDS: [u64; 3] = [1, 20_261_122, 0xC0_417E];
const STEPS: usize = 150;

pub(super) async fn agrees_with_the_model<P: Place>(place: &P) -> Result<(), Broken> {
    let mut store = place.open().await?;
    let model = MemoryStore::new();
    for seed in SEEDS {
        let mut random = Random(seed);
        for step in 0..STEPS {
            if random.below(40) == 0 {
                place.close(store).await?;
                store = place.open().await?;
            }
            let action = Action::draw(&mut random, model.head().await?);
            let (found, wanted) = (action.run(&store).await, action.run(&model).await);
            if found != wanted {
                let text = format!("seed {seed}, step {step}, {action:?}: found {found}, wanted {wanted}");
                let found = text.chars().take(3000).collect();
                return Err(Broken::Promise { promise: "a store does what the model does", found });
            }
        }
    }
    Ok(())
}

/// SplitMix64: small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A short key out of few bytes, so that histories meet themselves again.
    fn key(&mut self) -> Vec<u8> {
        let length = self.below(4);
        (0..length)
            .map(|_| [0, b'a', b'b', 0xff].into_iter().nth(self.below(4) as usize).unwrap_or(0))
            .collect()
    }

    fn table(&mut self) -> Table {
        if self.below(2) == 0 { LOG } else { VIEW }
    }

    fn value(&mut self) -> Vec<u8> {
        vec![self.below(3) as u8; self.below(3) as usize * 400]
    }

    fn row(&mut self) -> Row {
        Row { table: self.table(), partition: self.below(3) as u32, key: self.key(), value: self.value() }
    }
}

#[derive(Debug)]
enum Action {
    Commit(LogHead, Batch),
    Scan(Table, u32, Vec<u8>, Vec<u8>, u32, Order),
    GetMany(Table, Vec<(u32, Vec<u8>)>),
    Drop,
    Get(Vec<u8>, i64),
    Set(Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>, i64),
    PutMany(Vec<(Vec<u8>, Option<Vec<u8>>)>),
    List(Vec<u8>, u32, i64),
}

impl Action {
    fn draw(random: &mut Random, now: LogHead) -> Action {
        match random.below(16) {
            0..=5 => {
                let expected = if random.below(8) == 0 { head(random.below(5), 9) } else { now };
                let grown =
                    if random.below(4) == 0 { now } else { head(now.size + 1, random.below(3) as u8) };
                let rows = (0..random.below(5)).map(|_| random.row()).collect();
                Action::Commit(expected, Batch { head: grown, rows })
            }
            6..=8 => {
                let order = if random.below(2) == 0 { Order::Ascending } else { Order::Descending };
                let (table, partition) = (random.table(), random.below(4) as u32);
                Action::Scan(table, partition, random.key(), random.key(), random.below(12) as u32, order)
            }
            9 => {
                let keys = (0..random.below(90)).map(|_| (random.below(4) as u32, random.key())).collect();
                Action::GetMany(random.table(), keys)
            }
            10 => match random.below(6) {
                0 => Action::Drop,
                _ => Action::List(random.key(), random.below(6) as u32, random.below(20) as i64),
            },
            11 => Action::Get(random.key(), random.below(20) as i64),
            12..=14 => {
                let optional =
                    |random: &mut Random| (random.below(3) > 0).then(|| vec![random.below(2) as u8]);
                let expires = (random.below(2) == 0).then(|| random.below(20) as i64);
                Action::Set(
                    random.key(),
                    optional(random),
                    optional(random),
                    expires,
                    random.below(20) as i64,
                )
            }
            _ => {
                let value = |random: &mut Random| (random.below(2) == 0).then(|| vec![random.below(2) as u8]);
                Action::PutMany((0..random.below(5)).map(|_| (random.key(), value(random))).collect())
            }
        }
    }

    /// The outcome as text; of faults the code alone.
    async fn run<S: Store + Kv>(&self, store: &S) -> String {
        match self {
            Action::Commit(expected, batch) => shown(store.commit(*expected, batch.clone()).await),
            Action::Scan(table, partition, from, to, limit, order) => {
                shown(store.scan(*table, *partition, from, to, *limit, *order).await)
            }
            Action::GetMany(table, keys) => shown(store.get_many(*table, keys).await),
            Action::Drop => shown(store.drop_projection(VIEW).await),
            Action::Get(key, now) => shown(Kv::get(store, "model", key, *now).await),
            Action::Set(key, expected, value, expires, now) => shown(
                store
                    .compare_and_set("model", key, expected.as_deref(), value.as_deref(), *expires, *now)
                    .await,
            ),
            Action::PutMany(values) => shown(store.put_many("model", values).await),
            Action::List(prefix, limit, now) => shown(store.list("model", prefix, *limit, *now).await),
        }
    }
}

fn shown<T: Debug>(outcome: Result<T, StoreFault>) -> String {
    match outcome {
        Ok(value) => format!("{value:?}"),
        Err(fault) => fault.code().to_owned(),
    }
}
