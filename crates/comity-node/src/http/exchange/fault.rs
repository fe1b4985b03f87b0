//! Why a call to a peer brought no answer.

use crate::{http::shown, tls::PeerRefused};
use comity_record::PartyCode;
use std::io;

/// Why a call to a peer brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum PeerFault {
    /// No connection could be opened.
    #[error("`{peer}` cannot be reached at `{address}`")]
    Unreachable {
        /// The party called.
        peer: PartyCode,
        /// Where.
        address: String,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// It took too long.
    #[error("`{peer}` did not answer in time while {doing}")]
    Timeout {
        /// The party called.
        peer: PartyCode,
        /// What was being done.
        doing: &'static str,
    },
    /// We do not accept who answered, or may not call at all.
    #[error("the connection to `{peer}` is refused by this node")]
    NotAccepted {
        /// The party called.
        peer: PartyCode,
        /// Why.
        #[source]
        why: PeerRefused,
    },
    /// The handshake failed: the peer refused our key, or does not speak the same TLS.
    #[error("the handshake with `{peer}` failed: {why}")]
    Handshake {
        /// The party called.
        peer: PartyCode,
        /// Why.
        why: String,
    },
    /// The quota is used up, or the peer is starting, stopping or overloaded.
    #[error("`{peer}` asks to try again after {seconds} s")]
    Busy {
        /// The party called.
        peer: PartyCode,
        /// After how many seconds to try again.
        seconds: u32,
    },
    /// The peer answered with a refusal.
    #[error("`{peer}` refused with `{their_code}`: {text}")]
    Refused {
        /// The party called.
        peer: PartyCode,
        /// The HTTP status.
        status: u16,
        /// The peer's code, bounded.
        their_code: String,
        /// The peer's text, bounded.
        text: String,
    },
    /// The turn, or the answer to it, is longer than allowed.
    #[error("what is exchanged with `{peer}` is longer than {limit} bytes")]
    TooLong {
        /// The party called.
        peer: PartyCode,
        /// Bytes allowed.
        limit: usize,
    },
    /// The connection broke; whether the peer did something is unknown.
    #[error("the connection to `{peer}` broke: {why}")]
    Broken {
        /// The party called.
        peer: PartyCode,
        /// Why.
        why: String,
    },
}

impl PeerFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            PeerFault::Unreachable { .. } => "peer/unreachable",
            PeerFault::Timeout { .. } => "peer/timeout",
            PeerFault::NotAccepted { .. } => "peer/not-accepted",
            PeerFault::Handshake { .. } => "peer/handshake",
            PeerFault::Busy { .. } => "peer/busy",
            PeerFault::Refused { .. } => "peer/refused",
            PeerFault::TooLong { .. } => "peer/too-long",
            PeerFault::Broken { .. } => "peer/broken",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            PeerFault::NotAccepted { peer, .. } => {
                Some(format!("see `comity peer list` and accept the current letter of `{peer}`"))
            }
            PeerFault::Handshake { peer, .. } => {
                Some(format!("ask `{peer}` whether it has accepted our current letter"))
            }
            _ => None,
        }
    }

    /// For how many seconds the peer asked to be left alone, where it did.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            PeerFault::Busy { seconds, .. } => Some(*seconds),
            _ => None,
        }
    }

    pub(super) fn refused(peer: PartyCode, status: u16, code: &str, text: &str) -> PeerFault {
        PeerFault::Refused { peer, status, their_code: shown(code, 64), text: shown(text, 300) }
    }
}
