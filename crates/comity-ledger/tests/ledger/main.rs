//! The tests of the ledger, in one binary.

#[cfg(test)]
mod log;
#[cfg(test)]
mod tree;
