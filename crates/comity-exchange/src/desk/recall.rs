//! Recall: an author withdraws a record or objects of it, narrows its audience, or puts a corrected record in its place.
//! Nobody can make another node act: the receiver applies its own standing rule ([`RecallRule`]), enters what it did, and
//! reports. Who passed the record on passes the recall on.
//!
//! A withdrawn record is no longer shown as current nor passed on; its body is erased only when a person confirms
//! (`comity erase`), which is reported too. A narrowed record is judged from then on as if its labels said so.

use super::{Authored, Desk, DeskFault, HeldRecord, Manuscript, Shared, Sharing, open::position_of};
use crate::{
    Acknowledgement, Bodies, Entropy, Outcome, draw,
    tables::{
        ACKNOWLEDGED, OUTBOX, OutboxRow, RECALLED, RECALLS, RECALLS_DONE, REPORTS, ReportRow, recall_key,
    },
};
use comity_border::{Competence, Request};
use comity_ledger::store::{Kv, Order, Pairs, Row, Store, Table};
use comity_record::{
    Attested, Body, Canonical, CrossingId, Entry, EntryKind, Hash, Kind, Labels, PartyCode, RecordId,
    Timestamp,
    body::{Recall, RecallReport},
    label::{FIRST_VERSION, Onward},
};
use std::collections::{BTreeMap, BTreeSet};

/// What a party does when a recall comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecallRule {
    /// It is applied at once.
    #[default]
    Narrow,
    /// It is kept until an officer has it applied.
    Ask,
}

/// A recall as issued.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalled {
    /// The recall record.
    pub recall: Authored,
    /// What became of it for each party that had the record.
    pub shared: Vec<Shared>,
}

/// Where a party that had the record stands with a recall of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallStanding {
    /// The party.
    pub party: PartyCode,
    /// The position of the recall in its outbox; `None` where our border refused to tell it, or has not yet.
    pub told: Option<u64>,
    /// What it acknowledged about the recall.
    pub acknowledged: Option<Outcome>,
    /// What it reported last: what was done, and when the report came.
    pub reported: Option<(String, Timestamp)>,
}

impl RecallStanding {
    /// Whether the party did what was asked: it passes the record on no more, or no longer has it.
    pub fn has_complied(&self) -> bool {
        let done = self.reported.as_ref().map(|(done, _)| done.as_str());
        matches!(done, Some("narrowed" | "erased" | "not-held"))
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// A recall of ours, and where each party that had the record stands with it.
    pub async fn recall_standing(&self, id: RecordId) -> Result<(Recall, Vec<RecallStanding>), DeskFault> {
        let held = self.envelope(id).await?;
        let Body::Recall(recall) = held.record.statement().body.clone() else {
            return Err(DeskFault::NoRecall { record: id.0.short() });
        };
        let mut reported: BTreeMap<PartyCode, (String, Timestamp)> = BTreeMap::new();
        for (_, value) in self.of_recall(REPORTS, id).await? {
            let row = ReportRow::from_bytes(&value)?;
            reported.insert(row.from, (row.done, row.at));
        }
        let mut standings = Vec::new();
        for party in self.recipients(recall.record).await? {
            let number = self.peer(&party)?.number;
            let mut told = None;
            for (key, value) in self.rows(OUTBOX, number).await? {
                if OutboxRow::from_bytes(&value)?.record == id {
                    told = Some(position_of(&key));
                }
            }
            let acknowledged = self.acknowledged(number, told).await?;
            let reported = reported.remove(&party);
            standings.push(RecallStanding { party, told, acknowledged, reported });
        }
        Ok((recall, standings))
    }

    async fn acknowledged(&self, number: u32, position: Option<u64>) -> Result<Option<Outcome>, DeskFault> {
        let Some(position) = position else { return Ok(None) };
        let key = (number, position.to_be_bytes().to_vec());
        let Some(bytes) = self.store.get_many(ACKNOWLEDGED, &[key]).await?.pop().flatten() else {
            return Ok(None);
        };
        Ok(Some(Attested::<Acknowledgement>::from_bytes(&bytes)?.claimed().outcome.clone()))
    }

    /// The rows of a table whose keys begin with a record.
    pub(super) async fn of_recall(&self, table: Table, id: RecordId) -> Result<Pairs, DeskFault> {
        let to = [id.0.0.as_slice(), &[0xff; 32], &[0xff]].concat();
        Ok(self.store.scan(table, 0, &id.0.0, &to, 10_000, Order::Ascending).await?)
    }

    /// A person has erased a record: whoever recalled it is told. Where the process dies before that, erasing again tells.
    pub(super) async fn report_erased(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        record: RecordId,
        slots: &[u32],
    ) -> Result<(), DeskFault> {
        for (key, value) in self.of_recall(RECALLED, record).await? {
            let recall = Recall::from_bytes(&value)?;
            let partly = !slots.is_empty()
                && (recall.objects.is_empty() || recall.objects.iter().any(|object| !slots.contains(object)));
            let id = key.get(32..).and_then(Hash::from_slice).map(RecordId);
            let Some(id) = id.filter(|_| !partly) else { continue };
            let Ok(held) = self.envelope(id).await else { continue };
            for (key, _) in self.of_recall(RECALLS, id).await? {
                let Some(peer) = key.get(32..).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok())
                else {
                    continue;
                };
                let crossing = CrossingId::of(&record, &peer, &self.party);
                let report = RecallReport { recall: id, crossing, done: "erased".to_owned(), reason: None };
                self.report(now, entropy, &peer, id, held.record.labels(), report).await?;
            }
        }
        Ok(())
    }

