//! Who may connect, as the desk knows it: told anew to TLS and to the callers whenever a letter or suspension changes.

use super::sequencer::NodeDesk;
use crate::tls::PeerTable;
use comity_exchange::Peer;
use comity_record::{KeyRing, PartyCode};
use std::collections::{BTreeMap, BTreeSet};

/// The peers at one moment.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// The desk's count of changes.
    pub generation: u64,
    /// The keys accepted.
    pub keys: KeyRing,
    /// Who is suspended.
    pub suspended: BTreeSet<PartyCode>,
    /// Where each peer is called; empty for one that calls us.
    pub addresses: BTreeMap<PartyCode, String>,
}

impl Roster {
    /// The roster of a desk.
    pub fn of(desk: &NodeDesk) -> Roster {
        let suspended = |(party, peer): (&PartyCode, &Peer)| peer.suspended.is_some().then(|| party.clone());
        Roster {
            generation: desk.roster(),
            keys: desk.keys().clone(),
            suspended: desk.peers().iter().filter_map(suspended).collect(),
            addresses: desk
                .peers()
                .iter()
                .map(|(party, peer)| (party.clone(), peer.letter.address.clone()))
                .collect(),
        }
    }

    /// The table that TLS looks into.
    pub fn table(&self, own: &PartyCode) -> PeerTable {
        PeerTable::new(own, &self.keys, self.suspended.clone())
    }
}
