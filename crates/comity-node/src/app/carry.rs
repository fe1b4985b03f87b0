//! Which way carries items to a peer: a turn that we begin, or the answer to one that the peer begins.
//!
//! Two nodes that can both call each other do. Without this, each item would travel twice, once each way. While one way
//! has items under way, the other carries everything but items. A way that stays silent is not waited for longer than
//! [`LONGEST`], so that a peer that can be reached one way only gets its items by that way.

use comity_record::PartyCode;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// For how long items may be under way before the other way takes them too.
const LONGEST: Duration = Duration::from_secs(30);

/// A way to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The turn that we begin.
    Call,
    /// The answer to a turn of the peer's.
    Answer,
}

/// What is under way to the peers of a party. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Carriers(Arc<Mutex<BTreeMap<(PartyCode, Way), Instant>>>);

/// Items under way by a call; they are no longer when this is dropped, whether the call came through or not.
#[derive(Debug)]
pub struct Called {
    carriers: Carriers,
    peer: PartyCode,
}

impl Carriers {
    /// Whether items may go this way now.
    pub fn may(&self, peer: &PartyCode, way: Way) -> bool {
        let other = match way {
            Way::Call => Way::Answer,
            Way::Answer => Way::Call,
        };
        let under_way = self.with(|since| since.get(&(peer.clone(), other)).copied());
        under_way.is_none_or(|since| since.elapsed() > LONGEST)
    }

    /// Items were sent this way.
    pub fn begin(&self, peer: &PartyCode, way: Way) {
        self.with(|since| since.insert((peer.clone(), way), Instant::now()));
    }

    /// What was sent this way arrived, or is known to be lost.
    pub fn end(&self, peer: &PartyCode, way: Way) {
        self.with(|since| since.remove(&(peer.clone(), way)));
    }

    /// Ends the call to a peer when it is dropped.
    pub fn called(&self, peer: &PartyCode) -> Called {
        Called { carriers: self.clone(), peer: peer.clone() }
    }

    fn with<T>(&self, change: impl FnOnce(&mut BTreeMap<(PartyCode, Way), Instant>) -> T) -> T {
        // Nothing here can leave the map half changed.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        self.carriers.end(&self.peer, Way::Call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_at_a_time_for_each_peer() {
        let (carriers, xb, xc) = (Carriers::default(), "XB".parse().unwrap(), "XC".parse().unwrap());
        let called = carriers.called(&xb);
        carriers.begin(&xb, Way::Call);
        assert!(carriers.may(&xb, Way::Call) && !carriers.may(&xb, Way::Answer));
        assert!(carriers.may(&xc, Way::Answer), "another peer is not concerned");
        drop(called);
        assert!(carriers.may(&xb, Way::Answer));
        carriers.begin(&xb, Way::Answer);
        assert!(!carriers.may(&xb, Way::Call) && carriers.may(&xb, Way::Answer));
        carriers.end(&xb, Way::Answer);
        assert!(carriers.may(&xb, Way::Call));
    }

    #[test]
    fn a_silent_way_is_not_waited_for_for_ever() {
        let (carriers, xb): (Carriers, PartyCode) = (Carriers::default(), "XB".parse().unwrap());
        let long_ago = Instant::now().checked_sub(LONGEST + Duration::from_secs(1)).unwrap();
        carriers.with(|since| since.insert((xb.clone(), Way::Answer), long_ago));
        assert!(carriers.may(&xb, Way::Call));
    }
}
