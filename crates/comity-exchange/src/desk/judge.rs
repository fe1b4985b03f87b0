//! Judging at this desk, and what of a judgement is kept so that anybody can judge again.

use super::{Desk, DeskFault};
use crate::{
    Bodies,
    tables::{CROSSINGS, DECISIONS, DecisionRow, INPUTS, crossing_key},
};
use comity_border::{
    Decision, Judgement, Packs, Request, Standing, StandingEntries, Subject, judge, judge_narrowed,
};
use comity_law::Register;
use comity_ledger::store::{Kv, Order, Row, Store};
use comity_record::{Canonical, CrossingId, Entry, RecordId, Timestamp, Verified, body::Narrowing};
use std::{collections::BTreeSet, sync::Arc};

/// What a desk judges by: its packs, its register, and its own facts about peers.
#[derive(Clone, Debug)]
pub struct Law {
    /// The register.
    pub register: Arc<Register>,
    /// The packs in force.
    pub packs: Arc<Packs>,
    /// The node's own facts.
    pub standing: Standing,
}

/// How a crossing was judged, as entered.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The decision in full.
    pub decision: Decision,
    /// Its entry in the ledger.
    pub index: u64,
}

/// A judgement ready to be entered.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub entry: Entry,
    pub decision: Decision,
    pub request: Request,
    pub record: RecordId,
    /// What was looked at of a record that is not taken in, kept so that its refusal can be judged again.
    pub subject: Option<Subject>,
}

impl Law {
    /// The request with what this side relies on written into it, so that the other side can judge the same crossing.
    pub fn state(&self, record: &Verified, request: Request) -> Request {
        request.stating(&self.register, &self.standing, &Subject::of(record))
    }

    /// Judges by what is in force here.
    pub fn judge(&self, record: &Verified, request: &Request) -> Judgement {
        judge(&self.packs, &self.register, &self.standing, record, request)
    }

    /// Whether a decision was given under what is in force here now, and no date threshold has passed since.
    pub fn unchanged_since(&self, decision: &Decision, now: Timestamp) -> bool {
        decision.pack == self.packs.hash()
            && decision.register == self.register.hash()
            && decision.standing == self.standing.hash()
            && decision.ruling.next_threshold.is_none_or(|threshold| now.date() < threshold)
    }

    /// Changes the node's own facts.
    pub fn restand(&mut self, change: impl FnOnce(&mut StandingEntries)) {
        let mut entries = self.standing.entries().clone();
        change(&mut entries);
        self.standing = Standing::new(entries);
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// What would be judged; nothing is entered.
    pub fn preview(&self, record: &Verified, request: &Request) -> Judgement {
        self.judge(record, &self.state(record, request.clone()))
    }

    /// What is looked at of a record that is held: as it was signed, or as its author narrowed it since.
    pub(super) fn subject(&self, record: &Verified) -> Subject {
        let subject = Subject::of(record);
        match self.narrowings.get(&record.id()) {
            Some(narrowing) => subject.narrowed(narrowing),
            None => subject,
        }
    }

    /// The request with what this side relies on written into it, for a record that is held.
    pub(super) fn state(&self, record: &Verified, request: Request) -> Request {
        request.stating(&self.law.register, &self.law.standing, &self.subject(record))
    }

    /// Judges a record that is held.
    pub(super) fn judge(&self, record: &Verified, request: &Request) -> Judgement {
        let Law { register, packs, standing } = &self.law;
        match self.narrowings.get(&record.id()) {
            Some(narrowing) => judge_narrowed(packs, register, standing, record, narrowing, request),
            None => self.law.judge(record, request),
        }
    }

    /// What the author of a record narrowed it to since, as far as it reached this party.
    pub fn narrowing(&self, record: RecordId) -> Option<&Narrowing> {
        self.narrowings.get(&record)
    }

    /// The subject to be kept beside a judgement, where the record alone does not give it.
    pub(super) fn narrowed_subject(&self, record: &Verified) -> Option<Subject> {
        self.narrowings.contains_key(&record.id()).then(|| self.subject(record))
    }

    /// The entry and decision of a judgement. A judgement that asks for redaction first is entered as the refusal of
    /// the record as it stands.
    pub(super) fn judged(
        &self,
        now: Timestamp,
        record: RecordId,
        request: Request,
        judgement: &Judgement,
    ) -> Judged {
        let entry = match judgement {
            Judgement::Cleared(cleared) => cleared.entry(now),
            Judgement::Refusal(refusal) => refusal.entry(now),
            Judgement::RedactFirst(first) => first.clone().into_refusal().entry(now),
        };
        Judged { entry, decision: judgement.decision().clone(), request, record, subject: None }
    }

    /// The rows of a judgement whose entry will have `index`.
    pub(super) fn judgement_rows(&self, index: u64, judged: &Judged) -> Result<Vec<Row>, DeskFault> {
        let crossing = CrossingId::of(&judged.record, &judged.request.from, &judged.request.to);
        let standing = self.law.standing.hash();
        let decision = DecisionRow {
            decision: judged.decision.to_bytes().into(),
            request: judged.request.to_bytes().into(),
            record: judged.record,
            crossing,
        };
        let row = |table, key, value| Row { table, partition: 0, key, value };
        let subject = judged.subject.as_ref();
        let subject = subject.map(|subject| row(INPUTS, subject.hash().0.to_vec(), subject.to_bytes()));
        let rows = [
            row(DECISIONS, index.to_be_bytes().to_vec(), decision.to_bytes()),
            row(CROSSINGS, crossing_key(&crossing, index), Vec::new()),
            row(INPUTS, standing.0.to_vec(), self.law.standing.entries().to_bytes()),
        ];
        Ok(rows.into_iter().chain(subject).collect())
    }

    /// The decision of an entry.
    pub async fn decision(&self, index: u64) -> Result<Option<(DecisionRow, Decision, Request)>, DeskFault> {
        let key = (0, index.to_be_bytes().to_vec());
        let Some(bytes) = self.store.get_many(DECISIONS, &[key]).await?.pop().flatten() else {
            return Ok(None);
        };
        let row = DecisionRow::from_bytes(&bytes)?;
        let (decision, request) = (Decision::from_bytes(&row.decision)?, Request::from_bytes(&row.request)?);
        Ok(Some((row, decision, request)))
    }

    /// The crossings whose id, or whose record's id, begins with these hexadecimal digits.
    pub async fn crossings_like(&self, digits: &str) -> Result<Vec<CrossingId>, DeskFault> {
        let mut found = BTreeSet::new();
        for (_, value) in self.rows(DECISIONS, 0).await? {
            let row = DecisionRow::from_bytes(&value)?;
            if row.crossing.to_string().starts_with(digits) || row.record.to_string().starts_with(digits) {
                found.insert(row.crossing);
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The entries of a crossing, oldest first.
    pub async fn crossing_entries(&self, crossing: &CrossingId) -> Result<Vec<u64>, DeskFault> {
        let (from, to) = (crossing_key(crossing, 0), crossing_key(crossing, u64::MAX));
        let rows = self.store.scan(CROSSINGS, 0, &from, &to, 1000, Order::Ascending).await?;
        Ok(rows
            .iter()
            .filter_map(|(key, _)| key.last_chunk::<8>().copied().map(u64::from_be_bytes))
            .collect())
    }
}
