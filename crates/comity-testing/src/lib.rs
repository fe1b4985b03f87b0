//! Builders, simulation and contract suites for tests

pub mod desks;
pub mod postgres;
pub mod python;
pub mod simulation;
pub mod store_contract;
