//! Taking a step: checked against both chains, signed, judged by our border, and entered with all that in one commit.

use super::{CaseFault, CaseFile, read::case_of};
use crate::{
    Bodies, Entropy,
    desk::{Desk, DeskFault, Manuscript, Verdict, author::Written, judge::Judged},
    draw,
    tables::{CASE_EVENTS, CaseRow, OUTBOX, OutboxRow, case_key},
};
use comity_affairs::{CaseId, Event, Flow, Side, Step, Thread};
use comity_border::{Direction, Judgement, Request, Ruling};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{
    Body, Canonical, Entry, EntryKind, Hash, Labels, OfficerId, PartyCode, RecordId, Salts, Timestamp,
    UnitCode, Verified, body,
};

/// A step that an officer wants to take.
#[derive(Clone, Debug)]
pub struct CaseAct {
    /// The case.
    pub case: CaseId,
    /// The other party.
    pub peer: PartyCode,
    /// What kind of matter it is, where the step opens the case.
    pub flow: Flow,
    /// Whether it is exercise traffic, where the step opens the case.
    pub exercise: bool,
    /// The channel.
    pub thread: Thread,
    /// The unit, as the other side may know it.
    pub unit: UnitCode,
    /// The officer answerable.
    pub officer: OfficerId,
    /// The second person, where two are needed.
    pub second: Option<OfficerId>,
    /// The step.
    pub step: Step,
    /// The request to be written with it, where the step opens a case about a measure.
    pub asks: Option<body::Request>,
    /// The labels of its records.
    pub labels: Labels,
    /// The crossing: purpose, basis and units. Parties, direction, time and what the case is about are set by the desk.
    pub request: Request,
}

/// What would go out, judged and not entered.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// The step with its places in the chains.
    pub event: Event,
    /// The records that the other side would get: the request, where there is one, and the step.
    pub records: Vec<Verified>,
    /// What our border says of each.
    pub rulings: Vec<Ruling>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Stepped {
    /// The step with its places in the chains.
    pub event: Event,
    /// Its record; the record of the request where our border refused that one.
    pub record: RecordId,
    /// What our border said of each record, the request first.
    pub verdicts: Vec<(RecordId, Verdict)>,
    /// Its position in the outbox; `None` where our border refused: then it is no part of the case.
    pub position: Option<u64>,
}

/// Records signed and judged, not entered yet.
struct Prepared {
    event: Event,
    written: Vec<(Written, Verified)>,
    judged: Vec<(Judged, bool)>,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// What a step would send, and what our border would say. Nothing is entered.
    pub async fn case_preview(
        &self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        act: &CaseAct,
    ) -> Result<Previewed, DeskFault> {
        let prepared = self.prepare(now, entropy, act).await?;
        Ok(Previewed {
            event: prepared.event,
            records: prepared.written.into_iter().map(|(_, record)| record).collect(),
            rulings: prepared
                .judged
                .into_iter()
                .map(|(judged, _)| judged.decision.ruling.as_ref().clone())
                .collect(),
        })
    }

    /// Takes a step. Where our border refuses, the refusal is entered and the step is no part of the case.
    pub async fn case_step(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        act: &CaseAct,
    ) -> Result<Stepped, DeskFault> {
        let prepared = self.prepare(now, entropy, act).await?;
        self.enter_step(now, entropy, act, prepared).await
    }

    async fn prepare(
        &self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        act: &CaseAct,
    ) -> Result<Prepared, DeskFault> {
        self.peer(&act.peer)?;
        let file = self.case_file(act.case).await?;
        if file.as_ref().is_some_and(|file| file.peer != act.peer) {
            return Err(CaseFault::NotASide.into());
        }
        self.chain_is_here(&act.peer, file.as_ref())?;
        let new = || CaseFile::new(act.case, act.flow, act.exercise, act.peer.clone(), Side::Asking);
        let mut file = file.unwrap_or_else(new);
        let mut act = act.clone();
        let mut written: Vec<(Written, Verified)> = Vec::new();
        if let (Some(asks), Step::Send { request, .. }) = (&act.asks, &mut act.step) {
            let one = self.write_of(
                now,
                entropy,
                &act.labels,
                Body::Request(asks.clone()),
                &act.unit,
                &act.officer,
                None,
            );
            let one = one.await?;
            *request = Some(one.1.id());
            written.push(one);
        }
        let event = self.next_event(now, &mut file, &act)?;
        let body = Body::CaseEvent { version: event.version, bytes: event.to_bytes() };
        let thread = file.request();
        let one = self.write_of(now, entropy, &act.labels, body, &act.unit, &act.officer, thread).await?;
        written.push(one);
        let request = self.crossing_of(now, &file, &act, thread).await?;
        let mut judged = Vec::new();
        for (_, record) in &written {
            self.is_understood(&act.peer, record)?;
            let request = self.law.state(record, request.clone());
            let judgement = self.law.judge(record, &request);
            let cleared = matches!(judgement, Judgement::Cleared(_));
            judged.push((self.judged(now, record.id(), request, &judgement), cleared));
            if !cleared {
                break;
            }
        }
        Ok(Prepared { event, written, judged })
    }

