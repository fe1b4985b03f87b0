//! The node: the rim around the pure crates.
//!
//! Here are the clock, the randomness, the configuration, the keys on disk, TLS, the listeners and the log. The rules
//! of what may cross are not here: they are in `comity-law`, `comity-border` and `comity-exchange`.

pub mod app;
pub mod clock;
pub mod collections;
pub mod config;
pub mod http;
pub mod keys;
pub mod log;
pub mod matching;
pub mod metrics;
pub mod paper;
mod private;
pub mod projection;
pub mod random;
pub mod reading;
pub mod seal;
pub mod stop;
pub mod tls;
