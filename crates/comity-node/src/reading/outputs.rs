//! The outputs of the oblivious function for what a reader may see: all that a lookup ever gives of what is held.

use super::Sight;
use crate::projection::index::{Mac, OUTPUT, OUTPUTS};
use comity_ledger::store::{Order, Store, StoreFault};

/// Rows read at once.
const PAGE: u32 = 10_000;

/// The outputs of every value in the reader's classes, some perhaps twice. Rows of other classes are not read.
pub async fn outputs(store: &impl Store, sight: &Sight) -> Result<Vec<Mac>, StoreFault> {
    let mut outputs: Vec<Mac> = Vec::new();
    for class in sight.classes() {
        let to = u64::from_be_bytes(*class).checked_add(1).map(|next| next.to_be_bytes().to_vec());
        let (mut from, to) = (class.to_vec(), to.unwrap_or_default());
        loop {
            let rows = store.scan(OUTPUTS, OUTPUT, &from, &to, PAGE, Order::Ascending).await?;
            let Some((last, _)) = rows.last() else { break };
            from = [last.as_slice(), &[0]].concat();
            for (key, _) in &rows {
                let output = key.get(8..24).and_then(|output| Mac::try_from(output).ok());
                outputs.extend(output.filter(|output| outputs.last() != Some(output)));
            }
        }
    }
    Ok(outputs)
}