    /// After a loss, a step on a chain that is shorter here than at the other side would be a second history.
    fn chain_is_here(&self, peer: &PartyCode, file: Option<&CaseFile>) -> Result<(), DeskFault> {
        let short = file.is_some_and(|file| file.history.is_behind(file.side));
        if short || (file.is_some() && !self.is_given_back(peer)?) {
            return Err(CaseFault::Behind { peer: peer.clone() }.into());
        }
        Ok(())
    }

    /// The step in its places, checked by both chains and the table. `file` holds it afterwards.
    fn next_event(&self, now: Timestamp, file: &mut CaseFile, act: &CaseAct) -> Result<Event, DeskFault> {
        let event = Event {
            version: 1,
            case: act.case,
            flow: file.history.flow(),
            side: file.side,
            number: 0,
            previous: None,
            seen: None,
            at: now,
            thread: act.thread,
            unit: act.unit.clone(),
            officer: act.officer.clone(),
            second: act.second.clone(),
            exercise: act.exercise,
            step: act.step.clone(),
        };
        Ok(file.history.take(event).map_err(CaseFault::from)?)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is a separate part of a record, and none has a default"
    )]
    async fn write_of(
        &self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        labels: &Labels,
        body: Body,
        unit: &UnitCode,
        officer: &OfficerId,
        thread: Option<RecordId>,
    ) -> Result<(Written, Verified), DeskFault> {
        let mut manuscript = Manuscript::body(labels.clone(), body);
        (manuscript.unit, manuscript.officer) = (Some(unit.clone()), Some(officer.clone()));
        manuscript.thread = thread;
        let written = self.write_apart(now, entropy, &manuscript, &[]).await?;
        let record = written.record.clone().verify(&self.keys)?;
        Ok((Written { salts: Salts::None, objects: Vec::new(), ..written }, record))
    }

    /// The crossing with the parties, the time, and what the case is about.
    async fn crossing_of(
        &self,
        now: Timestamp,
        file: &CaseFile,
        act: &CaseAct,
        thread: Option<RecordId>,
    ) -> Result<Request, DeskFault> {
        let asking = file.asking(&self.party);
        let asked = match (&act.asks, thread) {
            (Some(asks), _) => Some(asks.clone()),
            (None, Some(thread)) => match self.envelope(thread).await {
                Ok(held) => match &held.record.statement().body {
                    Body::Request(request) => Some(request.clone()),
                    _ => return Err(CaseFault::AnotherRequest.into()),
                },
                Err(DeskFault::NoRecord { .. } | DeskFault::Erased { .. }) => {
                    return Err(CaseFault::NoRequest.into());
                }
                Err(fault) => return Err(fault),
            },
            (None, None) => None,
        };
        let mut request = act.request.clone();
        (request.from, request.to) = (self.party.clone(), act.peer.clone());
        (request.direction, request.at) = (Direction::Sending, now);
        match asked {
            Some(asked) => request.case = Some(case_of(&asked, asking)),
            None if file.history.flow() != Flow::Joint => request.case = None,
            None => {}
        }
        Ok(request)
    }

    async fn enter_step(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        act: &CaseAct,
        prepared: Prepared,
    ) -> Result<Stepped, DeskFault> {
        let Prepared { event, written, judged } = prepared;
        let all_cleared = judged.iter().all(|(_, cleared)| *cleared);
        let first = self.log.size();
        // Where a record is refused, those behind it were not judged and are not authored.
        let kept: Vec<Written> = written.into_iter().take(judged.len()).map(|(written, _)| written).collect();
        let count = kept.len() as u64;
        let mut entries = Vec::new();
        for one in &kept {
            let mut entry = Entry::new(EntryKind::Authored, now, self.party.clone());
            entry.record = Some(one.record.id());
            entries.push((entry, draw(entropy)));
        }
        let mut rows = self.hold(first, kept, None).await?;
        let peer = self.peer(&act.peer)?;
        let (number, mut last) = (peer.number, self.last_position(peer));
        let (mut verdicts, mut position) = (Vec::new(), None);
        for (index, (judged, cleared)) in (first + count..).zip(judged) {
            rows.extend(self.judgement_rows(index, &judged)?);
            // A request whose step was refused is held back with it.
            if cleared && all_cleared {
                last += 1;
                position = Some(last);
                let value = OutboxRow { record: judged.record, index }.to_bytes();
                rows.push(Row { table: OUTBOX, partition: number, key: last.to_be_bytes().to_vec(), value });
            }
            verdicts.push((judged.record, Verdict { decision: judged.decision, index }));
            entries.push((judged.entry, draw(entropy)));
        }
        let record = verdicts.last().map_or(RecordId(Hash([0; 32])), |(record, _)| *record);
        if let (Some(_), Some((_, verdict))) = (position, verdicts.last()) {
            let row = CaseRow { record, peer: act.peer.clone(), judged: verdict.index, received: false };
            let key = case_key(event.case, event.side, event.number, verdict.index);
            rows.push(Row { table: CASE_EVENTS, partition: 0, key, value: row.to_bytes() });
        }
        rows.sort_by(|a, b| (a.table.name, a.partition, &a.key).cmp(&(b.table.name, b.partition, &b.key)));
        rows.dedup();
        self.commit(entries, rows).await?;
        if position.is_some() {
            self.peer_mut(&act.peer)?.last = last;
        }
        Ok(Stepped { event, record, verdicts, position })
    }
}
