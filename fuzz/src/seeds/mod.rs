//! The valid values, by target.

mod affairs;
pub mod damage;
mod exchange;
mod law;
mod ledger;
mod node;
mod record;
mod text;

/// A target with its named values.
pub type Target = (&'static str, Vec<(String, Vec<u8>)>);

/// Every target's values.
pub fn all() -> Vec<Target> {
    [
        record::targets(),
        law::targets(),
        affairs::targets(),
        ledger::targets(),
        text::targets(),
        exchange::targets(),
        node::targets(),
    ]
    .concat()
}

/// Values that are text.
fn texts(values: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    values.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}