    /// The peers to which a position of this record was given.
    pub async fn recipients(&self, record: RecordId) -> Result<BTreeSet<PartyCode>, DeskFault> {
        let mut recipients = BTreeSet::new();
        for (party, peer) in &self.peers {
            for (_, value) in self.rows(OUTBOX, peer.number).await? {
                if OutboxRow::from_bytes(&value)?.record == record {
                    recipients.insert(party.clone());
                    break;
                }
            }
        }
        // A record of our own that a peer gave back after a loss was once given to that peer.
        if let Some(from) =
            self.record_rows(&[record]).await?.pop().flatten().and_then(|row| row.received_from)
            && *self.envelope(record).await?.record.origin() == self.party
        {
            recipients.insert(from);
        }
        Ok(recipients)
    }

    /// Recalls a record authored here and tells everyone who was given it.
    /// `request` is the purpose and competence under which the recall itself crosses; recipient and time are set here.
    pub async fn recall(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        recall: Recall,
        request: Request,
    ) -> Result<Recalled, DeskFault> {
        let held = self.envelope(recall.record).await?;
        if *held.record.origin() != self.party {
            return Err(DeskFault::NotOurs {
                record: recall.record.0.short(),
                origin: held.record.origin().clone(),
            });
        }
        // Whoever passed the record on is to pass the recall on, whatever rule of the record would hold that back.
        let labels = Labels {
            onward: Onward::Free,
            embargo_until: None,
            evaluation_scale: None,
            version: FIRST_VERSION,
            ..held.record.labels().clone()
        };
        let mut manuscript = Manuscript::body(labels, Body::Recall(recall.clone()));
        manuscript.thread = Some(recall.record);
        let recipients = self.recipients(recall.record).await?;
        self.can_read(&recipients, &recall)?;
        let authored = self.author(now, entropy, vec![manuscript]).await?;
        let missing = || DeskFault::Other { what: "authoring", why: "no record came of a recall".to_owned() };
        let authored = *authored.first().ok_or_else(missing)?;
        self.mark_recalled(now, entropy, &recall, authored.record, None).await?;
        let share =
            |to: PartyCode| Sharing { record: authored.record, request: Request { to, ..request.clone() } };
        let shared = self.share(now, entropy, recipients.into_iter().map(share).collect()).await?;
        Ok(Recalled { recall: authored, shared })
    }

