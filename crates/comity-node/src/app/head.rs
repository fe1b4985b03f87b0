//! How the head of a party's ledger stands: told anew after every job that changed it, also where the log did not grow.
//! While no witness has confirmed the head after a start, `/healthz` says that nothing is signed.

use super::sequencer::NodeDesk;
use crate::{http::api::Readiness, stop::Stopping};
use comity_record::PartyCode;
use std::collections::BTreeMap;
use tokio::sync::watch;

/// The head at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadState {
    /// Entries of the log.
    pub size: u64,
    /// Whether heads may be signed.
    pub signs: bool,
    /// How many entries each peer last said that it witnessed.
    pub witnessed: BTreeMap<PartyCode, u64>,
}

impl HeadState {
    /// The head of a desk.
    pub fn of(desk: &NodeDesk) -> HeadState {
        let witnessed = |(party, peer): (&PartyCode, &comity_exchange::Peer)| {
            Some((party.clone(), peer.witnessed.map(|(size, _)| size)?))
        };
        HeadState {
            size: desk.log().size(),
            signs: desk.may_sign(),
            witnessed: desk.peers().iter().filter_map(witnessed).collect(),
        }
    }
}

/// Tells of a head that may not be signed, until the node stops.
pub(super) async fn tell(
    party: PartyCode,
    mut heads: watch::Receiver<HeadState>,
    readiness: Readiness,
    mut stopping: Stopping,
) {
    let part = format!("head {party}");
    loop {
        let state = heads.borrow_and_update().clone();
        if state.signs {
            readiness.calm(&part);
        } else {
            let size = state.size;
            let why = format!("{party} signs nothing until a witness confirms its head of {size} entries");
            readiness.alarm(&part, &why);
        }
        tokio::select! {
            changed = heads.changed() => if changed.is_err() { return },
            () = stopping.wait() => return,
        }
    }
}
