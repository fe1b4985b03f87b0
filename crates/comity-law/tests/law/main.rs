//! The tests of the law: cases a lawyer can read (`tests/law/*.case` at the root), an independent restatement of the
//! question over the same files, and the faults of broken files.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod properties;

/// The register of `data/law` with the invented States, loaded once.
#[cfg(test)]
fn register() -> &'static comity_law::Register {
    static REGISTER: std::sync::LazyLock<comity_law::Register> =
        std::sync::LazyLock::new(|| comity_law::Register::with_exercise().unwrap());
    &REGISTER
}

/// A question as tests write it.
#[cfg(test)]
fn query(from: &str, to: &str, measure: &str, on: &str) -> comity_law::Query {
    comity_law::Query::new(
        from.parse().unwrap(),
        to.parse().unwrap(),
        measure.parse().unwrap(),
        on.parse().unwrap(),
    )
}