    /// Whether everybody who has the record reads a recall of this form. Where one does not, the author withdraws it instead:
    /// every version reads that, and it asks for more.
    fn can_read(&self, recipients: &BTreeSet<PartyCode>, recall: &Recall) -> Result<(), DeskFault> {
        let version = Body::Recall(recall.clone()).version();
        for party in recipients {
            let understood = self.peer(party)?.understood(Kind::Recall.as_str());
            if understood < version {
                let what = Kind::Recall.as_str().to_owned();
                return Err(DeskFault::NotUnderstood { party: party.clone(), what, version, understood });
            }
        }
        Ok(())
    }

    /// Applies the recalls that were taken in and not applied yet, and reports to who sent them. A crash on the way leaves
    /// them to the next turn; a report may then come twice.
    pub(super) async fn apply_recalls(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(), DeskFault> {
        while let Some((record, peer)) = self.pending_recalls.first().cloned() {
            let key = recall_key(&record, &peer);
            let done = self.store.get_many(RECALLS_DONE, &[(0, key.clone())]).await?.pop().flatten();
            if done.is_none() {
                self.apply_and_report(now, entropy, &peer, record).await?;
                let row = Row { table: RECALLS_DONE, partition: 0, key, value: Vec::new() };
                self.log.write(&self.store, vec![row]).await?;
            }
            self.pending_recalls.remove(&(record, peer));
        }
        Ok(())
    }

    async fn apply_and_report(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        record: RecordId,
    ) -> Result<(), DeskFault> {
        let held = match self.envelope(record).await {
            // A recall that can no longer be read or verified is none.
            Err(DeskFault::Erased { .. } | DeskFault::Unverified(_)) => return Ok(()),
            held => held?,
        };
        let Body::Recall(recall) = held.record.statement().body.clone() else { return Ok(()) };
        if self.recall_rule == RecallRule::Ask {
            let kept = ("kept", Some("an officer decides".to_owned()));
            return self.report_done(now, entropy, peer, &held, &recall, kept).await;
        }
        self.comply(now, entropy, peer, &held, &recall).await
    }

    /// Applies a recall that came from a peer, reports to it, and passes the recall on to whom the record was passed on.
    async fn comply(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        held: &HeldRecord,
        recall: &Recall,
    ) -> Result<(), DeskFault> {
        let id = held.record.id();
        let done = self.apply_recall(now, entropy, peer, id, held.record.origin(), recall).await?;
        self.report_done(now, entropy, peer, held, recall, (done, None)).await?;
        if done == "narrowed" {
            self.pass_on(now, entropy, peer, held, recall).await?;
        }
        Ok(())
    }

    /// Has recalls applied that were kept by [`RecallRule::Ask`]. Returns the parties that were told.
    pub async fn comply_with(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        id: RecordId,
    ) -> Result<Vec<PartyCode>, DeskFault> {
        let held = self.envelope(id).await?;
        let Body::Recall(recall) = held.record.statement().body.clone() else {
            return Err(DeskFault::NoRecord { record: id.0.short() });
        };
        let mut told = Vec::new();
        for (key, _) in self.of_recall(RECALLS, id).await? {
            let peer: Option<PartyCode> =
                key.get(32..).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok());
            let Some(peer) = peer else { continue };
            self.comply(now, entropy, &peer, &held, &recall).await?;
            told.push(peer);
        }
        Ok(told)
    }

    async fn report_done(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        held: &HeldRecord,
        recall: &Recall,
        (done, reason): (&str, Option<String>),
    ) -> Result<(), DeskFault> {
        let report = RecallReport {
            recall: held.record.id(),
            crossing: CrossingId::of(&recall.record, peer, &self.party),
            done: done.to_owned(),
            reason,
        };
        self.report(now, entropy, peer, held.record.id(), held.record.labels(), report).await
    }

