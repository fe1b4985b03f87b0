//! Sharing: records are judged for recipients, and every judgement is entered. What is cleared gets a position in the
//! recipient's outbox in the same commit.

use super::{Desk, DeskFault, Verdict, judge::Judged};
use crate::{
    Bodies, Entropy, draw,
    tables::{OUTBOX, OutboxRow, RECALLED},
};
use comity_border::{Direction, Judgement, Request};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{
    Canonical, Kind, PartyCode, RecordId, Timestamp, Verified, body::Recall, letter::LABELS,
};
use std::collections::BTreeMap;

/// A record to be shared, with the request to be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// The record.
    pub record: RecordId,
    /// The request; sender, direction and time are set by the desk.
    pub request: Request,
}

/// What became of a sharing.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The record asked for.
    pub record: RecordId,
    /// The record that was judged last: a derived one where redaction came first.
    pub judged: RecordId,
    /// The recipient.
    pub to: PartyCode,
    /// The judgement.
    pub verdict: Verdict,
    /// The position in the recipient's outbox, where it was cleared.
    pub position: Option<u64>,
}

/// Judgements entered in one commit.
const GROUP: usize = 256;

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Judges each sharing, redacting first where the border asks for it, and enters every judgement. Groups are
    /// committed in order; after a fault the groups before it stand.
    pub async fn share(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        sharings: Vec<Sharing>,
    ) -> Result<Vec<Shared>, DeskFault> {
        let mut shared = Vec::with_capacity(sharings.len());
        let mut group = Vec::new();
        for sharing in sharings {
            self.peer(&sharing.request.to)?;
            group.extend(self.judge_sharing(now, entropy, sharing).await?);
            if group.len() >= GROUP {
                shared.extend(self.enter(entropy, std::mem::take(&mut group)).await?);
            }
        }
        shared.extend(self.enter(entropy, group).await?);
        Ok(shared)
    }

    /// One judgement, or two where the first asks for redaction: the refusal of the record as it stands, and the
    /// judgement of what was made of it.
    async fn judge_sharing(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        sharing: Sharing,
    ) -> Result<Vec<(RecordId, Judged)>, DeskFault> {
        if self.is_recalled(sharing.record).await? {
            return Err(DeskFault::Recalled { record: sharing.record.0.short() });
        }
        let request =
            Request { at: now, from: self.party.clone(), direction: Direction::Sending, ..sharing.request };
        let asked = request.transfer_ground.clone();
        let held = self.envelope(sharing.record).await?;
        self.is_understood(&request.to, &held.record)?;
        let request = self.state(&held.record, request);
        let judgement = self.judge(&held.record, &request);
        let mut first = self.judged(now, sharing.record, request.clone(), &judgement);
        first.subject = self.narrowed_subject(&held.record);
        let mut judged = vec![(sharing.record, first)];
        if let Judgement::RedactFirst(first) = &judgement
            && let Some(derived) = self.redact(now, entropy, sharing.record, first).await?
        {
            let held = self.envelope(derived).await?;
            let request = self.law.state(&held.record, Request { transfer_ground: asked.clone(), ..request });
            let judgement = self.law.judge(&held.record, &request);
            judged.push((sharing.record, self.judged(now, derived, request, &judgement)));
        }
        Ok(judged)
    }

    /// Whether a peer can read a record of this kind, version and vocabulary of labels, as it says itself. What we cannot read
    /// either is for the border to refuse.
    pub(super) fn is_understood(&self, to: &PartyCode, record: &Verified) -> Result<(), DeskFault> {
        let (peer, header, labels) = (self.peer(to)?, record.header(), record.labels());
        let fault = |what: &str, version| DeskFault::NotUnderstood {
            party: to.clone(),
            what: what.to_owned(),
            version,
            understood: peer.understood(what),
        };
        let kind = header.kind.as_str();
        if !matches!(header.kind, Kind::Unknown(_)) && peer.understood(kind) < header.version {
            return Err(fault(kind, header.version));
        }
        if peer.understood(LABELS) < labels.version {
            return Err(fault(LABELS, labels.version));
        }
        Ok(())
    }

    async fn enter(
        &mut self,
        entropy: &mut dyn Entropy,
        judged: Vec<(RecordId, Judged)>,
    ) -> Result<Vec<Shared>, DeskFault> {
        if judged.is_empty() {
            return Ok(Vec::new());
        }
        let mut entries = Vec::with_capacity(judged.len());
        let mut rows = Vec::new();
        let mut shared = Vec::with_capacity(judged.len());
        let mut last: BTreeMap<PartyCode, u64> = BTreeMap::new();
        for (index, (asked, judged)) in (self.log.size()..).zip(judged) {
            let to = judged.request.to.clone();
            let peer = self.peer(&to)?;
            rows.extend(self.judgement_rows(index, &judged)?);
            let position = judged.decision.ruling.is_cleared().then(|| {
                let last = last.entry(to.clone()).or_insert(self.last_position(peer));
                *last += 1;
                *last
            });
            if let Some(position) = position {
                let value = OutboxRow { record: judged.record, index }.to_bytes();
                let key = position.to_be_bytes().to_vec();
                rows.push(Row { table: OUTBOX, partition: peer.number, key, value });
            }
            let verdict = Verdict { decision: judged.decision, index };
            shared.push(Shared { record: asked, judged: judged.record, to, verdict, position });
            entries.push((judged.entry, draw(entropy)));
        }
        rows.sort_by(|a, b| (a.table.name, a.partition, &a.key).cmp(&(b.table.name, b.partition, &b.key)));
        rows.dedup();
        self.commit(entries, rows).await?;
        for (party, last) in last {
            self.peer_mut(&party)?.last = last;
        }
        Ok(shared)
    }

    /// Whether a record, or objects of it, were withdrawn here. One whose audience was narrowed alone was not.
    pub async fn is_recalled(&self, record: RecordId) -> Result<bool, DeskFault> {
        for (_, value) in self.of_recall(RECALLED, record).await? {
            if Recall::from_bytes(&value)?.narrowing().is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
