//! A step of the other side comes in: it must belong to its case, be judged under the request of that case, and be
//! allowed by the chains and the table.

use super::{CaseFault, CaseFile, read::case_of};
use crate::{
    Bodies,
    desk::{Desk, DeskFault, author::Written, receive::Batch},
    tables::{CASE_EVENTS, CaseRow, case_key},
};
use comity_affairs::{AffairFault, CaseId, Event, Flow, Step};
use comity_border::Request;
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{Body, Canonical, PartyCode, Verified};

/// The row of a step that was taken in under the entry `index`; `None` where the record is no step. After a loss a step of our
/// own is given back by the peer that held it, and is our own still.
pub(in crate::desk) fn step_row(
    written: &Written,
    peer: &PartyCode,
    own: &PartyCode,
    index: u64,
) -> Option<Row> {
    let statement = written.record.statement();
    let Body::CaseEvent { version, bytes } = &statement.body else { return None };
    let event = Event::read(*version, bytes).ok()?;
    let received = statement.origin != *own;
    let row = CaseRow { record: written.record.id(), peer: peer.clone(), judged: index, received };
    let key = case_key(event.case, event.side, event.number, index);
    Some(Row { table: CASE_EVENTS, partition: 0, key, value: row.to_bytes() })
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Checks a step that came and notes it in the batch, so that the next step of the same turn finds it.
    pub(in crate::desk) async fn take_step(
        &self,
        peer: &PartyCode,
        record: &Verified,
        request: &Request,
        (version, bytes): (u16, &[u8]),
        batch: &mut Batch,
    ) -> Result<Result<(), CaseFault>, DeskFault> {
        let event = match Event::read(version, bytes) {
            Ok(event) => event,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let file = match batch.cases.remove(&event.case) {
            Some(file) => Some(file),
            None => self.case_file(event.case).await?,
        };
        let (flow, exercise) = (event.flow, event.exercise);
        let side = if *record.origin() == self.party { event.side } else { event.side.other() };
        let new = || CaseFile::new(event.case, flow, exercise, peer.clone(), side);
        let mut file = file.unwrap_or_else(new);
        let taken = match self.belongs(&file, peer, record, request, &event, batch).await? {
            Ok(()) => file.history.arrive(event.clone()).map(drop).map_err(CaseFault::from),
            Err(fault) => Err(fault),
        };
        batch.cases.insert(event.case, file);
        Ok(taken)
    }

    async fn belongs(
        &self,
        file: &CaseFile,
        peer: &PartyCode,
        record: &Verified,
        request: &Request,
        event: &Event,
        batch: &Batch,
    ) -> Result<Result<(), CaseFault>, DeskFault> {
        let (own, theirs) = (*record.origin() == self.party, *record.origin() == *peer);
        let sided = (own && file.side == event.side) || (theirs && file.side != event.side);
        if file.peer != *peer || !sided {
            return Ok(Err(CaseFault::NotASide));
        }
        let statement = record.statement();
        if statement.unit.as_ref() != Some(&event.unit) || statement.officer.as_ref() != Some(&event.officer)
        {
            let what = "unit or officer than its record";
            return Ok(Err(AffairFault::Elsewhere { what }.into()));
        }
        self.is_under_its_request(file, record, request, event, batch).await
    }

    /// A step about a measure is judged under the request that asks for it, whatever else its crossing may say.
    async fn is_under_its_request(
        &self,
        file: &CaseFile,
        record: &Verified,
        request: &Request,
        event: &Event,
        batch: &Batch,
    ) -> Result<Result<(), CaseFault>, DeskFault> {
        let thread = record.statement().thread;
        let named = match &event.step {
            Step::Send { request, .. } => *request,
            _ => file.request().or(thread),
        };
        if thread != named || (event.flow == Flow::Request && thread.is_none()) {
            return Ok(Err(CaseFault::AnotherRequest));
        }
        let asking = file.asking(&self.party);
        let Some(thread) = thread else {
            let of_a_measure = request.case.as_ref().is_some_and(|case| case.asking.as_ref() == Some(asking));
            let fits = if event.flow == Flow::Joint { of_a_measure } else { request.case.is_none() };
            return Ok(fits.then_some(()).ok_or(CaseFault::AnotherBasis));
        };
        let held = match batch.requests.get(&thread) {
            Some(record) => Some(record.clone()),
            None => match self.envelope(thread).await {
                Ok(held) => Some(held.record),
                Err(DeskFault::NoRecord { .. } | DeskFault::Erased { .. }) => None,
                Err(fault) => return Err(fault),
            },
        };
        let Some(held) = held else {
            // The request may still be on its way. Its crossing is judged when it comes; until then the step is judged
            // under what its sender states, which is in both ledgers.
            return Ok(request.case.is_some().then_some(()).ok_or(CaseFault::NoRequest));
        };
        let Body::Request(asked) = &held.statement().body else {
            return Ok(Err(CaseFault::AnotherRequest));
        };
        if held.origin() != asking {
            return Ok(Err(CaseFault::AnotherRequest));
        }
        let same = request.case.as_ref() == Some(&case_of(asked, asking));
        Ok(same.then_some(()).ok_or(CaseFault::AnotherBasis))
    }

    /// Whether a case is held here, sent or received.
    pub async fn has_case(&self, case: CaseId) -> Result<bool, DeskFault> {
        Ok(self.case_file(case).await?.is_some())
    }
}
