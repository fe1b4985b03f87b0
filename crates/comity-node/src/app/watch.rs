//! The alarm where crossings stay without a quorum of witnesses: in the log, in the figures, in `/healthz` and in the list
//! of peers. Nothing stops for it. Each side watches over its own entries, so both are alarmed.

use super::{Fault, sequencer::Sequencer};
use crate::{clock::Clock, config::Witness, http::api::Readiness, metrics::Metrics, stop::Stopping};
use comity_record::{PartyCode, Timestamp};
use std::{collections::BTreeSet, time::Duration};

/// How often it is looked.
const PAUSE: Duration = Duration::from_secs(60);
const HOUR_MILLIS: i64 = 3_600_000;

/// Watches over the crossings of one party.
#[derive(Debug)]
pub struct QuorumWatch {
    /// The party.
    pub party: PartyCode,
    /// Its sequencer.
    pub sequencer: Sequencer,
    /// The node's time.
    pub clock: Clock,
    /// How many witnesses are needed, and after how long their lack is an alarm.
    pub witness: Witness,
    /// Where the figures go.
    pub metrics: Metrics,
    /// Where the state of the process is told.
    pub readiness: Readiness,
    /// Ends the watch.
    pub stopping: Stopping,
}

/// Whether a crossing that waits since then is one to alarm for.
pub fn is_alarming(witness: &Witness, since: Timestamp, now: Timestamp) -> bool {
    now >= since.plus_millis(i64::from(witness.alarm_hours) * HOUR_MILLIS)
}

impl QuorumWatch {
    /// Looks once a minute until the node stops.
    pub async fn run(mut self) {
        let mut alarmed = BTreeSet::new();
        while !self.stopping.is_stopping() {
            match self.look(alarmed.clone()).await {
                Ok(now) => alarmed = now,
                Err(fault) => {
                    tracing::warn!(party = %self.party, code = fault.code, %fault, "no look at the quorum")
                }
            }
            let _stopped = tokio::time::timeout(PAUSE, self.stopping.wait()).await.is_ok();
        }
    }

    /// Looks once and tells what is new against `before`; the peers for whom there is an alarm.
    pub async fn look(&self, before: BTreeSet<PartyCode>) -> Result<BTreeSet<PartyCode>, Fault> {
        let quorum = self.witness.quorum;
        let looked = self.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let peers: Vec<PartyCode> = desk.peers().keys().cloned().collect();
                desk.waiting_for_quorum(quorum).await.map(|waiting| (peers, waiting))
            })
        });
        let (peers, waiting) = looked.await??;
        let now = self.clock.now();
        let mut alarmed = BTreeSet::new();
        for peer in peers {
            let since = waiting.get(&peer).map(|waiting| waiting.since);
            let is_alarm = since.is_some_and(|since| is_alarming(&self.witness, since, now));
            self.count(&peer, since.map_or(0, |since| now.as_millis() - since.as_millis()), is_alarm);
            let part = format!("quorum {} {peer}", self.party);
            match since {
                Some(since) if is_alarm => {
                    let why = format!(
                        "crossings of {} with {peer} wait for a quorum of witnesses since {since}",
                        self.party
                    );
                    if !before.contains(&peer) {
                        tracing::warn!(party = %self.party, %peer, %since, "crossings wait for a quorum of witnesses");
                    }
                    self.readiness.alarm(&part, &why);
                    alarmed.insert(peer);
                }
                _ => {
                    if before.contains(&peer) {
                        tracing::info!(party = %self.party, %peer, "a quorum of witnesses is there again");
                    }
                    self.readiness.calm(&part);
                }
            }
        }
        Ok(alarmed)
    }

    fn count(&self, peer: &PartyCode, waited_millis: i64, is_alarm: bool) {
        let labels = [("party", self.party.as_str()), ("peer", peer.as_str())];
        let waited = "For how long the oldest crossing with a peer has waited for a quorum of witnesses.";
        self.metrics.gauge("comity_quorum_waiting_seconds", waited, &labels).set(waited_millis.max(0) / 1000);
        let alarm = "1 where crossings with a peer have waited for a quorum longer than is set.";
        self.metrics.gauge("comity_quorum_alarm", alarm, &labels).set(i64::from(is_alarm));
    }
}
