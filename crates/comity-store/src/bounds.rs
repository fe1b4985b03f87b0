//! The bounds of the interface, checked by both engines before anything is written.

use comity_ledger::store::{Class, Projected, Row, StoreFault, Table};

/// The longest key, in bytes.
pub(crate) const KEY: usize = 1024;
/// The largest value, in bytes.
pub(crate) const VALUE: usize = 20 * 1024 * 1024;
/// The longest name of a table or a space.
const NAME: usize = 24;

/// The name under which faults of a [`comity_ledger::store::Kv`] space are reported.
pub(crate) const KV: &str = "kv";

/// Checks one row of a commit.
pub(crate) fn row(row: &Row) -> Result<(), StoreFault> {
    table(row.table)?;
    key(row.table.name, &row.key)?;
    value(row.table.name, row.value.len())
}

/// Checks a projector's step: every row, and that none is of the log.
pub(crate) fn projected(step: &Projected) -> Result<(), StoreFault> {
    step.rows.iter().chain([&step.cursor]).try_for_each(row)?;
    for (of, _, bytes) in &step.removed {
        table(*of)?;
        key(of.name, bytes)?;
    }
    let written = step.rows.iter().chain([&step.cursor]).map(|row| row.table);
    let mut tables = written.chain(step.removed.iter().map(|(table, _, _)| *table));
    match tables.find(|table| table.class == Class::Log) {
        None => Ok(()),
        Some(table) => Err(StoreFault::Bounds {
            table: table.name,
            why: "a table of the log is no projection".to_owned(),
        }),
    }
}

/// Checks the name of a table, which becomes a name in the engine.
pub(crate) fn table(table: Table) -> Result<(), StoreFault> {
    name(table.name, table.name)
}

/// Checks the name of a space and a key in it.
pub(crate) fn space(space: &str, bytes: &[u8]) -> Result<(), StoreFault> {
    name(KV, space)?;
    key(KV, bytes)
}

/// Checks the size of a value.
pub(crate) fn value(table: &'static str, size: usize) -> Result<(), StoreFault> {
    if size <= VALUE {
        return Ok(());
    }
    Err(StoreFault::Bounds { table, why: format!("a value of {size} bytes, the most is {VALUE}") })
}

fn key(table: &'static str, key: &[u8]) -> Result<(), StoreFault> {
    if key.len() <= KEY {
        return Ok(());
    }
    Err(StoreFault::Bounds { table, why: format!("a key of {} bytes, the most is {KEY}", key.len()) })
}

fn name(table: &'static str, name: &str) -> Result<(), StoreFault> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (1..=NAME).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    let shown: String = name.chars().take(40).collect();
    Err(StoreFault::Bounds {
        table,
        why: format!("the name `{shown}` has not 1 to {NAME} characters of a-z, 0-9 and _"),
    })
}
