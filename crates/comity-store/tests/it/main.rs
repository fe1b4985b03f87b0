//! The stores against their contract, crashes and damage. One binary, because each is linked on its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

mod backup;
mod damage;
mod embedded;
mod kill;
mod postgres;
mod upgrade;
mod vault;
