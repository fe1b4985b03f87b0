//! The local API under `/api/v1`, with `/healthz` and `/metrics` beside it.
//!
//! A noun is a file that returns its [`Endpoint`]s. An endpoint says who may call it and how it is documented; there is
//! no other way to add a route, so that none is open by mistake and none is missing in `/api/v1/openapi.json`. Before a
//! handler runs: the token is known, its scope fits, its quota holds. Nothing of a body has been read by then, and the
//! handler's own reading is bounded.

mod call;
mod client;
mod endpoint;
mod health;
mod openapi;
mod server;
mod system;
mod token;

#[cfg(test)]
mod tests;

pub use call::{Call, Reply};
pub use client::ApiClient;
pub use endpoint::{Access, Endpoint, Verb};
pub use health::Readiness;
pub use openapi::document;
pub use server::{Api, ApiLimits, bind_socket, run};
pub use token::{Grant, Scope, Token, TokenStore, UnknownScope};
