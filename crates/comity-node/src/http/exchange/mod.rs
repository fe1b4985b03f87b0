//! The wire between nodes: HTTP/1.1 over the TLS of [`crate::tls`].
//!
//! | path | what |
//! |---|---|
//! | `POST /exchange/v1/{host}/turn` | one turn of a session: opaque bytes in, opaque bytes out |
//! | `POST /exchange/v1/{host}/lookup` | one message of an oblivious lookup |
//! | `GET /exchange/v1/{host}/checkpoint` | the host's signed checkpoint |
//! | `GET /exchange/v1/{host}/tile/{path}` | a tile of the host's ledger |
//! | `GET /exchange/v1/{host}/evidence/{record}` | the parcel of an evidence package, and the giver's custody record |
//! | `GET /exchange/v1/{host}/evidence/{record}/{chunk}` | a sealed piece of it, by its SHA-256 |
//! | `POST /exchange/v1/{host}/evidence/{record}` | the receiver's signed entry; the giver's custody record comes back |
//!
//! `host` is the hosted party, and must be the one whose name was asked for in the handshake. What a turn says is
//! `comity-exchange`'s business, not this module's.

mod client;
mod fault;
mod routes;
mod server;

#[cfg(test)]
mod tests;

pub use crate::http::QuotaLimits;
pub use client::{ClientLimits, PeerClient};
pub use fault::PeerFault;
pub use server::{ExchangeServer, Host};

use crate::http::{Answer, Problem};
use comity_record::{Hash, PartyCode, RecordId};

/// The longest body of a turn, in either direction: 24 MiB.
pub const TURN_LIMIT: usize = 24 * 1024 * 1024;
/// The longest message of a lookup to a node: 64 KiB.
pub const LOOKUP_LIMIT: usize = 64 * 1024;
/// The longest tile or checkpoint: 1 MiB.
pub const TILE_LIMIT: usize = 1024 * 1024;

/// The longest parcel of evidence: 24 MiB.
pub const PARCEL_LIMIT: usize = 24 * 1024 * 1024;
/// The longest sealed piece of evidence: 4 MiB and its tag.
pub const CHUNK_LIMIT: usize = 4 * 1024 * 1024 + 16;
/// The longest custody entry that is read: 1 MiB.
pub const ENTRY_LIMIT: usize = 1024 * 1024;

/// Who is calling whom, as the handshake and the path agree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The hosted party that is called.
    pub host: PartyCode,
    /// The peer that calls.
    pub peer: PartyCode,
}

/// Why a turn gets no answer, as the peer may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnRefusal {
    /// The bytes are not what the protocol asks for.
    Malformed {
        /// A stable code.
        code: &'static str,
        /// A lower-case fragment.
        text: String,
    },
    /// The peer may not have this.
    Refused {
        /// A stable code.
        code: &'static str,
        /// A lower-case fragment.
        text: String,
    },
    /// There is no such thing, or the peer may not know of it.
    NotFound,
    /// Not now: the node is starting, stopping or overloaded.
    Busy {
        /// After how many seconds to try again.
        seconds: u32,
    },
    /// Something failed here; the handler has logged why.
    Failed,
}

/// What a hosted party does with a peer's requests. `comity-exchange`'s sessions stand behind it.
pub trait ExchangeHandler: Send + Sync + 'static {
    /// One turn. It may wait for something to say (a long poll), and should end early when the node stops. Where the
    /// peer hangs up, the future is dropped at its next await, as a crash would do it.
    fn turn(&self, caller: Caller, body: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>>;
    /// One message of an oblivious lookup.
    fn lookup(&self, caller: Caller, body: Vec<u8>) -> Answer<'_, Result<Vec<u8>, TurnRefusal>>;
    /// The host's latest signed checkpoint.
    fn checkpoint(&self, caller: Caller) -> Answer<'_, Result<Vec<u8>, TurnRefusal>>;
    /// A tile of the host's ledger; `path` is what follows `tile/`, unchecked.
    fn tile(&self, caller: Caller, path: String) -> Answer<'_, Result<Vec<u8>, TurnRefusal>>;
    /// The parcel of an evidence package, with the giver's custody record.
    fn consignment(&self, caller: Caller, record: RecordId) -> Answer<'_, Result<Vec<u8>, TurnRefusal>>;
    /// A sealed piece of an evidence package.
    fn chunk(
        &self,
        caller: Caller,
        record: RecordId,
        chunk: Hash,
    ) -> Answer<'_, Result<Vec<u8>, TurnRefusal>>;
    /// The end of a transfer: the receiver's signed entry in, the giver's custody record out.
    fn close(
        &self,
        caller: Caller,
        record: RecordId,
        entry: Vec<u8>,
    ) -> Answer<'_, Result<Vec<u8>, TurnRefusal>>;
}

impl From<TurnRefusal> for Problem {
    fn from(refusal: TurnRefusal) -> Problem {
        use axum::http::StatusCode;
        match refusal {
            TurnRefusal::Malformed { code, text } => Problem::new(StatusCode::BAD_REQUEST, code, text),
            TurnRefusal::Refused { code, text } => Problem::new(StatusCode::FORBIDDEN, code, text),
            TurnRefusal::NotFound => Problem::not_found(),
            TurnRefusal::Busy { seconds } => Problem::unavailable("the node is busy", seconds),
            TurnRefusal::Failed => Problem::internal(),
        }
    }
}
