//! The listeners: one for peers ([`exchange`]), one for the party's own people and tools ([`api`]).
//!
//! A handler extracts, authorises, calls `app::<noun>` and replies. Who is calling is settled before a body is read.

pub mod api;
mod body;
mod connection;
pub mod exchange;
pub mod misp;
mod problem;
mod quota;

pub use connection::ConnectionLimits;
pub use problem::{Problem, shown};
pub use quota::QuotaLimits;

use std::{future::Future, pin::Pin};

/// A future behind a trait object.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