    /// Gives the recall to everybody to whom the record was passed on from here, through the border, for the purpose under
    /// which it came. Who cannot read its form keeps what it has: only the author can recall in another form.
    async fn pass_on(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        held: &HeldRecord,
        recall: &Recall,
    ) -> Result<(), DeskFault> {
        let id = held.record.id();
        let Some(came) = self.request_of(id, peer).await? else { return Ok(()) };
        let version = held.record.header().version;
        let mut sharings = Vec::new();
        for to in self.recipients(recall.record).await? {
            let has = self.given(&to).await?.contains(&id);
            if to == *peer || to == *held.record.origin() || has {
                continue;
            }
            let letter = &self.peer(&to)?.letter;
            if self.peer(&to)?.understood(Kind::Recall.as_str()) < version {
                continue;
            }
            let receiver_unit = letter
                .unit_for(came.purpose)
                .map(|unit| Competence { unit: unit.unit.clone(), citation: unit.competence.clone() });
            let sender_unit = came.receiver_unit.clone();
            let via = Default::default();
            let request = Request { to, sender_unit, receiver_unit, via, ..came.clone() };
            sharings.push(Sharing { record: id, request });
        }
        self.share(now, entropy, sharings).await?;
        Ok(())
    }

    async fn apply_recall(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        id: RecordId,
        author: &PartyCode,
        recall: &Recall,
    ) -> Result<&'static str, DeskFault> {
        match self.envelope(recall.record).await {
            Err(DeskFault::NoRecord { .. }) => Ok("not-held"),
            Err(DeskFault::Erased { .. }) => Ok("erased"),
            Err(DeskFault::Unverified(_)) => Ok("kept"),
            Err(fault) => Err(fault),
            // Only the author of a record may withdraw it.
            Ok(held) if held.record.origin() != author => Ok("kept"),
            Ok(_) => {
                self.mark_recalled(now, entropy, recall, id, Some(peer)).await?;
                Ok("narrowed")
            }
        }
    }

    async fn mark_recalled(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        recall: &Recall,
        id: RecordId,
        from: Option<&PartyCode>,
    ) -> Result<(), DeskFault> {
        let mut entry = Entry::new(EntryKind::Recall, now, self.party.clone());
        entry.counterparty = from.cloned();
        entry.record = Some(recall.record);
        entry.subject = Some(id.0);
        let key = [recall.record.0.0, id.0.0].concat();
        let rows = vec![Row { table: RECALLED, partition: 0, key, value: recall.to_bytes() }];
        self.commit(vec![(entry, draw(entropy))], rows).await?;
        self.take_narrowing(recall);
        self.frames.forget(recall.record);
        Ok(())
    }

    pub(super) fn take_narrowing(&mut self, recall: &Recall) {
        if let Some(narrowing) = recall.narrowing() {
            let before = self.narrowings.remove(&recall.record).unwrap_or_default();
            self.narrowings.insert(recall.record, before.and(narrowing));
        }
    }

    /// The report goes the way of every record: through the border, with the purpose under which the recall came.
    async fn report(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        peer: &PartyCode,
        recall: RecordId,
        labels: &comity_record::Labels,
        report: RecallReport,
    ) -> Result<(), DeskFault> {
        let Some(came) = self.request_of(recall, peer).await? else { return Ok(()) };
        let mut manuscript = Manuscript::body(labels.clone(), Body::RecallReport(report));
        manuscript.thread = Some(recall);
        let authored = self.author(now, entropy, vec![manuscript]).await?;
        let request = Request {
            to: peer.clone(),
            sender_unit: came.receiver_unit.clone(),
            receiver_unit: came.sender_unit.clone(),
            ..came
        };
        let sharings = authored.iter().map(|one| Sharing { record: one.record, request: request.clone() });
        self.share(now, entropy, sharings.collect()).await?;
        Ok(())
    }

    /// The request under which a record came from a peer.
    pub async fn request_of(&self, record: RecordId, from: &PartyCode) -> Result<Option<Request>, DeskFault> {
        let crossing = CrossingId::of(&record, from, &self.party);
        let Some(index) = self.crossing_entries(&crossing).await?.pop() else { return Ok(None) };
        Ok(self.decision(index).await?.map(|(_, _, request)| request))
    }
}
