//! Builders, simulation and contract suites for tests
