//! The tests of the ledger, in one binary.

#[cfg(test)]
mod log;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod note;
#[cfg(test)]
mod party;
#[cfg(test)]
mod receipt;
#[cfg(test)]
mod start;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod witness;
