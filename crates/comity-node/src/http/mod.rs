//! The listeners: one for peers ([`exchange`]), one for the party's own people and tools
//! ([`api`], [`taxii`]).
//!
//! A handler extracts, authorises, calls `app::<noun>` and replies. Who is calling is settled before a body is read.

pub mod api;
mod body;
mod callers;
pub mod certificate;
mod connection;
pub mod exchange;
pub mod export;
pub mod misp;
pub(crate) mod post;
mod problem;
mod quota;
pub mod remote;
pub mod taxii;

pub use connection::ConnectionLimits;
pub use problem::{Problem, shown};
pub use quota::QuotaLimits;

use std::{future::Future, pin::Pin};

/// How a request came, as an extension of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// In clear: loopback and the Unix socket.
    #[default]
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// As addresses write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// A future behind a trait object.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
